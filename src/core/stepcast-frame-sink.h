/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-actor.h"
#include "stepcast-frame.h"
#include "stepcast-run.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_FRAME_SINK (stepcast_frame_sink_get_type ())

G_DECLARE_INTERFACE (StepcastFrameSink, stepcast_frame_sink, STEPCAST, FRAME_SINK, GObject)

/**
 * StepcastFrameSinkInterface:
 * @get_demand: says which frames it wants now; when that changes for the better it calls
 *   stepcast_session_proceed()
 * @deliver: takes frames, in order; a sink that wants every frame gets each, and one that wants the
 *   latest gets what is newer than it has and lets go of the older
 * @describe: (nullable): adds what people may want to know of it
 * @get_actor: (nullable): (transfer none): whose sink it is
 *
 * Whoever takes a session's frames: a viewer, a recorder, a publisher. All on the main context.
 */
struct _StepcastFrameSinkInterface
{
  GTypeInterface parent_interface;

  void (*get_demand) (StepcastFrameSink *self, StepcastDemand *demand);
  void (*deliver) (StepcastFrameSink *self, StepcastFrame *const *frames, guint n_frames);
  void (*describe) (StepcastFrameSink *self, GVariantDict *description);
  StepcastActor *(*get_actor) (StepcastFrameSink *self);
};

void stepcast_frame_sink_get_demand (StepcastFrameSink *self, StepcastDemand *demand);
void
stepcast_frame_sink_deliver (StepcastFrameSink *self, StepcastFrame *const *frames, guint n_frames);
GVariant *stepcast_frame_sink_describe (StepcastFrameSink *self);
StepcastActor *stepcast_frame_sink_get_actor (StepcastFrameSink *self);

G_END_DECLS
