/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-generator.h"

G_BEGIN_DECLS

/**
 * StepcastBuiltin:
 * @name: what people type and the wire carries: `[a-z][a-z0-9-]*`
 * @get_type: the type, derived from #StepcastGenerator
 *
 * A generator that comes with the service.
 */
typedef struct
{
  const char *name;
  GType (*get_type) (void);
} StepcastBuiltin;

const StepcastBuiltin *stepcast_generators_list (guint *n);

G_END_DECLS
