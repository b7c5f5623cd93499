/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-tap-stream.h"

#include "stepcast-beneath.h"
#include "stepcast-gsource.h"
#include "stepcast-intake.h"
#include "stepcast-scheduler.h"
#include "stepcast-sleeper.h"

/* The stream between a SoupWebsocketConnection and its socket.
 *
 * libsoup's queue of outgoing messages is unbounded, copies each message for each viewer, and can't
 * be read. So it is given no messages to send: ours wait in the outbox, and are written here,
 * between the frames that libsoup writes of its own (pongs, and the close). Neither may begin
 * within the other's message: while one of ours is partly written, libsoup is told that the stream
 * would block, and while one of libsoup's is (it always passes on all that is left of it), ours
 * wait.
 *
 * What comes in is read by an intake, which holds back what libsoup would not bound.
 *
 * Where the base stream is a plain socket's, the main context does not poll it: a readiness does,
 * for all of them. Under TLS the base tells by itself, which may have decrypted more than was asked
 * for.
 *
 * Lives on the main context. */

/* A burst of small frames in one write: two vectors each. */
#define MAX_VECTORS 64

/* Nobody is told of this one: libsoup has found it, and closes. */
#define CLOSE_PROTOCOL_ERROR 1002

/* What a peer may still send after it was told that the connection is closed. */
#define LINGER_BYTES (256 * 1024)

struct _StepcastTapStream
{
  StepcastPollableStream parent_instance;

  GIOStream *base;
  GPollableOutputStream *base_output;

  const StepcastTapEvents *events; /* NULL: nobody listens any more */
  gpointer user_data;

  GSocket *socket;          /* (nullable): beneath it all */
  StepcastSleeper *sleeper; /* (nullable): where the base is a plain socket's, until it is closed */
  StepcastWatch *out_watch; /* (nullable): likewise */

  StepcastOutbox *outbox;
  GSource *writable; /* (nullable): without a watch, while the socket takes no more of the outbox */
  gboolean is_closed; /* the outbox is not written any more */
  gboolean is_broken; /* writing failed: reading will tell why */

  /* libsoup's own frames. */
  gsize soup_left;          /* bytes left of the one that is partly written */
  gboolean is_soup_blocked; /* one waits */

  StepcastIntake intake;
  GSource *violation; /* (nullable): tells it */
};

G_DEFINE_FINAL_TYPE (StepcastTapStream, stepcast_tap_stream, STEPCAST_TYPE_POLLABLE_STREAM)

/* ---- out ---- */

static gboolean on_writable (GObject *stream, gpointer user_data);

