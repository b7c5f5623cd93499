/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-attractor.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "stepcast-colour.h"
#include "stepcast-error.h"
#include "stepcast-parameters.h"
#include "stepcast-random.h"
#include "stepcast-svg-writer.h"

/* Peter de Jong's map, x' = sin(a y) - cos(b x), y' = sin(c x) - cos(d y): one orbit that goes on
 * from step to step, and an even sample of each step's part of it drawn as dots. It is also the
 * yardstick's work (TARGETS.md), so it calls the libm's sin() and cos() one by one as that does.
 *
 * A step writes into `next` and is made the state by swapping it with `now`. */

/* About 0.2 ms: the cancellable is looked at every half millisecond or oftener. */
#define ITERATIONS_A_LOOK 4096

#define VIEW_PX 640.0
/* The map's values lie within 2 of the origin. */
#define SCALE_PX (VIEW_PX / 2 / 2.1)

/* A tenth of a pixel is not seen, and saves an eighth of the text. */
#define UNITS_A_PX 10

typedef struct
{
  double x;
  double y;
} Point;

/* What there is after a step: the orbit's end, and the points to draw. */
typedef struct
{
  Point end;
  Point *points;
  guint n_points;
  guint n_allocated;
  /* Sums over the points, for the metrics. */
  Point sum;
  double sum_radii;
  double sum_squares;
} Orbit;

struct _StepcastAttractor
{
  StepcastGenerator parent_instance;

  /* Parameters. */
  guint iterations;
  guint points;
  double a, b, c, d;
  guint64 seed;
  StepcastColour ink;

  Orbit now;
  Orbit next;
};

typedef enum
{
  PROP_ITERATIONS = 1,
  PROP_POINTS,
  PROP_A,
  PROP_B,
  PROP_C,
  PROP_D,
  PROP_SEED,
  PROP_INK,
} StepcastAttractorProperty;

static GParamSpec *properties[PROP_INK + 1];

static const StepcastMetric metrics[] = {
  { "radius", N_ ("Mean distance of the points from the origin"), NULL },
  { "spread", N_ ("Root mean square distance of the points from their centre"), NULL },
};

G_DEFINE_FINAL_TYPE (StepcastAttractor, stepcast_attractor, STEPCAST_TYPE_GENERATOR)

static gboolean
orbit_reserve (Orbit *orbit, guint n_points, GError **error)
{
  Point *points;

  if (n_points <= orbit->n_allocated)
    return TRUE;

  points = g_try_renew (Point, orbit->points, n_points);
  if (points == NULL)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED,
                   "No memory for %u points", n_points);
      return FALSE;
    }
  orbit->points = points;
  orbit->n_allocated = n_points;
  return TRUE;
}

static void
orbit_clear (Orbit *orbit)
{
  orbit->n_points = 0;
  orbit->sum = (Point){ 0, 0 };
  orbit->sum_radii = orbit->sum_squares = 0;
}

/* There is room for it. */
static void
orbit_add (Orbit *orbit, Point p)
{
  const double square = p.x * p.x + p.y * p.y;

  orbit->points[orbit->n_points++] = p;
  orbit->end = p;
  orbit->sum.x += p.x;
  orbit->sum.y += p.y;
  orbit->sum_radii += sqrt (square);
  orbit->sum_squares += square;
}

static gboolean
stepcast_attractor_prepare (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (generator);
  StepcastRandom random;
  Point start;

  if (!orbit_reserve (&self->now, 1, error))
    return FALSE;

  stepcast_random_init (&random, self->seed);
  start.x = stepcast_random_range (&random, -2, 2);
  start.y = stepcast_random_range (&random, -2, 2);
  orbit_clear (&self->now);
  orbit_add (&self->now, start);
  return TRUE;
}

/* The point @n iterations after @p. */
static Point
iterate (const StepcastAttractor *self, Point p, guint n)
{
  const double a = self->a, b = self->b, c = self->c, d = self->d;
  double x = p.x, y = p.y;

  while (n-- > 0)
    {
      double next_x = sin (a * y) - cos (b * x);

      y = sin (c * x) - cos (d * y);
      x = next_x;
    }
  return (Point){ x, y };
}

