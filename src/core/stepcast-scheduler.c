/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-scheduler.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

/* Runs slices: bounded pieces of CPU work, each a GTask, at most one a slot at once.
 *
 * The slices that wait stand in one queue, first come, first served; a generator has at most one
 * slice at a time and queues its next when this one has come home, so any number of generators
 * share the slots in turn.
 *
 * The work runs on threads of our own and not through g_task_run_in_thread(): GTask's pool is
 * shared with all file I/O and name look-ups of the process, and the lower priority that workers
 * get would stick to its threads (it would to a GThreadPool's, whose threads are lent to others
 * when it has no use for them). The GTask still carries the cancellable, the result and the
 * callback.
 *
 * A slice that does not come back can be abandoned: its slot is counted as lost, and another
 * thread takes its place until it does come back. That thread stays for the next time: what bounds
 * the slices is a count, not the number of threads. */

/* Workers yield to the main context, which only moves bytes, and to the user's desktop. */
#define WORKER_NICE 5

typedef struct
{
  GTask *task;
  GTaskThreadFunc func;
  gboolean is_abandoned; /* under the lock */
} Job;

struct _StepcastScheduler
{
  GObject parent_instance;

  guint n_slots;

  /* Guards all that follows: the main context and the workers touch it. */
  GMutex lock;
  GCond wake;         /* there may be a job for an idle worker, or it is to end */
  GPtrArray *workers; /* of GThread */
  guint n_idle;       /* of them */
  GQueue waiting;     /* of Job */
  GQueue running;     /* of Job */
  guint n_lost;
  gboolean is_closed;
};

G_DEFINE_FINAL_TYPE (StepcastScheduler, stepcast_scheduler, G_TYPE_OBJECT)

static void
job_free (Job *job)
{
  g_object_unref (job->task);
  g_free (job);
}

static Job *
find_job (GQueue *queue, GTask *task)
{
  for (GList *link = queue->head; link != NULL; link = link->next)
    {
      Job *job = link->data;

      if (job->task == task)
        return job;
    }
  return NULL;
}

static void
lower_priority (void)
{
  struct sched_param param = { 0 };

  /* Linux: 0 names the calling thread to both. Where it is not allowed, it goes on as it is. */
  if (sched_setscheduler (0, SCHED_BATCH, &param) != 0 ||
      setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + WORKER_NICE) != 0)
    g_debug ("A worker keeps its priority: %s", g_strerror (errno));
}

/* Waits for a job and a slot for it; NULL if the worker is to end. */
static Job *
begin_job (StepcastScheduler *self)
{
  Job *job = NULL;

  g_mutex_lock (&self->lock);
  for (;;)
    {
      if (self->running.length < self->n_slots + self->n_lost)
        job = g_queue_pop_head (&self->waiting);
      if (job != NULL || self->is_closed)
        break;
      self->n_idle++;
      g_cond_wait (&self->wake, &self->lock);
      self->n_idle--;
    }
  if (job != NULL)
    g_queue_push_tail (&self->running, job);
  g_mutex_unlock (&self->lock);

  return job;
}

static void
end_job (StepcastScheduler *self, Job *job)
{
  g_mutex_lock (&self->lock);
  g_queue_remove (&self->running, job);
  if (job->is_abandoned)
    self->n_lost--;
  g_mutex_unlock (&self->lock);

  job_free (job);
}

static gpointer
work_in_thread (gpointer user_data)
{
  StepcastScheduler *self = user_data;
  Job *job;

  lower_priority ();
  while ((job = begin_job (self)) != NULL)
    {
      job->func (job->task, g_task_get_source_object (job->task), g_task_get_task_data (job->task),
                 g_task_get_cancellable (job->task));
      end_job (self, job);
    }

  return NULL;
}

/* Under the lock, or before anybody else knows of @self. */
static gboolean
add_worker (StepcastScheduler *self, GError **error)
{
  GThread *worker = g_thread_try_new ("stepcast-worker", work_in_thread, self, error);

  if (worker != NULL)
    g_ptr_array_add (self->workers, worker);
  return worker != NULL;
}

static void
stepcast_scheduler_dispose (GObject *object)
{
  StepcastScheduler *self = STEPCAST_SCHEDULER (object);
  gboolean was_closed;
  gboolean is_waited_for;

  g_mutex_lock (&self->lock);
  was_closed = self->is_closed;
  self->is_closed = TRUE;
  is_waited_for = self->n_lost == 0;
  g_cond_broadcast (&self->wake);
  g_mutex_unlock (&self->lock);

  /* Whoever pushed a slice has seen it come home before it lets go of us: what still runs is lost.
   * A thread that may never end can't be waited for, and needs us if it does end. */
  if (!was_closed && !is_waited_for)
    g_object_ref (self);
  for (guint i = 0; i < self->workers->len && !was_closed; i++)
    {
      if (is_waited_for)
        g_thread_join (self->workers->pdata[i]);
      else
        g_thread_unref (self->workers->pdata[i]);
    }

  G_OBJECT_CLASS (stepcast_scheduler_parent_class)->dispose (object);
}

