/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include <string.h>
#include <zlib.h>

/* The first frames of one compressed stream are inflated, to see that what is counted is what was
 * asked for. All of them would make the client the slowest. */
#define CHECKED_FRAMES 8

/* What ends a message is left out on the wire (RFC 7692, 7.2.1). */
static const guint8 tail[] = { 0x00, 0x00, 0xff, 0xff };

struct _LoadInflater
{
  BenchParser *parser;
  z_stream stream;
  guint n_frames;
};

/* The messages from now on are kept in @parser, for load_inflater_take(). */
LoadInflater *
load_inflater_new (BenchParser *parser)
{
  LoadInflater *self = g_new0 (LoadInflater, 1);

  self->parser = parser;
  self->parser->keep = g_byte_array_new ();
  /* One stream for all messages fits both: a server that keeps its context and one that does not.
   */
  if (inflateInit2 (&self->stream, -MAX_WBITS) != Z_OK)
    g_error ("zlib can't be set up");
  return self;
}

/* Inflates what is kept. Returns FALSE where it is no SVG document from end to end. */
static gboolean
inflate_kept (LoadInflater *self, guint64 *size)
{
  static const char end[] = "</svg>";
  GByteArray *kept = self->parser->keep;
  g_autofree char *text = NULL;
  /* Deflate can't do better than 1032 to 1. */
  gsize room = (gsize) self->parser->keep->len * 1032 + 1024;

  text = g_malloc (room);
  g_byte_array_append (kept, tail, sizeof tail);
  self->stream.next_in = kept->data;
  self->stream.avail_in = kept->len;
  self->stream.next_out = (guint8 *) text;
  self->stream.avail_out = (guint) room;
  if (inflate (&self->stream, Z_SYNC_FLUSH) != Z_OK || self->stream.avail_in > 0)
    return FALSE;
  *size = room - self->stream.avail_out;
  return g_strstr_len (text, (gssize) *size, "<svg") != NULL && *size >= strlen (end) &&
         g_strrstr_len (text, (gssize) *size, end) != NULL;
}

/* Looks into the message that just ended. Returns FALSE where enough were looked into. */
gboolean
load_inflater_take (LoadInflater *self, LoadInflated *inflated)
{
  guint64 size = 0;

  if (!inflate_kept (self, &size))
    {
      inflated->broken++;
      return FALSE;
    }
  inflated->frames++;
  inflated->bytes += size;
  return ++self->n_frames < CHECKED_FRAMES;
}

void
load_inflater_free (LoadInflater *self)
{
  g_clear_pointer (&self->parser->keep, g_byte_array_unref);
  inflateEnd (&self->stream);
  g_free (self);
}
