/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-session.h"

G_BEGIN_DECLS

/* What may follow what, and what a request does in which state: two tables, without any state of
 * their own. Any thread may look. What a request comes to in the end is the session's. */

/**
 * StepcastSessionRequest:
 * @STEPCAST_SESSION_REQUEST_START: run
 * @STEPCAST_SESSION_REQUEST_PAUSE: pause after the step that is under way
 * @STEPCAST_SESSION_REQUEST_RESUME: go on
 * @STEPCAST_SESSION_REQUEST_STEP: do some steps, and pause
 * @STEPCAST_SESSION_REQUEST_STOP: end the run
 *
 * What can be asked of a session, and depends on its state. Parameters do not: they can be set in
 * each, and wait for the next step boundary.
 */
typedef enum
{
  STEPCAST_SESSION_REQUEST_START,
  STEPCAST_SESSION_REQUEST_PAUSE,
  STEPCAST_SESSION_REQUEST_RESUME,
  STEPCAST_SESSION_REQUEST_STEP,
  STEPCAST_SESSION_REQUEST_STOP,
} StepcastSessionRequest;

/**
 * StepcastSessionEffect:
 * @STEPCAST_SESSION_EFFECT_REFUSED: it can't be done in this state
 * @STEPCAST_SESSION_EFFECT_NONE: it is so already
 * @STEPCAST_SESSION_EFFECT_BEGIN: a new run begins
 * @STEPCAST_SESSION_EFFECT_GO_ON: the run goes on, as far as was asked
 * @STEPCAST_SESSION_EFFECT_PAUSE: the run pauses after the step that is under way
 * @STEPCAST_SESSION_EFFECT_STOP: the run is told to stop
 * @STEPCAST_SESSION_EFFECT_JOIN: the run was told to stop already, and is waited for
 * @STEPCAST_SESSION_EFFECT_STAND: nothing is there to be stopped, which is as good
 * @STEPCAST_SESSION_EFFECT_RESTART: a new run begins when what is stopping has stopped
 *
 * What comes of a request.
 */
typedef enum
{
  STEPCAST_SESSION_EFFECT_REFUSED,
  STEPCAST_SESSION_EFFECT_NONE,
  STEPCAST_SESSION_EFFECT_BEGIN,
  STEPCAST_SESSION_EFFECT_GO_ON,
  STEPCAST_SESSION_EFFECT_PAUSE,
  STEPCAST_SESSION_EFFECT_STOP,
  STEPCAST_SESSION_EFFECT_JOIN,
  STEPCAST_SESSION_EFFECT_STAND,
  STEPCAST_SESSION_EFFECT_RESTART,
} StepcastSessionEffect;

const char *stepcast_session_state_get_nick (StepcastSessionState state);
gboolean stepcast_session_state_may_become (StepcastSessionState from, StepcastSessionState to);
gboolean stepcast_session_state_is_terminal (StepcastSessionState state);

StepcastSessionEffect stepcast_session_state_ask (StepcastSessionState state,
                                                  StepcastSessionRequest request,
                                                  GError **error);

G_END_DECLS
