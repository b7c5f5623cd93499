/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"

#include <string.h>

#include "stepcast-enum-types.h"

/* As much of what somebody said as an error message repeats. */
#define MAX_QUOTED_CHARACTERS 64

/* What is longer has no beginning that says what it is. */
#define MAX_PRINTED_BYTES 4096

/* G_DEFINE_QUARK's is not ordered between threads: any of ours may be the first to ask. */
GQuark
stepcast_error_quark (void)
{
  static gsize quark = 0;

  if (g_once_init_enter (&quark))
    g_once_init_leave (&quark, g_quark_from_static_string ("stepcast-error-quark"));

  return (GQuark) quark;
}

/**
 * stepcast_error_nick:
 * @error: an error of any domain
 *
 * What the wire calls @error: the nick of its #StepcastError, or "io" for an
 * error of another domain. May be called from any thread.
 *
 * Returns: (transfer none): a static string
 */
const char *
stepcast_error_nick (const GError *error)
{
  g_autoptr (GEnumClass) codes = NULL;
  const GEnumValue *value;

  g_return_val_if_fail (error != NULL, "io");

  if (error->domain != STEPCAST_ERROR)
    return "io";

  codes = g_type_class_ref (STEPCAST_TYPE_ERROR);
  value = g_enum_get_value (codes, error->code);
  return value != NULL ? value->value_nick : "io";
}

/**
 * stepcast_error_quote:
 * @text: what somebody said, whatever it is
 *
 * Makes @text fit for an error message, which goes out as JSON and on the bus:
 * valid UTF-8, and not too long. May be called from any thread.
 *
 * Returns: (transfer full): @text or its beginning
 */
char *
stepcast_error_quote (const char *text)
{
  g_autofree char *valid = NULL;
  g_autofree char *beginning = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  /* A character has at most 4 bytes; what is cut in the midst of one is not shown. */
  valid = g_utf8_make_valid (text, (gssize) strnlen (text, 4 * (MAX_QUOTED_CHARACTERS + 1)));
  if (g_utf8_strlen (valid, -1) <= MAX_QUOTED_CHARACTERS)
    return g_steal_pointer (&valid);

  beginning = g_utf8_substring (valid, 0, MAX_QUOTED_CHARACTERS);
  return g_strconcat (beginning, "…", NULL);
}

/**
 * stepcast_error_quote_value:
 * @value: what somebody said, of any type
 * @is_annotated: whether its type is to be told as well, as g_variant_print() does
 *
 * Makes @value fit for an error message, like stepcast_error_quote(), and without
 * going through more of it than a person reads: what comes by the bus can have 64 MiB,
 * and printing that takes seconds and a multiple of it. May be called from any thread.
 *
 * Returns: (transfer full): @value as a text, its beginning, or what it is
 */
char *
stepcast_error_quote_value (GVariant *value, gboolean is_annotated)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (value != NULL, NULL);

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) && !is_annotated)
    return stepcast_error_quote (g_variant_get_string (value, NULL));
  if (g_variant_get_size (value) > MAX_PRINTED_BYTES)
    {
      g_autofree char *type = stepcast_error_quote (g_variant_get_type_string (value));

      return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes of the D-Bus type %s",
                              g_variant_get_size (value), type);
    }

  text = g_variant_print (value, is_annotated);
  return stepcast_error_quote (text);
}
