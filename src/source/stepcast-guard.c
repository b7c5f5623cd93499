/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stepcast-child.h"
#include "stepcast-gsource.h"

/**
 * StepcastGuard:
 *
 * Sees to it that no process of a program outlives us, even where we are killed or crash: a helper
 * process, stepcast-guard, knows the process groups that there are, and kills them when its input
 * ends, which the kernel sees to whatever becomes of us.
 *
 * The helper lives as long as there is a group, and is no child of an idle service. One that has
 * died is started again for the next group. Where there is none, programs run on without it.
 *
 * A process that has left its group (by setsid() or setpgid()) is not reached, as it is not by a
 * stop: where systemd runs the service, it ends that one with the unit (KillMode=control-group).
 *
 * It lives on the main context.
 */

/* How long until a child is asked for again that the kernel does not hand out yet. */
#define REAP_INTERVAL_MS 1

/* A helper process, from its start until it was reaped. It may outlive its guard. */
typedef struct
{
  StepcastGuard *owner; /* (unowned) (nullable): NULL once it is let go of */
  pid_t pid;
  int fd;        /* ours; -1 once it is let go of */
  GSource *reap; /* (nullable) */
} Helper;

struct _StepcastGuard
{
  GObject parent_instance;

  char *helper_path;
  GHashTable *groups; /* a set of ids */
  Helper *helper;     /* (unowned) (nullable): its watch owns it */
  gboolean has_complained;
};

G_DEFINE_FINAL_TYPE (StepcastGuard, stepcast_guard, G_TYPE_OBJECT)

/* Once: without it all works, as long as we live. */
static void
complain (StepcastGuard *self, const char *what)
{
  if (!self->has_complained)
    g_message ("%s. What programs have started may live on if this service is killed", what);
  self->has_complained = TRUE;
}

/* ---- the helper ---- */

/* Its input ends: it kills the groups that it knows, and exits. */
static void
let_go (Helper *helper)
{
  if (helper->owner == NULL)
    return;

  helper->owner->helper = NULL;
  helper->owner = NULL;
  close (helper->fd);
  helper->fd = -1;
}

/* What it knows is not true any more, so it must not act on it. */
static void
kill_helper (Helper *helper)
{
  kill (helper->pid, SIGKILL);
  let_go (helper);
}

static gboolean
on_reapable (gpointer user_data)
{
  Helper *helper = user_data;
  int wait_status = 0;

  if (!stepcast_child_reap (helper->pid, &wait_status))
    return G_SOURCE_CONTINUE;

  if (helper->owner != NULL)
    {
      complain (helper->owner, "The guard of the programs has died");
      let_go (helper);
    }
  g_clear_pointer (&helper->reap, g_source_unref);
  g_free (helper);
  return G_SOURCE_REMOVE;
}

static void
on_exited (GPid pid, int wait_status, gpointer user_data)
{
  Helper *helper = user_data;

  if (on_reapable (helper) == G_SOURCE_REMOVE)
    return;

  helper->reap = g_timeout_source_new (REAP_INTERVAL_MS);
  g_source_set_static_name (helper->reap, "[stepcast] guard reap");
  g_source_set_callback (helper->reap, on_reapable, helper, NULL);
  g_source_attach (helper->reap, g_main_context_get_thread_default ());
}

static Helper *
new_helper (StepcastGuard *self, pid_t pid, int fd)
{
  Helper *helper = g_new0 (Helper, 1);
  g_autoptr (GSource) watch = g_child_watch_source_new (pid);

  helper->owner = self;
  helper->pid = pid;
  helper->fd = fd;
  g_source_set_static_name (watch, "[stepcast] guard");
  g_source_set_callback (watch, G_SOURCE_FUNC (on_exited), helper, NULL);
  g_source_attach (watch, g_main_context_get_thread_default ());
  return helper;
}

/* Between fork and exec: a Ctrl-C in our terminal is not for it. It is not to die with us, either.
 */
static void
set_up_child (gpointer user_data)
{
  setsid ();
}

static gboolean
spawn (const char *path, int input, pid_t *pid, GError **error)
{
  const char *const argv[] = { path, NULL };
  const char *const environment[] = { NULL };

  return g_spawn_async_with_pipes_and_fds (NULL, argv, environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                             G_SPAWN_STDERR_TO_DEV_NULL,
                                           set_up_child, NULL, input, -1, -1, NULL, NULL, 0, pid,
                                           NULL, NULL, NULL, error);
}

