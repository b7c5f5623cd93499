/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

#include "stepcast-guard.h"
#include "stepcast-process.h"
#include "stepcast-test-wait.h"

static const char *
get_helper_path (void)
{
  return g_getenv ("STEPCAST_GUARD");
}

/* ---- processes ---- */

/* The parent of @pid where that lives and is a guard; or else 0. */
static pid_t
get_guards_parent (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "stat", NULL);
  g_autofree char *stat = NULL;
  const char *rest;
  char state;
  int parent;

  if (!g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, "(stepcast-guard)") == NULL)
    return 0;
  rest = strrchr (stat, ')') + 1;
  g_assert_cmpint (sscanf (rest, " %c %d", &state, &parent), ==, 2);
  return strchr ("ZX", state) == NULL ? (pid_t) parent : 0;
}

/* The guard that is @parent's child; 0 where there is none. */
static pid_t
find_guard (pid_t parent)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (*name) && get_guards_parent (name) == parent)
      return (pid_t) atoi (name);
  return 0;
}

static gboolean
has_children (void)
{
  siginfo_t info;

  return waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Orphans are ours: they are gone when they are reaped. */
static gboolean
is_alive (pid_t pid)
{
  g_assert_cmpint (pid, >, 1);
  waitpid (pid, NULL, WNOHANG);
  return kill (pid, 0) == 0 || errno != ESRCH;
}

static void
set_up_sleeper (gpointer user_data)
{
  setpgid (0, 0);
}

/* A process that does nothing, with a group of its own. */
static pid_t
start_sleeper (void)
{
  char *const argv[] = { (char *) "sleep", (char *) "1000", NULL };
  g_autoptr (GError) error = NULL;
  pid_t pid;

  g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                 set_up_sleeper, NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

static void
end_sleeper (pid_t pid)
{
  g_assert_true (is_alive (pid));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

static char *
read_proc_link (pid_t pid, const char *what)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int) pid, what);

  return g_file_read_link (path, NULL);
}

static gboolean
is_in_root (pid_t pid)
{
  g_autofree char *folder = read_proc_link (pid, "cwd");

  return g_strcmp0 (folder, "/") == 0;
}

/* It has set itself up: its folder comes last. */
static pid_t
wait_for_guard (void)
{
  pid_t guard = find_guard (getpid ());

  g_assert_cmpint (guard, >, 1);
  stepcast_test_wait_for (is_in_root (guard));
  return guard;
}

/* ---- the helper's life ---- */

static void
test_lives_with_groups (void)
{
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t one = start_sleeper ();
  pid_t other = start_sleeper ();
  pid_t helper;

  g_assert_cmpint (find_guard (getpid ()), ==, 0);
  stepcast_guard_add (guard, one);
  helper = wait_for_guard ();
  stepcast_guard_add (guard, other);
  stepcast_guard_remove (guard, one);
  g_assert_cmpint (find_guard (getpid ()), ==, helper);

  stepcast_guard_remove (guard, other);
  stepcast_test_wait_for (!is_alive (helper));
  end_sleeper (one);
  end_sleeper (other);
  g_assert_false (has_children ());

  g_assert_finalize_object (guard);
}

/* Those that are left when the input ends are killed, and no others. */
static void
test_kills_what_is_left (void)
{
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t left = start_sleeper ();
  pid_t removed = start_sleeper ();
  pid_t never_added = start_sleeper ();

  stepcast_guard_add (guard, removed);
  stepcast_guard_add (guard, left);
  stepcast_guard_remove (guard, removed);
  stepcast_guard_remove (guard, never_added);
  g_assert_finalize_object (guard);

  stepcast_test_wait_for (!is_alive (left));
  stepcast_test_wait_for (find_guard (getpid ()) == 0);
  end_sleeper (removed);
  end_sleeper (never_added);
  stepcast_test_wait_for (!has_children ());
}

/* Its input is the only thing that is ours. */
static void
test_holds_nothing (void)
{
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t group = start_sleeper ();
  g_autofree char *path = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint n_found = 0;
  pid_t helper;

  stepcast_guard_add (guard, group);
  helper = wait_for_guard ();
  g_assert_cmpint (getsid (helper), ==, helper);
  g_assert_cmpint (getpgid (helper), ==, helper);

  path = g_strdup_printf ("/proc/%d/fd", (int) helper);
  dir = g_dir_open (path, 0, NULL);
  for (; (name = g_dir_read_name (dir)) != NULL; n_found++)
    {
      g_autofree char *which = g_build_filename ("fd", name, NULL);
      g_autofree char *target = read_proc_link (helper, which);

      if (g_str_equal (name, "0"))
        g_assert_true (g_str_has_prefix (target, "socket:"));
      else
        g_assert_cmpstr (target, ==, "/dev/null");
    }
  g_assert_cmpuint (n_found, ==, 3);

  stepcast_guard_remove (guard, group);
  g_assert_finalize_object (guard);
  end_sleeper (group);
  stepcast_test_wait_for (!has_children ());
}

