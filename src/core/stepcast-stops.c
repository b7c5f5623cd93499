/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-stops.h"

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-tasks.h"

struct _StepcastStops
{
  GQueue tasks;      /* of GTask: who waits for the standstill */
  gint64 since_us;   /* when it was told to stop; 0 while it is not stopping */
  guint deadline_ms; /* of the present stop */
  GSource *deadline; /* (nullable): while stopping */
  StepcastStopReport last;
  StepcastStopsFunc func;
  gpointer user_data;
};

/**
 * stepcast_stops_new:
 * @func: told when a deadline has passed
 * @user_data: handed to @func
 *
 * Returns: (transfer full): nobody waits, and it is not stopping
 */
StepcastStops *
stepcast_stops_new (StepcastStopsFunc func, gpointer user_data)
{
  StepcastStops *self = g_new0 (StepcastStops, 1);

  g_queue_init (&self->tasks);
  self->func = func;
  self->user_data = user_data;
  return self;
}

/**
 * stepcast_stops_free:
 * @self: nobody waits any more: they were answered, or cancelled
 */
void
stepcast_stops_free (StepcastStops *self)
{
  g_assert (g_queue_is_empty (&self->tasks));
  g_assert (self->deadline == NULL);
  g_free (self);
}

/**
 * stepcast_stops_add:
 * @self: the stops of a session
 * @task: (transfer full): who waits for the standstill, for a #StepcastStopReport
 */
void
stepcast_stops_add (StepcastStops *self, GTask *task)
{
  g_queue_push_tail (&self->tasks, task);
}

static gboolean
on_deadline (gpointer user_data)
{
  StepcastStops *self = user_data;

  g_clear_pointer (&self->deadline, g_source_unref);
  self->func (self->deadline_ms, self->user_data);
  return G_SOURCE_REMOVE;
}

/**
 * stepcast_stops_begin:
 * @self: the stops of a session that stops from now on
 * @deadline_ms: how long that may take
 */
void
stepcast_stops_begin (StepcastStops *self, guint deadline_ms)
{
  g_return_if_fail (self->deadline == NULL);

  self->since_us = g_get_monotonic_time ();
  self->deadline_ms = deadline_ms;
  self->deadline = g_timeout_source_new (deadline_ms);
  g_source_set_static_name (self->deadline, "[stepcast] stop deadline");
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

/**
 * stepcast_stops_end:
 * @self: the stops of a session that stands still: it has stopped now, or did already
 * @step: the last complete step
 *
 * Says how it stopped, and ends the deadline. What stood still already has stopped in 0 seconds.
 *
 * Returns: (transfer full) (element-type GTask): who waits for it, to be answered by
 *   stepcast_stops_answer()
 */
GQueue
stepcast_stops_end (StepcastStops *self, guint64 step)
{
  GQueue tasks = self->tasks;

  g_queue_init (&self->tasks);
  stepcast_gsource_clear (&self->deadline);
  self->last = (StepcastStopReport){ .step = step, .seconds = 0 };
  if (self->since_us != 0)
    self->last.seconds = (double) (g_get_monotonic_time () - self->since_us) / G_USEC_PER_SEC;
  self->since_us = 0;
  return tasks;
}

/**
 * stepcast_stops_cancel:
 * @self: the stops of a session that is gone
 *
 * Nobody is told of the deadline any more, and who waits has waited in vain. Can be called again.
 */
void
stepcast_stops_cancel (StepcastStops *self)
{
  stepcast_gsource_clear (&self->deadline);
  stepcast_tasks_cancel (&self->tasks);
}

/**
 * stepcast_stops_get_last:
 * @self: the stops of a session
 *
 * Returns: (transfer none): how it stopped the last time
 */
const StepcastStopReport *
stepcast_stops_get_last (const StepcastStops *self)
{
  return &self->last;
}

/**
 * stepcast_stops_answer:
 * @tasks: (element-type GTask): who is told; empty after it
 * @report: how it stopped
 * @error: (nullable): why it failed. Who waits for the standstill has it, unless this is
 *   %STEPCAST_ERROR_UNRESPONSIVE
 */
void
stepcast_stops_answer (GQueue *tasks, const StepcastStopReport *report, const GError *error)
{
  GTask *next;

  while ((next = g_queue_pop_head (tasks)) != NULL)
    {
      g_autoptr (GTask) task = next;

      if (g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE))
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_pointer (task, g_memdup2 (report, sizeof *report), g_free);
    }
}
