/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-process.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib-unix.h>

#include "stepcast-child.h"
#include "stepcast-error.h"
#include "stepcast-gsource.h"

/* A child process with a process group of its own.
 *
 * It is told to end by SIGTERM, after SIGCONT so that it can hear it, and by SIGKILL after a grace
 * time; always the whole group, so that what it has started ends with it. When it exits by itself,
 * what it leaves behind in its group is ended likewise. It "has exited" when it was reaped, and
 * "has ended" when nothing of its group is left.
 *
 * Where we are killed or crash, the kernel ends the child, and a StepcastGuard the rest of the
 * group. What has left the group is reached by none of this.
 *
 * Its standard input is empty, its standard output and error are for the owner to read. Lives on
 * the main context. */

/* How often a group is looked at that lives on without its leader. */
#define GROUP_INTERVAL_MS 20

/* After SIGKILL a group can only be left by zombies that nobody reaps. */
#define KILLED_MS 1000

struct _StepcastProcess
{
  GObject parent_instance;

  StepcastGuard *guard; /* (nullable): knows the group until it has ended */
  pid_t pid;            /* of the child, and of its group; 0 before it was started */
  GSource *watch;       /* (nullable): until it was reaped */
  GInputStream *output;
  GInputStream *errors;

  gboolean has_exited;
  gboolean has_ended;
  int wait_status;
  gboolean is_terminating;
  gint64 kill_us; /* when SIGKILL is due, and after it when the group is given up */
  gboolean is_killed;
  GSource *timer; /* (nullable) */
};

enum
{
  EXITED,
  ENDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastProcess, stepcast_process, G_TYPE_OBJECT)

/* Where the process is a subreaper, what the child has left behind in its group is ours to reap,
 * and only that: the child itself is GSubprocess's. */
static void
reap_group (StepcastProcess *self)
{
  while (self->has_exited && waitpid (-self->pid, NULL, WNOHANG) > 0)
    ;
}

/* The id of a group is not given to another while a member lives. */
static gboolean
signal_group (StepcastProcess *self, int signum)
{
  return kill (-self->pid, signum) == 0 || errno != ESRCH;
}

static void
leave_guard (StepcastProcess *self)
{
  if (self->guard != NULL)
    stepcast_guard_remove (self->guard, self->pid);
  g_clear_object (&self->guard);
}

