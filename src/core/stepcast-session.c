/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-private.h"

#include "stepcast-enum-types.h"
#include "stepcast-error.h"

/* One computation under control: a state machine over the runs of one source.
 *
 * Whatever front end a request comes from, it comes through one of stepcast-session-requests.c.
 * What may follow what, and what comes of a request in which state, are the two tables of
 * stepcast-session-state.c; how that is done is here, and nowhere else: from
 * stepcast_session_carry_out() to begin_run() and end_run(). The present run asks how many steps it
 * may do and which frames are wanted, and comes home after each slice (came_home()); between two
 * homecomings, or at once while nothing is under way, parameters are applied, a pause takes effect,
 * and the next slice is let go (stepcast_session_proceed()). A run that has ended stays, so that
 * its last state can still be drawn; a new start makes a new run with the next number.
 *
 * The parts (stepcast-session-private.h) know neither the session nor each other, and tell it by
 * callbacks. Only the rule for when nobody watches it knows it: it makes requests, as a front end
 * does.
 *
 * Lives on the main context, with all of its parts. */

enum
{
  PROP_STATE = 1,
  PROP_RATE,
  PROP_N_SINKS,
  PROP_WHEN_UNWATCHED,
  N_PROPS
};

enum
{
  PROGRESSED,
  PARAMETERS_CHANGED,
  HOLDER_CHANGED,
  LOG,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastSession, stepcast_session, G_TYPE_OBJECT)

static const StepcastRunEvents run_events;

/* ---- who did it ---- */

/* Of a request that is carried out. One that is refused leaves it to who was before. */
static void
take_next_actor (StepcastSession *self, StepcastActor **place)
{
  g_clear_pointer (place, stepcast_actor_unref);
  *place = g_steal_pointer (&self->next_actor);
}

