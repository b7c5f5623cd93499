/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-page.h"

static const char *const languages[] = { "de", "pt-BR", "pt", "zh-Hant", NULL };

static void
test_language (void)
{
  static const struct
  {
    const char *accepted;
    const char *expected;
  } cases[] = {
    { NULL, NULL },
    { "", NULL },
    { "de", "de" },
    { "DE-at", "de" },
    { "pt-BR", "pt-BR" },
    { "pt-PT", "pt" },
    { "zh-Hant-TW", "zh-Hant" },
    { "zh", NULL },
    { "zh-Hans, de;q=0.1", "de" },
    { "en, de", NULL },
    { "en-GB;q=0.5, de;q=0.6", "de" },
    { "de;q=0.5, en;q=0.6", NULL },
    { "de;q=0", NULL },
    { "*", NULL },
    { "fr, *;q=0.5, de;q=0.1", NULL },
    { "-de", NULL },
    { "de-", "de" },
    { "dex", NULL },
    { ",,;q", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *language = stepcast_page_choose_language (cases[i].accepted, languages);

      if (g_strcmp0 (language, cases[i].expected) != 0)
        g_error ("“%s”: %s", cases[i].accepted, language);
    }
}

static void
test_gzip (void)
{
  g_assert_true (stepcast_page_takes_gzip ("gzip"));
  g_assert_true (stepcast_page_takes_gzip ("br, Gzip;q=0.1"));
  g_assert_true (stepcast_page_takes_gzip ("*"));
  g_assert_false (stepcast_page_takes_gzip (NULL));
  g_assert_false (stepcast_page_takes_gzip (""));
  g_assert_false (stepcast_page_takes_gzip ("br"));
  g_assert_false (stepcast_page_takes_gzip ("gzip;q=0"));
  g_assert_false (stepcast_page_takes_gzip ("*, gzip;q=0"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/page/language", test_language);
  g_test_add_func ("/page/gzip", test_gzip);

  return g_test_run ();
}
