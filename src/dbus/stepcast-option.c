/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-option.h"

#include "stepcast-error.h"
#include "stepcast-number.h"

/* The types of numbers that options have. */
static GType
get_number_type (const StepcastOption *option)
{
  switch (option->type[0])
    {
    case 'd':
      return G_TYPE_DOUBLE;
    case 't':
      return G_TYPE_UINT64;
    case 'u':
      return G_TYPE_UINT;
    default:
      return G_TYPE_INVALID;
    }
}

/* Returns: (transfer full) (nullable): @value as the type that @option has, where nothing is lost
 * by that */
static GVariant *
convert (const StepcastOption *option, GVariant *value)
{
  g_auto (GValue) number = G_VALUE_INIT;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE (option->type)))
    return g_variant_ref (value);
  if (get_number_type (option) == G_TYPE_INVALID)
    return NULL;

  g_value_init (&number, get_number_type (option));
  return stepcast_number_convert (value, &number) ?
           g_dbus_gvalue_to_gvariant (&number, G_VARIANT_TYPE (option->type)) :
           NULL;
}

static gboolean
is_in_range (const StepcastOption *option, GVariant *value)
{
  double number;

  if (option->choices != NULL)
    return g_strv_contains (option->choices, g_variant_get_string (value, NULL));
  if (option->maximum <= 0)
    return TRUE;

  if (g_str_equal (option->type, "d"))
    number = g_variant_get_double (value);
  else if (g_str_equal (option->type, "u"))
    number = g_variant_get_uint32 (value);
  else
    number = (double) g_variant_get_uint64 (value);
  return number >= option->minimum && number <= option->maximum;
}

static char *
describe (const StepcastOption *option)
{
  g_autofree char *choices = NULL;

  if (option->choices != NULL)
    {
      choices = g_strjoinv (" or ", (char **) option->choices);
      return g_strdup_printf ("a text (s): %s", choices);
    }
  if (option->maximum > 0)
    return g_strdup_printf ("a number (%s) from %.10g to %.10g", option->type, option->minimum,
                            option->maximum);
  return g_strdup_printf ("a value of the D-Bus type %s", option->type);
}

static char *
list_keys (const StepcastOption *table, guint n_options)
{
  g_autoptr (GString) keys = g_string_new (NULL);

  for (guint i = 0; i < n_options; i++)
    g_string_append_printf (keys, "%s%s", i > 0 ? ", " : "", table[i].key);
  return g_string_free (g_steal_pointer (&keys), FALSE);
}

static const StepcastOption *
find (const char *key, const StepcastOption *table, guint n_options, GError **error)
{
  g_autofree char *quoted = NULL;
  g_autofree char *keys = NULL;

  for (guint i = 0; i < n_options; i++)
    if (g_str_equal (table[i].key, key))
      return &table[i];

  quoted = stepcast_error_quote (key);
  keys = list_keys (table, n_options);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
               n_options > 0 ? "There is no option “%s” here; there are: %s" :
                               "There is no option “%s” here: there are none yet%s",
               quoted, keys);
  return NULL;
}

static GVariant *
check_value (const StepcastOption *option, GVariant *value, GError **error)
{
  g_autoptr (GVariant) converted = convert (option, value);
  g_autofree char *quoted = NULL;
  g_autofree char *wanted = NULL;

  if (converted != NULL && is_in_range (option, converted))
    return g_steal_pointer (&converted);

  quoted = stepcast_error_quote_value (value, TRUE);
  wanted = describe (option);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "%s is no value for the option “%s”: it takes %s", quoted, option->key, wanted);
  return NULL;
}

/**
 * stepcast_options_check:
 * @given: an `a{sv}`, whatever is in it
 * @table: (array length=n_options): what there may be
 * @n_options: how many
 * @error: %STEPCAST_ERROR_BAD_REQUEST names a key that is not in @table, and
 *   %STEPCAST_ERROR_INVALID_VALUE a value that is of the wrong type or out of its range
 *
 * Numbers are converted where nothing is lost.
 *
 * Returns: (transfer full) (nullable): an `a{sv}` in which each value is as @table has it, or %NULL
 *   with @error set
 */
GVariant *
stepcast_options_check (GVariant *given,
                        const StepcastOption *table,
                        guint n_options,
                        GError **error)
{
  g_auto (GVariantDict) checked = G_VARIANT_DICT_INIT (NULL);
  GVariantIter iter;
  const char *key;
  GVariant *next;

  g_return_val_if_fail (g_variant_is_of_type (given, G_VARIANT_TYPE_VARDICT), NULL);

  g_variant_iter_init (&iter, given);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &next))
    {
      g_autoptr (GVariant) value = next;
      const StepcastOption *option = find (key, table, n_options, error);
      g_autoptr (GVariant) converted = option != NULL ? check_value (option, value, error) : NULL;

      if (converted == NULL)
        return NULL;
      g_variant_dict_insert_value (&checked, key, converted);
    }

  return g_variant_ref_sink (g_variant_dict_end (&checked));
}