/* The only place that changes the state. */
static void
set_state (StepcastSession *self, StepcastSessionState state)
{
  g_assert (stepcast_session_state_may_become (self->state, state));

  if (!g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, "STEPCAST_SESSION", self->name, "MESSAGE",
                      "%s: %s → %s at step %" G_GUINT64_FORMAT, self->name,
                      stepcast_session_state_get_nick (self->state),
                      stepcast_session_state_get_nick (state), self->progress.step);
  self->state = state;
  if (state == STEPCAST_SESSION_STATE_RUNNING)
    stepcast_tally_begin (&self->tally, g_get_monotonic_time (), self->progress.step);
  else
    stepcast_hold_clear (&self->hold); /* waits for nobody, which is told with the state */
  if (state == STEPCAST_SESSION_STATE_FINISHED || state == STEPCAST_SESSION_STATE_FAILED)
    stepcast_actor_set (&self->actor, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* ---- runs ---- */

/* What it still brings home is nobody's, and what is under way need not come to its end. */
static void
drop_run (StepcastSession *self)
{
  g_autoptr (StepcastRun) run = g_steal_pointer (&self->run);

  if (run != NULL)
    {
      stepcast_run_listen (run, NULL, NULL);
      stepcast_run_cancel (run);
    }
}

static gboolean
is_busy (StepcastSession *self)
{
  return self->run != NULL && stepcast_run_is_busy (self->run);
}

/* ---- frames ---- */

static gboolean
is_latest_current (StepcastSession *self)
{
  return stepcast_drawings_has_current (self->drawings, self->run_number, self->progress.step);
}

static void
get_demand (StepcastRun *run, StepcastDemand *demand, gpointer user_data)
{
  StepcastSession *self = user_data;

  stepcast_followers_get_demand (self->followers, demand);
  if (stepcast_drawings_are_awaited (self->drawings))
    demand->due_us = 0;
}

static guint64
get_allowance (StepcastRun *run, gpointer user_data)
{
  StepcastSession *self = user_data;

  return stepcast_allowance_get (&self->allowance, g_get_monotonic_time (), self->progress.step);
}

/* Whose frames are handed out. */
typedef struct
{
  StepcastSession *session;
  StepcastRun *run;
} Telling;

/* On the way to "stopped" nobody is sent anything, and after it who asks for it. */
static gboolean
is_shown (gpointer user_data)
{
  const Telling *telling = user_data;
  StepcastSession *self = telling->session;

  return self->run == telling->run && self->state != STEPCAST_SESSION_STATE_STOPPING &&
         self->state != STEPCAST_SESSION_STATE_STOPPED;
}

/* While nothing is under way: draws the present state if somebody waits for it. What was stopped
 * is drawn only when it is asked for; what paused or finished is shown to those who follow. */
static void
draw_if_awaited (StepcastSession *self)
{
  if (is_busy (self) || self->state == STEPCAST_SESSION_STATE_STOPPING)
    return;

  if (is_latest_current (self) || self->run == NULL || !stepcast_run_can_draw (self->run))
    {
      stepcast_drawings_answer (self->drawings, NULL);
    }
  else if (stepcast_drawings_are_awaited (self->drawings) ||
           (!self->is_undrawable && self->state != STEPCAST_SESSION_STATE_STOPPED &&
            stepcast_followers_want_latest (self->followers)))
    {
      self->is_drawing = TRUE;
      stepcast_run_draw (self->run);
    }
}

/* ---- parameters ---- */

/* Whether nobody computes with the parameters now. A drawing of a run that has ended does, but with
 * those of its own run. */
static gboolean
can_change (StepcastSession *self)
{
  return !is_busy (self) || stepcast_run_has_ended (self->run);
}

/* Returns: the serial of the last frame that the present run has drawn, or 0 */
static guint64
get_last_serial (StepcastSession *self)
{
  StepcastFrame *latest = stepcast_drawings_get_latest (self->drawings);

  return latest != NULL && stepcast_frame_get_run (latest) == self->run_number ?
           stepcast_frame_get_serial (latest) :
           0;
}

/* What is live is for the present run, if there is one. Whoever is told may begin another. */
static void
apply_changes (StepcastSession *self)
{
  StepcastRun *run = self->run != NULL && !stepcast_run_has_ended (self->run) ? self->run : NULL;
  guint64 step = run != NULL ? self->progress.step + 1 : 1;
  GQueue taken = stepcast_changes_take (self->changes, run);

  if (run != NULL)
    {
      stepcast_recipe_note (self->recipe, step, get_last_serial (self),
                            stepcast_changes_get_parameters (self->changes));
      stepcast_drawings_outdate (self->drawings);
      self->is_undrawable = FALSE;
    }
  stepcast_changes_answer (self->changes, &taken, step);
}

static void
apply_changes_if_any (StepcastSession *self)
{
  if (stepcast_changes_are_awaited (self->changes) && can_change (self))
    apply_changes (self);
}

static void
on_change_applied (gpointer user_data)
{
  g_signal_emit (user_data, signals[PARAMETERS_CHANGED], 0);
}

/* ---- the way out and home ---- */

static void
begin_recipe (StepcastSession *self)
{
  g_clear_pointer (&self->recipe, stepcast_recipe_free);
  self->recipe =
    stepcast_recipe_new (stepcast_source_get_generator_type (self->source), self->run_number,
                         stepcast_changes_get_parameters (self->changes));
}

static void
begin_run (StepcastSession *self, guint64 n_steps)
{
  GQueue taken;

  drop_run (self);
  taken = stepcast_changes_take (self->changes, NULL);
  g_clear_error (&self->reason);
  self->run_number++;
  self->progress = (StepcastProgress){ .fraction = -1 };
  stepcast_allowance_begin (&self->allowance, n_steps);
  self->starts_again = FALSE;
  self->is_drawing = FALSE;
  self->is_undrawable = FALSE;
  self->run = stepcast_source_create_run (self->source, self->run_number,
                                          stepcast_changes_get_parameters (self->changes));
  begin_recipe (self);
  stepcast_run_listen (self->run, &run_events, self);

  set_state (self, STEPCAST_SESSION_STATE_RUNNING);
  stepcast_changes_answer (self->changes, &taken, 1);
  stepcast_session_proceed (self);
}

/* Somebody has asked for it while the last run was stopping. */
static void
restart (StepcastSession *self)
{
  stepcast_actor_set (&self->actor, self->restarter);
  begin_run (self, G_MAXUINT64);
  if (self->unwatched != NULL)
    stepcast_unwatched_restarted (self->unwatched);
}

/* The one way out of a run. Whoever is told may begin the next one: what is told of this one is put
 * together before. */
static void
end_run (StepcastSession *self, StepcastSessionState state, const GError *error)
{
  GQueue stops = G_QUEUE_INIT;
  StepcastStopReport report;

  if (error != NULL)
    self->reason = g_error_copy (error);
  if (self->state == STEPCAST_SESSION_STATE_STOPPING)
    stops = stepcast_stops_end (self->stops, self->progress.step);
  report = *stepcast_stops_get_last (self->stops);

  set_state (self, state);
  stepcast_stops_answer (&stops, &report, error);
  apply_changes_if_any (self);

  if (self->starts_again && stepcast_session_state_is_terminal (self->state))
    restart (self);
  else
    draw_if_awaited (self);
}

/* While it runs, any frame that has just been drawn will do; else only one of where it stands. */
static gboolean
is_drawing_answered (StepcastSession *self, GPtrArray *frames, StepcastOutcome outcome)
{
  return is_latest_current (self) || (frames->len > 0 && outcome == STEPCAST_OUTCOME_NONE &&
                                      self->state == STEPCAST_SESSION_STATE_RUNNING);
}

static void
take_progress (StepcastSession *self, const StepcastProgress *progress)
{
  gint64 now_us = g_get_monotonic_time ();
  guint64 before = self->progress.step;

  /* A step that failed may be taken back: a program's last one. */
  stepcast_allowance_consume (&self->allowance, now_us, MAX (progress->step, before) - before);
  self->progress = *progress;
  stepcast_tally_update (&self->tally, now_us, self->progress.step);
}

static void
came_home (StepcastRun *run,
           GPtrArray *frames,
           StepcastOutcome outcome,
           const GError *error,
           gpointer user_data)
{
  StepcastSession *self = user_data;
  g_autoptr (StepcastSession) alive G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr (StepcastRun) same_run G_GNUC_UNUSED = g_object_ref (run);
  Telling telling = { .session = self, .run = run };
  gboolean was_drawing = self->is_drawing;

  self->is_drawing = FALSE;
  self->is_undrawable = was_drawing && frames->len == 0;
  take_progress (self, stepcast_run_get_progress (run));
  stepcast_tally_add_frames (&self->tally, frames->len, stepcast_run_validates (run));
  stepcast_drawings_take_frames (self->drawings, frames);

  self->is_telling = TRUE;
  stepcast_followers_deliver (self->followers, frames, !was_drawing, is_shown, &telling);
  if (error != NULL && outcome == STEPCAST_OUTCOME_NONE)
    stepcast_drawings_answer (self->drawings, error);
  else if (self->run == run && is_drawing_answered (self, frames, outcome))
    stepcast_drawings_answer (self->drawings, NULL);
  g_signal_emit (self, signals[PROGRESSED], 0);
  self->is_telling = FALSE;

  if (self->run != run) /* somebody who was told has begun another */
    {
      stepcast_session_proceed (self);
      return;
    }

  switch (outcome)
    {
    case STEPCAST_OUTCOME_FINISHED:
      end_run (self,
               self->state == STEPCAST_SESSION_STATE_STOPPING ? STEPCAST_SESSION_STATE_STOPPED :
                                                                STEPCAST_SESSION_STATE_FINISHED,
               NULL);
      break;
    case STEPCAST_OUTCOME_FAILED:
      end_run (self, STEPCAST_SESSION_STATE_FAILED, error);
      break;
    case STEPCAST_OUTCOME_CANCELLED:
      end_run (self, STEPCAST_SESSION_STATE_STOPPED, NULL);
      break;
    case STEPCAST_OUTCOME_NONE:
    default:
      stepcast_session_proceed (self);
      break;
    }
}

static void
on_log (StepcastRun *run, const char *line, gpointer user_data)
{
  g_signal_emit (user_data, signals[LOG], 0, line);
}

static const StepcastRunEvents run_events = {
  .get_demand = get_demand,
  .get_allowance = get_allowance,
  .came_home = came_home,
  .log = on_log,
};

/* Neither a generator nor a program is waited for any longer. */
static void
on_stop_deadline (guint deadline_ms, gpointer user_data)
{
  StepcastSession *self = user_data;
  g_autoptr (StepcastSession) alive G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr (StepcastRun) run = g_steal_pointer (&self->run);
  g_autoptr (GError) error =
    g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE,
                 "%s did not come back within %g s of being stopped, and was given up",
                 stepcast_source_get_name (self->source), deadline_ms / 1000.0);

  g_warning ("%s: %s", self->name, error->message);
  stepcast_run_abandon (run);
  end_run (self, STEPCAST_SESSION_STATE_FAILED, error);
}

/* A drawing that nobody waits for any more, of a run that has ended, would be waited for by the
 * next one who asks: the run is given up, as one is that does not stop. */
static void
on_draw_deadline (gpointer user_data)
{
  StepcastSession *self = user_data;
  g_autoptr (StepcastRun) run = NULL;

  if (!self->is_drawing || self->run == NULL || !stepcast_run_has_ended (self->run))
    return;

  g_warning ("%s: %s does not come back from drawing, and was given up", self->name,
             stepcast_source_get_name (self->source));
  run = g_steal_pointer (&self->run);
  self->is_drawing = FALSE;
  stepcast_run_cancel (run);
  stepcast_run_abandon (run);
}

static void
on_step_due (gpointer user_data)
{
  stepcast_session_proceed (user_data);
}

/* ---- who wants every frame, and has no room ---- */

static void
on_holder_changed (gpointer user_data)
{
  g_signal_emit (user_data, signals[HOLDER_CHANGED], 0);
}

/* It is not let go: because of somebody who wants every frame, or for another reason, such as a
 * program that is silent. */
static void
look_for_holder (StepcastSession *self)
{
  StepcastFrameSink *sink = stepcast_followers_find_holder (self->followers);

  if (sink != NULL)
    stepcast_hold_begin (&self->hold, stepcast_frame_sink_get_actor (sink));
  else
    stepcast_hold_end (&self->hold);
}

static void
let_run (StepcastSession *self)
{
  stepcast_run_proceed (self->run);
  if (self->run == NULL || self->state != STEPCAST_SESSION_STATE_RUNNING)
    return;
  if (stepcast_run_is_busy (self->run))
    stepcast_hold_end (&self->hold);
  else
    look_for_holder (self);
}

/* While it runs, and nothing is under way. */
static void
go_as_far_as_allowed (StepcastSession *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (stepcast_allowance_get_left (&self->allowance, self->progress.step) == 0)
    {
      set_state (self, STEPCAST_SESSION_STATE_PAUSED);
    }
  else if (stepcast_allowance_get (&self->allowance, now_us, self->progress.step) > 0)
    {
      let_run (self);
    }
  else
    {
      stepcast_hold_end (&self->hold);
      stepcast_allowance_wait (&self->allowance, now_us);
    }
}

/* ---- what comes of a request ---- */

/* A pause that has not taken effect yet is undone, as the end of some steps is. */
static void
go_on (StepcastSession *self, guint64 n_steps)
{
  guint64 step = self->progress.step;

  if (self->state == STEPCAST_SESSION_STATE_RUNNING &&
      stepcast_allowance_is_endless (&self->allowance))
    {
      stepcast_session_act_for (self, NULL);
      return;
    }

  take_next_actor (self, &self->actor);
  stepcast_allowance_set_until (&self->allowance, step + MIN (n_steps, G_MAXUINT64 - step));
  if (self->state == STEPCAST_SESSION_STATE_PAUSED)
    set_state (self, STEPCAST_SESSION_STATE_RUNNING);
  stepcast_session_proceed (self);
}

static void
pause_after_step (StepcastSession *self)
{
  take_next_actor (self, &self->actor);
  stepcast_allowance_set_until (&self->allowance, 0);
  stepcast_run_yield (self->run);
  stepcast_session_proceed (self);
}

static void
begin_stop (StepcastSession *self)
{
  take_next_actor (self, &self->actor);
  stepcast_stops_begin (self->stops, self->stop_deadline_ms);
  set_state (self, STEPCAST_SESSION_STATE_STOPPING);
  stepcast_run_cancel (self->run);
}

/* Where the last run has just ended, a new one that was to follow is taken back. */
static void
answer_stops_at_once (StepcastSession *self)
{
  GQueue stops = stepcast_stops_end (self->stops, self->progress.step);
  StepcastStopReport report = *stepcast_stops_get_last (self->stops);

  self->starts_again = FALSE;
  stepcast_session_act_for (self, NULL);
  stepcast_stops_answer (&stops, &report, NULL);
}

static void
restart_when_stopped (StepcastSession *self)
{
  self->starts_again = TRUE;
  take_next_actor (self, &self->restarter);
  stepcast_unwatched_restart_asked (self->unwatched);
}

/**
 * stepcast_session_carry_out:
 * @self: a session
 * @request: what is asked of it
 * @n_steps: how many steps it may do then
 * @error: %STEPCAST_ERROR_BAD_STATE if it is refused in this state
 *
 * Every request comes through here. One that changes nothing is nobody's deed. Who waits for a
 * standstill is among the stops already.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_carry_out (StepcastSession *self,
                            StepcastSessionRequest request,
                            guint64 n_steps,
                            GError **error)
{
  switch (stepcast_session_state_ask (self->state, request, error))
    {
    case STEPCAST_SESSION_EFFECT_BEGIN:
      take_next_actor (self, &self->actor);
      begin_run (self, n_steps);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_GO_ON:
      go_on (self, n_steps);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_PAUSE:
      pause_after_step (self);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_STOP:
      begin_stop (self);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_JOIN:
      self->starts_again = FALSE;
      stepcast_session_act_for (self, NULL);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_STAND:
      answer_stops_at_once (self);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_RESTART:
      restart_when_stopped (self);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_NONE:
      stepcast_session_act_for (self, NULL);
      return TRUE;
    case STEPCAST_SESSION_EFFECT_REFUSED:
    default:
      stepcast_session_act_for (self, NULL);
      return FALSE;
    }
}

/**
 * stepcast_session_proceed:
 * @self: a session
 *
 * Lets the run go on as far as the allowance and the demand let it. To be
 * called by a sink whose demand has become more; does nothing if there is nothing to do.
 */
void
stepcast_session_proceed (StepcastSession *self)
{
  g_return_if_fail (STEPCAST_IS_SESSION (self));

  if (self->is_telling)
    return;
  apply_changes_if_any (self);
  if (is_busy (self))
    {
      stepcast_run_demand_changed (self->run);
      return;
    }

  if (self->state == STEPCAST_SESSION_STATE_RUNNING && self->run != NULL)
    go_as_far_as_allowed (self);
  draw_if_awaited (self);
}

/* ---- who takes its frames ---- */

/* Who comes late sees what there is. */
static void
show_latest (StepcastSession *self, StepcastFrameSink *sink)
{
  g_autoptr (StepcastFrame) latest = NULL;
  StepcastDemand demand;

  if (stepcast_drawings_get_latest (self->drawings) == NULL)
    return;

  latest = stepcast_frame_ref (stepcast_drawings_get_latest (self->drawings));
  stepcast_frame_sink_get_demand (sink, &demand);
  if (!demand.is_every)
    stepcast_frame_sink_deliver (sink, &latest, 1);
}

/**
 * stepcast_session_add_sink:
 * @self: a session
 * @sink: who takes its frames from now on
 *
 * The session keeps @sink until it is removed.
 */
void
stepcast_session_add_sink (StepcastSession *self, StepcastFrameSink *sink)
{
  g_return_if_fail (STEPCAST_IS_SESSION (self));
  g_return_if_fail (STEPCAST_IS_FRAME_SINK (sink));

  stepcast_followers_add (self->followers, sink);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SINKS]);
  stepcast_unwatched_update (self->unwatched);
  show_latest (self, sink);
  stepcast_session_proceed (self);
}

