/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-api.h"

#include <string.h>

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-http.h"
#include "stepcast-json.h"
#include "stepcast-json-text.h"
#include "stepcast-parameters.h"
#include "stepcast-request-body.h"
#include "stepcast-upload-request.h"

/* POST, PATCH and DELETE. What is asked is checked in two steps: the headers when they have come,
 * so that a body that nobody wants is not kept, and the body when all of it has. Lives on the main
 * context. */

/* Requests are flat; json-glib's parser is recursive. */
#define MAX_DEPTH 16

/* For parameters to apply. A step may take longer; who asked need not wait for it. */
#define SET_SECONDS 10

/* ---- headers ---- */

/**
 * stepcast_api_get_methods:
 * @path: of a request
 *
 * Returns: (transfer none): the methods that there are for it, as an Allow header lists them
 */
const char *
stepcast_api_get_methods (const char *path)
{
  const char *name;

  if (g_str_equal (path, "/sessions"))
    return "GET, HEAD, POST";
  if (stepcast_upload_request_is (path))
    return "POST";
  if (!g_str_has_prefix (path, "/sessions/"))
    return "GET, HEAD";

  name = path + strlen ("/sessions/");
  return *name != '\0' && strchr (name, '/') == NULL ? "GET, HEAD, PATCH, DELETE" : "GET, HEAD";
}

/**
 * stepcast_api_is_change:
 * @message: a request
 *
 * Returns: whether it asks for more than to look
 */
gboolean
stepcast_api_is_change (SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);

  return !g_str_equal (method, "GET") && !g_str_equal (method, "HEAD");
}

static const StepcastBodyLimit body_limit = { "A request", STEPCAST_API_MAX_BODY_BYTES };

static gboolean
check_type (SoupMessageHeaders *headers, guint *status, GError **error)
{
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  g_autofree char *quoted = NULL;

  if (type != NULL && g_ascii_strcasecmp (type, "application/json") == 0)
    return TRUE;

  /* It is also what another site's form can't send. */
  *status = SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE;
  quoted = stepcast_error_quote (type != NULL ? type : "");
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
               "“%s” is not read here: the Content-Type has to be application/json", quoted);
  return FALSE;
}

/**
 * stepcast_api_admit:
 * @message: a request that changes something, whose headers have come
 * @role: of who asks
 * @uploads: where a file is to be kept
 * @status: (out): the HTTP status of the refusal
 * @error: %STEPCAST_ERROR_PERMISSION_DENIED, %STEPCAST_ERROR_BAD_REQUEST or
 *   %STEPCAST_ERROR_LIMIT_EXCEEDED
 *
 * From here on its body is kept, up to %STEPCAST_API_MAX_BODY_BYTES.
 *
 * Returns: %FALSE with @status and @error set if it is not to be done
 */
gboolean
stepcast_api_admit (SoupServerMessage *message,
                    StepcastRole role,
                    StepcastUploads *uploads,
                    guint *status,
                    GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (role != STEPCAST_ROLE_CONTROL)
    {
      *status = SOUP_STATUS_FORBIDDEN;
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                           "This link is for viewing only: ask for a control link");
      return FALSE;
    }
  if (g_str_equal (soup_server_message_get_method (message), "DELETE"))
    return TRUE;
  if (stepcast_upload_request_is (g_uri_get_path (soup_server_message_get_uri (message))))
    return stepcast_upload_request_admit (message, uploads, status, error);

  return check_type (headers, status, error) &&
         stepcast_request_body_accept (message, &body_limit, status, error);
}

/* ---- bodies ---- */

static gboolean
bad_request (GError **error, const char *text)
{
  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST, text);
  return FALSE;
}

static JsonNode *
parse_body (SoupServerMessage *message, GError **error)
{
  g_autoptr (GBytes) bytes =
    soup_message_body_flatten (soup_server_message_get_request_body (message));
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = g_strndup (data != NULL ? data : "", length);

  if (!g_utf8_validate_len (text, length, NULL)) /* a NUL is none either */
    {
      bad_request (error, "it is not UTF-8");
      return NULL;
    }
  return stepcast_json_text_parse (text, MAX_DEPTH, error);
}

