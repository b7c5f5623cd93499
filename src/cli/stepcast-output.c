/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

/* Integers above this are not exact in a reader whose numbers are doubles (RFC 8259, section 6). */
#define MAX_EXACT_INTEGER (G_GINT64_CONSTANT (1) << 53)

/**
 * stepcast_output_is_terminal:
 * @fd: a file descriptor
 *
 * Returns: whether a line there can be written anew
 */
gboolean
stepcast_output_is_terminal (int fd)
{
  const char *term = g_getenv ("TERM");

  return isatty (fd) && term != NULL && *term != '\0' && !g_str_equal (term, "dumb");
}

/**
 * stepcast_output_is_utf8:
 *
 * Returns: whether people read UTF-8 here
 */
gboolean
stepcast_output_is_utf8 (void)
{
  return g_get_charset (NULL);
}

/**
 * stepcast_output_to_locale:
 * @text: in UTF-8
 *
 * Returns: (transfer full): @text in the encoding that people read here; what that does not have is
 *   written with what it has, such as "..." for "…"
 */
char *
stepcast_output_to_locale (const char *text)
{
  g_autofree char *encoding = NULL;
  const char *charset;
  char *local = NULL;

  if (g_get_charset (&charset))
    return g_strdup (text);

  encoding = g_strdup_printf ("%s//TRANSLIT", charset);
  local = g_convert (text, -1, encoding, "UTF-8", NULL, NULL, NULL);
  return local != NULL ? local : g_str_to_ascii (text, NULL);
}

static gboolean
has_colour (int fd)
{
  const char *no_color = g_getenv ("NO_COLOR"); /* see no-color.org */

  return stepcast_output_is_terminal (fd) && (no_color == NULL || *no_color == '\0');
}

/**
 * stepcast_output_begin_colour:
 * @fd: where it is written
 * @colour: a colour
 *
 * Returns: (transfer none): what switches it on; empty where there are no colours
 */
const char *
stepcast_output_begin_colour (int fd, StepcastColour colour)
{
  static const char *const codes[] = { "", "\033[1m", "\033[32m", "\033[33m", "\033[31m" };

  return has_colour (fd) ? codes[colour] : "";
}

/**
 * stepcast_output_end_colour:
 * @fd: where it is written
 * @colour: what has been switched on
 *
 * Returns: (transfer none): what switches it off; empty where there are no colours
 */
const char *
stepcast_output_end_colour (int fd, StepcastColour colour)
{
  return colour != STEPCAST_COLOUR_NONE && has_colour (fd) ? "\033[0m" : "";
}

/**
 * stepcast_output_get_width:
 * @text: in UTF-8, without control characters
 *
 * Returns: how many columns of a terminal it takes
 */
int
stepcast_output_get_width (const char *text)
{
  int width = 0;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (!g_unichar_iszerowidth (character))
        width += g_unichar_iswide (character) ? 2 : 1;
    }

  return width;
}

/**
 * stepcast_output_pad:
 * @text: in UTF-8
 * @width: in columns; negative to put the blanks before the text
 *
 * Returns: (transfer full): @text and as many blanks as it needs to be so wide
 */
char *
stepcast_output_pad (const char *text, int width)
{
  int n_blanks = MAX (ABS (width) - stepcast_output_get_width (text), 0);

  if (width < 0)
    return g_strdup_printf ("%*s%s", n_blanks, "", text);
  return g_strdup_printf ("%s%*s", text, n_blanks, "");
}

/* Directions and separators would rearrange what stands beside them, too. */
static gboolean
is_harmful (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

static char *
escape (const char *text, const char *kept)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *escaped = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (!is_harmful (character) || strchr (kept, (int) MIN (character, 0x7f)) != NULL)
        g_string_append_unichar (escaped, character);
      else if (character < 0x80)
        g_string_append_printf (escaped, "\\x%02x", character);
      else
        g_string_append_printf (escaped, "\\u%04x", character);
    }

  return g_string_free (escaped, FALSE);
}

/**
 * stepcast_output_escape:
 * @text: from outside, whatever it is
 *
 * Returns: (transfer full): @text, with all that would control a terminal made visible
 */
char *
stepcast_output_escape (const char *text)
{
  return escape (text, "");
}

/**
 * stepcast_output_escape_lines:
 * @text: from outside, whatever it is
 *
 * Returns: (transfer full): likewise, but with newlines and tabs as they are
 */
char *
stepcast_output_escape_lines (const char *text)
{
  return escape (text, "\n\t");
}

/**
 * stepcast_output_format_value:
 * @value: a parameter's or a metric's value
 *
 * Returns: (transfer full): as people write it
 */
