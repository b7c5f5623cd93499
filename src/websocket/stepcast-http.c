/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-http.h"

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-json.h"
#include "stepcast-page.h"
#include "stepcast-safety.h"

/* The one that any page may load: what it needs a token for, it asks for itself. */
#define PUBLIC_FILE "stepcast.js"

/* For a picture to come. The session and the rasterizer have deadlines of their own, which say
 * more; what they do not bound is the wait for others' turns. Each client that waits, gone or not,
 * keeps a connection. */
#define PICTURE_SECONDS 25

/* A frame may be foreign: opened in a tab of its own, it must not run script with our cookie. */
#define FRAME_POLICY "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"

static void
add_header (SoupServerMessage *message, const char *name, const char *value)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), name, value);
}

/**
 * stepcast_http_respond_bytes:
 * @message: a request
 * @status: of the answer
 * @type: its content type
 * @bytes: its body
 */
void
stepcast_http_respond_bytes (SoupServerMessage *message,
                             guint status,
                             const char *type,
                             GBytes *bytes)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);

  soup_server_message_set_status (message, status, NULL);
  add_header (message, "Content-Type", type);
  soup_message_body_truncate (body);
  soup_message_body_append_bytes (body, bytes);
  soup_message_body_complete (body);
}

/**
 * stepcast_http_respond_text:
 * @message: a request
 * @status: of the answer
 * @type: its content type
 * @text: its body
 */
void
stepcast_http_respond_text (SoupServerMessage *message,
                            guint status,
                            const char *type,
                            const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  add_header (message, "Cache-Control", "no-store");
  stepcast_http_respond_bytes (message, status, type, bytes);
}

/**
 * stepcast_http_respond_json:
 * @message: a request
 * @status: of the answer
 * @builder: (transfer full): its body, which is complete
 */
void
stepcast_http_respond_json (SoupServerMessage *message, guint status, JsonBuilder *builder)
{
  g_autofree char *text = stepcast_json_take_text (builder);

  stepcast_http_respond_text (message, status, "application/json", text);
}

/**
 * stepcast_http_respond_error:
 * @message: a request
 * @status: of the answer
 * @error: what is wrong
 */
void
stepcast_http_respond_error (SoupServerMessage *message, guint status, const GError *error)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "error");
  stepcast_json_add_reason (builder, error);
  json_builder_end_object (builder);
  stepcast_http_respond_json (message, status, builder);
}

/**
 * stepcast_http_get_status:
 * @error: why a request failed
 * @statuses: (array length=n_statuses): what such requests are answered
 * @n_statuses: how many there are
 *
 * Returns: the status of the answer; 500 where @statuses has none for @error
 */
guint
stepcast_http_get_status (const GError *error,
                          const StepcastErrorStatus *statuses,
                          gsize n_statuses)
{
  for (gsize i = 0; i < n_statuses; i++)
    if (g_error_matches (error, STEPCAST_ERROR, (int) statuses[i].code))
      return statuses[i].status;
  return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

/**
 * stepcast_http_respond_nothing:
 * @message: a request
 * @path: a path at which there is nothing
 */
void
stepcast_http_respond_nothing (SoupServerMessage *message, const char *path)
{
  g_autofree char *quoted = stepcast_error_quote (path);
  g_autoptr (GError) error =
    g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST, "There is nothing at “%s”", quoted);

  stepcast_http_respond_error (message, SOUP_STATUS_NOT_FOUND, error);
}

/**
 * stepcast_http_respond_page:
 * @message: a request
 * @path: the path that was asked for; "/" is the page
 */
void
stepcast_http_respond_page (SoupServerMessage *message, const char *path)
{
  const char *name = g_str_equal (path, "/") ? "index.html" : path + 1;

  if (g_str_equal (path, "/messages"))
    stepcast_page_respond_messages (message);
  else if (!stepcast_page_respond_file (message, name))
    stepcast_http_respond_nothing (message, path);
  else if (stepcast_page_is_part (name))
    stepcast_safety_drop_policy (message);

  if (g_str_equal (name, PUBLIC_FILE))
    {
      add_header (message, "Access-Control-Allow-Origin", "*");
      add_header (message, "Cross-Origin-Resource-Policy", "cross-origin");
    }
}

