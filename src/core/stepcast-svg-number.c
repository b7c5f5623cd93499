/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-svg-number.h"

#include <math.h>
#include <string.h>

/* Numbers as SVG has them: at most two decimals, rounded as printf("%.2f") rounds in the C locale
 * (the exact value of the double to the nearest hundredth, a tie to the even one), without
 * trailing zeros, and no "-0".
 *
 * A path is mostly numbers, so what is common (below 10000) is written without a branch that
 * depends on the value: four bytes are stored, and the end moves on by those that count. */

/* Hundredths of what is below it are below 2^50, where every half is a double; see
 * guess_hundredths(). */
#define ORDINARY_LIMIT 1e13

/* What is below it is still below 10000 when it is rounded. */
#define SMALL_LIMIT 9999.99

/* The greatest double that is written with a sign: it is a little below the decimal -0.005, so it
 * becomes -0.01, and what is above it becomes 0. */
#define LAST_NEGATIVE (-0.005)

/* The texts of 0 to 9999 and of .00 to .99, four bytes each: the last says how many count, unless
 * it is a digit itself and all do. 40 KB, of which a drawing's coordinates touch a few. */
#define TEXT_SIZE 4

/* clang-format off */
#define ONES(a, z) \
  a "0" z a "1" z a "2" z a "3" z a "4" z a "5" z a "6" z a "7" z a "8" z a "9" z
#define TENS(a, z) \
  ONES (a "0", z) ONES (a "1", z) ONES (a "2", z) ONES (a "3", z) ONES (a "4", z) \
  ONES (a "5", z) ONES (a "6", z) ONES (a "7", z) ONES (a "8", z) ONES (a "9", z)
#define HUNDREDS(a) \
  TENS (a "0", "") TENS (a "1", "") TENS (a "2", "") TENS (a "3", "") TENS (a "4", "") \
  TENS (a "5", "") TENS (a "6", "") TENS (a "7", "") TENS (a "8", "") TENS (a "9", "")

static const char whole_texts[] =
  ONES ("", "\0\0\1")
  ONES ("1", "\0\2") ONES ("2", "\0\2") ONES ("3", "\0\2") ONES ("4", "\0\2") ONES ("5", "\0\2")
  ONES ("6", "\0\2") ONES ("7", "\0\2") ONES ("8", "\0\2") ONES ("9", "\0\2")
  TENS ("1", "\3") TENS ("2", "\3") TENS ("3", "\3") TENS ("4", "\3") TENS ("5", "\3")
  TENS ("6", "\3") TENS ("7", "\3") TENS ("8", "\3") TENS ("9", "\3")
  HUNDREDS ("1") HUNDREDS ("2") HUNDREDS ("3") HUNDREDS ("4") HUNDREDS ("5")
  HUNDREDS ("6") HUNDREDS ("7") HUNDREDS ("8") HUNDREDS ("9");

#define FRACTIONS(a, kept_of_tenths) \
  a "0" kept_of_tenths \
  a "1\3" a "2\3" a "3\3" a "4\3" a "5\3" a "6\3" a "7\3" a "8\3" a "9\3"

static const char fraction_texts[] =
  FRACTIONS (".0", "\0") FRACTIONS (".1", "\2") FRACTIONS (".2", "\2") FRACTIONS (".3", "\2")
  FRACTIONS (".4", "\2") FRACTIONS (".5", "\2") FRACTIONS (".6", "\2") FRACTIONS (".7", "\2")
  FRACTIONS (".8", "\2") FRACTIONS (".9", "\2");
/* clang-format on */

#define N_WHOLE_TEXTS 10000
#define N_FRACTION_TEXTS 100

G_STATIC_ASSERT (sizeof whole_texts == N_WHOLE_TEXTS * TEXT_SIZE + 1);
G_STATIC_ASSERT (sizeof fraction_texts == N_FRACTION_TEXTS * TEXT_SIZE + 1);

/* The hundredth nearest to @magnitude, which is below ORDINARY_LIMIT, unless it returns %FALSE:
 * then it is that or the one below.
 *
 * However it was guessed, the guess is right if what is computed is less than a half from it: the
 * product and the difference may be rounded, but rounding is monotonic, and the half beside the
 * guess is a double, so neither can come out on this side of it when its exact value does not. This
 * holds as well for formats wider than double, and where the compiler joins the product with what
 * follows. */
static inline gboolean
guess_hundredths (double magnitude, gint64 *hundredths)
{
  const double scaled = magnitude * 100;

  *hundredths = (gint64) (scaled + 0.5);
  return fabs (scaled - (double) *hundredths) < 0.5;
}

/* The product came out on the half below @guess, or the guess passed that half only because its sum
 * was rounded: the nearest is @guess, or the one below. The sign of the exact product's distance
 * from the half tells. The parts of @magnitude have 24 and at most 29 bits, so their products with
 * 100 are exact; so is the difference of the first from the half, which it is near (Sterbenz); and
 * the sum, if it is rounded, keeps its sign. */
