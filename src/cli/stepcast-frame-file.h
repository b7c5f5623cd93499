/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

const char *stepcast_frame_file_guess_format (const char *path);
gboolean stepcast_frame_file_check (const char *path, GError **error);
GVariant *stepcast_frame_file_new_options (const char *format, int width);
GBytes *stepcast_frame_file_read (GUnixFDList *fds, GVariant *handle, GError **error);
gboolean stepcast_frame_file_write (const char *path, GBytes *frame, GError **error);

G_END_DECLS
