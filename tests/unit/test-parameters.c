/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>

#include "stepcast-error.h"
#include "stepcast-file-value.h"
#include "stepcast-generator.h"
#include "stepcast-parameters.h"

/* A generator with a parameter of each kind, which does nothing. */

#define TEST_TYPE_GENERATOR (test_generator_get_type ())

G_DECLARE_FINAL_TYPE (TestGenerator, test_generator, TEST, GENERATOR, StepcastGenerator)

struct _TestGenerator
{
  StepcastGenerator parent_instance;
  GValue values[16];
};

G_DEFINE_FINAL_TYPE (TestGenerator, test_generator, STEPCAST_TYPE_GENERATOR)

static void
test_generator_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TestGenerator *self = TEST_GENERATOR (object);

  if (!G_IS_VALUE (&self->values[id]))
    g_value_init (&self->values[id], pspec->value_type);
  g_value_copy (value, &self->values[id]);
}

static void
test_generator_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (&TEST_GENERATOR (object)->values[id], value);
}

static void
test_generator_finalize (GObject *object)
{
  TestGenerator *self = TEST_GENERATOR (object);

  for (guint i = 0; i < G_N_ELEMENTS (self->values); i++)
    if (G_IS_VALUE (&self->values[i]))
      g_value_unset (&self->values[i]);

  G_OBJECT_CLASS (test_generator_parent_class)->finalize (object);
}

static void
install_marked (GObjectClass *object_class, guint id, GParamSpec *pspec)
{
  static const char *const accept[] = { "image/png", "text/*", NULL };
  static const StepcastFileRule rule = { accept, 100 };

  if (g_str_equal (pspec->name, "ink"))
    stepcast_parameter_set_color (pspec);
  else if (g_str_equal (pspec->name, "note"))
    stepcast_parameter_set_multiline (pspec);
  else
    stepcast_parameter_set_file_rule (pspec, &rule);
  g_object_class_install_property (object_class, id, pspec);
}

static void
test_generator_class_init (TestGeneratorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;
  const GParamFlags at_start = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->set_property = test_generator_set_property;
  object_class->get_property = test_generator_get_property;
  object_class->finalize = test_generator_finalize;

  g_object_class_install_property (object_class, 1,
                                   g_param_spec_boolean ("flag", "Flag", "A flag", TRUE, flags));
  g_object_class_install_property (object_class, 2,
                                   g_param_spec_int ("level", "Level", "A level", -5, 5, 1, flags));
  g_object_class_install_property (object_class, 3,
                                   g_param_spec_uint ("width", "Width", "A width", 1, 100, 10,
                                                      at_start));
  g_object_class_install_property (object_class, 4,
                                   g_param_spec_int64 ("offset", "Offset", "An offset", G_MININT64,
                                                       G_MAXINT64, 0, flags));
  g_object_class_install_property (object_class, 5,
                                   g_param_spec_uint64 ("seed", "Seed", "A seed", 0, G_MAXUINT64, 1,
                                                        flags));
  g_object_class_install_property (object_class, 6,
                                   g_param_spec_double ("feed", "Feed", "A rate", 0, 1, 0.055,
                                                        flags));
  g_object_class_install_property (object_class, 7,
                                   g_param_spec_enum ("unit", "Unit", "A choice",
                                                      G_TYPE_DATA_STREAM_BYTE_ORDER,
                                                      G_DATA_STREAM_BYTE_ORDER_BIG_ENDIAN, flags));
  g_object_class_install_property (object_class, 8,
                                   g_param_spec_string ("title", "Title", "A text", "none", flags));
  g_object_class_install_property (object_class, 9,
                                   g_param_spec_uint ("count", "Count",
                                                      "Not writable: no parameter", 0, 9, 0,
                                                      G_PARAM_READABLE));
  install_marked (object_class, 10,
                  g_param_spec_string ("ink", "Ink", "A colour", "#0a0b0c", flags));
  install_marked (object_class, 11,
                  g_param_spec_boxed ("sheet", "Sheet", "A file", G_TYPE_BYTES, at_start));
  install_marked (object_class, 12, g_param_spec_string ("note", "Note", "Some lines", "", flags));
}

static void
test_generator_init (TestGenerator *self)
{
}

