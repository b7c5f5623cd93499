/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-pattern.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "stepcast-parameters.h"
#include "stepcast-svg-writer.h"

/* A test card with the step's number in it: frames of a chosen size that cost next to nothing, to
 * see what carrying frames costs.
 *
 * The card is drawn once for a size. A frame is a buffer that already holds the card, with the
 * number written over a field of fixed width; when the frame's last owner lets go of it, in
 * whatever thread that is, the buffer comes back to the card's spare ones. So a frame of 1 MB costs
 * as much as one of 1 KB. */

#define VIEW_PX 640.0

/* As wide as the largest guint64, so that the size never changes. The blanks before a smaller
 * number collapse into one when the text is drawn. */
#define FIELD_CHARS 20
#define FIELD_PLACEHOLDER "????????????????????"

/* Buffers that wait for reuse: what the widest window (1 MiB) has under way of frames of 10 KB,
 * twice, for all of them may come back at once. But no more memory than this, unless there are only
 * two. */
#define MAX_SPARE 256
#define MAX_SPARE_BYTES (4 * 1024 * 1024)

/* Below this there is only the number. */
#define BARS_FROM_BYTES 1000

/* What one more path needs, and what must be left when a path ends: a last segment and the
 * end tags. Blanks make the size exact. */
#define PATH_BYTES 120
#define END_BYTES 40

/* librsvg and browsers take a path of this many segments at once without trouble. */
#define SEGMENTS_A_PATH 2000

/* "L123.45 678.9": for guessing how many segments will fill a card. */
#define TYPICAL_SEGMENT_BYTES 13.0

/**
 * Card:
 *
 * A card without its number, shared by the generator and by the frames that show it: the last one
 * frees it, maybe after the generator is gone. Atomically reference-counted; all but @retired and
 * the queue is constant.
 */
typedef struct
{
  guint bytes; /* as asked for */
  char *text;
  gsize size;
  gsize field;        /* where the number goes */
  GAsyncQueue *spare; /* of Buffer; the last to come back is the first to go */
  int max_spare;
  int retired; /* atomic: the generator has another card; don't keep buffers */
} Card;

/* A card's text with a number in it. In the queue it has no reference on its card, else neither
 * would ever be freed. */
typedef struct
{
  Card *card;
  char text[];
} Buffer;

struct _StepcastPattern
{
  StepcastGenerator parent_instance;

  /* Parameters. */
  guint bytes;
  guint64 steps;

  guint64 step;
  Card *card; /* the last one drawn */
};

typedef enum
{
  PROP_BYTES = 1,
  PROP_STEPS,
} StepcastPatternProperty;

static GParamSpec *properties[PROP_STEPS + 1];

G_DEFINE_FINAL_TYPE (StepcastPattern, stepcast_pattern, STEPCAST_TYPE_GENERATOR)

static void
card_clear (gpointer data)
{
  Card *card = data;

  g_free (card->text);
  g_clear_pointer (&card->spare, g_async_queue_unref);
}

static void
card_unref (Card *card)
{
  g_atomic_rc_box_release_full (card, card_clear);
}

/* The generator's last word to a card. A buffer that comes back between the two lines stays in the
 * queue, and goes with the card. */
static void
card_retire (Card *card)
{
  gpointer buffer;

  g_atomic_int_set (&card->retired, TRUE);
  while ((buffer = g_async_queue_try_pop (card->spare)) != NULL)
    g_free (buffer);
  card_unref (card);
}

/* Any thread. */
static void
buffer_release (gpointer data)
{
  Buffer *buffer = data;
  Card *card = g_steal_pointer (&buffer->card);

  if (g_atomic_int_get (&card->retired) || g_async_queue_length (card->spare) >= card->max_spare)
    g_free (buffer);
  else
    g_async_queue_push_front (card->spare, buffer); /* the one that is still in a cache */
  card_unref (card);
}

static Buffer *
buffer_acquire (Card *card)
{
  Buffer *buffer = g_async_queue_try_pop (card->spare);

  if (buffer == NULL)
    {
      buffer = g_malloc (sizeof (Buffer) + card->size);
      memcpy (buffer->text, card->text, card->size);
    }
  buffer->card = g_atomic_rc_box_acquire (card);
  return buffer;
}

static void
write_number (char field[FIELD_CHARS], guint64 number)
{
  int i = FIELD_CHARS;

  do
    field[--i] = (char) ('0' + number % 10);
  while ((number /= 10) > 0);
  memset (field, ' ', (gsize) i);
}

