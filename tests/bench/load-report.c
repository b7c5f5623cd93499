/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include <math.h>

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The nearest rank: a figure that was really seen. @sorted must be. */
static double
percentile (GArray *sorted, double p)
{
  guint rank = (guint) ceil (p * sorted->len);

  return g_array_index (sorted, double, MAX (rank, 1) - 1);
}

static void
add_count (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

static void
add_latencies (JsonBuilder *builder, const char *name, GArray *latencies_ms)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add_count (builder, "count", latencies_ms->len);
  if (latencies_ms->len > 0)
    {
      g_array_sort (latencies_ms, compare_doubles);
      add_number (builder, "p50", percentile (latencies_ms, 0.50));
      add_number (builder, "p99", percentile (latencies_ms, 0.99));
      add_number (builder, "max", percentile (latencies_ms, 1.0));
    }
  json_builder_end_object (builder);
}

static void
add_interval (GArray *latencies_ms, gint64 begin_ns, gint64 end_ns)
{
  double latency_ms = (double) (end_ns - begin_ns) / 1e6;

  if (begin_ns != 0 && end_ns != 0)
    g_array_append_val (latencies_ms, latency_ms);
}

static void
add_connects (JsonBuilder *builder, Load *load)
{
  g_autoptr (GArray) connects = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) first_frames = g_array_new (FALSE, FALSE, sizeof (double));

  for (guint i = 0; i < load->n_connections; i++)
    {
      LoadConnection *connection = &load->connections[i];

      add_interval (connects, connection->connect_ns, connection->open_ns);
      add_interval (first_frames, connection->start_ns, connection->first_frame_ns);
    }
  add_count (builder, "connections", load->n_connections);
  add_count (builder, "opened", load->n_open);
  add_count (builder, "closed", load->n_closed);
  if (load->all_open_ns != 0)
    add_number (builder, "connect_burst_ms", (double) (load->all_open_ns - load->connect_ns) / 1e6);
  add_latencies (builder, "connect_ms", connects);
  add_latencies (builder, "first_frame_ms", first_frames);
}

/* Jain's index of fairness: 1 where all got the same, 1/n where one got all. Stalled ones are not
 * asked. */
static void
add_window (JsonBuilder *builder, Load *load)
{
  guint64 frames = 0;
  guint64 bytes = 0;
  guint64 least = G_MAXUINT64;
  guint64 most = 0;
  guint never_started = 0;
  guint n = 0;
  double squares = 0.0;

  for (guint i = 0; i < load->n_connections; i++)
    {
      LoadConnection *connection = &load->connections[i];

      if (connection->stalled)
        continue;
      n++;
      frames += connection->window_frames;
      bytes += connection->window_bytes;
      least = MIN (least, connection->window_frames);
      most = MAX (most, connection->window_frames);
      never_started += connection->first_frame_ns == 0;
      squares += (double) connection->window_frames * (double) connection->window_frames;
    }
  add_number (builder, "seconds", (double) (load->window_end_ns - load->window_ns) / 1e9);
  add_count (builder, "frames", frames);
  add_count (builder, "bytes", bytes);
  add_count (builder, "frames_min", n > 0 ? least : 0);
  add_count (builder, "frames_max", most);
  add_number (builder, "jain",
              frames > 0 ? (double) frames * (double) frames / (n * squares) : 0.0);
  add_count (builder, "never_started", never_started);
  if (load->server_cpu_before >= 0.0 && load->server_cpu_after >= 0.0)
    add_number (builder, "server_cpu_seconds", load->server_cpu_after - load->server_cpu_before);
}

static void
add_stops (JsonBuilder *builder, LoadStops *stops)
{
  add_latencies (builder, "idle_round_trip_ms", stops->idle_round_trips);
  json_builder_set_member_name (builder, "stop");
  json_builder_begin_object (builder);
  add_count (builder, "sent", stops->stops);
  add_count (builder, "not_begun", stops->stops_not_begun);
  add_count (builder, "never_stopped", stops->never_stopped);
  add_count (builder, "frames_after_answer", stops->frames_after_answer);
  add_latencies (builder, "answer_ms", stops->stop_answers);
  add_latencies (builder, "last_frame_ms", stops->stop_last_frames);
  json_builder_end_object (builder);
}

static void
add_probes (JsonBuilder *builder, LoadProbes *probes)
{
  json_builder_set_member_name (builder, "health");
  json_builder_begin_object (builder);
  add_count (builder, "asked", probes->asked);
  add_count (builder, "failed", probes->failed);
  add_latencies (builder, "ms", probes->latencies);
  json_builder_end_object (builder);
}

static void
add_samples (JsonBuilder *builder, LoadSamples *samples)
{
  json_builder_set_member_name (builder, "server");
  json_builder_begin_object (builder);
  add_count (builder, "rss_kb_before", samples->rss_kb_before);
  add_count (builder, "rss_kb_max_before_stall", samples->rss_kb_max_before_stall);
  add_count (builder, "rss_kb_max", samples->rss_kb_max);
  add_count (builder, "stalled_queue_max", samples->stalled_queue_max);
  json_builder_end_object (builder);
}

/* One line of JSON. A latency object without percentiles has no sample. */
char *
load_report (Load *load)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_connects (builder, load);
  add_window (builder, load);
  add_stops (builder, &load->stops);
  add_probes (builder, &load->probes);
  add_samples (builder, &load->samples);
  add_count (builder, "other_answers", load->other_answers);
  json_builder_set_member_name (builder, "other_answer");
  json_builder_add_string_value (builder, load->other_answer);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
