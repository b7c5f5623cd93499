/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench-json.h"
#include "bench-wire.h"

/* bench-viewers-client measures what idle viewers cost: it opens a session, joins it with many
 * viewers who are sent nothing, and tells what they take of the server's memory, what a message and
 * a request cost beside them, and how fast a burst of more is served. One JSON object. */

#define DEADLINE_MS 60000
#define AT_ONCE 50
#define RESPONSE_BYTES 4096
#define SETTLE_US 500000

static int option_port = 0;
static int option_server_pid = 0;
static int option_viewers = 1000;
static int option_burst = 200;
static int option_bursts = 5;
static int option_messages = 2000;
static int option_requests = 300;
static char *option_generator = NULL;
static char *option_join = NULL;
static char *option_subprotocol = NULL;

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &option_port, "Port", "PORT" },
  { "server-pid", 0, 0, G_OPTION_ARG_INT, &option_server_pid, "Measure its CPU and memory", "PID" },
  { "viewers", 0, 0, G_OPTION_ARG_INT, &option_viewers, "Idle viewers (1000)", "N" },
  { "burst", 0, 0, G_OPTION_ARG_INT, &option_burst, "Connects at once (200)", "N" },
  { "bursts", 0, 0, G_OPTION_ARG_INT, &option_bursts, "So often (5)", "N" },
  { "messages", 0, 0, G_OPTION_ARG_INT, &option_messages, "Messages with an answer", "N" },
  { "requests", 0, 0, G_OPTION_ARG_INT, &option_requests, "GET /health", "N" },
  { "generator", 0, 0, G_OPTION_ARG_STRING, &option_generator, "Of the session (pattern)", "NAME" },
  { "join", 0, 0, G_OPTION_ARG_STRING, &option_join, "What viewers join", "PATH" },
  { "subprotocol", 0, 0, G_OPTION_ARG_STRING, &option_subprotocol, "Of the viewers", "NAME" },
  { NULL },
};

typedef struct
{
  int fd;
  gboolean is_asked;
  gsize n_received;
  char response[RESPONSE_BYTES];
} Opening;

G_NORETURN static void
die (const char *what)
{
  fprintf (stderr, "%s: %s\n", what, g_strerror (errno));
  exit (1);
}

static double
server_cpu_us (void)
{
  struct timespec used;
  clockid_t clock;

  if (clock_getcpuclockid (option_server_pid, &clock) != 0 || clock_gettime (clock, &used) != 0)
    die ("the server's clock");
  return (double) used.tv_sec * 1e6 + (double) used.tv_nsec / 1e3;
}

static guint64
server_rss_bytes (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", option_server_pid);
  g_autofree char *statm = NULL;
  guint64 resident = 0;

  if (!g_file_get_contents (path, &statm, NULL, NULL) ||
      sscanf (statm, "%*u %" G_GUINT64_FORMAT, &resident) != 1)
    die (path);
  return resident * (guint64) sysconf (_SC_PAGESIZE);
}

/* ---- sockets ---- */

static int
start_connect (void)
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in in;
  } address = { .in = { .sin_family = AF_INET, .sin_port = htons ((guint16) option_port) } };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int one = 1;

  if (fd < 0)
    die ("socket");
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  address.in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (connect (fd, &address.any, sizeof address) != 0 && errno != EINPROGRESS)
    die ("connect");
  return fd;
}

static void
ask (int fd, const char *path)
{
  g_autofree char *request = g_strdup_printf (
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
    path, option_port, option_subprotocol != NULL ? "Sec-WebSocket-Protocol: " : "",
    option_subprotocol != NULL ? option_subprotocol : "", option_subprotocol != NULL ? "\r\n" : "");
  gsize length = strlen (request);

  if (send (fd, request, length, MSG_NOSIGNAL) != (ssize_t) length)
    die ("a request");
}

