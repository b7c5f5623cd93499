/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"
#include "stepcast-stops.h"
#include "stepcast-test-wait.h"

#define SHORT_DEADLINE_MS 50
#define DEADLINE_MS 30000

typedef struct
{
  StepcastStops *stops;
  guint n_deadlines;
  guint deadline_ms; /* as it was told */
} Fixture;

static void
on_deadline (guint deadline_ms, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_deadlines++;
  fixture->deadline_ms = deadline_ms;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->stops = stepcast_stops_new (on_deadline, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stepcast_stops_cancel (fixture->stops);
  stepcast_stops_free (fixture->stops);
}

static void
on_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **answer = user_data;

  g_assert_null (*answer);
  *answer = g_object_ref (result);
}

static void
add (Fixture *fixture, GAsyncResult **answer)
{
  stepcast_stops_add (fixture->stops, g_task_new (NULL, NULL, on_answered, answer));
}

static void
answer (GQueue *tasks, const StepcastStopReport *report, const GError *error)
{
  stepcast_stops_answer (tasks, report, error);
  g_assert_true (g_queue_is_empty (tasks));
}

static void
assert_reported (GAsyncResult *result, guint64 step)
{
  g_autofree StepcastStopReport *report = NULL;
  g_autoptr (GError) error = NULL;

  report = g_task_propagate_pointer (G_TASK (result), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->step, ==, step);
}

static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  const StepcastStopReport *last = stepcast_stops_get_last (fixture->stops);
  GQueue tasks;

  add (fixture, &result);
  tasks = stepcast_stops_end (fixture->stops, 7);
  g_assert_cmpuint (last->step, ==, 7);
  g_assert_cmpfloat (last->seconds, ==, 0);
  answer (&tasks, last, NULL);
  stepcast_test_wait_for (result != NULL);
  assert_reported (result, 7);
}

/* All who wait are answered, and whoever comes when it has ended waits for the next one. */
static void
test_joined (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  GQueue tasks, next;

  add (fixture, &first);
  stepcast_stops_begin (fixture->stops, DEADLINE_MS);
  add (fixture, &second);
  tasks = stepcast_stops_end (fixture->stops, 3);
  g_assert_cmpfloat (stepcast_stops_get_last (fixture->stops)->seconds, >=, 0);
  add (fixture, &late);
  answer (&tasks, stepcast_stops_get_last (fixture->stops), NULL);
  stepcast_test_wait_for (first != NULL && second != NULL);
  assert_reported (first, 3);
  assert_reported (second, 3);
  g_assert_null (late);

  next = stepcast_stops_end (fixture->stops, 4);
  g_assert_cmpuint (next.length, ==, 1);
  answer (&next, stepcast_stops_get_last (fixture->stops), NULL);
  stepcast_test_wait_for (late != NULL);
  assert_reported (late, 4);
}

static gboolean
on_time (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_in_time (Fixture *fixture, gconstpointer data)
{
  gboolean is_over = FALSE;
  GQueue tasks;

  stepcast_stops_begin (fixture->stops, SHORT_DEADLINE_MS);
  tasks = stepcast_stops_end (fixture->stops, 1);
  g_assert_cmpuint (tasks.length, ==, 0);
  g_timeout_add (2 * SHORT_DEADLINE_MS, on_time, &is_over);
  stepcast_test_wait_for (is_over);
  g_assert_cmpuint (fixture->n_deadlines, ==, 0);
}

static void
test_deadline (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) why =
    g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE, "It sleeps");
  GQueue tasks;

  add (fixture, &result);
  stepcast_stops_begin (fixture->stops, SHORT_DEADLINE_MS);
  stepcast_test_wait_for (fixture->n_deadlines == 1);
  g_assert_cmpuint (fixture->deadline_ms, ==, SHORT_DEADLINE_MS);

  tasks = stepcast_stops_end (fixture->stops, 1);
  g_assert_cmpfloat (stepcast_stops_get_last (fixture->stops)->seconds, >=,
                     SHORT_DEADLINE_MS / 1000.0);
  answer (&tasks, stepcast_stops_get_last (fixture->stops), why);
  stepcast_test_wait_for (result != NULL);
  g_assert_null (g_task_propagate_pointer (G_TASK (result), &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE);

  stepcast_stops_begin (fixture->stops, SHORT_DEADLINE_MS); /* and again */
  stepcast_test_wait_for (fixture->n_deadlines == 2);
}

/* It failed on its way: it stands still, which was what was asked for. */
static void
test_failed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) why =
    g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED, "It broke");
  GQueue tasks;

  add (fixture, &result);
  stepcast_stops_begin (fixture->stops, DEADLINE_MS);
  tasks = stepcast_stops_end (fixture->stops, 5);
  answer (&tasks, stepcast_stops_get_last (fixture->stops), why);
  stepcast_test_wait_for (result != NULL);
  assert_reported (result, 5);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  add (fixture, &result);
  stepcast_stops_begin (fixture->stops, DEADLINE_MS);
  stepcast_stops_cancel (fixture->stops);
  stepcast_stops_cancel (fixture->stops);
  stepcast_test_wait_for (result != NULL);
  g_assert_null (g_task_propagate_pointer (G_TASK (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(path, function) g_test_add ("/stops/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("at-once", test_at_once);
  ADD ("joined", test_joined);
  ADD ("in-time", test_in_time);
  ADD ("deadline", test_deadline);
  ADD ("failed", test_failed);
  ADD ("cancel", test_cancel);

  return g_test_run ();
}
