/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <librsvg/rsvg.h>
#include <math.h>
#include <string.h>

#include "stepcast-error.h"
#include "stepcast-generators.h"
#include "stepcast-image.h"
#include "stepcast-parameters.h"

/* What every built-in generator promises, and then what each one adds. Parameters are GVariant
 * text of type a{sv}. */

typedef struct
{
  const char *name;
  const char *quick; /* a small one, whose steps are soon done */
  const char *slow;  /* a step takes seconds; NULL where there is nothing to compute */
  gboolean has_seed;
  const char *changes[8]; /* live ones, NULL-terminated */
} Subject;

static const Subject subjects[] = {
  {
    .name = "attractor",
    .quick = "{'iterations': <uint32 5000>, 'points': <uint32 300>}",
    .slow = "{'iterations': <uint32 100000000>, 'points': <uint32 1000000>}",
    .has_seed = TRUE,
    .changes = { "{'points': <uint32 5000>}", "{'points': <uint32 1>}",
                 "{'iterations': <uint32 9000>}", "{'points': <uint32 1000000>}",
                 "{'iterations': <uint32 1>}", "{'a': <0.0>, 'b': <0.0>, 'c': <0.0>, 'd': <0.0>}",
                 "{'a': <10.0>, 'b': <-10.0>, 'c': <10.0>, 'd': <-10.0>, 'ink': <'#00FF00'>}" },
  },
  {
    .name = "pattern",
    .quick = "{'bytes': <uint32 3000>}",
    .changes = { "{'bytes': <uint32 300>}", "{'bytes': <uint32 70000>}", "{'bytes': <uint32 999>}",
                 "{'bytes': <uint32 1001>}", "{'steps': <uint64 1000000>}" },
  },
  {
    .name = "gray-scott",
    .quick = "{'width': <uint32 72>, 'height': <uint32 56>, 'steps-per-frame': <uint32 5>}",
    .slow = "{'width': <uint32 1024>, 'height': <uint32 1024>, 'steps-per-frame': <uint32 10000>}",
    .has_seed = TRUE,
    .changes = { "{'feed': <0.03>, 'kill': <0.06>}", "{'levels': <uint32 16>}",
                 "{'levels': <uint32 1>}", "{'steps-per-frame': <uint32 1>}",
                 "{'steps-per-frame': <uint32 4>}", "{'diffusion-u': <1.2>, 'diffusion-v': <1.2>}",
                 "{'diffusion-u': <0.0>, 'diffusion-v': <0.0>, 'ink': <'#00FF00'>}" },
  },
};

static GVariant *
parse (GType type, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) given = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  GVariant *values;

  g_assert_no_error (error);
  values = stepcast_parameters_check (type, given, &error);
  g_assert_no_error (error);
  return values;
}

static GType
find_type (const char *name)
{
  guint n;
  const StepcastBuiltin *builtins = stepcast_generators_list (&n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (builtins[i].name, name))
      return builtins[i].get_type ();
  g_assert_not_reached ();
}

static StepcastGenerator *
make (const char *name, const char *parameters)
{
  const GType type = find_type (name);
  g_autoptr (GVariant) values = parse (type, parameters);
  g_autoptr (GError) error = NULL;
  StepcastGenerator *generator = STEPCAST_GENERATOR (stepcast_parameters_construct (type, values));

  g_assert_true (stepcast_generator_prepare (generator, NULL, &error));
  g_assert_no_error (error);
  return generator;
}

