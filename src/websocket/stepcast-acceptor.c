/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include "stepcast-gsource.h"

/* A listening socket, and the source that accepts its connections.
 *
 * libsoup's own listener has a backlog of 10, and ends for good at the first accept() that fails
 * for want of a file descriptor. This one waits until there is one again, and does not let things
 * come so far: beyond a number of connections below the process's limit, new ones wait in the
 * backlog until others end. Lives on the main context. */

/* A burst of a room full of browsers, each with a few connections, without a retransmission. */
#define BACKLOG 1024

/* File descriptors for all else: programs, helpers, the bus, files. */
#define RESERVED_FDS 64

/* How much a socket takes before it counts as full: the kernel's queue is the next one after the
 * outbox, and is to hold no pile of stale frames either. */
#define NOTSENT_BYTES 65536

#define RETRY_MS 100

/* New connections are taken a few at a time, so that a burst does not hold up those there are. */
#define ACCEPTS_AT_ONCE 32

struct _StepcastAcceptor
{
  GObject parent_instance;

  GSocket *socket;
  StepcastAcceptFunc func;
  gpointer user_data;

  GSource *source; /* (nullable): accepts */
  GSource *retry;  /* (nullable): while it can't */
  guint n_connections;
  guint max_connections;
  gboolean is_failing; /* the last accept() failed, and the log says so */
};

G_DEFINE_FINAL_TYPE (StepcastAcceptor, stepcast_acceptor, G_TYPE_OBJECT)

static gboolean on_connection (GSocket *socket, GIOCondition condition, gpointer user_data);

static void
start_accepting (StepcastAcceptor *self)
{
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_static_name (self->source, "[stepcast] accept");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_connection), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static gboolean
on_retry (gpointer user_data)
{
  StepcastAcceptor *self = user_data;

  g_clear_pointer (&self->retry, g_source_unref);
  start_accepting (self);

  return G_SOURCE_REMOVE;
}

static void
pause_accepting (StepcastAcceptor *self)
{
  stepcast_gsource_clear (&self->source);
  self->retry = g_timeout_source_new (RETRY_MS);
  g_source_set_static_name (self->retry, "[stepcast] accept again");
  g_source_set_callback (self->retry, on_retry, self, NULL);
  g_source_attach (self->retry, g_main_context_get_thread_default ());
}

static void
on_connection_gone (gpointer data, GObject *connection)
{
  g_autoptr (StepcastAcceptor) self = data;

  self->n_connections--;
}

static void
set_options (GSocket *socket)
{
  g_autoptr (GError) error = NULL;

  if (!g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, &error) ||
      !g_socket_set_option (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_BYTES, &error))
    g_debug ("A connection keeps its buffering: %s", error->message);
}

static gboolean
accept_one (StepcastAcceptor *self, GError **error)
{
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (self->socket, NULL, error);

  if (socket == NULL)
    return FALSE;

  set_options (socket);
  connection = g_socket_connection_factory_create_connection (socket);
  self->n_connections++;
  self->is_failing = FALSE;
  g_object_weak_ref (G_OBJECT (connection), on_connection_gone, g_object_ref (self));
  self->func (connection, self->user_data);

  return TRUE;
}

static gboolean
on_connection (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  StepcastAcceptor *self = user_data;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < ACCEPTS_AT_ONCE; i++)
    {
      if (self->n_connections >= self->max_connections)
        {
          g_debug ("%u connections: new ones wait", self->n_connections);
          pause_accepting (self);
          return G_SOURCE_CONTINUE; /* destroyed by then */
        }
      if (!accept_one (self, &error))
        break;
    }

  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    {
      if (!self->is_failing)
        g_message ("A connection can't be accepted now: %s", error->message);
      self->is_failing = TRUE;
      pause_accepting (self);
    }
  return G_SOURCE_CONTINUE;
}

static guint
get_max_connections (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXUINT;
  return (guint) CLAMP (limit.rlim_cur, 2 * RESERVED_FDS, G_MAXUINT) - RESERVED_FDS;
}

/**
 * stepcast_acceptor_close:
 * @self: an acceptor
 *
 * Listens no more.
 */
void
stepcast_acceptor_close (StepcastAcceptor *self)
{
  stepcast_gsource_clear (&self->source);
  stepcast_gsource_clear (&self->retry);
  if (self->socket != NULL)
    g_socket_close (self->socket, NULL);
}

static void
stepcast_acceptor_dispose (GObject *object)
{
  StepcastAcceptor *self = STEPCAST_ACCEPTOR (object);

  stepcast_acceptor_close (self);
  g_clear_object (&self->socket);

  G_OBJECT_CLASS (stepcast_acceptor_parent_class)->dispose (object);
}

static void
stepcast_acceptor_class_init (StepcastAcceptorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_acceptor_dispose;
}

static void
stepcast_acceptor_init (StepcastAcceptor *self)
{
  self->max_connections = get_max_connections ();
}

/**
 * stepcast_acceptor_new:
 * @address: where to listen
 * @port: on which port; 0 for any free one
 * @func: called with each connection, on the main context
 * @user_data: handed to @func
 * @error: why it can't listen there
 *
 * Returns: (transfer full) (nullable): a listening acceptor, or %NULL with @error set
 */
StepcastAcceptor *
stepcast_acceptor_new (GInetAddress *address,
                       guint16 port,
                       StepcastAcceptFunc func,
                       gpointer user_data,
                       GError **error)
{
  g_autoptr (StepcastAcceptor) self = g_object_new (STEPCAST_TYPE_ACCEPTOR, NULL);
  g_autoptr (GSocketAddress) socket_address = g_inet_socket_address_new (address, port);

  self->func = func;
  self->user_data = user_data;
  self->socket = g_socket_new (g_inet_address_get_family (address), G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_TCP, error);
  if (self->socket == NULL)
    return NULL;

  g_socket_set_blocking (self->socket, FALSE);
  g_socket_set_listen_backlog (self->socket, BACKLOG);
  if (!g_socket_bind (self->socket, socket_address, TRUE, error) ||
      !g_socket_listen (self->socket, error))
    return NULL;

  start_accepting (self);
  return g_steal_pointer (&self);
}

/**
 * stepcast_acceptor_get_port:
 * @self: an acceptor that listens
 *
 * Returns: on which port
 */
guint16
stepcast_acceptor_get_port (StepcastAcceptor *self)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self->socket, NULL);

  g_return_val_if_fail (G_IS_INET_SOCKET_ADDRESS (address), 0);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}
