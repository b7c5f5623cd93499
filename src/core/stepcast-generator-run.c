/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-generator-run.h"

#include "stepcast-error.h"
#include "stepcast-parameters.h"
#include "stepcast-validator.h"

/* A run of a built-in generator, in slices.
 *
 * A slice is told all that it needs when it is pushed (how many steps it may do, which frames are
 * wanted), works on the generator for about STEPCAST_SLICE_US in a worker, and comes home with what
 * it made. While it is under way the generator is its own; between two slices it is the main
 * context's. So nothing here is locked, and the one word that passes meanwhile is "yield". */

/* Owned by the slice's GTask, whose last reference may be dropped in the worker: all that is in
 * here may be freed there. */
typedef struct
{
  StepcastGenerator *generator;
  gboolean is_prepared;
  gboolean is_spoilt;
  gboolean is_validated;
  gboolean draws_only;
  guint run_number;
  gint64 run_began_us;
  guint64 allowance;
  StepcastDemand demand; /* with a reference to its encoder */
  gint is_yielding;      /* atomic: the main context sets it, the worker reads it */

  /* What came of it: the worker's, and the main context's once the task has returned. */
  GPtrArray *frames;
  gsize n_bytes;
  guint64 n_steps;
  guint64 serial; /* of the last frame */
  StepcastProgress progress;
  gboolean is_finished;
} Slice;

struct _StepcastGeneratorRun
{
  StepcastRun parent_instance;

  StepcastGenerator *generator;
  StepcastScheduler *scheduler;
  gboolean is_validated;

  gboolean is_prepared;
  gboolean is_spoilt; /* its preparation failed, or was cancelled: it has no state at all */
  guint64 serial;
  GCancellable *cancellable; /* of the run; once it has ended, of the drawings after that */
  GTask *task;               /* (nullable): the slice under way */
};

G_DEFINE_FINAL_TYPE (StepcastGeneratorRun, stepcast_generator_run, STEPCAST_TYPE_RUN)

static void
slice_free (Slice *slice)
{
  g_object_unref (slice->generator);
  g_clear_object (&slice->demand.encoder);
  g_ptr_array_unref (slice->frames);
  g_free (slice);
}

static gboolean
slice_wants_frame (const Slice *slice)
{
  if (slice->demand.is_every || slice->draws_only)
    return TRUE;

  return slice->frames->len == 0 && g_get_monotonic_time () >= slice->demand.due_us;
}

/* Whatever a generator's error is, callers know it as a failure of the generator. It must say why
 * it failed, but one that does not is no reason for us to fail. */
static void
explain (Slice *slice, GError **error)
{
  g_autoptr (GError) given = g_steal_pointer (error);

  if (given != NULL && given->domain == STEPCAST_ERROR)
    *error = g_steal_pointer (&given);
  else if (given != NULL)
    g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED, given->message);
  else
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED,
                 "%s failed and did not say why", G_OBJECT_TYPE_NAME (slice->generator));
}

/* Returns: (transfer full) (nullable) */
static GBytes *
encode (Slice *slice, GBytes *svg, GCancellable *cancellable)
{
  if (slice->demand.encoder == NULL)
    return NULL;
  return stepcast_frame_encoder_encode (slice->demand.encoder, svg, cancellable);
}

/* Of many frames that come home together, one may be wanted encoded, and not the others: the last,
 * which is known only now. */
static void
slice_encode_last (Slice *slice, GCancellable *cancellable)
{
  g_autoptr (StepcastFrame) last = NULL;
  g_autoptr (GBytes) encoded = NULL;
  GBytes *svg;

  if (slice->frames->len == 0)
    return;
  last = stepcast_frame_ref (slice->frames->pdata[slice->frames->len - 1]);
  svg = stepcast_frame_get_svg (last);
  if (stepcast_frame_get_encoded (last) == NULL)
    encoded = encode (slice, svg, cancellable);
  if (encoded == NULL)
    return;

  g_ptr_array_set_size (slice->frames, (int) slice->frames->len - 1);
  g_ptr_array_add (slice->frames,
                   stepcast_frame_new_encoded (svg, encoded, stepcast_frame_get_run (last),
                                               stepcast_frame_get_serial (last),
                                               stepcast_frame_get_step (last),
                                               stepcast_frame_get_time_us (last)));
}

