/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-server.h"

#include <libsoup/soup.h>

#include "stepcast-acceptor.h"
#include "stepcast-answer-watch.h"
#include "stepcast-api.h"
#include "stepcast-error.h"
#include "stepcast-events.h"
#include "stepcast-gate.h"
#include "stepcast-gsource.h"
#include "stepcast-http.h"
#include "stepcast-parameters.h"
#include "stepcast-viewer.h"

/* The web's way in: HTTP requests, and viewers by WebSocket.
 *
 * Every request passes the gate when its headers have come, before any handler sees it, and has to
 * be complete within a deadline. The handshake of a WebSocket is answered here and not by
 * soup_server_add_websocket_handler(): that one keeps negotiated extensions where a client that
 * vanishes can leave them for the next, and takes the stream where no tap can be put beneath it.
 * Lives on the main context. */

/* For a request to be complete. No connection idles after it: libsoup closes those that are handed
 * to it, and not accepted by its own listener, once they are answered. */
#define REQUEST_SECONDS 10

/* What peers get to say goodbye in. */
#define CLOSE_MS 1000

struct _StepcastServer
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastRasterizer *rasterizer;
  SoupServer *soup;
  StepcastAcceptor *acceptor; /* (nullable): while it listens */
  StepcastGate *gate;
  char *base_uri;

  StepcastDelivery joined_delivery; /* of new viewers */
  guint max_fps;                    /* likewise */
  GHashTable *viewers;              /* set of StepcastViewer */
  StepcastEvents *events;
  StepcastTicker *ticker;
  GTask *closing; /* (nullable): who waits until there is none */
  GSource *close_timer;
};

enum
{
  PROP_N_CONNECTIONS = 1,
  N_PROPS,
  PROP_ADDRESS = N_PROPS /* of the interface */
};

static GParamSpec *properties[N_PROPS];

static void stepcast_server_links_init (StepcastLinksInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastServer,
                               stepcast_server,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_LINKS,
                                                      stepcast_server_links_init))

/* ---- requests ---- */

/* A connection that waits for its request: the deadline is dropped with the closure. */
typedef struct
{
  SoupServerMessage *message; /* not owned: its signals own this */
  GSource *source;
} Deadline;

static gboolean
on_request_deadline (gpointer user_data)
{
  Deadline *deadline = user_data;
  g_autoptr (GIOStream) stream = NULL;

  g_debug ("A request did not come within %d s", REQUEST_SECONDS);
  g_clear_pointer (&deadline->source, g_source_unref);
  stream = soup_server_message_steal_connection (deadline->message);
  if (stream != NULL)
    g_io_stream_close (stream, NULL, NULL);

  return G_SOURCE_REMOVE;
}

static void
deadline_clear (Deadline *deadline)
{
  stepcast_gsource_clear (&deadline->source);
}

static void
deadline_free (gpointer data, GClosure *closure)
{
  deadline_clear (data);
  g_free (data);
}

static void
on_got_body (SoupServerMessage *message, Deadline *deadline)
{
  deadline_clear (deadline);
}

static void
set_deadline (SoupServerMessage *message)
{
  Deadline *deadline = g_new0 (Deadline, 1);

  deadline->message = message;
  deadline->source = g_timeout_source_new_seconds (REQUEST_SECONDS);
  g_source_set_static_name (deadline->source, "[stepcast] request deadline");
  g_source_set_callback (deadline->source, on_request_deadline, deadline, NULL);
  g_source_attach (deadline->source, g_main_context_get_thread_default ());
  g_signal_connect_data (message, "got-body", G_CALLBACK (on_got_body), deadline, deadline_free,
                         G_CONNECT_DEFAULT);
}

