/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "stepcast-error.h"
#include "stepcast-guarded-stream.h"
#include "stepcast-validator.h"

#define GOOD                                                                                       \
  "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0,0L9,9'/></svg>"
#define BAD "<svg xmlns='http://www.w3.org/2000/svg'><g></svg>"

/* Long enough for whatever works, on a machine that is busy under a sanitizer. */
#define LONG_DEADLINE_MS (60 * 1000)

/* A result of one check; reused as a counter of many. */
typedef struct
{
  guint n_done;
  guint n_good;
  GError *error; /* the last one */
} Outcome;

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  outcome->n_done++;
  g_clear_error (&outcome->error);
  if (stepcast_validator_check_finish (STEPCAST_VALIDATOR (source), result, &outcome->error))
    outcome->n_good++;
}

static void
iterate_until_done (const Outcome *outcome, guint n_checks)
{
  while (outcome->n_done < n_checks)
    g_main_context_iteration (NULL, TRUE);
}

static void
start_check (StepcastValidator *validator,
             const char *svg,
             GCancellable *cancellable,
             Outcome *outcome)
{
  g_autoptr (GBytes) bytes = g_bytes_new (svg, strlen (svg));

  stepcast_validator_check_async (validator, bytes, cancellable, on_checked, outcome);
}

static GError *
check_once (StepcastValidator *validator, const char *svg)
{
  Outcome outcome = { 0 };

  start_check (validator, svg, NULL, &outcome);
  iterate_until_done (&outcome, 1);
  g_assert_cmpint (outcome.n_good, ==, outcome.error == NULL);
  return outcome.error;
}

static void
assert_error (GError *error, GQuark domain, int code, const char *part)
{
  g_assert_error (error, domain, code);
  g_test_message ("%s", error->message);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, error->message);
  g_error_free (error);
}

static StepcastValidator *
new_validator (const char *helper, guint max_helpers, guint deadline_ms)
{
  return g_object_new (STEPCAST_TYPE_VALIDATOR, "helper-path", helper, "max-helpers", max_helpers,
                       "deadline-ms", deadline_ms, NULL);
}

static StepcastValidator *
new_real_validator (void)
{
  const char *helper = g_getenv ("STEPCAST_VALIDATE");

  g_assert_nonnull (helper);
  return new_validator (helper, 2, LONG_DEADLINE_MS);
}

