/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-event-stream.h"

#include <string.h>

#include "stepcast-answer-watch.h"
#include "stepcast-event-text.h"
#include "stepcast-gsource.h"
#include "stepcast-scheduler.h"

/* The body of an answer that does not end: server-sent events.
 *
 * libsoup's chunks pile up without a bound where they are not read, and while it has none to write
 * it does not look whether the reader is still there. So the connection is taken over when libsoup
 * has written the headers, and one text is written at a time: what changes meanwhile, the owner
 * keeps as it is then, and says it when the stream has drained. Keeps itself alive by nothing: its
 * owner lets go of it when it is told that it has closed. Lives on the main context. */

/* A client has nothing to say after its request; what it says is dropped, up to this. */
#define MAX_INPUT_BYTES 16384

#define READ_BYTES 1024

struct _StepcastEventStream
{
  GObject parent_instance;

  GIOStream *connection;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  StepcastTicker *ticker;
  const StepcastEventStreamEvents *events; /* NULL: closed has been told */
  gpointer user_data;

  char *rest; /* (nullable): what the socket has not taken yet */
  gsize rest_length;
  gsize n_written;    /* of the rest */
  gint64 progress_us; /* when something was written last, or began to wait */
  gsize n_dropped;    /* bytes that the client said */
  gboolean is_ending; /* it closes when all is written */
  gboolean is_broken; /* nothing more can be written */

  GSource *writable; /* (nullable): while the socket takes no more */
  GSource *readable; /* (nullable) */
  GSource *closing;  /* (nullable): tells that it has closed */
};

G_DEFINE_FINAL_TYPE (StepcastEventStream, stepcast_event_stream, G_TYPE_OBJECT)

static gboolean
is_empty (StepcastEventStream *self)
{
  return self->rest == NULL;
}

static void
release (StepcastEventStream *self)
{
  stepcast_gsource_clear (&self->writable);
  stepcast_gsource_clear (&self->readable);
  if (self->ticker != NULL)
    stepcast_ticker_remove (self->ticker, self);
  if (self->connection != NULL)
    g_io_stream_close (self->connection, NULL, NULL);
}

static gboolean
on_closing (gpointer user_data)
{
  g_autoptr (StepcastEventStream) self = g_object_ref (user_data);
  const StepcastEventStreamEvents *events = g_steal_pointer (&self->events);

  g_clear_pointer (&self->closing, g_source_unref);
  if (events != NULL)
    events->closed (self->user_data);
  return G_SOURCE_REMOVE;
}

/**
 * stepcast_event_stream_close:
 * @self: a stream
 *
 * Closes the connection at once, whatever is under way; its owner is told a little later.
 */
void
stepcast_event_stream_close (StepcastEventStream *self)
{
  g_return_if_fail (STEPCAST_IS_EVENT_STREAM (self));

  self->is_broken = TRUE;
  if (self->closing != NULL || self->events == NULL)
    return;

  release (self);
  self->closing = g_idle_source_new ();
  g_source_set_static_name (self->closing, "[stepcast] event stream closed");
  g_source_set_priority (self->closing, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->closing, on_closing, self, NULL);
  g_source_attach (self->closing, g_main_context_get_thread_default ());
}

/* ---- out ---- */

/* Returns: how much of @text the socket has taken */
static gsize
write_some (StepcastEventStream *self, const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  gssize n_written =
    g_pollable_output_stream_write_nonblocking (self->output, text, length, NULL, &error);

  if (n_written >= 0)
    return (gsize) n_written;

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_debug ("An event stream can't be written to: %s", error->message);
      stepcast_event_stream_close (self);
    }
  return 0;
}

static void
write_rest (StepcastEventStream *self)
{
  gsize n_written =
    write_some (self, self->rest + self->n_written, self->rest_length - self->n_written);

  if (n_written > 0)
    self->progress_us = g_get_monotonic_time ();
  self->n_written += n_written;
  if (self->n_written == self->rest_length)
    g_clear_pointer (&self->rest, g_free);
}