static void
on_got_headers (SoupServerMessage *message, StepcastServer *self)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *allowed = stepcast_api_get_methods (uri != NULL ? g_uri_get_path (uri) : "");
  g_autoptr (GError) error = NULL;
  guint status;

  /* libsoup would keep a body of any size: only who has a use for one says otherwise. */
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);

  /* libsoup keeps connections only where it listens by itself. */
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");

  /* A status that is set here keeps the handlers from being called. */
  if (!stepcast_gate_check (self->gate, message, allowed, &status, &error) ||
      (stepcast_api_is_change (message) &&
       !stepcast_api_admit (message, stepcast_gate_get_role (self->gate, message), &status,
                            &error)))
    {
      g_debug ("Refused with %u: %s", status, error->message);
      stepcast_http_respond_error (message, status, error);
      if (status == SOUP_STATUS_METHOD_NOT_ALLOWED)
        soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                      allowed);
    }
}

static void
on_request_started (SoupServer *soup, SoupServerMessage *message, StepcastServer *self)
{
  set_deadline (message);
  stepcast_answer_watch (message, self->ticker);
  g_signal_connect_object (message, "got-headers", G_CALLBACK (on_got_headers), self, 0);
}

/* ---- viewers ---- */

static void
finish_closing (StepcastServer *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->closing);

  stepcast_gsource_clear (&self->close_timer);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
finish_closing_if_empty (StepcastServer *self)
{
  if (self->closing != NULL && g_hash_table_size (self->viewers) == 0 &&
      stepcast_events_is_empty (self->events))
    finish_closing (self);
}

static void
on_viewer_closed (StepcastViewer *viewer, StepcastServer *self)
{
  g_hash_table_remove (self->viewers, viewer);
  finish_closing_if_empty (self);
}

static void
on_events_emptied (StepcastEvents *events, StepcastServer *self)
{
  finish_closing_if_empty (self);
}

/* (element-type StepcastViewer): a copy, since a viewer that closes leaves the set. */
static GPtrArray *
list_viewers (StepcastServer *self)
{
  GPtrArray *viewers = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer viewer;

  g_hash_table_iter_init (&iter, self->viewers);
  while (g_hash_table_iter_next (&iter, &viewer, NULL))
    g_ptr_array_add (viewers, g_object_ref (viewer));

  return viewers;
}

static void
say_goodbye (StepcastViewer *viewer)
{
  stepcast_viewer_close (viewer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "The service shuts down");
}

static void
on_session_removed (StepcastSessionManager *manager, StepcastSession *session, StepcastServer *self)
{
  g_autoptr (GPtrArray) viewers = list_viewers (self);

  for (guint i = 0; i < viewers->len; i++)
    {
      if (stepcast_viewer_get_session (viewers->pdata[i]) != session)
        continue;
      if (self->closing != NULL) /* its owner's turn to say goodbye was first */
        say_goodbye (viewers->pdata[i]);
      else
        stepcast_viewer_close (viewers->pdata[i], SOUP_WEBSOCKET_CLOSE_NORMAL,
                               "The session has ended");
    }
}

static GVariant *
read_parameters (GHashTable *query, GType generator_type, GError **error)
{
  static const char *const ours[] = { "generator", "token", NULL };
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GHashTableIter iter;
  gpointer name, text;

  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &name, &text))
    {
      g_autoptr (GVariant) value = NULL;
      GParamSpec *pspec;

      if (g_strv_contains (ours, name))
        continue;
      pspec = stepcast_parameters_find (generator_type, name, error);
      if (pspec != NULL)
        value = stepcast_parameter_parse (pspec, text, error);
      if (value == NULL)
        return NULL;
      g_variant_builder_add (&builder, "{sv}", name, value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static StepcastSession *
open_session (StepcastServer *self, GUri *uri, StepcastRole role, GError **error)
{
  const char *text = g_uri_get_query (uri);
  g_autoptr (GHashTable) query = soup_form_decode (text != NULL ? text : "");
  const char *generator = g_hash_table_lookup (query, "generator");
  g_autoptr (GVariant) parameters = NULL;
  StepcastSource *source;

  if (role != STEPCAST_ROLE_CONTROL)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                           "This link is for viewing only: it can't open a session");
      return NULL;
    }

  source = stepcast_registry_find (stepcast_session_manager_get_registry (self->manager), generator,
                                   error);
  if (source == NULL)
    return NULL;
  parameters = read_parameters (query, stepcast_source_get_generator_type (source), error);
  if (parameters == NULL)
    return NULL;

  return stepcast_session_manager_create (self->manager, generator, parameters, error);
}

