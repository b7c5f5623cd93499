/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-allowance.h"

#include "stepcast-gsource.h"

/**
 * stepcast_allowance_init:
 * @self: an allowance
 * @func: told when what stepcast_allowance_wait() waited for is due
 * @user_data: handed to @func
 *
 * No steps, and no limit of the rate.
 */
void
stepcast_allowance_init (StepcastAllowance *self, StepcastAllowanceFunc func, gpointer user_data)
{
  *self = (StepcastAllowance){ .func = func, .user_data = user_data };
}

/**
 * stepcast_allowance_clear:
 * @self: an allowance
 *
 * Nobody is told any more.
 */
void
stepcast_allowance_clear (StepcastAllowance *self)
{
  stepcast_gsource_clear (&self->timer);
}

/**
 * stepcast_allowance_begin:
 * @self: an allowance
 * @until: the step after which it pauses; %G_MAXUINT64 is endless
 *
 * A new run begins. What was under way of another does not count, at whatever rate it was let go.
 */
void
stepcast_allowance_begin (StepcastAllowance *self, guint64 until)
{
  self->until = until;
  self->is_rate_new = FALSE;
}

void
stepcast_allowance_set_until (StepcastAllowance *self, guint64 until)
{
  self->until = until;
}

/**
 * stepcast_allowance_set_rate:
 * @self: an allowance
 * @rate: steps a second at most; 0 is no limit
 * @is_under_way: whether something is, that was let go at the rate before: it may do many steps
 *   more, which are not counted against the new one
 *
 * The next step may be done at once.
 */
void
stepcast_allowance_set_rate (StepcastAllowance *self, double rate, gboolean is_under_way)
{
  stepcast_pacer_set_rate (&self->pacer, rate);
  self->is_rate_new = is_under_way;
  stepcast_gsource_clear (&self->timer);
}

double
stepcast_allowance_get_rate (const StepcastAllowance *self)
{
  return self->pacer.rate;
}

/**
 * stepcast_allowance_is_endless:
 * @self: an allowance
 *
 * Returns: whether nobody wants it to pause
 */
gboolean
stepcast_allowance_is_endless (const StepcastAllowance *self)
{
  return self->until == G_MAXUINT64;
}

/**
 * stepcast_allowance_get_left:
 * @self: an allowance
 * @step: where the run stands
 *
 * Returns: how many steps it does before it pauses
 */
guint64
stepcast_allowance_get_left (const StepcastAllowance *self, guint64 step)
{
  return self->until - MIN (self->until, step);
}

/**
 * stepcast_allowance_get:
 * @self: an allowance
 * @now_us: the present time
 * @step: where the run stands
 *
 * Returns: how many steps it may do now
 */
guint64
stepcast_allowance_get (const StepcastAllowance *self, gint64 now_us, guint64 step)
{
  return MIN (stepcast_allowance_get_left (self, step),
              stepcast_pacer_get_allowance (&self->pacer, now_us));
}

/**
 * stepcast_allowance_consume:
 * @self: an allowance
 * @now_us: the present time
 * @n_steps: how many steps have come home, maybe none
 */
void
stepcast_allowance_consume (StepcastAllowance *self, gint64 now_us, guint64 n_steps)
{
  if (n_steps > 0 && !self->is_rate_new)
    stepcast_pacer_consume (&self->pacer, now_us, n_steps);
  self->is_rate_new = FALSE;
}

static gboolean
on_timer (gpointer user_data)
{
  StepcastAllowance *self = user_data;

  g_clear_pointer (&self->timer, g_source_unref);
  self->func (self->user_data);
  return G_SOURCE_REMOVE;
}

/**
 * stepcast_allowance_wait:
 * @self: an allowance
 * @now_us: the present time
 *
 * Has its owner told when the next step is due; nothing if that is waited for already.
 */
void
stepcast_allowance_wait (StepcastAllowance *self, gint64 now_us)
{
  if (self->timer != NULL)
    return;

  self->timer = g_timeout_source_new (stepcast_pacer_get_wait_ms (&self->pacer, now_us));
  g_source_set_static_name (self->timer, "[stepcast] session pace");
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}
