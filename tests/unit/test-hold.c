/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-hold.h"
#include "stepcast-test-wait.h"

typedef struct
{
  StepcastHold hold;
  StepcastActor *ann, *bob;
  guint n_told;
} Fixture;

static void
on_told (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_told++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  stepcast_hold_init (&fixture->hold, on_told, fixture);
  fixture->ann = stepcast_actor_new (STEPCAST_ACTOR_BROWSER, "ann");
  fixture->bob = stepcast_actor_new (STEPCAST_ACTOR_BROWSER, "bob");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stepcast_hold_clear (&fixture->hold);
  stepcast_actor_unref (fixture->ann);
  stepcast_actor_unref (fixture->bob);
}

/* It is told of one, of another, and of nobody: each once. */
static void
test_holders (Fixture *fixture, gconstpointer data)
{
  stepcast_hold_begin (&fixture->hold, fixture->ann);
  g_assert_null (stepcast_hold_get_holder (&fixture->hold));
  stepcast_test_wait_for (fixture->n_told == 1);
  g_assert_true (stepcast_hold_get_holder (&fixture->hold) == fixture->ann);

  stepcast_hold_begin (&fixture->hold, fixture->bob);
  stepcast_hold_begin (&fixture->hold, fixture->ann);
  stepcast_hold_begin (&fixture->hold, fixture->bob); /* they take turns: who has it when */
  stepcast_test_wait_for (fixture->n_told == 2);
  g_assert_true (stepcast_hold_get_holder (&fixture->hold) == fixture->bob);

  stepcast_hold_end (&fixture->hold);
  stepcast_test_wait_for (fixture->n_told == 3);
  g_assert_null (stepcast_hold_get_holder (&fixture->hold));
}

/* An instant after each window is no hold, and in the end nothing is looked at any more. */
static void
test_instants (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    {
      stepcast_hold_begin (&fixture->hold, fixture->ann);
      stepcast_hold_end (&fixture->hold);
    }
  stepcast_test_wait_for (fixture->hold.timer == NULL);
  g_assert_cmpuint (fixture->n_told, ==, 0);
}

static void
test_clear (Fixture *fixture, gconstpointer data)
{
  stepcast_hold_begin (&fixture->hold, fixture->ann);
  stepcast_test_wait_for (fixture->n_told == 1);
  stepcast_hold_clear (&fixture->hold);
  g_assert_null (stepcast_hold_get_holder (&fixture->hold));
  g_assert_cmpuint (fixture->n_told, ==, 1);

  stepcast_hold_begin (&fixture->hold, fixture->ann); /* again */
  stepcast_test_wait_for (fixture->n_told == 2);
}

#define ADD(path, function) g_test_add ("/hold/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("holders", test_holders);
  ADD ("instants", test_instants);
  ADD ("clear", test_clear);

  return g_test_run ();
}
