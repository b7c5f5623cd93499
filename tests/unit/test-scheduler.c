/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <sys/resource.h>

#include "stepcast-scheduler.h"
#include "stepcast-test-wait.h"

/* The slices of these tests pass a gate: they enter, wait until it is open, and leave. */

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean is_open;
  guint n_entered;
  guint n_inside;
  guint max_inside;
  GString *order; /* of the labels of those that entered */
} Gate;

typedef struct
{
  Gate *gate;
  char label;
  guint *n_done;
} Work;

static void
gate_init (Gate *gate)
{
  *gate = (Gate){ .order = g_string_new (NULL) };
  g_mutex_init (&gate->lock);
  g_cond_init (&gate->changed);
}

static void
gate_clear (Gate *gate)
{
  g_mutex_clear (&gate->lock);
  g_cond_clear (&gate->changed);
  g_string_free (gate->order, TRUE);
}

static void
gate_set_open (Gate *gate, gboolean is_open)
{
  g_mutex_lock (&gate->lock);
  gate->is_open = is_open;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

static guint
gate_get_n_inside (Gate *gate)
{
  guint n_inside;

  g_mutex_lock (&gate->lock);
  n_inside = gate->n_inside;
  g_mutex_unlock (&gate->lock);

  return n_inside;
}

static void
gate_in_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Work *work = task_data;
  Gate *gate = work->gate;

  g_mutex_lock (&gate->lock);
  gate->n_entered++;
  gate->n_inside++;
  gate->max_inside = MAX (gate->max_inside, gate->n_inside);
  g_string_append_c (gate->order, work->label);
  while (!gate->is_open)
    g_cond_wait (&gate->changed, &gate->lock);
  gate->n_inside--;
  g_mutex_unlock (&gate->lock);

  g_task_return_boolean (task, TRUE);
}

static void
on_work_done (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Work *work = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    (*work->n_done)++;
}

static GTask *
push (StepcastScheduler *scheduler, Gate *gate, char label, StepcastTurn turn, guint *n_done)
{
  GTask *task = g_task_new (NULL, NULL, on_work_done, NULL);
  Work *work = g_new (Work, 1);

  *work = (Work){ gate, label, n_done };
  g_task_set_task_data (task, work, g_free);
  stepcast_scheduler_push (scheduler, task, gate_in_thread, turn);

  return task;
}

static void
push_many (StepcastScheduler *scheduler, Gate *gate, guint n_tasks, guint *n_done)
{
  for (guint i = 0; i < n_tasks; i++)
    g_object_unref (push (scheduler, gate, 'm', STEPCAST_TURN_FAIR, n_done));
}

static void
test_slots (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (3);
  guint n_done = 0;
  Gate gate;

  gate_init (&gate);
  g_assert_cmpuint (stepcast_scheduler_get_n_slots (scheduler), ==, 3);

  push_many (scheduler, &gate, 12, &n_done);
  stepcast_test_wait_for (gate_get_n_inside (&gate) == 3);
  g_assert_cmpuint (n_done, ==, 0);

  gate_set_open (&gate, TRUE);
  stepcast_test_wait_for (n_done == 12);
  g_assert_cmpuint (gate.max_inside, ==, 3);
  g_assert_cmpuint (gate.n_entered, ==, 12);
  gate_clear (&gate);
}

static void
test_slots_by_default (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (0);

  g_assert_cmpuint (stepcast_scheduler_get_n_slots (scheduler), ==, g_get_num_processors ());
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (scheduler), ==, 0);
}

/* ---- turns ---- */

#define N_CLIENTS 8
#define N_ROUNDS 200

typedef struct
{
  StepcastScheduler *scheduler;
  guint counts[N_CLIENTS];
  guint n_total;
  guint n_under_way;
  guint n_pushed[N_CLIENTS];
} Clients;

typedef struct
{
  Clients *clients;
  guint number;
} Turn;

static void push_turn (Clients *clients, guint number);

static void
turn_in_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

