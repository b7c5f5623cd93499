/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-program-source.h"

#include <glib/gi18n.h>

#include "stepcast-program-run.h"

/* An external program as a source: each run is a new process. */

/* For people to read, and with a number behind it still a session's name. */
#define MAX_NAME_BYTES 32

struct _StepcastProgramSource
{
  StepcastSource parent_instance;

  StepcastCommand *command;
  StepcastDocumentLimits limits;
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastGuard *guard; /* (nullable) */
};

G_DEFINE_FINAL_TYPE (StepcastProgramSource, stepcast_program_source, STEPCAST_TYPE_SOURCE)

static StepcastRun *
stepcast_program_source_create_run (StepcastSource *source, guint number, GVariant *parameters)
{
  StepcastProgramSource *self = STEPCAST_PROGRAM_SOURCE (source);

  return stepcast_program_run_new (number, self->command, &self->limits, self->scheduler,
                                   self->validator, self->guard);
}

static void
stepcast_program_source_dispose (GObject *object)
{
  StepcastProgramSource *self = STEPCAST_PROGRAM_SOURCE (object);

  g_clear_object (&self->scheduler);
  g_clear_object (&self->validator);
  g_clear_object (&self->guard);
  g_clear_pointer (&self->command, stepcast_command_free);

  G_OBJECT_CLASS (stepcast_program_source_parent_class)->dispose (object);
}

static void
stepcast_program_source_class_init (StepcastProgramSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_program_source_dispose;
  STEPCAST_SOURCE_CLASS (klass)->kind = "program";
  STEPCAST_SOURCE_CLASS (klass)->summary = N_ ("An external program");
  STEPCAST_SOURCE_CLASS (klass)->create_run = stepcast_program_source_create_run;
}

static void
stepcast_program_source_init (StepcastProgramSource *self)
{
}

/**
 * stepcast_program_source_new:
 * @name: what people call it
 * @command: what to run, and how; checked
 * @limits: (nullable): what one document may cost, or %NULL for the defaults
 * @scheduler: splits and checks what it prints
 * @validator: loads it
 * @guard: (nullable): ends what the program has started where we can't
 *
 * Returns: (transfer full): a new source
 */
StepcastSource *
stepcast_program_source_new (const char *name,
                             const StepcastCommand *command,
                             const StepcastDocumentLimits *limits,
                             StepcastScheduler *scheduler,
                             StepcastValidator *validator,
                             StepcastGuard *guard)
{
  StepcastProgramSource *self = g_object_new (STEPCAST_TYPE_PROGRAM_SOURCE, "name", name,
                                              "generator-type", STEPCAST_TYPE_GENERATOR, NULL);

  self->command = stepcast_command_copy (command);
  self->limits = limits != NULL ? *limits : STEPCAST_DOCUMENT_LIMITS_DEFAULT;
  self->scheduler = g_object_ref (scheduler);
  self->validator = g_object_ref (validator);
  g_set_object (&self->guard, guard);

  return STEPCAST_SOURCE (self);
}

/**
 * stepcast_program_source_get_command:
 * @self: a source
 *
 * Returns: (transfer none): what it runs
 */
const StepcastCommand *
stepcast_program_source_get_command (StepcastProgramSource *self)
{
  g_return_val_if_fail (STEPCAST_IS_PROGRAM_SOURCE (self), NULL);

  return self->command;
}

/**
 * stepcast_program_source_make_name:
 * @program: a program's name or path
 *
 * Returns: (transfer full): what stands for it in names of sources and sessions: `[a-z0-9-]{1,32}`
 */
char *
stepcast_program_source_make_name (const char *program)
{
  g_autofree char *base = g_path_get_basename (program);
  g_autofree char *name = g_ascii_strdown (base, MAX_NAME_BYTES);

  g_strcanon (name, "abcdefghijklmnopqrstuvwxyz0123456789-", '-');
  return g_steal_pointer (&name);
}
