/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-inflate-extension.h"

#include <string.h>

#include <zlib.h>

#include "stepcast-frame-guard.h"

/* The incoming half of permessage-deflate (RFC 7692, section 7.2.2), for one connection: inflates
 * messages, up to a limit. What goes out is none of its business: our messages do not pass through
 * libsoup, and control frames are never compressed.
 *
 * libsoup asks it of each frame, unmasked, and refuses with 1002 what it gets back with a reserved
 * bit in the header: that of a control frame or of a fragment that is not the first is left there.
 * Fragments that are out of order are libsoup's to refuse, too.
 *
 * A message carries no context over to the next (we have said client_no_context_takeover), so that
 * there is an inflater, some 40 KB, only while a message comes. Lives on the main context. */

#define FIN 0x80
#define RSV1 0x40
#define OPCODE 0x0f
#define OPCODE_CONTINUATION 0x0
#define OPCODE_BINARY 0x2

/* Negative: without a header. */
#define WINDOW_BITS (-15)

#define CHUNK_BYTES 4096

/* What a compressed message ends with, and is left out of it. */
static const guint8 left_out[] = { 0x00, 0x00, 0xff, 0xff };

struct _StepcastInflateExtension
{
  SoupWebsocketExtension parent_instance;

  StepcastInflated inflated;
  gpointer user_data;

  gboolean is_within_message; /* its last fragment has not come */
  gboolean is_broken;         /* nothing that comes makes sense any more */
  z_stream *stream;           /* (nullable): while a compressed message comes */
  gsize n_bytes;              /* what has come of it, inflated */
  gboolean is_at_boundary;    /* between two blocks */
};

G_DEFINE_FINAL_TYPE (StepcastInflateExtension,
                     stepcast_inflate_extension,
                     SOUP_TYPE_WEBSOCKET_EXTENSION)

static void
end_message (StepcastInflateExtension *self)
{
  if (self->stream != NULL)
    inflateEnd (self->stream);
  g_clear_pointer (&self->stream, g_free);
}

static gboolean
begin_message (StepcastInflateExtension *self, GError **error)
{
  self->n_bytes = 0;
  self->stream = g_new0 (z_stream, 1);
  if (inflateInit2 (self->stream, WINDOW_BITS) == Z_OK)
    return TRUE;

  g_clear_pointer (&self->stream, g_free);
  g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR,
                       "There is no memory to inflate a message");
  return FALSE;
}

/* One turn of the inflater: what comes out of it goes to @output. */
static gboolean
inflate_some (StepcastInflateExtension *self, int flush, GByteArray *output, GError **error)
{
  guint8 chunk[CHUNK_BYTES];
  gsize n_bytes;
  int result;

  self->stream->next_out = chunk;
  self->stream->avail_out = sizeof chunk;
  result = inflate (self->stream, flush);
  n_bytes = sizeof chunk - self->stream->avail_out;

  /* 128: zlib's word for a boundary, where it was told to stop at each. */
  self->is_at_boundary = result == Z_STREAM_END || (self->stream->data_type & 128) != 0;
  if (result == Z_STREAM_END) /* a block that is marked as the last; others may follow (7.2.3.4) */
    result = inflateReset (self->stream);
  if (result != Z_OK && result != Z_BUF_ERROR)
    {
      g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_BAD_DATA,
                           "A message can't be inflated");
      return FALSE;
    }

  self->n_bytes += n_bytes;
  if (self->n_bytes > STEPCAST_MAX_MESSAGE_BYTES)
    {
      g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
                           "A message is inflated to more than 64 KiB");
      return FALSE;
    }
  g_byte_array_append (output, chunk, (guint) n_bytes);
  return TRUE;
}

static gboolean
inflate_all (StepcastInflateExtension *self,
             const guint8 *data,
             gsize length,
             int flush,
             GByteArray *output,
             GError **error)
{
  self->stream->next_in = (Bytef *) data;
  self->stream->avail_in = (guint) length;
  do
    {
      if (!inflate_some (self, flush, output, error))
        return FALSE;
    }
  while (self->stream->avail_in > 0 || self->stream->avail_out == 0);

  return TRUE;
}