/* What a handshake was answered for. */
typedef struct
{
  StepcastServer *server;
  StepcastSession *session; /* (nullable): one to join */
  GError *refusal;          /* (nullable): why there is none to join */
  StepcastRole role;
  GList *extensions; /* none is ever offered: it stays empty */
} Upgrade;

static void
upgrade_free (gpointer data, GClosure *closure)
{
  Upgrade *upgrade = data;

  g_clear_object (&upgrade->session);
  g_clear_error (&upgrade->refusal);
  g_object_unref (upgrade->server);
  g_free (upgrade);
}

static void
give_session (StepcastServer *self, StepcastViewer *viewer, Upgrade *upgrade, GUri *uri)
{
  g_autoptr (GError) error = NULL;
  StepcastSession *session;

  if (upgrade->session != NULL)
    {
      GPtrArray *sessions = stepcast_session_manager_list (self->manager);

      /* It may have ended while the handshake was written: nobody will tell. */
      if (g_ptr_array_find (sessions, upgrade->session, NULL))
        stepcast_viewer_join (viewer, upgrade->session);
      else
        stepcast_viewer_close (viewer, SOUP_WEBSOCKET_CLOSE_NORMAL, "The session has ended");
      return;
    }
  if (upgrade->refusal != NULL)
    {
      stepcast_viewer_refuse (viewer, upgrade->refusal);
      return;
    }

  session = open_session (self, uri, upgrade->role, &error);
  if (session != NULL)
    stepcast_viewer_own (viewer, self->manager, session);
  else
    stepcast_viewer_refuse (viewer, error);
}

static void
on_upgraded (SoupServerMessage *message, Upgrade *upgrade)
{
  g_autoptr (SoupServerMessage) alive G_GNUC_UNUSED = g_object_ref (message);
  g_autoptr (StepcastServer) self = g_object_ref (upgrade->server);
  GUri *uri = soup_server_message_get_uri (message);
  SoupMessageHeaders *request_headers = soup_server_message_get_request_headers (message);
  const char *protocol =
    soup_message_headers_get_one (soup_server_message_get_response_headers (message),
                                  "Sec-WebSocket-Protocol");
  const StepcastDialect *dialect =
    protocol != NULL ? &stepcast_v1_dialect : &stepcast_plain_dialect;
  g_autoptr (GIOStream) stream = NULL;
  StepcastViewer *viewer;

  stream = soup_server_message_steal_connection (message);
  if (stream == NULL)
    return;

  viewer =
    stepcast_viewer_new (stream, uri, soup_message_headers_get_one (request_headers, "Origin"),
                         dialect, upgrade->role);
  stepcast_viewer_set_defaults (viewer, self->joined_delivery, self->max_fps);
  g_hash_table_add (self->viewers, viewer);
  g_signal_connect (viewer, "closed", G_CALLBACK (on_viewer_closed), self);
  if (self->closing != NULL)
    say_goodbye (viewer);
  else
    give_session (self, viewer, upgrade, uri);
}

/* Joins @session; where it is NULL, opens one, or tells the @refusal. */
static void
handle_websocket (StepcastServer *self,
                  SoupServerMessage *message,
                  StepcastSession *session,
                  const GError *refusal)
{
  char *protocols[] = { (char *) stepcast_v1_dialect.subprotocol, NULL };
  Upgrade *upgrade;

  if (self->closing != NULL)
    {
      soup_server_message_set_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL);
      return;
    }

  upgrade = g_new0 (Upgrade, 1);
  upgrade->server = g_object_ref (self);
  upgrade->session = session != NULL ? g_object_ref (session) : NULL;
  upgrade->refusal = refusal != NULL ? g_error_copy (refusal) : NULL;
  upgrade->role = stepcast_gate_get_role (self->gate, message);

  if (soup_websocket_server_process_handshake (message, NULL, protocols, NULL,
                                               &upgrade->extensions))
    g_signal_connect_data (message, "wrote-informational", G_CALLBACK (on_upgraded), upgrade,
                           upgrade_free, G_CONNECT_DEFAULT);
  else
    upgrade_free (upgrade, NULL);
}

