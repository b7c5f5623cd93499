/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame.h"

struct _StepcastFrame
{
  gatomicrefcount ref_count;
  guint run;
  GBytes *svg;
  GBytes *encoded; /* (nullable) */
  guint64 serial;
  guint64 step;
  gint64 time_us;
};

G_DEFINE_BOXED_TYPE (StepcastFrame, stepcast_frame, stepcast_frame_ref, stepcast_frame_unref)

/**
 * stepcast_frame_new:
 * @svg: one SVG document in UTF-8
 * @run: the number of the run that it belongs to, from 1
 * @serial: its number among the frames of that run, from 1
 * @step: the step whose state it shows; 0 is the state before the first
 * @time_us: microseconds since the run began, on the monotonic clock
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): a new frame
 */
StepcastFrame *
stepcast_frame_new (GBytes *svg, guint run, guint64 serial, guint64 step, gint64 time_us)
{
  return stepcast_frame_new_encoded (svg, NULL, run, serial, step, time_us);
}

/**
 * stepcast_frame_new_encoded:
 * @svg: one SVG document in UTF-8
 * @encoded: (nullable): what a #StepcastFrameEncoder has made of it
 * @run: the number of the run that it belongs to, from 1
 * @serial: its number among the frames of that run, from 1
 * @step: the step whose state it shows; 0 is the state before the first
 * @time_us: microseconds since the run began, on the monotonic clock
 *
 * May be called from any thread.
 *
 * Returns: (transfer full): a new frame
 */
StepcastFrame *
stepcast_frame_new_encoded (GBytes *svg,
                            GBytes *encoded,
                            guint run,
                            guint64 serial,
                            guint64 step,
                            gint64 time_us)
{
  StepcastFrame *self;

  g_return_val_if_fail (svg != NULL, NULL);

  self = g_new (StepcastFrame, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->svg = g_bytes_ref (svg);
  self->encoded = encoded != NULL ? g_bytes_ref (encoded) : NULL;
  self->run = run;
  self->serial = serial;
  self->step = step;
  self->time_us = time_us;

  return self;
}

StepcastFrame *
stepcast_frame_ref (StepcastFrame *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
stepcast_frame_unref (StepcastFrame *self)
{
  g_return_if_fail (self != NULL);

  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      g_bytes_unref (self->svg);
      g_clear_pointer (&self->encoded, g_bytes_unref);
      g_free (self);
    }
}

/**
 * stepcast_frame_get_svg:
 * @self: a frame
 *
 * Returns: (transfer none): the SVG document
 */
GBytes *
stepcast_frame_get_svg (const StepcastFrame *self)
{
  return self->svg;
}

/**
 * stepcast_frame_get_encoded:
 * @self: a frame
 *
 * Returns: (transfer none) (nullable): what the encoder made of the SVG document, if anybody wanted
 *   that when the frame was made
 */
GBytes *
stepcast_frame_get_encoded (const StepcastFrame *self)
{
  return self->encoded;
}

/**
 * stepcast_frame_get_size:
 * @self: a frame
 *
 * Returns: the length of the SVG document, in bytes
 */
gsize
stepcast_frame_get_size (const StepcastFrame *self)
{
  return g_bytes_get_size (self->svg);
}

guint
stepcast_frame_get_run (const StepcastFrame *self)
{
  return self->run;
}

guint64
stepcast_frame_get_serial (const StepcastFrame *self)
{
  return self->serial;
}

guint64
stepcast_frame_get_step (const StepcastFrame *self)
{
  return self->step;
}

/**
 * stepcast_frame_get_time_us:
 * @self: a frame
 *
 * Returns: when it was drawn, in microseconds since its run began
 */
gint64
stepcast_frame_get_time_us (const StepcastFrame *self)
{
  return self->time_us;
}
