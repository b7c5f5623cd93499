/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-deflate-encoder.h"
#include "stepcast-dialect.h"
#include "stepcast-outbox.h"
#include "stepcast-test-inflate.h"

#define N_VECTORS 64

/* What one write may take; the outbox's own business, but a promise to the other viewers. */
#define MAX_GATHERED_BYTES (128 * 1024)

/* ---- messages ---- */

static StepcastFrame *
make_frame (const char *svg)
{
  g_autoptr (GBytes) bytes = g_bytes_new (svg, strlen (svg));

  return stepcast_frame_new (bytes, 1, 1, 1, 0);
}

static StepcastFrame *
make_frame_of_size (gsize size)
{
  char *svg = g_malloc (size + 1); /* never NULL */
  g_autoptr (GBytes) bytes = NULL;

  memset (svg, 'x', size);
  bytes = g_bytes_new_take (svg, size);
  return stepcast_frame_new (bytes, 1, 1, 1, 0);
}

static void
push_frame (StepcastOutbox *outbox, const char *svg)
{
  g_autoptr (StepcastFrame) frame = make_frame (svg);

  stepcast_outbox_push_frame (outbox, NULL, frame);
}

static void
push_frame_of_size (StepcastOutbox *outbox, gsize size)
{
  g_autoptr (StepcastFrame) frame = make_frame_of_size (size);

  stepcast_outbox_push_frame (outbox, NULL, frame);
}

/* Writes up to @max bytes of what there is to @wire, as a socket would. Returns how many. */
static gsize
write_some (StepcastOutbox *outbox, GByteArray *wire, gsize max, gboolean only_current)
{
  GOutputVector vectors[N_VECTORS];
  guint n_vectors = stepcast_outbox_gather (outbox, vectors, N_VECTORS, only_current);
  gsize n_written = 0;

  for (guint i = 0; i < n_vectors && n_written < max; i++)
    {
      gsize n = MIN (vectors[i].size, max - n_written);

      g_assert_cmpuint (vectors[i].size, >, 0);
      g_byte_array_append (wire, vectors[i].buffer, (guint) n);
      n_written += n;
    }
  if (n_written > 0)
    stepcast_outbox_consume (outbox, n_written);
  return n_written;
}

static void
write_all (StepcastOutbox *outbox, GByteArray *wire)
{
  while (write_some (outbox, wire, G_MAXSIZE, FALSE) > 0)
    ;
  g_assert_true (stepcast_outbox_is_empty (outbox));
  g_assert_false (stepcast_outbox_is_within_message (outbox));
  g_assert_cmpuint (stepcast_outbox_get_n_frames (outbox), ==, 0);
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (outbox), ==, 0);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 0);
}

/* Reads one message as a client would: returns where the next begins. */
static gsize
read_message (const GByteArray *wire, gsize at, char **text)
{
  gsize length;

  g_assert_cmpuint (at + 2, <=, wire->len);
  g_assert_cmphex (wire->data[at], ==, 0x81); /* a text, whole, no reserved bit */
  g_assert_cmphex (wire->data[at + 1] & 0x80, ==, 0);
  length = wire->data[at + 1];
  at += 2;
  if (length >= 126)
    {
      guint n_bytes = length == 126 ? 2 : 8;

      for (length = 0; n_bytes > 0; n_bytes--)
        length = length << 8 | wire->data[at++];
    }
  g_assert_cmpuint (at + length, <=, wire->len);
  *text = g_strndup ((const char *) wire->data + at, length);
  return at + length;
}

/* Returns: (transfer full): the messages, one a line */
static char *
read_messages (const GByteArray *wire)
{
  GString *all = g_string_new (NULL);

  for (gsize at = 0; at < wire->len;)
    {
      g_autofree char *text = NULL;

      at = read_message (wire, at, &text);
      g_string_append_printf (all, "%s%s", all->len > 0 ? "\n" : "", text);
    }
  return g_string_free (all, FALSE);
}

