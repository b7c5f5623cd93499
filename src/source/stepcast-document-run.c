/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-run.h"

#include <glib-unix.h>

#include "stepcast-document-checks.h"
#include "stepcast-document-history.h"
#include "stepcast-error.h"
#include "stepcast-gsource.h"

/* A run that reads SVG documents from a file descriptor: each is a step.
 *
 * The main context waits until there is something to read, so that a silent writer holds no slot;
 * a slice then reads, splits and checks in a worker; the documents that somebody wants to see are
 * loaded by helper processes; and what passes comes home as frames. Where nothing may be read, the
 * writer is held back by its full pipe.
 *
 * It leaves off at the end of the input, or when something went wrong or it was cancelled; and
 * comes home for the last time when nothing is under way any more. */

typedef struct
{
  StepcastScheduler *scheduler;
  GCancellable *cancellable;
  StepcastDocumentInput input; /* its fd is -1 before it was opened */
  StepcastDocumentSplitter *splitter;
  StepcastDocumentChecks *checks;

  GSource *readable; /* (nullable): while it waits for input */
  GSource *due;      /* (nullable): with it, until somebody is ready for the last document */
  GTask *task;       /* (nullable): the slice under way */

  StepcastDocumentHistory history;
  gboolean is_drained;
  gboolean is_at_end;   /* of its input */
  gboolean is_the_rest; /* what can be read now is all that will come */
  GError *failure;      /* (nullable): what went wrong with its documents */
  gboolean is_cancelled;
  gboolean is_leaving; /* it comes home for the last time when all has ended */
} StepcastDocumentRunPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StepcastDocumentRun, stepcast_document_run, STEPCAST_TYPE_RUN)

#define GET_PRIVATE(self)                                                                          \
  ((StepcastDocumentRunPrivate *) stepcast_document_run_get_instance_private (self))

static void wait_for_input (StepcastDocumentRun *self);
static void show_last_if_due (StepcastDocumentRun *self);

/* ---- the end ---- */

static GError *
judge (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  const StepcastDocumentEnd end = { priv->failure, priv->is_at_end, priv->history.n_documents };

  return STEPCAST_DOCUMENT_RUN_GET_CLASS (self)->judge (self, &end);
}

static void
come_home_for_the_last_time (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  StepcastOutcome outcome = STEPCAST_OUTCOME_CANCELLED;

  STEPCAST_DOCUMENT_RUN_GET_CLASS (self)->close (self);
  if (!priv->is_cancelled)
    {
      error = judge (self);
      outcome = error != NULL ? STEPCAST_OUTCOME_FAILED : STEPCAST_OUTCOME_FINISHED;
    }

  priv->is_leaving = FALSE;
  g_object_unref (priv->cancellable);
  priv->cancellable = g_cancellable_new ();
  stepcast_run_come_home (STEPCAST_RUN (self), no_frames, outcome, error);
}

/**
 * stepcast_document_run_conclude:
 * @self: a run
 *
 * For implementations: comes home with the outcome if it is leaving and all has ended. @self may be
 * let go of in it.
 */
void
stepcast_document_run_conclude (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  StepcastDocumentRunClass *klass = STEPCAST_DOCUMENT_RUN_GET_CLASS (self);

  if (priv->is_leaving && priv->task == NULL &&
      !stepcast_document_checks_is_under_way (priv->checks) &&
      (klass->has_ended == NULL || klass->has_ended (self)))
    come_home_for_the_last_time (self);
}

static void
stop_waiting (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  stepcast_gsource_clear (&priv->readable);
  stepcast_gsource_clear (&priv->due);
}

static void
leave_off (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  StepcastDocumentRunClass *klass = STEPCAST_DOCUMENT_RUN_GET_CLASS (self);

  stop_waiting (self);
  priv->is_leaving = TRUE;
  stepcast_run_set_busy (STEPCAST_RUN (self), TRUE);
  if (klass->leave_off != NULL)
    klass->leave_off (self, priv->is_at_end);
  stepcast_document_run_conclude (self);
}

/* ---- documents that are loaded by helpers ---- */

