/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "stepcast-dialect.h"
#include "stepcast-error.h"
#include "stepcast-generator-source.h"
#include "stepcast-mock-generator.h"
#include "stepcast-parameters.h"
#include "stepcast-test-wait.h"
#include "stepcast-types-generator.h"

/* ---- requests ---- */

static StepcastRequest *
parse_with_id (const char *text, char **id, GError **error)
{
  return stepcast_v1_dialect.parse (text, STEPCAST_TYPE_TYPES_GENERATOR, id, error);
}

static StepcastRequest *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  StepcastRequest *request = parse_with_id (text, &id, &error);

  g_assert_no_error (error);
  g_assert_nonnull (request);
  g_assert_null (id);
  return request;
}

/* @expected_id: (nullable): what the error repeats, as JSON text */
static void
assert_refused (const char *text, const char *expected_id, int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  g_autoptr (StepcastRequest) request = parse_with_id (text, &id, &error);

  if (request != NULL)
    g_error ("%.200s is accepted", text);
  g_assert_error (error, STEPCAST_ERROR, code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpstr (id, ==, expected_id);
}

static void
test_requests (void)
{
  static const struct
  {
    const char *type;
    StepcastRequestType expected;
  } cases[] = {
    { "start", STEPCAST_REQUEST_START }, { "stop", STEPCAST_REQUEST_STOP },
    { "pause", STEPCAST_REQUEST_PAUSE }, { "resume", STEPCAST_REQUEST_RESUME },
    { "step", STEPCAST_REQUEST_STEP },   { "options", STEPCAST_REQUEST_OPTIONS },
    { "ack", STEPCAST_REQUEST_ACK },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (" {\"id\":1,\"type\":\"%s\"}\n", cases[i].type);
      g_autofree char *bare = g_strdup_printf ("{\"type\":\"%s\",\"more\":[{}]}", cases[i].type);
      g_autoptr (StepcastRequest) request = parse (text);
      g_autoptr (StepcastRequest) bare_request = parse (bare);

      g_assert_cmpint (request->type, ==, cases[i].expected);
      g_assert_cmpstr (request->id, ==, "1");
      g_assert_cmpuint (request->n_steps, ==, g_str_equal (cases[i].type, "step") ? 1 : 0);
      g_assert_false (request->has_delivery);
      g_assert_cmpuint (request->max_fps, ==, 0);
      g_assert_cmpstr (bare_request->id, ==, "null");
    }
}

static void
test_no_requests (void)
{
  static const char *const texts[] = {
    "",
    " ",
    "start",
    "null",
    "1",
    "\"start\"",
    "[]",
    "[{\"type\":\"start\"}]",
    "{",
    "{\"type\":\"start\"",
    "{\"type\":\"start\"}}",
    "{\"type\":\"start\"} {\"type\":\"stop\"}",
    "{\"type\"}",
    "{type:start",
    "\xf0\x9f\xa6\x86",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], NULL, STEPCAST_ERROR_BAD_REQUEST);
}

static void
test_no_types (void)
{
  static const char *const types[] = {
    "\"\"", "\"Start\"", "\"status\"", "\"start \"", "1", "null", "true", "[\"start\"]", "{}",
  };

  assert_refused ("{}", "null", STEPCAST_ERROR_BAD_REQUEST);
  assert_refused ("{\"id\":5}", "5", STEPCAST_ERROR_BAD_REQUEST);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"type\":%s,\"id\":\"x\"}", types[i]);

      assert_refused (text, "\"x\"", STEPCAST_ERROR_BAD_REQUEST);
    }
}

/* ---- ids ---- */

static void
assert_id (const char *id)
{
  g_autofree char *text = g_strdup_printf ("{\"type\":\"stop\",\"id\":%s}", id);
  g_autofree char *wrong = g_strdup_printf ("{\"id\":%s,\"type\":\"set\"}", id);
  g_autoptr (StepcastRequest) request = parse (text);

  g_assert_cmpstr (request->id, ==, id);
  assert_refused (wrong, id, STEPCAST_ERROR_BAD_REQUEST);
}

