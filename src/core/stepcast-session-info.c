/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-private.h"

#include "stepcast-enum-types.h"

/* What a session tells of itself when it is asked, and of its parts. Nothing here changes it, but
 * for the deadlines of what is asked of it later. On the main context. */

/**
 * stepcast_session_get_name:
 * @self: a session
 *
 * Returns: (transfer none): its name, the same in URLs and object paths
 */
const char *
stepcast_session_get_name (StepcastSession *self)
{
  return self->name;
}

StepcastSource *
stepcast_session_get_source (StepcastSession *self)
{
  return self->source;
}

StepcastSessionState
stepcast_session_get_state (StepcastSession *self)
{
  return self->state;
}

/**
 * stepcast_session_get_state_nick:
 * @self: a session
 *
 * Returns: (transfer none): what the wire calls its state
 */
const char *
stepcast_session_get_state_nick (StepcastSession *self)
{
  return stepcast_session_state_get_nick (self->state);
}

/**
 * stepcast_session_get_reason:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): why it failed
 */
const GError *
stepcast_session_get_reason (StepcastSession *self)
{
  return self->reason;
}

/**
 * stepcast_session_get_exit_status:
 * @self: a session
 *
 * Returns: how the program of its present or last run has exited: 0 to 255, as a shell has it; -1
 *   where none has
 */
int
stepcast_session_get_exit_status (StepcastSession *self)
{
  return self->run != NULL ? stepcast_run_get_exit_status (self->run) : -1;
}

/**
 * stepcast_session_get_run_number:
 * @self: a session
 *
 * Returns: the number of its present or last run, or 0 before the first
 */
guint
stepcast_session_get_run_number (StepcastSession *self)
{
  return self->run_number;
}

/**
 * stepcast_session_get_progress:
 * @self: a session
 *
 * Returns: (transfer none): where its present or last run stands
 */
const StepcastProgress *
stepcast_session_get_progress (StepcastSession *self)
{
  return &self->progress;
}

/**
 * stepcast_session_get_steps_per_second:
 * @self: a session
 *
 * Returns: how fast it steps, over the last half second or so; 0 where it stands still
 */
double
stepcast_session_get_steps_per_second (StepcastSession *self)
{
  if (self->state != STEPCAST_SESSION_STATE_RUNNING)
    return 0;
  return stepcast_tally_get_steps_per_second (&self->tally, g_get_monotonic_time (),
                                              self->progress.step);
}

/**
 * stepcast_session_get_frames_per_second:
 * @self: a session
 *
 * Returns: how many frames it draws in a second, over the last half second or so; 0 where it stands
 *   still
 */
double
stepcast_session_get_frames_per_second (StepcastSession *self)
{
  if (self->state != STEPCAST_SESSION_STATE_RUNNING)
    return 0;
  return stepcast_tally_get_frames_per_second (&self->tally, g_get_monotonic_time ());
}

/**
 * stepcast_session_get_last_stop:
 * @self: a session
 *
 * Returns: (transfer none): how it stopped the last time
 */
const StepcastStopReport *
stepcast_session_get_last_stop (StepcastSession *self)
{
  return stepcast_stops_get_last (self->stops);
}

/**
 * stepcast_session_get_stop_deadline:
 * @self: a session
 *
 * Returns: when a run that does not stop is given up, in milliseconds
 */
guint
stepcast_session_get_stop_deadline (StepcastSession *self)
{
  return self->stop_deadline_ms;
}

/**
 * stepcast_session_get_parameters:
 * @self: a session
 *
 * Returns: (transfer none): an `a{sv}` of each parameter's value as it was last set
 */
GVariant *
stepcast_session_get_parameters (StepcastSession *self)
{
  return stepcast_changes_get_parameters (self->changes);
}

/**
 * stepcast_session_get_recipe:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): from what its present or last run is computed; %NULL before
 *   the first
 */
const StepcastRecipe *
stepcast_session_get_recipe (StepcastSession *self)
{
  return self->recipe;
}

