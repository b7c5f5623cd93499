/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "stepcast-service.h"

/* Frames of megabytes come and go: below this they are kept in the heap, where the next one finds
 * their pages, and not given back to the kernel and faulted in again for each. */
#define HEAP_BYTES (64 * 1024 * 1024)

/* Whoever told us to end waits for 5 s at the most. */
#define SHUT_DOWN_SECONDS 4

typedef struct
{
  GMainLoop *loop;
  StepcastService *service;
  gboolean is_shutting_down;
} Application;

static void
on_shut_down (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Application *app = user_data;
  g_autoptr (GError) error = NULL;

  if (!stepcast_service_shut_down_finish (STEPCAST_SERVICE (source_object), result, &error))
    g_warning ("It could not be shut down in order: %s", error->message);
  g_main_loop_quit (app->loop);
}

/* A computation that does not come back is the stop deadline's matter, but not any more now: there
 * is nothing left to save, and our children die with us. */
static gboolean
on_shut_down_deadline (gpointer user_data)
{
  g_message ("Not everything has stopped within %d s: leaving it", SHUT_DOWN_SECONDS);
  fflush (NULL);
  _exit (EXIT_SUCCESS);
}

static gboolean
on_signal (gpointer user_data)
{
  Application *app = user_data;

  if (!app->is_shutting_down)
    {
      app->is_shutting_down = TRUE;
      g_source_set_name_by_id (g_timeout_add_seconds (SHUT_DOWN_SECONDS, on_shut_down_deadline,
                                                      NULL),
                               "[stepcast] shut-down deadline");
      stepcast_service_shut_down_async (app->service, on_shut_down, app);
    }

  return G_SOURCE_CONTINUE;
}

static void
add_signal (int signum, const char *name, Application *app)
{
  guint id = g_unix_signal_add (signum, on_signal, app);

  g_source_set_name_by_id (id, name);
}

static gboolean
is_ignored (int signum)
{
  struct sigaction action;

  return sigaction (signum, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void
set_up_process (void)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  g_log_writer_default_set_use_stderr (TRUE); /* stdout is for the one line */
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* what programs leave behind is ours to reap */
  signal (SIGPIPE, SIG_IGN); /* a peer or a program that has gone is an error of the write */
  mallopt (M_MMAP_THRESHOLD, HEAP_BYTES);
  mallopt (M_TRIM_THRESHOLD, HEAP_BYTES);
}

/* The journal is read by others than the user, and a token is for the user alone. */
static void
print_link (StepcastService *service)
{
  g_autofree char *link = stepcast_service_get_link (service);

  if (g_log_writer_is_journald (STDOUT_FILENO))
    *strchrnul (link, '?') = '\0';
  g_print ("Listening on %s\n", link);
  fflush (stdout);
}

int
main (int argc, char *argv[])
{
  g_autoptr (StepcastOptions) options = NULL;
  g_autoptr (GError) error = NULL;
  gboolean wants_version;
  Application app = { 0 };

  set_up_process ();
  options = stepcast_options_parse (argc, argv, &wants_version, &error);
  if (options == NULL)
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      g_printerr (_ ("“%s --help” lists the options.\n"), argv[0]);
      return 2;
    }
  if (wants_version)
    {
      g_print ("stepcastd %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }

  app.service = stepcast_service_new (options, &error);
  if (app.service == NULL)
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      return EXIT_FAILURE;
    }

  app.loop = g_main_loop_new (NULL, FALSE);
  add_signal (SIGTERM, "[stepcast] SIGTERM", &app);
  add_signal (SIGINT, "[stepcast] SIGINT", &app);
  if (!is_ignored (SIGHUP)) /* as nohup has it */
    add_signal (SIGHUP, "[stepcast] SIGHUP", &app);
  print_link (app.service);
  g_main_loop_run (app.loop);

  g_main_loop_unref (app.loop);
  g_object_unref (app.service);
  return EXIT_SUCCESS;
}