static void
step (StepcastGenerator *generator)
{
  g_autoptr (GError) error = NULL;
  const StepcastStepResult result = stepcast_generator_step (generator, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (result, ==, STEPCAST_STEP_DONE);
}

static GBytes *
draw (StepcastGenerator *generator)
{
  g_autoptr (GError) error = NULL;
  GBytes *frame = stepcast_generator_draw (generator, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (frame);
  return frame;
}

static void
set (StepcastGenerator *generator, const char *changes)
{
  g_autoptr (GVariant) values = parse (G_OBJECT_TYPE (generator), changes);

  stepcast_parameters_apply (G_OBJECT (generator), values);
}

static void
assert_is_picture (GBytes *frame)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *text = g_bytes_get_data (frame, &size);
  g_autoptr (GObject) handle =
    (GObject *) rsvg_handle_new_from_data ((const guint8 *) text, size, &error);
  double width, height;

  g_assert_no_error (error);
  g_assert_true (g_utf8_validate (text, (gssize) size, NULL));
  g_assert_true (rsvg_handle_get_intrinsic_size_in_pixels (RSVG_HANDLE (handle), &width, &height));
  g_assert_cmpfloat (MAX (width, height), ==, 640);
}

static void
assert_metrics (StepcastGenerator *generator)
{
  double values[STEPCAST_MAX_METRICS];
  const double progress = stepcast_generator_get_progress (generator);
  const guint n = stepcast_generator_measure (generator, values);

  for (guint i = 0; i < n; i++)
    g_assert_true (isfinite (values[i]));
  g_assert_true (progress == -1 || (progress >= 0 && progress <= 1));
}

static void
test_list (void)
{
  guint n;
  const StepcastBuiltin *builtins = stepcast_generators_list (&n);

  g_assert_cmpuint (n, ==, G_N_ELEMENTS (subjects));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GTypeClass) klass = g_type_class_ref (builtins[i].get_type ());
      StepcastGeneratorClass *generator_class = (StepcastGeneratorClass *) klass;
      g_autofree GParamSpec **parameters = NULL;
      guint n_parameters;

      g_assert_true (g_type_is_a (builtins[i].get_type (), STEPCAST_TYPE_GENERATOR));
      g_assert_nonnull (generator_class->summary);
      g_assert_cmpuint (generator_class->n_metrics, <=, STEPCAST_MAX_METRICS);

      parameters = stepcast_parameters_list (builtins[i].get_type (), &n_parameters);
      for (guint k = 0; k < n_parameters; k++)
        {
          g_assert_nonnull (g_param_spec_get_nick (parameters[k]));
          g_assert_nonnull (g_param_spec_get_blurb (parameters[k]));
          g_assert_cmpstr (g_param_spec_get_nick (parameters[k]), !=, "");
        }
    }
}

static void
test_defaults (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) generator = make (subject->name, "{}");

  for (int i = 0; i < 4; i++)
    {
      g_autoptr (GBytes) frame = draw (generator);

      assert_is_picture (frame);
      assert_metrics (generator);
      /* More can't be shown 60 times a second: FINDINGS.md 7. */
      g_assert_cmpuint (g_bytes_get_size (frame), <=, 60000);
      step (generator);
    }
}

/* Two of the same, of which only one draws every step: the last frames are alike. */
static void
test_determinism (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) one = make (subject->name, subject->quick);
  g_autoptr (StepcastGenerator) other = make (subject->name, subject->quick);
  g_autoptr (GBytes) start = draw (one);

  for (int i = 0; i < 20; i++)
    {
      g_autoptr (GBytes) frame = NULL;
      g_autoptr (GBytes) again = NULL;

      step (one);
      step (other);
      frame = draw (one);
      again = draw (one);
      g_assert_true (g_bytes_equal (frame, again));
      g_assert_false (g_bytes_equal (frame, start));
    }
  {
    g_autoptr (GBytes) frame = draw (one);
    g_autoptr (GBytes) wanted = draw (other);

    g_assert_true (g_bytes_equal (frame, wanted));
  }
}

static void
test_seed (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) one = make (subject->name, "{'seed': <uint64 1>}");
  g_autoptr (StepcastGenerator) other =
    make (subject->name, "{'seed': <uint64 18446744073709551615>}");

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) frame = draw (one);
      g_autoptr (GBytes) differs = draw (other);

      g_assert_false (g_bytes_equal (frame, differs));
      step (one);
      step (other);
    }
}

