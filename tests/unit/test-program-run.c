/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stepcast-error.h"
#include "stepcast-mock-encoder.h"
#include "stepcast-mock-sink.h"
#include "stepcast-program-source.h"
#include "stepcast-session.h"
#include "stepcast-test-wait.h"

/* Sessions of real programs: a shell's, in $dir, with a few words of its own. */
#define WORDS                                                                                      \
  "d () { echo \"<svg xmlns='http://www.w3.org/2000/svg'><text>$1</text></svg>\"; }\n"             \
  "docs () { i=$1; while [ $i -le $2 ]; do d $i; i=$((i+1)); done; }\n"                            \
  "told () { echo $1 > $dir/new; mv $dir/new $dir/told; }\n"                                       \
  "echo $$ > $dir/pid\n"

#define DEADLINE_MS 30000

typedef struct
{
  char *dir;
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastSource *source;
  StepcastSession *session;
  StepcastMockSink *sink; /* (nullable) */
  GString *log;
} Fixture;

static void
on_log (StepcastSession *session, const char *line, Fixture *fixture)
{
  g_string_append_printf (fixture->log, "%s\n", line);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const char *helper = g_getenv ("STEPCAST_VALIDATE");

  g_assert_nonnull (helper);
  fixture->dir = g_dir_make_tmp ("stepcast-program-XXXXXX", NULL);
  g_assert_nonnull (fixture->dir);
  fixture->scheduler = stepcast_scheduler_new (2);
  fixture->validator = stepcast_validator_new (helper, 2);
  fixture->log = g_string_new (NULL);
}

static StepcastSessionState
get_state (Fixture *fixture)
{
  return stepcast_session_get_state (fixture->session);
}

static guint64
get_step (Fixture *fixture)
{
  return stepcast_session_get_progress (fixture->session)->step;
}

static guint
get_n_frames (Fixture *fixture)
{
  return stepcast_mock_sink_get_n_frames (fixture->sink);
}

static void
wait_for_state (Fixture *fixture, StepcastSessionState state)
{
  stepcast_test_wait_for (get_state (fixture) == state);
}

/* The content of a file in the folder; NULL if there is none. */
static char *
read_file (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static gint64
read_number (Fixture *fixture, const char *name)
{
  g_autofree char *text = read_file (fixture, name);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}

static gboolean
is_alive (pid_t pid)
{
  return pid > 0 && (kill (pid, 0) == 0 || errno != ESRCH);
}

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, NULL, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

/* Stops, and checks that nothing of the program is left. */
static void
stop (Fixture *fixture)
{
  gboolean is_done = FALSE;

  stepcast_session_stop_async (fixture->session, NULL, on_stopped, &is_done);
  stepcast_test_wait_for (is_done);
  g_assert_false (is_alive ((pid_t) read_number (fixture, "pid")));
}

static gboolean
is_gone (GWeakRef *weak)
{
  g_autoptr (GObject) object = g_weak_ref_get (weak);

  return object == NULL;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *command = g_strdup_printf ("rm -r '%s'", fixture->dir);
  GWeakRef session, scheduler;

  stop (fixture);
  g_weak_ref_init (&session, fixture->session);
  g_weak_ref_init (&scheduler, fixture->scheduler);
  if (fixture->sink != NULL)
    stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
  g_clear_object (&fixture->sink);
  g_clear_object (&fixture->session);
  stepcast_validator_shut_down (fixture->validator);
  stepcast_test_wait_for (is_gone (&session));
  g_clear_object (&fixture->source);
  g_clear_object (&fixture->validator);
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture->scheduler), ==, 0);
  g_clear_object (&fixture->scheduler);
  stepcast_test_wait_for (
    is_gone (&scheduler)); /* a slice under way keeps its run, and that this */
  g_weak_ref_clear (&session);
  g_weak_ref_clear (&scheduler);

  g_assert_cmpint (system (command), ==, 0);
  g_string_free (fixture->log, TRUE);
  g_free (fixture->dir);
}

static void
make_session_of_command (Fixture *fixture,
                         const StepcastCommand *command,
                         const StepcastDocumentLimits *limits)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  fixture->source = stepcast_program_source_new ("program", command, limits, fixture->scheduler,
                                                 fixture->validator, NULL);
  fixture->session = stepcast_session_new ("program_1", fixture->source, none, DEADLINE_MS);
  g_signal_connect (fixture->session, "log", G_CALLBACK (on_log), fixture);
}

static void
make_session_of (Fixture *fixture, const char *const *argv, gboolean uses_pty)
{
  g_autoptr (StepcastCommand) command = stepcast_command_new (argv);

  command->uses_pty = uses_pty;
  make_session_of_command (fixture, command, NULL);
}

