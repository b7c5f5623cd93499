/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame-encoder.h"

G_DEFINE_INTERFACE (StepcastFrameEncoder, stepcast_frame_encoder, G_TYPE_OBJECT)

static void
stepcast_frame_encoder_default_init (StepcastFrameEncoderInterface *iface)
{
}

/**
 * stepcast_frame_encoder_encode:
 * @self: an encoder
 * @svg: an SVG document
 * @cancellable: (nullable): a large document takes a while
 *
 * It computes: a worker's. May be called from any thread, from several at a time.
 *
 * Returns: (transfer full) (nullable): the encoded form of @svg; %NULL where there is none that is
 *   worth having
 */
GBytes *
stepcast_frame_encoder_encode (StepcastFrameEncoder *self, GBytes *svg, GCancellable *cancellable)
{
  g_return_val_if_fail (STEPCAST_IS_FRAME_ENCODER (self), NULL);
  g_return_val_if_fail (svg != NULL, NULL);

  return STEPCAST_FRAME_ENCODER_GET_IFACE (self)->encode (self, svg, cancellable);
}