static void
assert_messages (const GByteArray *wire, const char *expected)
{
  g_autofree char *messages = read_messages (wire);

  g_assert_cmpstr (messages, ==, expected);
}

/* ---- order ---- */

static void
test_empty (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  GOutputVector vectors[2];

  g_assert_true (stepcast_outbox_is_empty (outbox));
  g_assert_cmpuint (stepcast_outbox_gather (outbox, vectors, 2, FALSE), ==, 0);
  g_assert_cmpuint (stepcast_outbox_gather (outbox, vectors, 2, TRUE), ==, 0);
  g_assert_cmpuint (stepcast_outbox_drop_frames (outbox), ==, 0);
  stepcast_outbox_drop_all (outbox);
  stepcast_outbox_consume (outbox, 0);
  g_assert_true (stepcast_outbox_is_empty (outbox));
}

static void
push_mix (StepcastOutbox *outbox)
{
  push_frame (outbox, "<svg 1/>");
  stepcast_outbox_push_text (outbox, "after 1", FALSE);
  push_frame (outbox, "<svg 2/>");
  stepcast_outbox_push_text (outbox, "now a", TRUE);
  stepcast_outbox_push_text (outbox, "after 2", FALSE);
  stepcast_outbox_push_text (outbox, "now b", TRUE);
  stepcast_outbox_push_text (outbox, "", TRUE);
}

#define MIX "now a\nnow b\n\n<svg 1/>\nafter 1\n<svg 2/>\nafter 2"

static void
test_order (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();

  push_mix (outbox);
  write_all (outbox, wire);
  assert_messages (wire, MIX);
}

/* A message that is partly written goes on first, whatever has come meanwhile. */
static void
test_current_first (void)
{
  for (gsize cut = 1; cut < 2 + 8; cut++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      GOutputVector vectors[N_VECTORS];
      guint n_vectors;
      gsize n_left = 0;

      push_frame (outbox, "<svg 1/>");
      push_frame (outbox, "<svg 2/>");
      g_assert_cmpuint (write_some (outbox, wire, cut, FALSE), ==, cut);
      g_assert_true (stepcast_outbox_is_within_message (outbox));
      stepcast_outbox_push_text (outbox, "urgent", TRUE);

      n_vectors = stepcast_outbox_gather (outbox, vectors, N_VECTORS, TRUE);
      for (guint i = 0; i < n_vectors; i++)
        n_left += vectors[i].size;
      g_assert_cmpuint (n_left, ==, 2 + 8 - cut);

      g_assert_cmpuint (write_some (outbox, wire, G_MAXSIZE, TRUE), ==, 2 + 8 - cut);
      g_assert_false (stepcast_outbox_is_within_message (outbox));
      g_assert_cmpuint (write_some (outbox, wire, G_MAXSIZE, TRUE), ==, 0);
      write_all (outbox, wire);
      assert_messages (wire, "<svg 1/>\nurgent\n<svg 2/>");
    }
}

/* ---- partial writes ---- */

/* However the socket takes it, the same bytes go out. */
static void
test_every_boundary (void)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  for (gsize step = 0; step <= 200; step++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (StepcastFrame) large = make_frame_of_size (300);
      g_autoptr (GByteArray) wire = g_byte_array_new ();

      push_mix (outbox);
      stepcast_outbox_push_frame (outbox, "{\"prefix\":1}\n", large);
      stepcast_outbox_push_text (outbox, "last", FALSE);
      if (step == 0)
        {
          write_all (outbox, whole);
          continue;
        }
      while (write_some (outbox, wire, step, FALSE) > 0)
        ;
      g_assert_true (stepcast_outbox_is_empty (outbox));
      g_assert_cmpmem (wire->data, wire->len, whole->data, whole->len);
    }
}

