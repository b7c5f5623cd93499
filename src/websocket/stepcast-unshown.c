/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-unshown.h"

typedef struct
{
  GList link;
  StepcastFrame *frame;
  gint64 given_us;
} Entry;

void
stepcast_unshown_init (StepcastUnshown *self)
{
  *self = (StepcastUnshown){ .round_trip_us = -1 };
  g_queue_init (&self->entries);
}

static void
entry_free (StepcastUnshown *self, Entry *entry)
{
  self->n_bytes -= stepcast_frame_get_size (entry->frame);
  stepcast_frame_unref (entry->frame);
  g_free (entry);
}

static Entry *
get_oldest (const StepcastUnshown *self)
{
  return self->entries.head != NULL ? self->entries.head->data : NULL;
}

static void
drop_oldest (StepcastUnshown *self)
{
  Entry *entry = g_queue_pop_head_link (&self->entries)->data;

  if (self->n_settled > 0)
    self->n_settled--;
  entry_free (self, entry);
}

void
stepcast_unshown_clear (StepcastUnshown *self)
{
  while (get_oldest (self) != NULL)
    drop_oldest (self);
}

/**
 * stepcast_unshown_give:
 * @self: what is not shown yet
 * @frame: a frame that the viewer is given
 * @now_us: on the monotonic clock
 */
void
stepcast_unshown_give (StepcastUnshown *self, StepcastFrame *frame, gint64 now_us)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->link.data = entry;
  entry->frame = stepcast_frame_ref (frame);
  entry->given_us = now_us;
  g_queue_push_tail_link (&self->entries, &entry->link);
  self->n_bytes += stepcast_frame_get_size (frame);
}

/**
 * stepcast_unshown_take_back:
 * @self: what is not shown yet
 * @n_frames: how many of the newest it has not been sent after all
 */
void
stepcast_unshown_take_back (StepcastUnshown *self, guint n_frames)
{
  for (guint i = 0; i < n_frames && self->entries.length > 0; i++)
    entry_free (self, g_queue_pop_tail_link (&self->entries)->data);
  self->n_settled = MIN (self->n_settled, self->entries.length);
}

static gboolean
is_up_to (const Entry *entry, guint run, guint64 serial)
{
  guint entry_run = stepcast_frame_get_run (entry->frame);

  return entry_run < run ||
         (entry_run == run && stepcast_frame_get_serial (entry->frame) <= serial);
}

/**
 * stepcast_unshown_acknowledge:
 * @self: what is not shown yet
 * @run: the run of the frame that the viewer has shown
 * @serial: its serial; all before it are done with, too
 * @now_us: on the monotonic clock
 */
void
stepcast_unshown_acknowledge (StepcastUnshown *self, guint run, guint64 serial, gint64 now_us)
{
  Entry *entry;

  self->is_acking = TRUE;
  while ((entry = get_oldest (self)) != NULL && is_up_to (entry, run, serial))
    {
      self->round_trip_us = now_us - entry->given_us;
      drop_oldest (self);
    }
}

/**
 * stepcast_unshown_settle:
 * @self: what is not shown yet
 * @run: the present run
 *
 * Nobody waits any more until frames of the runs before it have been shown. They stay, because what
 * has not reached the viewer is to be given again.
 */
void
stepcast_unshown_settle (StepcastUnshown *self, guint run)
{
  self->n_settled = 0;
  for (GList *link = self->entries.head; link != NULL; link = link->next)
    {
      const Entry *entry = link->data;

      if (stepcast_frame_get_run (entry->frame) >= run)
        break;
      self->n_settled++;
    }
}

/* A viewer that tells what it has shown may have thrown away what there is of a run that is over,
 * and never say so. */
static guint
get_n_forgettable (const StepcastUnshown *self)
{
  return self->is_acking ? self->n_settled : self->entries.length;
}

/**
 * stepcast_unshown_forget:
 * @self: what is not shown yet
 * @n_unwritten: how many of the newest have not been written whole, which are kept in any case
 *
 * Of what was written, and is not waited for until it is acknowledged, keeps
 * %STEPCAST_MIN_KEPT_FRAMES, or as many as %STEPCAST_MAX_KEPT_BYTES of them.
 */
void
stepcast_unshown_forget (StepcastUnshown *self, guint n_unwritten)
{
  guint n_kept = MAX (n_unwritten, STEPCAST_MIN_KEPT_FRAMES);

  while (self->entries.length > n_kept && self->n_bytes > STEPCAST_MAX_KEPT_BYTES &&
         get_n_forgettable (self) > 0)
    drop_oldest (self);
}

/**
 * stepcast_unshown_rewind:
 * @self: what is not shown yet
 * @run: the run of the last frame that the viewer has, or 0 where it has not said
 * @serial: its serial
 *
 * Lets go of the frames that the viewer has, so that what is left is what it has to be given again.
 *
 * Returns: how many between the last one that it has and the first that is left are gone
 */
guint64
stepcast_unshown_rewind (StepcastUnshown *self, guint run, guint64 serial)
{
  const Entry *oldest;

  if (run == 0)
    return 0;

  oldest = get_oldest (self);
  if (oldest != NULL && !is_up_to (oldest, run, serial))
    {
      guint64 first = stepcast_frame_get_serial (oldest->frame);

      /* Of runs in between nobody knows how many there were: at least those of this one. */
      return stepcast_frame_get_run (oldest->frame) == run ? first - serial - 1 : first - 1;
    }

  while ((oldest = get_oldest (self)) != NULL && is_up_to (oldest, run, serial))
    drop_oldest (self);
  return 0;
}

guint
stepcast_unshown_get_length (const StepcastUnshown *self)
{
  return self->entries.length;
}

/**
 * stepcast_unshown_get_n_awaited:
 * @self: what is not shown yet
 *
 * Returns: how many are not settled
 */
guint
stepcast_unshown_get_n_awaited (const StepcastUnshown *self)
{
  return self->entries.length - self->n_settled;
}

/**
 * stepcast_unshown_list:
 * @self: what is not shown yet
 *
 * Returns: (transfer full) (element-type StepcastFrame): the frames, oldest first
 */
GPtrArray *
stepcast_unshown_list (const StepcastUnshown *self)
{
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_frame_unref);

  for (GList *link = self->entries.head; link != NULL; link = link->next)
    {
      const Entry *entry = link->data;

      g_ptr_array_add (frames, stepcast_frame_ref (entry->frame));
    }
  return frames;
}
