/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-child.h"

#include <sys/wait.h>

/* What the service manager and the bus have told us is for us alone: a child that believed it would
 * speak for us, or take our socket. */
static const char *const private_variables[] = {
  "DBUS_STARTER_ADDRESS", "DBUS_STARTER_BUS_TYPE", "LISTEN_FDNAMES", "LISTEN_FDS",
  "LISTEN_PID",           "NOTIFY_SOCKET",         "WATCHDOG_PID",   "WATCHDOG_USEC",
};

/**
 * stepcast_child_make_environment:
 *
 * Returns: (transfer full): our environment, without what is for us alone; to be changed by
 *   g_environ_setenv()
 */
char **
stepcast_child_make_environment (void)
{
  char **environment = g_get_environ ();

  for (gsize i = 0; i < G_N_ELEMENTS (private_variables); i++)
    environment = g_environ_unsetenv (environment, private_variables[i]);
  return environment;
}

/**
 * stepcast_child_reap:
 * @pid: a child that GLib says has ended
 * @wait_status: (inout): how, as wait(2) has it: what GLib says, and then what is true
 *
 * GLib's child watch can see a pidfd readable a moment before the kernel lets
 * waitid() have the child; GLib 2.74 then forgets it with a status of 0, and a
 * zombie is left (seen with Linux 6.18). So the kernel is asked again: where GLib has reaped it,
 * there is no such child.
 *
 * Returns: %FALSE if the kernel does not have it yet: ask again a millisecond later
 */
gboolean
stepcast_child_reap (pid_t pid, int *wait_status)
{
  return waitpid (pid, wait_status, WNOHANG) != 0;
}
