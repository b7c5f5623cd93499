/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-dialect.h"

#include "stepcast-error.h"
#include "stepcast-frame-guard.h"
#include "stepcast-json.h"
#include "stepcast-json-text.h"
#include "stepcast-outbox.h"

/* The subprotocol stepcast.v1: JSON objects, and frames with a line of JSON before them. */

/* An id is repeated in the answer: longer ones would make answers longer than requests. */
#define MAX_ID_BYTES 128

/* Requests are flat; json-glib's parser is recursive. */
#define MAX_DEPTH 16

static gboolean
bad_request (GError **error, const char *message)
{
  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST, message);
  return FALSE;
}

/* The id as JSON text; NULL where it is neither a string nor an integer, or too long. */
static char *
read_id (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "id");
  GType type =
    node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  g_autofree char *text = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("null");
  if (type != G_TYPE_STRING && type != G_TYPE_INT64)
    return NULL;

  text = json_to_string (node, FALSE);
  return strlen (text) <= MAX_ID_BYTES ? g_steal_pointer (&text) : NULL;
}

/* Reads a whole number from a member that may be missing. */
static gboolean
read_whole_number (JsonObject *object,
                   const char *name,
                   guint64 minimum,
                   guint64 maximum,
                   guint64 *value,
                   GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  gint64 number;

  if (node == NULL)
    return TRUE;

  number = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64 ?
             json_node_get_int (node) :
             -1;
  if (number < 0 || (guint64) number < minimum || (guint64) number > maximum)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” takes a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                   name, minimum, maximum);
      return FALSE;
    }

  *value = (guint64) number;
  return TRUE;
}

static gboolean
read_delivery (JsonObject *object, StepcastRequest *request, GError **error)
{
  JsonNode *node = json_object_get_member (object, "delivery");
  const char *text =
    node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

  if (node == NULL)
    return TRUE;

  request->has_delivery = TRUE;
  if (g_strcmp0 (text, "every") == 0)
    request->delivery = STEPCAST_DELIVERY_EVERY;
  else if (g_strcmp0 (text, "latest") == 0)
    request->delivery = STEPCAST_DELIVERY_LATEST;
  else
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                           "“delivery” takes one of: every, latest");
      return FALSE;
    }
  return TRUE;
}

/* Whole numbers and others; what the rate may be is the session's to say. */
static gboolean
read_rate (JsonObject *object, StepcastRequest *request, GError **error)
{
  JsonNode *node = json_object_get_member (object, "rate");
  GType type =
    node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return bad_request (error, "“rate” takes “rate”: steps a second, or 0 for no limit");

  request->rate = json_node_get_double (node);
  return TRUE;
}

static gboolean
read_options (JsonObject *object, StepcastRequest *request, GError **error)
{
  JsonNode *max_bytes = json_object_get_member (object, "max-bytes");
  guint64 n_bytes = 0;
  guint64 fps = 0;

  if (!read_whole_number (object, "max-fps", STEPCAST_MIN_FPS, STEPCAST_MAX_FPS, &fps, error))
    return FALSE;
  request->max_fps = (guint) fps;

  request->has_max_bytes = max_bytes != NULL;
  if (request->has_max_bytes &&
      !(JSON_NODE_HOLDS_VALUE (max_bytes) && json_node_get_value_type (max_bytes) == G_TYPE_INT64 &&
        json_node_get_int (max_bytes) == 0) &&
      !read_whole_number (object, "max-bytes", STEPCAST_MIN_MAX_BYTES, G_MAXINT32, &n_bytes, error))
    return FALSE;
  request->max_bytes = (gsize) n_bytes;

  return read_delivery (object, request, error);
}

static gboolean
read_ack (JsonObject *object, StepcastRequest *request, GError **error)
{
  const guint64 max_exact = G_GUINT64_CONSTANT (1) << 53;
  guint64 run = 0;

  if (!read_whole_number (object, "serial", 0, max_exact, &request->serial, error) ||
      !read_whole_number (object, "run", 1, G_MAXUINT32, &run, error))
    return FALSE;
  request->run = (guint) run;
  return TRUE;
}