/**
 * stepcast_http_respond_generators:
 * @message: a request
 * @registry: what sessions can be made of
 */
void
stepcast_http_respond_generators (SoupServerMessage *message, StepcastRegistry *registry)
{
  JsonBuilder *builder = json_builder_new ();
  GPtrArray *sources = stepcast_registry_list (registry);
  StepcastSource *default_source = stepcast_registry_find (registry, NULL, NULL);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "generators");
  json_builder_begin_array (builder);
  for (guint i = 0; i < sources->len; i++)
    {
      StepcastSource *source = sources->pdata[i];
      GType generator_type = stepcast_source_get_generator_type (source);

      json_builder_begin_object (builder);
      stepcast_json_add_text (builder, "name", stepcast_source_get_name (source));
      stepcast_json_add_text (builder, "summary", stepcast_source_get_summary (source));
      json_builder_set_member_name (builder, "default");
      json_builder_add_boolean_value (builder, source == default_source);
      json_builder_set_member_name (builder, "parameters");
      stepcast_json_add_parameters (builder, generator_type, NULL);
      json_builder_set_member_name (builder, "metrics");
      stepcast_json_add_metric_specs (builder, generator_type);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  stepcast_http_respond_json (message, SOUP_STATUS_OK, builder);
}

static void
add_pace (JsonBuilder *builder, StepcastSession *session)
{
  json_builder_set_member_name (builder, "rate");
  json_builder_add_double_value (builder, stepcast_session_get_rate (session));
  json_builder_set_member_name (builder, "steps-per-second");
  json_builder_add_double_value (builder, stepcast_session_get_steps_per_second (session));
  json_builder_set_member_name (builder, "frames-per-second");
  json_builder_add_double_value (builder, stepcast_session_get_frames_per_second (session));
  stepcast_json_add_int (builder, "drawn", stepcast_session_get_n_drawn (session));
  stepcast_json_add_int (builder, "validated", stepcast_session_get_n_validated (session));
}

static void
add_session (JsonBuilder *builder, StepcastSession *session)
{
  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "name", stepcast_session_get_name (session));
  stepcast_json_add_text (builder, "title", stepcast_session_get_title (session));
  stepcast_json_add_text (builder, "generator",
                          stepcast_source_get_name (stepcast_session_get_source (session)));
  stepcast_json_add_text (builder, "state", stepcast_session_get_state_nick (session));
  stepcast_json_add_int (builder, "run", stepcast_session_get_run_number (session));
  stepcast_json_add_progress (builder, session);
  json_builder_set_member_name (builder, "parameters");
  stepcast_json_add_values (builder, stepcast_session_get_parameters (session));
  stepcast_json_add_int (builder, "viewers", stepcast_session_get_n_sinks (session));
  stepcast_json_add_cause (builder, session);
  add_pace (builder, session);
  json_builder_end_object (builder);
}

/**
 * stepcast_http_describe_session:
 * @session: a session
 *
 * Returns: (transfer full): what `GET /sessions/NAME` answers of it, in one line
 */
char *
stepcast_http_describe_session (StepcastSession *session)
{
  JsonBuilder *builder = json_builder_new ();

  add_session (builder, session);
  return stepcast_json_take_text (builder);
}

/**
 * stepcast_http_describe_sessions:
 * @manager: whose sessions
 *
 * Returns: (transfer full): what `GET /sessions` answers, in one line
 */
