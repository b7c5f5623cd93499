/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-access.h"
#include "stepcast-links.h"
#include "stepcast-rasterizer.h"
#include "stepcast-session-manager.h"

G_BEGIN_DECLS

/* A room, or a link that went round: beyond, somebody has lost count. */
#define STEPCAST_DEFAULT_MAX_VIEWERS 1000

#define STEPCAST_TYPE_SERVER (stepcast_server_get_type ())

G_DECLARE_FINAL_TYPE (StepcastServer, stepcast_server, STEPCAST, SERVER, GObject)

StepcastServer *stepcast_server_new (StepcastSessionManager *manager,
                                     StepcastRasterizer *rasterizer);

void stepcast_server_set_viewer_defaults (StepcastServer *self,
                                          StepcastDelivery joined_delivery,
                                          guint max_fps);
void stepcast_server_set_max_viewers (StepcastServer *self, guint max_viewers);
void stepcast_server_set_ping_seconds (StepcastServer *self, guint ping_seconds);
gboolean stepcast_server_listen (StepcastServer *self,
                                 GInetAddress *address,
                                 guint16 port,
                                 StepcastAccess *access,
                                 GError **error);
gboolean stepcast_server_adopt (StepcastServer *self,
                                GSocket *socket,
                                StepcastAccess *access,
                                GError **error);
void stepcast_server_stop_listening (StepcastServer *self);
gboolean stepcast_server_listen_again (StepcastServer *self, GError **error);
guint stepcast_server_get_n_connections (StepcastServer *self);
void stepcast_server_close_async (StepcastServer *self,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean stepcast_server_close_finish (StepcastServer *self, GAsyncResult *result, GError **error);

G_END_DECLS
