/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <cairo.h>
#include <glib/gstdio.h>
#include <string.h>

#include "stepcast-error.h"
#include "stepcast-rasterizer.h"
#include "stepcast-test-wait.h"
#include "stepcast-validator.h"

#define SVG "<svg xmlns='http://www.w3.org/2000/svg' "
#define CIRCLE SVG "viewBox='0 0 20 10'><circle cx='5' cy='5' r='4' fill='#ff8000'/></svg>"
#define BROKEN SVG "><g></svg>"

/* librsvg would need days: its area is that of the picture. */
#define BOMB                                                                                       \
  SVG "width='300' height='300'><filter id='f'><feTurbulence baseFrequency='.1' "                  \
      "numOctaves='1000000'/></filter><rect width='300' height='300' filter='url(#f)'/></svg>"

/* Long enough for whatever works, on a machine that is busy under a sanitizer. */
#define LONG_DEADLINE_MS (60 * 1000)

/* A result of one picture; reused as a counter of many. */
typedef struct
{
  guint n_done;
  GBytes *png;   /* the last one */
  GError *error; /* the last one */
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_clear_pointer (&outcome->png, g_bytes_unref);
  g_clear_error (&outcome->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
on_rendered (GObject *source, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  outcome_clear (outcome);
  outcome->n_done++;
  outcome->png =
    stepcast_rasterizer_render_finish (STEPCAST_RASTERIZER (source), result, &outcome->error);
  g_assert_cmpint (outcome->png == NULL, ==, outcome->error != NULL);
}

static void
start (StepcastRasterizer *rasterizer,
       const char *svg,
       guint width,
       GCancellable *cancellable,
       Outcome *outcome)
{
  g_autoptr (GBytes) bytes = g_bytes_new (svg, strlen (svg));

  stepcast_rasterizer_render_async (rasterizer, bytes, width, cancellable, on_rendered, outcome);
}

static GBytes *
render (StepcastRasterizer *rasterizer, const char *svg, guint width, GError **error)
{
  Outcome outcome = { 0 };

  start (rasterizer, svg, width, NULL, &outcome);
  stepcast_test_wait_for (outcome.n_done == 1);
  if (outcome.error != NULL)
    g_propagate_error (error, outcome.error);
  return outcome.png;
}

static void
assert_refused (StepcastRasterizer *rasterizer,
                const char *svg,
                guint width,
                int code,
                const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png = render (rasterizer, svg, width, &error);

  g_assert_null (png);
  g_assert_error (error, STEPCAST_ERROR, code);
  g_test_message ("%s", error->message);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, error->message);
}

typedef struct
{
  GBytes *png;
  gsize offset;
} Reader;

static cairo_status_t
read_png (void *closure, unsigned char *data, unsigned int length)
{
  Reader *reader = closure;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (reader->png, &size);

  if (length > size - reader->offset)
    return CAIRO_STATUS_READ_ERROR;
  memcpy (data, bytes + reader->offset, length);
  reader->offset += length;
  return CAIRO_STATUS_SUCCESS;
}

/* It is a PNG to the last byte. */
static cairo_surface_t *
decode (GBytes *png)
{
  Reader reader = { png, 0 };
  cairo_surface_t *surface = cairo_image_surface_create_from_png_stream (read_png, &reader);

  g_assert_cmpint (cairo_surface_status (surface), ==, CAIRO_STATUS_SUCCESS);
  g_assert_cmpuint (reader.offset, ==, g_bytes_get_size (png));
  g_assert_cmpint (cairo_image_surface_get_format (surface), ==, CAIRO_FORMAT_ARGB32);
  return surface;
}

/* With alpha, which colours are multiplied with: 0xaarrggbb. */
static guint32
get_pixel (cairo_surface_t *surface, int x, int y)
{
  const int stride = cairo_image_surface_get_stride (surface);
  guint32 pixel;

  memcpy (&pixel, cairo_image_surface_get_data (surface) + y * stride + 4 * x, sizeof pixel);
  return pixel;
}

static guint32
read_big_endian (const guint8 *from)
{
  guint32 number;

  memcpy (&number, from, sizeof number);
  return GUINT32_FROM_BE (number);
}

static void
assert_size (GBytes *png, guint width, guint height)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (png, &size);

  g_assert_cmpuint (size, >, 33);
  g_assert_cmpmem (data, 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_cmpmem (data + 12, 4, "IHDR", 4);
  g_assert_cmpuint (read_big_endian (data + 16), ==, width);
  g_assert_cmpuint (read_big_endian (data + 20), ==, height);
}

static void
assert_draws (StepcastRasterizer *rasterizer,
              const char *svg,
              guint asked,
              guint width,
              guint height)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png = render (rasterizer, svg, asked, &error);

  g_assert_no_error (error);
  assert_size (png, width, height);
}

