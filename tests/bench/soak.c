/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include "bench-json.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* bench-soak watches one shared session for a million frames with eight viewers of every kind,
 * looks at each frame's number, samples what the server holds, and prints one JSON object. It ends
 * when the first viewer has its frames, when that one is closed, or at its deadline. */

#define NS_PER_MS G_GINT64_CONSTANT (1000000)
#define OPEN_DEADLINE_NS (20000 * NS_PER_MS)
#define TURN_NS (10 * NS_PER_MS)
#define SAMPLES 200

/* The options of one connection and the start on another have no order: time for all of them. */
#define SETTLE_NS (500 * NS_PER_MS)

/* 40 KB/s through a small window: far less than the 60 frames a second that it could have. */
#define SLOW_READ_BYTES 2048
#define SLOW_INTERVAL_NS (50 * NS_PER_MS)
#define SLOW_WINDOW_BYTES 4096

#define VISIT_NS (200 * NS_PER_MS)
#define ABSENCE_NS (100 * NS_PER_MS)

#define ASK_EVERY "{\"type\":\"options\",\"id\":1,\"delivery\":\"every\"}"
#define ASK_LATEST "{\"type\":\"options\",\"id\":1,\"delivery\":\"latest\"}"
#define ASK_START "{\"type\":\"start\",\"id\":2}"

typedef enum
{
  KIND_EVERY,
  KIND_LATEST,
  KIND_SLOW,
  KIND_RECONNECTING,
} ViewerKind;

static const char *const kind_names[] = { "every", "latest", "slow", "reconnecting" };

static const ViewerKind kinds[] = { KIND_EVERY,  KIND_EVERY, KIND_EVERY, KIND_LATEST,
                                    KIND_LATEST, KIND_SLOW,  KIND_SLOW,  KIND_RECONNECTING };

#define N_VIEWERS G_N_ELEMENTS (kinds)

typedef struct
{
  LoadConnection connection; /* first: the load's callbacks know only this */
  ViewerKind kind;
  gboolean asked;
  gint64 next_ns;
  guint visits;
  char *token; /* (nullable): to come back with */
  char *path;  /* (nullable): with it */
  guint64 frames;
  guint64 last_serial;
  guint64 missing;
  guint64 out_of_order;
} Viewer;

typedef struct
{
  guint64 frames;
  double seconds;
  guint64 rss_kb;
  guint fds;
  guint threads;
} Sample;

typedef struct
{
  Load load;
  Viewer viewers[N_VIEWERS];
  GArray *samples;
  gint64 begin_ns;
} Soak;

static int option_port = 0;
static int option_server_pid = 0;
static char *option_session = NULL;
static gint64 option_frames = 1000000;
static double option_deadline = 1800.0;

static const GOptionEntry entries[] = {
  { "port", 0, 0, G_OPTION_ARG_INT, &option_port, "Port on 127.0.0.1", "PORT" },
  { "server-pid", 0, 0, G_OPTION_ARG_INT, &option_server_pid, "Sample this process", "PID" },
  { "session", 0, 0, G_OPTION_ARG_STRING, &option_session, "Which; it must be idle", "NAME" },
  { "frames", 0, 0, G_OPTION_ARG_INT64, &option_frames, "Until this one (1000000)", "N" },
  { "deadline", 0, 0, G_OPTION_ARG_DOUBLE, &option_deadline, "Give up after (1800)", "SECONDS" },
  { NULL },
};

