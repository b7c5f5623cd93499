/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stepcast-error.h"
#include "stepcast-process.h"
#include "stepcast-test-wait.h"

typedef struct
{
  StepcastProcess *process;
  GString *output;
  guint n_exited;
  guint n_ended;
} Fixture;

static void
on_exited (StepcastProcess *process, Fixture *fixture)
{
  g_assert_true (stepcast_process_has_exited (process));
  g_assert_cmpuint (fixture->n_ended, ==, 0);
  fixture->n_exited++;
}

static void
on_ended (StepcastProcess *process, Fixture *fixture)
{
  g_assert_true (stepcast_process_has_ended (process));
  g_assert_cmpuint (fixture->n_exited, ==, 1);
  fixture->n_ended++;
}

static void
start_command (Fixture *fixture, const StepcastCommand *command)
{
  g_autoptr (GError) error = NULL;

  fixture->process = stepcast_process_new (command, NULL, &error);
  g_assert_no_error (error);
  fixture->output = g_string_new (NULL);
  g_signal_connect (fixture->process, "exited", G_CALLBACK (on_exited), fixture);
  g_signal_connect (fixture->process, "ended", G_CALLBACK (on_ended), fixture);
}

static void
start_argv (Fixture *fixture, const char *const *argv, gboolean uses_pty)
{
  g_autoptr (StepcastCommand) command = stepcast_command_new (argv);

  command->uses_pty = uses_pty;
  start_command (fixture, command);
}

/* To be filled in further. */
static StepcastCommand *
new_script (const char *script)
{
  const char *const argv[] = { "sh", "-c", script, NULL };

  return stepcast_command_new (argv);
}

static void
start (Fixture *fixture, const char *script, gboolean uses_pty)
{
  const char *const argv[] = { "sh", "-c", script, NULL };

  start_argv (fixture, argv, uses_pty);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->process != NULL)
    g_assert_finalize_object (fixture->process);
  if (fixture->output != NULL)
    g_string_free (fixture->output, TRUE);
}

/* Takes what it has printed; returns whether it has printed @text by now. */
static gboolean
has_printed (Fixture *fixture, const char *text)
{
  GPollableInputStream *stream =
    G_POLLABLE_INPUT_STREAM (stepcast_process_get_output (fixture->process));
  char buffer[1000];
  gssize n_read;

  while ((n_read = g_pollable_input_stream_read_nonblocking (stream, buffer, sizeof buffer, NULL,
                                                             NULL)) > 0)
    g_string_append_len (fixture->output, buffer, n_read);
  return strstr (fixture->output->str, text) != NULL;
}

static void
wait_for_end (Fixture *fixture)
{
  stepcast_test_wait_for (fixture->n_ended == 1);
  g_assert_cmpuint (fixture->n_exited, ==, 1);
  while (g_main_context_iteration (NULL, FALSE)) /* told once */
    ;
  g_assert_cmpuint (fixture->n_ended, ==, 1);
}

static void
assert_exit (Fixture *fixture, const char *expected)
{
  g_autofree char *exit = NULL;

  wait_for_end (fixture);
  exit = stepcast_process_describe_exit (fixture->process);
  g_assert_cmpstr (exit, ==, expected);
}

static void
assert_output (Fixture *fixture, const char *expected)
{
  has_printed (fixture, expected);
  g_assert_cmpstr (fixture->output->str, ==, expected);
}

/* The number after @name in what it has printed. */
static pid_t
get_pid (Fixture *fixture, const char *name)
{
  const char *found = strstr (fixture->output->str, name);

  g_assert_nonnull (found);
  return (pid_t) atoi (found + strlen (name));
}

static gboolean
is_alive (pid_t pid)
{
  g_assert_cmpint (pid, >, 1);
  return kill (pid, 0) == 0 || errno != ESRCH;
}

/* ---- how it exits ---- */

static void
test_success (Fixture *fixture, gconstpointer data)
{
  start (fixture, "echo out; echo err >&2", FALSE);
  assert_exit (fixture, "exited with status 0");
  g_assert_true (stepcast_process_has_succeeded (fixture->process));
  assert_output (fixture, "out\n");
}

