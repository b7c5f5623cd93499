/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-stream-run.h"

#include <unistd.h>

#include "stepcast-error.h"

/* A run of a stream: each SVG document that comes through it is a step.
 *
 * It may be silent for as long as it likes: nobody knows when the next document is due, and a run
 * that waits holds nothing but the file descriptor. That is closed when the run ends, so that who
 * still writes is told. */

struct _StepcastStreamRun
{
  StepcastDocumentRun parent_instance;

  StepcastDocumentInput input; /* its fd is -1 where there is nothing to read, or no more */
};

G_DEFINE_FINAL_TYPE (StepcastStreamRun, stepcast_stream_run, STEPCAST_TYPE_DOCUMENT_RUN)

static gboolean
stepcast_stream_run_open (StepcastDocumentRun *run, StepcastDocumentInput *input, GError **error)
{
  StepcastStreamRun *self = STEPCAST_STREAM_RUN (run);

  if (self->input.fd < 0)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                           "The stream was read already: that can be done only once; create a new "
                           "session with a new stream");
      return FALSE;
    }

  *input = self->input;
  return TRUE;
}

static void
stepcast_stream_run_close (StepcastDocumentRun *run)
{
  StepcastStreamRun *self = STEPCAST_STREAM_RUN (run);

  if (self->input.fd >= 0)
    close (self->input.fd);
  self->input.fd = -1;
}

static GError *
stepcast_stream_run_judge (StepcastDocumentRun *run, const StepcastDocumentEnd *end)
{
  if (end->failure != NULL)
    return g_error_copy (end->failure);
  if (end->n_documents == 0)
    return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                        "The stream ended, and no SVG document had come");
  return NULL;
}

/* The parent stops waiting for it first. */
static void
stepcast_stream_run_finalize (GObject *object)
{
  stepcast_stream_run_close (STEPCAST_DOCUMENT_RUN (object));

  G_OBJECT_CLASS (stepcast_stream_run_parent_class)->finalize (object);
}

static void
stepcast_stream_run_class_init (StepcastStreamRunClass *klass)
{
  StepcastDocumentRunClass *document_class = STEPCAST_DOCUMENT_RUN_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = stepcast_stream_run_finalize;

  document_class->open = stepcast_stream_run_open;
  document_class->close = stepcast_stream_run_close;
  document_class->judge = stepcast_stream_run_judge;
}

static void
stepcast_stream_run_init (StepcastStreamRun *self)
{
  self->input.fd = -1;
}

/**
 * stepcast_stream_run_new:
 * @number: the number of the run in its session, from 1
 * @input: what to read, whose fd becomes the run's; -1 where it was read already: the run fails
 * @limits: what one document may cost
 * @scheduler: splits and checks what comes
 * @validator: loads it
 *
 * Returns: (transfer full): a new run, which reads when it is told to proceed
 */
StepcastRun *
stepcast_stream_run_new (guint number,
                         const StepcastDocumentInput *input,
                         const StepcastDocumentLimits *limits,
                         StepcastScheduler *scheduler,
                         StepcastValidator *validator)
{
  StepcastStreamRun *self = g_object_new (STEPCAST_TYPE_STREAM_RUN, "number", number, NULL);

  self->input = *input;
  stepcast_document_run_set_up (STEPCAST_DOCUMENT_RUN (self), limits, scheduler, validator);

  return STEPCAST_RUN (self);
}