static void
draw_rect (StepcastSvgWriter *writer,
           double x,
           double y,
           double width,
           double height,
           const char *fill)
{
  stepcast_svg_writer_begin (writer, "rect");
  if (x > 0)
    stepcast_svg_writer_attribute_number (writer, "x", x);
  if (y > 0)
    stepcast_svg_writer_attribute_number (writer, "y", y);
  stepcast_svg_writer_attribute_number (writer, "width", width);
  stepcast_svg_writer_attribute_number (writer, "height", height);
  stepcast_svg_writer_attribute (writer, "fill", fill);
  stepcast_svg_writer_end (writer);
}

static void
draw_number (StepcastSvgWriter *writer)
{
  stepcast_svg_writer_begin (writer, "text");
  stepcast_svg_writer_attribute_number (writer, "x", VIEW_PX / 2);
  stepcast_svg_writer_attribute_number (writer, "y", VIEW_PX / 2);
  stepcast_svg_writer_attribute (writer, "fill", "#fff");
  stepcast_svg_writer_attribute (writer, "font-size", "60");
  stepcast_svg_writer_attribute (writer, "text-anchor", "middle");
  stepcast_svg_writer_text (writer, FIELD_PLACEHOLDER);
  stepcast_svg_writer_end (writer);
}

/* Colour bars, as on any test card. */
static const char *const colours[] = { "#f4f1de", "#ffd166", "#4cc9f0", "#06d6a0",
                                       "#c77dff", "#ff6b6b", "#5e8bff", "#8d99ae" };

static void
draw_bars (StepcastSvgWriter *writer)
{
  const double width = VIEW_PX / G_N_ELEMENTS (colours);

  for (guint i = 0; i < G_N_ELEMENTS (colours); i++)
    draw_rect (writer, i * width, VIEW_PX - 40, width, 40, colours[i]);
}

/* A rosette as banknotes have it: a spiral around the number, whose radius swings. @t goes from 0
 * to 1. */
static void
rosette_point (double t, double turns, double *x, double *y)
{
  const double angle = 2 * G_PI * turns * t;
  const double radius = 130 + 120 * t + 28 * sin (6.02 * angle);

  *x = VIEW_PX / 2 + radius * sin (angle);
  *y = VIEW_PX / 2 - 20 - radius * cos (angle);
}

static void
begin_stroke (StepcastSvgWriter *writer, const char *colour)
{
  stepcast_svg_writer_begin (writer, "path");
  stepcast_svg_writer_attribute (writer, "fill", "none");
  stepcast_svg_writer_attribute (writer, "stroke", colour);
  stepcast_svg_writer_begin_path (writer);
}

/* Fills @writer up to @bytes. The more room, the more turns and the finer the line. */
static gboolean
draw_rosette (StepcastSvgWriter *writer, gsize bytes, GCancellable *cancellable, GError **error)
{
  const gsize size = stepcast_svg_writer_get_size (writer);
  const double n_segments = (double) (bytes - size) / TYPICAL_SEGMENT_BYTES;
  const double turns = fmax (1, sqrt (n_segments) / 4);
  const guint segments_a_path = (guint) CLAMP (n_segments / turns, 50, SEGMENTS_A_PATH);
  const gsize last_path = bytes - MIN (bytes, PATH_BYTES);
  const gsize last_segment = bytes - MIN (bytes, END_BYTES);

  for (guint i = 0, n_paths = 0; stepcast_svg_writer_get_size (writer) < last_path; n_paths++)
    {
      const char *colour = colours[n_paths % G_N_ELEMENTS (colours)];
      double x, y;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      rosette_point (i / n_segments, turns, &x, &y);
      begin_stroke (writer, colour);
      stepcast_svg_writer_move_to (writer, x, y);
      for (guint end = i + segments_a_path;
           i < end && stepcast_svg_writer_get_size (writer) < last_segment; i++)
        {
          rosette_point ((i + 1) / n_segments, turns, &x, &y);
          stepcast_svg_writer_line_to (writer, x, y);
        }
      stepcast_svg_writer_end_path (writer);
      stepcast_svg_writer_end (writer);
    }
  return TRUE;
}

/* The document without a number, of at most @bytes. */
static GBytes *
draw_card (guint bytes, GCancellable *cancellable, GError **error)
{
  g_autoptr (StepcastSvgWriter) writer = stepcast_svg_writer_new (VIEW_PX, VIEW_PX);

  draw_rect (writer, 0, 0, VIEW_PX, VIEW_PX, "#14213d");
  draw_number (writer);
  if (bytes >= BARS_FROM_BYTES)
    {
      draw_bars (writer);
      if (!draw_rosette (writer, bytes, cancellable, error))
        return NULL;
    }
  return stepcast_svg_writer_finish (writer, error);
}

