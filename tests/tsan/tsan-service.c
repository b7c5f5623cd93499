/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <stdio.h>

#include <glib-unix.h>

#include "stepcast-generator-source.h"
#include "stepcast-racing-generator.h"
#include "stepcast-service.h"

/* stepcastd without its life around it (the bus, the service manager), and with one generator more:
 * “racing”, whose data race ThreadSanitizer has to find. It takes the options of stepcastd. */

/* How often the main context looks at what it must not. */
#define LOOK_MS 1

typedef struct
{
  StepcastService *service;
  GMainLoop *loop;
} Program;

static gboolean
on_look (gpointer user_data)
{
  guint64 *last = user_data;

  *last = stepcast_racing_generator_get_n_steps ();
  return G_SOURCE_CONTINUE;
}

static void
add_racing (StepcastService *service)
{
  StepcastSessionManager *manager = stepcast_service_get_manager (service);
  StepcastRegistry *registry = stepcast_session_manager_get_registry (manager);
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (StepcastSource) source =
    stepcast_generator_source_new ("racing", STEPCAST_TYPE_RACING_GENERATOR, scheduler, FALSE);

  stepcast_registry_add (registry, source);
}

static void
on_shut_down (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Program *program = user_data;
  g_autoptr (GError) error = NULL;

  if (!stepcast_service_shut_down_finish (program->service, result, &error))
    g_warning ("It could not be shut down: %s", error->message);
  g_main_loop_quit (program->loop);
}

static gboolean
on_signal (gpointer user_data)
{
  Program *program = user_data;

  stepcast_service_shut_down_async (program->service, on_shut_down, program);
  return G_SOURCE_REMOVE;
}

static void
run (Program *program)
{
  g_autofree char *link = stepcast_service_get_link (program->service);
  guint64 last = 0;
  guint look = g_timeout_add (LOOK_MS, on_look, &last);

  program->loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, program);
  g_print ("Listening on %s\n", link);
  fflush (stdout);
  g_main_loop_run (program->loop);

  g_source_remove (look);
  g_main_loop_unref (program->loop);
}

int
main (int argc, char *argv[])
{
  g_autoptr (StepcastOptions) options = NULL;
  g_autoptr (StepcastSettings) settings = NULL;
  g_autoptr (StepcastService) service = NULL;
  g_autoptr (GError) error = NULL;
  gboolean wants_version;
  Program program = { 0 };

  g_log_writer_default_set_use_stderr (TRUE);
  signal (SIGPIPE, SIG_IGN);
  options = stepcast_options_parse (argc, argv, &wants_version, &error);
  if (options == NULL)
    g_error ("%s", error->message);

  settings = stepcast_settings_new (options);
  service = stepcast_service_new (options, settings, &error);
  if (service == NULL || !stepcast_service_listen (service, NULL, &error))
    g_error ("%s", error->message);

  add_racing (service);
  program.service = service;
  run (&program);
  return 0;
}