static void
on_turn_done (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Turn *turn = g_task_get_task_data (G_TASK (result));
  Clients *clients = turn->clients;
  guint least = G_MAXUINT;
  guint most = 0;

  clients->n_under_way--;
  clients->n_total++;
  clients->counts[turn->number]++;
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      least = MIN (least, clients->counts[i]);
      most = MAX (most, clients->counts[i]);
    }
  g_assert_cmpuint (most - least, <=, 1);

  if (clients->n_total + clients->n_under_way < N_CLIENTS * N_ROUNDS)
    push_turn (clients, turn->number);
}

static void
push_turn (Clients *clients, guint number)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_turn_done, NULL);
  Turn *turn = g_new (Turn, 1);

  *turn = (Turn){ clients, number };
  g_task_set_task_data (task, turn, g_free);
  clients->n_under_way++;
  stepcast_scheduler_push (clients->scheduler, task, turn_in_thread, STEPCAST_TURN_FAIR);
}

/* One slot: with two, which of them is faster is the kernel's choice. */
static void
test_fair_turns (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  Clients clients = { .scheduler = scheduler };

  for (guint i = 0; i < N_CLIENTS; i++)
    push_turn (&clients, i);
  stepcast_test_wait_for (clients.n_total == N_CLIENTS * N_ROUNDS);
  for (guint i = 0; i < N_CLIENTS; i++)
    g_assert_cmpuint (clients.counts[i], ==, N_ROUNDS);
}

static void
test_next_turn (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (GTask) first = NULL;
  g_autoptr (GTask) fair_1 = NULL;
  g_autoptr (GTask) fair_2 = NULL;
  g_autoptr (GTask) next = NULL;
  guint n_done = 0;
  Gate gate;

  gate_init (&gate);
  first = push (scheduler, &gate, '0', STEPCAST_TURN_FAIR, &n_done);
  stepcast_test_wait_for (gate_get_n_inside (&gate) == 1);
  fair_1 = push (scheduler, &gate, '1', STEPCAST_TURN_FAIR, &n_done);
  fair_2 = push (scheduler, &gate, '2', STEPCAST_TURN_FAIR, &n_done);
  next = push (scheduler, &gate, 'n', STEPCAST_TURN_NEXT, &n_done);
  gate_set_open (&gate, TRUE);
  stepcast_test_wait_for (n_done == 4);
  g_assert_cmpstr (gate.order->str, ==, "0n12");
  gate_clear (&gate);
}

/* ---- taking back, giving up ---- */

static void
test_withdraw (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (GTask) running = NULL;
  g_autoptr (GTask) waiting = NULL;
  g_autoptr (GTask) last = NULL;
  guint n_done = 0;
  Gate gate;

  gate_init (&gate);
  running = push (scheduler, &gate, 'r', STEPCAST_TURN_FAIR, &n_done);
  waiting = push (scheduler, &gate, 'w', STEPCAST_TURN_FAIR, &n_done);
  last = push (scheduler, &gate, 'l', STEPCAST_TURN_FAIR, &n_done);
  stepcast_test_wait_for (gate_get_n_inside (&gate) == 1);

  g_assert_true (stepcast_scheduler_withdraw (scheduler, waiting));
  g_assert_false (stepcast_scheduler_withdraw (scheduler, waiting));
  g_assert_false (stepcast_scheduler_withdraw (scheduler, running));
  stepcast_test_wait_for (g_task_get_completed (waiting));
  g_assert_false (g_task_get_completed (running));
  g_assert_cmpuint (n_done, ==, 0);

  gate_set_open (&gate, TRUE);
  stepcast_test_wait_for (n_done == 2);
  g_assert_cmpstr (gate.order->str, ==, "rl");
  g_assert_false (stepcast_scheduler_withdraw (scheduler, last)); /* it has come back */
  gate_clear (&gate);
}