/* One cut, at each byte. */
static void
test_one_cut (void)
{
  gsize n_total = 1;

  for (gsize cut = 1; cut < n_total + 1; cut++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();

      push_mix (outbox);
      write_some (outbox, wire, cut, FALSE);
      write_all (outbox, wire);
      assert_messages (wire, MIX);
      n_total = wire->len;
    }
  g_assert_cmpuint (n_total, >, 50);
}

/* ---- dropping ---- */

static void
test_drop_frames (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();

  push_mix (outbox);
  g_assert_cmpuint (stepcast_outbox_drop_frames (outbox), ==, 2);
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (outbox), ==, 0);
  g_assert_cmpuint (stepcast_outbox_drop_frames (outbox), ==, 0);
  push_frame (outbox, "<svg 3/>");
  write_all (outbox, wire);
  assert_messages (wire, "now a\nnow b\n\nafter 1\nafter 2\n<svg 3/>");
}

/* Cut after each byte of the whole mix: what has begun is finished, what has not is dropped. */
static void
test_drop_in_mid_message (void)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (StepcastOutbox) first = stepcast_outbox_new ();

  push_mix (first);
  write_all (first, whole);

  for (gsize cut = 0; cut < whole->len; cut++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      gboolean was_within;

      push_mix (outbox);
      if (cut > 0)
        write_some (outbox, wire, cut, FALSE);
      was_within = stepcast_outbox_is_within_message (outbox);
      stepcast_outbox_drop_all (outbox);
      g_assert_cmpint (stepcast_outbox_is_empty (outbox), ==, !was_within);
      g_assert_cmpint (stepcast_outbox_is_within_message (outbox), ==, was_within);
      g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (outbox), ==, 0);

      write_all (outbox, wire);
      g_assert_cmpmem (wire->data, wire->len, whole->data, wire->len);
      g_free (read_messages (wire)); /* whole ones */
      g_assert_cmpuint (wire->len, >=, cut);
      g_assert_cmpuint (wire->len, <=, cut + 2 + 8);
    }
}

/* ---- headers ---- */

static void
test_header_lengths (void)
{
  static const struct
  {
    gsize length;
    gsize header_length;
  } cases[] = {
    { 0, 2 },   { 1, 2 },     { 125, 2 },    { 126, 4 },
    { 127, 4 }, { 65535, 4 }, { 65536, 10 }, { 8 * 1024 * 1024, 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      g_autofree char *text = NULL;

      push_frame_of_size (outbox, cases[i].length);
      write_all (outbox, wire);
      g_assert_cmpuint (wire->len, ==, cases[i].header_length + cases[i].length);
      g_assert_cmpuint (read_message (wire, 0, &text), ==, wire->len);
      g_assert_cmpuint (strlen (text), ==, cases[i].length);

      g_byte_array_set_size (wire, 0);
      stepcast_outbox_push_text (outbox, text, i % 2 == 0);
      g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==,
                        cases[i].header_length + cases[i].length);
      write_all (outbox, wire);
      g_assert_cmpuint (wire->len, ==, cases[i].header_length + cases[i].length);
    }
}

/* The length in the header counts the prefix: around each of its forms. */
static void
test_prefix (void)
{
  static const gsize lengths[] = { 0, 1, 100, 124, 125, 126, 65534, 65535, 65536 };
  static const char prefix[] = "{}\n";

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (StepcastFrame) frame = make_frame_of_size (lengths[i]);
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      g_autofree char *text = NULL;

      stepcast_outbox_push_frame (outbox, prefix, frame);
      while (write_some (outbox, wire, 1000, FALSE) > 0)
        ;
      g_assert_cmpuint (read_message (wire, 0, &text), ==, wire->len);
      g_assert_cmpuint (strlen (text), ==, strlen (prefix) + lengths[i]);
      g_assert_true (g_str_has_prefix (text, prefix));
    }
}

