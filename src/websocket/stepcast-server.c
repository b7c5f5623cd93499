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
#include "stepcast-lobby.h"
#include "stepcast-own-address.h"
#include "stepcast-tls-stream.h"
#include "stepcast-upload-request.h"

/* The web's way in: HTTP requests, and viewers by WebSocket.
 *
 * Every request passes the gate when its headers have come, before any handler sees it, and has to
 * be complete within a deadline. Who asks for a WebSocket is sent to the lobby. Lives on the main
 * context. */

/* For a request to be complete. No connection idles after it: libsoup closes those that are handed
 * to it, and not accepted by its own listener, once they are answered. */
#define REQUEST_SECONDS 10

/* An upload is longer than other requests: it has that long after each part of it, and so long in
 * all. */
#define UPLOAD_SECONDS 300

/* What peers get to say goodbye in. */
#define CLOSE_MS 1000

struct _StepcastServer
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastRasterizer *rasterizer;
  SoupServer *soup;
  StepcastAcceptor *acceptor;          /* (nullable): while it listens */
  StepcastTlsCredentials *credentials; /* (nullable): without, it speaks no TLS */
  GCancellable *handshakes;            /* of TLS */
  GStrv allowed_hosts;                 /* (nullable) */
  GStrv allowed_origins;               /* (nullable) */
  StepcastGate *gate;
  char *base_uri;
  gboolean is_public; /* others than this machine may reach it */

  StepcastLobby *lobby;
  StepcastEvents *events;
  StepcastTicker *ticker;
  StepcastUploads *uploads;

  GTask *closing; /* (nullable): who waits until all have said goodbye */
  gboolean is_lobby_closed;
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
  gint64 last_us; /* not after this */
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
on_got_part (SoupServerMessage *message, GBytes *chunk, Deadline *deadline)
{
  GUri *uri = soup_server_message_get_uri (message);
  const gint64 next_us = g_get_monotonic_time () + REQUEST_SECONDS * G_USEC_PER_SEC;

  if (deadline->source != NULL && uri != NULL && stepcast_upload_request_is (g_uri_get_path (uri)))
    g_source_set_ready_time (deadline->source, MIN (next_us, deadline->last_us));
}

static void
set_deadline (SoupServerMessage *message)
{
  Deadline *deadline = g_new0 (Deadline, 1);

  deadline->message = message;
  deadline->last_us = g_get_monotonic_time () + UPLOAD_SECONDS * G_USEC_PER_SEC;
  deadline->source = g_timeout_source_new_seconds (REQUEST_SECONDS);
  g_source_set_static_name (deadline->source, "[stepcast] request deadline");
  g_source_set_callback (deadline->source, on_request_deadline, deadline, NULL);
  g_source_attach (deadline->source, g_main_context_get_thread_default ());
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_part), deadline);
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

  stepcast_gate_add_headers (self->gate, message);

  /* A status that is set here keeps the handlers from being called. */
  if (!stepcast_gate_check (self->gate, message, allowed, &status, &error) ||
      (stepcast_api_is_change (message) &&
       !stepcast_api_admit (message, stepcast_gate_get_role (self->gate, message), self->uploads,
                            &status, &error)))
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

/* ---- routes ---- */

/* Joins @session; where it is NULL, opens one, or tells the @refusal. */
static void
handle_websocket (StepcastServer *self,
                  SoupServerMessage *message,
                  StepcastSession *session,
                  const GError *refusal)
{
  stepcast_lobby_receive (self->lobby, message, stepcast_gate_get_role (self->gate, message),
                          session, refusal);
}

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
      stepcast_api_change_session (message, self->manager, self->uploads, session);
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
        stepcast_api_open_session (message, self->manager, self->uploads);
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
handle_uploads (SoupServer *soup,
                SoupServerMessage *message,
                const char *path,
                GHashTable *query,
                gpointer data)
{
  StepcastServer *self = data;

  if (is_exactly (message, path, "/uploads"))
    stepcast_upload_request_respond (message, self->uploads, query);
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
give_to_soup (StepcastServer *self,
              GIOStream *stream,
              GSocketAddress *local,
              GSocketAddress *remote)
{
  g_autoptr (GError) error = NULL;

  if (!soup_server_accept_iostream (self->soup, stream, local, remote, &error))
    g_debug ("A connection was not taken: %s", error->message);
}

/* A connection whose hands are being shaken. */
typedef struct
{
  StepcastServer *server;
  GSocketAddress *local;
  GSocketAddress *remote;
} Arrival;

static void
arrival_free (Arrival *arrival)
{
  g_object_unref (arrival->server);
  g_object_unref (arrival->local);
  g_object_unref (arrival->remote);
  g_free (arrival);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Arrival, arrival_free)

static void
on_hands_shaken (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Arrival) arrival = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = stepcast_tls_stream_accept_finish (result, &error);

  if (stream == NULL)
    g_debug ("A connection was not taken: %s", error->message);
  else if (arrival->server->soup != NULL &&
           !g_cancellable_is_cancelled (arrival->server->handshakes))
    give_to_soup (arrival->server, stream, arrival->local, arrival->remote);
}

