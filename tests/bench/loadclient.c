/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* bench-client measures one server from outside: it connects, starts every stream, lets it warm up,
 * counts for a window, stops, and prints one JSON object. Each phase has an end in time, whatever
 * the server does. */

#define NS_PER_MS G_GINT64_CONSTANT (1000000)
#define CONNECT_DEADLINE_NS (20000 * NS_PER_MS)
#define PROBES_DEADLINE_NS (2000 * NS_PER_MS)
#define IDLE_ROUND_TRIP_DEADLINE_NS (5000 * NS_PER_MS)

typedef gboolean (*LoadDone) (Load *load);

static char *option_host = NULL;
static int option_port = 0;
static char *option_path = NULL;
static char *option_command = NULL;
static int option_connections = 1;
static double option_warmup = 0.3;
static double option_seconds = 1.0;
static int option_server_pid = 0;
static int option_idle_round_trips = 0;
static int option_health_interval_ms = 0;
static char *option_stop = NULL;
static int option_stop_rounds = 1;
static int option_stop_gap_ms = 200;
static int option_stop_deadline_ms = 5000;
static int option_stop_settle_ms = 20;
static gboolean option_stop_unanswered = FALSE;
static int option_stalled = 0;
static double option_stall_after = 0.0;
static int option_pause_us = 0;
static int option_at_once = 0;
static gboolean option_deflate = FALSE;

static const GOptionEntry server_entries[] = {
  { "host", 0, 0, G_OPTION_ARG_STRING, &option_host, "Address (127.0.0.1)", "ADDRESS" },
  { "port", 0, 0, G_OPTION_ARG_INT, &option_port, "Port", "PORT" },
  { "path", 0, 0, G_OPTION_ARG_STRING, &option_path, "Path and query (/ws)", "PATH" },
  { "server-pid", 0, 0, G_OPTION_ARG_INT, &option_server_pid, "Measure its CPU and memory", "PID" },
  { NULL },
};

static const GOptionEntry load_entries[] = {
  { "connections", 0, 0, G_OPTION_ARG_INT, &option_connections, "WebSockets", "N" },
  { "at-once", 0, 0, G_OPTION_ARG_INT, &option_at_once, "So many handshakes at once (0: all)",
    "N" },
  { "deflate", 0, 0, G_OPTION_ARG_NONE, &option_deflate, "Offer permessage-deflate", NULL },
  { "command", 0, 0, G_OPTION_ARG_STRING, &option_command,
    "What begins a stream (start; none: nothing is sent)", "TEXT" },
  { "warmup", 0, 0, G_OPTION_ARG_DOUBLE, &option_warmup, "Before the window", "SECONDS" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &option_seconds, "Length of the window", "SECONDS" },
  { "idle-round-trips", 0, 0, G_OPTION_ARG_INT, &option_idle_round_trips,
    "Ask an idle session to stop, so often", "N" },
  { "health-interval-ms", 0, 0, G_OPTION_ARG_INT, &option_health_interval_ms,
    "GET /health this often from the start to the window's end", "MS" },
  { "stalled", 0, 0, G_OPTION_ARG_INT, &option_stalled, "How many of them stop reading", "N" },
  { "stall-after", 0, 0, G_OPTION_ARG_DOUBLE, &option_stall_after,
    "Read them all for so long first", "SECONDS" },
  { "pause-us", 0, 0, G_OPTION_ARG_INT, &option_pause_us,
    "Look away for so long whenever everything is read", "MICROSECONDS" },
  { NULL },
};

static const GOptionEntry stop_entries[] = {
  { "stop", 0, 0, G_OPTION_ARG_STRING, &option_stop, "Stop after the window (none)",
    "none|one|all" },
  { "stop-rounds", 0, 0, G_OPTION_ARG_INT, &option_stop_rounds, "Stop and start again", "N" },
  { "stop-gap-ms", 0, 0, G_OPTION_ARG_INT, &option_stop_gap_ms, "Run between rounds", "MS" },
  { "stop-deadline-ms", 0, 0, G_OPTION_ARG_INT, &option_stop_deadline_ms,
    "After this it never stopped", "MS" },
  { "stop-settle-ms", 0, 0, G_OPTION_ARG_INT, &option_stop_settle_ms,
    "Look for frames after the answer", "MS" },
  { "stop-unanswered", 0, 0, G_OPTION_ARG_NONE, &option_stop_unanswered,
    "The server does not answer: watch until the deadline", NULL },
  { NULL },
};

