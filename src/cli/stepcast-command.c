/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-command.h"

#include <glib/gi18n.h>

/* In the order of the overview. */
static const StepcastCommand commands[] = {
  { "run", stepcast_command_run, N_ ("[GENERATOR [NAME=VALUE…]] [-- PROGRAM [ARG…]]"),
    N_ ("Run a generator, a program, or documents from standard input"),
    N_ ("Examples:\n"
        "  stepcast run                               the default generator\n"
        "  stepcast run -o gray-scott feed=0.03       with a parameter, and in the browser\n"
        "  stepcast run -- python3 opt.py             a program that prints SVG documents\n"
        "  ./simulation | stepcast run -              documents from standard input\n"
        "  stepcast run --output=last.png -- ./opt    keep the last picture\n"
        "  stepcast run --from saved.svg              compute a picture again\n"
        "\n"
        "Ctrl-C stops it; a second Ctrl-C does not wait for that.") },
  { "list", stepcast_command_list_sessions, "", N_ ("List the sessions"),
    N_ ("Example:\n"
        "  stepcast list --json | jq -r .name") },
  { "status", stepcast_command_status, N_ ("[NAME]"), N_ ("Show how a session is"),
    N_ ("Examples:\n"
        "  stepcast status                      of the only session\n"
        "  stepcast status gray_scott_1 --follow --json") },
  { "start", stepcast_command_start, N_ ("[NAME]"),
    N_ ("Start a session, or let a paused one go on"),
    N_ ("Example:\n"
        "  stepcast start gray_scott_1") },
  { "stop", stepcast_command_stop, N_ ("[NAME]"), N_ ("Stop a session, and wait until it has"),
    N_ ("Example:\n"
        "  stepcast stop gray_scott_1") },
  { "pause", stepcast_command_pause, N_ ("[NAME]"), N_ ("Pause a session after its present step"),
    N_ ("Example:\n"
        "  stepcast pause gray_scott_1") },
  { "resume", stepcast_command_resume, N_ ("[NAME]"), N_ ("Let a paused session go on"),
    N_ ("Example:\n"
        "  stepcast resume gray_scott_1") },
  { "step", stepcast_command_step, N_ ("[NAME] [N]"),
    N_ ("Do one step, or N, and pause; wait until they are done"),
    N_ ("Examples:\n"
        "  stepcast step                        one step of the only session\n"
        "  stepcast step gray_scott_1 100") },
  { "set", stepcast_command_set, N_ ("[NAME] PARAMETER=VALUE…"), N_ ("Set parameters of a session"),
    N_ ("Examples:\n"
        "  stepcast set feed=0.03 kill=0.06     of the only session\n"
        "  stepcast set gray_scott_1 feed=0.03") },
  { "show", stepcast_command_show, N_ ("[NAME] [FILE]"),
    N_ ("Write the present picture to a file or to standard output"),
    N_ ("Examples:\n"
        "  stepcast show > now.svg\n"
        "  stepcast show gray_scott_1 now.png --width=1200\n"
        "\n"
        "What has a dot or a slash in it is a FILE; “-” is standard output.") },
  { "open", stepcast_command_open, N_ ("[NAME]"), N_ ("Open a session in the browser"),
    N_ ("Example:\n"
        "  stepcast open gray_scott_1") },
  { "link", stepcast_command_link, N_ ("[NAME]"), N_ ("Print the link to a session"),
    N_ ("Examples:\n"
        "  stepcast link                        to steer the only session\n"
        "  stepcast link gray_scott_1 --view    only to look at it") },
  { "generators", stepcast_command_generators, N_ ("[NAME]"),
    N_ ("List the generators, or the parameters of one"),
    N_ ("Examples:\n"
        "  stepcast generators\n"
        "  stepcast generators gray-scott") },
  { "close", stepcast_command_close, N_ ("[NAME]"), N_ ("Stop a session and take it away"),
    N_ ("Examples:\n"
        "  stepcast close gray_scott_1\n"
        "  stepcast close --all") },
  { "version", stepcast_command_version, "",
    N_ ("Print the versions of stepcast and of the service"),
    N_ ("Example:\n"
        "  stepcast version --json") },
  { "complete", stepcast_command_complete, N_ ("LIST [NAME]"), NULL,
    N_ ("Prints one word a line, for the completions of shells:\n"
        "  stepcast complete commands\n"
        "  stepcast complete sessions\n"
        "  stepcast complete generators\n"
        "  stepcast complete parameters GENERATOR\n"
        "  stepcast complete session-parameters NAME") },
};

/**
 * stepcast_command_list:
 * @n_commands: (out): how many
 *
 * Returns: (transfer none) (array length=n_commands): all commands
 */
const StepcastCommand *
stepcast_command_list (gsize *n_commands)
{
  *n_commands = G_N_ELEMENTS (commands);
  return commands;
}

/**
 * stepcast_command_find:
 * @name: what somebody typed
 *
 * Returns: (transfer none) (nullable): the command, if there is one
 */
const StepcastCommand *
stepcast_command_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, name))
      return &commands[i];

  return NULL;
}

/**
 * stepcast_command_refuse:
 * @error: (out): to be set
 * @format: what is wrong with the command line, and what would be right
 * @...: for @format
 *
 * Sets an error for which #STEPCAST_CLI_EXIT_USAGE is the status.
 */
void
stepcast_command_refuse (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
}

static GOptionContext *
new_context (const StepcastCommand *command)
{
  const char *arguments;
  GOptionContext *context;

  g_assert (command != NULL); /* it has been found before */
  arguments = *command->arguments != '\0' ? _ (command->arguments) : NULL;
  context = g_option_context_new (arguments);
  if (command->summary != NULL)
    g_option_context_set_summary (context, _ (command->summary));
  g_option_context_set_description (context, _ (command->examples));
  return context;
}

/**
 * stepcast_command_parse:
 * @argv: the name of the command, and what came after it
 * @entries: (nullable): its options
 * @wants_json: (out) (optional): whether there was `--json`; %NULL where that is no option of it
 * @max_arguments: how many arguments beside options it takes
 * @error: says what is wrong
 *
 * Prints the help and exits where that is asked for.
 *
 * Returns: (transfer full) (array zero-terminated=1) (nullable): the arguments that are no options
 */
char **
stepcast_command_parse (char **argv,
                        const GOptionEntry *entries,
                        gboolean *wants_json,
                        guint max_arguments,
                        GError **error)
{
  const GOptionEntry json_entries[] = {
    { "json", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, wants_json,
      N_ ("Print JSON, one object a line"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  const StepcastCommand *command = stepcast_command_find (argv[0]);
  g_autoptr (GOptionContext) context = new_context (command);
  g_autofree char *program = g_strdup_printf ("stepcast %s", argv[0]);
  g_auto (GStrv) rest = g_strdupv (argv);

  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (wants_json != NULL)
    g_option_context_add_main_entries (context, json_entries, GETTEXT_PACKAGE);
  g_set_prgname (program);
  if (!g_option_context_parse_strv (context, &rest, error))
    return NULL;

  if (g_strv_length (rest) > max_arguments + 1)
    {
      stepcast_command_refuse (error, _ ("“%s” is one argument too many"), rest[max_arguments + 1]);
      return NULL;
    }
  return g_strdupv (rest + 1);
}
