/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <glib/gi18n.h>

#include "stepcast-application.h"
#include "stepcast-locale.h"

/* Frames of megabytes come and go: below this they are kept in the heap, where the next one finds
 * their pages, and not given back to the kernel and faulted in again for each. */
#define HEAP_BYTES (64 * 1024 * 1024)

/* The usual soft limit, 1,024, is for programs that use select(); we don't, and a viewer takes a
 * descriptor. Our children get the usual one back (stepcast-process.c). */
static void
raise_file_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
set_up_process (void)
{
  stepcast_locale_set_up ();
  g_log_writer_default_set_use_stderr (TRUE); /* stdout is for the one line */
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* what programs leave behind is ours to reap */
  signal (SIGPIPE, SIG_IGN); /* a peer or a program that has gone is an error of the write */
  raise_file_limit ();
  mallopt (M_MMAP_THRESHOLD, HEAP_BYTES);
  mallopt (M_TRIM_THRESHOLD, HEAP_BYTES);
}

int
main (int argc, char *argv[])
{
  g_autoptr (StepcastOptions) options = NULL;
  g_autoptr (StepcastApplication) application = NULL;
  g_autoptr (GError) error = NULL;
  gboolean wants_version;

  set_up_process ();
  options = stepcast_options_parse (argc, argv, &wants_version, &error);
  if (options == NULL)
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      g_printerr (_ ("“%s --help” lists the options.\n"), argv[0]);
      return STEPCAST_EXIT_USAGE;
    }
  if (wants_version)
    {
      g_print ("stepcastd %s\n", PACKAGE_VERSION);
      return STEPCAST_EXIT_OK;
    }

  application = stepcast_application_new (options);
  return (int) stepcast_application_run (application);
}
