/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-idle-exit.h"

#include "stepcast-gsource.h"

/* Notices that nobody has needed the service for a while, and leaves so that no caller sees it go.
 *
 * Nobody needs it while there is neither a session nor a connection, and no call was made or is
 * unanswered. Then it stops listening, so that the next instance can, and gives the name back: who
 * calls after that has the next instance started. What came in between has reached us before the
 * bus's answer; then we take the name again and go on.
 *
 * One timer, and only while there is neither session nor connection; a call is only counted. Lives
 * on the main context. */

struct _StepcastIdleExit
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastServer *server;
  StepcastBusName *bus_name;

  guint timeout_ms;    /* 0: never */
  GSource *timer;      /* (nullable): while nobody seems to need us */
  guint n_calls;       /* when it was started */
  gboolean is_leaving; /* has stopped listening, and gives the name back */
  gboolean is_stopped; /* the service ends for another reason */
};

enum
{
  EXPIRED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastIdleExit, stepcast_idle_exit, G_TYPE_OBJECT)

static void update (StepcastIdleExit *self);

static gboolean
is_deserted (StepcastIdleExit *self)
{
  return stepcast_session_manager_list (self->manager)->len == 0 &&
         stepcast_server_get_n_connections (self->server) == 0;
}

static gboolean
is_uncalled (StepcastIdleExit *self)
{
  return stepcast_bus_name_get_n_calls (self->bus_name) == self->n_calls &&
         stepcast_bus_name_get_n_pending (self->bus_name) == 0;
}

static void
expire (StepcastIdleExit *self)
{
  g_signal_emit (self, signals[EXPIRED], 0);
}

static void
stay (StepcastIdleExit *self)
{
  g_autoptr (GError) error = NULL;

  self->is_leaving = FALSE;
  if (stepcast_server_listen_again (self->server, &error))
    {
      update (self);
      return;
    }

  g_message ("It can't listen again: %s", error->message);
  expire (self);
}

static void
on_acquired_again (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastIdleExit) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_acquired = stepcast_bus_name_acquire_finish (self->bus_name, result, &error);

  if (self->is_stopped)
    return;
  if (is_acquired)
    {
      stay (self);
      return;
    }

  /* The next instance was quicker. What we were asked is answered on the way out. */
  g_message ("It was about to leave and can't come back: %s", error->message);
  expire (self);
}

static void
on_released (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastIdleExit) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!stepcast_bus_name_release_finish (self->bus_name, result, &error))
    g_debug ("The name was not given back: %s", error->message);
  if (self->is_stopped)
    return;

  if (self->timeout_ms > 0 && is_deserted (self) && is_uncalled (self))
    expire (self);
  else if (stepcast_bus_name_is_connected (self->bus_name))
    stepcast_bus_name_acquire_async (self->bus_name, on_acquired_again, g_object_ref (self));
  else
    stay (self);
}

static gboolean
on_timer (gpointer user_data)
{
  StepcastIdleExit *self = user_data;

  g_clear_pointer (&self->timer, g_source_unref);
  if (is_uncalled (self))
    {
      self->is_leaving = TRUE;
      stepcast_server_stop_listening (self->server);
      stepcast_bus_name_release_async (self->bus_name, on_released, g_object_ref (self));
    }
  else
    {
      update (self);
    }

  return G_SOURCE_REMOVE;
}

/* Below everything else: what is there to be dispatched is dispatched before we decide that there
 * is nothing. */
static void
start_timer (StepcastIdleExit *self)
{
  self->n_calls = stepcast_bus_name_get_n_calls (self->bus_name);
  self->timer = g_timeout_source_new (self->timeout_ms);
  g_source_set_static_name (self->timer, "[stepcast] idle exit");
  g_source_set_priority (self->timer, G_PRIORITY_LOW);
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
update (StepcastIdleExit *self)
{
  gboolean is_timed =
    self->timeout_ms > 0 && !self->is_leaving && !self->is_stopped && is_deserted (self);

  if (is_timed && self->timer == NULL)
    start_timer (self);
  else if (!is_timed)
    stepcast_gsource_clear (&self->timer);
}

/**
 * stepcast_idle_exit_set_timeout:
 * @self: an idle exit
 * @timeout_ms: for how long nobody must have needed the service; 0 for never
 *
 * From now on.
 */
void
stepcast_idle_exit_set_timeout (StepcastIdleExit *self, guint timeout_ms)
{
  self->timeout_ms = timeout_ms;
  stepcast_gsource_clear (&self->timer);
  update (self);
}

/**
 * stepcast_idle_exit_stop:
 * @self: an idle exit
 *
 * Does nothing any more: the service ends for another reason.
 */
void
stepcast_idle_exit_stop (StepcastIdleExit *self)
{
  self->is_stopped = TRUE;
  update (self);
}

static void
stepcast_idle_exit_dispose (GObject *object)
{
  StepcastIdleExit *self = STEPCAST_IDLE_EXIT (object);

  stepcast_gsource_clear (&self->timer);
  g_clear_object (&self->manager);
  g_clear_object (&self->server);
  g_clear_object (&self->bus_name);

  G_OBJECT_CLASS (stepcast_idle_exit_parent_class)->dispose (object);
}

static void
stepcast_idle_exit_class_init (StepcastIdleExitClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_idle_exit_dispose;

  /**
   * StepcastIdleExit::expired:
   *
   * Nobody needs the service, and nobody can reach it any more: it is to end.
   */
  signals[EXPIRED] = g_signal_new ("expired", STEPCAST_TYPE_IDLE_EXIT, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
stepcast_idle_exit_init (StepcastIdleExit *self)
{
}

/**
 * stepcast_idle_exit_new:
 * @manager: whose sessions keep the service
 * @server: whose connections keep it
 * @bus_name: whose calls keep it
 *
 * Returns: (transfer full): an idle exit that does nothing until it has a timeout
 */
StepcastIdleExit *
stepcast_idle_exit_new (StepcastSessionManager *manager,
                        StepcastServer *server,
                        StepcastBusName *bus_name)
{
  StepcastIdleExit *self = g_object_new (STEPCAST_TYPE_IDLE_EXIT, NULL);

  self->manager = g_object_ref (manager);
  self->server = g_object_ref (server);
  self->bus_name = g_object_ref (bus_name);
  g_signal_connect_object (manager, "session-added", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "session-removed", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (server, "notify::n-connections", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);

  return self;
}
