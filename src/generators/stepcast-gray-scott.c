/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-gray-scott.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stepcast-contour.h"
#include "stepcast-error.h"
#include "stepcast-parameters.h"
#include "stepcast-random.h"
#include "stepcast-ring-fitter.h"
#include "stepcast-svg-writer.h"

/* Gray and Scott's reaction: U feeds V, V dies, both spread (J. E. Pearson, "Complex patterns in a
 * simple system", Science 261, 1993), on a torus, by Euler's method with a step of 1 and a
 * Laplacian of 9 points. The picture is the contours of V.
 *
 * A step reads the field `now` and goes to and fro between the two others; when it is complete, the
 * one written last is swapped with `now`. So a step that is cancelled has changed nothing.
 *
 * The same seed and parameters give the same frames on every machine: all arithmetic is single
 * precision, cell by cell in one order, and the library is compiled without contraction to fused
 * multiply-adds, so that the vector kernels differ in speed only. */

/* Rows and columns around a field that repeat its other side: one is what the Laplacian needs, the
 * other carries the contours' ends out of the view. */
#define GHOSTS 2

/* Floats before a row's first cell: whole cache lines, and room for the ghosts. */
#define ROW_PADDING 16

/* About 0.05 ms of work. */
#define CELLS_A_LOOK 32768

/* Less V than this is none. Products of smaller numbers would be denormal, which costs a hundred
 * times as much. */
#define TINY 1e-18f

#define VIEW_PX 640.0f

/* A tenth of a pixel is not seen, and saves a fifth of the text. */
#define UNITS_A_PX 10

/* In pixels of the view. */
#define TOLERANCE_PX 0.5f

#define MAX_LEVELS 16

/* The start: drops of V in a sea of U. */
#define DROP_V 0.5f
#define MIN_DROP_RADIUS 4.0
#define MAX_DROP_RADIUS 7.5
#define CELLS_A_DROP 1500
#define MAX_DROPS 1000
#define CANDIDATES 8

/* The range of V in which there is something to see. */
#define LOWEST_LEVEL 0.10f
#define HIGHEST_LEVEL 0.34f

/* Pointers to the first cell, and to the memory that holds it. */
typedef struct
{
  float *u;
  float *v;
  float *memory;
} Field;

/* What the parameters make of a cell, its four neighbours beside and its four at the corners. */
typedef struct
{
  float self_u, side_u, corner_u, feed;
  float self_v, side_v, corner_v;
} Rates;

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

  gsize stride; /* floats from row to row */
  Field now;
  Field scratch[2];

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
} StepcastGrayScottProperty;

static GParamSpec *properties[PROP_SEED + 1];

static const StepcastMetric metrics[] = {
  { "mean", N_ ("Mean concentration of V"), NULL },
  { "change", N_ ("Mean change of V in a step"), NULL },
};

G_DEFINE_FINAL_TYPE (StepcastGrayScott, stepcast_gray_scott, STEPCAST_TYPE_GENERATOR)

static gboolean
field_init (Field *field, gsize stride, guint height)
{
  const gsize plane = stride * (height + 2 * GHOSTS);

  field->memory = aligned_alloc (64, 2 * plane * sizeof (float));
  if (field->memory == NULL)
    return FALSE;

  memset (field->memory, 0, 2 * plane * sizeof (float));
  field->u = field->memory + GHOSTS * stride + ROW_PADDING;
  field->v = field->u + plane;
  return TRUE;
}

static void
field_clear (Field *field)
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
wrap_rows (float *plane, gsize stride, guint height)
{
  const gssize left = -ROW_PADDING;
  const gsize size = stride * sizeof (float);

  for (guint j = 0; j < GHOSTS; j++)
    {
      memcpy (plane + left - (gssize) ((j + 1) * stride),
              plane + left + (gssize) ((height - 1 - j) * stride), size);
      memcpy (plane + left + (gssize) ((height + j) * stride), plane + left + (gssize) (j * stride),
              size);
    }
}

static void
field_wrap (Field *field, gsize stride, guint width, guint height)
{
  for (guint j = 0; j < height; j++)
    {
      wrap_row (field->u + j * stride, width);
      wrap_row (field->v + j * stride, width);
    }
  wrap_rows (field->u, stride, height);
  wrap_rows (field->v, stride, height);
}

