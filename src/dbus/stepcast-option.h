/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastOption:
 * @key: its name
 * @type: the D-Bus type of its value
 * @minimum: the least that it may be, where it is a number
 * @maximum: the most; 0 where there is no range
 * @choices: (nullable) (array zero-terminated=1): what it may be, where it is a text
 *
 * One option of a method: the options of a method are a table of these.
 */
typedef struct
{
  const char *key;
  const char *type;
  double minimum;
  double maximum;
  const char *const *choices;
} StepcastOption;

GVariant *stepcast_options_check (GVariant *given,
                                  const StepcastOption *table,
                                  guint n_options,
                                  GError **error);

G_END_DECLS
