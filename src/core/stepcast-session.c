/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session.h"

#include "stepcast-enum-types.h"
#include "stepcast-error.h"
#include "stepcast-followers.h"
#include "stepcast-gsource.h"
#include "stepcast-hold.h"
#include "stepcast-meter.h"
#include "stepcast-pacer.h"
#include "stepcast-parameters.h"
#include "stepcast-unwatched.h"

/* One computation under control: a state machine over the runs of one source.
 *
 * Whatever front end a request comes from, it is one of the methods here, and what it does in each
 * state is written here and nowhere else (doc/architecture.md has the table). The present run asks
 * how many steps it may do and which frames are wanted, and comes home after each slice; between
 * two homecomings, or at once while nothing is under way, parameters are applied, a pause takes
 * effect, and the next slice is let go. A run that has ended stays, so that its last state can
 * still be drawn; a new start makes a new run with the next number.
 *
 * Lives on the main context. */

struct _StepcastSession
{
  GObject parent_instance;

  char *name;
  StepcastSource *source;
  guint stop_deadline_ms;
  guint draw_deadline_ms;

  StepcastSessionState state;
  GError *reason;   /* (nullable): why it failed */
  StepcastRun *run; /* (nullable): the present or the last one; NULL once it was given up */
  guint run_number;
  StepcastProgress progress;
  guint64 allowed_until; /* the step after which it pauses */
  guint64 n_frames;      /* of all runs */
  guint64 n_validated;   /* of these */
  StepcastMeter step_meter;
  StepcastMeter frame_meter;
  StepcastPacer pacer;
  gboolean is_rate_new;     /* what is under way was let go at another rate */
  GSource *pace_timer;      /* (nullable): until the next step is due */
  GVariant *parameters;     /* a{sv}: of the present run as far as they are live, and of the next */
  StepcastFrame *latest;    /* (nullable) */
  gboolean is_latest_stale; /* a parameter has changed since */
  gboolean is_drawing;      /* what is under way draws a state that stands still */
  gboolean is_telling;      /* of a homecoming: nothing is let go before all have been told */
  gboolean is_undrawable;   /* the present state was tried, and could not be drawn */

  StepcastFollowers *followers;
  StepcastHold hold;
  StepcastActor *waits_for; /* (nullable): has no room for the next frame, or had none last */
  StepcastActor *holder;    /* (nullable): whom it waits for most of the time */
  StepcastUnwatched *unwatched;

  StepcastActor *next_actor;       /* (nullable): who makes the next request */
  StepcastActor *actor;            /* (nullable): whose request made the present state */
  StepcastActor *restarter;        /* (nullable): of "start" after "stop" */
  StepcastActor *parameters_actor; /* (nullable): who set parameters last */
  StepcastActor *rate_actor;       /* (nullable): who set the rate last */

  GQueue changes;  /* of GTask: parameters for the next step boundary */
  GQueue drawings; /* of GTask: who waits for a picture of the present state */
  GQueue stops;    /* of GTask: who waits for the standstill */
  gint64 stop_us;  /* when it was told to stop */
  StepcastStopReport last_stop;
  GSource *deadline;     /* (nullable): while stopping */
  gboolean starts_again; /* while stopping: "start" came after "stop" */
};

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

#define EDGE(to) (1u << STEPCAST_SESSION_STATE_##to)

/* From each state, the states that may follow. */
static const guint edges[] = {
  [STEPCAST_SESSION_STATE_IDLE] = EDGE (RUNNING),
  [STEPCAST_SESSION_STATE_RUNNING] =
    EDGE (PAUSED) | EDGE (STOPPING) | EDGE (FINISHED) | EDGE (FAILED),
  [STEPCAST_SESSION_STATE_PAUSED] =
    EDGE (RUNNING) | EDGE (STOPPING) | EDGE (FINISHED) | EDGE (FAILED),
  [STEPCAST_SESSION_STATE_STOPPING] = EDGE (STOPPED) | EDGE (FAILED),
  [STEPCAST_SESSION_STATE_STOPPED] = EDGE (RUNNING),
  [STEPCAST_SESSION_STATE_FINISHED] = EDGE (RUNNING),
  [STEPCAST_SESSION_STATE_FAILED] = EDGE (RUNNING),
};

