/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-racing-generator.h"

/* A generator that is wrong: the control of the tests with ThreadSanitizer. What its steps count,
 * in a worker, is read on the main context while they do: that has to be reported, or else nothing
 * that is not reported means anything. */

struct _StepcastRacingGenerator
{
  StepcastGenerator parent_instance;
};

G_DEFINE_FINAL_TYPE (StepcastRacingGenerator, stepcast_racing_generator, STEPCAST_TYPE_GENERATOR)

static guint64 n_steps;

static StepcastStepResult
stepcast_racing_generator_step (StepcastGenerator *generator,
                                GCancellable *cancellable,
                                GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return STEPCAST_STEP_FAILED;

  n_steps++;
  return STEPCAST_STEP_DONE;
}

static GBytes *
stepcast_racing_generator_draw (StepcastGenerator *generator,
                                GCancellable *cancellable,
                                GError **error)
{
  static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

  return g_bytes_new_static (svg, sizeof svg - 1);
}

static void
stepcast_racing_generator_class_init (StepcastRacingGeneratorClass *klass)
{
  StepcastGeneratorClass *generator_class = STEPCAST_GENERATOR_CLASS (klass);

  generator_class->summary = "A data race";
  generator_class->step = stepcast_racing_generator_step;
  generator_class->draw = stepcast_racing_generator_draw;
}

static void
stepcast_racing_generator_init (StepcastRacingGenerator *self)
{
}

/**
 * stepcast_racing_generator_get_n_steps:
 *
 * To be called on the main context, which is the mistake.
 *
 * Returns: how many steps all of them have done
 */
guint64
stepcast_racing_generator_get_n_steps (void)
{
  return n_steps;
}