static void
test_longest_prefix (void)
{
  g_autoptr (GBytes) svg = g_bytes_new_static ("<svg/>", 6);
  g_autoptr (StepcastFrame) frame =
    stepcast_frame_new (svg, G_MAXUINT, G_MAXUINT64, G_MAXUINT64, G_MAXINT64);
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();
  char buffer[STEPCAST_PREFIX_BYTES];
  g_autofree char *text = NULL;

  stepcast_outbox_push_frame (outbox, stepcast_v1_dialect.get_prefix (frame, buffer), frame);
  memset (buffer, 'x', sizeof buffer); /* it was copied */
  write_all (outbox, wire);
  read_message (wire, 0, &text);
  g_assert_cmpstr (text, ==,
                   "{\"type\":\"frame\",\"run\":4294967295,\"serial\":18446744073709551615,"
                   "\"step\":18446744073709551615,\"time\":9223372036854.775807}\n<svg/>");
}

/* ---- compressed frames ---- */

/* A frame with its encoded form, of numbers that don't compress to nothing. */
static StepcastFrame *
make_encoded_frame (guint n_numbers)
{
  g_autoptr (StepcastFrameEncoder) encoder = stepcast_deflate_encoder_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (n_numbers);
  g_autoptr (GString) text = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg'><path d='M");
  g_autoptr (GBytes) svg = NULL;
  g_autoptr (GBytes) encoded = NULL;

  for (guint i = 0; i < n_numbers; i++)
    g_string_append_printf (text, " %u", g_rand_int (rand));
  g_string_append (text, "'/></svg>");
  svg = g_string_free_to_bytes (g_steal_pointer (&text));
  encoded = stepcast_frame_encoder_encode (encoder, svg, NULL);
  return stepcast_frame_new_encoded (svg, encoded, 1, 1, 1, 0);
}

/* Reads a message whose first byte is @first_byte, and inflates it if that says so. */
static char *
read_deflated (GByteArray *wire, guint8 first_byte)
{
  g_autofree char *text = NULL;
  g_autoptr (GBytes) payload = NULL;
  g_autoptr (GBytes) inflated = NULL;
  gsize end, length;
  const char *data;

  g_assert_cmphex (wire->data[0], ==, first_byte);
  wire->data[0] = 0x81;
  end = read_message (wire, 0, &text);
  g_assert_cmpuint (end, ==, wire->len);
  length = wire->data[1] < 126 ? 2 : wire->data[1] == 126 ? 4 : 10;
  payload = g_bytes_new (wire->data + length, wire->len - length);
  if (first_byte == 0x81)
    return g_steal_pointer (&text);

  inflated = stepcast_test_inflate (payload);
  data = g_bytes_get_data (inflated, &length);
  return g_strndup (data, length);
}

/* What comes out is what stands before the document, and the document: around each form of the
 * header, whatever the prefix. */
