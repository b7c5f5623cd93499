/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-bus-name.h"

#include <glib/gi18n.h>

#include "stepcast-gsource.h"

/* Our place on the session bus: the connection, the objects on it, and the name.
 *
 * The objects are there before the name is, so that whoever waits for the name finds them. The name
 * can be given back and asked for again: when it goes, calls that were under way to us are still
 * ours to answer, and get_n_calls() tells whether there were any. Lives on the main context. */

#define NAME "org.stepcast.Stepcast1"

/* A bus that has not answered by then is as good as none. */
#define ANSWER_MS 5000

/* <dbus/dbus-shared.h> has these, and is no dependency for three numbers. */
#define NAME_FLAG_DO_NOT_QUEUE 4
#define REPLY_PRIMARY_OWNER 1
#define REPLY_ALREADY_OWNER 4

/* Shared with the filter, which GDBus runs in its own thread and may drop there. */
typedef struct
{
  guint n_calls;  /* atomic */
  gint n_pending; /* atomic: calls that are not answered yet */
} Counter;

struct _StepcastBusName
{
  GObject parent_instance;

  StepcastExporter *exporter;
  GDBusConnection *connection; /* (nullable): while there is one */
  Counter *counter;
  guint filter_id;

  GTask *acquiring;          /* (nullable): who asks for the name */
  guint signal_id;           /* tells that it has come; 0 while it is not asked for */
  GCancellable *cancellable; /* (nullable): while the name is asked for */
  GSource *deadline;         /* (nullable): likewise */
};

enum
{
  LOST,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastBusName, stepcast_bus_name, G_TYPE_OBJECT)

/* ---- the connection ---- */

/* In GDBus's thread, for each message before it goes on its way to us: when the answer to a call of
 * ours has come, all that came before it is counted. */
static GDBusMessage *
count_in_thread (GDBusConnection *connection,
                 GDBusMessage *message,
                 gboolean is_incoming,
                 gpointer user_data)
{
  Counter *counter = user_data;
  GDBusMessageType type = g_dbus_message_get_message_type (message);

  if (is_incoming && type == G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    {
      g_atomic_int_inc (&counter->n_calls);
      if (!(g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED))
        g_atomic_int_inc (&counter->n_pending);
    }
  else if (!is_incoming &&
           (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN || type == G_DBUS_MESSAGE_TYPE_ERROR))
    {
      g_atomic_int_add (&counter->n_pending, -1);
    }
  return message;
}

static void
drop_connection (StepcastBusName *self)
{
  if (self->connection == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->connection, self);
  if (self->signal_id > 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->signal_id);
  self->signal_id = 0;
  g_dbus_connection_remove_filter (self->connection, self->filter_id);
  stepcast_exporter_unexport (self->exporter);
  g_clear_object (&self->connection);
}

static void
on_closed (GDBusConnection *connection,
           gboolean is_by_peer,
           const GError *error,
           StepcastBusName *self)
{
  g_autoptr (StepcastBusName) alive G_GNUC_UNUSED = g_object_ref (self);

  drop_connection (self);
  g_signal_emit (self, signals[LOST], 0);
}

/* @connection: (transfer full) */
static void
take_connection (StepcastBusName *self, GDBusConnection *connection)
{
  self->connection = connection;
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
  self->filter_id = g_dbus_connection_add_filter (connection, count_in_thread,
                                                  g_atomic_rc_box_acquire (self->counter),
                                                  (GDestroyNotify) g_atomic_rc_box_release);
}

/* GIO would else start a bus by dbus-launch where there is a display: one that nobody asked for,
 * and that outlives us. */
static gboolean
has_address (void)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);

  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Answers who asks for the name; @error: (transfer full) (nullable): why it can't be had */
static void
end_acquiring (StepcastBusName *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->acquiring);

  if (self->signal_id > 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->signal_id);
  self->signal_id = 0;
  stepcast_gsource_clear (&self->deadline);
  g_clear_object (&self->cancellable);
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* GIO waits for the bus's answer to Hello whatever becomes of the cancellable: so who asks is
 * answered now, and what comes later is dropped. */