static void
end (StepcastProcess *self)
{
  stepcast_gsource_clear (&self->timer);
  self->has_ended = TRUE;
  leave_guard (self);
  g_signal_emit (self, signals[ENDED], 0);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (StepcastProcess) self = g_object_ref (user_data);
  gint64 now_us = g_get_monotonic_time ();

  reap_group (self);
  if (self->has_exited && !signal_group (self, 0))
    {
      end (self);
      return G_SOURCE_REMOVE;
    }
  if (now_us < self->kill_us)
    return G_SOURCE_CONTINUE;

  if (!self->is_killed)
    {
      g_debug ("Process %d and its group are killed", (int) self->pid);
      signal_group (self, SIGKILL);
      self->is_killed = TRUE;
      self->kill_us = now_us + KILLED_MS * G_TIME_SPAN_MILLISECOND;
    }
  else if (self->has_exited)
    {
      end (self);
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

/**
 * stepcast_process_terminate:
 * @self: a process
 *
 * Ends it and its group; nothing if that is under way. "ended" follows.
 */
void
stepcast_process_terminate (StepcastProcess *self)
{
  g_return_if_fail (STEPCAST_IS_PROCESS (self));

  if (self->is_terminating || self->has_ended)
    return;

  self->is_terminating = TRUE;
  signal_group (self, SIGCONT);
  signal_group (self, SIGTERM);

  self->kill_us = g_get_monotonic_time () + STEPCAST_PROCESS_GRACE_MS * G_TIME_SPAN_MILLISECOND;
  self->timer = g_timeout_source_new (GROUP_INTERVAL_MS);
  g_source_set_static_name (self->timer, "[stepcast] process group");
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/* Reaps the child; what it leaves behind ends as well. */
static gboolean
on_reapable (gpointer user_data)
{
  g_autoptr (StepcastProcess) self = g_object_ref (user_data);

  if (!stepcast_child_reap (self->pid, &self->wait_status))
    return G_SOURCE_CONTINUE;

  g_clear_pointer (&self->watch, g_source_unref);
  self->has_exited = TRUE;
  g_signal_emit (self, signals[EXITED], 0);
  reap_group (self);
  if (!signal_group (self, 0))
    end (self);
  else
    stepcast_process_terminate (self);
  return G_SOURCE_REMOVE;
}

static void
on_exited (GPid pid, int wait_status, gpointer user_data)
{
  StepcastProcess *self = user_data;

  g_clear_pointer (&self->watch, g_source_unref);
  self->wait_status = wait_status;
  self->watch = g_timeout_source_new (1);
  g_source_set_static_name (self->watch, "[stepcast] process reap");
  g_source_set_callback (self->watch, on_reapable, self, NULL);
  if (on_reapable (self) == G_SOURCE_CONTINUE)
    g_source_attach (self->watch, g_main_context_get_thread_default ());
}

static void
watch_child (StepcastProcess *self)
{
  self->watch = g_child_watch_source_new (self->pid);
  g_source_set_static_name (self->watch, "[stepcast] process");
  g_source_set_callback (self->watch, G_SOURCE_FUNC (on_exited), self, NULL);
  g_source_attach (self->watch, g_main_context_get_thread_default ());
}

/* ---- the start ---- */

/* What the child is to do, worked out before fork(): after it hardly anything may be called. */
typedef struct
{
  gboolean uses_pty;
  gboolean limits_memory;
  gboolean limits_cpu;
  gboolean limits_files;
  struct rlimit memory;
  struct rlimit cpu;
  struct rlimit files;
} ChildSetup;

/* Lowers what we have ourselves. @reserve: from the soft limit to the hard one */
static gboolean
lower_limit (int resource, guint64 value, guint64 reserve, struct rlimit *limits)
{
  if (value == 0 || getrlimit (resource, limits) != 0)
    return FALSE;

  if (value < RLIM_INFINITY - reserve)
    limits->rlim_max = MIN (limits->rlim_max, value + reserve);
  limits->rlim_cur = MIN (limits->rlim_cur, MIN (limits->rlim_max, value));
  return TRUE;
}

/* The service has raised its own; a program may use select(), which knows no more than this. */
static gboolean
get_usual_file_limit (struct rlimit *limits)
{
  if (getrlimit (RLIMIT_NOFILE, limits) != 0)
    return FALSE;

  limits->rlim_cur = MIN (limits->rlim_max, FD_SETSIZE);
  return TRUE;
}

/* In seconds. The kernel counts in nanoseconds of 64 bits; nobody waits for so long. */
#define MAX_CPU_SECONDS G_MAXUINT32

/* At the soft limit of processor time comes SIGXCPU, which says what happened; at the hard one
 * comes SIGKILL, also to who does not listen. */
static ChildSetup
make_child_setup (const StepcastCommand *command)
{
  ChildSetup setup = { .uses_pty = command->uses_pty };

  setup.limits_memory = lower_limit (RLIMIT_AS, command->max_memory_bytes, 0, &setup.memory);
  setup.limits_cpu =
    lower_limit (RLIMIT_CPU, MIN (command->max_cpu_seconds, MAX_CPU_SECONDS), 1, &setup.cpu);
  setup.limits_files = get_usual_file_limit (&setup.files);
  return setup;
}

/* Between fork and exec: only what is safe after fork() may be called. */
static void
set_up_child (gpointer user_data)
{
  const ChildSetup *setup = user_data;

  if (setup->uses_pty)
    {
      setsid ();
      ioctl (STDOUT_FILENO, TIOCSCTTY, 0);
    }
  else
    {
      setpgid (0, 0);
    }
  prctl (PR_SET_PDEATHSIG, SIGKILL); /* not even a crash of ours leaves it behind */
  if (setup->limits_cpu)
    setrlimit (RLIMIT_CPU, &setup->cpu);
  if (setup->limits_memory)
    setrlimit (RLIMIT_AS, &setup->memory);
  if (setup->limits_files)
    setrlimit (RLIMIT_NOFILE, &setup->files);
}

/* A terminal that hands on what is written to it as it is. */
static gboolean
open_terminal (int *master, int *slave, GError **error)
{
  struct termios settings = { 0 };

  cfmakeraw (&settings);
  settings.c_cflag |= CREAD | CS8;
  if (openpty (master, slave, NULL, &settings, NULL) != 0)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                   "No terminal can be had: %s", g_strerror (errno));
      return FALSE;
    }

  fcntl (*master, F_SETFD, FD_CLOEXEC);
  fcntl (*slave, F_SETFD, FD_CLOEXEC);
  return TRUE;
}

/* Returns: (transfer full): each variable's name to its `NAME=VALUE` */
static GHashTable *
read_environment (char **environment)
{
  GHashTable *variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; environment[i] != NULL; i++)
    {
      gsize name_length = strcspn (environment[i], "=");

      g_hash_table_replace (variables, g_strndup (environment[i], name_length),
                            g_strdup (environment[i]));
    }
  return variables;
}