/* One row of one inner step. Plain enough for every compiler to make vectors of it; compiled once
 * for each instruction set below. Neither field leaves 0 to 1, whatever the parameters, and a
 * comparison with what is not a number gives 0: no frame can hold a NaN. */
static inline __attribute__ ((always_inline)) void
react_row (const float *restrict u,
           const float *restrict v,
           float *restrict next_u,
           float *restrict next_v,
           gssize stride,
           guint width,
           const Rates *rates)
{
  const Rates r = *rates;
  const float *restrict u0 = u - stride, *restrict u2 = u + stride;
  const float *restrict v0 = v - stride, *restrict v2 = v + stride;

  for (gssize i = 0; i < (gssize) width; i++)
    {
      const float side_u = (u0[i] + u2[i]) + (u[i - 1] + u[i + 1]);
      const float side_v = (v0[i] + v2[i]) + (v[i - 1] + v[i + 1]);
      const float corner_u = (u0[i - 1] + u2[i - 1]) + (u0[i + 1] + u2[i + 1]);
      const float corner_v = (v0[i - 1] + v2[i - 1]) + (v0[i + 1] + v2[i + 1]);
      const float reaction = u[i] * v[i] * v[i];
      float new_u = (r.self_u * u[i] + r.feed) + (r.side_u * side_u + r.corner_u * corner_u);
      float new_v = r.self_v * v[i] + (r.side_v * side_v + r.corner_v * corner_v);

      new_u = new_u - reaction;
      new_v = new_v + reaction;
      new_u = new_u > TINY ? new_u : 0.0f;
      new_v = new_v > TINY ? new_v : 0.0f;
      next_u[i] = new_u < 1.0f ? new_u : 1.0f;
      next_v[i] = new_v < 1.0f ? new_v : 1.0f;
    }
}

typedef void (*ReactRow) (const float *restrict u,
                          const float *restrict v,
                          float *restrict next_u,
                          float *restrict next_v,
                          gssize stride,
                          guint width,
                          const Rates *rates);

static void
react_row_any (const float *restrict u,
               const float *restrict v,
               float *restrict next_u,
               float *restrict next_v,
               gssize stride,
               guint width,
               const Rates *rates)
{
  react_row (u, v, next_u, next_v, stride, width, rates);
}

#if defined(__x86_64__)
__attribute__ ((target ("avx2"))) static void
react_row_avx2 (const float *restrict u,
                const float *restrict v,
                float *restrict next_u,
                float *restrict next_v,
                gssize stride,
                guint width,
                const Rates *rates)
{
  react_row (u, v, next_u, next_v, stride, width, rates);
}
#endif

/* By hand and not by target_clones: its resolvers run before a sanitizer is ready. */
static ReactRow
choose_kernel (void)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx2"))
    return react_row_avx2;
#endif
  return react_row_any;
}

