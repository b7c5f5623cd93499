/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-frame-guard.h"
#include "stepcast-inflate-extension.h"
#include "stepcast-test-inflate.h"

#define FIN 0x80
#define RSV1 0x40
#define CONTINUATION 0x0
#define TEXT 0x1
#define BINARY 0x2
#define PING 0x9

typedef struct
{
  SoupWebsocketExtension *extension;
  gsize n_inflated; /* as it told */
} Fixture;

static void
on_inflated (gsize n_bytes, gpointer user_data)
{
  ((Fixture *) user_data)->n_inflated += n_bytes;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->extension = stepcast_inflate_extension_new (on_inflated, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->extension);
}

/* Returns what libsoup is to make of the frame, whose header must have no reserved bit then. */
static char *
take (Fixture *fixture, guint8 first_byte, const void *data, gsize length, GError **error)
{
  guint8 header[2] = { first_byte, 0 };
  g_autoptr (GBytes) result =
    soup_websocket_extension_process_incoming_message (fixture->extension, header,
                                                       g_bytes_new (data, length), error);
  gsize size;
  const char *text;

  if (result == NULL)
    return NULL;
  g_assert_cmpuint (header[0], ==, first_byte & ~RSV1);
  text = g_bytes_get_data (result, &size);
  return g_strndup (text != NULL ? text : "", size);
}

static void
assert_takes (Fixture *fixture, guint8 first_byte, const void *data, gsize length, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *result = take (fixture, first_byte, data, length, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, text);
}

/* libsoup refuses what comes back with a reserved bit. */
static void
assert_leaves (Fixture *fixture, guint8 first_byte, const char *text)
{
  g_autoptr (GError) error = NULL;
  guint8 header[2] = { first_byte, 0 };
  g_autoptr (GBytes) payload = g_bytes_new_static (text, strlen (text));
  g_autoptr (GBytes) result =
    soup_websocket_extension_process_incoming_message (fixture->extension, header,
                                                       g_bytes_ref (payload), &error);

  g_assert_no_error (error);
  g_assert_cmpuint (header[0], ==, first_byte);
  g_assert_true (g_bytes_equal (result, payload));
}

static void
assert_refuses (Fixture *fixture, guint8 first_byte, const void *data, gsize length, int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *result = take (fixture, first_byte, data, length, &error);

  g_assert_null (result);
  g_assert_error (error, SOUP_WEBSOCKET_ERROR, code);
}

/* ---- messages ---- */

/* RFC 7692, section 7.2.3. */
static void
test_examples (Fixture *fixture, gconstpointer data)
{
  static const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };
  static const guint8 stored[] = {
    0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00
  };
  static const guint8 final[] = { 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00 };
  static const guint8 two_blocks[] = { 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff,
                                       0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00 };
  static const guint8 empty[] = { 0x00 };
  static const guint8 final_in_what_is_left_out[] = { 0x01 };

  for (guint i = 0; i < 2; i++)
    {
      assert_takes (fixture, FIN | RSV1 | TEXT, hello, sizeof hello, "Hello");
      assert_takes (fixture, FIN | RSV1 | TEXT, stored, sizeof stored, "Hello");
      assert_takes (fixture, FIN | RSV1 | TEXT, final, sizeof final, "Hello");
      assert_takes (fixture, FIN | RSV1 | TEXT, two_blocks, sizeof two_blocks, "Hello");
      assert_takes (fixture, FIN | RSV1 | BINARY, hello, sizeof hello, "Hello");
      assert_takes (fixture, FIN | RSV1 | TEXT, empty, sizeof empty, "");
      assert_takes (fixture, FIN | RSV1 | TEXT, final_in_what_is_left_out, 1, "");
    }

  /* In two fragments, with a ping in between. */
  assert_takes (fixture, RSV1 | TEXT, hello, 3, "He");
  assert_takes (fixture, FIN | PING, "p", 1, "p");
  assert_takes (fixture, FIN | CONTINUATION, hello + 3, sizeof hello - 3, "llo");
  g_assert_cmpuint (fixture->n_inflated, ==, 5 * (2 * 5 + 1));
}

static void
test_uncompressed (Fixture *fixture, gconstpointer data)
{
  assert_leaves (fixture, FIN | TEXT, "start");
  assert_leaves (fixture, TEXT, "st");
  assert_leaves (fixture, FIN | PING, "p");
  assert_leaves (fixture, CONTINUATION, "ar");
  assert_leaves (fixture, FIN | CONTINUATION, "t");
  assert_leaves (fixture, FIN | TEXT, "");
  g_assert_cmpuint (fixture->n_inflated, ==, 0);
}

/* Every way to cut a message in three, empty pieces too. */
static void
test_fragments (Fixture *fixture, gconstpointer data)
{
  const char *text = "{\"type\":\"set\",\"id\":1,\"values\":{\"feed\":0.05}}";
  g_autoptr (GBytes) deflated = stepcast_test_deflate (text, strlen (text));
  gsize length;
  const guint8 *bytes = g_bytes_get_data (deflated, &length);

  for (gsize i = 0; i <= length; i++)
    for (gsize k = i; k <= length; k++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree char *first = take (fixture, RSV1 | TEXT, bytes, i, &error);
        g_autofree char *second = take (fixture, CONTINUATION, bytes + i, k - i, &error);
        g_autofree char *last = take (fixture, FIN | CONTINUATION, bytes + k, length - k, &error);
        g_autofree char *all = NULL;

        g_assert_no_error (error);
        all = g_strconcat (first, second, last, NULL);
        g_assert_cmpstr (all, ==, text);
      }
}

