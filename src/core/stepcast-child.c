/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-child.h"

#include <sys/wait.h>

/**
 * stepcast_child_reap:
 * @subprocess: a child that g_subprocess_wait_async() has called back about
 * @pid: its process id
 * @wait_status: (out): how it ended, as wait(2) has it
 *
 * GLib's child watch can see a pidfd readable a moment before the kernel lets
 * waitid() have the child; GLib 2.74 then forgets it with a status of 0, and a
 * zombie is left (seen with Linux 6.18). So the kernel is asked again: where GLib has reaped it,
 * there is no such child.
 *
 * Returns: %FALSE if the kernel does not have it yet: ask again a millisecond later
 */
gboolean
stepcast_child_reap (GSubprocess *subprocess, pid_t pid, int *wait_status)
{
  pid_t reaped = waitpid (pid, wait_status, WNOHANG);

  if (reaped < 0)
    *wait_status = g_subprocess_get_status (subprocess);
  return reaped != 0;
}
