/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-manager.h"

#include <string.h>

#include "stepcast-error.h"
#include "stepcast-parameters.h"
#include "stepcast-title.h"

/* All sessions of the service, by name. Who opened one closes it; a closed session is off the list
 * at once, and is kept until it has stopped. Lives on the main context. */

/* With the path above it, an object path and an URL of a handy length. */
#define MAX_NAME_BYTES 64

/* That an error message lists. */
#define MAX_NAMES 8

struct _StepcastSessionManager
{
  GObject parent_instance;

  StepcastRegistry *registry;
  guint max_sessions;
  guint stop_deadline_ms;
  GPtrArray *sessions; /* of StepcastSession, in the order of their opening */
  GHashTable *by_name; /* the same; keys are the sessions' */
  guint n_closing;     /* closed ones that have not stopped yet */
  GTask *closing_all;  /* (nullable): who waits until there is none */
  gboolean is_closed;  /* no new ones */
};

enum
{
  SESSION_ADDED,
  SESSION_REMOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastSessionManager, stepcast_session_manager, G_TYPE_OBJECT)

static void
stepcast_session_manager_dispose (GObject *object)
{
  StepcastSessionManager *self = STEPCAST_SESSION_MANAGER (object);

  g_hash_table_remove_all (self->by_name);
  g_ptr_array_set_size (self->sessions, 0);
  g_clear_object (&self->registry);

  G_OBJECT_CLASS (stepcast_session_manager_parent_class)->dispose (object);
}

static void
stepcast_session_manager_finalize (GObject *object)
{
  StepcastSessionManager *self = STEPCAST_SESSION_MANAGER (object);

  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->sessions);

  G_OBJECT_CLASS (stepcast_session_manager_parent_class)->finalize (object);
}

static void
stepcast_session_manager_class_init (StepcastSessionManagerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_session_manager_dispose;
  object_class->finalize = stepcast_session_manager_finalize;

  /**
   * StepcastSessionManager::session-added:
   * @session: the #StepcastSession, idle
   */
  signals[SESSION_ADDED] =
    g_signal_new ("session-added", STEPCAST_TYPE_SESSION_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                  NULL, G_TYPE_NONE, 1, STEPCAST_TYPE_SESSION);

  /**
   * StepcastSessionManager::session-removed:
   * @session: the #StepcastSession, which is being stopped
   */
  signals[SESSION_REMOVED] =
    g_signal_new ("session-removed", STEPCAST_TYPE_SESSION_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL,
                  NULL, NULL, G_TYPE_NONE, 1, STEPCAST_TYPE_SESSION);
}

static void
stepcast_session_manager_init (StepcastSessionManager *self)
{
  self->sessions = g_ptr_array_new_with_free_func (g_object_unref);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  self->stop_deadline_ms = STEPCAST_STOP_DEADLINE_MS;
}

/**
 * stepcast_session_manager_new:
 * @registry: what sessions can be made of
 * @max_sessions: how many there may be at once; usually %STEPCAST_MAX_SESSIONS
 *
 * Returns: (transfer full): a new manager without a session
 */
StepcastSessionManager *
stepcast_session_manager_new (StepcastRegistry *registry, guint max_sessions)
{
  StepcastSessionManager *self = g_object_new (STEPCAST_TYPE_SESSION_MANAGER, NULL);

  self->registry = g_object_ref (registry);
  self->max_sessions = max_sessions;

  return self;
}

/**
 * stepcast_session_manager_get_registry:
 * @self: a manager
 *
 * Returns: (transfer none): what sessions can be made of
 */
StepcastRegistry *
stepcast_session_manager_get_registry (StepcastSessionManager *self)
{
  return self->registry;
}

/**
 * stepcast_session_manager_set_max_sessions:
 * @self: a manager
 * @max_sessions: how many there may be at once
 *
 * For sessions that are opened from now on: those there are stay, even if they are more.
 */
void
stepcast_session_manager_set_max_sessions (StepcastSessionManager *self, guint max_sessions)
{
  self->max_sessions = max_sessions;
}

/**
 * stepcast_session_manager_set_stop_deadline:
 * @self: a manager
 * @stop_deadline_ms: when a run that does not stop is given up; by default
 *   %STEPCAST_STOP_DEADLINE_MS
 *
 * For all sessions, from their next stop on.
 */
void
stepcast_session_manager_set_stop_deadline (StepcastSessionManager *self, guint stop_deadline_ms)
{
  self->stop_deadline_ms = stop_deadline_ms;
  for (guint i = 0; i < self->sessions->len; i++)
    stepcast_session_set_stop_deadline (self->sessions->pdata[i], stop_deadline_ms);
}

