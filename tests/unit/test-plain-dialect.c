/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "stepcast-dialect.h"
#include "stepcast-error.h"
#include "stepcast-generator-source.h"
#include "stepcast-mock-generator.h"
#include "stepcast-test-wait.h"
#include "stepcast-types-generator.h"

/* ---- requests ---- */

static StepcastRequest *
parse (const char *text, GError **error)
{
  g_autofree char *id = NULL;
  StepcastRequest *request =
    stepcast_plain_dialect.parse (text, STEPCAST_TYPE_TYPES_GENERATOR, &id, error);

  g_assert_null (id); /* nobody has one */
  return request;
}

static void
assert_request (const char *text, StepcastRequestType type, guint64 n_steps)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastRequest) request = parse (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (request);
  g_assert_cmpint (request->type, ==, type);
  g_assert_cmpuint (request->n_steps, ==, n_steps);
  g_assert_null (request->values);
  g_assert_cmpstr (request->id, ==, "null");
}

static void
assert_refused (const char *text, int code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastRequest) request = parse (text, &error);

  g_assert_null (request);
  g_assert_error (error, STEPCAST_ERROR, code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, error->message);
}

static void
test_commands (void)
{
  assert_request ("start", STEPCAST_REQUEST_START, 0);
  assert_request ("status", STEPCAST_REQUEST_START, 0);
  assert_request ("stop", STEPCAST_REQUEST_STOP, 0);
  assert_request ("pause", STEPCAST_REQUEST_PAUSE, 0);
  assert_request ("resume", STEPCAST_REQUEST_RESUME, 0);
  assert_request ("step", STEPCAST_REQUEST_STEP, 1);
  assert_request ("step 1", STEPCAST_REQUEST_STEP, 1);
  assert_request ("step 812", STEPCAST_REQUEST_STEP, 812);
  assert_request ("step 18446744073709551615", STEPCAST_REQUEST_STEP, G_MAXUINT64);
}

static void
test_blanks (void)
{
  assert_request (" start", STEPCAST_REQUEST_START, 0);
  assert_request ("\t\r\n stop \r\n", STEPCAST_REQUEST_STOP, 0);
  assert_request ("step \t 12 \n", STEPCAST_REQUEST_STEP, 12);
  assert_request ("step ", STEPCAST_REQUEST_STEP, 1);
}

static void
test_no_commands (void)
{
  static const char *const texts[] = {
    "",       " ",        "\n",         "START",     "Start",   "starts",  "start now",
    "stop 1", "start\vx", "{}",         "\"start\"", "ack",     "options", "stepx",
    "step1",  "sets a=1", "resume all", "ştart",     "status?",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], STEPCAST_ERROR_BAD_REQUEST, "is no command");
}

static void
test_no_steps (void)
{
  static const char *const texts[] = {
    "step 0",    "step -1", "step 1.5", "step +1", "step 1e3",
    "step 0x10", "step x",  "step 1 2", "step １", "step 18446744073709551616",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], STEPCAST_ERROR_INVALID_VALUE, "is no number of steps");
}

/* What is repeated of a long command is cut between characters, wherever that is. */
static void
test_long_commands (void)
{
  static const char *const begins[] = {
    "",        "x",        "xx",   "xxx",   "step ",  "step x",
    "step xx", "step xxx", "set ", "set x", "set xx", "set xxx"
  };

  for (guint i = 0; i < G_N_ELEMENTS (begins); i++)
    {
      GString *text = g_string_new (begins[i]);
      g_autoptr (GError) error = NULL;

      while (text->len < 64 * 1024 - 4)
        g_string_append (text, "🦆");
      g_assert_null (parse (text->str, &error));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpuint (strlen (error->message), <, 1000);
      g_string_free (text, TRUE);
    }
}

static void
assert_set (const char *text, const char *name, const char *type, const char *printed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastRequest) request = parse (text, &error);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *found = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (request->type, ==, STEPCAST_REQUEST_SET);
  g_assert_false (g_variant_is_floating (request->values));
  g_assert_cmpuint (g_variant_n_children (request->values), ==, 1);
  value = g_variant_lookup_value (request->values, name, NULL);
  g_assert_nonnull (value);
  g_assert_cmpstr (g_variant_get_type_string (value), ==, type);
  found = g_variant_print (value, FALSE);
  g_assert_cmpstr (found, ==, printed);
}

