/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"
#include "stepcast-generator-source.h"
#include "stepcast-mock-generator.h"
#include "stepcast-mock-sink.h"
#include "stepcast-session.h"
#include "stepcast-test-wait.h"

/* One session that several people steer and watch: who did what, whom it waits for, and what it
 * does when nobody watches it any more. */

#define SIZE 20
#define DEADLINE_MS 30000

/* Who comes back in time does so before the main context has its turn. */
#define SHORT_GRACE_MS 20

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastMockControl *control;
  StepcastSource *source;
  StepcastSession *session;
  StepcastActor *ann;        /* a browser */
  StepcastActor *bob;        /* the command line */
  GString *told;             /* each change, as "state:who " */
  guint n_parameters;        /* changes that were told */
  guint n_holders;           /* likewise */
  StepcastMockSink *watcher; /* (nullable) */
} Fixture;

static const char *
id_of (StepcastActor *actor)
{
  return actor != NULL ? stepcast_actor_get_id (actor) : "-";
}

static void
on_state (StepcastSession *session, GParamSpec *pspec, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->told, "%s:%s ", stepcast_session_get_state_nick (session),
                          id_of (stepcast_session_get_actor (session)));
}

static void
on_rate (StepcastSession *session, GParamSpec *pspec, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->told, "rate:%s ",
                          id_of (stepcast_session_get_rate_actor (session)));
}

static void
on_parameters_changed (StepcastSession *session, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_parameters++;
  g_string_append_printf (fixture->told, "parameters:%s ",
                          id_of (stepcast_session_get_parameters_actor (session)));
}

static void
on_holder_changed (StepcastSession *session, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_holders++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) parameters = NULL;

  fixture->scheduler = stepcast_scheduler_new (2);
  fixture->control = stepcast_mock_control_new ();
  fixture->source =
    stepcast_generator_source_new ("mock", STEPCAST_TYPE_MOCK_GENERATOR, fixture->scheduler, FALSE);
  parameters = stepcast_mock_control_make_parameters (fixture->control, SIZE);
  fixture->session = stepcast_session_new ("mock_1", fixture->source, parameters, DEADLINE_MS);
  fixture->ann = stepcast_actor_new (STEPCAST_ACTOR_BROWSER, "ann");
  fixture->bob = stepcast_actor_new (STEPCAST_ACTOR_CLI, "bob");
  fixture->told = g_string_new (NULL);
  g_signal_connect (fixture->session, "notify::state", G_CALLBACK (on_state), fixture);
  g_signal_connect (fixture->session, "notify::rate", G_CALLBACK (on_rate), fixture);
  g_signal_connect (fixture->session, "parameters-changed", G_CALLBACK (on_parameters_changed),
                    fixture);
  g_signal_connect (fixture->session, "holder-changed", G_CALLBACK (on_holder_changed), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  GWeakRef session;

  g_weak_ref_init (&session, fixture->session);
  stepcast_mock_control_release (fixture->control);
  g_clear_object (&fixture->session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);
  g_assert_null (g_weak_ref_get (&session));
  g_weak_ref_clear (&session);

  g_clear_object (&fixture->watcher);
  g_clear_object (&fixture->source);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&fixture->scheduler);
  g_clear_pointer (&fixture->control, stepcast_mock_control_unref);
  g_clear_pointer (&fixture->ann, stepcast_actor_unref);
  g_clear_pointer (&fixture->bob, stepcast_actor_unref);
  g_string_free (fixture->told, TRUE);
}

static StepcastSessionState
get_state (Fixture *fixture)
{
  return stepcast_session_get_state (fixture->session);
}

static void
wait_for_state (Fixture *fixture, StepcastSessionState state)
{
  stepcast_test_wait_for (get_state (fixture) == state);
}

/* What was told since the last time. */
static void
assert_told (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (g_strchomp (fixture->told->str), ==, expected);
  g_string_truncate (fixture->told, 0);
}

static void
assert_actor (Fixture *fixture, StepcastActor *actor)
{
  g_assert_cmpstr (id_of (stepcast_session_get_actor (fixture->session)), ==, id_of (actor));
}

/* ---- requests ---- */

typedef gboolean (*Request) (StepcastSession *session, GError **error);

static void
ask (Fixture *fixture, StepcastActor *actor, Request request)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_act_for (fixture->session, actor);
  g_assert_true (request (fixture->session, &error));
  g_assert_no_error (error);
}

