/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-web-links.h"

static const char *
get_token (const StepcastAccess *access, StepcastRole role)
{
  return access != NULL ? stepcast_access_get_token (access, role) : NULL;
}

/**
 * stepcast_web_links_make_page:
 * @base_uri: where the server is reached, with a slash at its end
 * @access: (nullable): the tokens; %NULL for a link without one
 * @session: (nullable): a session's name; %NULL for the page that opens a new one
 * @role: what the link is to allow
 *
 * Returns: (transfer full): what to open in a browser
 */
char *
stepcast_web_links_make_page (const char *base_uri,
                              const StepcastAccess *access,
                              const char *session,
                              StepcastRole role)
{
  g_autoptr (GString) link = g_string_new (base_uri);
  const char *token = get_token (access, role);
  char separator = '?';

  if (session != NULL)
    {
      g_string_append_printf (link, "%csession=%s", separator, session);
      separator = '&';
    }
  if (token != NULL)
    g_string_append_printf (link, "%ctoken=%s", separator, token);
  return g_string_free (g_steal_pointer (&link), FALSE);
}

/**
 * stepcast_web_links_make_still:
 * @base_uri: where the server is reached, with a slash at its end
 * @access: (nullable): the tokens; %NULL for a link without one
 * @session: a session's name
 *
 * Returns: (transfer full): where its present picture can be got; its token may only look
 */
char *
stepcast_web_links_make_still (const char *base_uri,
                               const StepcastAccess *access,
                               const char *session)
{
  const char *token = get_token (access, STEPCAST_ROLE_VIEW);

  return g_strconcat (base_uri, "sessions/", session, "/frame.svg", token != NULL ? "?token=" : "",
                      token, NULL);
}
