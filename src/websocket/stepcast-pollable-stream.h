/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_POLLABLE_STREAM (stepcast_pollable_stream_get_type ())

G_DECLARE_DERIVABLE_TYPE (StepcastPollableStream,
                          stepcast_pollable_stream,
                          STEPCAST,
                          POLLABLE_STREAM,
                          GIOStream)

/**
 * StepcastPollableStreamClass:
 * @is_ready: whether reading (%G_IO_IN) or writing (%G_IO_OUT) would not block
 * @create_source: makes a source for #GPollableSourceFunc that tells when it would not; @end is the
 *   input or output stream that asks, and what the source's callback is handed
 * @read: reads what there is, as g_pollable_input_stream_read_nonblocking() does
 * @write: writes what there is room for. Sets @n_written, to 0 where that is nothing, and @error
 *   where it returns %G_POLLABLE_RETURN_FAILED, and then only
 *
 * What is to be implemented, and #GIOStreamClass.close_fn, which must not block. All of them are
 * required, and none of the first four is called once the stream has been disposed of.
 */
struct _StepcastPollableStreamClass
{
  GIOStreamClass parent_class;

  gboolean (*is_ready) (StepcastPollableStream *self, GIOCondition condition);
  GSource *(*create_source) (StepcastPollableStream *self,
                             GObject *end,
                             GIOCondition condition,
                             GCancellable *cancellable);
  gssize (*read) (StepcastPollableStream *self, void *buffer, gsize count, GError **error);
  GPollableReturn (*write) (StepcastPollableStream *self,
                            const GOutputVector *vectors,
                            gsize n_vectors,
                            gsize *n_written,
                            GError **error);
};

/* For its ends; %NULL is a stream that has gone. */
gboolean stepcast_pollable_stream_is_ready (StepcastPollableStream *self, GIOCondition condition);
GSource *stepcast_pollable_stream_create_source (StepcastPollableStream *self,
                                                 GObject *end,
                                                 GIOCondition condition,
                                                 GCancellable *cancellable);
gssize stepcast_pollable_stream_read (StepcastPollableStream *self,
                                      void *buffer,
                                      gsize count,
                                      GError **error);
GPollableReturn stepcast_pollable_stream_write (StepcastPollableStream *self,
                                                const GOutputVector *vectors,
                                                gsize n_vectors,
                                                gsize *n_written,
                                                GError **error);

void stepcast_pollable_stream_drain (GIOStream *stream, gsize max_bytes);

G_END_DECLS
