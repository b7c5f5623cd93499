/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-pacer.h"

#include <math.h>

#include "stepcast-error.h"

/* How late steps may be and are still made up for: a few turns of a busy main loop. */
#define LATENESS_US 50000

/**
 * stepcast_pacer_check_rate:
 * @rate: steps a second, or 0, or anything else
 * @error: %STEPCAST_ERROR_INVALID_VALUE if it is neither a rate nor 0
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_pacer_check_rate (double rate, GError **error)
{
  /* Not a number is neither. */
  if ((rate >= STEPCAST_MIN_RATE && rate <= STEPCAST_MAX_RATE) || rate == 0)
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%g” is no rate: it takes steps a second, from %g to %.0f, or 0 for no limit", rate,
               STEPCAST_MIN_RATE, STEPCAST_MAX_RATE);
  return FALSE;
}

/**
 * stepcast_pacer_set_rate:
 * @self: a pacer
 * @rate: steps a second at most, from %STEPCAST_MIN_RATE to %STEPCAST_MAX_RATE; 0 is no limit
 *
 * Counts from now: the next step may be done at once.
 */
void
stepcast_pacer_set_rate (StepcastPacer *self, double rate)
{
  self->rate = rate;
  self->due_us = 0;
}

/**
 * stepcast_pacer_get_allowance:
 * @self: a pacer
 * @now_us: the present time
 *
 * Returns: how many steps may be done now
 */
guint64
stepcast_pacer_get_allowance (const StepcastPacer *self, gint64 now_us)
{
  double late_us = (double) now_us - self->due_us;

  if (self->rate <= 0)
    return G_MAXUINT64;
  if (late_us < 0)
    return 0;
  if (self->due_us <= 0)
    return 1;
  return 1 + (guint64) (MIN (late_us, LATENESS_US) * self->rate / G_USEC_PER_SEC);
}

/**
 * stepcast_pacer_consume:
 * @self: a pacer
 * @now_us: the present time
 * @n_steps: how many steps were done
 */
void
stepcast_pacer_consume (StepcastPacer *self, gint64 now_us, guint64 n_steps)
{
  if (self->rate <= 0)
    return;

  if (self->due_us <= 0)
    self->due_us = (double) now_us;
  self->due_us = MAX (self->due_us, (double) (now_us - LATENESS_US)) +
                 (double) n_steps * G_USEC_PER_SEC / self->rate;
}

/**
 * stepcast_pacer_get_wait_ms:
 * @self: a pacer
 * @now_us: the present time
 *
 * Returns: how long to wait for the next step, rounded up
 */
guint
stepcast_pacer_get_wait_ms (const StepcastPacer *self, gint64 now_us)
{
  double wait_us = self->rate > 0 ? self->due_us - (double) now_us : 0;

  return wait_us > 0 ? (guint) ceil (wait_us / 1000) : 0;
}
