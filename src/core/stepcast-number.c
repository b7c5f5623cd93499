/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-number.h"

#include <math.h>

typedef struct
{
  gboolean is_integer;
  gboolean is_negative; /* of an integer */
  guint64 magnitude;    /* of an integer */
  double value;
} Number;

static void
set_integer (Number *number, gint64 value)
{
  number->is_integer = TRUE;
  number->is_negative = value < 0;
  number->magnitude = value < 0 ? -(guint64) value : (guint64) value;
  number->value = (double) value;
}

static void
set_natural (Number *number, guint64 value)
{
  number->is_integer = TRUE;
  number->is_negative = FALSE;
  number->magnitude = value;
  number->value = (double) value;
}

static void
set_double (Number *number, double value)
{
  const double two_to_63 = 9223372036854775808.0;

  /* A whole double is an integer too: JSON and JavaScript have no other numbers. */
  if (value >= -two_to_63 && value < two_to_63 && floor (value) == value)
    set_integer (number, (gint64) value);
  else
    number->is_integer = FALSE;
  number->value = value;
}

static gboolean
read_number (GVariant *variant, Number *number)
{
  switch (g_variant_classify (variant))
    {
    case G_VARIANT_CLASS_BYTE:
      set_natural (number, g_variant_get_byte (variant));
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      set_integer (number, g_variant_get_int16 (variant));
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      set_natural (number, g_variant_get_uint16 (variant));
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      set_integer (number, g_variant_get_int32 (variant));
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      set_natural (number, g_variant_get_uint32 (variant));
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      set_integer (number, g_variant_get_int64 (variant));
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      set_natural (number, g_variant_get_uint64 (variant));
      return TRUE;
    case G_VARIANT_CLASS_DOUBLE:
      set_double (number, g_variant_get_double (variant));
      return isfinite (number->value);
    case G_VARIANT_CLASS_BOOLEAN:
    case G_VARIANT_CLASS_HANDLE:
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
}

static gboolean
fits (const Number *number, guint64 lowest_magnitude, guint64 highest)
{
  return number->is_integer &&
         number->magnitude <= (number->is_negative ? lowest_magnitude : highest);
}

static gboolean
set_number (GValue *value, const Number *number)
{
  gint64 integer = number->is_negative ? (gint64) -number->magnitude : (gint64) number->magnitude;

  switch (G_VALUE_TYPE (value))
    {
    case G_TYPE_INT:
      if (!fits (number, (guint64) G_MAXINT32 + 1, G_MAXINT32))
        return FALSE;
      g_value_set_int (value, (int) integer);
      return TRUE;
    case G_TYPE_UINT:
      if (!fits (number, 0, G_MAXUINT32))
        return FALSE;
      g_value_set_uint (value, (guint) integer);
      return TRUE;
    case G_TYPE_INT64:
      if (!fits (number, (guint64) G_MAXINT64 + 1, G_MAXINT64))
        return FALSE;
      g_value_set_int64 (value, integer);
      return TRUE;
    case G_TYPE_UINT64:
      if (!fits (number, 0, G_MAXUINT64))
        return FALSE;
      g_value_set_uint64 (value, number->magnitude);
      return TRUE;
    default:
      /* Above 2^53 an integer may have no double of its own. */
      if (number->is_integer && number->magnitude > (G_GUINT64_CONSTANT (1) << 53))
        return FALSE;
      g_value_set_double (value, number->value);
      return TRUE;
    }
}

/**
 * stepcast_number_convert:
 * @variant: a value of any type
 * @value: (inout): initialised to hold an int, uint, int64, uint64 or double; set where that can be
 *
 * Converts a number where nothing is lost: any integer or whole double to an
 * integer that holds it, an integer of at most 53 bits to a double. Any thread.
 *
 * Returns: %FALSE if @variant is no number, or none that @value can hold
 */
gboolean
stepcast_number_convert (GVariant *variant, GValue *value)
{
  Number number = { 0 };

  return read_number (variant, &number) && set_number (value, &number);
}