static void
wait_until_writable (StepcastTapStream *self)
{
  if (self->out_watch != NULL)
    stepcast_watch_set_enabled (self->out_watch, TRUE);
  if (self->out_watch != NULL || self->writable != NULL)
    return;

  self->writable = g_pollable_output_stream_create_source (self->base_output, NULL);
  g_source_set_static_name (self->writable, "[stepcast] viewer writable");
  g_source_set_priority (self->writable, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (self->writable, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_attach (self->writable, g_main_context_get_thread_default ());
}

static void
stop_waiting_until_writable (StepcastTapStream *self)
{
  if (self->out_watch != NULL)
    stepcast_watch_set_enabled (self->out_watch, FALSE);
  stepcast_gsource_clear (&self->writable);
}

/* One write of what the outbox has. Returns whether there may be another at once. */
static gboolean
write_some (StepcastTapStream *self)
{
  GOutputVector vectors[MAX_VECTORS];
  /* Where libsoup waits for its turn, it has the next gap. */
  guint n_vectors =
    stepcast_outbox_gather (self->outbox, vectors, MAX_VECTORS, self->is_soup_blocked);
  g_autoptr (GError) error = NULL;
  gsize n_written = 0;
  GPollableReturn result;

  if (n_vectors == 0)
    return FALSE;

  result = g_pollable_output_stream_writev_nonblocking (self->base_output, vectors, n_vectors,
                                                        &n_written, NULL, &error);
  if (result == G_POLLABLE_RETURN_FAILED)
    {
      g_debug ("A viewer can't be written to: %s", error->message);
      self->is_broken = TRUE;
      return FALSE;
    }

  stepcast_outbox_consume (self->outbox, n_written);
  return result == G_POLLABLE_RETURN_OK && !stepcast_outbox_is_within_message (self->outbox);
}

/**
 * stepcast_tap_stream_flush:
 * @self: a tap
 *
 * Writes of the outbox what the socket takes, now and whenever it takes more.
 */
void
stepcast_tap_stream_flush (StepcastTapStream *self)
{
  g_return_if_fail (STEPCAST_IS_TAP_STREAM (self));

  if (self->soup_left > 0 || self->is_closed || self->is_broken)
    return;

  while (write_some (self))
    ;

  if (stepcast_outbox_is_empty (self->outbox) || self->is_broken)
    stop_waiting_until_writable (self);
  else
    wait_until_writable (self);
}

static void
on_watch_writable (gpointer user_data)
{
  StepcastTapStream *self = user_data;
  g_autoptr (StepcastTapStream) alive G_GNUC_UNUSED = g_object_ref (self);

  /* libsoup is in the middle of a frame, and waits by itself; or there is no use in waiting. */
  if (self->soup_left > 0 || self->is_broken)
    stop_waiting_until_writable (self);

  stepcast_tap_stream_flush (self);
  if (self->events != NULL)
    self->events->drained (self->user_data);
}

static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  on_watch_writable (user_data);

  return G_SOURCE_CONTINUE; /* destroyed by then, if there is nothing left */
}

/**
 * stepcast_tap_stream_discard:
 * @self: a tap
 *
 * Gives up what waits in the outbox: the connection is being closed. A message
 * that is partly written is written to its end, so that the peer can read the close frame after it.
 */
void
stepcast_tap_stream_discard (StepcastTapStream *self)
{
  stepcast_outbox_drop_all (self->outbox);
  stepcast_tap_stream_flush (self);
}

/**
 * stepcast_tap_stream_give_up:
 * @self: a tap
 *
 * The peer broke the protocol: discards as stepcast_tap_stream_discard() does,
 * and what comes from now on is dropped as well, up to a close frame. libsoup
 * would keep it behind what it could not make sense of, however much it is, until its own close
 * frame is written; which is never, where the peer does not read.
 */
void
stepcast_tap_stream_give_up (StepcastTapStream *self)
{
  if (self->intake.guard.close_code == 0)
    self->intake.guard.close_code = CLOSE_PROTOCOL_ERROR;
  stepcast_tap_stream_discard (self);
}

/**
 * stepcast_tap_stream_say_close:
 * @self: a tap
 * @code: a close code that libsoup does not know
 * @reason: at most 123 bytes
 *
 * Writes a close frame after what waits. What comes from now on is dropped; when the peer has
 * closed its side, libsoup learns that the stream has ended.
 */
void
stepcast_tap_stream_say_close (StepcastTapStream *self, guint16 code, const char *reason)
{
  self->intake.guard.close_code = code;
  stepcast_outbox_push_close (self->outbox, code, reason);
  stepcast_tap_stream_flush (self);
}

/* libsoup writes one of its own frames: all that is left of it. */
static GPollableReturn
stepcast_tap_stream_write (StepcastPollableStream *stream,
                           const GOutputVector *vectors,
                           gsize n_vectors,
                           gsize *n_written,
                           GError **error)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (stream);
  GPollableReturn result;
  gsize n_bytes = 0;

  *n_written = 0;
  self->is_soup_blocked = TRUE;
  if (stepcast_outbox_is_within_message (self->outbox) && !self->is_broken)
    write_some (self);
  if (stepcast_outbox_is_within_message (self->outbox) && !self->is_broken)
    return G_POLLABLE_RETURN_WOULD_BLOCK;

  result = g_pollable_output_stream_writev_nonblocking (self->base_output, vectors, n_vectors,
                                                        n_written, NULL, error);
  for (gsize i = 0; i < n_vectors; i++)
    n_bytes += vectors[i].size;
  self->is_soup_blocked = *n_written < n_bytes;
  if (*n_written > 0)
    self->soup_left = n_bytes - *n_written;
  if (self->soup_left == 0 && !stepcast_outbox_is_empty (self->outbox) && !self->is_closed)
    wait_until_writable (self);

  return result;
}

/* ---- in ---- */

