/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "stepcast-svg-number.h"

#define SEED 20261120

/* Of a double's significand, the bit that is not stored. */
#define IMPLICIT_BIT (G_GUINT64_CONSTANT (1) << (DBL_MANT_DIG - 1))

/* What printf says, with trailing zeros and the sign of a zero dropped. */
static void
format_by_printf (double value, char text[STEPCAST_SVG_NUMBER_SIZE])
{
  char *end;

  g_ascii_formatd (text, STEPCAST_SVG_NUMBER_SIZE, "%.2f", value);
  end = text + strlen (text);
  while (end[-1] == '0')
    end--;
  if (end[-1] == '.')
    end--;
  *end = '\0';

  if (strcmp (text, "-0") == 0)
    strcpy (text, "0");
}

static void
check (double value)
{
  char text[STEPCAST_SVG_NUMBER_SIZE];
  char expected[STEPCAST_SVG_NUMBER_SIZE];
  gsize length = stepcast_svg_number_format (value, text);

  format_by_printf (value, expected);
  if (strcmp (text, expected) != 0)
    g_error ("%a is written “%s”, and should be “%s”", value, text, expected);
  g_assert_cmpuint (length, ==, strlen (text));
}

/* The number of hundredths that a text stands for, if it is written as short as can be. */
static gboolean
parse_hundredths (const char *text, gint64 *hundredths)
{
  const gboolean negative = *text == '-';
  const char *digits = text + negative;
  const char *c = digits;
  guint n_decimals = 0;

  for (*hundredths = 0; g_ascii_isdigit (*c); c++)
    *hundredths = 10 * *hundredths + (*c - '0');
  if (c == digits || (*digits == '0' && c > digits + 1))
    return FALSE;

  if (*c == '.')
    for (c++; g_ascii_isdigit (*c); c++, n_decimals++)
      *hundredths = 10 * *hundredths + (*c - '0');
  if (*c != '\0' || n_decimals > 2 || c[-1] == '.' || (n_decimals > 0 && c[-1] == '0'))
    return FALSE;

  for (; n_decimals < 2; n_decimals++)
    *hundredths *= 10;
  if (negative && *hundredths == 0)
    return FALSE;
  *hundredths *= negative ? -1 : 1;
  return TRUE;
}

/* Rounds the exact product of @value, which is below 2^52, with integers only. */
static gint64
round_by_integers (double value)
{
  guint64 bits, product, quotient, rest, half;
  int shift;

  memcpy (&bits, &value, sizeof bits);
  product = ((bits & (IMPLICIT_BIT - 1)) | IMPLICIT_BIT) * 100;
  shift = DBL_MANT_DIG - DBL_MIN_EXP + 1 - (int) (bits >> (DBL_MANT_DIG - 1) & 0x7ff);
  if (shift > 62) /* far below a hundredth; of what is smaller still, the product is wrong */
    return 0;

  quotient = product >> shift;
  rest = product & ((G_GUINT64_CONSTANT (1) << shift) - 1);
  half = G_GUINT64_CONSTANT (1) << (shift - 1);
  quotient += rest > half || (rest == half && quotient % 2 == 1);
  return value < 0 ? -(gint64) quotient : (gint64) quotient;
}

/* As check(), many times faster than printf. */
static void
check_by_integers (double value)
{
  char text[STEPCAST_SVG_NUMBER_SIZE];
  gint64 hundredths;

  stepcast_svg_number_format (value, text);
  if (!parse_hundredths (text, &hundredths) || hundredths != round_by_integers (value))
    g_error ("%a is written “%s”, and should be %" G_GINT64_FORMAT " hundredths", value, text,
             round_by_integers (value));
}

/* The value, its neighbours, and what is opposite. */
static void
check_around (double value)
{
  check (value);
  check (-value);
  check (nextafter (value, INFINITY));
  check (nextafter (value, -INFINITY));
}

typedef struct
{
  double value;
  const char *text;
} Case;

