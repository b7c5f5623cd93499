/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>

#include "stepcast-error.h"
#include "stepcast-generator-source.h"
#include "stepcast-mock-encoder.h"
#include "stepcast-mock-generator.h"
#include "stepcast-mock-sink.h"
#include "stepcast-pacer.h"
#include "stepcast-session.h"
#include "stepcast-test-wait.h"

/* ---- a session under test ---- */

#define N_STATES (STEPCAST_SESSION_STATE_FAILED + 1)
#define SIZE 20

/* Long enough for what does stop, on any machine; tests of what does not have their own. */
#define DEADLINE_MS 30000
#define SHORT_DEADLINE_MS 50

/* The only edges there are, as the design has them: bit TO of [FROM]. */
#define TO(state) (1u << STEPCAST_SESSION_STATE_##state)
static const guint allowed_edges[N_STATES] = {
  [STEPCAST_SESSION_STATE_IDLE] = TO (RUNNING),
  [STEPCAST_SESSION_STATE_RUNNING] = TO (PAUSED) | TO (STOPPING) | TO (FINISHED) | TO (FAILED),
  [STEPCAST_SESSION_STATE_PAUSED] = TO (RUNNING) | TO (STOPPING),
  [STEPCAST_SESSION_STATE_STOPPING] = TO (STOPPED) | TO (FAILED),
  [STEPCAST_SESSION_STATE_STOPPED] = TO (RUNNING),
  [STEPCAST_SESSION_STATE_FINISHED] = TO (RUNNING),
  [STEPCAST_SESSION_STATE_FAILED] = TO (RUNNING),
};

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastMockControl *control;
  StepcastSource *source;
  StepcastSession *session;
  StepcastSessionState state; /* as last told */
  guint seen_edges[N_STATES];
  guint n_changes;
  guint n_parameters_changed;
} Fixture;

static void
on_state (StepcastSession *session, GParamSpec *pspec, gpointer user_data)
{
  Fixture *fixture = user_data;
  StepcastSessionState state = stepcast_session_get_state (session);

  g_assert_true (allowed_edges[fixture->state] & (1u << state));
  fixture->seen_edges[fixture->state] |= 1u << state;
  fixture->n_changes++;
  fixture->state = state;
}

static void
on_parameters_changed (StepcastSession *session, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_parameters_changed++;
}

static void
set_up (Fixture *fixture, guint n_slots, guint deadline_ms)
{
  g_autoptr (GVariant) parameters = NULL;

  *fixture = (Fixture){ 0 };
  fixture->scheduler = stepcast_scheduler_new (n_slots);
  fixture->control = stepcast_mock_control_new ();
  fixture->source =
    stepcast_generator_source_new ("mock", STEPCAST_TYPE_MOCK_GENERATOR, fixture->scheduler, FALSE);
  parameters = stepcast_mock_control_make_parameters (fixture->control, SIZE);
  fixture->session = stepcast_session_new ("mock_1", fixture->source, parameters, deadline_ms);
  g_signal_connect (fixture->session, "notify::state", G_CALLBACK (on_state), fixture);
  g_signal_connect (fixture->session, "parameters-changed", G_CALLBACK (on_parameters_changed),
                    fixture);
}

/* Whatever the test has done: the session ends, and nothing of it is left. */
static void
tear_down (Fixture *fixture)
{
  GWeakRef session, scheduler;

  g_weak_ref_init (&session, fixture->session);
  g_weak_ref_init (&scheduler, fixture->scheduler);

  stepcast_mock_control_release (fixture->control);
  g_clear_object (&fixture->session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);
  g_assert_null (g_weak_ref_get (&session));

  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture->scheduler), ==, 0);
  g_clear_object (&fixture->source);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&fixture->scheduler);
  g_assert_null (g_weak_ref_get (&scheduler));
  g_clear_pointer (&fixture->control, stepcast_mock_control_unref);
  g_weak_ref_clear (&session);
  g_weak_ref_clear (&scheduler);
}

static guint64
get_step (Fixture *fixture)
{
  return stepcast_session_get_progress (fixture->session)->step;
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

/* ---- requests and their answers ---- */

typedef struct
{
  gboolean is_done;
  GError *error;
  StepcastStopReport report;
  guint64 step;
  StepcastFrame *frame;
} Answer;

static void
answer_clear (Answer *answer)
{
  g_clear_error (&answer->error);
  g_clear_pointer (&answer->frame, stepcast_frame_unref);
  *answer = (Answer){ 0 };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_stopped (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_done);
  answer->is_done = TRUE;
  g_assert_true (stepcast_session_stop_finish (STEPCAST_SESSION (object), result, &answer->report,
                                               &answer->error) == (answer->error == NULL));
}

static void
on_set (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_done);
  answer->is_done = TRUE;
  g_assert_true (stepcast_session_set_parameters_finish (STEPCAST_SESSION (object), result,
                                                         &answer->step, &answer->error) ==
                 (answer->error == NULL));
}

static void
on_drawn (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_done);
  answer->is_done = TRUE;
  answer->frame = stepcast_session_draw_finish (STEPCAST_SESSION (object), result, &answer->error);
  g_assert_true ((answer->frame != NULL) == (answer->error == NULL));
}

static void
stop_begin (Fixture *fixture, Answer *answer)
{
  stepcast_session_stop_async (fixture->session, NULL, on_stopped, answer);
}

static void
stop_and_wait (Fixture *fixture)
{
  g_auto (Answer) answer = { 0 };

  stop_begin (fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
}

static void
set_begin (Fixture *fixture, const char *text, Answer *answer)
{
  g_autoptr (GVariant) changes = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  stepcast_session_set_parameters_async (fixture->session, changes, NULL, on_set, answer);
}

static guint64
set_and_wait (Fixture *fixture, const char *text)
{
  g_auto (Answer) answer = { 0 };

  set_begin (fixture, text, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  return answer.step;
}

static void
draw_begin (Fixture *fixture, Answer *answer)
{
  stepcast_session_draw_async (fixture->session, NULL, on_drawn, answer);
}

static StepcastMockPicture
draw_and_wait (Fixture *fixture)
{
  g_auto (Answer) answer = { 0 };

  draw_begin (fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (stepcast_frame_get_run (answer.frame), ==,
                    stepcast_session_get_run_number (fixture->session));
  return stepcast_mock_picture_read (answer.frame);
}

static void
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_session_start (fixture->session, &error));
  g_assert_no_error (error);
}

static void
pause_and_wait (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_session_pause (fixture->session, &error));
  g_assert_no_error (error);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
}

static void
step_and_wait (Fixture *fixture, guint64 n_steps)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_session_step (fixture->session, n_steps, &error));
  g_assert_no_error (error);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
}

static int
get_level (Fixture *fixture)
{
  int level;

  g_assert_true (
    g_variant_lookup (stepcast_session_get_parameters (fixture->session), "level", "i", &level));
  return level;
}

static guint
get_size (Fixture *fixture)
{
  guint size;

  g_assert_true (
    g_variant_lookup (stepcast_session_get_parameters (fixture->session), "size", "u", &size));
  return size;
}

/* ---- the table of requests and states ---- */

typedef enum
{
  START,
  STOP,
  PAUSE,
  RESUME,
  STEP,
  SET,
} Request;

typedef struct
{
  StepcastSessionState from;
  Request request;
  gboolean is_allowed;
  StepcastSessionState at_once; /* the state when the request has returned */
  StepcastSessionState then;    /* and when what was held has gone on */
  guint n_new_runs;
} Cell;

#define S(state) STEPCAST_SESSION_STATE_##state