static void
ask_in_vain (Fixture *fixture, StepcastActor *actor, Request request)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_act_for (fixture->session, actor);
  g_assert_false (request (fixture->session, &error));
  g_assert_nonnull (error);
}

static gboolean
step_twice (StepcastSession *session, GError **error)
{
  return stepcast_session_step (session, 2, error);
}

static gboolean
step_never (StepcastSession *session, GError **error)
{
  return stepcast_session_step (session, 0, error);
}

static gboolean
set_rate_1000 (StepcastSession *session, GError **error)
{
  return stepcast_session_set_rate (session, 1000, error);
}

static gboolean
set_rate_minus_1 (StepcastSession *session, GError **error)
{
  return stepcast_session_set_rate (session, -1, error);
}

static void
on_stopped (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (stepcast_session_stop_finish (STEPCAST_SESSION (object), result, NULL, NULL));
  ++*(guint *) user_data;
}

static void
stop_begin (Fixture *fixture, StepcastActor *actor, guint *n_stopped)
{
  stepcast_session_act_for (fixture->session, actor);
  stepcast_session_stop_async (fixture->session, NULL, on_stopped, n_stopped);
}

static void
stop_and_wait (Fixture *fixture, StepcastActor *actor)
{
  guint n_stopped = 0;

  stop_begin (fixture, actor, &n_stopped);
  stepcast_test_wait_for (n_stopped == 1);
}

static void
on_set (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_set_parameters_finish (STEPCAST_SESSION (object), result, NULL, &error);
  ++*(guint *) user_data;
}

static void
set_begin (Fixture *fixture, StepcastActor *actor, const char *text, guint *n_set)
{
  g_autoptr (GVariant) changes = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  stepcast_session_act_for (fixture->session, actor);
  stepcast_session_set_parameters_async (fixture->session, changes, NULL, on_set, n_set);
}

static int
get_level (Fixture *fixture)
{
  int level;

  g_assert_true (
    g_variant_lookup (stepcast_session_get_parameters (fixture->session), "level", "i", &level));
  return level;
}

/* ---- who did it ---- */

static void
test_actor (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastActor) rule = stepcast_actor_new (STEPCAST_ACTOR_SERVICE, "when-unwatched");

  g_assert_cmpstr (stepcast_actor_get_kind_nick (fixture->ann), ==, "browser");
  g_assert_cmpstr (stepcast_actor_get_kind_nick (fixture->bob), ==, "cli");
  g_assert_cmpstr (stepcast_actor_get_kind_nick (rule), ==, "service");
  g_assert_cmpstr (stepcast_actor_get_id (rule), ==, "when-unwatched");
}

static void
test_each_request (Fixture *fixture, gconstpointer data)
{
  assert_actor (fixture, NULL);
  ask (fixture, fixture->ann, stepcast_session_start);
  assert_told (fixture, "running:ann");

  ask (fixture, fixture->bob, stepcast_session_pause);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "paused:bob");

  ask (fixture, fixture->ann, stepcast_session_resume);
  assert_told (fixture, "running:ann");

  ask (fixture, fixture->bob, stepcast_session_pause);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  ask (fixture, fixture->ann, step_twice);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "paused:bob running:ann paused:ann");

  stop_and_wait (fixture, fixture->bob);
  assert_told (fixture, "stopping:bob stopped:bob");

  ask (fixture, fixture->ann, step_twice);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "running:ann paused:ann");
}

static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  ask (fixture, fixture->ann, stepcast_session_start);
  g_assert_true (stepcast_session_pause (fixture->session, NULL)); /* nobody says who */
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "running:ann paused:-");
}

/* What is refused, or has nothing to do, is nobody's deed; nor does it leave a name behind for the
 * next request. */
