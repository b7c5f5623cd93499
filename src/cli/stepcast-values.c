/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-values.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "stepcast-command.h"
#include "stepcast-error.h"
#include "stepcast-file-argument.h"
#include "stepcast-output.h"
#include "stepcast-suggest.h"

/* Parameters as people type them, NAME=VALUE, made what the service wants. It says by its
 * DescribeGenerator() of which type each is, and checks the ranges itself. */

static GVariant *
get_parameters (GVariant *description)
{
  return g_variant_lookup_value (description, "parameters", G_VARIANT_TYPE ("aa{sv}"));
}

static GVariant *
find_parameter (GVariant *parameters, const char *wanted)
{
  gsize n_parameters = parameters != NULL ? g_variant_n_children (parameters) : 0;

  for (gsize i = 0; i < n_parameters; i++)
    {
      g_autoptr (GVariant) parameter = g_variant_get_child_value (parameters, i);
      const char *name;

      if (g_variant_lookup (parameter, "name", "&s", &name) && g_str_equal (name, wanted))
        return g_steal_pointer (&parameter);
    }

  return NULL;
}

static char **
list_names (GVariant *description, const char *wanted_type)
{
  g_autoptr (GVariant) parameters = get_parameters (description);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  gsize n_parameters = parameters != NULL ? g_variant_n_children (parameters) : 0;

  for (gsize i = 0; i < n_parameters; i++)
    {
      g_autoptr (GVariant) parameter = g_variant_get_child_value (parameters, i);
      const char *name, *type;

      if (g_variant_lookup (parameter, "name", "&s", &name) &&
          (wanted_type == NULL ||
           (g_variant_lookup (parameter, "type", "&s", &type) && g_str_equal (type, wanted_type))))
        g_strv_builder_add (names, name);
    }

  return g_strv_builder_end (names);
}

/**
 * stepcast_values_list_names:
 * @description: of a generator
 *
 * Returns: (transfer full) (array zero-terminated=1): the names of its parameters
 */
char **
stepcast_values_list_names (GVariant *description)
{
  return list_names (description, NULL);
}

/**
 * stepcast_values_list_files:
 * @description: of a generator
 *
 * Returns: (transfer full) (array zero-terminated=1): the names of its parameters that are files
 */
char **
stepcast_values_list_files (GVariant *description)
{
  return list_names (description, "file");
}

static char *
describe_bounds (GVariant *parameter, const char *type)
{
  g_autoptr (GVariant) minimum = g_variant_lookup_value (parameter, "minimum", NULL);
  g_autoptr (GVariant) maximum = g_variant_lookup_value (parameter, "maximum", NULL);
  g_autofree char *low = minimum != NULL ? stepcast_output_format_value (minimum) : NULL;
  g_autofree char *high = maximum != NULL ? stepcast_output_format_value (maximum) : NULL;
  gboolean is_integer = g_str_equal (type, "integer");

  if (low == NULL || high == NULL)
    /* TRANSLATORS: what a parameter takes: it stands alone, or in “it takes …” */
    return g_strdup (is_integer ? _ ("a whole number") : _ ("a number"));
  if (is_integer)
    return g_strdup_printf (_ ("a whole number from %s to %s"), low, high);
  return g_strdup_printf (_ ("a number from %s to %s"), low, high);
}

/**
 * stepcast_values_describe_range:
 * @parameter: the description of a parameter
 *
 * Returns: (transfer full): what it takes, in words
 */
char *
stepcast_values_describe_range (GVariant *parameter)
{
  g_autofree const char **choices = NULL;
  g_autofree char *joined = NULL;
  const char *type = "text";

  g_variant_lookup (parameter, "type", "&s", &type);
  if (g_str_equal (type, "boolean"))
    /* TRANSLATORS: the words are to be typed so: do not translate “true” and “false” */
    return g_strdup (_ ("true or false"));
  if (g_str_equal (type, "integer") || g_str_equal (type, "number"))
    return describe_bounds (parameter, type);
  if (g_str_equal (type, "color"))
    /* TRANSLATORS: do not translate “#rrggbb” */
    return g_strdup (_ ("a colour as #rrggbb"));
  if (g_str_equal (type, "file"))
    return stepcast_file_argument_describe_rule (parameter);
  if (!g_variant_lookup (parameter, "choices", "^a&s", &choices))
    return g_strdup (_ ("text"));

  joined = g_strjoinv (", ", (char **) choices);
  return g_strdup_printf (_ ("one of: %s"), joined);
}

static GVariant *
parse_boolean (const char *text)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  if (g_strv_contains (yes, text))
    return g_variant_new_boolean (TRUE);
  return g_strv_contains (no, text) ? g_variant_new_boolean (FALSE) : NULL;
}

static GVariant *
parse_double (const char *text)
{
  char *end;
  double value;

  errno = 0;
  value = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || g_ascii_isspace (*text) || !isfinite (value))
    return NULL;
  return g_variant_new_double (value);
}