static StepcastRasterizer *
new_rasterizer (const char *helper, guint max_helpers, guint deadline_ms)
{
  return g_object_new (STEPCAST_TYPE_RASTERIZER, "helper-path", helper, "max-helpers", max_helpers,
                       "deadline-ms", deadline_ms, NULL);
}

static StepcastRasterizer *
new_real_rasterizer (guint deadline_ms)
{
  const char *helper = g_getenv ("STEPCAST_VALIDATE");

  g_assert_nonnull (helper);
  return new_rasterizer (helper, 1, deadline_ms);
}

/* The children of all threads of this process: GLib starts them in one of its own. */
static guint
count_children (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n_children = 0;
  const char *task;

  g_assert_nonnull (tasks);
  while ((task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/children", task);
      g_autofree char *children = NULL;

      if (!g_file_get_contents (path, &children, NULL, NULL))
        continue;
      for (const char *c = children; *c != '\0'; c++)
        n_children += *c == ' ';
    }

  return n_children;
}

static void
shut_down (StepcastRasterizer *rasterizer)
{
  stepcast_rasterizer_shut_down (rasterizer);
  stepcast_test_wait_for (count_children () == 0);
}

/* A helper of our own, as a shell script. */
static char *
write_helper (const char *script)
{
  g_autofree char *path = NULL;
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", script, "\n", NULL);
  g_autoptr (GError) error = NULL;
  const int fd = g_file_open_tmp ("stepcast-helper-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);
  return g_steal_pointer (&path);
}

static void
remove_helper (char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_free (path);
}

static void
test_circle (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png = render (rasterizer, CIRCLE, 200, &error);
  cairo_surface_t *surface;

  g_assert_no_error (error);
  assert_size (png, 200, 100);
  surface = decode (png);
  g_assert_cmphex (get_pixel (surface, 50, 50), ==, 0xffff8000);
  g_assert_cmphex (get_pixel (surface, 50, 12), ==, 0xffff8000);
  g_assert_cmphex (get_pixel (surface, 50, 8), ==, 0);
  g_assert_cmphex (get_pixel (surface, 0, 0), ==, 0);
  g_assert_cmphex (get_pixel (surface, 150, 50), ==, 0);
  cairo_surface_destroy (surface);

  /* What it was drawn by does not stay. */
  stepcast_test_wait_for (count_children () == 0);
  shut_down (rasterizer);
}

/* What is drawn on a layer of its own is as large as the rest. */
static void
test_layers (void)
{
  static const char *const layers[] = {
    SVG "viewBox='0 0 4 4'><g opacity='.5'><rect x='1' y='1' width='2' height='2'/></g></svg>",
    SVG "width='4' height='4'><g opacity='.5'><rect x='1' y='1' width='2' height='2'/></g></svg>",
    SVG "><g opacity='.5'><rect x='25%' y='25%' width='50%' height='50%'/></g></svg>",
    SVG "viewBox='0 0 4 4'><filter id='f'><feComponentTransfer><feFuncA type='linear' "
        "slope='.5'/></feComponentTransfer></filter><rect x='1' y='1' width='2' height='2' "
        "filter='url(#f)'/></svg>",
  };
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);

  for (guint i = 0; i < G_N_ELEMENTS (layers); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) png = render (rasterizer, layers[i], 400, &error);
      cairo_surface_t *surface;
      int height;

      g_assert_no_error (error);
      surface = decode (png);
      height = cairo_image_surface_get_height (surface);
      g_assert_cmpuint (get_pixel (surface, 200, height / 2) >> 24, >=, 0x7f);
      g_assert_cmpuint (get_pixel (surface, 200, height / 2) >> 24, <=, 0x80);
      g_assert_cmpuint (get_pixel (surface, 290, height * 29 / 40) >> 24, >=, 0x7f);
      g_assert_cmphex (get_pixel (surface, 310, height / 2), ==, 0);
      g_assert_cmphex (get_pixel (surface, 200, height * 31 / 40), ==, 0);
      cairo_surface_destroy (surface);
    }

  shut_down (rasterizer);
}

