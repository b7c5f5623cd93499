/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame-flow.h"

#include "stepcast-meter.h"
#include "stepcast-unshown.h"
#include "stepcast-window.h"

/* With delivery "every" it asks for a window, with "latest" for one frame that waits while one is
 * being written: as much as the outbox has room for, and as much as was shown of what was given, if
 * its viewer tells that.
 *
 * While there is no outbox its viewer is away: "every" is held to its window all the same, and what
 * it is given is kept for it. */

/* Of "latest", one that is being shown and one on its way to a viewer that tells what it has
 * shown. */
#define MAX_UNSHOWN 2

struct _StepcastFrameFlow
{
  const StepcastDialect *dialect;
  gboolean may_return;    /* its viewer has a way to come back */
  StepcastOutbox *outbox; /* (nullable): the channel's; NULL while the viewer is away */

  StepcastDelivery delivery;
  guint max_fps;
  gsize max_bytes;          /* 0: no limit */
  gint64 last_frame_us;     /* when the last one was given to it */
  StepcastWindow window;    /* of delivery "every" */
  StepcastUnshown unshown;  /* of what may be asked for again, or is waited for */
  guint last_run;           /* of the last frame that it was given; 0 before the first */
  guint64 last_serial;      /* its serial */
  StepcastFrame *held_back; /* (nullable): the latest, until another is shown, or it is time */

  guint64 n_offered;     /* frames that were drawn while it was here */
  guint64 n_sent_before; /* by outboxes that it had */
  guint64 n_skipped;
  gboolean is_skipping; /* the last frame was too long for it */
  StepcastMeter sent_meter;
};

/**
 * stepcast_frame_flow_new:
 * @dialect: what stands before a frame, and takes its place where it is too long; static
 * @may_return: whether its viewer has a way to come back
 *
 * Returns: (transfer full): a new flow of the latest frames, without an outbox
 */
StepcastFrameFlow *
stepcast_frame_flow_new (const StepcastDialect *dialect, gboolean may_return)
{
  StepcastFrameFlow *self = g_rc_box_new0 (StepcastFrameFlow);

  self->dialect = dialect;
  self->may_return = may_return;
  self->delivery = STEPCAST_DELIVERY_LATEST;
  self->max_fps = STEPCAST_DEFAULT_FPS;
  stepcast_window_init (&self->window);
  stepcast_meter_begin (&self->sent_meter, g_get_monotonic_time (), 0);
  stepcast_unshown_init (&self->unshown);

  return self;
}

StepcastFrameFlow *
stepcast_frame_flow_ref (StepcastFrameFlow *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  StepcastFrameFlow *self = data;

  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  stepcast_unshown_clear (&self->unshown);
}

void
stepcast_frame_flow_unref (StepcastFrameFlow *self)
{
  g_rc_box_release_full (self, clear);
}

static guint64
get_n_sent (const StepcastFrameFlow *self)
{
  return self->n_sent_before +
         (self->outbox != NULL ? stepcast_outbox_get_n_sent_frames (self->outbox) : 0);
}

/**
 * stepcast_frame_flow_set_outbox:
 * @self: a flow
 * @outbox: (nullable) (transfer none): where frames go from now on, which stays until another is
 *   set; %NULL: the viewer is away
 */
void
stepcast_frame_flow_set_outbox (StepcastFrameFlow *self, StepcastOutbox *outbox)
{
  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  self->n_sent_before = get_n_sent (self);
  self->outbox = outbox;
}

/* ---- what is wanted ---- */

gboolean
stepcast_frame_flow_is_every (const StepcastFrameFlow *self)
{
  return self->delivery == STEPCAST_DELIVERY_EVERY;
}

/* Whether its viewer may ask for frames again, or tells what it has shown. */
static gboolean
keeps_unshown (const StepcastFrameFlow *self)
{
  return self->unshown.is_acking || (self->may_return && stepcast_frame_flow_is_every (self));
}

static guint
get_n_held (const StepcastFrameFlow *self)
{
  if (self->unshown.is_acking || self->outbox == NULL)
    return stepcast_unshown_get_n_awaited (&self->unshown);
  return stepcast_outbox_get_n_frames (self->outbox);
}

