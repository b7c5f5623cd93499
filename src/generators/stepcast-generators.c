/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-generators.h"

#include "stepcast-attractor.h"
#include "stepcast-gray-scott.h"
#include "stepcast-pattern.h"

/* The one to start with comes first. */
static const StepcastBuiltin builtins[] = {
  { "gray-scott", stepcast_gray_scott_get_type },
  { "attractor", stepcast_attractor_get_type },
  { "pattern", stepcast_pattern_get_type },
};

/**
 * stepcast_generators_list:
 * @n: (out): how many there are
 *
 * Any thread.
 *
 * Returns: (transfer none) (array length=n): the built-in generators, the friendliest first
 */
const StepcastBuiltin *
stepcast_generators_list (guint *n)
{
  *n = G_N_ELEMENTS (builtins);
  return builtins;
}
