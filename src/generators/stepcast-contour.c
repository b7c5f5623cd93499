/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-contour.h"

#include <string.h>

/* Marching squares. A cell has a sample at each corner; which of them are inside (above the level)
 * makes a code of four bits, and the code says through which edges the line runs.
 *
 *       corner 0 -- edge 0 -- corner 1        edge i goes from corner i to corner i + 1,
 *          |                     |            clockwise
 *        edge 3                edge 1
 *          |                     |
 *       corner 3 -- edge 2 -- corner 2
 *
 * A line enters a cell by an edge whose first corner is outside and leaves it by one whose first
 * corner is inside; the neighbour sees that edge the other way round, so it enters there, and a
 * ring is followed from cell to cell until it is back where it began. It can't end: the field is
 * thought to be surrounded by a frame of samples that are outside, and a line that meets the frame
 * runs along the field's outermost samples. */

/* Work between two looks at the cancellable; either is less than 0.2 ms. */
#define CELLS_A_LOOK 65536
#define POINTS_A_LOOK 8192

#define NOWHERE 0xff

struct _StepcastContour
{
  /* The present field. */
  const float *values;
  guint width;
  guint height;
  gsize stride;
  float level;

  /* One code a cell, of which there are one more a row and column than samples: cell (i, j) has
   * sample (i, j) as its corner 2. A segment's cell is taken out when it has been followed. */
  guint8 *codes;
  gsize codes_stride; /* a multiple of 8: rows are scanned by words */
  gsize codes_allocated;
  guint8 *inside; /* two rows of samples, each between two that are outside */
  gsize inside_allocated;

  StepcastContourPoint *points;
  guint n_points;
  guint points_allocated;
  GArray *ends; /* of guint: where each ring ends in points */
};

/* By code: the edges by which the line comes and goes. The saddles 5 and 10 have two lines, and
 * their own table. */
static const guint8 entries[16] = { NOWHERE, 3, 0, 3, 1, 3, 0, 3, 2, 2, 0, 2, 1, 1, 0, NOWHERE };
static const guint8 exits[16] = { NOWHERE, 0, 1, 1, 2, 0, 2, 2, 3, 0, 3, 1, 3, 0, 3, NOWHERE };

/* How a saddle's line goes on that came in by an edge, and the code of the line that remains. */
typedef struct
{
  guint8 exit;
  guint8 rest;
} Saddle;

/* By whether corner 1 is inside (10) or corner 0 (5), whether the middle is, and the entry. */
static const Saddle saddles[2][2][4] = {
  {
    { { NOWHERE, 0 }, { 2, 1 }, { NOWHERE, 0 }, { 0, 4 } },
    { { NOWHERE, 0 }, { 0, 7 }, { NOWHERE, 0 }, { 2, 13 } },
  },
  {
    { { 1, 8 }, { NOWHERE, 0 }, { 3, 2 }, { NOWHERE, 0 } },
    { { 3, 11 }, { NOWHERE, 0 }, { 1, 14 }, { NOWHERE, 0 } },
  },
};

static const int corner_x[4] = { -1, 0, 0, -1 };
static const int corner_y[4] = { -1, -1, 0, 0 };

/**
 * stepcast_contour_new:
 *
 * Returns: (transfer full): a tracer with no rings
 */
StepcastContour *
stepcast_contour_new (void)
{
  StepcastContour *self = g_new0 (StepcastContour, 1);

  self->ends = g_array_new (FALSE, FALSE, sizeof (guint));
  return self;
}

/**
 * stepcast_contour_free:
 * @self: (transfer full): a tracer
 */
void
stepcast_contour_free (StepcastContour *self)
{
  g_free (self->codes);
  g_free (self->inside);
  g_free (self->points);
  g_array_unref (self->ends);
  g_free (self);
}

