/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *stepcast_qr_make_svg (const char *text);
char *stepcast_qr_make_blocks (const char *text);

G_END_DECLS