/* What is left open by it in us would be there after it. */
static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n_found = 0;

  while (g_dir_read_name (dir) != NULL)
    n_found++;
  return n_found;
}

static void
test_leaks_nothing (void)
{
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t group = start_sleeper ();
  guint n_before = 0;

  for (guint i = 0; i < 10; i++)
    {
      stepcast_guard_add (guard, group);
      stepcast_guard_remove (guard, group);
      stepcast_test_wait_for (find_guard (getpid ()) == 0);
      if (i == 0) /* GLib has what it needs for child watches */
        n_before = count_descriptors ();
    }
  end_sleeper (group);
  stepcast_test_wait_for (!has_children ());
  g_assert_cmpuint (count_descriptors (), <=, n_before);
  g_assert_finalize_object (guard);
}

static void
test_ignores_signals (void)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t group = start_sleeper ();
  pid_t helper;

  stepcast_guard_add (guard, group);
  helper = wait_for_guard ();
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    kill (helper, signals[i]);
  g_assert_finalize_object (guard);
  stepcast_test_wait_for (!is_alive (group));
  stepcast_test_wait_for (!has_children ());
}

/* ---- what goes wrong ---- */

static void
expect_message (const char *pattern)
{
  g_test_expect_message ("stepcast-source", G_LOG_LEVEL_MESSAGE, pattern);
}

/* The next one knows what the last one knew, whether we have noticed that it has died or not; of
 * the second death nothing is said. */
static void
test_is_started_again (void)
{
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t groups[] = { start_sleeper (), start_sleeper (), start_sleeper () };

  expect_message ("*has died*");
  stepcast_guard_add (guard, groups[0]);
  for (guint i = 1; i < G_N_ELEMENTS (groups); i++)
    {
      pid_t helper = wait_for_guard ();

      kill (helper, SIGKILL);
      while (find_guard (getpid ()) == helper)
        g_usleep (1000);
      if (i == 1)
        stepcast_test_wait_for (kill (helper, 0) != 0);
      g_assert_true (is_alive (groups[0]));
      stepcast_guard_add (guard, groups[i]);
    }
  wait_for_guard ();
  g_test_assert_expected_messages ();

  g_assert_finalize_object (guard);
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    stepcast_test_wait_for (!is_alive (groups[i]));
  stepcast_test_wait_for (!has_children ());
}

/* One that does not read would kill what has long gone, and what has its id now. */
static void
test_does_not_listen (void)
{
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  pid_t left = start_sleeper ();
  pid_t removed = start_sleeper ();
  pid_t helper;

  expect_message ("*does not listen*");
  stepcast_guard_add (guard, left);
  helper = wait_for_guard ();
  kill (helper, SIGSTOP);
  while (find_guard (getpid ()) == helper)
    {
      stepcast_guard_add (guard, removed);
      stepcast_guard_remove (guard, removed);
    }
  g_test_assert_expected_messages ();
  g_assert_true (is_alive (left));

  stepcast_guard_add (guard, removed);
  stepcast_guard_remove (guard, removed);
  g_assert_finalize_object (guard);
  stepcast_test_wait_for (!is_alive (left));
  stepcast_test_wait_for (find_guard (getpid ()) == 0);
  end_sleeper (removed);
  stepcast_test_wait_for (!has_children ());
}

static void
test_no_helper (void)
{
  StepcastGuard *guard = stepcast_guard_new ("/nonexistent/stepcast-guard");
  pid_t one = start_sleeper ();
  pid_t other = start_sleeper ();

  expect_message ("*/nonexistent/stepcast-guard*can't be started*");
  stepcast_guard_add (guard, one);
  stepcast_guard_add (guard, other);
  stepcast_guard_remove (guard, one);
  stepcast_guard_remove (guard, other);
  g_test_assert_expected_messages ();
  g_assert_finalize_object (guard);
  end_sleeper (one);
  end_sleeper (other);
  g_assert_false (has_children ());
}

