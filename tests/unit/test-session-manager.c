/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"
#include "stepcast-generator-source.h"
#include "stepcast-mock-generator.h"
#include "stepcast-session-manager.h"
#include "stepcast-test-wait.h"

/* The registry and the manager: names, limits, and the way out. */

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastMockControl *control;
  StepcastRegistry *registry;
  StepcastSessionManager *manager;
  guint n_added;
  guint n_removed;
  gboolean is_all_closed;
} Fixture;

static void
add_source (Fixture *fixture, const char *name)
{
  g_autoptr (StepcastSource) source =
    stepcast_generator_source_new (name, STEPCAST_TYPE_MOCK_GENERATOR, fixture->scheduler, FALSE);

  g_assert_true (stepcast_registry_add (fixture->registry, source));
}

static void
on_added (StepcastSessionManager *manager, StepcastSession *session, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (stepcast_session_get_state (session), ==, STEPCAST_SESSION_STATE_IDLE);
  g_assert_true (
    stepcast_session_manager_find (manager, stepcast_session_get_name (session), NULL) == session);
  fixture->n_added++;
}

static void
on_removed (StepcastSessionManager *manager, StepcastSession *session, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_null (
    stepcast_session_manager_find (manager, stepcast_session_get_name (session), NULL));
  fixture->n_removed++;
}

static void
set_up (Fixture *fixture, guint max_sessions)
{
  *fixture = (Fixture){ 0 };
  fixture->scheduler = stepcast_scheduler_new (2);
  fixture->control = stepcast_mock_control_new ();
  fixture->registry = stepcast_registry_new ();
  add_source (fixture, "gray-scott");
  add_source (fixture, "2-Öpt");
  add_source (fixture, "a-name-that-is-much-longer-than-anybody-would-want-to-write-it-down");
  fixture->manager = stepcast_session_manager_new (fixture->registry, max_sessions);
  g_signal_connect (fixture->manager, "session-added", G_CALLBACK (on_added), fixture);
  g_signal_connect (fixture->manager, "session-removed", G_CALLBACK (on_removed), fixture);
}

static void
tear_down (Fixture *fixture)
{
  GWeakRef manager, scheduler;

  g_weak_ref_init (&manager, fixture->manager);
  g_weak_ref_init (&scheduler, fixture->scheduler);
  stepcast_mock_control_release (fixture->control);
  g_clear_object (&fixture->manager);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (g_weak_ref_get (&manager));
  g_clear_object (&fixture->registry);
  g_clear_object (&fixture->scheduler);
  g_assert_null (g_weak_ref_get (&scheduler));
  g_clear_pointer (&fixture->control, stepcast_mock_control_unref);
  g_weak_ref_clear (&manager);
  g_weak_ref_clear (&scheduler);
}

static StepcastSession *
create (Fixture *fixture, const char *generator)
{
  g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture->control, 20);
  g_autoptr (GError) error = NULL;
  StepcastSession *session =
    stepcast_session_manager_create (fixture->manager, generator, parameters, &error);

  g_assert_no_error (error);
  g_assert_nonnull (session);
  return session;
}

/* ---- the registry ---- */