static gboolean
react (StepcastGrayScott *self,
       const Field *from,
       Field *to,
       const Rates *rates,
       GCancellable *cancellable,
       GError **error)
{
  const ReactRow react_one = choose_kernel ();
  const guint rows_a_look = MAX (1, CELLS_A_LOOK / self->width);

  for (guint j = 0; j < self->height; j++)
    {
      const gsize row = j * self->stride;

      if (j % rows_a_look == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      react_one (from->u + row, from->v + row, to->u + row, to->v + row, (gssize) self->stride,
                 self->width, rates);
      wrap_row (to->u + row, self->width);
      wrap_row (to->v + row, self->width);
    }
  wrap_rows (to->u, self->stride, self->height);
  wrap_rows (to->v, self->stride, self->height);
  return TRUE;
}

/* Sums in lanes of their own, always the same way, which a compiler can make vectors of. */
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

static gboolean
measure (StepcastGrayScott *self,
         const Field *now,
         const Field *last,
         double *mean,
         double *change,
         GCancellable *cancellable,
         GError **error)
{
  const guint rows_a_look = MAX (1, CELLS_A_LOOK / self->width);
  const double n_cells = (double) self->width * self->height;
  double sum = 0;
  double sum_changes = 0;

  for (guint j = 0; j < self->height; j++)
    {
      if (j % rows_a_look == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      measure_row (now->v + j * self->stride, last->v + j * self->stride, self->width, &sum,
                   &sum_changes);
    }
  *mean = sum / n_cells;
  *change = sum_changes / n_cells;
  return TRUE;
}

/* Karl Sims's weights for the Laplacian: 1/5 beside, 1/20 at the corners, -1 for the cell. */
static Rates
get_rates (const StepcastGrayScott *self)
{
  return (Rates){
    .self_u = (float) (1 - self->diffusion_u - self->feed),
    .side_u = (float) (self->diffusion_u * 0.2),
    .corner_u = (float) (self->diffusion_u * 0.05),
    .feed = (float) self->feed,
    .self_v = (float) (1 - self->diffusion_v - self->feed - self->kill),
    .side_v = (float) (self->diffusion_v * 0.2),
    .corner_v = (float) (self->diffusion_v * 0.05),
  };
}

static StepcastStepResult
stepcast_gray_scott_step (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (generator);
  const Rates rates = get_rates (self);
  const Field *from = &self->now;
  double mean, change;
  Field done;

  for (guint i = 0; i < self->steps_per_frame; i++)
    {
      Field *to = &self->scratch[i % 2];

      if (!react (self, from, to, &rates, cancellable, error))
        return STEPCAST_STEP_FAILED;
      from = to;
    }
  if (!measure (self, from, &self->now, &mean, &change, cancellable, error))
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
        const double t = CLAMP (2 * (1 - distance), 0, 1);
        const float amount = (float) (t * t * (3 - 2 * t));
        const guint i = (x + self->width + (guint) di) % self->width;
        const guint j = (y + self->height + (guint) dj) % self->height;
        float *u = self->now.u + j * self->stride + i;
        float *v = self->now.v + j * self->stride + i;

        *v = MAX (*v, DROP_V * amount);
        *u = MIN (*u, 1 - DROP_V * amount);
      }
}

typedef struct
{
  guint x;
  guint y;
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
        (guint) stepcast_random_range (random, 0, self->width),
        (guint) stepcast_random_range (random, 0, self->height),
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

static void
add_drops (StepcastGrayScott *self)
{
  const guint cells = self->width * self->height;
  const guint n_drops = CLAMP (cells / CELLS_A_DROP, 1, MAX_DROPS);
  g_autofree Place *places = g_new (Place, n_drops);
  StepcastRandom random;

  stepcast_random_init (&random, self->seed);
  for (guint i = 0; i < n_drops; i++)
    {
      places[i] = choose_place (self, &random, places, i);
      add_drop (self, places[i].x, places[i].y,
                stepcast_random_range (&random, MIN_DROP_RADIUS, MAX_DROP_RADIUS));
    }
}

static gboolean
stepcast_gray_scott_prepare (StepcastGenerator *generator,
                             GCancellable *cancellable,
                             GError **error)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (generator);
  const gsize stride = (self->width + GHOSTS + ROW_PADDING + 15) / 16 * 16;

  self->stride = stride;
  if (!field_init (&self->now, stride, self->height) ||
      !field_init (&self->scratch[0], stride, self->height) ||
      !field_init (&self->scratch[1], stride, self->height))
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
        self->now.u[j * stride + i] = 1;
    }
  add_drops (self);
  field_wrap (&self->now, stride, self->width, self->height);

  self->contour = stepcast_contour_new ();
  self->fitter = stepcast_ring_fitter_new ();
  return measure (self, &self->now, &self->now, &self->mean, &self->change, cancellable, error);
}

typedef struct
{
  float red;
  float green;
  float blue;
} Colour;

/* From the deep to the light, through the warm. The first is the ground. */
static const Colour palette[] = {
  { 17, 18, 43 },    /* night */
  { 56, 33, 92 },    /* plum */
  { 142, 45, 105 },  /* berry */
  { 226, 86, 82 },   /* coral */
  { 250, 163, 92 },  /* apricot */
  { 255, 232, 184 }, /* cream */
};

/* @t from 0, the ground, to 1. */
static void
write_colour (float t, char text[8])
{
  const float place = t * (G_N_ELEMENTS (palette) - 1);
  const guint i = MIN ((guint) place, G_N_ELEMENTS (palette) - 2);
  const Colour *a = &palette[i], *b = &palette[i + 1];
  const float part = place - (float) i;

  g_snprintf (text, 8, "#%02x%02x%02x", (guint) (a->red + part * (b->red - a->red) + 0.5f),
              (guint) (a->green + part * (b->green - a->green) + 0.5f),
              (guint) (a->blue + part * (b->blue - a->blue) + 0.5f));
}

