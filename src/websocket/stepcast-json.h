/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>

#include "stepcast-session.h"

G_BEGIN_DECLS

/* What the protocol shows of the core's objects, as JSON: doc/protocol.md is the reference. */

/* The value {"upload":"ID"}: its id, and no type that any parameter has. */
#define STEPCAST_JSON_UPLOAD_TYPE "(s)"

char *stepcast_json_quote (const char *text);
char *stepcast_json_take_text (JsonBuilder *builder);

void stepcast_json_add_text (JsonBuilder *builder, const char *name, const char *value);
void stepcast_json_add_int (JsonBuilder *builder, const char *name, guint64 value);
void stepcast_json_add_value (JsonBuilder *builder, GVariant *value);
void stepcast_json_add_values (JsonBuilder *builder, GVariant *values);
void stepcast_json_add_actor (JsonBuilder *builder, const char *name, const StepcastActor *actor);
void stepcast_json_add_reason (JsonBuilder *builder, const GError *reason);
void stepcast_json_add_parameters (JsonBuilder *builder, GType generator_type, GVariant *values);
void stepcast_json_add_metric_specs (JsonBuilder *builder, GType generator_type);
void stepcast_json_add_progress (JsonBuilder *builder, StepcastSession *session);
void stepcast_json_add_cause (JsonBuilder *builder, StepcastSession *session);

GVariant *stepcast_json_read_values (JsonObject *values, GType generator_type, GError **error);

G_END_DECLS
