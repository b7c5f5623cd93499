/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "stepcast-generators.h"
#include "stepcast-parameters.h"

/* What a step and a frame of each built-in generator cost: medians over --steps steps (300), at the
 * defaults and, for gray-scott, on the 512² grid of the peer's figures. --save DIR keeps frames. */

static int n_steps = 300;
static char *save_dir = NULL;

static const GOptionEntry options[] = {
  { "steps", 0, 0, G_OPTION_ARG_INT, &n_steps, "Steps of each generator", "N" },
  { "save", 0, 0, G_OPTION_ARG_FILENAME, &save_dir, "Keep frames 0, 1, 10, 60, 300, …", "DIR" },
  { NULL },
};

typedef struct
{
  const char *label;
  const char *generator;
  const char *parameters; /* GVariant text */
} Case;

/* This thread's: other work on the machine does not count. */
static double
cpu_time_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1000;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static StepcastGenerator *
make (const Case *test)
{
  const StepcastBuiltin *builtins;
  guint n;

  builtins = stepcast_generators_list (&n);
  for (guint i = 0; i < n; i++)
    if (g_str_equal (builtins[i].name, test->generator))
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (GVariant) given =
          g_variant_parse (G_VARIANT_TYPE_VARDICT, test->parameters, NULL, NULL, &error);
        g_autoptr (GVariant) values = NULL;

        g_assert_no_error (error);
        values = stepcast_parameters_check (builtins[i].get_type (), given, &error);
        g_assert_no_error (error);
        return STEPCAST_GENERATOR (stepcast_parameters_construct (builtins[i].get_type (), values));
      }
  g_assert_not_reached ();
}

static void
save (const Case *test, int step, GBytes *frame)
{
  static const int steps[] = { 0, 1, 10, 30, 60, 120, 300, 600, 1200 };

  if (save_dir == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (steps[i] == step)
      {
        g_autofree char *path = g_strdup_printf ("%s/%s-%04d.svg", save_dir, test->label, step);

        g_file_set_contents (path, g_bytes_get_data (frame, NULL),
                             (gssize) g_bytes_get_size (frame), NULL);
      }
}

static void
run (const Case *test, GString *result)
{
  g_autoptr (StepcastGenerator) generator = make (test);
  g_autoptr (GError) error = NULL;
  g_autofree double *step_ms = g_new (double, n_steps);
  g_autofree double *draw_ms = g_new (double, n_steps);
  gsize max_bytes = 0;
  double sum_bytes = 0;

  g_assert_true (stepcast_generator_prepare (generator, NULL, &error));
  for (int i = 0; i <= n_steps; i++)
    {
      double start = cpu_time_us ();
      double stepped = start;
      GBytes *frame;

      if (i > 0)
        {
          g_assert_cmpint (stepcast_generator_step (generator, NULL, &error), ==,
                           STEPCAST_STEP_DONE);
          stepped = cpu_time_us ();
        }
      frame = stepcast_generator_draw (generator, NULL, &error);
      g_assert_no_error (error);
      if (i > 0)
        {
          step_ms[i - 1] = (stepped - start) / 1000;
          draw_ms[i - 1] = (cpu_time_us () - stepped) / 1000;
          sum_bytes += (double) g_bytes_get_size (frame);
          max_bytes = MAX (max_bytes, g_bytes_get_size (frame));
        }
      save (test, i, frame);
      g_bytes_unref (frame);
    }

  qsort (step_ms, (gsize) n_steps, sizeof *step_ms, compare);
  qsort (draw_ms, (gsize) n_steps, sizeof *draw_ms, compare);
  g_print ("%-15s step %7.4f ms (best %7.4f), draw %7.4f ms (best %7.4f), %7.0f bytes, at most "
           "%" G_GSIZE_FORMAT "\n",
           test->label, step_ms[n_steps / 2], step_ms[0], draw_ms[n_steps / 2], draw_ms[0],
           sum_bytes / n_steps, max_bytes);
  g_string_append_printf (result,
                          "%s\"%s\": {\"step_ms\": %.4f, \"draw_ms\": %.4f, \"bytes\": %.0f, "
                          "\"max_bytes\": %" G_GSIZE_FORMAT "}",
                          result->len > 1 ? ", " : "", test->label, step_ms[n_steps / 2],
                          draw_ms[n_steps / 2], sum_bytes / n_steps, max_bytes);
}

int
main (int argc, char *argv[])
{
  static const Case cases[] = {
    { "attractor", "attractor", "{}" },
    { "pattern", "pattern", "{}" },
    { "pattern-1MB", "pattern", "{'bytes': <uint32 1000000>}" },
    { "gray-scott", "gray-scott", "{}" },
    { "gray-scott-512", "gray-scott", "{'width': <uint32 512>, 'height': <uint32 512>}" },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GString) result = g_string_new ("{");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || n_steps < 1)
    g_error ("%s", error ? error->message : "--steps must be at least 1");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    run (&cases[i], result);
  g_print ("RESULT %s}\n", result->str);
  return 0;
}
