/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-exporter.h"
#include "stepcast-server.h"
#include "stepcast-settings.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SERVICE (stepcast_service_get_type ())

G_DECLARE_FINAL_TYPE (StepcastService, stepcast_service, STEPCAST, SERVICE, GObject)

StepcastService *
stepcast_service_new (const StepcastOptions *options, StepcastSettings *settings, GError **error);

StepcastSessionManager *stepcast_service_get_manager (StepcastService *self);
StepcastServer *stepcast_service_get_server (StepcastService *self);
StepcastExporter *stepcast_service_get_exporter (StepcastService *self);

gboolean stepcast_service_load_certificate (StepcastService *self, GError **error);
gboolean stepcast_service_listen (StepcastService *self, GSocket *socket, GError **error);
char *stepcast_service_get_link (StepcastService *self);
char *stepcast_service_get_view_link (StepcastService *self);
void stepcast_service_shut_down_async (StepcastService *self,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean
stepcast_service_shut_down_finish (StepcastService *self, GAsyncResult *result, GError **error);

G_END_DECLS
