/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include <glib/gstdio.h>
#include <zlib.h>

#include "stepcast-error.h"
#include "stepcast-kept.h"
#include "stepcast-picture-text.h"

/* Pictures that say how they were computed, and files that only look like one. */

#define SVG "<svg xmlns='http://www.w3.org/2000/svg'>"
#define META "<metadata><recipe xmlns='https://stepcast.org/ns/recipe'>"
#define END "</recipe></metadata>"

static void
assert_found (const char *data, gsize length, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = stepcast_picture_text_find (data, length, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_not_found (const char *data, gsize length, StepcastError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = stepcast_picture_text_find (data, length, &error);

  g_assert_null (text);
  g_assert_error (error, STEPCAST_ERROR, (int) code);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
}

static void
assert_svg (const char *svg, const char *expected)
{
  assert_found (svg, strlen (svg), expected);
}

static void
assert_bad_svg (const char *svg, const char *words)
{
  assert_not_found (svg, strlen (svg), STEPCAST_ERROR_INVALID_VALUE, words);
}

/* ---- SVG ---- */

static void
test_svg (void)
{
  assert_svg (SVG META "{\"a\":1}" END "<g/></svg>", "{\"a\":1}");
  assert_svg ("\xef\xbb\xbf<?xml version='1.0'?><!-- <recipe> -->" SVG META "x" END "</svg>", "x");
  assert_svg (SVG "<g/>" META "&lt;ü<![CDATA[<]]>&#x20ac;" END "</svg>", "<ü<€");
  assert_svg ("<s:svg xmlns:s='http://www.w3.org/2000/svg'><s:metadata>"
              "<k:recipe xmlns:k='https://stepcast.org/ns/recipe'>x</k:recipe>"
              "</s:metadata></s:svg>",
              "x");
  assert_svg (SVG META "first" END META "second" END "</svg>", "first");
  assert_svg (SVG META "first" END "<g <<<", "first"); /* the picture is not looked at */
}

static void
test_svg_without (void)
{
  assert_bad_svg (SVG "<g/></svg>", "does not say how");
  assert_bad_svg (SVG "<metadata><recipe>x</recipe></metadata></svg>", "does not say how");
  assert_bad_svg (SVG META "x", "damaged");
  assert_bad_svg (SVG META "x</metadata>", "damaged");
  assert_bad_svg (SVG META "a & b" END "</svg>", "damaged");
}

static void
test_no_picture (void)
{
  assert_bad_svg ("", "neither");
  assert_bad_svg ("x", "neither");
  assert_bad_svg ("<html/>", "neither");
  assert_bad_svg ("<svg/>", "neither");
  assert_bad_svg ("\xff\xd8\xff\xe0JFIF", "neither");
  assert_bad_svg ("\x89PNG", "neither");
}

static void
test_entities (void)
{
  g_autoptr (GString) laughs = g_string_new ("<!DOCTYPE svg [<!ENTITY l0 'ha'>");

  for (guint i = 1; i < 30; i++)
    g_string_append_printf (laughs, "<!ENTITY l%u '&l%u;&l%u;&l%u;&l%u;'>", i, i - 1, i - 1, i - 1,
                            i - 1);
  g_string_append (laughs, "]>" SVG META "&l29;" END "</svg>");
  assert_bad_svg (laughs->str, "entities");

  assert_bad_svg ("<!DOCTYPE svg [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>" SVG META "&f;" END
                  "</svg>",
                  "entities");
  assert_bad_svg ("<!DOCTYPE svg [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]>" SVG META "x" END
                  "</svg>",
                  "entities");
  assert_bad_svg (SVG META "&f;" END "</svg>", "damaged");
  assert_svg (
    "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://127.0.0.1:1/svg.dtd'>" SVG META "x" END
    "</svg>",
    "x");
}

static void
test_long_text (void)
{
  g_autofree char *text = g_strnfill (STEPCAST_PICTURE_TEXT_MAX_BYTES + 1, 'x');
  g_autofree char *svg = g_strconcat (SVG META, text, END "</svg>", NULL);

  assert_not_found (svg, strlen (svg), STEPCAST_ERROR_LIMIT_EXCEEDED, "too long");
}

/* ---- PNG ---- */

static void
append_number (GByteArray *png, guint32 number)
{
  guint32 big = GUINT32_TO_BE (number);

  g_byte_array_append (png, (const guint8 *) &big, sizeof big);
}

static void
append_chunk (GByteArray *png, const char *type, const char *data, gsize length)
{
  guint begin;

  append_number (png, (guint32) length);
  begin = png->len;
  g_byte_array_append (png, (const guint8 *) type, 4);
  g_byte_array_append (png, (const guint8 *) data, (guint) length);
  append_number (png, (guint32) crc32_z (0, png->data + begin, png->len - begin));
}

static GByteArray *
new_png (void)
{
  GByteArray *png = g_byte_array_new ();

  g_byte_array_append (png, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  append_chunk (png, "IHDR", "\0\0\0\1\0\0\0\1\10\0\0\0\0", 13);
  return png;
}

static void
assert_png (GByteArray *png, const char *expected)
{
  assert_found ((const char *) png->data, png->len, expected);
}

static void
assert_bad_png (GByteArray *png, const char *words)
{
  assert_not_found ((const char *) png->data, png->len, STEPCAST_ERROR_INVALID_VALUE, words);
}

#define TEXT(data) data, sizeof data - 1

static void
test_png (void)
{
  g_autoptr (GByteArray) png = new_png ();
  g_autoptr (GByteArray) other = new_png ();
  g_autoptr (GByteArray) late = new_png ();

  append_chunk (png, "iTXt", TEXT ("Title\0\0\0\0\0no"));
  append_chunk (png, "iTXt", TEXT ("Stepcast\0\0\0\0\0{\"\303\244\":1}"));
  assert_png (png, "{\"ä\":1}"); /* the pixels are not looked at */

  append_chunk (other, "tEXt", TEXT ("Stepcast\0{}"));
  assert_png (other, "{}");

  append_chunk (late, "IDAT", TEXT ("whatever"));
  append_chunk (late, "iTXt", TEXT ("Stepcast\0\0\0de\0Schrittwurf\0{}"));
  append_chunk (late, "IEND", NULL, 0);
  assert_png (late, "{}");
}

static void
test_png_without (void)
{
  g_autoptr (GByteArray) png = new_png ();

  append_chunk (png, "tEXt", TEXT ("Stepcaster\0{}"));
  append_chunk (png, "tEXt", TEXT ("Step"));
  append_chunk (png, "iTXt", TEXT (""));
  append_chunk (png, "IEND", NULL, 0);
  append_chunk (png, "tEXt", TEXT ("Stepcast\0{}")); /* behind the end */
  assert_bad_png (png, "does not say how");
}

/* Wherever it is cut off before the end of the text. */
static void
test_png_truncated (void)
{
  g_autoptr (GByteArray) png = new_png ();

  append_chunk (png, "iTXt", TEXT ("Stepcast\0\0\0\0\0{}"));
  for (guint length = 8; length < png->len; length++)
    {
      /* To the byte, so that a sanitizer sees who reads on. */
      g_autofree char *copy = g_memdup2 (png->data, length);

      assert_not_found (copy, length, STEPCAST_ERROR_INVALID_VALUE, "ends too early");
    }
}

static void
test_png_damaged (void)
{
  g_autoptr (GByteArray) png = new_png ();

  append_chunk (png, "iTXt", TEXT ("Stepcast\0\0\0\0\0{}"));
  for (guint i = 12; i < png->len; i++)
    {
      g_autoptr (GByteArray) damaged = g_byte_array_new ();

      g_byte_array_append (damaged, png->data, png->len);
      damaged->data[i] ^= 0x40;
      assert_bad_png (damaged, "damaged");
    }
}

static void
test_png_huge_chunk (void)
{
  const guint32 lengths[] = { 0xffffffff, 0xfffffff4, 0x80000000, 0x7fffffff, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (GByteArray) png = new_png ();

      append_number (png, lengths[i]);
      g_byte_array_append (png, (const guint8 *) TEXT ("iTXtStepcast\0\0\0\0\0{}    "));
      assert_bad_png (png, "ends too early");
    }
}

static void
test_png_wrong_texts (void)
{
  static const struct
  {
    const char *data;
    gsize length;
    const char *words;
  } texts[] = {
    { TEXT ("Stepcast\0"), "no beginning" },
    { TEXT ("Stepcast\0\0"), "no beginning" },
    { TEXT ("Stepcast\0\0\0"), "no beginning" },
    { TEXT ("Stepcast\0\0\0de"), "no beginning" },
    { TEXT ("Stepcast\0\0\0\0{}"), "no beginning" },
    { TEXT ("Stepcast\0\1\0\0\0xx"), "compressed" },
    { TEXT ("Stepcast\0\0\0\0\0\xff"), "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GByteArray) png = new_png ();

      append_chunk (png, "iTXt", texts[i].data, texts[i].length);
      assert_bad_png (png, texts[i].words);
    }
}

/* ---- files ---- */

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("stepcast-kept-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.svg", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_null (stepcast_picture_text_read (path, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_nonnull (strstr (error->message, "a.svg"));
  g_clear_error (&error);

  g_assert_null (stepcast_picture_text_read (folder, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  g_clear_error (&error);

  g_assert_null (stepcast_picture_text_read ("/dev/zero", &error)); /* has no end */
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (path, SVG META "{}" END "</svg>", -1, NULL));
  text = stepcast_picture_text_read (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "{}");
  g_unlink (path);
  g_rmdir (folder);
}

/* ---- what is in them ---- */

#define RECIPE(rest) "{'stepcast':1,'service':'0.4.0','kind':'generator','generator':'g'," rest "}"

static StepcastKept *
parse (const char *text, GError **error)
{
  g_autofree char *json = g_strdelimit (g_strdup (text), "'", '"');

  return stepcast_kept_parse (json, error);
}

static void
assert_words (char **words, const char *expected)
{
  g_autofree char *joined = g_strjoinv (" ", words);

  g_assert_cmpstr (joined, ==, expected);
}

static const StepcastKeptChange *
get_change (StepcastKept *kept, guint i)
{
  g_assert_cmpuint (i, <, kept->changes->len);
  return &g_array_index (kept->changes, StepcastKeptChange, i);
}

static void
test_kept (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastKept) kept =
    parse (RECIPE (
             "'run':1,'step':812,'parameters':{'seed':'18446744073709551615','feed':0.055,'n':3,"
             "'wrap':true,'edge':'round'},'changes':[{'step':1,'values':{'feed':0.06}},"
             "{'step':40,'values':{'feed':0.1,'n':-4}},{'step':40,'values':{'feed':0.2}},"
             "{'step':900,'values':{'wrap':false}}],'complete':true,'later':[1]"),
           &error);

  g_assert_no_error (error);
  g_assert_cmpstr (kept->generator, ==, "g");
  g_assert_cmpstr (kept->service, ==, "0.4.0");
  g_assert_cmpuint (kept->step, ==, 812);
  assert_words (kept->assignments,
                "seed=18446744073709551615 n=3 wrap=true edge=round feed=0.059999999999999998");
  g_assert_cmpuint (kept->changes->len, ==, 2);
  g_assert_cmpuint (get_change (kept, 0)->step, ==, 40);
  assert_words (get_change (kept, 0)->assignments, "n=-4 feed=0.20000000000000001");
  g_assert_cmpuint (get_change (kept, 1)->step, ==, 900);
  assert_words (get_change (kept, 1)->assignments, "wrap=false");
}

static void
test_kept_override (void)
{
  char *given[] = { (char *) "feed=1=2", (char *) "more=3", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastKept) kept =
    parse (RECIPE ("'step':5,'parameters':{'feed':0,'feeder':1},'changes':"
                   "[{'step':2,'values':{'feed':1}},{'step':3,'values':{'feed':1,'feeder':2}}]"),
           &error);

  g_assert_no_error (error);
  g_assert_true (stepcast_kept_override (kept, given, &error));
  assert_words (kept->assignments, "feeder=1 feed=1=2 more=3");
  g_assert_cmpuint (kept->changes->len, ==, 1);
  assert_words (get_change (kept, 0)->assignments, "feeder=2");
}

static void
test_kept_file (void)
{
  char *nothing[] = { NULL };
  char *given[] = { (char *) "image=cat.jpg", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastKept) kept =
    parse (RECIPE ("'step':5,'parameters':{'n':1,'image':{'upload':'x'}}"), &error);

  g_assert_no_error (error);
  g_assert_false (stepcast_kept_override (kept, nothing, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  g_clear_error (&error);
  g_assert_true (stepcast_kept_override (kept, given, &error));
  assert_words (kept->assignments, "n=1 image=cat.jpg");
}

static void
test_kept_wrong (void)
{
  static const struct
  {
    const char *text;
    const char *words;
  } texts[] = {
    { "", "damaged" },
    { "[]", "damaged" },
    { "{'stepcast':1", "damaged" },
    { "{'stepcast':1} {}", "damaged" },
    { "{}", "stepcast" },
    { "{'stepcast':'1'}", "stepcast" },
    { "{'stepcast':0}", "stepcast" },
    { "{'stepcast':2,'service':'9.1.0','generator':3}", "9.1.0" },
    { "{'stepcast':1}", "generator" },
    { "{'stepcast':1,'kind':'program','program':'python3','step':1}", "python3" },
    { RECIPE ("'step':1"), "parameters" },
    { RECIPE ("'parameters':{}"), "step" },
    { RECIPE ("'step':-1,'parameters':{}"), "step" },
    { RECIPE ("'step':0,'parameters':{}"), "before the first" },
    { RECIPE ("'step':1.5,'parameters':{}"), "step" },
    { RECIPE ("'step':9007199254740993,'parameters':{}"), "step" },
    { RECIPE ("'step':99999999999999999999,'parameters':{}"), "step" },
    { RECIPE ("'step':1,'parameters':[]"), "parameters" },
    { RECIPE ("'step':1,'parameters':{'feed':null}"), "feed" },
    { RECIPE ("'step':1,'parameters':{'feed':[1]}"), "feed" },
    { RECIPE ("'step':1,'parameters':{},'changes':{}"), "changes" },
    { RECIPE ("'step':1,'parameters':{},'changes':[1]"), "changes" },
    { RECIPE ("'step':1,'parameters':{},'changes':[{}]"), "step" },
    { RECIPE ("'step':1,'parameters':{},'changes':[{'step':2}]"), "values" },
    { RECIPE ("'step':1,'parameters':{},'changes':[{'step':2,'values':{'a':{}}}]"), "“a”" },
    { RECIPE ("'step':9,'parameters':{},'changes':[{'step':3,'values':{'a':1}},{'step':2,'values':"
              "{'a':1}}]"),
      "changes" },
    { RECIPE ("'step':1,'parameters':{},'complete':false"), "not all" },
    { RECIPE ("'step':1,'parameters':{},'complete':1"), "not all" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StepcastKept) kept = parse (texts[i].text, &error);

      g_assert_null (kept);
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      if (strstr (error->message, texts[i].words) == NULL)
        g_error ("“%s” does not say “%s”", error->message, texts[i].words);
    }
}

/* json-glib's parser is recursive. */
static void
test_kept_deep (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  g_autofree char *text = g_strconcat ("{\"stepcast\":", deep, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_kept_parse (text, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/kept/svg", test_svg);
  g_test_add_func ("/kept/svg-without", test_svg_without);
  g_test_add_func ("/kept/no-picture", test_no_picture);
  g_test_add_func ("/kept/entities", test_entities);
  g_test_add_func ("/kept/long-text", test_long_text);
  g_test_add_func ("/kept/png", test_png);
  g_test_add_func ("/kept/png-without", test_png_without);
  g_test_add_func ("/kept/png-truncated", test_png_truncated);
  g_test_add_func ("/kept/png-damaged", test_png_damaged);
  g_test_add_func ("/kept/png-huge-chunk", test_png_huge_chunk);
  g_test_add_func ("/kept/png-wrong-texts", test_png_wrong_texts);
  g_test_add_func ("/kept/files", test_files);
  g_test_add_func ("/kept/kept", test_kept);
  g_test_add_func ("/kept/override", test_kept_override);
  g_test_add_func ("/kept/file", test_kept_file);
  g_test_add_func ("/kept/wrong", test_kept_wrong);
  g_test_add_func ("/kept/deep", test_kept_deep);

  return g_test_run ();
}
