/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-browser.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

/* Its window may stay open for as long as the browser runs: it is not waited for. What it prints
 * has no place among what we print. */
static gboolean
spawn_xdg_open (const char *link)
{
  const char *argv[] = { "xdg-open", link, NULL };

  return g_spawn_async (NULL, (char **) argv, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                          G_SPAWN_STDERR_TO_DEV_NULL,
                        NULL, NULL, NULL, NULL);
}

/**
 * stepcast_browser_open:
 * @link: a web page
 * @error: says that there is nothing to open it with, and what to do
 *
 * Opens @link in the user's browser.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_browser_open (const char *link, GError **error)
{
  if (g_app_info_launch_default_for_uri (link, NULL, NULL) || spawn_xdg_open (link))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _ ("There is no browser that could be opened from here\nOpen the link yourself: %s"),
               link);
  return FALSE;
}
