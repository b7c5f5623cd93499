/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-event-text.h"

#include <string.h>

/* What would end a field or, where a parser is careless, the event. */
static gboolean
is_one_line (const char *value)
{
  return strpbrk (value, "\r\n") == NULL;
}

/**
 * stepcast_event_text_append:
 * @text: a stream's text, at the end of an event
 * @name: of the event; one line
 * @id: (nullable): of the event; one line
 * @data: in UTF-8, of any number of lines, which the client gets with LF between them, whatever
 *   ends them here
 *
 * Appends an event.
 */
void
stepcast_event_text_append (GString *text, const char *name, const char *id, const char *data)
{
  const char *line = data;

  g_return_if_fail (is_one_line (name));
  g_return_if_fail (id == NULL || is_one_line (id));

  g_string_append_printf (text, "event: %s\n", name);
  if (id != NULL)
    g_string_append_printf (text, "id: %s\n", id);
  for (;;)
    {
      gsize length = strcspn (line, "\r\n");

      g_string_append (text, "data: ");
      g_string_append_len (text, line, (gssize) length);
      g_string_append_c (text, '\n');
      line += length;
      if (*line == '\0')
        break;
      line += line[0] == '\r' && line[1] == '\n' ? 2 : 1;
    }
  g_string_append_c (text, '\n');
}

/**
 * stepcast_event_text_append_taken:
 * @text: a stream's text, at the end of an event
 * @name: of the event; one line
 * @data: (transfer full): in UTF-8
 *
 * Appends an event without an id, and frees @data.
 */
void
stepcast_event_text_append_taken (GString *text, const char *name, char *data)
{
  stepcast_event_text_append (text, name, NULL, data);
  g_free (data);
}
