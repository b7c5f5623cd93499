/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-audience.h"
#include "stepcast-channel.h"
#include "stepcast-session-manager.h"
#include "stepcast-uploads.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_VIEWER (stepcast_viewer_get_type ())

G_DECLARE_FINAL_TYPE (StepcastViewer, stepcast_viewer, STEPCAST, VIEWER, GObject)

StepcastViewer *stepcast_viewer_new (StepcastChannel *channel,
                                     const StepcastDialect *dialect,
                                     StepcastRole role,
                                     StepcastActor *actor,
                                     const char *token);
void stepcast_viewer_set_defaults (StepcastViewer *self,
                                   StepcastDelivery joined_delivery,
                                   guint max_fps);
void stepcast_viewer_set_uploads (StepcastViewer *self, StepcastUploads *uploads);

void stepcast_viewer_own (StepcastViewer *self,
                          StepcastSessionManager *manager,
                          StepcastAudience *audience,
                          gboolean closes_session);
void stepcast_viewer_join (StepcastViewer *self, StepcastAudience *audience);
void stepcast_viewer_refuse (StepcastViewer *self, const GError *error);
void stepcast_viewer_turn_away (StepcastViewer *self, const GError *error);
void stepcast_viewer_come_back (StepcastViewer *self,
                                StepcastChannel *channel,
                                guint after_run,
                                guint64 after_serial);
void stepcast_viewer_close (StepcastViewer *self, gushort code, const char *reason);

StepcastSession *stepcast_viewer_get_session (StepcastViewer *self);
StepcastRole stepcast_viewer_get_role (StepcastViewer *self);
const char *stepcast_viewer_get_token (StepcastViewer *self);
gboolean stepcast_viewer_is_owner (StepcastViewer *self);

G_END_DECLS
