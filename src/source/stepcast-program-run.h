/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-run.h"
#include "stepcast-scheduler.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_PROGRAM_RUN (stepcast_program_run_get_type ())

G_DECLARE_FINAL_TYPE (StepcastProgramRun, stepcast_program_run, STEPCAST, PROGRAM_RUN, StepcastRun)

/* After this long without a first document, the log says why that may be. */
#define STEPCAST_PROGRAM_SILENCE_SECONDS 5

StepcastRun *stepcast_program_run_new (guint number,
                                       const char *const *argv,
                                       gboolean uses_pty,
                                       StepcastScheduler *scheduler,
                                       StepcastValidator *validator);

G_END_DECLS
