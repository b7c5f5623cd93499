/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-command.h"
#include "stepcast-document-run.h"
#include "stepcast-guard.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_PROGRAM_RUN (stepcast_program_run_get_type ())

G_DECLARE_FINAL_TYPE (StepcastProgramRun,
                      stepcast_program_run,
                      STEPCAST,
                      PROGRAM_RUN,
                      StepcastDocumentRun)

/* After this long without a first document, the log says why that may be. */
#define STEPCAST_PROGRAM_SILENCE_SECONDS 5

StepcastRun *stepcast_program_run_new (guint number,
                                       const StepcastCommand *command,
                                       const StepcastDocumentLimits *limits,
                                       StepcastScheduler *scheduler,
                                       StepcastValidator *validator,
                                       StepcastGuard *guard);

G_END_DECLS