/* ---- what is refused ---- */

static void
test_reserved_bits (Fixture *fixture, gconstpointer data)
{
  assert_leaves (fixture, FIN | RSV1 | PING, "p"); /* a control frame */
  assert_leaves (fixture, FIN | 0x20 | TEXT, "start");
  assert_leaves (fixture, FIN | 0x10 | TEXT, "start");
  assert_leaves (fixture, FIN | RSV1 | 0x3, "x");          /* an unknown opcode */
  assert_leaves (fixture, FIN | RSV1 | CONTINUATION, "x"); /* of nothing */
  assert_leaves (fixture, TEXT, "st");
  assert_leaves (fixture, FIN | RSV1 | CONTINUATION, "art");
}

static void
test_reserved_bit_within (Fixture *fixture, gconstpointer data)
{
  static const guint8 hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00 };

  assert_takes (fixture, RSV1 | TEXT, hello, 3, "He");
  assert_leaves (fixture, RSV1 | TEXT, "a message within another");
  assert_leaves (fixture, FIN | RSV1 | CONTINUATION, "x");
  assert_leaves (fixture, RSV1 | TEXT, "it is still within that one");
  assert_takes (fixture, FIN | CONTINUATION, hello + 3, sizeof hello - 3, "llo");
}

static void
test_bad_data (void)
{
  static const struct
  {
    guint8 bytes[8];
    gsize length;
  } cases[] = {
    { { 0x07 }, 1 },                                           /* no such block */
    { { 0xff, 0xff, 0xff }, 3 },                               /* likewise */
    { { 0x00, 0x05, 0x00, 0x00, 0x00 }, 5 },                   /* lengths that differ */
    { { 0xf2, 0x48, 0xcd, 0xc9, 0xc9 }, 5 },                   /* cut off */
    { { 0x00, 0xff, 0xff, 0x00, 0x00, 'H' }, 6 },              /* in a stored block */
    { { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x07 }, 8 }, /* more than there is */
    { { 0x4b, 0x04, 0x12, 0x00 }, 4 },                         /* looks back too far */
    { { 0 }, 0 },                                              /* nothing at all */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture fixture = { 0 };

      set_up (&fixture, NULL);
      assert_refuses (&fixture, FIN | RSV1 | TEXT, cases[i].bytes, cases[i].length,
                      SOUP_WEBSOCKET_CLOSE_BAD_DATA);
      /* There is no way back. */
      assert_refuses (&fixture, FIN | TEXT, "start", 5, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR);
      tear_down (&fixture, NULL);
    }
}

static GBytes *
deflate_zeros (gsize length)
{
  g_autofree char *zeros = g_malloc (length);

  memset (zeros, '0', length);
  return stepcast_test_deflate (zeros, length);
}

static void
test_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) full = deflate_zeros (STEPCAST_MAX_MESSAGE_BYTES);
  g_autoptr (GBytes) more = deflate_zeros (STEPCAST_MAX_MESSAGE_BYTES + 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length;
  const guint8 *bytes = g_bytes_get_data (full, &length);

  text = take (fixture, FIN | RSV1 | TEXT, bytes, length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (text), ==, STEPCAST_MAX_MESSAGE_BYTES);
  g_assert_cmpuint (fixture->n_inflated, ==, STEPCAST_MAX_MESSAGE_BYTES);

  bytes = g_bytes_get_data (more, &length);
  assert_refuses (fixture, FIN | RSV1 | TEXT, bytes, length, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
}

/* 50 MB in less than the 64 KiB that a frame may have: it ends when it has gone too far. */
static void
test_bomb (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bomb = deflate_zeros (50 * 1000 * 1000);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (bomb, &length);

  g_assert_cmpuint (length, <=, STEPCAST_MAX_MESSAGE_BYTES);
  assert_refuses (fixture, FIN | RSV1 | TEXT, bytes, length, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
}

/* The limit is that of the message, however many fragments it comes in. */
static void
test_bomb_in_fragments (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bomb = deflate_zeros (10 * STEPCAST_MAX_MESSAGE_BYTES);
  gsize length, n_out = 0;
  const guint8 *bytes = g_bytes_get_data (bomb, &length);
  guint8 first_byte = RSV1 | TEXT;

  for (gsize i = 0; i < length; i++, first_byte = CONTINUATION)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = take (fixture, first_byte, bytes + i, 1, &error);

      if (text == NULL)
        {
          g_assert_error (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
          g_assert_cmpuint (n_out, <=, STEPCAST_MAX_MESSAGE_BYTES);
          return;
        }
      n_out += strlen (text);
    }
  g_assert_not_reached ();
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func)                                                                            \
  g_test_add ("/inflate-extension/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("examples", test_examples);
  ADD ("uncompressed", test_uncompressed);
  ADD ("fragments", test_fragments);
  ADD ("reserved-bits", test_reserved_bits);
  ADD ("reserved-bit-within", test_reserved_bit_within);
  g_test_add_func ("/inflate-extension/bad-data", test_bad_data);
  ADD ("limit", test_limit);
  ADD ("bomb", test_bomb);
  ADD ("bomb-in-fragments", test_bomb_in_fragments);
#undef ADD

  return g_test_run ();
}