static StepcastStepResult
stepcast_attractor_step (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (generator);
  const guint64 iterations = self->iterations;
  const guint n_points = MIN (self->points, self->iterations);
  Point p = self->now.end;
  guint64 done = 0;
  guint since_look = ITERATIONS_A_LOOK;
  Orbit last;

  if (!orbit_reserve (&self->next, n_points, error))
    return STEPCAST_STEP_FAILED;
  orbit_clear (&self->next);

  for (guint i = 0; i < n_points; i++)
    {
      /* The last point is the last iteration's. */
      const guint64 until = (i + 1) * iterations / n_points;

      while (done < until)
        {
          guint n;

          if (since_look >= ITERATIONS_A_LOOK)
            {
              if (g_cancellable_set_error_if_cancelled (cancellable, error))
                return STEPCAST_STEP_FAILED;
              since_look = 0;
            }
          n = (guint) MIN (until - done, ITERATIONS_A_LOOK - since_look);
          p = iterate (self, p, n);
          done += n;
          since_look += n;
        }
      orbit_add (&self->next, p);
    }

  last = self->now;
  self->now = self->next;
  self->next = last;
  return STEPCAST_STEP_DONE;
}

static double
to_px (double value)
{
  /* Within the view, so positive: the cast rounds. */
  const int units = (int) ((VIEW_PX / 2 + SCALE_PX * value) * UNITS_A_PX + 0.5);

  return (double) units / UNITS_A_PX;
}

/* A gradient over the view. The first is the ink; how far the others go along where that is another
 * one, stands beside them. */
static const struct
{
  const char *offset;
  StepcastColour colour;
  float weight;
} stops[] = {
  { "0", { 76, 201, 240 }, 1.0f },
  { ".5", { 185, 160, 255 }, 0.7f },
  { "1", { 255, 176, 92 }, 0.4f },
};

#define DEFAULT_INK "#4cc9f0"

static void
draw_stop (StepcastSvgWriter *writer, const StepcastColour *ink, guint i)
{
  const StepcastColour colour =
    stepcast_colour_shift (&stops[i].colour, &stops[0].colour, ink, stops[i].weight);
  char text[STEPCAST_COLOUR_TEXT_BYTES];

  stepcast_colour_format (&colour, text);
  stepcast_svg_writer_begin (writer, "stop");
  stepcast_svg_writer_attribute (writer, "offset", stops[i].offset);
  stepcast_svg_writer_attribute (writer, "stop-color", text);
  stepcast_svg_writer_end (writer);
}

static void
draw_ground (StepcastSvgWriter *writer, const StepcastColour *ink)
{
  stepcast_svg_writer_begin (writer, "linearGradient");
  stepcast_svg_writer_attribute (writer, "id", "ink");
  stepcast_svg_writer_attribute (writer, "gradientUnits", "userSpaceOnUse");
  stepcast_svg_writer_attribute_number (writer, "x1", 0);
  stepcast_svg_writer_attribute_number (writer, "y1", VIEW_PX);
  stepcast_svg_writer_attribute_number (writer, "x2", VIEW_PX);
  stepcast_svg_writer_attribute_number (writer, "y2", 0);
  for (guint i = 0; i < G_N_ELEMENTS (stops); i++)
    draw_stop (writer, ink, i);
  stepcast_svg_writer_end (writer);

  stepcast_svg_writer_begin (writer, "rect");
  stepcast_svg_writer_attribute_number (writer, "width", VIEW_PX);
  stepcast_svg_writer_attribute_number (writer, "height", VIEW_PX);
  stepcast_svg_writer_attribute (writer, "fill", "#0d1321");
  stepcast_svg_writer_end (writer);
}

static GBytes *
stepcast_attractor_draw (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (generator);
  const Orbit *orbit = &self->now;
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (VIEW_PX, VIEW_PX);

  draw_ground (writer, &self->ink);

  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_attribute (writer, "fill", "none");
  stepcast_svg_writer_attribute (writer, "stroke", "url(#ink)");
  stepcast_svg_writer_attribute (writer, "stroke-width", "4.5");
  stepcast_svg_writer_attribute (writer, "stroke-linecap", "round");
  stepcast_svg_writer_begin_path (writer);
  for (guint i = 0; i < orbit->n_points; i++)
    {
      if (i % ITERATIONS_A_LOOK == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;

      /* A line of no length with round caps is a dot. */
      stepcast_svg_writer_move_to (writer, to_px (orbit->points[i].x), to_px (orbit->points[i].y));
      stepcast_svg_writer_horizontal_by (writer, 0);
    }
  stepcast_svg_writer_end_path (writer);
  stepcast_svg_writer_end (writer);

  return stepcast_svg_writer_finish (writer, error);
}

static void
stepcast_attractor_measure (StepcastGenerator *generator, double *values)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (generator);

  const Orbit *orbit = &self->now;
  const double n = orbit->n_points;
  const double centre_square =
    (orbit->sum.x * orbit->sum.x + orbit->sum.y * orbit->sum.y) / (n * n);

  values[0] = orbit->sum_radii / n;
  values[1] = sqrt (fmax (0, orbit->sum_squares / n - centre_square));
}