static const Cell table[] = {
  { S (IDLE), START, TRUE, S (RUNNING), S (RUNNING), 1 },
  { S (IDLE), STOP, TRUE, S (IDLE), S (IDLE), 0 },
  { S (IDLE), PAUSE, FALSE, S (IDLE), S (IDLE), 0 },
  { S (IDLE), RESUME, FALSE, S (IDLE), S (IDLE), 0 },
  { S (IDLE), STEP, TRUE, S (RUNNING), S (PAUSED), 1 },
  { S (IDLE), SET, TRUE, S (IDLE), S (IDLE), 0 },

  { S (RUNNING), START, TRUE, S (RUNNING), S (RUNNING), 0 },
  { S (RUNNING), STOP, TRUE, S (STOPPING), S (STOPPED), 0 },
  { S (RUNNING), PAUSE, TRUE, S (RUNNING), S (PAUSED), 0 },
  { S (RUNNING), RESUME, TRUE, S (RUNNING), S (RUNNING), 0 },
  { S (RUNNING), STEP, FALSE, S (RUNNING), S (RUNNING), 0 },
  { S (RUNNING), SET, TRUE, S (RUNNING), S (RUNNING), 0 },

  { S (PAUSED), START, TRUE, S (RUNNING), S (RUNNING), 0 },
  { S (PAUSED), STOP, TRUE, S (STOPPED), S (STOPPED), 0 },
  { S (PAUSED), PAUSE, TRUE, S (PAUSED), S (PAUSED), 0 },
  { S (PAUSED), RESUME, TRUE, S (RUNNING), S (RUNNING), 0 },
  { S (PAUSED), STEP, TRUE, S (RUNNING), S (PAUSED), 0 },
  { S (PAUSED), SET, TRUE, S (PAUSED), S (PAUSED), 0 },

  { S (STOPPING), START, TRUE, S (STOPPING), S (RUNNING), 1 },
  { S (STOPPING), STOP, TRUE, S (STOPPING), S (STOPPED), 0 },
  { S (STOPPING), PAUSE, FALSE, S (STOPPING), S (STOPPED), 0 },
  { S (STOPPING), RESUME, FALSE, S (STOPPING), S (STOPPED), 0 },
  { S (STOPPING), STEP, FALSE, S (STOPPING), S (STOPPED), 0 },
  { S (STOPPING), SET, TRUE, S (STOPPING), S (STOPPED), 0 },

  { S (STOPPED), START, TRUE, S (RUNNING), S (RUNNING), 1 },
  { S (STOPPED), STOP, TRUE, S (STOPPED), S (STOPPED), 0 },
  { S (STOPPED), PAUSE, FALSE, S (STOPPED), S (STOPPED), 0 },
  { S (STOPPED), RESUME, FALSE, S (STOPPED), S (STOPPED), 0 },
  { S (STOPPED), STEP, TRUE, S (RUNNING), S (PAUSED), 1 },
  { S (STOPPED), SET, TRUE, S (STOPPED), S (STOPPED), 0 },

  { S (FINISHED), START, TRUE, S (RUNNING), S (RUNNING), 1 },
  { S (FINISHED), STOP, TRUE, S (FINISHED), S (FINISHED), 0 },
  { S (FINISHED), PAUSE, FALSE, S (FINISHED), S (FINISHED), 0 },
  { S (FINISHED), RESUME, FALSE, S (FINISHED), S (FINISHED), 0 },
  { S (FINISHED), STEP, TRUE, S (RUNNING), S (PAUSED), 1 },
  { S (FINISHED), SET, TRUE, S (FINISHED), S (FINISHED), 0 },

  { S (FAILED), START, TRUE, S (RUNNING), S (RUNNING), 1 },
  { S (FAILED), STOP, TRUE, S (FAILED), S (FAILED), 0 },
  { S (FAILED), PAUSE, FALSE, S (FAILED), S (FAILED), 0 },
  { S (FAILED), RESUME, FALSE, S (FAILED), S (FAILED), 0 },
  { S (FAILED), STEP, TRUE, S (RUNNING), S (PAUSED), 1 },
  { S (FAILED), SET, TRUE, S (FAILED), S (FAILED), 0 },
};

#undef S

#define STEPS_BEFORE 5
#define STEPS_ASKED 3

/* Brings a new session to @state, after STEPS_BEFORE steps where it has run. A state that would
 * pass by is held: step 6 blocks. */
static void
bring_to (Fixture *fixture, StepcastSessionState state, Answer *stop_answer)
{
  StepcastMockControl *control = fixture->control;

  switch (state)
    {
    case STEPCAST_SESSION_STATE_IDLE:
      return;
    case STEPCAST_SESSION_STATE_RUNNING:
    case STEPCAST_SESSION_STATE_STOPPING:
      stepcast_mock_control_block (control, STEPCAST_MOCK_PHASE_STEP, STEPS_BEFORE + 1, FALSE);
      start (fixture);
      stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (control) == 1);
      if (state == STEPCAST_SESSION_STATE_STOPPING)
        stop_begin (fixture, stop_answer);
      break;
    case STEPCAST_SESSION_STATE_PAUSED:
      step_and_wait (fixture, STEPS_BEFORE);
      break;
    case STEPCAST_SESSION_STATE_STOPPED:
      step_and_wait (fixture, STEPS_BEFORE);
      stop_and_wait (fixture);
      break;
    case STEPCAST_SESSION_STATE_FINISHED:
      stepcast_mock_control_finish_after (control, STEPS_BEFORE, STEPCAST_STEP_LAST);
      start (fixture);
      wait_for_state (fixture, state);
      stepcast_mock_control_finish_after (control, 0, STEPCAST_STEP_LAST);
      break;
    case STEPCAST_SESSION_STATE_FAILED:
      stepcast_mock_control_fail (control, STEPCAST_MOCK_PHASE_STEP, STEPS_BEFORE + 1);
      start (fixture);
      wait_for_state (fixture, state);
      stepcast_mock_control_fail (control, STEPCAST_MOCK_PHASE_NONE, 0);
      break;
    default:
      g_assert_not_reached ();
    }
  g_assert_cmpint (get_state (fixture), ==, state);
}

static gboolean
request (Fixture *fixture, Request request, Answer *answer, GError **error)
{
  switch (request)
    {
    case START:
      return stepcast_session_start (fixture->session, error);
    case STOP:
      stop_begin (fixture, answer);
      return TRUE;
    case PAUSE:
      return stepcast_session_pause (fixture->session, error);
    case RESUME:
      return stepcast_session_resume (fixture->session, error);
    case STEP:
      return stepcast_session_step (fixture->session, STEPS_ASKED, error);
    case SET:
      set_begin (fixture, "{'level': <7>, 'size': <70>}", answer);
      return TRUE;
    default:
      g_assert_not_reached ();
    }
}

static void
check_stop_answer (Fixture *fixture, const Cell *cell, Answer *answer)
{
  stepcast_test_wait_for (answer->is_done);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->report.step, ==, get_step (fixture));
  g_assert_cmpuint (stepcast_session_get_last_stop (fixture->session)->step, ==,
                    answer->report.step);
  g_assert_cmpfloat (answer->report.seconds, >=, 0);
}

static void
check_set_answer (Fixture *fixture, const Cell *cell, Answer *answer)
{
  guint64 step = 1;

  stepcast_test_wait_for (answer->is_done);
  g_assert_no_error (answer->error);
  g_assert_cmpint (get_level (fixture), ==, 7);
  g_assert_cmpuint (get_size (fixture), ==, 70);
  g_assert_cmpuint (fixture->n_parameters_changed, ==, 1);
  if (cell->from == STEPCAST_SESSION_STATE_RUNNING)
    step = STEPS_BEFORE + 2; /* after the one that was under way */
  else if (cell->from == STEPCAST_SESSION_STATE_PAUSED)
    step = STEPS_BEFORE + 1;
  g_assert_cmpuint (answer->step, ==, step);
}

static void
check_what_came_of_it (Fixture *fixture, const Cell *cell, guint64 step_before)
{
  stepcast_test_wait_for (get_state (fixture) == cell->then);

  if (cell->then == STEPCAST_SESSION_STATE_RUNNING)
    stepcast_test_wait_for (get_step (fixture) > step_before + 2); /* it does go on */
  else
    stepcast_test_settle (fixture->scheduler); /* it does not */
  g_assert_cmpint (get_state (fixture), ==, cell->then);

  if (cell->request == STEP && cell->is_allowed)
    g_assert_cmpuint (get_step (fixture), ==,
                      STEPS_ASKED + (cell->n_new_runs == 0 ? step_before : 0));
  else if (cell->from == STEPCAST_SESSION_STATE_RUNNING ||
           cell->from == STEPCAST_SESSION_STATE_STOPPING)
    g_assert_cmpuint (get_step (fixture), >=, step_before + 1); /* the one under way, at least */
  else if (cell->then != STEPCAST_SESSION_STATE_RUNNING)
    g_assert_cmpuint (get_step (fixture), ==, step_before);

  if (cell->from != STEPCAST_SESSION_STATE_IDLE && cell->then != STEPCAST_SESSION_STATE_RUNNING &&
      !(cell->request == STEP && cell->is_allowed))
    g_assert_cmpuint (get_step (fixture), <=, step_before + 1);
}

static void
test_cell (gconstpointer data)
{
  const Cell *cell = data;
  g_auto (Answer) stop_answer = { 0 };
  g_auto (Answer) answer = { 0 };
  g_autoptr (GError) error = NULL;
  Fixture fixture;
  gboolean is_held =
    cell->from == STEPCAST_SESSION_STATE_RUNNING || cell->from == STEPCAST_SESSION_STATE_STOPPING;
  guint64 step_before = cell->from == STEPCAST_SESSION_STATE_IDLE ? 0 : STEPS_BEFORE;
  guint n_changes;
  guint run_number;

  set_up (&fixture, 2, DEADLINE_MS);
  bring_to (&fixture, cell->from, &stop_answer);
  run_number = stepcast_session_get_run_number (fixture.session);
  n_changes = fixture.n_changes;

  g_assert_true (request (&fixture, cell->request, &answer, &error) == cell->is_allowed);
  if (cell->is_allowed)
    {
      g_assert_no_error (error);
    }
  else
    {
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);
      g_assert_nonnull (strstr (error->message, stepcast_session_get_state_nick (fixture.session)));
      g_assert_cmpuint (fixture.n_changes, ==, n_changes);
    }
  g_assert_cmpint (get_state (&fixture), ==, cell->at_once);

  /* What was held is let go, and is stopped at a time that the test chooses. */
  if (is_held)
    stepcast_mock_control_release (fixture.control);
  check_what_came_of_it (&fixture, cell, step_before);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==,
                    run_number + cell->n_new_runs);
  if (cell->from == STEPCAST_SESSION_STATE_STOPPING)
    {
      stepcast_test_wait_for (stop_answer.is_done);
      g_assert_no_error (stop_answer.error);
      g_assert_cmpuint (stop_answer.report.step, ==, STEPS_BEFORE + 1);
    }
  if (cell->request == STOP)
    check_stop_answer (&fixture, cell, &answer);
  else if (cell->request == SET)
    check_set_answer (&fixture, cell, &answer);

  if (cell->n_new_runs > 0 || cell->from != STEPCAST_SESSION_STATE_FAILED)
    g_assert_null (stepcast_session_get_reason (fixture.session));
  else
    g_assert_nonnull (stepcast_session_get_reason (fixture.session));

  tear_down (&fixture);
}