static void
test_sizes (void)
{
  static const struct
  {
    const char *svg;
    guint asked;
    guint width;
    guint height;
  } sizes[] = {
    { SVG "width='30' height='20'/>", 0, 30, 20 },
    { SVG "width='30' height='20'/>", 300, 300, 200 },
    { SVG "width='30' height='20' viewBox='0 0 1 1'/>", 1, 1, 1 },
    { SVG "width='72pt' height='36pt' viewBox='0 0 72 36'/>", 0, 96, 48 },
    { SVG "width='100%' height='100%' viewBox='0 0 20 10'/>", 0, 20, 10 },
    { SVG "width='400' viewBox='0 0 20 10'/>", 0, 400, 200 },
    { SVG "height='400' viewBox='0 0 20 10'/>", 0, 800, 400 },
    { SVG "viewBox='0 0 20 10'/>", 50, 50, 25 },
    { SVG "/>", 0, 300, 150 },
    { SVG "/>", 600, 600, 300 },
    { SVG "width='0.1' height='0.1'/>", 0, 1, 1 },
    { SVG "width='20000' height='100'/>", 0, 8192, 41 },
    { SVG "width='1e9' height='1'/>", 0, 8192, 1 },
    { SVG "width='1' height='32767'/>", 0, 1, 32767 },
  };
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_test_message ("%s at %u", sizes[i].svg, sizes[i].asked);
      assert_draws (rasterizer, sizes[i].svg, sizes[i].asked, sizes[i].width, sizes[i].height);
    }

  shut_down (rasterizer);
}

/* It fits into the memory of a helper, with text, which wants fonts. */
static void
test_largest (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);

  assert_draws (rasterizer,
                SVG "viewBox='0 0 10 10'><text y='5' font-size='4'>Text</text>"
                    "<circle cx='5' cy='5' r='4' fill='none' stroke='red'/></svg>",
                STEPCAST_RASTERIZER_MAX_WIDTH, 8192, 8192);
  shut_down (rasterizer);
}

static void
test_absurd_sizes (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);

  assert_refused (rasterizer, SVG "width='1' height='1e9'/>", 0, STEPCAST_ERROR_LIMIT_EXCEEDED,
                  "A picture of 1 × 1e+09 pixels is too large");
  assert_refused (rasterizer, SVG "width='1' height='32768'/>", 0, STEPCAST_ERROR_LIMIT_EXCEEDED,
                  "is too large");
  assert_refused (rasterizer, SVG "viewBox='0 0 8192 8193'/>", 8192, STEPCAST_ERROR_LIMIT_EXCEEDED,
                  "A picture of 8192 × 8193 pixels is too large");
  assert_refused (rasterizer, SVG "viewBox='0 0 0 10'/>", 9, STEPCAST_ERROR_INVALID_FRAME,
                  "librsvg can't draw this frame: it has no area");
  assert_refused (rasterizer, SVG "width='0' height='5'/>", 0, STEPCAST_ERROR_INVALID_FRAME,
                  "it has no area");
  assert_refused (rasterizer, CIRCLE, STEPCAST_RASTERIZER_MAX_WIDTH + 1,
                  STEPCAST_ERROR_INVALID_VALUE, "A picture can't be 8193 pixels wide");
  assert_draws (rasterizer, CIRCLE, 10, 10, 5);
  shut_down (rasterizer);
}

/* Noise can't be compressed. */
static void
test_large_png (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png =
    render (rasterizer,
            SVG "viewBox='0 0 9 9'><filter id='f' x='0' y='0' width='1' height='1'>"
                "<feTurbulence baseFrequency='9'/></filter>"
                "<rect width='9' height='9' filter='url(#f)'/></svg>",
            800, &error);
  cairo_surface_t *surface;

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (png), >, 1000 * 1000);
  surface = decode (png);
  cairo_surface_destroy (surface);
  shut_down (rasterizer);
}

