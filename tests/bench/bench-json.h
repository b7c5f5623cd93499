/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What the load clients report, as members of an object. */

void bench_json_count (JsonBuilder *builder, const char *name, guint64 value);
void bench_json_number (JsonBuilder *builder, const char *name, double value);
void bench_json_latencies (JsonBuilder *builder, const char *name, GArray *latencies_ms);
void bench_json_print (JsonBuilder *builder);

G_END_DECLS