static void
test_requests_without_effect (Fixture *fixture, gconstpointer data)
{
  ask_in_vain (fixture, fixture->bob, stepcast_session_pause);
  ask_in_vain (fixture, fixture->bob, stepcast_session_resume);
  ask_in_vain (fixture, fixture->bob, step_never);
  stop_and_wait (fixture, fixture->bob);
  assert_actor (fixture, NULL);

  ask (fixture, fixture->ann, stepcast_session_start);
  ask (fixture, fixture->bob, stepcast_session_start);
  ask (fixture, fixture->bob, stepcast_session_resume);
  ask_in_vain (fixture, fixture->bob, step_twice);
  assert_actor (fixture, fixture->ann);

  ask (fixture, fixture->ann, stepcast_session_pause);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  ask (fixture, fixture->bob, stepcast_session_pause);
  assert_actor (fixture, fixture->ann);

  stop_and_wait (fixture, fixture->ann);
  stop_and_wait (fixture, fixture->bob);
  ask_in_vain (fixture, fixture->bob, stepcast_session_pause);
  assert_told (fixture, "running:ann paused:ann stopping:ann stopped:ann");

  g_assert_true (stepcast_session_start (fixture->session, NULL));
  assert_told (fixture, "running:-");
}

static void
test_pause_undone (Fixture *fixture, gconstpointer data)
{
  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);

  ask (fixture, fixture->bob, stepcast_session_pause);
  ask (fixture, fixture->ann, stepcast_session_resume);
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (stepcast_session_get_progress (fixture->session)->step > 1);
  assert_told (fixture, "running:ann");
  assert_actor (fixture, fixture->ann);
}

static void
test_joined_stop (Fixture *fixture, gconstpointer data)
{
  guint n_stopped = 0;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  stop_begin (fixture, fixture->ann, &n_stopped);
  stop_begin (fixture, fixture->bob, &n_stopped);
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 2);
  assert_told (fixture, "running:ann stopping:ann stopped:ann");
}

static void
test_restart_while_stopping (Fixture *fixture, gconstpointer data)
{
  guint n_stopped = 0;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  stop_begin (fixture, fixture->ann, &n_stopped);
  ask (fixture, fixture->bob, stepcast_session_start);
  assert_actor (fixture, fixture->ann); /* not yet */
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 1 && get_state (fixture) == STEPCAST_SESSION_STATE_RUNNING);
  assert_told (fixture, "running:ann stopping:ann stopped:ann running:bob");
}

/* Who has asked for it is not the one who has it a second time. */
static void
test_restart_taken_back (Fixture *fixture, gconstpointer data)
{
  guint n_stopped = 0;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  stop_begin (fixture, fixture->ann, &n_stopped);
  ask (fixture, fixture->bob, stepcast_session_start);
  stop_begin (fixture, fixture->bob, &n_stopped);
  g_assert_true (stepcast_session_start (fixture->session, NULL));
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 2 && get_state (fixture) == STEPCAST_SESSION_STATE_RUNNING);
  assert_told (fixture, "running:ann stopping:ann stopped:ann running:-");
}

static void
test_end_is_nobodys (Fixture *fixture, gconstpointer data)
{
  stepcast_mock_control_finish_after (fixture->control, 3, STEPCAST_STEP_LAST);
  ask (fixture, fixture->ann, stepcast_session_start);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_told (fixture, "running:ann finished:-");

  stepcast_mock_control_fail (fixture->control, STEPCAST_MOCK_PHASE_STEP, 2);
  ask (fixture, fixture->bob, stepcast_session_start);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FAILED);
  assert_told (fixture, "running:bob failed:-");
}

static void
test_parameters_of_two (Fixture *fixture, gconstpointer data)
{
  guint n_set = 0;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  set_begin (fixture, fixture->ann, "{'level': <3>}", &n_set);
  set_begin (fixture, fixture->bob, "{'level': <4>}", &n_set);
  g_assert_cmpstr (id_of (stepcast_session_get_parameters_actor (fixture->session)), ==, "-");
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_set == 2 && fixture->n_parameters == 2);
  g_assert_cmpint (get_level (fixture), ==, 4);
  assert_told (fixture, "running:ann parameters:ann parameters:bob");
  assert_actor (fixture, fixture->ann);

  stop_and_wait (fixture, fixture->ann);
  set_begin (fixture, fixture->ann, "{'level': <5>}", &n_set);
  stepcast_test_wait_for (n_set == 3);
  assert_told (fixture, "stopping:ann stopped:ann parameters:ann");
}

static void
test_parameters_refused (Fixture *fixture, gconstpointer data)
{
  guint n_set = 0;

  set_begin (fixture, fixture->ann, "{'level': <3>}", &n_set);
  set_begin (fixture, fixture->bob, "{'level': <'much'>}", &n_set);
  set_begin (fixture, fixture->bob, "{'levle': <4>}", &n_set);
  stepcast_test_wait_for (n_set == 3);
  assert_told (fixture, "parameters:ann");

  g_assert_true (stepcast_session_start (fixture->session, NULL));
  assert_told (fixture, "running:-");
}

