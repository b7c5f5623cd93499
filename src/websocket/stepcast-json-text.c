/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-json-text.h"

#include <string.h>

#include "stepcast-error.h"

/* JSON from outside (RFC 8259), for json-glib.
 *
 * json-glib 1.6 parses recursively, wraps integers that are too large round
 * ("-99999999999999999999" is 1), makes strings of lone surrogates that are no UTF-8, and takes
 * much that is no JSON: comments, hexadecimal numbers, second values. So the tokens are looked at
 * here first; how they are put together is json-glib's to judge. */

/* More digits may not fit into 64 bits; json-glib is handed such a number as a floating one. */
#define MAX_INTEGER_DIGITS 18

typedef struct
{
  const char *at;
  GString *copy; /* what json-glib gets */
  guint depth;
  guint max_depth;
} Lexer;

static gsize
skip_digits (Lexer *self)
{
  gsize n_digits = strspn (self->at, "0123456789");

  self->at += n_digits;
  return n_digits;
}

static gboolean
lex_number (Lexer *self)
{
  const char *begin = self->at;
  gboolean is_integer = TRUE;
  gsize n_digits;

  self->at += *self->at == '-';
  if (self->at[0] == '0' && g_ascii_isdigit (self->at[1]))
    return FALSE;
  n_digits = skip_digits (self);
  if (n_digits == 0)
    return FALSE;
  if (*self->at == '.')
    {
      is_integer = FALSE;
      self->at++;
      if (skip_digits (self) == 0)
        return FALSE;
    }
  if (*self->at == 'e' || *self->at == 'E')
    {
      is_integer = FALSE;
      self->at++;
      self->at += *self->at == '-' || *self->at == '+';
      if (skip_digits (self) == 0)
        return FALSE;
    }

  g_string_append_len (self->copy, begin, self->at - begin);
  if (is_integer && n_digits > MAX_INTEGER_DIGITS)
    g_string_append (self->copy, ".0");
  return TRUE;
}

/* The four digits after "\u"; -1 where they are none. */
static int
read_code_unit (const char *digits)
{
  int unit = 0;

  for (guint i = 0; i < 4; i++)
    {
      if (!g_ascii_isxdigit (digits[i]))
        return -1;
      unit = unit << 4 | g_ascii_xdigit_value (digits[i]);
    }
  return unit;
}

static gboolean
lex_escape (Lexer *self)
{
  int unit;

  if (self->at[1] != 'u')
    {
      gboolean is_known = self->at[1] != '\0' && strchr ("\"\\/bfnrt", self->at[1]) != NULL;

      self->at += is_known ? 2 : 0;
      return is_known;
    }

  unit = read_code_unit (self->at + 2);
  if (unit <= 0) /* nor a NUL, which would end the string early */
    return FALSE;
  self->at += 6;
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;

  /* A surrogate: the high one of a pair, and the low one after it. */
  if (unit > 0xdbff || self->at[0] != '\\' || self->at[1] != 'u')
    return FALSE;
  unit = read_code_unit (self->at + 2);
  if (unit < 0xdc00 || unit > 0xdfff)
    return FALSE;
  self->at += 6;
  return TRUE;
}

static gboolean
lex_string (Lexer *self)
{
  const char *begin = self->at++;

  while (*self->at != '"')
    {
      if ((guchar) *self->at < 0x20)
        return FALSE;
      if (*self->at != '\\')
        self->at++;
      else if (!lex_escape (self))
        return FALSE;
    }
  self->at++;

  g_string_append_len (self->copy, begin, self->at - begin);
  return TRUE;
}

static gboolean
lex_word (Lexer *self)
{
  static const char *const words[] = { "true", "false", "null" };
  gsize length = strspn (self->at, "abcdefghijklmnopqrstuvwxyz");

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strlen (words[i]) == length && strncmp (self->at, words[i], length) == 0)
      {
        g_string_append (self->copy, words[i]);
        self->at += length;
        return TRUE;
      }
  return FALSE;
}

/* The first value is an object or an array, and with it all ends. */
static gboolean
lex_punctuation (Lexer *self)
{
  gboolean is_end = *self->at == ']' || *self->at == '}';

  if (*self->at == '[' || *self->at == '{')
    self->depth++;
  if (self->depth == 0 || self->depth > self->max_depth)
    return FALSE;
  g_string_append_c (self->copy, *self->at++);
  if (is_end && --self->depth == 0)
    {
      self->at += strspn (self->at, " \t\r\n");
      return *self->at == '\0';
    }
  return TRUE;
}

static gboolean
lex_token (Lexer *self)
{
  if (strchr ("[]{},:", *self->at) != NULL)
    return lex_punctuation (self);
  if (self->depth == 0)
    return FALSE;
  if (*self->at == '"')
    return lex_string (self);
  if (*self->at == '-' || g_ascii_isdigit (*self->at))
    return lex_number (self);
  return lex_word (self);
}

/**
 * stepcast_json_text_parse:
 * @text: an object or an array in UTF-8
 * @max_depth: how deep it may be nested
 * @error: %STEPCAST_ERROR_BAD_REQUEST, or json-glib's: what is wrong, and where
 *
 * An integer of more than 18 digits becomes a floating number.
 *
 * Returns: (transfer full) (nullable): what it says, or %NULL with @error set
 */
JsonNode *
stepcast_json_text_parse (const char *text, guint max_depth, GError **error)
{
  g_autoptr (GString) copy = g_string_sized_new (strlen (text) + 16);
  Lexer lexer = { .at = text, .copy = copy, .max_depth = max_depth };
  JsonNode *node;

  for (lexer.at += strspn (lexer.at, " \t\r\n"); *lexer.at != '\0';
       lexer.at += strspn (lexer.at, " \t\r\n"))
    {
      g_autofree char *quoted = NULL;

      if (lex_token (&lexer))
        continue;

      quoted = stepcast_error_quote (lexer.at);
      if (lexer.depth > max_depth)
        g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                     "it is nested deeper than %u", max_depth);
      else
        g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                     "it is no JSON where it says “%s”", quoted);
      return NULL;
    }

  node = json_from_string (copy->str, error);
  if (node == NULL && (error == NULL || *error == NULL))
    g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST, "it is empty");
  return node;
}
