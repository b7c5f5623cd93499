/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "bench-wire.h"

#include <json-glib/json-glib.h>
#include <netinet/in.h>

G_BEGIN_DECLS

/* The load client's parts: loadclient.c holds the plan of a measurement and the one epoll loop,
 * load-connection.c one WebSocket, load-inflater.c a look into compressed frames, load-probe.c the
 * GETs beside them, load-server.c what /proc knows of the server, and load-report.c the JSON. One
 * thread, all times in nanoseconds of the monotonic clock, 0: has not happened. soak.c has a plan
 * and a loop of its own over the same parts. */

typedef struct _Load Load;
typedef struct _LoadSource LoadSource;
typedef struct _LoadInflater LoadInflater;

/* What an epoll event points at: the first member of everything that owns a descriptor. */
struct _LoadSource
{
  void (*ready) (Load *load, LoadSource *source, guint32 events);
};

typedef struct
{
  LoadSource source;
  /* Of its own, or %NULL for the load's. */
  const char *path;
  const char *protocol;
  int fd;
  gboolean open;
  gboolean closed;
  gboolean stalled;
  guint16 local_port;
  GString *response;
  BenchParser parser;

  gint64 connect_ns;
  gint64 open_ns;
  gint64 start_ns;
  gint64 first_frame_ns;
  gint64 last_frame_ns;
  gint64 stop_ns;
  gint64 answer_ns;

  /* Kept while the first frames of a compressed stream are checked. */
  LoadInflater *inflater;

  guint64 frames;
  guint64 compressed;
  guint64 bytes;
  guint64 frames_before_window;
  guint64 bytes_before_window;
  guint64 window_frames;
  guint64 window_bytes;
} LoadConnection;

typedef struct
{
  GArray *idle_round_trips;
  GArray *stop_answers;
  GArray *stop_last_frames;
  guint stops;
  guint stops_not_begun;
  guint never_stopped;
  guint frames_after_answer;
} LoadStops;

typedef struct
{
  gint64 next_ns;
  gint64 interval_ns;
  guint asked;
  guint failed;
  guint outstanding;
  /* The probes under way by the time they began: what is never answered counts as long as it
   * waited. */
  GList *under_way;
  GArray *latencies;
} LoadProbes;

/* What came out of the compressed frames that were looked into. */
typedef struct
{
  guint frames;
  guint64 bytes;
  /* That are no document after all. */
  guint broken;
} LoadInflated;

typedef struct
{
  guint64 rss_kb_before;
  guint64 rss_kb_max_before_stall;
  guint64 rss_kb_max;
  guint64 rss_kb_after;
  guint64 stalled_queue_max;
  gint64 next_ns;
} LoadSamples;

struct _Load
{
  int epoll_fd;
  struct sockaddr_in address;
  const char *host;
  int port;
  const char *path;
  int server_pid;
  gboolean offer_deflate;

  /* Called for every frame where it is not %NULL. */
  void (*on_frame) (Load *load, LoadConnection *connection, const BenchMessage *message);
  void (*on_answer) (Load *load, LoadConnection *connection, const BenchMessage *message);

  LoadConnection *connections;
  guint n_connections;
  guint n_begun;
  guint n_open;
  guint n_closed;
  guint n_deflated;
  gboolean stalling;

  gint64 connect_ns;
  gint64 all_open_ns;
  gint64 window_ns;
  gint64 window_end_ns;
  double server_cpu_before;
  double server_cpu_after;

  LoadStops stops;
  LoadProbes probes;
  LoadSamples samples;
  LoadInflated inflated;
  /* The first answer that is not to a stop: the server's own words where a run went wrong. */
  char *other_answer;
  guint64 other_answers;
};

void load_watch (Load *load, int fd, guint32 events, LoadSource *source);

void load_connection_begin (Load *load, LoadConnection *self);
gboolean load_connection_send (LoadConnection *self, const char *command);
void load_connection_stall (Load *load, LoadConnection *self);
void load_connection_read (Load *load, LoadConnection *self, gsize max_bytes);
void load_connection_close (Load *load, LoadConnection *self);
void load_connection_clear (LoadConnection *self);

void load_probes_begin (Load *load, gint64 interval_ns);
void load_probes_due (Load *load);
void load_probes_pause (Load *load);
void load_probes_end (Load *load);

LoadInflater *load_inflater_new (BenchParser *parser);
gboolean load_inflater_take (LoadInflater *self, LoadInflated *inflated);
void load_inflater_free (LoadInflater *self);

double load_server_cpu_seconds (int pid);
guint64 load_server_rss_kb (int pid);
void load_samples_due (Load *load);

char *load_report (Load *load);

G_END_DECLS