/**
 * stepcast_session_get_rate:
 * @self: a session
 *
 * Returns: steps a second at most; 0 is no limit
 */
double
stepcast_session_get_rate (StepcastSession *self)
{
  return stepcast_allowance_get_rate (&self->allowance);
}

/**
 * stepcast_session_get_latest_frame:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): what was drawn last
 */
StepcastFrame *
stepcast_session_get_latest_frame (StepcastSession *self)
{
  return stepcast_drawings_get_latest (self->drawings);
}

/**
 * stepcast_session_get_n_drawn:
 * @self: a session
 *
 * Returns: how many frames all its runs have drawn
 */
guint64
stepcast_session_get_n_drawn (StepcastSession *self)
{
  return self->tally.n_frames;
}

/**
 * stepcast_session_get_n_validated:
 * @self: a session
 *
 * Returns: how many of these were loaded by librsvg before anyone saw them
 */
guint64
stepcast_session_get_n_validated (StepcastSession *self)
{
  return self->tally.n_validated;
}

guint
stepcast_session_get_n_sinks (StepcastSession *self)
{
  return stepcast_followers_get_length (self->followers);
}

/**
 * stepcast_session_list_sinks:
 * @self: a session
 *
 * Returns: (transfer full) (element-type StepcastFrameSink): who takes its frames
 */
GPtrArray *
stepcast_session_list_sinks (StepcastSession *self)
{
  return stepcast_followers_list (self->followers);
}

/**
 * stepcast_session_get_holder:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): who wants every frame and reads so slowly that the session
 *   waits for most of the time
 */
StepcastActor *
stepcast_session_get_holder (StepcastSession *self)
{
  return stepcast_hold_get_holder (&self->hold);
}

StepcastWhenUnwatched
stepcast_session_get_when_unwatched (StepcastSession *self)
{
  return stepcast_unwatched_get_action (self->unwatched);
}

/**
 * stepcast_session_get_when_unwatched_nick:
 * @self: a session
 *
 * Returns: (transfer none): `run`, `pause` or `stop`
 */
const char *
stepcast_session_get_when_unwatched_nick (StepcastSession *self)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (STEPCAST_TYPE_WHEN_UNWATCHED);

  return g_enum_get_value (klass, (int) stepcast_session_get_when_unwatched (self))->value_nick;
}

/**
 * stepcast_session_get_grace_ms:
 * @self: a session
 *
 * Returns: how long somebody who has lost the connection may be away
 */
guint
stepcast_session_get_grace_ms (StepcastSession *self)
{
  return stepcast_unwatched_get_grace_ms (self->unwatched);
}

/**
 * stepcast_session_get_actor:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): whose request made the present state; %NULL where it came by
 *   itself
 */
StepcastActor *
stepcast_session_get_actor (StepcastSession *self)
{
  return self->actor;
}

/**
 * stepcast_session_get_parameters_actor:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): who set parameters last
 */
StepcastActor *
stepcast_session_get_parameters_actor (StepcastSession *self)
{
  return stepcast_changes_get_actor (self->changes);
}

/**
 * stepcast_session_get_rate_actor:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): who set the rate last
 */
StepcastActor *
stepcast_session_get_rate_actor (StepcastSession *self)
{
  return self->rate_actor;
}

/**
 * stepcast_session_set_draw_deadline:
 * @self: a session
 * @draw_deadline_ms: how long who asks for a picture waits; by default %STEPCAST_DRAW_DEADLINE_MS
 *
 * From the next one on.
 */
void
stepcast_session_set_draw_deadline (StepcastSession *self, guint draw_deadline_ms)
{
  self->draw_deadline_ms = draw_deadline_ms;
}

/**
 * stepcast_session_set_stop_deadline:
 * @self: a session
 * @stop_deadline_ms: when a run that does not stop is given up
 *
 * From the next stop on.
 */
void
stepcast_session_set_stop_deadline (StepcastSession *self, guint stop_deadline_ms)
{
  self->stop_deadline_ms = stop_deadline_ms;
}