static GVariant *
parse_signed (const char *text, gint64 minimum, gint64 maximum, gboolean is_wide)
{
  gint64 value;

  if (!g_ascii_string_to_signed (text, 10, minimum, maximum, &value, NULL))
    return NULL;
  return is_wide ? g_variant_new_int64 (value) : g_variant_new_int32 ((gint32) value);
}

static GVariant *
parse_unsigned (const char *text, guint64 maximum, gboolean is_wide)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 0, maximum, &value, NULL))
    return NULL;
  return is_wide ? g_variant_new_uint64 (value) : g_variant_new_uint32 ((guint32) value);
}

/* Returns: (transfer floating) (nullable) */
static GVariant *
parse_value (const char *signature, const char *text)
{
  switch (signature[0])
    {
    case 'b':
      return parse_boolean (text);
    case 'd':
      return parse_double (text);
    case 'i':
      return parse_signed (text, G_MININT32, G_MAXINT32, FALSE);
    case 'x':
      return parse_signed (text, G_MININT64, G_MAXINT64, TRUE);
    case 'u':
      return parse_unsigned (text, G_MAXUINT32, FALSE);
    case 't':
      return parse_unsigned (text, G_MAXUINT64, TRUE);
    default:
      return g_utf8_validate (text, -1, NULL) ? g_variant_new_string (text) : NULL;
    }
}

static gboolean
is_one_of_its_choices (GVariant *parameter, const char *text)
{
  g_autofree const char **choices = NULL;

  return !g_variant_lookup (parameter, "choices", "^a&s", &choices) ||
         g_strv_contains (choices, text);
}

static gboolean
is_file (GVariant *parameter)
{
  const char *type = "";

  g_variant_lookup (parameter, "type", "&s", &type);
  return g_str_equal (type, "file");
}

static GVariant *
convert (GVariant *parameter, const char *name, const char *text, GError **error)
{
  g_autofree char *range = NULL;
  g_autofree char *quoted = NULL;
  const char *signature = "s";
  GVariant *value = NULL;

  if (is_file (parameter))
    return stepcast_file_argument_read (parameter, name, text, error);

  g_variant_lookup (parameter, "signature", "&s", &signature);
  if (is_one_of_its_choices (parameter, text))
    value = parse_value (signature, text);
  if (value != NULL)
    return value;

  range = stepcast_values_describe_range (parameter);
  quoted = stepcast_error_quote (text);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               /* TRANSLATORS: a value, a parameter, and what that takes, such as “text” */
               _ ("“%s” is no value for “%s”: it takes %s"), quoted, name, range);
  return NULL;
}

static void
refuse_name (GVariant *description, const char *name, GError **error)
{
  g_auto (GStrv) names = stepcast_values_list_names (description);
  g_autofree char *joined = g_strjoinv (", ", names);
  g_autofree char *quoted = stepcast_error_quote (name);
  g_autofree char *suggestion = stepcast_suggest_sentence (name, (const char *const *) names);
  const char *generator = "";

  g_variant_lookup (description, "name", "&s", &generator);
  if (names[0] == NULL)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER,
                 _ ("There is no parameter “%s”: “%s” has none"), quoted, generator);
  else
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER,
                 _ ("There is no parameter “%s”; “%s” has: %s%s"), quoted, generator, joined,
                 suggestion);
}

static gboolean
add_assignment (GVariantDict *values, GVariant *description, const char *text, GError **error)
{
  g_autoptr (GVariant) parameters = get_parameters (description);
  g_autoptr (GVariant) parameter = NULL;
  const char *equals = strchr (text, '=');
  g_autofree char *name = equals != NULL ? g_strndup (text, (gsize) (equals - text)) : NULL;
  GVariant *value;

  if (name == NULL)
    {
      stepcast_command_refuse (error, _ ("“%s” sets no parameter: write NAME=VALUE"), text);
      return FALSE;
    }
  parameter = find_parameter (parameters, name);
  if (parameter == NULL)
    {
      refuse_name (description, name, error);
      return FALSE;
    }

  value = convert (parameter, name, equals + 1, error);
  if (value != NULL)
    g_variant_dict_insert_value (values, name, value);
  return value != NULL;
}

/**
 * stepcast_values_parse:
 * @description: of the generator whose parameters they are
 * @assignments: (array zero-terminated=1): NAME=VALUE each, whatever they are
 * @error: says what there is, or what a parameter takes
 *
 * Returns: (transfer floating) (nullable): an `a{sv}`, or %NULL with @error set
 */
GVariant *
stepcast_values_parse (GVariant *description, char **assignments, GError **error)
{
  g_auto (GVariantDict) values = G_VARIANT_DICT_INIT (NULL);

  for (guint i = 0; assignments[i] != NULL; i++)
    if (!add_assignment (&values, description, assignments[i], error))
      return NULL;

  return g_variant_dict_end (&values);
}
