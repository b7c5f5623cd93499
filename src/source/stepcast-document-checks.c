/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-checks.h"

/**
 * StepcastDocumentChecks:
 *
 * The documents of one run that are being loaded by helpers, all at a time, and become frames in
 * their order: up to the first one that is refused. What is to be encoded, is so meanwhile, in a
 * worker: only here is it known which documents anybody will see, and loading one takes longer. On
 * the main context.
 */
struct _StepcastDocumentChecks
{
  StepcastValidator *validator;
  StepcastScheduler *scheduler;
  StepcastDocumentChecksDone done;

  GPtrArray *checks; /* of Check */
  guint n_under_way; /* loadings and encodings */
  guint64 serial;    /* of the last frame */
};

/* A document that is being loaded by a helper. */
typedef struct
{
  StepcastRun *run;              /* kept until the helper has answered; NULL then */
  StepcastDocumentChecks *owner; /* the run's */
  GBytes *document;
  guint64 step;
  GError *error; /* (nullable): why it was refused */

  StepcastRun *encoding_run; /* likewise, until it is encoded */
  GTask *encoding;           /* (nullable): while it is encoded */
  GBytes *encoded;           /* (nullable): what came of that */
} Check;

/* The encoding's task data: it may be freed in the worker. */
typedef struct
{
  StepcastFrameEncoder *encoder;
  GBytes *document;
} Encoding;

static void
check_free (Check *check)
{
  g_bytes_unref (check->document);
  g_clear_pointer (&check->encoded, g_bytes_unref);
  g_clear_error (&check->error);
  g_free (check);
}

static void
encoding_free (Encoding *encoding)
{
  g_object_unref (encoding->encoder);
  g_bytes_unref (encoding->document);
  g_free (encoding);
}

/**
 * stepcast_document_checks_new:
 * @validator: its helpers load the documents
 * @scheduler: its workers encode them
 * @done: called each time that all have been loaded, and encoded
 *
 * Returns: (transfer full): checks of no document yet
 */
StepcastDocumentChecks *
stepcast_document_checks_new (StepcastValidator *validator,
                              StepcastScheduler *scheduler,
                              StepcastDocumentChecksDone done)
{
  StepcastDocumentChecks *self = g_new0 (StepcastDocumentChecks, 1);

  self->validator = g_object_ref (validator);
  self->scheduler = g_object_ref (scheduler);
  self->done = done;
  self->checks = g_ptr_array_new_with_free_func ((GDestroyNotify) check_free);
  return self;
}

/* None is under way then: each keeps its run. */
void
stepcast_document_checks_free (StepcastDocumentChecks *self)
{
  g_assert (self->n_under_way == 0);
  g_ptr_array_unref (self->checks);
  g_object_unref (self->validator);
  g_object_unref (self->scheduler);
  g_free (self);
}

static void
end_one (StepcastDocumentChecks *self, StepcastRun *run)
{
  self->n_under_way--;
  if (self->n_under_way == 0)
    self->done (run);
}

static void
on_checked (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  StepcastDocumentChecks *self = check->owner;
  g_autoptr (StepcastRun) run = g_steal_pointer (&check->run);

  stepcast_validator_check_finish (STEPCAST_VALIDATOR (source_object), result, &check->error);
  end_one (self, run);
}

static void
encode_in_thread (GTask *task,
                  gpointer source_object,
                  gpointer task_data,
                  GCancellable *cancellable)
{
  Encoding *encoding = task_data;
  GBytes *encoded =
    stepcast_frame_encoder_encode (encoding->encoder, encoding->document, cancellable);

  g_task_return_pointer (task, encoded, (GDestroyNotify) g_bytes_unref);
}

/* One that was cancelled has no encoded form, as one that is not worth encoding. */
static void
on_encoded (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  StepcastDocumentChecks *self = check->owner;
  g_autoptr (StepcastRun) run = g_steal_pointer (&check->encoding_run);

  check->encoded = g_task_propagate_pointer (G_TASK (result), NULL);
  g_clear_object (&check->encoding);
  end_one (self, run);
}

