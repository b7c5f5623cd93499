/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-channel.h"

#include "stepcast-frame-guard.h"
#include "stepcast-gsource.h"
#include "stepcast-inflate-extension.h"
#include "stepcast-tap-stream.h"

/* One WebSocket connection: libsoup's, and the tap beneath it.
 *
 * It leaves its owner as soon as it is being closed, by whom ever, and goes on alone until it has
 * said goodbye; then it emits "closed", once. Lives on the main context. */

/* As libsoup waits for the answer to a close frame. */
#define CLOSE_SECONDS 5

struct _StepcastChannel
{
  GObject parent_instance;

  SoupWebsocketConnection *connection;
  StepcastTapStream *tap;
  StepcastFrameEncoder *encoder; /* (nullable): if it has negotiated permessage-deflate */
  StepcastPulse *pulse;          /* (nullable): while somebody looks whether it lives */
  gboolean is_final;             /* we close it for good */
  gboolean has_left;
  GSource *close_timer; /* (nullable): while it is being closed */

  const StepcastChannelEvents *events; /* NULL: nobody listens any more */
  gpointer user_data;
};

enum
{
  CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastChannel, stepcast_channel, G_TYPE_OBJECT)

static void
leave (StepcastChannel *self)
{
  gushort code = soup_websocket_connection_get_close_code (self->connection);
  const StepcastChannelEvents *events = g_steal_pointer (&self->events);

  self->has_left = TRUE;
  g_clear_pointer (&self->pulse, stepcast_pulse_free);
  if (events != NULL)
    events->left (!self->is_final && code != SOUP_WEBSOCKET_CLOSE_NORMAL, self->user_data);
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *message,
            StepcastChannel *self)
{
  const char *text;
  gsize length;

  if (self->events == NULL)
    return;
  if (type != SOUP_WEBSOCKET_DATA_TEXT)
    {
      stepcast_channel_close (self, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA,
                              "Messages to the server are text");
      return;
    }

  text = g_bytes_get_data (message, &length); /* libsoup ends it with a NUL */
  self->events->message (length > 0 ? text : "", length, self->user_data);
}

static void
on_drained (gpointer user_data)
{
  StepcastChannel *self = user_data;

  if (self->events != NULL)
    self->events->drained (self->user_data);
}

static void
on_violated (guint close_code, gpointer user_data)
{
  stepcast_channel_close (user_data, (gushort) close_code,
                          close_code == SOUP_WEBSOCKET_CLOSE_TOO_BIG ?
                            "A message has at most 64 KiB, in at most 256 fragments" :
                            "A control frame has at most 125 bytes");
}

static const StepcastTapEvents tap_events = {
  .drained = on_drained,
  .violated = on_violated,
};

static void
on_closing (SoupWebsocketConnection *connection, StepcastChannel *self)
{
  g_autoptr (StepcastChannel) alive G_GNUC_UNUSED = g_object_ref (self);

  if (self->has_left)
    return;

  leave (self);
  stepcast_tap_stream_discard (self->tap);
}

/* Who lets go of it closes the connection. */
static void
drop (StepcastChannel *self)
{
  g_autoptr (StepcastChannel) alive G_GNUC_UNUSED = g_object_ref (self);

  stepcast_gsource_clear (&self->close_timer);
  g_signal_handlers_disconnect_by_data (self->connection, self);
  leave (self);
  g_signal_emit (self, signals[CLOSED], 0);
}

static gboolean
on_close_timer (gpointer user_data)
{
  g_debug ("A viewer does not read its close frame");
  drop (user_data);
  return G_SOURCE_REMOVE;
}

/* Where libsoup does not: after an error it waits for ever until a peer has its close frame. */
static void
limit_closing (StepcastChannel *self)
{
  if (self->close_timer != NULL)
    return;

  self->close_timer = g_timeout_source_new_seconds (CLOSE_SECONDS);
  g_source_set_static_name (self->close_timer, "[stepcast] viewer close");
  g_source_set_callback (self->close_timer, on_close_timer, self, NULL);
  g_source_attach (self->close_timer, g_main_context_get_thread_default ());
}

