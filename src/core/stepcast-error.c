/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"

#include "stepcast-enum-types.h"

G_DEFINE_QUARK (stepcast - error - quark, stepcast_error)

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
