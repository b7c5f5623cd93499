/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "stepcast-deflate-encoder.h"
#include "stepcast-test-inflate.h"

/* An SVG document of about @n_circles times 60 bytes. */
static GBytes *
make_svg (guint n_circles, guint32 seed)
{
  g_autoptr (GString) text = g_string_new ("<svg xmlns=\"http://www.w3.org/2000/svg\">\n");
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < n_circles; i++)
    g_string_append_printf (text, "<circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"#%06x\"/>\n",
                            g_rand_int_range (rand, 0, 1000), g_rand_int_range (rand, 0, 1000),
                            g_rand_int_range (rand, 1, 20), g_rand_int (rand) & 0xffffff);
  g_string_append (text, "</svg>\n");
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
assert_encodes (StepcastFrameEncoder *encoder, GBytes *svg)
{
  g_autoptr (GBytes) encoded = stepcast_frame_encoder_encode (encoder, svg, NULL);
  g_autoptr (GBytes) again = NULL;

  g_assert_nonnull (encoded);
  g_assert_cmpuint (g_bytes_get_size (encoded), <, g_bytes_get_size (svg));
  again = stepcast_test_inflate (encoded);
  g_assert_true (g_bytes_equal (again, svg));
}

/* Documents shorter and longer than what the compressor is given at a time, one after the other by
 * the same: none may depend on the one before. */
static void
test_round_trip (void)
{
  static const guint sizes[] = { 3, 10, 1000, 1100, 20000, 3, 100 };
  g_autoptr (StepcastFrameEncoder) encoder = stepcast_deflate_encoder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GBytes) svg = make_svg (sizes[i], i);

      assert_encodes (encoder, svg);
    }
}

static void
test_is_pure (void)
{
  g_autoptr (StepcastFrameEncoder) encoder = stepcast_deflate_encoder_new ();
  g_autoptr (GBytes) svg = make_svg (500, 1);
  g_autoptr (GBytes) other = make_svg (700, 2);
  g_autoptr (GBytes) first = stepcast_frame_encoder_encode (encoder, svg, NULL);
  g_autoptr (GBytes) between = stepcast_frame_encoder_encode (encoder, other, NULL);
  g_autoptr (GBytes) second = stepcast_frame_encoder_encode (encoder, svg, NULL);

  g_assert_nonnull (between);
  g_assert_true (g_bytes_equal (first, second));
}

/* Nothing is gained, around the lengths at which blocks and buffers end, too. */
static void
test_not_smaller (void)
{
  static const gsize lengths[] = { 0, 1, 2, 5, 100, 4095, 65535, 65536, 65537, 200000 };
  g_autoptr (StepcastFrameEncoder) encoder = stepcast_deflate_encoder_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (GBytes) svg = make_svg (100, 4);

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree guint8 *noise = g_malloc (lengths[i] + 1);
      g_autoptr (GBytes) bytes = NULL;

      for (gsize k = 0; k < lengths[i]; k++)
        noise[k] = (guint8) g_rand_int (rand);
      bytes = g_bytes_new (noise, lengths[i]);
      g_assert_null (stepcast_frame_encoder_encode (encoder, bytes, NULL));
      assert_encodes (encoder, svg); /* the next is none the worse for it */
    }
}

static void
test_cancelled (void)
{
  g_autoptr (StepcastFrameEncoder) encoder = stepcast_deflate_encoder_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) svg = make_svg (5000, 5);

  g_cancellable_cancel (cancellable);
  g_assert_null (stepcast_frame_encoder_encode (encoder, svg, cancellable));
  assert_encodes (encoder, svg);
}

static gpointer
encode_in_thread (gpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GBytes) svg = make_svg (1 + 10 * i, i);

      assert_encodes (data, svg);
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (StepcastFrameEncoder) encoder = stepcast_deflate_encoder_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("encoder", encode_in_thread, encoder);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/deflate-encoder/round-trip", test_round_trip);
  g_test_add_func ("/deflate-encoder/is-pure", test_is_pure);
  g_test_add_func ("/deflate-encoder/not-smaller", test_not_smaller);
  g_test_add_func ("/deflate-encoder/cancelled", test_cancelled);
  g_test_add_func ("/deflate-encoder/threads", test_threads);

  return g_test_run ();
}
