/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Rows and columns around a field that repeat its other side: one is what the Laplacian needs, the
 * other carries contours out of sight. */
#define STEPCAST_REACTION_GHOSTS 2

/**
 * StepcastReactionField:
 * @width: columns
 * @height: rows
 * @stride: floats from row to row
 * @u: the first cell's U
 * @v: the first cell's V
 *
 * The concentrations of two substances on a torus, which a caller may write cell by cell; then
 * stepcast_reaction_field_wrap() brings the ghosts up to date.
 */
typedef struct
{
  guint width;
  guint height;
  gsize stride;
  float *u;
  float *v;
  /*< private >*/
  gpointer memory;
} StepcastReactionField;

/**
 * StepcastReactionRates:
 * @self_u: how much of a cell's U stays
 * @side_u: how much comes from each of the four neighbours beside
 * @corner_u: how much comes from each of the four at the corners
 * @feed: how much U flows in
 * @self_v: how much of a cell's V stays
 * @side_v: as for U
 * @corner_v: as for U
 *
 * What a step of time makes of a cell.
 */
typedef struct
{
  float self_u, side_u, corner_u, feed;
  float self_v, side_v, corner_v;
} StepcastReactionRates;

typedef void (*StepcastReactionKernel) (const float *restrict u,
                                        const float *restrict v,
                                        float *restrict next_u,
                                        float *restrict next_v,
                                        gssize stride,
                                        guint width,
                                        const StepcastReactionRates *rates);

gboolean stepcast_reaction_field_init (StepcastReactionField *field, guint width, guint height);
void stepcast_reaction_field_clear (StepcastReactionField *field);
void stepcast_reaction_field_wrap (StepcastReactionField *field);

StepcastReactionRates
stepcast_reaction_get_rates (double feed, double kill, double diffusion_u, double diffusion_v);
guint stepcast_reaction_list_kernels (const StepcastReactionKernel **kernels);
gboolean stepcast_reaction_step (const StepcastReactionField *from,
                                 StepcastReactionField *to,
                                 const StepcastReactionRates *rates,
                                 StepcastReactionKernel kernel,
                                 GCancellable *cancellable,
                                 GError **error);
gboolean stepcast_reaction_measure (const StepcastReactionField *now,
                                    const StepcastReactionField *last,
                                    double *mean,
                                    double *change,
                                    GCancellable *cancellable,
                                    GError **error);

G_END_DECLS
