/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-exit-status.h"
#include "stepcast-options.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_APPLICATION (stepcast_application_get_type ())

G_DECLARE_FINAL_TYPE (StepcastApplication, stepcast_application, STEPCAST, APPLICATION, GObject)

StepcastApplication *stepcast_application_new (const StepcastOptions *options);

StepcastExitStatus stepcast_application_run (StepcastApplication *self);

G_END_DECLS
