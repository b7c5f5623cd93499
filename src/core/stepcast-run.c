/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-run.h"

/* One run of a source, from its start to its end, and after that the keeper of its last state.
 *
 * A run does not decide: it asks its session how many steps it may do and which frames are wanted,
 * does what that allows, comes home with what it made, and is told to proceed. Between two
 * homecomings it is busy, and nobody else touches what it computes with. It lives on the main
 * context; an implementation takes its work elsewhere. */

typedef struct
{
  guint number;
  gint64 began_us;
  gboolean is_busy;
  gboolean validates;
  StepcastOutcome outcome;
  StepcastProgress progress;
  int exit_status;

  const StepcastRunEvents *events; /* NULL: nobody listens any more */
  gpointer user_data;
} StepcastRunPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StepcastRun, stepcast_run, G_TYPE_OBJECT)

enum
{
  PROP_NUMBER = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
stepcast_run_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (STEPCAST_RUN (object));

  switch (id)
    {
    case PROP_NUMBER:
      priv->number = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_run_class_init (StepcastRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = stepcast_run_set_property;

  properties[PROP_NUMBER] =
    g_param_spec_uint ("number", NULL, NULL, 1, G_MAXUINT, 1,
                       G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
stepcast_run_init (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->began_us = g_get_monotonic_time ();
  priv->progress.fraction = -1;
  priv->exit_status = -1;
}

/**
 * stepcast_run_listen:
 * @self: a run
 * @events: (nullable): static; %NULL ends it: what the run still brings home is dropped
 * @user_data: handed to @events
 *
 * Makes a session the one that @self asks and tells.
 */
void
stepcast_run_listen (StepcastRun *self, const StepcastRunEvents *events, gpointer user_data)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->events = events;
  priv->user_data = user_data;
}

guint
stepcast_run_get_number (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->number;
}

/**
 * stepcast_run_get_began_us:
 * @self: a run
 *
 * Returns: when it began, on the monotonic clock
 */
gint64
stepcast_run_get_began_us (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->began_us;
}

gboolean
stepcast_run_is_busy (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->is_busy;
}

gboolean
stepcast_run_has_ended (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->outcome != STEPCAST_OUTCOME_NONE;
}

/**
 * stepcast_run_validates:
 * @self: a run
 *
 * Returns: whether each of its frames has been loaded by librsvg before anyone sees it
 */
gboolean
stepcast_run_validates (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->validates;
}

/**
 * stepcast_run_set_validates:
 * @self: a run
 * @validates: whether each of its frames is loaded by librsvg before it brings it home
 *
 * For implementations.
 */
void
stepcast_run_set_validates (StepcastRun *self, gboolean validates)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->validates = validates;
}

/**
 * stepcast_run_get_progress:
 * @self: a run
 *
 * Returns: (transfer none): where it stands, as of its last homecoming
 */
const StepcastProgress *
stepcast_run_get_progress (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return &priv->progress;
}

/**
 * stepcast_run_get_exit_status:
 * @self: a run
 *
 * Returns: the exit status of the program that it was, as a shell has it: from 0 to 255, 128 + N
 * where signal N ended it; -1 where no program has exited
 */
int
stepcast_run_get_exit_status (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->exit_status;
}

/**
 * stepcast_run_proceed:
 * @self: a run
 *
 * Goes on, if it is not busy, has not ended, and is allowed a step that is not held.
 */
void
stepcast_run_proceed (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  if (!priv->is_busy && priv->outcome == STEPCAST_OUTCOME_NONE)
    STEPCAST_RUN_GET_CLASS (self)->proceed (self);
}

/**
 * stepcast_run_demand_changed:
 * @self: a run that is busy
 *
 * Lets one that waits for something else look at the demand again.
 */
void
stepcast_run_demand_changed (StepcastRun *self)
{
  StepcastRunClass *klass = STEPCAST_RUN_GET_CLASS (self);

  if (klass->demand_changed != NULL)
    klass->demand_changed (self);
}

void
stepcast_run_yield (StepcastRun *self)
{
  STEPCAST_RUN_GET_CLASS (self)->yield (self);
}

/**
 * stepcast_run_cancel:
 * @self: a run
 *
 * Ends the run as soon as can be. Of one that has ended, ends the drawing that is under way.
 */
void
stepcast_run_cancel (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  if (priv->is_busy || priv->outcome == STEPCAST_OUTCOME_NONE)
    STEPCAST_RUN_GET_CLASS (self)->cancel (self);
}

/**
 * stepcast_run_abandon:
 * @self: a run that was cancelled and has not come home
 *
 * Gives it up: nobody listens to it any more.
 */
void
stepcast_run_abandon (StepcastRun *self)
{
  StepcastRunClass *klass = STEPCAST_RUN_GET_CLASS (self);

  stepcast_run_listen (self, NULL, NULL);
  if (klass->abandon != NULL)
    klass->abandon (self);
}

/**
 * stepcast_run_can_draw:
 * @self: a run
 *
 * Returns: whether its present state can be drawn when it is asked for
 */
gboolean
stepcast_run_can_draw (StepcastRun *self)
{
  return STEPCAST_RUN_GET_CLASS (self)->draw != NULL;
}

void
stepcast_run_draw (StepcastRun *self)
{
  g_return_if_fail (stepcast_run_can_draw (self));
  g_return_if_fail (!stepcast_run_is_busy (self));

  STEPCAST_RUN_GET_CLASS (self)->draw (self);
}

/**
 * stepcast_run_set_parameters:
 * @self: a run that is not busy
 * @values: a checked `a{sv}`
 *
 * Applies the live parameters among @values; the next step uses them.
 */
void
stepcast_run_set_parameters (StepcastRun *self, GVariant *values)
{
  StepcastRunClass *klass = STEPCAST_RUN_GET_CLASS (self);

  g_return_if_fail (!stepcast_run_is_busy (self));

  if (klass->set_parameters != NULL)
    klass->set_parameters (self, values);
}

/**
 * stepcast_run_get_demand:
 * @self: a run
 * @demand: (out caller-allocates): which frames are wanted now
 *
 * For implementations.
 */
void
stepcast_run_get_demand (StepcastRun *self, StepcastDemand *demand)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  *demand = STEPCAST_DEMAND_NONE;
  if (priv->events != NULL)
    priv->events->get_demand (self, demand, priv->user_data);
}

/**
 * stepcast_run_get_allowance:
 * @self: a run
 *
 * For implementations.
 *
 * Returns: how many steps it may do now
 */
guint64
stepcast_run_get_allowance (StepcastRun *self)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  return priv->events != NULL ? priv->events->get_allowance (self, priv->user_data) : 0;
}