static const char *
get_nick (StepcastSessionState state)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (STEPCAST_TYPE_SESSION_STATE);

  return g_enum_get_value (klass, (int) state)->value_nick;
}

static void
begin_metering (StepcastSession *self)
{
  gint64 now_us = g_get_monotonic_time ();

  stepcast_meter_begin (&self->step_meter, now_us, self->progress.step);
  stepcast_meter_begin (&self->frame_meter, now_us, self->n_frames);
}

/* ---- who did it ---- */

static void
set_actor (StepcastActor **place, StepcastActor *actor)
{
  if (actor != NULL)
    stepcast_actor_ref (actor);
  g_clear_pointer (place, stepcast_actor_unref);
  *place = actor;
}

/* Of a request that is carried out. One that is refused leaves it to who was before. */
static void
take_next_actor (StepcastSession *self, StepcastActor **place)
{
  g_clear_pointer (place, stepcast_actor_unref);
  *place = g_steal_pointer (&self->next_actor);
}

/* What does not run waits for nobody; that it does not is told with the state. */
static void
end_hold (StepcastSession *self)
{
  stepcast_hold_clear (&self->hold);
  g_clear_pointer (&self->waits_for, stepcast_actor_unref);
  g_clear_pointer (&self->holder, stepcast_actor_unref);
}

