/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-error.h"
#include "stepcast-title.h"

static void
assert_becomes (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *title = stepcast_title_read (text, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (title, ==, expected);
}

static void
assert_refused (const char *text, const char *told)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_title_read (text, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  g_assert_nonnull (strstr (error->message, told));
}

static void
test_kept (void)
{
  g_autofree char *longest = g_strnfill (STEPCAST_TITLE_MAX_CHARACTERS, 'x');

  assert_becomes ("Spots, warm", "Spots, warm");
  assert_becomes ("x", "x");
  assert_becomes (longest, longest);
  assert_becomes ("<b>\"'&\\", "<b>\"'&\\");
  assert_becomes ("שלום", "שלום");
  assert_becomes ("👩‍🔬", "👩‍🔬"); /* with a joiner */
  assert_becomes ("क्ष", "क्ष");
}

static void
test_blanks (void)
{
  assert_becomes ("  x  y\t\n", "x  y");
  assert_becomes ("\u00a0\u3000x\u00a0", "x");
  assert_refused ("", "1 to 100");
  assert_refused (" \t\u3000", "1 to 100");
  assert_refused ("\u200b\u200d", "1 to 100");
  assert_refused ("\u0301", "1 to 100"); /* an accent on nothing */
}

static void
test_length (void)
{
  g_autofree char *too_long = g_strnfill (STEPCAST_TITLE_MAX_CHARACTERS + 1, 'x');
  g_autofree char *around = g_strdup_printf ("  %s  ", too_long + 1);
  g_autoptr (GString) ducks = g_string_new (NULL);

  for (guint i = 0; i < STEPCAST_TITLE_MAX_CHARACTERS; i++)
    g_string_append (ducks, "🦆");

  assert_refused (too_long, "101");
  assert_becomes (around, too_long + 1);
  assert_becomes (ducks->str, ducks->str); /* characters, not bytes */
}

static void
test_harmful (void)
{
  static const char *const texts[] = { "a\nb",
                                       "a\x1b[31mb",
                                       "a\x7f"
                                       "b",
                                       "a\xc2\x85"
                                       "b",
                                       "a\u2028b",
                                       "a\u2029b",
                                       "a\u061cb",
                                       "a\u200eb",
                                       "a\u200fb",
                                       "a\u202ab",
                                       "a\u202eb",
                                       "a\u2066b",
                                       "a\u2069b" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], "U+");
  assert_refused ("a\xff", "UTF-8");
  assert_refused ("\xed\xa0\x80", "UTF-8");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/title/kept", test_kept);
  g_test_add_func ("/title/blanks", test_blanks);
  g_test_add_func ("/title/length", test_length);
  g_test_add_func ("/title/harmful", test_harmful);

  return g_test_run ();
}
