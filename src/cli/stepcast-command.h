/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastCliExit:
 * @STEPCAST_CLI_EXIT_SUCCESS: done
 * @STEPCAST_CLI_EXIT_FAILED: the request failed
 * @STEPCAST_CLI_EXIT_USAGE: the command line is wrong
 * @STEPCAST_CLI_EXIT_NO_SERVICE: there is no bus, no service, or it went away
 * @STEPCAST_CLI_EXIT_UNKNOWN: no session, generator or parameter has that name
 * @STEPCAST_CLI_EXIT_SIGNAL: to which the number of a signal is added
 *
 * How `stepcast` ends; stepcast(1) tells of it. `stepcast run` of a program ends with the status of
 * that program.
 */
typedef enum
{
  STEPCAST_CLI_EXIT_SUCCESS = 0,
  STEPCAST_CLI_EXIT_FAILED = 1,
  STEPCAST_CLI_EXIT_USAGE = 2,
  STEPCAST_CLI_EXIT_NO_SERVICE = 3,
  STEPCAST_CLI_EXIT_UNKNOWN = 4,
  STEPCAST_CLI_EXIT_SIGNAL = 128,
} StepcastCliExit;

/**
 * StepcastCommand:
 * @name: what it is called by
 * @run: does it: gets what came after `stepcast`, the name included; returns an exit status
 * @arguments: what it takes, for its help
 * @summary: one line that says what it does
 * @examples: for its help
 *
 * A command of `stepcast`. The texts are to be translated; one that has no summary is for machines.
 */
typedef struct
{
  const char *name;
  int (*run) (char **argv);
  const char *arguments;
  const char *summary;
  const char *examples;
} StepcastCommand;

const StepcastCommand *stepcast_command_list (gsize *n_commands);
const StepcastCommand *stepcast_command_find (const char *name);

char **stepcast_command_parse (char **argv,
                               const GOptionEntry *entries,
                               gboolean *wants_json,
                               guint max_arguments,
                               GError **error);
void stepcast_command_refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

int stepcast_command_close (char **argv);
int stepcast_command_complete (char **argv);
int stepcast_command_generators (char **argv);
int stepcast_command_link (char **argv);
int stepcast_command_list_sessions (char **argv);
int stepcast_command_open (char **argv);
int stepcast_command_pause (char **argv);
int stepcast_command_resume (char **argv);
int stepcast_command_run (char **argv);
int stepcast_command_set (char **argv);
int stepcast_command_show (char **argv);
int stepcast_command_start (char **argv);
int stepcast_command_status (char **argv);
int stepcast_command_step (char **argv);
int stepcast_command_stop (char **argv);
int stepcast_command_version (char **argv);

G_END_DECLS
