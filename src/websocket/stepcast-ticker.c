/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-ticker.h"

#include "stepcast-gsource.h"

struct _StepcastTicker
{
  guint interval_ms;
  GHashTable *members; /* to StepcastTickFunc */
  GSource *timer;      /* (nullable): while there are members */
};

/**
 * stepcast_ticker_new:
 * @interval_ms: how often members are looked at
 *
 * Returns: (transfer full): a new ticker, which does not run
 */
StepcastTicker *
stepcast_ticker_new (guint interval_ms)
{
  StepcastTicker *self = g_rc_box_new0 (StepcastTicker);

  self->interval_ms = interval_ms;
  self->members = g_hash_table_new (NULL, NULL);
  return self;
}

StepcastTicker *
stepcast_ticker_ref (StepcastTicker *self)
{
  return g_rc_box_acquire (self);
}

static void
ticker_clear (gpointer data)
{
  StepcastTicker *self = data;

  g_assert (g_hash_table_size (self->members) == 0);
  stepcast_gsource_clear (&self->timer);
  g_hash_table_unref (self->members);
}

void
stepcast_ticker_unref (StepcastTicker *self)
{
  g_rc_box_release_full (self, ticker_clear);
}

static gboolean
on_tick (gpointer user_data)
{
  g_autoptr (StepcastTicker) self = stepcast_ticker_ref (user_data);
  g_autofree gpointer *members = g_hash_table_get_keys_as_array (self->members, NULL);
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; members[i] != NULL; i++)
    {
      StepcastTickFunc func = g_hash_table_lookup (self->members, members[i]);

      if (func != NULL) /* else it has gone meanwhile */
        func (now_us, members[i]);
    }
  return G_SOURCE_CONTINUE; /* destroyed by then, if nobody is left */
}

/**
 * stepcast_ticker_add:
 * @self: a ticker
 * @member: not %NULL, and no member yet
 * @func: called with @member at each tick from now on
 */
void
stepcast_ticker_add (StepcastTicker *self, gpointer member, StepcastTickFunc func)
{
  g_return_if_fail (member != NULL && !g_hash_table_contains (self->members, member));

  g_hash_table_insert (self->members, member, func);
  if (self->timer != NULL)
    return;

  self->timer = g_timeout_source_new (self->interval_ms);
  g_source_set_static_name (self->timer, "[stepcast] tick");
  g_source_set_callback (self->timer, on_tick, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/**
 * stepcast_ticker_remove:
 * @self: a ticker
 * @member: not called for any more; nothing if it is no member
 */
void
stepcast_ticker_remove (StepcastTicker *self, gpointer member)
{
  if (g_hash_table_remove (self->members, member) && g_hash_table_size (self->members) == 0)
    stepcast_gsource_clear (&self->timer);
}

/**
 * stepcast_ticker_is_running:
 * @self: a ticker
 *
 * Returns: whether there is a timer
 */
gboolean
stepcast_ticker_is_running (StepcastTicker *self)
{
  return self->timer != NULL;
}
