/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame-guard.h"

#include <string.h>

#define FIN 0x80
#define OPCODE 0x0f
#define OPCODE_CONTINUATION 0x0
#define OPCODE_CLOSE 0x8
#define OPCODE_PING 0x9
#define OPCODE_PONG 0xa
#define IS_CONTROL 0x8
#define MASKED 0x80
#define LENGTH 0x7f

#define MAX_CONTROL_BYTES 125

#define CLOSE_PROTOCOL_ERROR 1002
#define CLOSE_TOO_BIG 1009

/**
 * stepcast_frame_guard_init:
 * @self: a guard
 * @now_us: the monotonic time
 */
void
stepcast_frame_guard_init (StepcastFrameGuard *self, gint64 now_us)
{
  memset (self, 0, sizeof *self);
  self->tokens = STEPCAST_FRAMES_AT_ONCE;
  self->refilled_us = now_us;
}

/* How long the header is, as far as its first @length bytes tell. */
static guint
get_header_length (const guint8 *header, guint length)
{
  guint n_mask_bytes;

  if (length < 2)
    return 2;

  n_mask_bytes = header[1] & MASKED ? 4 : 0;
  switch (header[1] & LENGTH)
    {
    case 126:
      return 4 + n_mask_bytes;
    case 127:
      return 10 + n_mask_bytes;
    default:
      return 2 + n_mask_bytes;
    }
}

static guint64
get_payload_length (const guint8 *header)
{
  guint64 length = header[1] & LENGTH;
  guint n_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;

  if (n_bytes > 0)
    length = 0;
  for (guint i = 0; i < n_bytes; i++)
    length = length << 8 | header[2 + i];

  return length;
}

/**
 * stepcast_frame_guard_charge:
 * @self: a guard
 * @n_bytes: what has to be made sense of
 *
 * Counts it as frames, as far as it is long. What has been inflated is long, though its frame was
 * not.
 */
void
stepcast_frame_guard_charge (StepcastFrameGuard *self, gsize n_bytes)
{
  self->tokens -= (double) (n_bytes / STEPCAST_BYTES_PER_FRAME);
}

/* A header is complete. */
static void
begin_frame (StepcastFrameGuard *self)
{
  guint8 opcode = self->header[0] & OPCODE;

  self->payload_left = get_payload_length (self->header);
  self->tokens--;

  if (opcode == OPCODE_CLOSE)
    self->is_closing = TRUE;
  self->is_pong = opcode == OPCODE_PONG && self->header[1] == (MASKED | STEPCAST_PING_BYTES);
  self->n_pong_bytes = 0;
  if (opcode & IS_CONTROL)
    {
      if (self->payload_left > MAX_CONTROL_BYTES)
        self->close_code = CLOSE_PROTOCOL_ERROR;
      return;
    }

  if (opcode != OPCODE_CONTINUATION)
    self->message_bytes = self->n_fragments = 0;
  self->n_fragments++;
  if (self->payload_left >
        STEPCAST_MAX_MESSAGE_BYTES - MIN (self->message_bytes, STEPCAST_MAX_MESSAGE_BYTES) ||
      self->n_fragments > STEPCAST_MAX_FRAGMENTS)
    self->close_code = CLOSE_TOO_BIG;
  else
    self->message_bytes += self->payload_left;

  /* To make sense of a long message takes longer. */
  if (self->close_code == 0)
    stepcast_frame_guard_charge (self, (gsize) self->payload_left);
}

/* Takes the next byte of a header. Returns whether that completes it. */
static gboolean
take_header_byte (StepcastFrameGuard *self, guint8 byte)
{
  if (self->header_length == 0)
    self->is_hidden = self->hides_pings && (byte & OPCODE) == OPCODE_PING;

  self->header[self->header_length++] = byte;
  if (self->header_length < get_header_length (self->header, self->header_length))
    return FALSE;

  begin_frame (self);
  return TRUE;
}

/* Its length is that of our pings', and its header the shortest: the mask follows two bytes. */
static void
take_pong (StepcastFrameGuard *self, const guint8 *data, gsize length)
{
  const guint8 *mask = self->header + 2;

  for (gsize i = 0; i < length; i++, self->n_pong_bytes++)
    self->pong[self->n_pong_bytes] = data[i] ^ mask[self->n_pong_bytes % 4];
  if (self->n_pong_bytes == STEPCAST_PING_BYTES)
    self->n_pongs++;
}

/**
 * stepcast_frame_guard_filter:
 * @self: a guard
 * @data: (array length=length): what came next
 * @length: how many bytes
 * @shown: (out caller-allocates): what the library may see of it, with room for
 *   %STEPCAST_MAX_HEADER_BYTES more than @length: a header is held back until it is complete, so
 *   that the library never sees one that passes a limit
 *
 * Returns: how many bytes the library may see
 */
gsize
stepcast_frame_guard_filter (StepcastFrameGuard *self,
                             const guint8 *data,
                             gsize length,
                             guint8 *shown)
{
  gsize n_shown = 0;
  gsize i = 0;

  while (i < length)
    {
      const guint8 *next = data + i;
      gsize n = 1;

      if (self->payload_left > 0)
        {
          n = (gsize) MIN (self->payload_left, (guint64) (length - i));
          if (self->is_pong)
            take_pong (self, next, n);
          self->payload_left -= n;
        }
      else if (take_header_byte (self, *next))
        {
          next = self->header;
          n = self->header_length;
          self->header_length = 0;
          i -= n - 1; /* the others have been counted already */
        }
      else
        {
          next = NULL;
        }

      if (next != NULL && !self->is_hidden && self->close_code == 0)
        {
          memcpy (shown + n_shown, next, n);
          n_shown += n;
        }
      i += n;
    }

  return n_shown;
}

/**
 * stepcast_frame_guard_get_delay_us:
 * @self: a guard
 * @now_us: the monotonic time
 *
 * Returns: how long nothing should be read; 0 if it may be now
 */
gint64
stepcast_frame_guard_get_delay_us (StepcastFrameGuard *self, gint64 now_us)
{
  double refill =
    (double) (now_us - self->refilled_us) * STEPCAST_FRAMES_PER_SECOND / G_USEC_PER_SEC;

  self->tokens = MIN (self->tokens + refill, STEPCAST_FRAMES_AT_ONCE);
  self->refilled_us = now_us;

  if (self->tokens >= 1)
    return 0;
  return (gint64) ((1 - self->tokens) * G_USEC_PER_SEC / STEPCAST_FRAMES_PER_SECOND) + 1;
}
