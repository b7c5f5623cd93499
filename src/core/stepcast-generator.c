/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-generator.h"

/* What computes. A session makes a new one for each run, and its slices use it in a worker thread,
 * one at a time: prepare() once, then step() and draw() by turns. See StepcastGeneratorClass for
 * what an implementation promises; doc/threads.md says who may touch it when. */

G_DEFINE_ABSTRACT_TYPE (StepcastGenerator, stepcast_generator, G_TYPE_OBJECT)

static void
stepcast_generator_class_init (StepcastGeneratorClass *klass)
{
}

static void
stepcast_generator_init (StepcastGenerator *self)
{
}

/**
 * stepcast_generator_prepare:
 * @self: a generator
 * @cancellable: (nullable): stops it
 * @error: why it could not be prepared
 *
 * Makes the state of step 0. Called once, in a worker thread.
 *
 * Returns: %FALSE with @error set if there is no such state
 */
gboolean
stepcast_generator_prepare (StepcastGenerator *self, GCancellable *cancellable, GError **error)
{
  StepcastGeneratorClass *klass;

  g_return_val_if_fail (STEPCAST_IS_GENERATOR (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  klass = STEPCAST_GENERATOR_GET_CLASS (self);
  return klass->prepare == NULL || klass->prepare (self, cancellable, error);
}

/**
 * stepcast_generator_step:
 * @self: a prepared generator
 * @cancellable: (nullable): stops it
 * @error: why the step could not be done
 *
 * Does one step, in a worker thread.
 *
 * Returns: what became of it
 */
StepcastStepResult
stepcast_generator_step (StepcastGenerator *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_GENERATOR (self), STEPCAST_STEP_FAILED);
  g_return_val_if_fail (error == NULL || *error == NULL, STEPCAST_STEP_FAILED);

  return STEPCAST_GENERATOR_GET_CLASS (self)->step (self, cancellable, error);
}

/**
 * stepcast_generator_draw:
 * @self: a prepared generator
 * @cancellable: (nullable): stops it
 * @error: why the state could not be drawn
 *
 * Draws the present state, in a worker thread.
 *
 * Returns: (transfer full) (nullable): an SVG document, or %NULL with @error set
 */
GBytes *
stepcast_generator_draw (StepcastGenerator *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_GENERATOR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return STEPCAST_GENERATOR_GET_CLASS (self)->draw (self, cancellable, error);
}

/**
 * stepcast_generator_get_progress:
 * @self: a prepared generator
 *
 * Returns: how far it has come, from 0 to 1, or -1 where it can't know
 */
double
stepcast_generator_get_progress (StepcastGenerator *self)
{
  StepcastGeneratorClass *klass;

  g_return_val_if_fail (STEPCAST_IS_GENERATOR (self), -1);

  klass = STEPCAST_GENERATOR_GET_CLASS (self);
  return klass->get_progress != NULL ? klass->get_progress (self) : -1;
}

/**
 * stepcast_generator_measure:
 * @self: a prepared generator
 * @values: (out caller-allocates): one number for each of the class's metrics
 *
 * Returns: how many metrics there are
 */
guint
stepcast_generator_measure (StepcastGenerator *self, double values[STEPCAST_MAX_METRICS])
{
  StepcastGeneratorClass *klass;

  g_return_val_if_fail (STEPCAST_IS_GENERATOR (self), 0);

  klass = STEPCAST_GENERATOR_GET_CLASS (self);
  g_return_val_if_fail (klass->n_metrics <= STEPCAST_MAX_METRICS, 0);

  if (klass->n_metrics > 0)
    klass->measure (self, values);
  return klass->n_metrics;
}