/* A script's command, to be filled in further. */
static StepcastCommand *
new_command (Fixture *fixture, const char *script)
{
  g_autofree char *text = g_strdup_printf ("dir='%s'\n" WORDS "%s", fixture->dir, script);
  const char *const argv[] = { "/bin/sh", "-c", text, NULL };

  return stepcast_command_new (argv);
}

static void
make_session (Fixture *fixture, const char *script)
{
  g_autoptr (StepcastCommand) command = new_command (fixture, script);

  make_session_of_command (fixture, command, NULL);
}

/* Puts into the file "refused" what passes the rules, and what librsvg 2.54 aborts on. */
static void
make_refused (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->dir, "refused", NULL);
  g_autoptr (GString) text = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg'><filter id='f'>"
                                           "<feConvolveMatrix order='21' kernelMatrix='");

  for (guint i = 0; i < 441; i++)
    g_string_append (text, "1 ");
  g_string_append (text, "'/></filter></svg>");
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
}

/* @window: G_MAXUINT: it never closes */
static void
follow (Fixture *fixture, guint window)
{
  fixture->sink = stepcast_mock_sink_new_every (window);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
}

static void
open_window (Fixture *fixture, guint window)
{
  stepcast_mock_sink_set_window (fixture->sink, window);
  stepcast_session_proceed (fixture->session);
}

static void
start (Fixture *fixture)
{
  g_assert_true (stepcast_session_start (fixture->session, NULL));
}

/* The sink checks that steps and serials come one by one; this, that each shows its own. */
static void
assert_frames (Fixture *fixture, guint n_frames)
{
  g_assert_cmpuint (get_n_frames (fixture), ==, n_frames);
  for (guint i = 0; i < n_frames; i++)
    {
      StepcastFrame *frame = stepcast_mock_sink_get_frame (fixture->sink, i);
      GBytes *svg = stepcast_frame_get_svg (frame);
      g_autofree char *expected =
        g_strdup_printf ("<svg xmlns='http://www.w3.org/2000/svg'><text>%u</text></svg>", i + 1);

      g_assert_cmpuint (stepcast_frame_get_step (frame), ==, i + 1);
      g_assert_cmpmem (g_bytes_get_data (svg, NULL), g_bytes_get_size (svg), expected,
                       strlen (expected));
    }
}

static void
assert_failed (Fixture *fixture, guint64 step, int code, const char *part)
{
  const GError *reason;

  wait_for_state (fixture, STEPCAST_SESSION_STATE_FAILED);
  reason = stepcast_session_get_reason (fixture->session);
  g_assert_error (reason, STEPCAST_ERROR, code);
  g_assert_cmpuint (get_step (fixture), ==, step);
  if (strstr (reason->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, reason->message);
}

/* ---- documents ---- */

static void
test_in_order (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 300");
  follow (fixture, G_MAXUINT);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 300);
  g_assert_cmpuint (get_step (fixture), ==, 300);
}

static void
test_unwatched (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 300");
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (fixture), ==, 300);
  g_assert_null (stepcast_session_get_latest_frame (fixture->session));
}

static void
test_latest (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 100; while [ ! -e $dir/go ]; do :; done; docs 101 200");
  fixture->sink = stepcast_mock_sink_new_latest (0);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
  start (fixture);
  stepcast_test_wait_for (get_step (fixture) == 100);
  g_assert_cmpuint (get_n_frames (fixture), <=, 100);
  {
    g_autofree char *path = g_build_filename (fixture->dir, "go", NULL);

    g_assert_true (g_file_set_contents (path, "", 0, NULL));
  }
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  stepcast_test_wait_for (stepcast_mock_sink_get_last (fixture->sink) != NULL &&
                          stepcast_frame_get_step (stepcast_mock_sink_get_last (fixture->sink)) ==
                            200);
}

static void
test_in_a_terminal (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = {
    "/usr/bin/python3", "-c",
    "import sys\n"
    "assert sys.stdout.isatty ()\n"
    "for i in range (1, 51):\n"
    "  print (f\"<svg xmlns='http://www.w3.org/2000/svg'><text>{i}</text></svg>\")\n",
    NULL
  };

  make_session_of (fixture, argv, TRUE);
  follow (fixture, G_MAXUINT);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 50);
}

static void
test_again (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 5");
  for (guint run = 1; run <= 3; run++)
    {
      follow (fixture, G_MAXUINT);
      start (fixture);
      wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
      assert_frames (fixture, 5);
      g_assert_cmpuint (stepcast_session_get_run_number (fixture->session), ==, run);
      stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
      g_clear_object (&fixture->sink);
    }
}

/* ---- held, paused, by steps ---- */

/* Whether the number in "told" has not changed for some rounds in which it could have. */
static gboolean
stands_still (Fixture *fixture, gint64 *told, guint *n_rounds)
{
  gint64 now = read_number (fixture, "told");

  *n_rounds = now == *told && now > 0 ? *n_rounds + 1 : 0;
  *told = now;
  return *n_rounds >= 50;
}