/* An object that has none but the @known members. */
static JsonNode *
read_body (SoupServerMessage *message, const char *const *known, GError **error)
{
  g_autoptr (GError) json_error = NULL;
  g_autoptr (JsonNode) root = parse_body (message, &json_error);
  JsonObjectIter iter;
  const char *name;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                   "A request is a JSON object%s%s", json_error != NULL ? "; this is none: " : "",
                   json_error != NULL ? json_error->message : "");
      return NULL;
    }

  json_object_iter_init (&iter, json_node_get_object (root));
  while (json_object_iter_next (&iter, &name, NULL))
    if (!g_strv_contains (known, name))
      {
        g_autofree char *quoted = stepcast_error_quote (name);
        g_autofree char *names = g_strjoinv (", ", (char **) known);

        g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                     "There is no “%s” in a request; there are: %s", quoted, names);
        return NULL;
      }
  return g_steal_pointer (&root);
}

/* Reads a text from a member that may be missing. */
static gboolean
read_text (JsonObject *object, const char *name, const char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE, "“%s” takes a text", name);
      return FALSE;
    }

  *text = json_node_get_string (node);
  return TRUE;
}

/* Returns: (transfer full) (nullable): an `a{sv}` to be checked, or %NULL with @error set */
static GVariant *
read_parameters (JsonObject *object, StepcastSource *source, GError **error)
{
  JsonNode *node = json_object_get_member (object, "parameters");

  if (node == NULL)
    return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      bad_request (error, "“parameters” takes an object of names and values");
      return NULL;
    }
  return stepcast_json_read_values (json_node_get_object (node),
                                    stepcast_source_get_generator_type (source), error);
}

static guint
get_status (const GError *error)
{
  static const StepcastErrorStatus statuses[] = {
    { STEPCAST_ERROR_BAD_STATE, SOUP_STATUS_CONFLICT },
    { STEPCAST_ERROR_BAD_REQUEST, SOUP_STATUS_BAD_REQUEST },
    { STEPCAST_ERROR_UNKNOWN_GENERATOR, SOUP_STATUS_BAD_REQUEST },
    { STEPCAST_ERROR_UNKNOWN_PARAMETER, SOUP_STATUS_BAD_REQUEST },
    { STEPCAST_ERROR_INVALID_VALUE, SOUP_STATUS_BAD_REQUEST },
    { STEPCAST_ERROR_LIMIT_EXCEEDED, SOUP_STATUS_SERVICE_UNAVAILABLE }, /* of sessions */
    { STEPCAST_ERROR_PERMISSION_DENIED, SOUP_STATUS_FORBIDDEN },
    { STEPCAST_ERROR_UNRESPONSIVE, SOUP_STATUS_SERVICE_UNAVAILABLE },
  };

  return stepcast_http_get_status (error, statuses, G_N_ELEMENTS (statuses));
}

static void
respond_error (SoupServerMessage *message, const GError *error)
{
  stepcast_http_respond_error (message, get_status (error), error);
}

/* ---- answers that come later ---- */

typedef struct
{
  SoupServerMessage *message;
  gulong finished_id;
  gboolean is_over;  /* it has been answered, or who asked has gone */
  GSource *deadline; /* (nullable) */
} Answer;

static void
on_finished (SoupServerMessage *message, Answer *answer)
{
  answer->is_over = TRUE;
}

/* Waits with the answer to @message. */
static Answer *
answer_new (SoupServerMessage *message)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->message = g_object_ref (message);
  answer->finished_id = g_signal_connect (message, "finished", G_CALLBACK (on_finished), answer);
  soup_server_message_pause (message);

  return answer;
}

static void
answer_free (Answer *answer)
{
  stepcast_gsource_clear (&answer->deadline);
  g_signal_handler_disconnect (answer->message, answer->finished_id);
  g_object_unref (answer->message);
  g_free (answer);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

/* Returns: whether there is somebody to be answered; who is has to be, then */
static gboolean
answer_begin (Answer *answer)
{
  if (answer->is_over)
    return FALSE;

  answer->is_over = TRUE;
  return TRUE;
}

static void
answer_with_json (Answer *answer, guint status, JsonBuilder *taken)
{
  g_autoptr (JsonBuilder) builder = taken;

  if (!answer_begin (answer))
    return;
  stepcast_http_respond_json (answer->message, status, g_steal_pointer (&builder));
  soup_server_message_unpause (answer->message);
}

static void
answer_with_error (Answer *answer, const GError *error)
{
  if (!answer_begin (answer))
    return;
  respond_error (answer->message, error);
  soup_server_message_unpause (answer->message);
}

static JsonBuilder *
build_step (guint64 step)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  stepcast_json_add_int (builder, "step", step);
  json_builder_end_object (builder);
  return builder;
}