static void
on_accepted (GSocketConnection *connection, gpointer user_data)
{
  StepcastServer *self = user_data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  Arrival *arrival;

  if (local == NULL || remote == NULL) /* it has gone again */
    return;
  if (self->credentials == NULL)
    {
      give_to_soup (self, G_IO_STREAM (connection), local, remote);
      return;
    }

  arrival = g_new (Arrival, 1);
  arrival->server = g_object_ref (self);
  arrival->local = g_steal_pointer (&local);
  arrival->remote = g_steal_pointer (&remote);
  stepcast_tls_stream_accept_async (connection, self->credentials, self->handshakes,
                                    on_hands_shaken, arrival);
}

static void
on_n_connections (StepcastAcceptor *acceptor, GParamSpec *pspec, StepcastServer *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTIONS]);
}

/* With the port, which is known by now. */
static StepcastHosts *
make_hosts (StepcastServer *self)
{
  g_autoptr (StepcastHosts) hosts =
    stepcast_hosts_new (stepcast_acceptor_get_port (self->acceptor), self->credentials != NULL);

  for (guint i = 0; self->allowed_hosts != NULL && self->allowed_hosts[i] != NULL; i++)
    stepcast_hosts_allow_host (hosts, self->allowed_hosts[i]);
  for (guint i = 0; self->allowed_origins != NULL && self->allowed_origins[i] != NULL; i++)
    stepcast_hosts_allow_origin (hosts, self->allowed_origins[i]);

  return g_steal_pointer (&hosts);
}

/* @access: (transfer full). The acceptor listens. */
static void
set_up_gate (StepcastServer *self, GInetAddress *address, StepcastAccess *access)
{
  StepcastHosts *hosts = make_hosts (self);
  g_autoptr (GInetAddress) outer = NULL;

  g_signal_connect_object (self->acceptor, "notify::n-connections", G_CALLBACK (on_n_connections),
                           self, 0);
  self->is_public = !g_inet_address_get_is_loopback (address);
  if (g_inet_address_get_is_any (address))
    outer = stepcast_own_address_find (g_inet_address_get_family (address));
  g_free (self->base_uri);
  self->base_uri = stepcast_hosts_make_uri (hosts, address, outer);
  self->gate = stepcast_gate_new (access, hosts);
  g_object_notify (G_OBJECT (self), "address");
}

/**
 * stepcast_server_allow:
 * @self: a server that does not listen yet
 * @hosts: the names that it is reached by, as stepcast_hosts_normalize_host() has them
 * @origins: the pages elsewhere that may ask it, as stepcast_hosts_normalize_origin() has them
 */
void
stepcast_server_allow (StepcastServer *self, const char *const *hosts, const char *const *origins)
{
  g_return_if_fail (self->gate == NULL);

  g_strfreev (self->allowed_hosts);
  g_strfreev (self->allowed_origins);
  self->allowed_hosts = g_strdupv ((GStrv) hosts);
  self->allowed_origins = g_strdupv ((GStrv) origins);
}

/**
 * stepcast_server_set_credentials:
 * @self: a server that does not listen yet
 * @credentials: what it is to speak TLS with, and nothing else from then on
 */
void
stepcast_server_set_credentials (StepcastServer *self, StepcastTlsCredentials *credentials)
{
  g_return_if_fail (self->gate == NULL && self->credentials == NULL);

  self->credentials = stepcast_tls_credentials_ref (credentials);
}

/**
 * stepcast_server_is_public:
 * @self: a server
 *
 * Returns: whether it listens, and others than this machine may reach it
 */
gboolean
stepcast_server_is_public (StepcastServer *self)
{
  return self->is_public;
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
  stepcast_lobby_set_viewer_defaults (self->lobby, joined_delivery, max_fps);
}

/**
 * stepcast_server_set_max_viewers:
 * @self: a server
 * @max_viewers: how many there may be; those that there are stay
 */
