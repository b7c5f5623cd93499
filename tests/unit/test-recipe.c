/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-generator-source.h"
#include "stepcast-mock-generator.h"
#include "stepcast-recipe.h"
#include "stepcast-session.h"
#include "stepcast-test-wait.h"

/* What it takes to compute a run again: the recipe by itself, and as a session keeps it. */

#define DEADLINE_MS 30000

static GVariant *
parse (const char *text)
{
  return g_variant_ref_sink (g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL));
}

static void
note (StepcastRecipe *recipe, guint64 step, guint64 after, const char *text)
{
  g_autoptr (GVariant) parameters = parse (text);

  stepcast_recipe_note (recipe, step, after, parameters);
}

static StepcastRecipe *
new_recipe (void)
{
  g_autoptr (GVariant) parameters = parse ("{'level': <0>, 'size': <uint32 10>}");

  return stepcast_recipe_new (STEPCAST_TYPE_MOCK_GENERATOR, 3, parameters);
}

/* As "STEP>AFTER VALUES; …" */
static void
assert_changes (const StepcastRecipe *recipe, const char *expected)
{
  g_autoptr (GString) found = g_string_new (NULL);
  guint n_changes;
  const StepcastRecipeChange *changes = stepcast_recipe_get_changes (recipe, &n_changes);

  for (guint i = 0; i < n_changes; i++)
    {
      g_autofree char *values = g_variant_print (changes[i].values, FALSE);

      g_string_append_printf (found, "%s%" G_GUINT64_FORMAT ">%" G_GUINT64_FORMAT " %s",
                              i > 0 ? "; " : "", changes[i].step, changes[i].after, values);
    }
  g_assert_cmpstr (found->str, ==, expected);
}

static void
test_notes_what_is_new (void)
{
  g_autoptr (StepcastRecipe) recipe = new_recipe ();
  guint size;

  assert_changes (recipe, "");
  note (recipe, 5, 2, "{'level': <1>, 'size': <uint32 10>}");
  note (recipe, 6, 3, "{'level': <1>, 'size': <uint32 10>}"); /* set, but as it was */
  note (recipe, 8, 3, "{'level': <0>, 'size': <uint32 10>}");
  assert_changes (recipe, "5>2 {'level': <1>}; 8>3 {'level': <0>}");

  g_assert_cmpuint (stepcast_recipe_get_run_number (recipe), ==, 3);
  g_assert_true (stepcast_recipe_is_complete (recipe));
  g_assert_true (g_variant_lookup (stepcast_recipe_get_parameters (recipe), "size", "u", &size));
  g_assert_cmpuint (size, ==, 10);
}

/* It is for the next run, which begins with it. */
static void
test_passes_over_what_is_not_live (void)
{
  g_autoptr (StepcastRecipe) recipe = new_recipe ();

  note (recipe, 5, 2, "{'level': <0>, 'size': <uint32 20>}");
  assert_changes (recipe, "");
  note (recipe, 7, 4, "{'level': <1>, 'size': <uint32 30>}");
  assert_changes (recipe, "7>4 {'level': <1>}");
}

/* A picture may have been drawn between two changes of a state that stands still. */
static void
test_merges_what_nobody_has_seen (void)
{
  g_autoptr (StepcastRecipe) recipe = new_recipe ();

  note (recipe, 5, 2, "{'level': <1>, 'size': <uint32 10>}");
  note (recipe, 5, 2, "{'level': <2>, 'size': <uint32 10>}");
  note (recipe, 5, 3, "{'level': <3>, 'size': <uint32 10>}");
  assert_changes (recipe, "5>2 {'level': <2>}; 5>3 {'level': <3>}");
}

static void
test_is_bounded (void)
{
  g_autoptr (StepcastRecipe) recipe = new_recipe ();
  guint n_changes, n_later;

  for (guint i = 1; stepcast_recipe_is_complete (recipe); i++)
    {
      g_autofree char *text = g_strdup_printf ("{'level': <%u>}", i % 2);

      g_assert_cmpuint (i, <, STEPCAST_RECIPE_MAX_BYTES);
      note (recipe, i, i, text);
    }

  stepcast_recipe_get_changes (recipe, &n_changes);
  g_assert_cmpuint (n_changes, >, 1000);
  for (guint i = 0; i < 3; i++)
    note (recipe, G_MAXUINT32, i, i % 2 ? "{'level': <7>}" : "{'level': <8>}");
  stepcast_recipe_get_changes (recipe, &n_later);
  g_assert_cmpuint (n_later, ==, n_changes);
  g_assert_false (stepcast_recipe_is_complete (recipe));
}

