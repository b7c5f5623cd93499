/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-output.h"

/* version: of the command, and of the service if that runs. */

static void
print_versions (const char *version, const char *address, gboolean wants_json)
{
  if (wants_json)
    {
      GVariant *service = version != NULL ? g_variant_new_string (version) : NULL;
      GVariant *place = address != NULL ? g_variant_new_string (address) : NULL;

      stepcast_output_print_json (
        g_variant_new_parsed ("{'stepcast': <%s>, 'stepcastd': <%@ms>, 'address': <%@ms>}",
                              PACKAGE_VERSION, g_variant_new_maybe (G_VARIANT_TYPE_STRING, service),
                              g_variant_new_maybe (G_VARIANT_TYPE_STRING, place)));
      return;
    }

  g_print ("stepcast %s\n", PACKAGE_VERSION);
  if (version != NULL)
    /* TRANSLATORS: a version, and an address of the web */
    g_print (_ ("stepcastd %s at %s\n"), version, address != NULL ? address : "?");
  else
    g_print (_ ("stepcastd does not run\n"));
}

int
stepcast_command_version (char **argv)
{
  gboolean wants_json = FALSE;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, NULL, &wants_json, 0, &error);
  g_autoptr (StepcastClient) client = NULL;
  StepcastDBusManager *manager = NULL;

  if (arguments == NULL)
    return stepcast_client_report (error);

  client = stepcast_client_new (STEPCAST_CLIENT_NO_AUTO_START, NULL);
  if (client != NULL)
    manager = stepcast_client_get_manager (client, NULL);
  print_versions (manager != NULL ? stepcast_dbus_manager_get_version (manager) : NULL,
                  manager != NULL ? stepcast_dbus_manager_get_address (manager) : NULL, wants_json);
  return STEPCAST_CLI_EXIT_SUCCESS;
}