/* What was left out has to complete it: else a message that was cut off would pass for a shorter
 * one. */
static gboolean
inflate_end (StepcastInflateExtension *self, GByteArray *output, GError **error)
{
  if (!inflate_all (self, left_out, sizeof left_out, Z_BLOCK, output, error))
    return FALSE;
  if (self->is_at_boundary)
    return TRUE;

  g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_BAD_DATA,
                       "A compressed message is incomplete");
  return FALSE;
}

static GBytes *
inflate_frame (StepcastInflateExtension *self, GBytes *payload, gboolean is_last, GError **error)
{
  g_autoptr (GByteArray) output = g_byte_array_new ();
  gsize before = self->n_bytes;
  gsize length;
  const guint8 *data = g_bytes_get_data (payload, &length);

  if ((length > 0 && !inflate_all (self, data, length, Z_SYNC_FLUSH, output, error)) ||
      (is_last && !inflate_end (self, output, error)))
    return NULL;

  if (self->inflated != NULL)
    self->inflated (self->n_bytes - before, self->user_data);
  return g_byte_array_free_to_bytes (g_steal_pointer (&output));
}

/* Returns: (transfer full) (nullable): what libsoup is to make of the frame instead */
static GBytes *
filter (StepcastInflateExtension *self, guint8 *header, GBytes *payload, GError **error)
{
  const guint8 opcode = header[0] & OPCODE;
  const gboolean is_first = opcode != OPCODE_CONTINUATION;
  const gboolean is_last = (header[0] & FIN) != 0;
  const gboolean is_marked = (header[0] & RSV1) != 0;
  GBytes *result;

  if (opcode > OPCODE_BINARY || is_first == self->is_within_message || (is_marked && !is_first))
    return g_bytes_ref (payload);

  self->is_within_message = !is_last;
  if (is_marked)
    {
      header[0] &= (guint8) ~RSV1;
      if (!begin_message (self, error))
        return NULL;
    }
  if (self->stream == NULL)
    return g_bytes_ref (payload);

  result = inflate_frame (self, payload, is_last, error);
  if (is_last || result == NULL)
    end_message (self);
  return result;
}

/* @payload: (transfer full) */
static GBytes *
stepcast_inflate_extension_process_incoming (SoupWebsocketExtension *extension,
                                             guint8 *header,
                                             GBytes *payload,
                                             GError **error)
{
  StepcastInflateExtension *self = STEPCAST_INFLATE_EXTENSION (extension);
  g_autoptr (GBytes) owned = payload;
  GBytes *result;

  /* libsoup keeps a frame that was refused, and asks again, with other bytes: it has unmasked them
   * once more. */
  if (self->is_broken)
    {
      g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR,
                           "A message could not be inflated");
      return NULL;
    }

  result = filter (self, header, owned, error);
  self->is_broken = result == NULL;
  return result;
}

static void
stepcast_inflate_extension_finalize (GObject *object)
{
  end_message (STEPCAST_INFLATE_EXTENSION (object));

  G_OBJECT_CLASS (stepcast_inflate_extension_parent_class)->finalize (object);
}

static void
stepcast_inflate_extension_class_init (StepcastInflateExtensionClass *klass)
{
  SoupWebsocketExtensionClass *extension_class = SOUP_WEBSOCKET_EXTENSION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = stepcast_inflate_extension_finalize;

  extension_class->name = "permessage-deflate";
  extension_class->process_incoming_message = stepcast_inflate_extension_process_incoming;
}

static void
stepcast_inflate_extension_init (StepcastInflateExtension *self)
{
}

/**
 * stepcast_inflate_extension_new:
 * @inflated: (nullable): told of each frame that was inflated
 * @user_data: handed to @inflated
 *
 * Returns: (transfer full): the extension of one connection that has negotiated it
 */
SoupWebsocketExtension *
stepcast_inflate_extension_new (StepcastInflated inflated, gpointer user_data)
{
  StepcastInflateExtension *self = g_object_new (STEPCAST_TYPE_INFLATE_EXTENSION, NULL);

  self->inflated = inflated;
  self->user_data = user_data;
  return SOUP_WEBSOCKET_EXTENSION (self);
}