static gboolean
slice_draw (Slice *slice, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) svg = stepcast_generator_draw (slice->generator, cancellable, error);
  g_autoptr (GBytes) encoded = NULL;
  gboolean is_one_of_many = slice->demand.is_every && !slice->draws_only;

  if (svg == NULL ||
      (slice->is_validated && !stepcast_validator_check_own (svg, cancellable, error)))
    {
      explain (slice, error);
      g_prefix_error (error, "Drawing step %" G_GUINT64_FORMAT ": ", slice->progress.step);
      return FALSE;
    }

  if (slice->demand.encodes_every || !is_one_of_many)
    encoded = encode (slice, svg, cancellable);
  slice->serial++;
  slice->n_bytes += g_bytes_get_size (svg);
  g_ptr_array_add (slice->frames,
                   stepcast_frame_new_encoded (svg, encoded, slice->run_number, slice->serial,
                                               slice->progress.step,
                                               g_get_monotonic_time () - slice->run_began_us));
  return TRUE;
}

static gboolean
slice_step (Slice *slice, GCancellable *cancellable, GError **error)
{
  switch (stepcast_generator_step (slice->generator, cancellable, error))
    {
    case STEPCAST_STEP_FAILED:
      explain (slice, error);
      g_prefix_error (error, "Step %" G_GUINT64_FORMAT ": ", slice->progress.step + 1);
      return FALSE;
    case STEPCAST_STEP_NONE:
      slice->is_finished = TRUE;
      return TRUE;
    case STEPCAST_STEP_LAST:
      slice->is_finished = TRUE;
      break;
    case STEPCAST_STEP_DONE:
    default:
      break;
    }

  slice->n_steps++;
  slice->progress.step++;
  return !slice_wants_frame (slice) || slice_draw (slice, cancellable, error);
}

static gboolean
slice_goes_on (Slice *slice, gint64 end_us)
{
  if (slice->is_finished || slice->n_steps >= slice->allowance ||
      g_atomic_int_get (&slice->is_yielding))
    return FALSE;
  if (slice->demand.is_every &&
      (slice->frames->len >= slice->demand.frames || slice->n_bytes >= slice->demand.bytes))
    return FALSE;

  return g_get_monotonic_time () < end_us;
}

/* A generator is prepared once, whatever came of it. */
static gboolean
slice_prepare (Slice *slice, GCancellable *cancellable, GError **error)
{
  if (slice->is_prepared)
    return TRUE;
  if (slice->is_spoilt)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                           "There is no picture: the run ended before it had its first state");
      return FALSE;
    }

  slice->is_prepared = stepcast_generator_prepare (slice->generator, cancellable, error);
  slice->is_spoilt = !slice->is_prepared;
  if (slice->is_spoilt)
    {
      explain (slice, error);
      g_prefix_error (error, "Before the first step: ");
    }
  return slice->is_prepared;
}

static gboolean
slice_run (Slice *slice, GCancellable *cancellable, GError **error)
{
  gint64 end_us = g_get_monotonic_time () + STEPCAST_SLICE_US;

  if (!slice_prepare (slice, cancellable, error))
    return FALSE;
  if (slice->draws_only)
    return slice_draw (slice, cancellable, error);

  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
          !slice_step (slice, cancellable, error))
        return FALSE;
    }
  while (slice_goes_on (slice, end_us));

  return TRUE;
}

