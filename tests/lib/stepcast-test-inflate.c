/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-test-inflate.h"

/* What a peer does, by GIO's converters: not the code that is tested. */

static const guint8 left_out[] = { 0x00, 0x00, 0xff, 0xff };

static void
convert (GConverter *converter,
         GConverterFlags flags,
         const guint8 *data,
         gsize length,
         GByteArray *to)
{
  GConverterResult result = G_CONVERTER_CONVERTED;

  while (length > 0 || (flags != G_CONVERTER_NO_FLAGS && result == G_CONVERTER_CONVERTED))
    {
      g_autoptr (GError) error = NULL;
      guint8 chunk[1000];
      gsize n_read, n_written;

      result = g_converter_convert (converter, data, length, chunk, sizeof chunk, flags, &n_read,
                                    &n_written, &error);
      g_assert_no_error (error);
      g_assert_cmpint (result, !=, G_CONVERTER_FINISHED);
      data += n_read;
      length -= n_read;
      g_byte_array_append (to, chunk, (guint) n_written);
    }
}

/* What a compressed message (RFC 7692, section 7.2.2) says. */
GBytes *
stepcast_test_inflate (GBytes *payload)
{
  g_autoptr (GConverter) inflater =
    G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW));
  g_autoptr (GByteArray) input = g_byte_array_new ();
  g_autoptr (GByteArray) output = g_byte_array_new ();
  gsize length;
  const guint8 *data = g_bytes_get_data (payload, &length);

  g_byte_array_append (input, data, (guint) length);
  g_byte_array_append (input, left_out, sizeof left_out);
  convert (inflater, G_CONVERTER_NO_FLAGS, input->data, input->len, output);
  return g_byte_array_free_to_bytes (g_steal_pointer (&output));
}

/* A compressed message that says @data (RFC 7692, section 7.2.1). */
GBytes *
stepcast_test_deflate (const void *data, gsize length)
{
  g_autoptr (GConverter) deflater =
    G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, 9));
  g_autoptr (GByteArray) output = g_byte_array_new ();

  convert (deflater, G_CONVERTER_FLUSH, data, length, output);
  g_assert_cmpuint (output->len, >, sizeof left_out);
  g_assert_cmpmem (output->data + output->len - sizeof left_out, sizeof left_out, left_out,
                   sizeof left_out);
  g_byte_array_set_size (output, output->len - (guint) sizeof left_out);
  return g_byte_array_free_to_bytes (g_steal_pointer (&output));
}