/* The only place that changes the state. */
static void
set_state (StepcastSession *self, StepcastSessionState state)
{
  g_assert (edges[self->state] & (1u << state));

  if (!g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, "STEPCAST_SESSION", self->name, "MESSAGE",
                      "%s: %s → %s at step %" G_GUINT64_FORMAT, self->name, get_nick (self->state),
                      get_nick (state), self->progress.step);
  self->state = state;
  if (state == STEPCAST_SESSION_STATE_RUNNING)
    begin_metering (self);
  else
    end_hold (self);
  if (state == STEPCAST_SESSION_STATE_FINISHED || state == STEPCAST_SESSION_STATE_FAILED)
    set_actor (&self->actor, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static gboolean
is_terminal (StepcastSessionState state)
{
  return state == STEPCAST_SESSION_STATE_STOPPED || state == STEPCAST_SESSION_STATE_FINISHED ||
         state == STEPCAST_SESSION_STATE_FAILED;
}

static gboolean
refuse (StepcastSession *self, const char *request, const char *hint, GError **error)
{
  g_clear_pointer (&self->next_actor, stepcast_actor_unref);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
               "“%s” can't be done while the session is %s: %s", request, get_nick (self->state),
               hint);
  return FALSE;
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
  return self->latest != NULL && !self->is_latest_stale &&
         stepcast_frame_get_run (self->latest) == self->run_number &&
         stepcast_frame_get_step (self->latest) == self->progress.step;
}

static void
get_demand (StepcastRun *run, StepcastDemand *demand, gpointer user_data)
{
  StepcastSession *self = user_data;

  stepcast_followers_get_demand (self->followers, demand);
  if (!g_queue_is_empty (&self->drawings))
    demand->due_us = 0;
}

static guint64
get_steps_left (StepcastSession *self)
{
  return self->allowed_until - MIN (self->allowed_until, self->progress.step);
}

static guint64
get_allowance (StepcastRun *run, gpointer user_data)
{
  StepcastSession *self = user_data;

  return MIN (get_steps_left (self),
              stepcast_pacer_get_allowance (&self->pacer, g_get_monotonic_time ()));
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

static void
take_frames (StepcastSession *self, StepcastRun *run, GPtrArray *frames)
{
  if (frames->len == 0)
    return;

  self->n_frames += frames->len;
  if (stepcast_run_validates (run))
    self->n_validated += frames->len;
  g_clear_pointer (&self->latest, stepcast_frame_unref);
  self->latest = stepcast_frame_ref (frames->pdata[frames->len - 1]);
  self->is_latest_stale = FALSE;
}

static void
answer_drawings (StepcastSession *self, const GError *error)
{
  GTask *next;

  while ((next = g_queue_pop_head (&self->drawings)) != NULL)
    {
      g_autoptr (GTask) task = next;

      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else if (self->latest != NULL)
        g_task_return_pointer (task, stepcast_frame_ref (self->latest),
                               (GDestroyNotify) stepcast_frame_unref);
      else
        g_task_return_new_error (task, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                                 "There is no frame yet: start the session first");
    }
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
      answer_drawings (self, NULL);
    }
  else if (!g_queue_is_empty (&self->drawings) ||
           (!self->is_undrawable && self->state != STEPCAST_SESSION_STATE_STOPPED &&
            stepcast_followers_want_latest (self->followers)))
    {
      self->is_drawing = TRUE;
      stepcast_run_draw (self->run);
    }
}

/* ---- parameters ---- */

/* What somebody wants to be set. */
typedef struct
{
  GVariant *values;
  StepcastActor *actor; /* (nullable) */
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_variant_unref (change->values);
  g_clear_pointer (&change->actor, stepcast_actor_unref);
  g_free (change);
}

/* Whether nobody computes with the parameters now. A drawing of a run that has ended does, but with
 * those of its own run. */
static gboolean
can_change (StepcastSession *self)
{
  return !is_busy (self) || stepcast_run_has_ended (self->run);
}

/* Takes over all that was asked for, before anybody is told: whoever is may ask for more, or begin
 * another run. Returns: (transfer full) (element-type GTask): whom to tell */
static GQueue
take_changes (StepcastSession *self, gboolean is_live)
{
  GQueue changes = self->changes;

  g_queue_init (&self->changes);
  for (GList *link = changes.head; link != NULL; link = link->next)
    {
      const Change *change = g_task_get_task_data (link->data);
      g_autoptr (GVariant) before = g_steal_pointer (&self->parameters);

      self->parameters = stepcast_parameters_merge (before, change->values);
      if (is_live)
        {
          stepcast_run_set_parameters (self->run, change->values);
          self->is_latest_stale = TRUE;
          self->is_undrawable = FALSE;
        }
    }
  return changes;
}

static gboolean
has_live (StepcastSession *self, GVariant *changes)
{
  GType generator_type = stepcast_source_get_generator_type (self->source);
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    if (stepcast_parameter_is_live (stepcast_parameters_find (generator_type, name, NULL)))
      return TRUE;
  return FALSE;
}

static void
answer_changes (StepcastSession *self, GQueue *changes, guint64 step)
{
  GTask *next;

  while ((next = g_queue_pop_head (changes)) != NULL)
    {
      g_autoptr (GTask) task = next;
      const Change *change = g_task_get_task_data (task);

      /* What applies at the next start is used by the first step after it. */
      set_actor (&self->parameters_actor, change->actor);
      g_task_return_int (task, has_live (self, change->values) ? (gssize) step : 1);
      g_signal_emit (self, signals[PARAMETERS_CHANGED], 0);
    }
}

static void
apply_changes (StepcastSession *self)
{
  gboolean is_live = self->run != NULL && !stepcast_run_has_ended (self->run);
  GQueue changes = take_changes (self, is_live);

  answer_changes (self, &changes, is_live ? self->progress.step + 1 : 1);
}

/* ---- the way out and home ---- */

static void
begin_run (StepcastSession *self, guint64 n_steps)
{
  GQueue changes;

  drop_run (self);
  changes = take_changes (self, FALSE);
  g_clear_error (&self->reason);
  self->run_number++;
  self->progress = (StepcastProgress){ .fraction = -1 };
  self->allowed_until = n_steps;
  self->starts_again = FALSE;
  self->is_drawing = FALSE;
  self->is_undrawable = FALSE;
  self->run = stepcast_source_create_run (self->source, self->run_number, self->parameters);
  stepcast_run_listen (self->run, &run_events, self);

  set_state (self, STEPCAST_SESSION_STATE_RUNNING);
  answer_changes (self, &changes, 1);
  stepcast_session_proceed (self);
}

/* Returns: (transfer full) (element-type GTask): who waits for the standstill */
static GQueue
take_stops (StepcastSession *self)
{
  GQueue stops = self->stops;

  g_queue_init (&self->stops);
  return stops;
}

static void
set_last_stop (StepcastSession *self)
{
  self->last_stop.step = self->progress.step;
  self->last_stop.seconds = (double) (g_get_monotonic_time () - self->stop_us) / G_USEC_PER_SEC;
}

static void
answer_stops (GQueue *stops, const StepcastStopReport *report, const GError *error)
{
  GTask *next;

  while ((next = g_queue_pop_head (stops)) != NULL)
    {
      g_autoptr (GTask) task = next;

      if (g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE))
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_pointer (task, g_memdup2 (report, sizeof *report), g_free);
    }
}

