/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastFrame:
 *
 * One SVG document that shows a session's state after a step. Immutable and
 * atomically reference-counted: any thread may read it, any number of viewers
 * share it.
 */
typedef struct _StepcastFrame StepcastFrame;

#define STEPCAST_TYPE_FRAME (stepcast_frame_get_type ())

GType stepcast_frame_get_type (void);

StepcastFrame *
stepcast_frame_new (GBytes *svg, guint run, guint64 serial, guint64 step, gint64 time_us);
StepcastFrame *stepcast_frame_new_encoded (GBytes *svg,
                                           GBytes *encoded,
                                           guint run,
                                           guint64 serial,
                                           guint64 step,
                                           gint64 time_us);
StepcastFrame *stepcast_frame_ref (StepcastFrame *self);
void stepcast_frame_unref (StepcastFrame *self);

GBytes *stepcast_frame_get_svg (const StepcastFrame *self);
GBytes *stepcast_frame_get_encoded (const StepcastFrame *self);
gsize stepcast_frame_get_size (const StepcastFrame *self);
guint stepcast_frame_get_run (const StepcastFrame *self);
guint64 stepcast_frame_get_serial (const StepcastFrame *self);
guint64 stepcast_frame_get_step (const StepcastFrame *self);
gint64 stepcast_frame_get_time_us (const StepcastFrame *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastFrame, stepcast_frame_unref)

G_END_DECLS
