/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-client.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "stepcast-command.h"
#include "stepcast-error.h"
#include "stepcast-output.h"
#include "stepcast-suggest.h"

/* The service, as one command sees it: found, or started, once; what it says is asked for from the
 * very process that was found, so that none that comes after it can answer in its stead. Calls wait
 * for their answer: a command has nothing else to do. Those that wait for more (run, follow)
 * iterate the main context and are told by signals:
 *
 * - `vanished`: the service has gone, or the bus
 * - `session-closed`: a session, whose object path is given, is not there any more */

#define BUS_NAME "org.stepcast.Stepcast1"
#define MANAGER_PATH "/org/stepcast/Stepcast1"
#define MANAGER_INTERFACE "org.stepcast.Stepcast1.Manager"
#define SESSION_INTERFACE "org.stepcast.Stepcast1.Session"
#define OBJECT_MANAGER_INTERFACE "org.freedesktop.DBus.ObjectManager"

struct _StepcastClient
{
  GObject parent_instance;

  GDBusConnection *connection;
  char *owner; /* the unique name of the service */
  StepcastDBusManager *manager;
  guint watch_id;
  guint removed_id;
};

enum
{
  VANISHED,
  SESSION_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastClient, stepcast_client, G_TYPE_OBJECT)

/* It would put blanks into what the macro makes a string of. */
/* clang-format off */
G_DEFINE_QUARK (stepcast-client-error-quark, stepcast_client_error)
/* clang-format on */

static void
stepcast_client_dispose (GObject *object)
{
  StepcastClient *self = STEPCAST_CLIENT (object);

  if (self->connection != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->connection, self);
      if (self->removed_id != 0)
        g_dbus_connection_signal_unsubscribe (self->connection, self->removed_id);
      self->removed_id = 0;
    }
  g_clear_handle_id (&self->watch_id, g_bus_unwatch_name);
  g_clear_object (&self->manager);
  g_clear_object (&self->connection);

  G_OBJECT_CLASS (stepcast_client_parent_class)->dispose (object);
}

static void
stepcast_client_finalize (GObject *object)
{
  StepcastClient *self = STEPCAST_CLIENT (object);

  g_free (self->owner);

  G_OBJECT_CLASS (stepcast_client_parent_class)->finalize (object);
}

static void
stepcast_client_class_init (StepcastClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_client_dispose;
  object_class->finalize = stepcast_client_finalize;

  signals[VANISHED] = g_signal_new ("vanished", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SESSION_CLOSED] =
    g_signal_new ("session-closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
stepcast_client_init (StepcastClient *self)
{
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_signal_emit (user_data, signals[VANISHED], 0);
}

static void
on_connection_closed (StepcastClient *self)
{
  g_signal_emit (self, signals[VANISHED], 0);
}

static void
on_interfaces_removed (GDBusConnection *connection,
                       const char *sender_name,
                       const char *object_path,
                       const char *interface_name,
                       const char *signal_name,
                       GVariant *parameters,
                       gpointer user_data)
{
  g_autofree const char **interfaces = NULL;
  const char *path;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oas)")))
    return;

  g_variant_get (parameters, "(&o^a&s)", &path, &interfaces);
  if (g_strv_contains (interfaces, SESSION_INTERFACE))
    g_signal_emit (user_data, signals[SESSION_CLOSED], 0, path);
}

static GDBusConnection *
connect_to_bus (GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GDBusConnection *connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &local_error);

  if (connection == NULL)
    g_set_error (
      error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_NO_SERVICE,
      _ ("There is no session bus: %s\n"
         "Start a shell that has one with “dbus-run-session -- bash”, or paste the line with "
         "DBUS_SESSION_BUS_ADDRESS that “build-aux/run” prints"),
      local_error->message);
  else
    g_dbus_connection_set_exit_on_close (connection, FALSE); /* we say so first */
  return connection;
}