static void
test_registry (void)
{
  g_autoptr (GError) error = NULL;
  StepcastSource *first;
  Fixture fixture;

  set_up (&fixture, 1);
  first = stepcast_registry_list (fixture.registry)->pdata[0];
  g_assert_cmpstr (stepcast_source_get_name (first), ==, "gray-scott");
  g_assert_cmpuint (stepcast_registry_list (fixture.registry)->len, ==, 3);
  g_assert_true (stepcast_registry_find (fixture.registry, "gray-scott", NULL) == first);

  /* The first is the default until another is made it. */
  g_assert_true (stepcast_registry_find (fixture.registry, NULL, NULL) == first);
  g_assert_true (stepcast_registry_set_default (fixture.registry, "2-Öpt", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (stepcast_source_get_name (stepcast_registry_find (fixture.registry, NULL, NULL)),
                   ==, "2-Öpt");
  g_assert_false (stepcast_registry_set_default (fixture.registry, "grey-scott", &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR);
  g_assert_cmpstr (stepcast_source_get_name (stepcast_registry_find (fixture.registry, NULL, NULL)),
                   ==, "2-Öpt");

  g_assert_false (stepcast_registry_add (fixture.registry, first));
  g_assert_cmpuint (stepcast_registry_list (fixture.registry)->len, ==, 3);
  tear_down (&fixture);
}

static void
test_registry_unknown (void)
{
  static const char *const names[] = { "", "Gray-Scott", "gray-scott ", "\xff\xfe", NULL };
  g_autoptr (StepcastRegistry) empty = stepcast_registry_new ();
  Fixture fixture;

  set_up (&fixture, 1);
  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (stepcast_registry_find (fixture.registry, names[i], &error));
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR);
      g_assert_nonnull (strstr (error->message, "gray-scott, 2-Öpt")); /* what there is */
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  tear_down (&fixture);

  {
    g_autoptr (GError) error = NULL;

    g_assert_null (stepcast_registry_find (empty, NULL, &error));
    g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR);
  }
}

/* ---- names and limits ---- */

static void
assert_is_name (const char *name)
{
  g_assert_true (g_regex_match_simple ("^[a-z][a-z0-9_]{0,63}$", name, 0, 0));
}

static void
test_names (void)
{
  StepcastSession *first, *second;
  Fixture fixture;

  set_up (&fixture, 10);
  first = create (&fixture, "gray-scott");
  second = create (&fixture, NULL);
  g_assert_cmpstr (stepcast_session_get_name (first), ==, "gray_scott_1");
  g_assert_cmpstr (stepcast_session_get_name (second), ==, "gray_scott_2");
  assert_is_name (stepcast_session_get_name (create (&fixture, "2-Öpt")));
  assert_is_name (stepcast_session_get_name (
    create (&fixture, "a-name-that-is-much-longer-than-anybody-would-want-to-write-it-down")));
  g_assert_cmpuint (stepcast_session_manager_list (fixture.manager)->len, ==, 4);
  g_assert_true (stepcast_session_manager_list (fixture.manager)->pdata[1] == second);
  g_assert_true (stepcast_session_manager_find (fixture.manager, "gray_scott_2", NULL) == second);

  /* A name that is free again is given again. */
  stepcast_session_manager_close (fixture.manager, first);
  g_assert_cmpstr (stepcast_session_get_name (create (&fixture, NULL)), ==, "gray_scott_1");
  g_assert_cmpuint (fixture.n_added, ==, 5);
  g_assert_cmpuint (fixture.n_removed, ==, 1);
  tear_down (&fixture);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *generator;
    const char *parameters;
    int code;
    const char *names;
  } cases[] = {
    { "mandelbrot", "@a{sv} {}", STEPCAST_ERROR_UNKNOWN_GENERATOR, "gray-scott" },
    { "gray-scott", "{'colour': <'red'>}", STEPCAST_ERROR_UNKNOWN_PARAMETER, "level" },
    { "gray-scott", "{'level': <101>}", STEPCAST_ERROR_INVALID_VALUE, "from -100 to 100" },
    { "gray-scott", "{'size': <'big'>}", STEPCAST_ERROR_INVALID_VALUE, "size" },
  };
  g_autoptr (GError) error = NULL;
  Fixture fixture;

  set_up (&fixture, 10);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GVariant) parameters =
        g_variant_parse (G_VARIANT_TYPE_VARDICT, cases[i].parameters, NULL, NULL, NULL);

      g_assert_null (
        stepcast_session_manager_create (fixture.manager, cases[i].generator, parameters, &error));
      g_assert_error (error, STEPCAST_ERROR, cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].names));
      g_clear_error (&error);
    }
  g_assert_cmpuint (fixture.n_added, ==, 0);

  g_assert_null (stepcast_session_manager_find (fixture.manager, "gray_scott_1", &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_SESSION);
  g_assert_nonnull (strstr (error->message, "gray_scott_1"));
  tear_down (&fixture);
}