static void
test_rate (Fixture *fixture, gconstpointer data)
{
  ask_in_vain (fixture, fixture->bob, set_rate_minus_1);
  ask (fixture, fixture->ann, set_rate_1000);
  ask (fixture, fixture->bob, set_rate_1000); /* it is so already */
  assert_told (fixture, "rate:ann");
  assert_actor (fixture, NULL);

  g_assert_true (stepcast_session_start (fixture->session, NULL));
  assert_told (fixture, "running:-");
}

static void
test_counts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (G_MAXUINT);

  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (sink));
  ask (fixture, NULL, step_twice);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_cmpuint (stepcast_session_get_n_drawn (fixture->session), ==, 2);
  g_assert_cmpuint (stepcast_session_get_n_validated (fixture->session), ==, 0);

  stop_and_wait (fixture, NULL);
  ask (fixture, NULL, step_twice);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_cmpuint (stepcast_session_get_n_drawn (fixture->session), ==, 4); /* of all runs */
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (sink));
}

/* ---- whom it waits for ---- */

static const char *
get_holder (Fixture *fixture)
{
  return id_of (stepcast_session_get_holder (fixture->session));
}

/* A viewer that wants every frame, and takes @window of them. */
static StepcastMockSink *
add_viewer (Fixture *fixture, const char *id, guint window)
{
  StepcastMockSink *sink = stepcast_mock_sink_new_every (window);

  stepcast_mock_sink_set_viewer (sink, id);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (sink));
  return sink;
}

static void
widen (Fixture *fixture, StepcastMockSink *sink, guint window)
{
  stepcast_mock_sink_set_window (sink, window);
  stepcast_session_proceed (fixture->session);
}

static void
test_held (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) slow = add_viewer (fixture, "7", 2);

  ask (fixture, fixture->ann, stepcast_session_start);
  g_assert_cmpstr (get_holder (fixture), ==, "-");
  stepcast_test_wait_for (fixture->n_holders == 1);
  g_assert_cmpstr (get_holder (fixture), ==, "7");
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
  g_assert_cmpuint (stepcast_session_get_progress (fixture->session)->step, ==, 2);

  widen (fixture, slow, G_MAXUINT);
  stepcast_test_wait_for (fixture->n_holders == 2);
  g_assert_cmpstr (get_holder (fixture), ==, "-");
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (slow));
}

static void
test_held_by_another (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) first = add_viewer (fixture, "7", 0);
  g_autoptr (StepcastMockSink) second = add_viewer (fixture, "8", 0);

  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (fixture->n_holders == 1);
  g_assert_cmpstr (get_holder (fixture), ==, "7");

  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (first));
  stepcast_test_wait_for (fixture->n_holders == 2);
  g_assert_cmpstr (get_holder (fixture), ==, "8");

  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (second));
  stepcast_test_wait_for (fixture->n_holders == 3);
  g_assert_cmpstr (get_holder (fixture), ==, "-");
}

/* A state that does not run is not held, at once. */
static void
test_held_until_it_pauses (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) slow = add_viewer (fixture, "7", 0);

  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (fixture->n_holders == 1);
  ask (fixture, fixture->ann, stepcast_session_pause);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_cmpstr (get_holder (fixture), ==, "-");

  ask (fixture, fixture->ann, stepcast_session_resume);
  stepcast_test_wait_for (fixture->n_holders == 2);
  g_assert_cmpstr (get_holder (fixture), ==, "7");
  stop_and_wait (fixture, fixture->ann);
  g_assert_cmpstr (get_holder (fixture), ==, "-");
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (slow));
}

/* Who only wants the latest can't hold it, however slow. */
static void
test_not_held_by_latest (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) slow = stepcast_mock_sink_new_latest (STEPCAST_NEVER);
  g_autoptr (StepcastMockSink) other = NULL;

  stepcast_mock_sink_set_viewer (slow, "7");
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (slow));
  ask (fixture, fixture->ann, stepcast_session_start);
  other = add_viewer (fixture, "8", 0);
  stepcast_test_wait_for (fixture->n_holders == 1);
  g_assert_cmpstr (get_holder (fixture), ==, "8");
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (slow));
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (other));
}

