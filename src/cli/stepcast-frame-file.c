/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>
#include <glib/gstdio.h>

/* The present picture, from the file descriptor that the service hands out into a file. */

/**
 * stepcast_frame_file_guess_format:
 * @path: where somebody wants a picture
 *
 * Returns: (transfer none) (nullable): the format that its name asks for, as the bus names it
 */
const char *
stepcast_frame_file_guess_format (const char *path)
{
  const char *dot = strrchr (path, '.');

  if (dot != NULL && g_ascii_strcasecmp (dot, ".svg") == 0)
    return "svg";
  return dot != NULL && g_ascii_strcasecmp (dot, ".png") == 0 ? "png" : NULL;
}

/* A link to a file stays one. */
static char *
resolve (const char *path)
{
  char *real = realpath (path, NULL);
  char *resolved = g_strdup (real != NULL ? real : path);

  free (real);
  return resolved;
}

static gboolean
is_special (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0 && !S_ISREG (status.st_mode) && !S_ISDIR (status.st_mode);
}

/**
 * stepcast_frame_file_check:
 * @path: where a picture is to be written, later
 * @error: why that will fail
 *
 * Better now than after hours of computing.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_frame_file_check (const char *path, GError **error)
{
  g_autofree char *resolved = resolve (path);
  g_autofree char *folder = g_path_get_dirname (resolved);
  g_autofree char *name = g_filename_display_name (path);
  int code = 0;

  if (g_file_test (resolved, G_FILE_TEST_IS_DIR))
    code = EISDIR;
  else if (g_access (is_special (resolved) ? resolved : folder, W_OK) != 0)
    code = errno;

  if (code != 0)
    g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (code),
                 _ ("“%s” can’t be written: %s"), name, g_strerror (code));
  return code == 0;
}

/**
 * stepcast_frame_file_new_options:
 * @format: `svg` or `png`
 * @width: in pixels, or 0 for the picture's own
 *
 * Returns: (transfer floating): what GetFrame() takes
 */
GVariant *
stepcast_frame_file_new_options (const char *format, int width)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_builder_add (&builder, "{sv}", "format", g_variant_new_string (format));
  if (width > 0)
    g_variant_builder_add (&builder, "{sv}", "width", g_variant_new_uint32 ((guint32) width));
  return g_variant_builder_end (&builder);
}

/**
 * stepcast_frame_file_read:
 * @fds: (nullable): what came with the answer of GetFrame()
 * @handle: (transfer full): which of them it is
 * @error: why it can't be read
 *
 * Returns: (transfer full) (nullable): the picture, or %NULL with @error set
 */
GBytes *
stepcast_frame_file_read (GUnixFDList *fds, GVariant *handle, GError **error)
{
  g_autoptr (GVariant) owned = handle;
  g_autoptr (GMappedFile) file = NULL;
  int fd;

  if (fds == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _ ("The service sent no picture: this bus carries no file descriptors"));
      return NULL;
    }

  fd = g_unix_fd_list_get (fds, g_variant_get_handle (owned), error);
  if (fd < 0)
    return NULL;

  file = g_mapped_file_new_from_fd (fd, FALSE, error);
  close (fd);
  return file != NULL ? g_mapped_file_get_bytes (file) : NULL;
}

static gboolean
write_special (const char *path, const char *data, gsize length, GError **error)
{
  FILE *special = g_fopen (path, "we");
  gboolean is_written;

  if (special == NULL)
    {
      g_set_error_literal (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno),
                           g_strerror (errno));
      return FALSE;
    }

  is_written = fwrite (data, 1, length, special) == length;
  is_written = fclose (special) == 0 && is_written;
  if (!is_written)
    g_set_error_literal (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno),
                         g_strerror (errno));
  return is_written;
}

/**
 * stepcast_frame_file_write:
 * @path: where to
 * @frame: a picture
 * @error: why it can't be written
 *
 * Replaces what is there as a whole or not at all; into a pipe or a device it writes.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_frame_file_write (const char *path, GBytes *frame, GError **error)
{
  g_autofree char *resolved = resolve (path);
  gsize length;
  const char *data = g_bytes_get_data (frame, &length);

  if (is_special (resolved))
    return write_special (resolved, data, length, error);
  return g_file_set_contents_full (resolved, data, (gssize) length, G_FILE_SET_CONTENTS_CONSISTENT,
                                   0666, error);
}
