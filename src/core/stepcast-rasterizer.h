/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-helper-pool.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_RASTERIZER (stepcast_rasterizer_get_type ())

G_DECLARE_FINAL_TYPE (StepcastRasterizer,
                      stepcast_rasterizer,
                      STEPCAST,
                      RASTERIZER,
                      StepcastHelperPool)

/* Of a picture, in pixels: as much as a large screen shows, or as is printed on A2 at 350 dpi. */
#define STEPCAST_RASTERIZER_MAX_WIDTH 8192

/* What cairo can make an image of. */
#define STEPCAST_RASTERIZER_MAX_HEIGHT 32767

/* A square of the largest width. It takes 256 MiB, half of what a helper may use. */
#define STEPCAST_RASTERIZER_MAX_PIXELS (64 * 1024 * 1024)

/* Milliseconds for one picture, the start of its helper included: what librsvg draws can't be
 * bounded otherwise. */
#define STEPCAST_RASTERIZER_DEFAULT_DEADLINE_MS 10000

StepcastRasterizer *stepcast_rasterizer_new (const char *helper_path, guint max_helpers);

gboolean stepcast_rasterizer_parse_width (const char *text, guint *width, GError **error);

void stepcast_rasterizer_render_async (StepcastRasterizer *self,
                                       GBytes *svg,
                                       guint width,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
GBytes *
stepcast_rasterizer_render_finish (StepcastRasterizer *self, GAsyncResult *result, GError **error);
void stepcast_rasterizer_shut_down (StepcastRasterizer *self);

G_END_DECLS
