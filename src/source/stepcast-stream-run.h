/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-document-run.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_STREAM_RUN (stepcast_stream_run_get_type ())

G_DECLARE_FINAL_TYPE (StepcastStreamRun,
                      stepcast_stream_run,
                      STEPCAST,
                      STREAM_RUN,
                      StepcastDocumentRun)

StepcastRun *stepcast_stream_run_new (guint number,
                                      const StepcastDocumentInput *input,
                                      const StepcastDocumentLimits *limits,
                                      StepcastScheduler *scheduler,
                                      StepcastValidator *validator);

G_END_DECLS
