/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"
#include "stepcast-session-state.h"

#define N_STATES (STEPCAST_SESSION_STATE_FAILED + 1)
#define N_REQUESTS (STEPCAST_SESSION_REQUEST_STOP + 1)

static void
test_edges (void)
{
  /* A letter a state, as in doc/architecture.md. */
  static const char *const letters = "irpgsef";
  static const char *const followers[N_STATES] = { "r", "pgef", "rgef", "sf", "r", "r", "r" };

  for (guint from = 0; from < N_STATES; from++)
    for (guint to = 0; to < N_STATES; to++)
      g_assert_cmpint (stepcast_session_state_may_become (from, to), ==,
                       strchr (followers[from], letters[to]) != NULL);
}

static void
test_nicks (void)
{
  g_assert_cmpstr (stepcast_session_state_get_nick (STEPCAST_SESSION_STATE_IDLE), ==, "idle");
  g_assert_cmpstr (stepcast_session_state_get_nick (STEPCAST_SESSION_STATE_FAILED), ==, "failed");
}

static void
test_terminal (void)
{
  for (guint state = 0; state < N_STATES; state++)
    g_assert_cmpint (stepcast_session_state_is_terminal (state), ==,
                     state >= STEPCAST_SESSION_STATE_STOPPED);
}

/* The table of doc/protocol.md once more, a letter an effect. */
static void
test_requests (void)
{
  static const char *const letters = "xnbgpsjtr";
  static const char *const expected[N_REQUESTS] = {
    [STEPCAST_SESSION_REQUEST_START] = "bggrbbb", [STEPCAST_SESSION_REQUEST_STOP] = "tssjttt",
    [STEPCAST_SESSION_REQUEST_PAUSE] = "xpnxxxx", [STEPCAST_SESSION_REQUEST_RESUME] = "xggxxxx",
    [STEPCAST_SESSION_REQUEST_STEP] = "bxgxbbb",
  };

  for (guint request = 0; request < N_REQUESTS; request++)
    for (guint state = 0; state < N_STATES; state++)
      {
        g_autoptr (GError) error = NULL;
        StepcastSessionEffect effect = stepcast_session_state_ask (state, request, &error);

        g_test_message ("request %u in state %u", request, state);
        g_assert_cmpint (letters[effect], ==, expected[request][state]);
        if (effect == STEPCAST_SESSION_EFFECT_REFUSED)
          g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);
        else
          g_assert_no_error (error);
      }
}

static void
assert_refused (StepcastSessionState state, StepcastSessionRequest request, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (stepcast_session_state_ask (state, request, &error), ==,
                   STEPCAST_SESSION_EFFECT_REFUSED);
  g_assert_cmpstr (error->message, ==, message);
}

/* What was asked, in which state, and what to do instead. */
static void
test_refusals (void)
{
  assert_refused (STEPCAST_SESSION_STATE_IDLE, STEPCAST_SESSION_REQUEST_PAUSE,
                  "“pause” can't be done while the session is idle: only a running session can be "
                  "paused");
  assert_refused (
    STEPCAST_SESSION_STATE_FAILED, STEPCAST_SESSION_REQUEST_RESUME,
    "“resume” can't be done while the session is failed: only a paused session can be "
    "resumed; “start” begins a new run");
  assert_refused (STEPCAST_SESSION_STATE_RUNNING, STEPCAST_SESSION_REQUEST_STEP,
                  "“step” can't be done while the session is running: pause it first");
  assert_refused (STEPCAST_SESSION_STATE_STOPPING, STEPCAST_SESSION_REQUEST_STEP,
                  "“step” can't be done while the session is stopping: wait until it has stopped");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/session-state/edges", test_edges);
  g_test_add_func ("/session-state/nicks", test_nicks);
  g_test_add_func ("/session-state/terminal", test_terminal);
  g_test_add_func ("/session-state/requests", test_requests);
  g_test_add_func ("/session-state/refusals", test_refusals);

  return g_test_run ();
}
