/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-generator-source.h"

#include "stepcast-generator-run.h"
#include "stepcast-parameters.h"

/* A built-in generator as a source: each run is a new instance of its type. */

struct _StepcastGeneratorSource
{
  StepcastSource parent_instance;

  StepcastScheduler *scheduler;
  gboolean is_validated;
};

G_DEFINE_FINAL_TYPE (StepcastGeneratorSource, stepcast_generator_source, STEPCAST_TYPE_SOURCE)

static StepcastRun *
stepcast_generator_source_create_run (StepcastSource *source, guint number, GVariant *parameters)
{
  StepcastGeneratorSource *self = STEPCAST_GENERATOR_SOURCE (source);
  g_autoptr (GObject) generator =
    stepcast_parameters_construct (stepcast_source_get_generator_type (source), parameters);

  return stepcast_generator_run_new (number, STEPCAST_GENERATOR (generator), self->scheduler,
                                     self->is_validated);
}

static void
stepcast_generator_source_dispose (GObject *object)
{
  StepcastGeneratorSource *self = STEPCAST_GENERATOR_SOURCE (object);

  g_clear_object (&self->scheduler);

  G_OBJECT_CLASS (stepcast_generator_source_parent_class)->dispose (object);
}

static void
stepcast_generator_source_class_init (StepcastGeneratorSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_generator_source_dispose;
  STEPCAST_SOURCE_CLASS (klass)->kind = "generator";
  STEPCAST_SOURCE_CLASS (klass)->create_run = stepcast_generator_source_create_run;
}

static void
stepcast_generator_source_init (StepcastGeneratorSource *self)
{
}

/**
 * stepcast_generator_source_new:
 * @name: what people call the generator
 * @generator_type: a type derived from #StepcastGenerator
 * @scheduler: runs its slices
 * @is_validated: whether each frame is loaded by librsvg before anyone sees it
 *
 * Returns: (transfer full): a new source
 */
StepcastSource *
stepcast_generator_source_new (const char *name,
                               GType generator_type,
                               StepcastScheduler *scheduler,
                               gboolean is_validated)
{
  StepcastGeneratorSource *self = g_object_new (STEPCAST_TYPE_GENERATOR_SOURCE, "name", name,
                                                "generator-type", generator_type, NULL);

  self->scheduler = g_object_ref (scheduler);
  self->is_validated = is_validated;

  return STEPCAST_SOURCE (self);
}
