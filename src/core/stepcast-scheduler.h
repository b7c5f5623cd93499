/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_SCHEDULER (stepcast_scheduler_get_type ())

G_DECLARE_FINAL_TYPE (StepcastScheduler, stepcast_scheduler, STEPCAST, SCHEDULER, GObject)

/* How long a slice steps its generator before it hands its slot back. Shorter costs hand-overs
 * (about 10 µs each), longer costs the fairness and the latency of everybody else's turn. */
#define STEPCAST_SLICE_US (10 * G_TIME_SPAN_MILLISECOND)

/* What workers hand home is dispatched after the sockets and the bus have been read: a "stop" that
 * has arrived is seen before the frames that it makes superfluous. */
#define STEPCAST_PRIORITY_OUTPUT (G_PRIORITY_DEFAULT + 10)

/**
 * StepcastTurn:
 * @STEPCAST_TURN_FAIR: after all that wait already
 * @STEPCAST_TURN_NEXT: before all that wait: somebody waits for this one picture
 *
 * Where a slice is put among those that wait for a slot.
 */
typedef enum
{
  STEPCAST_TURN_FAIR,
  STEPCAST_TURN_NEXT,
} StepcastTurn;

StepcastScheduler *stepcast_scheduler_new (guint n_slots);

void stepcast_scheduler_push (StepcastScheduler *self,
                              GTask *task,
                              GTaskThreadFunc func,
                              StepcastTurn turn);
gboolean stepcast_scheduler_withdraw (StepcastScheduler *self, GTask *task);
void stepcast_scheduler_abandon (StepcastScheduler *self, GTask *task);

guint stepcast_scheduler_get_n_slots (StepcastScheduler *self);
guint stepcast_scheduler_get_n_lost (StepcastScheduler *self);

G_END_DECLS
