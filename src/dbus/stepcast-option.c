/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-option.h"

#include "stepcast-error.h"

/* Whole numbers up to it have a double of their own. */
#define MAX_EXACT ((guint64) 1 << 53)


/* A signed or unsigned integer of any width. */
typedef struct
{
  gboolean is_negative;
  gint64 negative;
  guint64 natural;
} Integer;

static gboolean
read_integer (GVariant *value, Integer *integer)
{
  gint64 number = 0;

  integer->natural = 0;
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      integer->natural = g_variant_get_byte (value);
      break;
    case G_VARIANT_CLASS_UINT16:
      integer->natural = g_variant_get_uint16 (value);
      break;
    case G_VARIANT_CLASS_UINT32:
      integer->natural = g_variant_get_uint32 (value);
      break;
    case G_VARIANT_CLASS_UINT64:
      integer->natural = g_variant_get_uint64 (value);
      break;
    case G_VARIANT_CLASS_INT16:
      number = g_variant_get_int16 (value);
      break;
    case G_VARIANT_CLASS_INT32:
      number = g_variant_get_int32 (value);
      break;
    case G_VARIANT_CLASS_INT64:
      number = g_variant_get_int64 (value);
      break;
    case G_VARIANT_CLASS_BOOLEAN:
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_DOUBLE:
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      return FALSE;
    }

  integer->is_negative = number < 0;
  integer->negative = number;
  if (number > 0)
    integer->natural = (guint64) number;
  return TRUE;
}

static GVariant *
to_double (const Integer *integer)
{
  if (integer->natural > MAX_EXACT || integer->negative < -(gint64) MAX_EXACT)
    return NULL;
  return g_variant_new_double (integer->is_negative ? (double) integer->negative :
                                                      (double) integer->natural);
}

/* Returns: (transfer floating) (nullable): @value as the type that @option has, where nothing is
 * lost by that */
static GVariant *
convert (const StepcastOption *option, GVariant *value)
{
  Integer integer;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE (option->type)))
    return value;
  if (!read_integer (value, &integer))
    return NULL;

  if (g_str_equal (option->type, "d"))
    return to_double (&integer);
  if (integer.is_negative)
    return NULL;
  if (g_str_equal (option->type, "t"))
    return g_variant_new_uint64 (integer.natural);
  if (g_str_equal (option->type, "u") && integer.natural <= G_MAXUINT32)
    return g_variant_new_uint32 ((guint32) integer.natural);
  return NULL;
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

  if (converted != NULL)
    g_variant_ref_sink (converted);
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