static void
test_deflated (void)
{
  static const guint sizes[] = {
    1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 20, 1000, 14000, 20000
  };
  char longest[STEPCAST_PREFIX_BYTES];
  const char *const prefixes[] = { NULL, "", "\n", "{\"type\":\"frame\"}\n", longest };

  memset (longest, 'p', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  for (guint i = 0; i < G_N_ELEMENTS (sizes) * G_N_ELEMENTS (prefixes); i++)
    {
      const char *prefix = prefixes[i % G_N_ELEMENTS (prefixes)];
      g_autoptr (StepcastFrame) frame = make_encoded_frame (sizes[i / G_N_ELEMENTS (prefixes)]);
      gsize svg_length;
      const char *svg = g_bytes_get_data (stepcast_frame_get_svg (frame), &svg_length);
      gboolean is_encoded = stepcast_frame_get_encoded (frame) != NULL;
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      g_autofree char *expected =
        g_strdup_printf ("%s%.*s", prefix != NULL ? prefix : "", (int) svg_length, svg);
      g_autofree char *text = NULL;

      stepcast_outbox_set_takes_deflated (outbox, TRUE);
      stepcast_outbox_push_frame (outbox, prefix, frame);
      while (write_some (outbox, wire, 777, FALSE) > 0)
        ;
      text = read_deflated (wire, is_encoded ? 0xc1 : 0x81);
      g_assert_cmpstr (text, ==, expected);
    }
}

/* Who has not negotiated it never gets it, and who has gets what there is. */
static void
test_deflated_or_not (void)
{
  g_autoptr (StepcastFrame) encoded = make_encoded_frame (100);
  g_autoptr (StepcastFrame) raw = make_frame ("<svg/>");

  for (guint i = 0; i < 4; i++)
    {
      gboolean takes_deflated = i % 2 != 0;
      StepcastFrame *frame = i / 2 != 0 ? encoded : raw;
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      g_autofree char *text = NULL;
      gsize length;
      const char *svg = g_bytes_get_data (stepcast_frame_get_svg (frame), &length);

      stepcast_outbox_set_takes_deflated (outbox, takes_deflated);
      stepcast_outbox_push_frame (outbox, NULL, frame);
      write_all (outbox, wire);
      text = read_deflated (wire, takes_deflated && frame == encoded ? 0xc1 : 0x81);
      g_assert_cmpuint (strlen (text), ==, length);
      g_assert_cmpmem (text, length, svg, length);
    }
}

/* All viewers, whatever they speak, share the compressed bytes. */
static void
test_deflated_is_shared (void)
{
  g_autoptr (StepcastFrame) frame = make_encoded_frame (100);
  gconstpointer shared = g_bytes_get_data (stepcast_frame_get_encoded (frame), NULL);
  const char *const prefixes[] = { NULL, "{\"type\":\"frame\"}\n" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
      GOutputVector vectors[N_VECTORS];

      stepcast_outbox_set_takes_deflated (outbox, TRUE);
      stepcast_outbox_push_frame (outbox, prefixes[i], frame);
      g_assert_cmpuint (stepcast_outbox_gather (outbox, vectors, N_VECTORS, FALSE), ==, 2);
      g_assert_true (vectors[1].buffer == shared);
    }
}

/* ---- what one write takes ---- */

static gsize
gather_bytes (StepcastOutbox *outbox, guint n_vectors, guint *n_used)
{
  g_autofree GOutputVector *vectors = g_new (GOutputVector, n_vectors);
  gsize n_bytes = 0;

  *n_used = stepcast_outbox_gather (outbox, vectors, n_vectors, FALSE);
  g_assert_cmpuint (*n_used, <=, n_vectors);
  for (guint i = 0; i < *n_used; i++)
    n_bytes += vectors[i].size;
  return n_bytes;
}

static void
test_gather_limits (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();
  guint n_used;

  /* Vectors. */
  for (guint i = 0; i < 100; i++)
    push_frame (outbox, "<svg/>");
  g_assert_cmpuint (gather_bytes (outbox, 2, &n_used), ==, 8);
  g_assert_cmpuint (n_used, ==, 2);
  g_assert_cmpuint (gather_bytes (outbox, 3, &n_used), ==, 8);
  g_assert_cmpuint (gather_bytes (outbox, 5, &n_used), ==, 16);
  g_assert_cmpuint (gather_bytes (outbox, 64, &n_used), ==, 32 * 8);
  g_assert_cmpuint (gather_bytes (outbox, 300, &n_used), ==, 100 * 8);
  write_all (outbox, wire);

  /* Bytes: small ones together, a large one alone. */
  for (guint i = 0; i < 10; i++)
    push_frame_of_size (outbox, 30000);
  g_assert_cmpuint (gather_bytes (outbox, 64, &n_used), ==, 4 * 30004);
  g_assert_cmpuint (4 * 30004, <=, MAX_GATHERED_BYTES);
  write_all (outbox, wire);
  push_frame_of_size (outbox, 10);
  push_frame_of_size (outbox, 8 * 1024 * 1024);
  push_frame_of_size (outbox, 10);
  g_assert_cmpuint (gather_bytes (outbox, 64, &n_used), ==, 12);
  stepcast_outbox_consume (outbox, 12);
  g_assert_cmpuint (gather_bytes (outbox, 64, &n_used), ==, 8 * 1024 * 1024 + 10);

  /* What is left of it goes with the next ones where it is little. */
  stepcast_outbox_consume (outbox, 8 * 1024 * 1024);
  g_assert_cmpuint (gather_bytes (outbox, 64, &n_used), ==, 10 + 12);
  stepcast_outbox_push_text (outbox, "urgent", TRUE);
  g_assert_cmpuint (gather_bytes (outbox, 64, &n_used), ==, 10 + 8 + 12);
  write_all (outbox, wire);
}

/* An urgent message that does not fit is not overtaken by one that does. */
static void
test_gather_keeps_order (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();
  g_autofree char *large = g_strnfill (200000, 'l');
  g_autofree char *expected = g_strconcat ("small\n", large, "\n<svg/>", NULL);

  stepcast_outbox_push_text (outbox, "small", TRUE);
  stepcast_outbox_push_text (outbox, large, TRUE);
  push_frame (outbox, "<svg/>");
  write_all (outbox, wire);
  assert_messages (wire, expected);
}

/* ---- accounts ---- */

static void
test_accounts (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();

  push_frame (outbox, "<svg 1/>");
  push_frame (outbox, "<svg 2/>");
  stepcast_outbox_push_text (outbox, "0123456789", FALSE);
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (outbox), ==, 2);
  g_assert_cmpuint (stepcast_outbox_get_n_frames (outbox), ==, 2);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 12);

  /* One that is partly written does not wait, but is there. */
  write_some (outbox, wire, 1, FALSE);
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (outbox), ==, 1);
  g_assert_cmpuint (stepcast_outbox_get_n_frames (outbox), ==, 2);
  write_some (outbox, wire, 9, FALSE);
  g_assert_cmpuint (stepcast_outbox_get_n_frames (outbox), ==, 1);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 12);
  write_some (outbox, wire, 10, FALSE);
  g_assert_cmpuint (stepcast_outbox_get_n_frames (outbox), ==, 0);

  /* An answer counts until its last byte. */
  write_some (outbox, wire, 11, FALSE);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 12);
  stepcast_outbox_drop_all (outbox);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 12);
  g_assert_cmpuint (stepcast_outbox_get_n_frames (outbox), ==, 0);
  write_some (outbox, wire, 1, FALSE);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 0);
  assert_messages (wire, "<svg 1/>\n<svg 2/>\n0123456789");
}