static void
test_abandon (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (GTask) lost = NULL;
  guint n_lost_done = 0;
  guint n_done = 0;
  Gate stuck, open;

  gate_init (&stuck);
  gate_init (&open);
  lost = push (scheduler, &stuck, 'l', STEPCAST_TURN_FAIR, &n_lost_done);
  stepcast_test_wait_for (gate_get_n_inside (&stuck) == 1);
  push_many (scheduler, &open, 3, &n_done); /* they wait for the slot that is lost */

  stepcast_scheduler_abandon (scheduler, lost);
  stepcast_scheduler_abandon (scheduler, lost);
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (scheduler), ==, 1);
  g_assert_cmpuint (stepcast_scheduler_get_n_slots (scheduler), ==, 1);

  /* Another takes its place, and only one. */
  stepcast_test_wait_for (gate_get_n_inside (&open) == 1);
  gate_set_open (&open, TRUE);
  stepcast_test_wait_for (n_done == 3);
  g_assert_cmpuint (n_lost_done, ==, 0);

  gate_set_open (&stuck, TRUE);
  stepcast_test_wait_for (n_lost_done == 1);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (scheduler) == 0);
  stepcast_scheduler_abandon (scheduler, lost); /* it has come back */
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (scheduler), ==, 0);

  gate_set_open (&open, FALSE);
  push_many (scheduler, &open, 6, &n_done);
  stepcast_test_wait_for (gate_get_n_inside (&open) == 1);
  gate_set_open (&open, TRUE);
  stepcast_test_wait_for (n_done == 9);
  g_assert_cmpuint (open.max_inside, ==, 1);

  gate_clear (&stuck);
  gate_clear (&open);
}

/* Slots are neither lost nor won, whatever becomes of the slices. */
static void
test_accounting (void)
{
  enum
  {
    N_SLOTS = 2,
    N_TASKS = 400,
    N_STUCK = 5
  };
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (N_SLOTS);
  guint n_expected = 0;
  guint n_stuck_done = 0;
  guint n_done = 0;
  Gate stuck, gate;

  gate_init (&stuck);
  gate_init (&gate);
  for (guint i = 0; i < N_STUCK; i++)
    {
      g_autoptr (GTask) task = push (scheduler, &stuck, 's', STEPCAST_TURN_FAIR, &n_stuck_done);

      stepcast_test_wait_for (gate_get_n_inside (&stuck) == i + 1);
      stepcast_scheduler_abandon (scheduler, task);
      g_assert_cmpuint (stepcast_scheduler_get_n_lost (scheduler), ==, i + 1);
    }

  for (guint i = 0; i < N_TASKS; i++)
    {
      StepcastTurn turn = i % 5 == 0 ? STEPCAST_TURN_NEXT : STEPCAST_TURN_FAIR;
      g_autoptr (GTask) task = push (scheduler, &gate, 'x', turn, &n_done);

      if (i % 3 == 0 && stepcast_scheduler_withdraw (scheduler, task))
        continue;
      n_expected++;
    }
  stepcast_test_wait_for (gate_get_n_inside (&gate) == N_SLOTS);
  gate_set_open (&gate, TRUE);
  gate_set_open (&stuck, TRUE); /* the lost ones come back in the midst of it */
  stepcast_test_wait_for (n_done == n_expected && n_stuck_done == N_STUCK);
  stepcast_test_wait_for (stepcast_scheduler_get_n_lost (scheduler) == 0);
  g_assert_cmpuint (gate.n_entered, ==, n_expected);
  g_assert_cmpuint (gate.max_inside, ==, N_SLOTS);

  gate_set_open (&gate, FALSE);
  push_many (scheduler, &gate, 10, &n_done);
  stepcast_test_wait_for (gate_get_n_inside (&gate) == N_SLOTS);
  gate_set_open (&gate, TRUE);
  stepcast_test_wait_for (n_done == n_expected + 10);
  g_assert_cmpuint (gate.max_inside, ==, N_SLOTS);

  gate_clear (&stuck);
  gate_clear (&gate);
}

static void
test_dispose (void)
{
  GWeakRef weak;
  StepcastScheduler *scheduler = stepcast_scheduler_new (2);
  guint n_done = 0;
  Gate gate;

  g_weak_ref_init (&weak, scheduler);
  gate_init (&gate);
  gate_set_open (&gate, TRUE);
  push_many (scheduler, &gate, 20, &n_done);
  stepcast_test_wait_for (n_done == 20);
  g_object_unref (scheduler);
  g_assert_null (g_weak_ref_get (&weak));

  scheduler = stepcast_scheduler_new (2);
  g_weak_ref_set (&weak, scheduler);
  g_object_run_dispose (G_OBJECT (scheduler));
  g_object_unref (scheduler);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  gate_clear (&gate);
}

