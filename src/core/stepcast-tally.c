/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-tally.h"

/**
 * stepcast_tally_begin:
 * @self: a tally
 * @now_us: the present time
 * @step: where the run stands
 *
 * It runs from now on: how fast it was before the standstill does not count.
 */
void
stepcast_tally_begin (StepcastTally *self, gint64 now_us, guint64 step)
{
  stepcast_meter_begin (&self->steps, now_us, step);
  stepcast_meter_begin (&self->frames, now_us, self->n_frames);
}

/**
 * stepcast_tally_add_frames:
 * @self: a tally
 * @n_frames: how many frames have come home, maybe none
 * @are_validated: whether librsvg has loaded each of them
 */
void
stepcast_tally_add_frames (StepcastTally *self, guint n_frames, gboolean are_validated)
{
  self->n_frames += n_frames;
  if (are_validated)
    self->n_validated += n_frames;
}

/**
 * stepcast_tally_update:
 * @self: a tally
 * @now_us: the present time
 * @step: where the run stands
 *
 * To be called at each homecoming.
 */
void
stepcast_tally_update (StepcastTally *self, gint64 now_us, guint64 step)
{
  stepcast_meter_update (&self->steps, now_us, step);
  stepcast_meter_update (&self->frames, now_us, self->n_frames);
}

/**
 * stepcast_tally_get_steps_per_second:
 * @self: a tally
 * @now_us: the present time
 * @step: where the run stands
 *
 * Returns: how fast it steps, over the last half second or so
 */
double
stepcast_tally_get_steps_per_second (const StepcastTally *self, gint64 now_us, guint64 step)
{
  return stepcast_meter_get (&self->steps, now_us, step);
}

/**
 * stepcast_tally_get_frames_per_second:
 * @self: a tally
 * @now_us: the present time
 *
 * Returns: how many frames it draws in a second, over the last half second or so
 */
double
stepcast_tally_get_frames_per_second (const StepcastTally *self, gint64 now_us)
{
  return stepcast_meter_get (&self->frames, now_us, self->n_frames);
}
