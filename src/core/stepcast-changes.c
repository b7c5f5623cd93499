/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-changes.h"

#include "stepcast-parameters.h"
#include "stepcast-tasks.h"

struct _StepcastChanges
{
  GType generator_type;
  GVariant *parameters; /* a{sv}: of the present run as far as they are live, and of the next */
  StepcastActor *actor; /* (nullable): who set some last */
  GQueue tasks;         /* of GTask with a Change: for the next step boundary */
  StepcastChangesFunc func;
  gpointer user_data;
};

/* What somebody wants to be set. */
typedef struct
{
  GVariant *values;
  StepcastActor *actor; /* (nullable) */
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_variant_unref (change->values);
  g_clear_pointer (&change->actor, stepcast_actor_unref);
  g_free (change);
}

/**
 * stepcast_changes_new:
 * @generator_type: whose parameters they are
 * @parameters: a checked `a{sv}`; what it leaves out has its default
 * @func: told of each change that has been applied
 * @user_data: handed to @func
 *
 * Returns: (transfer full): these parameters, and no changes
 */
StepcastChanges *
stepcast_changes_new (GType generator_type,
                      GVariant *parameters,
                      StepcastChangesFunc func,
                      gpointer user_data)
{
  StepcastChanges *self = g_new0 (StepcastChanges, 1);
  g_autoptr (GVariant) defaults = stepcast_parameters_defaults (generator_type);

  self->generator_type = generator_type;
  self->parameters = stepcast_parameters_merge (defaults, parameters);
  g_queue_init (&self->tasks);
  self->func = func;
  self->user_data = user_data;
  return self;
}

/**
 * stepcast_changes_free:
 * @self: nobody waits any more: they were answered, or cancelled
 */
void
stepcast_changes_free (StepcastChanges *self)
{
  g_assert (g_queue_is_empty (&self->tasks));
  g_variant_unref (self->parameters);
  g_clear_pointer (&self->actor, stepcast_actor_unref);
  g_free (self);
}

/**
 * stepcast_changes_add:
 * @self: the changes of a session
 * @task: (transfer full): who waits for the step that uses them, by g_task_propagate_int()
 * @values: an `a{sv}`, whatever is in it
 * @actor: (nullable): who sets them
 *
 * Queues @values for the next step boundary: all of them or, if one is wrong, none. That is
 * answered at once, with %STEPCAST_ERROR_UNKNOWN_PARAMETER or %STEPCAST_ERROR_INVALID_VALUE.
 *
 * Returns: whether they were queued
 */
gboolean
stepcast_changes_add (StepcastChanges *self, GTask *task, GVariant *values, StepcastActor *actor)
{
  GError *error = NULL;
  GVariant *checked = stepcast_parameters_check (self->generator_type, values, &error);
  Change *change;

  if (checked == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return FALSE;
    }

  change = g_new0 (Change, 1);
  change->values = checked;
  stepcast_actor_set (&change->actor, actor);
  g_task_set_task_data (task, change, change_free);
  g_queue_push_tail (&self->tasks, task);
  return TRUE;
}

/**
 * stepcast_changes_are_awaited:
 * @self: the changes of a session
 *
 * Returns: whether there is anything to take: at most step boundaries there is not
 */
gboolean
stepcast_changes_are_awaited (const StepcastChanges *self)
{
  return self->tasks.length > 0;
}

/**
 * stepcast_changes_take:
 * @self: the changes of a session
 * @run: (nullable): the run that goes on with them, not busy; %NULL if they are for the next one
 *
 * Takes over all that was asked for, before anybody is told.
 *
 * Returns: (transfer full) (element-type GTask): whom to tell, by stepcast_changes_answer()
 */
GQueue
stepcast_changes_take (StepcastChanges *self, StepcastRun *run)
{
  GQueue tasks = self->tasks;

  g_queue_init (&self->tasks);
  for (GList *link = tasks.head; link != NULL; link = link->next)
    {
      const Change *change = g_task_get_task_data (link->data);
      g_autoptr (GVariant) before = g_steal_pointer (&self->parameters);

      self->parameters = stepcast_parameters_merge (before, change->values);
      if (run != NULL)
        stepcast_run_set_parameters (run, change->values);
    }
  return tasks;
}

static gboolean
has_live (StepcastChanges *self, GVariant *values)
{
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    if (stepcast_parameter_is_live (stepcast_parameters_find (self->generator_type, name, NULL)))
      return TRUE;
  return FALSE;
}

/**
 * stepcast_changes_answer:
 * @self: the changes of a session
 * @tasks: (element-type GTask): who is told, in this order; empty after it
 * @step: the first step that the live ones apply to
 *
 * The last one who is told may let go of the session, and @self with it.
 */
void
stepcast_changes_answer (StepcastChanges *self, GQueue *tasks, guint64 step)
{
  GTask *next;

  while ((next = g_queue_pop_head (tasks)) != NULL)
    {
      g_autoptr (GTask) task = next; /* keeps the session until it was told, too */
      const Change *change = g_task_get_task_data (task);

      /* What applies at the next start is used by the first step after it. */
      stepcast_actor_set (&self->actor, change->actor);
      g_task_return_int (task, has_live (self, change->values) ? (gssize) step : 1);
      self->func (self->user_data);
    }
}

/**
 * stepcast_changes_cancel:
 * @self: the changes of a session that is gone
 *
 * Who waits has waited in vain. Can be called again.
 */
void
stepcast_changes_cancel (StepcastChanges *self)
{
  stepcast_tasks_cancel (&self->tasks);
}

/**
 * stepcast_changes_get_parameters:
 * @self: the changes of a session
 *
 * Returns: (transfer none): an `a{sv}` of each parameter's value as it was last set
 */
GVariant *
stepcast_changes_get_parameters (const StepcastChanges *self)
{
  return self->parameters;
}

/**
 * stepcast_changes_get_actor:
 * @self: the changes of a session
 *
 * Returns: (transfer none) (nullable): who set parameters last
 */
StepcastActor *
stepcast_changes_get_actor (const StepcastChanges *self)
{
  return self->actor;
}
