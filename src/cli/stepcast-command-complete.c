/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-values.h"

/* complete: lists for the completions of shells, one word a line. A key press starts no service,
 * and has no use for an error: where something can't be listed, nothing is. */

static void
print_words (char **words)
{
  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    g_print ("%s\n", words[i]);
}

static void
complete_commands (void)
{
  gsize n_commands;
  const StepcastCommand *commands = stepcast_command_list (&n_commands);

  for (gsize i = 0; i < n_commands; i++)
    if (commands[i].summary != NULL)
      g_print ("%s\n", commands[i].name);
}

static void
complete_sessions (StepcastClient *client)
{
  g_autoptr (GPtrArray) sessions = stepcast_client_list_sessions (client, NULL);

  for (guint i = 0; sessions != NULL && i < sessions->len; i++)
    g_print ("%s\n", stepcast_dbus_session_get_name (sessions->pdata[i]));
}

static void
complete_generators (StepcastClient *client)
{
  StepcastDBusManager *manager = stepcast_client_get_manager (client, NULL);
  g_autoptr (GVariant) generators = NULL;
  GVariantIter iter;
  GVariant *generator;

  if (manager == NULL ||
      !stepcast_dbus_manager_call_list_generators_sync (manager, &generators, NULL, NULL))
    return;

  g_variant_iter_init (&iter, generators);
  while (g_variant_iter_loop (&iter, "@a{sv}", &generator))
    {
      const char *name;

      if (g_variant_lookup (generator, "name", "&s", &name))
        g_print ("%s\n", name);
    }
}

static void
complete_parameters (StepcastClient *client, const char *generator, gboolean is_of_files)
{
  g_autoptr (GVariant) description = stepcast_client_describe_generator (client, generator, NULL);
  g_auto (GStrv) names = NULL;

  if (description != NULL)
    names = is_of_files ? stepcast_values_list_files (description) :
                          stepcast_values_list_names (description);
  print_words (names);
}

/* @name: (nullable): the only one */
static void
complete_session_parameters (StepcastClient *client, const char *name, gboolean is_of_files)
{
  g_autoptr (StepcastDBusSession) session = stepcast_client_find_session (client, name, NULL);

  if (session != NULL && g_strcmp0 (stepcast_dbus_session_get_kind (session), "generator") == 0)
    complete_parameters (client, stepcast_dbus_session_get_generator (session), is_of_files);
}

static void
complete (const char *list, const char *name)
{
  g_autoptr (StepcastClient) client = stepcast_client_new (STEPCAST_CLIENT_NO_AUTO_START, NULL);

  if (client == NULL)
    return;

  if (g_str_equal (list, "sessions"))
    complete_sessions (client);
  else if (g_str_equal (list, "generators"))
    complete_generators (client);
  else if (g_str_equal (list, "parameters"))
    complete_parameters (client, name != NULL ? name : "", FALSE);
  else if (g_str_equal (list, "files"))
    complete_parameters (client, name != NULL ? name : "", TRUE);
  else if (g_str_equal (list, "session-parameters"))
    complete_session_parameters (client, name, FALSE);
  else if (g_str_equal (list, "session-files"))
    complete_session_parameters (client, name, TRUE);
}

int
stepcast_command_complete (char **argv)
{
  static const char *const lists[] = { "commands",      "sessions", "generators",
                                       "parameters",    "files",    "session-parameters",
                                       "session-files", NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, NULL, NULL, 2, &error);

  if (arguments != NULL && (arguments[0] == NULL || !g_strv_contains (lists, arguments[0])))
    stepcast_command_refuse (&error, _ ("There is no such list"));
  if (error != NULL)
    return stepcast_client_report (error);

  if (g_str_equal (arguments[0], "commands"))
    complete_commands ();
  else
    complete (arguments[0], arguments[1]);
  return STEPCAST_CLI_EXIT_SUCCESS;
}
