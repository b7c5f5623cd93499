/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-actor.h"
#include "stepcast-run.h"

G_BEGIN_DECLS

/**
 * StepcastChangesFunc:
 * @user_data: as it was given
 *
 * Somebody's change has been applied: stepcast_changes_get_actor() says whose.
 */
typedef void (*StepcastChangesFunc) (gpointer user_data);

/**
 * StepcastChanges:
 *
 * A session's parameters, and what is to become of them. A change is checked and queued when it is
 * asked for, taken over with all others at a step boundary, and answered with the step that uses
 * it. Those are two moves, because whoever is told may ask for more, or begin another run. Lives on
 * the main context: what runs is brought home first, so that nothing here is shared with a worker.
 */
typedef struct _StepcastChanges StepcastChanges;

StepcastChanges *stepcast_changes_new (GType generator_type,
                                       GVariant *parameters,
                                       StepcastChangesFunc func,
                                       gpointer user_data);
void stepcast_changes_free (StepcastChanges *self);

gboolean
stepcast_changes_add (StepcastChanges *self, GTask *task, GVariant *values, StepcastActor *actor);
gboolean stepcast_changes_are_awaited (const StepcastChanges *self);
GQueue stepcast_changes_take (StepcastChanges *self, StepcastRun *run);
void stepcast_changes_answer (StepcastChanges *self, GQueue *tasks, guint64 step);
void stepcast_changes_cancel (StepcastChanges *self);

GVariant *stepcast_changes_get_parameters (const StepcastChanges *self);
StepcastActor *stepcast_changes_get_actor (const StepcastChanges *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastChanges, stepcast_changes_free)

G_END_DECLS
