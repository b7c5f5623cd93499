/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <librsvg/rsvg.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "stepcast-error.h"
#include "stepcast-svg-writer.h"

#define ROOT_OF_10_BY_20                                                                           \
  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"20\" viewBox=\"0 0 10 20\""

/* Finishes the document, which has to be one that librsvg reads. */
static char *
finish (StepcastSvgWriter *writer)
{
  g_autoptr (GError) error = NULL;
  RsvgHandle *handle;
  g_autoptr (GBytes) svg = stepcast_svg_writer_finish (writer, &error);
  const guint8 *data;
  gsize size;

  g_assert_no_error (error);
  data = g_bytes_get_data (svg, &size);
  handle = rsvg_handle_new_from_data (data, size, &error);
  g_assert_no_error (error);
  g_assert_nonnull (handle);
  g_object_unref (handle);

  return g_strndup ((const char *) data, size);
}

static void
assert_document (StepcastSvgWriter *writer, const char *after_root)
{
  g_autofree char *expected = g_strconcat (ROOT_OF_10_BY_20, after_root, NULL);
  g_autofree char *text = finish (writer);

  g_assert_cmpstr (text, ==, expected);
}

/* The error's message names each of the two. */
static void
assert_fails (StepcastSvgWriter *writer, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_svg_writer_finish (writer, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME);
  g_assert_nonnull (strstr (error->message, name));
  g_assert_nonnull (strstr (error->message, value));
}

static void
test_empty (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

  assert_document (writer, "/>");
}

static void
test_size (void)
{
  const double bad[] = { 0, -1, 0.001, NAN, INFINITY };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (StepcastSvgWriter) by_width = stepcast_svg_writer_new (bad[i], 20);
      g_autoptr (StepcastSvgWriter) by_height = stepcast_svg_writer_new (10, bad[i]);

      stepcast_svg_writer_begin (by_width, "g");
      stepcast_svg_writer_end (by_width);
      assert_fails (by_width, "width", "<svg>");
      assert_fails (by_height, "height", "<svg>");
    }
}

static void
test_nesting (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

  stepcast_svg_writer_attribute (writer, "fill", "none");
  stepcast_svg_writer_begin (writer, "g");
  stepcast_svg_writer_attribute (writer, "id", "a");
  stepcast_svg_writer_begin (writer, "circle");
  stepcast_svg_writer_attribute_number (writer, "cx", 0.125);
  stepcast_svg_writer_attribute_number (writer, "r", -0.0);
  stepcast_svg_writer_end (writer);
  stepcast_svg_writer_begin (writer, "text");
  stepcast_svg_writer_text (writer, "one");
  stepcast_svg_writer_begin (writer, "tspan");
  stepcast_svg_writer_text (writer, "two");
  stepcast_svg_writer_end (writer);
  stepcast_svg_writer_text (writer, "three");
  stepcast_svg_writer_end (writer);
  stepcast_svg_writer_end (writer);
  stepcast_svg_writer_begin (writer, "g");

  assert_document (writer, " fill=\"none\"><g id=\"a\"><circle cx=\"0.12\" r=\"0\"/>"
                           "<text>one<tspan>two</tspan>three</text></g><g/></svg>");
}

/* What is open is closed, from wherever it stands. */
static void
test_finish_closes (void)
{
  g_autoptr (StepcastSvgWriter) in_path = stepcast_svg_writer_new (10, 20);
  g_autoptr (StepcastSvgWriter) in_text = stepcast_svg_writer_new (10, 20);

  stepcast_svg_writer_begin (in_path, "g");
  stepcast_svg_writer_begin (in_path, "path");
  stepcast_svg_writer_begin_path (in_path);
  stepcast_svg_writer_move_to (in_path, 1, 2);
  assert_document (in_path, "><g><path d=\"M1 2\"/></g></svg>");

  stepcast_svg_writer_begin (in_text, "text");
  stepcast_svg_writer_text (in_text, "open");
  assert_document (in_text, "><text>open</text></svg>");
}

