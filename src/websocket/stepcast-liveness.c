/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-liveness.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "stepcast-gsource.h"
#include "stepcast-scheduler.h"

#define MAX_CHECK_SECONDS 5

/* A living host answers each: on a link that loses half of all packets, four in a row are lost once
 * in sixteen times, but by then the kernel has waited longer each time. */
#define MAX_PROBES 3

/* The kernel's pauses double: some 13 s on a local link, more on a slow one. It would itself go on
 * for a quarter of an hour. */
#define MAX_RETRANSMITS 5

/* Written in one dispatch: viewers that have come together are silent together. */
#define PINGS_AT_ONCE 64

struct _StepcastLiveness
{
  StepcastLivenessTimes times;
  GQueue pulses; /* of StepcastPulse: who was looked at last is last */
  guint n_left;  /* that this round has not come to yet */
  guint64 last_serial;
  GSource *timer;
};

struct _StepcastPulse
{
  GList link;
  StepcastLiveness *liveness;
  StepcastTapStream *tap;
  StepcastDeathFunc func;
  gpointer user_data;
  gboolean is_dead; /* it was told */

  gint64 ping_us;                      /* when the last ping was sent; 0 before the first */
  gint64 since_us;                     /* from when on it could have been answered */
  guint8 payload[STEPCAST_PING_BYTES]; /* of the last ping */
  gboolean is_timed;    /* its answer will say how long the way is: it was written at once */
  gint64 round_trip_us; /* -1 before the first */
};

/* ---- one peer ---- */

static void
send_ping (StepcastPulse *self, gint64 now_us)
{
  StepcastOutbox *outbox = stepcast_tap_stream_get_outbox (self->tap);
  guint64 serial = GUINT64_TO_BE (++self->liveness->last_serial);

  memcpy (self->payload, &serial, sizeof self->payload);
  self->ping_us = self->since_us = now_us;
  stepcast_outbox_push_ping (outbox, self->payload);
  stepcast_tap_stream_flush (self->tap);
  self->is_timed = !stepcast_outbox_has_ping (outbox);
}

/* What was written, and the peer's host has not acknowledged: it may not have seen the ping. */
static gboolean
is_held_up (StepcastPulse *self)
{
  GSocket *socket = stepcast_tap_stream_get_socket (self->tap);
  int n_bytes;

  if (!stepcast_outbox_is_empty (stepcast_tap_stream_get_outbox (self->tap)))
    return TRUE;
  return socket != NULL && ioctl (g_socket_get_fd (socket), SIOCOUTQ, &n_bytes) == 0 && n_bytes > 0;
}

/* The kernel asks a host whose window is closed whether it still is (RFC 9293, section 3.8.6.1),
 * and a living one answers, however long nobody reads. */
