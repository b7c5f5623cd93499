/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastImage:
 * @width: columns
 * @height: rows
 * @grey: a byte a pixel, row by row: 0 is black; what is transparent is as on white paper
 *
 * A picture from outside, as generators use it.
 */
typedef struct
{
  guint width;
  guint height;
  GBytes *grey;
} StepcastImage;

void stepcast_image_set_decoder (const char *path);
StepcastImage *stepcast_image_decode (GBytes *file,
                                      guint max_width,
                                      guint max_height,
                                      GCancellable *cancellable,
                                      GError **error);
void stepcast_image_free (StepcastImage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastImage, stepcast_image_free)

G_END_DECLS