static void
test_status (Fixture *fixture, gconstpointer data)
{
  start (fixture, "exit 42", FALSE);
  assert_exit (fixture, "exited with status 42");
  g_assert_cmpint (stepcast_process_get_exit_status (fixture->process), ==, 42);
  g_assert_false (stepcast_process_has_succeeded (fixture->process));
}

static void
test_signal (Fixture *fixture, gconstpointer data)
{
  start (fixture, "kill -ABRT $$", FALSE);
  wait_for_end (fixture);
  {
    g_autofree char *exit = stepcast_process_describe_exit (fixture->process);

    g_assert_true (g_str_has_prefix (exit, "was killed by signal 6 ("));
  }
  g_assert_cmpint (stepcast_process_get_exit_status (fixture->process), ==, 128 + 6);
  g_assert_false (stepcast_process_has_succeeded (fixture->process));
}

/* So fast that GLib may have reaped it before it is looked at. */
static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      const char *const argv[] = { i % 2 == 0 ? "true" : "false", NULL };

      *fixture = (Fixture){ 0 };
      start_argv (fixture, argv, i % 3 == 0);
      assert_exit (fixture, i % 2 == 0 ? "exited with status 0" : "exited with status 1");
      tear_down (fixture, NULL);
    }
  *fixture = (Fixture){ 0 };
}

static void
test_no_program (Fixture *fixture, gconstpointer data)
{
  static const char *const programs[] = { "/nonexistent", "stepcast-nonexistent", "/dev/null", "/",
                                          "" };

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    for (guint uses_pty = 0; uses_pty <= 1; uses_pty++)
      {
        const char *const argv[] = { programs[i], NULL };
        g_autoptr (StepcastCommand) command = stepcast_command_new (argv);
        g_autoptr (GError) error = NULL;

        command->uses_pty = uses_pty != 0;
        g_assert_null (stepcast_process_new (command, NULL, &error));
        g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED);
        g_assert_nonnull (strstr (error->message, "can't be started"));
      }
}

/* ---- what it is given ---- */

static void
test_stdin (Fixture *fixture, gconstpointer data)
{
  start (fixture, "cat; echo end", FALSE);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "end\n");
}

static void
test_environment (Fixture *fixture, gconstpointer data)
{
  g_setenv ("STEPCAST_TEST_WORD", "kept", TRUE);
  start (fixture, "echo $PYTHONUNBUFFERED $STEPCAST_TEST_WORD", FALSE);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "1 kept\n");
}

static void
test_environment_of_its_own (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command =
    new_script ("echo $PYTHONUNBUFFERED $STEPCAST_TEST_WORD $STEPCAST_TEST_OTHER");

  g_setenv ("STEPCAST_TEST_WORD", "kept", TRUE);
  g_setenv ("STEPCAST_TEST_OTHER", "not kept", TRUE);
  command->environment = g_variant_ref_sink (
    g_variant_new_parsed ("{'PYTHONUNBUFFERED': '0', 'STEPCAST_TEST_OTHER': 'set = so'}"));
  start_command (fixture, command);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "0 kept set = so\n");
}

static void
test_folder (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command = new_script ("pwd -P");

  command->cwd = g_strdup ("/proc");
  start_command (fixture, command);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "/proc\n");
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command = new_script ("pwd");
  g_autoptr (GError) error = NULL;

  command->cwd = g_strdup ("/nonexistent/folder");
  g_assert_null (stepcast_process_new (command, NULL, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED);
  g_assert_nonnull (strstr (error->message, "/nonexistent/folder"));
}

/* Whether it has a terminal or not; and none is set where none is asked for. */
static void
test_limits (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command =
    new_script ("ulimit -Sv; ulimit -Hv; ulimit -St; ulimit -Ht");

  command->uses_pty = GPOINTER_TO_INT (data);
  command->max_memory_bytes = 100 * 1024 * 1024;
  command->max_cpu_seconds = 500;
  start_command (fixture, command);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "102400\n102400\n500\n501\n");
}