static void
test_table (void)
{
  static const Case cases[] = {
    { 0, "0" },
    { -0.0, "0" },
    { 1, "1" },
    { -1, "-1" },
    { 0.5, "0.5" },
    { 0.25, "0.25" },
    { 10, "10" },
    { 100.1, "100.1" },
    { 0.01, "0.01" },
    { 7.10, "7.1" },
    { 7.01, "7.01" },
    { 0.004, "0" },
    { -0.004, "0" },
    { -0.0049999999999999, "0" },
    { 0.005, "0.01" },   /* a little more than it says */
    { -0.005, "-0.01" }, /* likewise */
    { 0.015, "0.01" },   /* a little less */
    { 1.005, "1" },      /* a little less */
    { 2.675, "2.67" },   /* a little less */
    { 0.125, "0.12" },   /* ties, to even */
    { 0.375, "0.38" },
    { 0.625, "0.62" },
    { -0.875, "-0.88" },
    { 99.995, "100" }, /* a little more than it says */
    { 9.995, "9.99" },
    { 9999.99, "9999.99" },
    { 9999.995, "10000" },
    { 10000, "10000" },
    { 12345.678, "12345.68" },
    { -123456789.5, "-123456789.5" },
    { 9999999999999.99, "9999999999999.99" },
    { 9999999999999.998, "10000000000000" },
    { 1e13, "10000000000000" },
    { 1e15 + 0.375, "1000000000000000.38" },
    { 9007199254740993.0, "9007199254740992" },
    { -1e22, "-10000000000000000000000" },
    { DBL_MIN, "0" },
    { -5e-324, "0" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char text[STEPCAST_SVG_NUMBER_SIZE];

      stepcast_svg_number_format (cases[i].value, text);
      g_assert_cmpstr (text, ==, cases[i].text);
      check_around (cases[i].value);
    }
}

static void
test_not_finite (void)
{
  const double values[] = { NAN, -NAN, INFINITY, -INFINITY };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      char text[STEPCAST_SVG_NUMBER_SIZE] = "as it was";

      g_assert_cmpuint (stepcast_svg_number_format (values[i], text), ==, 0);
      g_assert_cmpstr (text, ==, "as it was");
    }
}

/* Every hundredth and every half between two, as near as a double comes. */
static void
test_hundredths (void)
{
  for (guint i = 0; i <= 2 * 1000 * 100; i++)
    check_around (i / 200.0);
}

/* Every half that a double has exactly is an odd multiple of 1/8. */
static void
test_ties (void)
{
  for (guint i = 1; i < 10000; i += 2)
    check_around (i / 8.0);

  for (double large = 16; large < 1e15; large *= 2)
    for (guint i = 1; i < 100; i += 2)
      check_around (large + i / 8.0);
}

static void
test_powers (void)
{
  for (int i = DBL_MIN_EXP - DBL_MANT_DIG; i < DBL_MAX_EXP; i++)
    check_around (ldexp (1, i));
  for (double power = 1e-10; power < 1e300; power *= 10)
    check_around (power);

  check (DBL_MAX);
  check (-DBL_MAX);
  check (nextafter (0, 1));
  check (DBL_MIN - nextafter (0, 1)); /* the largest subnormal */
}

/* printf is slow: it is asked about some of the numbers, or about all with -m slow. */
static void
check_random (guint i, double value)
{
  check_by_integers (value);
  if (i % 32 == 0 || g_test_slow ())
    check (value);
}

static void
test_random_drawing (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < 6 * 1000 * 1000; i++)
    check_random (i, g_rand_double_range (rand, -1100, 1100));
}

static void
test_random_magnitude (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < 4 * 1000 * 1000; i++)
    check_random (i, ldexp (g_rand_double_range (rand, -1, 1), g_rand_int_range (rand, -10, 52)));
}

/* Any double there is, but for the few that are not finite. */
static void
test_random_bits (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < 30 * 1000; i++)
    {
      const guint64 bits = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
      double value;

      memcpy (&value, &bits, sizeof value);
      if (isfinite (value))
        check (value);
    }
}

