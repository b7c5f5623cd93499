/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-unshown.h"

#define FRAME_BYTES 100

static void
give (StepcastUnshown *unshown, guint run, guint64 serial, gint64 now_us, gsize n_bytes)
{
  g_autoptr (GBytes) svg = g_bytes_new_take (g_malloc0 (n_bytes), n_bytes);
  g_autoptr (StepcastFrame) frame = stepcast_frame_new (svg, run, serial, serial, 0);

  stepcast_unshown_give (unshown, frame, now_us);
}

static void
give_long (StepcastUnshown *unshown, guint run, guint64 first, guint64 last, gsize n_bytes)
{
  for (guint64 serial = first; serial <= last; serial++)
    give (unshown, run, serial, (gint64) serial, n_bytes);
}

static void
give_some (StepcastUnshown *unshown, guint run, guint64 first, guint64 last)
{
  give_long (unshown, run, first, last, FRAME_BYTES);
}

/* "1-7 1-8": the frames that are left. */
static void
assert_serials (const StepcastUnshown *unshown, const char *expected)
{
  g_autoptr (GPtrArray) frames = stepcast_unshown_list (unshown);
  g_autoptr (GString) left = g_string_new (NULL);

  for (guint i = 0; i < frames->len; i++)
    g_string_append_printf (left, "%s%u-%" G_GUINT64_FORMAT, i > 0 ? " " : "",
                            stepcast_frame_get_run (frames->pdata[i]),
                            stepcast_frame_get_serial (frames->pdata[i]));
  g_assert_cmpstr (left->str, ==, expected);
  g_assert_cmpuint (stepcast_unshown_get_length (unshown), ==, frames->len);
}

static void
assert_left (const StepcastUnshown *unshown, const char *expected)
{
  assert_serials (unshown, expected);
  g_assert_cmpuint (unshown->n_bytes, ==, stepcast_unshown_get_length (unshown) * FRAME_BYTES);
}

static void
test_acknowledge (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  g_assert_false (unshown.is_acking);
  g_assert_cmpint (unshown.round_trip_us, ==, -1);

  give_some (&unshown, 1, 1, 5);
  stepcast_unshown_acknowledge (&unshown, 1, 3, 103);
  assert_left (&unshown, "1-4 1-5");
  g_assert_true (unshown.is_acking);
  g_assert_cmpint (unshown.round_trip_us, ==, 100);

  /* One that was acknowledged before, and one that never was given. */
  stepcast_unshown_acknowledge (&unshown, 1, 2, 999);
  assert_left (&unshown, "1-4 1-5");
  g_assert_cmpint (unshown.round_trip_us, ==, 100);
  stepcast_unshown_acknowledge (&unshown, 1, 99, 105);
  assert_left (&unshown, "");

  stepcast_unshown_clear (&unshown);
}

/* A frame of a run is after all of the run before it. */
static void
test_acknowledge_across_runs (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  give_some (&unshown, 1, 8, 9);
  give_some (&unshown, 2, 1, 3);
  stepcast_unshown_acknowledge (&unshown, 1, 8, 100);
  assert_left (&unshown, "1-9 2-1 2-2 2-3");
  stepcast_unshown_acknowledge (&unshown, 2, 1, 100);
  assert_left (&unshown, "2-2 2-3");
  stepcast_unshown_acknowledge (&unshown, 1, 99, 100);
  assert_left (&unshown, "2-2 2-3");

  stepcast_unshown_clear (&unshown);
  assert_left (&unshown, "");
}

static void
test_take_back (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  give_some (&unshown, 1, 1, 4);
  stepcast_unshown_take_back (&unshown, 2);
  assert_left (&unshown, "1-1 1-2");
  stepcast_unshown_take_back (&unshown, 0);
  assert_left (&unshown, "1-1 1-2");
  stepcast_unshown_take_back (&unshown, 9);
  assert_left (&unshown, "");

  stepcast_unshown_clear (&unshown);
}

/* Frames of two runs wait when the second is stopped: what is taken back is theirs. */
static void
test_take_back_across_runs (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  give_some (&unshown, 1, 1, 4);
  stepcast_unshown_settle (&unshown, 2);
  assert_left (&unshown, "1-1 1-2 1-3 1-4");
  give_some (&unshown, 2, 1, 2);
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 2);

  stepcast_unshown_take_back (&unshown, 3);
  assert_left (&unshown, "1-1 1-2 1-3");
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 0);
  give_some (&unshown, 3, 1, 1);
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 1);

  stepcast_unshown_clear (&unshown);
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 0);
}

