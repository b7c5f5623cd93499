/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include "bench-json.h"

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
  bench_json_count (builder, "connections", load->n_connections);
  bench_json_count (builder, "opened", load->n_open);
  bench_json_count (builder, "closed", load->n_closed);
  bench_json_count (builder, "deflated", load->n_deflated);
  if (load->all_open_ns != 0)
    bench_json_number (builder, "connect_burst_ms",
                       (double) (load->all_open_ns - load->connect_ns) / 1e6);
  bench_json_latencies (builder, "connect_ms", connects);
  bench_json_latencies (builder, "first_frame_ms", first_frames);
}

/* Jain's index of fairness: 1 where all got the same, 1/n where one got all. Stalled ones are not
 * asked. */
static void
add_window (JsonBuilder *builder, Load *load)
{
  guint64 frames = 0;
  guint64 compressed = 0;
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
      compressed += connection->compressed;
      bytes += connection->window_bytes;
      least = MIN (least, connection->window_frames);
      most = MAX (most, connection->window_frames);
      never_started += connection->first_frame_ns == 0;
      squares += (double) connection->window_frames * (double) connection->window_frames;
    }
  bench_json_number (builder, "seconds", (double) (load->window_end_ns - load->window_ns) / 1e9);
  bench_json_count (builder, "frames", frames);
  bench_json_count (builder, "bytes", bytes);
  /* Since the beginning. */
  bench_json_count (builder, "compressed", compressed);
  bench_json_count (builder, "frames_min", n > 0 ? least : 0);
  bench_json_count (builder, "frames_max", most);
  bench_json_number (builder, "jain",
                     frames > 0 ? (double) frames * (double) frames / (n * squares) : 0.0);
  bench_json_count (builder, "never_started", never_started);
  if (load->server_cpu_before >= 0.0 && load->server_cpu_after >= 0.0)
    bench_json_number (builder, "server_cpu_seconds",
                       load->server_cpu_after - load->server_cpu_before);
}

static void
add_inflated (JsonBuilder *builder, LoadInflated *inflated)
{
  json_builder_set_member_name (builder, "inflated");
  json_builder_begin_object (builder);
  bench_json_count (builder, "frames", inflated->frames);
  bench_json_count (builder, "bytes", inflated->bytes);
  bench_json_count (builder, "broken", inflated->broken);
  json_builder_end_object (builder);
}

static void
add_stops (JsonBuilder *builder, LoadStops *stops)
{
  bench_json_latencies (builder, "idle_round_trip_ms", stops->idle_round_trips);
  json_builder_set_member_name (builder, "stop");
  json_builder_begin_object (builder);
  bench_json_count (builder, "sent", stops->stops);
  bench_json_count (builder, "not_begun", stops->stops_not_begun);
  bench_json_count (builder, "never_stopped", stops->never_stopped);
  bench_json_count (builder, "frames_after_answer", stops->frames_after_answer);
  bench_json_latencies (builder, "answer_ms", stops->stop_answers);
  bench_json_latencies (builder, "last_frame_ms", stops->stop_last_frames);
  json_builder_end_object (builder);
}

static void
add_probes (JsonBuilder *builder, LoadProbes *probes)
{
  json_builder_set_member_name (builder, "health");
  json_builder_begin_object (builder);
  bench_json_count (builder, "asked", probes->asked);
  bench_json_count (builder, "failed", probes->failed);
  bench_json_latencies (builder, "ms", probes->latencies);
  json_builder_end_object (builder);
}

static void
add_samples (JsonBuilder *builder, LoadSamples *samples)
{
  json_builder_set_member_name (builder, "server");
  json_builder_begin_object (builder);
  bench_json_count (builder, "rss_kb_before", samples->rss_kb_before);
  bench_json_count (builder, "rss_kb_max_before_stall", samples->rss_kb_max_before_stall);
  bench_json_count (builder, "rss_kb_max", samples->rss_kb_max);
  bench_json_count (builder, "rss_kb_after", samples->rss_kb_after);
  bench_json_count (builder, "stalled_queue_max", samples->stalled_queue_max);
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
  add_inflated (builder, &load->inflated);
  add_stops (builder, &load->stops);
  add_probes (builder, &load->probes);
  add_samples (builder, &load->samples);
  bench_json_count (builder, "other_answers", load->other_answers);
  json_builder_set_member_name (builder, "other_answer");
  json_builder_add_string_value (builder, load->other_answer);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
