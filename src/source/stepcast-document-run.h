/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-document-slice.h"
#include "stepcast-document-splitter.h"
#include "stepcast-run.h"
#include "stepcast-scheduler.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

/**
 * StepcastDocumentInput:
 * @fd: what is read; stays open until the run's close() or its end
 * @read: how it is read without waiting
 */
typedef struct
{
  int fd;
  StepcastReadFunc read;
} StepcastDocumentInput;

/**
 * StepcastDocumentEnd:
 * @failure: (nullable): what was wrong with the documents
 * @is_at_end: the input was read to its end, and it was not left off because of @failure
 * @n_documents: how many came
 *
 * How the reading ended.
 */
typedef struct
{
  const GError *failure;
  gboolean is_at_end;
  guint64 n_documents;
} StepcastDocumentEnd;

#define STEPCAST_TYPE_DOCUMENT_RUN (stepcast_document_run_get_type ())

G_DECLARE_DERIVABLE_TYPE (StepcastDocumentRun,
                          stepcast_document_run,
                          STEPCAST,
                          DOCUMENT_RUN,
                          StepcastRun)

/**
 * StepcastDocumentRunClass:
 * @open: begins: makes @input what is read. Where it can't, the run has failed with the error
 * @documents_came: (nullable): some came; the first ones, too
 * @leave_off: (nullable): nothing is read any more. @is_at_end: because there is no more
 * @has_ended: (nullable): whether all has ended that the run is more than its input; until then the
 *   run does not come home, and stepcast_document_run_conclude() is to be called
 * @close: the run is about to come home with its outcome, and nothing is under way; also where
 *   open() has not been called
 * @judge: how it has ended: %NULL if all is well. Not asked of one that was cancelled
 *
 * What the runs of different inputs differ in, in the order of a run's life.
 */
struct _StepcastDocumentRunClass
{
  StepcastRunClass parent_class;

  gboolean (*open) (StepcastDocumentRun *self, StepcastDocumentInput *input, GError **error);
  void (*documents_came) (StepcastDocumentRun *self);
  void (*leave_off) (StepcastDocumentRun *self, gboolean is_at_end);
  gboolean (*has_ended) (StepcastDocumentRun *self);
  void (*close) (StepcastDocumentRun *self);
  GError *(*judge) (StepcastDocumentRun *self, const StepcastDocumentEnd *end);
};

/* For implementations. */
void stepcast_document_run_set_up (StepcastDocumentRun *self,
                                   const StepcastDocumentLimits *limits,
                                   StepcastScheduler *scheduler,
                                   StepcastValidator *validator);
gboolean stepcast_document_run_is_leaving (StepcastDocumentRun *self);
void stepcast_document_run_conclude (StepcastDocumentRun *self);
void stepcast_document_run_read_the_rest (StepcastDocumentRun *self);

G_END_DECLS
