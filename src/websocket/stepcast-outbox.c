/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-outbox.h"

#include <string.h>

/* A server's header is at most 10 bytes, that of a stored block 5; a frame's line in stepcast.v1
 * stays below 120. */
#define MAX_HEADER_BYTES 10
#define STORED_BYTES 5
#define MAX_HEAD_BYTES 136

/* One write takes this much at the most: small frames go in bursts, which saves system calls, and
 * large ones one by one, which is fair to the other viewers. */
#define MAX_GATHERED_BYTES (128 * 1024)

/* RFC 6455, section 5.2; each whole, unfragmented. */
#define FIN 0x80
#define RSV1 0x40
#define OPCODE_TEXT 0x1
#define OPCODE_CLOSE 0x8
#define OPCODE_PING 0x9

/* RFC 6455, section 5.5. */
#define MAX_CONTROL_BYTES 125

/* One message: its head (the WebSocket header, and what stands before the payload), and the payload
 * itself, which others may share. */
typedef struct
{
  GList link; /* its place in a queue: a message is in one at most, and needs no node of its own */
  guint8 head[MAX_HEAD_BYTES];
  guint head_length;
  GBytes *payload;
  gsize length; /* of both */
  gboolean is_frame;
  gboolean is_ping;
} Message;

struct _StepcastOutbox
{
  gboolean takes_deflated;
  Message *current; /* (nullable): what is partly written */
  gsize n_written;  /* of it */
  GQueue urgent;    /* of Message */
  GQueue ordered;   /* of Message: frames, and what belongs after them */

  guint n_waiting_frames;
  guint64 n_sent_frames;
  guint n_pings; /* not written whole */
  gsize answer_bytes;
};

static void
message_free (Message *message)
{
  g_bytes_unref (message->payload);
  g_free (message);
}

/* Writes the header of an unfragmented, unmasked message (RFC 6455, section 5.2). */
static guint
write_header (guint8 *header, guint8 opcode, guint64 length, gboolean is_deflated)
{
  guint n_length_bytes = length < 126 ? 0 : length <= G_MAXUINT16 ? 2 : 8;

  header[0] = (guint8) (FIN | opcode | (is_deflated ? RSV1 : 0));
  header[1] = n_length_bytes == 0 ? (guint8) length : n_length_bytes == 2 ? 126 : 127;
  for (guint i = 0; i < n_length_bytes; i++)
    header[2 + i] = (guint8) (length >> 8 * (n_length_bytes - 1 - i));

  return 2 + n_length_bytes;
}

/* Writes the header of a block that is not compressed (RFC 1951, section 3.2.4). What follows it is
 * compressed without looking back at it, and so the same whatever stands before. */
static guint
write_stored_header (guint8 *header, guint16 length)
{
  header[0] = 0x00;
  header[1] = length & 0xff;
  header[2] = length >> 8;
  header[3] = ~length & 0xff;
  header[4] = (guint8) (~length >> 8);
  return STORED_BYTES;
}

static Message *
message_new (guint8 opcode, const char *prefix, GBytes *payload, gboolean is_deflated)
{
  Message *message = g_new (Message, 1);
  gsize prefix_length = prefix != NULL ? strlen (prefix) : 0;
  gsize payload_length = g_bytes_get_size (payload);
  gboolean is_stored = is_deflated && prefix_length > 0;
  guint8 *end = message->head;

  g_assert (prefix_length <= MAX_HEAD_BYTES - MAX_HEADER_BYTES - STORED_BYTES);

  end += write_header (end, opcode, (is_stored ? STORED_BYTES : 0) + prefix_length + payload_length,
                       is_deflated);
  if (is_stored)
    end += write_stored_header (end, (guint16) prefix_length);
  if (prefix_length > 0)
    memcpy (end, prefix, prefix_length);
  end += prefix_length;
  message->head_length = (guint) (end - message->head);
  message->payload = g_bytes_ref (payload);
  message->length = message->head_length + payload_length;
  message->is_frame = FALSE;
  message->is_ping = opcode == OPCODE_PING;
  message->link = (GList){ .data = message };

  return message;
}