/* Asks the bus; its answer is of @reply_type. */
static GVariant *
call_bus (StepcastClient *self,
          const char *method,
          GVariant *parameters,
          const char *reply_type,
          GError **error)
{
  return g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus",
                                      "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
                                      parameters, G_VARIANT_TYPE (reply_type),
                                      G_DBUS_CALL_FLAGS_NONE, -1, NULL, error);
}

static gboolean
find_owner (StepcastClient *self, GError **error)
{
  g_autoptr (GVariant) reply =
    call_bus (self, "GetNameOwner", g_variant_new ("(s)", BUS_NAME), "(s)", error);

  if (reply != NULL)
    g_variant_get (reply, "(s)", &self->owner);
  return reply != NULL;
}

static gboolean
start_service (StepcastClient *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) reply =
    call_bus (self, "StartServiceByName", g_variant_new ("(su)", BUS_NAME, 0), "(u)", &local_error);

  if (reply != NULL)
    return TRUE;

  g_dbus_error_strip_remote_error (local_error);
  if (g_error_matches (local_error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_NO_SERVICE,
                 _ ("The service does not run, and the bus does not know how to start it\n"
                    "Start “stepcastd” in another terminal, on the same bus"));
  else
    g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_NO_SERVICE,
                 _ ("The service could not be started: %s\n"
                    "Start “stepcastd” in a terminal to see why"),
                 local_error->message);
  return FALSE;
}

static gboolean
find_service (StepcastClient *self, StepcastClientFlags flags, GError **error)
{
  if (find_owner (self, NULL))
    return TRUE;
  if (flags == STEPCAST_CLIENT_NO_AUTO_START)
    {
      g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_NO_SERVICE,
                   _ ("The service does not run"));
      return FALSE;
    }
  if (!start_service (self, error))
    return FALSE;
  if (find_owner (self, NULL))
    return TRUE;

  g_propagate_error (error, stepcast_client_new_vanished_error ());
  return FALSE;
}

static void
watch_service (StepcastClient *self)
{
  g_signal_connect_swapped (self->connection, "closed", G_CALLBACK (on_connection_closed), self);
  self->watch_id =
    g_bus_watch_name_on_connection (self->connection, self->owner, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                    NULL, on_name_vanished, self, NULL);
  self->removed_id =
    g_dbus_connection_signal_subscribe (self->connection, self->owner, OBJECT_MANAGER_INTERFACE,
                                        "InterfacesRemoved", MANAGER_PATH, NULL,
                                        G_DBUS_SIGNAL_FLAGS_NONE, on_interfaces_removed, self,
                                        NULL);
}

/**
 * stepcast_client_new:
 * @flags: whether the service is to be started
 * @error: %STEPCAST_CLIENT_ERROR_NO_SERVICE, with what to do
 *
 * Returns: (transfer full) (nullable): the service, or %NULL with @error set
 */
StepcastClient *
stepcast_client_new (StepcastClientFlags flags, GError **error)
{
  g_autoptr (StepcastClient) self = g_object_new (STEPCAST_TYPE_CLIENT, NULL);

  self->connection = connect_to_bus (error);
  if (self->connection == NULL || !find_service (self, flags, error))
    return NULL;

  watch_service (self);
  return g_steal_pointer (&self);
}

/**
 * stepcast_client_introduce:
 * @self: a client
 *
 * Says that what is asked from now on is asked by the command line. It goes before the next call,
 * and nobody waits for an answer; a service that does not know it yet has nothing to tell it for.
 */