static gboolean
on_violation (gpointer user_data)
{
  StepcastTapStream *self = user_data;

  g_clear_pointer (&self->violation, g_source_unref);
  if (self->events != NULL)
    self->events->violated (self->intake.guard.close_code, self->user_data);

  return G_SOURCE_REMOVE;
}

/* Not at once: libsoup is in the middle of reading. */
static void
tell_violation (StepcastTapStream *self)
{
  self->violation = g_idle_source_new ();
  g_source_set_static_name (self->violation, "[stepcast] limit passed");
  g_source_set_priority (self->violation, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->violation, on_violation, self, NULL);
  g_source_attach (self->violation, g_main_context_get_thread_default ());
}

static gssize
stepcast_tap_stream_read (StepcastPollableStream *stream, void *buffer, gsize count, GError **error)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (stream);
  gboolean was_good = self->intake.guard.close_code == 0;
  gssize n_shown =
    stepcast_intake_read (&self->intake, buffer, count, self->is_soup_blocked, error);

  if (was_good && self->intake.guard.close_code != 0)
    tell_violation (self);
  return n_shown;
}

/**
 * stepcast_tap_stream_charge:
 * @self: a tap
 * @n_bytes: how much more there was in what was read than its length told
 *
 * The next is read as much later.
 */
void
stepcast_tap_stream_charge (StepcastTapStream *self, gsize n_bytes)
{
  stepcast_frame_guard_charge (&self->intake.guard, n_bytes);
}

/* ---- readiness ---- */

static gboolean
stepcast_tap_stream_is_ready (StepcastPollableStream *stream, GIOCondition condition)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (stream);

  return condition == G_IO_IN ? g_pollable_input_stream_is_readable (self->intake.base) :
                                g_pollable_output_stream_is_writable (self->base_output);
}

static GSource *
create_input_source (StepcastTapStream *self, GObject *end, GCancellable *cancellable)
{
  gint64 delay_us = stepcast_intake_get_delay_us (&self->intake);
  g_autoptr (GSource) child = NULL;

  /* What came with the handshake may still be in the base stream's buffer. */
  if (delay_us <= 0 && self->sleeper != NULL)
    return stepcast_sleeper_create_source (self->sleeper, G_POLLABLE_INPUT_STREAM (end),
                                           !self->intake.has_drained);

  if (delay_us > 0)
    child = g_timeout_source_new ((guint) (delay_us / 1000) + 1);
  else
    child = g_pollable_input_stream_create_source (self->intake.base, cancellable);

  return g_pollable_source_new_full (end, child, cancellable);
}

static GSource *
create_output_source (StepcastTapStream *self, GObject *end, GCancellable *cancellable)
{
  g_autoptr (GSource) child =
    g_pollable_output_stream_create_source (self->base_output, cancellable);

  return g_pollable_source_new_full (end, child, cancellable);
}

static GSource *
stepcast_tap_stream_create_source (StepcastPollableStream *stream,
                                   GObject *end,
                                   GIOCondition condition,
                                   GCancellable *cancellable)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (stream);

  return condition == G_IO_IN ? create_input_source (self, end, cancellable) :
                                create_output_source (self, end, cancellable);
}

/* ---- the stream itself ---- */

/* A watch goes before its descriptor does. */
static void
stop_watching (StepcastTapStream *self)
{
  stepcast_gsource_clear (&self->writable);
  g_clear_pointer (&self->out_watch, stepcast_watch_free);
  if (self->sleeper != NULL)
    stepcast_sleeper_close (self->sleeper);
  g_clear_pointer (&self->sleeper, stepcast_sleeper_unref);
}

static void
on_base_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_io_stream_close_finish (G_IO_STREAM (source_object), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
stepcast_tap_stream_close_async (GIOStream *stream,
                                 int io_priority,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (stream);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, stepcast_tap_stream_close_async);
  stop_watching (self);
  self->is_closed = TRUE;
  stepcast_pollable_stream_drain (self->base, LINGER_BYTES);
  g_io_stream_close_async (self->base, io_priority, cancellable, on_base_closed, task);
}

static gboolean
stepcast_tap_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (stream);

  stop_watching (self);
  self->is_closed = TRUE;
  return g_io_stream_close (self->base, cancellable, error);
}

