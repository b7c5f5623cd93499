/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-changes.h"
#include "stepcast-error.h"
#include "stepcast-mock-generator.h"
#include "stepcast-test-wait.h"

/* ---- a run that says what was set ---- */

#define TEST_TYPE_RUN (test_run_get_type ())
G_DECLARE_FINAL_TYPE (TestRun, test_run, TEST, RUN, StepcastRun)

struct _TestRun
{
  StepcastRun parent_instance;

  GString *told;
};

G_DEFINE_FINAL_TYPE (TestRun, test_run, STEPCAST_TYPE_RUN)

static void
test_run_set_parameters (StepcastRun *run, GVariant *values)
{
  g_autofree char *text = g_variant_print (values, FALSE);

  g_string_append (TEST_RUN (run)->told, text);
}

static void
test_run_finalize (GObject *object)
{
  g_string_free (TEST_RUN (object)->told, TRUE);
  G_OBJECT_CLASS (test_run_parent_class)->finalize (object);
}

static void
test_run_class_init (TestRunClass *klass)
{
  STEPCAST_RUN_CLASS (klass)->set_parameters = test_run_set_parameters;
  G_OBJECT_CLASS (klass)->finalize = test_run_finalize;
}

static void
test_run_init (TestRun *self)
{
  self->told = g_string_new (NULL);
}

/* ---- changes under test ---- */

typedef struct
{
  StepcastChanges *changes;
  TestRun *run;
  StepcastActor *ann, *bob;
  GString *told;         /* who has set some, in order */
  const char *sets_more; /* (nullable): whoever is told sets this, once */
  GAsyncResult *late;    /* (nullable): the answer to that */
} Fixture;

static void
on_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **answer = user_data;

  g_assert_null (*answer);
  *answer = g_object_ref (result);
}

static gboolean
add (Fixture *fixture, const char *text, StepcastActor *actor, GAsyncResult **answer)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (g_variant_new_parsed (text));

  return stepcast_changes_add (fixture->changes, g_task_new (NULL, NULL, on_answered, answer),
                               values, actor);
}

static void
on_applied (gpointer user_data)
{
  Fixture *fixture = user_data;
  StepcastActor *actor = stepcast_changes_get_actor (fixture->changes);
  const char *more = g_steal_pointer (&fixture->sets_more);

  g_string_append_printf (fixture->told, "%s ",
                          actor != NULL ? stepcast_actor_get_id (actor) : "-");
  if (more != NULL)
    g_assert_true (add (fixture, more, fixture->bob, &fixture->late));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) parameters =
    g_variant_ref_sink (g_variant_new_parsed ("{'size': <uint32 20>}"));

  fixture->changes =
    stepcast_changes_new (STEPCAST_TYPE_MOCK_GENERATOR, parameters, on_applied, fixture);
  fixture->run = g_object_new (TEST_TYPE_RUN, "number", 1, NULL);
  fixture->ann = stepcast_actor_new (STEPCAST_ACTOR_BROWSER, "ann");
  fixture->bob = stepcast_actor_new (STEPCAST_ACTOR_CLI, "bob");
  fixture->told = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stepcast_changes_cancel (fixture->changes);
  stepcast_changes_free (fixture->changes);
  g_clear_object (&fixture->run);
  stepcast_actor_unref (fixture->ann);
  stepcast_actor_unref (fixture->bob);
  g_string_free (fixture->told, TRUE);
  g_clear_object (&fixture->late);
}

static void
assert_parameters (Fixture *fixture, int level, guint size)
{
  GVariant *parameters = stepcast_changes_get_parameters (fixture->changes);
  gint32 got_level;
  guint32 got_size;

  g_assert_true (g_variant_lookup (parameters, "level", "i", &got_level));
  g_assert_true (g_variant_lookup (parameters, "size", "u", &got_size));
  g_assert_cmpint (got_level, ==, level);
  g_assert_cmpuint (got_size, ==, size);
}

static void
assert_step (GAsyncResult *result, gssize step)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_task_propagate_int (G_TASK (result), &error), ==, step);
  g_assert_no_error (error);
}

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  assert_parameters (fixture, 0, 20);
  g_assert_null (stepcast_changes_get_actor (fixture->changes));
}

