/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-unwatched.h"

#include "stepcast-gsource.h"

struct _StepcastUnwatched
{
  StepcastSession *session; /* not owned: it owns us */
  StepcastWhenUnwatched action;
  guint grace_ms;

  StepcastActor *actor; /* (nullable): who pauses and stops */
  gboolean was_watched;
  gboolean is_due; /* the grace time ended while it was stopping: for a run that follows */
  GSource *timer;  /* (nullable): the grace time */
};

/**
 * stepcast_unwatched_new:
 * @session: whose rule it is; it has to outlive this
 * @action: what happens to it
 * @grace_ms: how long after the last one who watched it has gone
 *
 * Returns: (transfer full): a new rule
 */
StepcastUnwatched *
stepcast_unwatched_new (StepcastSession *session, StepcastWhenUnwatched action, guint grace_ms)
{
  StepcastUnwatched *self = g_new0 (StepcastUnwatched, 1);

  self->session = session;
  self->action = action;
  self->grace_ms = grace_ms;
  self->actor = stepcast_actor_new (STEPCAST_ACTOR_SERVICE, "when-unwatched");
  self->was_watched = stepcast_session_get_n_sinks (session) > 0;

  return self;
}

void
stepcast_unwatched_free (StepcastUnwatched *self)
{
  stepcast_gsource_clear (&self->timer);
  stepcast_actor_unref (self->actor);
  g_free (self);
}

StepcastWhenUnwatched
stepcast_unwatched_get_action (const StepcastUnwatched *self)
{
  return self->action;
}

guint
stepcast_unwatched_get_grace_ms (const StepcastUnwatched *self)
{
  return self->grace_ms;
}

static void
stop (StepcastUnwatched *self)
{
  stepcast_session_act_for (self->session, self->actor);
  stepcast_session_stop_async (self->session, NULL, NULL, NULL);
}

static void
pause_run (StepcastUnwatched *self)
{
  stepcast_session_act_for (self->session, self->actor);
  stepcast_session_pause (self->session, NULL);
}

static gboolean
on_timer (gpointer user_data)
{
  StepcastUnwatched *self = user_data;
  StepcastSessionState state = stepcast_session_get_state (self->session);
  gboolean is_stopping = state == STEPCAST_SESSION_STATE_STOPPING;

  g_clear_pointer (&self->timer, g_source_unref);
  if (state != STEPCAST_SESSION_STATE_RUNNING && state != STEPCAST_SESSION_STATE_PAUSED &&
      !is_stopping)
    return G_SOURCE_REMOVE;

  /* What is stopping may have been told to start again: a stop takes that back, and a pause waits
   * for the new run. */
  if (self->action == STEPCAST_WHEN_UNWATCHED_STOP)
    stop (self);
  else if (is_stopping)
    self->is_due = TRUE;
  else if (state == STEPCAST_SESSION_STATE_RUNNING)
    pause_run (self);

  return G_SOURCE_REMOVE;
}

static void
wait_for_grace (StepcastUnwatched *self)
{
  if (self->action == STEPCAST_WHEN_UNWATCHED_RUN || self->timer != NULL)
    return;

  self->timer = g_timeout_source_new (self->grace_ms);
  g_source_set_static_name (self->timer, "[stepcast] session unwatched");
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/**
 * stepcast_unwatched_update:
 * @self: a rule
 *
 * Somebody has come to its session, or gone.
 */
void
stepcast_unwatched_update (StepcastUnwatched *self)
{
  gboolean was_watched = self->was_watched;
  StepcastSessionState state;

  self->was_watched = stepcast_session_get_n_sinks (self->session) > 0;
  if (self->was_watched == was_watched)
    return;

  if (!self->was_watched)
    {
      wait_for_grace (self);
      return;
    }

  stepcast_gsource_clear (&self->timer);
  self->is_due = FALSE;
  if (stepcast_session_get_actor (self->session) != self->actor)
    return; /* somebody else has had to do with it since */
  state = stepcast_session_get_state (self->session);
  if (state == STEPCAST_SESSION_STATE_PAUSED || state == STEPCAST_SESSION_STATE_RUNNING)
    {
      /* Where it runs the pause has not taken effect yet, or is undone already. */
      stepcast_session_act_for (self->session, self->actor);
      stepcast_session_resume (self->session, NULL);
    }
}

/**
 * stepcast_unwatched_restart_asked:
 * @self: a rule
 *
 * Somebody wants a new run as soon as its session has stopped. A grace time that is over does not
 * concern that; one that ends before the run begins does.
 */
void
stepcast_unwatched_restart_asked (StepcastUnwatched *self)
{
  self->is_due = FALSE;
}

/**
 * stepcast_unwatched_restarted:
 * @self: a rule
 *
 * The new run that was asked for while its session was stopping has begun.
 */
void
stepcast_unwatched_restarted (StepcastUnwatched *self)
{
  if (!self->is_due)
    return;

  self->is_due = FALSE;
  if (stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_RUNNING)
    pause_run (self);
}
