/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastContourPoint:
 *
 * A place in a field, in units of its grid: the sample in column i and row j is at (i, j).
 */
typedef struct
{
  float x;
  float y;
} StepcastContourPoint;

/**
 * StepcastContour:
 *
 * The lines of equal height of a field, as closed rings; marching squares. Holds
 * its memory for the next field. Not thread-safe: it belongs to whoever made it.
 */
typedef struct _StepcastContour StepcastContour;

StepcastContour *stepcast_contour_new (void);
void stepcast_contour_free (StepcastContour *self);

gboolean stepcast_contour_trace (StepcastContour *self,
                                 const float *values,
                                 guint width,
                                 guint height,
                                 gsize stride,
                                 float level,
                                 GCancellable *cancellable,
                                 GError **error);
guint stepcast_contour_get_n_rings (const StepcastContour *self);
const StepcastContourPoint *
stepcast_contour_get_ring (const StepcastContour *self, guint index, guint *n_points);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastContour, stepcast_contour_free)

G_END_DECLS
