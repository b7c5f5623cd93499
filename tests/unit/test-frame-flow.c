/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-frame-flow.h"

#include <string.h>

/* As long as a window holds ten of. */
#define FRAME_BYTES (STEPCAST_WINDOW_BYTES / 10)

#define MAX_VECTORS 64

typedef struct
{
  StepcastFrameFlow *flow;
  StepcastOutbox *outbox;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->outbox = stepcast_outbox_new ();
  fixture->flow = stepcast_frame_flow_new (&stepcast_v1_dialect, TRUE);
  stepcast_frame_flow_set_outbox (fixture->flow, fixture->outbox);
  stepcast_frame_flow_set_delivery (fixture->flow, STEPCAST_DELIVERY_EVERY);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stepcast_frame_flow_unref (fixture->flow);
  stepcast_outbox_free (fixture->outbox);
}

static StepcastFrame *
make_frame (guint run, guint64 serial, gsize n_bytes)
{
  g_autoptr (GBytes) svg = g_bytes_new_take (g_malloc0 (n_bytes), n_bytes);

  return stepcast_frame_new (svg, run, serial, serial, 0);
}

static void
deliver (Fixture *fixture, guint run, guint64 first, guint64 last, gsize n_bytes)
{
  for (guint64 serial = first; serial <= last; serial++)
    {
      g_autoptr (StepcastFrame) frame = make_frame (run, serial, n_bytes);

      stepcast_frame_flow_deliver (fixture->flow, &frame, 1, TRUE);
    }
  stepcast_frame_flow_take_stock (fixture->flow);
}

/* Writes @n_messages whole. */
static void
write_messages (Fixture *fixture, guint n_messages)
{
  for (guint i = 0; i < n_messages; i++)
    {
      guint64 n_sent = stepcast_outbox_get_n_sent_frames (fixture->outbox);
      GOutputVector vectors[MAX_VECTORS];
      gsize n_bytes = 0;
      guint n_vectors;

      /* Its first byte makes it the current one, which is gathered alone then. */
      stepcast_outbox_gather (fixture->outbox, vectors, MAX_VECTORS, FALSE);
      stepcast_outbox_consume (fixture->outbox, 1);
      n_vectors = stepcast_outbox_gather (fixture->outbox, vectors, MAX_VECTORS, TRUE);
      for (guint j = 0; j < n_vectors; j++)
        n_bytes += vectors[j].size;
      stepcast_outbox_consume (fixture->outbox, n_bytes);
      g_assert_cmpuint (stepcast_outbox_get_n_sent_frames (fixture->outbox), >=, n_sent);
    }
}

/* Returns: what is gathered of the new outbox of a viewer that comes back after that frame */
static guint
come_back (Fixture *fixture, guint after_run, guint64 after_serial, guint64 n_missed)
{
  stepcast_frame_flow_set_outbox (fixture->flow, NULL);
  stepcast_outbox_free (fixture->outbox);
  fixture->outbox = stepcast_outbox_new ();
  stepcast_frame_flow_set_outbox (fixture->flow, fixture->outbox);

  g_assert_cmpuint (stepcast_frame_flow_rewind (fixture->flow, after_run, after_serial), ==,
                    n_missed);
  stepcast_frame_flow_give_again (fixture->flow);
  return stepcast_outbox_get_n_waiting_frames (fixture->outbox);
}

static guint
get_frames_wanted (Fixture *fixture)
{
  StepcastDemand demand = STEPCAST_DEMAND_NONE;

  stepcast_frame_flow_get_demand (fixture->flow, &demand);
  g_assert_true (demand.is_every);
  return demand.frames;
}

static gboolean
wants_latest (Fixture *fixture)
{
  StepcastDemand demand = STEPCAST_DEMAND_NONE;

  stepcast_frame_flow_get_demand (fixture->flow, &demand);
  g_assert_false (demand.is_every);
  return demand.due_us != STEPCAST_NEVER;
}

