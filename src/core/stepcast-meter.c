/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-meter.h"

static double
measure (const StepcastMeter *self, gint64 now_us, guint64 count)
{
  return (double) (count - self->since_count) * G_USEC_PER_SEC / (double) (now_us - self->since_us);
}

/**
 * stepcast_meter_begin:
 * @self: a meter
 * @now_us: the present time
 * @count: the present count
 *
 * Forgets what was before: after a standstill, or where the count starts anew.
 */
void
stepcast_meter_begin (StepcastMeter *self, gint64 now_us, guint64 count)
{
  self->since_us = now_us;
  self->since_count = count;
  self->rate = -1;
}

/**
 * stepcast_meter_update:
 * @self: a meter
 * @now_us: the present time
 * @count: the present count
 *
 * To be called often, when the count has gone up.
 */
void
stepcast_meter_update (StepcastMeter *self, gint64 now_us, guint64 count)
{
  if (now_us - self->since_us < STEPCAST_METER_WINDOW_US)
    return;

  self->rate = measure (self, now_us, count);
  self->since_us = now_us;
  self->since_count = count;
}

/**
 * stepcast_meter_get:
 * @self: a meter
 * @now_us: the present time
 * @count: the present count
 *
 * Returns: how much it counts up in a second
 */
double
stepcast_meter_get (const StepcastMeter *self, gint64 now_us, guint64 count)
{
  gint64 elapsed_us = now_us - self->since_us;

  /* Where it counts less than once a window, the present one is the longest that is known. */
  if (elapsed_us > 0 && (elapsed_us > STEPCAST_METER_WINDOW_US || self->rate < 0))
    return measure (self, now_us, count);
  return MAX (self->rate, 0);
}