static void
give_up (StepcastBusName *self, GError *error)
{
  g_cancellable_cancel (self->cancellable);
  end_acquiring (self, error);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (StepcastBusName) self = g_object_ref (user_data);

  give_up (self, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _ ("it did not answer within %d s"),
                              ANSWER_MS / 1000));
  return G_SOURCE_REMOVE;
}

static void
start_deadline (StepcastBusName *self)
{
  self->cancellable = g_cancellable_new ();
  self->deadline = g_timeout_source_new (ANSWER_MS);
  g_source_set_static_name (self->deadline, "[stepcast] bus deadline");
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

/* ---- the name ---- */

static void
call_bus (StepcastBusName *self,
          const char *method,
          GVariant *arguments,
          GAsyncReadyCallback callback,
          GTask *task)
{
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", method, arguments, G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, self->cancellable, callback, task);
}

static void
on_requested (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  StepcastBusName *self = g_task_get_source_object (task);
  g_autoptr (GVariant) reply = NULL;
  GError *error = NULL;
  guint32 code;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source_object), result, &error);
  if (self->acquiring != task) /* the signal was quicker */
    {
      g_clear_error (&error);
      return;
    }

  if (reply != NULL)
    {
      g_variant_get (reply, "(u)", &code);
      if (code != REPLY_PRIMARY_OWNER && code != REPLY_ALREADY_OWNER)
        g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                             "Another process has the name " NAME " on this bus");
    }
  end_acquiring (self, error);
}

/* Who called for us to be started has waited on the bus, which sends that call before its answer to
 * our RequestName, but after this: whoever listens to us has it done before the first call. */
static void
on_name_acquired (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *signal,
                  GVariant *arguments,
                  gpointer user_data)
{
  StepcastBusName *self = user_data;

  if (self->acquiring != NULL)
    end_acquiring (self, NULL);
}

static void
request_name (StepcastBusName *self)
{
  self->signal_id =
    g_dbus_connection_signal_subscribe (self->connection, "org.freedesktop.DBus",
                                        "org.freedesktop.DBus", "NameAcquired",
                                        "/org/freedesktop/DBus", NAME, G_DBUS_SIGNAL_FLAGS_NONE,
                                        on_name_acquired, self, NULL);
  call_bus (self, "RequestName", g_variant_new ("(su)", NAME, NAME_FLAG_DO_NOT_QUEUE), on_requested,
            g_object_ref (self->acquiring));
}

static void
on_connected (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  StepcastBusName *self = g_task_get_source_object (task);
  GDBusConnection *connection;
  GError *error = NULL;

  connection = g_bus_get_finish (result, &error);
  if (self->acquiring != task) /* it comes too late */
    {
      if (connection != NULL)
        g_dbus_connection_set_exit_on_close (connection, FALSE);
      g_clear_object (&connection);
      g_clear_error (&error);
      return;
    }
  if (connection == NULL)
    {
      end_acquiring (self, error);
      return;
    }

  take_connection (self, connection);
  if (stepcast_exporter_export (self->exporter, connection, &error))
    request_name (self);
  else
    end_acquiring (self, error);
}

/**
 * stepcast_bus_name_acquire_async:
 * @self: a bus name that is not there
 * @callback: called when it is, or can't be
 * @user_data: handed to @callback
 *
 * Connects to the session bus unless that has been done, puts the objects on it, and asks for the
 * name.
 */
void
stepcast_bus_name_acquire_async (StepcastBusName *self,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (self->acquiring == NULL);

  g_task_set_source_tag (task, stepcast_bus_name_acquire_async);
  if (self->connection == NULL && !has_address ())
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                               _ ("$DBUS_SESSION_BUS_ADDRESS is not set"));
      return;
    }

  self->acquiring = g_steal_pointer (&task);
  start_deadline (self);
  if (self->connection == NULL)
    g_bus_get (G_BUS_TYPE_SESSION, self->cancellable, on_connected, g_object_ref (self->acquiring));
  else
    request_name (self);
}

/**
 * stepcast_bus_name_cancel:
 * @self: a bus name
 *
 * Lets asking for the name come to its end now; nothing where it is not asked for.
 */
void
stepcast_bus_name_cancel (StepcastBusName *self)
{
  if (self->acquiring != NULL)
    give_up (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "It is not wanted"));
}

