/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "stepcast-svg-writer.h"

/* How fast a drawing becomes text: whole documents of one path, from the writer's making to the
 * freeing of the frame, beside g_ascii_formatd() writing the same numbers.
 *
 * The machine is not ours alone, so all ways take turns in each round, a way's figure of a round is
 * the best of a few tries, and what is reported is the median of the rounds, with the spread. */

#define N_POINTS 100000
#define N_ROUNDS 9
#define N_TRIES 10
#define N_TRIES_OF_YARDSTICK 2

#define TARGET_MB_PER_S 1000
#define TARGET_TIMES 20

/* Writes the points, and returns how many bytes that made. */
typedef gsize (*WriteFunc) (const double *points);

typedef struct
{
  const char *name;
  WriteFunc write;
  const double *points;
  guint n_tries;
  gsize n_bytes;
  double best_us[N_ROUNDS];
  double mb_per_s[N_ROUNDS];
} Way;

static gsize
finish (StepcastSvgWriter *writer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) svg = stepcast_svg_writer_finish (writer, &error);

  g_assert_no_error (error);
  return g_bytes_get_size (svg);
}

static StepcastSvgWriter *
begin_document (void)
{
  StepcastSvgWriter *writer = stepcast_svg_writer_new (1000, 1000);

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_begin_path (writer);
  return writer;
}

static gsize
write_polyline (const double *points)
{
  g_autoptr (StepcastSvgWriter) writer = begin_document ();

  stepcast_svg_writer_polyline (writer, points, N_POINTS, FALSE);
  return finish (writer);
}

static gsize
write_lines (const double *points)
{
  g_autoptr (StepcastSvgWriter) writer = begin_document ();

  stepcast_svg_writer_move_to (writer, points[0], points[1]);
  for (gsize i = 1; i < N_POINTS; i++)
    stepcast_svg_writer_line_to (writer, points[2 * i], points[2 * i + 1]);
  return finish (writer);
}

static gsize
write_curves (const double *points)
{
  g_autoptr (StepcastSvgWriter) writer = begin_document ();

  stepcast_svg_writer_move_to (writer, points[0], points[1]);
  for (gsize i = 0; i + 3 <= N_POINTS; i += 3)
    {
      const double *p = points + 2 * i;

      stepcast_svg_writer_curve_to (writer, p[0], p[1], p[2], p[3], p[4], p[5]);
    }
  return finish (writer);
}

/* The yardstick is spared the trimming of zeros, and a document's memory. */
static gsize
write_by_formatd (const double *points)
{
  char text[4096];
  gsize size = 0;
  gsize n_bytes = 0;

  for (gsize i = 0; i < 2 * N_POINTS; i++)
    {
      if (size + G_ASCII_DTOSTR_BUF_SIZE + 1 > sizeof text)
        {
          n_bytes += size;
          size = 0;
        }
      text[size++] = ' ';
      g_ascii_formatd (text + size, G_ASCII_DTOSTR_BUF_SIZE, "%.2f", points[i]);
      size += strlen (text + size);
    }
  return n_bytes + size;
}

static void
run_round (Way *way, guint round)
{
  double best_us = G_MAXDOUBLE;

  for (guint i = 0; i < way->n_tries; i++)
    {
      const gint64 begin_us = g_get_monotonic_time ();

      way->n_bytes = way->write (way->points);
      best_us = MIN (best_us, (double) (g_get_monotonic_time () - begin_us));
    }

  way->best_us[round] = best_us;
  way->mb_per_s[round] = (double) way->n_bytes / best_us;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *) a;
  const double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
sort_and_get_median (double values[N_ROUNDS])
{
  qsort (values, N_ROUNDS, sizeof *values, compare_doubles);
  return values[N_ROUNDS / 2];
}

/* A drawing's points, within its picture. */
static double *
make_points (GRand *rand)
{
  double *points = g_new (double, 2 * N_POINTS);

  for (gsize i = 0; i < 2 * N_POINTS; i++)
    points[i] = g_rand_double_range (rand, 0, 1000);
  return points;
}

/* What suits the writer less: lengths and signs by chance, ties, and numbers beyond its tables. */
static double *
make_awkward_points (GRand *rand)
{
  double *points = g_new (double, 2 * N_POINTS);

  for (gsize i = 0; i < 2 * N_POINTS; i++)
    {
      const int kind = g_rand_int_range (rand, 0, 8);
      const double range = kind == 0 ? 1e6 : kind < 4 ? 10 : 2000;

      points[i] = g_rand_double_range (rand, -range, range);
      if (kind == 7)
        points[i] = (double) (int) points[i] + 0.125;
    }
  return points;
}

int
main (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree double *points = make_points (rand);
  g_autofree double *awkward = make_awkward_points (rand);
  Way ways[] = {
    { "polyline", write_polyline, points, N_TRIES },
    { "line_to", write_lines, points, N_TRIES },
    { "curve_to", write_curves, points, N_TRIES },
    { "polyline, awkward numbers", write_polyline, awkward, N_TRIES },
    { "g_ascii_formatd", write_by_formatd, points, N_TRIES_OF_YARDSTICK },
  };
  Way *fast = &ways[0];
  Way *yardstick = &ways[G_N_ELEMENTS (ways) - 1];
  double times[N_ROUNDS];
  double mb_per_s, median_times;

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
        run_round (&ways[i], round);
      times[round] = yardstick->best_us[round] / fast->best_us[round];
    }

  g_print ("%d points, 2 decimals; median of %d rounds (least to most)\n", N_POINTS, N_ROUNDS);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      const double median = sort_and_get_median (ways[i].mb_per_s);

      g_print ("%-26s %8" G_GSIZE_FORMAT " bytes  %6.0f MB/s (%.0f to %.0f)\n", ways[i].name,
               ways[i].n_bytes, median, ways[i].mb_per_s[0], ways[i].mb_per_s[N_ROUNDS - 1]);
    }

  mb_per_s = fast->mb_per_s[N_ROUNDS / 2];
  median_times = sort_and_get_median (times);
  g_print ("polyline takes 1/%.1f of the time of g_ascii_formatd (%.1f to %.1f)\n", median_times,
           times[0], times[N_ROUNDS - 1]);
  g_print ("target (%d MB/s, %d times g_ascii_formatd) met: %s\n", TARGET_MB_PER_S, TARGET_TIMES,
           mb_per_s >= TARGET_MB_PER_S && median_times >= TARGET_TIMES ? "yes" : "no");
  g_print ("RESULT {\"row\":\"svg-writer\",\"mb_per_s\":%.0f,\"times_g_ascii_formatd\":%.1f}\n",
           mb_per_s, median_times);

  return EXIT_SUCCESS;
}