static void
slice_in_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Slice *slice = task_data;
  g_autoptr (GError) error = NULL;
  gboolean is_good = slice_run (slice, cancellable, &error);

  if (slice->demand.is_every && !slice->demand.encodes_every)
    slice_encode_last (slice, cancellable);
  if (slice->is_prepared)
    {
      slice->progress.fraction = stepcast_generator_get_progress (slice->generator);
      slice->progress.n_metrics =
        stepcast_generator_measure (slice->generator, slice->progress.metrics);
    }

  if (is_good)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Whether it was cancelled is what we know, and not what a generator's error says. */
static StepcastOutcome
get_outcome (Slice *slice, const GError *error, GCancellable *cancellable)
{
  if (g_cancellable_is_cancelled (cancellable))
    return STEPCAST_OUTCOME_CANCELLED;
  if (slice->draws_only)
    return STEPCAST_OUTCOME_NONE;
  if (error != NULL)
    return STEPCAST_OUTCOME_FAILED;
  return slice->is_finished ? STEPCAST_OUTCOME_FINISHED : STEPCAST_OUTCOME_NONE;
}

static void
on_slice_done (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastGeneratorRun) self = user_data;
  Slice *slice = g_task_get_task_data (G_TASK (result));
  g_autoptr (GTask) task G_GNUC_UNUSED = g_steal_pointer (&self->task); /* keeps the slice */
  g_autoptr (GError) error = NULL;
  StepcastOutcome outcome;

  g_task_propagate_boolean (G_TASK (result), &error);
  outcome = get_outcome (slice, error, self->cancellable);

  self->is_prepared = slice->is_prepared;
  self->is_spoilt = slice->is_spoilt;
  self->serial = slice->serial;
  if (outcome != STEPCAST_OUTCOME_NONE)
    {
      g_object_unref (self->cancellable);
      self->cancellable = g_cancellable_new ();
    }

  stepcast_run_set_progress (STEPCAST_RUN (self), &slice->progress);
  stepcast_run_come_home (STEPCAST_RUN (self), slice->frames, outcome, error);
}

static void
push_slice (StepcastGeneratorRun *self, gboolean draws_only)
{
  StepcastRun *run = STEPCAST_RUN (self);
  Slice *slice = g_new0 (Slice, 1);
  gboolean is_awaited = draws_only || !self->is_prepared; /* the first picture of a run, too */

  slice->generator = g_object_ref (self->generator);
  slice->is_prepared = self->is_prepared;
  slice->is_spoilt = self->is_spoilt;
  slice->is_validated = self->is_validated;
  slice->draws_only = draws_only;
  slice->run_number = stepcast_run_get_number (run);
  slice->run_began_us = stepcast_run_get_began_us (run);
  slice->allowance = stepcast_run_get_allowance (run);
  stepcast_run_get_demand (run, &slice->demand);
  if (slice->demand.encoder != NULL)
    g_object_ref (slice->demand.encoder);
  slice->frames = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_frame_unref);
  slice->serial = self->serial;
  slice->progress = *stepcast_run_get_progress (run);

  g_assert (self->task == NULL);
  /* The run is not the task's source object but goes along with the callback: the worker may be the
   * last to drop the task, and a run is the main context's. */
  self->task = g_task_new (NULL, self->cancellable, on_slice_done, g_object_ref (self));
  g_task_set_source_tag (self->task, push_slice);
  g_task_set_name (self->task, draws_only ? "[stepcast] drawing" : "[stepcast] slice");
  g_task_set_priority (self->task, STEPCAST_PRIORITY_OUTPUT);
  g_task_set_task_data (self->task, slice, (GDestroyNotify) slice_free);

  stepcast_run_set_busy (run, TRUE);
  stepcast_scheduler_push (self->scheduler, self->task, slice_in_thread,
                           is_awaited ? STEPCAST_TURN_NEXT : STEPCAST_TURN_FAIR);
}

