/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_GENERATOR (stepcast_generator_get_type ())

G_DECLARE_DERIVABLE_TYPE (StepcastGenerator, stepcast_generator, STEPCAST, GENERATOR, GObject)

/**
 * StepcastStepResult:
 * @STEPCAST_STEP_FAILED: the step was not done; the error says why
 * @STEPCAST_STEP_DONE: the step was done, and there may be more
 * @STEPCAST_STEP_LAST: the step was done, and it was the last one
 * @STEPCAST_STEP_NONE: there was nothing left to do; the state is as it was
 *
 * What became of a step.
 */
typedef enum
{
  STEPCAST_STEP_FAILED,
  STEPCAST_STEP_DONE,
  STEPCAST_STEP_LAST,
  STEPCAST_STEP_NONE,
} StepcastStepResult;

/**
 * StepcastMetric:
 * @name: what the wire calls it: `[a-z][a-z0-9-]*`
 * @summary: what people read: a N_() string
 * @unit: (nullable): its unit, or %NULL for a plain number
 *
 * A number that a generator has after each step, such as an error or an energy.
 */
typedef struct
{
  const char *name;
  const char *summary;
  const char *unit;
} StepcastMetric;

/**
 * StepcastGeneratorClass:
 * @summary: one line that says what it computes: a N_() string
 * @metrics: (array length=n_metrics) (nullable): the numbers that @measure gives; static
 * @n_metrics: how many metrics there are, at most %STEPCAST_MAX_METRICS
 * @prepare: (nullable): makes the state of step 0 from the parameters; once, before the first step
 * @step: does one step. It is a transaction: a step that fails or is cancelled leaves the
 *   state of the last complete step. It looks at @cancellable every half millisecond or oftener,
 *   and returns %STEPCAST_STEP_FAILED with %G_IO_ERROR_CANCELLED as soon as it is set
 * @draw: draws the present state as one SVG document in UTF-8, and changes nothing that a later
 *   step or drawing depends on; looks at @cancellable as @step does
 * @get_progress: (nullable): how far it has come, from 0 to 1, or -1 where it can't know
 * @measure: (nullable): stores the value of each metric into an array of @n_metrics numbers
 *
 * The functions stand in the order of their phases. All of them run in a worker thread, never two
 * at a time for one generator, so a generator needs no locks. Properties are set on the main
 * context between slices: a setter stores the value, and the next step uses it.
 */
struct _StepcastGeneratorClass
{
  GObjectClass parent_class;

  const char *summary;
  const StepcastMetric *metrics;
  guint n_metrics;

  gboolean (*prepare) (StepcastGenerator *self, GCancellable *cancellable, GError **error);
  StepcastStepResult (*step) (StepcastGenerator *self, GCancellable *cancellable, GError **error);
  GBytes *(*draw) (StepcastGenerator *self, GCancellable *cancellable, GError **error);
  double (*get_progress) (StepcastGenerator *self);
  void (*measure) (StepcastGenerator *self, double *values);
};

/* More would not be read: a page plots a number or two. It keeps a slice's report flat. */
#define STEPCAST_MAX_METRICS 8

gboolean
stepcast_generator_prepare (StepcastGenerator *self, GCancellable *cancellable, GError **error);
StepcastStepResult
stepcast_generator_step (StepcastGenerator *self, GCancellable *cancellable, GError **error);
GBytes *
stepcast_generator_draw (StepcastGenerator *self, GCancellable *cancellable, GError **error);
double stepcast_generator_get_progress (StepcastGenerator *self);
guint stepcast_generator_measure (StepcastGenerator *self, double values[STEPCAST_MAX_METRICS]);

G_END_DECLS
