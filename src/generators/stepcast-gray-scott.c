/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-gray-scott.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "stepcast-colour.h"
#include "stepcast-contour.h"
#include "stepcast-error.h"
#include "stepcast-image.h"
#include "stepcast-parameters.h"
#include "stepcast-random.h"
#include "stepcast-reaction.h"
#include "stepcast-ring-fitter.h"
#include "stepcast-svg-writer.h"

/* Gray and Scott's reaction and diffusion, drawn as filled contours of V: a field that starts with
 * some drops and grows into spots and stripes.
 *
 * A step reads the field `now` and goes to and fro between the two others; when it is complete, the
 * one written last is swapped with `now`. So a step that is cancelled has changed nothing. */

#define GHOSTS STEPCAST_REACTION_GHOSTS

#define VIEW_PX 640.0f

/* Paths are in tenths of a pixel: that is not seen, and whole numbers, each from the last point,
 * need half as much text. */
#define UNITS_A_PX 10
#define PX_A_UNIT .1

/* In pixels of the view. */
#define TOLERANCE_PX 0.4f

#define MAX_LEVELS 16

/* Curves written between two looks at the cancellable: about 0.1 ms. */
#define CURVES_A_LOOK 1024

/* The start: drops of V in a sea of U. */
#define DROP_V 0.5f
#define MIN_DROP_RADIUS 4.5
#define MAX_DROP_RADIUS 9.0
#define CELLS_A_DROP 900
#define MAX_DROPS 1000
#define CANDIDATES 24

/* Or an image: what is darker than this, from 0 to 1, begins to have V, and what is darker than
 * that has all of it. Most of a photograph is in between, and would be one mash. */
#define LIGHTEST_DARK 0.3f
#define DARKEST_LIGHT 0.7f

/* The range of V in which there is something to see. */
#define LOWEST_LEVEL 0.08f
#define HIGHEST_LEVEL 0.39f

struct _StepcastGrayScott
{
  StepcastGenerator parent_instance;

  /* Parameters. */
  guint width;
  guint height;
  double feed;
  double kill;
  double diffusion_u;
  double diffusion_v;
  guint steps_per_frame;
  guint levels;
  guint64 seed;
  GBytes *image; /* (nullable): a PNG or JPEG file */
  StepcastColour ink;

  StepcastReactionField now;
  StepcastReactionField scratch[2];

  double mean;
  double change;

  StepcastContour *contour;
  StepcastRingFitter *fitter;
};

typedef enum
{
  PROP_WIDTH = 1,
  PROP_HEIGHT,
  PROP_FEED,
  PROP_KILL,
  PROP_DIFFUSION_U,
  PROP_DIFFUSION_V,
  PROP_STEPS_PER_FRAME,
  PROP_LEVELS,
  PROP_SEED,
  PROP_IMAGE,
  PROP_INK,
} StepcastGrayScottProperty;

static GParamSpec *properties[PROP_INK + 1];

static const char *const image_types[] = { "image/png", "image/jpeg", NULL };
static const StepcastFileRule image_rule = { .accept = image_types };

static const StepcastMetric metrics[] = {
  { "mean", N_ ("Mean concentration of V"), NULL },
  { "change", N_ ("Mean change of V in a step"), NULL },
};

G_DEFINE_FINAL_TYPE (StepcastGrayScott, stepcast_gray_scott, STEPCAST_TYPE_GENERATOR)

static StepcastStepResult
stepcast_gray_scott_step (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (generator);
  const StepcastReactionRates rates =
    stepcast_reaction_get_rates (self->feed, self->kill, self->diffusion_u, self->diffusion_v);
  const StepcastReactionKernel *kernels;
  const guint n_kernels = stepcast_reaction_list_kernels (&kernels);
  const StepcastReactionField *from = &self->now;
  StepcastReactionField done;
  double mean, change;

  for (guint i = 0; i < self->steps_per_frame; i++)
    {
      StepcastReactionField *to = &self->scratch[i % 2];

      if (!stepcast_reaction_step (from, to, &rates, kernels[n_kernels - 1], cancellable, error))
        return STEPCAST_STEP_FAILED;
      from = to;
    }
  if (!stepcast_reaction_measure (from, &self->now, &mean, &change, cancellable, error))
    return STEPCAST_STEP_FAILED;

  done = *from;
  self->scratch[(self->steps_per_frame - 1) % 2] = self->now;
  self->now = done;
  self->mean = mean;
  self->change = change;
  return STEPCAST_STEP_DONE;
}