/* A caller may give as many as a message holds, which g_environ_setenv() would go through once more
 * for each. */
static char **
make_environment (const StepcastCommand *command)
{
  g_auto (GStrv) ours =
    g_environ_setenv (stepcast_child_make_environment (), "PYTHONUNBUFFERED", "1", TRUE);
  g_autoptr (GHashTable) variables = NULL;
  g_autoptr (GPtrArray) environment = NULL;
  GHashTableIter variable_iter;
  GVariantIter iter;
  const char *name, *value;
  gpointer variable;

  if (command->environment == NULL)
    return g_steal_pointer (&ours);

  variables = read_environment (ours);
  g_variant_iter_init (&iter, command->environment);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    g_hash_table_replace (variables, g_strdup (name), g_strconcat (name, "=", value, NULL));

  environment = g_ptr_array_new ();
  g_hash_table_iter_init (&variable_iter, variables);
  while (g_hash_table_iter_next (&variable_iter, NULL, &variable))
    g_ptr_array_add (environment, g_strdup (variable));
  g_ptr_array_add (environment, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&environment), FALSE);
}

/* GSubprocess would reap the child from a thread of its own, and its id with it: we send signals by
 * that id, and keep it from being given away until we have reaped the child ourselves. */
static gboolean
spawn (StepcastProcess *self, const StepcastCommand *command, GError **error)
{
  const char *const *argv = (const char *const *) command->argv;
  ChildSetup setup = make_child_setup (command);
  g_auto (GStrv) environment = make_environment (command);
  g_autoptr (GError) spawn_error = NULL;
  int output = -1;
  int errors = -1;
  int slave = -1;
  gboolean is_spawned;

  if (argv[0] == NULL || *argv[0] == '\0')
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                           "A program without a name can't be started");
      return FALSE;
    }
  if (command->uses_pty && !open_terminal (&output, &slave, error))
    return FALSE;

  is_spawned =
    g_spawn_async_with_pipes_and_fds (command->cwd, argv, (const char *const *) environment,
                                      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                        G_SPAWN_CLOEXEC_PIPES,
                                      set_up_child, &setup, -1, slave, -1, NULL, NULL, 0,
                                      &self->pid, NULL, command->uses_pty ? NULL : &output, &errors,
                                      &spawn_error);
  if (slave >= 0)
    close (slave);
  if (!is_spawned)
    {
      if (output >= 0)
        close (output);
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                   "“%s” can't be started: %s", argv[0], spawn_error->message);
      return FALSE;
    }

  g_unix_set_fd_nonblocking (output, TRUE, NULL);
  self->output = g_unix_input_stream_new (output, TRUE);
  self->errors = g_unix_input_stream_new (errors, TRUE);
  watch_child (self);
  return TRUE;
}

/**
 * stepcast_process_new:
 * @command: what to run, and how; checked
 * @guard: (nullable): ends its group where we can't
 * @error: %STEPCAST_ERROR_PROGRAM_FAILED: why it can't be started
 *
 * Returns: (transfer full) (nullable): a process that runs, or %NULL with @error set
 */
