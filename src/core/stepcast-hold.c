/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-hold.h"

#include "stepcast-gsource.h"

#define INTERVAL_MS 500

/**
 * stepcast_hold_init:
 * @self: a hold
 * @func: told when it is held by somebody else than before, or by nobody any more
 * @user_data: handed to @func
 */
void
stepcast_hold_init (StepcastHold *self, StepcastHoldFunc func, gpointer user_data)
{
  *self = (StepcastHold){ .func = func, .user_data = user_data };
}

/**
 * stepcast_hold_clear:
 * @self: a hold
 *
 * It neither waits nor is held from now on, and nobody is told. It can be used again.
 */
void
stepcast_hold_clear (StepcastHold *self)
{
  stepcast_gsource_clear (&self->timer);
  g_clear_pointer (&self->waits_for, stepcast_actor_unref);
  g_clear_pointer (&self->holder, stepcast_actor_unref);
  self->since_us = 0;
  self->waited_us = 0;
  self->is_held = FALSE;
}

/* Returns: how long it has waited since it was looked at */
static gint64
get_waited_us (const StepcastHold *self, gint64 now_us)
{
  if (self->since_us == 0)
    return self->waited_us;
  return self->waited_us + now_us - MAX (self->since_us, self->looked_us);
}

static void
tell (StepcastHold *self)
{
  StepcastActor *holder = self->is_held ? self->waits_for : NULL;

  if (holder == self->holder)
    return;

  stepcast_actor_set (&self->holder, holder);
  self->func (self->user_data);
}

static gboolean
on_timer (gpointer user_data)
{
  StepcastHold *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  self->is_held = 2 * get_waited_us (self, now_us) > now_us - self->looked_us;
  self->looked_us = now_us;
  self->waited_us = 0;
  if (!self->is_held && self->since_us == 0)
    stepcast_gsource_clear (&self->timer);
  tell (self);

  return G_SOURCE_CONTINUE; /* destroyed by then, if there is nothing to look at */
}

/**
 * stepcast_hold_begin:
 * @self: a hold
 * @actor: (nullable): whom it waits for
 *
 * It waits from now on, or goes on waiting, maybe for another.
 */
void
stepcast_hold_begin (StepcastHold *self, StepcastActor *actor)
{
  stepcast_actor_set (&self->waits_for, actor);
  if (self->since_us != 0)
    return;

  self->since_us = g_get_monotonic_time ();
  if (self->timer != NULL)
    return;

  self->looked_us = self->since_us;
  self->waited_us = 0;
  self->timer = g_timeout_source_new (INTERVAL_MS);
  g_source_set_static_name (self->timer, "[stepcast] session hold");
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/**
 * stepcast_hold_end:
 * @self: a hold
 *
 * It does not wait any more; nothing if it did not.
 */
void
stepcast_hold_end (StepcastHold *self)
{
  if (self->since_us == 0)
    return;

  self->waited_us = get_waited_us (self, g_get_monotonic_time ());
  self->since_us = 0;
}

/**
 * stepcast_hold_get_holder:
 * @self: a hold
 *
 * Returns: (transfer none) (nullable): whom it waits for most of the time, as was told
 */
StepcastActor *
stepcast_hold_get_holder (const StepcastHold *self)
{
  return self->holder;
}