char *
stepcast_http_describe_sessions (StepcastSessionManager *manager)
{
  JsonBuilder *builder = json_builder_new ();
  GPtrArray *sessions = stepcast_session_manager_list (manager);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "sessions");
  json_builder_begin_array (builder);
  for (guint i = 0; i < sessions->len; i++)
    add_session (builder, sessions->pdata[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return stepcast_json_take_text (builder);
}

/**
 * stepcast_http_respond_sessions:
 * @message: a request
 * @manager: whose sessions
 */
void
stepcast_http_respond_sessions (SoupServerMessage *message, StepcastSessionManager *manager)
{
  g_autofree char *text = stepcast_http_describe_sessions (manager);

  stepcast_http_respond_text (message, SOUP_STATUS_OK, "application/json", text);
}

/**
 * stepcast_http_respond_session:
 * @message: a request
 * @status: of the answer
 * @session: what it shows
 */
void
stepcast_http_respond_session (SoupServerMessage *message, guint status, StepcastSession *session)
{
  g_autofree char *text = stepcast_http_describe_session (session);

  stepcast_http_respond_text (message, status, "application/json", text);
}

/* ---- frame.svg, frame.png ---- */

typedef struct
{
  SoupServerMessage *message;
  GCancellable *cancellable; /* cancelled: who asked has gone, or has been answered */
  gulong finished_id;
  GSource *deadline; /* (nullable) */

  StepcastRasterizer *rasterizer; /* (nullable): what a PNG is asked of */
  guint width;
} FrameRequest;

static void
frame_request_free (FrameRequest *request)
{
  stepcast_gsource_clear (&request->deadline);
  g_signal_handler_disconnect (request->message, request->finished_id);
  g_clear_object (&request->rasterizer);
  g_object_unref (request->message);
  g_object_unref (request->cancellable);
  g_free (request);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FrameRequest, frame_request_free)

static gboolean
has_etag (SoupServerMessage *message, const char *etag)
{
  const char *known =
    soup_message_headers_get_list (soup_server_message_get_request_headers (message),
                                   "If-None-Match");
  g_autoptr (GSList) tags = known != NULL ? soup_header_parse_list (known) : NULL;
  gboolean is_known = FALSE;

  for (GSList *link = tags; link != NULL; link = link->next)
    {
      const char *tag = link->data;

      if (g_str_has_prefix (tag, "W/")) /* a weak comparison: RFC 9110, section 13.1.2 */
        tag += strlen ("W/");
      is_known = is_known || g_str_equal (tag, "*") || g_str_equal (tag, etag);
    }
  g_slist_free_full (g_steal_pointer (&tags), g_free);

  return is_known;
}

/**
 * stepcast_http_respond_if_known:
 * @message: a request
 * @etag: of what is to be sent
 *
 * Says which version it is, and that a client has to ask whether it still holds.
 *
 * Returns: whether the client has it already, and has been answered so
 */
gboolean
stepcast_http_respond_if_known (SoupServerMessage *message, const char *etag)
{
  add_header (message, "ETag", etag);
  add_header (message, "Cache-Control", "no-cache");
  if (!has_etag (message, etag))
    return FALSE;

  soup_server_message_set_status (message, SOUP_STATUS_NOT_MODIFIED, NULL);
  return TRUE;
}

static void
respond_svg (SoupServerMessage *message, StepcastFrame *frame)
{
  g_autofree char *etag =
    g_strdup_printf ("\"%u-%" G_GUINT64_FORMAT "\"", stepcast_frame_get_run (frame),
                     stepcast_frame_get_serial (frame));

  add_header (message, "Content-Security-Policy", FRAME_POLICY);
  if (!stepcast_http_respond_if_known (message, etag))
    stepcast_http_respond_bytes (message, SOUP_STATUS_OK, "image/svg+xml",
                                 stepcast_frame_get_svg (frame));
}

static guint
get_frame_status (const GError *error)
{
  static const StepcastErrorStatus statuses[] = {
    { STEPCAST_ERROR_BAD_STATE, SOUP_STATUS_NOT_FOUND },
    { STEPCAST_ERROR_INVALID_VALUE, SOUP_STATUS_BAD_REQUEST },
    { STEPCAST_ERROR_LIMIT_EXCEEDED, SOUP_STATUS_BAD_REQUEST }, /* a smaller width may do */
    { STEPCAST_ERROR_UNRESPONSIVE, SOUP_STATUS_SERVICE_UNAVAILABLE },
  };

  return stepcast_http_get_status (error, statuses, G_N_ELEMENTS (statuses));
}

/* Nothing of what was said of a picture before is true of this answer. */
static void
respond_frame_error (SoupServerMessage *message, const GError *error)
{
  soup_message_headers_remove (soup_server_message_get_response_headers (message), "ETag");
  stepcast_http_respond_error (message, get_frame_status (error), error);
}

static void
on_rendered (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FrameRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png =
    stepcast_rasterizer_render_finish (STEPCAST_RASTERIZER (source_object), result, &error);

  if (g_cancellable_is_cancelled (request->cancellable))
    return;

  if (png != NULL)
    stepcast_http_respond_bytes (request->message, SOUP_STATUS_OK, "image/png", png);
  else
    respond_frame_error (request->message, error);
  soup_server_message_unpause (request->message);
}

/* Goes on to draw the pixels of @frame, unless the client has them. */
static void
respond_png (FrameRequest *taken, StepcastFrame *frame)
{
  g_autoptr (FrameRequest) request = taken;
  g_autofree char *etag =
    g_strdup_printf ("\"%u-%" G_GUINT64_FORMAT "-%u\"", stepcast_frame_get_run (frame),
                     stepcast_frame_get_serial (frame), request->width);

  if (stepcast_http_respond_if_known (request->message, etag))
    {
      soup_server_message_unpause (request->message);
      return;
    }

  stepcast_rasterizer_render_async (request->rasterizer, stepcast_frame_get_svg (frame),
                                    request->width, request->cancellable, on_rendered, request);
  g_steal_pointer (&request);
}

static void
on_drawn (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FrameRequest) request = user_data;
  g_autoptr (StepcastFrame) frame = NULL;
  g_autoptr (GError) error = NULL;

  frame = stepcast_session_draw_finish (STEPCAST_SESSION (source_object), result, &error);
  if (g_cancellable_is_cancelled (request->cancellable))
    return;

  if (frame != NULL && request->rasterizer != NULL)
    {
      respond_png (g_steal_pointer (&request), frame);
      return;
    }

  if (frame != NULL)
    respond_svg (request->message, frame);
  else
    respond_frame_error (request->message, error);
  soup_server_message_unpause (request->message);
}

