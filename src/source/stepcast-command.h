/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Of addresses, in bytes. Less does not even hold a program's first page of code and its stack. */
#define STEPCAST_COMMAND_MIN_MEMORY_BYTES (1024 * 1024)

/**
 * StepcastCommand:
 * @argv: (array zero-terminated=1): the program and its arguments: no shell sees them. It is found
 *   in the service's $PATH, unless it has a slash; a relative path counts from @cwd
 * @cwd: (nullable): the absolute path of the folder that it runs in, or %NULL for the service's
 * @environment: (nullable): an `a{ss}`: variables that are set beside the service's, or instead of
 *   one with the same name; not floating
 * @uses_pty: its standard output is a terminal, so that it does not buffer what it prints
 * @max_memory_bytes: of addresses, for each of its processes (RLIMIT_AS), or 0 for no limit of ours
 * @max_cpu_seconds: of processor time, for each of its processes (RLIMIT_CPU), or 0 for no limit of
 *   ours. SIGXCPU comes then, and SIGKILL a second later
 *
 * How an external program is run. Whoever makes one fills it in; after that it does not change.
 */
typedef struct
{
  char **argv;
  char *cwd;
  GVariant *environment;
  gboolean uses_pty;
  guint64 max_memory_bytes;
  guint64 max_cpu_seconds;
} StepcastCommand;

StepcastCommand *stepcast_command_new (const char *const *argv);
StepcastCommand *stepcast_command_copy (const StepcastCommand *self);
void stepcast_command_free (StepcastCommand *self);

gboolean stepcast_command_check (const StepcastCommand *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastCommand, stepcast_command_free)

G_END_DECLS