/* What waits for its rate is held by nobody, though somebody has no room. */
static void
test_not_held_by_the_rate (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) slow = add_viewer (fixture, "7", 0);

  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (fixture->n_holders == 1);
  stepcast_mock_sink_set_window (slow, 1);
  g_assert_true (stepcast_session_set_rate (fixture->session, 0.001, NULL));
  stepcast_test_wait_for (fixture->n_holders == 2);
  g_assert_cmpstr (get_holder (fixture), ==, "-");
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (slow));
}

static void
test_dispose_while_held (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) slow = add_viewer (fixture, "7", 0);

  ask (fixture, fixture->ann, stepcast_session_start);
  stepcast_test_wait_for (fixture->n_holders == 1);
  /* ... and the rest is up to the end of the test. */
}

/* ---- what it does unwatched ---- */

static void
come (Fixture *fixture)
{
  fixture->watcher = stepcast_mock_sink_new_latest (STEPCAST_NEVER);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->watcher));
}

static void
leave (Fixture *fixture)
{
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->watcher));
  g_clear_object (&fixture->watcher);
}

static gboolean
on_grace (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Whatever a grace time that has begun by now has for an effect, it has had it. */
static void
wait_for_grace (void)
{
  gboolean is_over = FALSE;

  g_timeout_add (2 * SHORT_GRACE_MS, on_grace, &is_over);
  stepcast_test_wait_for (is_over);
}

static void
begin_watched (Fixture *fixture, StepcastWhenUnwatched action, guint grace_ms)
{
  stepcast_session_set_when_unwatched (fixture->session, action, grace_ms);
  g_assert_cmpint (stepcast_session_get_when_unwatched (fixture->session), ==, action);
  g_assert_cmpuint (stepcast_session_get_grace_ms (fixture->session), ==, grace_ms);
  come (fixture);
  ask (fixture, fixture->ann, stepcast_session_start);
}

static void
test_unwatched_defaults (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpstr (stepcast_session_get_when_unwatched_nick (fixture->session), ==, "run");
  g_assert_cmpuint (stepcast_session_get_grace_ms (fixture->session), ==, STEPCAST_GRACE_MS);
  stepcast_session_set_when_unwatched (fixture->session, STEPCAST_WHEN_UNWATCHED_STOP, 0);
  g_assert_cmpstr (stepcast_session_get_when_unwatched_nick (fixture->session), ==, "stop");
  g_assert_cmpuint (stepcast_session_get_grace_ms (fixture->session), ==, 0);
}

static void
test_unwatched_runs (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_RUN, 0);
  leave (fixture);
  wait_for_grace ();
  assert_told (fixture, "running:ann");
}

/* Who has never been watched is not unwatched now: it may be a night's work. */
static void
test_never_watched (Fixture *fixture, gconstpointer data)
{
  stepcast_session_set_when_unwatched (fixture->session, STEPCAST_WHEN_UNWATCHED_STOP, 0);
  ask (fixture, fixture->ann, stepcast_session_start);
  wait_for_grace ();
  assert_told (fixture, "running:ann");
}

static void
test_unwatched_pauses (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, SHORT_GRACE_MS);
  leave (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "running:ann paused:when-unwatched");

  come (fixture);
  assert_told (fixture, "running:when-unwatched");
  leave (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "paused:when-unwatched");
}

static void
test_unwatched_stops (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, SHORT_GRACE_MS);
  leave (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_STOPPED);
  assert_told (fixture, "running:ann stopping:when-unwatched stopped:when-unwatched");

  come (fixture); /* who wants it to go on starts it */
  wait_for_grace ();
  assert_told (fixture, "");
}

static void
test_unwatched_stops_what_is_paused (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, SHORT_GRACE_MS);
  ask (fixture, fixture->bob, stepcast_session_pause);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  leave (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_STOPPED);
}

/* One of two has gone: it is watched. */
static void
test_still_watched (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) other = stepcast_mock_sink_new_latest (STEPCAST_NEVER);

  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, 0);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (other));
  leave (fixture);
  wait_for_grace ();
  assert_told (fixture, "running:ann");
  stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (other));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_STOPPED);
}

