/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-test-wait.h"

/* How often a condition is looked at again that changes without waking the main context, such as a
 * worker's last word to its scheduler. */
#define TICK_MS 2

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
stepcast_test_wait_begin (StepcastTestWait *self, const char *what)
{
  self->what = what;
  self->end_us = g_get_monotonic_time () + STEPCAST_TEST_TIMEOUT_S * G_USEC_PER_SEC;
  self->tick = g_timeout_source_new (TICK_MS);
  g_source_set_static_name (self->tick, "[stepcast] test tick");
  g_source_set_callback (self->tick, on_tick, NULL, NULL);
  g_source_attach (self->tick, g_main_context_get_thread_default ());
}

void
stepcast_test_wait_iterate (StepcastTestWait *self)
{
  if (g_get_monotonic_time () > self->end_us)
    g_error ("Waited %d s in vain for %s", STEPCAST_TEST_TIMEOUT_S, self->what);

  g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

void
stepcast_test_wait_end (StepcastTestWait *self)
{
  g_source_destroy (self->tick);
  g_source_unref (self->tick);
}

static void
nothing_in_thread (GTask *task,
                   gpointer source_object,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

static void
on_nothing_done (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *) user_data = g_task_propagate_boolean (G_TASK (result), NULL);
}

/**
 * stepcast_test_settle:
 * @scheduler: a scheduler with a slot that is not blocked
 *
 * Gives whatever would go on the occasion to do so: lets several rounds pass in which each slice
 * that was pushed before has its turn. After it, what has not happened was not under way.
 */
void
stepcast_test_settle (StepcastScheduler *scheduler)
{
  for (guint round = 0; round < 4; round++)
    {
      g_autoptr (GTask) task = NULL;
      gboolean is_done = FALSE;

      task = g_task_new (NULL, NULL, on_nothing_done, &is_done);
      g_task_set_priority (task, STEPCAST_PRIORITY_OUTPUT + 1);
      stepcast_scheduler_push (scheduler, task, nothing_in_thread, STEPCAST_TURN_FAIR);
      stepcast_test_wait_for (is_done);
    }
}