static gboolean
read_members (JsonObject *object, GType generator_type, StepcastRequest *request, GError **error)
{
  const guint64 max_exact = G_GUINT64_CONSTANT (1) << 53;
  JsonNode *values;

  switch (request->type)
    {
    case STEPCAST_REQUEST_STEP:
      request->n_steps = 1;
      return read_whole_number (object, "steps", 1, max_exact, &request->n_steps, error);
    case STEPCAST_REQUEST_SET:
      values = json_object_get_member (object, "values");
      if (values == NULL || !JSON_NODE_HOLDS_OBJECT (values))
        return bad_request (error, "“set” takes “values”: an object of names and values");
      request->values =
        stepcast_json_read_values (json_node_get_object (values), generator_type, error);
      return request->values != NULL;
    case STEPCAST_REQUEST_OPTIONS:
      return read_options (object, request, error);
    case STEPCAST_REQUEST_RATE:
      return read_rate (object, request, error);
    case STEPCAST_REQUEST_ACK:
      return read_ack (object, request, error);
    case STEPCAST_REQUEST_START:
    case STEPCAST_REQUEST_STOP:
    case STEPCAST_REQUEST_PAUSE:
    case STEPCAST_REQUEST_RESUME:
    default:
      return TRUE;
    }
}

static gboolean
read_type (JsonObject *object, StepcastRequestType *type, GError **error)
{
  static const char *const types[] = {
    [STEPCAST_REQUEST_START] = "start", [STEPCAST_REQUEST_STOP] = "stop",
    [STEPCAST_REQUEST_PAUSE] = "pause", [STEPCAST_REQUEST_RESUME] = "resume",
    [STEPCAST_REQUEST_STEP] = "step",   [STEPCAST_REQUEST_SET] = "set",
    [STEPCAST_REQUEST_RATE] = "rate",   [STEPCAST_REQUEST_OPTIONS] = "options",
    [STEPCAST_REQUEST_ACK] = "ack",
  };
  JsonNode *node = json_object_get_member (object, "type");
  const char *text =
    node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
  g_autofree char *quoted = NULL;

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (text, types[i]))
      {
        *type = (StepcastRequestType) i;
        return TRUE;
      }

  quoted = stepcast_error_quote (text != NULL ? text : "");
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
               "“%s” is no “type” of a request; there are: start, stop, pause, resume, step, set, "
               "rate, options, ack",
               quoted);
  return FALSE;
}

static StepcastRequest *
v1_parse (const char *text, GType generator_type, char **id, GError **error)
{
  g_autoptr (StepcastRequest) request = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) json_error = NULL;
  g_autofree char *request_id = NULL;
  StepcastRequestType type;
  JsonObject *object;

  root = stepcast_json_text_parse (text, MAX_DEPTH, &json_error);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                   "A request is a JSON object with a “type”%s%s",
                   json_error != NULL ? "; this is none: " : "",
                   json_error != NULL ? json_error->message : "");
      return NULL;
    }

  object = json_node_get_object (root);
  request_id = read_id (object);
  if (request_id == NULL)
    {
      bad_request (error, "An “id” is a string of at most 126 bytes, or an integer");
      return NULL;
    }

  if (read_type (object, &type, error))
    {
      request = stepcast_request_new (type);
      if (!read_members (object, generator_type, request, error))
        g_clear_pointer (&request, stepcast_request_free);
    }

  if (request == NULL)
    {
      *id = g_steal_pointer (&request_id);
      return NULL;
    }
  g_free (request->id);
  request->id = g_steal_pointer (&request_id);
  return g_steal_pointer (&request);
}

static const char *
v1_get_prefix (StepcastFrame *frame, char *buffer)
{
  gint64 time_us = stepcast_frame_get_time_us (frame);

  g_snprintf (buffer, STEPCAST_PREFIX_BYTES,
              "{\"type\":\"frame\",\"run\":%u,\"serial\":%" G_GUINT64_FORMAT
              ",\"step\":%" G_GUINT64_FORMAT ",\"time\":%" G_GINT64_FORMAT ".%06d}\n",
              stepcast_frame_get_run (frame), stepcast_frame_get_serial (frame),
              stepcast_frame_get_step (frame), time_us / G_USEC_PER_SEC,
              (int) (time_us % G_USEC_PER_SEC));
  return buffer;
}

static JsonBuilder *
begin_message (const char *type)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, type);

  return builder;
}

static char *
end_message (JsonBuilder *builder)
{
  json_builder_end_object (builder);
  return stepcast_json_take_text (builder);
}