StepcastProcess *
stepcast_process_new (const StepcastCommand *command, StepcastGuard *guard, GError **error)
{
  g_autoptr (StepcastProcess) self = g_object_new (STEPCAST_TYPE_PROCESS, NULL);

  if (!spawn (self, command, error))
    return NULL;
  if (guard != NULL)
    {
      self->guard = g_object_ref (guard);
      stepcast_guard_add (guard, self->pid);
    }
  return g_steal_pointer (&self);
}

/**
 * stepcast_process_get_output:
 * @self: a process
 *
 * Returns: (transfer none): its standard output: pollable, on a file descriptor that does not block
 */
GInputStream *
stepcast_process_get_output (StepcastProcess *self)
{
  return self->output;
}

/**
 * stepcast_process_get_errors:
 * @self: a process
 *
 * Returns: (transfer none): its standard error: pollable
 */
GInputStream *
stepcast_process_get_errors (StepcastProcess *self)
{
  return self->errors;
}

gboolean
stepcast_process_has_exited (StepcastProcess *self)
{
  return self->has_exited;
}

gboolean
stepcast_process_has_ended (StepcastProcess *self)
{
  return self->has_ended;
}

/**
 * stepcast_process_has_succeeded:
 * @self: a process that has exited
 *
 * Returns: whether it exited with status 0
 */
gboolean
stepcast_process_has_succeeded (StepcastProcess *self)
{
  return WIFEXITED (self->wait_status) && WEXITSTATUS (self->wait_status) == 0;
}

/**
 * stepcast_process_get_exit_status:
 * @self: a process that has exited
 *
 * Returns: its exit status as a shell has it: from 0 to 255, 128 + N where signal N ended it
 */
int
stepcast_process_get_exit_status (StepcastProcess *self)
{
  if (WIFSIGNALED (self->wait_status))
    return 128 + WTERMSIG (self->wait_status);
  return WEXITSTATUS (self->wait_status);
}

/**
 * stepcast_process_describe_exit:
 * @self: a process that has exited
 *
 * Returns: (transfer full): how, in words
 */
char *
stepcast_process_describe_exit (StepcastProcess *self)
{
  if (WIFSIGNALED (self->wait_status))
    return g_strdup_printf ("was killed by signal %d (%s)", WTERMSIG (self->wait_status),
                            g_strsignal (WTERMSIG (self->wait_status)));
  return g_strdup_printf ("exited with status %d", WEXITSTATUS (self->wait_status));
}

static void
on_killed (GPid pid, int wait_status, gpointer user_data)
{
}

/* Nobody listens any more: it is killed, and reaped when it is dead. */
static void
kill_unheard (StepcastProcess *self)
{
  signal_group (self, SIGKILL);
  if (!self->has_exited)
    g_source_set_name_by_id (g_child_watch_add (self->pid, on_killed, NULL),
                             "[stepcast] killed process");
}

static void
stepcast_process_dispose (GObject *object)
{
  StepcastProcess *self = STEPCAST_PROCESS (object);

  stepcast_gsource_clear (&self->timer);
  stepcast_gsource_clear (&self->watch);
  if (self->pid > 0 && !self->has_ended)
    kill_unheard (self);
  self->has_ended = TRUE;
  leave_guard (self);
  g_clear_object (&self->output);
  g_clear_object (&self->errors);

  G_OBJECT_CLASS (stepcast_process_parent_class)->dispose (object);
}

static void
stepcast_process_class_init (StepcastProcessClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_process_dispose;

  /**
   * StepcastProcess::exited:
   *
   * The child was reaped; others of its group may live on for the grace time.
   */
  signals[EXITED] = g_signal_new ("exited", STEPCAST_TYPE_PROCESS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);

  /**
   * StepcastProcess::ended:
   *
   * The child was reaped, and nothing of its group is left.
   */
  signals[ENDED] = g_signal_new ("ended", STEPCAST_TYPE_PROCESS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
stepcast_process_init (StepcastProcess *self)
{
}
