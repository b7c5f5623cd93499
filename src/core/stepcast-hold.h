/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastHoldFunc:
 * @user_data: as it was given
 *
 * It is held, maybe by somebody else than before, or is not any more.
 */
typedef void (*StepcastHoldFunc) (gpointer user_data);

/**
 * StepcastHold:
 *
 * Whether a run waits for somebody who wants every frame. It does so for an instant after nearly
 * each window; what people want to know is whether it does for most of the time, which is looked at
 * twice a second. To be embedded, and initialised. Lives on the main context.
 */
typedef struct
{
  gint64 since_us;  /* 0 while it does not wait */
  gint64 looked_us; /* when it was looked at last */
  gint64 waited_us; /* since then, but for what has not ended */
  gboolean is_held;
  GSource *timer; /* (nullable): while it waits, or is held */
  StepcastHoldFunc func;
  gpointer user_data;
} StepcastHold;

void stepcast_hold_init (StepcastHold *self, StepcastHoldFunc func, gpointer user_data);
void stepcast_hold_clear (StepcastHold *self);

void stepcast_hold_begin (StepcastHold *self);
void stepcast_hold_end (StepcastHold *self);

G_END_DECLS