static GParamSpec *
find (const char *name)
{
  g_autoptr (GError) error = NULL;
  GParamSpec *pspec = stepcast_parameters_find (TEST_TYPE_GENERATOR, name, &error);

  g_assert_no_error (error);
  return pspec;
}

static void
test_list (void)
{
  static const char *const names[] = { "flag", "level", "width", "offset", "seed", "feed",
                                       "unit", "title", "ink",   "sheet",  "note" };
  g_autofree GParamSpec **list = NULL;
  guint n_parameters;

  list = stepcast_parameters_list (TEST_TYPE_GENERATOR, &n_parameters);
  g_assert_cmpuint (n_parameters, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < n_parameters; i++)
    g_assert_cmpstr (list[i]->name, ==, names[i]);

  g_assert_true (stepcast_parameter_is_live (find ("feed")));
  g_assert_false (stepcast_parameter_is_live (find ("width")));
}

static void
test_unknown (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_parameters_find (TEST_TYPE_GENERATOR, "fede", &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER);
  g_assert_nonnull (strstr (error->message, "fede"));
  g_assert_nonnull (strstr (error->message, "feed"));
}

/* What somebody said is repeated in part, and as UTF-8 in any case. */
static void
test_quote (void)
{
  g_autofree char *umlauts = g_strnfill (200, 'x');
  g_autofree char *quoted = NULL;

  for (guint i = 1; i + 1 < 200; i += 2)
    memcpy (umlauts + i, "ü", 2);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (stepcast_parameters_find (TEST_TYPE_GENERATOR, umlauts + i, &error));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_clear_error (&error);
      g_assert_null (stepcast_parameter_parse (find ("feed"), umlauts + i, &error));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }

  quoted = stepcast_error_quote ("\xff short");
  g_assert_cmpstr (quoted, ==, "\xef\xbf\xbd short");
  g_assert_cmpstr (g_quark_to_string (STEPCAST_ERROR), ==, "stepcast-error-quark");
}

typedef struct
{
  const char *name;
  const char *text;
  const char *result; /* as GVariant text, or NULL when it is refused */
} ParseCase;