static void
test_broken (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);

  assert_refused (rasterizer, BROKEN, 9, STEPCAST_ERROR_INVALID_FRAME,
                  "librsvg can't draw this frame: ");
  assert_refused (rasterizer, "", 9, STEPCAST_ERROR_INVALID_FRAME,
                  "librsvg can't draw this frame: ");
  assert_draws (rasterizer, CIRCLE, 10, 10, 5);
  shut_down (rasterizer);
}

static char *
make_crasher (void)
{
  GString *text = g_string_new (SVG "><filter id='f'><feConvolveMatrix order='21' kernelMatrix='");

  for (guint i = 0; i < 441; i++)
    g_string_append (text, "1 ");
  g_string_append (text, "'/></filter></svg>");
  return g_string_free (text, FALSE);
}

/* librsvg 2.54 aborts on it; a later one may draw it. */
static void
test_crasher (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);
  g_autofree char *crasher = make_crasher ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png = render (rasterizer, crasher, 9, &error);

  if (png != NULL)
    g_test_skip ("This librsvg does not crash on it");
  else
    assert_refused (rasterizer, crasher, 9, STEPCAST_ERROR_INVALID_FRAME,
                    "librsvg crashed (signal 6, Aborted) on this frame");
  assert_draws (rasterizer, CIRCLE, 10, 10, 5);
  shut_down (rasterizer);
}

static void
test_deadline (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (3000);

  assert_refused (rasterizer, BOMB, 300, STEPCAST_ERROR_UNRESPONSIVE,
                  "librsvg took longer than 3 s on this frame");
  assert_draws (rasterizer, CIRCLE, 10, 10, 5);
  shut_down (rasterizer);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* A bomb is drawn, and nobody's frame is checked the later for it. */
static void
test_checks_do_not_wait (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);
  g_autoptr (StepcastValidator) validator =
    stepcast_validator_new (g_getenv ("STEPCAST_VALIDATE"), 1);
  g_autoptr (GBytes) svg = g_bytes_new_static (CIRCLE, strlen (CIRCLE));
  g_auto (Outcome) bomb = { 0 };

  start (rasterizer, BOMB, 300, NULL, &bomb);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GAsyncResult) result = NULL;

      stepcast_validator_check_async (validator, svg, NULL, keep_result, &result);
      stepcast_test_wait_for (result != NULL);
      g_assert_true (stepcast_validator_check_finish (validator, result, &error));
      g_assert_no_error (error);
    }
  g_assert_cmpuint (bomb.n_done, ==, 0);

  stepcast_validator_shut_down (validator);
  stepcast_rasterizer_shut_down (rasterizer);
  stepcast_test_wait_for (bomb.n_done == 1);
  g_assert_error (bomb.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  stepcast_test_wait_for (count_children () == 0);
}

/* What nobody waits for is not drawn on: the next has its turn at once. */
static void
test_cancel (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Outcome) cancelled = { 0 };
  g_auto (Outcome) next = { 0 };

  start (rasterizer, BOMB, 300, cancellable, &cancelled);
  start (rasterizer, CIRCLE, 10, NULL, &next);
  start (rasterizer, CIRCLE, 10, cancellable, &cancelled);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (cancelled.n_done + next.n_done, ==, 0);

  g_cancellable_cancel (cancellable);
  stepcast_test_wait_for (cancelled.n_done == 2);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  stepcast_test_wait_for (next.n_done == 1);
  g_assert_no_error (next.error);
  assert_size (next.png, 10, 5);

  /* It was cancelled before it began. */
  start (rasterizer, CIRCLE, 10, cancellable, &cancelled);
  stepcast_test_wait_for (cancelled.n_done == 3);
  g_assert_error (cancelled.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  shut_down (rasterizer);
}

