/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "bench-wire.h"

#include <string.h>
#include <time.h>

#define FIN 0x80
#define RSV 0x70
#define RSV1 0x40
#define MASKED 0x80

gint64
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* RFC 6455, 4.2.2: what proves that the server understood the handshake. */
char *
bench_ws_accept (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize digest_size = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (checksum, digest, &digest_size);
  return g_base64_encode (digest, digest_size);
}

/* Writes the header of an unfragmented frame into at least BENCH_WS_HEADER_MAX bytes. */
gsize
bench_ws_header (guint8 *out, guint8 opcode, guint64 size, const guint8 *mask)
{
  gsize used = 2;
  guint length_bytes = size < 126 ? 0 : size <= G_MAXUINT16 ? 2 : 8;

  out[0] = FIN | opcode;
  out[1] = (guint8) (length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
  for (guint i = length_bytes; i > 0; i--)
    out[used++] = (guint8) (size >> (8 * (i - 1)));
  if (mask != NULL)
    {
      out[1] |= MASKED;
      memcpy (out + used, mask, 4);
      used += 4;
    }
  return used;
}

/* A whole client's frame, into at least BENCH_WS_HEADER_MAX + BENCH_WS_SHORT_MAX bytes. */
gsize
bench_ws_short_frame (guint8 *out, guint8 opcode, const char *payload, gsize size)
{
  static const guint8 mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
  gsize used;

  g_assert (size <= BENCH_WS_SHORT_MAX);
  used = bench_ws_header (out, opcode, size, mask);
  for (gsize i = 0; i < size; i++)
    out[used++] = (guint8) payload[i] ^ mask[i % 4];
  return used;
}

static gsize
header_length (const BenchParser *self)
{
  gsize length = 2;

  if (self->header_size < 2)
    return length;
  if ((self->header[1] & 0x7f) == 126)
    length += 2;
  else if ((self->header[1] & 0x7f) == 127)
    length += 8;
  if (self->header[1] & MASKED)
    length += 4;
  return length;
}

static BenchMessage *
current_message (BenchParser *self)
{
  return (self->header[0] & 0x8) ? &self->control : &self->data;
}

static gboolean
begin_payload (BenchParser *self)
{
  BenchMessage *message = current_message (self);
  guint8 opcode = self->header[0] & 0xf;
  guint length = self->header[1] & 0x7f;
  gsize length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  guint64 size = length_bytes == 0 ? length : 0;

  for (gsize i = 0; i < length_bytes; i++)
    size = size << 8 | self->header[2 + i];
  /* A reserved bit that no extension was negotiated for means that we lost our place in the stream.
   */
  if ((self->header[0] & RSV & ~(self->may_be_compressed ? RSV1 : 0)) || size > G_MAXINT64)
    return FALSE;
  if (opcode != 0)
    {
      message->opcode = opcode;
      message->is_compressed = (self->header[0] & RSV1) != 0;
      if (message == &self->data && self->keep != NULL)
        g_byte_array_set_size (self->keep, 0);
      message->size = 0;
      message->head_size = 0;
    }
  self->frame_size = size;
  self->frame_done = 0;
  self->in_payload = TRUE;
  return TRUE;
}

/* Keeps what is still missing of the message's head; the rest of the payload is only counted. */
static void
take_payload (BenchParser *self, const guint8 *bytes, gsize size)
{
  BenchMessage *message = current_message (self);
  gsize wanted = MIN (size, BENCH_WS_HEAD_MAX - message->head_size);
  char *head = message->head + message->head_size;

  if (message == &self->data && self->keep != NULL)
    g_byte_array_append (self->keep, bytes, (guint) size);
  memcpy (head, bytes, wanted);
  if (self->header[1] & MASKED)
    {
      const guint8 *mask = self->header + header_length (self) - 4;

      for (gsize i = 0; i < wanted; i++)
        head[i] ^= (char) mask[(self->frame_done + i) % 4];
    }
  message->head_size += wanted;
  message->size += size;
  self->frame_done += size;
}

static void
end_frame (BenchParser *self, BenchMessageFunc func, gpointer user_data)
{
  BenchMessage *message = current_message (self);

  self->in_payload = FALSE;
  self->header_size = 0;
  if (!(self->header[0] & FIN))
    return;
  message->head[message->head_size] = '\0';
  func (message, user_data);
}

/**
 * bench_parser_feed:
 *
 * Calls @func for every message that @bytes complete.
 *
 * Returns: %FALSE where the stream is not WebSocket frames
 */
gboolean
bench_parser_feed (BenchParser *self,
                   const guint8 *bytes,
                   gsize size,
                   BenchMessageFunc func,
                   gpointer user_data)
{
  const guint8 *end = bytes + size;

  for (;;)
    {
      if (self->in_payload)
        {
          gsize taken = (gsize) MIN ((guint64) (end - bytes), self->frame_size - self->frame_done);

          take_payload (self, bytes, taken);
          bytes += taken;
          if (self->frame_done == self->frame_size)
            end_frame (self, func, user_data);
        }
      if (bytes == end)
        return TRUE;
      while (bytes < end && !self->in_payload)
        {
          self->header[self->header_size++] = *bytes++;
          if (self->header_size == header_length (self) && self->header_size >= 2 &&
              !begin_payload (self))
            return FALSE;
        }
    }
}

/* How many of the next bytes nobody will look at: all but the last, which completes the message. */
guint64
bench_parser_skippable (const BenchParser *self)
{
  if (!self->in_payload || (self->header[0] & 0x8) || self->data.head_size < BENCH_WS_HEAD_MAX ||
      self->keep != NULL)
    return 0;
  return self->frame_size - self->frame_done - 1;
}

void
bench_parser_skip (BenchParser *self, guint64 size)
{
  g_assert (size <= bench_parser_skippable (self));
  self->data.size += size;
  self->frame_done += size;
}
