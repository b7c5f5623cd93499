/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-state.h"

#include "stepcast-enum-types.h"
#include "stepcast-error.h"

#define N_STATES (STEPCAST_SESSION_STATE_FAILED + 1)
#define N_REQUESTS (STEPCAST_SESSION_REQUEST_STOP + 1)

#define EDGE(to) (1u << STEPCAST_SESSION_STATE_##to)

/* From each state, the states that may follow. */
static const guint edges[N_STATES] = {
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

/* clang-format off */
#define EFFECTS(request, idle, running, paused, stopping, ended)                                   \
  [STEPCAST_SESSION_REQUEST_##request] = {                                                         \
    [STEPCAST_SESSION_STATE_IDLE] = STEPCAST_SESSION_EFFECT_##idle,                                \
    [STEPCAST_SESSION_STATE_RUNNING] = STEPCAST_SESSION_EFFECT_##running,                          \
    [STEPCAST_SESSION_STATE_PAUSED] = STEPCAST_SESSION_EFFECT_##paused,                            \
    [STEPCAST_SESSION_STATE_STOPPING] = STEPCAST_SESSION_EFFECT_##stopping,                        \
    [STEPCAST_SESSION_STATE_STOPPED] = STEPCAST_SESSION_EFFECT_##ended,                            \
    [STEPCAST_SESSION_STATE_FINISHED] = STEPCAST_SESSION_EFFECT_##ended,                           \
    [STEPCAST_SESSION_STATE_FAILED] = STEPCAST_SESSION_EFFECT_##ended,                             \
  }

/* “What a request does” of doc/protocol.md. */
static const StepcastSessionEffect effects[N_REQUESTS][N_STATES] = {
  /*       request  idle     running  paused  stopping  stopped, finished, failed */
  EFFECTS (START,   BEGIN,   GO_ON,   GO_ON,  RESTART,  BEGIN),
  EFFECTS (STOP,    STAND,   STOP,    STOP,   JOIN,     STAND),
  EFFECTS (PAUSE,   REFUSED, PAUSE,   NONE,   REFUSED,  REFUSED),
  EFFECTS (RESUME,  REFUSED, GO_ON,   GO_ON,  REFUSED,  REFUSED),
  EFFECTS (STEP,    BEGIN,   REFUSED, GO_ON,  REFUSED,  BEGIN),
};
/* clang-format on */

static const char *const request_names[N_REQUESTS] = {
  [STEPCAST_SESSION_REQUEST_START] = "start", [STEPCAST_SESSION_REQUEST_STOP] = "stop",
  [STEPCAST_SESSION_REQUEST_PAUSE] = "pause", [STEPCAST_SESSION_REQUEST_RESUME] = "resume",
  [STEPCAST_SESSION_REQUEST_STEP] = "step",
};

/**
 * stepcast_session_state_get_nick:
 * @state: a state
 *
 * Returns: (transfer none): what the wire and the logs call it
 */
const char *
stepcast_session_state_get_nick (StepcastSessionState state)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (STEPCAST_TYPE_SESSION_STATE);

  return g_enum_get_value (klass, (int) state)->value_nick;
}

gboolean
stepcast_session_state_may_become (StepcastSessionState from, StepcastSessionState to)
{
  return (edges[from] & (1u << to)) != 0;
}

/**
 * stepcast_session_state_is_terminal:
 * @state: a state
 *
 * Returns: whether a run has ended in it
 */
gboolean
stepcast_session_state_is_terminal (StepcastSessionState state)
{
  return state == STEPCAST_SESSION_STATE_STOPPED || state == STEPCAST_SESSION_STATE_FINISHED ||
         state == STEPCAST_SESSION_STATE_FAILED;
}

/* Returns: what to do instead of a request that is refused */
static const char *
get_hint (StepcastSessionState state, StepcastSessionRequest request)
{
  if (request == STEPCAST_SESSION_REQUEST_PAUSE)
    return "only a running session can be paused";
  if (request == STEPCAST_SESSION_REQUEST_RESUME)
    return "only a paused session can be resumed; “start” begins a new run";
  if (state == STEPCAST_SESSION_STATE_RUNNING)
    return "pause it first";
  return "wait until it has stopped";
}

/**
 * stepcast_session_state_ask:
 * @state: the state of a session
 * @request: what is asked of it
 * @error: %STEPCAST_ERROR_BAD_STATE if it is refused
 *
 * Returns: what comes of it; %STEPCAST_SESSION_EFFECT_REFUSED with @error set
 */
StepcastSessionEffect
stepcast_session_state_ask (StepcastSessionState state,
                            StepcastSessionRequest request,
                            GError **error)
{
  StepcastSessionEffect effect = effects[request][state];

  if (effect == STEPCAST_SESSION_EFFECT_REFUSED)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                 "“%s” can't be done while the session is %s: %s", request_names[request],
                 stepcast_session_state_get_nick (state), get_hint (state, request));
  return effect;
}
