/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-deflate-encoder.h"

#include <string.h>

#include <zlib.h>

/* Makes of an SVG document the payload of a compressed WebSocket message (RFC 7692, section 7.2.1):
 * DEFLATE without a header of its own, ended by an empty stored block of which the last four bytes
 * are left out. No context is carried over from one document to the next, so that the same bytes
 * do for all viewers, whatever each of them has seen before.
 *
 * Any thread may encode. The compressors, some 260 KB each, are used again: there are never more of
 * them than threads have encoded at the same time. */

/* The fastest. A higher one makes SVG smaller by a tenth, and takes three times as long. */
#define LEVEL 1

/* Negative: without a header. The window that a viewer has unless it asks for a smaller one. */
#define WINDOW_BITS (-15)

#define MEM_LEVEL 8

/* About half a millisecond of work. */
#define CHUNK_BYTES (64 * 1024)

static const guint8 left_out[] = { 0x00, 0x00, 0xff, 0xff };

struct _StepcastDeflateEncoder
{
  GObject parent_instance;

  GAsyncQueue *idle; /* of z_stream */
};

static void
compressor_free (gpointer data)
{
  z_stream *stream = data;

  deflateEnd (stream);
  g_free (stream);
}

/* Returns: (nullable): one to begin anew with; NULL without memory for one */
static z_stream *
take_compressor (StepcastDeflateEncoder *self)
{
  z_stream *stream = g_async_queue_try_pop (self->idle);

  if (stream != NULL)
    {
      deflateReset (stream);
      return stream;
    }

  stream = g_new0 (z_stream, 1);
  if (deflateInit2 (stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK)
    return stream;

  g_free (stream);
  return NULL;
}

/* Compresses into what @stream has room for. Returns whether that did. */
static gboolean
compress_all (z_stream *stream, const guint8 *data, gsize length, GCancellable *cancellable)
{
  while (length > 0 && !g_cancellable_is_cancelled (cancellable))
    {
      guint n = (guint) MIN (length, CHUNK_BYTES);

      stream->next_in = (Bytef *) data;
      stream->avail_in = n;
      deflate (stream, n == length ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      if (stream->avail_out == 0)
        return FALSE;

      data += n;
      length -= n;
    }
  return length == 0;
}

static GBytes *
stepcast_deflate_encoder_encode (StepcastFrameEncoder *encoder,
                                 GBytes *svg,
                                 GCancellable *cancellable)
{
  StepcastDeflateEncoder *self = STEPCAST_DEFLATE_ENCODER (encoder);
  gsize length;
  const guint8 *data = g_bytes_get_data (svg, &length);
  g_autofree guint8 *encoded = NULL;
  gsize n_encoded = 0;
  z_stream *stream;

  if (length == 0 || length > G_MAXUINT - sizeof left_out)
    return NULL;
  stream = take_compressor (self);
  if (stream == NULL)
    return NULL;

  /* What fills this is not smaller than it was. */
  encoded = g_malloc (length + sizeof left_out);
  stream->next_out = encoded;
  stream->avail_out = (guint) (length + sizeof left_out);
  if (compress_all (stream, data, length, cancellable))
    n_encoded = length + sizeof left_out - stream->avail_out;
  g_async_queue_push (self->idle, stream);
  if (n_encoded == 0)
    return NULL;

  n_encoded -= sizeof left_out;
  g_assert (memcmp (encoded + n_encoded, left_out, sizeof left_out) == 0);
  encoded = g_realloc (encoded, n_encoded);
  return g_bytes_new_take (g_steal_pointer (&encoded), n_encoded);
}

static void
frame_encoder_init (StepcastFrameEncoderInterface *iface)
{
  iface->encode = stepcast_deflate_encoder_encode;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastDeflateEncoder,
                               stepcast_deflate_encoder,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_FRAME_ENCODER,
                                                      frame_encoder_init))

/* In whatever thread drops the last reference. */
static void
stepcast_deflate_encoder_finalize (GObject *object)
{
  g_async_queue_unref (STEPCAST_DEFLATE_ENCODER (object)->idle);

  G_OBJECT_CLASS (stepcast_deflate_encoder_parent_class)->finalize (object);
}

static void
stepcast_deflate_encoder_class_init (StepcastDeflateEncoderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = stepcast_deflate_encoder_finalize;
}

static void
stepcast_deflate_encoder_init (StepcastDeflateEncoder *self)
{
  self->idle = g_async_queue_new_full (compressor_free);
}

/**
 * stepcast_deflate_encoder_new:
 *
 * Returns: (transfer full): a new encoder
 */
StepcastFrameEncoder *
stepcast_deflate_encoder_new (void)
{
  return g_object_new (STEPCAST_TYPE_DEFLATE_ENCODER, NULL);
}