static void
test_comes_back_in_time (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, SHORT_GRACE_MS);
  for (guint i = 0; i < 3; i++)
    {
      leave (fixture);
      come (fixture); /* before the main context has its turn */
      wait_for_grace ();
    }
  assert_told (fixture, "running:ann");
}

/* Somebody comes back when it has been told to pause, and has not come to the end of its step. */
static void
test_comes_back_before_it_has_paused (Fixture *fixture, gconstpointer data)
{
  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, 0);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  leave (fixture);
  stepcast_test_wait_for (stepcast_session_get_actor (fixture->session) != fixture->ann);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);

  come (fixture);
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (stepcast_session_get_progress (fixture->session)->step > 1);
  assert_told (fixture, "running:ann");
}

/* It was paused by somebody else, before or after it was left: nobody resumes it but people. */
static void
test_somebody_else_has_paused (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, SHORT_GRACE_MS);
  ask (fixture, fixture->bob, stepcast_session_pause);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  leave (fixture);
  wait_for_grace ();
  come (fixture);
  assert_told (fixture, "running:ann paused:bob");
}

static void
test_somebody_else_has_stepped (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, SHORT_GRACE_MS);
  leave (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  ask (fixture, fixture->bob, step_twice);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  come (fixture);
  assert_told (fixture, "running:ann paused:when-unwatched running:bob paused:bob");
}

/* Whoever starts it meanwhile wants it to run: the rule is for when people leave. */
static void
test_somebody_else_has_resumed (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, SHORT_GRACE_MS);
  leave (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  ask (fixture, fixture->bob, stepcast_session_start);
  wait_for_grace ();
  come (fixture);
  assert_told (fixture, "running:ann paused:when-unwatched running:bob");
}

static void
test_unwatched_when_it_has_ended (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, SHORT_GRACE_MS);
  stop_and_wait (fixture, fixture->bob);
  leave (fixture);
  wait_for_grace ();
  assert_told (fixture, "running:ann stopping:bob stopped:bob");
}

/* It is watched, and is stopped in a step that lasts: it comes home when it is released. */
static void
begin_stopping (Fixture *fixture, StepcastWhenUnwatched action, guint *n_stopped)
{
  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  begin_watched (fixture, action, SHORT_GRACE_MS);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  stop_begin (fixture, fixture->ann, n_stopped);
}

/* The grace time is over when the new run begins: the rule is for that one. */
static void
test_restart_is_paused (Fixture *fixture, gconstpointer data)
{
  guint n_stopped = 0;

  begin_stopping (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, &n_stopped);
  ask (fixture, fixture->bob, stepcast_session_start);
  leave (fixture);
  wait_for_grace ();
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 1);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_told (fixture, "running:ann stopping:ann stopped:ann running:bob paused:when-unwatched");

  come (fixture);
  assert_told (fixture, "running:when-unwatched");
}

static void
test_restart_is_taken_back (Fixture *fixture, gconstpointer data)
{
  guint n_stopped = 0;

  begin_stopping (fixture, STEPCAST_WHEN_UNWATCHED_STOP, &n_stopped);
  ask (fixture, fixture->bob, stepcast_session_start);
  leave (fixture);
  wait_for_grace ();
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 1);
  stepcast_test_settle (fixture->scheduler);
  assert_told (fixture, "running:ann stopping:ann stopped:ann");
  g_assert_cmpuint (stepcast_session_get_run_number (fixture->session), ==, 1);
}

/* Whoever starts it after the grace time wants it to run, also while it is stopping. */
static void
test_restart_after_the_grace (Fixture *fixture, gconstpointer data)
{
  StepcastWhenUnwatched action = GPOINTER_TO_UINT (data);
  guint n_stopped = 0;

  begin_stopping (fixture, action, &n_stopped);
  ask (fixture, fixture->ann, stepcast_session_start);
  leave (fixture);
  wait_for_grace ();
  ask (fixture, fixture->bob, stepcast_session_start);
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 1 && get_state (fixture) == STEPCAST_SESSION_STATE_RUNNING);
  stepcast_test_wait_for (stepcast_session_get_progress (fixture->session)->step > 1);
  assert_told (fixture, "running:ann stopping:ann stopped:ann running:bob");
}

