/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "bench-json.h"

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

void
bench_json_count (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

void
bench_json_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

/* @latencies_ms: (element-type double): they are sorted by it */
void
bench_json_latencies (JsonBuilder *builder, const char *name, GArray *latencies_ms)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  bench_json_count (builder, "count", latencies_ms->len);
  if (latencies_ms->len > 0)
    {
      g_array_sort (latencies_ms, compare_doubles);
      bench_json_number (builder, "p50", percentile (latencies_ms, 0.50));
      bench_json_number (builder, "p99", percentile (latencies_ms, 0.99));
      bench_json_number (builder, "max", percentile (latencies_ms, 1.0));
    }
  json_builder_end_object (builder);
}

/* Prints what was built, which is one object, to the standard output. */
void
bench_json_print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);

  g_print ("%s\n", text);
}