static void
test_parse (void)
{
  static const ParseCase cases[] = {
    { "flag", "true", "true" },
    { "flag", "off", "false" },
    { "flag", "maybe", NULL },
    { "flag", "", NULL },
    { "level", "-5", "-5" },
    { "level", "-6", NULL },
    { "level", "1.5", NULL },
    { "level", "0x3", NULL },
    { "width", "100", "uint32 100" },
    { "width", "0", NULL },
    { "width", "-1", NULL },
    { "width", "4294967297", NULL },
    { "width", "10px", NULL },
    { "offset", "-9223372036854775808", "int64 -9223372036854775808" },
    { "seed", "18446744073709551615", "uint64 18446744073709551615" },
    { "seed", "18446744073709551616", NULL },
    { "feed", "0.5", "0.5" },
    { "feed", "1e-3", "0.001" },
    { "feed", " 0.5", NULL },
    { "feed", "0,5", NULL },
    { "feed", "nan", NULL },
    { "feed", "inf", NULL },
    { "feed", "1.01", NULL },
    { "unit", "little-endian", "'little-endian'" },
    { "unit", "middle-endian", NULL },
    { "title", "a=b c", "'a=b c'" },
    { "title", "", "''" },
    { "title", "\xff", NULL },
    { "ink", "#00FFaa", "'#00ffaa'" },
    { "ink", "#0fa", NULL },
    { "ink", "00ffaa", NULL },
    { "ink", "#00ffag", NULL },
    { "ink", "#00ffaa0", NULL },
    { "ink", "#00ffa", NULL },
    { "ink", "#", NULL },
    { "ink", "", NULL },
    { "ink", "red", NULL },
    { "note", "one\ntwo", "'one\\ntwo'" },
    { "sheet", "/etc/passwd", NULL },
    { "sheet", "", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value =
        stepcast_parameter_parse (find (cases[i].name), cases[i].text, &error);
      g_autofree char *printed = NULL;

      if (cases[i].result == NULL)
        {
          g_assert_null (value);
          g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
          g_assert_nonnull (strstr (error->message, cases[i].name));
          continue;
        }
      g_assert_no_error (error);
      printed = g_variant_print (value, TRUE);
      g_assert_cmpstr (printed, ==, cases[i].result);
    }
}

static void
test_convert (void)
{
  /* Given as GVariant text, and what becomes of it. */
  static const ParseCase cases[] = {
    { "level", "3.0", "3" },
    { "level", "byte 0x03", "3" },
    { "level", "uint64 4", "4" },
    { "level", "2.5", NULL },
    { "level", "'3'", NULL },
    { "level", "true", NULL },
    { "width", "int64 -1", NULL },
    { "feed", "1", "1.0" },
    { "feed", "uint64 9007199254740993", NULL },
    { "seed", "9007199254740992.0", "uint64 9007199254740992" },
    { "seed", "1e300", NULL },
    { "offset", "uint64 9223372036854775808", NULL },
    { "offset", "-9223372036854775808.0", "int64 -9223372036854775808" },
    { "flag", "1", NULL },
    { "title", "3", NULL },
    { "title", "['a']", NULL },
    { "unit", "'big-endian'", "'big-endian'" },
    { "ink", "'#ABCDEF'", "'#abcdef'" },
    { "ink", "0xabcdef", NULL },
    { "sheet", "@ay []", "@ay []" },
    { "sheet", "[byte 0x61, 0x62, 0x63]", "[byte 0x61, 0x62, 0x63]" },
    { "sheet", "'some words'", NULL },
    { "sheet", "('0123456789abcdef',)", NULL },
    { "sheet", "[0x89, byte 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]",
      "[byte 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]" },
    { "sheet", "[byte 0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10, 0x4a, 0x46, 0x49, 0x46]", NULL },
    { "sheet",
      "b'01234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789012345678901234567890'",
      NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) given =
        g_variant_ref_sink (g_variant_new_parsed (cases[i].text)); /* a static text of ours */
      g_autoptr (GVariant) value = stepcast_parameter_convert (find (cases[i].name), given, &error);
      g_autofree char *printed = NULL;

      if (cases[i].result == NULL)
        {
          g_assert_null (value);
          g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
          continue;
        }
      g_assert_no_error (error);
      printed = g_variant_print (value, TRUE);
      g_assert_cmpstr (printed, ==, cases[i].result);
    }
}

static void
test_kinds (void)
{
  g_autofree char *range = stepcast_parameter_describe_range (find ("sheet"));

  g_assert_cmpstr (stepcast_parameter_get_type_name (find ("title")), ==, "text");
  g_assert_cmpstr (stepcast_parameter_get_type_name (find ("note")), ==, "text");
  g_assert_cmpstr (stepcast_parameter_get_type_name (find ("ink")), ==, "color");
  g_assert_cmpstr (stepcast_parameter_get_type_name (find ("sheet")), ==, "file");
  g_assert_true (stepcast_parameter_is_multiline (find ("note")));
  g_assert_false (stepcast_parameter_is_multiline (find ("title")));
  g_assert_false (stepcast_parameter_is_multiline (find ("ink")));
  g_assert_cmpuint (stepcast_parameter_get_max_bytes (find ("sheet")), ==, 100);
  g_assert_cmpstr (stepcast_parameter_get_accept (find ("sheet"))[0], ==, "image/png");
  g_assert_cmpstr (range, ==, "the content of a file of at most 100 bytes (image/png, text/*)");
}

static void
assert_accepted (const char *type, const char *pattern, gboolean is_accepted)
{
  const char *const accept[] = { "application/x-none", pattern, NULL };

  g_assert_cmpint (stepcast_file_value_is_accepted (type, accept), ==, is_accepted);
}

static void
test_accept (void)
{
  assert_accepted ("image/png", "image/png", TRUE);
  assert_accepted ("image/png", "image/*", TRUE);
  assert_accepted ("image/png", "*/*", TRUE);
  assert_accepted ("image/png", "image/jpeg", FALSE);
  assert_accepted ("image/png", "image", FALSE);
  assert_accepted ("imagery/png", "image/*", FALSE);
  assert_accepted ("text/plain", "text/csv", TRUE); /* nothing but its name tells it apart */
  assert_accepted ("image/png", "text/csv", FALSE);
  assert_accepted ("application/octet-stream", "image/*", FALSE);
  g_assert_true (stepcast_file_value_is_accepted ("image/png", NULL));
}

/* A file is shared and not copied on its way to a generator, and told of in words. */
static void
test_file (void)
{
  g_autoptr (GVariant) given = g_variant_ref_sink (
    g_variant_new_parsed ("{'sheet': <[byte 0x61, 0x62, 0x63]>, 'ink': <'#FFFFFF'>}"));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) checked = stepcast_parameters_check (TEST_TYPE_GENERATOR, given, &error);
  g_autoptr (GVariant) empty = stepcast_parameter_get_default (find ("sheet"));
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GVariant) file = NULL;
  g_autoptr (GObject) generator = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_size (empty), ==, 0);
  generator = stepcast_parameters_construct (TEST_TYPE_GENERATOR, checked);
  g_object_get (generator, "sheet", &bytes, NULL);
  file = g_variant_lookup_value (checked, "sheet", G_VARIANT_TYPE_BYTESTRING);
  g_assert_true (g_bytes_get_data (bytes, NULL) == g_variant_get_data (file));

  summary = stepcast_parameters_summarize (checked);
  printed = g_variant_print (summary, FALSE);
  g_assert_cmpstr (printed, ==, "{'sheet': <'text/plain, 3 bytes'>, 'ink': <'#ffffff'>}");
}

