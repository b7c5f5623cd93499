/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-outbox.h"
#include "stepcast-pollable-stream.h"
#include "stepcast-readiness.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_TAP_STREAM (stepcast_tap_stream_get_type ())

G_DECLARE_FINAL_TYPE (StepcastTapStream,
                      stepcast_tap_stream,
                      STEPCAST,
                      TAP_STREAM,
                      StepcastPollableStream)

/**
 * StepcastTapEvents:
 * @drained: something of the outbox was written: there may be room for more
 * @violated: the peer passed a limit, and the connection is to be closed with @close_code; what it
 *   sends is not read any more
 *
 * What a tap tells its owner; on the main context, and never from within one of the owner's calls.
 */
typedef struct
{
  void (*drained) (gpointer user_data);
  void (*violated) (guint close_code, gpointer user_data);
} StepcastTapEvents;

StepcastTapStream *stepcast_tap_stream_new (GIOStream *base, StepcastReadiness *readiness);

void stepcast_tap_stream_listen (StepcastTapStream *self,
                                 const StepcastTapEvents *events,
                                 gpointer user_data);
StepcastOutbox *stepcast_tap_stream_get_outbox (StepcastTapStream *self);
void stepcast_tap_stream_flush (StepcastTapStream *self);
void stepcast_tap_stream_charge (StepcastTapStream *self, gsize n_bytes);
void stepcast_tap_stream_discard (StepcastTapStream *self);
void stepcast_tap_stream_give_up (StepcastTapStream *self);
void stepcast_tap_stream_say_close (StepcastTapStream *self, guint16 code, const char *reason);

GSocket *stepcast_tap_stream_get_socket (StepcastTapStream *self);
gint64 stepcast_tap_stream_get_last_read_us (StepcastTapStream *self);
gint64 stepcast_tap_stream_get_pong_us (StepcastTapStream *self, const guint8 *payload);

G_END_DECLS