static void
test_path (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_begin_path (writer);
  stepcast_svg_writer_move_to (writer, 1, -2);
  stepcast_svg_writer_line_to (writer, -3.5, 4);
  stepcast_svg_writer_line_to (writer, 5, 6);
  stepcast_svg_writer_horizontal_by (writer, -7);
  stepcast_svg_writer_horizontal_by (writer, 8);
  stepcast_svg_writer_line_to (writer, 9, -0.001);
  stepcast_svg_writer_curve_to (writer, -1, 2, 3, 4, 5, 6);
  stepcast_svg_writer_curve_to (writer, 7, 8, 9, 10, -11, 12);
  stepcast_svg_writer_curve_by (writer, 1, -2, 3, 4, 5, 6);
  stepcast_svg_writer_curve_by (writer, -1, 0, 0, 2.5, 3, 4);
  stepcast_svg_writer_close_path (writer);
  stepcast_svg_writer_line_to (writer, 1, 1);
  stepcast_svg_writer_close_path (writer);
  stepcast_svg_writer_move_to (writer, 2, 2);
  stepcast_svg_writer_move_to (writer, 3, 3);
  stepcast_svg_writer_line_to (writer, 1e13, -1e13);
  stepcast_svg_writer_end_path (writer);
  stepcast_svg_writer_attribute (writer, "fill", "none");

  assert_document (
    writer,
    "><path d=\"M1-2-3.5 4 5 6h-7 8L9 0C-1 2 3 4 5 6 7 8 9 10-11 12c1-2 3 4 5 6-1 0 0 2.5 3 4ZL1 1Z"
    "M2 2M3 3 10000000000000-10000000000000\" fill=\"none\"/></svg>");
}

static void
test_empty_path (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_begin_path (writer);
  stepcast_svg_writer_polyline (writer, NULL, 0, TRUE);
  stepcast_svg_writer_end_path (writer);
  stepcast_svg_writer_end (writer);

  assert_document (writer, "><path d=\"\"/></svg>");
}

static void
test_polyline (void)
{
  const double points[] = { 1, 2, -3, 4.25, 5, -6 };
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_begin_path (writer);
  stepcast_svg_writer_polyline (writer, points, 3, TRUE);
  stepcast_svg_writer_polyline (writer, points, 1, FALSE);
  stepcast_svg_writer_polyline (writer, points, 2, FALSE);
  stepcast_svg_writer_line_to (writer, 7, 8);
  stepcast_svg_writer_end_path (writer);

  assert_document (writer, "><path d=\"M1 2-3 4.25 5-6ZM1 2M1 2-3 4.25 7 8\"/></svg>");
}

/* More numbers than room is made for at a time, and longer ones than a list takes among them. */
static void
test_large (void)
{
  const gsize n_points = 100 * 1000;
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GString) expected = g_string_new ("><path d=\"M");
  g_autofree double *points = g_new (double, 2 * n_points);

  for (gsize i = 0; i < 2 * n_points; i++)
    {
      points[i] = g_rand_int_range (rand, -1000, 1000);
      if (i % 1000 == 999)
        points[i] *= 1e13;
      if (i > 0 && points[i] >= 0)
        g_string_append_c (expected, ' ');
      g_string_append_printf (expected, "%.0f", points[i]);
    }
  g_string_append (expected, "\"/></svg>");

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_begin_path (writer);
  stepcast_svg_writer_polyline (writer, points, n_points, FALSE);
  g_assert_cmpuint (stepcast_svg_writer_get_size (writer), ==,
                    strlen (ROOT_OF_10_BY_20) + expected->len - strlen ("\"/></svg>"));
  assert_document (writer, expected->str);
}

static void
test_many_elements (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 20 * 1000; i++)
    {
      stepcast_svg_writer_begin (writer, "circle");
      stepcast_svg_writer_attribute_number (writer, "cx", i);
      stepcast_svg_writer_attribute_number (writer, "r", 1);
      stepcast_svg_writer_end (writer);
    }

  text = finish (writer);
  g_assert_true (g_str_has_suffix (text, "<circle cx=\"19999\" r=\"1\"/></svg>"));
}

typedef struct
{
  const char *text;
  const char *escaped; /* or NULL where it is refused: then what the message names */
  const char *named;
} EscapeCase;

