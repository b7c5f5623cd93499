/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-guarded-stream.h"

/* How much is read between two looks at the cancellable and the clock, in bytes: a millisecond or
 * two of librsvg's work. */
#define READ_BYTES (16 * 1024)

/**
 * StepcastGuardedStream:
 *
 * Bytes in memory as a stream whose reader can be stopped. librsvg ignores the cancellable on a
 * #GMemoryInputStream, and knows no deadline at all; this stream looks at both before each read,
 * and hands out little at a time.
 *
 * It is used by one thread, which may be any.
 */
struct _StepcastGuardedStream
{
  GInputStream parent_instance;

  GBytes *bytes;
  gsize offset;
  gint64 deadline_us; /* on the monotonic clock; 0: none */
};

G_DEFINE_FINAL_TYPE (StepcastGuardedStream, stepcast_guarded_stream, G_TYPE_INPUT_STREAM)

static gssize
stepcast_guarded_stream_read (GInputStream *stream,
                              void *buffer,
                              gsize count,
                              GCancellable *cancellable,
                              GError **error)
{
  StepcastGuardedStream *self = STEPCAST_GUARDED_STREAM (stream);
  gsize length;
  const char *data = g_bytes_get_data (self->bytes, &length);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  if (self->deadline_us != 0 && g_get_monotonic_time () >= self->deadline_us)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The deadline has passed");
      return -1;
    }

  count = MIN (count, MIN (length - self->offset, READ_BYTES));
  if (count > 0)
    memcpy (buffer, data + self->offset, count);
  self->offset += count;
  return (gssize) count;
}

static void
stepcast_guarded_stream_finalize (GObject *object)
{
  StepcastGuardedStream *self = STEPCAST_GUARDED_STREAM (object);

  g_clear_pointer (&self->bytes, g_bytes_unref);

  G_OBJECT_CLASS (stepcast_guarded_stream_parent_class)->finalize (object);
}

static void
stepcast_guarded_stream_class_init (StepcastGuardedStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = stepcast_guarded_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = stepcast_guarded_stream_read;
}

static void
stepcast_guarded_stream_init (StepcastGuardedStream *self)
{
}

/**
 * stepcast_guarded_stream_new:
 * @bytes: what is to be read
 * @deadline_us: when reading begins to fail with %G_IO_ERROR_TIMED_OUT, in microseconds on the
 *   monotonic clock, or 0 for never
 *
 * Any thread.
 *
 * Returns: (transfer full): a stream over @bytes
 */
GInputStream *
stepcast_guarded_stream_new (GBytes *bytes, gint64 deadline_us)
{
  StepcastGuardedStream *self;

  g_return_val_if_fail (bytes != NULL, NULL);

  self = g_object_new (STEPCAST_TYPE_GUARDED_STREAM, NULL);
  self->bytes = g_bytes_ref (bytes);
  self->deadline_us = deadline_us;
  return G_INPUT_STREAM (self);
}