/* ---- routes ---- */

static void
handle_page (SoupServer *soup,
             SoupServerMessage *message,
             const char *path,
             GHashTable *query,
             gpointer data)
{
  StepcastServer *self = data;
  g_autofree char *cookie = stepcast_gate_make_cookie (self->gate, message);

  if (cookie != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message), "Set-Cookie",
                                 cookie);
  stepcast_http_respond_page (message, path);
}

/* A handler is called for what is below its path, too; nothing is there. */
static gboolean
is_exactly (SoupServerMessage *message, const char *path, const char *expected)
{
  if (g_str_equal (path, expected))
    return TRUE;

  stepcast_http_respond_nothing (message, path);
  return FALSE;
}

static void
handle_health (SoupServer *soup,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer data)
{
  if (is_exactly (message, path, "/health"))
    stepcast_http_respond_text (message, SOUP_STATUS_OK, "text/plain; charset=utf-8", "ok\n");
}

static void
handle_generators (SoupServer *soup,
                   SoupServerMessage *message,
                   const char *path,
                   GHashTable *query,
                   gpointer data)
{
  StepcastServer *self = data;

  if (is_exactly (message, path, "/generators"))
    stepcast_http_respond_generators (message,
                                      stepcast_session_manager_get_registry (self->manager));
}

static void
handle_session (StepcastServer *self,
                SoupServerMessage *message,
                StepcastSession *session,
                const char *what,
                GHashTable *query)
{
  g_autoptr (GError) error = NULL;

  if (what == NULL && stepcast_api_is_change (message))
    {
      stepcast_api_change_session (message, self->manager, session);
    }
  else if (what == NULL)
    {
      stepcast_http_respond_session (message, SOUP_STATUS_OK, session);
    }
  else if (g_str_equal (what, "events"))
    {
      stepcast_events_serve_session (self->events, message, session,
                                     stepcast_gate_get_role (self->gate, message), query);
    }
  else if (g_str_equal (what, "frame.svg"))
    {
      stepcast_http_respond_svg (message, session);
    }
  else if (g_str_equal (what, "frame.png"))
    {
      stepcast_http_respond_png (message, session, self->rasterizer, query);
    }
  else if (g_str_equal (what, "ws"))
    {
      handle_websocket (self, message, session, NULL);
    }
  else
    {
      g_autofree char *quoted = stepcast_error_quote (what);

      g_set_error (&error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                   "A session has no “%s”; it has frame.svg, frame.png, events and ws", quoted);
      stepcast_http_respond_error (message, SOUP_STATUS_NOT_FOUND, error);
    }
}

static void
handle_sessions (SoupServer *soup,
                 SoupServerMessage *message,
                 const char *path,
                 GHashTable *query,
                 gpointer data)
{
  StepcastServer *self = data;
  g_auto (GStrv) parts = g_strsplit (path + strlen ("/sessions"), "/", 3);
  g_autoptr (GError) error = NULL;
  StepcastSession *session;

  /* The gate has looked at the path before it was decoded. */
  if (stepcast_api_is_change (message) &&
      strstr (stepcast_api_get_methods (path), soup_server_message_get_method (message)) == NULL)
    {
      stepcast_http_respond_nothing (message, path);
      return;
    }
  if (parts[0] == NULL || parts[1] == NULL || *parts[1] == '\0')
    {
      if (stepcast_api_is_change (message))
        stepcast_api_open_session (message, self->manager);
      else
        stepcast_http_respond_sessions (message, self->manager);
      return;
    }

  session = stepcast_session_manager_find (self->manager, parts[1], &error);
  if (session != NULL)
    handle_session (self, message, session, parts[2], query);
  else if (g_strcmp0 (parts[2], "ws") == 0)
    handle_websocket (self, message, NULL, error);
  else
    stepcast_http_respond_error (message, SOUP_STATUS_NOT_FOUND, error);
}

