/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-options.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SERVICE (stepcast_service_get_type ())

G_DECLARE_FINAL_TYPE (StepcastService, stepcast_service, STEPCAST, SERVICE, GObject)

StepcastService *stepcast_service_new (const StepcastOptions *options, GError **error);

char *stepcast_service_get_link (StepcastService *self);
void stepcast_service_shut_down_async (StepcastService *self,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean
stepcast_service_shut_down_finish (StepcastService *self, GAsyncResult *result, GError **error);

G_END_DECLS
