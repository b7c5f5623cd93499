/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-frame-sink.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_MOCK_SINK (stepcast_mock_sink_get_type ())

G_DECLARE_FINAL_TYPE (StepcastMockSink, stepcast_mock_sink, STEPCAST, MOCK_SINK, GObject)

/* Called with each frame once the sink has taken it. Returns: %FALSE if it takes no more of those
 * that come with it */
typedef gboolean (*StepcastMockSinkFunc) (StepcastMockSink *sink,
                                          StepcastFrame *frame,
                                          gpointer user_data);

StepcastMockSink *stepcast_mock_sink_new_every (guint window);
StepcastMockSink *stepcast_mock_sink_new_latest (gint64 due_us);

void stepcast_mock_sink_set_window (StepcastMockSink *self, guint window);
void stepcast_mock_sink_set_window_bytes (StepcastMockSink *self, gsize window_bytes);
void stepcast_mock_sink_set_due (StepcastMockSink *self, gint64 due_us);
void stepcast_mock_sink_set_encoder (StepcastMockSink *self, StepcastFrameEncoder *encoder);
void stepcast_mock_sink_set_interval (StepcastMockSink *self, gint64 interval_us);
void
stepcast_mock_sink_set_func (StepcastMockSink *self, StepcastMockSinkFunc func, gpointer user_data);
void stepcast_mock_sink_set_viewer (StepcastMockSink *self, const char *id);

void stepcast_mock_sink_drop (StepcastMockSink *self);

guint stepcast_mock_sink_get_n_frames (StepcastMockSink *self);
StepcastFrame *stepcast_mock_sink_get_frame (StepcastMockSink *self, guint index);
StepcastFrame *stepcast_mock_sink_get_last (StepcastMockSink *self);

G_END_DECLS