void
stepcast_client_introduce (StepcastClient *self)
{
  g_dbus_connection_call (self->connection, self->owner, MANAGER_PATH, MANAGER_INTERFACE,
                          "Introduce", g_variant_new ("(s)", "cli"), NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

/**
 * stepcast_client_get_manager:
 * @self: a client
 * @error: why there is none
 *
 * Returns: (transfer none) (nullable): the service's manager, or %NULL with @error set
 */
StepcastDBusManager *
stepcast_client_get_manager (StepcastClient *self, GError **error)
{
  if (self->manager == NULL)
    self->manager =
      stepcast_dbus_manager_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                            self->owner, MANAGER_PATH, NULL, error);
  return self->manager;
}

/* Properties that it has been told need not be asked for again. */
static StepcastDBusSession *
new_snapshot (StepcastClient *self, const char *path, GVariant *properties, GError **error)
{
  StepcastDBusSession *session =
    stepcast_dbus_session_proxy_new_sync (self->connection,
                                          G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
                                            G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |
                                            G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                          self->owner, path, NULL, error);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (session == NULL)
    return NULL;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_dbus_proxy_set_cached_property (G_DBUS_PROXY (session), name, value);
  return session;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (stepcast_dbus_session_get_name (*(StepcastDBusSession **) a),
                 stepcast_dbus_session_get_name (*(StepcastDBusSession **) b));
}

/**
 * stepcast_client_list_sessions:
 * @self: a client
 * @error: why it could not be asked
 *
 * Returns: (transfer full) (element-type StepcastDBusSession) (nullable): all sessions as they are
 *   now, by name, or %NULL with @error set. They are told of no changes
 */
GPtrArray *
stepcast_client_list_sessions (StepcastClient *self, GError **error)
{
  g_autoptr (GPtrArray) sessions = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariantIter) objects = NULL;
  const char *path;
  GVariant *interfaces;

  reply = g_dbus_connection_call_sync (self->connection, self->owner, MANAGER_PATH,
                                       OBJECT_MANAGER_INTERFACE, "GetManagedObjects", NULL,
                                       G_VARIANT_TYPE ("(a{oa{sa{sv}}})"),
                                       G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, error);
  if (reply == NULL)
    return NULL;

  g_variant_get (reply, "(a{oa{sa{sv}}})", &objects);
  while (g_variant_iter_loop (objects, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      g_autoptr (GVariant) properties =
        g_variant_lookup_value (interfaces, SESSION_INTERFACE, G_VARIANT_TYPE_VARDICT);
      StepcastDBusSession *session =
        properties != NULL ? new_snapshot (self, path, properties, NULL) : NULL;

      if (session != NULL && stepcast_dbus_session_get_name (session) != NULL)
        g_ptr_array_add (sessions, session);
      else
        g_clear_object (&session);
    }

  g_ptr_array_sort (sessions, compare_names);
  return g_steal_pointer (&sessions);
}

static const char **
list_names (GPtrArray *sessions)
{
  const char **names = g_new0 (const char *, sessions->len + 1);

  for (guint i = 0; i < sessions->len; i++)
    names[i] = stepcast_dbus_session_get_name (sessions->pdata[i]);
  return names;
}

static gboolean
refuse_name (GPtrArray *sessions, const char *name, GError **error)
{
  g_autofree const char **names = list_names (sessions);
  g_autofree char *joined = g_strjoinv (", ", (char **) names);
  g_autofree char *suggestion = NULL;
  g_autofree char *quoted = NULL;

  if (sessions->len == 0)
    {
      g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN,
                   _ ("There is no session\nOpen one with “stepcast run --detach”"));
    }
  else if (name == NULL)
    {
      g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN,
                   _ ("There are several sessions: %s\nSay which one"), joined);
    }
  else
    {
      quoted = stepcast_error_quote (name);
      suggestion = stepcast_suggest_sentence (name, names);
      g_set_error (
        error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN,
        /* TRANSLATORS: the last %s is “Did you mean …?”, in a line of its own, or nothing */
        _ ("There is no session “%s”; there are: %s%s"), quoted, joined, suggestion);
    }
  return FALSE;
}

/**
 * stepcast_client_find_session:
 * @self: a client
 * @name: (nullable): a session's name, whatever it is; %NULL for the only one
 * @error: names those there are
 *
 * Returns: (transfer full) (nullable): the session, which is told of its changes, or %NULL with
 *   @error set
 */
