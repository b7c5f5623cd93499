/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-exporter.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_BUS_NAME (stepcast_bus_name_get_type ())

G_DECLARE_FINAL_TYPE (StepcastBusName, stepcast_bus_name, STEPCAST, BUS_NAME, GObject)

StepcastBusName *stepcast_bus_name_new (StepcastExporter *exporter);

void stepcast_bus_name_acquire_async (StepcastBusName *self,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean
stepcast_bus_name_acquire_finish (StepcastBusName *self, GAsyncResult *result, GError **error);

void stepcast_bus_name_cancel (StepcastBusName *self);

void stepcast_bus_name_release_async (StepcastBusName *self,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean
stepcast_bus_name_release_finish (StepcastBusName *self, GAsyncResult *result, GError **error);

void stepcast_bus_name_leave_async (StepcastBusName *self,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean
stepcast_bus_name_leave_finish (StepcastBusName *self, GAsyncResult *result, GError **error);

guint stepcast_bus_name_get_n_calls (StepcastBusName *self);
guint stepcast_bus_name_get_n_pending (StepcastBusName *self);
gboolean stepcast_bus_name_is_connected (StepcastBusName *self);

G_END_DECLS