static void
assert_cancelled (StepcastGenerator *generator, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (stepcast_generator_step (generator, cancellable, &error), ==,
                   STEPCAST_STEP_FAILED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancelled_before (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) one = make (subject->name, subject->quick);
  g_autoptr (StepcastGenerator) other = make (subject->name, subject->quick);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  for (int i = 0; i < 5; i++)
    {
      g_autoptr (GBytes) wanted = draw (other);
      g_autoptr (GBytes) frame = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_null (stepcast_generator_draw (one, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      assert_cancelled (one, cancellable);
      frame = draw (one);
      g_assert_true (g_bytes_equal (frame, wanted));

      step (one);
      step (other);
    }
}

static gpointer
cancel_in_thread (gpointer data)
{
  /* Well within the step, as a rule; the test holds if it is not. */
  g_usleep (3000);
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_cancelled_within (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) generator = make (subject->name, subject->slow);

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GBytes) before = draw (generator);
      g_autoptr (GBytes) after = NULL;
      double values[2][STEPCAST_MAX_METRICS];
      GThread *thread;
      guint n;

      n = stepcast_generator_measure (generator, values[0]);
      thread = g_thread_new ("cancel", cancel_in_thread, cancellable);
      assert_cancelled (generator, cancellable);
      g_thread_join (thread);

      after = draw (generator);
      g_assert_true (g_bytes_equal (before, after));
      stepcast_generator_measure (generator, values[1]);
      g_assert_cmpmem (values[0], n * sizeof (double), values[1], n * sizeof (double));
    }
}

/* A cancelled step in between changes no later step. */
static void
test_goes_on_after_cancel (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) one = make (subject->name, subject->slow);
  g_autoptr (StepcastGenerator) other = make (subject->name, subject->slow);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GThread *thread = g_thread_new ("cancel", cancel_in_thread, cancellable);

  assert_cancelled (one, cancellable);
  g_thread_join (thread);

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (one), "iterations"))
    {
      set (one, "{'iterations': <uint32 10000>}");
      set (other, "{'iterations': <uint32 10000>}");
    }
  else
    {
      set (one, "{'steps-per-frame': <uint32 2>}");
      set (other, "{'steps-per-frame': <uint32 2>}");
    }
  step (one);
  step (other);
  {
    g_autoptr (GBytes) frame = draw (one);
    g_autoptr (GBytes) wanted = draw (other);

    g_assert_true (g_bytes_equal (frame, wanted));
  }
}

static void
test_live_changes (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) generator = make (subject->name, subject->quick);

  for (int i = 0; subject->changes[i] != NULL; i++)
    {
      g_autoptr (GBytes) frame = NULL;

      set (generator, subject->changes[i]);
      step (generator);
      frame = draw (generator);
      assert_is_picture (frame);
      assert_metrics (generator);
    }
}

static guint
count (GBytes *frame, const char *text)
{
  gsize size;
  const char *at = g_bytes_get_data (frame, &size);
  const char *const end = at + size;
  guint n = 0;

  while ((at = memmem (at, (gsize) (end - at), text, strlen (text))) != NULL)
    {
      n++;
      at += strlen (text);
    }
  return n;
}

/* Another ink is another picture, and the first ink again the first picture. */
static void
test_ink (gconstpointer data)
{
  const Subject *subject = data;
  g_autoptr (StepcastGenerator) generator = make (subject->name, subject->quick);
  g_autoptr (GBytes) before = draw (generator);
  g_autoptr (GBytes) other = NULL;
  g_autoptr (GBytes) after = NULL;
  g_autofree char *ink = NULL;
  g_autofree char *changes = NULL;

  g_object_get (generator, "ink", &ink, NULL);
  set (generator, "{'ink': <'#3584e4'>}");
  other = draw (generator);
  g_assert_false (g_bytes_equal (before, other));
  assert_is_picture (other);

  changes = g_strdup_printf ("{'ink': <'%s'>}", ink);
  set (generator, changes);
  after = draw (generator);
  g_assert_true (g_bytes_equal (before, after));
}

static GBytes *
make_image (const char *type, int width, int height, guint32 rgba)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, TRUE, 8, width, height);
  g_autoptr (GdkPixbuf) corner = gdk_pixbuf_new_subpixbuf (pixbuf, 0, 0, width / 2, height / 2);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize size;

  gdk_pixbuf_fill (pixbuf, 0xffffffff);
  gdk_pixbuf_fill (corner, rgba);
  gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, type, &error, NULL);
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

/* 40 × 20 cells are the field, unless @image has other proportions. */
static StepcastGenerator *
construct_with_image (GBytes *image)
{
  return g_object_new (find_type ("gray-scott"), "width", 40, "height", 20, "image", image, NULL);
}

static double
get_mean (StepcastGenerator *generator)
{
  double values[STEPCAST_MAX_METRICS];

  stepcast_generator_measure (generator, values);
  return values[0];
}