/* Nothing is set before a step boundary, and nobody is told before all is. */
static void
test_together (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  GQueue tasks;

  g_assert_true (add (fixture, "{'level': <3>}", fixture->ann, &first));
  g_assert_true (add (fixture, "{'size': <33>}", NULL, &second));
  assert_parameters (fixture, 0, 20);
  g_assert_true (stepcast_changes_are_awaited (fixture->changes));

  tasks = stepcast_changes_take (fixture->changes, STEPCAST_RUN (fixture->run));
  g_assert_false (stepcast_changes_are_awaited (fixture->changes));
  assert_parameters (fixture, 3, 33);
  g_assert_cmpstr (fixture->run->told->str, ==, "{'level': <3>}{'size': <uint32 33>}");
  g_assert_cmpstr (fixture->told->str, ==, "");

  stepcast_changes_answer (fixture->changes, &tasks, 8);
  g_assert_cmpuint (tasks.length, ==, 0);
  stepcast_test_wait_for (first != NULL && second != NULL);
  assert_step (first, 8);
  assert_step (second, 1); /* of the next run */
  g_assert_cmpstr (fixture->told->str, ==, "ann - ");
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) unknown = NULL;
  g_autoptr (GAsyncResult) wrong = NULL;
  g_autoptr (GError) unknown_error = NULL;
  g_autoptr (GError) wrong_error = NULL;
  GQueue tasks;

  g_assert_false (add (fixture, "{'level': <3>, 'levle': <4>}", fixture->ann, &unknown));
  g_assert_false (add (fixture, "{'level': <'much'>}", fixture->ann, &wrong));
  tasks = stepcast_changes_take (fixture->changes, STEPCAST_RUN (fixture->run));
  g_assert_cmpuint (tasks.length, ==, 0);
  stepcast_test_wait_for (unknown != NULL && wrong != NULL);
  g_assert_cmpint (g_task_propagate_int (G_TASK (unknown), &unknown_error), ==, -1);
  g_assert_error (unknown_error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER);
  g_assert_cmpint (g_task_propagate_int (G_TASK (wrong), &wrong_error), ==, -1);
  g_assert_error (wrong_error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_parameters (fixture, 0, 20);
  g_assert_null (stepcast_changes_get_actor (fixture->changes));
}

/* Whoever is told may ask for more: that is for the boundary after this one. */
static void
test_more_when_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  GQueue tasks;

  g_assert_true (add (fixture, "{'level': <3>}", fixture->ann, &first));
  tasks = stepcast_changes_take (fixture->changes, NULL); /* for the next run */
  fixture->sets_more = "{'level': <5>}";
  stepcast_changes_answer (fixture->changes, &tasks, 1);
  stepcast_test_wait_for (first != NULL);
  g_assert_null (fixture->late);
  assert_parameters (fixture, 3, 20);

  tasks = stepcast_changes_take (fixture->changes, STEPCAST_RUN (fixture->run));
  g_assert_cmpuint (tasks.length, ==, 1);
  g_assert_cmpstr (fixture->run->told->str, ==, "{'level': <5>}");
  stepcast_changes_answer (fixture->changes, &tasks, 2);
  stepcast_test_wait_for (fixture->late != NULL);
  assert_step (fixture->late, 2);
  g_assert_cmpstr (fixture->told->str, ==, "ann bob ");
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (add (fixture, "{'level': <3>}", fixture->ann, &result));
  stepcast_changes_cancel (fixture->changes);
  stepcast_changes_cancel (fixture->changes);
  stepcast_test_wait_for (result != NULL);
  g_assert_cmpint (g_task_propagate_int (G_TASK (result), &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_parameters (fixture, 0, 20);
}

#define ADD(path, function)                                                                        \
  g_test_add ("/changes/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("defaults", test_defaults);
  ADD ("together", test_together);
  ADD ("refused", test_refused);
  ADD ("more-when-told", test_more_when_told);
  ADD ("cancel", test_cancel);

  return g_test_run ();
}
