/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-drawings.h"

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-tasks.h"

struct _StepcastDrawings
{
  StepcastFrame *latest;    /* (nullable) */
  gboolean is_latest_stale; /* a parameter has changed since */
  GQueue tasks;             /* of GTask with a Wait: who waits for a picture of the present state */
  StepcastDrawingsFunc func;
  gpointer user_data;
};

/* How long somebody waits. */
typedef struct
{
  StepcastDrawings *drawings; /* not owned; valid while the task is queued */
  GTask *task;                /* not owned: it owns us */
  guint deadline_ms;
  GSource *deadline;
} Wait;

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  stepcast_gsource_clear (&wait->deadline);
  g_free (wait);
}

/**
 * stepcast_drawings_new:
 * @func: told when a deadline has passed, and nobody waits any more
 * @user_data: handed to @func
 *
 * Returns: (transfer full): nobody waits, and there is no frame
 */
StepcastDrawings *
stepcast_drawings_new (StepcastDrawingsFunc func, gpointer user_data)
{
  StepcastDrawings *self = g_new0 (StepcastDrawings, 1);

  g_queue_init (&self->tasks);
  self->func = func;
  self->user_data = user_data;
  return self;
}

/**
 * stepcast_drawings_free:
 * @self: nobody waits any more: they were answered, or cancelled
 */
void
stepcast_drawings_free (StepcastDrawings *self)
{
  g_assert (g_queue_is_empty (&self->tasks));
  g_clear_pointer (&self->latest, stepcast_frame_unref);
  g_free (self);
}

/* ---- the latest ---- */

/**
 * stepcast_drawings_take_frames:
 * @self: the drawings of a session
 * @frames: (element-type StepcastFrame): what has been drawn, in order, often none
 */
void
stepcast_drawings_take_frames (StepcastDrawings *self, GPtrArray *frames)
{
  if (frames->len == 0)
    return;

  g_clear_pointer (&self->latest, stepcast_frame_unref);
  self->latest = stepcast_frame_ref (frames->pdata[frames->len - 1]);
  self->is_latest_stale = FALSE;
}

/**
 * stepcast_drawings_outdate:
 * @self: the drawings of a session
 *
 * The present state does not look as it did: a parameter has changed.
 */
void
stepcast_drawings_outdate (StepcastDrawings *self)
{
  self->is_latest_stale = TRUE;
}

/**
 * stepcast_drawings_get_latest:
 * @self: the drawings of a session
 *
 * Returns: (transfer none) (nullable): what was drawn last
 */
StepcastFrame *
stepcast_drawings_get_latest (const StepcastDrawings *self)
{
  return self->latest;
}

/**
 * stepcast_drawings_has_current:
 * @self: the drawings of a session
 * @run_number: its present run
 * @step: where that stands
 *
 * Returns: whether the latest frame shows the present state
 */
gboolean
stepcast_drawings_has_current (const StepcastDrawings *self, guint run_number, guint64 step)
{
  return self->latest != NULL && !self->is_latest_stale &&
         stepcast_frame_get_run (self->latest) == run_number &&
         stepcast_frame_get_step (self->latest) == step;
}

/* ---- who waits ---- */

static gboolean
on_deadline (gpointer user_data)
{
  Wait *wait = user_data;
  StepcastDrawings *self = wait->drawings;
  g_autoptr (GTask) task = wait->task; /* the queue's; it keeps the session until all were told */

  g_queue_remove (&self->tasks, task);
  g_task_return_new_error (task, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE,
                           "There was no picture within %g s: the session has not come so far",
                           wait->deadline_ms / 1000.0);
  if (g_queue_is_empty (&self->tasks))
    self->func (self->user_data);
  return G_SOURCE_REMOVE;
}

/**
 * stepcast_drawings_add:
 * @self: the drawings of a session
 * @task: (transfer full): who waits for a #StepcastFrame; its task data are taken
 * @deadline_ms: how long; after that it is answered with %STEPCAST_ERROR_UNRESPONSIVE
 */
void
stepcast_drawings_add (StepcastDrawings *self, GTask *task, guint deadline_ms)
{
  Wait *wait = g_new0 (Wait, 1);

  wait->drawings = self;
  wait->task = task;
  wait->deadline_ms = deadline_ms;
  wait->deadline = g_timeout_source_new (deadline_ms);
  g_source_set_static_name (wait->deadline, "[stepcast] drawing deadline");
  g_source_set_callback (wait->deadline, on_deadline, wait, NULL);
  g_task_set_task_data (task, wait, wait_free);
  g_queue_push_tail (&self->tasks, task);
  g_source_attach (wait->deadline, g_main_context_get_thread_default ());
}

gboolean
stepcast_drawings_are_awaited (const StepcastDrawings *self)
{
  return self->tasks.length > 0;
}

/**
 * stepcast_drawings_answer_one:
 * @self: the drawings of a session
 * @task: (transfer full): who is answered; not, or not any more, among those who wait
 * @error: (nullable): why there is no picture
 *
 * Hands out the latest frame; where there is none, %STEPCAST_ERROR_BAD_STATE.
 */
void
stepcast_drawings_answer_one (StepcastDrawings *self, GTask *task, const GError *error)
{
  g_autoptr (GTask) owned = task;

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (self->latest != NULL)
    g_task_return_pointer (task, stepcast_frame_ref (self->latest),
                           (GDestroyNotify) stepcast_frame_unref);
  else
    g_task_return_new_error (task, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                             "There is no frame yet: start the session first");
}

/* It is not waited for any more: its callback may be called later, and keeps it until then.
 * Returns: (transfer full) (nullable): the first who waits */
static GTask *
pop (StepcastDrawings *self)
{
  GTask *task = g_queue_pop_head (&self->tasks);

  if (task != NULL)
    {
      Wait *wait = g_task_get_task_data (task);

      stepcast_gsource_clear (&wait->deadline);
    }
  return task;
}

/**
 * stepcast_drawings_answer:
 * @self: the drawings of a session
 * @error: (nullable): why there is no picture
 *
 * Answers all who wait, and those who come to wait meanwhile, as stepcast_drawings_answer_one()
 * does.
 */
void
stepcast_drawings_answer (StepcastDrawings *self, const GError *error)
{
  GTask *task;

  while ((task = pop (self)) != NULL)
    stepcast_drawings_answer_one (self, task, error);
}

/**
 * stepcast_drawings_cancel:
 * @self: the drawings of a session that is gone
 *
 * Who waits has waited in vain. Can be called again.
 */
void
stepcast_drawings_cancel (StepcastDrawings *self)
{
  for (GList *link = self->tasks.head; link != NULL; link = link->next)
    {
      Wait *wait = g_task_get_task_data (link->data);

      stepcast_gsource_clear (&wait->deadline);
    }
  stepcast_tasks_cancel (&self->tasks);
}