static void
come_home (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) frames = NULL;
  StepcastProgress progress = *stepcast_run_get_progress (STEPCAST_RUN (self));
  guint64 refused_step = 0;

  frames =
    stepcast_document_checks_take_frames (priv->checks, STEPCAST_RUN (self), &refused_step, &error);
  if (priv->is_leaving)
    {
      stepcast_document_history_go_back (&priv->history,
                                         progress.step +
                                           1); /* nobody was told of what is not home yet */
    }
  else if (error != NULL && !stepcast_run_has_ended (STEPCAST_RUN (self)))
    {
      /* Nothing after it counts, whatever else may be wrong there. */
      g_clear_error (&priv->failure);
      priv->failure = g_steal_pointer (&error);
      priv->is_drained = TRUE;
      priv->is_at_end = FALSE;
      stepcast_document_history_go_back (&priv->history, refused_step);
    }
  stepcast_document_history_settle (&priv->history);
  if (priv->is_leaving)
    {
      stepcast_document_run_conclude (self);
      return;
    }

  progress.step = priv->history.n_documents;
  stepcast_run_set_progress (STEPCAST_RUN (self), &progress);
  stepcast_run_come_home (STEPCAST_RUN (self), frames, STEPCAST_OUTCOME_NONE, error);
}

static void
on_checked (StepcastRun *run)
{
  come_home (STEPCAST_DOCUMENT_RUN (run));
}

static void
begin_check (StepcastDocumentRun *self,
             GBytes *document,
             guint64 step,
             StepcastFrameEncoder *encoder)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  priv->history.is_last_shown = step == priv->history.n_documents;
  stepcast_document_checks_begin (priv->checks, STEPCAST_RUN (self), document, step, encoder,
                                  priv->cancellable);
}

/* ---- slices ---- */

/* They are steps; those that somebody wants to see are loaded first. */
static void
take_documents (StepcastDocumentRun *self, GPtrArray *documents)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  StepcastDocumentRunClass *klass = STEPCAST_DOCUMENT_RUN_GET_CLASS (self);
  const guint64 first_step = priv->history.n_documents + 1;
  StepcastDemand demand;

  if (klass->documents_came != NULL)
    klass->documents_came (self);
  stepcast_document_history_add (&priv->history, documents);

  stepcast_run_get_demand (STEPCAST_RUN (self), &demand);
  for (guint i = 0; i < documents->len; i++)
    {
      gboolean is_last = i + 1 == documents->len;
      gboolean is_due = is_last && g_get_monotonic_time () >= demand.due_us;

      if (demand.is_every || is_due)
        begin_check (self, documents->pdata[i], first_step + i,
                     is_last || demand.encodes_every ? demand.encoder : NULL);
    }
}

static void
on_slice_done (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastDocumentRun) self = user_data;
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  g_autoptr (GTask) task = g_steal_pointer (&priv->task); /* keeps the slice */
  StepcastDocumentSlice *slice = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (task, &error);
  if (priv->is_leaving)
    {
      stepcast_document_run_conclude (self);
      return;
    }

  priv->is_drained = slice->is_drained;
  priv->is_at_end = slice->is_at_end || (slice->would_block && priv->is_the_rest);
  if (error == NULL && priv->is_at_end)
    stepcast_document_splitter_finish (priv->splitter, &error);
  if (error != NULL && priv->failure == NULL)
    priv->failure = g_steal_pointer (&error);

  if (slice->documents->len > 0)
    take_documents (self, slice->documents);

  if (stepcast_document_checks_is_under_way (priv->checks))
    return;
  if (slice->documents->len > 0 || priv->failure != NULL || priv->is_at_end)
    come_home (self);
  else
    wait_for_input (self);
}

