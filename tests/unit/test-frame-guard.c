/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-frame-guard.h"

#define FIN 0x80
#define CONTINUATION 0x0
#define TEXT 0x1
#define BINARY 0x2
#define CLOSE 0x8
#define PING 0x9
#define PONG 0xa

#define MASKED 0x80

typedef enum
{
  FORM_SHORTEST,
  FORM_16_BITS,
  FORM_64_BITS,
} Form;

/* ---- frames ---- */

/* Appends a header; returns its length. */
static guint
add_header (GByteArray *bytes, guint8 first, guint64 length, Form form, gboolean is_masked)
{
  static const guint8 mask[4] = { 0x12, 0x89, 0x00, 0xff };
  guint before = bytes->len;
  guint n_length_bytes = form == FORM_64_BITS || length > G_MAXUINT16 ? 8 :
                         form == FORM_16_BITS || length > 125         ? 2 :
                                                                        0;
  guint8 second = n_length_bytes == 8 ? 127 : n_length_bytes == 2 ? 126 : (guint8) length;

  second |= is_masked ? MASKED : 0;
  g_byte_array_append (bytes, &first, 1);
  g_byte_array_append (bytes, &second, 1);
  for (guint i = 0; i < n_length_bytes; i++)
    {
      guint8 byte = (guint8) (length >> 8 * (n_length_bytes - 1 - i));

      g_byte_array_append (bytes, &byte, 1);
    }
  if (is_masked)
    g_byte_array_append (bytes, mask, sizeof mask);

  return bytes->len - before;
}

/* A payload that looks like frames, should anybody read it as such. */
static void
add_payload (GByteArray *bytes, gsize length)
{
  static const guint8 look_alike[] = { FIN | CLOSE, 0x80, FIN | PING, 0x00, 0x81, 0xfe, 0x55 };

  for (gsize i = 0; i < length; i++)
    g_byte_array_append (bytes, &look_alike[i % sizeof look_alike], 1);
}

static void
add_frame (GByteArray *bytes, guint8 first, gsize length)
{
  add_header (bytes, first, length, FORM_SHORTEST, TRUE);
  add_payload (bytes, length);
}

/* ---- the guard ---- */

/* Feeds @bytes in pieces of @chunk; returns what was shown. */
static GByteArray *
feed (StepcastFrameGuard *guard, const guint8 *bytes, gsize length, gsize chunk)
{
  GByteArray *shown = g_byte_array_new ();

  for (gsize i = 0; i < length; i += chunk)
    {
      gsize n = MIN (chunk, length - i);
      g_autofree guint8 *piece = g_memdup2 (bytes + i, n); /* so that ASan sees its ends */
      g_autofree guint8 *seen = g_malloc (n + STEPCAST_MAX_HEADER_BYTES);
      gsize n_shown = stepcast_frame_guard_filter (guard, piece, n, seen);

      g_assert_cmpuint (n_shown, <=, n + STEPCAST_MAX_HEADER_BYTES);
      g_byte_array_append (shown, seen, (guint) n_shown);
    }

  return shown;
}

static void
assert_shows (StepcastFrameGuard *guard, const GByteArray *bytes, gsize chunk)
{
  g_autoptr (GByteArray) shown = feed (guard, bytes->data, bytes->len, chunk);

  g_assert_cmpmem (shown->data, shown->len, bytes->data, bytes->len);
  g_assert_cmpuint (guard->close_code, ==, 0);
}

static void
assert_all_shown (const GByteArray *bytes)
{
  StepcastFrameGuard guard;

  stepcast_frame_guard_init (&guard, 0);
  assert_shows (&guard, bytes, bytes->len);
  g_assert_cmpuint (guard.header_length, ==, 0);

  stepcast_frame_guard_init (&guard, 0);
  assert_shows (&guard, bytes, 1);
  g_assert_cmpuint (guard.header_length, ==, 0);
}

/* What is shown is the beginning of @bytes, and ends within the header that ends at @header_end:
 * at once, byte by byte, and cut in two around it. */
