/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a rate is measured over. */
#define STEPCAST_METER_WINDOW_US (G_USEC_PER_SEC / 2)

/**
 * StepcastMeter:
 *
 * How fast something counts up, over the last window or so. To be embedded; its owner gives the
 * time, in microseconds of any clock that goes on, and the count.
 */
typedef struct
{
  gint64 since_us;
  guint64 since_count;
  double rate; /* over the window before, or -1 */
} StepcastMeter;

void stepcast_meter_begin (StepcastMeter *self, gint64 now_us, guint64 count);
void stepcast_meter_update (StepcastMeter *self, gint64 now_us, guint64 count);
double stepcast_meter_get (const StepcastMeter *self, gint64 now_us, guint64 count);

G_END_DECLS