static void
add_cells (void)
{
  static const char *const requests[] = { "start", "stop", "pause", "resume", "step", "set" };
  static const char *const states[] = { "idle",    "running",  "paused", "stopping",
                                        "stopped", "finished", "failed" };

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/session/table/%s/%s", states[table[i].from], requests[table[i].request]);

      g_test_add_data_func (path, &table[i], test_cell);
    }
}

/* Every edge is seen, and on_state() sees to it that there is no other. */
static void
test_edges (void)
{
  g_auto (Answer) answer = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, SHORT_DEADLINE_MS);
  step_and_wait (&fixture, 1);
  start (&fixture);
  stop_and_wait (&fixture); /* from running */
  step_and_wait (&fixture, 1);
  stop_and_wait (&fixture); /* from paused */
  stepcast_mock_control_finish_after (fixture.control, 3, STEPCAST_STEP_LAST);
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_STEP, 2);
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FAILED);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_WARNING, "*mock*did not come back*");
  stop_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_test_assert_expected_messages ();

  for (guint from = 0; from < N_STATES; from++)
    g_assert_cmpuint (fixture.seen_edges[from], ==, allowed_edges[from]);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (fixture.scheduler) == 0);
  tear_down (&fixture);
}

static void
test_step_zero (void)
{
  g_autoptr (GError) error = NULL;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  g_assert_false (stepcast_session_step (fixture.session, 0, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_IDLE);
  step_and_wait (&fixture, 1);
  g_assert_true (stepcast_session_step (fixture.session, G_MAXUINT64, NULL));
  stepcast_test_wait_for (get_step (&fixture) > 3);
  tear_down (&fixture);
}

/* ---- start and stop ---- */

static void
test_two_starts_one_run (void)
{
  StepcastMockCounts counts;
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  start (&fixture);
  start (&fixture);
  stepcast_test_wait_for (get_step (&fixture) > 10);
  start (&fixture);
  stepcast_test_settle (fixture.scheduler);
  stepcast_mock_control_get_counts (fixture.control, &counts);
  g_assert_cmpuint (counts.n_alive, ==, 1);
  g_assert_cmpuint (counts.n_prepared, ==, 1);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 1);
  tear_down (&fixture);
}

static void
test_stop_joins_stop (void)
{
  Answer answers[3] = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPING, &answers[0]);
  stop_begin (&fixture, &answers[1]);
  stop_begin (&fixture, &answers[2]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  for (guint i = 0; i < 3; i++)
    g_assert_false (answers[i].is_done);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (answers[0].is_done && answers[1].is_done && answers[2].is_done);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_no_error (answers[i].error);
      g_assert_cmpuint (answers[i].report.step, ==, STEPS_BEFORE + 1);
    }
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 1);
  tear_down (&fixture);
}

static void
test_stop_then_start (void)
{
  g_auto (Answer) answer = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPING, &answer);
  start (&fixture);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 1);
  g_assert_false (answer.is_done);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (answer.report.step, ==, STEPS_BEFORE + 1);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_RUNNING);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 2);
  stepcast_test_wait_for (get_step (&fixture) > 10);
  tear_down (&fixture);
}

static void
test_stop_cancels_restart (void)
{
  g_auto (Answer) first = { 0 };
  g_auto (Answer) second = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPING, &first);
  start (&fixture);
  stop_begin (&fixture, &second);
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (first.is_done && second.is_done);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_STOPPED);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 1);
  tear_down (&fixture);
}

static void
on_stopped_stop_again (GObject *object, GAsyncResult *result, gpointer user_data)
{
  on_stopped (object, result, user_data);
  stepcast_session_stop_async (STEPCAST_SESSION (object), NULL, NULL, NULL);
}

/* "Stop" is a promise: who asked for it last is not surprised by an older "start". */
static void
test_stop_in_answer_cancels_restart (void)
{
  g_auto (Answer) answer = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 3, FALSE);
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  stepcast_session_stop_async (fixture.session, NULL, on_stopped_stop_again, &answer);
  start (&fixture);
  while (g_main_context_iteration (NULL, FALSE))
    ; /* so that the answer comes from within */
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (answer.is_done);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_STOPPED);
  tear_down (&fixture);
}

/* Withdrawn before it began: the one slot is another session's. */
static void
test_stop_before_begin (void)
{
  StepcastMockCounts counts;
  Fixture holder, fixture;

  set_up (&holder, 1, DEADLINE_MS);
  bring_to (&holder, STEPCAST_SESSION_STATE_RUNNING, NULL);

  set_up (&fixture, 1, DEADLINE_MS);
  g_clear_object (&fixture.source);
  {
    g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture.control, SIZE);

    g_clear_object (&fixture.session);
    fixture.session = stepcast_session_new ("mock_2", holder.source, parameters, DEADLINE_MS);
  }
  start (&fixture);
  stop_and_wait (&fixture);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_STOPPED);
  g_assert_cmpuint (get_step (&fixture), ==, 0);
  stepcast_mock_control_get_counts (fixture.control, &counts);
  g_assert_cmpuint (counts.n_prepared, ==, 0);

  stepcast_mock_control_release (holder.control);
  stepcast_test_wait_for (get_step (&holder) > STEPS_BEFORE + 1);
  /* What was never begun can still be drawn: its step 0. */
  g_assert_cmpuint (draw_and_wait (&fixture).step, ==, 0);
  tear_down (&fixture);
  tear_down (&holder);
}

static void
test_no_frame_after_stop (void)
{
  g_autoptr (StepcastMockSink) every = stepcast_mock_sink_new_every (G_MAXUINT);
  g_autoptr (StepcastMockSink) latest = stepcast_mock_sink_new_latest (0);
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (every));
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (latest));
  for (guint round = 1; round <= 20; round++)
    {
      g_auto (Answer) answer = { 0 };
      guint n_every, n_latest;

      start (&fixture);
      stepcast_test_wait_for (get_step (&fixture) > round * 3);
      stop_begin (&fixture, &answer);
      n_every = stepcast_mock_sink_get_n_frames (every);
      n_latest = stepcast_mock_sink_get_n_frames (latest);
      stepcast_test_wait_for (answer.is_done);
      stepcast_test_settle (fixture.scheduler);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (every), ==, n_every);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (latest), ==, n_latest);

      /* Asked for, it is drawn, for who asked for it. */
      g_assert_cmpuint (draw_and_wait (&fixture).step, ==, answer.report.step);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (every), ==, n_every);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (latest), ==, n_latest);
    }
  tear_down (&fixture);
}

/* ---- frames ---- */

static void
test_every_frame (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (0);
  StepcastMockCounts counts;
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (stepcast_mock_control_get_n_steps (fixture.control), ==, 0); /* it is held */

  for (guint window = 1; window <= 30; window++)
    {
      guint n_frames = stepcast_mock_sink_get_n_frames (sink) + window;

      stepcast_mock_sink_set_window (sink, window);
      stepcast_session_proceed (fixture.session);
      stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (sink) == n_frames);
      stepcast_test_settle (fixture.scheduler);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sink), ==, n_frames);
      g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
    }
  for (guint i = 0; i < stepcast_mock_sink_get_n_frames (sink); i++)
    {
      StepcastFrame *frame = stepcast_mock_sink_get_frame (sink, i);

      g_assert_cmpuint (stepcast_mock_picture_read (frame).step, ==, i + 1);
      g_assert_cmpuint (stepcast_frame_get_serial (frame), ==, i + 1);
      g_assert_cmpuint (stepcast_frame_get_run (frame), ==, 1);
    }
  stepcast_mock_control_get_counts (fixture.control, &counts);
  g_assert_cmpuint (counts.n_steps, ==, stepcast_mock_sink_get_n_frames (sink));
  g_assert_cmpuint (counts.n_draws, ==, stepcast_mock_sink_get_n_frames (sink));
  tear_down (&fixture);
}

static void
test_window_of_bytes (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (G_MAXUINT);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_window_bytes (sink, 0);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (stepcast_mock_control_get_n_steps (fixture.control), ==, 0);

  stepcast_mock_sink_set_window_bytes (sink, G_MAXSIZE);
  stepcast_session_proceed (fixture.session);
  stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (sink) > 100);
  tear_down (&fixture);
}

static gboolean
on_frame_proceed (StepcastMockSink *sink, StepcastFrame *frame, gpointer user_data)
{
  stepcast_session_proceed (user_data);
  return TRUE;
}

/* A sink may say at any time that it takes more; its window holds nevertheless. */
static void
test_proceed_from_deliver (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (7);
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  stepcast_mock_sink_set_func (sink, on_frame_proceed, fixture.session);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  for (guint round = 1; round <= 50; round++)
    {
      stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (sink) == round * 7);
      stepcast_mock_sink_set_window (sink, 7);
      stepcast_session_proceed (fixture.session);
    }
  tear_down (&fixture);
}

/* One that comes while a slice is under way gets every frame from its first on. */
static void
test_every_sink_comes_late (void)
{
  g_autoptr (StepcastMockSink) latest = stepcast_mock_sink_new_latest (0);
  g_autoptr (StepcastMockSink) every = stepcast_mock_sink_new_every (50);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (latest));
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 3, FALSE);
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (every));
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (every) == 50); /* it checks its steps */
  tear_down (&fixture);
}