static void
stepcast_attractor_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (object);
  char ink[STEPCAST_COLOUR_TEXT_BYTES];

  switch ((StepcastAttractorProperty) id)
    {
    case PROP_ITERATIONS:
      g_value_set_uint (value, self->iterations);
      break;
    case PROP_POINTS:
      g_value_set_uint (value, self->points);
      break;
    case PROP_A:
      g_value_set_double (value, self->a);
      break;
    case PROP_B:
      g_value_set_double (value, self->b);
      break;
    case PROP_C:
      g_value_set_double (value, self->c);
      break;
    case PROP_D:
      g_value_set_double (value, self->d);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, self->seed);
      break;
    case PROP_INK:
      stepcast_colour_format (&self->ink, ink);
      g_value_set_string (value, ink);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_attractor_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (object);

  switch ((StepcastAttractorProperty) id)
    {
    case PROP_ITERATIONS:
      self->iterations = g_value_get_uint (value);
      break;
    case PROP_POINTS:
      self->points = g_value_get_uint (value);
      break;
    case PROP_A:
      self->a = g_value_get_double (value);
      break;
    case PROP_B:
      self->b = g_value_get_double (value);
      break;
    case PROP_C:
      self->c = g_value_get_double (value);
      break;
    case PROP_D:
      self->d = g_value_get_double (value);
      break;
    case PROP_SEED:
      self->seed = g_value_get_uint64 (value);
      break;
    case PROP_INK:
      stepcast_colour_parse (g_value_get_string (value), &self->ink);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_attractor_finalize (GObject *object)
{
  StepcastAttractor *self = STEPCAST_ATTRACTOR (object);

  g_free (self->now.points);
  g_free (self->next.points);

  G_OBJECT_CLASS (stepcast_attractor_parent_class)->finalize (object);
}

static GParamSpec *
coefficient_spec (const char *name, const char *nick, const char *blurb, double value)
{
  return g_param_spec_double (name, nick, blurb, -10, 10, value,
                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
}

static void
stepcast_attractor_class_init (StepcastAttractorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastGeneratorClass *generator_class = STEPCAST_GENERATOR_CLASS (klass);
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;
  const GParamFlags at_start = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = stepcast_attractor_get_property;
  object_class->set_property = stepcast_attractor_set_property;
  object_class->finalize = stepcast_attractor_finalize;

  generator_class->summary = N_ ("A strange attractor of Peter de Jong: one endless orbit as dots");
  generator_class->metrics = metrics;
  generator_class->n_metrics = G_N_ELEMENTS (metrics);
  generator_class->prepare = stepcast_attractor_prepare;
  generator_class->step = stepcast_attractor_step;
  generator_class->draw = stepcast_attractor_draw;
  generator_class->measure = stepcast_attractor_measure;

  properties[PROP_ITERATIONS] =
    g_param_spec_uint ("iterations", N_ ("Iterations"),
                       N_ ("How many times a step applies the map"), 1, 100000000, 142500, live);
  properties[PROP_POINTS] =
    g_param_spec_uint ("points", N_ ("Points"),
                       N_ ("How many of a step’s points are drawn, evenly spaced in time"), 1,
                       1000000, 750, live);
  properties[PROP_A] =
    /* TRANSLATORS: a, b, c and d are the names of coefficients, as mathematicians have them */
    coefficient_spec ("a", N_ ("a"), N_ ("Frequency of the sine in x, over y"), 1.4);
  properties[PROP_B] =
    coefficient_spec ("b", N_ ("b"), N_ ("Frequency of the cosine in x, over x"), -2.3);
  properties[PROP_C] =
    coefficient_spec ("c", N_ ("c"), N_ ("Frequency of the sine in y, over x"), 2.4);
  properties[PROP_D] =
    coefficient_spec ("d", N_ ("d"), N_ ("Frequency of the cosine in y, over y"), -2.1);
  properties[PROP_SEED] = g_param_spec_uint64 ("seed", N_ ("Seed"), N_ ("Where the orbit starts"),
                                               0, G_MAXUINT64, 1, at_start);
  properties[PROP_INK] =
    g_param_spec_string ("ink", N_ ("Ink"), N_ ("The colour from which the others are shaded"),
                         DEFAULT_INK, live);
  stepcast_parameter_set_color (properties[PROP_INK]);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
stepcast_attractor_init (StepcastAttractor *self)
{
}