static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  g_autoptr (StepcastEventStream) self = g_object_ref (user_data);

  write_rest (self);
  if (self->is_broken || !is_empty (self))
    return G_SOURCE_CONTINUE; /* destroyed by then, if it is broken */

  stepcast_gsource_clear (&self->writable);
  if (self->is_ending)
    stepcast_event_stream_close (self);
  else
    self->events->drained (self->user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_until_writable (StepcastEventStream *self)
{
  self->writable = g_pollable_output_stream_create_source (self->output, NULL);
  g_source_set_static_name (self->writable, "[stepcast] event stream writable");
  g_source_set_priority (self->writable, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (self->writable, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_attach (self->writable, g_main_context_get_thread_default ());
}

/**
 * stepcast_event_stream_is_clear:
 * @self: a stream
 *
 * Returns: whether something can be written: nothing is under way, and it has not ended. Where it
 *   can't, @drained is told when it can
 */
gboolean
stepcast_event_stream_is_clear (StepcastEventStream *self)
{
  return is_empty (self) && !self->is_ending && !self->is_broken;
}

/**
 * stepcast_event_stream_write:
 * @self: a stream that is clear
 * @text: whole events
 *
 * Writes as much of @text as the socket takes, and the rest when it takes more.
 */
void
stepcast_event_stream_write (StepcastEventStream *self, const char *text)
{
  gsize length = strlen (text);
  gsize n_written;

  g_return_if_fail (STEPCAST_IS_EVENT_STREAM (self));
  g_return_if_fail (stepcast_event_stream_is_clear (self));

  n_written = write_some (self, text, length);
  if (n_written == length || self->is_broken)
    return;

  self->rest_length = length - n_written;
  self->rest = g_memdup2 (text + n_written, self->rest_length);
  self->n_written = 0;
  self->progress_us = g_get_monotonic_time ();
  wait_until_writable (self);
}

/**
 * stepcast_event_stream_end:
 * @self: a stream
 *
 * Closes the connection when what is under way has been written.
 */
void
stepcast_event_stream_end (StepcastEventStream *self)
{
  g_return_if_fail (STEPCAST_IS_EVENT_STREAM (self));

  self->is_ending = TRUE;
  if (is_empty (self))
    stepcast_event_stream_close (self);
}

/**
 * stepcast_event_stream_get_backlog_bytes:
 * @self: a stream
 *
 * Returns: how much waits to be written
 */
gsize
stepcast_event_stream_get_backlog_bytes (StepcastEventStream *self)
{
  return self->rest != NULL ? self->rest_length - self->n_written : 0;
}

/* ---- in ---- */

/* The end of what the client says is the end of the client. */
static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  StepcastEventStream *self = user_data;
  g_autoptr (GError) error = NULL;
  guint8 dropped[READ_BYTES];
  gssize n_read =
    g_pollable_input_stream_read_nonblocking (self->input, dropped, sizeof dropped, NULL, &error);

  if (n_read < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;

  self->n_dropped += n_read > 0 ? (gsize) n_read : 0;
  if (n_read <= 0 || self->n_dropped > MAX_INPUT_BYTES)
    {
      g_debug ("The reader of an event stream has gone%s%s", error != NULL ? ": " : "",
               error != NULL ? error->message : "");
      stepcast_event_stream_close (self); /* destroys this source */
    }
  return G_SOURCE_CONTINUE;
}

static void
wait_until_readable (StepcastEventStream *self)
{
  self->readable = g_pollable_input_stream_create_source (self->input, NULL);
  g_source_set_static_name (self->readable, "[stepcast] event stream readable");
  g_source_set_callback (self->readable, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->readable, g_main_context_get_thread_default ());
}

/* ---- the object ---- */

static void
on_tick (gint64 now_us, gpointer member)
{
  StepcastEventStream *self = member;

  if (stepcast_event_stream_is_clear (self))
    {
      stepcast_event_stream_write (self, STEPCAST_EVENT_KEEP_ALIVE);
    }
  else if (now_us - self->progress_us >= STEPCAST_STALL_US)
    {
      g_debug ("An event stream was not read for %d s", (int) (STEPCAST_STALL_US / G_USEC_PER_SEC));
      stepcast_event_stream_close (self);
    }
}

static void
stepcast_event_stream_dispose (GObject *object)
{
  StepcastEventStream *self = STEPCAST_EVENT_STREAM (object);

  self->events = NULL;
  release (self);
  stepcast_gsource_clear (&self->closing);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->ticker, stepcast_ticker_unref);

  G_OBJECT_CLASS (stepcast_event_stream_parent_class)->dispose (object);
}

static void
stepcast_event_stream_finalize (GObject *object)
{
  StepcastEventStream *self = STEPCAST_EVENT_STREAM (object);

  g_free (self->rest);

  G_OBJECT_CLASS (stepcast_event_stream_parent_class)->finalize (object);
}

static void
stepcast_event_stream_class_init (StepcastEventStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_event_stream_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_event_stream_finalize;
}

static void
stepcast_event_stream_init (StepcastEventStream *self)
{
}

/**
 * stepcast_event_stream_new:
 * @connection: whose headers have been written, with pollable ends
 * @ticker: ticks every %STEPCAST_TICK_MS: keeps it alive, and ends it where it is not read
 * @events: static
 * @user_data: handed to @events
 *
 * Returns: (transfer full): a new stream, which is clear
 */
StepcastEventStream *
stepcast_event_stream_new (GIOStream *connection,
                           StepcastTicker *ticker,
                           const StepcastEventStreamEvents *events,
                           gpointer user_data)
{
  StepcastEventStream *self = g_object_new (STEPCAST_TYPE_EVENT_STREAM, NULL);

  self->connection = g_object_ref (connection);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (connection));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (connection));
  self->ticker = stepcast_ticker_ref (ticker);
  self->events = events;
  self->user_data = user_data;
  stepcast_ticker_add (ticker, self, on_tick);
  wait_until_readable (self);

  return self;
}