static double
prepare_with_image (GBytes *image)
{
  g_autoptr (StepcastGenerator) generator = construct_with_image (image);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) frame = NULL;

  stepcast_generator_prepare (generator, NULL, &error);
  g_assert_no_error (error);
  frame = draw (generator);
  assert_is_picture (frame);
  return get_mean (generator);
}

/* A quarter is black, so half of V is there; and what is transparent is white. */
static void
test_gray_scott_image (void)
{
  g_autoptr (GBytes) png = make_image ("png", 80, 40, 0x000000ff);
  g_autoptr (GBytes) jpeg = make_image ("jpeg", 400, 200, 0x000000ff);
  g_autoptr (GBytes) square = make_image ("png", 7, 7, 0x000000ff);
  g_autoptr (GBytes) clear = make_image ("png", 80, 40, 0x00000000);
  g_autoptr (GBytes) white = make_image ("png", 80, 40, 0xffffffff);

  g_assert_cmpfloat_with_epsilon (prepare_with_image (png), .5 / 4, .01);
  g_assert_cmpfloat_with_epsilon (prepare_with_image (jpeg), .5 / 4, .01);
  g_assert_cmpfloat_with_epsilon (prepare_with_image (square), .5 / 8, .02);
  g_assert_cmpfloat (prepare_with_image (clear), <, 1e-6);
  g_assert_cmpfloat (prepare_with_image (white), <, 1e-6);
}

static void
assert_no_image (GBytes *image, const char *reason)
{
  g_autoptr (StepcastGenerator) generator = construct_with_image (image);
  g_autoptr (GError) error = NULL;

  g_assert_false (stepcast_generator_prepare (generator, NULL, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, reason));
}

static void
test_gray_scott_bad_image (void)
{
  g_autoptr (GBytes) good = make_image ("png", 80, 40, 0x000000ff);
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (good, 0, g_bytes_get_size (good) / 2);
  g_autoptr (GBytes) text = g_bytes_new_static ("no image", 8);
  g_autofree char *large = g_memdup2 (g_bytes_get_data (good, NULL), g_bytes_get_size (good));
  g_autoptr (GBytes) huge = NULL;

  assert_no_image (text, "neither a PNG nor a JPEG");
  assert_no_image (cut, "can’t be read: ");

  /* What the header says is refused before a pixel is decoded: 65536 × 65536, and its checksum. */
  memcpy (large + 16, "\x00\x01\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00\x6c\x84\x30\xe3", 17);
  huge = g_bytes_new (large, g_bytes_get_size (good));
  assert_no_image (huge, "more than 67108864 pixels");
}