/**
 * stepcast_session_remove_sink:
 * @self: a session
 * @sink: who takes no more of its frames; nothing if it took none
 *
 * Not even what is being delivered reaches @sink after it.
 */
void
stepcast_session_remove_sink (StepcastSession *self, StepcastFrameSink *sink)
{
  g_return_if_fail (STEPCAST_IS_SESSION (self));

  if (!stepcast_followers_remove (self->followers, sink))
    return;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SINKS]);
  stepcast_unwatched_update (self->unwatched);
  stepcast_session_proceed (self);
}

/* ---- the object ---- */

static void
stepcast_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastSession *self = STEPCAST_SESSION (object);

  switch (id)
    {
    case PROP_STATE:
      g_value_set_enum (value, (int) self->state);
      break;
    case PROP_RATE:
      g_value_set_double (value, stepcast_allowance_get_rate (&self->allowance));
      break;
    case PROP_N_SINKS:
      g_value_set_uint (value, stepcast_followers_get_length (self->followers));
      break;
    case PROP_WHEN_UNWATCHED:
      g_value_set_enum (value, (int) stepcast_unwatched_get_action (self->unwatched));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_session_dispose (GObject *object)
{
  StepcastSession *self = STEPCAST_SESSION (object);

  stepcast_allowance_clear (&self->allowance);
  drop_run (self);
  stepcast_changes_cancel (self->changes);
  stepcast_drawings_cancel (self->drawings);
  stepcast_stops_cancel (self->stops);
  stepcast_followers_remove_all (self->followers);
  stepcast_hold_clear (&self->hold);
  g_clear_pointer (&self->unwatched, stepcast_unwatched_free);
  g_clear_object (&self->source);

  G_OBJECT_CLASS (stepcast_session_parent_class)->dispose (object);
}

static void
stepcast_session_finalize (GObject *object)
{
  StepcastSession *self = STEPCAST_SESSION (object);

  stepcast_followers_free (self->followers);
  stepcast_changes_free (self->changes);
  g_clear_pointer (&self->recipe, stepcast_recipe_free);
  stepcast_drawings_free (self->drawings);
  stepcast_stops_free (self->stops);
  g_clear_error (&self->reason);
  g_clear_pointer (&self->next_actor, stepcast_actor_unref);
  g_clear_pointer (&self->actor, stepcast_actor_unref);
  g_clear_pointer (&self->restarter, stepcast_actor_unref);
  g_clear_pointer (&self->rate_actor, stepcast_actor_unref);
  g_free (self->name);

  G_OBJECT_CLASS (stepcast_session_parent_class)->finalize (object);
}

static void
stepcast_session_class_init (StepcastSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = stepcast_session_get_property;
  object_class->dispose = stepcast_session_dispose;
  object_class->finalize = stepcast_session_finalize;

  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, STEPCAST_TYPE_SESSION_STATE,
                       STEPCAST_SESSION_STATE_IDLE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_RATE] = g_param_spec_double ("rate", NULL, NULL, 0, STEPCAST_MAX_RATE, 0,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_N_SINKS] = g_param_spec_uint ("n-sinks", NULL, NULL, 0, G_MAXUINT, 0,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /* It tells of the grace time, too. */
  properties[PROP_WHEN_UNWATCHED] =
    g_param_spec_enum ("when-unwatched", NULL, NULL, STEPCAST_TYPE_WHEN_UNWATCHED,
                       STEPCAST_WHEN_UNWATCHED_RUN, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * StepcastSession::progressed:
   *
   * Steps were done: after each homecoming, some hundred times a second at most.
   */
  signals[PROGRESSED] = g_signal_new ("progressed", STEPCAST_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0,
                                      NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * StepcastSession::parameters-changed:
   *
   * Parameters were set, and applied as far as they are live: told for each who set some, after all
   * that came together have been applied.
   */
  signals[PARAMETERS_CHANGED] =
    g_signal_new ("parameters-changed", STEPCAST_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                  NULL, G_TYPE_NONE, 0);

  /**
   * StepcastSession::holder-changed:
   *
   * It waits for somebody who wants every frame for most of the time, or does not any more. With a
   * state other than "running" it does not, which is told by that.
   */
  signals[HOLDER_CHANGED] = g_signal_new ("holder-changed", STEPCAST_TYPE_SESSION,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * StepcastSession::log:
   * @line: what the program said on its standard error: UTF-8, without the newline
   */
  signals[LOG] = g_signal_new ("log", STEPCAST_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
stepcast_session_init (StepcastSession *self)
{
  self->followers = stepcast_followers_new ();
  stepcast_allowance_init (&self->allowance, on_step_due, self);
  stepcast_hold_init (&self->hold, on_holder_changed, self);
  self->drawings = stepcast_drawings_new (on_draw_deadline, self);
  self->stops = stepcast_stops_new (on_stop_deadline, self);
  self->unwatched = stepcast_unwatched_new (self, STEPCAST_WHEN_UNWATCHED_RUN, STEPCAST_GRACE_MS);
  self->progress.fraction = -1;
  self->draw_deadline_ms = STEPCAST_DRAW_DEADLINE_MS;
}

/**
 * stepcast_session_new:
 * @name: `[a-z][a-z0-9_]{0,63}`
 * @source: where its frames come from
 * @parameters: a checked `a{sv}` for @source; what it leaves out has its default
 * @stop_deadline_ms: after how long a run that does not stop is given up; usually
 *   %STEPCAST_STOP_DEADLINE_MS
 *
 * Returns: (transfer full): a new session, idle
 */
StepcastSession *
stepcast_session_new (const char *name,
                      StepcastSource *source,
                      GVariant *parameters,
                      guint stop_deadline_ms)
{
  StepcastSession *self = g_object_new (STEPCAST_TYPE_SESSION, NULL);

  self->name = g_strdup (name);
  self->source = g_object_ref (source);
  self->changes = stepcast_changes_new (stepcast_source_get_generator_type (source), parameters,
                                        on_change_applied, self);
  self->stop_deadline_ms = stop_deadline_ms;

  return self;
}

/**
 * stepcast_session_set_when_unwatched:
 * @self: a session
 * @action: what it does when everybody who watched it has gone
 * @grace_ms: how long after that; at most %STEPCAST_MAX_GRACE_MS
 */
void
stepcast_session_set_when_unwatched (StepcastSession *self,
                                     StepcastWhenUnwatched action,
                                     guint grace_ms)
{
  g_return_if_fail (STEPCAST_IS_SESSION (self));
  g_return_if_fail (grace_ms <= STEPCAST_MAX_GRACE_MS);

  stepcast_unwatched_free (self->unwatched);
  self->unwatched = stepcast_unwatched_new (self, action, grace_ms);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WHEN_UNWATCHED]);
}

/**
 * stepcast_session_set_rate:
 * @self: a session
 * @rate: steps a second at most; 0 is no limit
 * @error: %STEPCAST_ERROR_INVALID_VALUE if it is out of range
 *
 * Applies at once, and to all runs.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_set_rate (StepcastSession *self, double rate, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_SESSION (self), FALSE);

  if (!stepcast_pacer_check_rate (rate, error))
    {
      stepcast_session_act_for (self, NULL);
      return FALSE;
    }
  if (rate == stepcast_allowance_get_rate (&self->allowance))
    {
      stepcast_session_act_for (self, NULL);
      return TRUE;
    }

  take_next_actor (self, &self->rate_actor);
  stepcast_allowance_set_rate (&self->allowance, rate, is_busy (self));
  if (self->run != NULL) /* its slice has an allowance of before */
    stepcast_run_yield (self->run);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RATE]);
  stepcast_session_proceed (self);
  return TRUE;
}