static void
test_every_has_a_window (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 1); /* how long is one? */
  deliver (fixture, 1, 1, 1, FRAME_BYTES);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 9);
  deliver (fixture, 1, 2, 10, FRAME_BYTES);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 0);
  write_messages (fixture, 4);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 0); /* until half of it is free */
  write_messages (fixture, 1);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 5);
}

static void
test_every_waits_for_what_is_shown (Fixture *fixture, gconstpointer data)
{
  stepcast_frame_flow_acknowledge (fixture->flow, 1, 0);
  deliver (fixture, 1, 1, 10, FRAME_BYTES);
  write_messages (fixture, 10);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 0);
  stepcast_frame_flow_acknowledge (fixture->flow, 1, 3);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 3);
}

/* A client may have thrown a run away, and acknowledge nothing of it. */
static void
test_the_next_run_waits_for_nothing (Fixture *fixture, gconstpointer data)
{
  stepcast_frame_flow_acknowledge (fixture->flow, 1, 0);
  deliver (fixture, 1, 1, 10, FRAME_BYTES);
  write_messages (fixture, 7);
  stepcast_frame_flow_begin_run (fixture->flow, 2);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 10);
  deliver (fixture, 2, 1, 4, FRAME_BYTES);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 6);
}

/* What waits while the next run begins is owed; and when that is stopped, each run's frames are
 * taken back from its own. */
static void
test_two_runs_wait (Fixture *fixture, gconstpointer is_acking)
{
  if (GPOINTER_TO_INT (is_acking))
    stepcast_frame_flow_acknowledge (fixture->flow, 1, 0);
  deliver (fixture, 1, 1, 6, FRAME_BYTES);
  write_messages (fixture, 4);
  stepcast_frame_flow_begin_run (fixture->flow, 2);
  deliver (fixture, 2, 1, 2, FRAME_BYTES);
  g_assert_cmpuint (come_back (fixture, 1, 3, 0), ==, 5); /* 1-4 1-5 1-6 2-1 2-2 */

  write_messages (fixture, 4);
  stepcast_frame_flow_drop (fixture->flow); /* 2-2 */
  g_assert_cmpuint (come_back (fixture, 1, 3, 0), ==, 4);
  stepcast_frame_flow_drop (fixture->flow);
  g_assert_cmpuint (come_back (fixture, 1, 3, 0), ==, 0);
}

/* What nobody waits for is kept as long as other frames that were sent. */
static void
test_a_run_that_is_over_costs_a_window (Fixture *fixture, gconstpointer data)
{
  stepcast_frame_flow_acknowledge (fixture->flow, 1, 0);
  for (guint run = 1; run <= 5; run++)
    {
      stepcast_frame_flow_begin_run (fixture->flow, run);
      deliver (fixture, run, 1, 8, FRAME_BYTES);
      write_messages (fixture, 8);
    }
  stepcast_frame_flow_take_stock (fixture->flow);
  g_assert_cmpuint (come_back (fixture, 0, 0, 0), ==, 10);
}

static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  StepcastViewerNumbers numbers;
  gsize n_answered;

  stepcast_frame_flow_set_max_bytes (fixture->flow, 2000);
  deliver (fixture, 1, 1, 1, 2000);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (fixture->outbox), ==, 0);
  deliver (fixture, 1, 2, 2, 2001);
  n_answered = stepcast_outbox_get_answer_bytes (fixture->outbox);
  g_assert_cmpuint (n_answered, >, 0);
  deliver (fixture, 1, 3, 4, 2001); /* which was said */
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (fixture->outbox), ==, n_answered);
  deliver (fixture, 1, 5, 5, 2000);
  deliver (fixture, 1, 6, 6, 2001);
  g_assert_cmpuint (stepcast_outbox_get_answer_bytes (fixture->outbox), >, n_answered);

  stepcast_frame_flow_get_numbers (fixture->flow, &numbers);
  g_assert_cmpuint (numbers.n_skipped, ==, 4);
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (fixture->outbox), ==, 2);
}