static void
test_held (Fixture *fixture, gconstpointer data)
{
  gint64 told = 0, more;
  guint n_rounds = 0;

  /* A document is about 1 KB: the pipe takes 64, what is read at once another 64. */
  make_session (fixture, "i=1; f=$(printf '%01000d' 0)\n"
                         "while :; do d $i-$f; told $i; i=$((i+1)); done");
  follow (fixture, 5);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 5);
  stepcast_test_wait_for (stands_still (fixture, &told, &n_rounds));
  g_assert_cmpint (told, <, 300);
  g_assert_cmpuint (get_n_frames (fixture), ==, 5);
  g_assert_cmpuint (get_step (fixture), ==, 5);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);

  /* It goes on where it was: the sink checks that no step is skipped. */
  more = told;
  open_window (fixture, 400);
  stepcast_test_wait_for (get_n_frames (fixture) == 405);
  stepcast_test_wait_for (read_number (fixture, "told") > more);
  stop (fixture);
  g_assert_cmpuint (get_n_frames (fixture), ==, 405);
}

static void
test_held_by_bytes (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20");
  follow (fixture, G_MAXUINT);
  stepcast_mock_sink_set_window_bytes (fixture->sink, 1);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 20);
}

static void
test_steps (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 100");
  follow (fixture, G_MAXUINT);
  g_assert_true (stepcast_session_step (fixture->session, 3, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_frames (fixture, 3);
  g_assert_true (stepcast_session_step (fixture->session, 1, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_frames (fixture, 4);
  g_assert_true (stepcast_session_step (fixture->session, 70, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_frames (fixture, 74);
  g_assert_true (stepcast_session_resume (fixture->session, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 100);
}

/* A step beyond the last one is the end. */
static void
test_steps_to_the_end (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 4");
  follow (fixture, G_MAXUINT);
  g_assert_true (stepcast_session_step (fixture->session, 4, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_true (stepcast_session_step (fixture->session, 1, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 4);
}

static void
test_pause (Fixture *fixture, gconstpointer data)
{
  guint n_frames;

  make_session (fixture, "docs 1 100000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  for (guint round = 1; round < 5; round++)
    {
      stepcast_test_wait_for (get_n_frames (fixture) >= 50 * round);
      g_assert_true (stepcast_session_pause (fixture->session, NULL));
      wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
      n_frames = get_n_frames (fixture);
      stepcast_test_settle (fixture->scheduler);
      g_assert_cmpuint (get_n_frames (fixture), ==, n_frames);
      assert_frames (fixture, n_frames);
      g_assert_true (stepcast_session_resume (fixture->session, NULL));
    }
  stop (fixture);
}

/* While it waits for a silent program there is nothing to wait for. */
static void
test_pause_in_silence (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "d 1; exec sleep 1000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 1);
  stepcast_test_settle (fixture->scheduler);
  g_assert_true (stepcast_session_pause (fixture->session, NULL));
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_true (stepcast_session_resume (fixture->session, NULL));
  stop (fixture);
}

/* ---- failures ---- */

static void
test_status (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; echo first >&2; echo second >&2; exit 3");
  follow (fixture, G_MAXUINT);
  start (fixture);
  assert_failed (fixture, 3, STEPCAST_ERROR_PROGRAM_FAILED, "“/bin/sh” exited with status 3");
  assert_failed (fixture, 3, STEPCAST_ERROR_PROGRAM_FAILED, "first\nsecond");
  assert_frames (fixture, 3);
  g_assert_cmpstr (fixture->log->str, ==, "first\nsecond\n");
}

static void
test_signal (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; kill -SEGV $$");
  start (fixture);
  assert_failed (fixture, 3, STEPCAST_ERROR_PROGRAM_FAILED, "was killed by signal 11");
}

static void
test_no_documents (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "exit 0");
  start (fixture);
  assert_failed (fixture, 0, STEPCAST_ERROR_PROGRAM_FAILED, "printed no SVG document");
}

static void
test_no_program (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "/nonexistent/program", NULL };

  make_session_of (fixture, argv, GPOINTER_TO_INT (data));
  start (fixture);
  assert_failed (fixture, 0, STEPCAST_ERROR_PROGRAM_FAILED, "/nonexistent/program");
  start (fixture); /* again */
  assert_failed (fixture, 0, STEPCAST_ERROR_PROGRAM_FAILED, "/nonexistent/program");
}

/* It is told to end because of what it printed. */
static void
test_junk (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; echo oops; docs 4 100000; sleep 1000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  assert_failed (fixture, 3, STEPCAST_ERROR_INVALID_FRAME, "oops");
  assert_frames (fixture, 3);
  g_assert_false (is_alive ((pid_t) read_number (fixture, "pid")));
}

static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; echo \"<svg xmlns='http://www.w3.org/2000/svg'><g>\"");
  follow (fixture, G_MAXUINT);
  start (fixture);
  assert_failed (fixture, 3, STEPCAST_ERROR_INVALID_FRAME, "");
  assert_frames (fixture, 3);
}

/* It died in the middle of a document: how is the reason, and not what is missing. */
static void
test_died_in_a_document (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; echo \"<svg xmlns='http://www.w3.org/2000/svg'><g>\"; exit 9");
  start (fixture);
  assert_failed (fixture, 3, STEPCAST_ERROR_PROGRAM_FAILED, "exited with status 9");
}

static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "d 1; echo \"<svg xmlns='http://www.w3.org/2000/svg'><text>\"; "
                         "head -c 9000000 /dev/zero | tr '\\0' x; sleep 1000");
  start (fixture);
  assert_failed (fixture, 1, STEPCAST_ERROR_LIMIT_EXCEEDED, "");
}

/* The helper refuses one in the middle, whatever was read with it: the frames before it are told,
 * nothing after it counts, and what the program does later is not the reason. */
static void
test_refused_in_the_middle (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 7; cat $dir/refused; docs 9 20; exit 5");
  make_refused (fixture);
  follow (fixture, G_MAXUINT);
  start (fixture);
  assert_failed (fixture, 7, STEPCAST_ERROR_INVALID_FRAME, "Document 8: ");
  assert_frames (fixture, 7);
}

/* ---- what is looked at late ---- */

static void assert_stops (Fixture *fixture);

static void
follow_latest (Fixture *fixture, gint64 due_us)
{
  fixture->sink = stepcast_mock_sink_new_latest (due_us);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
}

static guint64
get_last_step (Fixture *fixture)
{
  StepcastFrame *last = stepcast_mock_sink_get_last (fixture->sink);

  return last != NULL ? stepcast_frame_get_step (last) : 0;
}

/* A viewer that was not ready for the last document before a silence gets it when it is. */
static void
test_due_in_silence (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20; exec sleep 1000");
  follow_latest (fixture, STEPCAST_NEVER);
  start (fixture);
  stepcast_test_wait_for (get_step (fixture) == 20);
  g_assert_cmpuint (get_n_frames (fixture), ==, 0);

  stepcast_mock_sink_set_due (fixture->sink, g_get_monotonic_time () + G_USEC_PER_SEC / 10);
  stepcast_session_proceed (fixture->session);
  g_assert_cmpuint (get_n_frames (fixture), ==, 0);
  stepcast_test_wait_for (get_last_step (fixture) == 20);
  g_assert_cmpuint (get_n_frames (fixture), ==, 1);
  stepcast_test_settle (fixture->scheduler);
  g_assert_cmpuint (get_n_frames (fixture), ==, 1);
}

/* At most so many a second, but the last one always. */
static void
test_last_of_a_burst (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 200; exec sleep 1000");
  follow_latest (fixture, 0);
  stepcast_mock_sink_set_interval (fixture->sink, G_USEC_PER_SEC / 20);
  start (fixture);
  stepcast_test_wait_for (get_last_step (fixture) == 200);
}

static void
test_join_in_silence (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20; exec sleep 1000");
  start (fixture);
  stepcast_test_wait_for (get_step (fixture) == 20);
  follow_latest (fixture, 0);
  stepcast_test_wait_for (get_last_step (fixture) == 20);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
  assert_stops (fixture);
}

/* ---- encoded ---- */

/* Each document that somebody sees is encoded once, and those of which nobody does are not. */
static void
test_encoded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockEncoder) encoder = stepcast_mock_encoder_new ();

  make_session (fixture, "docs 1 100");
  fixture->sink = stepcast_mock_sink_new_every (3);
  stepcast_mock_sink_set_encoder (fixture->sink, STEPCAST_FRAME_ENCODER (encoder));
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 3);
  stepcast_mock_sink_set_window (fixture->sink, G_MAXUINT);
  stepcast_session_proceed (fixture->session);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);

  assert_frames (fixture, 100);
  g_assert_cmpuint (stepcast_mock_encoder_get_n_calls (encoder), ==, 100);
  for (guint i = 0; i < 100; i++)
    g_assert_nonnull (stepcast_frame_get_encoded (stepcast_mock_sink_get_frame (fixture->sink, i)));
}

