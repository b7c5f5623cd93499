/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <stdio.h>

#include <glib/gi18n.h>

#include "stepcast-command.h"
#include "stepcast-client.h"
#include "stepcast-dbus-error.h"
#include "stepcast-locale.h"
#include "stepcast-output.h"
#include "stepcast-suggest.h"

/* GLib would put question marks where people read no UTF-8. */
static void
print_text (const char *text, FILE *file)
{
  g_autofree char *local = stepcast_output_to_locale (text);

  fputs (local, file);
}

static void
print_to_stdout (const char *text)
{
  print_text (text, stdout);
}

static void
print_to_stderr (const char *text)
{
  print_text (text, stderr);
}

static void
set_up_process (void)
{
  stepcast_locale_set_up ();
  g_set_prgname ("stepcast");
  g_log_writer_default_set_use_stderr (TRUE);
  g_set_print_handler (print_to_stdout);
  g_set_printerr_handler (print_to_stderr);
  stepcast_dbus_error_register ();
}

static void
print_overview (void)
{
  gsize n_commands;
  const StepcastCommand *commands = stepcast_command_list (&n_commands);

  g_print (_ ("Usage:\n"
              "  stepcast COMMAND [OPTION…] [ARGUMENT…]\n"
              "\n"
              "Live pictures of step-by-step computations, under control.\n"
              "\n"
              "Commands:\n"));
  for (gsize i = 0; i < n_commands; i++)
    {
      g_autofree char *name = stepcast_output_pad (commands[i].name, 12);

      if (commands[i].summary != NULL)
        g_print ("  %s%s\n", name, _ (commands[i].summary));
    }
  g_print (_ ("\n"
              "Try “stepcast run -o”. “stepcast COMMAND --help” tells more of a command, and has "
              "examples.\n"));
}

static int
refuse_command (const char *name)
{
  gsize n_commands;
  const StepcastCommand *commands = stepcast_command_list (&n_commands);
  g_autofree const char **names = g_new0 (const char *, n_commands + 1);
  g_autofree char *suggestion = NULL;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < n_commands; i++)
    names[i] = commands[i].name;
  suggestion = stepcast_suggest_sentence (name, names);
  /* TRANSLATORS: the second %s is “Did you mean …?”, in a line of its own, or nothing */
  stepcast_command_refuse (&error, _ ("There is no command “%s”%s"), name, suggestion);

  return stepcast_client_report (error);
}

/* "help COMMAND" and "COMMAND --help" are the same. */
static int
run_help (const char *name)
{
  char *argv[] = { (char *) name, (char *) "--help", NULL };
  const StepcastCommand *command = name != NULL ? stepcast_command_find (name) : NULL;

  if (command != NULL)
    return command->run (argv);
  if (name != NULL)
    return refuse_command (name);

  print_overview ();
  return STEPCAST_CLI_EXIT_SUCCESS;
}

/* A full disk is found out only when the last is written. */
static int
check_stdout (int status)
{
  if (status != STEPCAST_CLI_EXIT_SUCCESS || (fflush (stdout) == 0 && !ferror (stdout)))
    return status;

  g_printerr (_ ("stepcast: Standard output can’t be written: %s\n"), g_strerror (errno));
  return STEPCAST_CLI_EXIT_FAILED;
}

int
main (int argc, char *argv[])
{
  const char *name = argc > 1 ? argv[1] : "--help";
  char *version_argv[] = { (char *) "version", NULL };
  const StepcastCommand *command;

  set_up_process ();
  if (g_str_equal (name, "--help") || g_str_equal (name, "-h") || g_str_equal (name, "help"))
    return run_help (argc > 2 ? argv[2] : NULL);
  if (g_str_equal (name, "--version"))
    return stepcast_command_version (version_argv);

  command = stepcast_command_find (name);
  return check_stdout (command != NULL ? command->run (argv + 1) : refuse_command (name));
}
