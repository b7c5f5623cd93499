/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-locale.h"

#include <libintl.h>
#include <locale.h>

#include <glib.h>

/* In the build tree programs are in src/SOMETHING, and the translations in po: whoever runs what is
 * not installed, as build-aux/run does, reads their own language, too. */
static char *
find_catalogues (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (program != NULL ? program : "/");
  g_autofree char *parent = g_path_get_dirname (folder);
  g_autofree char *root = g_path_get_dirname (parent);
  g_autofree char *uninstalled = g_build_filename (root, "po", NULL);

  if (g_str_has_suffix (parent, "/src") && g_file_test (uninstalled, G_FILE_TEST_IS_DIR))
    return g_steal_pointer (&uninstalled);
  return g_strdup (LOCALEDIR);
}

/**
 * stepcast_locale_set_up:
 *
 * Has the process speak the language of its user. To be called first, while there is one thread.
 */
void
stepcast_locale_set_up (void)
{
  g_autofree char *catalogues = find_catalogues ();

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, catalogues);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}
