/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-ring-fitter.h"

#include <math.h>

/* A contour's points lie a grid step or less apart and are good to a few hundredths of one, so the
 * curve's direction is known at each of them. A cubic from one point to a later one that has these
 * directions at its ends is then nearly determined; it is taken as long as it stays within the
 * tolerance of the points that it passes. A ring becomes a curve for each eighth to quarter turn.
 */

/* Points nearer than this, in grid steps, say more about rounding than about direction. */
#define MIN_SPACING 0.4f

/* Work between two looks at the cancellable: at most 0.3 ms. */
#define POINTS_A_LOOK 4096

/* Longest run of points in one curve. */
#define MAX_RUN 32

/* Points of a run that are looked at. */
#define MAX_PROBES 6

/* How far along the line a probe may be from where it is thought to be, in grid steps. */
#define MAX_LAG 1.0f

/* A longer turn than this, from a curve's end to its chord, is not for one cubic: cos 60°. */
#define MIN_COS_TO_CHORD 0.5f

typedef StepcastContourPoint Point;

typedef struct
{
  Point at;
  Point direction; /* of length 1 */
  float length;    /* along the ring, from its first point */
} Knot;

struct _StepcastRingFitter
{
  Knot *knots; /* the last one is the first again */
  guint n_knots;
  guint knots_allocated;
  GArray *curves; /* of StepcastCurve */
};

static inline Point
between (Point a, Point b)
{
  return (Point){ b.x - a.x, b.y - a.y };
}

static inline float
dot (Point a, Point b)
{
  return a.x * b.x + a.y * b.y;
}

static inline Point
along (Point a, float length, Point direction)
{
  return (Point){ a.x + length * direction.x, a.y + length * direction.y };
}

/**
 * stepcast_ring_fitter_new:
 *
 * Returns: (transfer full): a fitter
 */
StepcastRingFitter *
stepcast_ring_fitter_new (void)
{
  StepcastRingFitter *self = g_new0 (StepcastRingFitter, 1);

  self->curves = g_array_new (FALSE, FALSE, sizeof (StepcastCurve));
  return self;
}

/**
 * stepcast_ring_fitter_free:
 * @self: (transfer full): a fitter
 */
void
stepcast_ring_fitter_free (StepcastRingFitter *self)
{
  g_free (self->knots);
  g_array_unref (self->curves);
  g_free (self);
}

