/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-window.h"

#include "stepcast-outbox.h"

void
stepcast_window_init (StepcastWindow *self)
{
  *self = (StepcastWindow){ .bytes = STEPCAST_WINDOW_BYTES };
}

/**
 * stepcast_window_get_room:
 * @self: a window
 * @n_held: how many frames are on their way
 * @is_acking: whether they are until its viewer says that it has shown them
 *
 * As many frames of the last one's size as there is room for, but always for two: one that is being
 * written, and one that waits. It opens again only when half of it is free, so that a slice makes
 * many small frames at once; for who tells what it has shown, at once: it may wait for a whole
 * window before it says so.
 *
 * Returns: how many may be made now
 */
guint
stepcast_window_get_room (const StepcastWindow *self, guint n_held, gboolean is_acking)
{
  guint room;

  if (self->last_frame_bytes == 0)
    return n_held == 0 ? 1 : 0;

  room = (guint) MAX (self->bytes / self->last_frame_bytes, 2);
  if (n_held >= room || (!is_acking && n_held > room / 2))
    return 0;
  return room - n_held;
}

/**
 * stepcast_window_adapt:
 * @self: a window
 * @reader: how its viewer took what was written
 *
 * The window of a reader that takes all at once grows, and that of one that does not shrinks: a
 * slice's way home costs as much as sending 100 KB, and should be worth it. What is sent is not
 * shown: with one that tells, the window stays.
 */
void
stepcast_window_adapt (StepcastWindow *self, StepcastWindowReader reader)
{
  if (reader == STEPCAST_WINDOW_ACKING)
    self->bytes = STEPCAST_WINDOW_BYTES;
  else if (reader == STEPCAST_WINDOW_EAGER)
    self->bytes = MIN (2 * self->bytes, STEPCAST_MAX_WINDOW_BYTES);
  else
    self->bytes = MAX (self->bytes / 2, STEPCAST_WINDOW_BYTES);
}
