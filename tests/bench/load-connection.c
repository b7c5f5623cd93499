/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* As much as one read takes, so that a stream of small frames costs few system calls. */
#define READ_BYTES (256 * 1024)
/* From here on it is cheaper to let the kernel drop the bytes than to copy them. */
#define SKIP_MIN_BYTES (32 * 1024)

#define RESPONSE_MAX_BYTES 8192

/* RFC 6455, 1.3's own example: a load client has no caches to protect against. */
#define HANDSHAKE_KEY "dGhlIHNhbXBsZSBub25jZQ=="

typedef struct
{
  Load *load;
  LoadConnection *connection;
} Context;

void
load_connection_close (Load *load, LoadConnection *self)
{
  if (self->closed)
    return;
  self->closed = TRUE;
  load->n_closed++;
  close (self->fd);
  self->fd = -1;
}

static void
take_answer (Load *load, LoadConnection *self, const BenchMessage *message)
{
  if (load->on_answer != NULL)
    load->on_answer (load, self, message);
  if (self->stop_ns != 0 && self->answer_ns == 0 &&
      g_str_has_prefix (message->head, "{\"stopped\""))
    {
      self->answer_ns = bench_now_ns ();
      return;
    }
  load->other_answers++;
  if (load->other_answer == NULL)
    load->other_answer = g_utf8_make_valid (message->head, (gssize) message->head_size);
}

static void
take_frame (Load *load, LoadConnection *self, const BenchMessage *message)
{
  self->frames++;
  self->compressed += message->is_compressed;
  self->bytes += message->size;
  if (load->on_frame != NULL)
    load->on_frame (load, self, message);
  if (self->inflater != NULL && message->is_compressed &&
      !load_inflater_take (self->inflater, &load->inflated))
    g_clear_pointer (&self->inflater, load_inflater_free);
  /* The clock costs as much as a small frame: it is read only where a time is wanted. */
  if (self->first_frame_ns == 0)
    self->first_frame_ns = bench_now_ns ();
  if (self->stop_ns != 0)
    {
      self->last_frame_ns = bench_now_ns ();
      if (self->answer_ns != 0)
        load->stops.frames_after_answer++;
    }
}

static void
send_short (LoadConnection *self, guint8 opcode, const char *payload, gsize size)
{
  guint8 frame[BENCH_WS_HEADER_MAX + BENCH_WS_SHORT_MAX];
  gsize frame_size = bench_ws_short_frame (frame, opcode, payload, size);

  /* A server that does not read a few hundred bytes of commands is seen by what it does not answer.
   */
  (void) !send (self->fd, frame, frame_size, MSG_NOSIGNAL);
}

static void
on_message (const BenchMessage *message, gpointer user_data)
{
  Context *context = user_data;

  switch (message->opcode)
    {
    case BENCH_WS_PING:
      send_short (context->connection, BENCH_WS_PONG, message->head,
                  MIN (message->head_size, BENCH_WS_SHORT_MAX));
      break;
    case BENCH_WS_PONG:
    case BENCH_WS_CLOSE:
      break;
    default:
      /* stepcast.v1 puts a line of JSON before a frame, too. */
      if (message->size > 0 && message->head[0] == '{' && !message->is_compressed &&
          !g_str_has_prefix (message->head, "{\"type\":\"frame\""))
        take_answer (context->load, context->connection, message);
      else
        take_frame (context->load, context->connection, message);
      break;
    }
}

/* Only what was negotiated may set RSV1; the first connection's first frames are looked into. */
static void
take_extensions (Load *load, LoadConnection *self)
{
  g_autofree char *lower = g_ascii_strdown (self->response->str, -1);
  const char *header = strstr (lower, "\r\nsec-websocket-extensions:");

  if (header == NULL || strstr (header, "permessage-deflate") == NULL)
    return;
  self->parser.may_be_compressed = TRUE;
  if (load->n_deflated++ == 0)
    self->inflater = load_inflater_new (&self->parser);
}

