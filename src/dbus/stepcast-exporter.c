/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-exporter.h"

#include "stepcast-dbus-generated.h"

/* The objects on the bus: for now the manager's properties alone. Lives on the main context. */

#define MANAGER_PATH "/org/stepcast/Stepcast1"

struct _StepcastExporter
{
  GObject parent_instance;

  StepcastLinks *links;
  StepcastDBusManager *skeleton;
};

G_DEFINE_FINAL_TYPE (StepcastExporter, stepcast_exporter, G_TYPE_OBJECT)

static void
stepcast_exporter_dispose (GObject *object)
{
  StepcastExporter *self = STEPCAST_EXPORTER (object);

  stepcast_exporter_unexport (self);
  g_clear_object (&self->skeleton);
  g_clear_object (&self->links);

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
  self->skeleton = stepcast_dbus_manager_skeleton_new ();
}

StepcastExporter *
stepcast_exporter_new (StepcastSessionManager *manager, StepcastLinks *links)
{
  StepcastExporter *self = g_object_new (STEPCAST_TYPE_EXPORTER, NULL);

  self->links = g_object_ref (links);
  g_object_bind_property (links, "address", self->skeleton, "address", G_BINDING_SYNC_CREATE);
  return self;
}

gboolean
stepcast_exporter_export (StepcastExporter *self, GDBusConnection *connection, GError **error)
{
  stepcast_dbus_manager_set_version (self->skeleton, PACKAGE_VERSION);
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                                           MANAGER_PATH, error);
}

void
stepcast_exporter_unexport (StepcastExporter *self)
{
  if (self->skeleton != NULL &&
      g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->skeleton)) != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
}

guint
stepcast_exporter_get_n_pending (StepcastExporter *self)
{
  return 0;
}