static void
test_list (void)
{
  const double values[] = { 1, -2.5, 0, -0.001, 1234.5, -10000.25, 0.125, 9999.998, 1e12 };
  char text[G_N_ELEMENTS (values) * STEPCAST_SVG_NUMBER_LIST_SIZE];
  gsize n_bytes;

  g_assert_cmpuint (stepcast_svg_number_format_list (values, G_N_ELEMENTS (values), text, &n_bytes),
                    ==, G_N_ELEMENTS (values));
  text[n_bytes] = '\0';
  g_assert_cmpstr (text, ==, " 1-2.5 0 0 1234.5-10000.25 0.12 10000 1000000000000");

  g_assert_cmpuint (stepcast_svg_number_format_list (values, 0, text, &n_bytes), ==, 0);
  g_assert_cmpuint (n_bytes, ==, 0);
}

static void
test_list_stops (void)
{
  const double strangers[] = { 1e13, -1e13, DBL_MAX, NAN, INFINITY, -INFINITY };

  for (gsize i = 0; i < G_N_ELEMENTS (strangers); i++)
    {
      const double values[] = { 1, 20000, strangers[i], 3 };
      char text[G_N_ELEMENTS (values) * STEPCAST_SVG_NUMBER_LIST_SIZE];
      gsize n_bytes;

      g_assert_cmpuint (stepcast_svg_number_format_list (values, 4, text, &n_bytes), ==, 2);
      text[n_bytes] = '\0';
      g_assert_cmpstr (text, ==, " 1 20000");
    }
}

/* A list says what its numbers say one by one, and keeps to its room (a sanitizer looks). */
static void
test_list_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < 50 * 1000; i++)
    {
      const gsize n_values = (gsize) g_rand_int_range (rand, 1, 8);
      g_autofree char *text = g_malloc (n_values * STEPCAST_SVG_NUMBER_LIST_SIZE);
      g_autoptr (GString) expected = g_string_new (NULL);
      double values[8];
      gsize n_bytes;

      for (gsize j = 0; j < n_values; j++)
        {
          char number[STEPCAST_SVG_NUMBER_SIZE];

          values[j] = ldexp (g_rand_double_range (rand, -1, 1), g_rand_int_range (rand, -10, 43));
          if (g_rand_boolean (rand))
            values[j] = round (values[j]) / 8;
          format_by_printf (values[j], number);
          if (*number != '-')
            g_string_append_c (expected, ' ');
          g_string_append (expected, number);
        }

      g_assert_cmpuint (stepcast_svg_number_format_list (values, n_values, text, &n_bytes), ==,
                        n_values);
      g_assert_cmpmem (text, n_bytes, expected->str, expected->len);
    }
}

static void
test_list_room (void)
{
  const double longest = -9999999999999.998;
  g_autofree char *text = g_malloc (STEPCAST_SVG_NUMBER_LIST_SIZE);
  gsize n_bytes;

  g_assert_cmpuint (stepcast_svg_number_format_list (&longest, 1, text, &n_bytes), ==, 1);
  g_assert_cmpmem (text, n_bytes, "-10000000000000", 15);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/svg-number/table", test_table);
  g_test_add_func ("/svg-number/not-finite", test_not_finite);
  g_test_add_func ("/svg-number/hundredths", test_hundredths);
  g_test_add_func ("/svg-number/ties", test_ties);
  g_test_add_func ("/svg-number/powers", test_powers);
  g_test_add_func ("/svg-number/random-drawing", test_random_drawing);
  g_test_add_func ("/svg-number/random-magnitude", test_random_magnitude);
  g_test_add_func ("/svg-number/random-bits", test_random_bits);
  g_test_add_func ("/svg-number/list", test_list);
  g_test_add_func ("/svg-number/list-stops", test_list_stops);
  g_test_add_func ("/svg-number/list-random", test_list_random);
  g_test_add_func ("/svg-number/list-room", test_list_room);

  return g_test_run ();
}