/* A document that is shown late, with no slice of its own, is encoded, too. */
static void
test_encoded_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockEncoder) encoder = stepcast_mock_encoder_new ();

  make_session (fixture, "docs 1 20; exec sleep 1000");
  follow_latest (fixture, STEPCAST_NEVER);
  stepcast_mock_sink_set_encoder (fixture->sink, STEPCAST_FRAME_ENCODER (encoder));
  start (fixture);
  stepcast_test_wait_for (get_step (fixture) == 20);
  g_assert_cmpuint (stepcast_mock_encoder_get_n_calls (encoder), ==, 0);

  stepcast_mock_sink_set_due (fixture->sink, g_get_monotonic_time () + G_USEC_PER_SEC / 10);
  stepcast_session_proceed (fixture->session);
  stepcast_test_wait_for (get_last_step (fixture) == 20);
  g_assert_nonnull (stepcast_frame_get_encoded (stepcast_mock_sink_get_last (fixture->sink)));
  g_assert_cmpuint (stepcast_mock_encoder_get_n_calls (encoder), ==, 1);
}

/* Cancelled at whatever it is then: encodings are taken back, too. */
static void
test_cancel_encoded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockEncoder) encoder = stepcast_mock_encoder_new ();

  make_session (fixture, "docs 1 1000000");
  fixture->sink = stepcast_mock_sink_new_every (G_MAXUINT);
  stepcast_mock_sink_set_encoder (fixture->sink, STEPCAST_FRAME_ENCODER (encoder));
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
  for (guint round = 0; round < 20; round++)
    {
      guint n_frames = get_n_frames (fixture);

      start (fixture);
      stepcast_test_wait_for (get_n_frames (fixture) > n_frames);
      for (guint i = 0; i < round; i++)
        g_main_context_iteration (NULL, FALSE);
      assert_stops (fixture);
    }
}

