/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-drawings.h"
#include "stepcast-error.h"
#include "stepcast-test-wait.h"

#define SHORT_DEADLINE_MS 50
#define DEADLINE_MS 30000

typedef struct
{
  StepcastDrawings *drawings;
  guint n_in_vain;
} Fixture;

static void
on_in_vain (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_in_vain++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->drawings = stepcast_drawings_new (on_in_vain, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stepcast_drawings_cancel (fixture->drawings);
  stepcast_drawings_free (fixture->drawings);
}

static void
take (Fixture *fixture, guint run, guint64 from_step, guint64 to_step)
{
  g_autoptr (GPtrArray) frames =
    g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_frame_unref);

  for (guint64 step = from_step; step <= to_step; step++)
    {
      g_autoptr (GBytes) svg = g_bytes_new_static ("<svg/>", 6);

      g_ptr_array_add (frames, stepcast_frame_new (svg, run, step, step, 0));
    }
  stepcast_drawings_take_frames (fixture->drawings, frames);
}

static void
on_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **answer = user_data;

  g_assert_null (*answer);
  *answer = g_object_ref (result);
}

static void
add (Fixture *fixture, guint deadline_ms, GAsyncResult **answer)
{
  stepcast_drawings_add (fixture->drawings, g_task_new (NULL, NULL, on_answered, answer),
                         deadline_ms);
}

static void
assert_step (GAsyncResult *result, guint64 step)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastFrame) frame = g_task_propagate_pointer (G_TASK (result), &error);

  g_assert_no_error (error);
  g_assert_cmpuint (stepcast_frame_get_step (frame), ==, step);
}

static void
assert_failed (GAsyncResult *result, GQuark domain, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (g_task_propagate_pointer (G_TASK (result), &error));
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_latest (Fixture *fixture, gconstpointer data)
{
  g_assert_null (stepcast_drawings_get_latest (fixture->drawings));
  g_assert_false (stepcast_drawings_has_current (fixture->drawings, 0, 0));

  take (fixture, 1, 1, 3);
  g_assert_cmpuint (stepcast_frame_get_step (stepcast_drawings_get_latest (fixture->drawings)), ==,
                    3);
  g_assert_true (stepcast_drawings_has_current (fixture->drawings, 1, 3));
  g_assert_false (stepcast_drawings_has_current (fixture->drawings, 1, 4));
  g_assert_false (stepcast_drawings_has_current (fixture->drawings, 2, 3));

  stepcast_drawings_outdate (fixture->drawings);
  take (fixture, 1, 1, 0); /* none */
  g_assert_false (stepcast_drawings_has_current (fixture->drawings, 1, 3));
  g_assert_nonnull (stepcast_drawings_get_latest (fixture->drawings));
  take (fixture, 1, 3, 3);
  g_assert_true (stepcast_drawings_has_current (fixture->drawings, 1, 3));
}

static void
test_answer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) one = NULL;

  g_assert_false (stepcast_drawings_are_awaited (fixture->drawings));
  add (fixture, DEADLINE_MS, &first);
  add (fixture, DEADLINE_MS, &second);
  g_assert_true (stepcast_drawings_are_awaited (fixture->drawings));
  take (fixture, 1, 1, 2);
  stepcast_drawings_answer (fixture->drawings, NULL);
  g_assert_false (stepcast_drawings_are_awaited (fixture->drawings));
  stepcast_test_wait_for (first != NULL && second != NULL);
  assert_step (first, 2);
  assert_step (second, 2);

  stepcast_drawings_answer_one (fixture->drawings, g_task_new (NULL, NULL, on_answered, &one),
                                NULL);
  stepcast_test_wait_for (one != NULL);
  assert_step (one, 2);
}

static void
test_no_picture (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) none = NULL;
  g_autoptr (GAsyncResult) failed = NULL;
  g_autoptr (GError) why =
    g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED, "No ink");

  add (fixture, DEADLINE_MS, &none);
  stepcast_drawings_answer (fixture->drawings, NULL);
  stepcast_test_wait_for (none != NULL);
  assert_failed (none, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE, "start the session first");

  take (fixture, 1, 1, 1); /* an older one is none of what was asked for */
  add (fixture, DEADLINE_MS, &failed);
  stepcast_drawings_answer (fixture->drawings, why);
  stepcast_test_wait_for (failed != NULL);
  assert_failed (failed, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED, "No ink");
}

/* Each has a deadline of its own; when the last one has waited in vain, that is told. */
static void
test_deadlines (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) impatient = NULL;
  g_autoptr (GAsyncResult) patient = NULL;
  g_autoptr (GAsyncResult) last = NULL;

  take (fixture, 1, 1, 1);
  add (fixture, DEADLINE_MS, &patient);
  add (fixture, SHORT_DEADLINE_MS, &impatient);
  stepcast_test_wait_for (impatient != NULL);
  assert_failed (impatient, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE, "0.05 s");
  g_assert_cmpuint (fixture->n_in_vain, ==, 0);
  g_assert_true (stepcast_drawings_are_awaited (fixture->drawings));

  stepcast_drawings_answer (fixture->drawings, NULL);
  add (fixture, 2 * SHORT_DEADLINE_MS, &last);
  stepcast_test_wait_for (patient != NULL && last != NULL);
  assert_step (patient, 1);
  assert_failed (last, STEPCAST_ERROR, STEPCAST_ERROR_UNRESPONSIVE, "0.1 s");
  g_assert_cmpuint (fixture->n_in_vain, ==, 1);
  g_assert_false (stepcast_drawings_are_awaited (fixture->drawings));
}

static gboolean
on_time (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
on_answered_late (GObject *object, GAsyncResult *result, gpointer user_data)
{
}

/* Who was answered in time is not told of the deadline, even where the task lives on. */
static void
test_in_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_answered_late, NULL);
  gboolean is_over = FALSE;

  take (fixture, 1, 1, 1);
  stepcast_drawings_add (fixture->drawings, g_object_ref (task), SHORT_DEADLINE_MS);
  stepcast_drawings_answer (fixture->drawings, NULL);
  g_timeout_add (2 * SHORT_DEADLINE_MS, on_time, &is_over);
  stepcast_test_wait_for (is_over);
  g_assert_cmpuint (fixture->n_in_vain, ==, 0);
  assert_step (G_ASYNC_RESULT (task), 1);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;

  add (fixture, DEADLINE_MS, &first);
  add (fixture, DEADLINE_MS, &second);
  stepcast_drawings_cancel (fixture->drawings);
  stepcast_drawings_cancel (fixture->drawings);
  stepcast_test_wait_for (first != NULL && second != NULL);
  assert_failed (first, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gone");
  assert_failed (second, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gone");
}

#define ADD(path, function)                                                                        \
  g_test_add ("/drawings/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("latest", test_latest);
  ADD ("answer", test_answer);
  ADD ("no-picture", test_no_picture);
  ADD ("deadlines", test_deadlines);
  ADD ("in-time", test_in_time);
  ADD ("cancel", test_cancel);

  return g_test_run ();
}