static void
test_comes_back_before_the_restart (Fixture *fixture, gconstpointer data)
{
  guint n_stopped = 0;

  begin_stopping (fixture, STEPCAST_WHEN_UNWATCHED_PAUSE, &n_stopped);
  ask (fixture, fixture->bob, stepcast_session_start);
  leave (fixture);
  wait_for_grace ();
  come (fixture);
  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (n_stopped == 1 && get_state (fixture) == STEPCAST_SESSION_STATE_RUNNING);
  stepcast_test_wait_for (stepcast_session_get_progress (fixture->session)->step > 1);
  assert_told (fixture, "running:ann stopping:ann stopped:ann running:bob");
}

static void
test_dispose_in_the_grace (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) none =
    g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));

  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, SHORT_GRACE_MS);
  leave (fixture);
  g_clear_object (&fixture->session);
  wait_for_grace ();

  /* For the end of the test. */
  fixture->session = stepcast_session_new ("mock_2", fixture->source, none, DEADLINE_MS);
}

/* A rule that takes another's place does so at once. */
static void
test_rule_is_replaced (Fixture *fixture, gconstpointer data)
{
  begin_watched (fixture, STEPCAST_WHEN_UNWATCHED_STOP, SHORT_GRACE_MS);
  leave (fixture);
  stepcast_session_set_when_unwatched (fixture->session, STEPCAST_WHEN_UNWATCHED_RUN, 0);
  wait_for_grace ();
  assert_told (fixture, "running:ann");
}

#define ADD(path, function) g_test_add ("/shared/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("actor", test_actor);
  ADD ("by/each-request", test_each_request);
  ADD ("by/nobody", test_nobody);
  ADD ("by/without-effect", test_requests_without_effect);
  ADD ("by/pause-undone", test_pause_undone);
  ADD ("by/joined-stop", test_joined_stop);
  ADD ("by/restart-while-stopping", test_restart_while_stopping);
  ADD ("by/restart-taken-back", test_restart_taken_back);
  ADD ("by/end", test_end_is_nobodys);
  ADD ("by/parameters-of-two", test_parameters_of_two);
  ADD ("by/parameters-refused", test_parameters_refused);
  ADD ("by/rate", test_rate);
  ADD ("counts", test_counts);

  ADD ("held", test_held);
  ADD ("held/another", test_held_by_another);
  ADD ("held/until-it-pauses", test_held_until_it_pauses);
  ADD ("held/not-by-latest", test_not_held_by_latest);
  ADD ("held/not-by-the-rate", test_not_held_by_the_rate);
  ADD ("held/dispose", test_dispose_while_held);

  ADD ("unwatched/defaults", test_unwatched_defaults);
  ADD ("unwatched/runs", test_unwatched_runs);
  ADD ("unwatched/never-watched", test_never_watched);
  ADD ("unwatched/pauses", test_unwatched_pauses);
  ADD ("unwatched/stops", test_unwatched_stops);
  ADD ("unwatched/stops-what-is-paused", test_unwatched_stops_what_is_paused);
  ADD ("unwatched/still-watched", test_still_watched);
  ADD ("unwatched/back-in-time", test_comes_back_in_time);
  ADD ("unwatched/back-before-it-has-paused", test_comes_back_before_it_has_paused);
  ADD ("unwatched/somebody-else-has-paused", test_somebody_else_has_paused);
  ADD ("unwatched/somebody-else-has-stepped", test_somebody_else_has_stepped);
  ADD ("unwatched/somebody-else-has-resumed", test_somebody_else_has_resumed);
  ADD ("unwatched/has-ended", test_unwatched_when_it_has_ended);
  ADD ("unwatched/restart-is-paused", test_restart_is_paused);
  ADD ("unwatched/restart-is-taken-back", test_restart_is_taken_back);
  g_test_add ("/shared/unwatched/restart-after-the-grace/pause", Fixture,
              GUINT_TO_POINTER (STEPCAST_WHEN_UNWATCHED_PAUSE), set_up,
              test_restart_after_the_grace, tear_down);
  g_test_add ("/shared/unwatched/restart-after-the-grace/stop", Fixture,
              GUINT_TO_POINTER (STEPCAST_WHEN_UNWATCHED_STOP), set_up, test_restart_after_the_grace,
              tear_down);
  ADD ("unwatched/back-before-the-restart", test_comes_back_before_the_restart);
  ADD ("unwatched/dispose-in-the-grace", test_dispose_in_the_grace);
  ADD ("unwatched/replaced", test_rule_is_replaced);

  return g_test_run ();
}