static void
test_ids (void)
{
  g_autofree char *letters = g_strnfill (126, 'i');
  g_autofree char *longest = g_strdup_printf ("\"%s\"", letters);

  assert_id ("0");
  assert_id ("-1");
  assert_id ("9007199254740993");
  assert_id ("999999999999999999");
  assert_id ("-999999999999999999");
  assert_id ("\"\"");
  assert_id ("\"a \\\"b\\\" \\\\\"");
  assert_id ("\"🦆\"");
  assert_id ("null");
  assert_id (longest);
}

static void
test_no_ids (void)
{
  static const char *const ids[] = {
    "true",
    "1.5",
    "1e3",
    "0x10",
    "010",
    "'one'",
    "[]",
    "{}",
    "[1]",
    /* What can't be repeated as it was. */
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999999999999999",
    "-9223372036854775809",
    "-99999999999999999999999999999999",
    "\"\\ud800\"",
    "\"a\\udc00b\"",
    "\"\\u0000\"",
  };
  g_autofree char *letters = g_strnfill (127, 'i');
  g_autofree char *too_long = g_strdup_printf ("{\"type\":\"stop\",\"id\":\"%s\"}", letters);
  g_autofree char *quotes = g_strnfill (64, '"');
  g_auto (GStrv) split = g_strsplit (quotes, "\"", -1);
  g_autofree char *escaped = g_strjoinv ("\\\"", split);
  g_autofree char *too_long_escaped =
    g_strdup_printf ("{\"type\":\"stop\",\"id\":\"%s\"}", escaped);

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"type\":\"stop\",\"id\":%s}", ids[i]);

      assert_refused (text, NULL, STEPCAST_ERROR_BAD_REQUEST);
    }
  assert_refused (too_long, NULL, STEPCAST_ERROR_BAD_REQUEST);
  assert_refused (too_long_escaped, NULL, STEPCAST_ERROR_BAD_REQUEST);
}

/* ---- depth ---- */

static char *
nest (const char *begin, const char *open, guint depth, const char *close, const char *end)
{
  GString *text = g_string_new (begin);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);
  g_string_append (text, end);
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  static const guint depths[] = { 16, 17, 100, 10000, 32000 };
  g_autofree char *deepest = nest ("{\"type\":\"stop\",\"more\":", "[", 15, "]", "}");
  g_autoptr (StepcastRequest) request = parse (deepest);

  g_assert_cmpint (request->type, ==, STEPCAST_REQUEST_STOP);
  for (guint i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      g_autofree char *arrays = nest ("{\"type\":\"stop\",\"more\":", "[", depths[i], "]", "}");
      g_autofree char *objects =
        nest ("{\"type\":\"stop\",\"more\":1", ",\"a\":{\"b\":1", depths[i], "}", "}");
      g_autofree char *open = nest ("", "[", depths[i] + 1, "", "");
      g_autofree char *closed = nest ("", "]", 10, "[", "[[[[[[[[[[[[[[[[[[[[[[[");

      assert_refused (arrays, NULL, STEPCAST_ERROR_BAD_REQUEST);
      assert_refused (objects, NULL, STEPCAST_ERROR_BAD_REQUEST);
      assert_refused (open, NULL, STEPCAST_ERROR_BAD_REQUEST);
      assert_refused (closed, NULL, STEPCAST_ERROR_BAD_REQUEST);
    }
}

/* ---- members ---- */

static void
test_steps (void)
{
  static const struct
  {
    const char *steps;
    guint64 expected;
  } good[] = { { "1", 1 }, { "812", 812 }, { "9007199254740992", 1ull << 53 } };
  static const char *const bad[] = {
    "0",
    "-1",
    "1.5",
    "1.0",
    "1e3",
    "\"1\"",
    "true",
    "null",
    "[1]",
    "{}",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551617",
    "99999999999999999999999999",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"type\":\"step\",\"steps\":%s}", good[i].steps);
      g_autoptr (StepcastRequest) request = parse (text);

      g_assert_cmpuint (request->n_steps, ==, good[i].expected);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"id\":8,\"type\":\"step\",\"steps\":%s}", bad[i]);

      assert_refused (text, "8", STEPCAST_ERROR_INVALID_VALUE);
    }
}