/* Of the latest: whether it has shown enough of what it was given. */
static gboolean
has_shown_enough (const StepcastFrameFlow *self)
{
  return !self->unshown.is_acking || stepcast_unshown_get_n_awaited (&self->unshown) < MAX_UNSHOWN;
}

static gint64
get_due_us (const StepcastFrameFlow *self)
{
  return self->last_frame_us + G_USEC_PER_SEC / self->max_fps;
}

/**
 * stepcast_frame_flow_get_demand:
 * @self: a flow
 * @demand: (inout): %STEPCAST_DEMAND_NONE, which becomes what is wanted now
 */
void
stepcast_frame_flow_get_demand (const StepcastFrameFlow *self, StepcastDemand *demand)
{
  if (stepcast_frame_flow_is_every (self))
    {
      demand->is_every = TRUE;
      demand->frames =
        stepcast_window_get_room (&self->window, get_n_held (self), self->unshown.is_acking);
      demand->bytes = self->window.bytes;
    }
  else if (self->outbox != NULL && has_shown_enough (self) &&
           stepcast_outbox_get_n_waiting_frames (self->outbox) == 0)
    {
      demand->due_us = get_due_us (self);
    }
}

/* ---- what is given ---- */

/**
 * stepcast_frame_flow_drop:
 * @self: a flow
 *
 * Takes back what has not begun to be written.
 */
void
stepcast_frame_flow_drop (StepcastFrameFlow *self)
{
  guint n_dropped;

  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  if (self->outbox == NULL)
    {
      stepcast_unshown_clear (&self->unshown);
      return;
    }

  n_dropped = stepcast_outbox_drop_frames (self->outbox);
  if (keeps_unshown (self))
    stepcast_unshown_take_back (&self->unshown, n_dropped);
}

static void
push_frame (StepcastFrameFlow *self, StepcastFrame *frame)
{
  char prefix[STEPCAST_PREFIX_BYTES];

  stepcast_outbox_push_frame (self->outbox, self->dialect->get_prefix (frame, prefix), frame);
}

static void
give_frame (StepcastFrameFlow *self, StepcastFrame *frame)
{
  self->last_frame_us = g_get_monotonic_time ();
  self->last_run = stepcast_frame_get_run (frame);
  self->last_serial = stepcast_frame_get_serial (frame);
  if (keeps_unshown (self))
    stepcast_unshown_give (&self->unshown, frame, self->last_frame_us);
  if (self->outbox != NULL)
    push_frame (self, frame);
}

/* Says in its place that @frame was too long: once for all that follow each other. */
static void
push_skipped (StepcastFrameFlow *self, StepcastFrame *frame)
{
  g_autofree char *text = self->dialect->skipped (frame);

  if (text != NULL && self->outbox != NULL)
    stepcast_outbox_push_text (self->outbox, text, FALSE);
}

/* Returns: whether it is too long for it */
static gboolean
skips (StepcastFrameFlow *self, StepcastFrame *frame)
{
  gboolean was_skipping = self->is_skipping;

  self->is_skipping = self->max_bytes > 0 && stepcast_frame_get_size (frame) > self->max_bytes;
  if (self->is_skipping)
    self->n_skipped++;
  if (self->is_skipping && !was_skipping)
    push_skipped (self, frame);
  return self->is_skipping;
}

/* What others want may be drawn more often than this one asks for. What stands still is shown at
 * once: there may be no other after it. */
static gboolean
may_give_latest (const StepcastFrameFlow *self, gboolean is_running)
{
  return has_shown_enough (self) && (!is_running || g_get_monotonic_time () >= get_due_us (self));
}

static void
give_latest (StepcastFrameFlow *self, StepcastFrame *frame, gboolean is_running)
{
  if (skips (self, frame))
    return;

  stepcast_frame_flow_drop (self);
  if (may_give_latest (self, is_running))
    give_frame (self, frame);
  else
    self->held_back = stepcast_frame_ref (frame);
}

/**
 * stepcast_frame_flow_deliver:
 * @self: a flow
 * @frames: (array length=n_frames): frames of its session, in order
 * @n_frames: at least 1
 * @is_running: whether others are going to follow by themselves
 *
 * Its owner flushes then, and has it take stock.
 */
