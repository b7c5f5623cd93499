/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-intake.h"

#include <string.h>

/* libsoup asks for 1 KiB at a time. */
#define READ_BYTES 1024

/**
 * stepcast_intake_init:
 * @self: an intake
 * @base: what is read; it has to outlive the intake
 */
void
stepcast_intake_init (StepcastIntake *self, GPollableInputStream *base)
{
  gint64 now_us = g_get_monotonic_time ();

  memset (self, 0, sizeof *self);
  self->base = base;
  self->last_read_us = now_us;
  stepcast_frame_guard_init (&self->guard, now_us);
}

/**
 * stepcast_intake_get_delay_us:
 * @self: an intake
 *
 * Returns: how long it is until the next may be read; not above 0 where it may now
 */
gint64
stepcast_intake_get_delay_us (StepcastIntake *self)
{
  return stepcast_frame_guard_get_delay_us (&self->guard, g_get_monotonic_time ());
}

static gssize
would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing to be read now");
  return -1;
}

/* Reads from the base, as g_pollable_input_stream_read_nonblocking() does. */
static gssize
read_base (StepcastIntake *self, guint8 *data, gsize n_wanted, GError **error)
{
  gssize n_read =
    g_pollable_input_stream_read_nonblocking (self->base, data, n_wanted, NULL, error);

  if (n_read < (gssize) n_wanted)
    self->has_drained = TRUE;
  if (n_read <= 0)
    return n_read;

  self->last_read_us = g_get_monotonic_time ();
  self->has_read_all = (gsize) n_read < n_wanted; /* libsoup asks again: the kernel need not be */
  return n_read;
}

/**
 * stepcast_intake_read:
 * @self: an intake
 * @buffer: (out caller-allocates) (array length=count): for what libsoup is shown
 * @count: how much that is at the most; more than %STEPCAST_MAX_HEADER_BYTES
 * @hides_pings: whether a pong waits to be written already
 * @error: %G_IO_ERROR_WOULD_BLOCK, or why it can't be read
 *
 * After a violation the rest is read and dropped until the peer has closed its side too: to close
 * with bytes unread would reset the connection, and the peer would not see why.
 *
 * Returns: how much is shown, 0 at the end, or -1 with @error set
 */
gssize
stepcast_intake_read (StepcastIntake *self,
                      void *buffer,
                      gsize count,
                      gboolean hides_pings,
                      GError **error)
{
  gboolean was_good = self->guard.close_code == 0;
  guint n_pongs = self->guard.n_pongs;
  guint8 data[READ_BYTES];
  gssize n_read;
  gsize n_shown;

  g_return_val_if_fail (count > STEPCAST_MAX_HEADER_BYTES, would_block (error));

  if (self->has_read_all || stepcast_intake_get_delay_us (self) > 0)
    {
      self->has_read_all = FALSE;
      return would_block (error);
    }

  n_read = read_base (self, data, MIN (sizeof data, count - STEPCAST_MAX_HEADER_BYTES), error);
  if (n_read <= 0)
    return n_read;

  self->guard.hides_pings = hides_pings;
  n_shown = stepcast_frame_guard_filter (&self->guard, data, (gsize) n_read, buffer);
  if (self->guard.n_pongs != n_pongs)
    self->pong_us = self->last_read_us;
  if (n_shown > 0)
    return (gssize) n_shown;
  return !was_good && self->guard.is_closing ? 0 : would_block (error);
}

/**
 * stepcast_intake_get_pong_us:
 * @self: an intake
 * @payload: (array fixed-size=8): of a ping
 *
 * Returns: the monotonic time when it was answered; 0 where the last pong was not its
 */
gint64
stepcast_intake_get_pong_us (StepcastIntake *self, const guint8 *payload)
{
  return memcmp (self->guard.pong, payload, sizeof self->guard.pong) == 0 ? self->pong_us : 0;
}
