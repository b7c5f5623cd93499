/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-server.h"

#include <libsoup/soup.h>

#include "stepcast-acceptor.h"
#include "stepcast-admission.h"
#include "stepcast-answer-watch.h"
#include "stepcast-events.h"
#include "stepcast-gate.h"
#include "stepcast-gsource.h"
#include "stepcast-handshakes.h"
#include "stepcast-lobby.h"
#include "stepcast-own-address.h"
#include "stepcast-request-deadline.h"
#include "stepcast-routes.h"
#include "stepcast-web-links.h"

/* The web's way in: HTTP requests, and viewers by WebSocket.
 *
 * A connection comes by the acceptor, has its hands shaken where TLS is spoken, and is libsoup's
 * from then on. Its request is admitted at the gate when its headers have come, or refused, before
 * any handler sees it, and has to be complete within a deadline. The routes hand it to who answers
 * it; who asks for a WebSocket is sent to the lobby. Lives on the main context. */

/* What peers get to say goodbye in. */
#define CLOSE_MS 1000

struct _StepcastServer
{
  GObject parent_instance;

  SoupServer *soup;
  StepcastRoutes *routes;
  StepcastAcceptor *acceptor; /* (nullable): while it listens */
  StepcastHandshakes *handshakes;
  GStrv allowed_hosts;     /* (nullable) */
  GStrv allowed_origins;   /* (nullable) */
  GStrv allowed_embedders; /* (nullable) */
  StepcastGate *gate;
  char *base_uri;
  gboolean is_public; /* others than this machine may reach it */

  StepcastLobby *lobby;
  StepcastUploads *uploads;
  StepcastEvents *events;
  StepcastTicker *ticker;

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

static void
on_got_headers (SoupServerMessage *message, StepcastServer *self)
{
  stepcast_admission_decide (message, self->gate, self->uploads);
}

static void
on_request_started (SoupServer *soup, SoupServerMessage *message, StepcastServer *self)
{
  stepcast_request_deadline_set (message);
  stepcast_answer_watch (message, self->ticker);
  g_signal_connect_object (message, "got-headers", G_CALLBACK (on_got_headers), self, 0);
}

/* ---- the server ---- */

static void
on_arrived (GIOStream *stream, GSocketAddress *local, GSocketAddress *remote, gpointer user_data)
{
  StepcastServer *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!soup_server_accept_iostream (self->soup, stream, local, remote, &error))
    g_debug ("A connection was not taken: %s", error->message);
}

static void
on_accepted (GSocketConnection *connection, gpointer user_data)
{
  StepcastServer *self = user_data;

  stepcast_handshakes_receive (self->handshakes, connection);
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
    stepcast_hosts_new (stepcast_acceptor_get_port (self->acceptor),
                        stepcast_handshakes_has_credentials (self->handshakes));

  for (guint i = 0; self->allowed_hosts != NULL && self->allowed_hosts[i] != NULL; i++)
    stepcast_hosts_allow_host (hosts, self->allowed_hosts[i]);
  for (guint i = 0; self->allowed_origins != NULL && self->allowed_origins[i] != NULL; i++)
    stepcast_hosts_allow_origin (hosts, self->allowed_origins[i]);
  for (guint i = 0; self->allowed_embedders != NULL && self->allowed_embedders[i] != NULL; i++)
    stepcast_hosts_allow_embedding (hosts, self->allowed_embedders[i]);

  return g_steal_pointer (&hosts);
}

/* @access: (transfer full). The acceptor listens. */
static void
set_up_gate (StepcastServer *self, GInetAddress *address, StepcastAccess *access)
{
  StepcastHosts *hosts = make_hosts (self);
  g_autoptr (GInetAddress) outer = NULL;
  StepcastShare share;

  g_signal_connect_object (self->acceptor, "notify::n-connections", G_CALLBACK (on_n_connections),
                           self, 0);
  self->is_public = !g_inet_address_get_is_loopback (address);
  if (g_inet_address_get_is_any (address))
    outer = stepcast_own_address_find (g_inet_address_get_family (address));
  g_free (self->base_uri);
  self->base_uri = stepcast_hosts_make_uri (hosts, address, outer);
  self->gate = stepcast_gate_new (access, hosts);
  share.gate = self->gate;
  share.own_uri = self->base_uri;
  share.is_public = self->is_public;
  stepcast_routes_set_share (self->routes, &share);
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
 * stepcast_server_allow_embedding:
 * @self: a server that does not listen yet
 * @origins: whose pages may show ours within them, as stepcast_hosts_normalize_origin() has them
 */
void
stepcast_server_allow_embedding (StepcastServer *self, const char *const *origins)
{
  g_return_if_fail (self->gate == NULL);

  g_strfreev (self->allowed_embedders);
  self->allowed_embedders = g_strdupv ((GStrv) origins);
}

/**
 * stepcast_server_set_credentials:
 * @self: a server that does not listen yet
 * @credentials: what it is to speak TLS with, and nothing else from then on
 */
void
stepcast_server_set_credentials (StepcastServer *self, StepcastTlsCredentials *credentials)
{
  g_return_if_fail (self->gate == NULL);

  stepcast_handshakes_set_credentials (self->handshakes, credentials);
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

/* Before it listens there is nothing to reach, and there are no tokens. */
static const StepcastAccess *
get_access (StepcastServer *self)
{
  return self->gate != NULL ? stepcast_gate_get_access (self->gate) : NULL;
}

static char *
stepcast_server_get_link (StepcastLinks *links, const char *session, StepcastRole role)
{
  StepcastServer *self = STEPCAST_SERVER (links);

  return stepcast_web_links_make_page (self->base_uri, get_access (self), session, role);
}

static char *
stepcast_server_get_frame_url (StepcastLinks *links, const char *session)
{
  StepcastServer *self = STEPCAST_SERVER (links);

  return stepcast_web_links_make_still (self->base_uri, get_access (self), session);
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
  stepcast_handshakes_cancel (self->handshakes);
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
  stepcast_handshakes_cancel (self->handshakes);
  g_clear_object (&self->acceptor);
  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  g_clear_pointer (&self->routes, stepcast_routes_unref);
  g_clear_object (&self->lobby);
  g_clear_object (&self->uploads);
  if (self->events != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->events, self);
      g_object_run_dispose (G_OBJECT (self->events));
    }
  g_clear_object (&self->events);

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
  g_strfreev (self->allowed_embedders);
  stepcast_handshakes_unref (self->handshakes);

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
  self->handshakes = stepcast_handshakes_new (on_arrived, self);
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

  self->lobby = stepcast_lobby_new (manager);
  self->uploads = stepcast_uploads_new (STEPCAST_UPLOADS_LIFETIME_MS);
  stepcast_lobby_set_uploads (self->lobby, self->uploads);
  self->events = stepcast_events_new (manager, self->ticker);
  g_signal_connect (self->events, "emptied", G_CALLBACK (on_events_emptied), self);

  self->routes =
    stepcast_routes_new (manager, rasterizer, self->lobby, self->events, self->uploads);
  self->soup = soup_server_new (NULL, NULL);
  soup_server_remove_websocket_extension (self->soup, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_request_started), self);
  stepcast_routes_add_to (self->routes, self->soup);

  return self;
}