static void
test_check_is_all_or_nothing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) good =
    g_variant_ref_sink (g_variant_new_parsed ("{'feed': <1>, 'seed': <7>}"));
  g_autoptr (GVariant) bad =
    g_variant_ref_sink (g_variant_new_parsed ("{'feed': <1>, 'seed': <-7>}"));
  g_autoptr (GVariant) checked = stepcast_parameters_check (TEST_TYPE_GENERATOR, good, &error);
  guint64 seed;

  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (checked, "seed", "t", &seed));
  g_assert_cmpuint (seed, ==, 7);

  g_assert_null (stepcast_parameters_check (TEST_TYPE_GENERATOR, bad, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
}

/* What comes by the bus may have 64 MiB, and an error message has a line. */
static void
test_large_values_are_not_printed (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (1 << 20), 1 << 20);
  g_autoptr (GVariant) values = g_variant_ref_sink (
    g_variant_new_parsed ("{'feed': %v}",
                          g_variant_new_from_bytes (G_VARIANT_TYPE ("ay"), bytes, TRUE)));
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_parameters_check (TEST_TYPE_GENERATOR, values, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  g_assert_nonnull (strstr (error->message, "“1048576 bytes of the D-Bus type ay” is no value"));
}

static void
test_construct_and_apply (void)
{
  g_autoptr (GVariant) defaults = stepcast_parameters_defaults (TEST_TYPE_GENERATOR);
  g_autoptr (GVariant) given =
    g_variant_ref_sink (g_variant_new_parsed ("{'width': <uint32 50>, 'unit': <'little-endian'>}"));
  g_autoptr (GVariant) values = stepcast_parameters_merge (defaults, given);
  g_autoptr (GObject) generator = stepcast_parameters_construct (TEST_TYPE_GENERATOR, values);
  g_autoptr (GVariant) changes = g_variant_ref_sink (
    g_variant_new_parsed ("{'width': <uint32 60>, 'feed': <0.25>, 'title': <'new'>}"));
  g_autofree char *title = NULL;
  guint width;
  double feed;
  int unit;

  stepcast_parameters_apply (generator, changes);
  g_object_get (generator, "width", &width, "feed", &feed, "unit", &unit, "title", &title, NULL);
  g_assert_cmpuint (width, ==, 50); /* applies at the next start only */
  g_assert_cmpfloat (feed, ==, 0.25);
  g_assert_cmpint (unit, ==, G_DATA_STREAM_BYTE_ORDER_LITTLE_ENDIAN);
  g_assert_cmpstr (title, ==, "new");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/parameters/list", test_list);
  g_test_add_func ("/parameters/kinds", test_kinds);
  g_test_add_func ("/parameters/accept", test_accept);
  g_test_add_func ("/parameters/file", test_file);
  g_test_add_func ("/parameters/unknown", test_unknown);
  g_test_add_func ("/parameters/quote", test_quote);
  g_test_add_func ("/parameters/parse", test_parse);
  g_test_add_func ("/parameters/convert", test_convert);
  g_test_add_func ("/parameters/check-is-all-or-nothing", test_check_is_all_or_nothing);
  g_test_add_func ("/parameters/large-values-are-not-printed", test_large_values_are_not_printed);
  g_test_add_func ("/parameters/construct-and-apply", test_construct_and_apply);

  return g_test_run ();
}