/**
 * stepcast_bus_name_acquire_finish:
 * @self: a bus name
 * @result: as it was handed to the callback
 * @error: %G_IO_ERROR_EXISTS: another process has it; else there is no bus to be had
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_bus_name_acquire_finish (StepcastBusName *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_released (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = NULL;
  GError *error = NULL;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source_object), result, &error);
  if (reply == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * stepcast_bus_name_release_async:
 * @self: a bus name
 * @callback: called when no call can come to it any more
 * @user_data: handed to @callback
 *
 * Gives the name back. Calls that reached us before that are dispatched before or after @callback,
 * and stepcast_bus_name_get_n_calls() has all of them when it is called.
 */
void
stepcast_bus_name_release_async (StepcastBusName *self,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, stepcast_bus_name_release_async);
  if (self->connection == NULL)
    g_task_return_boolean (task, TRUE);
  else
    call_bus (self, "ReleaseName", g_variant_new ("(s)", NAME), on_released,
              g_steal_pointer (&task));
}

gboolean
stepcast_bus_name_release_finish (StepcastBusName *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_flushed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  StepcastBusName *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  /* It may have gone meanwhile, and that is what we want. */
  if (!g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source_object), result, &error))
    g_debug ("The last answers did not reach the bus: %s", error->message);
  drop_connection (self);
  g_task_return_boolean (task, TRUE);
}

/**
 * stepcast_bus_name_leave_async:
 * @self: a bus name
 * @callback: called when all answers are on their way
 * @user_data: handed to @callback
 *
 * Writes what is to be written, and takes the objects off the bus.
 */
void
stepcast_bus_name_leave_async (StepcastBusName *self,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, stepcast_bus_name_leave_async);
  if (self->connection == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_dbus_connection_flush (self->connection, NULL, on_flushed, g_steal_pointer (&task));
}

gboolean
stepcast_bus_name_leave_finish (StepcastBusName *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * stepcast_bus_name_get_n_calls:
 * @self: a bus name
 *
 * Returns: how many calls have reached the process; it wraps around
 */
guint
stepcast_bus_name_get_n_calls (StepcastBusName *self)
{
  return (guint) g_atomic_int_get (&self->counter->n_calls);
}

/**
 * stepcast_bus_name_get_n_pending:
 * @self: a bus name
 *
 * Returns: how many calls have reached the process, and are not answered yet
 */
guint
stepcast_bus_name_get_n_pending (StepcastBusName *self)
{
  return (guint) MAX (g_atomic_int_get (&self->counter->n_pending), 0);
}

gboolean
stepcast_bus_name_is_connected (StepcastBusName *self)
{
  return self->connection != NULL;
}

static void
stepcast_bus_name_dispose (GObject *object)
{
  StepcastBusName *self = STEPCAST_BUS_NAME (object);

  drop_connection (self);
  g_clear_object (&self->exporter);

  G_OBJECT_CLASS (stepcast_bus_name_parent_class)->dispose (object);
}

static void
stepcast_bus_name_finalize (GObject *object)
{
  StepcastBusName *self = STEPCAST_BUS_NAME (object);

  g_assert (self->deadline == NULL);
  g_atomic_rc_box_release (self->counter);

  G_OBJECT_CLASS (stepcast_bus_name_parent_class)->finalize (object);
}

static void
stepcast_bus_name_class_init (StepcastBusNameClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_bus_name_dispose;
  object_class->finalize = stepcast_bus_name_finalize;

  /**
   * StepcastBusName::lost:
   *
   * The connection was closed. Not emitted once it has left.
   */
  signals[LOST] = g_signal_new ("lost", STEPCAST_TYPE_BUS_NAME, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 0);
}

static void
stepcast_bus_name_init (StepcastBusName *self)
{
  self->counter = g_atomic_rc_box_new0 (Counter);
}

/**
 * stepcast_bus_name_new:
 * @exporter: what is to be on the bus
 *
 * Returns: (transfer full): a new bus name, which is not there yet
 */
StepcastBusName *
stepcast_bus_name_new (StepcastExporter *exporter)
{
  StepcastBusName *self = g_object_new (STEPCAST_TYPE_BUS_NAME, NULL);

  self->exporter = g_object_ref (exporter);
  return self;
}