static void
test_options (void)
{
  static const char *const bad[] = {
    "\"max-fps\":0",          "\"max-fps\":241",   "\"max-fps\":-1",       "\"max-fps\":59.5",
    "\"max-fps\":\"60\"",     "\"max-fps\":null",  "\"delivery\":\"all\"", "\"delivery\":\"\"",
    "\"delivery\":1",         "\"delivery\":null", "\"delivery\":[]",      "\"delivery\":true",
    "\"max-fps\":4294967297",
  };
  g_autoptr (StepcastRequest) both =
    parse ("{\"type\":\"options\",\"delivery\":\"every\",\"max-fps\":240}");
  g_autoptr (StepcastRequest) latest = parse ("{\"type\":\"options\",\"delivery\":\"latest\"}");
  g_autoptr (StepcastRequest) slow = parse ("{\"type\":\"options\",\"max-fps\":1}");

  g_assert_true (both->has_delivery);
  g_assert_cmpint (both->delivery, ==, STEPCAST_DELIVERY_EVERY);
  g_assert_cmpuint (both->max_fps, ==, 240);
  g_assert_true (latest->has_delivery);
  g_assert_cmpint (latest->delivery, ==, STEPCAST_DELIVERY_LATEST);
  g_assert_cmpuint (latest->max_fps, ==, 0);
  g_assert_false (slow->has_delivery);
  g_assert_cmpuint (slow->max_fps, ==, 1);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"id\":8,\"type\":\"options\",%s}", bad[i]);

      assert_refused (text, "8", STEPCAST_ERROR_INVALID_VALUE);
    }
}

static void
test_ack (void)
{
  g_autoptr (StepcastRequest) request = parse ("{\"type\":\"ack\",\"serial\":17}");

  g_assert_cmpuint (request->serial, ==, 17);
  assert_refused ("{\"type\":\"ack\",\"serial\":-1}", "null", STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("{\"type\":\"ack\",\"serial\":\"17\"}", "null", STEPCAST_ERROR_INVALID_VALUE);
}

/* ---- set ---- */

/* What a number that is too large for 64 bits says is not lost: it is out of every range. */
static void
test_set_out_of_range (void)
{
  static const char *const numbers[] = {
    "9223372036854775808",
    "18446744073709551616",
    "18446744073709551617",
    "-9223372036854775809",
    "-99999999999999999999999999",
    "1e999",
    "-1e999",
  };
  static const char *const names[] = { "small", "count", "rate" };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (names); j++)
      {
        g_autofree char *text =
          g_strdup_printf ("{\"type\":\"set\",\"values\":{\"%s\":%s}}", names[j], numbers[i]);
        g_autoptr (StepcastRequest) request = parse (text);
        g_autoptr (GError) error = NULL;

        g_assert_null (
          stepcast_parameters_check (STEPCAST_TYPE_TYPES_GENERATOR, request->values, &error));
        g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      }
}

/* What is read need not be right, but the session that checks it takes what is. */
static void
test_set (void)
{
  g_autoptr (StepcastRequest) request =
    parse ("{\"type\":\"set\",\"id\":4,\"values\":{\"switch\":true,\"small\":-3,\"count\":4,"
           "\"large\":\"-9223372036854775808\",\"huge\":\"18446744073709551615\",\"rate\":0.5,"
           "\"mode\":\"paused\",\"title\":\"a \\\"b\\\" \\ud83e\\udd86\"}}");
  static const struct
  {
    const char *name;
    const char *value;
  } expected[] = {
    { "switch", "true" },
    { "small", "int64 -3" },
    { "count", "int64 4" },
    { "large", "int64 -9223372036854775808" },
    { "huge", "uint64 18446744073709551615" },
    { "rate", "0.5" },
    { "mode", "'paused'" },
    { "title", "'a \"b\" 🦆'" },
  };

  g_assert_false (g_variant_is_floating (request->values));
  g_assert_cmpuint (g_variant_n_children (request->values), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (GVariant) value = NULL;
      g_autofree char *printed = NULL;

      value = g_variant_lookup_value (request->values, expected[i].name, NULL);
      printed = g_variant_print (value, TRUE);
      g_assert_cmpstr (printed, ==, expected[i].value);
    }
}

static void
test_set_nothing (void)
{
  g_autoptr (StepcastRequest) request = parse ("{\"type\":\"set\",\"values\":{}}");

  g_assert_cmpuint (g_variant_n_children (request->values), ==, 0);
}