void
stepcast_frame_flow_deliver (StepcastFrameFlow *self,
                             StepcastFrame *const *frames,
                             guint n_frames,
                             gboolean is_running)
{
  self->n_offered += n_frames;
  if (!stepcast_frame_flow_is_every (self))
    give_latest (self, frames[n_frames - 1], is_running);
  else
    for (guint i = 0; i < n_frames; i++)
      if (!skips (self, frames[i]))
        give_frame (self, frames[i]);

  self->window.last_frame_bytes = stepcast_frame_get_size (frames[n_frames - 1]);
}

/* What it was given while its viewer is away, and what is not written, is kept. */
static void
forget_shown (StepcastFrameFlow *self)
{
  if (self->outbox != NULL)
    stepcast_unshown_forget (&self->unshown, stepcast_outbox_get_n_frames (self->outbox));
}

static StepcastWindowReader
get_reader (const StepcastFrameFlow *self)
{
  if (self->unshown.is_acking || self->outbox == NULL)
    return STEPCAST_WINDOW_ACKING;
  return stepcast_outbox_is_empty (self->outbox) ? STEPCAST_WINDOW_EAGER : STEPCAST_WINDOW_SLOW;
}

/**
 * stepcast_frame_flow_take_stock:
 * @self: a flow
 *
 * Sees how much of what was delivered was taken, which says how much to ask for next.
 */
void
stepcast_frame_flow_take_stock (StepcastFrameFlow *self)
{
  forget_shown (self);
  stepcast_window_adapt (&self->window, get_reader (self));
  stepcast_meter_update (&self->sent_meter, g_get_monotonic_time (), get_n_sent (self));
}

/**
 * stepcast_frame_flow_give_held_back:
 * @self: a flow
 * @is_running: whether others are going to follow by themselves
 *
 * Gives the frame that waited for its time, or for another to be shown.
 *
 * Returns: whether there is something to flush
 */
gboolean
stepcast_frame_flow_give_held_back (StepcastFrameFlow *self, gboolean is_running)
{
  g_autoptr (StepcastFrame) frame = NULL;

  if (self->held_back == NULL || self->outbox == NULL || !may_give_latest (self, is_running))
    return FALSE;

  frame = g_steal_pointer (&self->held_back);
  give_frame (self, frame);
  return TRUE;
}

/**
 * stepcast_frame_flow_acknowledge:
 * @self: a flow
 * @run: the run of the frame that its viewer has shown
 * @serial: its serial
 */
void
stepcast_frame_flow_acknowledge (StepcastFrameFlow *self, guint run, guint64 serial)
{
  stepcast_unshown_acknowledge (&self->unshown, run, serial, g_get_monotonic_time ());
}

/**
 * stepcast_frame_flow_begin_run:
 * @self: a flow
 * @run: which its session is at; it may have been there before
 *
 * Nobody waits for it until all of the one before has been shown: a client may have thrown that
 * away. Of who is away all is kept.
 */
void
stepcast_frame_flow_begin_run (StepcastFrameFlow *self, guint run)
{
  if (self->outbox != NULL)
    stepcast_unshown_settle (&self->unshown, run);
}

/* ---- what its viewer asks for ---- */

/**
 * stepcast_frame_flow_set_delivery:
 * @self: a flow
 * @delivery: what it gets from now on
 *
 * What is on its way stays so; what one delivery keeps is not what the other does.
 */
void
stepcast_frame_flow_set_delivery (StepcastFrameFlow *self, StepcastDelivery delivery)
{
  if (delivery == self->delivery)
    return;

  if (stepcast_frame_flow_is_every (self))
    stepcast_frame_flow_drop (self);
  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  self->delivery = delivery;
  if (!keeps_unshown (self))
    stepcast_unshown_clear (&self->unshown);
}

/**
 * stepcast_frame_flow_set_max_fps:
 * @self: a flow
 * @max_fps: how many frames a second it gets at most of the latest, from %STEPCAST_MIN_FPS
 */
void
stepcast_frame_flow_set_max_fps (StepcastFrameFlow *self, guint max_fps)
{
  g_return_if_fail (max_fps >= STEPCAST_MIN_FPS);

  self->max_fps = max_fps;
}

