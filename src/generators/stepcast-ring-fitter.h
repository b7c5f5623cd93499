/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-contour.h"

G_BEGIN_DECLS

/**
 * StepcastCurve:
 *
 * A cubic Bézier curve from where the one before it ended.
 */
typedef struct
{
  StepcastContourPoint control1;
  StepcastContourPoint control2;
  StepcastContourPoint end;
} StepcastCurve;

/**
 * StepcastRingFitter:
 *
 * Makes smooth curves of a ring of points, and few of them. Holds its memory for
 * the next ring. Not thread-safe: it belongs to whoever made it.
 */
typedef struct _StepcastRingFitter StepcastRingFitter;

StepcastRingFitter *stepcast_ring_fitter_new (void);
void stepcast_ring_fitter_free (StepcastRingFitter *self);

gboolean stepcast_ring_fitter_fit (StepcastRingFitter *self,
                                   const StepcastContourPoint *points,
                                   guint n_points,
                                   float tolerance,
                                   const StepcastCurve **curves,
                                   guint *n_curves,
                                   GCancellable *cancellable,
                                   GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRingFitter, stepcast_ring_fitter_free)

G_END_DECLS
