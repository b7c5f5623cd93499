/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-mock-sink.h"

/* A sink that keeps all frames. One that wants every frame has a window, which each frame narrows
 * and the test widens; one that wants the latest is due at a time that the test sets. It checks
 * what any sink may rely on: runs, serials and steps come in order. */

struct _StepcastMockSink
{
  GObject parent_instance;

  gboolean is_every;
  guint window; /* frames */
  gsize window_bytes;
  gint64 due_us;
  StepcastFrameEncoder *encoder; /* (nullable) (unowned) */
  gint64 interval_us;            /* from a frame to when the next is due */
  GPtrArray *frames;
  StepcastActor *actor; /* (nullable) */
  StepcastMockSinkFunc func;
  gpointer user_data;
};

static void
stepcast_mock_sink_get_demand (StepcastFrameSink *sink, StepcastDemand *demand)
{
  StepcastMockSink *self = STEPCAST_MOCK_SINK (sink);

  demand->is_every = self->is_every;
  demand->frames = self->window;
  demand->bytes = self->window_bytes;
  demand->due_us = self->due_us;
  if (self->is_every ? self->window > 0 : self->due_us != STEPCAST_NEVER)
    demand->encoder = self->encoder;
}

static void
check_order (StepcastMockSink *self, StepcastFrame *frame)
{
  StepcastFrame *before = stepcast_mock_sink_get_last (self);

  if (before == NULL)
    return;

  g_assert_cmpuint (stepcast_frame_get_run (frame), >=, stepcast_frame_get_run (before));
  if (stepcast_frame_get_run (frame) > stepcast_frame_get_run (before))
    return;

  g_assert_cmpuint (stepcast_frame_get_serial (frame), >, stepcast_frame_get_serial (before));
  g_assert_cmpint (stepcast_frame_get_time_us (frame), >=, stepcast_frame_get_time_us (before));
  if (self->is_every)
    {
      g_assert_cmpuint (self->window, >, 0);
      g_assert_cmpuint (stepcast_frame_get_step (frame), ==, stepcast_frame_get_step (before) + 1);
    }
  else
    {
      g_assert_cmpuint (stepcast_frame_get_step (frame), >=, stepcast_frame_get_step (before));
    }
}

static void
stepcast_mock_sink_deliver (StepcastFrameSink *sink, StepcastFrame *const *frames, guint n_frames)
{
  StepcastMockSink *self = STEPCAST_MOCK_SINK (sink);
  gboolean goes_on = TRUE;

  g_assert_cmpuint (n_frames, >, 0);
  for (guint i = 0; i < n_frames && goes_on; i++)
    {
      check_order (self, frames[i]);
      g_ptr_array_add (self->frames, stepcast_frame_ref (frames[i]));
      if (self->is_every && self->window != G_MAXUINT)
        self->window--;
      if (self->interval_us > 0)
        self->due_us = g_get_monotonic_time () + self->interval_us;

      if (self->func != NULL)
        goes_on = self->func (self, frames[i], self->user_data);
    }
}

static StepcastActor *
stepcast_mock_sink_get_actor (StepcastFrameSink *sink)
{
  return STEPCAST_MOCK_SINK (sink)->actor;
}

static void
frame_sink_init (StepcastFrameSinkInterface *iface)
{
  iface->get_demand = stepcast_mock_sink_get_demand;
  iface->deliver = stepcast_mock_sink_deliver;
  iface->get_actor = stepcast_mock_sink_get_actor;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastMockSink,
                               stepcast_mock_sink,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_FRAME_SINK, frame_sink_init))

static void
stepcast_mock_sink_finalize (GObject *object)
{
  StepcastMockSink *self = STEPCAST_MOCK_SINK (object);

  g_ptr_array_unref (self->frames);
  g_clear_pointer (&self->actor, stepcast_actor_unref);

  G_OBJECT_CLASS (stepcast_mock_sink_parent_class)->finalize (object);
}

static void
stepcast_mock_sink_class_init (StepcastMockSinkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = stepcast_mock_sink_finalize;
}

static void
stepcast_mock_sink_init (StepcastMockSink *self)
{
  self->frames = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_frame_unref);
  self->window_bytes = G_MAXSIZE;
  self->due_us = STEPCAST_NEVER;
}

/* @window: G_MAXUINT: it never closes */
StepcastMockSink *
stepcast_mock_sink_new_every (guint window)
{
  StepcastMockSink *self = g_object_new (STEPCAST_TYPE_MOCK_SINK, NULL);

  self->is_every = TRUE;
  self->window = window;
  return self;
}

StepcastMockSink *
stepcast_mock_sink_new_latest (gint64 due_us)
{
  StepcastMockSink *self = g_object_new (STEPCAST_TYPE_MOCK_SINK, NULL);

  self->due_us = due_us;
  return self;
}

void
stepcast_mock_sink_set_window (StepcastMockSink *self, guint window)
{
  self->window = window;
}

void
stepcast_mock_sink_set_window_bytes (StepcastMockSink *self, gsize window_bytes)
{
  self->window_bytes = window_bytes;
}

void
stepcast_mock_sink_set_due (StepcastMockSink *self, gint64 due_us)
{
  self->due_us = due_us;
}

/* @encoder: (nullable): outlives @self */
void
stepcast_mock_sink_set_encoder (StepcastMockSink *self, StepcastFrameEncoder *encoder)
{
  self->encoder = encoder;
}

void
stepcast_mock_sink_set_interval (StepcastMockSink *self, gint64 interval_us)
{
  self->interval_us = interval_us;
}

void
stepcast_mock_sink_set_func (StepcastMockSink *self, StepcastMockSinkFunc func, gpointer user_data)
{
  self->func = func;
  self->user_data = user_data;
}

/* @id: whose it is: a viewer's number */
void
stepcast_mock_sink_set_viewer (StepcastMockSink *self, const char *id)
{
  g_clear_pointer (&self->actor, stepcast_actor_unref);
  self->actor = stepcast_actor_new (STEPCAST_ACTOR_WEBSOCKET, id);
}

guint
stepcast_mock_sink_get_n_frames (StepcastMockSink *self)
{
  return self->frames->len;
}

StepcastFrame *
stepcast_mock_sink_get_frame (StepcastMockSink *self, guint index)
{
  g_assert_cmpuint (index, <, self->frames->len);

  return self->frames->pdata[index];
}

/* Returns: (nullable) */
StepcastFrame *
stepcast_mock_sink_get_last (StepcastMockSink *self)
{
  return self->frames->len > 0 ? self->frames->pdata[self->frames->len - 1] : NULL;
}