static void
assert_violation (const GByteArray *bytes, guint header_end, guint close_code)
{
  for (guint chunk = 1; chunk <= bytes->len; chunk = chunk < 20 ? chunk + 1 : 2 * chunk)
    {
      StepcastFrameGuard guard;
      g_autoptr (GByteArray) shown = NULL;

      stepcast_frame_guard_init (&guard, 0);
      shown = feed (&guard, bytes->data, bytes->len, chunk);
      g_assert_cmpuint (guard.close_code, ==, close_code);
      g_assert_cmpuint (shown->len, <, header_end);
      g_assert_cmpmem (shown->data, shown->len, bytes->data, shown->len);
    }
}

static GByteArray *
make_mixed_stream (void)
{
  GByteArray *bytes = g_byte_array_new ();

  add_frame (bytes, FIN | TEXT, 0);
  add_frame (bytes, FIN | TEXT, 5);
  add_frame (bytes, FIN | PING, 0);
  add_frame (bytes, TEXT, 3);
  add_frame (bytes, FIN | PING, 4);
  add_frame (bytes, CONTINUATION, 0);
  add_frame (bytes, FIN | PONG, 7);
  add_frame (bytes, FIN | CONTINUATION, 200);
  add_header (bytes, FIN | BINARY, 9, FORM_16_BITS, TRUE);
  add_payload (bytes, 9);
  add_header (bytes, FIN | TEXT, 9, FORM_64_BITS, TRUE);
  add_payload (bytes, 9);
  add_header (bytes, FIN | TEXT, 2, FORM_SHORTEST, FALSE);
  add_payload (bytes, 2);
  add_frame (bytes, FIN | CLOSE, 2);

  return bytes;
}

static void
test_every_cut (void)
{
  g_autoptr (GByteArray) bytes = make_mixed_stream ();

  for (guint cut = 0; cut <= bytes->len; cut++)
    {
      StepcastFrameGuard guard;
      g_autoptr (GByteArray) first = NULL;
      g_autoptr (GByteArray) second = NULL;

      stepcast_frame_guard_init (&guard, 0);
      first = feed (&guard, bytes->data, cut, bytes->len);
      second = feed (&guard, bytes->data + cut, bytes->len - cut, bytes->len);
      g_byte_array_append (first, second->data, second->len);
      g_assert_cmpmem (first->data, first->len, bytes->data, bytes->len);
      g_assert_cmpuint (guard.close_code, ==, 0);
      g_assert_cmpuint (guard.header_length, ==, 0);
      g_assert_true (guard.is_closing);
      g_assert_cmpfloat (guard.tokens, ==, STEPCAST_FRAMES_AT_ONCE - 12);
    }
  assert_all_shown (bytes);
}

/* A frame of each form of length ends where it should: what looks like a close frame in it is none,
 * and the one after it is. */
