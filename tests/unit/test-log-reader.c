/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stepcast-log-reader.h"
#include "stepcast-scheduler.h"
#include "stepcast-test-wait.h"

typedef struct
{
  StepcastLogReader *reader;
  int writer; /* -1: closed */
  GPtrArray *lines;
} Fixture;

static void
on_line (StepcastLogReader *reader, const char *line, Fixture *fixture)
{
  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_assert_null (strchr (line, '\n'));
  g_ptr_array_add (fixture->lines, g_strdup (line));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GInputStream) stream = NULL;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  stream = g_unix_input_stream_new (fds[0], TRUE);
  fixture->writer = fds[1];
  fixture->lines = g_ptr_array_new_with_free_func (g_free);
  fixture->reader = stepcast_log_reader_new (stream);
  g_signal_connect (fixture->reader, "line", G_CALLBACK (on_line), fixture);
}

static void
close_writer (Fixture *fixture)
{
  if (fixture->writer >= 0)
    close (fixture->writer);
  fixture->writer = -1;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_writer (fixture);
  g_assert_finalize_object (fixture->reader);
  g_ptr_array_unref (fixture->lines);
}

static void
say_bytes (Fixture *fixture, const char *bytes, gsize length)
{
  g_assert_cmpint (write (fixture->writer, bytes, length), ==, (gssize) length);
}

static void
say (Fixture *fixture, const char *text)
{
  say_bytes (fixture, text, strlen (text));
}

static const char *
get_line (Fixture *fixture, guint index)
{
  g_assert_cmpuint (index, <, fixture->lines->len);
  return fixture->lines->pdata[index];
}

static void
assert_last_lines (Fixture *fixture, const char *expected)
{
  g_autofree char *lines = stepcast_log_reader_get_last_lines (fixture->reader);

  g_assert_cmpstr (lines, ==, expected);
}

static void
test_lines (Fixture *fixture, gconstpointer data)
{
  assert_last_lines (fixture, NULL);
  say (fixture, "one\ntwo\r\n\nfo");
  stepcast_test_wait_for (fixture->lines->len == 3);
  g_assert_cmpstr (get_line (fixture, 0), ==, "one");
  g_assert_cmpstr (get_line (fixture, 1), ==, "two");
  g_assert_cmpstr (get_line (fixture, 2), ==, "");
  say (fixture, "ur\n");
  stepcast_test_wait_for (fixture->lines->len == 4);
  g_assert_cmpstr (get_line (fixture, 3), ==, "four");
  assert_last_lines (fixture, "one\ntwo\n\nfour");
}

/* What has no newline is a line when all has ended. */
static void
test_drain (Fixture *fixture, gconstpointer data)
{
  say (fixture, "one\ntwo");
  stepcast_log_reader_drain (fixture->reader);
  g_assert_cmpuint (fixture->lines->len, ==, 2);
  g_assert_cmpstr (get_line (fixture, 1), ==, "two");
  stepcast_log_reader_drain (fixture->reader);
  g_assert_cmpuint (fixture->lines->len, ==, 2);

  /* It is not read any more. */
  say (fixture, "three\n");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->lines->len, ==, 2);
}

static void
test_end (Fixture *fixture, gconstpointer data)
{
  say (fixture, "one\ntwo");
  close_writer (fixture);
  stepcast_test_wait_for (fixture->lines->len == 1);
  while (g_main_context_iteration (NULL, FALSE)) /* comes to its end, and not for ever */
    ;
  stepcast_log_reader_drain (fixture->reader);
  assert_last_lines (fixture, "one\ntwo");
}

static void
test_no_utf8 (Fixture *fixture, gconstpointer data)
{
  static const char bytes[] = "a\xff\xc3\nb\0c\n\xf0\x9f\xa6\x86\n";

  say_bytes (fixture, bytes, sizeof bytes - 1);
  stepcast_test_wait_for (fixture->lines->len == 3);
  g_assert_cmpstr (get_line (fixture, 0), ==, "a��");
  g_assert_cmpstr (get_line (fixture, 1), ==, "b�c");
  g_assert_cmpstr (get_line (fixture, 2), ==, "🦆");
}

static void
test_long_line (Fixture *fixture, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (STEPCAST_LOG_LINE_BYTES, 'x');
  g_autofree char *too_long = g_strnfill (3 * STEPCAST_LOG_LINE_BYTES + 5, 'y');

  say (fixture, longest);
  say (fixture, "\n");
  say (fixture, too_long);
  say (fixture, "\nend\n");
  stepcast_test_wait_for (fixture->lines->len > 0 &&
                          g_str_equal (get_line (fixture, fixture->lines->len - 1), "end"));
  g_assert_cmpstr (get_line (fixture, 0), ==, longest);
  g_assert_cmpuint (fixture->lines->len, ==, 1 + 4 + 1); /* no empty one after the longest */
  for (guint i = 1; i < 4; i++)
    g_assert_cmpuint (strlen (get_line (fixture, i)), ==, STEPCAST_LOG_LINE_BYTES);
  g_assert_cmpstr (get_line (fixture, 4), ==, "yyyyy");
}

