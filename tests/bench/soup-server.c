/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <libsoup/soup.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The yardstick "libsoup": its own server, its own WebSocket, its own permessage-deflate, as one
 * gets them without doing anything; and one prebuilt frame to every client that asked for it, as
 * fast as it drains. */

/* Nobody waits for an hour for a benchmark: a forgotten server ends by itself. */
#define LIFETIME_SECONDS 3600

/* libsoup's queue has no end and can't be seen; what is written is in the kernel's, which can.
 * Below this the last frame has been written as a whole. */
#define QUEUE_MAX_BYTES (64 * 1024)

typedef struct
{
  SoupServer *server;
  GPtrArray *connections; /* that are streaming */
  char *frame;
} Peer;

static int option_size = 10000;
static char *option_frame = NULL;

static const GOptionEntry entries[] = {
  { "size", 0, 0, G_OPTION_ARG_INT, &option_size, "Payload of a frame", "BYTES" },
  { "frame", 0, 0, G_OPTION_ARG_FILENAME, &option_frame, "The frame, instead", "FILE" },
  { NULL },
};

static int
queue_bytes (SoupWebsocketConnection *connection)
{
  GIOStream *stream = soup_websocket_connection_get_io_stream (connection);
  g_autoptr (GIOStream) base = NULL;
  int bytes = 0;

  g_object_get (stream, "base-iostream", &base, NULL);
  if (!G_IS_SOCKET_CONNECTION (base))
    return 0;
  ioctl (g_socket_get_fd (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base))), SIOCOUTQ,
         &bytes);
  return bytes;
}

/* One frame to each that has taken the last. */
static gboolean
on_turn (gpointer user_data)
{
  Peer *self = user_data;
  gboolean idle = TRUE;

  for (guint i = 0; i < self->connections->len; i++)
    {
      SoupWebsocketConnection *connection = self->connections->pdata[i];

      if (soup_websocket_connection_get_state (connection) != SOUP_WEBSOCKET_STATE_OPEN ||
          queue_bytes (connection) > QUEUE_MAX_BYTES)
        continue;
      soup_websocket_connection_send_text (connection, self->frame);
      idle = FALSE;
    }
  if (!idle)
    return G_SOURCE_CONTINUE;
  g_timeout_add (1, on_turn, self);
  return G_SOURCE_REMOVE;
}

static void
on_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  Peer *self = user_data;

  g_ptr_array_remove (self->connections, connection);
  g_object_unref (connection);
}

static void
on_message (SoupWebsocketConnection *connection, int type, GBytes *message, gpointer user_data)
{
  Peer *self = user_data;
  gboolean is_stop = g_strcmp0 (g_bytes_get_data (message, NULL), "stop") == 0;

  g_ptr_array_remove (self->connections, connection);
  if (!is_stop)
    g_ptr_array_add (self->connections, connection);
}

static void
on_websocket (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *connection,
              gpointer user_data)
{
  g_object_ref (connection);
  g_signal_connect (connection, "message", G_CALLBACK (on_message), user_data);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), user_data);
}

/* libsoup's own listener has a backlog of 10: whoever comes later waits a second. */
static gboolean
listen_on_any_port (SoupServer *server, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) socket =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL || !g_socket_bind (socket, any, TRUE, error))
    return FALSE;
  g_socket_set_listen_backlog (socket, 4096);
  if (!g_socket_listen (socket, error) || !soup_server_listen_socket (server, socket, 0, error))
    return FALSE;
  bound = g_socket_get_local_address (socket, error);
  if (bound == NULL)
    return FALSE;
  printf ("Listening on http://127.0.0.1:%u/\n",
          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  fflush (stdout);
  return TRUE;
}

static gboolean
read_frame (Peer *self, GError **error)
{
  if (option_frame != NULL)
    return g_file_get_contents (option_frame, &self->frame, NULL, error);
  self->frame = g_strnfill ((gsize) option_size, '<');
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- a server on libsoup");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Peer self = { 0 };

  alarm (LIFETIME_SECONDS);
  g_option_context_add_main_entries (options, entries, NULL);
  self.server = soup_server_new (NULL, NULL);
  self.connections = g_ptr_array_new ();
  soup_server_add_websocket_handler (self.server, "/ws", NULL, NULL, on_websocket, &self, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || !read_frame (&self, &error) ||
      !listen_on_any_port (self.server, &error))
    {
      g_printerr ("bench-soup: %s\n", error->message);
      return EXIT_FAILURE;
    }
  g_timeout_add (1, on_turn, &self);
  g_main_loop_run (loop);
}