static void
test_lengths (void)
{
  static const gsize lengths[] = { 0, 1, 124, 125, 126, 127, 65534, 65535, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (guint form = FORM_SHORTEST; form <= FORM_64_BITS; form++)
      for (guint is_masked = 0; is_masked <= 1; is_masked++)
        {
          g_autoptr (GByteArray) bytes = g_byte_array_new ();
          StepcastFrameGuard guard;

          add_header (bytes, FIN | TEXT, lengths[i], (Form) form, is_masked);
          add_payload (bytes, lengths[i]);
          stepcast_frame_guard_init (&guard, 0);
          assert_shows (&guard, bytes, 4096);
          g_assert_false (guard.is_closing);

          add_frame (bytes, FIN | CLOSE, 0);
          stepcast_frame_guard_init (&guard, 0);
          assert_shows (&guard, bytes, 4096);
          g_assert_true (guard.is_closing);
        }
}

static void
test_size_of_one_frame (void)
{
  static const guint64 too_long[] = { STEPCAST_MAX_MESSAGE_BYTES + 1, G_MAXUINT32, G_MAXINT64,
                                      G_MAXUINT64 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  add_frame (bytes, FIN | TEXT, STEPCAST_MAX_MESSAGE_BYTES);
  add_frame (bytes, FIN | TEXT, STEPCAST_MAX_MESSAGE_BYTES); /* each message has its own account */
  assert_all_shown (bytes);

  for (guint i = 0; i < G_N_ELEMENTS (too_long); i++)
    {
      guint header_length;

      g_byte_array_set_size (bytes, 0);
      header_length = add_header (bytes, FIN | TEXT, too_long[i], FORM_SHORTEST, TRUE);
      add_payload (bytes, 1000);
      assert_violation (bytes, header_length, 1009);
    }
}

static void
test_size_over_fragments (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint header_end;

  add_frame (bytes, TEXT, 40000);
  add_frame (bytes, FIN | PING, 125); /* is no part of the message */
  add_frame (bytes, CONTINUATION, STEPCAST_MAX_MESSAGE_BYTES - 40000);
  add_frame (bytes, FIN | CONTINUATION, 0);
  assert_all_shown (bytes);

  g_byte_array_set_size (bytes, 0);
  add_frame (bytes, FIN | TEXT, 60000); /* is no part of the next message */
  add_frame (bytes, TEXT, 40000);
  add_frame (bytes, FIN | PING, 125);
  header_end = bytes->len;
  header_end +=
    add_header (bytes, FIN | CONTINUATION, STEPCAST_MAX_MESSAGE_BYTES - 40000 + 1, 0, TRUE);
  add_payload (bytes, 2000);
  assert_violation (bytes, header_end, 1009);

  /* One that overflows the sum. */
  g_byte_array_set_size (bytes, 0);
  add_frame (bytes, TEXT, STEPCAST_MAX_MESSAGE_BYTES);
  header_end = bytes->len;
  header_end += add_header (bytes, FIN | CONTINUATION, G_MAXUINT64, 0, TRUE);
  assert_violation (bytes, header_end, 1009);
}

static void
test_fragments (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint header_end;

  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < STEPCAST_MAX_FRAGMENTS; i++)
      {
        gboolean is_last = i == STEPCAST_MAX_FRAGMENTS - 1;

        add_frame (bytes, (is_last ? FIN : 0) | (i == 0 ? TEXT : CONTINUATION), i % 2);
        add_frame (bytes, FIN | PONG, 0);
      }
  assert_all_shown (bytes);

  g_byte_array_set_size (bytes, 0);
  for (guint i = 0; i < STEPCAST_MAX_FRAGMENTS; i++)
    {
      add_frame (bytes, i == 0 ? TEXT : CONTINUATION, 0);
      add_frame (bytes, FIN | PING, 0);
    }
  header_end = bytes->len;
  header_end += add_header (bytes, FIN | CONTINUATION, 0, FORM_SHORTEST, TRUE);
  add_frame (bytes, FIN | TEXT, 3);
  assert_violation (bytes, header_end, 1009);
}

static void
test_control_frames (void)
{
  for (guint8 opcode = CLOSE; opcode <= 0xf; opcode++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      guint header_length;

      add_frame (bytes, FIN | opcode, 125);
      assert_all_shown (bytes);

      /* 125 are 125 in any form: that it is not the shortest one is the library's to find. */
      g_byte_array_set_size (bytes, 0);
      add_header (bytes, FIN | opcode, 125, FORM_64_BITS, TRUE);
      add_payload (bytes, 125);
      assert_all_shown (bytes);

      g_byte_array_set_size (bytes, 0);
      header_length = add_header (bytes, FIN | opcode, 126, FORM_SHORTEST, TRUE);
      add_payload (bytes, 126);
      assert_violation (bytes, header_length, 1002);

      g_byte_array_set_size (bytes, 0);
      header_length = add_header (bytes, FIN | opcode, G_MAXUINT64, FORM_SHORTEST, TRUE);
      assert_violation (bytes, header_length, 1002);
    }
}

/* ---- hidden pings ---- */

/* The same stream with and without its pings. */
static void
make_streams_with_pings (GByteArray *with, GByteArray *without)
{
  static const struct
  {
    guint8 first;
    gsize length;
  } frames[] = {
    { FIN | PING, 0 }, { FIN | TEXT, 5 }, { FIN | PING, 125 }, { TEXT, 0 },
    { FIN | PING, 1 }, { FIN | PING, 0 }, { FIN | PONG, 3 },   { FIN | CONTINUATION, 9 },
    { FIN | PING, 8 }, { PING, 2 },       { FIN | CLOSE, 2 },  { FIN | PING, 3 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      add_frame (with, frames[i].first, frames[i].length);
      if ((frames[i].first & 0xf) != PING)
        add_frame (without, frames[i].first, frames[i].length);
    }
}

static void
test_hidden_pings (void)
{
  g_autoptr (GByteArray) with = g_byte_array_new ();
  g_autoptr (GByteArray) without = g_byte_array_new ();

  make_streams_with_pings (with, without);
  for (guint cut = 1; cut <= with->len; cut++)
    {
      StepcastFrameGuard guard;
      g_autoptr (GByteArray) first = NULL;
      g_autoptr (GByteArray) second = NULL;

      stepcast_frame_guard_init (&guard, 0);
      guard.hides_pings = TRUE;
      first = feed (&guard, with->data, cut, with->len);
      second = feed (&guard, with->data + cut, with->len - cut, with->len);
      g_byte_array_append (first, second->data, second->len);
      g_assert_cmpmem (first->data, first->len, without->data, without->len);
      g_assert_cmpuint (guard.close_code, ==, 0);
      g_assert_true (guard.is_closing);
    }
}

#define HEADER (2 + 4) /* of a short frame, with its mask */

/* Whether a ping is hidden is decided at its first byte, for all of it. */
static void
test_hiding_changes (void)
{
  g_autoptr (GByteArray) ping = g_byte_array_new ();
  g_autoptr (GByteArray) text = g_byte_array_new ();

  add_frame (ping, FIN | PING, 20);
  add_frame (text, FIN | TEXT, 4);
  for (guint cut = 1; cut < ping->len; cut++)
    for (guint is_hidden = 0; is_hidden <= 1; is_hidden++)
      {
        StepcastFrameGuard guard;
        g_autoptr (GByteArray) first = NULL;
        g_autoptr (GByteArray) second = NULL;

        stepcast_frame_guard_init (&guard, 0);
        guard.hides_pings = is_hidden;
        first = feed (&guard, ping->data, cut, cut);
        guard.hides_pings = !is_hidden;
        second = feed (&guard, ping->data + cut, ping->len - cut, 3);
        /* A header is held back until it is complete. */
        g_assert_cmpuint (first->len, ==, is_hidden || cut < HEADER ? 0 : cut);
        g_assert_cmpuint (first->len + second->len, ==, is_hidden ? 0 : ping->len);
        assert_shows (&guard, text, 2);
      }
}

/* A hidden ping that is too long is a violation all the same. */
static void
test_hidden_violation (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GByteArray) shown = NULL;
  StepcastFrameGuard guard;

  add_frame (bytes, FIN | PING, 126);
  add_frame (bytes, FIN | TEXT, 4);
  stepcast_frame_guard_init (&guard, 0);
  guard.hides_pings = TRUE;
  shown = feed (&guard, bytes->data, bytes->len, 7);
  g_assert_cmpuint (guard.close_code, ==, 1002);
  g_assert_cmpuint (shown->len, ==, 0);
}

/* ---- after a violation ---- */

static void
test_after_violation (void)
{
  g_autoptr (GByteArray) before = g_byte_array_new ();
  g_autoptr (GByteArray) after = g_byte_array_new ();

  add_frame (before, FIN | TEXT, STEPCAST_MAX_MESSAGE_BYTES + 1);
  add_frame (after, FIN | TEXT, 10);
  add_frame (after, FIN | PING, 10);
  add_frame (after, FIN | PONG, 126); /* another violation: the first one counts */
  add_frame (after, FIN | TEXT, STEPCAST_MAX_MESSAGE_BYTES + 1);
  for (guint chunk = 1; chunk < 40; chunk++)
    {
      StepcastFrameGuard guard;
      g_autoptr (GByteArray) shown = NULL;
      g_autoptr (GByteArray) rest = NULL;
      g_autoptr (GByteArray) close = g_byte_array_new ();

      add_frame (close, FIN | CLOSE, chunk);
      stepcast_frame_guard_init (&guard, 0);
      shown = feed (&guard, before->data, before->len, 1000 + chunk);
      g_assert_cmpuint (guard.close_code, ==, 1009);

      rest = feed (&guard, after->data, after->len, chunk);
      g_assert_cmpuint (rest->len, ==, 0);
      g_assert_cmpuint (guard.close_code, ==, 1009);
      g_assert_false (guard.is_closing);

      g_byte_array_unref (rest);
      rest = feed (&guard, close->data, close->len, chunk);
      g_assert_cmpuint (rest->len, ==, 0);
      g_assert_true (guard.is_closing);
    }
}

/* ---- the pace ---- */

static void
feed_messages (StepcastFrameGuard *guard, guint n_messages, gsize length)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < n_messages; i++)
    add_frame (bytes, FIN | TEXT, length);
  assert_shows (guard, bytes, bytes->len);
}

