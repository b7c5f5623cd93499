/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-callers.h"
#include "stepcast-dbus-generated.h"
#include "stepcast-guard.h"
#include "stepcast-links.h"
#include "stepcast-scheduler.h"
#include "stepcast-session-manager.h"
#include "stepcast-validator.h"

G_BEGIN_DECLS

#define STEPCAST_DBUS_PATH "/org/stepcast/Stepcast1"

#define STEPCAST_TYPE_MANAGER_OBJECT (stepcast_manager_object_get_type ())

G_DECLARE_FINAL_TYPE (StepcastManagerObject,
                      stepcast_manager_object,
                      STEPCAST,
                      MANAGER_OBJECT,
                      StepcastDBusManagerSkeleton)

StepcastManagerObject *stepcast_manager_object_new (StepcastSessionManager *manager,
                                                    StepcastScheduler *scheduler,
                                                    StepcastValidator *validator,
                                                    StepcastGuard *guard,
                                                    StepcastLinks *links,
                                                    StepcastCallers *callers);

char *stepcast_manager_object_make_path (StepcastSession *session);

G_END_DECLS