static void
test_latest_frames (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (STEPCAST_NEVER);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  for (guint i = 1; i <= 10; i++)
    {
      guint64 n_steps = stepcast_mock_control_get_n_steps (fixture.control);

      stepcast_test_wait_for (stepcast_mock_control_get_n_steps (fixture.control) > n_steps + 50);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sink), ==, i - 1);
      stepcast_mock_sink_set_due (sink, g_get_monotonic_time ());
      /* Whatever it is given it wants no other: as one that writes a frame. */
      stepcast_mock_sink_set_interval (sink, G_TIME_SPAN_DAY);
      stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (sink) == i);
    }
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), ==, 10);
  g_assert_cmpuint (stepcast_mock_control_get_n_steps (fixture.control), >, 500);
  tear_down (&fixture);
}

static void
test_draws_at_an_interval (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  gint64 began_us = g_get_monotonic_time ();
  Fixture fixture;
  guint most;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_interval (sink, 20 * G_TIME_SPAN_MILLISECOND);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (sink) >= 5);
  pause_and_wait (&fixture);
  most = (guint) ((g_get_monotonic_time () - began_us) / (20 * G_TIME_SPAN_MILLISECOND)) + 2;
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), <=, most);
  g_assert_cmpuint (stepcast_mock_control_get_n_steps (fixture.control), >, 100);
  tear_down (&fixture);
}

static void
test_no_sink_no_draw (void)
{
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_finish_after (fixture.control, 5000, STEPCAST_STEP_LAST);
  step_and_wait (&fixture, 100);
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (get_step (&fixture), ==, 5000);
  start (&fixture);
  stepcast_test_wait_for (get_step (&fixture) > 100);
  stop_and_wait (&fixture);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), ==, 0);
  g_assert_null (stepcast_session_get_latest_frame (fixture.session));
  tear_down (&fixture);
}

/* Whether @frame has what the mock encoder makes of its document. */
static gboolean
is_encoded (StepcastFrame *frame)
{
  GBytes *encoded = stepcast_frame_get_encoded (frame);
  gsize length, encoded_length;
  const char *svg = g_bytes_get_data (stepcast_frame_get_svg (frame), &length);
  const char *text;

  if (encoded == NULL)
    return FALSE;
  text = g_bytes_get_data (encoded, &encoded_length);
  g_assert_cmpmem (text, strlen ("encoded "), "encoded ", strlen ("encoded "));
  g_assert_cmpmem (text + strlen ("encoded "), encoded_length - strlen ("encoded "), svg, length);
  return TRUE;
}

/* A frame is encoded once, whoever looks; and those who do not want it so have the same frame. */
static void
test_encoded_once (void)
{
  const guint n_sinks = 20;
  g_autoptr (StepcastMockEncoder) encoder = stepcast_mock_encoder_new ();
  g_autoptr (GPtrArray) sinks = g_ptr_array_new_with_free_func (g_object_unref);
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  stepcast_mock_control_finish_after (fixture.control, 100, STEPCAST_STEP_LAST);
  for (guint i = 0; i < n_sinks; i++)
    {
      StepcastMockSink *sink = stepcast_mock_sink_new_every (G_MAXUINT);

      if (i % 4 != 0)
        stepcast_mock_sink_set_encoder (sink, STEPCAST_FRAME_ENCODER (encoder));
      stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
      g_ptr_array_add (sinks, sink);
    }
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);

  g_assert_cmpuint (stepcast_mock_encoder_get_n_calls (encoder), ==, 100);
  for (guint i = 0; i < n_sinks; i++)
    {
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sinks->pdata[i]), ==, 100);
      for (guint k = 0; k < 100; k++)
        {
          StepcastFrame *frame = stepcast_mock_sink_get_frame (sinks->pdata[i], k);

          g_assert_true (is_encoded (frame));
          g_assert_true (frame == stepcast_mock_sink_get_frame (sinks->pdata[0], k));
        }
    }
  tear_down (&fixture);
}

/* Where each frame is wanted, but not encoded, only those are that somebody takes who wants them
 * so: the last of those that come together. */
static void
test_encoded_last (void)
{
  g_autoptr (StepcastMockEncoder) encoder = stepcast_mock_encoder_new ();
  g_autoptr (StepcastMockSink) every = stepcast_mock_sink_new_every (10);
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_encoder (sink, STEPCAST_FRAME_ENCODER (encoder));
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (every));
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (every) == 10);
  for (guint i = 0; i < 9; i++) /* they may have come in more than one slice */
    {
      StepcastFrame *frame = stepcast_mock_sink_get_frame (every, i);

      g_assert_true (frame == stepcast_mock_sink_get_frame (sink, i));
    }
  g_assert_true (is_encoded (stepcast_mock_sink_get_last (every)));
  g_assert_cmpuint (stepcast_mock_encoder_get_n_calls (encoder), <, 10);
  tear_down (&fixture);
}

/* Nothing is encoded while nobody who wants it so wants a frame. */
static void
test_encoded_on_demand (void)
{
  g_autoptr (StepcastMockEncoder) encoder = stepcast_mock_encoder_new ();
  g_autoptr (StepcastMockSink) plain = stepcast_mock_sink_new_latest (0);
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (STEPCAST_NEVER);
  g_auto (Answer) answer = { 0 };
  Fixture fixture;
  guint n_frames;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_encoder (sink, STEPCAST_FRAME_ENCODER (encoder));
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (plain));
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (plain) >= 10);
  g_assert_cmpuint (stepcast_mock_encoder_get_n_calls (encoder), ==, 0);
  g_assert_false (is_encoded (stepcast_mock_sink_get_last (sink)));

  n_frames = stepcast_mock_sink_get_n_frames (sink);
  stepcast_mock_sink_set_due (sink, 0);
  stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (sink) >= n_frames + 10);
  g_assert_true (is_encoded (stepcast_mock_sink_get_last (sink)));
  stop_and_wait (&fixture);

  /* One that stands still is drawn in a slice of its own. */
  draw_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  g_assert_true (is_encoded (answer.frame));
  tear_down (&fixture);
}

/* ---- drawing on demand ---- */

static void
test_draw_idle (void)
{
  g_auto (Answer) answer = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  draw_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_error (answer.error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);
  tear_down (&fixture);
}

static void
test_draw_running (void)
{
  StepcastMockPicture picture;
  guint64 step;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  start (&fixture);
  stepcast_test_wait_for (get_step (&fixture) > 10);
  step = get_step (&fixture);
  picture = draw_and_wait (&fixture);
  g_assert_cmpuint (picture.step, >, step);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), ==, 1);
  tear_down (&fixture);
}

/* A run that is held stands still, and is drawn at once. */
static void
test_draw_held (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (0);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  g_assert_cmpuint (draw_and_wait (&fixture).step, ==, 0);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
  g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sink), ==, 0);
  tear_down (&fixture);
}

static void
test_draw_standing (gconstpointer data)
{
  StepcastSessionState state = GPOINTER_TO_UINT (data);
  g_auto (Answer) first = { 0 };
  g_auto (Answer) second = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, state, NULL);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), ==, 0);

  draw_begin (&fixture, &first);
  draw_begin (&fixture, &second);
  stepcast_test_wait_for (first.is_done && second.is_done);
  g_assert_no_error (first.error);
  g_assert_true (first.frame == second.frame);
  g_assert_cmpuint (stepcast_mock_picture_read (first.frame).step, ==, STEPS_BEFORE);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), ==, 1);

  g_assert_cmpuint (draw_and_wait (&fixture).step, ==, STEPS_BEFORE);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), ==, 1);
  g_assert_cmpint (get_state (&fixture), ==, state);
  tear_down (&fixture);
}

/* Who asks on the way to "stopped" gets what it stopped at, not an older frame. */
static void
test_draw_stopping (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  g_auto (Answer) stop = { 0 };
  g_auto (Answer) draw = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_interval (sink, G_TIME_SPAN_DAY); /* step 1 is drawn, no other */
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 3, FALSE);
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  stop_begin (&fixture, &stop);
  draw_begin (&fixture, &draw);
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stop.is_done && draw.is_done);
  g_assert_no_error (draw.error);
  g_assert_cmpuint (stop.report.step, >=, 2);
  g_assert_cmpuint (stepcast_frame_get_step (draw.frame), ==, stop.report.step);
  tear_down (&fixture);
}

/* The old run's drawing is nobody's any more when a new run has begun. */
static void
test_start_during_drawing (void)
{
  g_auto (Answer) answer = { 0 };
  g_auto (Answer) set = { 0 };
  StepcastMockPicture picture;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPED, NULL);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_DRAW, STEPS_BEFORE, TRUE);
  draw_begin (&fixture, &answer);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);

  /* What is set while it draws is for the next run, all of it. */
  set_begin (&fixture, "{'size': <33>, 'level': <3>}", &set);
  step_and_wait (&fixture, 1);
  stepcast_test_wait_for (set.is_done && answer.is_done);
  g_assert_no_error (set.error);
  g_assert_cmpuint (set.step, ==, 1);
  picture = stepcast_mock_picture_read (answer.frame);
  g_assert_cmpuint (stepcast_frame_get_run (answer.frame), ==, 2);
  g_assert_cmpuint (picture.size, ==, 33);
  g_assert_cmpint (picture.level, ==, 3);
  tear_down (&fixture);
}

