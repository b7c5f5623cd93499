/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-dialect.h"
#include "stepcast-outbox.h"
#include "stepcast-run.h"

G_BEGIN_DECLS

/**
 * StepcastFrameFlow:
 *
 * Which frames a viewer gets, and when: how much it asks its session for, what of it goes into its
 * outbox, what waits until there is time for it, and what it may ask for again. It does no I/O: its
 * owner flushes the outbox. Counted by references; lives on the main context.
 */
typedef struct _StepcastFrameFlow StepcastFrameFlow;

StepcastFrameFlow *stepcast_frame_flow_new (const StepcastDialect *dialect, gboolean may_return);
StepcastFrameFlow *stepcast_frame_flow_ref (StepcastFrameFlow *self);
void stepcast_frame_flow_unref (StepcastFrameFlow *self);

void stepcast_frame_flow_set_outbox (StepcastFrameFlow *self, StepcastOutbox *outbox);

void stepcast_frame_flow_set_delivery (StepcastFrameFlow *self, StepcastDelivery delivery);
gboolean stepcast_frame_flow_is_every (const StepcastFrameFlow *self);
void stepcast_frame_flow_set_max_fps (StepcastFrameFlow *self, guint max_fps);
void stepcast_frame_flow_set_max_bytes (StepcastFrameFlow *self, gsize max_bytes);
void stepcast_frame_flow_describe (const StepcastFrameFlow *self, StepcastGreeting *greeting);

void stepcast_frame_flow_get_demand (const StepcastFrameFlow *self, StepcastDemand *demand);
void stepcast_frame_flow_deliver (StepcastFrameFlow *self,
                                  StepcastFrame *const *frames,
                                  guint n_frames,
                                  gboolean is_running);
void stepcast_frame_flow_take_stock (StepcastFrameFlow *self);
gboolean stepcast_frame_flow_give_held_back (StepcastFrameFlow *self, gboolean is_running);
void stepcast_frame_flow_drop (StepcastFrameFlow *self);
void stepcast_frame_flow_acknowledge (StepcastFrameFlow *self, guint run, guint64 serial);
void stepcast_frame_flow_begin_run (StepcastFrameFlow *self, guint run);

void stepcast_frame_flow_forget_most (StepcastFrameFlow *self);
guint64 stepcast_frame_flow_rewind (StepcastFrameFlow *self, guint after_run, guint64 after_serial);
guint64 stepcast_frame_flow_count_passed_over (const StepcastFrameFlow *self,
                                               const StepcastFrame *latest);
void stepcast_frame_flow_give_again (StepcastFrameFlow *self);

void stepcast_frame_flow_get_numbers (StepcastFrameFlow *self, StepcastViewerNumbers *numbers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastFrameFlow, stepcast_frame_flow_unref)

G_END_DECLS
