/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-frame-file.h"
#include "stepcast-output.h"

/* show: the present picture, into a file or to standard output. */

#define MAX_WIDTH 8192

typedef struct
{
  char *format;
  int width;
  gboolean wants_json;
  const char *name; /* (nullable) */
  const char *path; /* (nullable): standard output */
} Show;

/* No session's name has a dot or a slash, as most files' have. */
static gboolean
looks_like_file (const char *argument)
{
  return strpbrk (argument, "./") != NULL || g_str_equal (argument, "-");
}

static void
assign_arguments (Show *show, char **arguments)
{
  if (arguments[0] != NULL && arguments[1] == NULL && looks_like_file (arguments[0]))
    {
      show->path = arguments[0];
    }
  else if (arguments[0] != NULL)
    {
      show->name = arguments[0];
      show->path = arguments[1];
    }
  if (g_strcmp0 (show->path, "-") == 0)
    show->path = NULL;
}

static gboolean
check_format (Show *show, GError **error)
{
  const char *guess = show->path != NULL ? stepcast_frame_file_guess_format (show->path) : NULL;

  if (show->format == NULL)
    show->format = g_strdup (guess != NULL ? guess : show->width > 0 ? "png" : "svg");
  if (!g_str_equal (show->format, "svg") && !g_str_equal (show->format, "png"))
    stepcast_command_refuse (error, _ ("“%s” is no value for --format: it takes svg or png"),
                             show->format);
  else if (show->width < 0 || show->width > MAX_WIDTH)
    stepcast_command_refuse (error, _ ("“%d” is no value for --width: it takes 1 to %d"),
                             show->width, MAX_WIDTH);
  else if (show->width > 0 && g_str_equal (show->format, "svg"))
    stepcast_command_refuse (error, _ ("An SVG picture has any width: leave --width out, or write "
                                       "--format=png"));
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_target (Show *show, GError **error)
{
  if (show->path != NULL)
    return stepcast_frame_file_check (show->path, error);

  if (show->wants_json)
    stepcast_command_refuse (error, _ ("--json tells of a FILE: name one"));
  else if (g_str_equal (show->format, "png") && isatty (STDOUT_FILENO))
    stepcast_command_refuse (error, _ ("A terminal can’t show a PNG: name a FILE"));
  else
    return TRUE;
  return FALSE;
}

static gboolean
write_to_stdout (GBytes *frame, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (frame, &length);

  if ((length == 0 || fwrite (data, 1, length, stdout) == length) && fflush (stdout) == 0)
    return TRUE;

  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (errno),
               _ ("The picture can’t be written: %s"), g_strerror (errno));
  return FALSE;
}

static gboolean
write_frame (Show *show, StepcastDBusSession *session, GBytes *frame, guint64 step, GError **error)
{
  if (show->path == NULL)
    return write_to_stdout (frame, error);
  if (!stepcast_frame_file_write (show->path, frame, error))
    return FALSE;

  if (show->wants_json)
    {
      g_autofree char *file = g_utf8_make_valid (show->path, -1);

      stepcast_output_print_json (g_variant_new_parsed (
        "{'name': <%s>, 'step': <%t>, 'file': <%s>, 'format': <%s>, 'bytes': <%t>}",
        stepcast_dbus_session_get_name (session), step, file, show->format,
        (guint64) g_bytes_get_size (frame)));
    }
  return TRUE;
}

static gboolean
show_session (Show *show, GError **error)
{
  g_autoptr (StepcastClient) client = stepcast_client_new (STEPCAST_CLIENT_NONE, error);
  g_autoptr (StepcastDBusSession) session =
    client != NULL ? stepcast_client_find_session (client, show->name, error) : NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GBytes) frame = NULL;
  GVariant *handle;
  guint64 step;

  if (session == NULL || !stepcast_dbus_session_call_get_frame_sync (
                           session, stepcast_frame_file_new_options (show->format, show->width),
                           NULL, &step, &handle, &fds, NULL, error))
    return FALSE;

  frame = stepcast_frame_file_read (fds, handle, error);
  return frame != NULL && write_frame (show, session, frame, step, error);
}

int
stepcast_command_show (char **argv)
{
  Show show = { 0 };
  const GOptionEntry entries[] = {
    { "format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &show.format,
      N_ ("svg or png (default: what FILE is called, or svg)"), N_ ("FORMAT") },
    { "width", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &show.width,
      N_ ("Of a PNG, in pixels (default: the picture’s own)"), N_ ("N") },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, entries, &show.wants_json, 2, &error);
  int status = STEPCAST_CLI_EXIT_SUCCESS;

  if (arguments != NULL)
    assign_arguments (&show, arguments);
  if (arguments == NULL || !check_format (&show, &error) || !check_target (&show, &error) ||
      !show_session (&show, &error))
    status = stepcast_client_report (error);

  g_free (show.format);
  return status;
}
