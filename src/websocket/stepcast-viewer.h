/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-dialect.h"
#include "stepcast-liveness.h"
#include "stepcast-readiness.h"
#include "stepcast-session-manager.h"

G_BEGIN_DECLS

/* RFC 6455 does not have it, but the registry that it began (IANA, "WebSocket Close Code Number
 * Registry"): try again later. */
#define STEPCAST_CLOSE_TRY_AGAIN_LATER 1013

#define STEPCAST_TYPE_VIEWER (stepcast_viewer_get_type ())

G_DECLARE_FINAL_TYPE (StepcastViewer, stepcast_viewer, STEPCAST, VIEWER, GObject)

StepcastViewer *stepcast_viewer_new (GIOStream *stream,
                                     GUri *uri,
                                     const char *origin,
                                     const StepcastDialect *dialect,
                                     StepcastRole role,
                                     StepcastReadiness *readiness);
void stepcast_viewer_set_defaults (StepcastViewer *self,
                                   StepcastDelivery joined_delivery,
                                   guint max_fps);
void stepcast_viewer_set_liveness (StepcastViewer *self, StepcastLiveness *liveness);

void stepcast_viewer_own (StepcastViewer *self,
                          StepcastSessionManager *manager,
                          StepcastSession *session);
void stepcast_viewer_join (StepcastViewer *self, StepcastSession *session);
void stepcast_viewer_refuse (StepcastViewer *self, const GError *error);
void stepcast_viewer_turn_away (StepcastViewer *self, const GError *error);
void stepcast_viewer_close (StepcastViewer *self, gushort code, const char *reason);

StepcastSession *stepcast_viewer_get_session (StepcastViewer *self);

G_END_DECLS