static void
test_burst (void)
{
  StepcastFrameGuard guard;
  gint64 delay_us;

  stepcast_frame_guard_init (&guard, 1000);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, 1000), ==, 0);
  feed_messages (&guard, STEPCAST_FRAMES_AT_ONCE - 1, 10);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, 1000), ==, 0);
  feed_messages (&guard, 1, 10);

  delay_us = stepcast_frame_guard_get_delay_us (&guard, 1000);
  g_assert_cmpint (delay_us, >, 0);
  g_assert_cmpint (delay_us, <=, G_USEC_PER_SEC / STEPCAST_FRAMES_PER_SECOND + 1);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, 1000 + delay_us), ==, 0);

  /* What was read too much is waited for. */
  feed_messages (&guard, 501, 10);
  delay_us = stepcast_frame_guard_get_delay_us (&guard, 1000 + delay_us);
  g_assert_cmpint (delay_us, >=, G_USEC_PER_SEC / 2);
  g_assert_cmpint (delay_us, <=, G_USEC_PER_SEC / 2 + 2000);
}

static void
test_pace (void)
{
  StepcastFrameGuard guard;
  gint64 now_us = 0;
  guint n_read = 0;

  stepcast_frame_guard_init (&guard, now_us);
  while (now_us < 10 * G_USEC_PER_SEC)
    {
      gint64 delay_us = stepcast_frame_guard_get_delay_us (&guard, now_us);

      now_us += delay_us;
      if (delay_us == 0)
        {
          feed_messages (&guard, 1, 0);
          n_read++;
        }
    }
  g_assert_cmpuint (n_read, <=, STEPCAST_FRAMES_AT_ONCE + 10 * STEPCAST_FRAMES_PER_SECOND + 1);
  g_assert_cmpuint (n_read, >=, 10 * STEPCAST_FRAMES_PER_SECOND * 9 / 10);

  /* However long it was quiet, the burst is no larger. */
  now_us += G_GINT64_CONSTANT (1000000) * G_USEC_PER_SEC;
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, now_us), ==, 0);
  feed_messages (&guard, STEPCAST_FRAMES_AT_ONCE, 0);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, now_us), >, 0);
}