static const EscapeCase escape_cases[] = {
  { "", "", NULL },
  { "plain", "plain", NULL },
  { "a&b<c>d\"e'f", "a&amp;b&lt;c&gt;d&quot;e'f", NULL },
  { "]]>", "]]&gt;", NULL },
  { "&amp;", "&amp;amp;", NULL },
  { "\t\n\r", "&#9;&#10;&#13;", NULL },
  { "<", "&lt;", NULL },
  { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f",
    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \x7f", NULL },
  { "\xef\xbf\xbd \xef\xbb\xbf", "\xef\xbf\xbd \xef\xbb\xbf", NULL },
  { "a\x01", NULL, "U+0001" },
  { "\x1f", NULL, "U+001F" },
  { "a\xef\xbf\xbe", NULL, "U+FFFE" },
  { "\xef\xbf\xbf", NULL, "U+FFFF" },
  { "\xff", NULL, "UTF-8" },
  { "cut \xe2\x82", NULL, "UTF-8" },
  { "\xed\xa0\x80", NULL, "UTF-8" }, /* a surrogate */
  { "\xc0\x80", NULL, "UTF-8" },     /* an overlong NUL */
};

static void
test_escape_attribute (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (escape_cases); i++)
    {
      const EscapeCase *c = &escape_cases[i];
      g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);
      g_autofree char *expected = g_strdup_printf ("><g id=\"%s\"/></svg>", c->escaped);

      stepcast_svg_writer_begin (writer, "g");
      stepcast_svg_writer_attribute (writer, "id", c->text);
      if (c->escaped != NULL)
        assert_document (writer, expected);
      else
        assert_fails (writer, "“id” of <g>", c->named);
    }
}

static void
test_escape_text (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (escape_cases); i++)
    {
      const EscapeCase *c = &escape_cases[i];
      g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);
      g_autofree char *expected = g_strdup_printf ("><text>%s</text></svg>", c->escaped);

      stepcast_svg_writer_begin (writer, "text");
      stepcast_svg_writer_text (writer, c->text);
      if (c->escaped != NULL)
        assert_document (writer, expected);
      else
        assert_fails (writer, "text of <text>", c->named);
    }
}

/* The first mistake is told, whatever is called after it. */
static void
test_not_finite_attribute (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);
  gsize size;

  stepcast_svg_writer_begin (writer, "circle");
  stepcast_svg_writer_attribute_number (writer, "cx", NAN);
  size = stepcast_svg_writer_get_size (writer);

  stepcast_svg_writer_attribute_number (writer, "cy", INFINITY);
  stepcast_svg_writer_begin_path (writer);
  stepcast_svg_writer_polyline (writer, NULL, 0, FALSE);
  stepcast_svg_writer_close_path (writer);
  stepcast_svg_writer_end_path (writer);
  stepcast_svg_writer_text (writer, "\xff");
  stepcast_svg_writer_end (writer);
  stepcast_svg_writer_end (writer);
  g_assert_cmpuint (stepcast_svg_writer_get_size (writer), ==, size);

  assert_fails (writer, "“cx” of <circle>", "NaN");
}

static void
test_not_finite_path (void)
{
  static const char *const names[] = { "NaN", "holds infinity", "-infinity" };
  const double values[] = { NAN, INFINITY, -INFINITY };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    for (gsize bad = 0; bad < 6; bad++)
      {
        g_autoptr (StepcastSvgWriter) by_polyline = stepcast_svg_writer_new (10, 20);
        g_autoptr (StepcastSvgWriter) by_curve = stepcast_svg_writer_new (10, 20);
        double points[] = { 1, 2, 3, 4, 5, 6 };

        points[bad] = values[i];
        stepcast_svg_writer_begin (by_polyline, "path");
        stepcast_svg_writer_begin_path (by_polyline);
        stepcast_svg_writer_polyline (by_polyline, points, 3, TRUE);
        stepcast_svg_writer_end_path (by_polyline);
        assert_fails (by_polyline, "“d” of <path>", names[i]);

        stepcast_svg_writer_begin (by_curve, "path");
        stepcast_svg_writer_begin_path (by_curve);
        stepcast_svg_writer_move_to (by_curve, 0, 0);
        stepcast_svg_writer_curve_to (by_curve, points[0], points[1], points[2], points[3],
                                      points[4], points[5]);
        assert_fails (by_curve, "“d” of <path>", names[i]);
      }
}

