/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>
#include <string.h>

#include "stepcast-contour.h"
#include "stepcast-random.h"
#include "stepcast-reaction.h"
#include "stepcast-ring-fitter.h"

/* The pure parts of the generators: contours, the curves through them, the reaction. */

#define SIZE 41
#define CENTRE 20.0f

typedef float (*Function) (float x, float y);

static StepcastContour *
trace_function (Function function, float values[SIZE * SIZE], float level)
{
  StepcastContour *contour = stepcast_contour_new ();

  for (int j = 0; j < SIZE; j++)
    for (int i = 0; i < SIZE; i++)
      values[j * SIZE + i] = function ((float) i, (float) j);
  g_assert_true (stepcast_contour_trace (contour, values, SIZE, SIZE, SIZE, level, NULL, NULL));
  return contour;
}

/* With a sign for the way round. */
static double
ring_area (const StepcastContour *contour, guint index)
{
  guint n;
  const StepcastContourPoint *points = stepcast_contour_get_ring (contour, index, &n);
  double sum = 0;

  for (guint i = 0; i < n; i++)
    {
      const StepcastContourPoint a = points[i], b = points[(i + 1) % n];

      sum += (double) a.x * (double) b.y - (double) b.x * (double) a.y;
    }
  return sum / 2;
}

static float
cone (float x, float y)
{
  return -hypotf (x - CENTRE, y - CENTRE);
}

static void
test_circle (void)
{
  float values[SIZE * SIZE];
  g_autoptr (StepcastContour) contour = trace_function (cone, values, -12.3f);
  const StepcastContourPoint *points;
  guint n;

  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 1);
  points = stepcast_contour_get_ring (contour, 0, &n);
  g_assert_cmpuint (n, >, 80);
  g_assert_cmpfloat_with_epsilon (fabs (ring_area (contour, 0)), G_PI * 12.3 * 12.3, 1);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (hypotf (points[i].x - CENTRE, points[i].y - CENTRE), 12.3f,
                                    0.02f);
}

static float
ring (float x, float y)
{
  return -fabsf (hypotf (x - CENTRE, y - CENTRE) - 10);
}

static void
test_hole (void)
{
  float values[SIZE * SIZE];
  g_autoptr (StepcastContour) contour = trace_function (ring, values, -3);
  double outer, inner;

  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 2);
  outer = ring_area (contour, 0);
  inner = ring_area (contour, 1);
  g_assert_cmpfloat_with_epsilon (fabs (outer), G_PI * 169, 2);
  g_assert_cmpfloat_with_epsilon (fabs (inner), G_PI * 49, 2);
  g_assert_true (outer * inner < 0); /* the other way round */
}

static float
zero (float x, float y)
{
  return 0;
}

static void
test_flat (void)
{
  float values[SIZE * SIZE];
  g_autoptr (StepcastContour) below = trace_function (zero, values, 0.5f);
  g_autoptr (StepcastContour) at = trace_function (zero, values, 0);
  g_autoptr (StepcastContour) above = trace_function (zero, values, -0.5f);

  g_assert_cmpuint (stepcast_contour_get_n_rings (below), ==, 0);
  g_assert_cmpuint (stepcast_contour_get_n_rings (at), ==, 0);
  /* Closed along the border. */
  g_assert_cmpuint (stepcast_contour_get_n_rings (above), ==, 1);
  g_assert_cmpfloat (fabs (ring_area (above, 0)), ==, (SIZE - 1) * (SIZE - 1));
}

static float
slope (float x, float y)
{
  return x;
}

static void
test_border (void)
{
  float values[SIZE * SIZE];
  g_autoptr (StepcastContour) contour = trace_function (slope, values, 9.75f);
  const StepcastContourPoint *points;
  guint n;

  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 1);
  points = stepcast_contour_get_ring (contour, 0, &n);
  g_assert_cmpfloat_with_epsilon (fabs (ring_area (contour, 0)), (SIZE - 1) * (SIZE - 1 - 9.75),
                                  1e-3);
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpfloat (points[i].x, >=, 9.75f);
      g_assert_cmpfloat (points[i].x, <=, SIZE - 1);
      g_assert_cmpfloat (points[i].y, >=, 0);
      g_assert_cmpfloat (points[i].y, <=, SIZE - 1);
    }
}

