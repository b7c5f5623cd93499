/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-guard.h"
#include "stepcast-links.h"
#include "stepcast-rasterizer.h"
#include "stepcast-scheduler.h"
#include "stepcast-session-manager.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_EXPORTER (stepcast_exporter_get_type ())

G_DECLARE_FINAL_TYPE (StepcastExporter, stepcast_exporter, STEPCAST, EXPORTER, GObject)

StepcastExporter *stepcast_exporter_new (StepcastSessionManager *manager,
                                         StepcastScheduler *scheduler,
                                         StepcastValidator *validator,
                                         StepcastGuard *guard,
                                         StepcastRasterizer *rasterizer,
                                         StepcastLinks *links);

gboolean
stepcast_exporter_export (StepcastExporter *self, GDBusConnection *connection, GError **error);
void stepcast_exporter_unexport (StepcastExporter *self);

G_END_DECLS