StepcastOutbox *
stepcast_outbox_new (void)
{
  StepcastOutbox *self = g_new0 (StepcastOutbox, 1);

  g_queue_init (&self->urgent);
  g_queue_init (&self->ordered);

  return self;
}

static Message *
pop_head (GQueue *queue)
{
  GList *link = g_queue_pop_head_link (queue);

  return link != NULL ? link->data : NULL;
}

void
stepcast_outbox_free (StepcastOutbox *self)
{
  stepcast_outbox_drop_all (self);
  g_clear_pointer (&self->current, message_free);
  g_free (self);
}

/**
 * stepcast_outbox_set_takes_deflated:
 * @self: an outbox
 * @takes_deflated: whether the peer has negotiated permessage-deflate; the encoded form of frames
 * is then what #StepcastDeflateEncoder makes
 */
void
stepcast_outbox_set_takes_deflated (StepcastOutbox *self, gboolean takes_deflated)
{
  self->takes_deflated = takes_deflated;
}

/**
 * stepcast_outbox_push_frame:
 * @self: an outbox
 * @prefix: (nullable): what stands before the SVG document, at most 120 bytes
 * @frame: a frame, which is shared and not copied
 *
 * One that has no encoded form goes out as it is, whatever was negotiated (RFC 7692, section 6).
 */
void
stepcast_outbox_push_frame (StepcastOutbox *self, const char *prefix, StepcastFrame *frame)
{
  GBytes *deflated = self->takes_deflated ? stepcast_frame_get_encoded (frame) : NULL;
  GBytes *payload = deflated != NULL ? deflated : stepcast_frame_get_svg (frame);
  Message *message = message_new (OPCODE_TEXT, prefix, payload, deflated != NULL);

  message->is_frame = TRUE;
  g_queue_push_tail_link (&self->ordered, &message->link);
  self->n_waiting_frames++;
}

/* All but frames: @payload is taken. */
static void
push_answer (StepcastOutbox *self, guint8 opcode, GBytes *payload, GQueue *queue)
{
  g_autoptr (GBytes) taken = payload;
  Message *message = message_new (opcode, NULL, taken, FALSE);

  g_queue_push_tail_link (queue, &message->link);
  self->answer_bytes += message->length;
  if (message->is_ping)
    self->n_pings++;
}

/**
 * stepcast_outbox_push_text:
 * @self: an outbox
 * @text: an answer in UTF-8
 * @is_urgent: whether it goes before the frames that wait, or after them
 */
void
stepcast_outbox_push_text (StepcastOutbox *self, const char *text, gboolean is_urgent)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  stepcast_outbox_push_bytes (self, bytes, is_urgent);
}

/**
 * stepcast_outbox_push_bytes:
 * @self: an outbox
 * @text: an answer in UTF-8, which is shared and not copied
 * @is_urgent: whether it goes before the frames that wait, or after them
 */
void
stepcast_outbox_push_bytes (StepcastOutbox *self, GBytes *text, gboolean is_urgent)
{
  push_answer (self, OPCODE_TEXT, g_bytes_ref (text), is_urgent ? &self->urgent : &self->ordered);
}

/**
 * stepcast_outbox_push_ping:
 * @self: an outbox
 * @payload: (array fixed-size=8): what the pong will repeat
 *
 * It goes before the frames that wait.
 */
void
stepcast_outbox_push_ping (StepcastOutbox *self, const guint8 *payload)
{
  push_answer (self, OPCODE_PING, g_bytes_new (payload, STEPCAST_PING_BYTES), &self->urgent);
}

/**
 * stepcast_outbox_push_close:
 * @self: an outbox
 * @code: RFC 6455, section 7.4
 * @reason: at most 123 bytes
 *
 * It goes after all that waits, and nothing may be pushed after it.
 */
