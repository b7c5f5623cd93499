/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame-sink.h"

G_DEFINE_INTERFACE (StepcastFrameSink, stepcast_frame_sink, G_TYPE_OBJECT)

static void
stepcast_frame_sink_default_init (StepcastFrameSinkInterface *iface)
{
}

/**
 * stepcast_frame_sink_get_demand:
 * @self: a sink
 * @demand: (out caller-allocates): what it wants now
 */
void
stepcast_frame_sink_get_demand (StepcastFrameSink *self, StepcastDemand *demand)
{
  g_return_if_fail (STEPCAST_IS_FRAME_SINK (self));

  *demand = STEPCAST_DEMAND_NONE;
  STEPCAST_FRAME_SINK_GET_IFACE (self)->get_demand (self, demand);
}

/**
 * stepcast_frame_sink_deliver:
 * @self: a sink
 * @frames: (array length=n_frames) (transfer none): frames, in order
 * @n_frames: how many, at least 1
 */
void
stepcast_frame_sink_deliver (StepcastFrameSink *self, StepcastFrame *const *frames, guint n_frames)
{
  g_return_if_fail (STEPCAST_IS_FRAME_SINK (self));

  STEPCAST_FRAME_SINK_GET_IFACE (self)->deliver (self, frames, n_frames);
}

/**
 * stepcast_frame_sink_describe:
 * @self: a sink
 *
 * Returns: (transfer floating): an `a{sv}` of what there is to know of it; a viewer's is in the
 *   bus's `ListViewers`
 */
GVariant *
stepcast_frame_sink_describe (StepcastFrameSink *self)
{
  g_auto (GVariantDict) description = G_VARIANT_DICT_INIT (NULL);
  StepcastFrameSinkInterface *iface = STEPCAST_FRAME_SINK_GET_IFACE (self);

  g_return_val_if_fail (STEPCAST_IS_FRAME_SINK (self), NULL);

  if (iface->describe != NULL)
    iface->describe (self, &description);
  return g_variant_dict_end (&description);
}

/**
 * stepcast_frame_sink_get_actor:
 * @self: a sink
 *
 * Returns: (transfer none) (nullable): whose it is, where that is somebody
 */
StepcastActor *
stepcast_frame_sink_get_actor (StepcastFrameSink *self)
{
  StepcastFrameSinkInterface *iface = STEPCAST_FRAME_SINK_GET_IFACE (self);

  g_return_val_if_fail (STEPCAST_IS_FRAME_SINK (self), NULL);

  return iface->get_actor != NULL ? iface->get_actor (self) : NULL;
}