static void
test_draw_fails (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  g_auto (Answer) answer = { 0 };
  guint n_draws;
  Fixture fixture;

  /* A picture that was asked for is no part of the run: it can go on. */
  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_PAUSED, NULL);
  stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_DRAW, STEPS_BEFORE);
  draw_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_error (answer.error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED);
  g_assert_nonnull (strstr (answer.error->message, "5"));
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_PAUSED);

  /* Who follows does not make it try again and again. */
  n_draws = stepcast_mock_control_get_n_draws (fixture.control);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (stepcast_mock_control_get_n_draws (fixture.control), <=, n_draws + 1);
  step_and_wait (&fixture, 2);
  g_assert_cmpuint (draw_and_wait (&fixture).step, ==, STEPS_BEFORE + 2);

  /* One that the run draws is: the frame is a step's result. */
  stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_DRAW, STEPS_BEFORE + 4);
  {
    g_autoptr (StepcastMockSink) every = stepcast_mock_sink_new_every (G_MAXUINT);

    stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (every));
    start (&fixture);
    wait_for_state (&fixture, STEPCAST_SESSION_STATE_FAILED);
    g_assert_cmpuint (stepcast_mock_sink_get_n_frames (every), ==, 1);
  }
  g_assert_nonnull (strstr (stepcast_session_get_reason (fixture.session)->message, "step 9"));
  tear_down (&fixture);
}

/* ---- pause and step ---- */

static void
test_pause_after_step (void)
{
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_RUNNING, NULL);
  g_assert_true (stepcast_session_pause (fixture.session, NULL));
  g_assert_true (stepcast_session_resume (fixture.session, NULL)); /* undone before it happened */
  g_assert_true (stepcast_session_pause (fixture.session, NULL));
  stepcast_mock_control_release (fixture.control);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_cmpuint (get_step (&fixture), ==, STEPS_BEFORE + 1);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (get_step (&fixture), ==, STEPS_BEFORE + 1);
  tear_down (&fixture);
}

static void
test_paused_state_is_shown (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_interval (sink, G_TIME_SPAN_MILLISECOND * 500);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_wait_for (get_step (&fixture) > 10);
  pause_and_wait (&fixture);
  stepcast_test_wait_for (stepcast_frame_get_step (stepcast_mock_sink_get_last (sink)) ==
                          get_step (&fixture));
  tear_down (&fixture);
}

static void
test_steps (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (G_MAXUINT);
  guint64 expected = 0;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  for (guint64 n_steps = 1; n_steps < 200; n_steps *= 3)
    {
      step_and_wait (&fixture, n_steps);
      expected += n_steps;
      g_assert_cmpuint (get_step (&fixture), ==, expected);
      g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sink), ==, expected);
    }
  stop_and_wait (&fixture);
  step_and_wait (&fixture, 4);
  g_assert_cmpuint (get_step (&fixture), ==, 4);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 2);
  tear_down (&fixture);
}

/* ---- parameters ---- */

static void
test_set_running (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (G_MAXUINT);
  guint64 first_steps[5] = { 0 };
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  for (int level = 1; level < 5; level++)
    {
      g_autofree char *text = g_strdup_printf ("{'level': <%d>}", level);
      guint64 step = get_step (&fixture);

      stepcast_test_wait_for (get_step (&fixture) > step + 5);
      first_steps[level] = set_and_wait (&fixture, text);
    }
  stepcast_test_wait_for (get_step (&fixture) > first_steps[4] + 5);
  stop_and_wait (&fixture);

  for (guint i = 0; i < stepcast_mock_sink_get_n_frames (sink); i++)
    {
      StepcastMockPicture picture =
        stepcast_mock_picture_read (stepcast_mock_sink_get_frame (sink, i));
      int expected = 0;

      while (expected < 4 && picture.step >= first_steps[expected + 1])
        expected++;
      g_assert_cmpint (picture.level, ==, expected);
      g_assert_cmpint (picture.shown_level, ==, expected);
    }
  tear_down (&fixture);
}

static void
test_set_all_or_nothing (void)
{
  static const struct
  {
    const char *text;
    int code;
  } cases[] = {
    { "{'level': <5>, 'size': <0>}", STEPCAST_ERROR_INVALID_VALUE },
    { "{'level': <5>, 'colour': <'red'>}", STEPCAST_ERROR_UNKNOWN_PARAMETER },
    { "{'level': <'five'>}", STEPCAST_ERROR_INVALID_VALUE },
  };
  static const StepcastSessionState states[] = { STEPCAST_SESSION_STATE_IDLE,
                                                 STEPCAST_SESSION_STATE_RUNNING,
                                                 STEPCAST_SESSION_STATE_PAUSED,
                                                 STEPCAST_SESSION_STATE_STOPPED };

  for (gsize s = 0; s < G_N_ELEMENTS (states); s++)
    {
      Fixture fixture;

      set_up (&fixture, 1, DEADLINE_MS);
      bring_to (&fixture, states[s], NULL);
      for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        {
          g_auto (Answer) answer = { 0 };

          set_begin (&fixture, cases[i].text, &answer);
          stepcast_test_wait_for (answer.is_done);
          g_assert_error (answer.error, STEPCAST_ERROR, cases[i].code);
          g_assert_cmpint (get_level (&fixture), ==, 0);
          g_assert_cmpuint (get_size (&fixture), ==, SIZE);
          g_assert_cmpuint (fixture.n_parameters_changed, ==, 0);
          g_assert_cmpint (get_state (&fixture), ==, states[s]);
        }
      stepcast_mock_control_release (fixture.control);
      tear_down (&fixture);
    }
}

static void
test_set_at_start (void)
{
  StepcastMockPicture picture;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  step_and_wait (&fixture, 3);
  g_assert_cmpuint (set_and_wait (&fixture, "{'size': <55>, 'level': <9>}"), ==, 4);
  step_and_wait (&fixture, 1);
  picture = draw_and_wait (&fixture);
  g_assert_cmpuint (picture.size, ==, SIZE);
  g_assert_cmpint (picture.level, ==, 9);

  /* A restart keeps what was set. */
  stop_and_wait (&fixture);
  step_and_wait (&fixture, 1);
  picture = draw_and_wait (&fixture);
  g_assert_cmpuint (picture.step, ==, 1);
  g_assert_cmpuint (picture.size, ==, 55);
  g_assert_cmpint (picture.level, ==, 9);
  tear_down (&fixture);
}

static void
test_set_stopping_is_for_the_restart (void)
{
  g_auto (Answer) stop = { 0 };
  g_auto (Answer) set = { 0 };
  StepcastMockPicture picture;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPING, &stop);
  set_begin (&fixture, "{'size': <44>, 'level': <4>}", &set);
  start (&fixture);
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (set.is_done && stop.is_done);
  g_assert_cmpuint (set.step, ==, 1);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_RUNNING);
  picture = draw_and_wait (&fixture);
  g_assert_cmpuint (picture.size, ==, 44);
  g_assert_cmpint (picture.level, ==, 4);
  tear_down (&fixture);
}

static void
on_state_start_again (StepcastSession *session, GParamSpec *pspec, gpointer user_data)
{
  if (stepcast_session_get_state (session) == STEPCAST_SESSION_STATE_STOPPED)
    stepcast_session_start (session, NULL);
}

static void
test_set_stopping_start_from_notify (void)
{
  g_auto (Answer) stop = { 0 };
  g_auto (Answer) set = { 0 };
  StepcastMockPicture picture;
  Fixture fixture;
  gulong id;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPING, &stop);
  set_begin (&fixture, "{'size': <44>, 'level': <4>}", &set);
  id = g_signal_connect (fixture.session, "notify::state", G_CALLBACK (on_state_start_again), NULL);
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (set.is_done && stop.is_done);
  g_signal_handler_disconnect (fixture.session, id);
  g_assert_cmpuint (stop.report.step, ==, STEPS_BEFORE + 1); /* of the run that was stopped */
  g_assert_cmpuint (set.step, ==, 1);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
  picture = draw_and_wait (&fixture);
  g_assert_cmpuint (picture.size, ==, 44);
  g_assert_cmpint (picture.level, ==, 4);
  tear_down (&fixture);
}

static void
test_set_paused_redraws (void)
{
  g_autoptr (StepcastMockSink) latest = stepcast_mock_sink_new_latest (0);
  g_autoptr (StepcastMockSink) every = stepcast_mock_sink_new_every (G_MAXUINT);
  StepcastMockPicture picture;
  Fixture fixture;
  guint n_frames;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (every));
  step_and_wait (&fixture, 3);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (latest));
  g_assert_cmpuint (stepcast_mock_sink_get_n_frames (latest), ==, 1); /* what there is, at once */
  n_frames = stepcast_mock_sink_get_n_frames (every);

  for (int level = 1; level <= 3; level++)
    {
      g_autofree char *text = g_strdup_printf ("{'level': <%d>}", level);

      g_assert_cmpuint (set_and_wait (&fixture, text), ==, 4);
      stepcast_test_wait_for (stepcast_mock_sink_get_n_frames (latest) == (guint) level + 1);
      picture = stepcast_mock_picture_read (stepcast_mock_sink_get_last (latest));
      g_assert_cmpuint (picture.step, ==, 3);
      g_assert_cmpint (picture.level, ==, 0);
      g_assert_cmpint (picture.shown_level, ==, level);
    }
  g_assert_cmpuint (stepcast_mock_sink_get_n_frames (every), ==, n_frames);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_PAUSED);
  step_and_wait (&fixture, 1);
  g_assert_cmpint (stepcast_mock_picture_read (stepcast_mock_sink_get_last (every)).level, ==, 3);
  tear_down (&fixture);
}

/* ---- ends ---- */