static void
reserve (StepcastContour *self)
{
  const gsize codes_stride = ((gsize) self->width + 1 + 7) / 8 * 8;
  const gsize codes = codes_stride * ((gsize) self->height + 1);
  const gsize inside = 2 * ((gsize) self->width + 2);

  self->codes_stride = codes_stride;
  if (codes > self->codes_allocated)
    {
      g_free (self->codes);
      self->codes = g_malloc (codes);
      self->codes_allocated = codes;
    }
  if (inside > self->inside_allocated)
    {
      g_free (self->inside);
      self->inside = g_malloc (inside);
      self->inside_allocated = inside;
    }
}

/* The loops are plain and without branches, for the compiler to make vectors of. */
static void
classify_samples (guint8 *restrict inside, const float *restrict values, guint width, float level)
{
  for (guint i = 0; i < width; i++)
    inside[i] = values[i] > level;
}

static void
classify_cells (guint8 *restrict codes,
                const guint8 *restrict above,
                const guint8 *restrict below,
                guint n_cells)
{
  for (guint i = 0; i < n_cells; i++)
    {
      guint8 code = (guint8) (above[i] | above[i + 1] << 1 | below[i + 1] << 2 | below[i] << 3);

      /* Of no interest, like 0; so a scan has only that to look for. */
      codes[i] = code == 15 ? 0 : code;
    }
}