static void
test_set (void)
{
  assert_set ("set switch=true", "switch", "b", "true");
  assert_set ("set small=-1000", "small", "i", "-1000");
  assert_set ("set count=4294967295", "count", "u", "4294967295");
  assert_set ("set large=-9223372036854775808", "large", "x", "-9223372036854775808");
  assert_set ("set huge=18446744073709551615", "huge", "t", "18446744073709551615");
  assert_set ("set rate=0.5", "rate", "d", "0.5");
  assert_set ("set rate=1e-3", "rate", "d", "0.001");
  assert_set ("set mode=running", "mode", "s", "'running'");
  assert_set ("set ink=#AABBCC", "ink", "s", "'#aabbcc'");

  /* Blanks around the name do not count; all after the first "=" is the value. */
  assert_set ("  set \t small =7 ", "small", "i", "7");
  assert_set ("set title=a=b = c", "title", "s", "'a=b = c'");
  assert_set ("set title=", "title", "s", "''");
  assert_set ("set title==", "title", "s", "'='");
}

static void
test_no_set (void)
{
  assert_refused ("set", STEPCAST_ERROR_BAD_REQUEST, "set NAME=VALUE");
  assert_refused ("set small", STEPCAST_ERROR_BAD_REQUEST, "set NAME=VALUE");
  assert_refused ("set =1", STEPCAST_ERROR_BAD_REQUEST, "set NAME=VALUE");
  assert_refused ("set nothing=1", STEPCAST_ERROR_UNKNOWN_PARAMETER, "nothing");
  assert_refused ("set SMALL=1", STEPCAST_ERROR_UNKNOWN_PARAMETER, "SMALL");
  assert_refused ("set small count=1", STEPCAST_ERROR_UNKNOWN_PARAMETER, "small count");
  assert_refused ("set small=1001", STEPCAST_ERROR_INVALID_VALUE, "small");
  assert_refused ("set small=", STEPCAST_ERROR_INVALID_VALUE, "small");
  assert_refused ("set small=1.5", STEPCAST_ERROR_INVALID_VALUE, "small");
  assert_refused ("set rate=nan", STEPCAST_ERROR_INVALID_VALUE, "rate");
  assert_refused ("set rate=inf", STEPCAST_ERROR_INVALID_VALUE, "rate");
  assert_refused ("set rate=1e999", STEPCAST_ERROR_INVALID_VALUE, "rate");
  assert_refused ("set huge=18446744073709551616", STEPCAST_ERROR_INVALID_VALUE, "huge");
  assert_refused ("set mode=walking", STEPCAST_ERROR_INVALID_VALUE, "mode");
  assert_refused ("set ink=red", STEPCAST_ERROR_INVALID_VALUE, "#rrggbb");
  assert_refused ("set sample=/etc/passwd", STEPCAST_ERROR_INVALID_VALUE, "content of a file");
  assert_refused ("set switch=perhaps", STEPCAST_ERROR_INVALID_VALUE, "switch");
}

/* A program's session has no parameters. */
static void
test_set_of_program (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  g_assert_null (stepcast_plain_dialect.parse ("set a=1", STEPCAST_TYPE_GENERATOR, &id, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER);
}

/* ---- messages ---- */

/* The members of the one member of @text, which is called @name. */
static JsonNode *
read_message (char *taken, const char *name, JsonObject **members)
{
  g_autofree char *text = taken;
  g_autoptr (GError) error = NULL;
  JsonNode *root;

  g_assert_nonnull (text);
  g_assert_true (text[0] == '{');
  g_assert_null (strchr (text, '\n'));
  root = json_from_string (text, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (root)), ==, 1);
  *members = json_object_get_object_member (json_node_get_object (root), name);
  g_assert_nonnull (*members);
  return root;
}

static StepcastSession *
make_session (GType generator_type, StepcastScheduler *scheduler, GVariant *parameters)
{
  g_autoptr (StepcastSource) source =
    stepcast_generator_source_new ("under-test", generator_type, scheduler, FALSE);

  return stepcast_session_new ("under_test_1", source, parameters, 30000);
}

static GVariant *
no_parameters (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
}