/* "gray-scott" becomes "gray_scott_1", or the next number that is free. */
static char *
make_name (StepcastSessionManager *self, StepcastSource *source)
{
  g_autofree char *stem = g_ascii_strdown (stepcast_source_get_name (source), 48);

  g_strcanon (stem, "abcdefghijklmnopqrstuvwxyz0123456789", '_');
  for (guint number = 1;; number++)
    {
      g_autofree char *name =
        g_strdup_printf ("%s%s_%u", g_ascii_isalpha (stem[0]) ? "" : "s", stem, number);

      if (!g_hash_table_contains (self->by_name, name))
        return g_steal_pointer (&name);
    }
}

static gboolean
check_name (StepcastSessionManager *self, const char *name, GError **error)
{
  gsize length = strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789_");

  if (!g_ascii_islower (name[0]) || name[length] != '\0' || length > MAX_NAME_BYTES)
    {
      g_autofree char *quoted = stepcast_error_quote (name);

      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” is no name for a session: it takes a letter from a to z and then up to %d "
                   "letters, digits and “_”",
                   quoted, MAX_NAME_BYTES - 1);
      return FALSE;
    }
  if (g_hash_table_contains (self->by_name, name))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "There is a session “%s” already: take another name, or close it first", name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
has_room (StepcastSessionManager *self, GError **error)
{
  if (self->is_closed)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                           "The service is shutting down");
      return FALSE;
    }
  if (self->sessions->len >= self->max_sessions)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                   "There are %u sessions, the most there may be: close one first",
                   self->sessions->len);
      return FALSE;
    }
  return TRUE;
}

/* @title: (transfer full) (nullable) */
static StepcastSession *
add_session (StepcastSessionManager *self,
             const char *name,
             char *title,
             StepcastSource *source,
             GVariant *parameters)
{
  g_autofree char *own_name = name != NULL ? g_strdup (name) : make_name (self, source);
  g_autofree char *own_title = title;
  StepcastSession *session =
    stepcast_session_new (own_name, source, parameters, self->stop_deadline_ms);

  if (own_title != NULL)
    stepcast_session_set_title (session, own_title, NULL);
  g_ptr_array_add (self->sessions, session);
  g_hash_table_insert (self->by_name, (char *) stepcast_session_get_name (session), session);
  g_signal_emit (self, signals[SESSION_ADDED], 0, session);

  return session;
}

/**
 * stepcast_session_manager_open:
 * @self: a manager
 * @name: (nullable): what it is to be called, whatever it is; %NULL for a name made of @source's
 * @source: where its frames come from, registered or not
 * @parameters: an `a{sv}`, whatever is in it
 * @error: %STEPCAST_ERROR_UNKNOWN_PARAMETER, %STEPCAST_ERROR_INVALID_VALUE,
 *   %STEPCAST_ERROR_LIMIT_EXCEEDED, or %STEPCAST_ERROR_BAD_STATE once all are closed
 *
 * Opens a session, idle, whose title is its name.
 *
 * Returns: (transfer none) (nullable): the session, or %NULL with @error set
 */
StepcastSession *
stepcast_session_manager_open (StepcastSessionManager *self,
                               const char *name,
                               StepcastSource *source,
                               GVariant *parameters,
                               GError **error)
{
  return stepcast_session_manager_open_titled (self, name, NULL, source, parameters, error);
}

/**
 * stepcast_session_manager_open_titled:
 * @self: a manager
 * @name: (nullable): as stepcast_session_manager_open() has it
 * @title: (nullable): what people are to call it, whatever it is; %NULL for its name
 * @source: where its frames come from, registered or not
 * @parameters: an `a{sv}`, whatever is in it
 * @error: those of stepcast_session_manager_open()
 *
 * Opens a session, idle. Who is told of it finds the title there.
 *
 * Returns: (transfer none) (nullable): the session, or %NULL with @error set
 */
StepcastSession *
stepcast_session_manager_open_titled (StepcastSessionManager *self,
                                      const char *name,
                                      const char *title,
                                      StepcastSource *source,
                                      GVariant *parameters,
                                      GError **error)
{
  g_autoptr (GVariant) checked = NULL;
  g_autofree char *own_title = NULL;

  g_return_val_if_fail (STEPCAST_IS_SESSION_MANAGER (self), NULL);

  if (!has_room (self, error) || (name != NULL && !check_name (self, name, error)))
    return NULL;
  if (title != NULL && (own_title = stepcast_title_read (title, error)) == NULL)
    return NULL;
  checked =
    stepcast_parameters_check (stepcast_source_get_generator_type (source), parameters, error);
  if (checked == NULL)
    return NULL;

  return add_session (self, name, g_steal_pointer (&own_title), source, checked);
}

