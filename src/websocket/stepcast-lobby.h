/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-compress.h"
#include "stepcast-dialect.h"
#include "stepcast-session-manager.h"
#include "stepcast-uploads.h"

G_BEGIN_DECLS

/* A room, or a link that went round: beyond, somebody has lost count. */
#define STEPCAST_DEFAULT_MAX_VIEWERS 1000

#define STEPCAST_TYPE_LOBBY (stepcast_lobby_get_type ())

G_DECLARE_FINAL_TYPE (StepcastLobby, stepcast_lobby, STEPCAST, LOBBY, GObject)

StepcastLobby *stepcast_lobby_new (StepcastSessionManager *manager);

void stepcast_lobby_set_viewer_defaults (StepcastLobby *self,
                                         StepcastDelivery joined_delivery,
                                         guint max_fps);
void stepcast_lobby_set_uploads (StepcastLobby *self, StepcastUploads *uploads);
void stepcast_lobby_set_compress (StepcastLobby *self, StepcastCompress when);
void stepcast_lobby_set_max_viewers (StepcastLobby *self, guint max_viewers);
void stepcast_lobby_set_ping_seconds (StepcastLobby *self, guint ping_seconds);
void stepcast_lobby_receive (StepcastLobby *self,
                             SoupServerMessage *message,
                             StepcastRole role,
                             StepcastSession *session,
                             const GError *refusal);
void
stepcast_lobby_close_async (StepcastLobby *self, GAsyncReadyCallback callback, gpointer user_data);
void stepcast_lobby_stop_waiting (StepcastLobby *self);
gboolean stepcast_lobby_close_finish (StepcastLobby *self, GAsyncResult *result, GError **error);

G_END_DECLS
