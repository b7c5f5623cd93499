/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-actor.h"

G_BEGIN_DECLS

/**
 * StepcastHoldFunc:
 * @user_data: as it was given
 *
 * Somebody holds it, maybe another than before, or nobody does any more.
 */
typedef void (*StepcastHoldFunc) (gpointer user_data);

/**
 * StepcastHold:
 *
 * Whether a run waits for somebody who wants every frame, and for whom. It does so for an instant
 * after nearly each window, and two who read slowly take turns, many times a second; what people
 * want to know is whether it does for most of the time, which is looked at twice a second. To be
 * embedded, and initialised. Lives on the main context.
 */
typedef struct
{
  gint64 since_us;  /* 0 while it does not wait */
  gint64 looked_us; /* when it was looked at last */
  gint64 waited_us; /* since then, but for what has not ended */
  gboolean is_held;
  StepcastActor *waits_for; /* (nullable): has no room for the next frame, or had none last */
  StepcastActor *holder;    /* (nullable): whom it waits for most of the time, as was told */
  GSource *timer;           /* (nullable): while it waits, or is held */
  StepcastHoldFunc func;
  gpointer user_data;
} StepcastHold;

void stepcast_hold_init (StepcastHold *self, StepcastHoldFunc func, gpointer user_data);
void stepcast_hold_clear (StepcastHold *self);

void stepcast_hold_begin (StepcastHold *self, StepcastActor *actor);
void stepcast_hold_end (StepcastHold *self);

StepcastActor *stepcast_hold_get_holder (const StepcastHold *self);

G_END_DECLS
