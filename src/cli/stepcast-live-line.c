/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-live-line.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One line of a terminal that is written anew with each change. It stands where the cursor is, and
 * is never so long that the terminal would break it: then it could not be written over. Whoever
 * prints something clears it first, and draws it again after that. */

#define DEFAULT_COLUMNS 80

struct _StepcastLiveLine
{
  int fd;
  char **parts;
  StepcastColour first_colour;
};

/**
 * stepcast_live_line_new:
 * @fd: a terminal
 *
 * Returns: (transfer full): a line there, with nothing in it
 */
StepcastLiveLine *
stepcast_live_line_new (int fd)
{
  StepcastLiveLine *self = g_new0 (StepcastLiveLine, 1);

  self->fd = fd;
  return self;
}

void
stepcast_live_line_free (StepcastLiveLine *self)
{
  g_strfreev (self->parts);
  g_free (self);
}

/* It is gone when the terminal is: nobody is left whom that could be told. */
static void
write_text (StepcastLiveLine *self, const char *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize n_written = write (self->fd, text, length);

      if (n_written <= 0)
        return;
      text += n_written;
      length -= (gsize) n_written;
    }
}

static int
get_columns (StepcastLiveLine *self)
{
  struct winsize size;

  if (ioctl (self->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return DEFAULT_COLUMNS;
  return size.ws_col;
}

/* The beginning of @text that takes @n_columns at most. */
static char *
cut (const char *text, int n_columns)
{
  const char *end = text;
  int width = 0;

  while (*end != '\0')
    {
      gunichar c = g_utf8_get_char (end);

      width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
      if (width > n_columns)
        break;
      end = g_utf8_next_char (end);
    }

  return g_strndup (text, (gsize) (end - text));
}

/**
 * stepcast_live_line_fit:
 * @parts: (array zero-terminated=1): what it consists of, in UTF-8, the most important first
 * @n_columns: how wide it may be
 * @is_utf8: whether UTF-8 can be shown
 *
 * Returns: (transfer full): as many of @parts as fit; where not even the first does, its beginning
 */
char *
stepcast_live_line_fit (char **parts, int n_columns, gboolean is_utf8)
{
  const char *separator = is_utf8 ? " · " : ", ";
  GString *line = g_string_new (NULL);
  int width = 0;

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *ascii = is_utf8 ? NULL : g_str_to_ascii (parts[i], NULL);
      const char *part = is_utf8 ? parts[i] : ascii;
      int part_width =
        stepcast_output_get_width (part) + (i > 0 ? stepcast_output_get_width (separator) : 0);
      g_autofree char *beginning = cut (part, n_columns);

      if (width + part_width > n_columns && i > 0)
        break;
      if (i > 0)
        g_string_append (line, separator);
      g_string_append (line, i > 0 ? part : beginning);
      width += part_width;
    }

  return g_string_free (line, FALSE);
}

/**
 * stepcast_live_line_set:
 * @self: a line
 * @parts: (transfer full) (array zero-terminated=1): what it consists of, the most important first
 * @first_colour: the colour of the first of them
 *
 * Shows it.
 */
void
stepcast_live_line_set (StepcastLiveLine *self, char **parts, StepcastColour first_colour)
{
  g_strfreev (self->parts);
  self->parts = parts;
  self->first_colour = first_colour;
  stepcast_live_line_draw (self);
}

/**
 * stepcast_live_line_draw:
 * @self: a line
 *
 * Shows it as wide as the terminal now is. What stood there is written over and not wiped out
 * first, which would flicker; the last column stays free, where some terminals already break the
 * line.
 */
void
stepcast_live_line_draw (StepcastLiveLine *self)
{
  g_autofree char *line = NULL;
  g_autofree char *first = NULL;
  g_autofree char *text = NULL;
  char *one_part[] = { NULL, NULL };
  int n_columns = MAX (get_columns (self) - 1, 1);
  gboolean is_utf8 = stepcast_output_is_utf8 ();

  if (self->parts == NULL || self->parts[0] == NULL)
    return;

  one_part[0] = self->parts[0];
  first = stepcast_live_line_fit (one_part, n_columns, is_utf8);
  line = stepcast_live_line_fit (self->parts, n_columns, is_utf8);
  text = g_strdup_printf ("\r%s%s%s%s\033[K",
                          stepcast_output_begin_colour (self->fd, self->first_colour), first,
                          stepcast_output_end_colour (self->fd, self->first_colour),
                          line + strlen (first));
  write_text (self, text);
}

/**
 * stepcast_live_line_clear:
 * @self: a line
 *
 * Makes way for what is to be printed where it stands.
 */
void
stepcast_live_line_clear (StepcastLiveLine *self)
{
  if (self->parts != NULL)
    write_text (self, "\r\033[K");
}
