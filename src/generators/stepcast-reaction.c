/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-reaction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Gray and Scott's reaction: U feeds V, V dies, both spread (J. E. Pearson, "Complex patterns in a
 * simple system", Science 261, 1993), by Euler's method with a step of 1 and a Laplacian of nine
 * points.
 *
 * The same numbers come out on every machine: all arithmetic is single precision, in one order for
 * each cell, and the library is compiled without contraction to fused multiply-adds. So the kernels
 * for the instruction sets differ in speed only. */

#define GHOSTS STEPCAST_REACTION_GHOSTS

/* A cache line, and the widest vector. */
#define ALIGNMENT 64

/* Floats before a row's first cell: it is aligned, and there is room for the ghosts. */
#define ROW_PADDING (ALIGNMENT / (int) sizeof (float))

/* Less than 0.05 ms of work, or 0.4 where its memory is touched for the first time. */
#define CELLS_A_LOOK 16384

/* There is always this much, which nobody sees. A product of three stays above the denormal
 * numbers, which cost a hundred times as much. */
#define LEAST 1e-12f

/**
 * stepcast_reaction_field_init:
 * @field: (out caller-allocates): a field
 * @width: columns
 * @height: rows
 *
 * Makes a field that is all 0, to be cleared even if there was no memory for it.
 *
 * Returns: %FALSE if there is no memory for it
 */