static void
stepcast_scheduler_finalize (GObject *object)
{
  StepcastScheduler *self = STEPCAST_SCHEDULER (object);

  g_assert (g_queue_is_empty (&self->waiting));
  g_assert (g_queue_is_empty (&self->running));
  g_ptr_array_unref (self->workers);
  g_cond_clear (&self->wake);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (stepcast_scheduler_parent_class)->finalize (object);
}

static void
stepcast_scheduler_class_init (StepcastSchedulerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_scheduler_dispose;
  object_class->finalize = stepcast_scheduler_finalize;
}

static void
stepcast_scheduler_init (StepcastScheduler *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->workers = g_ptr_array_new ();
  g_queue_init (&self->waiting);
  g_queue_init (&self->running);
}

/**
 * stepcast_scheduler_new:
 * @n_slots: how many slices run at once; 0 for one a processor
 *
 * Returns: (transfer full): a new scheduler
 */
StepcastScheduler *
stepcast_scheduler_new (guint n_slots)
{
  StepcastScheduler *self = g_object_new (STEPCAST_TYPE_SCHEDULER, NULL);
  g_autoptr (GError) error = NULL;

  self->n_slots = n_slots > 0 ? n_slots : g_get_num_processors ();
  while (self->workers->len < self->n_slots && add_worker (self, &error))
    ;
  if (self->workers->len == 0)
    g_error ("No worker thread can be started: %s", error->message);
  if (error != NULL)
    g_warning ("There are only %u workers: %s", self->workers->len, error->message);

  return self;
}

/**
 * stepcast_scheduler_push:
 * @self: a scheduler
 * @task: a task that @func returns from; its cancellable is polled there
 * @func: the work, of about %STEPCAST_SLICE_US; runs in a worker
 * @turn: where it stands among those that wait
 *
 * Queues a slice. Called from the main context.
 */
void
stepcast_scheduler_push (StepcastScheduler *self,
                         GTask *task,
                         GTaskThreadFunc func,
                         StepcastTurn turn)
{
  gboolean wakes;
  Job *job;

  g_return_if_fail (STEPCAST_IS_SCHEDULER (self));
  g_return_if_fail (G_IS_TASK (task));

  job = g_new0 (Job, 1);
  job->task = g_object_ref (task);
  job->func = func;

  g_mutex_lock (&self->lock);
  if (turn == STEPCAST_TURN_NEXT)
    g_queue_push_head (&self->waiting, job);
  else
    g_queue_push_tail (&self->waiting, job);
  wakes = self->n_idle > 0;
  g_mutex_unlock (&self->lock);

  if (wakes) /* not under the lock, which it would wait for at once */
    g_cond_signal (&self->wake);
}

/**
 * stepcast_scheduler_withdraw:
 * @self: a scheduler
 * @task: a task that was pushed
 *
 * Takes back a slice that has not begun: @task returns %G_IO_ERROR_CANCELLED,
 * and its work is never run. Called from the main context.
 *
 * Returns: %FALSE if the slice has begun
 */
gboolean
stepcast_scheduler_withdraw (StepcastScheduler *self, GTask *task)
{
  Job *job;

  g_return_val_if_fail (STEPCAST_IS_SCHEDULER (self), FALSE);

  g_mutex_lock (&self->lock);
  job = find_job (&self->waiting, task);
  if (job != NULL)
    g_queue_remove (&self->waiting, job);
  g_mutex_unlock (&self->lock);

  if (job == NULL)
    return FALSE;

  g_task_return_new_error (job->task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "It had not begun");
  job_free (job);
  return TRUE;
}

/**
 * stepcast_scheduler_abandon:
 * @self: a scheduler
 * @task: a task that was pushed and can't be withdrawn
 *
 * Counts the slot of a slice that does not come back as lost, and replaces it
 * until it does. Does nothing if the slice has come back. Called from the main context.
 */
void
stepcast_scheduler_abandon (StepcastScheduler *self, GTask *task)
{
  g_autoptr (GError) error = NULL;
  Job *job;

  g_return_if_fail (STEPCAST_IS_SCHEDULER (self));

  g_mutex_lock (&self->lock);
  job = find_job (&self->running, task);
  if (job != NULL && !job->is_abandoned)
    {
      job->is_abandoned = TRUE;
      self->n_lost++;
      if (self->workers->len < self->n_slots + self->n_lost && !add_worker (self, &error))
        g_warning ("A lost worker can't be replaced: %s", error->message);
      g_cond_signal (&self->wake);
    }
  g_mutex_unlock (&self->lock);
}

guint
stepcast_scheduler_get_n_slots (StepcastScheduler *self)
{
  g_return_val_if_fail (STEPCAST_IS_SCHEDULER (self), 0);

  return self->n_slots;
}

/**
 * stepcast_scheduler_get_n_lost:
 * @self: a scheduler
 *
 * Returns: how many slots are held by slices that were abandoned
 */
guint
stepcast_scheduler_get_n_lost (StepcastScheduler *self)
{
  guint n_lost;

  g_return_val_if_fail (STEPCAST_IS_SCHEDULER (self), 0);

  g_mutex_lock (&self->lock);
  n_lost = self->n_lost;
  g_mutex_unlock (&self->lock);

  return n_lost;
}