static void
test_limit (void)
{
  g_autoptr (GVariant) parameters = NULL;
  g_autoptr (GError) error = NULL;
  StepcastSession *session;
  Fixture fixture;

  set_up (&fixture, 3);
  parameters = stepcast_mock_control_make_parameters (fixture.control, 20);
  for (guint i = 0; i < 3; i++)
    session = create (&fixture, NULL);
  g_assert_null (stepcast_session_manager_create (fixture.manager, NULL, parameters, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED);
  g_assert_nonnull (strstr (error->message, "3 sessions"));
  g_assert_cmpuint (fixture.n_added, ==, 3);

  stepcast_session_manager_close (fixture.manager, session);
  create (&fixture, NULL);
  tear_down (&fixture);
}

/* ---- the way out ---- */

static void
test_close (void)
{
  g_autoptr (StepcastSession) session = NULL;
  Fixture fixture;

  set_up (&fixture, 3);
  session = g_object_ref (create (&fixture, NULL));
  g_assert_true (stepcast_session_start (session, NULL));
  stepcast_test_wait_for (stepcast_session_get_progress (session)->step > 10);
  stepcast_session_manager_close (fixture.manager, session);
  g_assert_cmpuint (stepcast_session_manager_list (fixture.manager)->len, ==, 0);
  stepcast_session_manager_close (fixture.manager, session); /* twice does no harm */
  g_assert_cmpuint (fixture.n_removed, ==, 1);
  stepcast_test_wait_for (stepcast_session_get_state (session) == STEPCAST_SESSION_STATE_STOPPED);
  g_clear_object (&session);
  tear_down (&fixture);
}

/* A closed session is kept until it has stopped, and not longer. */
static void
test_close_keeps (void)
{
  StepcastSession *session;
  GWeakRef weak;
  Fixture fixture;

  set_up (&fixture, 3);
  session = create (&fixture, NULL);
  g_weak_ref_init (&weak, session);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 3, FALSE);
  g_assert_true (stepcast_session_start (session, NULL));
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);
  stepcast_session_manager_close (fixture.manager, session);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  session = g_weak_ref_get (&weak);
  g_assert_nonnull (session);
  g_assert_cmpint (stepcast_session_get_state (session), ==, STEPCAST_SESSION_STATE_STOPPING);
  g_object_unref (session);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  tear_down (&fixture);
}

static void
on_all_closed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (
    stepcast_session_manager_close_all_finish (STEPCAST_SESSION_MANAGER (object), result, &error));
  g_assert_no_error (error);
  fixture->is_all_closed = TRUE;
}

static void
close_all (Fixture *fixture)
{
  stepcast_session_manager_close_all_async (fixture->manager, on_all_closed, fixture);
  g_assert_cmpuint (stepcast_session_manager_list (fixture->manager)->len, ==, 0);
  g_assert_false (fixture->is_all_closed);
  stepcast_test_wait_for (fixture->is_all_closed);
}

static void
test_close_none (void)
{
  Fixture fixture;

  set_up (&fixture, 3);
  close_all (&fixture);
  tear_down (&fixture);
}

static void
test_close_all (void)
{
  g_autoptr (GVariant) parameters = NULL;
  g_autoptr (GError) error = NULL;
  Fixture fixture;

  set_up (&fixture, 100);
  parameters = stepcast_mock_control_make_parameters (fixture.control, 20);
  for (guint i = 0; i < 30; i++)
    {
      StepcastSession *session = create (&fixture, NULL);

      if (i % 3 == 0)
        g_assert_true (stepcast_session_start (session, NULL));
      else if (i % 3 == 1)
        g_assert_true (stepcast_session_step (session, 2, NULL));
      if (i % 5 == 0)
        stepcast_session_manager_close (fixture.manager, session);
    }
  stepcast_test_wait_for (stepcast_mock_control_get_n_steps (fixture.control) > 100);
  close_all (&fixture);
  g_assert_cmpuint (fixture.n_removed, ==, 30);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture.control) == 0);

  g_assert_null (stepcast_session_manager_create (fixture.manager, NULL, parameters, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE);
  tear_down (&fixture);
}