static void
test_no_set (void)
{
  static const struct
  {
    const char *members;
    int code;
  } cases[] = {
    { "\"values\":null", STEPCAST_ERROR_BAD_REQUEST },
    { "\"values\":[]", STEPCAST_ERROR_BAD_REQUEST },
    { "\"values\":\"rate=1\"", STEPCAST_ERROR_BAD_REQUEST },
    { "\"value\":{}", STEPCAST_ERROR_BAD_REQUEST },
    { "\"values\":{\"nothing\":1}", STEPCAST_ERROR_UNKNOWN_PARAMETER },
    { "\"values\":{\"\":1}", STEPCAST_ERROR_UNKNOWN_PARAMETER },
    { "\"values\":{\"\\ud800\":1}", STEPCAST_ERROR_BAD_REQUEST },
    { "\"values\":{\"rate\":0.5,\"nothing\":1}", STEPCAST_ERROR_UNKNOWN_PARAMETER },
    { "\"values\":{\"rate\":null}", STEPCAST_ERROR_INVALID_VALUE },
    { "\"values\":{\"rate\":[0.5]}", STEPCAST_ERROR_INVALID_VALUE },
    { "\"values\":{\"rate\":{\"a\":"
      "\"🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆🦆\"}}",
      STEPCAST_ERROR_INVALID_VALUE },
    { "\"values\":{\"huge\":\"18446744073709551616\"}", STEPCAST_ERROR_INVALID_VALUE },
    { "\"values\":{\"large\":\"many\"}", STEPCAST_ERROR_INVALID_VALUE },
    { "\"values\":{\"title\":\"\\ud800\"}", STEPCAST_ERROR_BAD_REQUEST },
    { "\"values\":{\"title\":\"a\\udc00b\"}", STEPCAST_ERROR_BAD_REQUEST },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"id\":8,\"type\":\"set\",%s}", cases[i].members);

      assert_refused (text, strstr (text, "\\u") == NULL ? "8" : NULL, cases[i].code);
    }
}

/* ---- messages ---- */

static JsonNode *
read_message (char *taken, const char *type, const char *members, JsonObject **object)
{
  g_autofree char *text = taken;
  g_auto (GStrv) names = g_strsplit (members, " ", -1);
  g_autoptr (GError) error = NULL;
  JsonNode *root;

  g_assert_nonnull (text);
  g_assert_null (strchr (text, '\n'));
  g_assert_true (g_utf8_validate (text, -1, NULL));
  root = json_from_string (text, &error);
  g_assert_no_error (error);
  *object = json_node_get_object (root);
  g_assert_cmpstr (json_object_get_string_member (*object, "type"), ==, type);
  for (guint i = 0; names[i] != NULL; i++)
    if (!json_object_has_member (*object, names[i]))
      g_error ("There is no “%s” in %s", names[i], text);
  g_assert_cmpuint (json_object_get_size (*object), ==, 1 + g_strv_length (names));
  return root;
}

static char *
member_text (JsonObject *object, const char *name)
{
  return json_to_string (json_object_get_member (object, name), FALSE);
}

static void
assert_member (JsonObject *object, const char *name, const char *expected)
{
  g_autofree char *text = member_text (object, name);

  g_assert_cmpstr (text, ==, expected);
}

static StepcastSession *
make_session (GType generator_type, StepcastScheduler *scheduler, GVariant *parameters)
{
  g_autoptr (StepcastSource) source =
    stepcast_generator_source_new ("under-test", generator_type, scheduler, FALSE);
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  return stepcast_session_new ("under_test_1", source, parameters != NULL ? parameters : none,
                               30000);
}