/* A long message counts for its length, and so do fragments of one. */
static void
test_pace_of_long_messages (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  StepcastFrameGuard guard;
  gint64 delay_us;

  stepcast_frame_guard_init (&guard, 0);
  feed_messages (&guard, 3, 60 * 1024);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, 0), ==, 0);
  add_frame (bytes, TEXT, 30 * 1024 + 1023);
  add_frame (bytes, FIN | CONTINUATION, 30 * 1024);
  assert_shows (&guard, bytes, 4096);
  delay_us = stepcast_frame_guard_get_delay_us (&guard, 0);
  g_assert_cmpint (delay_us, >=, (183 + 62 - 200) * 1000);
  g_assert_cmpint (delay_us, <=, (183 + 62 - 200 + 1) * 1000 + 1);
}

/* What was short on the wire, and long once it was inflated, counts as if it had come so. */
static void
test_pace_of_the_inflated (void)
{
  StepcastFrameGuard guard;

  stepcast_frame_guard_init (&guard, 0);
  stepcast_frame_guard_charge (&guard, 1023);
  g_assert_cmpfloat (guard.tokens, ==, STEPCAST_FRAMES_AT_ONCE);
  for (guint i = 0; i < 5; i++)
    stepcast_frame_guard_charge (&guard, STEPCAST_MAX_MESSAGE_BYTES);
  g_assert_cmpfloat (guard.tokens, ==, STEPCAST_FRAMES_AT_ONCE - 5 * 64);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, 0), >=, 120 * 1000);
}