/* What two opposite corners do depends on the middle. */
static void
test_saddle (void)
{
  static const float high[] = { 1, 0, 0, 1 };
  static const float other[] = { 0, 1, 1, 0 };
  g_autoptr (StepcastContour) contour = stepcast_contour_new ();

  g_assert_true (stepcast_contour_trace (contour, high, 2, 2, 2, 0.4f, NULL, NULL));
  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 1);
  g_assert_true (stepcast_contour_trace (contour, high, 2, 2, 2, 0.6f, NULL, NULL));
  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 2);
  g_assert_true (stepcast_contour_trace (contour, other, 2, 2, 2, 0.4f, NULL, NULL));
  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 1);
  g_assert_true (stepcast_contour_trace (contour, other, 2, 2, 2, 0.6f, NULL, NULL));
  g_assert_cmpuint (stepcast_contour_get_n_rings (contour), ==, 2);
}

/* Whether a place is inside by the even-odd rule: as it will be filled. */
static gboolean
is_inside (const StepcastContour *contour, float x, float y)
{
  gboolean inside = FALSE;

  for (guint r = 0; r < stepcast_contour_get_n_rings (contour); r++)
    {
      guint n;
      const StepcastContourPoint *points = stepcast_contour_get_ring (contour, r, &n);

      for (guint i = 0; i < n; i++)
        {
          const StepcastContourPoint a = points[i], b = points[(i + 1) % n];

          if ((a.y > y) != (b.y > y) && x < a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
            inside = !inside;
        }
    }
  return inside;
}

static void
assert_closed (const StepcastContourPoint *points, guint n)
{
  g_assert_cmpuint (n, >=, 3);
  for (guint i = 0; i < n; i++)
    {
      const StepcastContourPoint a = points[i], b = points[(i + 1) % n];

      /* Neighbours are on the same cell. */
      g_assert_cmpfloat (fabsf (a.x - b.x), <=, 1);
      g_assert_cmpfloat (fabsf (a.y - b.y), <=, 1);
    }
}

static void
test_random (void)
{
  g_autoptr (StepcastContour) contour = stepcast_contour_new ();
  StepcastRandom random;

  stepcast_random_init (&random, 7);
  for (int run = 0; run < 300; run++)
    {
      const guint width = (guint) stepcast_random_range (&random, 1, 40);
      const guint height = (guint) stepcast_random_range (&random, 1, 40);
      const guint stride = width + (guint) stepcast_random_range (&random, 0, 4);
      const int n_values = 2 + run % 7; /* few of them: many samples are just at the level */
      g_autofree float *values = g_new (float, stride *height);

      for (guint i = 0; i < stride * height; i++)
        values[i] = (float) (int) stepcast_random_range (&random, 0, n_values);
      g_assert_true (stepcast_contour_trace (contour, values, width, height, stride,
                                             run % 2 == 0 ? 1 : 0.5f, NULL, NULL));

      for (guint r = 0; r < stepcast_contour_get_n_rings (contour); r++)
        {
          guint n;
          const StepcastContourPoint *points = stepcast_contour_get_ring (contour, r, &n);

          assert_closed (points, n);
        }
      if (run % 2 == 1) /* then no line runs through an inner sample */
        for (guint j = 1; j + 1 < height; j++)
          for (guint i = 1; i + 1 < width; i++)
            g_assert_cmpint (is_inside (contour, (float) i, (float) j), ==,
                             values[j * stride + i] > 0.5f);
    }
}

static void
test_cancelled (void)
{
  g_autoptr (StepcastContour) contour = stepcast_contour_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const float value = 1;

  g_cancellable_cancel (cancellable);
  g_assert_false (stepcast_contour_trace (contour, &value, 1, 1, 1, 0, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static StepcastContourPoint
point_at (StepcastContourPoint start, const StepcastCurve *curve, float t)
{
  const float s = 1 - t;
  const float w[] = { s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t };

  return (StepcastContourPoint){
    w[0] * start.x + w[1] * curve->control1.x + w[2] * curve->control2.x + w[3] * curve->end.x,
    w[0] * start.y + w[1] * curve->control1.y + w[2] * curve->control2.y + w[3] * curve->end.y,
  };
}

static void
test_fit_circle (void)
{
  float values[SIZE * SIZE];
  g_autoptr (StepcastContour) contour = trace_function (cone, values, -12.3f);
  g_autoptr (StepcastRingFitter) fitter = stepcast_ring_fitter_new ();
  const StepcastContourPoint *points;
  const StepcastCurve *curves;
  StepcastContourPoint start;
  guint n_points, n_curves;

  points = stepcast_contour_get_ring (contour, 0, &n_points);
  g_assert_true (
    stepcast_ring_fitter_fit (fitter, points, n_points, 0.1f, &curves, &n_curves, NULL, NULL));
  g_assert_cmpuint (n_curves, >=, 4);
  g_assert_cmpuint (n_curves, <=, 12);

  start = curves[n_curves - 1].end;
  for (guint i = 0; i < n_curves; i++)
    {
      for (float t = 0; t < 1; t += 0.05f)
        {
          const StepcastContourPoint p = point_at (start, &curves[i], t);

          g_assert_cmpfloat_with_epsilon (hypotf (p.x - CENTRE, p.y - CENTRE), 12.3f, 0.15f);
        }
      start = curves[i].end;
    }
}

static void
test_fit_random (void)
{
  g_autoptr (StepcastContour) contour = stepcast_contour_new ();
  g_autoptr (StepcastRingFitter) fitter = stepcast_ring_fitter_new ();
  StepcastRandom random;
  float values[SIZE * SIZE];

  stepcast_random_init (&random, 3);
  for (int run = 0; run < 100; run++)
    {
      for (int i = 0; i < SIZE * SIZE; i++)
        values[i] = (float) stepcast_random_range (&random, 0, 1);
      g_assert_true (stepcast_contour_trace (contour, values, SIZE, SIZE, SIZE, 0.5f, NULL, NULL));
      for (guint r = 0; r < stepcast_contour_get_n_rings (contour); r++)
        {
          guint n_points, n_curves;
          const StepcastContourPoint *points = stepcast_contour_get_ring (contour, r, &n_points);
          const StepcastCurve *curves;

          g_assert_true (stepcast_ring_fitter_fit (fitter, points, n_points, 0.1f, &curves,
                                                   &n_curves, NULL, NULL));

          g_assert_cmpuint (n_curves, <=, n_points);
          for (guint i = 0; i < n_curves; i++)
            {
              const StepcastCurve c = curves[i];

              g_assert_true (fabsf (c.control1.x) < 2 * SIZE && fabsf (c.control1.y) < 2 * SIZE &&
                             fabsf (c.control2.x) < 2 * SIZE && fabsf (c.control2.y) < 2 * SIZE &&
                             fabsf (c.end.x) < SIZE && fabsf (c.end.y) < SIZE);
            }
          if (n_curves > 0)
            {
              g_assert_cmpfloat (curves[n_curves - 1].end.x, ==, points[0].x);
              g_assert_cmpfloat (curves[n_curves - 1].end.y, ==, points[0].y);
            }
        }
    }
}

static void
test_fit_speck (void)
{
  static const StepcastContourPoint speck[] = { { 5, 5 }, { 5.1f, 5 }, { 5.1f, 5.1f }, { 5, 5 } };
  g_autoptr (StepcastRingFitter) fitter = stepcast_ring_fitter_new ();
  const StepcastCurve *curves;
  guint n_curves;

  g_assert_true (stepcast_ring_fitter_fit (fitter, speck, G_N_ELEMENTS (speck), 0.1f, &curves,
                                           &n_curves, NULL, NULL));
  g_assert_cmpuint (n_curves, ==, 0);
}

/* Every instruction set gives the same bits, the edges of a row included. */
static void
test_kernels_agree (void)
{
  static const guint widths[] = { 16, 17, 23, 31, 33, 64, 100, 255 };
  const StepcastReactionKernel *kernels;
  const guint n_kernels = stepcast_reaction_list_kernels (&kernels);
  const StepcastReactionRates rates = stepcast_reaction_get_rates (0.055, 0.062, 1, 0.5);
  StepcastRandom random;

  g_test_message ("%u kernels", n_kernels);
  stepcast_random_init (&random, 5);
  for (guint w = 0; w < G_N_ELEMENTS (widths); w++)
    {
      StepcastReactionField from, to, wanted;

      g_assert_true (stepcast_reaction_field_init (&from, widths[w], 16));
      g_assert_true (stepcast_reaction_field_init (&to, widths[w], 16));
      g_assert_true (stepcast_reaction_field_init (&wanted, widths[w], 16));
      for (guint j = 0; j < 16; j++)
        for (guint i = 0; i < widths[w]; i++)
          {
            from.u[j * from.stride + i] = (float) stepcast_random_range (&random, -0.2, 1.2);
            from.v[j * from.stride + i] = (float) stepcast_random_range (&random, -0.2, 1.2);
          }
      from.u[3] = NAN;
      from.v[5] = INFINITY;
      stepcast_reaction_field_wrap (&from);

      g_assert_true (stepcast_reaction_step (&from, &wanted, &rates, kernels[0], NULL, NULL));
      for (guint k = 1; k < n_kernels; k++)
        {
          g_assert_true (stepcast_reaction_step (&from, &to, &rates, kernels[k], NULL, NULL));
          for (guint j = 0; j < 16; j++)
            {
              const gsize row = j * to.stride, size = widths[w] * sizeof (float);

              g_assert_cmpmem (to.u + row, size, wanted.u + row, size);
              g_assert_cmpmem (to.v + row, size, wanted.v + row, size);
            }
        }
      for (guint j = 0; j < 16; j++)
        for (guint i = 0; i < widths[w]; i++)
          {
            const float u = wanted.u[j * to.stride + i], v = wanted.v[j * to.stride + i];

            g_assert_true (u >= 0 && u <= 1 && v >= 0 && v <= 1);
          }

      stepcast_reaction_field_clear (&from);
      stepcast_reaction_field_clear (&to);
      stepcast_reaction_field_clear (&wanted);
    }
}

/* What spreads over an edge comes in at the other side. */
static void
test_torus (void)
{
  const StepcastReactionKernel *kernels;
  const StepcastReactionRates rates = stepcast_reaction_get_rates (0, 0, 1, 0.5);
  StepcastReactionField from, to;
  float sum = 0;

  g_assert_cmpuint (stepcast_reaction_list_kernels (&kernels), >=, 1);
  g_assert_true (stepcast_reaction_field_init (&from, 20, 16));
  g_assert_true (stepcast_reaction_field_init (&to, 20, 16));
  from.v[0] = 0.5f;
  stepcast_reaction_field_wrap (&from);
  g_assert_true (stepcast_reaction_step (&from, &to, &rates, kernels[0], NULL, NULL));

  g_assert_cmpfloat_with_epsilon (to.v[0], 0.25f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (to.v[19], 0.05f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (to.v[15 * to.stride], 0.05f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (to.v[15 * to.stride + 19], 0.0125f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (to.v[1], 0.05f, 1e-6f);

  /* Nothing is lost on the way. */
  for (int step = 0; step < 40; step++)
    {
      StepcastReactionField last = from;

      from = to;
      to = last;
      g_assert_true (stepcast_reaction_step (&from, &to, &rates, kernels[0], NULL, NULL));
    }
  for (guint j = 0; j < 16; j++)
    for (guint i = 0; i < 20; i++)
      sum += to.v[j * to.stride + i];
  g_assert_cmpfloat_with_epsilon (sum, 0.5f, 1e-5f);
  g_assert_cmpfloat (to.v[1], ==, to.v[19]);
  g_assert_cmpfloat (to.v[to.stride], ==, to.v[15 * to.stride]);

  stepcast_reaction_field_clear (&from);
  stepcast_reaction_field_clear (&to);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/contour/circle", test_circle);
  g_test_add_func ("/contour/hole", test_hole);
  g_test_add_func ("/contour/flat", test_flat);
  g_test_add_func ("/contour/border", test_border);
  g_test_add_func ("/contour/saddle", test_saddle);
  g_test_add_func ("/contour/random", test_random);
  g_test_add_func ("/contour/cancelled", test_cancelled);
  g_test_add_func ("/ring-fitter/circle", test_fit_circle);
  g_test_add_func ("/ring-fitter/random", test_fit_random);
  g_test_add_func ("/ring-fitter/speck", test_fit_speck);
  g_test_add_func ("/reaction/kernels-agree", test_kernels_agree);
  g_test_add_func ("/reaction/torus", test_torus);

  return g_test_run ();
}