/* Whether its handshake has been answered. */
static gboolean
go_on (Opening *self, const char *path)
{
  ssize_t n;

  if (!self->is_asked)
    {
      ask (self->fd, path);
      self->is_asked = TRUE;
      return FALSE;
    }

  n = recv (self->fd, self->response + self->n_received, RESPONSE_BYTES - 1 - self->n_received, 0);
  if (n <= 0)
    die ("a response");
  self->n_received += (gsize) n;
  self->response[self->n_received] = '\0';
  if (strstr (self->response, "\r\n\r\n") == NULL)
    return FALSE;
  if (!g_str_has_prefix (self->response, "HTTP/1.1 101 "))
    {
      fprintf (stderr, "%s\n", self->response);
      exit (1);
    }
  return TRUE;
}

/* Opens @n_viewers, all at once, and adds how long each took to @latencies_ms. */
static void
open_at_once (int *fds, guint n_viewers, const char *path, GArray *latencies_ms)
{
  g_autofree Opening *openings = g_new0 (Opening, n_viewers);
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  gint64 began_ns = bench_now_ns ();
  guint n_left = n_viewers;

  for (guint i = 0; i < n_viewers; i++)
    {
      struct epoll_event event = { .events = EPOLLOUT, .data.ptr = &openings[i] };

      fds[i] = openings[i].fd = start_connect ();
      epoll_ctl (epoll, EPOLL_CTL_ADD, fds[i], &event);
    }
  while (n_left > 0)
    {
      struct epoll_event events[64];
      int n_events = epoll_wait (epoll, events, 64, DEADLINE_MS);

      if (n_events <= 0)
        die ("waiting for handshakes");
      for (int i = 0; i < n_events; i++)
        {
          Opening *opening = events[i].data.ptr;
          struct epoll_event event = { .events = EPOLLIN, .data.ptr = opening };
          double latency_ms;

          if (!go_on (opening, path))
            {
              epoll_ctl (epoll, EPOLL_CTL_MOD, opening->fd, &event);
              continue;
            }
          latency_ms = (double) (bench_now_ns () - began_ns) / 1e6;
          g_array_append_val (latencies_ms, latency_ms);
          epoll_ctl (epoll, EPOLL_CTL_DEL, opening->fd, NULL);
          n_left--;
        }
    }
  close (epoll);
}

static int
open_one (const char *path)
{
  g_autoptr (GArray) latencies_ms = g_array_new (FALSE, FALSE, sizeof (double));
  int fd;

  open_at_once (&fd, 1, path, latencies_ms);
  return fd;
}

static void
close_all (const int *fds, guint n_fds)
{
  for (guint i = 0; i < n_fds; i++)
    close (fds[i]);
}

/* ---- what is measured ---- */

static void
make_blocking (int fd)
{
  if (fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) & ~O_NONBLOCK) != 0)
    die ("fcntl");
}

/* A request that is no command, and its answer: one turn of the main loop, or two. */
static void
measure_messages (int fd, JsonBuilder *json)
{
  g_autoptr (GArray) latencies_ms = g_array_new (FALSE, FALSE, sizeof (double));
  guint8 frame[BENCH_WS_HEADER_MAX + BENCH_WS_SHORT_MAX];
  gsize length = bench_ws_short_frame (frame, BENCH_WS_TEXT, "nothing", 7);
  double cpu_us = server_cpu_us ();
  char answer[1024];

  make_blocking (fd);
  for (int i = 0; i < option_messages; i++)
    {
      gint64 began_ns = bench_now_ns ();
      double latency_ms;

      if (send (fd, frame, length, MSG_NOSIGNAL) != (ssize_t) length ||
          recv (fd, answer, sizeof answer, 0) <= 0)
        die ("a message");
      latency_ms = (double) (bench_now_ns () - began_ns) / 1e6;
      g_array_append_val (latencies_ms, latency_ms);
      if (i % 100 == 99) /* the server reads 1,000 a second */
        g_usleep (100000);
    }
  bench_json_number (json, "message_cpu_us", (server_cpu_us () - cpu_us) / option_messages);
  bench_json_latencies (json, "message_ms", latencies_ms);
}

