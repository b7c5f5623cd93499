/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-sleeper.h"

/* libsoup makes a source, sets its callback, and attaches it to the thread-default main context,
 * whose turns it then would make longer: GLib keeps even a source that was removed in its lists
 * while somebody has a reference to it.
 *
 * The callback is known to a source only when it is dispatched: so it is, once, at once, and then
 * asks to be removed. Its maker's own reference is what says from then on that the callback is
 * still wanted: the end of the source is the end of its sleep.
 *
 * Mostly a source is made by the callback of the one before, when that has read all there was. Then
 * it is taken to have the same callback, sleeps from its beginning, and lies in a context that
 * nobody iterates: that is the thread-default one from when the source is handed out until the
 * callback returns, which is what it does next. */

struct _StepcastSleeper
{
  StepcastWatch *watch;            /* (nullable): until it is closed */
  struct _SleeperSource *sleeping; /* (nullable), not owned: it says when it ends */
  struct _SleeperSource *calling;  /* (nullable): whose callback runs */
  GMainContext *bed;
  gboolean is_bed_made; /* it is the thread-default one */
  gboolean is_waking;   /* none sleeps, and the watch has not been told yet */
};

typedef struct _SleeperSource
{
  GSource source;
  StepcastSleeper *sleeper;
  GObject *stream;
  gboolean is_ready; /* nothing need be waited for */
  GPollableSourceFunc func;
  gpointer user_data;
} SleeperSource;

static void
fall_asleep (StepcastSleeper *self, SleeperSource *source)
{
  self->sleeping = source;
  self->is_waking = FALSE;
  stepcast_watch_set_enabled (self->watch, TRUE);
}

static void
wake (StepcastSleeper *self)
{
  self->sleeping = NULL;
  self->is_waking = TRUE;
}

/* Returns whether the callback wants to be called again. */
static gboolean
call (StepcastSleeper *self, SleeperSource *source)
{
  gboolean keeps;

  self->calling = source;
  keeps = source->func (source->stream, source->user_data);
  self->calling = NULL;
  if (self->is_bed_made)
    g_main_context_pop_thread_default (self->bed);
  self->is_bed_made = FALSE;

  return keeps;
}

static void
on_readable (gpointer user_data)
{
  StepcastSleeper *self = user_data;
  SleeperSource *source = self->sleeping;

  /* More has come before the next source sleeps, which it will in this turn: it is told of in the
   * next. Only where it does not is the watch disabled. */
  if (source == NULL)
    {
      stepcast_watch_set_enabled (self->watch, self->is_waking);
      self->is_waking = FALSE;
      return;
    }

  g_source_ref (&source->source);
  if (!call (self, source) && self->sleeping == source)
    wake (self);
  g_source_unref (&source->source); /* it keeps the sleeper, whose owner may have gone */
}

static gboolean
sleeper_source_dispatch (GSource *base, GSourceFunc callback, gpointer user_data)
{
  SleeperSource *source = (SleeperSource *) base;
  StepcastSleeper *self = source->sleeper;

  /* As of each source of a pollable stream, by way of a type that gcc lets pass. */
  source->func = (GPollableSourceFunc) (void (*) (void)) callback;
  source->user_data = user_data;

  if (source->is_ready)
    {
      source->is_ready = FALSE;
      return call (self, source);
    }
  if (self->watch == NULL)
    return G_SOURCE_REMOVE;

  g_return_val_if_fail (self->sleeping == NULL, G_SOURCE_REMOVE); /* a stream has one reader */

  fall_asleep (self, source);
  return G_SOURCE_REMOVE;
}

static void
sleeper_source_finalize (GSource *base)
{
  SleeperSource *source = (SleeperSource *) base;

  if (source->sleeper->sleeping == source)
    wake (source->sleeper);
  stepcast_sleeper_unref (source->sleeper);
  g_object_unref (source->stream);
}

static GSourceFuncs sleeper_source_funcs = {
  .dispatch = sleeper_source_dispatch,
  .finalize = sleeper_source_finalize,
};

/**
 * stepcast_sleeper_create_source:
 * @self: a sleeper
 * @stream: what is read; handed to the callback
 * @is_ready: whether there may be something to be read that the descriptor does not know of: the
 *   source then is ready once
 *
 * Returns: (transfer full): a new source with a #GPollableSourceFunc, to be attached at once to the
 *   thread-default main context. Its callback is called as long as it returns %TRUE and somebody
 * has a reference to the source
 */
GSource *
stepcast_sleeper_create_source (StepcastSleeper *self,
                                GPollableInputStream *stream,
                                gboolean is_ready)
{
  GSource *base = g_source_new (&sleeper_source_funcs, sizeof (SleeperSource));
  SleeperSource *source = (SleeperSource *) base;

  source->sleeper = g_rc_box_acquire (self);
  source->stream = g_object_ref (G_OBJECT (stream));
  source->is_ready = is_ready;
  g_source_set_static_name (base, "[stepcast] viewer readable");
  if (self->calling == NULL || is_ready || self->watch == NULL)
    {
      g_source_set_ready_time (base, 0);
      return base;
    }

  source->func = self->calling->func;
  source->user_data = self->calling->user_data;
  fall_asleep (self, source);
  if (!self->is_bed_made)
    g_main_context_push_thread_default (self->bed);
  self->is_bed_made = TRUE;
  return base;
}

/**
 * stepcast_sleeper_new:
 * @readiness: tells when
 * @fd: a descriptor; the sleeper has to be closed before it is
 *
 * Returns: (transfer full): a new sleeper
 */
StepcastSleeper *
stepcast_sleeper_new (StepcastReadiness *readiness, int fd)
{
  StepcastSleeper *self = g_rc_box_new0 (StepcastSleeper);

  self->bed = g_main_context_ref (stepcast_readiness_get_bed (readiness));
  self->watch = stepcast_watch_new (readiness, fd, STEPCAST_DIRECTION_IN, on_readable, self);

  return self;
}

/**
 * stepcast_sleeper_close:
 * @self: a sleeper
 *
 * What sleeps does so for ever: the descriptor is closed next.
 */
void
stepcast_sleeper_close (StepcastSleeper *self)
{
  self->sleeping = NULL;
  g_clear_pointer (&self->watch, stepcast_watch_free);
}

static void
stepcast_sleeper_clear (gpointer data)
{
  StepcastSleeper *self = data;

  stepcast_sleeper_close (self);
  g_main_context_unref (self->bed);
}

void
stepcast_sleeper_unref (StepcastSleeper *self)
{
  g_rc_box_release_full (self, stepcast_sleeper_clear);
}