void
stepcast_server_set_max_viewers (StepcastServer *self, guint max_viewers)
{
  stepcast_lobby_set_max_viewers (self->lobby, max_viewers);
}

/**
 * stepcast_server_set_ping_seconds:
 * @self: a server
 * @ping_seconds: a viewer that says nothing for so long is asked whether it is there; 0 for never
 */
void
stepcast_server_set_ping_seconds (StepcastServer *self, guint ping_seconds)
{
  stepcast_lobby_set_ping_seconds (self->lobby, ping_seconds);
}

/**
 * stepcast_server_set_compress:
 * @self: a server
 * @when: for whom messages are compressed
 *
 * For viewers that come from now on.
 */
void
stepcast_server_set_compress (StepcastServer *self, StepcastCompress when)
{
  stepcast_lobby_set_compress (self->lobby, when);
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
  if (self->is_lobby_closed && stepcast_events_is_empty (self->events))
    finish_closing (self);
}

static void
on_events_emptied (StepcastEvents *events, StepcastServer *self)
{
  finish_closing_if_empty (self);
}

static void
on_lobby_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastServer) self = user_data;

  stepcast_lobby_close_finish (STEPCAST_LOBBY (source_object), result, NULL);
  self->is_lobby_closed = TRUE;
  if (self->events != NULL)
    finish_closing_if_empty (self);
}

static gboolean
on_close_timeout (gpointer user_data)
{
  StepcastServer *self = user_data;

  g_debug ("Not everybody has said goodbye");
  stepcast_lobby_stop_waiting (self->lobby);
  finish_closing (self);

  return G_SOURCE_REMOVE;
}

/**
 * stepcast_server_close_async:
 * @self: a server
 * @callback: called when all viewers and readers of events have said goodbye, or have had their
 *   time
 * @user_data: handed to @callback
 *
 * Takes no new connections, and closes those of viewers with 1001 (RFC 6455, section 7.4.1).
 */
void
stepcast_server_close_async (StepcastServer *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (self->closing == NULL);

  self->closing = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->closing, stepcast_server_close_async);
  self->close_timer = g_timeout_source_new (CLOSE_MS);
  g_source_set_static_name (self->close_timer, "[stepcast] goodbye");
  g_source_set_callback (self->close_timer, on_close_timeout, self, NULL);
  g_source_attach (self->close_timer, g_main_context_get_thread_default ());

  stepcast_server_stop_listening (self);
  g_cancellable_cancel (self->handshakes);
  stepcast_events_close (self->events);
  stepcast_lobby_close_async (self->lobby, on_lobby_closed, g_object_ref (self));
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
  g_cancellable_cancel (self->handshakes);
  g_clear_object (&self->acceptor);
  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  g_clear_object (&self->lobby);
  g_clear_object (&self->uploads);
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
  stepcast_ticker_unref (self->ticker);
  g_clear_pointer (&self->gate, stepcast_gate_free);
  g_free (self->base_uri);
  g_strfreev (self->allowed_hosts);
  g_strfreev (self->allowed_origins);
  g_clear_pointer (&self->credentials, stepcast_tls_credentials_unref);
  g_object_unref (self->handshakes);

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
stepcast_server_init (StepcastServer *self)
{
  self->handshakes = g_cancellable_new ();
  self->ticker = stepcast_ticker_new (STEPCAST_TICK_MS);
  self->base_uri = g_strdup (""); /* until it listens */
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
  self->lobby = stepcast_lobby_new (manager);
  self->uploads = stepcast_uploads_new (STEPCAST_UPLOADS_LIFETIME_MS);
  stepcast_lobby_set_uploads (self->lobby, self->uploads);
  self->events = stepcast_events_new (manager, self->ticker);
  g_signal_connect (self->events, "emptied", G_CALLBACK (on_events_emptied), self);

  self->soup = soup_server_new (NULL, NULL);
  soup_server_remove_websocket_extension (self->soup, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_request_started), self);
  soup_server_add_handler (self->soup, "/", handle_page, self, NULL);
  soup_server_add_handler (self->soup, "/health", handle_health, self, NULL);
  soup_server_add_handler (self->soup, "/events", handle_events, self, NULL);
  soup_server_add_handler (self->soup, "/generators", handle_generators, self, NULL);
  soup_server_add_handler (self->soup, "/sessions", handle_sessions, self, NULL);
  soup_server_add_handler (self->soup, "/uploads", handle_uploads, self, NULL);
  soup_server_add_handler (self->soup, "/ws", handle_ws, self, NULL);

  return self;
}
