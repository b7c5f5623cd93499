/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-lifetimes.h"

struct _StepcastLifetimes
{
  StepcastSessionManager *manager;
  GHashTable *watches; /* StepcastSession → the id of the watch of its creator's name */
  gulong removed_id;
};

static void
unwatch (gpointer data)
{
  g_bus_unwatch_name (GPOINTER_TO_UINT (data));
}

static void
on_session_removed (StepcastSessionManager *manager,
                    StepcastSession *session,
                    StepcastLifetimes *self)
{
  g_hash_table_remove (self->watches, session);
}

/**
 * stepcast_lifetimes_new:
 * @manager: whose sessions
 *
 * Returns: (transfer full): no session is bound yet
 */
StepcastLifetimes *
stepcast_lifetimes_new (StepcastSessionManager *manager)
{
  StepcastLifetimes *self = g_new0 (StepcastLifetimes, 1);

  self->manager = g_object_ref (manager);
  self->watches = g_hash_table_new_full (NULL, NULL, g_object_unref, unwatch);
  self->removed_id =
    g_signal_connect (manager, "session-removed", G_CALLBACK (on_session_removed), self);

  return self;
}

void
stepcast_lifetimes_free (StepcastLifetimes *self)
{
  g_signal_handler_disconnect (self->manager, self->removed_id);
  g_hash_table_unref (self->watches);
  g_object_unref (self->manager);
  g_free (self);
}

typedef struct
{
  StepcastLifetimes *lifetimes;
  StepcastSession *session; /* the table's: the watch ends with its entry */
} Binding;

static void
on_caller_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Binding *binding = user_data;

  g_debug ("%s: %s, which created it, has gone", stepcast_session_get_name (binding->session),
           name);
  stepcast_session_manager_close (binding->lifetimes->manager, binding->session);
}

/**
 * stepcast_lifetimes_bind:
 * @self: who watches
 * @session: a session of the manager
 * @connection: the bus
 * @caller: the unique name of whoever created it; it may have gone already
 *
 * Closes @session when @caller leaves the bus.
 */
void
stepcast_lifetimes_bind (StepcastLifetimes *self,
                         StepcastSession *session,
                         GDBusConnection *connection,
                         const char *caller)
{
  Binding *binding = g_new (Binding, 1);
  guint id;

  binding->lifetimes = self;
  binding->session = session;
  id = g_bus_watch_name_on_connection (connection, caller, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                       on_caller_vanished, binding, g_free);
  g_hash_table_insert (self->watches, g_object_ref (session), GUINT_TO_POINTER (id));
}