/* Its turn is the next: it is the rest of a slice that had waited for its own. */
static void
begin_encoding (StepcastDocumentChecks *self,
                Check *check,
                StepcastFrameEncoder *encoder,
                GCancellable *cancellable)
{
  Encoding *encoding = g_new (Encoding, 1);

  encoding->encoder = g_object_ref (encoder);
  encoding->document = g_bytes_ref (check->document);

  check->encoding_run = g_object_ref (check->run);
  check->encoding = g_task_new (NULL, cancellable, on_encoded, check);
  g_task_set_source_tag (check->encoding, begin_encoding);
  g_task_set_name (check->encoding, "[stepcast] document encoding");
  g_task_set_priority (check->encoding, STEPCAST_PRIORITY_OUTPUT);
  g_task_set_task_data (check->encoding, encoding, (GDestroyNotify) encoding_free);
  self->n_under_way++;
  stepcast_scheduler_push (self->scheduler, check->encoding, encode_in_thread, STEPCAST_TURN_NEXT);
}

/**
 * stepcast_document_checks_begin:
 * @self: checks
 * @run: whose document it is, and who owns @self; kept meanwhile
 * @document: is to be a frame
 * @step: its number
 * @encoder: (nullable): it is to be encoded by this, too
 * @cancellable: ends it
 *
 * Has @document loaded by a helper.
 */
void
stepcast_document_checks_begin (StepcastDocumentChecks *self,
                                StepcastRun *run,
                                GBytes *document,
                                guint64 step,
                                StepcastFrameEncoder *encoder,
                                GCancellable *cancellable)
{
  Check *check = g_new0 (Check, 1);

  check->run = g_object_ref (run);
  check->owner = self;
  check->document = g_bytes_ref (document);
  check->step = step;
  g_ptr_array_add (self->checks, check);
  self->n_under_way++;

  if (encoder != NULL)
    begin_encoding (self, check, encoder, cancellable);
  stepcast_validator_check_async (self->validator, document, cancellable, on_checked, check);
}

/**
 * stepcast_document_checks_withdraw:
 * @self: checks that have been cancelled
 *
 * Takes encodings back that have not begun: they would wait for their turn.
 */
void
stepcast_document_checks_withdraw (StepcastDocumentChecks *self)
{
  for (guint i = 0; i < self->checks->len; i++)
    {
      Check *check = self->checks->pdata[i];

      if (check->encoding != NULL)
        stepcast_scheduler_withdraw (self->scheduler, check->encoding);
    }
}

gboolean
stepcast_document_checks_is_under_way (StepcastDocumentChecks *self)
{
  return self->n_under_way > 0;
}

/**
 * stepcast_document_checks_take_frames:
 * @self: checks, none of which is under way
 * @run: whose frames they are
 * @refused_step: (out): the first document that was refused, if @error is set
 * @error: why it was
 *
 * Ends this round of checks.
 *
 * Returns: (transfer full) (element-type StepcastFrame): the frames up to the first document that
 * was refused; with @error set, too
 */
GPtrArray *
stepcast_document_checks_take_frames (StepcastDocumentChecks *self,
                                      StepcastRun *run,
                                      guint64 *refused_step,
                                      GError **error)
{
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_frame_unref);
  gint64 time_us = g_get_monotonic_time () - stepcast_run_get_began_us (run);

  for (guint i = 0; i < self->checks->len; i++)
    {
      Check *check = self->checks->pdata[i];

      if (check->error != NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&check->error),
                                      "Document %" G_GUINT64_FORMAT ": ", check->step);
          *refused_step = check->step;
          break;
        }
      self->serial++;
      g_ptr_array_add (frames, stepcast_frame_new_encoded (check->document, check->encoded,
                                                           stepcast_run_get_number (run),
                                                           self->serial, check->step, time_us));
    }
  g_ptr_array_set_size (self->checks, 0);

  return frames;
}