/**
 * stepcast_session_manager_create:
 * @self: a manager
 * @generator: (nullable): the source's name, whatever it is; %NULL for the default
 * @parameters: an `a{sv}`, whatever is in it
 * @error: %STEPCAST_ERROR_UNKNOWN_GENERATOR, or those of stepcast_session_manager_open()
 *
 * Opens a session of a registered source, idle.
 *
 * Returns: (transfer none) (nullable): the session, or %NULL with @error set
 */
StepcastSession *
stepcast_session_manager_create (StepcastSessionManager *self,
                                 const char *generator,
                                 GVariant *parameters,
                                 GError **error)
{
  StepcastSource *source;

  g_return_val_if_fail (STEPCAST_IS_SESSION_MANAGER (self), NULL);

  source = stepcast_registry_find (self->registry, generator, error);
  return source != NULL ? stepcast_session_manager_open (self, NULL, source, parameters, error) :
                          NULL;
}

/* As many as a person reads. */
static char *
list_names (StepcastSessionManager *self)
{
  g_autoptr (GString) names = NULL;
  guint n_shown = MIN (self->sessions->len, MAX_NAMES);

  if (n_shown == 0)
    return g_strdup ("is none");

  names = g_string_new (n_shown == 1 ? "is " : "are ");
  for (guint i = 0; i < n_shown; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            stepcast_session_get_name (self->sessions->pdata[i]));
  if (n_shown < self->sessions->len)
    g_string_append_printf (names, " and %u more", self->sessions->len - n_shown);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/**
 * stepcast_session_manager_find:
 * @self: a manager
 * @name: the name asked for, whatever it is
 * @error: %STEPCAST_ERROR_UNKNOWN_SESSION
 *
 * Returns: (transfer none) (nullable): the session, or %NULL with @error set
 */
StepcastSession *
stepcast_session_manager_find (StepcastSessionManager *self, const char *name, GError **error)
{
  StepcastSession *session;

  g_return_val_if_fail (STEPCAST_IS_SESSION_MANAGER (self), NULL);

  session = g_hash_table_lookup (self->by_name, name);
  if (session == NULL)
    {
      g_autofree char *quoted = stepcast_error_quote (name);
      g_autofree char *names = list_names (self);

      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_SESSION,
                   "There is no session “%s”; there %s", quoted, names);
    }
  return session;
}

/**
 * stepcast_session_manager_list:
 * @self: a manager
 *
 * Returns: (transfer none) (element-type StepcastSession): all sessions, in the order of their
 *   opening
 */
GPtrArray *
stepcast_session_manager_list (StepcastSessionManager *self)
{
  return self->sessions;
}

static void
finish_closing_all (StepcastSessionManager *self)
{
  if (self->n_closing == 0 && self->closing_all != NULL)
    {
      g_autoptr (GTask) task = g_steal_pointer (&self->closing_all);

      g_task_return_boolean (task, TRUE);
    }
}

static void
on_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastSessionManager) self = user_data;

  /* Stopped or given up: either way it is over, and the session has said so. */
  stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, NULL, NULL);
  self->n_closing--;
  finish_closing_all (self);
}

/**
 * stepcast_session_manager_close:
 * @self: a manager
 * @session: one of its sessions
 *
 * Takes @session off the list at once, and stops it; nothing if it is closed already.
 */
void
stepcast_session_manager_close (StepcastSessionManager *self, StepcastSession *session)
{
  g_autoptr (StepcastSession) alive G_GNUC_UNUSED = g_object_ref (session);

  g_return_if_fail (STEPCAST_IS_SESSION_MANAGER (self));

  if (g_hash_table_lookup (self->by_name, stepcast_session_get_name (session)) != session)
    return;
  g_hash_table_remove (self->by_name, stepcast_session_get_name (session));
  g_ptr_array_remove (self->sessions, session);

  self->n_closing++;
  stepcast_session_stop_async (session, NULL, on_closed, g_object_ref (self));
  g_signal_emit (self, signals[SESSION_REMOVED], 0, session);
}

/**
 * stepcast_session_manager_close_all_async:
 * @self: a manager
 * @callback: called when all sessions have stopped or were given up
 * @user_data: handed to @callback
 *
 * Closes all sessions, for good: none can be opened after it.
 */
void
stepcast_session_manager_close_all_async (StepcastSessionManager *self,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data)
{
  g_return_if_fail (STEPCAST_IS_SESSION_MANAGER (self));
  g_return_if_fail (self->closing_all == NULL);

  self->is_closed = TRUE;
  self->closing_all = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->closing_all, stepcast_session_manager_close_all_async);

  while (self->sessions->len > 0)
    stepcast_session_manager_close (self, self->sessions->pdata[self->sessions->len - 1]);
  finish_closing_all (self);
}

gboolean
stepcast_session_manager_close_all_finish (StepcastSessionManager *self,
                                           GAsyncResult *result,
                                           GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