StepcastDBusSession *
stepcast_client_find_session (StepcastClient *self, const char *name, GError **error)
{
  g_autoptr (GPtrArray) sessions = stepcast_client_list_sessions (self, error);
  GDBusProxy *found = NULL;

  if (sessions == NULL)
    return NULL;

  if (name == NULL && sessions->len == 1)
    found = sessions->pdata[0];
  for (guint i = 0; name != NULL && i < sessions->len; i++)
    if (g_str_equal (stepcast_dbus_session_get_name (sessions->pdata[i]), name))
      found = sessions->pdata[i];

  if (found == NULL && !refuse_name (sessions, name, error))
    return NULL;
  return stepcast_client_open_session (self, g_dbus_proxy_get_object_path (found), error);
}

/**
 * stepcast_client_open_session:
 * @self: a client
 * @object_path: of a session
 * @error: why it could not be asked
 *
 * Returns: (transfer full) (nullable): the session, which is told of its changes, or %NULL with
 *   @error set
 */
StepcastDBusSession *
stepcast_client_open_session (StepcastClient *self, const char *object_path, GError **error)
{
  g_autoptr (StepcastDBusSession) session =
    stepcast_dbus_session_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                          self->owner, object_path, NULL, error);

  if (session == NULL)
    return NULL;
  if (stepcast_dbus_session_get_name (session) == NULL)
    {
      g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN,
                   _ ("The session was closed meanwhile"));
      return NULL;
    }

  /* A stop or a pause takes as long as a step does: who waits can press Ctrl-C. */
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (session), G_MAXINT);
  return g_steal_pointer (&session);
}

static char **
list_generator_names (StepcastDBusManager *manager)
{
  g_autoptr (GVariant) generators = NULL;
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  GVariantIter iter;
  GVariant *generator;

  if (stepcast_dbus_manager_call_list_generators_sync (manager, &generators, NULL, NULL))
    {
      g_variant_iter_init (&iter, generators);
      while (g_variant_iter_loop (&iter, "@a{sv}", &generator))
        {
          const char *name;

          if (g_variant_lookup (generator, "name", "&s", &name))
            g_strv_builder_add (names, name);
        }
    }

  return g_strv_builder_end (names);
}

/**
 * stepcast_client_describe_generator:
 * @self: a client
 * @name: of a generator, whatever it is; empty for the default one
 * @error: names those there are
 *
 * Returns: (transfer full) (nullable): its description, an `a{sv}`, or %NULL with @error set
 */
GVariant *
stepcast_client_describe_generator (StepcastClient *self, const char *name, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *suggestion = NULL;
  g_auto (GStrv) names = NULL;
  StepcastDBusManager *manager = stepcast_client_get_manager (self, error);
  GVariant *description;

  if (manager == NULL)
    return NULL;
  if (stepcast_dbus_manager_call_describe_generator_sync (manager, name, &description, NULL,
                                                          &local_error))
    return description;

  g_dbus_error_strip_remote_error (local_error);
  if (g_error_matches (local_error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR))
    {
      names = list_generator_names (manager);
      suggestion = stepcast_suggest_sentence (name, (const char *const *) names);
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR,
                   /* TRANSLATORS: what is wrong, then “Did you mean …?”, or nothing */
                   _ ("%s%s\n“stepcast generators” lists what they compute; a program is run by "
                      "“stepcast run -- PROGRAM”"),
                   local_error->message, suggestion);
    }
  else
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
    }
  return NULL;
}

/**
 * stepcast_client_new_vanished_error:
 *
 * Returns: (transfer full): what is to be said when the service has gone
 */
GError *
stepcast_client_new_vanished_error (void)
{
  return g_error_new (STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_NO_SERVICE,
                      _ ("The service has gone, and its sessions with it\n"
                         "Its log may say why: “journalctl --user -u stepcastd”, or the terminal "
                         "in which it ran"));
}

