/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-replay.h"

#include <glib/gi18n.h>

#include "stepcast-error.h"
#include "stepcast-session-text.h"

/* It is stepped to where the next change was made, and paused there, which is the only moment at
 * which it is certain that the very next step uses it. */

struct _StepcastReplay
{
  StepcastDBusSession *session;
  GArray *changes; /* of StepcastReplayChange */
  guint n_made;    /* of them */
  guint64 last_step;
  StepcastReplayFunc func; /* (nullable): NULL once it was called */
  gpointer user_data;
  gulong changed_id;
  GCancellable *cancellable;
  gboolean is_asking; /* a request is under way */
};

static void
clear_change (gpointer data)
{
  g_variant_unref (((StepcastReplayChange *) data)->values);
}

/**
 * stepcast_replay_changes_new:
 *
 * Returns: (transfer full) (element-type StepcastReplayChange): no changes
 */
GArray *
stepcast_replay_changes_new (void)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (StepcastReplayChange));

  g_array_set_clear_func (changes, clear_change);
  return changes;
}

static void
end (StepcastReplay *self, const GError *error)
{
  StepcastReplayFunc func = self->func;

  self->func = NULL;
  if (func != NULL)
    func (error, self->user_data);
}

/* The change that is made next, if it is not later than what is wanted. One that the step after the
 * last uses is wanted, too: the last state may be drawn with it. */
static const StepcastReplayChange *
get_next_change (StepcastReplay *self)
{
  const StepcastReplayChange *change;

  if (self->n_made == self->changes->len)
    return NULL;
  change = &g_array_index (self->changes, StepcastReplayChange, self->n_made);
  return change->step - 1 <= self->last_step ? change : NULL;
}

/* Where it has to pause next. */
static guint64
get_next_stop (StepcastReplay *self)
{
  const StepcastReplayChange *change = get_next_change (self);

  return change != NULL ? change->step - 1 : self->last_step;
}

static void proceed (StepcastReplay *self);

/* Returns: whether @self is still there, and nothing went wrong */
static gboolean
take_answer (StepcastReplay *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return FALSE;

  self->is_asking = FALSE;
  if (error != NULL)
    end (self, error);
  return error == NULL;
}

static void
on_stepped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  stepcast_dbus_session_call_step_finish (STEPCAST_DBUS_SESSION (source_object), result, &error);
  if (take_answer (user_data, error))
    proceed (user_data);
}

static void
end_as_disturbed (StepcastReplay *self)
{
  g_autoptr (GError) error =
    g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                         _ ("Somebody else has steered the session on its way to the picture"));

  end (self, error);
}

static void
on_set (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  StepcastReplay *self = user_data;
  const StepcastReplayChange *change;
  g_autoptr (GError) error = NULL;
  guint64 step = 0;

  stepcast_dbus_session_call_set_parameters_finish (STEPCAST_DBUS_SESSION (source_object), &step,
                                                    result, &error);
  if (!take_answer (self, error))
    return;

  change = get_next_change (self);
  g_assert (change != NULL); /* it is this one that was made */
  if (step != change->step)
    {
      end_as_disturbed (self);
      return;
    }
  self->n_made++;
  proceed (self);
}

static void
make_change (StepcastReplay *self)
{
  self->is_asking = TRUE;
  stepcast_dbus_session_call_set_parameters (self->session, get_next_change (self)->values,
                                             self->cancellable, on_set, self);
}

static void
make_steps (StepcastReplay *self, guint64 n_steps)
{
  self->is_asking = TRUE;
  stepcast_dbus_session_call_step (self->session, (guint) MIN (n_steps, G_MAXUINT32),
                                   self->cancellable, on_stepped, self);
}

/* To be called when it may stand still. */
static void
proceed (StepcastReplay *self)
{
  guint64 step = stepcast_dbus_session_get_step (self->session);
  guint64 stop = get_next_stop (self);
  gboolean is_idle = stepcast_session_text_has_state (self->session, "idle");

  if (self->func == NULL || self->is_asking ||
      !(is_idle || stepcast_session_text_has_state (self->session, "paused")))
    return;

  if (step > stop)
    end_as_disturbed (self);
  else if (step < stop)
    make_steps (self, stop - step);
  else if (get_next_change (self) != NULL)
    make_change (self);
  else
    end (self, NULL);
}

static void
on_properties_changed (StepcastReplay *self)
{
  proceed (self);
}

/**
 * stepcast_replay_new:
 * @session: that has not begun yet
 * @changes: (element-type StepcastReplayChange): by ascending steps
 * @last_step: where to, at least 1
 * @func: called when it is there, or why it can't get there; once, and later
 * @user_data: handed to @func
 *
 * Returns: (transfer full): a replay, on its way
 */
StepcastReplay *
stepcast_replay_new (StepcastDBusSession *session,
                     GArray *changes,
                     guint64 last_step,
                     StepcastReplayFunc func,
                     gpointer user_data)
{
  StepcastReplay *self = g_new0 (StepcastReplay, 1);

  self->session = g_object_ref (session);
  self->changes = g_array_ref (changes);
  self->last_step = last_step;
  self->func = func;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->changed_id = g_signal_connect_swapped (session, "g-properties-changed",
                                               G_CALLBACK (on_properties_changed), self);
  proceed (self);
  return self;
}

void
stepcast_replay_free (StepcastReplay *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_signal_handler (&self->changed_id, self->session);
  g_clear_object (&self->session);
  g_array_unref (self->changes);
  g_free (self);
}