static void
handle_ws (SoupServer *soup,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer data)
{
  if (is_exactly (message, path, "/ws"))
    handle_websocket (data, message, NULL, NULL);
}

static void
handle_events (SoupServer *soup,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer data)
{
  StepcastServer *self = data;

  if (is_exactly (message, path, "/events"))
    stepcast_events_serve_list (self->events, message);
}

/* ---- the server ---- */

static void
on_accepted (GSocketConnection *connection, gpointer user_data)
{
  StepcastServer *self = user_data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GError) error = NULL;

  if (local == NULL || remote == NULL) /* it has gone again */
    return;
  if (!soup_server_accept_iostream (self->soup, G_IO_STREAM (connection), local, remote, &error))
    g_debug ("A connection was not taken: %s", error->message);
}

static void
on_n_connections (StepcastAcceptor *acceptor, GParamSpec *pspec, StepcastServer *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTIONS]);
}

/* @access: (transfer full). The acceptor listens. */
static void
set_up_gate (StepcastServer *self, GInetAddress *address, StepcastAccess *access)
{
  guint16 port = stepcast_acceptor_get_port (self->acceptor);
  GSocketFamily family = g_inet_address_get_family (address);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (family);
  gboolean is_any = g_inet_address_get_is_any (address);
  g_autofree char *name = g_inet_address_to_string (is_any ? loopback : address);

  g_signal_connect_object (self->acceptor, "notify::n-connections", G_CALLBACK (on_n_connections),
                           self, 0);
  self->gate = stepcast_gate_new (access, address, port);
  g_free (self->base_uri);
  self->base_uri =
    g_strdup_printf (family == G_SOCKET_FAMILY_IPV6 ? "http://[%s]:%u/" : "http://%s:%u/", name,
                     port);
  g_object_notify (G_OBJECT (self), "address");
}

/**
 * stepcast_server_set_viewer_defaults:
 * @self: a server
 * @joined_delivery: what viewers that may steer get of somebody's session
 * @max_fps: how many frames a second viewers get at most of the latest
 *
 * For viewers that come from now on, until they ask for something else.
 */
void
stepcast_server_set_viewer_defaults (StepcastServer *self,
                                     StepcastDelivery joined_delivery,
                                     guint max_fps)
{
  self->joined_delivery = joined_delivery;
  self->max_fps = max_fps;
}

/**
 * stepcast_server_listen:
 * @self: a server that does not listen yet
 * @address: where
 * @port: on which port; 0 for any free one
 * @access: (transfer full): who may do what
 * @error: why it can't listen there
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_server_listen (StepcastServer *self,
                        GInetAddress *address,
                        guint16 port,
                        StepcastAccess *access,
                        GError **error)
{
  g_autoptr (StepcastAccess) owned = access;
  g_autofree char *literal = g_inet_address_to_string (address);

  g_return_val_if_fail (self->acceptor == NULL, FALSE);

  self->acceptor = stepcast_acceptor_new (address, port, on_accepted, self, error);
  if (self->acceptor == NULL)
    {
      g_prefix_error (error, "It can't listen on %s, port %u: ", literal, port);
      return FALSE;
    }

  set_up_gate (self, address, g_steal_pointer (&owned));
  return TRUE;
}

/**
 * stepcast_server_adopt:
 * @self: a server that does not listen yet
 * @socket: a TCP socket that listens already
 * @access: (transfer full): who may do what
 * @error: why it can't listen there
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_server_adopt (StepcastServer *self,
                       GSocket *socket,
                       StepcastAccess *access,
                       GError **error)
{
  g_autoptr (StepcastAccess) owned = access;
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, error);

  g_return_val_if_fail (self->acceptor == NULL, FALSE);
  g_return_val_if_fail (address == NULL || G_IS_INET_SOCKET_ADDRESS (address), FALSE);

  if (address != NULL)
    self->acceptor = stepcast_acceptor_new_adopted (socket, on_accepted, self, error);
  if (self->acceptor == NULL)
    return FALSE;

  set_up_gate (self, g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)),
               g_steal_pointer (&owned));
  return TRUE;
}

static char *
stepcast_server_get_address (StepcastLinks *links)
{
  return g_strdup (STEPCAST_SERVER (links)->base_uri);
}

static const char *
get_token (StepcastServer *self, StepcastRole role)
{
  if (self->gate == NULL) /* it does not listen yet: there is nothing to reach */
    return NULL;
  return stepcast_access_get_token (stepcast_gate_get_access (self->gate), role);
}

