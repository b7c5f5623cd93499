/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-dialect.h"

#include "stepcast-error.h"
#include "stepcast-json.h"
#include "stepcast-parameters.h"

/* The plain protocol: what a client of ten lines speaks. */

static StepcastRequest *
parse_step (const char *argument, GError **error)
{
  g_autoptr (StepcastRequest) request = stepcast_request_new (STEPCAST_REQUEST_STEP);

  request->n_steps = 1;
  if (*argument != '\0' &&
      !g_ascii_string_to_unsigned (argument, 10, 1, G_MAXUINT64, &request->n_steps, NULL))
    {
      g_autofree char *quoted = stepcast_error_quote (argument);

      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” is no number of steps: “step N” takes a whole number from 1", quoted);
      return NULL;
    }

  return g_steal_pointer (&request);
}

static StepcastRequest *
parse_set (const char *argument, GType generator_type, GError **error)
{
  g_auto (GVariantBuilder) values = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *name = NULL;
  const char *equals = strchr (argument, '=');
  StepcastRequest *request;
  GParamSpec *pspec;

  if (equals == NULL || equals == argument)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                           "“set” is written “set NAME=VALUE”");
      return NULL;
    }

  name = g_strndup (argument, (gsize) (equals - argument));
  g_strstrip (name);
  pspec = stepcast_parameters_find (generator_type, name, error);
  if (pspec != NULL)
    value = stepcast_parameter_parse (pspec, equals + 1, error);
  if (value == NULL)
    return NULL;

  g_variant_builder_add (&values, "{sv}", name, value);
  request = stepcast_request_new (STEPCAST_REQUEST_SET);
  request->values = g_variant_ref_sink (g_variant_builder_end (&values));

  return request;
}

static StepcastRequest *
plain_parse (const char *text, GType generator_type, char **id, GError **error)
{
  static const struct
  {
    const char *word;
    StepcastRequestType type;
  } bare[] = {
    { "start", STEPCAST_REQUEST_START },   { "status", STEPCAST_REQUEST_START },
    { "stop", STEPCAST_REQUEST_STOP },     { "pause", STEPCAST_REQUEST_PAUSE },
    { "resume", STEPCAST_REQUEST_RESUME },
  };
  g_autofree char *line = g_strstrip (g_strdup (text));
  gsize word_length = strcspn (line, " \t\r\n");
  g_autofree char *word = g_strndup (line, word_length);
  const char *argument = line + word_length + strspn (line + word_length, " \t\r\n");
  g_autofree char *quoted = NULL;

  if (g_str_equal (word, "step"))
    return parse_step (argument, error);
  if (g_str_equal (word, "set"))
    return parse_set (argument, generator_type, error);
  for (gsize i = 0; i < G_N_ELEMENTS (bare) && *argument == '\0'; i++)
    if (g_str_equal (word, bare[i].word))
      return stepcast_request_new (bare[i].type);

  quoted = stepcast_error_quote (line);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
               "“%s” is no command; there are: start (or status), stop, pause, resume, step, "
               "step N, set NAME=VALUE",
               quoted);
  return NULL;
}

static const char *
plain_get_prefix (StepcastFrame *frame, char *buffer)
{
  return NULL;
}

static char *
plain_stopped (const StepcastRequest *request, const StepcastStopReport *report)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (seconds, sizeof seconds, "%.6g", report->seconds);
  return g_strdup_printf ("{\"stopped\":{\"step\":%" G_GUINT64_FORMAT ",\"seconds\":%s}}",
                          report->step, seconds);
}

static char *
plain_set (const StepcastRequest *request, StepcastSession *session, guint64 step)
{
  JsonBuilder *builder = json_builder_new ();
  g_autoptr (GVariant) value = NULL;
  const char *name;

  g_variant_get_child (request->values, 0, "{&sv}", &name, NULL);
  value = g_variant_lookup_value (stepcast_session_get_parameters (session), name, NULL);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "set");
  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "name", name);
  json_builder_set_member_name (builder, "value");
  stepcast_json_add_value (builder, value);
  json_builder_set_member_name (builder, "step");
  json_builder_add_int_value (builder, (gint64) step);
  json_builder_end_object (builder);
  json_builder_end_object (builder);

  return stepcast_json_take_text (builder);
}

static char *
plain_state (StepcastSession *session)
{
  guint64 step = stepcast_session_get_progress (session)->step;
  const GError *reason = stepcast_session_get_reason (session);
  g_autofree char *message = NULL;

  switch (stepcast_session_get_state (session))
    {
    case STEPCAST_SESSION_STATE_PAUSED:
      return g_strdup_printf ("{\"paused\":{\"step\":%" G_GUINT64_FORMAT "}}", step);
    case STEPCAST_SESSION_STATE_FINISHED:
      return g_strdup_printf ("{\"finished\":{\"step\":%" G_GUINT64_FORMAT "}}", step);
    case STEPCAST_SESSION_STATE_FAILED:
      message = stepcast_json_quote (reason->message);
      return g_strdup_printf ("{\"failed\":{\"step\":%" G_GUINT64_FORMAT
                              ",\"code\":\"%s\",\"message\":%s}}",
                              step, stepcast_error_nick (reason), message);
    case STEPCAST_SESSION_STATE_IDLE:
    case STEPCAST_SESSION_STATE_RUNNING:
    case STEPCAST_SESSION_STATE_STOPPING:
    case STEPCAST_SESSION_STATE_STOPPED: /* told as the answer to "stop" */
    default:
      return NULL;
    }
}

static char *
plain_error (const StepcastRequest *request, const char *id, const GError *error)
{
  g_autofree char *message = stepcast_json_quote (error->message);

  /* A stop that failed has been told already, as the end of the run. */
  if (request != NULL && request->type == STEPCAST_REQUEST_STOP &&
      g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE))
    return NULL;

  return g_strdup_printf ("{\"error\":{\"code\":\"%s\",\"message\":%s}}",
                          stepcast_error_nick (error), message);
}

/* A change is told when it comes; where there is none to come, it is told at once. */
static char *
plain_accepted (const StepcastRequest *request, StepcastSession *session, gboolean was_so_before)
{
  return request->type == STEPCAST_REQUEST_PAUSE && was_so_before ? plain_state (session) : NULL;
}

static char *
say_nothing_to_greeting (StepcastSession *session, const StepcastGreeting *greeting)
{
  return NULL;
}

static char *
say_nothing_of_session (StepcastSession *session)
{
  return NULL;
}

static char *
say_nothing_of_numbers (StepcastSession *session, const StepcastViewerNumbers *numbers)
{
  return NULL;
}

static char *
say_nothing_of_frame (StepcastFrame *frame)
{
  return NULL;
}

static char *
say_nothing_of_log (const char *line)
{
  return NULL;
}

const StepcastDialect stepcast_plain_dialect = {
  .subprotocol = NULL,
  .parse = plain_parse,
  .get_prefix = plain_get_prefix,
  .greeting = say_nothing_to_greeting,
  .accepted = plain_accepted,
  .stopped = plain_stopped,
  .set = plain_set,
  .state = plain_state,
  .holder = say_nothing_of_session,
  .parameters = say_nothing_of_session,
  .rate = say_nothing_of_session,
  .title = say_nothing_of_session,
  .progress = say_nothing_of_session,
  .numbers = say_nothing_of_numbers,
  .skipped = say_nothing_of_frame,
  .log = say_nothing_of_log,
  .error = plain_error,
};
