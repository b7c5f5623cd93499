/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-document-splitter.h"
#include "stepcast-scheduler.h"
#include "stepcast-source.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_STREAM_SOURCE (stepcast_stream_source_get_type ())

G_DECLARE_FINAL_TYPE (StepcastStreamSource,
                      stepcast_stream_source,
                      STEPCAST,
                      STREAM_SOURCE,
                      StepcastSource)

StepcastSource *stepcast_stream_source_new (const char *name,
                                            int fd,
                                            const StepcastDocumentLimits *limits,
                                            StepcastScheduler *scheduler,
                                            StepcastValidator *validator,
                                            GError **error);

G_END_DECLS