/* A drop of V with a soft edge, so that its contours are smooth from the start. */
static void
add_drop (StepcastGrayScott *self, guint x, guint y, double radius)
{
  const int reach = (int) ceil (radius);

  for (int dj = -reach; dj <= reach; dj++)
    for (int di = -reach; di <= reach; di++)
      {
        const double distance = sqrt ((double) (di * di + dj * dj)) / radius;
        const double t = CLAMP (1.5 * (1 - distance), 0, 1);
        const float amount = (float) (t * t * (3 - 2 * t));
        const guint i = (x + self->width + (guint) di) % self->width;
        const guint j = (y + self->height + (guint) dj) % self->height;
        float *u = self->now.u + j * self->now.stride + i;
        float *v = self->now.v + j * self->now.stride + i;

        *v = MAX (*v, DROP_V * amount);
        *u = MIN (*u, 1 - DROP_V * amount);
      }
}

typedef struct
{
  int x;
  int y;
} Place;

/* The square of the distance on the torus. */
static double
distance_square (const StepcastGrayScott *self, Place a, Place b)
{
  const double dx = fabs ((double) a.x - b.x);
  const double dy = fabs ((double) a.y - b.y);
  const double x = MIN (dx, self->width - dx);
  const double y = MIN (dy, self->height - dy);

  return x * x + y * y;
}

/* Of some random places the one that is farthest from those already taken (Mitchell's best
 * candidate): at random, but neither in heaps nor with great gaps. */
static Place
choose_place (const StepcastGrayScott *self, StepcastRandom *random, const Place *taken, guint n)
{
  Place best = { 0, 0 };
  double best_square = -1;

  for (guint i = 0; i < CANDIDATES; i++)
    {
      const Place place = {
        (int) stepcast_random_range (random, 0, self->width),
        (int) stepcast_random_range (random, 0, self->height),
      };
      double square = G_MAXDOUBLE;

      for (guint k = 0; k < n; k++)
        square = MIN (square, distance_square (self, place, taken[k]));
      if (square > best_square)
        {
          best_square = square;
          best = place;
        }
    }
  return best;
}

static gboolean
add_drops (StepcastGrayScott *self, GCancellable *cancellable, GError **error)
{
  const guint cells = self->width * self->height;
  const guint n_drops = CLAMP (cells / CELLS_A_DROP, 1, MAX_DROPS);
  g_autofree Place *places = g_new (Place, n_drops);
  StepcastRandom random;

  stepcast_random_init (&random, self->seed);
  for (guint i = 0; i < n_drops; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      places[i] = choose_place (self, &random, places, i);
      add_drop (self, places[i].x, places[i].y,
                stepcast_random_range (&random, MIN_DROP_RADIUS, MAX_DROP_RADIUS));
    }
  return TRUE;
}

static void
set_cell (StepcastGrayScott *self, guint i, guint j, guint8 grey)
{
  const gsize cell = j * self->now.stride + i;
  const float darkness = 1 - (float) grey / 255;
  const float t = CLAMP ((darkness - LIGHTEST_DARK) / (DARKEST_LIGHT - LIGHTEST_DARK), 0.0f, 1.0f);
  const float amount = DROP_V * (t * t * (3 - 2 * t));

  self->now.v[cell] = amount;
  self->now.u[cell] = 1 - amount;
}

/* The whole image in the middle of the field; around it there is nothing. */
static gboolean
add_image (StepcastGrayScott *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (StepcastImage) image =
    stepcast_image_decode (self->image, self->width, self->height, cancellable, error);
  const guint8 *grey;
  guint left, top;

  if (image == NULL)
    return FALSE;

  grey = g_bytes_get_data (image->grey, NULL);
  left = (self->width - image->width) / 2;
  top = (self->height - image->height) / 2;
  for (guint j = 0; j < image->height; j++)
    {
      if (j % 16 == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      for (guint i = 0; i < image->width; i++)
        set_cell (self, left + i, top + j, grey[(gsize) j * image->width + i]);
    }
  return TRUE;
}

static gboolean
stepcast_gray_scott_prepare (StepcastGenerator *generator,
                             GCancellable *cancellable,
                             GError **error)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (generator);

  if (!stepcast_reaction_field_init (&self->now, self->width, self->height) ||
      !stepcast_reaction_field_init (&self->scratch[0], self->width, self->height) ||
      !stepcast_reaction_field_init (&self->scratch[1], self->width, self->height))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED,
                   "No memory for a field of %u × %u cells", self->width, self->height);
      return FALSE;
    }

  for (guint j = 0; j < self->height; j++)
    {
      if (j % 16 == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      for (guint i = 0; i < self->width; i++)
        self->now.u[j * self->now.stride + i] = 1;
    }
  if (self->image != NULL ? !add_image (self, cancellable, error) :
                            !add_drops (self, cancellable, error))
    return FALSE;
  stepcast_reaction_field_wrap (&self->now);

  self->contour = stepcast_contour_new ();
  self->fitter = stepcast_ring_fitter_new ();
  return stepcast_reaction_measure (&self->now, &self->now, &self->mean, &self->change, cancellable,
                                    error);
}

