/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-callers.h"
#include "stepcast-dbus-generated.h"
#include "stepcast-links.h"
#include "stepcast-rasterizer.h"
#include "stepcast-session-manager.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SESSION_OBJECT (stepcast_session_object_get_type ())

G_DECLARE_FINAL_TYPE (StepcastSessionObject,
                      stepcast_session_object,
                      STEPCAST,
                      SESSION_OBJECT,
                      StepcastDBusSessionSkeleton)

StepcastSessionObject *stepcast_session_object_new (StepcastSessionManager *manager,
                                                    StepcastSession *session,
                                                    StepcastRasterizer *rasterizer,
                                                    StepcastLinks *links,
                                                    StepcastCallers *callers);

G_END_DECLS
