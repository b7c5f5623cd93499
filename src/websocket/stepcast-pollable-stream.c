/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-pollable-stream.h"

#include "stepcast-pollable-input.h"
#include "stepcast-pollable-output.h"

/* A stream for whoever reads and writes without blocking, and in no other way: what its two ends
 * have in common, so that who implements one has its four calls to write and no types of ends.
 *
 * The ends belong to the stream, and may outlive it: they are closed then. Lives on the main
 * context. */

typedef struct
{
  StepcastPollableInput *input;   /* (nullable): until it is disposed of */
  StepcastPollableOutput *output; /* (nullable): likewise */
} StepcastPollableStreamPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StepcastPollableStream,
                                     stepcast_pollable_stream,
                                     G_TYPE_IO_STREAM)

static StepcastPollableStreamPrivate *
get_private (gpointer stream)
{
  return stepcast_pollable_stream_get_instance_private (STEPCAST_POLLABLE_STREAM (stream));
}

static GInputStream *
stepcast_pollable_stream_get_input_stream (GIOStream *stream)
{
  return (GInputStream *) get_private (stream)->input;
}

static GOutputStream *
stepcast_pollable_stream_get_output_stream (GIOStream *stream)
{
  return (GOutputStream *) get_private (stream)->output;
}

/* The default would close it in a thread. */
static void
stepcast_pollable_stream_close_async (GIOStream *stream,
                                      int io_priority,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, stepcast_pollable_stream_close_async);
  g_task_set_priority (task, io_priority);
  if (G_IO_STREAM_GET_CLASS (stream)->close_fn (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
stepcast_pollable_stream_close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
stepcast_pollable_stream_dispose (GObject *object)
{
  StepcastPollableStreamPrivate *priv = get_private (object);

  G_OBJECT_CLASS (stepcast_pollable_stream_parent_class)->dispose (object); /* closes it */

  if (priv->input != NULL)
    stepcast_pollable_input_orphan (priv->input);
  if (priv->output != NULL)
    stepcast_pollable_output_orphan (priv->output);
  g_clear_object (&priv->input);
  g_clear_object (&priv->output);
}

static void
stepcast_pollable_stream_class_init (StepcastPollableStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = stepcast_pollable_stream_dispose;

  stream_class->get_input_stream = stepcast_pollable_stream_get_input_stream;
  stream_class->get_output_stream = stepcast_pollable_stream_get_output_stream;
  stream_class->close_async = stepcast_pollable_stream_close_async;
  stream_class->close_finish = stepcast_pollable_stream_close_finish;
}

static void
stepcast_pollable_stream_init (StepcastPollableStream *self)
{
  StepcastPollableStreamPrivate *priv = get_private (self);

  priv->input = stepcast_pollable_input_new (self);
  priv->output = stepcast_pollable_output_new (self);
}

/* ---- for the ends ---- */

static void
set_closed (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The stream is closed");
}

/**
 * stepcast_pollable_stream_is_ready:
 * @self: (nullable): a stream
 * @condition: %G_IO_IN or %G_IO_OUT
 *
 * Returns: whether reading or writing would not block
 */
gboolean
stepcast_pollable_stream_is_ready (StepcastPollableStream *self, GIOCondition condition)
{
  if (self == NULL)
    return TRUE; /* reading and writing will tell */
  return STEPCAST_POLLABLE_STREAM_GET_CLASS (self)->is_ready (self, condition);
}

/**
 * stepcast_pollable_stream_create_source:
 * @self: (nullable): a stream
 * @end: which of its ends asks
 * @condition: %G_IO_IN or %G_IO_OUT
 * @cancellable: (nullable): makes the source ready, too
 *
 * Returns: (transfer full): a source with a #GPollableSourceFunc, which tells when it is ready
 */
GSource *
stepcast_pollable_stream_create_source (StepcastPollableStream *self,
                                        GObject *end,
                                        GIOCondition condition,
                                        GCancellable *cancellable)
{
  g_autoptr (GSource) at_once = NULL;

  if (self != NULL)
    return STEPCAST_POLLABLE_STREAM_GET_CLASS (self)->create_source (self, end, condition,
                                                                     cancellable);
  at_once = g_timeout_source_new (0);
  return g_pollable_source_new_full (end, at_once, cancellable);
}

/**
 * stepcast_pollable_stream_read:
 * @self: (nullable): a stream
 * @buffer: (out caller-allocates) (array length=count): for what is read
 * @count: how much that is at the most
 * @error: %G_IO_ERROR_WOULD_BLOCK where there is nothing, or why it can't be read
 *
 * Returns: how much was read, 0 at the end, or -1 with @error set
 */
gssize
stepcast_pollable_stream_read (StepcastPollableStream *self,
                               void *buffer,
                               gsize count,
                               GError **error)
{
  if (self != NULL)
    return STEPCAST_POLLABLE_STREAM_GET_CLASS (self)->read (self, buffer, count, error);

  set_closed (error);
  return -1;
}

/**
 * stepcast_pollable_stream_write:
 * @self: (nullable): a stream
 * @vectors: (array length=n_vectors): what is to be written
 * @n_vectors: how many there are
 * @n_written: (out): how much of it was; 0 where the stream would block or failed
 * @error: why it can't be written to
 *
 * Returns: %G_POLLABLE_RETURN_FAILED with @error set
 */
GPollableReturn
stepcast_pollable_stream_write (StepcastPollableStream *self,
                                const GOutputVector *vectors,
                                gsize n_vectors,
                                gsize *n_written,
                                GError **error)
{
  if (self != NULL)
    return STEPCAST_POLLABLE_STREAM_GET_CLASS (self)->write (self, vectors, n_vectors, n_written,
                                                             error);
  *n_written = 0;
  set_closed (error);
  return G_POLLABLE_RETURN_FAILED;
}

/* ---- for others ---- */

/**
 * stepcast_pollable_stream_drain:
 * @stream: any stream whose input is pollable, and that is about to be closed
 * @max_bytes: about how much is read at the most
 *
 * Reads and drops what the peer has sent, as far as it has come: bytes that were left unread would
 * make the close a reset, which may overtake what was written last.
 */
void
stepcast_pollable_stream_drain (GIOStream *stream, gsize max_bytes)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  char scrap[4096];
  gssize n_read;
  gsize n_total = 0;

  do
    {
      n_read = g_pollable_input_stream_read_nonblocking (input, scrap, sizeof scrap, NULL, NULL);
      n_total += n_read > 0 ? (gsize) n_read : 0;
    }
  while (n_read > 0 && n_total < max_bytes);
}