static void
test_silence (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (GVariant) none = g_variant_ref_sink (no_parameters ());
  g_autoptr (StepcastSession) session =
    make_session (STEPCAST_TYPE_TYPES_GENERATOR, scheduler, none);
  g_autoptr (StepcastRequest) request = stepcast_request_new (STEPCAST_REQUEST_START);
  const StepcastGreeting greeting = {
    .viewer = "1", .role = STEPCAST_ROLE_VIEW, .delivery = STEPCAST_DELIVERY_LATEST, .max_fps = 60
  };
  g_autoptr (GBytes) svg = g_bytes_new_static ("<svg/>", 6);
  g_autoptr (StepcastFrame) frame = stepcast_frame_new (svg, 1, 2, 3, 4);
  char buffer[STEPCAST_PREFIX_BYTES];

  g_assert_null (stepcast_plain_dialect.subprotocol);
  g_assert_null (stepcast_plain_dialect.get_prefix (frame, buffer));
  g_assert_null (stepcast_plain_dialect.greeting (session, &greeting));
  g_assert_null (stepcast_plain_dialect.accepted (request, session, TRUE));
  g_assert_null (stepcast_plain_dialect.parameters (session));
  g_assert_null (stepcast_plain_dialect.progress (session));
  g_assert_null (stepcast_plain_dialect.log ("a line"));
  g_assert_null (stepcast_plain_dialect.state (session)); /* idle */
}

static void
test_stopped (void)
{
  static const StepcastStopReport reports[] = {
    { 812, 0.007 },
    { 0, 0 },
    { 1, 1e-7 },
    { G_MAXINT64, 4.999999 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (reports); i++)
    {
      JsonObject *members;
      g_autoptr (JsonNode) root = NULL;

      root = read_message (stepcast_plain_dialect.stopped (NULL, &reports[i]), "stopped", &members);
      g_assert_cmpuint (json_object_get_size (members), ==, 2);
      g_assert_cmpint (json_object_get_int_member (members, "step"), ==, (gint64) reports[i].step);
      g_assert_cmpfloat_with_epsilon (json_object_get_double_member (members, "seconds"),
                                      reports[i].seconds, 1e-5);
    }
}

static void
test_error (void)
{
  g_autoptr (StepcastRequest) start = stepcast_request_new (STEPCAST_REQUEST_START);
  g_autoptr (StepcastRequest) stop = stepcast_request_new (STEPCAST_REQUEST_STOP);
  g_autoptr (GError) error = g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE, "“a\"\\\n”");
  g_autoptr (GError) unresponsive =
    g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE, "gone");
  JsonObject *members;
  g_autoptr (JsonNode) root = NULL;

  root = read_message (stepcast_plain_dialect.error (start, NULL, error), "error", &members);
  g_assert_cmpuint (json_object_get_size (members), ==, 2);
  g_assert_cmpstr (json_object_get_string_member (members, "code"), ==, "bad-state");
  g_assert_cmpstr (json_object_get_string_member (members, "message"), ==, "“a\"\\\n”");

  json_node_unref (root);
  root = read_message (stepcast_plain_dialect.error (NULL, "7", error), "error", &members);

  /* A stop that failed was told as the end of the run; one that was refused was not. */
  json_node_unref (root);
  root = read_message (stepcast_plain_dialect.error (stop, NULL, error), "error", &members);
  g_assert_null (stepcast_plain_dialect.error (stop, NULL, unresponsive));
}

static void
on_set (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  stepcast_session_set_parameters_finish (STEPCAST_SESSION (source_object), result, user_data,
                                          NULL);
}