static void
test_finish (gconstpointer data)
{
  g_autoptr (StepcastMockSink) every = stepcast_mock_sink_new_every (G_MAXUINT);
  g_autoptr (StepcastMockSink) latest = stepcast_mock_sink_new_latest (0);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_finish_after (fixture.control, 40, GPOINTER_TO_INT (data));
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (&fixture), ==, 40);
  g_assert_cmpuint (draw_and_wait (&fixture).step, ==, 40);

  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (every));
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (stepcast_mock_sink_get_n_frames (every), ==, 40);
  stepcast_session_remove_sink (fixture.session, STEPCAST_FRAME_SINK (every));

  /* The last state is shown to who follows, even if it was not due. */
  stepcast_mock_sink_set_interval (latest, G_TIME_SPAN_HOUR);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (latest));
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  stepcast_test_wait_for (stepcast_frame_get_step (stepcast_mock_sink_get_last (latest)) == 40 &&
                          stepcast_frame_get_run (stepcast_mock_sink_get_last (latest)) == 3);
  stepcast_session_remove_sink (fixture.session, STEPCAST_FRAME_SINK (latest));

  /* "Step" beyond the end ends there; exactly to the end does too, if it is known to be the end. */
  g_assert_true (stepcast_session_step (fixture.session, 1000, NULL));
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (&fixture), ==, 40);
  tear_down (&fixture);
}

static void
test_fail_in_step (void)
{
  const GError *reason;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_STEP, 812);
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FAILED);
  reason = stepcast_session_get_reason (fixture.session);
  g_assert_error (reason, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED);
  g_assert_nonnull (strstr (reason->message, "Step 812"));
  g_assert_cmpuint (get_step (&fixture), ==, 811);
  g_assert_cmpuint (draw_and_wait (&fixture).step, ==, 811);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_FAILED);

  stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_NONE, 0);
  step_and_wait (&fixture, 813);
  g_assert_null (stepcast_session_get_reason (fixture.session));
  tear_down (&fixture);
}

static void
test_fail_in_prepare (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  g_auto (Answer) answer = { 0 };
  StepcastMockCounts counts;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_PREPARE, 0);
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FAILED);
  g_assert_nonnull (
    strstr (stepcast_session_get_reason (fixture.session)->message, "Before the first step"));

  /* There is no state to draw, and it is not made a second time. */
  draw_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_nonnull (answer.error);
  stepcast_test_settle (fixture.scheduler);
  stepcast_mock_control_get_counts (fixture.control, &counts);
  g_assert_cmpuint (counts.n_prepared, ==, 1);
  g_assert_cmpuint (counts.n_draws, ==, 0);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_FAILED);
  tear_down (&fixture);
}

static void
test_stop_in_prepare (void)
{
  g_auto (Answer) answer = { 0 };
  g_auto (Answer) draw = { 0 };
  StepcastMockCounts counts;
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_PREPARE, 0, TRUE);
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  stop_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (answer.report.step, ==, 0);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_STOPPED);

  stepcast_mock_control_release (fixture.control);
  draw_begin (&fixture, &draw);
  stepcast_test_wait_for (draw.is_done);
  g_assert_error (draw.error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);
  stepcast_mock_control_get_counts (fixture.control, &counts);
  g_assert_cmpuint (counts.n_prepared, ==, 1);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_STOPPED);
  tear_down (&fixture);
}

/* What a generator may not do must not hurt anybody but its session. */
static void
test_odd_failures (void)
{
  static const struct
  {
    GQuark (*domain) (void);
    int code;
  } cases[] = {
    { g_io_error_quark, G_IO_ERROR_CANCELLED }, /* though nobody cancelled it */
    { NULL, 0 },                                /* failed without an error */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Answer) answer = { 0 };
      Fixture fixture;

      set_up (&fixture, 1, DEADLINE_MS);
      stepcast_mock_control_fail_with (fixture.control,
                                       cases[i].domain != NULL ? cases[i].domain () : 0,
                                       cases[i].code);
      stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_STEP, 4);
      start (&fixture);
      wait_for_state (&fixture, STEPCAST_SESSION_STATE_FAILED);
      g_assert_nonnull (stepcast_session_get_reason (fixture.session));
      g_assert_nonnull (strstr (stepcast_session_get_reason (fixture.session)->message, "tep 4"));

      stepcast_mock_control_fail (fixture.control, STEPCAST_MOCK_PHASE_DRAW, 3);
      draw_begin (&fixture, &answer);
      stepcast_test_wait_for (answer.is_done);
      g_assert_nonnull (answer.error);
      g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_FAILED);
      tear_down (&fixture);
    }
}

/* Who waits for a picture does not wait for ever, and a drawing that hangs does not keep the next
 * one from being told so. */
static void
test_draw_deadline (void)
{
  g_auto (Answer) draw = { 0 };
  g_auto (Answer) second = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  step_and_wait (&fixture, 3);
  stop_and_wait (&fixture);
  stepcast_session_set_draw_deadline (fixture.session, SHORT_DEADLINE_MS);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_DRAW, 3, FALSE);

  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_WARNING, "*mock*from drawing*");
  draw_begin (&fixture, &draw);
  stepcast_test_wait_for (draw.is_done);
  g_test_assert_expected_messages ();
  g_assert_error (draw.error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE);
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture.scheduler), ==, 1);

  draw_begin (&fixture, &second);
  stepcast_test_wait_for (second.is_done);
  g_assert_error (second.error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);

  /* The slot was replaced. */
  step_and_wait (&fixture, 1);
  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (fixture.scheduler) == 0);
  tear_down (&fixture);
}

/* A step that is long in coming is nobody's fault: the session goes on. */
static void
test_draw_deadline_while_running (void)
{
  g_auto (Answer) draw = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_session_set_draw_deadline (fixture.session, SHORT_DEADLINE_MS);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 2, FALSE);
  g_assert_true (stepcast_session_start (fixture.session, NULL));
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  draw_begin (&fixture, &draw);
  stepcast_test_wait_for (draw.is_done);
  g_assert_error (draw.error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_RUNNING);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_session_get_progress (fixture.session)->step > 10);
  tear_down (&fixture);
}

static void
test_rate (void)
{
  const double rate = 200;
  Fixture fixture;
  gint64 began_us, elapsed_us;
  guint64 step;

  set_up (&fixture, 1, DEADLINE_MS);
  g_assert_true (stepcast_session_set_rate (fixture.session, rate, NULL));
  g_assert_cmpfloat (stepcast_session_get_rate (fixture.session), ==, rate);
  began_us = g_get_monotonic_time ();
  g_assert_true (stepcast_session_start (fixture.session, NULL));
  stepcast_test_wait_for (stepcast_session_get_progress (fixture.session)->step >= 60);
  elapsed_us = g_get_monotonic_time () - began_us;
  g_assert_cmpfloat ((double) elapsed_us / G_USEC_PER_SEC, >=, 58 / rate);

  g_assert_true (stepcast_session_pause (fixture.session, NULL));
  stepcast_test_wait_for (get_state (&fixture) == STEPCAST_SESSION_STATE_PAUSED);
  step = stepcast_session_get_progress (fixture.session)->step;
  g_assert_true (stepcast_session_set_rate (fixture.session, STEPCAST_MIN_RATE, NULL));
  g_assert_true (stepcast_session_resume (fixture.session, NULL));
  stepcast_test_wait_for (stepcast_session_get_progress (fixture.session)->step == step + 1);

  /* A slice that is under way may do many steps more, which are not counted against a new rate. */
  g_assert_true (stepcast_session_set_rate (fixture.session, 0, NULL));
  stepcast_test_wait_for (stepcast_session_get_progress (fixture.session)->step > 2000);
  g_assert_true (stepcast_session_set_rate (fixture.session, 10, NULL));
  do
    {
      step = stepcast_session_get_progress (fixture.session)->step;
      stepcast_test_wait_for (stepcast_session_get_progress (fixture.session)->step != step);
    }
  while (stepcast_session_get_progress (fixture.session)->step != step + 1);
  g_assert_true (stepcast_session_set_rate (fixture.session, STEPCAST_MIN_RATE, NULL));

  /* It waits for a quarter of an hour now: a stop, and a start, are not kept waiting. */
  stop_and_wait (&fixture);
  g_assert_true (stepcast_session_set_rate (fixture.session, 0, NULL));
  g_assert_true (stepcast_session_start (fixture.session, NULL));
  stepcast_test_wait_for (stepcast_session_get_progress (fixture.session)->step > 100);
  g_assert_cmpfloat (stepcast_session_get_steps_per_second (fixture.session), >, 0);
  stop_and_wait (&fixture);
  g_assert_cmpfloat (stepcast_session_get_steps_per_second (fixture.session), ==, 0);
  tear_down (&fixture);
}

/* The rate was set while the last run was still being drawn: what the new one does counts. */
static void
test_rate_of_a_new_run (void)
{
  g_auto (Answer) draw = { 0 };
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPED, NULL);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_DRAW, STEPS_BEFORE, TRUE);
  draw_begin (&fixture, &draw);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);

  g_assert_true (stepcast_session_set_rate (fixture.session, STEPCAST_MIN_RATE, NULL));
  start (&fixture);
  stepcast_test_wait_for (get_step (&fixture) > 0);
  stepcast_test_settle (fixture.scheduler);
  g_assert_cmpuint (get_step (&fixture), ==, 1);
  tear_down (&fixture);
}

