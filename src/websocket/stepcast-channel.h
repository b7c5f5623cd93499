/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-frame-encoder.h"
#include "stepcast-liveness.h"
#include "stepcast-outbox.h"

G_BEGIN_DECLS

/* RFC 6455 does not have it, but the registry that it began (IANA, "WebSocket Close Code Number
 * Registry"): try again later. */
#define STEPCAST_CLOSE_TRY_AGAIN_LATER 1013

#define STEPCAST_TYPE_CHANNEL (stepcast_channel_get_type ())

G_DECLARE_FINAL_TYPE (StepcastChannel, stepcast_channel, STEPCAST, CHANNEL, GObject)

/**
 * StepcastChannelEvents:
 * @message: a text came, which is UTF-8 and ends with a NUL that is not counted in @length
 * @drained: something of the outbox was written: there may be room for more
 * @left: nothing more is read or written. @may_return: the peer did not say that it leaves for good
 *
 * What a channel tells the one that it belongs to; on the main context. It tells nothing after
 * @left.
 */
typedef struct
{
  void (*message) (const char *text, gsize length, gpointer user_data);
  void (*drained) (gpointer user_data);
  void (*left) (gboolean may_return, gpointer user_data);
} StepcastChannelEvents;

StepcastChannel *stepcast_channel_new (GIOStream *stream,
                                       GUri *uri,
                                       const char *origin,
                                       const char *subprotocol,
                                       StepcastFrameEncoder *encoder,
                                       StepcastReadiness *readiness);
void stepcast_channel_set_liveness (StepcastChannel *self, StepcastLiveness *liveness);
gint64 stepcast_channel_get_round_trip_us (StepcastChannel *self);

void stepcast_channel_listen (StepcastChannel *self,
                              const StepcastChannelEvents *events,
                              gpointer user_data);
StepcastOutbox *stepcast_channel_get_outbox (StepcastChannel *self);
StepcastFrameEncoder *stepcast_channel_get_encoder (StepcastChannel *self);
void stepcast_channel_flush (StepcastChannel *self);
void stepcast_channel_close (StepcastChannel *self, gushort code, const char *reason);
void stepcast_channel_interrupt (StepcastChannel *self, gushort code, const char *reason);
void stepcast_channel_turn_away (StepcastChannel *self);

G_END_DECLS
