/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
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

/* File descriptors for all else: programs (three for each), helpers, the bus, files. A quarter of
 * what there are, but not more than this, nor less than the least that the service needs. */
#define MIN_RESERVED_FDS 64
#define MAX_RESERVED_FDS 4096

/* How much a socket takes before it counts as full: the kernel's queue is the next one after the
 * outbox, and is to hold no pile of stale frames either. */
#define NOTSENT_BYTES 65536

/* A peer that has gone without a word, where nothing else asks for it: after a minute of silence
 * the kernel does, four times. It asks hosts: a process that does not read is none of its business.
 */
#define KEEPALIVE_IDLE_SECONDS 60
#define KEEPALIVE_INTERVAL_SECONDS 15
#define KEEPALIVE_PROBES 4

#define RETRY_MS 100

/* New connections are taken a few at a time, so that a burst does not hold up those there are. */
#define ACCEPTS_AT_ONCE 32

struct _StepcastAcceptor
{
  GObject parent_instance;

  GSocket *socket;         /* (nullable): only an own one is closed while it does not listen */
  GSocketAddress *address; /* where it listens, and will again */
  gboolean is_adopted;     /* the socket is somebody else's, too */
  StepcastAcceptFunc func;
  gpointer user_data;

  GSource *source; /* (nullable): accepts */
  GSource *retry;  /* (nullable): while it can't */
  guint n_connections;
  guint max_connections;
  gboolean is_failing; /* the last accept() failed, and the log says so */
};

enum
{
  PROP_N_CONNECTIONS = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

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
set_n_connections (StepcastAcceptor *self, guint n_connections)
{
  self->n_connections = n_connections;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTIONS]);
}

static void
on_connection_gone (gpointer data, GObject *connection)
{
  g_autoptr (StepcastAcceptor) self = data;

  set_n_connections (self, self->n_connections - 1);
}

/* Of a socket that listens: those that it accepts inherit them (Linux; tcp(7) and socket(7) leave
 * it open), which saves six system calls for each. */
static void
set_options (GSocket *socket)
{
  static const struct
  {
    int level;
    int option;
    int value;
  } options[] = {
    { IPPROTO_TCP, TCP_NODELAY, TRUE },
    { IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_BYTES },
    { SOL_SOCKET, SO_KEEPALIVE, TRUE },
    { IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS },
    { IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS },
    { IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES },
  };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autoptr (GError) error = NULL;

      if (!g_socket_set_option (socket, options[i].level, options[i].option, options[i].value,
                                &error))
        g_debug ("Connections keep what the kernel gives them: %s", error->message);
    }
}

static gboolean
accept_one (StepcastAcceptor *self, GError **error)
{
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (self->socket, NULL, error);

  if (socket == NULL)
    return FALSE;

  connection = g_socket_connection_factory_create_connection (socket);
  set_n_connections (self, self->n_connections + 1);
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
  guint n_fds;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return G_MAXUINT;
  n_fds = (guint) CLAMP (limit.rlim_cur, 2 * MIN_RESERVED_FDS, G_MAXUINT);
  return n_fds - CLAMP (n_fds / 4, MIN_RESERVED_FDS, MAX_RESERVED_FDS);
}

/**
 * stepcast_acceptor_close:
 * @self: an acceptor
 *
 * Listens no more. A socket that was adopted stays open: what comes waits for whoever has it, too.
 */
void
stepcast_acceptor_close (StepcastAcceptor *self)
{
  stepcast_gsource_clear (&self->source);
  stepcast_gsource_clear (&self->retry);
  if (self->socket == NULL || self->is_adopted)
    return;

  g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
}

static gboolean
open_socket (StepcastAcceptor *self, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (self->address),
                                             G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return FALSE;

  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, self->address, TRUE, error) || !g_socket_listen (socket, error))
    return FALSE;

  self->socket = g_steal_pointer (&socket);
  return TRUE;
}

/* The port is known now, and kept for the next time. */
static gboolean
start_listening (StepcastAcceptor *self, GError **error)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self->socket, error);

  if (address == NULL)
    return FALSE;

  g_set_object (&self->address, address);
  g_socket_set_blocking (self->socket, FALSE);
  set_options (self->socket);
  start_accepting (self);
  return TRUE;
}

/**
 * stepcast_acceptor_reopen:
 * @self: an acceptor that was closed
 * @error: why it can't listen there any more
 *
 * Listens again, where it did.
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_acceptor_reopen (StepcastAcceptor *self, GError **error)
{
  g_return_val_if_fail (self->source == NULL && self->retry == NULL, FALSE);

  if (!self->is_adopted && !open_socket (self, error))
    return FALSE;
  return start_listening (self, error);
}

static void
stepcast_acceptor_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_N_CONNECTIONS:
      g_value_set_uint (value, STEPCAST_ACCEPTOR (object)->n_connections);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_acceptor_dispose (GObject *object)
{
  StepcastAcceptor *self = STEPCAST_ACCEPTOR (object);

  stepcast_acceptor_close (self);
  g_clear_object (&self->socket);
  g_clear_object (&self->address);

  G_OBJECT_CLASS (stepcast_acceptor_parent_class)->dispose (object);
}

static void
stepcast_acceptor_class_init (StepcastAcceptorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_acceptor_dispose;
  object_class->get_property = stepcast_acceptor_get_property;

  /**
   * StepcastAcceptor:n-connections:
   *
   * How many there are.
   */
  properties[PROP_N_CONNECTIONS] =
    g_param_spec_uint ("n-connections", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
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

  self->func = func;
  self->user_data = user_data;
  self->address = g_inet_socket_address_new (address, port);

  return stepcast_acceptor_reopen (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * stepcast_acceptor_new_adopted:
 * @socket: a TCP socket that listens, and that others may listen to, too
 * @func: called with each connection, on the main context
 * @user_data: handed to @func
 * @error: why it is of no use
 *
 * Returns: (transfer full) (nullable): a listening acceptor, or %NULL with @error set
 */
StepcastAcceptor *
stepcast_acceptor_new_adopted (GSocket *socket,
                               StepcastAcceptFunc func,
                               gpointer user_data,
                               GError **error)
{
  g_autoptr (StepcastAcceptor) self = g_object_new (STEPCAST_TYPE_ACCEPTOR, NULL);

  self->func = func;
  self->user_data = user_data;
  self->socket = g_object_ref (socket);
  self->is_adopted = TRUE;

  return stepcast_acceptor_reopen (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * stepcast_acceptor_get_n_connections:
 * @self: an acceptor
 *
 * Returns: how many of its connections there are
 */
guint
stepcast_acceptor_get_n_connections (StepcastAcceptor *self)
{
  return self->n_connections;
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
  g_return_val_if_fail (G_IS_INET_SOCKET_ADDRESS (self->address), 0);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (self->address));
}
