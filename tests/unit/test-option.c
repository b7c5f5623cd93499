/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>
#include <string.h>

#include "stepcast-error.h"
#include "stepcast-option.h"

/* What a client may give as options, and what becomes of it. */

static const char *const colours[] = { "red", "green", NULL };

/* One of each sort. */
static const StepcastOption table[] = {
  { .key = "text", .type = "s" },
  { .key = "colour", .type = "s", .choices = colours },
  { .key = "flag", .type = "b" },
  { .key = "rate", .type = "d", .minimum = 0, .maximum = 100 },
  { .key = "real", .type = "d" },
  { .key = "bytes", .type = "t", .minimum = 1024, .maximum = 67108864 },
  { .key = "large", .type = "t" },
  { .key = "count", .type = "u", .minimum = 1, .maximum = 1000000 },
  { .key = "small", .type = "u" },
  { .key = "env", .type = "a{ss}" },
  { .key = "parameters", .type = "a{sv}" },
};

/* @value: (transfer floating) */
static GVariant *
make_options (const char *key, GVariant *value)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, key, value);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

/* @value: (transfer floating) */
static GVariant *
check (const char *key, GVariant *value, GError **error)
{
  g_autoptr (GVariant) given = make_options (key, value);
  g_autoptr (GVariant) options = stepcast_options_check (given, table, G_N_ELEMENTS (table), error);
  GVariant *checked;

  if (options == NULL)
    return NULL;
  g_assert_false (g_variant_is_floating (options));
  g_assert_cmpuint (g_variant_n_children (options), ==, 1);
  checked = g_variant_lookup_value (options, key, NULL);
  g_assert_nonnull (checked);
  return checked;
}

/* Both as g_variant_parse() has them. */
static void
assert_becomes (const char *key, const char *given, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = check (key, g_variant_new_parsed (given), &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (value, TRUE);
  g_assert_cmpstr (text, ==, expected);
}

/* @value: (transfer floating) */
static void
assert_value_refused (const char *key, GVariant *value, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) checked = check (key, value, &error);

  g_assert_null (checked);
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 400);
  g_assert_nonnull (strstr (error->message, key));
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, error->message);
}

static void
assert_refused (const char *key, const char *given, const char *part)
{
  assert_value_refused (key, g_variant_new_parsed (given), part);
}

static void
test_own_types (void)
{
  assert_becomes ("text", "'a “b”'", "'a “b”'");
  assert_becomes ("text", "''", "''");
  assert_becomes ("colour", "'green'", "'green'");
  assert_becomes ("flag", "true", "true");
  assert_becomes ("flag", "false", "false");
  assert_becomes ("rate", "12.5", "12.5");
  assert_becomes ("large", "uint64 18446744073709551615", "uint64 18446744073709551615");
  assert_becomes ("small", "uint32 4294967295", "uint32 4294967295");
  assert_becomes ("env", "{'A': 'b'}", "{'A': 'b'}");
  assert_becomes ("env", "@a{ss} {}", "@a{ss} {}");
  assert_becomes ("parameters", "{'a': <1>}", "{'a': <1>}");
}

/* From each integer type to each. */
static void
test_conversions (void)
{
  static const char *const naturals[] = { "byte 0x07", "int16 7", "uint16 7", "int32 7",
                                          "uint32 7",  "int64 7", "uint64 7" };
  static const char *const negatives[] = { "int16 -7", "int32 -7", "int64 -7" };

  for (guint i = 0; i < G_N_ELEMENTS (naturals); i++)
    {
      assert_becomes ("real", naturals[i], "7.0");
      assert_becomes ("large", naturals[i], "uint64 7");
      assert_becomes ("small", naturals[i], "uint32 7");
    }
  for (guint i = 0; i < G_N_ELEMENTS (negatives); i++)
    {
      assert_becomes ("real", negatives[i], "-7.0");
      assert_refused ("large", negatives[i], "type t");
      assert_refused ("small", negatives[i], "type u");
    }
}

static void
test_conversions_that_lose (void)
{
  assert_refused ("small", "uint64 4294967296", "4294967296");
  assert_refused ("small", "int64 4294967296", "4294967296");
  assert_becomes ("small", "int64 4294967295", "uint32 4294967295");
  assert_becomes ("large", "int64 9223372036854775807", "uint64 9223372036854775807");
  assert_refused ("large", "int64 -9223372036854775808", "type t");

  assert_becomes ("real", "int64 9007199254740992", "9007199254740992.0");
  assert_becomes ("real", "int64 -9007199254740992", "-9007199254740992.0");
  assert_refused ("real", "int64 9007199254740993", "9007199254740993");
  assert_refused ("real", "int64 -9007199254740993", "9007199254740993");
  assert_refused ("real", "uint64 18446744073709551615", "type d");
}

static void
test_wrong_types (void)
{
  assert_refused ("text", "7", "type s");
  assert_refused ("text", "objectpath '/a'", "type s");
  assert_refused ("text", "<'a'>", "type s");
  assert_refused ("colour", "7", "red or green");
  assert_refused ("flag", "1", "type b");
  assert_refused ("flag", "'true'", "type b");
  assert_refused ("rate", "'5'", "'5'");
  assert_refused ("rate", "true", "from 0 to 100");
  assert_becomes ("bytes", "2048.0", "uint64 2048");
  assert_refused ("bytes", "2048.5", "from 1024 to 67108864");
  assert_refused ("bytes", "handle 3", "from 1024");
  assert_refused ("count", "[1]", "from 1 to 1000000");
  assert_refused ("env", "{'A': <'b'>}", "type a{ss}");
  assert_refused ("env", "['A=b']", "type a{ss}");
  assert_refused ("parameters", "{'A': 'b'}", "type a{sv}");
  assert_refused ("parameters", "()", "type a{sv}");
}

