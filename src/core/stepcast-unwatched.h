/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-session.h"

G_BEGIN_DECLS

/**
 * StepcastUnwatched:
 *
 * The rule for a session that is watched no more. It applies once somebody has watched it, and
 * goes; what it has paused goes on when somebody comes back, unless somebody else has done
 * something with it meanwhile. Lives on the main context.
 */
typedef struct _StepcastUnwatched StepcastUnwatched;

StepcastUnwatched *
stepcast_unwatched_new (StepcastSession *session, StepcastWhenUnwatched action, guint grace_ms);
void stepcast_unwatched_free (StepcastUnwatched *self);

StepcastWhenUnwatched stepcast_unwatched_get_action (const StepcastUnwatched *self);
guint stepcast_unwatched_get_grace_ms (const StepcastUnwatched *self);
void stepcast_unwatched_update (StepcastUnwatched *self);
void stepcast_unwatched_restart_asked (StepcastUnwatched *self);
void stepcast_unwatched_restarted (StepcastUnwatched *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastUnwatched, stepcast_unwatched_free)

G_END_DECLS
