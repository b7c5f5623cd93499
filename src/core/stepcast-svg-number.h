/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Room for any finite number: a sign, the 309 digits of DBL_MAX, a point, two decimals and the
 * NUL. */
#define STEPCAST_SVG_NUMBER_SIZE 320

/* Room for one number of a list: its blank or sign, 14 digits, and the four bytes of a fraction,
 * which are stored even where none of them counts. */
#define STEPCAST_SVG_NUMBER_LIST_SIZE 20

gsize stepcast_svg_number_format (double value, char buffer[STEPCAST_SVG_NUMBER_SIZE]);
gsize stepcast_svg_number_format_list (const double *values,
                                       gsize n_values,
                                       char *buffer,
                                       gsize *n_bytes);

G_END_DECLS