/* ---- drawing when it is asked for ---- */

typedef struct
{
  gboolean is_done;
  StepcastFrame *frame;
  GError *error;
} Picture;

static void
picture_clear (Picture *picture)
{
  g_clear_pointer (&picture->frame, stepcast_frame_unref);
  g_clear_error (&picture->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Picture, picture_clear)

static void
on_drawn (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Picture *picture = user_data;

  picture->frame =
    stepcast_session_draw_finish (STEPCAST_SESSION (source_object), result, &picture->error);
  picture->is_done = TRUE;
}

static void
draw (Fixture *fixture, Picture *picture)
{
  stepcast_session_draw_async (fixture->session, NULL, on_drawn, picture);
  stepcast_test_wait_for (picture->is_done);
}

static void
assert_drawn (Fixture *fixture, guint64 step)
{
  g_auto (Picture) picture = { 0 };

  draw (fixture, &picture);
  g_assert_no_error (picture.error);
  g_assert_cmpuint (stepcast_frame_get_step (picture.frame), ==, step);
}

static void
test_draw (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20");
  g_assert_true (stepcast_session_step (fixture->session, 10, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  g_assert_null (stepcast_session_get_latest_frame (fixture->session));
  assert_drawn (fixture, 10);
  assert_drawn (fixture, 10);
  g_assert_true (stepcast_session_resume (fixture->session, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_drawn (fixture, 20);
}

static void
test_draw_after_stop (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20; sleep 1000");
  start (fixture);
  stepcast_test_wait_for (get_step (fixture) == 20);
  stop (fixture);
  g_assert_cmpuint (get_step (fixture), ==, 20);
  assert_drawn (fixture, 20);
}

static void
test_draw_after_failure (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20; exit 1");
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FAILED);
  assert_drawn (fixture, 20);
}

static void
test_draw_nothing (Fixture *fixture, gconstpointer data)
{
  g_auto (Picture) picture = { 0 };

  make_session (fixture, "exit 1");
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FAILED);
  draw (fixture, &picture);
  g_assert_error (picture.error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);
}

/* While it runs and prints nothing, its last document is drawn. */
static void
test_draw_in_silence (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 20; exec sleep 1000");
  start (fixture);
  stepcast_test_wait_for (get_step (fixture) == 20);
  assert_drawn (fixture, 20);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
}

/* One that nobody has looked at is checked when somebody does. */
static void
test_draw_refused (Fixture *fixture, gconstpointer data)
{
  g_auto (Picture) picture = { 0 };

  make_session (fixture, "docs 1 7; cat $dir/refused");
  make_refused (fixture);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (fixture), ==, 8);
  draw (fixture, &picture);
  g_assert_error (picture.error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_FINISHED);
}

/* ---- cancelled ---- */

static void
assert_stops (Fixture *fixture)
{
  guint n_frames = fixture->sink != NULL ? get_n_frames (fixture) : 0;
  guint64 step = get_step (fixture);

  stop (fixture);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_STOPPED);
  g_assert_cmpuint (get_step (fixture), ==, step);
  if (fixture->sink != NULL)
    g_assert_cmpuint (get_n_frames (fixture), ==, n_frames);
  if (step > 0)
    {
      assert_drawn (fixture, step);
      g_assert_cmpuint (get_step (fixture), ==, step);
    }
}

static void
test_cancel_at_once (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 100000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  assert_stops (fixture);
}

static void
test_cancel_before_output (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "told 1; sleep 1000");
  start (fixture);
  stepcast_test_wait_for (read_number (fixture, "told") == 1);
  assert_stops (fixture);
}

