/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-actor.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_CALLERS (stepcast_callers_get_type ())

G_DECLARE_FINAL_TYPE (StepcastCallers, stepcast_callers, STEPCAST, CALLERS, GObject)

StepcastCallers *stepcast_callers_new (void);

gboolean stepcast_callers_introduce (StepcastCallers *self,
                                     GDBusConnection *connection,
                                     const char *caller,
                                     const char *kind,
                                     GError **error);
StepcastActor *stepcast_callers_make_actor (StepcastCallers *self, const char *caller);

G_END_DECLS
