/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/types.h>

#include <glib-object.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_GUARD (stepcast_guard_get_type ())

G_DECLARE_FINAL_TYPE (StepcastGuard, stepcast_guard, STEPCAST, GUARD, GObject)

StepcastGuard *stepcast_guard_new (const char *helper_path);

void stepcast_guard_add (StepcastGuard *self, pid_t group);
void stepcast_guard_remove (StepcastGuard *self, pid_t group);

G_END_DECLS