/* Takes the points that are far enough apart, and closes the ring. */
static gboolean
take_points (StepcastRingFitter *self,
             const Point *points,
             guint n_points,
             GCancellable *cancellable,
             GError **error)
{
  const float min_square = MIN_SPACING * MIN_SPACING;
  guint n = 1;

  if (n_points + 1 > self->knots_allocated)
    {
      self->knots_allocated = MAX (1024, n_points * 2);
      g_free (self->knots);
      self->knots = g_new (Knot, self->knots_allocated);
    }

  self->knots[0].at = points[0];
  for (guint i = 1; i < n_points; i++)
    {
      const Point step = between (self->knots[n - 1].at, points[i]);

      if (i % POINTS_A_LOOK == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (dot (step, step) >= min_square)
        self->knots[n++].at = points[i];
    }
  while (n > 1)
    {
      const Point step = between (self->knots[n - 1].at, self->knots[0].at);

      if (dot (step, step) >= min_square)
        break;
      n--;
    }
  self->knots[n] = self->knots[0];
  self->n_knots = n;
  return TRUE;
}

/* The direction at a point is that of the parabola through it and its neighbours. */
static gboolean
find_directions (StepcastRingFitter *self, GCancellable *cancellable, GError **error)
{
  const guint n = self->n_knots;
  Knot *knots = self->knots;
  Point before = between (knots[n - 1].at, knots[0].at);
  float before_length = sqrtf (dot (before, before));
  float length = 0;

  for (guint i = 0; i < n; i++)
    {
      const Point after = between (knots[i].at, knots[i + 1].at);
      const float after_length = sqrtf (dot (after, after));
      const float p = after_length / before_length;
      const float q = before_length / after_length;
      const Point d = { before.x * p + after.x * q, before.y * p + after.y * q };
      const float norm = sqrtf (dot (d, d));

      if (i % POINTS_A_LOOK == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      /* A line that turns back on itself has no direction there; it goes on as it came. */
      if (norm > 1e-3f * before_length)
        knots[i].direction = (Point){ d.x / norm, d.y / norm };
      else
        knots[i].direction = (Point){ before.x / before_length, before.y / before_length };
      knots[i].length = length;

      length += after_length;
      before = after;
      before_length = after_length;
    }
  knots[n].direction = knots[0].direction;
  knots[n].length = length;
  return TRUE;
}

/* For an arc of a circle the handles are 2/3 of the chord over 1 + the cosine of half its turn. */
static gboolean
make_curve (const Knot *from, const Knot *to, StepcastCurve *curve)
{
  const Point chord = between (from->at, to->at);
  const float length = sqrtf (dot (chord, chord));
  const float cos_from = dot (chord, from->direction) / length;
  const float cos_to = dot (chord, to->direction) / length;
  const float handle = length * (2.0f / 3) / (1 + (cos_from + cos_to) / 2);

  /* Neighbours are joined whatever they look like. */
  if (to != from + 1 && !(cos_from > MIN_COS_TO_CHORD && cos_to > MIN_COS_TO_CHORD))
    return FALSE;
  if (!(cos_from + cos_to > -1))
    {
      curve->control1 = from->at;
      curve->control2 = curve->end = to->at;
      return TRUE;
    }

  curve->control1 = along (from->at, handle, from->direction);
  curve->control2 = along (to->at, -handle, to->direction);
  curve->end = to->at;
  return TRUE;
}

static Point
point_at (const Point start, const StepcastCurve *curve, float t)
{
  const float s = 1 - t;
  const float w0 = s * s * s, w1 = 3 * s * s * t, w2 = 3 * s * t * t, w3 = t * t * t;

  return (Point){
    w0 * start.x + w1 * curve->control1.x + w2 * curve->control2.x + w3 * curve->end.x,
    w0 * start.y + w1 * curve->control1.y + w2 * curve->control2.y + w3 * curve->end.y,
  };
}

/* Whether @curve passes the knots between @from and @to closely enough. */
static gboolean
passes (const Knot *from, const Knot *to, const StepcastCurve *curve, float tolerance)
{
  const guint n_between = (guint) (to - from) - 1;
  const guint n_probes = MIN (n_between, MAX_PROBES);
  const float length = to->length - from->length;

  for (guint i = 1; i <= n_probes; i++)
    {
      const Knot *knot = from + (i * (n_between + 1)) / (n_probes + 1);
      const float t = (knot->length - from->length) / length;
      const Point miss = between (knot->at, point_at (from->at, curve, t));

      /* Across the line is what is seen; along it, t is only a guess. */
      if (fabsf (miss.x * knot->direction.y - miss.y * knot->direction.x) > tolerance ||
          dot (miss, miss) > MAX_LAG * MAX_LAG)
        return FALSE;
    }
  return TRUE;
}

/* Finds how far one curve can go from @from, and makes it. */
static guint
take_run (StepcastRingFitter *self, guint from, float tolerance, StepcastCurve *curve)
{
  const guint max_run = MIN (MAX_RUN, self->n_knots - from);
  const Knot *start = &self->knots[from];
  guint good = 1;
  guint bad = max_run + 1;
  guint run = MIN (6, max_run);
  StepcastCurve longer;

  make_curve (start, start + 1, curve);
  while (bad - good > 1)
    {
      if (make_curve (start, start + run, &longer) &&
          passes (start, start + run, &longer, tolerance))
        {
          good = run;
          *curve = longer;
        }
      else
        {
          bad = run;
        }
      run = bad > max_run ? MIN (good * 2, max_run) : (good + bad) / 2;
    }
  return good;
}

static gboolean
find_curves (StepcastRingFitter *self, float tolerance, GCancellable *cancellable, GError **error)
{
  guint next_look = POINTS_A_LOOK;

  for (guint i = 0; i < self->n_knots;)
    {
      StepcastCurve curve;

      if (i >= next_look)
        {
          if (g_cancellable_set_error_if_cancelled (cancellable, error))
            return FALSE;
          next_look += POINTS_A_LOOK;
        }
      i += take_run (self, i, tolerance, &curve);
      g_array_append_val (self->curves, curve);
    }
  return TRUE;
}

/**
 * stepcast_ring_fitter_fit:
 * @self: a fitter
 * @points: (array length=n_points): a ring that stepcast_contour_trace() found
 * @n_points: how many points it has, at least one
 * @tolerance: how far the curves may pass from the points, in grid steps
 * @curves: (out) (transfer none) (array length=n_curves): the curves around the ring, of which the
 *   first starts where the last one ends. Valid until the next ring
 * @n_curves: (out): how many curves there are: none if the ring is too small to be seen
 * @cancellable: (nullable): stops it; looked at every 0.3 ms or oftener
 * @error: %G_IO_ERROR_CANCELLED
 *
 * Returns: %FALSE if it was cancelled
 */
gboolean
stepcast_ring_fitter_fit (StepcastRingFitter *self,
                          const StepcastContourPoint *points,
                          guint n_points,
                          float tolerance,
                          const StepcastCurve **curves,
                          guint *n_curves,
                          GCancellable *cancellable,
                          GError **error)
{
  g_array_set_size (self->curves, 0);

  if (!take_points (self, points, n_points, cancellable, error))
    return FALSE;
  if (self->n_knots >= 3 && (!find_directions (self, cancellable, error) ||
                             !find_curves (self, tolerance, cancellable, error)))
    return FALSE;

  *curves = (const StepcastCurve *) (gpointer) self->curves->data;
  *n_curves = self->curves->len;
  return TRUE;
}