/* Copies @svg with blanks before its end tag, so that it has @bytes. */
static char *
pad (GBytes *svg, gsize bytes)
{
  static const char end[] = "</svg>";
  gsize size;
  const char *text = g_bytes_get_data (svg, &size);
  const char *tail = g_strrstr_len (text, (gssize) size, end);
  const gsize head_size = (gsize) (tail - text);
  const gsize tail_size = size - head_size;
  char *padded = g_malloc (bytes);

  memcpy (padded, text, head_size);
  memset (padded + head_size, ' ', bytes - size);
  memcpy (padded + bytes - tail_size, tail, tail_size);
  return padded;
}

static Card *
card_new (guint bytes, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) svg = draw_card (bytes, cancellable, error);
  Card *card;

  if (svg == NULL)
    return NULL;

  card = g_atomic_rc_box_new0 (Card);
  card->bytes = bytes;
  card->size = MAX (bytes, g_bytes_get_size (svg));
  card->text = pad (svg, card->size);
  card->field =
    (gsize) (g_strstr_len (card->text, (gssize) card->size, FIELD_PLACEHOLDER) - card->text);
  card->spare = g_async_queue_new_full (g_free);
  card->max_spare = CLAMP (MAX_SPARE_BYTES / (int) card->size, 2, MAX_SPARE);
  return card;
}

static StepcastStepResult
stepcast_pattern_step (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastPattern *self = STEPCAST_PATTERN (generator);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return STEPCAST_STEP_FAILED;
  if (self->steps > 0 && self->step >= self->steps)
    return STEPCAST_STEP_NONE;

  self->step++;
  return self->step == self->steps ? STEPCAST_STEP_LAST : STEPCAST_STEP_DONE;
}

static GBytes *
stepcast_pattern_draw (StepcastGenerator *generator, GCancellable *cancellable, GError **error)
{
  StepcastPattern *self = STEPCAST_PATTERN (generator);
  Buffer *buffer;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  if (self->card == NULL || self->card->bytes != self->bytes)
    {
      Card *card = card_new (self->bytes, cancellable, error);

      if (card == NULL)
        return NULL;
      g_clear_pointer (&self->card, card_retire);
      self->card = card;
    }

  buffer = buffer_acquire (self->card);
  write_number (buffer->text + self->card->field, self->step);
  return g_bytes_new_with_free_func (buffer->text, self->card->size, buffer_release, buffer);
}

static double
stepcast_pattern_get_progress (StepcastGenerator *generator)
{
  StepcastPattern *self = STEPCAST_PATTERN (generator);

  return self->steps > 0 ? MIN (1, (double) self->step / (double) self->steps) : -1;
}

static void
stepcast_pattern_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastPattern *self = STEPCAST_PATTERN (object);

  switch ((StepcastPatternProperty) id)
    {
    case PROP_BYTES:
      g_value_set_uint (value, self->bytes);
      break;
    case PROP_STEPS:
      g_value_set_uint64 (value, self->steps);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_pattern_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastPattern *self = STEPCAST_PATTERN (object);

  switch ((StepcastPatternProperty) id)
    {
    case PROP_BYTES:
      self->bytes = g_value_get_uint (value);
      break;
    case PROP_STEPS:
      self->steps = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_pattern_finalize (GObject *object)
{
  StepcastPattern *self = STEPCAST_PATTERN (object);

  g_clear_pointer (&self->card, card_retire);

  G_OBJECT_CLASS (stepcast_pattern_parent_class)->finalize (object);
}

static void
stepcast_pattern_class_init (StepcastPatternClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastGeneratorClass *generator_class = STEPCAST_GENERATOR_CLASS (klass);
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;

  object_class->get_property = stepcast_pattern_get_property;
  object_class->set_property = stepcast_pattern_set_property;
  object_class->finalize = stepcast_pattern_finalize;

  generator_class->summary =
    N_ ("A test card with the step’s number: no computing, frames of a chosen size");
  generator_class->step = stepcast_pattern_step;
  generator_class->draw = stepcast_pattern_draw;
  generator_class->get_progress = stepcast_pattern_get_progress;

  properties[PROP_BYTES] = g_param_spec_uint ("bytes", N_ ("Size"), N_ ("The size of a frame"), 300,
                                              64 * 1024 * 1024, 10000, live);
  /* TRANSLATORS: the unit: bytes */
  stepcast_parameter_set_unit (properties[PROP_BYTES], N_ ("B"));
  properties[PROP_STEPS] =
    g_param_spec_uint64 ("steps", N_ ("Steps"), N_ ("After how many steps it ends; 0 for never"), 0,
                         G_MAXUINT64, 0, live);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
stepcast_pattern_init (StepcastPattern *self)
{
}
