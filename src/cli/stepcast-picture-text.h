/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longer ones the page does not save; it is there so that a device does not fill the memory. */
#define STEPCAST_PICTURE_MAX_BYTES (128 * 1024 * 1024)

/* The text itself: what a recipe may have, written out, and parameters that are texts. */
#define STEPCAST_PICTURE_TEXT_MAX_BYTES (4 * 1024 * 1024)

char *stepcast_picture_text_read (const char *path, GError **error);
char *stepcast_picture_text_find (const char *data, gsize length, GError **error);

G_END_DECLS