static void
test_shut_down (void)
{
  g_autoptr (StepcastRasterizer) rasterizer = new_real_rasterizer (LONG_DEADLINE_MS);
  g_auto (Outcome) outcome = { 0 };

  for (guint i = 0; i < 3; i++)
    start (rasterizer, BOMB, 300, NULL, &outcome);
  g_assert_cmpuint (count_children (), ==, 1);

  stepcast_rasterizer_shut_down (rasterizer);
  stepcast_rasterizer_shut_down (rasterizer);
  stepcast_test_wait_for (outcome.n_done == 3);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  stepcast_test_wait_for (count_children () == 0);

  start (rasterizer, CIRCLE, 10, NULL, &outcome);
  stepcast_test_wait_for (outcome.n_done == 4);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
check_helper (const char *script, int code, const char *message)
{
  char *helper = write_helper (script);
  g_autoptr (StepcastRasterizer) rasterizer = new_rasterizer (helper, 1, LONG_DEADLINE_MS);

  for (guint i = 0; i < 2; i++)
    assert_refused (rasterizer, CIRCLE, 9, code, message);

  shut_down (rasterizer);
  remove_helper (helper);
}

/* The service takes nothing from a helper that somebody has taken over, but what it can bear. */
static void
test_broken_helpers (void)
{
  check_helper ("exit 3", STEPCAST_ERROR_PROGRAM_FAILED, "ended without an answer (exit status 3)");
  check_helper ("kill -XCPU $$", STEPCAST_ERROR_UNRESPONSIVE,
                "librsvg used more than 63 s of processor time");
  /* 32 MiB and a byte; a message of 1025; a status that is none. */
  check_helper ("printf '\\000\\001\\000\\000\\002'; exec sleep 1000",
                STEPCAST_ERROR_PROGRAM_FAILED, "gave an answer that is none");
  check_helper ("printf '\\003\\001\\004\\000\\000'; exec sleep 1000",
                STEPCAST_ERROR_PROGRAM_FAILED, "gave an answer that is none");
  check_helper ("printf '\\004\\000\\000\\000\\000'; exec sleep 1000",
                STEPCAST_ERROR_PROGRAM_FAILED, "gave an answer that is none");
  /* Half of a picture. */
  check_helper ("printf '\\000\\004\\000\\000\\000\\211P'; exit 0", STEPCAST_ERROR_PROGRAM_FAILED,
                "ended without an answer");
  check_helper ("printf '\\003\\003\\000\\000\\000a\\377b'; exec cat >/dev/null",
                STEPCAST_ERROR_LIMIT_EXCEEDED,
                "a\xef\xbf\xbd"
                "b");
}

static void
test_parse_width (void)
{
  static const char *const bad[] = {
    "",    "0",    "8193", "-1",    "+1",   "1.5",
    "1e3", " 100", "100 ", "width", "0x10", "99999999999999999999"
  };
  g_autoptr (GError) error = NULL;
  guint width;

  g_assert_true (stepcast_rasterizer_parse_width (NULL, &width, &error));
  g_assert_cmpuint (width, ==, 0);
  g_assert_true (stepcast_rasterizer_parse_width ("1", &width, &error));
  g_assert_cmpuint (width, ==, 1);
  g_assert_true (stepcast_rasterizer_parse_width ("8192", &width, &error));
  g_assert_cmpuint (width, ==, 8192);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("“%s”", bad[i]);
      g_assert_false (stepcast_rasterizer_parse_width (bad[i], &width, &error));
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      g_clear_error (&error);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rasterizer/parse-width", test_parse_width);
  g_test_add_func ("/rasterizer/circle", test_circle);
  g_test_add_func ("/rasterizer/layers", test_layers);
  g_test_add_func ("/rasterizer/sizes", test_sizes);
  g_test_add_func ("/rasterizer/largest", test_largest);
  g_test_add_func ("/rasterizer/absurd-sizes", test_absurd_sizes);
  g_test_add_func ("/rasterizer/large-png", test_large_png);
  g_test_add_func ("/rasterizer/broken", test_broken);
  g_test_add_func ("/rasterizer/crasher", test_crasher);
  g_test_add_func ("/rasterizer/deadline", test_deadline);
  g_test_add_func ("/rasterizer/checks-do-not-wait", test_checks_do_not_wait);
  g_test_add_func ("/rasterizer/cancel", test_cancel);
  g_test_add_func ("/rasterizer/shut-down", test_shut_down);
  g_test_add_func ("/rasterizer/broken-helpers", test_broken_helpers);
  return g_test_run ();
}