void
stepcast_outbox_push_close (StepcastOutbox *self, guint16 code, const char *reason)
{
  GByteArray *payload = g_byte_array_new ();
  guint8 code_bytes[2] = { (guint8) (code >> 8), (guint8) code };

  g_return_if_fail (strlen (reason) <= MAX_CONTROL_BYTES - sizeof code_bytes);

  g_byte_array_append (payload, code_bytes, sizeof code_bytes);
  g_byte_array_append (payload, (const guint8 *) reason, (guint) strlen (reason));
  push_answer (self, OPCODE_CLOSE, g_byte_array_free_to_bytes (payload), &self->ordered);
}

/* Takes @message off the account of what waits. */
static void
stop_waiting (StepcastOutbox *self, const Message *message)
{
  if (message->is_frame)
    self->n_waiting_frames--;
}

/* Takes what is no frame off the account: it is written whole, or dropped. */
static void
settle_answer (StepcastOutbox *self, const Message *message)
{
  self->answer_bytes -= message->length;
  if (message->is_ping)
    self->n_pings--;
}

/**
 * stepcast_outbox_drop_frames:
 * @self: an outbox
 *
 * Drops the frames of which nothing has been written.
 *
 * Returns: how many
 */
guint
stepcast_outbox_drop_frames (StepcastOutbox *self)
{
  guint n_dropped = self->n_waiting_frames;

  for (GList *link = self->ordered.head, *next; link != NULL; link = next)
    {
      Message *message = link->data;

      next = link->next;
      if (message->is_frame)
        {
          g_queue_unlink (&self->ordered, link);
          stop_waiting (self, message);
          message_free (message);
        }
    }

  return n_dropped;
}

/**
 * stepcast_outbox_drop_all:
 * @self: an outbox
 *
 * Drops all of which nothing has been written.
 */
void
stepcast_outbox_drop_all (StepcastOutbox *self)
{
  Message *message;

  stepcast_outbox_drop_frames (self);
  while ((message = pop_head (&self->urgent)) != NULL ||
         (message = pop_head (&self->ordered)) != NULL)
    {
      settle_answer (self, message);
      message_free (message);
    }
}

typedef struct
{
  GOutputVector *vectors;
  guint n_vectors;
  guint n_used;
  gsize n_bytes;
} Gathering;

static void
add_vector (Gathering *gathering, gconstpointer data, gsize length)
{
  if (length == 0)
    return;

  gathering->vectors[gathering->n_used].buffer = data;
  gathering->vectors[gathering->n_used].size = length;
  gathering->n_used++;
  gathering->n_bytes += length;
}

/* Adds what is left of @message after @n_written bytes; FALSE if the gathering is full. */
static gboolean
add_message (Gathering *gathering, const Message *message, gsize n_written)
{
  gsize payload_length;
  const guint8 *payload = g_bytes_get_data (message->payload, &payload_length);
  gsize n_head = MIN (n_written, message->head_length);
  gsize n_payload = n_written - n_head;

  if (gathering->n_used + 2 > gathering->n_vectors ||
      (gathering->n_used > 0 &&
       gathering->n_bytes + message->length - n_written > MAX_GATHERED_BYTES))
    return FALSE;

  add_vector (gathering, message->head + n_head, message->head_length - n_head);
  if (payload != NULL)
    add_vector (gathering, payload + n_payload, payload_length - n_payload);
  return TRUE;
}

/**
 * stepcast_outbox_gather:
 * @self: an outbox
 * @vectors: (out caller-allocates) (array length=n_vectors): what to write next, in order
 * @n_vectors: how many there is room for, at least 2
 * @only_current: only what is left of the message that is partly written
 *
 * The vectors are valid until @self is changed.
 *
 * Returns: how many were filled; 0 if there is nothing to write
 */