static void
add_state (JsonBuilder *builder, StepcastSession *session)
{
  stepcast_json_add_text (builder, "state", stepcast_session_get_state_nick (session));
  stepcast_json_add_int (builder, "run", stepcast_session_get_run_number (session));
  stepcast_json_add_int (builder, "step", stepcast_session_get_progress (session)->step);
  stepcast_json_add_cause (builder, session);
}

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

/* A member that is null where there is none. */
static void
add_int_or_null (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  if (value < 0)
    json_builder_add_null_value (builder);
  else
    json_builder_add_int_value (builder, value);
}

static void
add_resumption (JsonBuilder *builder, const StepcastGreeting *greeting)
{
  stepcast_json_add_text (builder, "viewer", greeting->viewer);
  json_builder_set_member_name (builder, "resume");
  json_builder_add_string_value (builder, greeting->token); /* or null */
  json_builder_set_member_name (builder, "resumed");
  if (!greeting->has_resumed)
    {
      json_builder_add_null_value (builder);
      return;
    }

  json_builder_begin_object (builder);
  stepcast_json_add_int (builder, "missed", greeting->n_missed);
  json_builder_end_object (builder);
}

static void
add_limits (JsonBuilder *builder, StepcastSession *session)
{
  json_builder_set_member_name (builder, "limits");
  json_builder_begin_object (builder);
  stepcast_json_add_int (builder, "message-bytes", STEPCAST_MAX_MESSAGE_BYTES);
  stepcast_json_add_int (builder, "answer-bytes", STEPCAST_MAX_ANSWER_BYTES);
  stepcast_json_add_int (builder, "window-bytes", STEPCAST_WINDOW_BYTES);
  stepcast_json_add_int (builder, "stop-seconds",
                         stepcast_session_get_stop_deadline (session) / 1000);
  json_builder_end_object (builder);
}

static char *
v1_greeting (StepcastSession *session, const StepcastGreeting *greeting)
{
  JsonBuilder *builder = begin_message ("hello");
  StepcastSource *source = stepcast_session_get_source (session);
  GType generator_type = stepcast_source_get_generator_type (source);

  stepcast_json_add_text (builder, "version", PACKAGE_VERSION);
  stepcast_json_add_text (builder, "service", PACKAGE_VERSION);
  add_resumption (builder, greeting);
  stepcast_json_add_text (builder, "session", stepcast_session_get_name (session));
  stepcast_json_add_text (builder, "generator", stepcast_source_get_name (source));
  stepcast_json_add_text (builder, "summary", stepcast_source_get_summary (source));
  stepcast_json_add_text (builder, "role",
                          greeting->role == STEPCAST_ROLE_CONTROL ? "control" : "view");
  stepcast_json_add_text (builder, "delivery",
                          greeting->delivery == STEPCAST_DELIVERY_EVERY ? "every" : "latest");
  stepcast_json_add_int (builder, "max-fps", greeting->max_fps);
  stepcast_json_add_int (builder, "max-bytes", greeting->max_bytes);
  stepcast_json_add_text (builder, "when-unwatched",
                          stepcast_session_get_when_unwatched_nick (session));
  add_number (builder, "grace-seconds", stepcast_session_get_grace_ms (session) / 1000.0);
  add_number (builder, "rate", stepcast_session_get_rate (session));
  json_builder_set_member_name (builder, "compressed");
  json_builder_add_boolean_value (builder, greeting->is_compressed);
  add_state (builder, session);
  json_builder_set_member_name (builder, "parameters");
  stepcast_json_add_parameters (builder, generator_type, stepcast_session_get_parameters (session));
  json_builder_set_member_name (builder, "metrics");
  stepcast_json_add_metric_specs (builder, generator_type);
  add_limits (builder, session);

  return end_message (builder);
}

static char *
v1_accepted (const StepcastRequest *request, StepcastSession *session, gboolean was_so_before)
{
  return g_strdup_printf ("{\"type\":\"answer\",\"id\":%s}", request->id);
}

static char *
v1_stopped (const StepcastRequest *request, const StepcastStopReport *report)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  if (request == NULL) /* told as a change of state */
    return NULL;

  g_ascii_formatd (seconds, sizeof seconds, "%.6g", report->seconds);
  return g_strdup_printf ("{\"type\":\"answer\",\"id\":%s,\"step\":%" G_GUINT64_FORMAT
                          ",\"seconds\":%s}",
                          request->id, report->step, seconds);
}

