/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-pacer.h"

G_BEGIN_DECLS

/**
 * StepcastAllowanceFunc:
 * @user_data: as it was given
 *
 * A step is due that was not when this was asked for.
 */
typedef void (*StepcastAllowanceFunc) (gpointer user_data);

/**
 * StepcastAllowance:
 *
 * How many steps a session's run may do now: up to the one after which it pauses, and no faster
 * than its rate. To be embedded, and initialised; the owner gives the time, on the monotonic clock.
 * Lives on the main context.
 */
typedef struct
{
  guint64 until; /* the step after which it pauses */
  StepcastPacer pacer;
  gboolean is_rate_new; /* what is under way was let go at another rate */
  GSource *timer;       /* (nullable): until the next step is due */
  StepcastAllowanceFunc func;
  gpointer user_data;
} StepcastAllowance;

void
stepcast_allowance_init (StepcastAllowance *self, StepcastAllowanceFunc func, gpointer user_data);
void stepcast_allowance_clear (StepcastAllowance *self);

void stepcast_allowance_begin (StepcastAllowance *self, guint64 until);
void stepcast_allowance_set_until (StepcastAllowance *self, guint64 until);
void stepcast_allowance_set_rate (StepcastAllowance *self, double rate, gboolean is_under_way);
double stepcast_allowance_get_rate (const StepcastAllowance *self);

gboolean stepcast_allowance_is_endless (const StepcastAllowance *self);
guint64 stepcast_allowance_get_left (const StepcastAllowance *self, guint64 step);
guint64 stepcast_allowance_get (const StepcastAllowance *self, gint64 now_us, guint64 step);
void stepcast_allowance_consume (StepcastAllowance *self, gint64 now_us, guint64 n_steps);
void stepcast_allowance_wait (StepcastAllowance *self, gint64 now_us);

G_END_DECLS