static void
test_rate_out_of_range (void)
{
  const double rates[] = { -1, STEPCAST_MIN_RATE / 2, 2 * STEPCAST_MAX_RATE, NAN, INFINITY };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (stepcast_session_set_rate (fixture.session, rates[i], &error));
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      g_assert_cmpfloat (stepcast_session_get_rate (fixture.session), ==, 0);
    }
  tear_down (&fixture);
}

static void
test_unresponsive (void)
{
  g_auto (Answer) answer = { 0 };
  g_auto (Answer) draw = { 0 };
  g_autoptr (StepcastSession) other = NULL;
  g_autoptr (GVariant) no_parameters =
    g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
  guint64 step;
  Fixture fixture;

  set_up (&fixture, 1, SHORT_DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_RUNNING, NULL);
  other = stepcast_session_new ("other_1", fixture.source, no_parameters, DEADLINE_MS);
  g_assert_true (stepcast_session_start (other, NULL));

  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_WARNING, "*mock*did not come back*");
  stop_begin (&fixture, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_test_assert_expected_messages ();
  g_assert_error (answer.error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_FAILED);
  g_assert_error (stepcast_session_get_reason (fixture.session), STEPCAST_ERROR,
                  STEPCAST_ERROR_UNRESPONSIVE);
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture.scheduler), ==, 1);

  /* The one slot there was is replaced. */
  stepcast_test_wait_for (stepcast_session_get_progress (other)->step > 10);
  draw_begin (&fixture, &draw);
  stepcast_test_wait_for (draw.is_done);
  g_assert_nonnull (draw.error); /* nothing was drawn, and nothing can be */

  /* It can be started again while the old one is still stuck: step 1 blocks no more than others. */
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, STEPS_BEFORE + 1, FALSE);
  step_and_wait (&fixture, STEPS_BEFORE);
  g_assert_cmpuint (stepcast_session_get_run_number (fixture.session), ==, 2);
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture.scheduler), ==, 1);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (fixture.scheduler) == 0);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 1);
  g_assert_cmpint (get_state (&fixture), ==, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_cmpuint (get_step (&fixture), ==, STEPS_BEFORE);

  step = stepcast_session_get_progress (other)->step;
  stepcast_test_wait_for (stepcast_session_get_progress (other)->step > step);
  g_clear_object (&other);
  stepcast_test_settle (fixture.scheduler);
  tear_down (&fixture);
}

/* A deadline that is set counts from the next stop and the next drawing on: what is told of one
 * that has passed is how long that was. */
static void
test_deadlines_are_told (void)
{
  g_auto (Answer) draw = { 0 };
  g_auto (Answer) stop = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, SHORT_DEADLINE_MS);
  stepcast_session_set_draw_deadline (fixture.session, SHORT_DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_RUNNING, NULL);
  draw_begin (&fixture, &draw);
  stepcast_session_set_draw_deadline (fixture.session, DEADLINE_MS);
  stepcast_test_wait_for (draw.is_done);
  g_assert_error (draw.error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE);
  g_assert_nonnull (strstr (draw.error->message, "0.05 s"));

  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_WARNING, "*within 0.05 s*");
  stop_begin (&fixture, &stop);
  stepcast_session_set_stop_deadline (fixture.session, DEADLINE_MS);
  stepcast_test_wait_for (stop.is_done);
  g_test_assert_expected_messages ();
  g_assert_error (stop.error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE);
  g_assert_nonnull (strstr (stop.error->message, "0.05 s"));

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (fixture.scheduler) == 0);
  tear_down (&fixture);
}

/* ---- many ---- */

#define N_SESSIONS 64

static void
test_many_sessions (void)
{
  StepcastSession *sessions[N_SESSIONS];
  g_autoptr (GVariant) parameters = NULL;
  guint64 least, most;
  guint n_stopped = 0;
  Answer answers[N_SESSIONS] = { 0 };
  Fixture fixture;

  set_up (&fixture, 2, DEADLINE_MS);
  stepcast_mock_control_set_work (fixture.control, 20000);
  parameters = stepcast_mock_control_make_parameters (fixture.control, SIZE);
  for (guint i = 0; i < N_SESSIONS; i++)
    {
      g_autofree char *name = g_strdup_printf ("mock_%u", i + 2);

      sessions[i] = stepcast_session_new (name, fixture.source, parameters, DEADLINE_MS);
      g_assert_true (stepcast_session_start (sessions[i], NULL));
    }

  /* A turn is about 10 ms: after four rounds nobody has had none. */
  do
    {
      least = G_MAXUINT64;
      most = 0;
      g_main_context_iteration (NULL, TRUE);
      for (guint i = 0; i < N_SESSIONS; i++)
        {
          guint64 step = stepcast_session_get_progress (sessions[i])->step;

          least = MIN (least, step);
          most = MAX (most, step);
        }
      if (least == 0)
        for (guint i = 0; i < N_SESSIONS; i++)
          g_assert_cmpuint (stepcast_session_get_run_number (sessions[i]), ==, 1);
    }
  while (most == 0 || least == 0);
  stepcast_test_wait_for (({
    gboolean all = TRUE;
    for (guint i = 0; i < N_SESSIONS; i++)
      all = all && stepcast_session_get_progress (sessions[i])->step > 3 * least;
    all;
  }));

  for (guint i = 0; i < N_SESSIONS; i++)
    stepcast_session_stop_async (sessions[i], NULL, on_stopped, &answers[i]);
  stepcast_test_wait_for (({
    n_stopped = 0;
    for (guint i = 0; i < N_SESSIONS; i++)
      n_stopped += answers[i].is_done;
    n_stopped == N_SESSIONS;
  }));
  for (guint i = 0; i < N_SESSIONS; i++)
    {
      g_assert_no_error (answers[i].error);
      g_object_unref (sessions[i]);
    }
  tear_down (&fixture);
}

/* ---- going away ---- */

static void
test_dispose_in_flight (gconstpointer data)
{
  StepcastMockPhase phase = GPOINTER_TO_UINT (data);
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_block (fixture.control, phase, 0, TRUE);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);

  /* It is cancelled, not released. */
  g_clear_object (&fixture.session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 0);
  g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sink), ==, 0);

  {
    g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture.control, SIZE);

    fixture.session = stepcast_session_new ("mock_2", fixture.source, parameters, DEADLINE_MS);
  }
  tear_down (&fixture);
}

/* Nor does a picture of a run that has ended hold a slot when nobody can want it any more. */
static void
test_dispose_in_drawing (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_latest (0);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_control_finish_after (fixture.control, 3, STEPCAST_STEP_LAST);
  start (&fixture);
  wait_for_state (&fixture, STEPCAST_SESSION_STATE_FINISHED);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_DRAW, 3, TRUE);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);

  start (&fixture); /* a new run: the old one is let go */
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 1);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  g_clear_object (&fixture.session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 0);

  {
    g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture.control, SIZE);

    fixture.session = stepcast_session_new ("mock_2", fixture.source, parameters, DEADLINE_MS);
  }
  tear_down (&fixture);
}

static void
test_run_dispose (void)
{
  Answer answers[3] = { 0 };
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  bring_to (&fixture, STEPCAST_SESSION_STATE_STOPPING, &answers[0]);
  set_begin (&fixture, "{'level': <1>}", &answers[1]);
  draw_begin (&fixture, &answers[2]);
  g_object_run_dispose (G_OBJECT (fixture.session));
  stepcast_test_wait_for (answers[0].is_done && answers[1].is_done && answers[2].is_done);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_error (answers[i].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      answer_clear (&answers[i]);
    }
  tear_down (&fixture);
}

/* ---- from within ---- */

typedef struct
{
  Fixture *fixture;
  Request request;
  StepcastMockSink *sink;
  guint n_left; /* how often it is still to be done */
  guint n_after_stop;
  Answer answer;
} Within;

static void
do_within (Within *within)
{
  if (within->n_left == 0)
    return;
  within->n_left--;

  switch (within->request)
    {
    case STOP:
      stop_begin (within->fixture, &within->answer);
      break;
    case START:
      stepcast_session_stop_async (within->fixture->session, NULL, NULL, NULL);
      stepcast_session_start (within->fixture->session, NULL);
      break;
    case SET:
      stepcast_session_remove_sink (within->fixture->session, STEPCAST_FRAME_SINK (within->sink));
      break;
    case PAUSE:
      g_assert_true (stepcast_session_pause (within->fixture->session, NULL));
      break;
    case RESUME:
    case STEP:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
on_frame_within (StepcastMockSink *sink, StepcastFrame *frame, gpointer user_data)
{
  Within *within = user_data;

  if (within->answer.is_done || (within->request == STOP && within->n_left == 0))
    within->n_after_stop++;
  if (stepcast_frame_get_step (frame) != 10 || within->n_left == 0)
    return TRUE;

  do_within (within);
  return FALSE;
}

static void
on_progressed_within (StepcastSession *session, gpointer user_data)
{
  if (stepcast_session_get_progress (session)->step >= 10)
    do_within (user_data);
}

static void
on_state_within (StepcastSession *session, GParamSpec *pspec, gpointer user_data)
{
  Within *within = user_data;
  StepcastSessionState state = stepcast_session_get_state (session);

  if (state == STEPCAST_SESSION_STATE_RUNNING ||
      (state != STEPCAST_SESSION_STATE_STOPPING && within->request != PAUSE))
    do_within (within);
}

static void
check_within (Within *within)
{
  Fixture *fixture = within->fixture;

  stepcast_test_wait_for (within->n_left == 0);
  switch (within->request)
    {
    case STOP:
      stepcast_test_wait_for (within->answer.is_done);
      g_assert_no_error (within->answer.error);
      stepcast_test_settle (fixture->scheduler);
      g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_STOPPED);
      g_assert_cmpuint (within->n_after_stop, ==, 0);
      break;
    case START:
      stepcast_test_wait_for (stepcast_session_get_run_number (fixture->session) == 2 &&
                              get_step (fixture) > 20);
      break;
    case SET:
      g_assert_cmpuint (stepcast_session_get_n_sinks (fixture->session), ==, 1);
      stepcast_test_wait_for (get_step (fixture) > 30);
      break;
    case PAUSE:
      wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
      stepcast_test_settle (fixture->scheduler);
      g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_PAUSED);
      break;
    case RESUME:
    case STEP:
    default:
      g_assert_not_reached ();
    }
}