static char *
v1_set (const StepcastRequest *request, StepcastSession *session, guint64 step)
{
  return g_strdup_printf ("{\"type\":\"answer\",\"id\":%s,\"step\":%" G_GUINT64_FORMAT "}",
                          request->id, step);
}

static char *
v1_state (StepcastSession *session)
{
  JsonBuilder *builder = begin_message ("state");

  add_state (builder, session);
  return end_message (builder);
}

static char *
v1_parameters (StepcastSession *session)
{
  JsonBuilder *builder = begin_message ("parameters");

  json_builder_set_member_name (builder, "values");
  stepcast_json_add_values (builder, stepcast_session_get_parameters (session));
  stepcast_json_add_actor (builder, "by", stepcast_session_get_parameters_actor (session));
  return end_message (builder);
}

static char *
v1_rate (StepcastSession *session)
{
  JsonBuilder *builder = begin_message ("rate");

  add_number (builder, "rate", stepcast_session_get_rate (session));
  stepcast_json_add_actor (builder, "by", stepcast_session_get_rate_actor (session));
  return end_message (builder);
}

static char *
v1_progress (StepcastSession *session)
{
  JsonBuilder *builder = begin_message ("progress");

  stepcast_json_add_progress (builder, session);
  json_builder_set_member_name (builder, "steps-per-second");
  json_builder_add_double_value (builder, stepcast_session_get_steps_per_second (session));

  return end_message (builder);
}

static char *
v1_numbers (StepcastSession *session, const StepcastViewerNumbers *numbers)
{
  JsonBuilder *builder = begin_message ("metrics");

  add_number (builder, "steps-per-second", stepcast_session_get_steps_per_second (session));
  add_number (builder, "frames-per-second", stepcast_session_get_frames_per_second (session));
  stepcast_json_add_int (builder, "drawn", stepcast_session_get_n_drawn (session));
  stepcast_json_add_int (builder, "validated", stepcast_session_get_n_validated (session));
  stepcast_json_add_int (builder, "viewers", stepcast_session_get_n_sinks (session));
  stepcast_json_add_int (builder, "sent", numbers->n_sent);
  stepcast_json_add_int (builder, "missed", numbers->n_missed);
  stepcast_json_add_int (builder, "skipped", numbers->n_skipped);
  stepcast_json_add_int (builder, "backlog-bytes", numbers->backlog_bytes);
  add_int_or_null (builder, "unshown", numbers->n_unshown);
  add_number (builder, "sent-per-second", numbers->sent_per_second);
  json_builder_set_member_name (builder, "round-trip-seconds");
  if (numbers->round_trip_us < 0)
    json_builder_add_null_value (builder);
  else
    json_builder_add_double_value (builder, (double) numbers->round_trip_us / G_USEC_PER_SEC);

  return end_message (builder);
}

static char *
v1_skipped (StepcastFrame *frame)
{
  JsonBuilder *builder = begin_message ("skipped");

  stepcast_json_add_int (builder, "run", stepcast_frame_get_run (frame));
  stepcast_json_add_int (builder, "serial", stepcast_frame_get_serial (frame));
  stepcast_json_add_int (builder, "step", stepcast_frame_get_step (frame));
  stepcast_json_add_int (builder, "bytes", stepcast_frame_get_size (frame));
  return end_message (builder);
}

static char *
v1_log (const char *line)
{
  JsonBuilder *builder = begin_message ("log");

  stepcast_json_add_text (builder, "line", line);
  return end_message (builder);
}

static char *
v1_error (const StepcastRequest *request, const char *id, const GError *error)
{
  g_autofree char *message = stepcast_json_quote (error->message);
  const char *repeated = request != NULL ? request->id : id != NULL ? id : "null";

  return g_strdup_printf ("{\"type\":\"error\",\"id\":%s,\"code\":\"%s\",\"message\":%s}", repeated,
                          stepcast_error_nick (error), message);
}

const StepcastDialect stepcast_v1_dialect = {
  .subprotocol = "stepcast.v1",
  .parse = v1_parse,
  .get_prefix = v1_get_prefix,
  .greeting = v1_greeting,
  .accepted = v1_accepted,
  .stopped = v1_stopped,
  .set = v1_set,
  .state = v1_state,
  .holder = v1_state,
  .parameters = v1_parameters,
  .rate = v1_rate,
  .progress = v1_progress,
  .numbers = v1_numbers,
  .skipped = v1_skipped,
  .log = v1_log,
  .error = v1_error,
};
