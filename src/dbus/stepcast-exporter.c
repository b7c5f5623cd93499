/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-exporter.h"

#include "stepcast-callers.h"
#include "stepcast-dbus-error.h"
#include "stepcast-dbus-generated.h"
#include "stepcast-manager-object.h"
#include "stepcast-session-object.h"

/* All that the service has on the bus: the manager, and an object for each session, which comes and
 * goes with it. Lives on the main context. */

struct _StepcastExporter
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastRasterizer *rasterizer;
  StepcastLinks *links;
  StepcastCallers *callers;
  StepcastManagerObject *manager_object;
  GDBusObjectManagerServer *objects;
};

G_DEFINE_FINAL_TYPE (StepcastExporter, stepcast_exporter, G_TYPE_OBJECT)

static void
on_session_added (StepcastSessionManager *manager, StepcastSession *session, StepcastExporter *self)
{
  g_autofree char *path = stepcast_manager_object_make_path (session);
  g_autoptr (StepcastDBusObjectSkeleton) object = stepcast_dbus_object_skeleton_new (path);
  g_autoptr (StepcastSessionObject) interface =
    stepcast_session_object_new (manager, session, self->rasterizer, self->links, self->callers);

  stepcast_dbus_object_skeleton_set_session (object, STEPCAST_DBUS_SESSION (interface));
  g_dbus_object_manager_server_export (self->objects, G_DBUS_OBJECT_SKELETON (object));
}

static void
on_session_removed (StepcastSessionManager *manager,
                    StepcastSession *session,
                    StepcastExporter *self)
{
  g_autofree char *path = stepcast_manager_object_make_path (session);

  g_dbus_object_manager_server_unexport (self->objects, path);
}

/* Off the bus there are no objects: each change of a session would be told to nobody. */
static void
follow_sessions (StepcastExporter *self)
{
  GPtrArray *sessions = stepcast_session_manager_list (self->manager);

  for (guint i = 0; i < sessions->len; i++)
    on_session_added (self->manager, sessions->pdata[i], self);
  g_signal_connect (self->manager, "session-added", G_CALLBACK (on_session_added), self);
  g_signal_connect (self->manager, "session-removed", G_CALLBACK (on_session_removed), self);
}

static void
forget_sessions (StepcastExporter *self)
{
  GPtrArray *sessions = stepcast_session_manager_list (self->manager);

  g_signal_handlers_disconnect_by_data (self->manager, self);
  for (guint i = 0; i < sessions->len; i++)
    on_session_removed (self->manager, sessions->pdata[i], self);
}

/**
 * stepcast_exporter_export:
 * @self: an exporter
 * @connection: a bus
 * @error: why it can't be done
 *
 * Puts everything on @connection: before the service's name is taken, so that whoever sees the name
 * finds the objects.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_exporter_export (StepcastExporter *self, GDBusConnection *connection, GError **error)
{
  g_return_val_if_fail (STEPCAST_IS_EXPORTER (self), FALSE);

  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->manager_object),
                                         connection, STEPCAST_DBUS_PATH, error))
    return FALSE;

  follow_sessions (self);
  g_dbus_object_manager_server_set_connection (self->objects, connection);
  return TRUE;
}

/**
 * stepcast_exporter_unexport:
 * @self: an exporter
 *
 * Takes everything off the bus again, if it is on one; calls that are under way are answered
 * nevertheless.
 */
void
stepcast_exporter_unexport (StepcastExporter *self)
{
  GDBusInterfaceSkeleton *manager;

  g_return_if_fail (STEPCAST_IS_EXPORTER (self));

  manager = G_DBUS_INTERFACE_SKELETON (self->manager_object);
  if (g_dbus_interface_skeleton_get_connection (manager) == NULL)
    return;

  g_dbus_interface_skeleton_unexport (manager);
  g_dbus_object_manager_server_set_connection (self->objects, NULL);
  forget_sessions (self);
}

static void
stepcast_exporter_dispose (GObject *object)
{
  StepcastExporter *self = STEPCAST_EXPORTER (object);

  if (self->manager_object != NULL)
    stepcast_exporter_unexport (self);
  g_clear_object (&self->objects);
  g_clear_object (&self->manager_object);
  g_clear_object (&self->callers);
  g_clear_object (&self->links);
  g_clear_object (&self->rasterizer);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (stepcast_exporter_parent_class)->dispose (object);
}

static void
stepcast_exporter_class_init (StepcastExporterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_exporter_dispose;
}

static void
stepcast_exporter_init (StepcastExporter *self)
{
  stepcast_dbus_error_register ();
  self->objects = g_dbus_object_manager_server_new (STEPCAST_DBUS_PATH);
}

/**
 * stepcast_exporter_new:
 * @manager: the sessions
 * @scheduler: splits and checks what programs print
 * @validator: loads it
 * @guard: ends what programs have started where we can't
 * @rasterizer: draws pixels
 * @links: the addresses of the web
 *
 * Returns: (transfer full): an exporter that is on no bus yet
 */
StepcastExporter *
stepcast_exporter_new (StepcastSessionManager *manager,
                       StepcastScheduler *scheduler,
                       StepcastValidator *validator,
                       StepcastGuard *guard,
                       StepcastRasterizer *rasterizer,
                       StepcastLinks *links)
{
  StepcastExporter *self = g_object_new (STEPCAST_TYPE_EXPORTER, NULL);

  self->manager = g_object_ref (manager);
  self->rasterizer = g_object_ref (rasterizer);
  self->links = g_object_ref (links);
  self->callers = stepcast_callers_new ();
  self->manager_object =
    stepcast_manager_object_new (manager, scheduler, validator, guard, links, self->callers);

  return self;
}