static void
test_ranges (void)
{
  assert_becomes ("bytes", "uint64 1024", "uint64 1024");
  assert_becomes ("bytes", "67108864", "uint64 67108864");
  assert_refused ("bytes", "uint64 1023", "1023");
  assert_refused ("bytes", "uint64 67108865", "67108865");
  assert_refused ("bytes", "uint64 18446744073709551615", "18446744073709551615");
  assert_becomes ("count", "1", "uint32 1");
  assert_becomes ("count", "byte 0xff", "uint32 255");
  assert_refused ("count", "0", "from 1 to 1000000");
  assert_refused ("count", "1000001", "1000001");
  assert_becomes ("rate", "0", "0.0");
  assert_becomes ("rate", "100", "100.0");
  assert_refused ("rate", "100.0001", "100.0001");
  assert_refused ("rate", "-1", "-1");
  assert_value_refused ("rate", g_variant_new_double (NAN), "nan");
  assert_value_refused ("rate", g_variant_new_double (INFINITY), "inf");
  assert_refused ("colour", "'blue'", "'blue'");
  assert_refused ("colour", "''", "red or green");
  assert_refused ("colour", "'Red'", "red or green");
}

static void
assert_unknown (const char *key, const StepcastOption *options, guint n_options, const char *part)
{
  g_autoptr (GVariant) given = make_options (key, g_variant_new_boolean (TRUE));
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_options_check (given, options, n_options, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_cmpuint (strlen (error->message), <, 500);
}

static void
test_unknown_keys (void)
{
  g_autofree char *huge = g_strnfill (1024 * 1024, 'k');
  g_autofree char *beginning = g_strnfill (64, 'k');

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    assert_unknown ("no-such", table, G_N_ELEMENTS (table), table[i].key);
  assert_unknown ("no-such", table, G_N_ELEMENTS (table), "“no-such”");
  assert_unknown ("Flag", table, G_N_ELEMENTS (table), "“Flag”");
  assert_unknown ("", table, G_N_ELEMENTS (table), "“”");
  assert_unknown ("%s%n", table, G_N_ELEMENTS (table), "“%s%n”");
  assert_unknown (huge, table, G_N_ELEMENTS (table), beginning);
  assert_unknown ("flag", NULL, 0, "“flag” here: there are none yet");
}

static void
test_empty (void)
{
  g_autoptr (GVariant) given =
    g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));

  for (guint n_options = 0; n_options <= G_N_ELEMENTS (table); n_options += G_N_ELEMENTS (table))
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) options = stepcast_options_check (given, table, n_options, &error);

      g_assert_no_error (error);
      g_assert_true (g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT));
      g_assert_cmpuint (g_variant_n_children (options), ==, 0);
    }
}

/* One that is wrong, and nothing of the others is taken. */
static void
test_several (void)
{
  g_autoptr (GVariant) good =
    g_variant_ref_sink (g_variant_new_parsed ("{'flag': <true>, 'rate': <3>, 'text': <'t'>}"));
  g_autoptr (GVariant) bad =
    g_variant_ref_sink (g_variant_new_parsed ("{'flag': <true>, 'rate': <-3>, 'text': <'t'>}"));
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  double rate;

  options = stepcast_options_check (good, table, G_N_ELEMENTS (table), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (options), ==, 3);
  g_assert_true (g_variant_lookup (options, "rate", "d", &rate));
  g_assert_cmpfloat (rate, ==, 3);

  g_assert_null (stepcast_options_check (bad, table, G_N_ELEMENTS (table), &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
}

/* A message can be of 128 MiB. What it would print is never made: it is several times that. */
static void
test_huge_values (void)
{
  gsize n_bytes = (gsize) 64 * 1024 * 1024;
  g_autofree char *text = g_strnfill (n_bytes, 'x');
  g_autofree guint8 *bytes = g_malloc0 (n_bytes);

  assert_value_refused ("colour", g_variant_new_string (text), "67108865 bytes");
  assert_value_refused ("rate", g_variant_new_string (text), "67108865 bytes of the D-Bus type s");
  assert_value_refused ("text", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, n_bytes, 1),
                        "67108864 bytes of the D-Bus type ay");
}

static void
test_long_values_are_cut (void)
{
  g_autofree char *text = g_strnfill (500, 'x');
  g_autofree char *beginning = g_strnfill (63, 'x');
  g_autofree char *quoted = g_strconcat ("'", beginning, "…", NULL);

  assert_value_refused ("colour", g_variant_new_string (text), quoted);
}

/* A signature can be as long as a value. */
static void
test_long_types (void)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (guint i = 0; i < 250; i++)
    g_variant_builder_add (&builder, "t", (guint64) i);
  assert_value_refused ("text", g_variant_builder_end (&builder), "(uint64 0, uint64 1");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/option/own-types", test_own_types);
  g_test_add_func ("/option/conversions", test_conversions);
  g_test_add_func ("/option/conversions/that-lose", test_conversions_that_lose);
  g_test_add_func ("/option/wrong-types", test_wrong_types);
  g_test_add_func ("/option/ranges", test_ranges);
  g_test_add_func ("/option/unknown-keys", test_unknown_keys);
  g_test_add_func ("/option/empty", test_empty);
  g_test_add_func ("/option/several", test_several);
  g_test_add_func ("/option/huge-values", test_huge_values);
  g_test_add_func ("/option/long-values-are-cut", test_long_values_are_cut);
  g_test_add_func ("/option/long-types", test_long_types);

  return g_test_run ();
}