/* How far the others go along where the ink is another one: the ground stays. */
typedef struct
{
  StepcastColour colour;
  float weight;
} Shade;

/* From the deep to the light, through the warm. The first is the ground. */
static const Shade palette[] = {
  { { 17, 18, 43 }, 0.0f },    /* night */
  { { 56, 33, 92 }, 0.4f },    /* plum */
  { { 142, 45, 105 }, 0.8f },  /* berry */
  { { 226, 86, 82 }, 1.0f },   /* coral */
  { { 250, 163, 92 }, 0.8f },  /* apricot */
  { { 255, 232, 184 }, 0.4f }, /* cream */
};

/* The one that a reader gives: coral. */
#define INK 3
#define DEFAULT_INK "#e25652"

static StepcastColour
get_shade (const StepcastGrayScott *self, guint i)
{
  return stepcast_colour_shift (&palette[i].colour, &palette[INK].colour, &self->ink,
                                palette[i].weight);
}

/* @t from 0, the ground, to 1. */
static void
write_colour (const StepcastGrayScott *self, float t, char text[STEPCAST_COLOUR_TEXT_BYTES])
{
  const float place = t * (G_N_ELEMENTS (palette) - 1);
  const guint i = MIN ((guint) place, G_N_ELEMENTS (palette) - 2);
  const StepcastColour a = get_shade (self, i), b = get_shade (self, i + 1);

  stepcast_colour_format (&(StepcastColour){ a.red + (place - (float) i) * (b.red - a.red),
                                             a.green + (place - (float) i) * (b.green - a.green),
                                             a.blue + (place - (float) i) * (b.blue - a.blue) },
                          text);
}

static void
draw_ground (const StepcastGrayScott *self,
             StepcastSvgWriter *writer,
             float width_px,
             float height_px)
{
  char colour[STEPCAST_COLOUR_TEXT_BYTES];

  write_colour (self, 0, colour);
  stepcast_svg_writer_begin (writer, "rect");
  stepcast_svg_writer_attribute_number (writer, "width", (double) width_px);
  stepcast_svg_writer_attribute_number (writer, "height", (double) height_px);
  stepcast_svg_writer_attribute (writer, "fill", colour);
  stepcast_svg_writer_end (writer);
}

/* From the contour's grid to the whole units in which paths are written. */
static inline Place
to_units (const StepcastContourPoint *point, float units_a_cell)
{
  /* A ghost's place is negative; the offset makes a cheap rounding of a cast. */
  const float offset = 10000.5f;
  const float border = 0.5f - GHOSTS;

  return (Place){
    (int) ((point->x + border) * units_a_cell + offset) - (int) offset,
    (int) ((point->y + border) * units_a_cell + offset) - (int) offset,
  };
}

