/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a rate may be: slower is a pause, and faster than a slice can tell apart is no limit. */
#define STEPCAST_MIN_RATE 0.001
#define STEPCAST_MAX_RATE 1e6

/**
 * StepcastPacer:
 *
 * How many steps may be done now, where there is a limit a second. What was missed is not made up
 * for, but for the lateness of a timer. To be embedded; zero is a pacer without a limit. Times are
 * in microseconds, of the monotonic clock.
 */
typedef struct
{
  double rate;   /* steps a second; 0 is no limit */
  double due_us; /* when the next step may begin; 0 before the first */
} StepcastPacer;

gboolean stepcast_pacer_check_rate (double rate, GError **error);

void stepcast_pacer_set_rate (StepcastPacer *self, double rate);
guint64 stepcast_pacer_get_allowance (const StepcastPacer *self, gint64 now_us);
void stepcast_pacer_consume (StepcastPacer *self, gint64 now_us, guint64 n_steps);
guint stepcast_pacer_get_wait_ms (const StepcastPacer *self, gint64 now_us);

G_END_DECLS