/* One that is cut is not cut within a character. */
static void
test_long_line_of_letters (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) line = g_string_new ("x");
  g_autoptr (GString) read = g_string_new (NULL);

  while (line->len < 2 * STEPCAST_LOG_LINE_BYTES)
    g_string_append (line, "🦆");
  say (fixture, line->str);
  say (fixture, "\n");
  stepcast_test_wait_for (fixture->lines->len == 3);
  for (guint i = 0; i < 3; i++)
    g_string_append (read, get_line (fixture, i));
  g_assert_cmpstr (read->str, ==, line->str);
}

static void
test_last_lines (Fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= STEPCAST_LOG_LAST_LINES + 5; i++)
    {
      g_autofree char *line = g_strdup_printf ("%u\n", i);

      say (fixture, line);
    }
  stepcast_log_reader_drain (fixture->reader);
  g_assert_cmpint (STEPCAST_LOG_LAST_LINES, ==, 10);
  assert_last_lines (fixture, "6\n7\n8\n9\n10\n11\n12\n13\n14\n15");
}

/* What is too much is counted; what a reason quotes is there nevertheless. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  gint64 began_us = g_get_monotonic_time ();
  const guint n_lines = 5000;
  guint n_left_out = 0, n_told = 0;
  g_autofree char *last = NULL;

  for (guint i = 1; i <= n_lines; i++)
    {
      g_autofree char *line = g_strdup_printf ("line %u\n", i);

      say (fixture, line);
    }
  stepcast_log_reader_drain (fixture->reader);
  for (guint i = 0; i < fixture->lines->len; i++)
    {
      guint n = 0;

      if (sscanf (get_line (fixture, i), "… %u lines left out", &n) == 1)
        n_left_out += n;
      else
        n_told++;
    }
  g_assert_cmpuint (n_told + n_left_out, ==, n_lines);
  g_assert_cmpuint (n_told, <=,
                    STEPCAST_LOG_LINES_PER_SECOND *
                      (2 + (guint) ((g_get_monotonic_time () - began_us) / G_USEC_PER_SEC)));
  last = stepcast_log_reader_get_last_lines (fixture->reader);
  g_assert_true (g_str_has_prefix (last, "line 4991\n"));
  g_assert_true (g_str_has_suffix (last, "\nline 5000"));
}

/* A second later lines are told again, and what was left out before is. */
static void
test_after_flood (Fixture *fixture, gconstpointer data)
{
  gint64 end_us = g_get_monotonic_time () + G_USEC_PER_SEC + 1000;

  for (guint i = 0; i < STEPCAST_LOG_LINES_PER_SECOND + 50; i++)
    say (fixture, "x\n");
  stepcast_test_wait_for (g_get_monotonic_time () > end_us);
  g_assert_cmpuint (fixture->lines->len, >=, STEPCAST_LOG_LINES_PER_SECOND);
  say (fixture, "later\n");
  stepcast_test_wait_for (g_str_equal (get_line (fixture, fixture->lines->len - 1), "later"));
  g_assert_true (g_str_has_suffix (get_line (fixture, fixture->lines->len - 2), "lines left out"));
}

/* A flood of errors does not keep the main context from anything else. */
static gboolean
on_low_priority (gpointer is_done)
{
  *(gboolean *) is_done = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_flood_is_not_urgent (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (1024, '\n');
  gboolean is_done = FALSE;

  g_idle_add_full (STEPCAST_PRIORITY_OUTPUT, on_low_priority, &is_done, NULL);
  for (guint round = 0; round < 100 && !is_done; round++)
    {
      say (fixture, text); /* so that there is always something to be read */
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_true (is_done);
}

/* Who is told may let go of it. */
static void
on_line_drop (StepcastLogReader *reader, const char *line, StepcastLogReader **owned)
{
  g_clear_object (owned);
}

static void
test_dropped_when_telling (Fixture *fixture, gconstpointer data)
{
  StepcastLogReader *owned = g_object_ref (fixture->reader);
  GWeakRef weak;

  g_weak_ref_init (&weak, owned);
  g_signal_connect (owned, "line", G_CALLBACK (on_line_drop), &owned);
  g_object_unref (fixture->reader);
  say (fixture, "one\ntwo\nthree\n");
  stepcast_test_wait_for (owned == NULL);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);

  close_writer (fixture);
  g_ptr_array_unref (fixture->lines);
  set_up (fixture, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/log-reader/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("lines", test_lines);
  ADD ("drain", test_drain);
  ADD ("end", test_end);
  ADD ("no-utf8", test_no_utf8);
  ADD ("long-line/bytes", test_long_line);
  ADD ("long-line/letters", test_long_line_of_letters);
  ADD ("last-lines", test_last_lines);
  ADD ("flood/left-out", test_flood);
  ADD ("flood/after", test_after_flood);
  ADD ("flood/not-urgent", test_flood_is_not_urgent);
  ADD ("dropped-when-telling", test_dropped_when_telling);
#undef ADD

  return g_test_run ();
}