guint
stepcast_outbox_gather (StepcastOutbox *self,
                        GOutputVector *vectors,
                        guint n_vectors,
                        gboolean only_current)
{
  Gathering gathering = { .vectors = vectors, .n_vectors = n_vectors };
  gboolean has_room = TRUE;

  if (self->current != NULL)
    has_room = add_message (&gathering, self->current, self->n_written);
  has_room = has_room && !only_current;
  for (GList *link = self->urgent.head; has_room && link != NULL; link = link->next)
    has_room = add_message (&gathering, link->data, 0);
  for (GList *link = self->ordered.head; has_room && link != NULL; link = link->next)
    has_room = add_message (&gathering, link->data, 0);

  return gathering.n_used;
}

static Message *
take_next (StepcastOutbox *self)
{
  Message *message = pop_head (&self->urgent);

  if (message == NULL)
    message = pop_head (&self->ordered);
  g_assert (message != NULL);
  stop_waiting (self, message);
  if (message->is_frame)
    self->n_sent_frames++;

  return message;
}

/**
 * stepcast_outbox_consume:
 * @self: an outbox
 * @n_bytes: how much of what was gathered last has been written
 */
void
stepcast_outbox_consume (StepcastOutbox *self, gsize n_bytes)
{
  while (n_bytes > 0)
    {
      gsize n_taken;

      if (self->current == NULL)
        {
          self->current = take_next (self);
          self->n_written = 0;
        }

      n_taken = MIN (n_bytes, self->current->length - self->n_written);
      self->n_written += n_taken;
      n_bytes -= n_taken;
      if (self->n_written == self->current->length)
        {
          if (!self->current->is_frame)
            settle_answer (self, self->current);
          g_clear_pointer (&self->current, message_free);
        }
    }
}

gboolean
stepcast_outbox_is_empty (const StepcastOutbox *self)
{
  return self->current == NULL && self->urgent.length == 0 && self->ordered.length == 0;
}

/**
 * stepcast_outbox_is_within_message:
 * @self: an outbox
 *
 * Returns: whether a message is partly written: nothing else may be written before its end
 */
gboolean
stepcast_outbox_is_within_message (const StepcastOutbox *self)
{
  return self->current != NULL;
}

/**
 * stepcast_outbox_has_ping:
 * @self: an outbox
 *
 * Returns: whether there is a ping that has not been written whole
 */
gboolean
stepcast_outbox_has_ping (const StepcastOutbox *self)
{
  return self->n_pings > 0;
}

guint
stepcast_outbox_get_n_waiting_frames (const StepcastOutbox *self)
{
  return self->n_waiting_frames;
}

/**
 * stepcast_outbox_get_n_frames:
 * @self: an outbox
 *
 * Returns: how many frames it keeps: those that wait, and the one that is partly written
 */
guint
stepcast_outbox_get_n_frames (const StepcastOutbox *self)
{
  return self->n_waiting_frames + (self->current != NULL && self->current->is_frame ? 1 : 0);
}

/**
 * stepcast_outbox_get_n_sent_frames:
 * @self: an outbox
 *
 * Returns: how many frames have been written, or begun
 */
guint64
stepcast_outbox_get_n_sent_frames (const StepcastOutbox *self)
{
  return self->n_sent_frames;
}

/**
 * stepcast_outbox_get_backlog_bytes:
 * @self: an outbox
 *
 * Returns: all that waits to be written
 */
gsize
stepcast_outbox_get_backlog_bytes (const StepcastOutbox *self)
{
  gsize n_bytes = self->answer_bytes;

  if (self->current != NULL)
    n_bytes += (self->current->is_frame ? self->current->length : 0) - self->n_written;
  for (GList *link = self->ordered.head; link != NULL; link = link->next)
    {
      const Message *message = link->data;

      n_bytes += message->is_frame ? message->length : 0;
    }
  return n_bytes;
}

/**
 * stepcast_outbox_get_answer_bytes:
 * @self: an outbox
 *
 * Returns: the bytes of the answers that have not been written whole
 */
gsize
stepcast_outbox_get_answer_bytes (const StepcastOutbox *self)
{
  return self->answer_bytes;
}