/* ---- the rest of the process ---- */

static void
read_priority_in_thread (GTask *task,
                         gpointer source_object,
                         gpointer task_data,
                         GCancellable *cancellable)
{
  g_task_return_int (task, getpriority (PRIO_PROCESS, 0));
}

static void
on_priority_read (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  int *priority = user_data;

  *priority = (int) g_task_propagate_int (G_TASK (result), NULL);
}

static void
on_file_read (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_file_load_contents_finish (G_FILE (source_object), result, &contents, NULL, NULL, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static int
read_shared_priority (void)
{
  g_autoptr (GTask) task = NULL;
  int priority = G_MAXINT;

  task = g_task_new (NULL, NULL, on_priority_read, &priority);
  g_task_run_in_thread (task, read_priority_in_thread);
  stepcast_test_wait_for (priority != G_MAXINT);
  return priority;
}

static void
test_shared_threads_are_free (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (2);
  g_autoptr (GFile) file = g_file_new_for_path ("/proc/self/status");
  gboolean is_read = FALSE;
  guint n_done = 0;
  Gate gate;

  gate_init (&gate);
  push_many (scheduler, &gate, 200, &n_done);
  stepcast_test_wait_for (gate_get_n_inside (&gate) == 2);

  read_shared_priority ();
  g_file_load_contents_async (file, NULL, on_file_read, &is_read);
  stepcast_test_wait_for (is_read);
  g_assert_cmpuint (n_done, ==, 0);

  gate_set_open (&gate, TRUE);
  stepcast_test_wait_for (n_done == 200);
  gate_clear (&gate);
}

/* A worker's priority can't be raised again, so no thread of ours may become one of GLib's shared
 * ones: not even the one that stood in for a lost one. */
static void
test_priorities (void)
{
  g_autoptr (StepcastScheduler) scheduler = stepcast_scheduler_new (1);
  g_autoptr (GTask) task = NULL;
  int own = getpriority (PRIO_PROCESS, 0);
  int priority = G_MAXINT;
  guint n_lost_done = 0;
  Gate stuck;

  task = g_task_new (NULL, NULL, on_priority_read, &priority);
  stepcast_scheduler_push (scheduler, task, read_priority_in_thread, STEPCAST_TURN_FAIR);
  stepcast_test_wait_for (priority != G_MAXINT);
  g_assert_cmpint (priority, >, own);

  gate_init (&stuck);
  for (guint round = 0; round < 4; round++)
    {
      g_autoptr (GTask) lost = NULL;

      gate_set_open (&stuck, FALSE);
      lost = push (scheduler, &stuck, 'l', STEPCAST_TURN_FAIR, &n_lost_done);
      stepcast_test_wait_for (gate_get_n_inside (&stuck) == 1);
      stepcast_scheduler_abandon (scheduler, lost);
      stepcast_test_settle (scheduler);
      gate_set_open (&stuck, TRUE);
      stepcast_test_wait_for (n_lost_done == round + 1);
      stepcast_test_wait_for (stepcast_scheduler_get_n_lost (scheduler) == 0);
      stepcast_test_settle (scheduler);
    }
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (read_shared_priority (), ==, own);
  gate_clear (&stuck);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* First, while GLib's shared pool has no thread that was a worker of an earlier test's. */
  g_test_add_func ("/scheduler/priorities", test_priorities);
  g_test_add_func ("/scheduler/slots", test_slots);
  g_test_add_func ("/scheduler/slots-by-default", test_slots_by_default);
  g_test_add_func ("/scheduler/fair-turns", test_fair_turns);
  g_test_add_func ("/scheduler/next-turn", test_next_turn);
  g_test_add_func ("/scheduler/withdraw", test_withdraw);
  g_test_add_func ("/scheduler/abandon", test_abandon);
  g_test_add_func ("/scheduler/accounting", test_accounting);
  g_test_add_func ("/scheduler/dispose", test_dispose);
  g_test_add_func ("/scheduler/shared-threads-are-free", test_shared_threads_are_free);

  return g_test_run ();
}
