/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-run.h"
#include "stepcast-scheduler.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

typedef struct _StepcastDocumentChecks StepcastDocumentChecks;

/**
 * StepcastDocumentChecksDone:
 * @run: whose documents they are
 *
 * All that were begun have been checked, and encoded. On the main context.
 */
typedef void (*StepcastDocumentChecksDone) (StepcastRun *run);

StepcastDocumentChecks *stepcast_document_checks_new (StepcastValidator *validator,
                                                      StepcastScheduler *scheduler,
                                                      StepcastDocumentChecksDone done);
void stepcast_document_checks_free (StepcastDocumentChecks *self);

void stepcast_document_checks_begin (StepcastDocumentChecks *self,
                                     StepcastRun *run,
                                     GBytes *document,
                                     guint64 step,
                                     StepcastFrameEncoder *encoder,
                                     GCancellable *cancellable);
void stepcast_document_checks_withdraw (StepcastDocumentChecks *self);
gboolean stepcast_document_checks_is_under_way (StepcastDocumentChecks *self);
GPtrArray *stepcast_document_checks_take_frames (StepcastDocumentChecks *self,
                                                 StepcastRun *run,
                                                 guint64 *refused_step,
                                                 GError **error);

G_END_DECLS