static JsonBuilder *
build_stop (const StepcastStopReport *report)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  stepcast_json_add_int (builder, "step", report->step);
  json_builder_set_member_name (builder, "seconds");
  json_builder_add_double_value (builder, report->seconds);
  json_builder_end_object (builder);
  return builder;
}

static void
on_set (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Answer) answer = user_data;
  StepcastSession *session = STEPCAST_SESSION (source_object);
  g_autoptr (GError) error = NULL;
  guint64 step;

  if (stepcast_session_set_parameters_finish (session, result, &step, &error))
    answer_with_json (answer, SOUP_STATUS_OK, build_step (step));
  else
    answer_with_error (answer, error);
}

/* They are accepted, and apply when the step that is under way has come to its end. */
static gboolean
on_set_deadline (gpointer user_data)
{
  Answer *answer = user_data;
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "step");
  json_builder_add_null_value (builder);
  json_builder_end_object (builder);
  g_clear_pointer (&answer->deadline, g_source_unref);
  answer_with_json (answer, SOUP_STATUS_ACCEPTED, builder);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (Answer *answer)
{
  answer->deadline = g_timeout_source_new_seconds (SET_SECONDS);
  g_source_set_static_name (answer->deadline, "[stepcast] parameters deadline");
  g_source_set_callback (answer->deadline, on_set_deadline, answer, NULL);
  g_source_attach (answer->deadline, g_main_context_get_thread_default ());
}

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Answer) answer = user_data;
  g_autoptr (GError) error = NULL;
  StepcastStopReport report;

  if (stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, &report, &error))
    answer_with_json (answer, SOUP_STATUS_OK, build_stop (&report));
  else
    answer_with_error (answer, error);
}

/* Stopped or given up: it is gone either way. */
static void
on_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Answer) answer = user_data;

  stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, NULL, NULL);
  if (!answer_begin (answer))
    return;
  soup_server_message_set_status (answer->message, SOUP_STATUS_NO_CONTENT, NULL);
  soup_server_message_unpause (answer->message);
}

/* ---- what is asked of the core: each request, and nowhere else ---- */

static StepcastSession *
ask_open (StepcastSessionManager *manager,
          const char *name,
          const char *title,
          StepcastSource *source,
          GVariant *parameters,
          GError **error)
{
  return stepcast_session_manager_open_titled (manager, name, title, source, parameters, error);
}

static void
ask_close (StepcastSessionManager *manager, StepcastSession *taken, Answer *answer)
{
  g_autoptr (StepcastSession) session = taken;

  stepcast_session_manager_close (manager, session);
  stepcast_session_stop_async (session, NULL, on_closed, answer);
}

static void
ask_set (StepcastSession *session, GVariant *parameters, Answer *answer)
{
  set_deadline (answer);
  stepcast_session_set_parameters_async (session, parameters, NULL, on_set, answer);
}

static void
ask_stop (StepcastSession *session, Answer *answer)
{
  stepcast_session_stop_async (session, NULL, on_stopped, answer);
}

static gboolean
ask_start (StepcastSession *session, guint64 n_steps, GError **error)
{
  return stepcast_session_start (session, error);
}

static gboolean
ask_pause (StepcastSession *session, guint64 n_steps, GError **error)
{
  return stepcast_session_pause (session, error);
}

static gboolean
ask_resume (StepcastSession *session, guint64 n_steps, GError **error)
{
  return stepcast_session_resume (session, error);
}

static gboolean
ask_step (StepcastSession *session, guint64 n_steps, GError **error)
{
  return stepcast_session_step (session, n_steps, error);
}

static gboolean
ask_rate (StepcastSession *session, double rate, GError **error)
{
  return stepcast_session_set_rate (session, rate, error);
}

static gboolean
ask_title (StepcastSession *session, const char *title, GError **error)
{
  return stepcast_session_set_title (session, title, error);
}

/* ---- POST /sessions ---- */

