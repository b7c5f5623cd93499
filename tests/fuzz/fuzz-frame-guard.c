/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-frame-guard.h"

/* The input's first byte says how the rest is cut, and whether pings are hidden. What the guard
 * shows, and what it finds, must be what a reader of the whole input finds, however it was cut. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct
{
  GByteArray *shown;
  guint close_code;
  gboolean is_closing;
} Result;

static void
result_clear (Result *result)
{
  g_byte_array_unref (result->shown);
}

/* As RFC 6455, section 5.2 has it, frame by frame. */
static Result
read_all (const guint8 *data, gsize size, gboolean hides_pings)
{
  Result result = { .shown = g_byte_array_new () };
  guint64 message_bytes = 0;
  guint n_fragments = 0;
  gsize at = 0;

  while (at < size)
    {
      guint8 opcode = data[at] & 0xf;
      gboolean is_shown = !(hides_pings && opcode == 0x9) && result.close_code == 0;
      guint n_length_bytes = 0;
      guint64 length = 0;
      gsize header_length, end;

      if (size - at >= 2)
        {
          length = data[at + 1] & 0x7f;
          n_length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
        }
      header_length = 2 + n_length_bytes + (size - at >= 2 && (data[at + 1] & 0x80) ? 4 : 0);
      if (size - at < header_length) /* it is held back */
        break;

      if (n_length_bytes > 0)
        length = 0;
      for (guint i = 0; i < n_length_bytes; i++)
        length = length << 8 | data[at + 2 + i];

      result.is_closing |= opcode == 0x8;
      if (opcode & 0x8)
        {
          if (length > 125)
            result.close_code = 1002;
        }
      else
        {
          if (opcode != 0)
            message_bytes = n_fragments = 0;
          n_fragments++;
          if (length > 65536 || message_bytes + length > 65536 || n_fragments > 256)
            result.close_code = 1009;
          else
            message_bytes += length;
        }

      end = length > size - at - header_length ? size : at + header_length + (gsize) length;
      if (is_shown && result.close_code == 0)
        g_byte_array_append (result.shown, data + at, (guint) (end - at));
      at = end;
    }

  return result;
}

static Result
filter (const guint8 *data, gsize size, gboolean hides_pings, guint32 seed)
{
  Result result = { .shown = g_byte_array_new () };
  StepcastFrameGuard guard;

  stepcast_frame_guard_init (&guard, 0);
  guard.hides_pings = hides_pings;
  for (gsize i = 0; i < size;)
    {
      gsize n = size;
      g_autofree guint8 *piece = NULL;
      g_autofree guint8 *shown = NULL;
      gsize n_shown;

      if (seed != 0)
        {
          seed = seed * 1664525u + 1013904223u;
          n = 1 + ((seed >> 16) & ((seed >> 12) & 1 ? 3 : 63));
        }
      n = MIN (n, size - i);
      piece = g_memdup2 (data + i, n);
      shown = g_malloc (n + STEPCAST_MAX_HEADER_BYTES);
      n_shown = stepcast_frame_guard_filter (&guard, piece, n, shown);
      g_assert_cmpuint (n_shown, <=, n + STEPCAST_MAX_HEADER_BYTES);
      g_byte_array_append (result.shown, shown, (guint) n_shown);
      i += n;
      g_assert_cmpint (stepcast_frame_guard_get_delay_us (&guard, (gint64) i), >=, 0);
    }
  result.close_code = guard.close_code;
  result.is_closing = guard.is_closing;

  return result;
}

static void
compare (const Result *a, const Result *b)
{
  g_assert_cmpmem (a->shown->data, a->shown->len, b->shown->data, b->shown->len);
  g_assert_cmpint (a->close_code != 0, ==, b->close_code != 0);
  g_assert_cmpint (a->is_closing, ==, b->is_closing);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gboolean hides_pings;
  Result expected, whole, cut;

  if (size < 1)
    return 0;

  hides_pings = data[0] & 1;
  expected = read_all (data + 1, size - 1, hides_pings);
  whole = filter (data + 1, size - 1, hides_pings, 0);
  cut = filter (data + 1, size - 1, hides_pings, 1u + data[0]);
  compare (&expected, &whole);
  compare (&whole, &cut);
  g_assert_cmpuint (expected.close_code, ==, whole.close_code);
  g_assert_cmpuint (whole.close_code, ==, cut.close_code);

  result_clear (&expected);
  result_clear (&whole);
  result_clear (&cut);
  return 0;
}