/* At whatever it is then: in a slice, while helpers check, or on the way between. */
static void
test_cancel_anywhere (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 1000000");
  follow (fixture, G_MAXUINT);
  for (guint round = 0; round < 20; round++)
    {
      guint n_frames = get_n_frames (fixture);

      start (fixture);
      stepcast_test_wait_for (get_n_frames (fixture) > n_frames);
      for (guint i = 0; i < round; i++)
        g_main_context_iteration (NULL, FALSE);
      assert_stops (fixture);
    }
}

static void
test_cancel_unwatched (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 1000000");
  for (guint round = 0; round < 20; round++)
    {
      start (fixture);
      stepcast_test_wait_for (get_step (fixture) > round);
      assert_stops (fixture);
    }
}

static void
test_cancel_held (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 1000000");
  follow (fixture, 3);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 3);
  stepcast_test_settle (fixture->scheduler);
  assert_stops (fixture);
}

static void
test_cancel_paused (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 1000000");
  g_assert_true (stepcast_session_step (fixture->session, 2, NULL));
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_stops (fixture);
}

static void
test_cancel_after_end_of_output (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; exec >&-; told 1; sleep 1000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  stepcast_test_wait_for (read_number (fixture, "told") == 1 && get_n_frames (fixture) == 3);
  stepcast_test_settle (fixture->scheduler);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
  assert_stops (fixture);
}

static void
test_cancel_deaf (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "trap '' TERM; told 1; while :; do sleep 1000; done");
  start (fixture);
  stepcast_test_wait_for (read_number (fixture, "told") == 1);
  assert_stops (fixture);
}

static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  StepcastSession *session;
  pid_t pid;

  make_session (fixture, "told 1; docs 1 1000000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) > 0);
  pid = (pid_t) read_number (fixture, "pid");
  session = g_steal_pointer (&fixture->session);
  g_object_unref (session);
  g_clear_object (&fixture->sink);
  stepcast_test_wait_for (!is_alive (pid));

  g_clear_object (&fixture->source);
  make_session (fixture, "exit 1"); /* for the end of the test */
}

/* ---- how it ends ---- */

/* It has printed all, but has not exited yet. */
static void
test_outlives_its_output (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = NULL;

  make_session (fixture, "docs 1 3; exec >&-; told 1; while [ ! -e $dir/go ]; do :; done; exit 4");
  follow (fixture, G_MAXUINT);
  start (fixture);
  stepcast_test_wait_for (read_number (fixture, "told") == 1 && get_n_frames (fixture) == 3);
  stepcast_test_settle (fixture->scheduler);
  g_assert_cmpint (get_state (fixture), ==, STEPCAST_SESSION_STATE_RUNNING);
  path = g_build_filename (fixture->dir, "go", NULL);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  assert_failed (fixture, 3, STEPCAST_ERROR_PROGRAM_FAILED, "exited with status 4");
}

/* What it has started in its group ends with it. */
static void
test_leaves_a_child (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "sleep 1000 & told $!; docs 1 3");
  follow (fixture, G_MAXUINT);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 3);
  g_assert_false (is_alive ((pid_t) read_number (fixture, "told")));
}

#define ESCAPE "setsid sh -c 'echo $$ > '$dir/new'; mv '$dir/new' '$dir/told'; exec sleep 1000' &\n"

static void
kill_escaped (Fixture *fixture)
{
  pid_t pid = (pid_t) read_number (fixture, "told");

  g_assert_cmpint (pid, >, 1);
  g_assert_true (is_alive (pid)); /* it is nobody's */
  kill (pid, SIGKILL);
}

/* A daemon that has left the group holds the output open. */
static void
test_escaped (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, ESCAPE "while [ ! -e $dir/told ]; do :; done; docs 1 3");
  follow (fixture, G_MAXUINT);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 3);
  kill_escaped (fixture);
}

/* The same, while a viewer holds the run until after the grace time: nothing tells any more that
 * there is no more to read. */
static void
test_escaped_while_held (Fixture *fixture, gconstpointer data)
{
  gint64 end_us;

  make_session (fixture, ESCAPE "while [ ! -e $dir/told ]; do :; done; docs 1 3");
  follow (fixture, 3);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 3);
  stepcast_test_wait_for (!is_alive ((pid_t) read_number (fixture, "pid")));
  end_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  stepcast_test_wait_for (g_get_monotonic_time () > end_us);
  open_window (fixture, 3);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 3);
  kill_escaped (fixture);
}

static void
test_escaped_and_stopped (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, ESCAPE "while [ ! -e $dir/told ]; do :; done; docs 1 3; sleep 1000");
  follow (fixture, G_MAXUINT);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 3);
  assert_stops (fixture);
  kill_escaped (fixture);
}