gboolean
stepcast_reaction_field_init (StepcastReactionField *field, guint width, guint height)
{
  const gsize stride = ((gsize) width + GHOSTS + 2 * ROW_PADDING - 1) / ROW_PADDING * ROW_PADDING;
  const gsize plane = stride * (height + 2 * GHOSTS);

  float *first;

  *field = (StepcastReactionField){ .width = width, .height = height, .stride = stride };
  /* Not aligned_alloc(): zero pages that nobody has touched cost nothing yet. */
  field->memory = calloc (1, 2 * plane * sizeof (float) + ALIGNMENT);
  if (field->memory == NULL)
    return FALSE;

  first = (float *) (((guintptr) field->memory + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  field->u = first + GHOSTS * stride + ROW_PADDING;
  field->v = field->u + plane;
  return TRUE;
}

/**
 * stepcast_reaction_field_clear:
 * @field: a field, maybe all zero bytes
 *
 * Frees its memory.
 */
void
stepcast_reaction_field_clear (StepcastReactionField *field)
{
  g_clear_pointer (&field->memory, free);
}

/* The torus: what lies beyond an edge is what lies within the one across. */
static void
wrap_row (float *row, guint width)
{
  for (guint i = 1; i <= GHOSTS; i++)
    {
      row[-(int) i] = row[width - i];
      row[width + i - 1] = row[i - 1];
    }
}

static void
wrap_rows (float *plane, const StepcastReactionField *field)
{
  const gsize size = field->stride * sizeof (float);
  float *top = plane - ROW_PADDING;
  float *bottom = top + field->height * field->stride;

  for (guint j = 0; j < GHOSTS; j++)
    {
      memcpy (top - (j + 1) * field->stride, bottom - (j + 1) * field->stride, size);
      memcpy (bottom + j * field->stride, top + j * field->stride, size);
    }
}

/**
 * stepcast_reaction_field_wrap:
 * @field: a field
 *
 * Brings what surrounds it up to date.
 */
void
stepcast_reaction_field_wrap (StepcastReactionField *field)
{
  for (guint j = 0; j < field->height; j++)
    {
      wrap_row (field->u + j * field->stride, field->width);
      wrap_row (field->v + j * field->stride, field->width);
    }
  wrap_rows (field->u, field);
  wrap_rows (field->v, field);
}

/**
 * stepcast_reaction_get_rates:
 * @feed: how fast U flows in
 * @kill: how fast V dies, beside the feed
 * @diffusion_u: how fast U spreads; beyond 1.25 there would be a checkerboard
 * @diffusion_v: how fast V spreads
 *
 * Returns: the rates, with Karl Sims's weights for the Laplacian: 1/5 for each neighbour beside,
 *   1/20 for each at a corner
 */
StepcastReactionRates
stepcast_reaction_get_rates (double feed, double kill, double diffusion_u, double diffusion_v)
{
  return (StepcastReactionRates){
    .self_u = (float) (1 - diffusion_u - feed),
    .side_u = (float) (diffusion_u * 0.2),
    .corner_u = (float) (diffusion_u * 0.05),
    .feed = (float) feed,
    .self_v = (float) (1 - diffusion_v - feed - kill),
    .side_v = (float) (diffusion_v * 0.2),
    .corner_v = (float) (diffusion_v * 0.05),
  };
}

/* One row of one inner step. Plain enough for every compiler to make vectors of it; compiled once
 * for each instruction set below. Whatever the parameters, neither field leaves LEAST to 1: a
 * comparison with what is not a number is false, so that no frame can hold a NaN. */
static inline __attribute__ ((always_inline)) void
react_row (const float *restrict u,
           const float *restrict v,
           float *restrict next_u,
           float *restrict next_v,
           gssize stride,
           guint width,
           const StepcastReactionRates *rates)
{
  const StepcastReactionRates r = *rates;
  const float *restrict u0 = u - stride, *restrict u2 = u + stride;
  const float *restrict v0 = v - stride, *restrict v2 = v + stride;
  gssize one = 1;

  /* A 1 that the compiler does not know: else clang carries each cell over to the next one's turn,
   * and finds no vectors then. */
  __asm__("" : "+r"(one));

  for (gssize i = 0; i < (gssize) width; i++)
    {
      const float side_u = (u0[i] + u2[i]) + (u[i - one] + u[i + one]);
      const float side_v = (v0[i] + v2[i]) + (v[i - one] + v[i + one]);
      const float corner_u = (u0[i - one] + u2[i - one]) + (u0[i + one] + u2[i + one]);
      const float corner_v = (v0[i - one] + v2[i - one]) + (v0[i + one] + v2[i + one]);
      const float reaction = u[i] * v[i] * v[i];
      float new_u = (r.self_u * u[i] + r.feed) + (r.side_u * side_u + r.corner_u * corner_u);
      float new_v = r.self_v * v[i] + (r.side_v * side_v + r.corner_v * corner_v);

      new_u = new_u - reaction;
      new_v = new_v + reaction;
      new_u = new_u > LEAST ? new_u : LEAST;
      new_v = new_v > LEAST ? new_v : LEAST;
      next_u[i] = new_u < 1.0f ? new_u : 1.0f;
      next_v[i] = new_v < 1.0f ? new_v : 1.0f;
    }
}

#define DEFINE_KERNEL(name, attributes)                                                            \
  attributes static void name (const float *restrict u, const float *restrict v,                   \
                               float *restrict next_u, float *restrict next_v, gssize stride,      \
                               guint width, const StepcastReactionRates *rates)                    \
  {                                                                                                \
    react_row (u, v, next_u, next_v, stride, width, rates);                                        \
  }

/* By hand and not by target_clones, whose resolvers run before a sanitizer is ready. */
DEFINE_KERNEL (react_row_any, )
#if defined(__x86_64__)
DEFINE_KERNEL (react_row_avx2, __attribute__ ((target ("avx2"))))
#if defined(__clang__)
DEFINE_KERNEL (react_row_avx512, __attribute__ ((target ("avx512f,avx512vl"))))
#else
DEFINE_KERNEL (react_row_avx512,
               __attribute__ ((target ("avx512f,avx512vl,prefer-vector-width=512"))))
#endif
#endif

/* The fastest is the last. */
static const StepcastReactionKernel kernels[] = {
  react_row_any,
#if defined(__x86_64__)
  react_row_avx2,
  react_row_avx512,
#endif
};

/**
 * stepcast_reaction_list_kernels:
 * @list: (out) (array): the kernels that this processor can run, the fastest last
 *
 * All of them give the same numbers.
 *
 * Returns: how many there are, at least one
 */
guint
stepcast_reaction_list_kernels (const StepcastReactionKernel **list)
{
  *list = kernels;
#if defined(__x86_64__)
  if (!__builtin_cpu_supports ("avx2"))
    return 1;
  if (!__builtin_cpu_supports ("avx512f") || !__builtin_cpu_supports ("avx512vl"))
    return 2;
#endif
  return G_N_ELEMENTS (kernels);
}

/**
 * stepcast_reaction_step:
 * @from: a field
 * @to: (out caller-allocates): another field of the same size, for the result
 * @rates: what to do
 * @kernel: how to do it
 * @cancellable: (nullable): stops it; looked at every 0.1 ms or oftener
 * @error: %G_IO_ERROR_CANCELLED
 *
 * Does one step of time. The result is within 0 to 1 whatever @rates are.
 *
 * Returns: %FALSE if it was cancelled; then @to is of no use
 */
gboolean
stepcast_reaction_step (const StepcastReactionField *from,
                        StepcastReactionField *to,
                        const StepcastReactionRates *rates,
                        StepcastReactionKernel kernel,
                        GCancellable *cancellable,
                        GError **error)
{
  const guint rows_a_look = MAX (1, CELLS_A_LOOK / from->width);

  for (guint j = 0; j < from->height; j++)
    {
      const gsize row = j * from->stride;

      if (j % rows_a_look == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      kernel (from->u + row, from->v + row, to->u + row, to->v + row, (gssize) from->stride,
              from->width, rates);
      wrap_row (to->u + row, to->width);
      wrap_row (to->v + row, to->width);
    }
  wrap_rows (to->u, to);
  wrap_rows (to->v, to);
  return TRUE;
}

/* Sums in lanes of their own, always in the same order, which a compiler can make vectors of. */
static void
measure_row (const float *now, const float *last, guint width, double *sum, double *sum_changes)
{
  float sums[16] = { 0 };
  float changes[16] = { 0 };
  guint i = 0;

  for (; i + 16 <= width; i += 16)
    for (guint k = 0; k < 16; k++)
      {
        sums[k] += now[i + k];
        changes[k] += fabsf (now[i + k] - last[i + k]);
      }
  for (; i < width; i++)
    {
      sums[0] += now[i];
      changes[0] += fabsf (now[i] - last[i]);
    }
  for (guint k = 0; k < 16; k++)
    {
      *sum += (double) sums[k];
      *sum_changes += (double) changes[k];
    }
}

/**
 * stepcast_reaction_measure:
 * @now: a field
 * @last: the field that it is compared with
 * @mean: (out): the mean of V
 * @change: (out): the mean of its absolute difference
 * @cancellable: (nullable): stops it
 * @error: %G_IO_ERROR_CANCELLED
 *
 * Returns: %FALSE if it was cancelled
 */
gboolean
stepcast_reaction_measure (const StepcastReactionField *now,
                           const StepcastReactionField *last,
                           double *mean,
                           double *change,
                           GCancellable *cancellable,
                           GError **error)
{
  const guint rows_a_look = MAX (1, CELLS_A_LOOK / now->width);
  const double n_cells = (double) now->width * now->height;
  double sum = 0;
  double sum_changes = 0;

  for (guint j = 0; j < now->height; j++)
    {
      const gsize row = j * now->stride;

      if (j % rows_a_look == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      measure_row (now->v + row, last->v + row, now->width, &sum, &sum_changes);
    }
  *mean = sum / n_cells;
  *change = sum_changes / n_cells;
  return TRUE;
}
