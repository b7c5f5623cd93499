/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_FRAME_ENCODER (stepcast_frame_encoder_get_type ())

G_DECLARE_INTERFACE (StepcastFrameEncoder, stepcast_frame_encoder, STEPCAST, FRAME_ENCODER, GObject)

/**
 * StepcastFrameEncoderInterface:
 * @encode: the encoded form of an SVG document; %NULL where encoding gains nothing, and where
 *   @cancellable is cancelled meanwhile
 *
 * Makes of a frame what several of those who take it share: once, in the worker that has made the
 * frame. It is pure, and called from several threads at a time; its last reference may be dropped
 * in any of them.
 */
struct _StepcastFrameEncoderInterface
{
  GTypeInterface parent_interface;

  GBytes *(*encode) (StepcastFrameEncoder *self, GBytes *svg, GCancellable *cancellable);
};

GBytes *
stepcast_frame_encoder_encode (StepcastFrameEncoder *self, GBytes *svg, GCancellable *cancellable);

G_END_DECLS
