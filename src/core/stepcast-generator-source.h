/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-scheduler.h"
#include "stepcast-source.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_GENERATOR_SOURCE (stepcast_generator_source_get_type ())

G_DECLARE_FINAL_TYPE (StepcastGeneratorSource,
                      stepcast_generator_source,
                      STEPCAST,
                      GENERATOR_SOURCE,
                      StepcastSource)

StepcastSource *stepcast_generator_source_new (const char *name,
                                               GType generator_type,
                                               StepcastScheduler *scheduler,
                                               gboolean is_validated);

G_END_DECLS
