/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-command.h"
#include "stepcast-document-splitter.h"
#include "stepcast-guard.h"
#include "stepcast-scheduler.h"
#include "stepcast-source.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_PROGRAM_SOURCE (stepcast_program_source_get_type ())

G_DECLARE_FINAL_TYPE (StepcastProgramSource,
                      stepcast_program_source,
                      STEPCAST,
                      PROGRAM_SOURCE,
                      StepcastSource)

StepcastSource *stepcast_program_source_new (const char *name,
                                             const StepcastCommand *command,
                                             const StepcastDocumentLimits *limits,
                                             StepcastScheduler *scheduler,
                                             StepcastValidator *validator,
                                             StepcastGuard *guard);

char *stepcast_program_source_make_name (const char *program);

const StepcastCommand *stepcast_program_source_get_command (StepcastProgramSource *self);

G_END_DECLS