static void
push_slice (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  StepcastRun *run = STEPCAST_RUN (self);
  guint64 allowance = stepcast_run_get_allowance (run);
  StepcastDocumentSlice *slice =
    stepcast_document_slice_new (priv->splitter, priv->input.fd, priv->input.read);
  StepcastDemand demand;

  stepcast_run_get_demand (run, &demand);
  slice->max_documents = (guint) MIN (allowance, slice->max_documents);
  if (demand.is_every)
    {
      slice->max_documents = MIN (slice->max_documents, MAX (demand.frames, 1));
      slice->max_bytes = demand.bytes;
    }

  priv->task = g_task_new (NULL, priv->cancellable, on_slice_done, g_object_ref (self));
  g_task_set_source_tag (priv->task, push_slice);
  g_task_set_name (priv->task, "[stepcast] documents");
  g_task_set_priority (priv->task, STEPCAST_PRIORITY_OUTPUT);
  g_task_set_task_data (priv->task, slice, (GDestroyNotify) stepcast_document_slice_free);
  stepcast_scheduler_push (priv->scheduler, priv->task, stepcast_document_slice_run_in_thread,
                           STEPCAST_TURN_FAIR);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  StepcastDocumentRun *self = user_data;

  stop_waiting (self);
  push_slice (self);

  return G_SOURCE_CONTINUE; /* destroyed by then */
}

static gboolean
on_due (gpointer user_data)
{
  StepcastDocumentRun *self = user_data;
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  g_clear_pointer (&priv->due, g_source_unref);
  show_last_if_due (self);

  return G_SOURCE_REMOVE;
}

static void
wait_until_due (StepcastDocumentRun *self, gint64 due_us)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  priv->due = g_timeout_source_new (0);
  g_source_set_static_name (priv->due, "[stepcast] last document is due");
  g_source_set_priority (priv->due, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_ready_time (priv->due, due_us);
  g_source_set_callback (priv->due, on_due, self, NULL);
  g_source_attach (priv->due, g_main_context_get_thread_default ());
}

/* While it waits for input: the last document may have come when nobody was ready for it, or
 * before anybody looked. The next one can be long in coming. */
static void
show_last_if_due (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  StepcastDemand demand;

  stepcast_gsource_clear (&priv->due);
  if (priv->history.last == NULL || priv->history.is_last_shown)
    return;

  stepcast_run_get_demand (STEPCAST_RUN (self), &demand);
  if (g_get_monotonic_time () >= demand.due_us)
    {
      stepcast_gsource_clear (&priv->readable);
      begin_check (self, priv->history.last, priv->history.n_documents, demand.encoder);
    }
  else if (demand.due_us != STEPCAST_NEVER)
    {
      wait_until_due (self, demand.due_us);
    }
}

static void
wait_for_input (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  if (priv->is_the_rest) /* it may never become readable again: what there is, is read at once */
    {
      push_slice (self);
      return;
    }

  priv->readable = g_unix_fd_source_new (priv->input.fd, G_IO_IN);
  g_source_set_static_name (priv->readable, "[stepcast] documents readable");
  g_source_set_priority (priv->readable, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (priv->readable, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (priv->readable, g_main_context_get_thread_default ());
  show_last_if_due (self);
}

/* ---- the run ---- */

static void
stepcast_document_run_proceed (StepcastRun *run)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (run);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  g_autoptr (GError) error = NULL;
  StepcastDemand demand;

  if (priv->input.fd < 0 &&
      !STEPCAST_DOCUMENT_RUN_GET_CLASS (self)->open (self, &priv->input, &error))
    {
      g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();

      stepcast_run_come_home (run, no_frames, STEPCAST_OUTCOME_FAILED, error);
      return;
    }
  if (priv->is_drained && (priv->failure != NULL || priv->is_at_end))
    {
      leave_off (self);
      return;
    }

  stepcast_run_get_demand (run, &demand);
  if (stepcast_run_get_allowance (run) == 0 || (demand.is_every && demand.frames == 0))
    return;

  stepcast_run_set_busy (run, TRUE);
  if (priv->is_drained)
    wait_for_input (self);
  else
    push_slice (self);
}

static void
stepcast_document_run_demand_changed (StepcastRun *run)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (run);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  if (priv->readable != NULL)
    show_last_if_due (self);
}

static void
stepcast_document_run_yield (StepcastRun *run)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (run);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  if (priv->readable != NULL)
    {
      stop_waiting (self);
      stepcast_run_set_busy (run, FALSE);
    }
}

static void
stepcast_document_run_cancel (StepcastRun *run)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (run);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);
  g_autoptr (StepcastRun) alive G_GNUC_UNUSED = g_object_ref (run);

  if (stepcast_run_has_ended (run) || priv->is_cancelled)
    return;

  priv->is_cancelled = TRUE;
  priv->is_at_end = FALSE;
  g_cancellable_cancel (priv->cancellable);
  if (priv->task != NULL)
    stepcast_scheduler_withdraw (priv->scheduler, priv->task);
  leave_off (self);
  stepcast_document_checks_withdraw (priv->checks);
}

