/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-program-source.h"

#include "stepcast-program-run.h"

/* An external program as a source: each run is a new process. */

struct _StepcastProgramSource
{
  StepcastSource parent_instance;

  char **argv;
  gboolean uses_pty;
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
};

G_DEFINE_FINAL_TYPE (StepcastProgramSource, stepcast_program_source, STEPCAST_TYPE_SOURCE)

static StepcastRun *
stepcast_program_source_create_run (StepcastSource *source, guint number, GVariant *parameters)
{
  StepcastProgramSource *self = STEPCAST_PROGRAM_SOURCE (source);

  return stepcast_program_run_new (number, (const char *const *) self->argv, self->uses_pty,
                                   self->scheduler, self->validator);
}

static void
stepcast_program_source_dispose (GObject *object)
{
  StepcastProgramSource *self = STEPCAST_PROGRAM_SOURCE (object);

  g_clear_object (&self->scheduler);
  g_clear_object (&self->validator);
  g_clear_pointer (&self->argv, g_strfreev);

  G_OBJECT_CLASS (stepcast_program_source_parent_class)->dispose (object);
}

static void
stepcast_program_source_class_init (StepcastProgramSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_program_source_dispose;
  STEPCAST_SOURCE_CLASS (klass)->create_run = stepcast_program_source_create_run;
}

static void
stepcast_program_source_init (StepcastProgramSource *self)
{
}

/**
 * stepcast_program_source_new:
 * @name: what people call it
 * @argv: (array zero-terminated=1): the program and its arguments
 * @uses_pty: whether its output is a terminal
 * @scheduler: splits and checks what it prints
 * @validator: loads it
 *
 * Returns: (transfer full): a new source
 */
StepcastSource *
stepcast_program_source_new (const char *name,
                             const char *const *argv,
                             gboolean uses_pty,
                             StepcastScheduler *scheduler,
                             StepcastValidator *validator)
{
  StepcastProgramSource *self = g_object_new (STEPCAST_TYPE_PROGRAM_SOURCE, "name", name,
                                              "generator-type", STEPCAST_TYPE_GENERATOR, NULL);

  self->argv = g_strdupv ((char **) argv);
  self->uses_pty = uses_pty;
  self->scheduler = g_object_ref (scheduler);
  self->validator = g_object_ref (validator);

  return STEPCAST_SOURCE (self);
}