/* What is settled is owed, and waited for no more. */
static void
test_settle (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  give_some (&unshown, 1, 1, 4);
  stepcast_unshown_settle (&unshown, 1); /* its own run has begun */
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 4);
  stepcast_unshown_settle (&unshown, 3);
  stepcast_unshown_settle (&unshown, 3);
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 0);
  give_some (&unshown, 3, 1, 2);
  assert_left (&unshown, "1-1 1-2 1-3 1-4 3-1 3-2");

  stepcast_unshown_acknowledge (&unshown, 1, 2, 100);
  assert_left (&unshown, "1-3 1-4 3-1 3-2");
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 2);
  g_assert_cmpuint (stepcast_unshown_rewind (&unshown, 1, 3), ==, 0);
  assert_left (&unshown, "1-4 3-1 3-2");
  stepcast_unshown_acknowledge (&unshown, 3, 1, 100);
  assert_left (&unshown, "3-2");
  g_assert_cmpuint (stepcast_unshown_get_n_awaited (&unshown), ==, 1);

  stepcast_unshown_clear (&unshown);
}

/* So long that five are kept. */
#define LONG_BYTES (STEPCAST_MAX_KEPT_BYTES / 5)

static void
test_forget (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  give_long (&unshown, 1, 1, 9, LONG_BYTES);
  stepcast_unshown_forget (&unshown, 8);
  assert_serials (&unshown, "1-2 1-3 1-4 1-5 1-6 1-7 1-8 1-9");
  stepcast_unshown_forget (&unshown, 0);
  assert_serials (&unshown, "1-5 1-6 1-7 1-8 1-9");
  give_long (&unshown, 1, 10, 12, STEPCAST_MAX_KEPT_BYTES);
  stepcast_unshown_forget (&unshown, 1);
  assert_serials (&unshown, "1-11 1-12");
  stepcast_unshown_forget (&unshown, 0);
  assert_serials (&unshown, "1-11 1-12");

  stepcast_unshown_clear (&unshown);
}

/* Of a viewer that acknowledges. */
static void
test_forget_settled (void)
{
  StepcastUnshown unshown;

  stepcast_unshown_init (&unshown);
  stepcast_unshown_acknowledge (&unshown, 1, 0, 1);
  give_long (&unshown, 1, 1, 8, LONG_BYTES);
  stepcast_unshown_forget (&unshown, 0);
  assert_serials (&unshown, "1-1 1-2 1-3 1-4 1-5 1-6 1-7 1-8"); /* they are waited for */
  stepcast_unshown_settle (&unshown, 2);
  give_long (&unshown, 2, 1, 1, LONG_BYTES);
  stepcast_unshown_forget (&unshown, 7);
  assert_serials (&unshown, "1-3 1-4 1-5 1-6 1-7 1-8 2-1");
  stepcast_unshown_forget (&unshown, 0);
  assert_serials (&unshown, "1-5 1-6 1-7 1-8 2-1");
  give_long (&unshown, 2, 2, 7, LONG_BYTES);
  stepcast_unshown_forget (&unshown, 0);
  assert_serials (&unshown, "2-1 2-2 2-3 2-4 2-5 2-6 2-7");

  stepcast_unshown_clear (&unshown);
}

/* Each place in what is kept, and on both sides of it. */
static void
test_rewind (void)
{
  static const struct
  {
    guint run;
    guint64 serial;
    guint64 n_missed;
    const char *left;
  } cases[] = {
    { 0, 0, 0, "1-5 1-6 2-1" }, /* it does not say */
    { 1, 0, 4, "1-5 1-6 2-1" }, /* nothing of this run */
    { 1, 3, 1, "1-5 1-6 2-1" }, /* one is gone */
    { 1, 4, 0, "1-5 1-6 2-1" }, /* just before what is kept */
    { 1, 5, 0, "1-6 2-1" },     /* within it */
    { 1, 6, 0, "2-1" },         /* the last of a run */
    { 1, 77, 0, "2-1" },        /* more than there was */
    { 2, 1, 0, "" },            /* all */
    { 3, 1, 0, "" },            /* of a run that it can't have seen */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      StepcastUnshown unshown;

      stepcast_unshown_init (&unshown);
      give_some (&unshown, 1, 5, 6);
      give_some (&unshown, 2, 1, 1);
      g_assert_cmpuint (stepcast_unshown_rewind (&unshown, cases[i].run, cases[i].serial), ==,
                        cases[i].n_missed);
      assert_left (&unshown, cases[i].left);
      stepcast_unshown_clear (&unshown);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/unshown/acknowledge", test_acknowledge);
  g_test_add_func ("/unshown/acknowledge-across-runs", test_acknowledge_across_runs);
  g_test_add_func ("/unshown/take-back", test_take_back);
  g_test_add_func ("/unshown/take-back-across-runs", test_take_back_across_runs);
  g_test_add_func ("/unshown/settle", test_settle);
  g_test_add_func ("/unshown/forget-settled", test_forget_settled);
  g_test_add_func ("/unshown/forget", test_forget);
  g_test_add_func ("/unshown/rewind", test_rewind);

  return g_test_run ();
}