static void
stepcast_document_run_abandon (StepcastRun *run)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (run);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  if (priv->task != NULL)
    stepcast_scheduler_abandon (priv->scheduler, priv->task);
}

static void
stepcast_document_run_draw (StepcastRun *run)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (run);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  stepcast_run_set_busy (run, TRUE);
  if (priv->history.last != NULL)
    {
      StepcastDemand demand;

      stepcast_run_get_demand (run, &demand);
      begin_check (self, priv->history.last, priv->history.n_documents, demand.encoder);
    }
  else
    {
      g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();
      g_autoptr (GError) error =
        g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE, "No document has come yet");

      stepcast_run_come_home (run, no_frames, STEPCAST_OUTCOME_NONE, error);
    }
}

static void
stepcast_document_run_dispose (GObject *object)
{
  StepcastDocumentRun *self = STEPCAST_DOCUMENT_RUN (object);
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  g_assert (priv->task == NULL); /* a slice under way keeps its run */
  stop_waiting (self);
  g_clear_object (&priv->scheduler);
  g_clear_object (&priv->cancellable);

  G_OBJECT_CLASS (stepcast_document_run_parent_class)->dispose (object);
}

static void
stepcast_document_run_finalize (GObject *object)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (STEPCAST_DOCUMENT_RUN (object));

  g_clear_pointer (&priv->splitter, stepcast_document_splitter_free);
  g_clear_pointer (&priv->checks, stepcast_document_checks_free);
  stepcast_document_history_clear (&priv->history);
  g_clear_error (&priv->failure);

  G_OBJECT_CLASS (stepcast_document_run_parent_class)->finalize (object);
}

static void
stepcast_document_run_class_init (StepcastDocumentRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastRunClass *run_class = STEPCAST_RUN_CLASS (klass);

  object_class->dispose = stepcast_document_run_dispose;
  object_class->finalize = stepcast_document_run_finalize;

  run_class->proceed = stepcast_document_run_proceed;
  run_class->demand_changed = stepcast_document_run_demand_changed;
  run_class->yield = stepcast_document_run_yield;
  run_class->cancel = stepcast_document_run_cancel;
  run_class->abandon = stepcast_document_run_abandon;
  run_class->draw = stepcast_document_run_draw;
}

static void
stepcast_document_run_init (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  priv->input.fd = -1;
  priv->is_drained = TRUE;
  stepcast_run_set_validates (STEPCAST_RUN (self), TRUE);
  priv->cancellable = g_cancellable_new ();
}

/**
 * stepcast_document_run_set_up:
 * @self: a new run
 * @limits: what one document may cost
 * @scheduler: splits and checks what is read
 * @validator: loads it
 *
 * For implementations: to be called once, before anything else.
 */
void
stepcast_document_run_set_up (StepcastDocumentRun *self,
                              const StepcastDocumentLimits *limits,
                              StepcastScheduler *scheduler,
                              StepcastValidator *validator)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  priv->scheduler = g_object_ref (scheduler);
  priv->splitter = stepcast_document_splitter_new (limits);
  priv->checks = stepcast_document_checks_new (validator, scheduler, on_checked);
}

/**
 * stepcast_document_run_is_leaving:
 * @self: a run
 *
 * Returns: whether nothing is read any more and it waits for what has to end
 */
gboolean
stepcast_document_run_is_leaving (StepcastDocumentRun *self)
{
  return GET_PRIVATE (self)->is_leaving;
}

/**
 * stepcast_document_run_read_the_rest:
 * @self: a run
 *
 * For implementations: whoever wrote is gone, though the end of the input may never come: what can
 * be read without waiting is all.
 */
void
stepcast_document_run_read_the_rest (StepcastDocumentRun *self)
{
  StepcastDocumentRunPrivate *priv = GET_PRIVATE (self);

  priv->is_the_rest = TRUE;
  if (priv->readable != NULL)
    {
      stop_waiting (self);
      push_slice (self);
    }
}