static void
stepcast_tap_stream_dispose (GObject *object)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (object);

  stop_watching (self);
  stepcast_gsource_clear (&self->violation);

  G_OBJECT_CLASS (stepcast_tap_stream_parent_class)->dispose (object); /* closes it */

  g_clear_object (&self->socket);
  g_clear_object (&self->base);
}

static void
stepcast_tap_stream_finalize (GObject *object)
{
  StepcastTapStream *self = STEPCAST_TAP_STREAM (object);

  g_assert (self->writable == NULL);
  stepcast_outbox_free (self->outbox);

  G_OBJECT_CLASS (stepcast_tap_stream_parent_class)->finalize (object);
}

static void
stepcast_tap_stream_class_init (StepcastTapStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);
  StepcastPollableStreamClass *pollable_class = STEPCAST_POLLABLE_STREAM_CLASS (klass);

  object_class->dispose = stepcast_tap_stream_dispose;
  object_class->finalize = stepcast_tap_stream_finalize;

  stream_class->close_fn = stepcast_tap_stream_close;
  stream_class->close_async = stepcast_tap_stream_close_async;

  pollable_class->is_ready = stepcast_tap_stream_is_ready;
  pollable_class->create_source = stepcast_tap_stream_create_source;
  pollable_class->read = stepcast_tap_stream_read;
  pollable_class->write = stepcast_tap_stream_write;
}

static void
stepcast_tap_stream_init (StepcastTapStream *self)
{
  self->outbox = stepcast_outbox_new ();
}

/**
 * stepcast_tap_stream_new:
 * @base: a stream with pollable ends, such as a stolen connection
 * @readiness: (nullable): watches its socket, in place of the main context
 *
 * Returns: (transfer full): a new tap on @base
 */
StepcastTapStream *
stepcast_tap_stream_new (GIOStream *base, StepcastReadiness *readiness)
{
  gboolean is_plain;
  StepcastTapStream *self = g_object_new (STEPCAST_TYPE_TAP_STREAM, NULL);

  self->base = g_object_ref (base);
  self->base_output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (base));
  stepcast_intake_init (&self->intake,
                        G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (base)));
  self->socket = stepcast_beneath_find_socket (base, &is_plain);
  if (self->socket != NULL && is_plain && readiness != NULL)
    {
      int fd = g_socket_get_fd (self->socket);

      self->sleeper = stepcast_sleeper_new (readiness, fd);
      self->out_watch =
        stepcast_watch_new (readiness, fd, STEPCAST_DIRECTION_OUT, on_watch_writable, self);
    }

  return self;
}

/**
 * stepcast_tap_stream_listen:
 * @self: a tap
 * @events: (nullable): static; %NULL ends it
 * @user_data: handed to @events
 */
void
stepcast_tap_stream_listen (StepcastTapStream *self,
                            const StepcastTapEvents *events,
                            gpointer user_data)
{
  self->events = events;
  self->user_data = user_data;
}

/**
 * stepcast_tap_stream_get_outbox:
 * @self: a tap
 *
 * Returns: (transfer none): what waits to be written; flush after adding to it
 */
StepcastOutbox *
stepcast_tap_stream_get_outbox (StepcastTapStream *self)
{
  return self->outbox;
}

/**
 * stepcast_tap_stream_get_socket:
 * @self: a tap
 *
 * Returns: (transfer none) (nullable): the TCP socket beneath it all
 */
GSocket *
stepcast_tap_stream_get_socket (StepcastTapStream *self)
{
  return self->socket;
}

/**
 * stepcast_tap_stream_get_last_read_us:
 * @self: a tap
 *
 * Returns: the monotonic time when something of the peer was read last, or when the tap began
 */
gint64
stepcast_tap_stream_get_last_read_us (StepcastTapStream *self)
{
  return self->intake.last_read_us;
}

/**
 * stepcast_tap_stream_get_pong_us:
 * @self: a tap
 * @payload: (array fixed-size=8): of a ping
 *
 * Returns: the monotonic time when it was answered; 0 where the last pong was not its
 */
gint64
stepcast_tap_stream_get_pong_us (StepcastTapStream *self, const guint8 *payload)
{
  return stepcast_intake_get_pong_us (&self->intake, payload);
}
