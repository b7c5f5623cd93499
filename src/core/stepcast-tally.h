/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-meter.h"

G_BEGIN_DECLS

/**
 * StepcastTally:
 *
 * What a session has drawn in all of its runs, and how fast it steps and draws. To be embedded,
 * filled with zeros; its owner gives the time, in microseconds of the monotonic clock.
 */
typedef struct
{
  guint64 n_frames;    /* of all runs */
  guint64 n_validated; /* of these */
  StepcastMeter steps;
  StepcastMeter frames;
} StepcastTally;

void stepcast_tally_begin (StepcastTally *self, gint64 now_us, guint64 step);
void stepcast_tally_add_frames (StepcastTally *self, guint n_frames, gboolean are_validated);
void stepcast_tally_update (StepcastTally *self, gint64 now_us, guint64 step);
double stepcast_tally_get_steps_per_second (const StepcastTally *self, gint64 now_us, guint64 step);
double stepcast_tally_get_frames_per_second (const StepcastTally *self, gint64 now_us);

G_END_DECLS