void
load_watch (Load *load, int fd, guint32 events, LoadSource *source)
{
  struct epoll_event event = { .events = events, .data.ptr = source };

  if (epoll_ctl (load->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0)
    epoll_ctl (load->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* A frame's number; within a connection it only rises. */
static void
on_frame (Load *load, LoadConnection *connection, const BenchMessage *message)
{
  Viewer *self = (Viewer *) connection;
  const char *member = strstr (message->head, "\"serial\":");
  guint64 serial = member != NULL ? strtoull (member + strlen ("\"serial\":"), NULL, 10) : 0;

  self->frames++;
  if (serial <= self->last_serial)
    self->out_of_order++;
  else if (self->last_serial != 0)
    self->missing += serial - self->last_serial - 1;
  else if (self->kind == KIND_EVERY)
    self->missing += serial - 1;
  self->last_serial = serial;
}

/* The greeting says how to come back. */
static void
on_answer (Load *load, LoadConnection *connection, const BenchMessage *message)
{
  static const char member[] = "\"resume\":\"";
  Viewer *self = (Viewer *) connection;
  const char *token = strstr (message->head, member);

  if (token == NULL || self->kind != KIND_RECONNECTING)
    return;
  token += strlen (member);
  g_free (self->token);
  self->token = g_strndup (token, strcspn (token, "\""));
}

static void
viewer_begin (Soak *soak, Viewer *self)
{
  LoadConnection *connection = &self->connection;

  memset (connection, 0, sizeof *connection);
  connection->protocol = "stepcast.v1";
  if (self->token != NULL)
    {
      g_free (self->path);
      self->path = g_strdup_printf ("%s?resume=%s", soak->load.path, self->token);
      connection->path = self->path;
    }
  self->asked = FALSE;
  self->last_serial = 0;
  self->visits++;
  load_connection_begin (&soak->load, connection);
  if (self->kind == KIND_SLOW && !connection->closed)
    setsockopt (connection->fd, SOL_SOCKET, SO_RCVBUF, &(int){ SLOW_WINDOW_BYTES }, sizeof (int));
}

/* Every other visit takes every frame, and leaves without a word; the next comes back to it. */
static gboolean
wants_every (const Viewer *self)
{
  return self->kind == KIND_EVERY || (self->kind == KIND_RECONNECTING && self->visits % 2 == 0);
}

static void
viewer_ask (Soak *soak, Viewer *self, gint64 now_ns)
{
  self->asked = TRUE;
  load_connection_send (&self->connection, wants_every (self) ? ASK_EVERY : ASK_LATEST);
  self->next_ns = now_ns + VISIT_NS;
  if (self->kind == KIND_SLOW)
    load_connection_stall (&soak->load, &self->connection);
}

static void
reconnecting_viewer_turn (Soak *soak, Viewer *self, gint64 now_ns)
{
  if (now_ns < self->next_ns)
    return;
  if (!self->connection.closed)
    {
      load_connection_close (&soak->load, &self->connection);
      self->next_ns = now_ns + ABSENCE_NS;
      return;
    }
  load_connection_clear (&self->connection);
  viewer_begin (soak, self);
  self->next_ns = now_ns + VISIT_NS;
}

static void
viewer_turn (Soak *soak, Viewer *self, gint64 now_ns)
{
  if (self->connection.open && !self->asked)
    viewer_ask (soak, self, now_ns);
  if (soak->begin_ns == 0)
    return;
  if (self->kind == KIND_RECONNECTING)
    reconnecting_viewer_turn (soak, self, now_ns);
  else if (self->kind == KIND_SLOW && now_ns >= self->next_ns && !self->connection.closed)
    {
      load_connection_read (&soak->load, &self->connection, SLOW_READ_BYTES);
      self->next_ns = now_ns + SLOW_INTERVAL_NS;
    }
}

/* Events, then what is due. */
static void
soak_turn (Soak *soak)
{
  struct epoll_event events[32];
  int n = epoll_wait (soak->load.epoll_fd, events, G_N_ELEMENTS (events), TURN_NS / NS_PER_MS);
  gint64 now_ns;

  for (int i = 0; i < n; i++)
    {
      LoadSource *source = events[i].data.ptr;
      Viewer *viewer = (Viewer *) source;

      /* A peer that has gone is told whether or not it is waited for. */
      if (viewer->connection.stalled)
        load_connection_close (&soak->load, &viewer->connection);
      else
        source->ready (&soak->load, source, events[i].events);
    }
  now_ns = bench_now_ns ();
  for (guint i = 0; i < N_VIEWERS; i++)
    viewer_turn (soak, &soak->viewers[i], now_ns);
}

static gboolean
all_asked (Soak *soak)
{
  for (guint i = 0; i < N_VIEWERS; i++)
    if (!soak->viewers[i].asked)
      return FALSE;
  return TRUE;
}

static guint
count_entries (int pid, const char *what)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", pid, what);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
soak_sample (Soak *soak)
{
  Sample sample = {
    .frames = soak->viewers[0].last_serial,
    .seconds = (double) (bench_now_ns () - soak->begin_ns) / 1e9,
    .rss_kb = load_server_rss_kb (option_server_pid),
    .fds = count_entries (option_server_pid, "fd"),
    .threads = count_entries (option_server_pid, "task"),
  };

  g_array_append_val (soak->samples, sample);
}

/* Returns FALSE where not all viewers came in. */
static gboolean
soak_open (Soak *soak)
{
  gint64 deadline_ns = bench_now_ns () + OPEN_DEADLINE_NS;
  gint64 settled_ns;

  for (guint i = 0; i < N_VIEWERS; i++)
    {
      soak->viewers[i].kind = kinds[i];
      viewer_begin (soak, &soak->viewers[i]);
    }
  while (!all_asked (soak) && bench_now_ns () < deadline_ns)
    soak_turn (soak);
  settled_ns = bench_now_ns () + SETTLE_NS;
  while (bench_now_ns () < settled_ns)
    soak_turn (soak);
  return all_asked (soak);
}

/* While the one that comes and goes is there: its descriptor is no leak. */
static gboolean
is_time_to_sample (Soak *soak, guint64 next)
{
  return soak->viewers[0].last_serial >= next && soak->viewers[N_VIEWERS - 1].asked &&
         !soak->viewers[N_VIEWERS - 1].connection.closed;
}

static void
soak_run (Soak *soak)
{
  Viewer *first = &soak->viewers[0];
  guint64 end = (guint64) option_frames;
  guint64 interval = MAX (1, end / SAMPLES);
  guint64 next = interval;
  gint64 deadline_ns;

  soak->begin_ns = bench_now_ns ();
  deadline_ns = soak->begin_ns + (gint64) (option_deadline * 1e9);
  load_connection_send (&first->connection, ASK_START);
  while (first->last_serial < end && !first->connection.closed && bench_now_ns () < deadline_ns)
    {
      soak_turn (soak);
      if (!is_time_to_sample (soak, next))
        continue;
      soak_sample (soak);
      next = first->last_serial + interval;
    }
}

static void
add_viewers (JsonBuilder *builder, Soak *soak)
{
  json_builder_set_member_name (builder, "viewers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < N_VIEWERS; i++)
    {
      Viewer *viewer = &soak->viewers[i];

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "kind");
      json_builder_add_string_value (builder, kind_names[viewer->kind]);
      bench_json_count (builder, "frames", viewer->frames);
      bench_json_count (builder, "last", viewer->last_serial);
      bench_json_count (builder, "missing", viewer->missing);
      bench_json_count (builder, "out_of_order", viewer->out_of_order);
      bench_json_count (builder, "visits", viewer->visits);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_samples (JsonBuilder *builder, GArray *samples)
{
  json_builder_set_member_name (builder, "samples");
  json_builder_begin_array (builder);
  for (guint i = 0; i < samples->len; i++)
    {
      Sample *sample = &g_array_index (samples, Sample, i);

      json_builder_begin_object (builder);
      bench_json_count (builder, "frames", sample->frames);
      bench_json_number (builder, "seconds", sample->seconds);
      bench_json_count (builder, "rss_kb", sample->rss_kb);
      bench_json_count (builder, "fds", sample->fds);
      bench_json_count (builder, "threads", sample->threads);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
soak_report (Soak *soak)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  bench_json_count (builder, "asked", (guint64) option_frames);
  bench_json_number (builder, "seconds", (double) (bench_now_ns () - soak->begin_ns) / 1e9);
  json_builder_set_member_name (builder, "other_answer");
  json_builder_add_string_value (builder, soak->load.other_answer);
  add_viewers (builder, soak);
  add_samples (builder, soak->samples);
  json_builder_end_object (builder);
  bench_json_print (builder);
}

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- watches one session for long");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &error) && option_port >= 1 &&
      option_port <= G_MAXUINT16 && option_server_pid >= 1 && option_session != NULL &&
      option_frames >= 1 && option_deadline > 0.0)
    return TRUE;
  g_printerr ("bench-soak: %s\n", error != NULL ?
                                    error->message :
                                    "--port, --server-pid or --session is missing, or a number "
                                    "is out of range");
  return FALSE;
}

int
main (int argc, char *argv[])
{
  g_autofree char *path = NULL;
  Soak soak = { 0 };

  if (!parse_options (&argc, &argv))
    return EXIT_FAILURE;
  path = g_strdup_printf ("/sessions/%s/ws", option_session);
  soak.load.host = "127.0.0.1";
  soak.load.port = option_port;
  soak.load.path = path;
  soak.load.on_answer = on_answer;
  soak.load.on_frame = on_frame;
  soak.load.address.sin_family = AF_INET;
  soak.load.address.sin_port = htons ((guint16) option_port);
  soak.load.address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  soak.load.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  soak.samples = g_array_new (FALSE, FALSE, sizeof (Sample));

  if (!soak_open (&soak))
    {
      g_printerr ("bench-soak: not all viewers came in: %s\n", soak.load.other_answer);
      return EXIT_FAILURE;
    }
  soak_run (&soak);
  soak_report (&soak);

  for (guint i = 0; i < N_VIEWERS; i++)
    load_connection_clear (&soak.viewers[i].connection);
  g_array_unref (soak.samples);
  g_free (soak.load.other_answer);
  close (soak.load.epoll_fd);
  return EXIT_SUCCESS;
}