char *
stepcast_output_format_value (GVariant *value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return g_strdup (
      g_ascii_formatd (buffer, sizeof buffer, "%.10g", g_variant_get_double (value)));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return stepcast_output_escape (g_variant_get_string (value, NULL));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING)) /* a file: the default is none */
    return g_strdup ("");
  return g_variant_print (value, FALSE);
}

/**
 * stepcast_output_new_null:
 *
 * Returns: (transfer floating): what JSON's null is made of
 */
GVariant *
stepcast_output_new_null (void)
{
  return g_variant_new_maybe (G_VARIANT_TYPE_BOOLEAN, NULL);
}

static JsonNode *to_json (GVariant *value);

static JsonNode *
natural_to_json (guint64 value)
{
  g_autofree char *text = NULL;

  if (value <= (guint64) MAX_EXACT_INTEGER)
    return json_node_init_int (json_node_alloc (), (gint64) value);

  text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
integer_to_json (gint64 value)
{
  g_autofree char *text = NULL;

  if (value >= -MAX_EXACT_INTEGER && value <= MAX_EXACT_INTEGER)
    return json_node_init_int (json_node_alloc (), value);

  text = g_strdup_printf ("%" G_GINT64_FORMAT, value);
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
double_to_json (double value)
{
  if (!isfinite (value))
    return json_node_init_null (json_node_alloc ());
  return json_node_init_double (json_node_alloc (), value);
}

static JsonNode *
dictionary_to_json (GVariant *value)
{
  g_autoptr (JsonObject) object = json_object_new ();
  gsize n_members = g_variant_n_children (value);

  for (gsize i = 0; i < n_members; i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) name = g_variant_get_child_value (member, 0);
      g_autoptr (GVariant) content = g_variant_get_child_value (member, 1);

      json_object_set_member (object, g_variant_get_string (name, NULL), to_json (content));
    }

  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
array_to_json (GVariant *value)
{
  g_autoptr (JsonArray) array = json_array_new ();
  gsize n_elements = g_variant_n_children (value);

  for (gsize i = 0; i < n_elements; i++)
    {
      g_autoptr (GVariant) element = g_variant_get_child_value (value, i);

      json_array_add_element (array, to_json (element));
    }

  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
maybe_to_json (GVariant *value)
{
  g_autoptr (GVariant) content = g_variant_get_maybe (value);

  return content != NULL ? to_json (content) : json_node_init_null (json_node_alloc ());
}

static JsonNode *
variant_to_json (GVariant *value)
{
  g_autoptr (GVariant) content = g_variant_get_variant (value);

  return to_json (content);
}

static JsonNode *
to_json (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (), g_variant_get_boolean (value));
    case G_VARIANT_CLASS_BYTE:
      return natural_to_json (g_variant_get_byte (value));
    case G_VARIANT_CLASS_INT16:
      return integer_to_json (g_variant_get_int16 (value));
    case G_VARIANT_CLASS_UINT16:
      return natural_to_json (g_variant_get_uint16 (value));
    case G_VARIANT_CLASS_INT32:
      return integer_to_json (g_variant_get_int32 (value));
    case G_VARIANT_CLASS_UINT32:
      return natural_to_json (g_variant_get_uint32 (value));
    case G_VARIANT_CLASS_INT64:
      return integer_to_json (g_variant_get_int64 (value));
    case G_VARIANT_CLASS_UINT64:
      return natural_to_json (g_variant_get_uint64 (value));
    case G_VARIANT_CLASS_HANDLE:
      return integer_to_json (g_variant_get_handle (value));
    case G_VARIANT_CLASS_DOUBLE:
      return double_to_json (g_variant_get_double (value));
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      return json_node_init_string (json_node_alloc (), g_variant_get_string (value, NULL));
    case G_VARIANT_CLASS_VARIANT:
      return variant_to_json (value);
    case G_VARIANT_CLASS_MAYBE:
      return maybe_to_json (value);
    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_type_is_subtype_of (g_variant_get_type (value), G_VARIANT_TYPE_DICTIONARY))
        return dictionary_to_json (value);
      return array_to_json (value);
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      return array_to_json (value);
    }
}

/**
 * stepcast_output_print_json:
 * @value: (transfer floating): what is to be printed
 *
 * Prints it in one line, in UTF-8 whatever people read here, and at once, for those who follow.
 * Integers of more than 53 bits become texts, numbers that JSON does not have and nothing at all
 * become null.
 */
void
stepcast_output_print_json (GVariant *value)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (value);
  g_autoptr (JsonNode) root = to_json (sunk);
  g_autofree char *text = json_to_string (root, FALSE);

  fputs (text, stdout);
  fputc ('\n', stdout);
  fflush (stdout);
}