static void
draw_ground (StepcastSvgWriter *writer, float width_px, float height_px)
{
  char colour[8];

  write_colour (0, colour);
  stepcast_svg_writer_begin (writer, "rect");
  stepcast_svg_writer_attribute_number (writer, "width", (double) width_px);
  stepcast_svg_writer_attribute_number (writer, "height", (double) height_px);
  stepcast_svg_writer_attribute (writer, "fill", colour);
  stepcast_svg_writer_end (writer);
}

/* From a place in the contour's grid to the view. A ghost's place is negative; the 1000 makes a
 * cheap rounding of a cast. */
static inline double
to_px (float place, float scale_px)
{
  const float units = (place + 0.5f - GHOSTS) * scale_px * UNITS_A_PX;

  return (double) ((int) (units + 1000.5f) - 1000) / UNITS_A_PX;
}

static void
draw_ring (StepcastSvgWriter *writer, const StepcastCurve *curves, guint n_curves, float scale_px)
{
  const StepcastContourPoint start = curves[n_curves - 1].end;

  stepcast_svg_writer_move_to (writer, to_px (start.x, scale_px), to_px (start.y, scale_px));
  for (guint i = 0; i < n_curves; i++)
    {
      const StepcastCurve *curve = &curves[i];

      stepcast_svg_writer_curve_to (writer, to_px (curve->control1.x, scale_px),
                                    to_px (curve->control1.y, scale_px),
                                    to_px (curve->control2.x, scale_px),
                                    to_px (curve->control2.y, scale_px),
                                    to_px (curve->end.x, scale_px), to_px (curve->end.y, scale_px));
    }
  stepcast_svg_writer_close_path (writer);
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
  const float *values = self->now.v - GHOSTS * self->stride - GHOSTS;
  const guint width = self->width + 2 * GHOSTS;
  const guint height = self->height + 2 * GHOSTS;

  if (!stepcast_contour_trace (self->contour, values, width, height, self->stride, level,
                               cancellable, error))
    return FALSE;

  for (guint i = 0; i < stepcast_contour_get_n_rings (self->contour); i++)
    {
      const StepcastContourPoint *points;
      const StepcastCurve *curves;
      guint n_points, n_curves;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      points = stepcast_contour_get_ring (self->contour, i, &n_points);
      curves = stepcast_ring_fitter_fit (self->fitter, points, n_points, TOLERANCE_PX / scale_px,
                                         &n_curves);
      if (n_curves > 0)
        draw_ring (writer, curves, n_curves, scale_px);
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

  draw_ground (writer, width_px, height_px);
  for (guint i = 0; i < self->levels; i++)
    {
      const float t = ((float) i + 0.5f) / (float) self->levels;
      const float level = LOWEST_LEVEL + (HIGHEST_LEVEL - LOWEST_LEVEL) * t;
      char colour[8];

      write_colour (((float) i + 1) / (float) self->levels, colour);
      stepcast_svg_writer_begin (writer, "path");
      stepcast_svg_writer_attribute (writer, "fill", colour);
      stepcast_svg_writer_attribute (writer, "fill-rule", "evenodd");
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
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_gray_scott_finalize (GObject *object)
{
  StepcastGrayScott *self = STEPCAST_GRAY_SCOTT (object);

  field_clear (&self->now);
  field_clear (&self->scratch[0]);
  field_clear (&self->scratch[1]);
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
    g_param_spec_uint ("width", N_ ("Width"), N_ ("Columns of cells"), 16, 4096, 256, at_start);
  properties[PROP_HEIGHT] =
    g_param_spec_uint ("height", N_ ("Height"), N_ ("Rows of cells"), 16, 4096, 256, at_start);
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
                       N_ ("How many steps of time each step of the session takes"), 1, 10000, 20,
                       live);
  properties[PROP_LEVELS] =
    g_param_spec_uint ("levels", N_ ("Levels"), N_ ("How many contours are drawn"), 1, MAX_LEVELS,
                       4, live);
  properties[PROP_SEED] =
    g_param_spec_uint64 ("seed", N_ ("Seed"), N_ ("Where the first drops fall"), 0, G_MAXUINT64, 1,
                         at_start);

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
