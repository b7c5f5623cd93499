/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-ticker.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_EVENT_STREAM (stepcast_event_stream_get_type ())

G_DECLARE_FINAL_TYPE (StepcastEventStream, stepcast_event_stream, STEPCAST, EVENT_STREAM, GObject)

/**
 * StepcastEventStreamEvents:
 * @drained: all has been written that was under way: there may be more
 * @closed: the connection has ended; told once, never from within a call of the stream, and the
 *   last thing that is told
 *
 * What a stream tells its owner.
 */
typedef struct
{
  void (*drained) (gpointer user_data);
  void (*closed) (gpointer user_data);
} StepcastEventStreamEvents;

StepcastEventStream *stepcast_event_stream_new (GIOStream *connection,
                                                StepcastTicker *ticker,
                                                const StepcastEventStreamEvents *events,
                                                gpointer user_data);

gboolean stepcast_event_stream_is_clear (StepcastEventStream *self);
void stepcast_event_stream_write (StepcastEventStream *self, const char *text);
void stepcast_event_stream_end (StepcastEventStream *self);
void stepcast_event_stream_close (StepcastEventStream *self);
gsize stepcast_event_stream_get_backlog_bytes (StepcastEventStream *self);

G_END_DECLS