/* A socket and no pipe: writing to it never waits, and is no SIGPIPE where the helper is gone. What
 * is written before it reads is kept for it. */
static Helper *
start_helper (StepcastGuard *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *what = NULL;
  int fds[2] = { -1, -1 };
  pid_t pid;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    {
      what = g_strdup_printf ("No guard of the programs can be had: %s", g_strerror (errno));
      complain (self, what);
      return NULL;
    }
  if (!spawn (self->helper_path, fds[1], &pid, &error))
    {
      close (fds[0]);
      close (fds[1]);
      what = g_strdup_printf ("The guard of the programs, %s, can't be started: %s",
                              self->helper_path, error->message);
      complain (self, what);
      return NULL;
    }

  close (fds[1]);
  return new_helper (self, pid, fds[0]);
}

/* ---- what it is told ---- */

/* All of it or nothing counts: a helper that does not take it is not to be trusted. */
static void
tell (StepcastGuard *self, const char *text, gsize length)
{
  if (send (self->helper->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (gssize) length)
    return;

  complain (self, "The guard of the programs does not listen");
  kill_helper (self->helper);
}

static void
tell_change (StepcastGuard *self, char sign, pid_t group)
{
  g_autofree char *line = g_strdup_printf ("%c%d\n", sign, (int) group);

  tell (self, line, strlen (line));
}

static void
tell_all (StepcastGuard *self)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  GHashTableIter iter;
  gpointer group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, &group, NULL))
    g_string_append_printf (lines, "+%d\n", GPOINTER_TO_INT (group));
  tell (self, lines->str, lines->len);
}

/**
 * stepcast_guard_add:
 * @self: a guard
 * @group: a process group that has come, and is a program's alone
 *
 * From now on it is killed when we die. Where that can't be had, a message says so once.
 */
void
stepcast_guard_add (StepcastGuard *self, pid_t group)
{
  g_return_if_fail (STEPCAST_IS_GUARD (self));
  g_return_if_fail (group > 1);

  g_hash_table_add (self->groups, GINT_TO_POINTER ((int) group));
  if (self->helper != NULL)
    tell_change (self, '+', group);
  if (self->helper != NULL)
    return;

  self->helper = start_helper (self);
  if (self->helper != NULL)
    tell_all (self);
}

/**
 * stepcast_guard_remove:
 * @self: a guard
 * @group: a process group
 *
 * It has gone, and its id may become another's; nothing where it was not added. The last one takes
 * the helper along.
 */
void
stepcast_guard_remove (StepcastGuard *self, pid_t group)
{
  g_return_if_fail (STEPCAST_IS_GUARD (self));

  if (!g_hash_table_remove (self->groups, GINT_TO_POINTER ((int) group)))
    return;

  if (self->helper != NULL)
    tell_change (self, '-', group);
  if (self->helper != NULL && g_hash_table_size (self->groups) == 0)
    let_go (self->helper);
}

/* ---- the object ---- */

static void
stepcast_guard_dispose (GObject *object)
{
  StepcastGuard *self = STEPCAST_GUARD (object);

  if (self->helper != NULL)
    let_go (self->helper);

  G_OBJECT_CLASS (stepcast_guard_parent_class)->dispose (object);
}

static void
stepcast_guard_finalize (GObject *object)
{
  StepcastGuard *self = STEPCAST_GUARD (object);

  g_hash_table_unref (self->groups);
  g_free (self->helper_path);

  G_OBJECT_CLASS (stepcast_guard_parent_class)->finalize (object);
}

static void
stepcast_guard_class_init (StepcastGuardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_guard_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_guard_finalize;
}

static void
stepcast_guard_init (StepcastGuard *self)
{
  self->groups = g_hash_table_new (NULL, NULL);
}

/**
 * stepcast_guard_new:
 * @helper_path: where stepcast-guard is, an absolute path
 *
 * Starts nothing before there is something to guard. Groups that are left when it is disposed of
 * are killed.
 *
 * Returns: (transfer full): a new guard
 */
StepcastGuard *
stepcast_guard_new (const char *helper_path)
{
  StepcastGuard *self = g_object_new (STEPCAST_TYPE_GUARD, NULL);

  self->helper_path = g_strdup (helper_path);
  return self;
}