static StepcastSession *
open_session (SoupServerMessage *message,
              StepcastSessionManager *manager,
              StepcastUploads *uploads,
              GError **error)
{
  static const char *const members[] = { "generator", "parameters", "name", "title", NULL };
  g_autoptr (JsonNode) root = read_body (message, members, error);
  g_autoptr (GVariant) parameters = NULL;
  g_autoptr (GVariant) resolved = NULL;
  const char *generator = NULL;
  const char *name = NULL;
  const char *title = NULL;
  StepcastSession *session;
  StepcastSource *source;
  JsonObject *object;

  if (root == NULL)
    return NULL;
  object = json_node_get_object (root);
  if (!read_text (object, "generator", &generator, error) ||
      !read_text (object, "name", &name, error) || !read_text (object, "title", &title, error))
    return NULL;

  source =
    stepcast_registry_find (stepcast_session_manager_get_registry (manager), generator, error);
  parameters = source != NULL ? read_parameters (object, source, error) : NULL;
  resolved = parameters != NULL ? stepcast_uploads_resolve (uploads, parameters, error) : NULL;
  session = resolved != NULL ? ask_open (manager, name, title, source, resolved, error) : NULL;
  if (session != NULL)
    stepcast_uploads_release (uploads, parameters);
  return session;
}

/**
 * stepcast_api_open_session:
 * @message: a request that was admitted, with its body
 * @manager: where a session is to be opened
 * @uploads: files that its parameters may name
 *
 * `POST /sessions`
 */
void
stepcast_api_open_session (SoupServerMessage *message,
                           StepcastSessionManager *manager,
                           StepcastUploads *uploads)
{
  g_autoptr (GError) error = NULL;
  StepcastSession *session = open_session (message, manager, uploads, &error);
  g_autofree char *location = NULL;

  if (session == NULL)
    {
      respond_error (message, error);
      return;
    }

  location = g_strconcat ("/sessions/", stepcast_session_get_name (session), NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Location",
                                location);
  stepcast_http_respond_session (message, SOUP_STATUS_CREATED, session);
}

/* ---- PATCH /sessions/NAME ---- */

static gboolean
read_rate (JsonObject *object, double *rate, GError **error)
{
  JsonNode *node = json_object_get_member (object, "rate");
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                           "“rate” takes a number: steps a second, or 0 for no limit");
      return FALSE;
    }

  *rate = type == G_TYPE_INT64 ? (double) json_node_get_int (node) : json_node_get_double (node);
  return TRUE;
}

static gboolean
read_steps (JsonObject *object, guint64 *n_steps, GError **error)
{
  const gint64 max_exact = G_GINT64_CONSTANT (1) << 53;
  JsonNode *node = json_object_get_member (object, "steps");
  gboolean is_integer =
    node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
  gint64 number = is_integer ? json_node_get_int (node) : 0;

  *n_steps = 1;
  if (node == NULL)
    return TRUE;
  if (number < 1 || number > max_exact)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“steps” takes a whole number from 1 to %" G_GINT64_FORMAT, max_exact);
      return FALSE;
    }

  *n_steps = (guint64) number;
  return TRUE;
}

static gboolean
do_at_once (StepcastSession *session, const char *what, guint64 n_steps, GError **error)
{
  static const struct
  {
    const char *name;
    gboolean (*ask) (StepcastSession *session, guint64 n_steps, GError **error);
  } requests[] = {
    { "start", ask_start },
    { "pause", ask_pause },
    { "resume", ask_resume },
    { "step", ask_step },
  };
  g_autofree char *quoted = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    if (g_str_equal (what, requests[i].name))
      return requests[i].ask (session, n_steps, error);

  quoted = stepcast_error_quote (what);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
               "“%s” is nothing to “do”; there are: start, stop, pause, resume, step", quoted);
  return FALSE;
}

static gboolean
change_by_doing (SoupServerMessage *message,
                 StepcastSession *session,
                 StepcastUploads *uploads,
                 JsonObject *object,
                 GError **error)
{
  const char *what = NULL;
  guint64 n_steps;

  if (!read_text (object, "do", &what, error) || !read_steps (object, &n_steps, error))
    return FALSE;
  if (json_object_has_member (object, "steps") && !g_str_equal (what, "step"))
    return bad_request (error, "“steps” goes with the “do” “step” only");

  if (g_str_equal (what, "stop"))
    {
      ask_stop (session, answer_new (message));
      return TRUE;
    }
  if (!do_at_once (session, what, n_steps, error))
    return FALSE;
  stepcast_http_respond_session (message, SOUP_STATUS_OK, session);
  return TRUE;
}