/* The one way out of a run. Whoever is told may begin the next one: what is told of this one is put
 * together before. */
static void
end_run (StepcastSession *self, StepcastSessionState state, const GError *error)
{
  GQueue stops = take_stops (self);
  StepcastStopReport report;

  stepcast_gsource_clear (&self->deadline);
  if (error != NULL)
    self->reason = g_error_copy (error);
  if (self->state == STEPCAST_SESSION_STATE_STOPPING)
    set_last_stop (self);
  report = self->last_stop;

  set_state (self, state);
  answer_stops (&stops, &report, error);
  if (can_change (self))
    apply_changes (self);

  if (self->starts_again && is_terminal (self->state))
    {
      set_actor (&self->actor, self->restarter);
      begin_run (self, G_MAXUINT64);
    }
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

  /* A step that failed may be taken back: a program's last one. */
  if (progress->step > self->progress.step && !self->is_rate_new)
    stepcast_pacer_consume (&self->pacer, now_us, progress->step - self->progress.step);
  self->is_rate_new = FALSE;
  self->progress = *progress;
  stepcast_meter_update (&self->step_meter, now_us, self->progress.step);
  stepcast_meter_update (&self->frame_meter, now_us, self->n_frames);
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
  take_frames (self, run, frames);

  self->is_telling = TRUE;
  stepcast_followers_deliver (self->followers, frames, !was_drawing, is_shown, &telling);
  if (error != NULL && outcome == STEPCAST_OUTCOME_NONE)
    answer_drawings (self, error);
  else if (self->run == run && is_drawing_answered (self, frames, outcome))
    answer_drawings (self, NULL);
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

static gboolean
on_deadline (gpointer user_data)
{
  StepcastSession *self = user_data;
  g_autoptr (StepcastSession) alive G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr (StepcastRun) run = g_steal_pointer (&self->run);
  g_autoptr (GError) error =
    g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE,
                 "%s did not come back within %g s of being stopped, and was given up",
                 stepcast_source_get_name (self->source), self->stop_deadline_ms / 1000.0);

  g_warning ("%s: %s", self->name, error->message);
  stepcast_run_abandon (run);
  end_run (self, STEPCAST_SESSION_STATE_FAILED, error);

  return G_SOURCE_REMOVE;
}

static gboolean
on_pace_timer (gpointer user_data)
{
  StepcastSession *self = user_data;

  g_clear_pointer (&self->pace_timer, g_source_unref);
  stepcast_session_proceed (self);
  return G_SOURCE_REMOVE;
}

static void
wait_for_pace (StepcastSession *self)
{
  if (self->pace_timer != NULL)
    return;

  self->pace_timer =
    g_timeout_source_new (stepcast_pacer_get_wait_ms (&self->pacer, g_get_monotonic_time ()));
  g_source_set_static_name (self->pace_timer, "[stepcast] session pace");
  g_source_set_callback (self->pace_timer, on_pace_timer, self, NULL);
  g_source_attach (self->pace_timer, g_main_context_get_thread_default ());
}

/* ---- who wants every frame, and has no room ---- */

/* Two who read slowly take turns, many times a second: it is told whom it waits for when that is
 * looked at. */
static void
on_hold_looked_at (gpointer user_data)
{
  StepcastSession *self = user_data;
  StepcastActor *holder = self->hold.is_held ? self->waits_for : NULL;

  if (holder == self->holder)
    return;

  set_actor (&self->holder, holder);
  g_signal_emit (self, signals[HOLDER_CHANGED], 0);
}