static gboolean
is_gone (StepcastPulse *self)
{
  const StepcastLivenessTimes *times = &self->liveness->times;
  GSocket *socket = stepcast_tap_stream_get_socket (self->tap);
  struct tcp_info info;
  socklen_t size = sizeof info;

  if (socket == NULL ||
      getsockopt (g_socket_get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
    return FALSE;
  return info.tcpi_probes > times->max_probes || info.tcpi_retransmits > times->max_retransmits;
}

static void
tell_death (StepcastPulse *self, StepcastDeath death)
{
  self->is_dead = TRUE;
  self->func (death, self->user_data); /* may free it */
}

static void
look_for_answer (StepcastPulse *self)
{
  gint64 pong_us = stepcast_tap_stream_get_pong_us (self->tap, self->payload);

  if (self->is_timed && pong_us >= self->ping_us)
    {
      self->round_trip_us = pong_us - self->ping_us;
      self->is_timed = FALSE;
    }
}

/* Returns whether it was pinged. May free any pulse. */
static gboolean
check (StepcastPulse *self, gint64 now_us)
{
  const StepcastLivenessTimes *times = &self->liveness->times;
  gint64 read_us = stepcast_tap_stream_get_last_read_us (self->tap);

  if (self->is_dead)
    return FALSE;
  look_for_answer (self);
  if (read_us > self->ping_us) /* whatever it was that came: it lives */
    {
      if (now_us - read_us < times->ping_us)
        return FALSE;
      send_ping (self, now_us);
      return TRUE;
    }

  if (is_held_up (self))
    {
      self->since_us = now_us;
      if (is_gone (self))
        tell_death (self, STEPCAST_DEATH_GONE);
    }
  else if (now_us - self->since_us >= times->answer_us)
    {
      tell_death (self, STEPCAST_DEATH_SILENT);
    }
  return FALSE;
}

/* ---- all of them ---- */

static void
schedule (StepcastLiveness *self)
{
  gboolean is_needed = self->pulses.length > 0 && self->times.ping_us > 0;
  gint64 next_us = self->n_left > 0 ? 0 : g_get_monotonic_time () + self->times.check_us;

  g_source_set_ready_time (self->timer, is_needed ? next_us : -1);
}

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs timer_funcs = {
  .dispatch = timer_dispatch,
};

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (StepcastLiveness) self = stepcast_liveness_ref (user_data);
  gint64 now_us = g_get_monotonic_time ();
  guint n_pinged = 0;

  if (self->n_left == 0)
    self->n_left = self->pulses.length;
  while (self->n_left > 0 && n_pinged < PINGS_AT_ONCE)
    {
      GList *link = g_queue_pop_head_link (&self->pulses);

      self->n_left--;
      g_queue_push_tail_link (&self->pulses, link);
      n_pinged += check (link->data, now_us) ? 1 : 0;
    }

  schedule (self);
  return G_SOURCE_CONTINUE;
}

/**
 * stepcast_liveness_times_init:
 * @times: (out caller-allocates): what is meant by
 * @ping_seconds: a viewer of whom nothing was read for so long is pinged; 0 for never
 */
void
stepcast_liveness_times_init (StepcastLivenessTimes *times, guint ping_seconds)
{
  gint64 ping_us = ping_seconds * G_USEC_PER_SEC;

  *times = (StepcastLivenessTimes){
    .ping_us = ping_us,
    .answer_us = ping_us + STEPCAST_ANSWER_SECONDS * G_USEC_PER_SEC,
    .check_us = MIN (ping_us / 3, MAX_CHECK_SECONDS * G_USEC_PER_SEC),
    .max_probes = MAX_PROBES,
    .max_retransmits = MAX_RETRANSMITS,
  };
}

/**
 * stepcast_liveness_new:
 * @times: see there
 *
 * Returns: (transfer full): a new liveness of nobody, on the thread-default main context
 */
StepcastLiveness *
stepcast_liveness_new (const StepcastLivenessTimes *times)
{
  StepcastLiveness *self = g_rc_box_new0 (StepcastLiveness);

  self->times = *times;
  g_queue_init (&self->pulses);
  /* After what is to be read: an answer may be there already. */
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_static_name (self->timer, "[stepcast] liveness");
  g_source_set_priority (self->timer, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());

  return self;
}

StepcastLiveness *
stepcast_liveness_ref (StepcastLiveness *self)
{
  return g_rc_box_acquire (self);
}

static void
stepcast_liveness_clear (gpointer data)
{
  StepcastLiveness *self = data;

  g_assert (self->pulses.length == 0); /* each keeps us */
  stepcast_gsource_clear (&self->timer);
}

void
stepcast_liveness_unref (StepcastLiveness *self)
{
  g_rc_box_release_full (self, stepcast_liveness_clear);
}

/**
 * stepcast_liveness_set_times:
 * @self: a liveness
 * @times: what holds from now on, for those that there are, too
 */
void
stepcast_liveness_set_times (StepcastLiveness *self, const StepcastLivenessTimes *times)
{
  self->times = *times;
  self->n_left = 0;
  schedule (self);
}

/* ---- pulses ---- */

/**
 * stepcast_pulse_new:
 * @liveness: looks after it
 * @tap: the connection to the peer
 * @func: called when the peer is dead
 * @user_data: handed to @func
 *
 * Returns: (transfer full): a new pulse
 */
StepcastPulse *
stepcast_pulse_new (StepcastLiveness *liveness,
                    StepcastTapStream *tap,
                    StepcastDeathFunc func,
                    gpointer user_data)
{
  StepcastPulse *self = g_new0 (StepcastPulse, 1);

  self->link.data = self;
  self->liveness = stepcast_liveness_ref (liveness);
  self->tap = g_object_ref (tap);
  self->func = func;
  self->user_data = user_data;
  self->round_trip_us = -1;
  g_queue_push_tail_link (&liveness->pulses, &self->link);
  if (liveness->pulses.length == 1)
    schedule (liveness);

  return self;
}

void
stepcast_pulse_free (StepcastPulse *self)
{
  StepcastLiveness *liveness = self->liveness;

  g_queue_unlink (&liveness->pulses, &self->link);
  liveness->n_left = MIN (liveness->n_left, liveness->pulses.length);
  if (liveness->pulses.length == 0)
    schedule (liveness);
  stepcast_liveness_unref (liveness);
  g_object_unref (self->tap);
  g_free (self);
}

/**
 * stepcast_pulse_get_answer_seconds:
 * @self: a pulse
 *
 * Returns: how long an answer to a ping may take
 */
guint
stepcast_pulse_get_answer_seconds (const StepcastPulse *self)
{
  return (guint) (self->liveness->times.answer_us / G_USEC_PER_SEC);
}

/**
 * stepcast_pulse_get_round_trip_us:
 * @self: a pulse
 *
 * Returns: how long the last ping and its pong took together, -1 where there was none yet
 */
gint64
stepcast_pulse_get_round_trip_us (StepcastPulse *self)
{
  look_for_answer (self);
  return self->round_trip_us;
}