static void
on_closed (SoupWebsocketConnection *connection, StepcastChannel *self)
{
  g_autoptr (StepcastChannel) alive G_GNUC_UNUSED = g_object_ref (self);

  stepcast_gsource_clear (&self->close_timer);
  stepcast_tap_stream_listen (self->tap, NULL, NULL);
  leave (self);
  g_signal_emit (self, signals[CLOSED], 0);
}

static void
on_error (SoupWebsocketConnection *connection, GError *error, StepcastChannel *self)
{
  /* A peer that vanishes or breaks the protocol is an ordinary day: libsoup closes it. */
  g_debug ("A viewer's connection: %s", error->message);
  leave (self);
  stepcast_tap_stream_give_up (self->tap);
  limit_closing (self);
}

/* ---- whether it lives ---- */

static void
on_death (StepcastDeath death, gpointer user_data)
{
  StepcastChannel *self = user_data;
  g_autofree char *reason = NULL;

  if (death == STEPCAST_DEATH_GONE)
    {
      g_debug ("A viewer's host does not answer");
      drop (self);
      return;
    }

  reason = g_strdup_printf ("No answer to a ping for %u s",
                            stepcast_pulse_get_answer_seconds (self->pulse));
  stepcast_channel_interrupt (self, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR, reason);
}

/**
 * stepcast_channel_set_liveness:
 * @self: a channel
 * @liveness: finds out when its peer is not there any more
 */
void
stepcast_channel_set_liveness (StepcastChannel *self, StepcastLiveness *liveness)
{
  g_return_if_fail (self->pulse == NULL);

  self->pulse = stepcast_pulse_new (liveness, self->tap, on_death, self);
}

/**
 * stepcast_channel_get_round_trip_us:
 * @self: a channel
 *
 * Returns: how long the last ping and its answer took together; -1 where there was none
 */
gint64
stepcast_channel_get_round_trip_us (StepcastChannel *self)
{
  return self->pulse != NULL ? stepcast_pulse_get_round_trip_us (self->pulse) : -1;
}

/**
 * stepcast_channel_listen:
 * @self: a channel
 * @events: (nullable): static; %NULL ends it
 * @user_data: handed to @events
 */
void
stepcast_channel_listen (StepcastChannel *self,
                         const StepcastChannelEvents *events,
                         gpointer user_data)
{
  self->events = events;
  self->user_data = user_data;
}

/**
 * stepcast_channel_get_outbox:
 * @self: a channel
 *
 * Returns: (transfer none): what waits to be written; flush after adding to it
 */
StepcastOutbox *
stepcast_channel_get_outbox (StepcastChannel *self)
{
  return stepcast_tap_stream_get_outbox (self->tap);
}

/**
 * stepcast_channel_get_encoder:
 * @self: a channel
 *
 * Returns: (transfer none) (nullable): makes the compressed frames, if permessage-deflate was
 *   negotiated
 */
StepcastFrameEncoder *
stepcast_channel_get_encoder (StepcastChannel *self)
{
  return self->encoder;
}

/**
 * stepcast_channel_flush:
 * @self: a channel
 *
 * Writes of the outbox what the socket takes, now and whenever it takes more.
 */
void
stepcast_channel_flush (StepcastChannel *self)
{
  stepcast_tap_stream_flush (self->tap);
}

/**
 * stepcast_channel_interrupt:
 * @self: a channel
 * @code: RFC 6455, section 7.4.1
 * @reason: at most 123 bytes
 *
 * Closes the connection of somebody who may come back; nothing if it is being closed.
 */
void
stepcast_channel_interrupt (StepcastChannel *self, gushort code, const char *reason)
{
  if (!self->has_left &&
      soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->connection, code, reason);
}