static char *
stepcast_server_get_link (StepcastLinks *links, const char *session, StepcastRole role)
{
  StepcastServer *self = STEPCAST_SERVER (links);
  g_autoptr (GString) link = g_string_new (self->base_uri);
  const char *token = get_token (self, role);
  char separator = '?';

  if (session != NULL)
    {
      g_string_append_printf (link, "%csession=%s", separator, session);
      separator = '&';
    }
  if (token != NULL)
    g_string_append_printf (link, "%ctoken=%s", separator, token);
  return g_string_free (g_steal_pointer (&link), FALSE);
}

static char *
stepcast_server_get_frame_url (StepcastLinks *links, const char *session)
{
  StepcastServer *self = STEPCAST_SERVER (links);
  const char *token = get_token (self, STEPCAST_ROLE_VIEW);

  return g_strconcat (self->base_uri, "sessions/", session, "/frame.svg",
                      token != NULL ? "?token=" : "", token, NULL);
}

static void
stepcast_server_links_init (StepcastLinksInterface *iface)
{
  iface->get_address = stepcast_server_get_address;
  iface->get_link = stepcast_server_get_link;
  iface->get_frame_url = stepcast_server_get_frame_url;
}

/**
 * stepcast_server_stop_listening:
 * @self: a server
 *
 * Takes no new connections.
 */
void
stepcast_server_stop_listening (StepcastServer *self)
{
  if (self->acceptor != NULL)
    stepcast_acceptor_close (self->acceptor);
}

/**
 * stepcast_server_listen_again:
 * @self: a server that has stopped listening
 * @error: why it can't any more
 *
 * Takes new connections again, where it did.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_server_listen_again (StepcastServer *self, GError **error)
{
  g_return_val_if_fail (self->acceptor != NULL, FALSE);

  return stepcast_acceptor_reopen (self->acceptor, error);
}

/**
 * stepcast_server_get_n_connections:
 * @self: a server
 *
 * Returns: how many connections there are: viewers, and requests under way
 */
guint
stepcast_server_get_n_connections (StepcastServer *self)
{
  return self->acceptor != NULL ? stepcast_acceptor_get_n_connections (self->acceptor) : 0;
}

static gboolean
on_close_timeout (gpointer user_data)
{
  StepcastServer *self = user_data;

  g_debug ("%u viewers, or readers of events, did not say goodbye",
           g_hash_table_size (self->viewers));
  g_clear_pointer (&self->close_timer, g_source_unref);
  finish_closing (self);

  return G_SOURCE_REMOVE;
}

/**
 * stepcast_server_close_async:
 * @self: a server
 * @callback: called when all viewers have said goodbye, or have had their time
 * @user_data: handed to @callback
 *
 * Takes no new connections, and closes those of viewers with 1001 (RFC 6455, section 7.4.1).
 */
void
stepcast_server_close_async (StepcastServer *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GPtrArray) viewers = NULL;

  g_return_if_fail (self->closing == NULL);

  stepcast_server_stop_listening (self);
  self->closing = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->closing, stepcast_server_close_async);

  stepcast_events_close (self->events);
  viewers = list_viewers (self);
  if (viewers->len == 0 && stepcast_events_is_empty (self->events))
    {
      finish_closing (self);
      return;
    }

  self->close_timer = g_timeout_source_new (CLOSE_MS);
  g_source_set_static_name (self->close_timer, "[stepcast] goodbye");
  g_source_set_callback (self->close_timer, on_close_timeout, self, NULL);
  g_source_attach (self->close_timer, g_main_context_get_thread_default ());
  for (guint i = 0; i < viewers->len; i++)
    say_goodbye (viewers->pdata[i]);
}