static void
test_close_all_unresponsive (void)
{
  Fixture fixture;

  set_up (&fixture, 3);
  stepcast_mock_control_block (fixture.control, STEPCAST_MOCK_PHASE_STEP, 3, FALSE);
  g_assert_true (stepcast_session_start (create (&fixture, NULL), NULL));
  create (&fixture, NULL);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture.control) == 1);

  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_WARNING, "*gray-scott did not come back*");
  close_all (&fixture); /* after STEPCAST_STOP_DEADLINE_MS */
  g_test_assert_expected_messages ();
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture.scheduler), ==, 1);

  stepcast_mock_control_release (fixture.control);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (fixture.scheduler) == 0);
  tear_down (&fixture);
}

static void
on_added_close (StepcastSessionManager *manager, StepcastSession *session, gpointer user_data)
{
  stepcast_session_manager_close (manager, session);
}

/* Who is told of a session may close it at once; who opened it is not left with what is gone. */
static void
test_close_when_added (void)
{
  g_autoptr (GVariant) parameters = NULL;
  g_autoptr (GError) error = NULL;
  StepcastSession *session;
  Fixture fixture;

  set_up (&fixture, 3);
  parameters = stepcast_mock_control_make_parameters (fixture.control, 20);
  g_signal_connect (fixture.manager, "session-added", G_CALLBACK (on_added_close), NULL);
  session = stepcast_session_manager_create (fixture.manager, NULL, parameters, &error);
  g_assert_no_error (error);
  g_assert_true (STEPCAST_IS_SESSION (session)); /* until it has stopped */
  g_assert_cmpuint (stepcast_session_manager_list (fixture.manager)->len, ==, 0);
  tear_down (&fixture);
}

static void
test_own_names (void)
{
  const char *const bad[] = { "",    "1a",     "_a",       "A",      "a-b",  "a b",
                              "a\n", "a/../b", "\xc3\xa4", "ab\xff", "a.svg" };
  g_autofree char *longest = g_strnfill (64, 'a');
  g_autofree char *too_long = g_strnfill (65, 'a');
  g_autofree char *huge = g_strnfill (1024 * 1024, 'a');
  g_autoptr (GVariant) none =
    g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
  StepcastSource *source;
  GError *error = NULL;
  Fixture fixture;

  set_up (&fixture, 10);
  source = stepcast_registry_find (fixture.registry, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (stepcast_session_manager_open (fixture.manager, bad[i], source, none, &error));
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_clear_error (&error);
    }
  g_assert_null (stepcast_session_manager_open (fixture.manager, too_long, source, none, NULL));
  g_assert_null (stepcast_session_manager_open (fixture.manager, huge, source, none, &error));
  g_assert_cmpuint (strlen (error->message), <, 1024);
  g_clear_error (&error);

  g_assert_nonnull (stepcast_session_manager_open (fixture.manager, longest, source, none, &error));
  g_assert_null (stepcast_session_manager_open (fixture.manager, longest, source, none, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  g_clear_error (&error);

  /* A closed one's is free again. */
  stepcast_session_manager_close (fixture.manager,
                                  stepcast_session_manager_find (fixture.manager, longest, NULL));
  g_assert_nonnull (stepcast_session_manager_open (fixture.manager, longest, source, none, NULL));
  tear_down (&fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/registry/names", test_registry);
  g_test_add_func ("/registry/unknown", test_registry_unknown);
  g_test_add_func ("/session-manager/names", test_names);
  g_test_add_func ("/session-manager/names/own", test_own_names);
  g_test_add_func ("/session-manager/refused", test_refused);
  g_test_add_func ("/session-manager/limit", test_limit);
  g_test_add_func ("/session-manager/close", test_close);
  g_test_add_func ("/session-manager/close-keeps", test_close_keeps);
  g_test_add_func ("/session-manager/close-none", test_close_none);
  g_test_add_func ("/session-manager/close-all", test_close_all);
  g_test_add_func ("/session-manager/close-all-unresponsive", test_close_all_unresponsive);
  g_test_add_func ("/session-manager/close-when-added", test_close_when_added);

  return g_test_run ();
}