static void
take_response (Load *load, LoadConnection *self, const char *bytes, gsize size)
{
  Context context = { load, self };
  const char *end;
  gsize used;

  g_string_append_len (self->response, bytes, (gssize) size);
  end = strstr (self->response->str, "\r\n\r\n");
  if (end == NULL)
    {
      if (self->response->len > RESPONSE_MAX_BYTES)
        load_connection_close (load, self);
      return;
    }
  if (!g_str_has_prefix (self->response->str, "HTTP/1.1 101 "))
    {
      if (load->other_answer == NULL)
        load->other_answer = g_strndup (self->response->str, strcspn (self->response->str, "\r"));
      load_connection_close (load, self);
      return;
    }

  take_extensions (load, self);
  self->open = TRUE;
  self->open_ns = bench_now_ns ();
  load->n_open++;
  used = (gsize) (end + 4 - self->response->str);
  bench_parser_feed (&self->parser, (const guint8 *) self->response->str + used,
                     self->response->len - used, on_message, &context);
}

/* One read of what is there, of at most @max_bytes. */
void
load_connection_read (Load *load, LoadConnection *self, gsize max_bytes)
{
  static guint8 buffer[READ_BYTES];
  gsize room = MIN (max_bytes, sizeof buffer);
  Context context = { load, self };
  guint64 skippable = bench_parser_skippable (&self->parser);
  gboolean skip = skippable >= SKIP_MIN_BYTES;
  ssize_t n;

  n = recv (self->fd, buffer, skip ? MIN (skippable, room) : room, skip ? MSG_TRUNC : 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0)
    load_connection_close (load, self);
  else if (skip)
    bench_parser_skip (&self->parser, (guint64) n);
  else if (!self->open)
    take_response (load, self, (const char *) buffer, (gsize) n);
  else if (!bench_parser_feed (&self->parser, buffer, (gsize) n, on_message, &context))
    {
      g_printerr ("bench-client: what came is not WebSocket frames\n");
      load_connection_close (load, self);
    }
}

static void
send_request (Load *load, LoadConnection *self)
{
  g_autoptr (GString) request = g_string_new (NULL);

  g_string_append_printf (request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                          "Sec-WebSocket-Version: 13\r\n",
                          self->path != NULL ? self->path : load->path, load->host, load->port,
                          HANDSHAKE_KEY);
  if (self->protocol != NULL)
    g_string_append_printf (request, "Sec-WebSocket-Protocol: %s\r\n", self->protocol);
  if (load->offer_deflate)
    g_string_append (request, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  g_string_append (request, "\r\n");

  if (send (self->fd, request->str, request->len, MSG_NOSIGNAL) != (ssize_t) request->len)
    load_connection_close (load, self);
  else
    load_watch (load, self->fd, EPOLLIN, &self->source);
}

static void
on_connection_ready (Load *load, LoadSource *source, guint32 events)
{
  LoadConnection *self = (LoadConnection *) source;

  if (events & EPOLLOUT)
    send_request (load, self);
  else
    load_connection_read (load, self, READ_BYTES);
}

/* Connects and sends the handshake; the loop goes on with it. */
void
load_connection_begin (Load *load, LoadConnection *self)
{
  struct sockaddr_in local;
  socklen_t size = sizeof local;

  self->source.ready = on_connection_ready;
  self->response = g_string_new (NULL);
  load->n_begun++;
  self->connect_ns = bench_now_ns ();
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->fd < 0)
    g_error ("no more sockets: %s", g_strerror (errno));
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  if (connect (self->fd, &load->address, sizeof load->address) < 0 && errno != EINPROGRESS)
    {
      load_connection_close (load, self);
      return;
    }
  if (getsockname (self->fd, &local, &size) == 0)
    self->local_port = ntohs (local.sin_port);
  load_watch (load, self->fd, EPOLLOUT, &self->source);
}

gboolean
load_connection_send (LoadConnection *self, const char *command)
{
  if (self->closed || !self->open)
    return FALSE;
  send_short (self, BENCH_WS_TEXT, command, strlen (command));
  return TRUE;
}

/* From now on it is connected and never reads. */
void
load_connection_stall (Load *load, LoadConnection *self)
{
  self->stalled = TRUE;
  if (!self->closed)
    load_watch (load, self->fd, 0, &self->source);
}

void
load_connection_clear (LoadConnection *self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->response != NULL)
    g_string_free (self->response, TRUE);
  g_clear_pointer (&self->inflater, load_inflater_free);
}
