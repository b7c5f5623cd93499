/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What fits on a line of a list, and in the heading of a page. */
#define STEPCAST_TITLE_MAX_CHARACTERS 100

char *stepcast_title_read (const char *text, GError **error);

G_END_DECLS
