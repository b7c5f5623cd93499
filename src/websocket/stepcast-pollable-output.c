/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-pollable-output.h"

/* The end of a StepcastPollableStream that is written to: hands each call on to it. */

struct _StepcastPollableOutput
{
  GOutputStream parent_instance;

  StepcastPollableStream *stream; /* (nullable): not owned: it owns us */
};

static void stepcast_pollable_output_iface_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastPollableOutput,
                               stepcast_pollable_output,
                               G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      stepcast_pollable_output_iface_init))

static gssize
stepcast_pollable_output_write (GOutputStream *stream,
                                const void *buffer,
                                gsize count,
                                GCancellable *cancellable,
                                GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "It is written to without blocking");
  return -1;
}

static gboolean
stepcast_pollable_output_is_writable (GPollableOutputStream *stream)
{
  return stepcast_pollable_stream_is_ready (STEPCAST_POLLABLE_OUTPUT (stream)->stream, G_IO_OUT);
}

static GSource *
stepcast_pollable_output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  return stepcast_pollable_stream_create_source (STEPCAST_POLLABLE_OUTPUT (stream)->stream,
                                                 G_OBJECT (stream), G_IO_OUT, cancellable);
}

static GPollableReturn
stepcast_pollable_output_writev_nonblocking (GPollableOutputStream *stream,
                                             const GOutputVector *vectors,
                                             gsize n_vectors,
                                             gsize *n_written,
                                             GError **error)
{
  gsize count;
  GPollableReturn result =
    stepcast_pollable_stream_write (STEPCAST_POLLABLE_OUTPUT (stream)->stream, vectors, n_vectors,
                                    &count, error);

  if (n_written != NULL)
    *n_written = count;
  return result;
}

/* Unlike writev_nonblocking(), this one has no return value for it, and sets an error. */
static gssize
stepcast_pollable_output_write_nonblocking (GPollableOutputStream *stream,
                                            const void *buffer,
                                            gsize count,
                                            GError **error)
{
  GOutputVector vector = { buffer, count };
  gsize n_written;

  switch (stepcast_pollable_stream_write (STEPCAST_POLLABLE_OUTPUT (stream)->stream, &vector, 1,
                                          &n_written, error))
    {
    case G_POLLABLE_RETURN_OK:
      return (gssize) n_written;
    case G_POLLABLE_RETURN_WOULD_BLOCK:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing can be written now");
      return -1;
    case G_POLLABLE_RETURN_FAILED:
    default:
      return -1;
    }
}

static void
stepcast_pollable_output_iface_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = stepcast_pollable_output_is_writable;
  iface->create_source = stepcast_pollable_output_create_source;
  iface->write_nonblocking = stepcast_pollable_output_write_nonblocking;
  iface->writev_nonblocking = stepcast_pollable_output_writev_nonblocking;
}

static void
stepcast_pollable_output_class_init (StepcastPollableOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = stepcast_pollable_output_write;
}

static void
stepcast_pollable_output_init (StepcastPollableOutput *self)
{
}

/**
 * stepcast_pollable_output_new:
 * @stream: whose end it is; it has no reference to it
 *
 * Returns: (transfer full): a new end
 */
StepcastPollableOutput *
stepcast_pollable_output_new (StepcastPollableStream *stream)
{
  StepcastPollableOutput *self = g_object_new (STEPCAST_TYPE_POLLABLE_OUTPUT, NULL);

  self->stream = stream;

  return self;
}

/**
 * stepcast_pollable_output_orphan:
 * @self: an end
 *
 * Its stream goes: from now on it is closed.
 */
void
stepcast_pollable_output_orphan (StepcastPollableOutput *self)
{
  self->stream = NULL;
}
