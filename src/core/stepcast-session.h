/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-frame-sink.h"
#include "stepcast-recipe.h"
#include "stepcast-source.h"

G_BEGIN_DECLS

/**
 * StepcastSessionState:
 * @STEPCAST_SESSION_STATE_IDLE: it has not been started yet
 * @STEPCAST_SESSION_STATE_RUNNING: it steps, or waits for a viewer that wants every frame
 * @STEPCAST_SESSION_STATE_PAUSED: it can go on where it is
 * @STEPCAST_SESSION_STATE_STOPPING: it was told to stop, and has not come home yet
 * @STEPCAST_SESSION_STATE_STOPPED: it was stopped
 * @STEPCAST_SESSION_STATE_FINISHED: it has done its last step
 * @STEPCAST_SESSION_STATE_FAILED: it could not go on; the reason says why
 *
 * The states of a session. Their nicks are what the wire and the logs call them.
 */
typedef enum
{
  STEPCAST_SESSION_STATE_IDLE,
  STEPCAST_SESSION_STATE_RUNNING,
  STEPCAST_SESSION_STATE_PAUSED,
  STEPCAST_SESSION_STATE_STOPPING,
  STEPCAST_SESSION_STATE_STOPPED,
  STEPCAST_SESSION_STATE_FINISHED,
  STEPCAST_SESSION_STATE_FAILED,
} StepcastSessionState;

/**
 * StepcastWhenUnwatched:
 * @STEPCAST_WHEN_UNWATCHED_RUN: it goes on
 * @STEPCAST_WHEN_UNWATCHED_PAUSE: it pauses, and goes on when somebody comes back
 * @STEPCAST_WHEN_UNWATCHED_STOP: it stops
 *
 * What a session does when everybody who watched it has gone. Their nicks are what the wire calls
 * them.
 */
typedef enum
{
  STEPCAST_WHEN_UNWATCHED_RUN,
  STEPCAST_WHEN_UNWATCHED_PAUSE,
  STEPCAST_WHEN_UNWATCHED_STOP,
} StepcastWhenUnwatched;

/* Who loses the connection has this long to come back: a reload, another network, a laptop's lid.
 */
#define STEPCAST_GRACE_MS 10000

/* A day: who means longer means "run". */
#define STEPCAST_MAX_GRACE_MS (24 * 60 * 60 * 1000)

#define STEPCAST_TYPE_SESSION (stepcast_session_get_type ())

G_DECLARE_FINAL_TYPE (StepcastSession, stepcast_session, STEPCAST, SESSION, GObject)

/**
 * StepcastStopReport:
 * @step: the last complete step
 * @seconds: from the request to the standstill
 *
 * How a session stopped.
 */
typedef struct
{
  guint64 step;
  double seconds;
} StepcastStopReport;

/* A generator or program that has not come back this long after it was cancelled is given up. */
#define STEPCAST_STOP_DEADLINE_MS 5000

/* For a picture that somebody has asked for: a program may be long in printing its first one, and a
 * step long in coming to its end. */
#define STEPCAST_DRAW_DEADLINE_MS 10000

StepcastSession *stepcast_session_new (const char *name,
                                       StepcastSource *source,
                                       GVariant *parameters,
                                       guint stop_deadline_ms);

void stepcast_session_set_draw_deadline (StepcastSession *self, guint draw_deadline_ms);
void stepcast_session_set_stop_deadline (StepcastSession *self, guint stop_deadline_ms);
guint stepcast_session_get_stop_deadline (StepcastSession *self);
const char *stepcast_session_get_name (StepcastSession *self);
StepcastSource *stepcast_session_get_source (StepcastSession *self);
StepcastSessionState stepcast_session_get_state (StepcastSession *self);
const char *stepcast_session_get_state_nick (StepcastSession *self);
const GError *stepcast_session_get_reason (StepcastSession *self);
const StepcastProgress *stepcast_session_get_progress (StepcastSession *self);
int stepcast_session_get_exit_status (StepcastSession *self);
guint stepcast_session_get_run_number (StepcastSession *self);
const StepcastStopReport *stepcast_session_get_last_stop (StepcastSession *self);
GVariant *stepcast_session_get_parameters (StepcastSession *self);
const StepcastRecipe *stepcast_session_get_recipe (StepcastSession *self);
StepcastFrame *stepcast_session_get_latest_frame (StepcastSession *self);
guint stepcast_session_get_n_sinks (StepcastSession *self);
GPtrArray *stepcast_session_list_sinks (StepcastSession *self);
guint64 stepcast_session_get_n_drawn (StepcastSession *self);
guint64 stepcast_session_get_n_validated (StepcastSession *self);
double stepcast_session_get_steps_per_second (StepcastSession *self);
double stepcast_session_get_frames_per_second (StepcastSession *self);

void stepcast_session_act_for (StepcastSession *self, StepcastActor *actor);
StepcastActor *stepcast_session_get_actor (StepcastSession *self);
StepcastActor *stepcast_session_get_parameters_actor (StepcastSession *self);
StepcastActor *stepcast_session_get_rate_actor (StepcastSession *self);
StepcastActor *stepcast_session_get_holder (StepcastSession *self);

void stepcast_session_set_when_unwatched (StepcastSession *self,
                                          StepcastWhenUnwatched action,
                                          guint grace_ms);
StepcastWhenUnwatched stepcast_session_get_when_unwatched (StepcastSession *self);
const char *stepcast_session_get_when_unwatched_nick (StepcastSession *self);
guint stepcast_session_get_grace_ms (StepcastSession *self);

gboolean stepcast_session_set_rate (StepcastSession *self, double rate, GError **error);
double stepcast_session_get_rate (StepcastSession *self);

gboolean stepcast_session_start (StepcastSession *self, GError **error);
gboolean stepcast_session_pause (StepcastSession *self, GError **error);
gboolean stepcast_session_resume (StepcastSession *self, GError **error);
gboolean stepcast_session_step (StepcastSession *self, guint64 n_steps, GError **error);

void stepcast_session_stop_async (StepcastSession *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean stepcast_session_stop_finish (StepcastSession *self,
                                       GAsyncResult *result,
                                       StepcastStopReport *report,
                                       GError **error);

void stepcast_session_set_parameters_async (StepcastSession *self,
                                            GVariant *changes,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
gboolean stepcast_session_set_parameters_finish (StepcastSession *self,
                                                 GAsyncResult *result,
                                                 guint64 *step,
                                                 GError **error);

void stepcast_session_draw_async (StepcastSession *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
StepcastFrame *
stepcast_session_draw_finish (StepcastSession *self, GAsyncResult *result, GError **error);

void stepcast_session_add_sink (StepcastSession *self, StepcastFrameSink *sink);
void stepcast_session_remove_sink (StepcastSession *self, StepcastFrameSink *sink);
void stepcast_session_proceed (StepcastSession *self);

G_END_DECLS
