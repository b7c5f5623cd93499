/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-pollable-input.h"

/* The end of a StepcastPollableStream that is read: hands each call on to it. */

struct _StepcastPollableInput
{
  GInputStream parent_instance;

  StepcastPollableStream *stream; /* (nullable): not owned: it owns us */
};

static void stepcast_pollable_input_iface_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastPollableInput,
                               stepcast_pollable_input,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      stepcast_pollable_input_iface_init))

static gssize
stepcast_pollable_input_read (GInputStream *stream,
                              void *buffer,
                              gsize count,
                              GCancellable *cancellable,
                              GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "It is read without blocking");
  return -1;
}

static gboolean
stepcast_pollable_input_is_readable (GPollableInputStream *stream)
{
  return stepcast_pollable_stream_is_ready (STEPCAST_POLLABLE_INPUT (stream)->stream, G_IO_IN);
}

static GSource *
stepcast_pollable_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  return stepcast_pollable_stream_create_source (STEPCAST_POLLABLE_INPUT (stream)->stream,
                                                 G_OBJECT (stream), G_IO_IN, cancellable);
}

static gssize
stepcast_pollable_input_read_nonblocking (GPollableInputStream *stream,
                                          void *buffer,
                                          gsize count,
                                          GError **error)
{
  return stepcast_pollable_stream_read (STEPCAST_POLLABLE_INPUT (stream)->stream, buffer, count,
                                        error);
}

static void
stepcast_pollable_input_iface_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = stepcast_pollable_input_is_readable;
  iface->create_source = stepcast_pollable_input_create_source;
  iface->read_nonblocking = stepcast_pollable_input_read_nonblocking;
}

static void
stepcast_pollable_input_class_init (StepcastPollableInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = stepcast_pollable_input_read;
}

static void
stepcast_pollable_input_init (StepcastPollableInput *self)
{
}

/**
 * stepcast_pollable_input_new:
 * @stream: whose end it is; it has no reference to it
 *
 * Returns: (transfer full): a new end
 */
StepcastPollableInput *
stepcast_pollable_input_new (StepcastPollableStream *stream)
{
  StepcastPollableInput *self = g_object_new (STEPCAST_TYPE_POLLABLE_INPUT, NULL);

  self->stream = stream;

  return self;
}

/**
 * stepcast_pollable_input_orphan:
 * @self: an end
 *
 * Its stream goes: from now on it is closed.
 */
void
stepcast_pollable_input_orphan (StepcastPollableInput *self)
{
  self->stream = NULL;
}
