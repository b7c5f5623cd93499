/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-dialect.h"
#include "stepcast-options.h"

G_BEGIN_DECLS

/* What a newcomer sees. */
#define STEPCAST_DEFAULT_GENERATOR "gray-scott"

#define STEPCAST_TYPE_SETTINGS (stepcast_settings_get_type ())

G_DECLARE_FINAL_TYPE (StepcastSettings, stepcast_settings, STEPCAST, SETTINGS, GObject)

StepcastSettings *stepcast_settings_new (const StepcastOptions *options);

GInetAddress *stepcast_settings_dup_address (StepcastSettings *self);
GStrv stepcast_settings_dup_allow_hosts (StepcastSettings *self);
GStrv stepcast_settings_dup_allow_origins (StepcastSettings *self);
GStrv stepcast_settings_dup_allow_embedding (StepcastSettings *self);
gboolean stepcast_settings_dup_tls_files (StepcastSettings *self, char **certificate, char **key);
guint16 stepcast_settings_get_port (StepcastSettings *self);
guint stepcast_settings_get_n_workers (StepcastSettings *self);
gboolean stepcast_settings_is_validated (StepcastSettings *self);
guint stepcast_settings_get_max_sessions (StepcastSettings *self);
guint stepcast_settings_get_max_viewers (StepcastSettings *self);
guint stepcast_settings_get_ping_seconds (StepcastSettings *self);
char *stepcast_settings_dup_default_generator (StepcastSettings *self);
StepcastDelivery stepcast_settings_get_delivery (StepcastSettings *self);
guint stepcast_settings_get_max_fps (StepcastSettings *self);
StepcastCompress stepcast_settings_get_compress (StepcastSettings *self);
guint stepcast_settings_get_stop_deadline_ms (StepcastSettings *self);
guint stepcast_settings_get_idle_timeout_ms (StepcastSettings *self);

G_END_DECLS