static GType
get_generator_type (StepcastSession *session)
{
  return stepcast_source_get_generator_type (stepcast_session_get_source (session));
}

static gboolean
change_parameters (SoupServerMessage *message,
                   StepcastSession *session,
                   StepcastUploads *uploads,
                   JsonObject *object,
                   GError **error)
{
  g_autoptr (GVariant) parameters =
    read_parameters (object, stepcast_session_get_source (session), error);

  g_autoptr (GVariant) resolved =
    parameters != NULL ? stepcast_uploads_resolve (uploads, parameters, error) : NULL;

  g_autoptr (GVariant) checked =
    resolved != NULL ? stepcast_parameters_check (get_generator_type (session), resolved, error) :
                       NULL;

  if (checked == NULL) /* what was uploaded can be used by the next */
    return FALSE;

  ask_set (session, checked, answer_new (message));
  stepcast_uploads_release (uploads, parameters);
  return TRUE;
}

static gboolean
change_rate (SoupServerMessage *message,
             StepcastSession *session,
             StepcastUploads *uploads,
             JsonObject *object,
             GError **error)
{
  double rate;

  if (!read_rate (object, &rate, error) || !ask_rate (session, rate, error))
    return FALSE;

  stepcast_http_respond_session (message, SOUP_STATUS_OK, session);
  return TRUE;
}

static gboolean
change_title (SoupServerMessage *message,
              StepcastSession *session,
              StepcastUploads *uploads,
              JsonObject *object,
              GError **error)
{
  const char *title = NULL;

  if (!read_text (object, "title", &title, error) || !ask_title (session, title, error))
    return FALSE;

  stepcast_http_respond_session (message, SOUP_STATUS_OK, session);
  return TRUE;
}

/* One thing at a time: where the second can't be done, the first has been. */
static gboolean
change (SoupServerMessage *message,
        StepcastSession *session,
        StepcastUploads *uploads,
        GError **error)
{
  static const char *const members[] = { "parameters", "rate", "title", "do", "steps", NULL };
  static const struct
  {
    const char *member;
    gboolean (*func) (SoupServerMessage *message,
                      StepcastSession *session,
                      StepcastUploads *uploads,
                      JsonObject *object,
                      GError **error);
  } changes[] = {
    { "parameters", change_parameters },
    { "rate", change_rate },
    { "title", change_title },
    { "do", change_by_doing },
  };
  g_autoptr (JsonNode) root = read_body (message, members, error);
  JsonObject *object;
  guint n_asked;

  if (root == NULL)
    return FALSE;
  object = json_node_get_object (root);
  n_asked = json_object_get_size (object) - (json_object_has_member (object, "steps") ? 1 : 0);
  if (n_asked != 1 ||
      (json_object_has_member (object, "steps") && !json_object_has_member (object, "do")))
    return bad_request (error,
                        "A request has one of “parameters”, “rate”, “title” and “do”; “steps” "
                        "goes with “do”");

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    if (json_object_has_member (object, changes[i].member))
      return changes[i].func (message, session, uploads, object, error);
  g_return_val_if_reached (FALSE);
}

/**
 * stepcast_api_change_session:
 * @message: a request that was admitted, with its body
 * @manager: which has @session
 * @uploads: files that parameters may name
 * @session: what is to be changed
 *
 * `PATCH /sessions/NAME` and `DELETE /sessions/NAME`. Answers when it is done.
 */
void
stepcast_api_change_session (SoupServerMessage *message,
                             StepcastSessionManager *manager,
                             StepcastUploads *uploads,
                             StepcastSession *session)
{
  const char *host = soup_server_message_get_remote_host (message);
  g_autoptr (StepcastSession) alive = g_object_ref (session);
  g_autoptr (StepcastActor) actor =
    stepcast_actor_new (STEPCAST_ACTOR_HTTP, host != NULL ? host : "");
  g_autoptr (GError) error = NULL;

  stepcast_session_act_for (alive, actor);
  if (g_str_equal (soup_server_message_get_method (message), "DELETE"))
    ask_close (manager, g_object_ref (session), answer_new (message));
  else if (!change (message, session, uploads, &error))
    respond_error (message, error);
  stepcast_session_act_for (alive, NULL); /* what was not asked for is not its doing */
}