static void
stepcast_generator_run_proceed (StepcastRun *run)
{
  StepcastDemand demand;

  if (stepcast_run_get_allowance (run) == 0)
    return;
  stepcast_run_get_demand (run, &demand);
  if (demand.is_every && (demand.frames == 0 || demand.bytes == 0))
    return;

  push_slice (STEPCAST_GENERATOR_RUN (run), FALSE);
}

static void
stepcast_generator_run_yield (StepcastRun *run)
{
  StepcastGeneratorRun *self = STEPCAST_GENERATOR_RUN (run);

  if (self->task != NULL)
    {
      Slice *slice = g_task_get_task_data (self->task);

      g_atomic_int_set (&slice->is_yielding, TRUE);
    }
}

static void
stepcast_generator_run_cancel (StepcastRun *run)
{
  StepcastGeneratorRun *self = STEPCAST_GENERATOR_RUN (run);
  g_autoptr (StepcastRun) alive G_GNUC_UNUSED = g_object_ref (run);

  g_cancellable_cancel (self->cancellable);
  if (self->task != NULL)
    {
      stepcast_scheduler_withdraw (self->scheduler, self->task);
    }
  else
    {
      g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();

      g_object_unref (self->cancellable);
      self->cancellable = g_cancellable_new ();
      stepcast_run_come_home (run, no_frames, STEPCAST_OUTCOME_CANCELLED, NULL);
    }
}

static void
stepcast_generator_run_abandon (StepcastRun *run)
{
  StepcastGeneratorRun *self = STEPCAST_GENERATOR_RUN (run);

  if (self->task != NULL)
    stepcast_scheduler_abandon (self->scheduler, self->task);
}

static void
stepcast_generator_run_draw (StepcastRun *run)
{
  push_slice (STEPCAST_GENERATOR_RUN (run), TRUE);
}

static void
stepcast_generator_run_set_parameters (StepcastRun *run, GVariant *values)
{
  stepcast_parameters_apply (G_OBJECT (STEPCAST_GENERATOR_RUN (run)->generator), values);
}

static void
stepcast_generator_run_dispose (GObject *object)
{
  StepcastGeneratorRun *self = STEPCAST_GENERATOR_RUN (object);

  g_assert (self->task == NULL); /* a slice under way keeps its run */
  g_clear_object (&self->generator);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (stepcast_generator_run_parent_class)->dispose (object);
}

static void
stepcast_generator_run_class_init (StepcastGeneratorRunClass *klass)
{
  StepcastRunClass *run_class = STEPCAST_RUN_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = stepcast_generator_run_dispose;

  run_class->proceed = stepcast_generator_run_proceed;
  run_class->yield = stepcast_generator_run_yield;
  run_class->cancel = stepcast_generator_run_cancel;
  run_class->abandon = stepcast_generator_run_abandon;
  run_class->draw = stepcast_generator_run_draw;
  run_class->set_parameters = stepcast_generator_run_set_parameters;
}

static void
stepcast_generator_run_init (StepcastGeneratorRun *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * stepcast_generator_run_new:
 * @number: the number of the run in its session, from 1
 * @generator: a new generator, which the run has for itself
 * @scheduler: runs the slices
 * @is_validated: whether each frame is loaded by librsvg before anyone sees it
 *
 * Returns: (transfer full): a new run, which waits to be told to proceed
 */
StepcastRun *
stepcast_generator_run_new (guint number,
                            StepcastGenerator *generator,
                            StepcastScheduler *scheduler,
                            gboolean is_validated)
{
  StepcastGeneratorRun *self = g_object_new (STEPCAST_TYPE_GENERATOR_RUN, "number", number, NULL);

  self->generator = g_object_ref (generator);
  self->scheduler = g_object_ref (scheduler);
  self->is_validated = is_validated;
  stepcast_run_set_validates (STEPCAST_RUN (self), is_validated);

  return STEPCAST_RUN (self);
}
