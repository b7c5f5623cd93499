/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "bench-wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The yardstick "floor": what the kernel alone costs. One thread, epoll, one prebuilt WebSocket
 * frame that is sent to every client that asked for it as fast as it drains: no queue, no copy, no
 * computing. It speaks the plain protocol's "start" and "stop", so that the same client measures it
 * and the service. */

/* Nobody waits for an hour for a benchmark: a forgotten server ends by itself. */
#define LIFETIME_SECONDS 3600
#define REQUEST_MAX_BYTES 8192

typedef struct
{
  int epoll_fd;
  int listen_fd;
  guint8 *frames; /* one after the other: the same frame */
  gsize frame_size;
  guint n_frames;
  int burst;
} Floor;

typedef struct
{
  Floor *floor;
  int fd;
  guint32 events;
  gboolean open;
  gboolean streaming;
  /* Of the frame that is being written; nothing else may come between its parts. */
  gsize frame_offset;
  guint64 steps;
  gint64 started_ns;
  BenchParser parser;
  GString *request;
  GString *answers;
} Client;

static int option_port = 0;
static int option_size = 10000;
static int option_burst = 1;
static int option_lowat = 0;
static int option_frames = 1;

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &option_port, "Port on 127.0.0.1 (0: any)", "PORT" },
  { "size", 0, 0, G_OPTION_ARG_INT, &option_size, "Payload of a frame", "BYTES" },
  { "burst", 0, 0, G_OPTION_ARG_INT, &option_burst, "Frames per writable event", "N" },
  { "frames", 0, 0, G_OPTION_ARG_INT, &option_frames,
    "Copies of the frame that are sent by turns, as a server's next frame is not its last", "N" },
  { "lowat", 0, 0, G_OPTION_ARG_INT, &option_lowat, "TCP_NOTSENT_LOWAT (0: leave)", "BYTES" },
  { NULL },
};

static void
client_free (Client *client)
{
  close (client->fd);
  g_string_free (client->request, TRUE);
  g_string_free (client->answers, TRUE);
  g_free (client);
}

static void
client_want (Client *client, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = client };

  if (client->events == events)
    return;
  client->events = events;
  epoll_ctl (client->floor->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

/* Returns FALSE where the connection is gone. */
static gboolean
client_send (Client *client, const void *bytes, gsize size, gsize *sent)
{
  ssize_t n = send (client->fd, bytes, size, MSG_NOSIGNAL);

  *sent = n > 0 ? (gsize) n : 0;
  return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static gboolean
client_send_answers (Client *client)
{
  gsize sent;

  if (!client_send (client, client->answers->str, client->answers->len, &sent))
    return FALSE;
  g_string_erase (client->answers, 0, (gssize) sent);
  return TRUE;
}

static gboolean
client_write (Client *client)
{
  Floor *floor = client->floor;

  for (int i = 0; i < floor->burst; i++)
    {
      const guint8 *frame = floor->frames + client->steps % floor->n_frames * floor->frame_size;
      gsize left = floor->frame_size - client->frame_offset;
      gsize sent;

      if (client->frame_offset == 0 && (!client->streaming || client->answers->len > 0))
        break;
      if (!client_send (client, frame + client->frame_offset, left, &sent))
        return FALSE;
      client->frame_offset += sent;
      if (sent < left)
        break;
      client->frame_offset = 0;
      client->steps++;
    }
  if (client->frame_offset == 0 && client->answers->len > 0 && !client_send_answers (client))
    return FALSE;
  if (client->frame_offset > 0 || client->streaming || client->answers->len > 0)
    client_want (client, EPOLLIN | EPOLLOUT);
  else
    client_want (client, EPOLLIN);
  return TRUE;
}

static void
client_answer (Client *client, guint8 opcode, const char *payload, gsize size)
{
  guint8 header[BENCH_WS_HEADER_MAX];
  gsize header_size = bench_ws_header (header, opcode, size, NULL);

  g_string_append_len (client->answers, (const char *) header, (gssize) header_size);
  g_string_append_len (client->answers, payload, (gssize) size);
}

static void
client_stop (Client *client)
{
  double seconds = client->streaming ? (double) (bench_now_ns () - client->started_ns) / 1e9 : 0.0;
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *answer = NULL;

  client->streaming = FALSE;
  /* The frame on its way is still finished before the answer. */
  answer = g_strdup_printf ("{\"stopped\":{\"step\":%" G_GUINT64_FORMAT ",\"seconds\":%s}}",
                            client->steps + (client->frame_offset > 0),
                            g_ascii_formatd (number, sizeof number, "%.6f", seconds));
  client_answer (client, BENCH_WS_TEXT, answer, strlen (answer));
}

static void
on_message (const BenchMessage *message, gpointer user_data)
{
  Client *client = user_data;

  if (message->opcode == BENCH_WS_PING)
    client_answer (client, BENCH_WS_PONG, message->head, message->head_size);
  else if (message->opcode == BENCH_WS_TEXT && g_str_equal (message->head, "stop"))
    client_stop (client);
  else if (message->opcode == BENCH_WS_TEXT && !client->streaming)
    {
      client->streaming = TRUE;
      client->steps = 0;
      client->started_ns = bench_now_ns ();
    }
}

static char *
find_header (const char *request, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (request, "\r\n", -1);
  gsize name_size = strlen (name);

  for (char **line = lines; *line != NULL; line++)
    if (g_ascii_strncasecmp (*line, name, name_size) == 0 && (*line)[name_size] == ':')
      return g_strstrip (g_strdup (*line + name_size + 1));
  return NULL;
}

/* Returns FALSE where the connection is done with. */
static gboolean
client_answer_request (Client *client)
{
  g_autofree char *key = find_header (client->request->str, "Sec-WebSocket-Key");
  g_autofree char *response = NULL;
  gsize sent;

  if (key != NULL)
    {
      g_autofree char *accept = bench_ws_accept (key);

      response = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                                  accept);
    }
  else
    response = g_strdup ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                         "Content-Length: 2\r\nConnection: close\r\n\r\nok");
  client->open = key != NULL;
  return client_send (client, response, strlen (response), &sent) && sent == strlen (response) &&
         client->open;
}