static void
test_from_within (gconstpointer data)
{
  static const Request requests[] = { STOP, START, SET, PAUSE };
  guint where = GPOINTER_TO_UINT (data);

  for (gsize i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (StepcastMockSink) first = stepcast_mock_sink_new_every (G_MAXUINT);
      g_autoptr (StepcastMockSink) second = stepcast_mock_sink_new_every (G_MAXUINT);
      Fixture fixture;
      Within within = { .fixture = &fixture, .request = requests[i], .sink = second, .n_left = 1 };

      set_up (&fixture, 2, DEADLINE_MS);
      stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (first));
      stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (second));
      if (where == 0)
        {
          stepcast_mock_sink_set_func (first, on_frame_within, &within);
          stepcast_mock_sink_set_func (second, on_frame_within, &within);
        }
      else if (where == 1)
        {
          g_signal_connect (fixture.session, "progressed", G_CALLBACK (on_progressed_within),
                            &within);
        }
      else
        {
          /* "notify" does not recurse: who changes the state from there hides the one before. */
          g_signal_handlers_disconnect_by_func (fixture.session, on_state, &fixture);
          g_signal_connect (fixture.session, "notify::state", G_CALLBACK (on_state_within),
                            &within);
        }
      start (&fixture);
      check_within (&within);
      if (requests[i] == SET && where == 0)
        g_assert_cmpuint (stepcast_mock_sink_get_n_frames (second), <=, 10);

      tear_down (&fixture);
      answer_clear (&within.answer);
    }
}

static gboolean
on_frame_drop_session (StepcastMockSink *sink, StepcastFrame *frame, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_object (&fixture->session);
  return FALSE;
}

/* Who closes a session may do so when it is told of a frame. */
static void
test_unref_from_deliver (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (G_MAXUINT);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  stepcast_mock_sink_set_func (sink, on_frame_drop_session, &fixture);
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  start (&fixture);
  stepcast_test_wait_for (fixture.session == NULL);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 0);
  {
    g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture.control, SIZE);

    fixture.session = stepcast_session_new ("mock_2", fixture.source, parameters, DEADLINE_MS);
  }
  tear_down (&fixture);
}

/* Frames that are checked first are the same frames. */
static void
test_validated (void)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (G_MAXUINT);
  Fixture fixture;

  set_up (&fixture, 1, DEADLINE_MS);
  g_clear_object (&fixture.session);
  g_clear_object (&fixture.source);
  fixture.source =
    stepcast_generator_source_new ("mock", STEPCAST_TYPE_MOCK_GENERATOR, fixture.scheduler, TRUE);
  {
    g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture.control, SIZE);

    fixture.session = stepcast_session_new ("mock_2", fixture.source, parameters, DEADLINE_MS);
  }
  stepcast_session_add_sink (fixture.session, STEPCAST_FRAME_SINK (sink));
  step_and_wait (&fixture, 5);
  g_assert_cmpuint (stepcast_mock_sink_get_n_frames (sink), ==, 5);
  tear_down (&fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_cells ();
  g_test_add_func ("/session/edges", test_edges);
  g_test_add_func ("/session/step-zero", test_step_zero);

  g_test_add_func ("/session/stop/two-starts-one-run", test_two_starts_one_run);
  g_test_add_func ("/session/stop/joins-stop", test_stop_joins_stop);
  g_test_add_func ("/session/stop/then-start", test_stop_then_start);
  g_test_add_func ("/session/stop/cancels-restart", test_stop_cancels_restart);
  g_test_add_func ("/session/stop/in-answer-cancels-restart", test_stop_in_answer_cancels_restart);
  g_test_add_func ("/session/stop/before-begin", test_stop_before_begin);
  g_test_add_func ("/session/stop/no-frame-after", test_no_frame_after_stop);

  g_test_add_func ("/session/frames/every", test_every_frame);
  g_test_add_func ("/session/frames/window-of-bytes", test_window_of_bytes);
  g_test_add_func ("/session/frames/proceed-from-deliver", test_proceed_from_deliver);
  g_test_add_func ("/session/frames/every-comes-late", test_every_sink_comes_late);
  g_test_add_func ("/session/frames/latest", test_latest_frames);
  g_test_add_func ("/session/frames/interval", test_draws_at_an_interval);
  g_test_add_func ("/session/frames/no-sink-no-draw", test_no_sink_no_draw);
  g_test_add_func ("/session/frames/validated", test_validated);
  g_test_add_func ("/session/frames/encoded-once", test_encoded_once);
  g_test_add_func ("/session/frames/encoded-last", test_encoded_last);
  g_test_add_func ("/session/frames/encoded-on-demand", test_encoded_on_demand);

  g_test_add_func ("/session/draw/idle", test_draw_idle);
  g_test_add_func ("/session/draw/running", test_draw_running);
  g_test_add_func ("/session/draw/held", test_draw_held);
  g_test_add_data_func ("/session/draw/paused", GUINT_TO_POINTER (STEPCAST_SESSION_STATE_PAUSED),
                        test_draw_standing);
  g_test_add_data_func ("/session/draw/stopped", GUINT_TO_POINTER (STEPCAST_SESSION_STATE_STOPPED),
                        test_draw_standing);
  g_test_add_data_func ("/session/draw/finished",
                        GUINT_TO_POINTER (STEPCAST_SESSION_STATE_FINISHED), test_draw_standing);
  g_test_add_data_func ("/session/draw/failed", GUINT_TO_POINTER (STEPCAST_SESSION_STATE_FAILED),
                        test_draw_standing);
  g_test_add_func ("/session/draw/stopping", test_draw_stopping);
  g_test_add_func ("/session/draw/start-meanwhile", test_start_during_drawing);
  g_test_add_func ("/session/draw/fails", test_draw_fails);

  g_test_add_func ("/session/draw/deadline", test_draw_deadline);
  g_test_add_func ("/session/draw/deadline-while-running", test_draw_deadline_while_running);

  g_test_add_func ("/session/rate", test_rate);
  g_test_add_func ("/session/rate/new-run", test_rate_of_a_new_run);
  g_test_add_func ("/session/rate/out-of-range", test_rate_out_of_range);

  g_test_add_func ("/session/pause/after-step", test_pause_after_step);
  g_test_add_func ("/session/pause/is-shown", test_paused_state_is_shown);
  g_test_add_func ("/session/steps", test_steps);

  g_test_add_func ("/session/set/running", test_set_running);
  g_test_add_func ("/session/set/all-or-nothing", test_set_all_or_nothing);
  g_test_add_func ("/session/set/at-start", test_set_at_start);
  g_test_add_func ("/session/set/stopping", test_set_stopping_is_for_the_restart);
  g_test_add_func ("/session/set/stopping-start-from-notify", test_set_stopping_start_from_notify);
  g_test_add_func ("/session/set/paused-redraws", test_set_paused_redraws);

  g_test_add_data_func ("/session/finish/last", GINT_TO_POINTER (STEPCAST_STEP_LAST), test_finish);
  g_test_add_data_func ("/session/finish/none", GINT_TO_POINTER (STEPCAST_STEP_NONE), test_finish);
  g_test_add_func ("/session/fail/step", test_fail_in_step);
  g_test_add_func ("/session/fail/prepare", test_fail_in_prepare);
  g_test_add_func ("/session/fail/stop-in-prepare", test_stop_in_prepare);
  g_test_add_func ("/session/fail/odd", test_odd_failures);
  g_test_add_func ("/session/fail/unresponsive", test_unresponsive);

  g_test_add_func ("/session/fail/deadlines-are-told", test_deadlines_are_told);

  g_test_add_func ("/session/many", test_many_sessions);

  g_test_add_data_func ("/session/dispose/in-prepare",
                        GUINT_TO_POINTER (STEPCAST_MOCK_PHASE_PREPARE), test_dispose_in_flight);
  g_test_add_data_func ("/session/dispose/in-step", GUINT_TO_POINTER (STEPCAST_MOCK_PHASE_STEP),
                        test_dispose_in_flight);
  g_test_add_data_func ("/session/dispose/in-draw", GUINT_TO_POINTER (STEPCAST_MOCK_PHASE_DRAW),
                        test_dispose_in_flight);
  g_test_add_func ("/session/dispose/in-drawing", test_dispose_in_drawing);
  g_test_add_func ("/session/dispose/run-dispose", test_run_dispose);

  g_test_add_data_func ("/session/within/deliver", GUINT_TO_POINTER (0), test_from_within);
  g_test_add_data_func ("/session/within/progressed", GUINT_TO_POINTER (1), test_from_within);
  g_test_add_data_func ("/session/within/state", GUINT_TO_POINTER (2), test_from_within);
  g_test_add_func ("/session/within/unref", test_unref_from_deliver);

  return g_test_run ();
}