/* ---- control frames ---- */

static const guint8 ping_payload[STEPCAST_PING_BYTES] = { 0, 1, 2, 3, 0xff, 0, 0x89, 7 };

/* It goes before frames, but not within one, and does not overtake an answer. */
static void
test_ping (void)
{
  static const guint8 expected[] =
    "\x81\x08<svg 1/>\x81\x03now\x89\x08\x00\x01\x02\x03\xff\x00\x89\x07"
    "\x81\x08<svg 2/>";
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();

  push_frame (outbox, "<svg 1/>");
  push_frame (outbox, "<svg 2/>");
  write_some (outbox, wire, 3, FALSE);
  stepcast_outbox_push_text (outbox, "now", TRUE);
  g_assert_false (stepcast_outbox_has_ping (outbox));
  stepcast_outbox_push_ping (outbox, ping_payload);
  g_assert_true (stepcast_outbox_has_ping (outbox));
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (outbox), ==, 1);

  write_some (outbox, wire, 7 + 5 + 9, FALSE); /* all but its last byte */
  g_assert_true (stepcast_outbox_has_ping (outbox));
  write_some (outbox, wire, 1, FALSE);
  g_assert_false (stepcast_outbox_has_ping (outbox));
  write_all (outbox, wire);
  g_assert_cmpmem (wire->data, wire->len, expected, sizeof expected - 1);
}