static gboolean
client_read_request (Client *client, const char *bytes, gsize size)
{
  g_string_append_len (client->request, bytes, (gssize) size);
  /* A client waits for the 101 before its first frame: nothing can follow the empty line. */
  if (g_str_has_suffix (client->request->str, "\r\n\r\n"))
    return client_answer_request (client);
  return client->request->len < REQUEST_MAX_BYTES;
}

static gboolean
client_read (Client *client)
{
  guint8 bytes[4096];
  ssize_t n = recv (client->fd, bytes, sizeof bytes, 0);

  if (n <= 0)
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  if (!client->open)
    return client_read_request (client, (const char *) bytes, (gsize) n);
  return bench_parser_feed (&client->parser, bytes, (gsize) n, on_message, client) &&
         client_write (client);
}

static void
floor_accept (Floor *floor)
{
  struct epoll_event event = { .events = EPOLLIN };
  Client *client;
  int fd;

  while ((fd = accept4 (floor->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
    {
      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
      if (option_lowat > 0)
        setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &option_lowat, sizeof option_lowat);
      client = g_new0 (Client, 1);
      client->floor = floor;
      client->fd = fd;
      client->events = EPOLLIN;
      client->request = g_string_new (NULL);
      client->answers = g_string_new (NULL);
      event.data.ptr = client;
      epoll_ctl (floor->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static int
floor_listen (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((guint16) option_port) };
  socklen_t size = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof (int));
  if (bind (fd, &address, size) < 0 || listen (fd, SOMAXCONN) < 0 ||
      getsockname (fd, &address, &size) < 0)
    {
      perror ("bench-floor");
      exit (EXIT_FAILURE);
    }
  printf ("Listening on http://127.0.0.1:%d/\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

/* Text that looks like a frame: the client tells frames from answers by their first byte. */
static void
floor_build_frames (Floor *floor, gsize size, guint n_frames)
{
  guint8 header[BENCH_WS_HEADER_MAX];
  gsize header_size = bench_ws_header (header, BENCH_WS_TEXT, size, NULL);

  floor->n_frames = n_frames;
  floor->frame_size = header_size + size;
  floor->frames = g_malloc_n (n_frames, floor->frame_size);
  memset (floor->frames, '<', n_frames * floor->frame_size);
  for (guint i = 0; i < n_frames; i++)
    memcpy (floor->frames + i * floor->frame_size, header, header_size);
}

static void G_GNUC_NORETURN
floor_run (Floor *floor)
{
  struct epoll_event events[64];

  for (;;)
    {
      int n = epoll_wait (floor->epoll_fd, events, G_N_ELEMENTS (events), -1);

      for (int i = 0; i < n; i++)
        {
          Client *client = events[i].data.ptr;
          gboolean alive = TRUE;

          if (client == NULL)
            {
              floor_accept (floor);
              continue;
            }
          if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            alive = client_read (client);
          if (alive && (events[i].events & EPOLLOUT))
            alive = client_write (client);
          if (!alive)
            client_free (client);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- the cheapest WebSocket server");
  g_autoptr (GError) error = NULL;
  struct epoll_event event = { .events = EPOLLIN };
  Floor floor = { 0 };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("bench-floor: %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (option_size < 1 || option_burst < 1 || option_frames < 1 || option_port < 0 ||
      option_port > G_MAXUINT16)
    {
      g_printerr ("bench-floor: a size, burst or port out of range\n");
      return EXIT_FAILURE;
    }

  alarm (LIFETIME_SECONDS);
  floor.burst = option_burst;
  floor_build_frames (&floor, (gsize) option_size, (guint) option_frames);
  floor.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  floor.listen_fd = floor_listen ();
  epoll_ctl (floor.epoll_fd, EPOLL_CTL_ADD, floor.listen_fd, &event);
  floor_run (&floor);
}