/* Pings that are hidden, and what comes after a violation, are paced as well. */
static void
test_pace_of_the_unseen (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GByteArray) shown = NULL;
  StepcastFrameGuard guard;

  for (guint i = 0; i < STEPCAST_FRAMES_AT_ONCE; i++)
    add_frame (bytes, FIN | PING, 0);
  stepcast_frame_guard_init (&guard, 0);
  guard.hides_pings = TRUE;
  shown = feed (&guard, bytes->data, bytes->len, bytes->len);
  g_assert_cmpuint (shown->len, ==, 0);
  g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, 0), >, 0);
}

/* ---- pongs ---- */

/* What our pings carry is found again, in whatever pieces it comes; others are passed by. */
static void
test_pongs (void)
{
  static const guint8 mask[4] = { 0x12, 0x89, 0x00, 0xff };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  add_frame (bytes, FIN | PONG, 0);
  add_frame (bytes, FIN | PING, STEPCAST_PING_BYTES);
  add_frame (bytes, FIN | TEXT, STEPCAST_PING_BYTES);
  add_frame (bytes, FIN | PONG, STEPCAST_PING_BYTES - 1);
  add_frame (bytes, FIN | PONG, STEPCAST_PING_BYTES + 1);
  add_header (bytes, FIN | PONG, STEPCAST_PING_BYTES, FORM_SHORTEST, TRUE);
  for (guint8 i = 0; i < STEPCAST_PING_BYTES; i++)
    {
      guint8 byte = (guint8) (0xf0 + i) ^ mask[i % 4];

      g_byte_array_append (bytes, &byte, 1);
    }
  add_frame (bytes, FIN | PONG, 125);
  add_frame (bytes, FIN | TEXT, 100);

  for (gsize chunk = 1; chunk <= bytes->len; chunk++)
    {
      StepcastFrameGuard guard;
      g_autoptr (GByteArray) shown = NULL;

      stepcast_frame_guard_init (&guard, 0);
      shown = feed (&guard, bytes->data, bytes->len, chunk);
      g_assert_cmpmem (shown->data, shown->len, bytes->data, bytes->len);
      g_assert_cmpuint (guard.n_pongs, ==, 1);
      for (guint8 i = 0; i < STEPCAST_PING_BYTES; i++)
        g_assert_cmphex (guard.pong[i], ==, 0xf0 + i);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-guard/every-cut", test_every_cut);
  g_test_add_func ("/frame-guard/lengths", test_lengths);
  g_test_add_func ("/frame-guard/size/one-frame", test_size_of_one_frame);
  g_test_add_func ("/frame-guard/size/fragments", test_size_over_fragments);
  g_test_add_func ("/frame-guard/fragments", test_fragments);
  g_test_add_func ("/frame-guard/control-frames", test_control_frames);
  g_test_add_func ("/frame-guard/pings/hidden", test_hidden_pings);
  g_test_add_func ("/frame-guard/pings/hiding-changes", test_hiding_changes);
  g_test_add_func ("/frame-guard/pings/violation", test_hidden_violation);
  g_test_add_func ("/frame-guard/pongs", test_pongs);
  g_test_add_func ("/frame-guard/after-violation", test_after_violation);
  g_test_add_func ("/frame-guard/pace/burst", test_burst);
  g_test_add_func ("/frame-guard/pace/rate", test_pace);
  g_test_add_func ("/frame-guard/pace/long", test_pace_of_long_messages);
  g_test_add_func ("/frame-guard/pace/unseen", test_pace_of_the_unseen);
  g_test_add_func ("/frame-guard/pace/inflated", test_pace_of_the_inflated);

  return g_test_run ();
}