static void
test_prefix (void)
{
  g_autoptr (GBytes) svg = g_bytes_new_static ("<svg/>", 6);
  static const struct
  {
    gint64 time_us;
    const char *expected;
  } cases[] = {
    { 0, "0.000000" },
    { 1, "0.000001" },
    { 1234567, "1.234567" },
    { 60000000, "60.000000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StepcastFrame) frame = stepcast_frame_new (svg, 1, 17, 812, cases[i].time_us);
      char buffer[STEPCAST_PREFIX_BYTES];
      g_autofree char *expected =
        g_strdup_printf ("{\"type\":\"frame\",\"run\":1,\"serial\":17,\"step\":812,\"time\":%s}\n",
                         cases[i].expected);
      const char *prefix = stepcast_v1_dialect.get_prefix (frame, buffer);
      g_autoptr (JsonNode) root = json_from_string (prefix, NULL);

      g_assert_cmpstr (prefix, ==, expected);
      g_assert_nonnull (root);
    }
}

static void
test_greeting (void)
{
  static const StepcastGreeting greetings[] = {
    { "1", "0123456789abcdef", FALSE, 0, STEPCAST_ROLE_CONTROL, STEPCAST_DELIVERY_EVERY, 60, 0,
      TRUE },
    { "23", NULL, TRUE, 4, STEPCAST_ROLE_VIEW, STEPCAST_DELIVERY_LATEST, 1, 2048, FALSE },
  };
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (StepcastSession) session =
    make_session (STEPCAST_TYPE_TYPES_GENERATOR, scheduler, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (greetings); i++)
    {
      JsonObject *hello;
      g_autoptr (JsonNode) root = NULL;

      root = read_message (
        stepcast_v1_dialect.greeting (session, &greetings[i]), "hello",
        "version service session generator summary role delivery max-fps max-bytes "
        "compressed viewer resume resumed when-unwatched grace-seconds rate state run "
        "step reason by held-by parameters metrics limits",
        &hello);
      assert_member (hello, "version", "\"" PACKAGE_VERSION "\"");
      assert_member (hello, "session", "\"under_test_1\"");
      assert_member (hello, "generator", "\"under-test\"");
      assert_member (hello, "summary", "\"Has a “parameter” of each type\"");
      assert_member (hello, "role", i == 0 ? "\"control\"" : "\"view\"");
      assert_member (hello, "delivery", i == 0 ? "\"every\"" : "\"latest\"");
      assert_member (hello, "max-fps", i == 0 ? "60" : "1");
      assert_member (hello, "compressed", i == 0 ? "true" : "false");
      assert_member (hello, "max-bytes", i == 0 ? "0" : "2048");
      assert_member (hello, "viewer", i == 0 ? "\"1\"" : "\"23\"");
      assert_member (hello, "resume", i == 0 ? "\"0123456789abcdef\"" : "null");
      assert_member (hello, "resumed", i == 0 ? "null" : "{\"missed\":4}");
      assert_member (hello, "when-unwatched", "\"run\"");
      assert_member (hello, "grace-seconds", "10.0");
      assert_member (hello, "rate", "0.0");
      assert_member (hello, "by", "null");
      assert_member (hello, "held-by", "null");
      assert_member (hello, "state", "\"idle\"");
      assert_member (hello, "run", "0");
      assert_member (hello, "step", "0");
      assert_member (hello, "reason", "null");
      assert_member (hello, "metrics",
                     "[{\"name\":\"error\",\"summary\":\"How wrong it is\",\"unit\":\"mm\"},"
                     "{\"name\":\"lost\",\"summary\":\"No number\"}]");
      assert_member (hello, "limits",
                     "{\"message-bytes\":65536,\"answer-bytes\":262144,\"window-bytes\":196608,"
                     "\"stop-seconds\":30}");
    }
}

static void
test_parameter_specs (void)
{
  static const char *const expected[] = {
    "{\"name\":\"switch\",\"label\":\"Switch\",\"description\":\"On or off\","
    "\"type\":\"boolean\",\"default\":false,\"value\":false,\"live\":true}",
    "{\"name\":\"small\",\"label\":\"Small\",\"description\":\"A small number\","
    "\"type\":\"integer\",\"default\":7,\"value\":7,\"minimum\":-1000,\"maximum\":1000,"
    "\"live\":true}",
    "{\"name\":\"count\",\"label\":\"Count\",\"description\":\"A number of things\","
    "\"type\":\"integer\",\"default\":3,\"value\":3,\"minimum\":0,\"maximum\":4294967295,"
    "\"live\":true}",
    "{\"name\":\"large\",\"label\":\"Large\",\"description\":\"Any signed number\","
    "\"type\":\"integer\",\"default\":\"-9223372036854775808\","
    "\"value\":\"-9223372036854775808\",\"minimum\":\"-9223372036854775808\","
    "\"maximum\":\"9223372036854775807\",\"live\":true}",
    "{\"name\":\"huge\",\"label\":\"Huge\",\"description\":\"Any number\","
    "\"type\":\"integer\",\"default\":\"18446744073709551615\","
    "\"value\":\"18446744073709551615\",\"minimum\":0,\"maximum\":\"18446744073709551615\","
    "\"live\":true}",
    "{\"name\":\"rate\",\"label\":\"Rate\",\"description\":\"A fraction\","
    "\"type\":\"number\",\"default\":0.25,\"value\":0.25,\"minimum\":0.0,\"maximum\":1.0,"
    "\"unit\":\"Hz\",\"live\":true}",
    "{\"name\":\"mode\",\"label\":\"Mode\",\"description\":\"One of some\","
    "\"type\":\"choice\",\"default\":\"idle\",\"value\":\"idle\","
    "\"choices\":[\"idle\",\"running\",\"paused\",\"stopping\",\"stopped\",\"finished\","
    "\"failed\"],\"live\":true}",
    "{\"name\":\"title\",\"label\":\"Title\",\"description\":\"A \\\"text\\\"\\n\\\\\","
    "\"type\":\"text\",\"default\":\"“a\\\"\\\\\\n”\",\"value\":\"“a\\\"\\\\\\n”\","
    "\"live\":false}",
  };
  const StepcastGreeting greeting = {
    .viewer = "1", .role = STEPCAST_ROLE_VIEW, .delivery = STEPCAST_DELIVERY_LATEST, .max_fps = 60
  };
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (StepcastSession) session =
    make_session (STEPCAST_TYPE_TYPES_GENERATOR, scheduler, NULL);
  g_autofree char *text = stepcast_v1_dialect.greeting (session, &greeting);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonArray *specs = json_object_get_array_member (json_node_get_object (root), "parameters");

  g_assert_cmpuint (json_array_get_length (specs), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autofree char *spec = json_to_string (json_array_get_element (specs, i), FALSE);

      g_assert_cmpstr (spec, ==, expected[i]);
    }
}

static void
test_answers (void)
{
  const StepcastStopReport report = { .step = 812, .seconds = 0.007 };
  g_autoptr (StepcastRequest) request = parse ("{\"type\":\"stop\",\"id\":\"a\\\"b\"}");
  g_autoptr (GError) error = g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE, "“\"”\n");
  JsonObject *answer;
  JsonNode *root;

  root =
    read_message (stepcast_v1_dialect.accepted (request, NULL, FALSE), "answer", "id", &answer);
  assert_member (answer, "id", "\"a\\\"b\"");
  json_node_unref (root);

  root = read_message (stepcast_v1_dialect.stopped (request, &report), "answer", "id step seconds",
                       &answer);
  assert_member (answer, "step", "812");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (answer, "seconds"), 0.007, 1e-6);
  json_node_unref (root);
  g_assert_null (stepcast_v1_dialect.stopped (NULL, &report));

  root = read_message (stepcast_v1_dialect.set (request, NULL, 813), "answer", "id step", &answer);
  assert_member (answer, "step", "813");
  json_node_unref (root);

  root = read_message (stepcast_v1_dialect.error (request, NULL, error), "error", "id code message",
                       &answer);
  assert_member (answer, "id", "\"a\\\"b\"");
  assert_member (answer, "code", "\"invalid-value\"");
  assert_member (answer, "message", "\"“\\\"”\\n\"");
  json_node_unref (root);
  root = read_message (stepcast_v1_dialect.error (NULL, "7", error), "error", "id code message",
                       &answer);
  assert_member (answer, "id", "7");
  json_node_unref (root);
  root = read_message (stepcast_v1_dialect.error (NULL, NULL, error), "error", "id code message",
                       &answer);
  assert_member (answer, "id", "null");
  json_node_unref (root);

  root = read_message (stepcast_v1_dialect.log ("a \"line\"\t\x01 🦆"), "log", "line", &answer);
  g_assert_cmpstr (json_object_get_string_member (answer, "line"), ==, "a \"line\"\t\x01 🦆");
  json_node_unref (root);
}