static void
test_gray_scott_image_cancelled (void)
{
  g_autoptr (GBytes) image = make_image ("png", 80, 40, 0x000000ff);
  g_autoptr (StepcastGenerator) generator = construct_with_image (image);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (stepcast_generator_prepare (generator, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_attractor_frame (void)
{
  g_autoptr (StepcastGenerator) generator = make ("attractor", "{}");
  g_autoptr (GBytes) start = draw (generator);
  g_autoptr (GBytes) frame = NULL;

  g_assert_cmpuint (count (start, "h0"), ==, 1);
  step (generator);
  frame = draw (generator);
  g_assert_cmpuint (count (frame, "h0"), ==, 750);
  g_assert_cmpuint (g_bytes_get_size (frame), >, 9000);
  g_assert_cmpuint (g_bytes_get_size (frame), <, 11500);

  set (generator, "{'iterations': <uint32 500>}");
  step (generator);
  g_clear_pointer (&frame, g_bytes_unref);
  frame = draw (generator);
  g_assert_cmpuint (count (frame, "h0"), ==, 500);
}

/* The last point is the last iteration's, and the next step goes on from there: however the
 * iterations are parted into steps and points, the orbit is the same. */
static void
test_attractor_iterations (void)
{
  g_autoptr (StepcastGenerator) one =
    make ("attractor", "{'iterations': <uint32 9001>, 'points': <uint32 1>}");
  g_autoptr (StepcastGenerator) other =
    make ("attractor", "{'iterations': <uint32 4500>, 'points': <uint32 7>}");
  g_autoptr (GBytes) frame = NULL;
  g_autoptr (GBytes) wanted = NULL;

  step (one);
  step (other);
  step (other);
  set (other, "{'iterations': <uint32 1>}");
  step (other);
  wanted = draw (one);
  frame = draw (other);
  g_assert_true (g_bytes_equal (frame, wanted));
}

static gboolean
shows_step (GBytes *frame, guint64 number)
{
  g_autofree char *text = g_strdup_printf (" %" G_GUINT64_FORMAT "</text>", number);

  return count (frame, text) == 1;
}

static void
test_pattern_sizes (void)
{
  static const guint sizes[] = { 300, 301, 500, 999, 1000, 1001, 10000, 100000, 1000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *parameters = g_strdup_printf ("{'bytes': <uint32 %u>}", sizes[i]);
      g_autoptr (StepcastGenerator) generator = make ("pattern", parameters);

      for (guint k = 0; k < 12; k++)
        {
          g_autoptr (GBytes) frame = draw (generator);

          g_assert_cmpuint (g_bytes_get_size (frame), ==, sizes[i]);
          g_assert_true (shows_step (frame, k));
          if (k == 11)
            assert_is_picture (frame);
          step (generator);
        }
    }
}

static void
test_pattern_finishes (void)
{
  g_autoptr (StepcastGenerator) generator = make ("pattern", "{'steps': <uint64 3>}");
  g_autoptr (GBytes) frame = NULL;

  g_assert_cmpfloat (stepcast_generator_get_progress (generator), ==, 0);
  step (generator);
  step (generator);
  g_assert_cmpint (stepcast_generator_step (generator, NULL, NULL), ==, STEPCAST_STEP_LAST);
  g_assert_cmpfloat (stepcast_generator_get_progress (generator), ==, 1);
  g_assert_cmpint (stepcast_generator_step (generator, NULL, NULL), ==, STEPCAST_STEP_NONE);
  frame = draw (generator);
  g_assert_true (shows_step (frame, 3));

  set (generator, "{'steps': <uint64 2>}");
  g_assert_cmpint (stepcast_generator_step (generator, NULL, NULL), ==, STEPCAST_STEP_NONE);
  g_assert_cmpfloat (stepcast_generator_get_progress (generator), ==, 1);
}

/* A buffer is used again, but never while someone holds it. */
static void
test_pattern_recycles (void)
{
  g_autoptr (StepcastGenerator) generator = make ("pattern", "{}");
  GBytes *held[50];
  g_autofree char *taken = NULL;
  gconstpointer last;

  held[0] = draw (generator);
  last = g_bytes_get_data (held[0], NULL);
  g_bytes_unref (held[0]);
  taken = g_malloc (10000 + sizeof (gpointer)); /* would be there, had it been freed */
  held[0] = draw (generator);
  g_assert_true (g_bytes_get_data (held[0], NULL) == last);

  for (guint i = 1; i < G_N_ELEMENTS (held); i++)
    {
      step (generator);
      held[i] = draw (generator);
    }
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    g_assert_true (shows_step (held[i], i));

  /* Frames of two cards, some of which outlive the generator. */
  for (guint i = 0; i < G_N_ELEMENTS (held); i += 2)
    g_bytes_unref (held[i]);
  set (generator, "{'bytes': <uint32 20000>}");
  for (guint i = 0; i < G_N_ELEMENTS (held); i += 2)
    {
      held[i] = draw (generator);
      g_assert_cmpuint (g_bytes_get_size (held[i]), ==, 20000);
      g_assert_true (shows_step (held[i], G_N_ELEMENTS (held) - 1));
    }
  g_clear_object (&generator);
  for (guint i = 1; i < G_N_ELEMENTS (held); i += 2)
    g_assert_true (shows_step (held[i], i));
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    g_bytes_unref (held[i]);
}

static gpointer
release_in_thread (gpointer data)
{
  GAsyncQueue *frames = data;

  for (guint64 i = 0;; i++)
    {
      g_autoptr (GBytes) frame = g_async_queue_pop (frames);

      /* The end: too small to be a frame. */
      if (g_bytes_get_size (frame) < 300)
        return NULL;
      g_assert_true (shows_step (frame, i));
    }
}

static void
test_pattern_threads (void)
{
  g_autoptr (StepcastGenerator) generator = make ("pattern", "{'bytes': <uint32 400>}");
  g_autoptr (GAsyncQueue) frames = g_async_queue_new ();
  GThread *thread = g_thread_new ("release", release_in_thread, frames);

  for (guint i = 0; i < 20000; i++)
    {
      if (i % 1000 == 999)
        set (generator, i % 2000 == 999 ? "{'bytes': <uint32 500>}" : "{'bytes': <uint32 400>}");
      g_async_queue_push (frames, draw (generator));
      step (generator);
    }
  g_clear_object (&generator);
  g_async_queue_push (frames, g_bytes_new (NULL, 0));
  g_thread_join (thread);
}

static void
test_gray_scott_extremes (void)
{
  for (int corner = 0; corner < 16; corner++)
    {
      g_autofree char *parameters =
        g_strdup_printf ("{'width': <uint32 40>, 'height': <uint32 17>, 'feed': <%s>, 'kill': <%s>,"
                         " 'diffusion-u': <%s>, 'diffusion-v': <%s>, 'levels': <uint32 16>}",
                         corner & 1 ? "0.2" : "0.0", corner & 2 ? "0.2" : "0.0",
                         corner & 4 ? "1.2" : "0.0", corner & 8 ? "1.2" : "0.0");
      g_autoptr (StepcastGenerator) generator = make ("gray-scott", parameters);

      for (int i = 0; i < 20; i++)
        {
          g_autoptr (GBytes) frame = NULL;
          double values[STEPCAST_MAX_METRICS];

          step (generator);
          frame = draw (generator);
          g_assert_cmpuint (stepcast_generator_measure (generator, values), ==, 2);
          g_assert_true (values[0] >= 0 && values[0] <= 1);
          g_assert_true (values[1] >= 0 && values[1] <= 1);
        }
    }
}

static void
test_gray_scott_shapes (void)
{
  static const char *const shapes[] = {
    "{'width': <uint32 16>, 'height': <uint32 16>}",
    "{'width': <uint32 16>, 'height': <uint32 700>}",
    "{'width': <uint32 4096>, 'height': <uint32 16>}",
    "{'width': <uint32 333>, 'height': <uint32 77>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (StepcastGenerator) generator = make ("gray-scott", shapes[i]);
      g_autoptr (GBytes) frame = NULL;

      step (generator);
      frame = draw (generator);
      assert_is_picture (frame);
    }
}

static void
add (const char *what, const Subject *subject, GTestDataFunc function)
{
  g_autofree char *path = g_strdup_printf ("/generators/%s/%s", subject->name, what);

  g_test_add_data_func (path, subject, function);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  stepcast_image_set_decoder (g_getenv ("STEPCAST_VALIDATE"));

  g_test_add_func ("/generators/list", test_list);
  for (guint i = 0; i < G_N_ELEMENTS (subjects); i++)
    {
      add ("defaults", &subjects[i], test_defaults);
      add ("determinism", &subjects[i], test_determinism);
      add ("cancelled-before", &subjects[i], test_cancelled_before);
      add ("live-changes", &subjects[i], test_live_changes);
      if (subjects[i].has_seed)
        add ("seed", &subjects[i], test_seed);
      if (!g_str_equal (subjects[i].name, "pattern"))
        add ("ink", &subjects[i], test_ink);
      if (subjects[i].slow != NULL)
        {
          add ("cancelled-within", &subjects[i], test_cancelled_within);
          add ("goes-on-after-cancel", &subjects[i], test_goes_on_after_cancel);
        }
    }
  g_test_add_func ("/generators/attractor/frame", test_attractor_frame);
  g_test_add_func ("/generators/attractor/iterations", test_attractor_iterations);
  g_test_add_func ("/generators/pattern/sizes", test_pattern_sizes);
  g_test_add_func ("/generators/pattern/finishes", test_pattern_finishes);
  g_test_add_func ("/generators/pattern/recycles", test_pattern_recycles);
  g_test_add_func ("/generators/pattern/threads", test_pattern_threads);
  g_test_add_func ("/generators/gray-scott/image", test_gray_scott_image);
  g_test_add_func ("/generators/gray-scott/bad-image", test_gray_scott_bad_image);
  g_test_add_func ("/generators/gray-scott/image-cancelled", test_gray_scott_image_cancelled);
  g_test_add_func ("/generators/gray-scott/extremes", test_gray_scott_extremes);
  g_test_add_func ("/generators/gray-scott/shapes", test_gray_scott_shapes);

  return g_test_run ();
}