/**
 * stepcast_frame_flow_set_max_bytes:
 * @self: a flow
 * @max_bytes: the longest SVG document that it gets; 0 for no limit
 */
void
stepcast_frame_flow_set_max_bytes (StepcastFrameFlow *self, gsize max_bytes)
{
  self->max_bytes = max_bytes;
}

/**
 * stepcast_frame_flow_describe:
 * @self: a flow
 * @greeting: is told what its viewer gets
 */
void
stepcast_frame_flow_describe (const StepcastFrameFlow *self, StepcastGreeting *greeting)
{
  greeting->delivery = self->delivery;
  greeting->max_fps = self->max_fps;
  greeting->max_bytes = self->max_bytes;
}

/* ---- away and back ---- */

/**
 * stepcast_frame_flow_forget_most:
 * @self: a flow that nothing is delivered to until its viewer comes back
 *
 * Keeps no more than if all that it was given had been written.
 */
void
stepcast_frame_flow_forget_most (StepcastFrameFlow *self)
{
  stepcast_unshown_forget (&self->unshown, 0);
}

/**
 * stepcast_frame_flow_rewind:
 * @self: a flow whose viewer has come back
 * @after_run: the run of the last frame that it got; 0 where it does not say
 * @after_serial: its serial
 *
 * Lets go of the frames that it has. Who gets the latest wants none of the others.
 *
 * Returns: how many after that are gone
 */
guint64
stepcast_frame_flow_rewind (StepcastFrameFlow *self, guint after_run, guint64 after_serial)
{
  if (stepcast_frame_flow_is_every (self))
    return stepcast_unshown_rewind (&self->unshown, after_run, after_serial);

  stepcast_unshown_clear (&self->unshown);
  return 0;
}

/**
 * stepcast_frame_flow_count_passed_over:
 * @self: a flow that was left out while its viewer was away
 * @latest: (nullable): of its session
 *
 * Of runs in between nobody knows.
 *
 * Returns: how many frames were drawn for others meanwhile
 */
guint64
stepcast_frame_flow_count_passed_over (const StepcastFrameFlow *self, const StepcastFrame *latest)
{
  guint64 serial = latest != NULL ? stepcast_frame_get_serial (latest) : 0;

  if (latest == NULL || stepcast_frame_get_run (latest) != self->last_run)
    return serial;
  return serial - MIN (serial, self->last_serial);
}

/**
 * stepcast_frame_flow_give_again:
 * @self: a flow that was rewound
 *
 * Gives again what its viewer has not; its owner flushes then.
 */
void
stepcast_frame_flow_give_again (StepcastFrameFlow *self)
{
  g_autoptr (GPtrArray) frames = stepcast_unshown_list (&self->unshown);

  for (guint i = 0; i < frames->len; i++)
    push_frame (self, frames->pdata[i]);
}

/* ---- numbers ---- */

/**
 * stepcast_frame_flow_get_numbers:
 * @self: a flow
 * @numbers: (out): how it fares; the round trip is that of the last frame that was acknowledged
 */
void
stepcast_frame_flow_get_numbers (StepcastFrameFlow *self, StepcastViewerNumbers *numbers)
{
  gboolean is_here = self->outbox != NULL;
  guint64 n_sent = get_n_sent (self);
  guint n_waiting = is_here ? stepcast_outbox_get_n_waiting_frames (self->outbox) :
                              stepcast_unshown_get_length (&self->unshown);

  *numbers = (StepcastViewerNumbers){
    .n_sent = n_sent,
    .n_missed = self->n_offered - MIN (self->n_offered, n_sent + n_waiting),
    .n_skipped = self->n_skipped,
    .backlog_bytes = is_here ? stepcast_outbox_get_backlog_bytes (self->outbox) : 0,
    .n_unshown =
      self->unshown.is_acking ? (int) stepcast_unshown_get_n_awaited (&self->unshown) : -1,
    .sent_per_second = stepcast_meter_get (&self->sent_meter, g_get_monotonic_time (), n_sent),
    .round_trip_us = self->unshown.round_trip_us,
  };
}
