/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-session-manager.h"

G_BEGIN_DECLS

/**
 * StepcastLifetimes:
 *
 * Sessions that end with whoever created them: it watches their names on the bus. Lives on the main
 * context.
 */
typedef struct _StepcastLifetimes StepcastLifetimes;

StepcastLifetimes *stepcast_lifetimes_new (StepcastSessionManager *manager);
void stepcast_lifetimes_free (StepcastLifetimes *self);

void stepcast_lifetimes_bind (StepcastLifetimes *self,
                              StepcastSession *session,
                              GDBusConnection *connection,
                              const char *caller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastLifetimes, stepcast_lifetimes_free)

G_END_DECLS
