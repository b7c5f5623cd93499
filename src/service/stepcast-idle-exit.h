/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-bus-name.h"
#include "stepcast-server.h"
#include "stepcast-session-manager.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_IDLE_EXIT (stepcast_idle_exit_get_type ())

G_DECLARE_FINAL_TYPE (StepcastIdleExit, stepcast_idle_exit, STEPCAST, IDLE_EXIT, GObject)

StepcastIdleExit *stepcast_idle_exit_new (StepcastSessionManager *manager,
                                          StepcastServer *server,
                                          StepcastBusName *bus_name);

void stepcast_idle_exit_set_timeout (StepcastIdleExit *self, guint timeout_ms);
void stepcast_idle_exit_stop (StepcastIdleExit *self);

G_END_DECLS
