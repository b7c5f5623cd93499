/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <math.h>

#include "stepcast-meter.h"
#include "stepcast-pacer.h"

#define MS 1000

static void
assert_near (double value, double expected)
{
  g_assert_cmpfloat_with_epsilon (value, expected, expected * 1e-9);
}

/* ---- how fast ---- */

static void
test_begin (void)
{
  StepcastMeter meter;

  stepcast_meter_begin (&meter, 1000 * MS, 70);
  g_assert_cmpfloat (stepcast_meter_get (&meter, 1000 * MS, 70), ==, 0);
  g_assert_cmpfloat (stepcast_meter_get (&meter, 1010 * MS, 70), ==, 0);

  /* Before a window is over, what there is. */
  assert_near (stepcast_meter_get (&meter, 1100 * MS, 80), 100);
}

static void
test_steady (void)
{
  StepcastMeter meter;

  stepcast_meter_begin (&meter, 0, 0);
  for (guint64 count = 1; count <= 5000; count++)
    {
      gint64 now_us = (gint64) count * 2 * MS;

      stepcast_meter_update (&meter, now_us, count);
      assert_near (stepcast_meter_get (&meter, now_us, count), 500);
    }
}

static void
test_changes (void)
{
  StepcastMeter meter;

  stepcast_meter_begin (&meter, 0, 0);
  stepcast_meter_update (&meter, 500 * MS, 50);
  assert_near (stepcast_meter_get (&meter, 600 * MS, 50), 100);

  /* It stands still: that is seen when the window has passed. */
  assert_near (stepcast_meter_get (&meter, 1500 * MS, 51), 1);

  /* It is slower than a window. */
  stepcast_meter_update (&meter, 5500 * MS, 51);
  assert_near (stepcast_meter_get (&meter, 5600 * MS, 51), 0.2);
}

static void
test_anew (void)
{
  StepcastMeter meter;

  stepcast_meter_begin (&meter, 0, 0);
  stepcast_meter_update (&meter, 600 * MS, 600);
  stepcast_meter_begin (&meter, 700 * MS, 0);
  g_assert_cmpfloat (stepcast_meter_get (&meter, 700 * MS, 0), ==, 0);
}

/* ---- how fast at most ---- */

static void
test_unlimited (void)
{
  StepcastPacer pacer = { 0 };

  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, 0), ==, G_MAXUINT64);
  stepcast_pacer_consume (&pacer, 0, 1000000);
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, 0), ==, G_MAXUINT64);
  g_assert_cmpuint (stepcast_pacer_get_wait_ms (&pacer, 0), ==, 0);
}

static void
test_wait (void)
{
  StepcastPacer pacer = { 0 };
  gint64 now_us = 1000 * MS;

  stepcast_pacer_set_rate (&pacer, 10);
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us), ==, 1);
  stepcast_pacer_consume (&pacer, now_us, 1);
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us), ==, 0);

  /* What is left of the lateness that is made up for is short of a step. */
  now_us += stepcast_pacer_get_wait_ms (&pacer, now_us) * MS;
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us), ==, 1);
  stepcast_pacer_consume (&pacer, now_us, 1);
  g_assert_cmpuint (stepcast_pacer_get_wait_ms (&pacer, now_us), ==, 100);
}

/* Whatever the lateness of the timer, it is the rate in the long run, and never more. */
static void
test_rate (gconstpointer data)
{
  const double rate = *(const double *) data;
  StepcastPacer pacer = { 0 };
  GRand *random = g_rand_new_with_seed (1);
  gint64 now_us = 5000 * MS;
  const gint64 begin_us = now_us;
  guint64 n_steps = 0;

  stepcast_pacer_set_rate (&pacer, rate);
  for (guint i = 0; i < 10000; i++)
    {
      guint64 allowance = stepcast_pacer_get_allowance (&pacer, now_us);

      n_steps += allowance;
      stepcast_pacer_consume (&pacer, now_us, allowance);
      g_assert_cmpfloat ((double) n_steps, <=,
                         1.5 + rate * ((double) (now_us - begin_us) / G_USEC_PER_SEC));
      now_us +=
        stepcast_pacer_get_wait_ms (&pacer, now_us) * MS + g_rand_int_range (random, 0, 5000);
    }

  g_assert_cmpfloat_with_epsilon ((double) n_steps * G_USEC_PER_SEC / (double) (now_us - begin_us),
                                  rate, rate * 0.02);
  g_rand_free (random);
}

/* A session that could not keep up does not race afterwards. */
static void
test_no_catching_up (void)
{
  StepcastPacer pacer = { 0 };
  gint64 now_us = 1000 * MS;

  stepcast_pacer_set_rate (&pacer, 1000);
  stepcast_pacer_consume (&pacer, now_us, 1);
  now_us += 60 * G_USEC_PER_SEC;
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us), <=, 51);
}

static void
test_slow (void)
{
  StepcastPacer pacer = { 0 };
  gint64 now_us = 1000 * MS;

  stepcast_pacer_set_rate (&pacer, STEPCAST_MIN_RATE);
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us), ==, 1);
  stepcast_pacer_consume (&pacer, now_us, 1);
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us + 999 * G_USEC_PER_SEC), ==, 0);

  stepcast_pacer_set_rate (&pacer, 5);
  g_assert_cmpuint (stepcast_pacer_get_allowance (&pacer, now_us), ==, 1);
}

int
main (int argc, char *argv[])
{
  static const double rates[] = { 0.5, 7, 60, 900, 45000 };

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/meter/begin", test_begin);
  g_test_add_func ("/meter/steady", test_steady);
  g_test_add_func ("/meter/changes", test_changes);
  g_test_add_func ("/meter/anew", test_anew);
  g_test_add_func ("/pacer/unlimited", test_unlimited);
  g_test_add_func ("/pacer/wait", test_wait);
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pacer/rate/%g", rates[i]);

      g_test_add_data_func (path, &rates[i], test_rate);
    }
  g_test_add_func ("/pacer/no-catching-up", test_no_catching_up);
  g_test_add_func ("/pacer/slow", test_slow);

  return g_test_run ();
}