/* A program that has a locale with a decimal comma is no reason for another picture. */
static void
test_locale (void)
{
  static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "sv_SE.UTF-8" };
  g_autofree char *before = g_strdup (setlocale (LC_ALL, NULL));
  g_autofree char *sample = NULL;
  const char *chosen = NULL;

  for (gsize i = 0; chosen == NULL && i < G_N_ELEMENTS (names); i++)
    chosen = setlocale (LC_ALL, names[i]);
  if (chosen == NULL)
    {
      g_test_skip ("No locale with a decimal comma is installed");
      return;
    }

  sample = g_strdup_printf ("%.1f", 1.5);
  g_assert_cmpstr (sample, ==, "1,5");
  {
    g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

    stepcast_svg_writer_begin (writer, "path");
    stepcast_svg_writer_attribute_number (writer, "stroke-width", 1.5);
    stepcast_svg_writer_begin_path (writer);
    stepcast_svg_writer_move_to (writer, 0.25, 1e13 + 0.5);
    stepcast_svg_writer_line_to (writer, 12345.75, -1e13 - 0.5);
    assert_document (writer, "><path stroke-width=\"1.5\" d=\"M0.25 10000000000000.5 12345.75"
                             "-10000000000000.5\"/></svg>");
  }
  setlocale (LC_ALL, before);
}

static void
expect_refusal (void)
{
  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_CRITICAL,
                         "stepcast_svg_writer_*: assertion '*' failed");
}

/* Calls that would make no document are refused, and change nothing. */
static void
test_misuse (void)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (10, 20);

  expect_refusal ();
  stepcast_svg_writer_end (writer);
  expect_refusal ();
  stepcast_svg_writer_attribute_number (writer, "width", 5);
  expect_refusal ();
  stepcast_svg_writer_begin (writer, "g x");
  expect_refusal ();
  stepcast_svg_writer_attribute (writer, "", "nameless");
  expect_refusal ();
  stepcast_svg_writer_move_to (writer, 1, 2);

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_begin_path (writer);
  expect_refusal ();
  stepcast_svg_writer_line_to (writer, 1, 2);
  expect_refusal ();
  stepcast_svg_writer_close_path (writer);
  expect_refusal ();
  stepcast_svg_writer_text (writer, "content");
  expect_refusal ();
  stepcast_svg_writer_end (writer);
  expect_refusal ();
  stepcast_svg_writer_attribute (writer, "id", "early");
  stepcast_svg_writer_end_path (writer);

  expect_refusal ();
  stepcast_svg_writer_begin_path (writer);
  stepcast_svg_writer_text (writer, "content");
  expect_refusal ();
  stepcast_svg_writer_attribute (writer, "id", "late");

  assert_document (writer, "><path d=\"\">content</path></svg>");
  expect_refusal ();
  stepcast_svg_writer_begin (writer, "g");
  expect_refusal ();
  g_assert_null (stepcast_svg_writer_finish (writer, NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/svg-writer/empty", test_empty);
  g_test_add_func ("/svg-writer/size", test_size);
  g_test_add_func ("/svg-writer/nesting", test_nesting);
  g_test_add_func ("/svg-writer/finish-closes", test_finish_closes);
  g_test_add_func ("/svg-writer/path", test_path);
  g_test_add_func ("/svg-writer/empty-path", test_empty_path);
  g_test_add_func ("/svg-writer/polyline", test_polyline);
  g_test_add_func ("/svg-writer/large", test_large);
  g_test_add_func ("/svg-writer/many-elements", test_many_elements);
  g_test_add_func ("/svg-writer/escape-attribute", test_escape_attribute);
  g_test_add_func ("/svg-writer/escape-text", test_escape_text);
  g_test_add_func ("/svg-writer/not-finite-attribute", test_not_finite_attribute);
  g_test_add_func ("/svg-writer/not-finite-path", test_not_finite_path);
  g_test_add_func ("/svg-writer/locale", test_locale);
  g_test_add_func ("/svg-writer/misuse", test_misuse);

  return g_test_run ();
}
