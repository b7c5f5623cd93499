/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-generator.h"
#include "stepcast-run.h"
#include "stepcast-scheduler.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_GENERATOR_RUN (stepcast_generator_run_get_type ())

G_DECLARE_FINAL_TYPE (StepcastGeneratorRun,
                      stepcast_generator_run,
                      STEPCAST,
                      GENERATOR_RUN,
                      StepcastRun)

StepcastRun *stepcast_generator_run_new (guint number,
                                         StepcastGenerator *generator,
                                         StepcastScheduler *scheduler,
                                         gboolean is_validated);

G_END_DECLS
