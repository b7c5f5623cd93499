/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n.h>

#include "stepcast-browser.h"
#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-output.h"
#include "stepcast-qr.h"

/* link and open: a session's page. */

typedef struct
{
  char *name;
  const char *role;
  char *url;
} Link;

static void
link_clear (Link *link)
{
  g_free (link->name);
  g_free (link->url);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Link, link_clear)

/* @name: (nullable) */
static gboolean
link_get (Link *link, const char *name, gboolean is_view, GError **error)
{
  g_autoptr (StepcastClient) client = stepcast_client_new (STEPCAST_CLIENT_NONE, error);
  g_autoptr (StepcastDBusSession) session =
    client != NULL ? stepcast_client_find_session (client, name, error) : NULL;
  StepcastDBusManager *manager =
    session != NULL ? stepcast_client_get_manager (client, error) : NULL;

  if (manager == NULL)
    return FALSE;

  link->role = is_view ? "view" : "control";
  link->name = stepcast_dbus_session_dup_name (session);
  return stepcast_dbus_manager_call_get_link_sync (manager, link->name, link->role, &link->url,
                                                   NULL, error);
}

static void
link_print_json (Link *link)
{
  stepcast_output_print_json (g_variant_new_parsed ("{'name': <%s>, 'role': <%s>, 'link': <%s>}",
                                                    link->name, link->role, link->url));
}

static gboolean
link_print_qr (Link *link, GError **error)
{
  g_autofree char *blocks = stepcast_qr_make_blocks (link->url);

  if (blocks == NULL)
    {
      stepcast_command_refuse (error, _ ("The link is too long for a QR code"));
      return FALSE;
    }
  g_print ("%s", blocks);
  return TRUE;
}

static int
run_link_command (char **argv, gboolean is_opened)
{
  g_auto (Link) link = { 0 };
  gboolean wants_json = FALSE;
  gboolean is_view = FALSE;
  gboolean is_qr = FALSE;
  const GOptionEntry entries[] = {
    { "view", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &is_view,
      N_ ("The link for those who may only look"), NULL },
    /* "open" has none: without a name the list ends here. */
    { is_opened ? NULL : "qr", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &is_qr,
      N_ ("Print it as a QR code, too, for a phone"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, entries, &wants_json, 1, &error);

  if (arguments == NULL || !link_get (&link, arguments[0], is_view, &error) ||
      (is_opened && !stepcast_browser_open (link.url, &error)))
    return stepcast_client_report (error);

  if (wants_json)
    link_print_json (&link);
  else if (!is_opened)
    g_print ("%s\n", link.url);
  if (is_qr && !wants_json && !link_print_qr (&link, &error))
    return stepcast_client_report (error);
  return STEPCAST_CLI_EXIT_SUCCESS;
}

int
stepcast_command_link (char **argv)
{
  return run_link_command (argv, FALSE);
}

int
stepcast_command_open (char **argv)
{
  return run_link_command (argv, TRUE);
}