gboolean
stepcast_server_close_finish (StepcastServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
stepcast_server_dispose (GObject *object)
{
  StepcastServer *self = STEPCAST_SERVER (object);

  stepcast_server_stop_listening (self);
  g_clear_object (&self->acceptor);
  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  g_hash_table_remove_all (self->viewers);
  if (self->events != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->events, self);
      g_object_run_dispose (G_OBJECT (self->events));
    }
  g_clear_object (&self->events);
  g_clear_object (&self->manager);
  g_clear_object (&self->rasterizer);

  G_OBJECT_CLASS (stepcast_server_parent_class)->dispose (object);
}

static void
stepcast_server_finalize (GObject *object)
{
  StepcastServer *self = STEPCAST_SERVER (object);

  g_assert (self->close_timer == NULL);
  g_hash_table_unref (self->viewers);
  stepcast_ticker_unref (self->ticker);
  g_clear_pointer (&self->gate, stepcast_gate_free);
  g_free (self->base_uri);

  G_OBJECT_CLASS (stepcast_server_parent_class)->finalize (object);
}

static void
stepcast_server_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_N_CONNECTIONS:
      g_value_set_uint (value, stepcast_server_get_n_connections (STEPCAST_SERVER (object)));
      break;
    case PROP_ADDRESS:
      g_value_set_string (value, STEPCAST_SERVER (object)->base_uri);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_server_class_init (StepcastServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_server_dispose;
  object_class->finalize = stepcast_server_finalize;
  object_class->get_property = stepcast_server_get_property;

  /**
   * StepcastServer:n-connections:
   *
   * How many connections there are: viewers, and requests under way.
   */
  properties[PROP_N_CONNECTIONS] =
    g_param_spec_uint ("n-connections", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  g_object_class_override_property (object_class, PROP_ADDRESS, "address");
}

static void
release_viewer (gpointer data)
{
  g_autoptr (StepcastViewer) viewer = data;

  g_signal_handlers_disconnect_matched (viewer, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                        (gpointer) on_viewer_closed, NULL);
}

static void
stepcast_server_init (StepcastServer *self)
{
  self->viewers = g_hash_table_new_full (NULL, NULL, release_viewer, NULL);
  self->ticker = stepcast_ticker_new (STEPCAST_TICK_MS);
  self->base_uri = g_strdup (""); /* until it listens */
  self->joined_delivery = STEPCAST_DELIVERY_LATEST;
  self->max_fps = STEPCAST_DEFAULT_FPS;
}

/**
 * stepcast_server_new:
 * @manager: whose sessions it serves
 * @rasterizer: draws PNGs of their frames
 *
 * Returns: (transfer full): a new server, which does not listen yet
 */
StepcastServer *
stepcast_server_new (StepcastSessionManager *manager, StepcastRasterizer *rasterizer)
{
  StepcastServer *self = g_object_new (STEPCAST_TYPE_SERVER, NULL);

  self->manager = g_object_ref (manager);
  self->rasterizer = g_object_ref (rasterizer);
  self->events = stepcast_events_new (manager, self->ticker);
  g_signal_connect (self->events, "emptied", G_CALLBACK (on_events_emptied), self);
  g_signal_connect (manager, "session-removed", G_CALLBACK (on_session_removed), self);

  self->soup = soup_server_new (NULL, NULL);
  soup_server_remove_websocket_extension (self->soup, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_request_started), self);
  soup_server_add_handler (self->soup, "/", handle_page, self, NULL);
  soup_server_add_handler (self->soup, "/health", handle_health, self, NULL);
  soup_server_add_handler (self->soup, "/events", handle_events, self, NULL);
  soup_server_add_handler (self->soup, "/generators", handle_generators, self, NULL);
  soup_server_add_handler (self->soup, "/sessions", handle_sessions, self, NULL);
  soup_server_add_handler (self->soup, "/ws", handle_ws, self, NULL);

  return self;
}