static void
test_ping_is_dropped (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();

  stepcast_outbox_push_ping (outbox, ping_payload);
  stepcast_outbox_drop_frames (outbox);
  g_assert_true (stepcast_outbox_has_ping (outbox));
  stepcast_outbox_drop_all (outbox);
  g_assert_false (stepcast_outbox_has_ping (outbox));
  g_assert_true (stepcast_outbox_is_empty (outbox));
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (outbox), ==, 0);
}

static void
test_close (void)
{
  static const guint8 expected[] = "\x81\x04told\x81\x06<svg/>\x88\x07\x03\xf5later";
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();

  push_frame (outbox, "<svg/>");
  stepcast_outbox_push_text (outbox, "told", TRUE);
  stepcast_outbox_push_close (outbox, 1013, "later");
  write_all (outbox, wire);
  g_assert_cmpmem (wire->data, wire->len, expected, sizeof expected - 1);
}

static void
on_freed (gpointer is_freed)
{
  *(gboolean *) is_freed = TRUE;
}

/* The payload is shared, and let go as soon as it is written or dropped. */
static void
test_payload_is_shared (void)
{
  g_autoptr (StepcastOutbox) outbox = stepcast_outbox_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();
  GOutputVector vectors[N_VECTORS];
  gboolean is_freed = FALSE;
  char svg[] = "<svg/>";
  GBytes *bytes = g_bytes_new_with_free_func (svg, 6, on_freed, &is_freed);
  StepcastFrame *frame = stepcast_frame_new (bytes, 1, 1, 1, 0);

  g_bytes_unref (bytes);
  stepcast_outbox_push_frame (outbox, NULL, frame);
  stepcast_outbox_push_frame (outbox, NULL, frame);
  stepcast_frame_unref (frame);
  g_assert_cmpuint (stepcast_outbox_gather (outbox, vectors, N_VECTORS, FALSE), ==, 4);
  g_assert_true (vectors[1].buffer == svg && vectors[3].buffer == svg);

  write_some (outbox, wire, 8, FALSE);
  g_assert_false (is_freed);
  stepcast_outbox_drop_frames (outbox);
  g_assert_true (is_freed);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/outbox/empty", test_empty);
  g_test_add_func ("/outbox/order", test_order);
  g_test_add_func ("/outbox/current-first", test_current_first);
  g_test_add_func ("/outbox/partial/every-boundary", test_every_boundary);
  g_test_add_func ("/outbox/partial/one-cut", test_one_cut);
  g_test_add_func ("/outbox/drop/frames", test_drop_frames);
  g_test_add_func ("/outbox/drop/in-mid-message", test_drop_in_mid_message);
  g_test_add_func ("/outbox/header/lengths", test_header_lengths);
  g_test_add_func ("/outbox/header/prefix", test_prefix);
  g_test_add_func ("/outbox/header/longest-prefix", test_longest_prefix);
  g_test_add_func ("/outbox/deflated/inflates", test_deflated);
  g_test_add_func ("/outbox/deflated/or-not", test_deflated_or_not);
  g_test_add_func ("/outbox/deflated/is-shared", test_deflated_is_shared);
  g_test_add_func ("/outbox/gather/limits", test_gather_limits);
  g_test_add_func ("/outbox/gather/order", test_gather_keeps_order);
  g_test_add_func ("/outbox/accounts", test_accounts);
  g_test_add_func ("/outbox/control/ping", test_ping);
  g_test_add_func ("/outbox/control/ping-is-dropped", test_ping_is_dropped);
  g_test_add_func ("/outbox/control/close", test_close);
  g_test_add_func ("/outbox/payload-is-shared", test_payload_is_shared);

  return g_test_run ();
}