/**
 * stepcast_channel_close:
 * @self: a channel
 * @code: RFC 6455, section 7.4.1
 * @reason: at most 123 bytes
 *
 * Leaves its owner for good, and closes the connection; nothing if it is being closed.
 */
void
stepcast_channel_close (StepcastChannel *self, gushort code, const char *reason)
{
  self->is_final = TRUE;
  stepcast_channel_interrupt (self, code, reason);
}

/**
 * stepcast_channel_turn_away:
 * @self: a channel
 *
 * Leaves its owner for good, and closes the connection with %STEPCAST_CLOSE_TRY_AGAIN_LATER.
 */
void
stepcast_channel_turn_away (StepcastChannel *self)
{
  if (self->has_left)
    return;

  /* libsoup takes this code for a mistake. */
  self->is_final = TRUE;
  stepcast_tap_stream_say_close (self->tap, STEPCAST_CLOSE_TRY_AGAIN_LATER, "Try again later");
  leave (self);
  limit_closing (self);
}

static void
stepcast_channel_dispose (GObject *object)
{
  StepcastChannel *self = STEPCAST_CHANNEL (object);

  stepcast_gsource_clear (&self->close_timer);
  g_clear_pointer (&self->pulse, stepcast_pulse_free);
  self->events = NULL;
  if (self->tap != NULL)
    stepcast_tap_stream_listen (self->tap, NULL, NULL);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  g_clear_object (&self->tap);
  g_clear_object (&self->encoder);

  G_OBJECT_CLASS (stepcast_channel_parent_class)->dispose (object);
}

static void
stepcast_channel_class_init (StepcastChannelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_channel_dispose;

  /**
   * StepcastChannel::closed:
   *
   * The connection has ended.
   */
  signals[CLOSED] = g_signal_new ("closed", STEPCAST_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static void
stepcast_channel_init (StepcastChannel *self)
{
}

/* @user_data: the tap, which the connection keeps as long as it reads. */
static void
on_inflated (gsize n_bytes, gpointer user_data)
{
  stepcast_tap_stream_charge (user_data, n_bytes);
}

/* Both ways of a connection that has negotiated permessage-deflate. Returns: (transfer full) */
static GList *
set_up_deflate (StepcastChannel *self, StepcastFrameEncoder *encoder)
{
  self->encoder = g_object_ref (encoder);
  stepcast_outbox_set_takes_deflated (stepcast_channel_get_outbox (self), TRUE);
  return g_list_append (NULL, stepcast_inflate_extension_new (on_inflated, self->tap));
}

/**
 * stepcast_channel_new:
 * @stream: a connection whose handshake has been answered, with pollable ends
 * @uri: what was asked for
 * @origin: (nullable): from where
 * @subprotocol: (nullable): what was agreed on
 * @encoder: (nullable): makes the compressed frames, if permessage-deflate was negotiated
 * @readiness: (nullable): watches the connection, in place of the main context
 *
 * Returns: (transfer full): a new channel
 */
StepcastChannel *
stepcast_channel_new (GIOStream *stream,
                      GUri *uri,
                      const char *origin,
                      const char *subprotocol,
                      StepcastFrameEncoder *encoder,
                      StepcastReadiness *readiness)
{
  StepcastChannel *self = g_object_new (STEPCAST_TYPE_CHANNEL, NULL);
  GList *extensions = NULL;

  self->tap = stepcast_tap_stream_new (stream, readiness);
  stepcast_tap_stream_listen (self->tap, &tap_events, self);

  if (encoder != NULL)
    extensions = set_up_deflate (self, encoder);
  self->connection =
    soup_websocket_connection_new (G_IO_STREAM (self->tap), uri, SOUP_WEBSOCKET_CONNECTION_SERVER,
                                   origin, subprotocol, extensions);
  /* The guard beneath bounds whole messages; 0 would crash libsoup (CVE-2026-0716). */
  soup_websocket_connection_set_max_incoming_payload_size (self->connection,
                                                           STEPCAST_MAX_MESSAGE_BYTES);
  g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->connection, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->connection, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);

  return self;
}