/* Sets what is waited for on a descriptor, whether or not it is known. */
void
load_watch (Load *load, int fd, guint32 events, LoadSource *source)
{
  struct epoll_event event = { .events = events, .data.ptr = source };

  if (epoll_ctl (load->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
    epoll_ctl (load->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static gint64
next_wake_ns (Load *load, gint64 deadline_ns)
{
  gint64 wake_ns = deadline_ns;

  if (load->probes.interval_ns > 0)
    wake_ns = MIN (wake_ns, load->probes.next_ns);
  if (load->server_pid > 0)
    wake_ns = MIN (wake_ns, load->samples.next_ns);
  return wake_ns;
}

/* A client that waits in epoll is woken by nearly every segment, which the sender pays for; one
 * that looks away lets whole windows pile up. Both are real: --pause-us chooses, and figures of one
 * compare only with the same. */
static int
load_wait (Load *load, struct epoll_event *events, int max_events, gint64 wait_ns)
{
  struct timespec wait = { wait_ns / 1000000000, wait_ns % 1000000000 };
  struct timespec pause = { 0, MIN (wait_ns, option_pause_us * G_GINT64_CONSTANT (1000)) };
  int n;

  if (option_pause_us == 0)
    return epoll_pwait2 (load->epoll_fd, events, max_events, &wait, NULL);
  n = epoll_wait (load->epoll_fd, events, max_events, 0);
  if (n == 0)
    nanosleep (&pause, NULL);
  return n;
}

/* The one loop: until @done (may be NULL) or the deadline. Returns whether it was done. */
static gboolean
load_run_until (Load *load, gint64 deadline_ns, LoadDone done)
{
  struct epoll_event events[256];

  for (;;)
    {
      gint64 now_ns = bench_now_ns ();
      gint64 wait_ns = MAX (0, next_wake_ns (load, deadline_ns) - now_ns);
      int n;

      if (done != NULL && done (load))
        return TRUE;
      if (now_ns >= deadline_ns)
        return FALSE;
      n = load_wait (load, events, G_N_ELEMENTS (events), wait_ns);
      for (int i = 0; i < n; i++)
        {
          LoadSource *source = events[i].data.ptr;

          source->ready (load, source, events[i].events);
        }
      load_probes_due (load);
      load_samples_due (load);
    }
}

static void
load_run_for (Load *load, double seconds)
{
  load_run_until (load, bench_now_ns () + (gint64) (seconds * 1e9), NULL);
}

static gboolean
all_begun_open (Load *load)
{
  return load->n_open + load->n_closed >= load->n_begun;
}

static void
connect_all (Load *load)
{
  guint at_once = option_at_once > 0 ? (guint) option_at_once : load->n_connections;
  gint64 deadline_ns;

  load->connections = g_new0 (LoadConnection, load->n_connections);
  load->samples.rss_kb_before = load_server_rss_kb (load->server_pid);
  load->connect_ns = bench_now_ns ();
  deadline_ns = load->connect_ns + CONNECT_DEADLINE_NS;
  while (load->n_begun < load->n_connections && bench_now_ns () < deadline_ns)
    {
      for (guint i = 0; i < at_once && load->n_begun < load->n_connections; i++)
        load_connection_begin (load, &load->connections[load->n_begun]);
      load_run_until (load, deadline_ns, all_begun_open);
    }
  if (load->n_open == load->n_connections)
    load->all_open_ns = bench_now_ns ();
}

static void
begin_stop (LoadConnection *connection)
{
  connection->answer_ns = 0;
  connection->last_frame_ns = 0;
  connection->stop_ns = bench_now_ns ();
  load_connection_send (connection, "stop");
}

static void
forget_stop (LoadConnection *connection)
{
  connection->stop_ns = 0;
  connection->answer_ns = 0;
}

static gboolean
all_answered (Load *load)
{
  for (guint i = 0; i < load->n_connections; i++)
    if (load->connections[i].stop_ns != 0 && load->connections[i].answer_ns == 0)
      return FALSE;
  return TRUE;
}

/* What the way there, the main loop and the way back cost where there is nothing to stop. */
static void
measure_idle_round_trips (Load *load)
{
  LoadConnection *connection = &load->connections[0];

  for (int i = 0; i < option_idle_round_trips && connection->open; i++)
    {
      double latency_ms;

      begin_stop (connection);
      if (!load_run_until (load, bench_now_ns () + IDLE_ROUND_TRIP_DEADLINE_NS, all_answered))
        break;
      latency_ms = (double) (connection->answer_ns - connection->stop_ns) / 1e6;
      g_array_append_val (load->stops.idle_round_trips, latency_ms);
    }
  forget_stop (connection);
}

static void
start_all (Load *load)
{
  if (g_str_equal (option_command, "none"))
    return;
  for (guint i = 0; i < load->n_connections; i++)
    {
      load->connections[i].start_ns = bench_now_ns ();
      load_connection_send (&load->connections[i], option_command);
    }
}

static void
stall_some (Load *load)
{
  guint n = MIN ((guint) option_stalled, load->n_connections);

  if (n == 0)
    return;
  load_run_for (load, option_stall_after);
  for (guint i = load->n_connections - n; i < load->n_connections; i++)
    load_connection_stall (load, &load->connections[i]);
  load->stalling = TRUE;
}

static void
measure_window (Load *load)
{
  load_run_for (load, option_warmup);
  for (guint i = 0; i < load->n_connections; i++)
    {
      load->connections[i].frames_before_window = load->connections[i].frames;
      load->connections[i].bytes_before_window = load->connections[i].bytes;
    }
  load->window_ns = bench_now_ns ();
  load->server_cpu_before = load_server_cpu_seconds (load->server_pid);
  load_run_for (load, option_seconds);
  load->server_cpu_after = load_server_cpu_seconds (load->server_pid);
  load->window_end_ns = bench_now_ns ();
  load->samples.rss_kb_after = load_server_rss_kb (load->server_pid);
  for (guint i = 0; i < load->n_connections; i++)
    {
      LoadConnection *connection = &load->connections[i];

      connection->window_frames = connection->frames - connection->frames_before_window;
      connection->window_bytes = connection->bytes - connection->bytes_before_window;
    }
}

static gboolean
no_probe_under_way (Load *load)
{
  return load->probes.under_way == NULL;
}

static void
end_probes (Load *load)
{
  load_probes_pause (load);
  load_run_until (load, bench_now_ns () + PROBES_DEADLINE_NS, no_probe_under_way);
  load_probes_end (load);
}

/* A server that does not answer has stopped when its frames end; one that still sends in the last
 * fifth of the time that we watch has not, and took at least that time. */
static void
record_unanswered_stop (LoadStops *stops, const LoadConnection *connection, gint64 deadline_ns)
{
  gint64 last_ns = MAX (connection->last_frame_ns, connection->stop_ns);
  double latency_ms;

  if (connection->first_frame_ns == 0)
    {
      stops->stops_not_begun++;
      return;
    }
  if (last_ns > deadline_ns - option_stop_deadline_ms * NS_PER_MS / 5)
    {
      stops->never_stopped++;
      last_ns = deadline_ns;
    }
  latency_ms = (double) (last_ns - connection->stop_ns) / 1e6;
  g_array_append_val (stops->stop_last_frames, latency_ms);
}

static void
record_stop (LoadStops *stops, const LoadConnection *connection, gint64 deadline_ns)
{
  double answer_ms = (double) (connection->answer_ns - connection->stop_ns) / 1e6;
  double last_frame_ms =
    (double) (MAX (connection->last_frame_ns, connection->stop_ns) - connection->stop_ns) / 1e6;

  stops->stops++;
  if (option_stop_unanswered)
    record_unanswered_stop (stops, connection, deadline_ns);
  else if (connection->answer_ns == 0)
    stops->never_stopped++;
  else
    {
      stops->stops_not_begun += connection->first_frame_ns == 0;
      g_array_append_val (stops->stop_answers, answer_ms);
      g_array_append_val (stops->stop_last_frames, last_frame_ms);
    }
}

static void
stop_round (Load *load, guint first, guint n)
{
  gint64 deadline_ns;

  for (guint i = first; i < first + n; i++)
    begin_stop (&load->connections[i]);
  deadline_ns = bench_now_ns () + option_stop_deadline_ms * NS_PER_MS;
  load_run_until (load, deadline_ns, option_stop_unanswered ? NULL : all_answered);
  load_run_for (load, option_stop_settle_ms / 1e3);
  for (guint i = first; i < first + n; i++)
    {
      record_stop (&load->stops, &load->connections[i], deadline_ns);
      forget_stop (&load->connections[i]);
    }
}

static void
measure_stops (Load *load)
{
  gboolean all = g_strcmp0 (option_stop, "all") == 0;
  guint n_reading = load->n_connections - MIN ((guint) option_stalled, load->n_connections);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  if (g_strcmp0 (option_stop, "none") == 0 || n_reading == 0)
    return;
  for (guint round = 0; round < (guint) option_stop_rounds; round++)
    {
      guint first = all ? 0 : round % n_reading;
      guint n = all ? n_reading : 1;

      stop_round (load, first, n);
      /* What did not stop would answer into the next round. */
      if (load->stops.never_stopped > 0)
        return;
      for (guint i = first; i < first + n; i++)
        load_connection_send (&load->connections[i], option_command);
      /* Not in step with the server's slices. */
      load_run_for (load, option_stop_gap_ms / 1e3 * g_rand_double_range (random, 0.5, 1.5));
    }
}

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- measures a WebSocket server");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, server_entries, NULL);
  g_option_context_add_main_entries (context, load_entries, NULL);
  g_option_context_add_main_entries (context, stop_entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("bench-client: %s\n", error->message);
      return FALSE;
    }
  if (option_port < 1 || option_port > G_MAXUINT16 || option_connections < 1 ||
      option_stalled < 0 || option_pause_us < 0 || option_at_once < 0 ||
      option_pause_us >= G_USEC_PER_SEC || option_seconds < 0.0 || option_warmup < 0.0)
    {
      g_printerr ("bench-client: --port, --connections or a time is missing or out of range\n");
      return FALSE;
    }
  option_host = option_host != NULL ? option_host : g_strdup ("127.0.0.1");
  option_path = option_path != NULL ? option_path : g_strdup ("/ws");
  option_command = option_command != NULL ? option_command : g_strdup ("start");
  option_stop = option_stop != NULL ? option_stop : g_strdup ("none");
  return TRUE;
}

static gboolean
load_init (Load *load)
{
  load->host = option_host;
  load->port = option_port;
  load->path = option_path;
  load->server_pid = option_server_pid;
  load->offer_deflate = option_deflate;
  load->n_connections = (guint) option_connections;
  load->address.sin_family = AF_INET;
  load->address.sin_port = htons ((guint16) option_port);
  if (inet_pton (AF_INET, option_host, &load->address.sin_addr) != 1)
    {
      g_printerr ("bench-client: “%s” is not an IPv4 address\n", option_host);
      return FALSE;
    }
  load->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  load->stops.idle_round_trips = g_array_new (FALSE, FALSE, sizeof (double));
  load->stops.stop_answers = g_array_new (FALSE, FALSE, sizeof (double));
  load->stops.stop_last_frames = g_array_new (FALSE, FALSE, sizeof (double));
  load->probes.latencies = g_array_new (FALSE, FALSE, sizeof (double));
  return load->epoll_fd >= 0;
}

static void
load_clear (Load *load)
{
  for (guint i = 0; i < load->n_connections; i++)
    load_connection_clear (&load->connections[i]);
  g_free (load->connections);
  g_array_unref (load->stops.idle_round_trips);
  g_array_unref (load->stops.stop_answers);
  g_array_unref (load->stops.stop_last_frames);
  g_array_unref (load->probes.latencies);
  g_free (load->other_answer);
  close (load->epoll_fd);
}

int
main (int argc, char *argv[])
{
  g_autofree char *report = NULL;
  Load load = { 0 };

  if (!parse_options (&argc, &argv) || !load_init (&load))
    return EXIT_FAILURE;

  connect_all (&load);
  measure_idle_round_trips (&load);
  if (option_health_interval_ms > 0)
    load_probes_begin (&load, option_health_interval_ms * NS_PER_MS);
  start_all (&load);
  stall_some (&load);
  measure_window (&load);
  end_probes (&load);
  measure_stops (&load);

  report = load_report (&load);
  puts (report);
  load_clear (&load);
  return EXIT_SUCCESS;
}