static void
test_latest (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastFrame) last = make_frame (1, 3, FRAME_BYTES);

  stepcast_frame_flow_set_delivery (fixture->flow, STEPCAST_DELIVERY_LATEST);
  stepcast_frame_flow_set_max_fps (fixture->flow, STEPCAST_MIN_FPS);
  g_assert_true (wants_latest (fixture));
  deliver (fixture, 1, 1, 1, FRAME_BYTES);
  g_assert_false (wants_latest (fixture)); /* it waits to be written */
  write_messages (fixture, 1);
  g_assert_true (wants_latest (fixture));

  deliver (fixture, 1, 2, 2, FRAME_BYTES); /* before its time */
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (fixture->outbox), ==, 0);
  g_assert_false (stepcast_frame_flow_give_held_back (fixture->flow, TRUE));
  g_assert_true (stepcast_frame_flow_give_held_back (fixture->flow, FALSE));
  g_assert_false (stepcast_frame_flow_give_held_back (fixture->flow, FALSE));
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (fixture->outbox), ==, 1);

  /* What stands still is shown at once, in place of what waits. */
  stepcast_frame_flow_deliver (fixture->flow, &last, 1, FALSE);
  g_assert_cmpuint (stepcast_outbox_get_n_waiting_frames (fixture->outbox), ==, 1);
  g_assert_cmpuint (come_back (fixture, 1, 1, 0), ==, 0);
}

static void
test_away (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastFrame) latest = make_frame (1, 30, FRAME_BYTES);
  g_autoptr (StepcastFrame) other = make_frame (2, 7, FRAME_BYTES);
  StepcastViewerNumbers numbers;

  deliver (fixture, 1, 1, 4, FRAME_BYTES);
  write_messages (fixture, 2);
  stepcast_frame_flow_set_outbox (fixture->flow, NULL);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 6);
  deliver (fixture, 1, 5, 10, FRAME_BYTES);
  g_assert_cmpuint (get_frames_wanted (fixture), ==, 0);
  stepcast_frame_flow_get_numbers (fixture->flow, &numbers);
  g_assert_cmpuint (numbers.n_sent, ==, 2);
  g_assert_cmpuint (numbers.backlog_bytes, ==, 0);

  g_assert_cmpuint (stepcast_frame_flow_count_passed_over (fixture->flow, latest), ==, 20);
  g_assert_cmpuint (stepcast_frame_flow_count_passed_over (fixture->flow, other), ==, 7);
  g_assert_cmpuint (stepcast_frame_flow_count_passed_over (fixture->flow, NULL), ==, 0);
  g_assert_cmpuint (come_back (fixture, 1, 2, 0), ==, 8);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, set_up, func, tear_down)
  ADD ("/frame-flow/every-has-a-window", NULL, test_every_has_a_window);
  ADD ("/frame-flow/every-waits-for-what-is-shown", NULL, test_every_waits_for_what_is_shown);
  ADD ("/frame-flow/the-next-run-waits-for-nothing", NULL, test_the_next_run_waits_for_nothing);
  ADD ("/frame-flow/two-runs-wait", GINT_TO_POINTER (FALSE), test_two_runs_wait);
  ADD ("/frame-flow/two-runs-wait/acking", GINT_TO_POINTER (TRUE), test_two_runs_wait);
  ADD ("/frame-flow/a-run-that-is-over-costs-a-window", NULL,
       test_a_run_that_is_over_costs_a_window);
  ADD ("/frame-flow/too-long", NULL, test_too_long);
  ADD ("/frame-flow/latest", NULL, test_latest);
  ADD ("/frame-flow/away", NULL, test_away);
#undef ADD

  return g_test_run ();
}
