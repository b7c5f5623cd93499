/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-title.h"

#include "stepcast-error.h"

/* What a session is called for people. It stands in lists, headings and terminals beside other
 * texts, and is not to change how those look: so there are no line ends, no escape sequences and
 * nothing that turns the direction of what follows. */

/* The marks and controls of the Unicode Bidirectional Algorithm (UAX #9, section 2). */
static gboolean
turns_direction (gunichar character)
{
  return character == 0x061c || character == 0x200e || character == 0x200f ||
         (character >= 0x202a && character <= 0x202e) ||
         (character >= 0x2066 && character <= 0x2069);
}

static gboolean
is_harmless (gunichar character)
{
  GUnicodeType type = g_unichar_type (character);

  return type != G_UNICODE_CONTROL && type != G_UNICODE_LINE_SEPARATOR &&
         type != G_UNICODE_PARAGRAPH_SEPARATOR && !turns_direction (character);
}

/* Returns: the beginning of @text without the blanks there */
static const char *
skip_blanks (const char *text)
{
  while (*text != '\0' && g_unichar_isspace (g_utf8_get_char (text)))
    text = g_utf8_next_char (text);
  return text;
}

/* @text: without blanks at its beginning
 *
 * Returns: where the blanks at its end begin */
static const char *
find_end (const char *text)
{
  const char *end = text;

  for (const char *place = text; *place != '\0'; place = g_utf8_next_char (place))
    if (!g_unichar_isspace (g_utf8_get_char (place)))
      end = g_utf8_next_char (place);
  return end;
}

static gboolean
check (const char *title, GError **error)
{
  glong n_characters = g_utf8_strlen (title, -1);
  gboolean is_seen = FALSE;

  if (n_characters > STEPCAST_TITLE_MAX_CHARACTERS)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "A title has at most %d characters; this has %ld", STEPCAST_TITLE_MAX_CHARACTERS,
                   n_characters);
      return FALSE;
    }

  for (const char *place = title; *place != '\0'; place = g_utf8_next_char (place))
    {
      gunichar character = g_utf8_get_char (place);

      if (!is_harmless (character))
        {
          g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                       "A title is one line of text: it takes no U+%04X", character);
          return FALSE;
        }
      is_seen = is_seen || (g_unichar_isgraph (character) && !g_unichar_iszerowidth (character));
    }
  if (!is_seen)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                 "A title has 1 to %d characters, of which one at least can be seen",
                 STEPCAST_TITLE_MAX_CHARACTERS);
  return is_seen;
}

/**
 * stepcast_title_read:
 * @text: what somebody wants a session to be called, whatever it is
 * @error: %STEPCAST_ERROR_INVALID_VALUE if it has not 1 to %STEPCAST_TITLE_MAX_CHARACTERS
 *   characters, or one that changes how other texts look
 *
 * Returns: (transfer full) (nullable): @text without the blanks around it, or %NULL with @error set
 */
char *
stepcast_title_read (const char *text, GError **error)
{
  g_autofree char *title = NULL;
  const char *begin;

  g_return_val_if_fail (text != NULL, NULL);

  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                           "A title is text in UTF-8");
      return NULL;
    }

  begin = skip_blanks (text);
  title = g_strndup (begin, (gsize) (find_end (begin) - begin));
  return check (title, error) ? g_steal_pointer (&title) : NULL;
}
