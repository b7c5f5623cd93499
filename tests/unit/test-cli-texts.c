/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-actor-text.h"
#include "stepcast-error.h"
#include "stepcast-live-line.h"
#include "stepcast-output.h"
#include "stepcast-suggest.h"
#include "stepcast-values.h"
#include "stepcast-viewer-table.h"

/* What the command line makes of texts: of those that come from outside, and of those that go to a
 * terminal. */

static void
assert_fits (int n_columns, gboolean is_utf8, const char *expected)
{
  char *parts[] = { (char *) "running", (char *) "Schritt 日本", (char *) "e\xcc\x81=1", NULL };
  g_autofree char *line = stepcast_live_line_fit (parts, n_columns, is_utf8);

  g_assert_cmpstr (line, ==, expected);
  g_assert_cmpint (stepcast_output_get_width (line), <=, n_columns);
}

static void
test_live_line_fits (void)
{
  assert_fits (80, TRUE, "running · Schritt 日本 · e\xcc\x81=1");
  assert_fits (28, TRUE, "running · Schritt 日本 · e\xcc\x81=1");
  assert_fits (27, TRUE, "running · Schritt 日本");
  assert_fits (22, TRUE, "running · Schritt 日本");
  assert_fits (21, TRUE, "running");
  assert_fits (3, TRUE, "run");
  assert_fits (0, TRUE, "");
}

static void
test_live_line_without_utf8 (void)
{
  char *parts[] = { (char *) "läuft", (char *) "Größe 1", NULL };
  g_autofree char *line = stepcast_live_line_fit (parts, 80, FALSE);

  g_assert_true (g_str_is_ascii (line));
  g_assert_true (g_str_has_suffix (line, "Grosse 1") || g_str_has_suffix (line, "e 1"));
}

static void
test_live_line_cuts_no_wide_character (void)
{
  char *parts[] = { (char *) "日本", NULL };
  g_autofree char *line = stepcast_live_line_fit (parts, 3, TRUE);

  g_assert_cmpstr (line, ==, "日");
}

static void
assert_escaped (const char *text, const char *expected)
{
  g_autofree char *escaped = stepcast_output_escape (text);

  g_assert_cmpstr (escaped, ==, expected);
}

static void
test_escape (void)
{
  g_autofree char *lines = stepcast_output_escape_lines ("a\n\tb\r\033[2J");

  assert_escaped ("größer als 日本", "größer als 日本");
  assert_escaped ("a\nb\x7f\033]0;x\007", "a\\x0ab\\x7f\\x1b]0;x\\x07");
  assert_escaped ("\xc2\x9b"
                  "31m",
                  "\\u009b31m");
  assert_escaped ("\xe2\x80\xae" /* right to left */ "x", "\\u202ex");
  assert_escaped ("\xff", "\xef\xbf\xbd");
  g_assert_cmpstr (lines, ==, "a\n\tb\\x0d\\x1b[2J");
}

static void
test_suggest (void)
{
  const char *const names[] = { "gray-scott", "run", "list", "link", "resume", NULL };

  g_assert_cmpstr (stepcast_suggest ("gray-scot", names), ==, "gray-scott");
  g_assert_cmpstr (stepcast_suggest ("grya-scott", names), ==, "gray-scott");
  g_assert_cmpstr (stepcast_suggest ("gray", names), ==, "gray-scott");
  g_assert_cmpstr (stepcast_suggest ("rnu", names), ==, "run");
  g_assert_cmpstr (stepcast_suggest ("lits", names), ==, "list");
  g_assert_null (stepcast_suggest ("xyz", names));
  g_assert_null (stepcast_suggest ("", names));
}

static void
test_suggest_bounds (void)
{
  g_autofree char *long_name = g_strnfill (100, 'a');
  g_autofree char *longest = g_strnfill (64, 'a');
  const char *const names[] = { long_name, longest, "aaa", NULL };

  g_assert_null (stepcast_suggest (long_name, names));
  g_assert_cmpstr (stepcast_suggest (longest, names), ==, longest);
}

static GVariant *
new_description (void)
{
  return g_variant_ref_sink (g_variant_new_parsed (
    "{'name': <'g'>, 'parameters': <[{'name': <'feed'>, 'type': <'number'>, 'signature': <'d'>, "
    "'minimum': <0.0>, 'maximum': <1.0>}, {'name': <'size'>, 'type': <'integer'>, 'signature': "
    "<'u'>}, {'name': <'wide'>, 'type': <'integer'>, 'signature': <'x'>}, {'name': <'wrap'>, "
    "'type': <'boolean'>, 'signature': <'b'>}, {'name': <'edge'>, 'type': <'choice'>, 'signature': "
    "<'s'>, 'choices': <['round', 'flat']>}, {'name': <'text'>, 'type': <'text'>, 'signature': "
    "<'s'>}]>}"));
}