static void
test_set_answer (void)
{
  static const struct
  {
    const char *command;
    const char *value; /* as JSON text */
  } cases[] = {
    { "set switch=true", "true" },
    { "set small=-3", "-3" },
    { "set huge=18446744073709551615", "\"18446744073709551615\"" },
    { "set large=9007199254740992", "9007199254740992" },
    { "set large=-9007199254740993", "\"-9007199254740993\"" },
    { "set mode=paused", "\"paused\"" },
    { "set title=a \"b\" \\ 🦆", "\"a \\\"b\\\" \\\\ 🦆\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
      g_autoptr (GVariant) none = g_variant_ref_sink (no_parameters ());
      g_autoptr (StepcastSession) session =
        make_session (STEPCAST_TYPE_TYPES_GENERATOR, scheduler, none);
      g_autoptr (StepcastRequest) request = parse (cases[i].command, NULL);
      guint64 step = 0;
      JsonObject *members;
      g_autoptr (JsonNode) root = NULL;
      g_autofree char *value = NULL;
      const char *name = cases[i].command + strlen ("set ");
      g_autofree char *expected_name = g_strndup (name, strcspn (name, "="));

      stepcast_session_set_parameters_async (session, request->values, NULL, on_set, &step);
      stepcast_test_wait_for (step == 1);
      root = read_message (stepcast_plain_dialect.set (request, session, step), "set", &members);
      g_assert_cmpuint (json_object_get_size (members), ==, 3);
      g_assert_cmpstr (json_object_get_string_member (members, "name"), ==, expected_name);
      g_assert_cmpint (json_object_get_int_member (members, "step"), ==, 1);
      value = json_to_string (json_object_get_member (members, "value"), FALSE);
      g_assert_cmpstr (value, ==, cases[i].value);
    }
}

static void
assert_state (StepcastSession *session, const char *name, gint64 step, guint n_members)
{
  JsonObject *members;
  g_autoptr (JsonNode) root = NULL;

  root = read_message (stepcast_plain_dialect.state (session), name, &members);
  g_assert_cmpint (json_object_get_int_member (members, "step"), ==, step);
  g_assert_cmpuint (json_object_get_size (members), ==, n_members);
}

static StepcastSessionState
get_state (StepcastSession *session)
{
  return stepcast_session_get_state (session);
}

static void
test_states (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (GVariant) none = g_variant_ref_sink (no_parameters ());
  g_autoptr (StepcastSession) session =
    make_session (STEPCAST_TYPE_TYPES_GENERATOR, scheduler, none);

  stepcast_session_step (session, 2, NULL);
  g_assert_null (stepcast_plain_dialect.state (session)); /* running */
  stepcast_test_wait_for (get_state (session) == STEPCAST_SESSION_STATE_PAUSED);
  assert_state (session, "paused", 2, 1);
  stepcast_session_resume (session, NULL);
  stepcast_test_wait_for (get_state (session) == STEPCAST_SESSION_STATE_FINISHED);
  assert_state (session, "finished", 3, 1);
}

static void
test_failed (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  StepcastMockControl *control = stepcast_mock_control_new ();
  g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (control, 1);
  g_autoptr (StepcastSession) session =
    make_session (STEPCAST_TYPE_MOCK_GENERATOR, scheduler, parameters);
  JsonObject *members;
  g_autoptr (JsonNode) root = NULL;

  stepcast_mock_control_fail (control, STEPCAST_MOCK_PHASE_STEP, 2);
  stepcast_mock_control_fail_with (control, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED);
  stepcast_session_start (session, NULL);
  stepcast_test_wait_for (get_state (session) == STEPCAST_SESSION_STATE_FAILED);
  assert_state (session, "failed", 1, 3);
  root = read_message (stepcast_plain_dialect.state (session), "failed", &members);
  g_assert_cmpstr (json_object_get_string_member (members, "code"), ==, "generator-failed");
  g_assert_nonnull (strstr (json_object_get_string_member (members, "message"), "Step 2"));

  g_clear_object (&session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (control) == 0);
  stepcast_mock_control_unref (control);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/plain/request/commands", test_commands);
  g_test_add_func ("/plain/request/blanks", test_blanks);
  g_test_add_func ("/plain/request/no-commands", test_no_commands);
  g_test_add_func ("/plain/request/no-steps", test_no_steps);
  g_test_add_func ("/plain/request/long", test_long_commands);
  g_test_add_func ("/plain/request/set", test_set);
  g_test_add_func ("/plain/request/no-set", test_no_set);
  g_test_add_func ("/plain/request/set-of-program", test_set_of_program);
  g_test_add_func ("/plain/message/silence", test_silence);
  g_test_add_func ("/plain/message/stopped", test_stopped);
  g_test_add_func ("/plain/message/error", test_error);
  g_test_add_func ("/plain/message/set", test_set_answer);
  g_test_add_func ("/plain/message/states", test_states);
  g_test_add_func ("/plain/message/failed", test_failed);

  return g_test_run ();
}