/* ---- a session's ---- */

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastMockControl *control;
  StepcastSession *session;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastSource) source = NULL;
  g_autoptr (GVariant) parameters = NULL;

  fixture->scheduler = stepcast_scheduler_new (1);
  fixture->control = stepcast_mock_control_new ();
  source =
    stepcast_generator_source_new ("mock", STEPCAST_TYPE_MOCK_GENERATOR, fixture->scheduler, FALSE);
  parameters = stepcast_mock_control_make_parameters (fixture->control, 20);
  fixture->session = stepcast_session_new ("mock_1", source, parameters, DEADLINE_MS);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->session);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);
  g_clear_object (&fixture->scheduler);
  g_clear_pointer (&fixture->control, stepcast_mock_control_unref);
}

static void
step (Fixture *fixture, guint64 n_steps)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_step (fixture->session, n_steps, &error);
  g_assert_no_error (error);
  stepcast_test_wait_for (stepcast_session_get_state (fixture->session) ==
                          STEPCAST_SESSION_STATE_PAUSED);
}

static void
on_set (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_set_parameters_finish (STEPCAST_SESSION (object), result, NULL, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
set (Fixture *fixture, const char *text)
{
  g_autoptr (GVariant) values = parse (text);
  gboolean is_set = FALSE;

  stepcast_session_set_parameters_async (fixture->session, values, NULL, on_set, &is_set);
  stepcast_test_wait_for (is_set);
}

static void
on_drawn (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(StepcastFrame **) user_data =
    stepcast_session_draw_finish (STEPCAST_SESSION (object), result, &error);
  g_assert_no_error (error);
}

/* Returns: the serial of the picture of the present state */
static guint64
draw (Fixture *fixture)
{
  StepcastFrame *frame = NULL;
  guint64 serial;

  stepcast_session_draw_async (fixture->session, NULL, on_drawn, &frame);
  stepcast_test_wait_for (frame != NULL);
  serial = stepcast_frame_get_serial (frame);
  stepcast_frame_unref (frame);
  return serial;
}

static void
test_session (Fixture *fixture, gconstpointer data)
{
  const StepcastRecipe *recipe;
  guint size;

  g_assert_null (stepcast_session_get_recipe (fixture->session));
  set (fixture, "{'size': <uint32 21>, 'level': <1>}");
  g_assert_null (stepcast_session_get_recipe (fixture->session));

  step (fixture, 3);
  recipe = stepcast_session_get_recipe (fixture->session);
  g_assert_true (g_variant_lookup (stepcast_recipe_get_parameters (recipe), "size", "u", &size));
  g_assert_cmpuint (size, ==, 21);
  g_assert_cmpuint (draw (fixture), ==, 1);
  set (fixture, "{'level': <2>}");
  g_assert_cmpuint (draw (fixture), ==, 2);
  set (fixture, "{'level': <3>}");
  step (fixture, 2);
  set (fixture, "{'level': <4>, 'size': <uint32 22>}");
  assert_changes (recipe, "4>1 {'level': <2>}; 4>2 {'level': <3>}; 6>2 {'level': <4>}");
}

static void
test_session_next_run (Fixture *fixture, gconstpointer data)
{
  const StepcastRecipe *recipe;
  int level;

  stepcast_mock_control_finish_after (fixture->control, 2, STEPCAST_STEP_LAST);
  g_assert_true (stepcast_session_start (fixture->session, NULL));
  stepcast_test_wait_for (stepcast_session_get_state (fixture->session) ==
                          STEPCAST_SESSION_STATE_FINISHED);
  set (fixture, "{'level': <5>}"); /* of the next run */
  assert_changes (stepcast_session_get_recipe (fixture->session), "");
  g_assert_cmpuint (stepcast_recipe_get_run_number (stepcast_session_get_recipe (fixture->session)),
                    ==, 1);

  step (fixture, 1);
  recipe = stepcast_session_get_recipe (fixture->session);
  g_assert_cmpuint (stepcast_recipe_get_run_number (recipe), ==, 2);
  g_assert_true (g_variant_lookup (stepcast_recipe_get_parameters (recipe), "level", "i", &level));
  g_assert_cmpint (level, ==, 5);
  assert_changes (recipe, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recipe/notes-what-is-new", test_notes_what_is_new);
  g_test_add_func ("/recipe/passes-over-what-is-not-live", test_passes_over_what_is_not_live);
  g_test_add_func ("/recipe/merges-what-nobody-has-seen", test_merges_what_nobody_has_seen);
  g_test_add_func ("/recipe/is-bounded", test_is_bounded);
  g_test_add ("/recipe/session", Fixture, NULL, set_up, test_session, tear_down);
  g_test_add ("/recipe/session-next-run", Fixture, NULL, set_up, test_session_next_run, tear_down);

  return g_test_run ();
}