static void
test_no_limits (Fixture *fixture, gconstpointer data)
{
  g_autofree char *ours = NULL;

  g_assert_true (
    g_spawn_command_line_sync ("sh -c 'ulimit -v; ulimit -t'", &ours, NULL, NULL, NULL));
  start (fixture, "ulimit -v; ulimit -t", FALSE);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, ours);
}

/* The service has as many files as it may; its programs have what they are used to. */
static void
test_usual_files (Fixture *fixture, gconstpointer data)
{
  struct rlimit before, raised;
  g_autofree char *expected = NULL;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  raised = before;
  raised.rlim_cur = raised.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &raised), ==, 0);
  start (fixture, "ulimit -Sn; ulimit -Hn", FALSE);
  assert_exit (fixture, "exited with status 0");
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);

  expected =
    g_strdup_printf ("%lu\n%lu\n", (gulong) MIN (before.rlim_max, 1024), (gulong) before.rlim_max);
  assert_output (fixture, expected);
}

static void
test_too_much_memory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command =
    new_script ("dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null || echo too much");

  command->max_memory_bytes = 100 * 1024 * 1024;
  start_command (fixture, command);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "too much\n");
}

/* The program can't even be loaded: one way or the other that is told. */
static void
test_least_memory (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCommand) command = new_script ("echo alive");
  g_autoptr (GError) error = NULL;

  command->max_memory_bytes = STEPCAST_COMMAND_MIN_MEMORY_BYTES;
  fixture->process = stepcast_process_new (command, NULL, &error);
  if (fixture->process == NULL)
    {
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED);
      return;
    }
  stepcast_test_wait_for (stepcast_process_has_ended (fixture->process));
  g_assert_false (stepcast_process_has_succeeded (fixture->process));
}

/* SIGXCPU at the limit; SIGKILL for one that does not listen. */
static void
test_too_much_time (Fixture *fixture, gconstpointer data)
{
  gboolean listens = GPOINTER_TO_INT (data);
  g_autoptr (StepcastCommand) command =
    new_script (listens ? "while :; do :; done" : "trap '' XCPU; while :; do :; done");

  command->max_cpu_seconds = 1;
  start_command (fixture, command);
  wait_for_end (fixture);
  g_assert_cmpint (stepcast_process_get_exit_status (fixture->process), ==,
                   128 + (listens ? SIGXCPU : SIGKILL));
}

/* Nothing of ours is open in it but its three. */
static void
test_descriptors (Fixture *fixture, gconstpointer data)
{
  gboolean uses_pty = GPOINTER_TO_INT (data);

  start (fixture,
         "for fd in /proc/$$/fd/*; do echo ${fd##*/}; done | sort -n | head -3 | tr '\\n' ' '",
         uses_pty);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "0 1 2 ");
}

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
  const char *const argv[] = { "printf", "%s|", "a b", "$HOME", "*", "'\"\\", "", NULL };

  start_argv (fixture, argv, FALSE);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "a b|$HOME|*|'\"\\||");
}

static void
test_pipe (Fixture *fixture, gconstpointer data)
{
  start (fixture, "test -t 0 || test -t 1 || test -t 2 || echo no terminal", FALSE);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "no terminal\n");
}

/* Its output is a terminal, which hands on what is written as it is. */
static void
test_terminal (Fixture *fixture, gconstpointer data)
{
  start (fixture, "test -t 1 && ! test -t 0 && ! test -t 2 && printf 'a\\nb\\r\\tc\\003\\004d'",
         TRUE);
  assert_exit (fixture, "exited with status 0");
  assert_output (fixture, "a\nb\r\tc\003\004d");
}

/* More than a terminal takes at once: nothing is lost, and it is held until it is read. */
static void
test_terminal_is_held (Fixture *fixture, gconstpointer data)
{
  start (fixture, "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done; echo end", TRUE);
  stepcast_test_wait_for (has_printed (fixture, "end\n"));
  assert_exit (fixture, "exited with status 0");
  g_assert_cmpuint (fixture->output->len, ==, 10 * 2 + 90 * 3 + 900 * 4 + 9000 * 5 + 10000 * 6 + 4);
}

/* ---- told to end ---- */