/* It is not let go: because of somebody who wants every frame, or for another reason, such as a
 * program that is silent. */
static void
look_for_holder (StepcastSession *self)
{
  StepcastFrameSink *sink = stepcast_followers_find_holder (self->followers);

  if (sink == NULL)
    {
      stepcast_hold_end (&self->hold);
      return;
    }

  set_actor (&self->waits_for, stepcast_frame_sink_get_actor (sink));
  stepcast_hold_begin (&self->hold);
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

/* ---- requests ---- */

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

  set_actor (&self->next_actor, actor);
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
  if (can_change (self))
    apply_changes (self);
  if (is_busy (self))
    {
      stepcast_run_demand_changed (self->run);
      return;
    }

  if (self->state == STEPCAST_SESSION_STATE_RUNNING && self->run != NULL)
    {
      if (get_steps_left (self) == 0)
        set_state (self, STEPCAST_SESSION_STATE_PAUSED);
      else if (get_allowance (self->run, self) > 0)
        let_run (self);
      else
        {
          stepcast_hold_end (&self->hold);
          wait_for_pace (self);
        }
    }
  draw_if_awaited (self);
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

  switch (self->state)
    {
    case STEPCAST_SESSION_STATE_RUNNING:
    case STEPCAST_SESSION_STATE_PAUSED:
      return stepcast_session_resume (self, error);
    case STEPCAST_SESSION_STATE_STOPPING:
      self->starts_again = TRUE;
      take_next_actor (self, &self->restarter);
      return TRUE;
    case STEPCAST_SESSION_STATE_IDLE:
    case STEPCAST_SESSION_STATE_STOPPED:
    case STEPCAST_SESSION_STATE_FINISHED:
    case STEPCAST_SESSION_STATE_FAILED:
    default:
      take_next_actor (self, &self->actor);
      begin_run (self, G_MAXUINT64);
      return TRUE;
    }
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

  if (self->state == STEPCAST_SESSION_STATE_PAUSED)
    {
      stepcast_session_act_for (self, NULL);
      return TRUE;
    }
  if (self->state != STEPCAST_SESSION_STATE_RUNNING)
    return refuse (self, "pause", "only a running session can be paused", error);

  take_next_actor (self, &self->actor);
  self->allowed_until = 0;
  stepcast_run_yield (self->run);
  stepcast_session_proceed (self);
  return TRUE;
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

  if (self->state != STEPCAST_SESSION_STATE_RUNNING && self->state != STEPCAST_SESSION_STATE_PAUSED)
    return refuse (self, "resume", "only a paused session can be resumed; “start” begins a new run",
                   error);

  if (self->state == STEPCAST_SESSION_STATE_RUNNING && self->allowed_until == G_MAXUINT64)
    {
      /* Nobody wants it to pause. */
      stepcast_session_act_for (self, NULL);
      return TRUE;
    }

  self->allowed_until = G_MAXUINT64;
  take_next_actor (self, &self->actor);
  if (self->state == STEPCAST_SESSION_STATE_PAUSED)
    set_state (self, STEPCAST_SESSION_STATE_RUNNING);
  stepcast_session_proceed (self);
  return TRUE;
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

  switch (self->state)
    {
    case STEPCAST_SESSION_STATE_RUNNING:
      return refuse (self, "step", "pause it first", error);
    case STEPCAST_SESSION_STATE_STOPPING:
      return refuse (self, "step", "wait until it has stopped", error);
    case STEPCAST_SESSION_STATE_PAUSED:
      take_next_actor (self, &self->actor);
      self->allowed_until = self->progress.step + MIN (n_steps, G_MAXUINT64 - self->progress.step);
      set_state (self, STEPCAST_SESSION_STATE_RUNNING);
      stepcast_session_proceed (self);
      return TRUE;
    case STEPCAST_SESSION_STATE_IDLE:
    case STEPCAST_SESSION_STATE_STOPPED:
    case STEPCAST_SESSION_STATE_FINISHED:
    case STEPCAST_SESSION_STATE_FAILED:
    default:
      take_next_actor (self, &self->actor);
      begin_run (self, n_steps);
      return TRUE;
    }
}