/* A helper stopped from within can't be: SIGCONT wakes it. */
static void
test_stopped_child (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, "docs 1 3; kill -STOP $$; docs 4 5");
  follow (fixture, G_MAXUINT);
  start (fixture);
  stepcast_test_wait_for (get_n_frames (fixture) == 3);
  assert_stops (fixture);
}

/* ---- what the command asks for ---- */

static void
test_folder_and_environment (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command = new_command (fixture, "echo $PWD $WORD >&2; d 1");

  command->cwd = g_strdup ("/proc");
  command->environment = g_variant_ref_sink (g_variant_new_parsed ("{'WORD': 'a word'}"));
  make_session_of_command (fixture, command, NULL);
  g_assert_cmpstr (stepcast_source_get_kind (fixture->source), ==, "program");
  g_assert_cmpstr (
    stepcast_program_source_get_command (STEPCAST_PROGRAM_SOURCE (fixture->source))->cwd, ==,
    "/proc");
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpstr (fixture->log->str, ==, "/proc a word\n");
}

static void
test_limits_of_documents (Fixture *fixture, gconstpointer data)
{
  const StepcastDocumentLimits limits = { .max_bytes = 1024, .max_elements = 2 };
  const gboolean is_long = GPOINTER_TO_INT (data);
  g_autoptr (StepcastCommand) command =
    new_command (fixture,
                 is_long ? "docs 1 3; d $(printf '%01024d' 0)" : "docs 1 3; d '</text><text>'");

  make_session_of_command (fixture, command, &limits);
  start (fixture);
  assert_failed (fixture, 3, STEPCAST_ERROR_LIMIT_EXCEEDED,
                 is_long ? "max-bytes is 1024" : "max-elements is 2");
}

/* ---- its exit status, as whoever the run comes home to sees it ---- */

typedef struct
{
  StepcastRun *run;
  StepcastOutcome outcome;
  int exit_status; /* when it came home */
} Ending;

static void
ending_get_demand (StepcastRun *run, StepcastDemand *demand, gpointer user_data)
{
}

static guint64
ending_get_allowance (StepcastRun *run, gpointer user_data)
{
  return G_MAXUINT64;
}

static void
ending_came_home (StepcastRun *run,
                  GPtrArray *frames,
                  StepcastOutcome outcome,
                  const GError *error,
                  gpointer user_data)
{
  Ending *ending = user_data;

  ending->outcome = outcome;
  ending->exit_status = stepcast_run_get_exit_status (run);
  if (outcome == STEPCAST_OUTCOME_NONE)
    stepcast_run_proceed (run);
}

static const StepcastRunEvents ending_events = {
  .get_demand = ending_get_demand,
  .get_allowance = ending_get_allowance,
  .came_home = ending_came_home,
};

static void
begin_run (Fixture *fixture, Ending *ending)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  *ending = (Ending){ .run = stepcast_source_create_run (fixture->source, 1, none) };
  g_assert_cmpint (stepcast_run_get_exit_status (ending->run), ==, -1);
  stepcast_run_listen (ending->run, &ending_events, ending);
  stepcast_run_proceed (ending->run);
}

static void
assert_ends (Ending *ending, StepcastOutcome outcome, int exit_status)
{
  stepcast_test_wait_for (ending->outcome != STEPCAST_OUTCOME_NONE);
  g_assert_cmpint (ending->outcome, ==, outcome);
  g_assert_cmpint (ending->exit_status, ==, exit_status);
  g_clear_object (&ending->run);
}

static void
test_exit_status (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *script;
    StepcastOutcome outcome;
    int exit_status;
  } cases[] = {
    { "d 1", STEPCAST_OUTCOME_FINISHED, 0 },
    { "exit 0", STEPCAST_OUTCOME_FAILED, 0 }, /* it printed nothing */
    { "d 1; exit 3", STEPCAST_OUTCOME_FAILED, 3 },
    { "d 1; exit 255", STEPCAST_OUTCOME_FAILED, 255 },
    { "d 1; kill -KILL $$", STEPCAST_OUTCOME_FAILED, 128 + SIGKILL },
    { "d 1; exec >&-; exit 4", STEPCAST_OUTCOME_FAILED, 4 },
    { "d 1; echo junk; exec sleep 1000", STEPCAST_OUTCOME_FAILED, 128 + SIGTERM },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Ending ending;

      g_clear_object (&fixture->source);
      g_clear_object (&fixture->session);
      make_session (fixture, cases[i].script);
      begin_run (fixture, &ending);
      assert_ends (&ending, cases[i].outcome, cases[i].exit_status);
    }
}