void
stepcast_run_set_busy (StepcastRun *self, gboolean is_busy)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->is_busy = is_busy;
}

void
stepcast_run_set_progress (StepcastRun *self, const StepcastProgress *progress)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->progress = *progress;
}

/**
 * stepcast_run_set_exit_status:
 * @self: a run
 * @exit_status: how its program has exited, as a shell has it
 *
 * For implementations: to be told before it comes home with its outcome.
 */
void
stepcast_run_set_exit_status (StepcastRun *self, int exit_status)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->exit_status = exit_status;
}

/**
 * stepcast_run_come_home:
 * @self: a run
 * @frames: (element-type StepcastFrame): what it made, in order
 * @outcome: how it ended, or %STEPCAST_OUTCOME_NONE; a run ends once
 * @error: (nullable): why it failed, or why there is no drawing
 *
 * For implementations: tells what came of what was under way. The session may
 * let go of @self in it.
 */
void
stepcast_run_come_home (StepcastRun *self,
                        GPtrArray *frames,
                        StepcastOutcome outcome,
                        const GError *error)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  priv->is_busy = FALSE;
  if (priv->outcome == STEPCAST_OUTCOME_NONE)
    priv->outcome = outcome;
  if (priv->events != NULL)
    priv->events->came_home (self, frames, outcome, error, priv->user_data);
}

/**
 * stepcast_run_log:
 * @self: a run
 * @line: in UTF-8, without its newline
 *
 * For implementations: tells a line that the source said.
 */
void
stepcast_run_log (StepcastRun *self, const char *line)
{
  StepcastRunPrivate *priv = stepcast_run_get_instance_private (self);

  if (priv->events != NULL && priv->events->log != NULL)
    priv->events->log (self, line, priv->user_data);
}