/* While it waits, libsoup does not look whether the client is still there. */
static gboolean
on_draw_deadline (gpointer user_data)
{
  FrameRequest *request = user_data;
  g_autoptr (GError) error =
    g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE,
                 "There was no picture within %d s: others are drawn first", PICTURE_SECONDS);

  g_clear_pointer (&request->deadline, g_source_unref);
  if (g_cancellable_is_cancelled (request->cancellable))
    return G_SOURCE_REMOVE;

  g_cancellable_cancel (request->cancellable);
  respond_frame_error (request->message, error);
  soup_server_message_unpause (request->message);
  return G_SOURCE_REMOVE;
}

static void
on_finished (SoupServerMessage *message, GCancellable *cancellable)
{
  g_cancellable_cancel (cancellable);
}

/* @request: (transfer full) */
static void
draw (FrameRequest *request, StepcastSession *session)
{
  request->cancellable = g_cancellable_new ();
  request->finished_id =
    g_signal_connect (request->message, "finished", G_CALLBACK (on_finished), request->cancellable);
  request->deadline = g_timeout_source_new_seconds (PICTURE_SECONDS);
  g_source_set_static_name (request->deadline, "[stepcast] picture deadline");
  g_source_set_callback (request->deadline, on_draw_deadline, request, NULL);
  g_source_attach (request->deadline, g_main_context_get_thread_default ());

  soup_server_message_pause (request->message);
  stepcast_session_draw_async (session, request->cancellable, on_drawn, request);
}

/**
 * stepcast_http_respond_svg:
 * @message: a request
 * @session: of which a picture is wanted
 *
 * Answers when there is one, or when it is too long in coming.
 */
void
stepcast_http_respond_svg (SoupServerMessage *message, StepcastSession *session)
{
  FrameRequest *request = g_new0 (FrameRequest, 1);

  request->message = g_object_ref (message);
  draw (request, session);
}

/**
 * stepcast_http_respond_png:
 * @message: a request
 * @session: of which a picture is wanted
 * @rasterizer: draws its pixels
 * @query: (nullable): where `width` says how wide it is to be
 *
 * Answers when there is one, or when it is too long in coming.
 */
void
stepcast_http_respond_png (SoupServerMessage *message,
                           StepcastSession *session,
                           StepcastRasterizer *rasterizer,
                           GHashTable *query)
{
  const char *text = query != NULL ? g_hash_table_lookup (query, "width") : NULL;
  g_autoptr (GError) error = NULL;
  FrameRequest *request;
  guint width;

  if (!stepcast_rasterizer_parse_width (text, &width, &error))
    {
      respond_frame_error (message, error);
      return;
    }

  request = g_new0 (FrameRequest, 1);
  request->message = g_object_ref (message);
  request->rasterizer = g_object_ref (rasterizer);
  request->width = width;
  draw (request, session);
}
