/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-access.h"
#include "stepcast-compress.h"
#include "stepcast-links.h"
#include "stepcast-rasterizer.h"
#include "stepcast-session-manager.h"
#include "stepcast-tls-credentials.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SERVER (stepcast_server_get_type ())

G_DECLARE_FINAL_TYPE (StepcastServer, stepcast_server, STEPCAST, SERVER, GObject)

StepcastServer *stepcast_server_new (StepcastSessionManager *manager,
                                     StepcastRasterizer *rasterizer);

void stepcast_server_set_viewer_defaults (StepcastServer *self,
                                          StepcastDelivery joined_delivery,
                                          guint max_fps);
void stepcast_server_set_compress (StepcastServer *self, StepcastCompress when);
void
stepcast_server_allow (StepcastServer *self, const char *const *hosts, const char *const *origins);
void stepcast_server_allow_embedding (StepcastServer *self, const char *const *origins);
void stepcast_server_set_credentials (StepcastServer *self, StepcastTlsCredentials *credentials);
gboolean stepcast_server_is_public (StepcastServer *self);
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
