/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-private.h"

#include "stepcast-error.h"

/* What front ends ask of a session. A request that depends on the state is carried out by
 * stepcast-session.c; one that is answered later is a GTask that holds the session, and is handed
 * to the part that answers it. On the main context. */

/**
 * stepcast_session_act_for:
 * @self: a session
 * @actor: (nullable): who
 *
 * Says who makes the next request, so that others can be told. A request that nobody made this call
 * for is nobody's.
 */
void
stepcast_session_act_for (StepcastSession *self, StepcastActor *actor)
{
  g_return_if_fail (STEPCAST_IS_SESSION (self));

  stepcast_actor_set (&self->next_actor, actor);
}

/**
 * stepcast_session_start:
 * @self: a session
 * @error: not set: a start is always possible
 *
 * Starts a new run; resumes one that is paused; does nothing to one that runs
 * (but undoes a pause that has not taken effect); while it is stopping, a new run
 * begins as soon as it has stopped.
 *
 * Returns: %TRUE
 */
gboolean
stepcast_session_start (StepcastSession *self, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_SESSION (self), FALSE);

  return stepcast_session_carry_out (self, STEPCAST_SESSION_REQUEST_START, G_MAXUINT64, error);
}

/**
 * stepcast_session_pause:
 * @self: a session
 * @error: %STEPCAST_ERROR_BAD_STATE if it neither runs nor is paused
 *
 * Pauses after the step that is under way.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_pause (StepcastSession *self, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_SESSION (self), FALSE);

  return stepcast_session_carry_out (self, STEPCAST_SESSION_REQUEST_PAUSE, 0, error);
}

/**
 * stepcast_session_resume:
 * @self: a session
 * @error: %STEPCAST_ERROR_BAD_STATE if it neither runs nor is paused
 *
 * Goes on where it was paused.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_resume (StepcastSession *self, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_SESSION (self), FALSE);

  return stepcast_session_carry_out (self, STEPCAST_SESSION_REQUEST_RESUME, G_MAXUINT64, error);
}

/**
 * stepcast_session_step:
 * @self: a session
 * @n_steps: how many, at least 1
 * @error: %STEPCAST_ERROR_INVALID_VALUE if @n_steps is 0, %STEPCAST_ERROR_BAD_STATE if it runs
 *
 * Does @n_steps steps, in a new run if there is none to go on with, and pauses.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_step (StepcastSession *self, guint64 n_steps, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_SESSION (self), FALSE);

  if (n_steps == 0)
    {
      stepcast_session_act_for (self, NULL);
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                           "“step” takes a whole number of steps, from 1");
      return FALSE;
    }

  return stepcast_session_carry_out (self, STEPCAST_SESSION_REQUEST_STEP, n_steps, error);
}

/**
 * stepcast_session_stop_async:
 * @self: a session
 * @cancellable: (nullable): makes the answer %G_IO_ERROR_CANCELLED, though no sooner; it stops
 *   nevertheless
 * @callback: called when it stands still, after its last frame was delivered
 * @user_data: handed to @callback
 *
 * Cancels what is under way. No frame of the run is delivered from now on,
 * unless it is asked for. Requests that come meanwhile join this one; one that
 * stands still already stops in 0 seconds.
 */
void
stepcast_session_stop_async (StepcastSession *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STEPCAST_IS_SESSION (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_session_stop_async);
  stepcast_stops_add (self->stops, task);
  stepcast_session_carry_out (self, STEPCAST_SESSION_REQUEST_STOP, 0, NULL);
}

/**
 * stepcast_session_stop_finish:
 * @self: a session
 * @result: what the callback got
 * @report: (out caller-allocates) (optional): where it stopped, and how long that took
 * @error: %STEPCAST_ERROR_UNRESPONSIVE if it did not come back within its deadline
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_stop_finish (StepcastSession *self,
                              GAsyncResult *result,
                              StepcastStopReport *report,
                              GError **error)
{
  g_autofree StepcastStopReport *answer = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  answer = g_task_propagate_pointer (G_TASK (result), error);
  if (answer != NULL && report != NULL)
    *report = *answer;
  return answer != NULL;
}

/**
 * stepcast_session_set_parameters_async:
 * @self: a session
 * @changes: an `a{sv}`, whatever is in it
 * @cancellable: (nullable): makes the answer %G_IO_ERROR_CANCELLED, though no sooner; they are set
 *   nevertheless
 * @callback: called when they have been applied
 * @user_data: handed to @callback
 *
 * Sets all of @changes or, if one of them is wrong, none. What is live applies
 * at the next step boundary, and what is not at the next start, as all does while there is no run.
 */
void
stepcast_session_set_parameters_async (StepcastSession *self,
                                       GVariant *changes,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autoptr (StepcastActor) actor = NULL;
  GTask *task;

  g_return_if_fail (STEPCAST_IS_SESSION (self));
  g_return_if_fail (g_variant_is_of_type (changes, G_VARIANT_TYPE_VARDICT));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_session_set_parameters_async);
  actor = g_steal_pointer (&self->next_actor);
  if (!stepcast_changes_add (self->changes, task, changes, actor))
    return;

  if (self->run != NULL)
    stepcast_run_yield (self->run);
  stepcast_session_proceed (self);
}

/**
 * stepcast_session_set_parameters_finish:
 * @self: a session
 * @result: what the callback got
 * @step: (out) (optional): the first step that the live ones apply to; 1 is a run's first
 * @error: %STEPCAST_ERROR_UNKNOWN_PARAMETER or %STEPCAST_ERROR_INVALID_VALUE
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_set_parameters_finish (StepcastSession *self,
                                        GAsyncResult *result,
                                        guint64 *step,
                                        GError **error)
{
  gssize answer;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  answer = g_task_propagate_int (G_TASK (result), error);
  if (answer < 0)
    return FALSE;
  if (step != NULL)
    *step = (guint64) answer;
  return TRUE;
}

/**
 * stepcast_session_draw_async:
 * @self: a session
 * @cancellable: (nullable): makes the answer %G_IO_ERROR_CANCELLED, though no sooner
 * @callback: called when there is a picture
 * @user_data: handed to @callback
 *
 * Asks for a frame of the present state: the latest one if it shows it, else
 * one drawn at the next step boundary or, if it stands still, at once.
 */
void
stepcast_session_draw_async (StepcastSession *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STEPCAST_IS_SESSION (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_session_draw_async);
  if (stepcast_drawings_has_current (self->drawings, self->run_number, self->progress.step))
    {
      stepcast_drawings_answer (self->drawings, NULL);
      stepcast_drawings_answer_one (self->drawings, task, NULL);
      return;
    }

  stepcast_drawings_add (self->drawings, task, self->draw_deadline_ms);
  stepcast_session_proceed (self);
}

/**
 * stepcast_session_draw_finish:
 * @self: a session
 * @result: what the callback got
 * @error: why there is no picture: %STEPCAST_ERROR_BAD_STATE before the first run,
 *   %STEPCAST_ERROR_UNRESPONSIVE if it was too long in coming
 *
 * Returns: (transfer full) (nullable): a frame, or %NULL with @error set
 */
StepcastFrame *
stepcast_session_draw_finish (StepcastSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