static void
test_exit_status_when_stopped (Fixture *fixture, gconstpointer data)
{
  gboolean is_polite = GPOINTER_TO_INT (data);
  Ending ending;

  make_session (fixture, is_polite ? "trap 'exit 5' TERM; told 1; while :; do sleep 0.01; done" :
                                     "told 1; exec sleep 1000");
  begin_run (fixture, &ending);
  stepcast_test_wait_for (read_number (fixture, "told") == 1);
  stepcast_run_cancel (ending.run);
  assert_ends (&ending, STEPCAST_OUTCOME_CANCELLED, is_polite ? 5 : 128 + SIGTERM);
}

static void
test_exit_status_of_none (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "/nonexistent/program", NULL };
  Ending ending;

  make_session_of (fixture, argv, FALSE);
  begin_run (fixture, &ending);
  assert_ends (&ending, STEPCAST_OUTCOME_FAILED, -1);
}

static void
test_too_much_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command = new_command (fixture, "docs 1 3; while :; do :; done");
  Ending ending;

  command->max_cpu_seconds = 1;
  make_session_of_command (fixture, command, NULL);
  begin_run (fixture, &ending);
  assert_ends (&ending, STEPCAST_OUTCOME_FAILED, 128 + SIGXCPU);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* as the service does */
  signal (SIGPIPE, SIG_IGN);

#define ADD(name, func) g_test_add ("/program-run/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("documents/in-order", test_in_order);
  ADD ("documents/unwatched", test_unwatched);
  ADD ("documents/latest", test_latest);
  ADD ("documents/in-a-terminal", test_in_a_terminal);
  ADD ("documents/again", test_again);
  ADD ("pace/held", test_held);
  ADD ("pace/held-by-bytes", test_held_by_bytes);
  ADD ("pace/steps", test_steps);
  ADD ("pace/steps-to-the-end", test_steps_to_the_end);
  ADD ("pace/pause", test_pause);
  ADD ("pace/pause-in-silence", test_pause_in_silence);
  ADD ("failure/status", test_status);
  ADD ("failure/signal", test_signal);
  ADD ("failure/no-documents", test_no_documents);
  ADD ("failure/no-program", test_no_program);
  g_test_add ("/program-run/failure/no-program-in-a-terminal", Fixture, GINT_TO_POINTER (TRUE),
              set_up, test_no_program, tear_down);
  ADD ("failure/junk", test_junk);
  ADD ("failure/truncated", test_truncated);
  ADD ("failure/died-in-a-document", test_died_in_a_document);
  ADD ("failure/too-long", test_too_long);
  ADD ("failure/refused-in-the-middle", test_refused_in_the_middle);
  ADD ("late/due-in-silence", test_due_in_silence);
  ADD ("late/last-of-a-burst", test_last_of_a_burst);
  ADD ("late/join-in-silence", test_join_in_silence);
  ADD ("encoded/every", test_encoded);
  ADD ("encoded/late", test_encoded_late);
  ADD ("encoded/cancelled", test_cancel_encoded);
  ADD ("draw/paused", test_draw);
  ADD ("draw/stopped", test_draw_after_stop);
  ADD ("draw/failed", test_draw_after_failure);
  ADD ("draw/nothing", test_draw_nothing);
  ADD ("draw/in-silence", test_draw_in_silence);
  ADD ("draw/refused", test_draw_refused);
  ADD ("cancel/at-once", test_cancel_at_once);
  ADD ("cancel/before-output", test_cancel_before_output);
  ADD ("cancel/anywhere", test_cancel_anywhere);
  ADD ("cancel/unwatched", test_cancel_unwatched);
  ADD ("cancel/held", test_cancel_held);
  ADD ("cancel/paused", test_cancel_paused);
  ADD ("cancel/after-end-of-output", test_cancel_after_end_of_output);
  ADD ("cancel/deaf", test_cancel_deaf);
  ADD ("cancel/dropped", test_dropped);
  ADD ("cancel/stopped-child", test_stopped_child);
  ADD ("end/outlives-its-output", test_outlives_its_output);
  ADD ("end/leaves-a-child", test_leaves_a_child);
  ADD ("end/escaped", test_escaped);
  ADD ("end/escaped-while-held", test_escaped_while_held);
  ADD ("end/escaped-and-stopped", test_escaped_and_stopped);
  ADD ("command/folder-and-environment", test_folder_and_environment);
  ADD ("command/max-elements", test_limits_of_documents);
  g_test_add ("/program-run/command/max-bytes", Fixture, GINT_TO_POINTER (TRUE), set_up,
              test_limits_of_documents, tear_down);
  ADD ("exit-status/by-itself", test_exit_status);
  ADD ("exit-status/stopped", test_exit_status_when_stopped);
  g_test_add ("/program-run/exit-status/stopped-politely", Fixture, GINT_TO_POINTER (TRUE), set_up,
              test_exit_status_when_stopped, tear_down);
  ADD ("exit-status/none", test_exit_status_of_none);
  ADD ("exit-status/too-much-time", test_too_much_time);
#undef ADD

  return g_test_run ();
}