static void
test_terminate (Fixture *fixture, gconstpointer data)
{
  gboolean uses_pty = GPOINTER_TO_INT (data);

  start (fixture, "echo ready; exec sleep 1000", uses_pty);
  stepcast_test_wait_for (has_printed (fixture, "ready"));
  stepcast_process_terminate (fixture->process);
  stepcast_process_terminate (fixture->process);
  wait_for_end (fixture);
  {
    g_autofree char *exit = stepcast_process_describe_exit (fixture->process);

    g_assert_true (g_str_has_prefix (exit, "was killed by signal 15 ("));
  }
  stepcast_process_terminate (fixture->process); /* nothing */
}

static void
test_says_goodbye (Fixture *fixture, gconstpointer data)
{
  start (fixture, "trap 'echo goodbye; exit 7' TERM; echo ready; while :; do sleep 0.01; done",
         FALSE);
  stepcast_test_wait_for (has_printed (fixture, "ready"));
  stepcast_process_terminate (fixture->process);
  assert_exit (fixture, "exited with status 7");
  g_assert_true (has_printed (fixture, "goodbye"));
}

static void
test_ignores_sigterm (Fixture *fixture, gconstpointer data)
{
  gint64 began_us;
  double seconds;

  start (fixture, "trap '' TERM; (trap '' TERM; sleep 1000) & echo child $!.; wait", FALSE);
  stepcast_test_wait_for (has_printed (fixture, "."));
  began_us = g_get_monotonic_time ();
  stepcast_process_terminate (fixture->process);
  wait_for_end (fixture);
  seconds = (double) (g_get_monotonic_time () - began_us) / G_USEC_PER_SEC;
  g_assert_cmpfloat (seconds, >=, STEPCAST_PROCESS_GRACE_MS / 1000.0);
  g_assert_cmpfloat (seconds, <, STEPCAST_PROCESS_GRACE_MS / 1000.0 + 1.5);
  g_assert_false (is_alive (get_pid (fixture, "child ")));
  {
    g_autofree char *exit = stepcast_process_describe_exit (fixture->process);

    g_assert_true (g_str_has_prefix (exit, "was killed by signal 9 ("));
  }
}

/* A program that was stopped hears nothing before it goes on. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  gint64 began_us;

  start (fixture, "echo ready; kill -STOP $$; sleep 1000", FALSE);
  stepcast_test_wait_for (has_printed (fixture, "ready"));
  began_us = g_get_monotonic_time ();
  stepcast_process_terminate (fixture->process);
  wait_for_end (fixture);
  g_assert_cmpint (g_get_monotonic_time () - began_us, <,
                   STEPCAST_PROCESS_GRACE_MS * G_TIME_SPAN_MILLISECOND);
}

/* ---- its group ---- */

static void
test_group (Fixture *fixture, gconstpointer data)
{
  gboolean uses_pty = GPOINTER_TO_INT (data);

  start (fixture,
         "(echo first $(exec sh -c 'echo $PPID').; (sleep 1000 & echo second $!.; wait); wait) & "
         "while :; do sleep 1000; done",
         uses_pty);
  stepcast_test_wait_for (has_printed (fixture, "first ") && has_printed (fixture, "second ") &&
                          g_str_has_suffix (fixture->output->str, ".\n"));
  stepcast_process_terminate (fixture->process);
  wait_for_end (fixture);
  g_assert_false (is_alive (get_pid (fixture, "first ")));
  g_assert_false (is_alive (get_pid (fixture, "second ")));
}

/* What it leaves behind when it exits ends as well, and only then has it ended. */
static void
test_left_behind (Fixture *fixture, gconstpointer data)
{
  start (fixture, "sleep 1000 & echo child $!.; exit 3", FALSE);
  stepcast_test_wait_for (fixture->n_exited == 1);
  assert_exit (fixture, "exited with status 3");
  has_printed (fixture, ".");
  g_assert_false (is_alive (get_pid (fixture, "child ")));
}

