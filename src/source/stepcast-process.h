/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-command.h"
#include "stepcast-guard.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_PROCESS (stepcast_process_get_type ())

G_DECLARE_FINAL_TYPE (StepcastProcess, stepcast_process, STEPCAST, PROCESS, GObject)

/* From SIGTERM to SIGKILL: time for a program to save what it has. */
#define STEPCAST_PROCESS_GRACE_MS 2000

StepcastProcess *
stepcast_process_new (const StepcastCommand *command, StepcastGuard *guard, GError **error);

GInputStream *stepcast_process_get_output (StepcastProcess *self);
GInputStream *stepcast_process_get_errors (StepcastProcess *self);

void stepcast_process_terminate (StepcastProcess *self);
gboolean stepcast_process_has_exited (StepcastProcess *self);
gboolean stepcast_process_has_ended (StepcastProcess *self);
gboolean stepcast_process_has_succeeded (StepcastProcess *self);
int stepcast_process_get_exit_status (StepcastProcess *self);
char *stepcast_process_describe_exit (StepcastProcess *self);

G_END_DECLS