/* The children of all threads of this process: GLib starts them in one of its own. */
static guint
count_children (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n_children = 0;
  const char *task;

  g_assert_nonnull (tasks);
  while ((task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/children", task);
      g_autofree char *children = NULL;

      if (!g_file_get_contents (path, &children, NULL, NULL))
        continue;
      for (const char *c = children; *c != '\0'; c++)
        n_children += *c == ' ';
    }

  return n_children;
}

static guint
count_fds (void)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n_fds = 0;

  while (g_dir_read_name (fds) != NULL)
    n_fds++;
  return n_fds;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Children are reaped by a thread of GLib's, which wakes nobody here. */
static void
iterate_until_children (guint n_children)
{
  const guint tick = g_timeout_add (1, on_tick, NULL);

  while (count_children () != n_children)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

/* That thread closes what it waited with a moment later. */
static void
iterate_until_fds (guint n_fds)
{
  const guint tick = g_timeout_add (1, on_tick, NULL);

  while (count_fds () > n_fds)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

static void
shut_down (StepcastValidator *validator)
{
  stepcast_validator_shut_down (validator);
  iterate_until_children (0);
}

/* A helper of our own, as a shell script. */
static char *
write_helper (const char *script)
{
  g_autofree char *path = NULL;
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", script, "\n", NULL);
  g_autoptr (GError) error = NULL;
  const int fd = g_file_open_tmp ("stepcast-helper-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);
  return g_steal_pointer (&path);
}

static void
remove_helper (char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_free (path);
}

static gboolean
check_own (const char *svg, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (svg, strlen (svg));

  return stepcast_validator_check_own (bytes, cancellable, error);
}

static void
test_own (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (check_own (GOOD, cancellable, &error));
  g_assert_no_error (error);

  g_assert_false (check_own (BAD, NULL, &error));
  assert_error (g_steal_pointer (&error), STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                "librsvg can't load this frame: ");

  g_cancellable_cancel (cancellable);
  g_assert_false (check_own (GOOD, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (check_own (BAD, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gpointer
cancel_in_thread (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

static char *
make_big_frame (gsize size)
{
  GString *text = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg'>");

  while (text->len < size)
    g_string_append (text, "<circle cx='1' cy='2' r='3'/>");
  g_string_append (text, "</svg>");
  return g_string_free (text, FALSE);
}

/* librsvg would need seconds for this; it is cancelled while it reads. */
static void
test_own_cancelled (void)
{
  g_autofree char *frame = make_big_frame (20 * 1000 * 1000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_in_thread, cancellable);

  g_assert_false (check_own (frame, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

static void
test_guarded_stream (void)
{
  g_autofree char *text = g_strnfill (40000, 'x');
  g_autoptr (GBytes) bytes = g_bytes_new (text, 40000);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GInputStream) stream = stepcast_guarded_stream_new (bytes, 0);
  g_autoptr (GInputStream) late = stepcast_guarded_stream_new (bytes, g_get_monotonic_time ());
  g_autoptr (GInputStream) nothing = stepcast_guarded_stream_new (empty, 0);
  g_autoptr (GError) error = NULL;
  char buffer[40000];

  g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==, 16384);
  g_assert_cmpint (g_input_stream_read (stream, buffer, 100, NULL, &error), ==, 100);
  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_input_stream_read (stream, buffer, 1, cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==, 16384);
  g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==,
                   40000 - 2 * 16384 - 100);
  g_assert_cmpint (g_input_stream_read (stream, buffer, sizeof buffer, NULL, &error), ==, 0);
  g_assert_cmpint (g_input_stream_read (nothing, buffer, sizeof buffer, NULL, &error), ==, 0);
  g_assert_no_error (error);

  g_assert_cmpint (g_input_stream_read (late, buffer, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_good_and_bad (void)
{
  g_autoptr (StepcastValidator) validator = new_real_validator ();
  g_autofree char *big = make_big_frame (2 * 1000 * 1000);

  g_assert_cmpuint (count_children (), ==, 0);
  g_assert_no_error (check_once (validator, GOOD));
  g_assert_cmpuint (count_children (), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      assert_error (check_once (validator, BAD), STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                    "librsvg can't load this frame: ");
      assert_error (check_once (validator, ""), STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                    "librsvg can't load this frame: ");
      g_assert_no_error (check_once (validator, big));
    }
  g_assert_cmpuint (count_children (), ==, 1);

  shut_down (validator);
}

/* Longer than libxml2 reads without being told that it may. */
static void
test_long (void)
{
  g_autoptr (StepcastValidator) validator = new_real_validator ();
  g_autoptr (GString) frame = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg'>");
  g_autoptr (GString) path = g_string_new ("<path d='");

  for (guint i = 0; i < 2000; i++)
    g_string_append (path, "M10.5 20.5L30.25 40.75");
  g_string_append (path, "'/>");
  while (frame->len < 12 * 1000 * 1000)
    g_string_append_len (frame, path->str, (gssize) path->len);
  g_string_append (frame, "</svg>");
  g_assert_no_error (check_once (validator, frame->str));

  shut_down (validator);
}

static char *
make_crasher (void)
{
  GString *text = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg'><filter id='f'>"
                                "<feConvolveMatrix order='21' kernelMatrix='");

  for (guint i = 0; i < 441; i++)
    g_string_append (text, "1 ");
  g_string_append (text, "'/></filter></svg>");
  return g_string_free (text, FALSE);
}

/* librsvg 2.54 aborts on it; a later one may load it. */
static void
test_crasher (void)
{
  g_autoptr (StepcastValidator) validator = new_real_validator ();
  g_autofree char *crasher = make_crasher ();

  for (guint i = 0; i < 3; i++)
    {
      GError *error = check_once (validator, crasher);

      if (error == NULL)
        {
          g_test_skip ("This librsvg does not crash on it");
          break;
        }
      assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                    "librsvg crashed (signal 6, Aborted) on this frame");
      g_assert_no_error (check_once (validator, GOOD));
    }

  shut_down (validator);
}

static void
test_slow (void)
{
  g_autoptr (StepcastValidator) validator = new_validator (g_getenv ("STEPCAST_VALIDATE"), 1, 1);
  g_autofree char *frame = make_big_frame (8 * 1000 * 1000);

  assert_error (check_once (validator, frame), STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                "librsvg took longer than 0.001 s on this frame");
  shut_down (validator);
}

static void
test_hanging_helper (void)
{
  char *helper = write_helper ("exec sleep 1000");
  g_autoptr (StepcastValidator) validator = new_validator (helper, 2, 50);
  g_autofree char *big = make_big_frame (8 * 1000 * 1000);
  Outcome outcome = { 0 };

  assert_error (check_once (validator, GOOD), STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                "librsvg took longer than 0.05 s on this frame");
  iterate_until_children (0);

  /* Larger than what a socket holds: it hangs while it is written. */
  start_check (validator, big, NULL, &outcome);
  start_check (validator, GOOD, NULL, &outcome);
  start_check (validator, GOOD, NULL, &outcome);
  iterate_until_done (&outcome, 3);
  g_assert_cmpuint (outcome.n_good, ==, 0);
  g_clear_error (&outcome.error);

  shut_down (validator);
  remove_helper (helper);
}

static void
check_helper (const char *script, int code, const char *message)
{
  char *helper = write_helper (script);
  g_autoptr (StepcastValidator) validator = new_validator (helper, 2, LONG_DEADLINE_MS);
  g_autofree char *big = make_big_frame (8 * 1000 * 1000);

  for (guint i = 0; i < 3; i++)
    {
      assert_error (check_once (validator, GOOD), STEPCAST_ERROR, code, message);
      assert_error (check_once (validator, big), STEPCAST_ERROR, code, message);
    }

  shut_down (validator);
  remove_helper (helper);
}

static void
test_broken_helpers (void)
{
  check_helper ("exit 3", STEPCAST_ERROR_PROGRAM_FAILED, "ended without an answer (exit status 3)");
  check_helper ("kill -SEGV $$", STEPCAST_ERROR_INVALID_FRAME, "librsvg crashed (signal 11,");
  check_helper ("kill -XCPU $$", STEPCAST_ERROR_INVALID_FRAME,
                "librsvg used more than 63 s of processor time");
  check_helper ("echo hello; exec sleep 1000", STEPCAST_ERROR_PROGRAM_FAILED,
                "gave an answer that is none");
  check_helper ("printf '\\001\\377\\377\\377\\377'; exec sleep 1000",
                STEPCAST_ERROR_PROGRAM_FAILED, "gave an answer that is none");
}

/* It answers before it was asked, as fast as it can: nobody waits for the rest of the frame. */
static void
test_hasty_helper (void)
{
  char *helper = write_helper ("printf '\\001\\003\\000\\000\\000a\\377b'; exec cat >/dev/null");
  g_autoptr (StepcastValidator) validator = new_validator (helper, 1, LONG_DEADLINE_MS);

  assert_error (check_once (validator, GOOD), STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                "librsvg can't load this frame: a\xef\xbf\xbd"
                "b");
  shut_down (validator);
  remove_helper (helper);
}

static void
test_no_helper (void)
{
  g_autoptr (StepcastValidator) validator = stepcast_validator_new ("/nonexistent/helper", 2);
  const guint n_fds = count_fds ();

  for (guint i = 0; i < 3; i++)
    assert_error (check_once (validator, GOOD), STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                  "Can't start the helper program /nonexistent/helper");
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

static void
test_many (void)
{
  g_autoptr (StepcastValidator) validator = new_real_validator ();
  g_autofree char *crasher = make_crasher ();
  Outcome good = { 0 };
  Outcome bad = { 0 };

  for (guint i = 0; i < 200; i++)
    {
      if (i % 50 == 25)
        start_check (validator, crasher, NULL, &bad);
      else if (i % 10 == 0)
        start_check (validator, BAD, NULL, &bad);
      else
        start_check (validator, GOOD, NULL, &good);
      g_assert_cmpuint (count_children (), <=, 2);
    }
  iterate_until_done (&bad, 24);
  iterate_until_done (&good, 176);
  g_assert_cmpuint (good.n_good, ==, 176);
  g_assert_cmpuint (bad.n_good, <=, 4);
  g_clear_error (&bad.error);

  shut_down (validator);
}

/* Those that were killed while they were idle are replaced, and no frame is blamed. */
static void
test_killed_while_idle (void)
{
  g_autoptr (StepcastValidator) validator = new_real_validator ();
  g_autofree char *children = NULL;
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/children", getpid ());

  g_assert_no_error (check_once (validator, GOOD));
  g_file_get_contents (path, &children, NULL, NULL);
  if (children == NULL || atoi (children) <= 0)
    {
      g_test_skip ("No list of children here");
      return;
    }
  kill (atoi (children), SIGKILL);
  g_assert_no_error (check_once (validator, GOOD));

  shut_down (validator);
}

static void
test_cancel (void)
{
  char *helper = write_helper ("exec sleep 1000");
  g_autoptr (StepcastValidator) validator = new_validator (helper, 1, LONG_DEADLINE_MS);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GCancellable) other = g_cancellable_new ();
  Outcome outcome = { 0 };
  Outcome waiting = { 0 };

  start_check (validator, GOOD, cancellable, &outcome);
  start_check (validator, GOOD, other, &waiting);
  start_check (validator, GOOD, cancellable, &outcome);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (outcome.n_done + waiting.n_done, ==, 0);

  g_cancellable_cancel (cancellable);
  iterate_until_done (&outcome, 2);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);

  /* It was cancelled before it began. */
  start_check (validator, GOOD, cancellable, &outcome);
  iterate_until_done (&outcome, 3);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);

  g_assert_cmpuint (waiting.n_done, ==, 0);
  g_cancellable_cancel (other);
  iterate_until_done (&waiting, 1);
  g_assert_error (waiting.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&waiting.error);

  shut_down (validator);
  remove_helper (helper);
}

/* The helper goes on with what was cancelled, and is free again afterwards. */
static void
test_cancel_and_go_on (void)
{
  g_autoptr (StepcastValidator) validator =
    new_validator (g_getenv ("STEPCAST_VALIDATE"), 1, LONG_DEADLINE_MS);
  g_autofree char *frame = make_big_frame (500 * 1000);

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Outcome outcome = { 0 };

      start_check (validator, frame, cancellable, &outcome);
      g_cancellable_cancel (cancellable);
      iterate_until_done (&outcome, 1);
      g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&outcome.error);
      g_assert_no_error (check_once (validator, GOOD));
      g_assert_cmpuint (count_children (), ==, 1);
    }

  shut_down (validator);
}

static void
test_shut_down (void)
{
  char *helper = write_helper ("exec sleep 1000");
  g_autoptr (StepcastValidator) validator = new_validator (helper, 2, LONG_DEADLINE_MS);
  Outcome outcome = { 0 };

  for (guint i = 0; i < 5; i++)
    start_check (validator, GOOD, NULL, &outcome);
  g_assert_cmpuint (count_children (), ==, 2);

  stepcast_validator_shut_down (validator);
  stepcast_validator_shut_down (validator);
  iterate_until_done (&outcome, 5);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);
  iterate_until_children (0);

  start_check (validator, GOOD, NULL, &outcome);
  iterate_until_done (&outcome, 6);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);
  remove_helper (helper);
}

/* Without a shut-down: while it is idle, and while a helper still works on what was cancelled. */
static void
test_dispose (void)
{
  char *helper = write_helper ("exec sleep 1000");
  StepcastValidator *validator = new_real_validator ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome = { 0 };
  guint n_fds;
  gpointer gone;

  /* What the tests before have left to be closed. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  n_fds = count_fds ();

  g_assert_no_error (check_once (validator, GOOD));
  gone = validator;
  g_object_add_weak_pointer (G_OBJECT (validator), &gone);
  g_object_unref (validator);
  g_assert_null (gone);
  iterate_until_children (0);

  validator = new_validator (helper, 2, LONG_DEADLINE_MS);
  start_check (validator, GOOD, cancellable, &outcome);
  g_cancellable_cancel (cancellable);
  iterate_until_done (&outcome, 1);
  g_clear_error (&outcome.error);
  gone = validator;
  g_object_add_weak_pointer (G_OBJECT (validator), &gone);
  g_object_unref (validator);
  while (gone != NULL)
    g_main_context_iteration (NULL, TRUE);
  iterate_until_children (0);

  iterate_until_fds (n_fds);
  remove_helper (helper);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/validator/guarded-stream", test_guarded_stream);
  g_test_add_func ("/validator/own", test_own);
  g_test_add_func ("/validator/own-cancelled", test_own_cancelled);
  g_test_add_func ("/validator/good-and-bad", test_good_and_bad);
  g_test_add_func ("/validator/long", test_long);
  g_test_add_func ("/validator/crasher", test_crasher);
  g_test_add_func ("/validator/slow", test_slow);
  g_test_add_func ("/validator/hanging-helper", test_hanging_helper);
  g_test_add_func ("/validator/broken-helpers", test_broken_helpers);
  g_test_add_func ("/validator/hasty-helper", test_hasty_helper);
  g_test_add_func ("/validator/no-helper", test_no_helper);
  g_test_add_func ("/validator/many", test_many);
  g_test_add_func ("/validator/killed-while-idle", test_killed_while_idle);
  g_test_add_func ("/validator/cancel", test_cancel);
  g_test_add_func ("/validator/cancel-and-go-on", test_cancel_and_go_on);
  g_test_add_func ("/validator/shut-down", test_shut_down);
  g_test_add_func ("/validator/dispose", test_dispose);

  return g_test_run ();
}
