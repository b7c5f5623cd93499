/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-application.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "stepcast-bus-name.h"
#include "stepcast-gsource.h"
#include "stepcast-idle-exit.h"
#include "stepcast-inherited-socket.h"
#include "stepcast-notifier.h"
#include "stepcast-service.h"

/* The life of the process around the service: the bus, then the web, then a signal or the end of
 * its usefulness, and the way down.
 *
 * The bus comes first because its name says whether another stepcastd runs: that one must not find
 * its port taken or its file of tokens written by one that is about to end. Lives on the main
 * context. */

/* Whoever told us to end waits for 5 s at the most. */
#define SHUT_DOWN_SECONDS 4

/* Calls are answered by what has just ended; there is nobody to tell us that they were. */
#define PENDING_MS 5

struct _StepcastApplication
{
  GObject parent_instance;

  const StepcastOptions *options;
  StepcastSettings *settings;
  GMainLoop *loop;
  GSocket *socket; /* (nullable): that the service manager listens to */
  StepcastService *service;
  StepcastBusName *bus_name;
  StepcastIdleExit *idle_exit;
  StepcastNotifier *notifier;

  StepcastExitStatus exit_status;
  gboolean is_acquiring; /* asks for the name, and does not listen yet */
  gboolean is_shutting_down;
  guint n_endings;        /* what has to end before we do */
  GSource *deadline;      /* (nullable): while it shuts down */
  GSource *pending_timer; /* (nullable): while calls are unanswered then */
};

G_DEFINE_FINAL_TYPE (StepcastApplication, stepcast_application, G_TYPE_OBJECT)

static void
fail (StepcastApplication *self, StepcastExitStatus exit_status, const char *message)
{
  g_printerr ("%s: %s\n", g_get_prgname (), message);
  self->exit_status = exit_status;
  g_main_loop_quit (self->loop);
}

/* ---- the way down ---- */

static void
on_left (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastApplication) self = user_data;

  stepcast_bus_name_leave_finish (self->bus_name, result, NULL);
  g_main_loop_quit (self->loop);
}

static gboolean
leave_when_answered (gpointer user_data)
{
  StepcastApplication *self = user_data;

  if (stepcast_bus_name_is_connected (self->bus_name) &&
      stepcast_bus_name_get_n_pending (self->bus_name) > 0)
    return G_SOURCE_CONTINUE;

  stepcast_gsource_clear (&self->pending_timer);
  stepcast_bus_name_leave_async (self->bus_name, on_left, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

static void
end_one (StepcastApplication *self)
{
  if (--self->n_endings > 0)
    return;

  self->pending_timer = g_timeout_source_new (PENDING_MS);
  g_source_set_static_name (self->pending_timer, "[stepcast] last answers");
  g_source_set_callback (self->pending_timer, leave_when_answered, self, NULL);
  g_source_attach (self->pending_timer, g_main_context_get_thread_default ());
}

static void
on_shut_down (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!stepcast_service_shut_down_finish (STEPCAST_SERVICE (source_object), result, &error))
    g_warning ("It could not be shut down in order: %s", error->message);
  end_one (self);
}

static void
on_released (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!stepcast_bus_name_release_finish (self->bus_name, result, &error))
    g_debug ("The name was not given back: %s", error->message);
  end_one (self);
}

/* A computation that does not come back is the stop deadline's matter, but not any more now: there
 * is nothing left to save, and our children die with us. */
static gboolean
on_shut_down_deadline (gpointer user_data)
{
  g_message ("Not everything has stopped within %d s: leaving it", SHUT_DOWN_SECONDS);
  fflush (NULL);
  _exit (STEPCAST_EXIT_OK);
}