static gint64
resolve_tie (double magnitude, gint64 guess)
{
  const double high = (double) (float) magnitude;
  const double low = magnitude - high;
  const double above = (high * 100 - ((double) guess - 0.5)) + low * 100;

  return above < 0 || (above == 0 && guess % 2 == 1) ? guess - 1 : guess;
}

/* Stores a text of four bytes; returns its last. */
static inline guint32
store_text (char *end, const char *texts, gsize index)
{
  guint32 text;

  memcpy (&text, texts + TEXT_SIZE * index, TEXT_SIZE);
  memcpy (end, &text, TEXT_SIZE);
  return GUINT32_FROM_LE (text) >> 24;
}

static inline char *
write_fraction (char *end, guint32 hundredths)
{
  return end + store_text (end, fraction_texts, hundredths);
}

static inline char *
write_small (char *end, guint32 hundredths)
{
  const guint32 last = store_text (end, whole_texts, hundredths / 100);

  return write_fraction (end + MIN (last, TEXT_SIZE), hundredths % 100);
}

static char *
write_large (char *end, guint64 hundredths)
{
  char digits[20];
  char *first = digits + sizeof digits;

  for (guint64 whole = hundredths / 100; whole > 0; whole /= 10)
    *--first = (char) ('0' + whole % 10);
  memcpy (end, first, (gsize) (digits + sizeof digits - first));

  return write_fraction (end + (digits + sizeof digits - first), (guint32) (hundredths % 100));
}

static char *
write_ordinary (char *end, double magnitude)
{
  gint64 hundredths;

  if (!guess_hundredths (magnitude, &hundredths))
    hundredths = resolve_tie (magnitude, hundredths);

  if (hundredths < N_WHOLE_TEXTS * N_FRACTION_TEXTS)
    return write_small (end, (guint32) hundredths);
  return write_large (end, (guint64) hundredths);
}

static inline char
get_separator (double value)
{
  return (char) (' ' + ('-' - ' ') * (value <= LAST_NEGATIVE));
}

/* Writes numbers until one is not small or not sure. It calls nothing, so that its constants stay
 * in registers: this is where the time of a drawing goes. */
static gsize
write_small_numbers (const double *values, gsize n_values, char **end)
{
  char *position = *end;
  gsize i;

  for (i = 0; i < n_values; i++)
    {
      const double magnitude = fabs (values[i]);
      gint64 hundredths;

      if (G_UNLIKELY (!(magnitude < SMALL_LIMIT) || !guess_hundredths (magnitude, &hundredths)))
        break;

      *position = get_separator (values[i]);
      position = write_small (position + 1, (guint32) hundredths);
    }

  *end = position;
  return i;
}

/* printf is exact whatever the size of the number. */
static gsize
format_huge (double value, char buffer[STEPCAST_SVG_NUMBER_SIZE])
{
  gsize length;

  g_ascii_formatd (buffer, STEPCAST_SVG_NUMBER_SIZE, "%.2f", value);
  length = strlen (buffer);
  while (buffer[length - 1] == '0')
    length--;
  if (buffer[length - 1] == '.')
    length--;

  buffer[length] = '\0';
  return length;
}

/**
 * stepcast_svg_number_format:
 * @value: a number
 * @buffer: (out caller-allocates): where its text goes, NUL-terminated; all of it may be
 *   overwritten
 *
 * Writes @value with at most two decimals, correctly rounded, whatever the locale. Any thread.
 *
 * Returns: the length of the text, or 0 with nothing written if @value is infinite or not a number
 */
gsize
stepcast_svg_number_format (double value, char buffer[STEPCAST_SVG_NUMBER_SIZE])
{
  const double magnitude = fabs (value);
  char *end = buffer;

  if (!(magnitude < ORDINARY_LIMIT))
    return isfinite (value) ? format_huge (value, buffer) : 0;

  *end = '-';
  end = write_ordinary (end + (value <= LAST_NEGATIVE), magnitude);
  *end = '\0';
  return (gsize) (end - buffer);
}

/**
 * stepcast_svg_number_format_list:
 * @values: (array length=n_values): numbers
 * @n_values: how many there are
 * @buffer: room for @n_values times %STEPCAST_SVG_NUMBER_LIST_SIZE bytes, all of which may be
 *   overwritten
 * @n_bytes: (out): how many bytes of text were made
 *
 * Writes each number as stepcast_svg_number_format() does, after a blank or, if it is negative,
 * after nothing: its sign parts it from what stands before. Any thread.
 *
 * Returns: how many numbers were written: all, or those before the first that is too large for
 *   its room (1e13 or more) or not a number
 */
gsize
stepcast_svg_number_format_list (const double *values, gsize n_values, char *buffer, gsize *n_bytes)
{
  char *end = buffer;
  gsize i = write_small_numbers (values, n_values, &end);

  while (i < n_values && fabs (values[i]) < ORDINARY_LIMIT)
    {
      *end = get_separator (values[i]);
      end = write_ordinary (end + 1, fabs (values[i]));
      i++;
      i += write_small_numbers (values + i, n_values - i, &end);
    }

  *n_bytes = (gsize) (end - buffer);
  return i;
}