static void
begin_stop (StepcastSession *self)
{
  self->stop_us = g_get_monotonic_time ();
  self->deadline = g_timeout_source_new (self->stop_deadline_ms);
  g_source_set_static_name (self->deadline, "[stepcast] stop deadline");
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());

  set_state (self, STEPCAST_SESSION_STATE_STOPPING);
  stepcast_run_cancel (self->run);
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
  g_autoptr (GTask) task = NULL;
  StepcastStopReport report;
  GQueue stops;

  g_return_if_fail (STEPCAST_IS_SESSION (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_session_stop_async);
  g_queue_push_tail (&self->stops, g_object_ref (task));
  self->starts_again = FALSE;

  switch (self->state)
    {
    case STEPCAST_SESSION_STATE_RUNNING:
    case STEPCAST_SESSION_STATE_PAUSED:
      take_next_actor (self, &self->actor);
      begin_stop (self);
      break;
    case STEPCAST_SESSION_STATE_STOPPING:
      stepcast_session_act_for (self, NULL);
      break;
    case STEPCAST_SESSION_STATE_IDLE:
    case STEPCAST_SESSION_STATE_STOPPED:
    case STEPCAST_SESSION_STATE_FINISHED:
    case STEPCAST_SESSION_STATE_FAILED:
    default:
      stepcast_session_act_for (self, NULL);
      self->last_stop = (StepcastStopReport){ .step = self->progress.step, .seconds = 0 };
      report = self->last_stop;
      stops = take_stops (self);
      answer_stops (&stops, &report, NULL);
      break;
    }
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
  g_autoptr (GTask) task = NULL;
  g_autoptr (StepcastActor) actor = NULL;
  GError *error = NULL;
  GVariant *checked;
  Change *change;

  g_return_if_fail (STEPCAST_IS_SESSION (self));
  g_return_if_fail (g_variant_is_of_type (changes, G_VARIANT_TYPE_VARDICT));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_session_set_parameters_async);

  actor = g_steal_pointer (&self->next_actor);
  checked =
    stepcast_parameters_check (stepcast_source_get_generator_type (self->source), changes, &error);
  if (checked == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  change = g_new (Change, 1);
  change->values = checked;
  change->actor = g_steal_pointer (&actor);
  g_task_set_task_data (task, change, change_free);
  g_queue_push_tail (&self->changes, g_steal_pointer (&task));
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

/* A drawing that nobody waits for any more, of a run that has ended, would be waited for by the
 * next one who asks: the run is given up, as one is that does not stop. */
static void
give_up_drawing (StepcastSession *self)
{
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

static gboolean
on_draw_deadline (gpointer user_data)
{
  g_autoptr (GTask) task = user_data; /* the queue's */
  StepcastSession *self = g_task_get_source_object (task);
  g_autoptr (StepcastSession) alive G_GNUC_UNUSED = g_object_ref (self);

  if (!g_queue_remove (&self->drawings, task))
    {
      g_steal_pointer (&task); /* it was answered */
      return G_SOURCE_REMOVE;
    }

  g_task_return_new_error (task, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE,
                           "There was no picture within %g s: the session has not come so far",
                           self->draw_deadline_ms / 1000.0);
  if (g_queue_is_empty (&self->drawings))
    give_up_drawing (self);
  return G_SOURCE_REMOVE;
}

static void
free_source (gpointer data)
{
  GSource *source = data;

  stepcast_gsource_clear (&source);
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
  GSource *deadline;

  g_return_if_fail (STEPCAST_IS_SESSION (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_session_draw_async);
  g_queue_push_tail (&self->drawings, task);
  if (is_latest_current (self))
    {
      answer_drawings (self, NULL);
      return;
    }

  deadline = g_timeout_source_new (self->draw_deadline_ms);
  g_source_set_static_name (deadline, "[stepcast] drawing deadline");
  g_source_set_callback (deadline, on_draw_deadline, task, NULL);
  g_task_set_task_data (task, deadline, free_source);
  g_source_attach (deadline, g_main_context_get_thread_default ());
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
  if (self->latest != NULL)
    {
      StepcastDemand demand;

      /* Who comes late sees what there is. */
      stepcast_frame_sink_get_demand (sink, &demand);
      if (!demand.is_every)
        stepcast_frame_sink_deliver (sink, &self->latest, 1);
    }
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
return_cancelled (GQueue *tasks)
{
  GTask *next;

  while ((next = g_queue_pop_head (tasks)) != NULL)
    {
      g_autoptr (GTask) task = next;

      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The session is gone");
    }
}

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
      g_value_set_double (value, self->pacer.rate);
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

  stepcast_gsource_clear (&self->deadline);
  stepcast_gsource_clear (&self->pace_timer);
  drop_run (self);
  return_cancelled (&self->changes);
  return_cancelled (&self->drawings);
  return_cancelled (&self->stops);
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
  g_clear_pointer (&self->latest, stepcast_frame_unref);
  g_clear_pointer (&self->parameters, g_variant_unref);
  g_clear_error (&self->reason);
  g_clear_pointer (&self->waits_for, stepcast_actor_unref);
  g_clear_pointer (&self->holder, stepcast_actor_unref);
  g_clear_pointer (&self->next_actor, stepcast_actor_unref);
  g_clear_pointer (&self->actor, stepcast_actor_unref);
  g_clear_pointer (&self->restarter, stepcast_actor_unref);
  g_clear_pointer (&self->parameters_actor, stepcast_actor_unref);
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
  stepcast_hold_init (&self->hold, on_hold_looked_at, self);
  self->unwatched = stepcast_unwatched_new (self, STEPCAST_WHEN_UNWATCHED_RUN, STEPCAST_GRACE_MS);
  g_queue_init (&self->changes);
  g_queue_init (&self->drawings);
  g_queue_init (&self->stops);
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
  g_autoptr (GVariant) defaults =
    stepcast_parameters_defaults (stepcast_source_get_generator_type (source));

  self->name = g_strdup (name);
  self->source = g_object_ref (source);
  self->parameters = stepcast_parameters_merge (defaults, parameters);
  self->stop_deadline_ms = stop_deadline_ms;

  return self;
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
  return get_nick (self->state);
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
 * stepcast_session_get_last_stop:
 * @self: a session
 *
 * Returns: (transfer none): how it stopped the last time
 */
const StepcastStopReport *
stepcast_session_get_last_stop (StepcastSession *self)
{
  return &self->last_stop;
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
  return self->parameters;
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
  return self->latest;
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
 * stepcast_session_get_n_drawn:
 * @self: a session
 *
 * Returns: how many frames all its runs have drawn
 */
guint64
stepcast_session_get_n_drawn (StepcastSession *self)
{
  return self->n_frames;
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
  return self->n_validated;
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
  return self->parameters_actor;
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
 * stepcast_session_get_holder:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): who wants every frame and reads so slowly that the session
 *   waits for most of the time
 */
StepcastActor *
stepcast_session_get_holder (StepcastSession *self)
{
  return self->holder;
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
  return stepcast_meter_get (&self->step_meter, g_get_monotonic_time (), self->progress.step);
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
  return stepcast_meter_get (&self->frame_meter, g_get_monotonic_time (), self->n_frames);
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

  /* Not a number is neither. */
  if (!(rate >= STEPCAST_MIN_RATE && rate <= STEPCAST_MAX_RATE) && !(rate == 0))
    {
      stepcast_session_act_for (self, NULL);
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%g” is no rate: it takes steps a second, from %g to %.0f, or 0 for no limit",
                   rate, STEPCAST_MIN_RATE, STEPCAST_MAX_RATE);
      return FALSE;
    }
  if (rate == self->pacer.rate)
    {
      stepcast_session_act_for (self, NULL);
      return TRUE;
    }

  take_next_actor (self, &self->rate_actor);
  stepcast_pacer_set_rate (&self->pacer, rate);
  self->is_rate_new = is_busy (self);
  stepcast_gsource_clear (&self->pace_timer);
  if (self->run != NULL) /* its slice has an allowance of before */
    stepcast_run_yield (self->run);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RATE]);
  stepcast_session_proceed (self);
  return TRUE;
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
  return self->pacer.rate;
}