static gboolean
classify (StepcastContour *self, GCancellable *cancellable, GError **error)
{
  const gsize inside_size = (gsize) self->width + 2;
  const guint rows_a_look = MAX (1, CELLS_A_LOOK / self->width);
  guint8 *above = self->inside;
  guint8 *below = self->inside + inside_size;

  memset (self->inside, 0, 2 * inside_size);
  for (guint j = 0; j <= self->height; j++)
    {
      guint8 *codes = self->codes + j * self->codes_stride;
      guint8 *last;

      if (j % rows_a_look == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      if (j < self->height)
        classify_samples (below + 1, self->values + j * self->stride, self->width, self->level);
      else
        memset (below, 0, inside_size);
      classify_cells (codes, above, below, self->width + 1);
      memset (codes + self->width + 1, 0, self->codes_stride - self->width - 1);

      last = above;
      above = below;
      below = last;
    }
  return TRUE;
}

static float
sample (const StepcastContour *self, int i, int j)
{
  return self->values[(gsize) j * self->stride + (gsize) i];
}

/* Where the line crosses an edge of cell (@i, @j) whose first corner is inside. */
static StepcastContourPoint
cross (const StepcastContour *self, int i, int j, guint edge)
{
  const guint other = (edge + 1) % 4;
  const int x0 = i + corner_x[edge], y0 = j + corner_y[edge];
  const int x1 = i + corner_x[other], y1 = j + corner_y[other];
  float a, b, t;

  if ((guint) x1 >= self->width || (guint) y1 >= self->height)
    return (StepcastContourPoint){ (float) x0, (float) y0 };

  a = sample (self, x0, y0);
  b = sample (self, x1, y1);
  t = (a - self->level) / (a - b);
  return (StepcastContourPoint){ (float) x0 + t * (float) (x1 - x0),
                                 (float) y0 + t * (float) (y1 - y0) };
}

/* Takes the line that comes in by @entry out of a cell, and tells by which edge it leaves. */
static guint
follow (StepcastContour *self, int i, int j, guint entry)
{
  guint8 *code = self->codes + (gsize) j * self->codes_stride + (gsize) i;
  const Saddle *saddle;
  float middle;
  guint exit;

  if (*code != 5 && *code != 10)
    {
      exit = exits[*code];
      *code = 0;
      return exit;
    }

  /* The frame is outside, so a saddle's corners are all samples. */
  middle = (sample (self, i - 1, j - 1) + sample (self, i, j - 1) + sample (self, i, j) +
            sample (self, i - 1, j)) /
           4;
  saddle = &saddles[*code == 10][middle > self->level][entry];
  *code = saddle->rest;
  return saddle->exit;
}

static void
add_point (StepcastContour *self, StepcastContourPoint point)
{
  if (self->n_points == self->points_allocated)
    {
      self->points_allocated = MAX (1024, self->points_allocated * 2);
      self->points = g_renew (StepcastContourPoint, self->points, self->points_allocated);
    }
  self->points[self->n_points++] = point;
}

static gboolean
trace_ring (StepcastContour *self, int i, int j, GCancellable *cancellable, GError **error)
{
  const int start_i = i, start_j = j;
  const guint start_entry = entries[self->codes[(gsize) j * self->codes_stride + (gsize) i]];
  guint entry = start_entry;

  do
    {
      guint exit = follow (self, i, j, entry);

      add_point (self, cross (self, i, j, exit));
      if (self->n_points % POINTS_A_LOOK == 0 &&
          g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      i += exit == 1 ? 1 : exit == 3 ? -1 : 0;
      j += exit == 2 ? 1 : exit == 0 ? -1 : 0;
      entry = (exit + 2) % 4;
    }
  while (i != start_i || j != start_j || entry != start_entry);

  g_array_append_val (self->ends, self->n_points);
  return TRUE;
}

/* Most words of codes are zero. */
static gboolean
trace_row (StepcastContour *self, guint j, GCancellable *cancellable, GError **error)
{
  const guint8 *codes = self->codes + j * self->codes_stride;

  for (gsize word = 0; word < self->codes_stride; word += 8)
    {
      guint64 any;

      memcpy (&any, codes + word, sizeof any);
      if (any == 0)
        continue;
      for (gsize i = word; i < word + 8; i++)
        while (codes[i] != 0)
          if (!trace_ring (self, (int) i, (int) j, cancellable, error))
            return FALSE;
    }
  return TRUE;
}

/**
 * stepcast_contour_trace:
 * @self: a tracer
 * @values: the field's samples, row by row, all finite; they must stay while this runs
 * @width: samples a row, at least 1
 * @height: rows, at least 1
 * @stride: samples from one row's first to the next row's
 * @level: samples above it are inside
 * @cancellable: (nullable): stops it; looked at every 0.2 ms or oftener
 * @error: %G_IO_ERROR_CANCELLED
 *
 * Finds the lines around what is inside, which replace those of the call before. What is inside at
 * the field's border is closed along its outermost samples. The inside is always on the same side
 * of a ring: with y downwards, outer rings run one way round and holes the other.
 *
 * Returns: %FALSE if it was cancelled
 */
gboolean
stepcast_contour_trace (StepcastContour *self,
                        const float *values,
                        guint width,
                        guint height,
                        gsize stride,
                        float level,
                        GCancellable *cancellable,
                        GError **error)
{
  const guint rows_a_look = MAX (1, CELLS_A_LOOK / MAX (1, width));

  g_return_val_if_fail (width > 0 && height > 0 && stride >= width, FALSE);

  self->values = values;
  self->width = width;
  self->height = height;
  self->stride = stride;
  self->level = level;
  self->n_points = 0;
  g_array_set_size (self->ends, 0);

  reserve (self);
  if (!classify (self, cancellable, error))
    return FALSE;

  for (guint j = 0; j <= height; j++)
    {
      if (j % rows_a_look == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!trace_row (self, j, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * stepcast_contour_get_n_rings:
 * @self: a tracer
 *
 * Returns: how many rings the last field had
 */
guint
stepcast_contour_get_n_rings (const StepcastContour *self)
{
  return self->ends->len;
}

/**
 * stepcast_contour_get_ring:
 * @self: a tracer
 * @index: which ring
 * @n_points: (out): how many points it has
 *
 * Returns: (transfer none) (array length=n_points): the ring's points in order, each a crossing of
 *   the level with a grid line; the last is joined to the first. Valid until the next field
 */
const StepcastContourPoint *
stepcast_contour_get_ring (const StepcastContour *self, guint index, guint *n_points)
{
  const guint start = index > 0 ? g_array_index (self->ends, guint, index - 1) : 0;

  g_return_val_if_fail (index < self->ends->len, NULL);

  *n_points = g_array_index (self->ends, guint, index) - start;
  return self->points + start;
}