/* What a failure of this kills is these groups and no more: so no number of many processes here. */
static void
test_nonsense (void)
{
  const char *const argv[] = { get_helper_path (), NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GSubprocess) helper = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE, &error);
  pid_t good = start_sleeper ();
  pid_t bad = start_sleeper ();
  int n = (int) bad;

  g_assert_no_error (error);
  text = g_strdup_printf ("\n+\n-\nx\n%d\n++%d\n+ %d\n+%dx\n*%d\n+%d \n+0000000000000000%d\n"
                          "+%d\n-x\n+%d\n-%d\n+%d\n+%d\n-%d\n+%d",
                          n, n, n, n, n, n, n, (int) good, n, n, n, n, n, n);
  g_assert_true (g_subprocess_communicate_utf8 (helper, text, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (helper));
  stepcast_test_wait_for (!is_alive (good));
  end_sleeper (bad);
}

/* ---- the owner ---- */

#define OWNER_ARGUMENT "--be-the-owner"

/* Children of children, deaf, in the group of a program, which tells their ids. */
#define PROGRAM                                                                                    \
  "trap '' TERM HUP; (sleep 1000 & echo grandchild $!; wait) & echo child $!; "                    \
  "while [ -z \"$done\" ]; do sleep 0.01; done"

static gboolean
on_output (GObject *stream, gpointer user_data)
{
  char buffer[1000];
  gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer,
                                                       sizeof buffer, NULL, NULL);

  return n > 0 && write (STDOUT_FILENO, buffer, (gsize) n) == n;
}

/* It hands on what its program prints, until somebody kills it. */
static G_NORETURN void
be_the_owner (gboolean uses_pty)
{
  const char *const argv[] = { "sh", "-c", PROGRAM, NULL };
  StepcastGuard *guard = stepcast_guard_new (get_helper_path ());
  g_autoptr (StepcastCommand) command = stepcast_command_new (argv);
  g_autoptr (StepcastProcess) process = NULL;
  g_autoptr (GSource) source = NULL;

  command->uses_pty = uses_pty;
  process = stepcast_process_new (command, guard, NULL);
  source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (
                                                    stepcast_process_get_output (process)),
                                                  NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (on_output), NULL, NULL);
  g_source_attach (source, NULL);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

/* In whatever order they come. */
static void
read_pids (GSubprocess *owner, pid_t *child, pid_t *grandchild)
{
  g_autoptr (GDataInputStream) lines =
    g_data_input_stream_new (g_subprocess_get_stdout_pipe (owner));

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);

      g_assert_nonnull (line);
      *(g_str_has_prefix (line, "child ") ? child : grandchild) = (pid_t) atoi (strchr (line, ' '));
    }
}

static void
test_owner_is_killed (gconstpointer data)
{
  const char *const argv[] = { "/proc/self/exe", OWNER_ARGUMENT, data, NULL };
  g_autoptr (GSubprocess) owner = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
  pid_t pids[3] = { 0 };

  read_pids (owner, &pids[0], &pids[1]);
  pids[2] = find_guard ((pid_t) atoi (g_subprocess_get_identifier (owner)));
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    g_assert_true (is_alive (pids[i]));

  g_subprocess_send_signal (owner, SIGKILL);
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    stepcast_test_wait_for (!is_alive (pids[i]));
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], OWNER_ARGUMENT))
    be_the_owner (g_str_equal (argv[2], "pty"));

  g_test_init (&argc, &argv, NULL);
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* as the service does */

  g_test_add_func ("/guard/lives-with-groups", test_lives_with_groups);
  g_test_add_func ("/guard/kills-what-is-left", test_kills_what_is_left);
  g_test_add_func ("/guard/holds-nothing", test_holds_nothing);
  g_test_add_func ("/guard/leaks-nothing", test_leaks_nothing);
  g_test_add_func ("/guard/ignores-signals", test_ignores_signals);
  g_test_add_func ("/guard/is-started-again", test_is_started_again);
  g_test_add_func ("/guard/does-not-listen", test_does_not_listen);
  g_test_add_func ("/guard/no-helper", test_no_helper);
  g_test_add_func ("/guard/nonsense", test_nonsense);
  g_test_add_data_func ("/guard/owner-is-killed/pipe", "pipe", test_owner_is_killed);
  g_test_add_data_func ("/guard/owner-is-killed/terminal", "pty", test_owner_is_killed);

  return g_test_run ();
}
