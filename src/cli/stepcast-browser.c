/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-browser.h"

#include <unistd.h>

#include <gio/gdesktopappinfo.h>
#include <gio/gio.h>
#include <glib/gi18n.h>

/* A browser that we start is none of our job: Ctrl-C is not for it, and what it prints has no place
 * among what we print. */
#define SPAWN_FLAGS (G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL)

static void
leave_terminal (gpointer user_data)
{
  setsid ();
}

static gboolean
launch_default (const char *link)
{
  g_autofree char *scheme = g_uri_parse_scheme (link);
  g_autoptr (GAppInfo) browser = NULL;
  GList uris = { (gpointer) link, NULL, NULL };

  if (scheme != NULL)
    browser = g_app_info_get_default_for_uri_scheme (scheme);
  return G_IS_DESKTOP_APP_INFO (browser) &&
         g_desktop_app_info_launch_uris_as_manager (G_DESKTOP_APP_INFO (browser), &uris, NULL,
                                                    SPAWN_FLAGS, leave_terminal, NULL, NULL, NULL,
                                                    NULL);
}

/* It may stay for as long as the browser does: it is not waited for. */
static gboolean
spawn_xdg_open (const char *link)
{
  const char *argv[] = { "xdg-open", link, NULL };

  return g_spawn_async (NULL, (char **) argv, NULL, SPAWN_FLAGS, leave_terminal, NULL, NULL, NULL);
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
  if (launch_default (link) || spawn_xdg_open (link))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _ ("There is no browser that could be opened from here\nOpen the link yourself: %s"),
               link);
  return FALSE;
}
