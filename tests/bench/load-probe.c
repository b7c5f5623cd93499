/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Probes begin by the clock, whether or not the one before was answered: a server that hangs for a
 * second is seen by every request of that second and not by one. Each has a connection of its own,
 * as a new page has. */

/* A server that answers none shall not cost us all descriptors. */
#define OUTSTANDING_MAX 500

#define RESPONSE_MAX_BYTES 8192

typedef struct
{
  LoadSource source;
  int fd;
  gint64 begin_ns;
  GString *response;
} Probe;

static void
probe_free (Load *load, Probe *self)
{
  load->probes.under_way = g_list_remove (load->probes.under_way, self);
  load->probes.outstanding--;
  close (self->fd);
  g_string_free (self->response, TRUE);
  g_free (self);
}

static void
probe_answered (Load *load, Probe *self)
{
  double latency_ms = (double) (bench_now_ns () - self->begin_ns) / 1e6;

  g_array_append_val (load->probes.latencies, latency_ms);
  probe_free (load, self);
}

static void
probe_failed (Load *load, Probe *self)
{
  load->probes.failed++;
  probe_free (load, self);
}

/* Whole, as its Content-Length says; both servers send one. */
static gboolean
is_complete (const char *response)
{
  const char *body = strstr (response, "\r\n\r\n");
  const char *length;

  if (body == NULL)
    return FALSE;
  length = strcasestr (response, "\r\ncontent-length:");
  return length != NULL && length < body &&
         strlen (body + 4) >= strtoul (length + strlen ("\r\ncontent-length:"), NULL, 10);
}

static void
probe_read (Load *load, Probe *self)
{
  char bytes[2048];
  ssize_t n = recv (self->fd, bytes, sizeof bytes, 0);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n > 0)
    g_string_append_len (self->response, bytes, n);
  if (is_complete (self->response->str) && g_str_has_prefix (self->response->str, "HTTP/1.1 200 "))
    probe_answered (load, self);
  else if (n <= 0 || self->response->len > RESPONSE_MAX_BYTES)
    probe_failed (load, self);
}

static void
on_probe_ready (Load *load, LoadSource *source, guint32 events)
{
  Probe *self = (Probe *) source;
  g_autofree char *request = NULL;

  if (!(events & EPOLLOUT))
    {
      probe_read (load, self);
      return;
    }
  request = g_strdup_printf ("GET /health HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n",
                             load->host, load->port);
  if (send (self->fd, request, strlen (request), MSG_NOSIGNAL) < 0)
    probe_failed (load, self);
  else
    load_watch (load, self->fd, EPOLLIN, &self->source);
}

static void
probe_begin (Load *load)
{
  Probe *self = g_new0 (Probe, 1);

  load->probes.asked++;
  load->probes.outstanding++;
  load->probes.under_way = g_list_prepend (load->probes.under_way, self);
  self->source.ready = on_probe_ready;
  self->response = g_string_new (NULL);
  self->begin_ns = bench_now_ns ();
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (self->fd < 0 ||
      (connect (self->fd, &load->address, sizeof load->address) < 0 && errno != EINPROGRESS))
    probe_failed (load, self);
  else
    load_watch (load, self->fd, EPOLLOUT, &self->source);
}

void
load_probes_begin (Load *load, gint64 interval_ns)
{
  load->probes.interval_ns = interval_ns;
  load->probes.next_ns = bench_now_ns ();
}

void
load_probes_due (Load *load)
{
  LoadProbes *probes = &load->probes;

  while (probes->interval_ns > 0 && bench_now_ns () >= probes->next_ns)
    {
      probes->next_ns += probes->interval_ns;
      if (probes->outstanding < OUTSTANDING_MAX)
        probe_begin (load);
    }
}

/* No more probes; those under way go on. */
void
load_probes_pause (Load *load)
{
  load->probes.interval_ns = 0;
}

/* What is still waiting has waited at least so long. */
void
load_probes_end (Load *load)
{
  while (load->probes.under_way != NULL)
    {
      load->probes.failed++;
      probe_answered (load, load->probes.under_way->data);
    }
}
