/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-readiness.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "stepcast-gsource.h"
#include "stepcast-scheduler.h"

/* GLib asks poll() for every source in every turn of the main loop: with a thousand viewers a turn
 * takes a fifth of a millisecond, with four thousand more than one. So their descriptors are in
 * epoll sets, and only the sets are polled.
 *
 * There is one set for each direction, because each has a priority: with both in one, what can be
 * written would keep the set ready while what is to be read goes first, which would be for ever.
 *
 * The sets are level-triggered. A watch that is disabled leaves its set only when the descriptor
 * turns out to be ready: a viewer that is written to all the time is disabled and enabled again at
 * each frame, which then costs no system call. */

/* Told in one dispatch, so that what has a higher priority is not kept waiting: a viewer's write
 * takes microseconds, but up to 128 KiB. The rest is told in the next turn, in which those that
 * have been told are last. */
#define MAX_EVENTS 32

typedef struct
{
  int fd;
  GSource *source;
  StepcastReadiness *readiness; /* not owned: it owns us */

  /* What is being told; a watch that is freed meanwhile is taken out. */
  struct epoll_event *events; /* (nullable) */
  int n_events;
} Set;

struct _StepcastReadiness
{
  Set sets[2]; /* by direction */
  GMainContext *bed;
};

struct _StepcastWatch
{
  StepcastReadiness *readiness;
  Set *set;
  int fd;
  gboolean is_enabled;
  gboolean is_in_set;
  StepcastWatchFunc func;
  gpointer user_data;
};

/* ---- watches ---- */

static void
enter_set (StepcastWatch *self)
{
  struct epoll_event event = {
    .events = self->set == &self->readiness->sets[STEPCAST_DIRECTION_IN] ? EPOLLIN : EPOLLOUT,
    .data.ptr = self,
  };

  self->is_in_set = epoll_ctl (self->set->fd, EPOLL_CTL_ADD, self->fd, &event) == 0;
  if (!self->is_in_set) /* out of memory, or of what /proc/sys/fs/epoll/max_user_watches allows */
    g_warning ("A connection can't be watched: %s", g_strerror (errno));
}

static void
leave_set (StepcastWatch *self)
{
  if (self->is_in_set && epoll_ctl (self->set->fd, EPOLL_CTL_DEL, self->fd, NULL) != 0)
    g_debug ("A connection was closed while it was watched: %s", g_strerror (errno));
  self->is_in_set = FALSE;
}

/**
 * stepcast_watch_new:
 * @readiness: the sets
 * @fd: a descriptor that can be polled; the watch has to be freed before it is closed, or else it
 *   may take another one of the same number out of the set
 * @direction: for what
 * @func: called on the main context while the watch is enabled and @fd is ready, again and again
 * @user_data: handed to @func
 *
 * Returns: (transfer full): a new watch, which is not enabled
 */
StepcastWatch *
stepcast_watch_new (StepcastReadiness *readiness,
                    int fd,
                    StepcastDirection direction,
                    StepcastWatchFunc func,
                    gpointer user_data)
{
  StepcastWatch *self = g_new0 (StepcastWatch, 1);

  self->readiness = stepcast_readiness_ref (readiness);
  self->set = &readiness->sets[direction];
  self->fd = fd;
  self->func = func;
  self->user_data = user_data;

  return self;
}

void
stepcast_watch_free (StepcastWatch *self)
{
  for (int i = 0; i < self->set->n_events; i++)
    if (self->set->events[i].data.ptr == self)
      self->set->events[i].data.ptr = NULL;

  leave_set (self);
  stepcast_readiness_unref (self->readiness);
  g_free (self);
}

/**
 * stepcast_watch_set_enabled:
 * @self: a watch
 * @is_enabled: whether its function is called when the descriptor is ready; nothing changes where
 *   it was so already
 */
void
stepcast_watch_set_enabled (StepcastWatch *self, gboolean is_enabled)
{
  self->is_enabled = is_enabled;
  if (is_enabled && !self->is_in_set)
    enter_set (self);
}

gboolean
stepcast_watch_is_enabled (const StepcastWatch *self)
{
  return self->is_enabled;
}

/* ---- the sets ---- */

static void
tell (StepcastWatch *watch)
{
  if (watch->is_enabled)
    watch->func (watch->user_data);
  else
    leave_set (watch);
}

static gboolean
on_set_ready (int fd, GIOCondition condition, gpointer user_data)
{
  Set *set = user_data;
  g_autoptr (StepcastReadiness) alive G_GNUC_UNUSED = stepcast_readiness_ref (set->readiness);
  struct epoll_event events[MAX_EVENTS];

  g_return_val_if_fail (set->events == NULL, G_SOURCE_CONTINUE);

  set->events = events;
  set->n_events = epoll_wait (fd, events, MAX_EVENTS, 0);
  for (int i = 0; i < set->n_events; i++)
    if (events[i].data.ptr != NULL)
      tell (events[i].data.ptr);
  set->events = NULL;
  set->n_events = 0;

  return G_SOURCE_CONTINUE;
}

static gboolean
open_set (Set *self, StepcastReadiness *readiness, int priority, const char *name, GError **error)
{
  self->readiness = readiness;
  self->fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->fd < 0)
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "No connections can be watched: %s", g_strerror (saved_errno));
      return FALSE;
    }

  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_static_name (self->source, name);
  g_source_set_priority (self->source, priority);
  /* To forbid it would cost two system calls and another turn at each dispatch; nothing iterates
   * the main context within a callback. */
  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_set_ready), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return TRUE;
}

static void
close_set (Set *self)
{
  stepcast_gsource_clear (&self->source);
  if (self->fd >= 0)
    close (self->fd);
}

/**
 * stepcast_readiness_new:
 * @error: why there can be none
 *
 * Returns: (transfer full) (nullable): new, empty sets on the thread-default main context, or %NULL
 *   with @error set
 */
StepcastReadiness *
stepcast_readiness_new (GError **error)
{
  g_autoptr (StepcastReadiness) self = g_rc_box_new0 (StepcastReadiness);
  Set *in = &self->sets[STEPCAST_DIRECTION_IN];
  Set *out = &self->sets[STEPCAST_DIRECTION_OUT];

  in->fd = out->fd = -1;
  self->bed = g_main_context_new ();
  if (!open_set (in, self, G_PRIORITY_DEFAULT, "[stepcast] viewers readable", error) ||
      !open_set (out, self, STEPCAST_PRIORITY_OUTPUT, "[stepcast] viewers writable", error))
    return NULL;

  return g_steal_pointer (&self);
}

StepcastReadiness *
stepcast_readiness_ref (StepcastReadiness *self)
{
  return g_rc_box_acquire (self);
}

/**
 * stepcast_readiness_get_bed:
 * @self: sets
 *
 * Returns: (transfer none): a context that nobody iterates, for sources that are never dispatched
 */
GMainContext *
stepcast_readiness_get_bed (StepcastReadiness *self)
{
  return self->bed;
}

static void
stepcast_readiness_clear (gpointer data)
{
  StepcastReadiness *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (self->sets); i++)
    close_set (&self->sets[i]);
  g_main_context_unref (self->bed);
}

void
stepcast_readiness_unref (StepcastReadiness *self)
{
  g_rc_box_release_full (self, stepcast_readiness_clear);
}
