/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-notifier.h"

#include <glib/gi18n.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "stepcast-gsource.h"

/* Tells the service manager how we are (sd_notify(3)): ready, stopping, a line of status, and that
 * the main context still turns. Nothing where nobody listens, or where libsystemd was not there to
 * build with. Lives on the main context.
 *
 * The variables stay in our environment, where libsystemd looks for them at each call; our children
 * get none of them (stepcast_child_make_environment()). */

/* A line of status is for people: one a second is more than they read. */
#define STATUS_US G_USEC_PER_SEC

struct _StepcastNotifier
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  gboolean is_heard; /* there is somebody to tell */
  char *status;      /* (nullable): as it was last told */
  gint64 status_us;
  GSource *status_timer; /* (nullable): while there may be news */
  GSource *watchdog;     /* (nullable): where one waits for it */
};

G_DEFINE_FINAL_TYPE (StepcastNotifier, stepcast_notifier, G_TYPE_OBJECT)

static void
tell (StepcastNotifier *self, const char *message)
{
#ifdef HAVE_LIBSYSTEMD
  int code = self->is_heard ? sd_notify (FALSE, message) : 0;

  if (code < 0)
    g_debug ("The service manager was not told “%s”: %s", message, g_strerror (-code));
#endif
}

/* In microseconds; 0 where no watchdog waits for us. */
static guint64
get_watchdog_us (void)
{
#ifdef HAVE_LIBSYSTEMD
  uint64_t interval_us;

  if (sd_watchdog_enabled (FALSE, &interval_us) > 0)
    return interval_us;
#endif
  return 0;
}

/* ---- the line of status ---- */

static char *
describe (StepcastNotifier *self)
{
  GPtrArray *sessions = stepcast_session_manager_list (self->manager);
  g_autofree char *count = NULL;
  guint n_running = 0;

  if (sessions->len == 0)
    return g_strdup (_ ("No session"));

  for (guint i = 0; i < sessions->len; i++)
    if (stepcast_session_get_state (sessions->pdata[i]) == STEPCAST_SESSION_STATE_RUNNING)
      n_running++;
  count = g_strdup_printf (ngettext ("%u session", "%u sessions", sessions->len), sessions->len);

  /* TRANSLATORS: a number of sessions, such as “2 sessions”, and how many of them are running */
  return g_strdup_printf (ngettext ("%s, %u running", "%s, %u running", n_running), count,
                          n_running);
}

static gboolean
on_status (gpointer user_data)
{
  StepcastNotifier *self = user_data;
  g_autofree char *status = describe (self);

  g_clear_pointer (&self->status_timer, g_source_unref);
  if (g_strcmp0 (status, self->status) != 0)
    {
      g_autofree char *message = g_strconcat ("STATUS=", status, NULL);

      tell (self, message);
      g_free (self->status);
      self->status = g_steal_pointer (&status);
      self->status_us = g_get_monotonic_time ();
    }

  return G_SOURCE_REMOVE;
}

static void
schedule_status (StepcastNotifier *self)
{
  gint64 delay_us = self->status_us + STATUS_US - g_get_monotonic_time ();

  if (!self->is_heard || self->status_timer != NULL)
    return;

  self->status_timer =
    g_timeout_source_new (self->status_us > 0 && delay_us > 0 ? (guint) (delay_us / 1000) + 1 : 0);
  g_source_set_static_name (self->status_timer, "[stepcast] status");
  g_source_set_callback (self->status_timer, on_status, self, NULL);
  g_source_attach (self->status_timer, g_main_context_get_thread_default ());
}

static void
on_session_added (StepcastSessionManager *manager, StepcastSession *session, StepcastNotifier *self)
{
  g_signal_connect_object (session, "notify::state", G_CALLBACK (schedule_status), self,
                           G_CONNECT_SWAPPED);
  schedule_status (self);
}

static void
on_session_removed (StepcastSessionManager *manager,
                    StepcastSession *session,
                    StepcastNotifier *self)
{
  schedule_status (self);
}

/* ---- the watchdog ---- */

static gboolean
on_watchdog (gpointer user_data)
{
  tell (user_data, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

static void
start_watchdog (StepcastNotifier *self)
{
  guint64 interval_us = get_watchdog_us ();

  if (interval_us == 0)
    return;

  self->watchdog = g_timeout_source_new ((guint) CLAMP (interval_us / 2000, 1, G_MAXUINT));
  g_source_set_static_name (self->watchdog, "[stepcast] watchdog");
  g_source_set_callback (self->watchdog, on_watchdog, self, NULL);
  g_source_attach (self->watchdog, g_main_context_get_thread_default ());
}

/* ---- the notifier ---- */

/**
 * stepcast_notifier_ready:
 * @self: a notifier
 *
 * Tells that the service can be reached, and from now on what it does.
 */
void
stepcast_notifier_ready (StepcastNotifier *self)
{
  tell (self, "READY=1");
  schedule_status (self);
}

/**
 * stepcast_notifier_stopping:
 * @self: a notifier
 *
 * Tells that the service ends.
 */
void
stepcast_notifier_stopping (StepcastNotifier *self)
{
  tell (self, "STOPPING=1");
}

static void
stepcast_notifier_dispose (GObject *object)
{
  StepcastNotifier *self = STEPCAST_NOTIFIER (object);

  stepcast_gsource_clear (&self->status_timer);
  stepcast_gsource_clear (&self->watchdog);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (stepcast_notifier_parent_class)->dispose (object);
}

static void
stepcast_notifier_finalize (GObject *object)
{
  g_free (STEPCAST_NOTIFIER (object)->status);

  G_OBJECT_CLASS (stepcast_notifier_parent_class)->finalize (object);
}

static void
stepcast_notifier_class_init (StepcastNotifierClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_notifier_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_notifier_finalize;
}

static void
stepcast_notifier_init (StepcastNotifier *self)
{
  self->is_heard = g_getenv ("NOTIFY_SOCKET") != NULL;
}

/**
 * stepcast_notifier_new:
 * @manager: whose sessions the status tells of
 *
 * Returns: (transfer full): a notifier for whoever $NOTIFY_SOCKET names, if anybody
 */
StepcastNotifier *
stepcast_notifier_new (StepcastSessionManager *manager)
{
  StepcastNotifier *self = g_object_new (STEPCAST_TYPE_NOTIFIER, NULL);

  self->manager = g_object_ref (manager);
  g_signal_connect_object (manager, "session-added", G_CALLBACK (on_session_added), self, 0);
  g_signal_connect_object (manager, "session-removed", G_CALLBACK (on_session_removed), self, 0);
  start_watchdog (self);

  return self;
}
