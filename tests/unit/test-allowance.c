/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-allowance.h"
#include "stepcast-error.h"
#include "stepcast-tally.h"
#include "stepcast-test-wait.h"

#define NOW_US (1000 * (gint64) G_USEC_PER_SEC)

static void
on_due (gpointer user_data)
{
  guint *n_due = user_data;

  (*n_due)++;
}

/* ---- how far ---- */

static void
test_until (void)
{
  StepcastAllowance allowance;

  stepcast_allowance_init (&allowance, on_due, NULL);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 0), ==, 0);

  stepcast_allowance_begin (&allowance, 5);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 2), ==, 3);
  g_assert_cmpuint (stepcast_allowance_get_left (&allowance, 7), ==, 0);
  g_assert_false (stepcast_allowance_is_endless (&allowance));

  stepcast_allowance_set_until (&allowance, G_MAXUINT64);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 2), ==, G_MAXUINT64 - 2);
  g_assert_true (stepcast_allowance_is_endless (&allowance));
  stepcast_allowance_clear (&allowance);
}

/* ---- how fast ---- */

static void
test_rate (void)
{
  StepcastAllowance allowance;

  stepcast_allowance_init (&allowance, on_due, NULL);
  stepcast_allowance_begin (&allowance, G_MAXUINT64);
  stepcast_allowance_set_rate (&allowance, STEPCAST_MIN_RATE, FALSE);
  g_assert_cmpfloat (stepcast_allowance_get_rate (&allowance), ==, STEPCAST_MIN_RATE);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 0), ==, 1);
  stepcast_allowance_consume (&allowance, NOW_US, 0);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 0), ==, 1);
  stepcast_allowance_consume (&allowance, NOW_US, 1);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 1), ==, 0);

  stepcast_allowance_set_rate (&allowance, 0, FALSE);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 1), ==, G_MAXUINT64 - 1);
  stepcast_allowance_clear (&allowance);
}

/* What was let go at another rate does not count, once; of another run, not even that. */
static void
test_new_rate (void)
{
  StepcastAllowance allowance;

  stepcast_allowance_init (&allowance, on_due, NULL);
  stepcast_allowance_begin (&allowance, G_MAXUINT64);
  stepcast_allowance_set_rate (&allowance, STEPCAST_MIN_RATE, TRUE);
  stepcast_allowance_consume (&allowance, NOW_US, 1000);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 1000), ==, 1);
  stepcast_allowance_consume (&allowance, NOW_US, 1);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 1001), ==, 0);

  stepcast_allowance_set_rate (&allowance, 2 * STEPCAST_MIN_RATE, TRUE);
  stepcast_allowance_begin (&allowance, G_MAXUINT64);
  stepcast_allowance_consume (&allowance, NOW_US, 1);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, NOW_US, 1), ==, 0);
  stepcast_allowance_clear (&allowance);
}

static void
test_wait (void)
{
  StepcastAllowance allowance;
  guint n_due = 0;
  gint64 now_us = g_get_monotonic_time ();

  stepcast_allowance_init (&allowance, on_due, &n_due);
  stepcast_allowance_begin (&allowance, G_MAXUINT64);
  stepcast_allowance_set_rate (&allowance, STEPCAST_MIN_RATE, FALSE);
  stepcast_allowance_consume (&allowance, now_us, 1);
  stepcast_allowance_wait (&allowance, now_us); /* a quarter of an hour, which is forgotten */

  stepcast_allowance_set_rate (&allowance, 100, FALSE);
  stepcast_allowance_consume (&allowance, now_us, 1);
  stepcast_allowance_wait (&allowance, now_us);
  stepcast_allowance_wait (&allowance, now_us); /* once is enough */
  stepcast_test_wait_for (n_due > 0);
  g_assert_cmpuint (n_due, ==, 1);
  g_assert_cmpuint (stepcast_allowance_get (&allowance, g_get_monotonic_time (), 1), >=, 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_due, ==, 1);

  stepcast_allowance_wait (&allowance, now_us);
  stepcast_allowance_clear (&allowance);
  stepcast_allowance_clear (&allowance);
}

static void
test_check_rate (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_pacer_check_rate (0, NULL));
  g_assert_true (stepcast_pacer_check_rate (STEPCAST_MIN_RATE, NULL));
  g_assert_true (stepcast_pacer_check_rate (STEPCAST_MAX_RATE, NULL));
  g_assert_false (stepcast_pacer_check_rate (-1, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  g_assert_nonnull (strstr (error->message, "“-1”"));
}

/* ---- how much was done ---- */

static void
test_tally (void)
{
  StepcastTally tally = { 0 };

  stepcast_tally_begin (&tally, NOW_US, 0);
  stepcast_tally_add_frames (&tally, 30, FALSE);
  stepcast_tally_add_frames (&tally, 20, TRUE);
  stepcast_tally_update (&tally, NOW_US + G_USEC_PER_SEC, 400);
  g_assert_cmpuint (tally.n_frames, ==, 50);
  g_assert_cmpuint (tally.n_validated, ==, 20);
  g_assert_cmpfloat (stepcast_tally_get_steps_per_second (&tally, NOW_US + G_USEC_PER_SEC, 400), ==,
                     400);
  g_assert_cmpfloat (stepcast_tally_get_frames_per_second (&tally, NOW_US + G_USEC_PER_SEC), ==,
                     50);

  /* What was before a standstill counts, but is not how fast it is. */
  stepcast_tally_begin (&tally, NOW_US + 2 * G_USEC_PER_SEC, 0);
  g_assert_cmpuint (tally.n_frames, ==, 50);
  g_assert_cmpfloat (stepcast_tally_get_frames_per_second (&tally, NOW_US + 3 * G_USEC_PER_SEC), ==,
                     0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/allowance/until", test_until);
  g_test_add_func ("/allowance/rate", test_rate);
  g_test_add_func ("/allowance/new-rate", test_new_rate);
  g_test_add_func ("/allowance/wait", test_wait);
  g_test_add_func ("/allowance/check-rate", test_check_rate);
  g_test_add_func ("/tally", test_tally);

  return g_test_run ();
}