static gboolean
draw_ring (StepcastSvgWriter *writer,
           const StepcastCurve *curves,
           guint n_curves,
           float units_a_cell,
           GCancellable *cancellable,
           GError **error)
{
  Place at = to_units (&curves[n_curves - 1].end, units_a_cell);

  stepcast_svg_writer_move_to (writer, at.x, at.y);
  for (guint i = 0; i < n_curves; i++)
    {
      const Place control1 = to_units (&curves[i].control1, units_a_cell);
      const Place control2 = to_units (&curves[i].control2, units_a_cell);
      const Place end = to_units (&curves[i].end, units_a_cell);

      if (i % CURVES_A_LOOK == CURVES_A_LOOK - 1 &&
          g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      stepcast_svg_writer_curve_by (writer, control1.x - at.x, control1.y - at.y, control2.x - at.x,
                                    control2.y - at.y, end.x - at.x, end.y - at.y);
      at = end;
    }
  stepcast_svg_writer_close_path (writer);
  return TRUE;
}

/* All that is above a level, as one path. */
static gboolean
draw_level (StepcastGrayScott *self,
            StepcastSvgWriter *writer,
            float level,
            float scale_px,
            GCancellable *cancellable,
            GError **error)
{
  const float *values = self->now.v - GHOSTS * self->now.stride - GHOSTS;
  const guint width = self->width + 2 * GHOSTS;
  const guint height = self->height + 2 * GHOSTS;

  if (!stepcast_contour_trace (self->contour, values, width, height, self->now.stride, level,
                               cancellable, error))
    return FALSE;

  for (guint i = 0; i < stepcast_contour_get_n_rings (self->contour); i++)
    {
      const StepcastContourPoint *points;
      const StepcastCurve *curves;
      guint n_points, n_curves;

      points = stepcast_contour_get_ring (self->contour, i, &n_points);
      if (!stepcast_ring_fitter_fit (self->fitter, points, n_points, TOLERANCE_PX / scale_px,
                                     &curves, &n_curves, cancellable, error))
        return FALSE;
      if (n_curves > 0 &&
          !draw_ring (writer, curves, n_curves, scale_px * UNITS_A_PX, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

static GBytes *
stepcast_gray_scott_draw (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (generator);
  const float scale_px = VIEW_PX / (float) MAX (self->width, self->height);
  const float width_px = (float) self->width * scale_px;
  const float height_px = (float) self->height * scale_px;
  g_autoptr (StepcastSvgWriter) writer =
    stepcast_svg_writer_new ((double) width_px, (double) height_px);

  draw_ground (self, writer, width_px, height_px);
  stepcast_svg_writer_begin (writer, "g");
  stepcast_svg_writer_attribute (writer, "transform", "scale(" G_STRINGIFY (PX_A_UNIT) ")");
  stepcast_svg_writer_attribute (writer, "fill-rule", "evenodd");
  for (guint i = 0; i < self->levels; i++)
    {
      const float t = ((float) i + 0.5f) / (float) self->levels;
      const float level = LOWEST_LEVEL + (HIGHEST_LEVEL - LOWEST_LEVEL) * t;
      char colour[STEPCAST_COLOUR_TEXT_BYTES];

      write_colour (self, ((float) i + 1) / (float) self->levels, colour);
      stepcast_svg_writer_begin (writer, "path");
      stepcast_svg_writer_attribute (writer, "fill", colour);
      stepcast_svg_writer_begin_path (writer);
      if (!draw_level (self, writer, level, scale_px, cancellable, error))
        return NULL;
      stepcast_svg_writer_end_path (writer);
      stepcast_svg_writer_end (writer);
    }
  return stepcast_svg_writer_finish (writer, error);
}

static void
stepcast_gray_scott_measure (StepcastGenerator *generator, double *values)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (generator);

  values[0] = self->mean;
  values[1] = self->change;
}

static void
stepcast_gray_scott_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (object);
  char ink[STEPCAST_COLOUR_TEXT_BYTES];

  switch ((StepcastGrayScottProperty) id)
    {
    case PROP_WIDTH:
      g_value_set_uint (value, self->width);
      break;
    case PROP_HEIGHT:
      g_value_set_uint (value, self->height);
      break;
    case PROP_FEED:
      g_value_set_double (value, self->feed);
      break;
    case PROP_KILL:
      g_value_set_double (value, self->kill);
      break;
    case PROP_DIFFUSION_U:
      g_value_set_double (value, self->diffusion_u);
      break;
    case PROP_DIFFUSION_V:
      g_value_set_double (value, self->diffusion_v);
      break;
    case PROP_STEPS_PER_FRAME:
      g_value_set_uint (value, self->steps_per_frame);
      break;
    case PROP_LEVELS:
      g_value_set_uint (value, self->levels);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, self->seed);
      break;
    case PROP_IMAGE:
      g_value_set_boxed (value, self->image);
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
stepcast_gray_scott_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (object);

  switch ((StepcastGrayScottProperty) id)
    {
    case PROP_WIDTH:
      self->width = g_value_get_uint (value);
      break;
    case PROP_HEIGHT:
      self->height = g_value_get_uint (value);
      break;
    case PROP_FEED:
      self->feed = g_value_get_double (value);
      break;
    case PROP_KILL:
      self->kill = g_value_get_double (value);
      break;
    case PROP_DIFFUSION_U:
      self->diffusion_u = g_value_get_double (value);
      break;
    case PROP_DIFFUSION_V:
      self->diffusion_v = g_value_get_double (value);
      break;
    case PROP_STEPS_PER_FRAME:
      self->steps_per_frame = g_value_get_uint (value);
      break;
    case PROP_LEVELS:
      self->levels = g_value_get_uint (value);
      break;
    case PROP_SEED:
      self->seed = g_value_get_uint64 (value);
      break;
    case PROP_IMAGE:
      self->image = g_value_dup_boxed (value);
      break;
    case PROP_INK:
      stepcast_colour_parse (g_value_get_string (value), &self->ink);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_gray_scott_finalize (GObject *object)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (object);

  g_clear_pointer (&self->image, g_bytes_unref);
  stepcast_reaction_field_clear (&self->now);
  stepcast_reaction_field_clear (&self->scratch[0]);
  stepcast_reaction_field_clear (&self->scratch[1]);
  g_clear_pointer (&self->contour, stepcast_contour_free);
  g_clear_pointer (&self->fitter, stepcast_ring_fitter_free);

  G_OBJECT_CLASS (stepcast_gray_scott_parent_class)->finalize (object);
}

static void
install_parameters (GObjectClass *object_class)
{
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;
  const GParamFlags at_start = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  properties[PROP_WIDTH] =
    g_param_spec_uint ("width", N_ ("Width"), N_ ("Columns of cells"), 16, 4096, 192, at_start);
  properties[PROP_HEIGHT] =
    g_param_spec_uint ("height", N_ ("Height"), N_ ("Rows of cells"), 16, 4096, 192, at_start);
  properties[PROP_FEED] =
    g_param_spec_double ("feed", N_ ("Feed"), N_ ("How fast U flows in"), 0, 0.2, 0.055, live);
  properties[PROP_KILL] =
    g_param_spec_double ("kill", N_ ("Kill"), N_ ("How fast V dies, beside the feed"), 0, 0.2,
                         0.062, live);
  properties[PROP_DIFFUSION_U] = g_param_spec_double ("diffusion-u", N_ ("Diffusion of U"),
                                                      N_ ("How fast U spreads"), 0, 1.2, 1, live);
  properties[PROP_DIFFUSION_V] = g_param_spec_double ("diffusion-v", N_ ("Diffusion of V"),
                                                      N_ ("How fast V spreads"), 0, 1.2, 0.5, live);
  properties[PROP_STEPS_PER_FRAME] =
    g_param_spec_uint ("steps-per-frame", N_ ("Steps a frame"),
                       N_ ("How many steps of time each step of the session takes"), 1, 10000, 12,
                       live);
  properties[PROP_LEVELS] =
    g_param_spec_uint ("levels", N_ ("Levels"), N_ ("How many contours are drawn"), 1, MAX_LEVELS,
                       3, live);
  properties[PROP_SEED] =
    g_param_spec_uint64 ("seed", N_ ("Seed"), N_ ("Where the first drops fall"), 0, G_MAXUINT64, 1,
                         at_start);
  properties[PROP_IMAGE] =
    g_param_spec_boxed ("image", N_ ("Image"),
                        N_ ("Where it is dark, V begins; without one, in drops"), G_TYPE_BYTES,
                        at_start);
  properties[PROP_INK] =
    g_param_spec_string ("ink", N_ ("Ink"), N_ ("The colour from which the others are shaded"),
                         DEFAULT_INK, live);

  stepcast_parameter_set_file_rule (properties[PROP_IMAGE], &image_rule);
  stepcast_parameter_set_color (properties[PROP_INK]);
  stepcast_parameter_set_unit (properties[PROP_WIDTH], N_ ("cells"));
  stepcast_parameter_set_unit (properties[PROP_HEIGHT], N_ ("cells"));
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
stepcast_gray_scott_class_init (StepcastGrayScottClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastGeneratorClass *generator_class = STEPCAST_GENERATOR_CLASS (klass);

  object_class->get_property = stepcast_gray_scott_get_property;
  object_class->set_property = stepcast_gray_scott_set_property;
  object_class->finalize = stepcast_gray_scott_finalize;

  generator_class->summary = N_ ("Reaction and diffusion: spots and stripes that grow like coral");
  generator_class->metrics = metrics;
  generator_class->n_metrics = G_N_ELEMENTS (metrics);
  generator_class->prepare = stepcast_gray_scott_prepare;
  generator_class->step = stepcast_gray_scott_step;
  generator_class->draw = stepcast_gray_scott_draw;
  generator_class->measure = stepcast_gray_scott_measure;

  install_parameters (object_class);
}

static void
stepcast_gray_scott_init (StepcastGrayScott *self)
{
}