static void
start_deadline (StepcastApplication *self)
{
  self->deadline = g_timeout_source_new_seconds (SHUT_DOWN_SECONDS);
  g_source_set_static_name (self->deadline, "[stepcast] shut-down deadline");
  g_source_set_callback (self->deadline, on_shut_down_deadline, NULL, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

/* Who calls from now on calls the next instance, which finds the port free; what has reached us is
 * answered. */
static void
go_down (StepcastApplication *self)
{
  self->n_endings = 2;
  stepcast_server_stop_listening (stepcast_service_get_server (self->service));
  stepcast_bus_name_release_async (self->bus_name, on_released, g_object_ref (self));
  stepcast_service_shut_down_async (self->service, on_shut_down, g_object_ref (self));
}

static void
shut_down (StepcastApplication *self)
{
  if (self->is_shutting_down)
    return;

  self->is_shutting_down = TRUE;
  start_deadline (self);
  stepcast_notifier_stopping (self->notifier);
  stepcast_idle_exit_stop (self->idle_exit);
  if (self->is_acquiring)
    stepcast_bus_name_cancel (self->bus_name); /* on_acquired() goes on */
  else
    go_down (self);
}

static gboolean
on_signal (gpointer user_data)
{
  shut_down (user_data);
  return G_SOURCE_CONTINUE;
}

static void
add_signal (int signum, const char *name, StepcastApplication *self)
{
  guint id = g_unix_signal_add (signum, on_signal, self);

  g_source_set_name_by_id (id, name);
}

static gboolean
is_ignored (int signum)
{
  struct sigaction action;

  return sigaction (signum, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void
add_signals (StepcastApplication *self)
{
  add_signal (SIGTERM, "[stepcast] SIGTERM", self);
  add_signal (SIGINT, "[stepcast] SIGINT", self);
  if (!is_ignored (SIGHUP)) /* as nohup has it */
    add_signal (SIGHUP, "[stepcast] SIGHUP", self);
}

/* ---- the way up ---- */

/* The journal is read by others than the user, and a token is for the user alone. */
static void
print_links (StepcastService *service)
{
  g_autofree char *link = stepcast_service_get_link (service);
  g_autofree char *view_link = stepcast_service_get_view_link (service);
  gboolean is_read_by_others = g_log_writer_is_journald (STDOUT_FILENO);

  if (is_read_by_others)
    *strchrnul (link, '?') = '\0';
  g_print ("Listening on %s\n", link);
  if (view_link != NULL && !is_read_by_others)
    g_print ("For the room, to look only: %s\n", view_link);
  fflush (stdout);
}

static void
start (StepcastApplication *self)
{
  g_autoptr (GError) error = NULL;

  if (!stepcast_service_listen (self->service, self->socket, &error))
    {
      fail (self, STEPCAST_EXIT_FAILURE, error->message);
      return;
    }

  print_links (self->service);
  stepcast_notifier_ready (self->notifier);
  stepcast_idle_exit_set_timeout (self->idle_exit,
                                  stepcast_settings_get_idle_timeout_ms (self->settings));
}

static void
start_without_bus (StepcastApplication *self, const GError *error)
{
  if (self->options->is_activated)
    {
      g_autofree char *message =
        g_strdup_printf (_ ("It was to be started by a session bus, and there is none: %s"),
                         error->message);

      fail (self, STEPCAST_EXIT_FAILURE, message);
      return;
    }

  g_message ("No session bus, so it is on the web alone: %s", error->message);
  start (self);
}

static void
on_acquired (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastApplication) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_acquired = stepcast_bus_name_acquire_finish (self->bus_name, result, &error);

  self->is_acquiring = FALSE;
  if (self->is_shutting_down)
    go_down (self);
  else if (is_acquired)
    start (self);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    fail (self, STEPCAST_EXIT_NAME_TAKEN,
          _ ("Another stepcastd runs already on this session bus: use that one, end it first, or "
             "start this one with --bus=none"));
  else
    start_without_bus (self, error);
}

static void
on_bus_lost (StepcastBusName *bus_name, StepcastApplication *self)
{
  if (self->is_shutting_down || self->is_acquiring)
    return;
  if (self->options->is_activated)
    {
      g_message ("The session bus has gone: ending");
      shut_down (self);
    }
  else
    {
      g_message ("The session bus has gone: runs and the web go on, but nobody can call any more");
    }
}

static void
on_setting_changed (StepcastSettings *settings, const char *key, StepcastApplication *self)
{
  if (g_str_equal (key, "idle-timeout"))
    stepcast_idle_exit_set_timeout (self->idle_exit,
                                    stepcast_settings_get_idle_timeout_ms (settings));
}

static gboolean
set_up (StepcastApplication *self, GError **error)
{
  StepcastSessionManager *manager;

  if (!stepcast_inherited_socket_take (&self->socket, error))
    return FALSE;

  self->settings = stepcast_settings_new (self->options);
  self->service = stepcast_service_new (self->options, self->settings, error);
  if (self->service == NULL)
    return FALSE;

  manager = stepcast_service_get_manager (self->service);
  self->notifier = stepcast_notifier_new (manager);
  self->bus_name = stepcast_bus_name_new (stepcast_service_get_exporter (self->service));
  self->idle_exit =
    stepcast_idle_exit_new (manager, stepcast_service_get_server (self->service), self->bus_name);
  g_signal_connect_object (self->bus_name, "lost", G_CALLBACK (on_bus_lost), self, 0);
  g_signal_connect_object (self->idle_exit, "expired", G_CALLBACK (shut_down), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed", G_CALLBACK (on_setting_changed), self, 0);
  return TRUE;
}

/**
 * stepcast_application_run:
 * @self: an application
 *
 * Runs until it is told to end, or nobody needs it. To be called once.
 *
 * Returns: what the process exits with
 */
StepcastExitStatus
stepcast_application_run (StepcastApplication *self)
{
  g_autoptr (GError) error = NULL;

  if (!set_up (self, &error))
    {
      fail (self, STEPCAST_EXIT_FAILURE, error->message);
      return self->exit_status;
    }
  if (!stepcast_service_load_certificate (self->service, &error))
    {
      fail (self, STEPCAST_EXIT_USAGE, error->message);
      return self->exit_status;
    }

  add_signals (self);
  self->is_acquiring = !self->options->is_off_bus;
  if (self->is_acquiring)
    stepcast_bus_name_acquire_async (self->bus_name, on_acquired, g_object_ref (self));
  else
    start (self);
  if (self->exit_status == STEPCAST_EXIT_OK)
    g_main_loop_run (self->loop);

  return self->exit_status;
}

static void
stepcast_application_dispose (GObject *object)
{
  StepcastApplication *self = STEPCAST_APPLICATION (object);

  stepcast_gsource_clear (&self->deadline);
  stepcast_gsource_clear (&self->pending_timer);
  g_clear_object (&self->idle_exit);
  g_clear_object (&self->bus_name);
  g_clear_object (&self->notifier);
  g_clear_object (&self->service);
  g_clear_object (&self->settings);
  g_clear_object (&self->socket);

  G_OBJECT_CLASS (stepcast_application_parent_class)->dispose (object);
}

static void
stepcast_application_finalize (GObject *object)
{
  g_main_loop_unref (STEPCAST_APPLICATION (object)->loop);

  G_OBJECT_CLASS (stepcast_application_parent_class)->finalize (object);
}

static void
stepcast_application_class_init (StepcastApplicationClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_application_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_application_finalize;
}

static void
stepcast_application_init (StepcastApplication *self)
{
  self->loop = g_main_loop_new (NULL, FALSE);
}

/**
 * stepcast_application_new:
 * @options: what the command line asks for; outlives the application
 *
 * Returns: (transfer full): an application that has not begun
 */
StepcastApplication *
stepcast_application_new (const StepcastOptions *options)
{
  StepcastApplication *self = g_object_new (STEPCAST_TYPE_APPLICATION, NULL);

  self->options = options;
  return self;
}
