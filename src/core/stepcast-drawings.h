/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-frame.h"

G_BEGIN_DECLS

/**
 * StepcastDrawingsFunc:
 * @user_data: as it was given
 *
 * The last one who waited for a picture has waited in vain.
 */
typedef void (*StepcastDrawingsFunc) (gpointer user_data);

/**
 * StepcastDrawings:
 *
 * The latest frame of a session, whether it shows the present state, and who waits for one that
 * does, each until a deadline of their own. What is drawn, and when, is the session's to decide.
 * Lives on the main context.
 */
typedef struct _StepcastDrawings StepcastDrawings;

StepcastDrawings *stepcast_drawings_new (StepcastDrawingsFunc func, gpointer user_data);
void stepcast_drawings_free (StepcastDrawings *self);

void stepcast_drawings_take_frames (StepcastDrawings *self, GPtrArray *frames);
void stepcast_drawings_outdate (StepcastDrawings *self);
StepcastFrame *stepcast_drawings_get_latest (const StepcastDrawings *self);
gboolean
stepcast_drawings_has_current (const StepcastDrawings *self, guint run_number, guint64 step);

void stepcast_drawings_add (StepcastDrawings *self, GTask *task, guint deadline_ms);
gboolean stepcast_drawings_are_awaited (const StepcastDrawings *self);
void stepcast_drawings_answer (StepcastDrawings *self, const GError *error);
void stepcast_drawings_answer_one (StepcastDrawings *self, GTask *task, const GError *error);
void stepcast_drawings_cancel (StepcastDrawings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastDrawings, stepcast_drawings_free)

G_END_DECLS