/**
 * stepcast_client_new_closed_error:
 * @session: a session
 *
 * Returns: (transfer full): what is to be said when somebody else has closed it
 */
GError *
stepcast_client_new_closed_error (StepcastDBusSession *session)
{
  return g_error_new (STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN,
                      _ ("The session “%s” was closed by somebody else"),
                      stepcast_dbus_session_get_name (session));
}

typedef struct
{
  StepcastDBusSession *session;
  gboolean has_vanished;
  gboolean is_closed;
} Wait;

static void
on_wait_vanished (StepcastClient *self, gpointer user_data)
{
  ((Wait *) user_data)->has_vanished = TRUE;
}

static void
on_wait_session_closed (StepcastClient *self, const char *path, gpointer user_data)
{
  Wait *wait = user_data;

  if (g_str_equal (path, g_dbus_proxy_get_object_path (G_DBUS_PROXY (wait->session))))
    wait->is_closed = TRUE;
}

/**
 * stepcast_client_wait:
 * @self: a client
 * @session: a session of it
 * @condition: what is waited for; asked at once and after each change
 * @user_data: for @condition
 * @error: %STEPCAST_CLIENT_ERROR where the service or the session goes first
 *
 * Waits until @condition holds.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_client_wait (StepcastClient *self,
                      StepcastDBusSession *session,
                      StepcastCondition condition,
                      gpointer user_data,
                      GError **error)
{
  Wait wait = { .session = session };
  gulong vanished_id = g_signal_connect (self, "vanished", G_CALLBACK (on_wait_vanished), &wait);
  gulong closed_id =
    g_signal_connect (self, "session-closed", G_CALLBACK (on_wait_session_closed), &wait);

  while (!condition (session, user_data) && !wait.has_vanished && !wait.is_closed)
    g_main_context_iteration (NULL, TRUE);

  g_signal_handler_disconnect (self, vanished_id);
  g_signal_handler_disconnect (self, closed_id);
  if (wait.has_vanished)
    g_propagate_error (error, stepcast_client_new_vanished_error ());
  else if (wait.is_closed)
    g_propagate_error (error, stepcast_client_new_closed_error (session));
  return !wait.has_vanished && !wait.is_closed;
}

/* What a call that was under way is told when nobody is there to answer it. */
static gboolean
is_vanished (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static gboolean
is_closed (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE);
}

static int
get_exit (const GError *error)
{
  if (error->domain == G_OPTION_ERROR)
    return STEPCAST_CLI_EXIT_USAGE;
  if (g_error_matches (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_NO_SERVICE) ||
      is_vanished (error))
    return STEPCAST_CLI_EXIT_NO_SERVICE;
  if (g_error_matches (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN) ||
      g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_SESSION) ||
      g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR) ||
      g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER) ||
      is_closed (error))
    return STEPCAST_CLI_EXIT_UNKNOWN;
  return STEPCAST_CLI_EXIT_FAILED;
}

/**
 * stepcast_client_report:
 * @error: why a command fails
 *
 * Says so on standard error.
 *
 * Returns: the exit status that goes with it
 */
int
stepcast_client_report (const GError *error)
{
  g_autoptr (GError) vanished = is_vanished (error) ? stepcast_client_new_vanished_error () : NULL;
  g_autoptr (GError) plain = g_error_copy (vanished != NULL ? vanished : error);
  g_autofree char *text = NULL;

  g_dbus_error_strip_remote_error (plain);
  text = stepcast_output_escape_lines (is_closed (error) ? _ ("The session was closed meanwhile") :
                                                           plain->message);
  g_printerr ("%sstepcast:%s %s\n",
              stepcast_output_begin_colour (STDERR_FILENO, STEPCAST_COLOUR_BAD),
              stepcast_output_end_colour (STDERR_FILENO, STEPCAST_COLOUR_BAD), text);
  if (error->domain == G_OPTION_ERROR)
    g_printerr (_ ("“%s --help” tells what it takes\n"), g_get_prgname ());
  return get_exit (error);
}
