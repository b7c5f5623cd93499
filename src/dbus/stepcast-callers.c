/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-callers.h"

#include "stepcast-error.h"

/* What those who call have said that they are. Whoever has not is a program on the bus; so the
 * table has only those who are something else, until they leave: a unique name is never given
 * twice. Lives on the main context. */

struct _StepcastCallers
{
  GObject parent_instance;

  GHashTable *watches; /* the unique name of a command line → the id of the watch of it */
};

G_DEFINE_FINAL_TYPE (StepcastCallers, stepcast_callers, G_TYPE_OBJECT)

static void
unwatch (gpointer data)
{
  g_bus_unwatch_name (GPOINTER_TO_UINT (data));
}

static void
stepcast_callers_finalize (GObject *object)
{
  g_hash_table_unref (STEPCAST_CALLERS (object)->watches);

  G_OBJECT_CLASS (stepcast_callers_parent_class)->finalize (object);
}

static void
stepcast_callers_class_init (StepcastCallersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = stepcast_callers_finalize;
}

static void
stepcast_callers_init (StepcastCallers *self)
{
  self->watches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unwatch);
}

StepcastCallers *
stepcast_callers_new (void)
{
  return g_object_new (STEPCAST_TYPE_CALLERS, NULL);
}

static void
on_caller_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_hash_table_remove (STEPCAST_CALLERS (user_data)->watches, name);
}

/**
 * stepcast_callers_introduce:
 * @self: who calls
 * @connection: the bus
 * @caller: (nullable): a unique name; its owner may have gone already
 * @kind: what it says that it is, whatever that is
 * @error: %STEPCAST_ERROR_INVALID_VALUE if there is no such kind of caller
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_callers_introduce (StepcastCallers *self,
                            GDBusConnection *connection,
                            const char *caller,
                            const char *kind,
                            GError **error)
{
  gboolean is_cli = g_str_equal (kind, "cli");
  g_autofree char *quoted = NULL;
  guint id;

  if (!is_cli && !g_str_equal (kind, "dbus"))
    {
      quoted = stepcast_error_quote (kind);
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” is no kind of caller: it is “cli” or “dbus”", quoted);
      return FALSE;
    }
  if (caller == NULL) /* there is no bus between us: nobody else can call */
    return TRUE;

  if (!is_cli)
    {
      g_hash_table_remove (self->watches, caller);
    }
  else if (!g_hash_table_contains (self->watches, caller))
    {
      id = g_bus_watch_name_on_connection (connection, caller, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
                                           on_caller_vanished, self, NULL);
      g_hash_table_insert (self->watches, g_strdup (caller), GUINT_TO_POINTER (id));
    }
  return TRUE;
}

/**
 * stepcast_callers_make_actor:
 * @self: who calls
 * @caller: (nullable): a unique name
 *
 * Returns: (transfer full): who acts when that one calls
 */
StepcastActor *
stepcast_callers_make_actor (StepcastCallers *self, const char *caller)
{
  gboolean is_cli = caller != NULL && g_hash_table_contains (self->watches, caller);

  return stepcast_actor_new (is_cli ? STEPCAST_ACTOR_CLI : STEPCAST_ACTOR_DBUS,
                             caller != NULL ? caller : "");
}