static void
get_health (void)
{
  g_autofree char *request =
    g_strdup_printf ("GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", option_port);
  int fd = start_connect ();
  char response[1024];
  ssize_t n;

  make_blocking (fd);
  if (send (fd, request, strlen (request), MSG_NOSIGNAL) < 0)
    die ("/health");
  while ((n = recv (fd, response, sizeof response, 0)) > 0)
    ;
  close (fd);
}

static void
measure_requests (JsonBuilder *json)
{
  g_autoptr (GArray) latencies_ms = g_array_new (FALSE, FALSE, sizeof (double));
  double cpu_us = server_cpu_us ();

  for (int i = 0; i < option_requests; i++)
    {
      gint64 began_ns = bench_now_ns ();
      double latency_ms;

      get_health ();
      latency_ms = (double) (bench_now_ns () - began_ns) / 1e6;
      g_array_append_val (latencies_ms, latency_ms);
    }
  bench_json_number (json, "request_cpu_us", (server_cpu_us () - cpu_us) / option_requests);
  bench_json_latencies (json, "request_ms", latencies_ms);
}

static void
measure_bursts (JsonBuilder *json)
{
  g_autofree int *fds = g_new (int, (gsize) option_burst);
  g_autoptr (GArray) slowest_ms = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) latencies_ms = g_array_new (FALSE, FALSE, sizeof (double));
  double cpu_us = 0;

  for (int i = 0; i < option_bursts; i++)
    {
      double before_us = server_cpu_us ();
      double last_ms;

      open_at_once (fds, (guint) option_burst, option_join, latencies_ms);
      cpu_us += server_cpu_us () - before_us;
      last_ms = g_array_index (latencies_ms, double, latencies_ms->len - 1);
      g_array_append_val (slowest_ms, last_ms);
      close_all (fds, (guint) option_burst);
      g_usleep (SETTLE_US);
    }
  bench_json_latencies (json, "burst_ms", latencies_ms);
  bench_json_latencies (json, "burst_all_ms", slowest_ms);
  bench_json_number (json, "connect_cpu_us", cpu_us / (option_burst * option_bursts));
}

static void
open_viewers (int *fds)
{
  g_autoptr (GArray) latencies_ms = g_array_new (FALSE, FALSE, sizeof (double));

  for (int i = 0; i < option_viewers; i += AT_ONCE)
    open_at_once (fds + i, (guint) MIN (AT_ONCE, option_viewers - i), option_join, latencies_ms);
}

static void
measure (JsonBuilder *json)
{
  g_autofree char *path = g_strdup_printf ("/ws?generator=%s", option_generator);
  g_autofree int *fds = g_new (int, (gsize) option_viewers + AT_ONCE);
  int owner = open_one (path);
  guint64 rss_bytes;
  gint64 began_ns;
  double cpu_us;

  open_at_once (fds, AT_ONCE, option_join, g_array_new (FALSE, FALSE, sizeof (double)));
  close_all (fds, AT_ONCE);
  g_usleep (SETTLE_US);

  rss_bytes = server_rss_bytes ();
  began_ns = bench_now_ns ();
  cpu_us = server_cpu_us ();
  open_viewers (fds);
  bench_json_number (json, "opened_per_second",
                     option_viewers * 1e9 / (double) (bench_now_ns () - began_ns));
  bench_json_number (json, "open_cpu_us", (server_cpu_us () - cpu_us) / MAX (option_viewers, 1));
  g_usleep (SETTLE_US);
  bench_json_number (json, "rss_bytes_per_viewer",
                     (double) (server_rss_bytes () - rss_bytes) / MAX (option_viewers, 1));
  measure_messages (owner, json);
  measure_requests (json);
  measure_bursts (json);
  close_all (fds, (guint) option_viewers);
  close (owner);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (GError) error = NULL;
  struct rlimit limit;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return 1;
    }
  if (option_generator == NULL)
    option_generator = g_strdup ("pattern");
  if (option_join == NULL)
    option_join = g_strdup_printf ("/sessions/%s_1/ws", option_generator);
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }

  json_builder_begin_object (json);
  bench_json_count (json, "viewers", (guint64) option_viewers);
  measure (json);
  json_builder_end_object (json);
  bench_json_print (json);

  return 0;
}
