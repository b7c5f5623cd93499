/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-links.h"
#include "stepcast-session.h"
#include "stepcast-ticker.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SESSION_EVENTS (stepcast_session_events_get_type ())

G_DECLARE_FINAL_TYPE (StepcastSessionEvents,
                      stepcast_session_events,
                      STEPCAST,
                      SESSION_EVENTS,
                      GObject)

/* Notices of frames a second: a client that fetches each picture anew takes its time. */
#define STEPCAST_EVENTS_DEFAULT_FPS 10
#define STEPCAST_EVENTS_MAX_FPS 60

/**
 * StepcastSessionEventsOptions:
 * @role: what its client may do, which is told to whoever lists the viewers
 * @wants_frames: whether it is told of frames; where nobody is, none is drawn
 * @max_fps: how many notices of frames a second it gets at most
 *
 * What a client has asked for.
 */
typedef struct
{
  StepcastRole role;
  gboolean wants_frames;
  guint max_fps;
} StepcastSessionEventsOptions;

gboolean stepcast_session_events_read_options (GHashTable *query,
                                               StepcastSessionEventsOptions *options,
                                               GError **error);

StepcastSessionEvents *stepcast_session_events_new (GIOStream *connection,
                                                    StepcastTicker *ticker,
                                                    StepcastSession *session,
                                                    const StepcastSessionEventsOptions *options);
StepcastSession *stepcast_session_events_get_session (StepcastSessionEvents *self);
void stepcast_session_events_end (StepcastSessionEvents *self);

G_END_DECLS