static void
assert_values (const char *assignment, const char *expected)
{
  g_autoptr (GVariant) description = new_description ();
  g_autoptr (GError) error = NULL;
  char *assignments[] = { (char *) assignment, NULL };
  g_autoptr (GVariant) values = stepcast_values_parse (description, assignments, &error);
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  g_variant_ref_sink (values);
  printed = g_variant_print (values, TRUE);
  g_assert_cmpstr (printed, ==, expected);
}

static void
assert_refused (const char *assignment, GQuark domain, int code)
{
  g_autoptr (GVariant) description = new_description ();
  g_autoptr (GError) error = NULL;
  char *assignments[] = { (char *) "size=1", (char *) assignment, NULL };

  g_assert_null (stepcast_values_parse (description, assignments, &error));
  g_assert_error (error, domain, code);
}

static void
test_values (void)
{
  assert_values ("feed=0.5", "{'feed': <0.5>}");
  assert_values ("feed=1e-1", "{'feed': <0.10000000000000001>}");
  assert_values ("size=4294967295", "{'size': <uint32 4294967295>}");
  assert_values ("wide=-9223372036854775808", "{'wide': <int64 -9223372036854775808>}");
  assert_values ("wrap=on", "{'wrap': <true>}");
  assert_values ("wrap=0", "{'wrap': <false>}");
  assert_values ("edge=flat", "{'edge': <'flat'>}");
  assert_values ("text=a=b", "{'text': <'a=b'>}");
  assert_values ("text=", "{'text': <''>}");
}

static void
test_values_refused (void)
{
  assert_refused ("feed", G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
  assert_refused ("=1", STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER);
  assert_refused ("fed=1", STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER);
  assert_refused ("feed=", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("feed=1,5", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("feed=nan", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("size=-1", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("size=4294967296", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("size=1.5", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("wrap=maybe", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("edge=square", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_refused ("text=\xff", STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
}

static void
assert_actor (const char *kind, const char *id, const char *expected)
{
  g_autoptr (GVariant) actor = g_variant_ref_sink (g_variant_new ("(ss)", kind, id));
  g_autofree char *text = stepcast_actor_text_format (actor);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_actors (void)
{
  g_assert_null (stepcast_actor_text_format (NULL));
  assert_actor ("", "", NULL);
  assert_actor ("browser", "7", "viewer 7 (browser)");
  assert_actor ("websocket", "12", "viewer 12 (WebSocket)");
  assert_actor ("http", "127.0.0.1", "an HTTP client (127.0.0.1)");
  assert_actor ("dbus", ":1.23", "a program on the bus (:1.23)");
  assert_actor ("cli", ":1.23", "stepcast (command line)");
  assert_actor ("service", "when-unwatched", "a rule, as nobody watched it");
  assert_actor ("service", "newer", "a rule (newer)");
  assert_actor ("newer\n", "\033[2J", "newer\\x0a \\x1b[2J");
}

static void
test_viewer_table (void)
{
  g_autoptr (GVariant) viewers = g_variant_ref_sink (g_variant_new_parsed (
    "[{'id': <'3'>, 'kind': <'browser'>, 'role': <'control'>, 'delivery': <'every'>, "
    "'frames-per-second': <59.6>, 'sent': <uint64 123456>, 'missed': <uint64 0>, "
    "'backlog-bytes': <uint64 1572864>, 'round-trip-seconds': <0.0123>, 'away': <true>}, "
    "{'id': <'12'>, 'kind': <'websocket'>, 'role': <'view'>, 'delivery': <'latest'>, "
    "'frames-per-second': <2.5>, 'sent': <uint64 7>, 'missed': <uint64 4711>, "
    "'backlog-bytes': <uint64 12>, 'away': <false>}, {'delivery': <'\033[2J'>}]"));
  g_autofree char *table = stepcast_viewer_table_format (viewers);

  g_assert_cmpstr (
    table, ==,
    "  NO.  WHO            ROLE     DELIVERY  FRAMES/S    SENT  MISSED  BACKLOG  ROUND TRIP\n"
    "    3  browser, away  control  every           60  123456       0  1.5 MiB       12 ms\n"
    "   12  WebSocket      view     latest         2.5       7    4711     12 B           -\n"
    "    -  -              -        \\x1b[2J          -       -       -        -           -\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cli/live-line/fits", test_live_line_fits);
  g_test_add_func ("/cli/live-line/without-utf8", test_live_line_without_utf8);
  g_test_add_func ("/cli/live-line/cuts-no-wide-character", test_live_line_cuts_no_wide_character);
  g_test_add_func ("/cli/escape", test_escape);
  g_test_add_func ("/cli/suggest", test_suggest);
  g_test_add_func ("/cli/suggest/bounds", test_suggest_bounds);
  g_test_add_func ("/cli/actors", test_actors);
  g_test_add_func ("/cli/viewer-table", test_viewer_table);
  g_test_add_func ("/cli/values", test_values);
  g_test_add_func ("/cli/values/refused", test_values_refused);

  return g_test_run ();
}