static void
test_left_behind_and_deaf (Fixture *fixture, gconstpointer data)
{
  start (fixture,
         "(trap '' TERM; echo child; exec sleep 1000) & echo pid $!.; read x < /dev/null; "
         "while ! [ -e /proc/$!/comm ] || [ \"$(cat /proc/$!/comm)\" != sleep ]; do :; done",
         FALSE);
  stepcast_test_wait_for (fixture->n_exited == 1);
  g_assert_cmpuint (fixture->n_ended, ==, 0);
  has_printed (fixture, ".");
  g_assert_true (is_alive (get_pid (fixture, "pid ")));
  wait_for_end (fixture);
  g_assert_false (is_alive (get_pid (fixture, "pid ")));
}

/* Who lets go of it wants it gone. */
static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  pid_t child, leader;

  start (fixture, "trap '' TERM; echo leader $$.; sleep 1000 & echo child $!.; echo ready; wait",
         FALSE);
  stepcast_test_wait_for (has_printed (fixture, "ready"));
  child = get_pid (fixture, "child ");
  leader = get_pid (fixture, "leader ");
  g_assert_true (is_alive (child));
  g_assert_finalize_object (g_steal_pointer (&fixture->process));
  stepcast_test_wait_for (!is_alive (leader));
}

static void
test_dropped_when_told (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      const char *const argv[] = { "sh", "-c", i == 0 ? "exit 1" : "sleep 1000 & exit 1", NULL };
      g_autoptr (StepcastCommand) command = stepcast_command_new (argv);
      gpointer process = stepcast_process_new (command, NULL, NULL);

      g_object_add_weak_pointer (process, &process);
      g_signal_connect (process, "exited", G_CALLBACK (g_object_unref), NULL);
      stepcast_test_wait_for (process == NULL);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* as the service does */

#define ADD_WITH(name, func, data)                                                                 \
  g_test_add ("/process/" name, Fixture, data, NULL, func, tear_down)
#define ADD(name, func) ADD_WITH (name, func, NULL)
  ADD ("exit/success", test_success);
  ADD ("exit/status", test_status);
  ADD ("exit/signal", test_signal);
  ADD ("exit/at-once", test_at_once);
  ADD ("no-program", test_no_program);
  ADD ("given/stdin", test_stdin);
  ADD ("given/environment", test_environment);
  ADD ("given/environment-of-its-own", test_environment_of_its_own);
  ADD ("given/folder", test_folder);
  ADD ("given/no-folder", test_no_folder);
  ADD ("given/descriptors", test_descriptors);
  ADD_WITH ("given/descriptors-with-terminal", test_descriptors, GINT_TO_POINTER (TRUE));
  ADD ("given/arguments", test_arguments);
  ADD ("given/pipe", test_pipe);
  ADD ("given/terminal", test_terminal);
  ADD ("given/terminal-is-held", test_terminal_is_held);
  ADD ("limits/set", test_limits);
  ADD_WITH ("limits/set-with-terminal", test_limits, GINT_TO_POINTER (TRUE));
  ADD ("limits/none", test_no_limits);
  ADD ("limits/usual-files", test_usual_files);
  ADD ("limits/memory", test_too_much_memory);
  ADD ("limits/least-memory", test_least_memory);
  ADD_WITH ("limits/time", test_too_much_time, GINT_TO_POINTER (TRUE));
  ADD ("limits/time-unheard", test_too_much_time);
  ADD ("terminate/sleeping", test_terminate);
  ADD_WITH ("terminate/in-a-terminal", test_terminate, GINT_TO_POINTER (TRUE));
  ADD ("terminate/says-goodbye", test_says_goodbye);
  ADD ("terminate/ignores-sigterm", test_ignores_sigterm);
  ADD ("terminate/stopped", test_stopped);
  ADD ("group/terminate", test_group);
  ADD_WITH ("group/in-a-terminal", test_group, GINT_TO_POINTER (TRUE));
  ADD ("group/left-behind", test_left_behind);
  ADD ("group/left-behind-and-deaf", test_left_behind_and_deaf);
  ADD ("dropped/running", test_dropped);
  ADD ("dropped/when-told", test_dropped_when_told);
#undef ADD
#undef ADD_WITH

  return g_test_run ();
}