static StepcastSessionState
get_state (StepcastSession *session)
{
  return stepcast_session_get_state (session);
}

static void
test_events (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (StepcastSession) session =
    make_session (STEPCAST_TYPE_TYPES_GENERATOR, scheduler, NULL);
  JsonObject *event, *values;
  JsonNode *root;

  root = read_message (stepcast_v1_dialect.parameters (session), "parameters", "values by", &event);
  values = json_object_get_object_member (event, "values");
  g_assert_cmpuint (json_object_get_size (values), ==, 8);
  assert_member (values, "switch", "false");
  assert_member (values, "small", "7");
  assert_member (values, "count", "3");
  assert_member (values, "large", "\"-9223372036854775808\"");
  assert_member (values, "huge", "\"18446744073709551615\"");
  assert_member (values, "rate", "0.25");
  assert_member (values, "mode", "\"idle\"");
  assert_member (values, "title", "\"“a\\\"\\\\\\n”\"");
  json_node_unref (root);

  stepcast_session_step (session, 1, NULL);
  stepcast_test_wait_for (get_state (session) == STEPCAST_SESSION_STATE_PAUSED);
  root = read_message (stepcast_v1_dialect.state (session), "state",
                       "state run step reason by held-by", &event);
  assert_member (event, "state", "\"paused\"");
  assert_member (event, "run", "1");
  assert_member (event, "step", "1");
  assert_member (event, "reason", "null");
  json_node_unref (root);

  root = read_message (stepcast_v1_dialect.progress (session), "progress",
                       "step fraction metrics steps-per-second", &event);
  assert_member (event, "step", "1");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (event, "fraction"), 1 / 3.0, 1e-9);
  assert_member (event, "metrics", "{\"error\":0.5,\"lost\":null}");
  assert_member (event, "steps-per-second", "0.0"); /* it is paused */
  json_node_unref (root);
}

