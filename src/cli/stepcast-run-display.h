/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-dbus-generated.h"

G_BEGIN_DECLS

typedef struct _StepcastRunDisplay StepcastRunDisplay;

StepcastRunDisplay *stepcast_run_display_new (StepcastDBusSession *session, gboolean wants_json);
void stepcast_run_display_free (StepcastRunDisplay *self);

void stepcast_run_display_show_link (StepcastRunDisplay *self, const char *link);
void stepcast_run_display_update (StepcastRunDisplay *self);
void stepcast_run_display_redraw (StepcastRunDisplay *self);
void stepcast_run_display_log (StepcastRunDisplay *self, const char *line);
void stepcast_run_display_show_stopping (StepcastRunDisplay *self);
void stepcast_run_display_show_stopped (StepcastRunDisplay *self, guint64 step, double seconds);
int stepcast_run_display_report (StepcastRunDisplay *self, const GError *error);
void stepcast_run_display_end (StepcastRunDisplay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRunDisplay, stepcast_run_display_free)

G_END_DECLS
