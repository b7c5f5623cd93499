/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-session-manager.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_NOTIFIER (stepcast_notifier_get_type ())

G_DECLARE_FINAL_TYPE (StepcastNotifier, stepcast_notifier, STEPCAST, NOTIFIER, GObject)

StepcastNotifier *stepcast_notifier_new (StepcastSessionManager *manager);

void stepcast_notifier_ready (StepcastNotifier *self);
void stepcast_notifier_stopping (StepcastNotifier *self);

G_END_DECLS
