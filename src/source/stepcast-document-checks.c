/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-checks.h"

/**
 * StepcastDocumentChecks:
 *
 * The documents of one run that are being loaded by helpers, all at a time, and become frames in
 * their order: up to the first one that is refused. On the main context.
 */
struct _StepcastDocumentChecks
{
  StepcastValidator *validator;
  StepcastDocumentChecksDone done;

  GPtrArray *checks; /* of Check */
  guint n_under_way; /* of them */
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
} Check;

static void
check_free (Check *check)
{
  g_bytes_unref (check->document);
  g_clear_error (&check->error);
  g_free (check);
}

/**
 * stepcast_document_checks_new:
 * @validator: its helpers load the documents
 * @done: called each time that all have been loaded
 *
 * Returns: (transfer full): checks of no document yet
 */
StepcastDocumentChecks *
stepcast_document_checks_new (StepcastValidator *validator, StepcastDocumentChecksDone done)
{
  StepcastDocumentChecks *self = g_new0 (StepcastDocumentChecks, 1);

  self->validator = g_object_ref (validator);
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
  g_free (self);
}

static void
on_checked (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Check *check = user_data;
  StepcastDocumentChecks *self = check->owner;
  g_autoptr (StepcastRun) run = g_steal_pointer (&check->run);

  stepcast_validator_check_finish (STEPCAST_VALIDATOR (source_object), result, &check->error);
  self->n_under_way--;
  if (self->n_under_way == 0)
    self->done (run);
}

/**
 * stepcast_document_checks_begin:
 * @self: checks
 * @run: whose document it is, and who owns @self; kept meanwhile
 * @document: is to be a frame
 * @step: its number
 * @cancellable: ends it
 *
 * Has @document loaded by a helper.
 */
void
stepcast_document_checks_begin (StepcastDocumentChecks *self,
                                StepcastRun *run,
                                GBytes *document,
                                guint64 step,
                                GCancellable *cancellable)
{
  Check *check = g_new0 (Check, 1);

  check->run = g_object_ref (run);
  check->owner = self;
  check->document = g_bytes_ref (document);
  check->step = step;
  g_ptr_array_add (self->checks, check);
  self->n_under_way++;

  stepcast_validator_check_async (self->validator, document, cancellable, on_checked, check);
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
      g_ptr_array_add (frames, stepcast_frame_new (check->document, stepcast_run_get_number (run),
                                                   self->serial, check->step, time_us));
    }
  g_ptr_array_set_size (self->checks, 0);

  return frames;
}