static void
test_failure (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  StepcastMockControl *control = stepcast_mock_control_new ();
  g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (control, 1);
  StepcastSession *session = make_session (STEPCAST_TYPE_MOCK_GENERATOR, scheduler, parameters);
  JsonObject *event, *reason;
  JsonNode *root;

  stepcast_mock_control_fail (control, STEPCAST_MOCK_PHASE_STEP, 2);
  stepcast_mock_control_fail_with (control, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED);
  stepcast_session_start (session, NULL);
  stepcast_test_wait_for (get_state (session) == STEPCAST_SESSION_STATE_FAILED);
  root = read_message (stepcast_v1_dialect.state (session), "state",
                       "state run step reason by held-by", &event);
  assert_member (event, "state", "\"failed\"");
  reason = json_object_get_object_member (event, "reason");
  g_assert_cmpuint (json_object_get_size (reason), ==, 2);
  assert_member (reason, "code", "\"generator-failed\"");
  g_assert_nonnull (strstr (json_object_get_string_member (reason, "message"), "Step 2"));
  json_node_unref (root);

  root = read_message (stepcast_v1_dialect.progress (session), "progress",
                       "step fraction metrics steps-per-second", &event);
  assert_member (event, "fraction", "null"); /* this one can't know */
  assert_member (event, "metrics", "{}");
  json_node_unref (root);

  g_clear_object (&session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (control) == 0);
  stepcast_mock_control_unref (control);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/v1/request/all", test_requests);
  g_test_add_func ("/v1/request/none", test_no_requests);
  g_test_add_func ("/v1/request/no-types", test_no_types);
  g_test_add_func ("/v1/request/ids", test_ids);
  g_test_add_func ("/v1/request/no-ids", test_no_ids);
  g_test_add_func ("/v1/request/depth", test_depth);
  g_test_add_func ("/v1/request/steps", test_steps);
  g_test_add_func ("/v1/request/options", test_options);
  g_test_add_func ("/v1/request/ack", test_ack);
  g_test_add_func ("/v1/request/set", test_set);
  g_test_add_func ("/v1/request/set-out-of-range", test_set_out_of_range);
  g_test_add_func ("/v1/request/set-nothing", test_set_nothing);
  g_test_add_func ("/v1/request/no-set", test_no_set);
  g_test_add_func ("/v1/message/prefix", test_prefix);
  g_test_add_func ("/v1/message/greeting", test_greeting);
  g_test_add_func ("/v1/message/parameter-specs", test_parameter_specs);
  g_test_add_func ("/v1/message/answers", test_answers);
  g_test_add_func ("/v1/message/events", test_events);
  g_test_add_func ("/v1/message/failure", test_failure);

  return g_test_run ();
}
