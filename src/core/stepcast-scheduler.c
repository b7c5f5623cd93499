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
 * The work runs on an exclusive pool of our own and not through g_task_run_in_thread(): GTask's
 * pool is shared with all file I/O and name look-ups of the process, and the lower priority that
 * workers get would stick to its threads. The GTask still carries the cancellable, the result and
 * the callback.
 *
 * A slice that does not come back can be abandoned: its slot is counted as lost, and another
 * thread takes its place until it does come back. That thread stays in our pool for the next time:
 * one that leaves an exclusive pool becomes one of GLib's shared threads, with its lowered
 * priority. So what bounds the slices is a count of our own, not the number of threads. */

/* Workers yield to the main context, which only moves bytes, and to the user's desktop. */
#define WORKER_NICE 10

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
  GThreadPool *pool; /* NULL once disposed of */
  GQueue waiting;    /* of Job */
  GQueue running;    /* of Job */
  guint n_lost;
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
lower_priority_once (void)
{
  static GPrivate is_lowered = G_PRIVATE_INIT (NULL);
  struct sched_param param = { 0 };

  if (g_private_get (&is_lowered) != NULL)
    return;
  g_private_set (&is_lowered, GINT_TO_POINTER (TRUE));

  /* Linux: 0 names the calling thread to both. Where it is not allowed, it goes on as it is. */
  if (sched_setscheduler (0, SCHED_BATCH, &param) != 0 ||
      setpriority (PRIO_PROCESS, 0, WORKER_NICE) != 0)
    g_debug ("A worker keeps its priority: %s", g_strerror (errno));
}

/* Under the lock: sees to it that a thread looks for a job. A token says only that there may be
 * one: whoever finds none, or no slot, goes back to sleep. */
static void
wake_worker (StepcastScheduler *self)
{
  g_autoptr (GError) error = NULL;
  int n_threads = (int) (self->n_slots + self->n_lost);

  if (self->pool == NULL)
    return;

  if (g_thread_pool_get_max_threads (self->pool) < n_threads &&
      !g_thread_pool_set_max_threads (self->pool, n_threads, &error))
    g_warning ("A lost worker cannot be replaced: %s", error->message);
  g_thread_pool_push (self->pool, self, NULL);
}

/* Under the lock: the next job, if there is one and a slot for it. */
static Job *
begin_job (StepcastScheduler *self)
{
  Job *job = NULL;

  if (self->running.length < self->n_slots + self->n_lost)
    job = g_queue_pop_head (&self->waiting);
  if (job != NULL)
    g_queue_push_tail (&self->running, job);
  return job;
}

/* Under the lock. */
static void
end_job (StepcastScheduler *self, Job *job)
{
  g_queue_remove (&self->running, job);
  if (job->is_abandoned)
    self->n_lost--;
}

static void
run_jobs_in_thread (gpointer token, gpointer user_data)
{
  StepcastScheduler *self = user_data;
  Job *job;

  lower_priority_once ();

  g_mutex_lock (&self->lock);
  while ((job = begin_job (self)) != NULL)
    {
      g_mutex_unlock (&self->lock);
      job->func (job->task, g_task_get_source_object (job->task), g_task_get_task_data (job->task),
                 g_task_get_cancellable (job->task));

      g_mutex_lock (&self->lock);
      end_job (self, job);
      g_mutex_unlock (&self->lock);

      job_free (job);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
}

static void
stepcast_scheduler_dispose (GObject *object)
{
  StepcastScheduler *self = STEPCAST_SCHEDULER (object);

  GThreadPool *pool;
  gboolean is_waited_for;

  g_mutex_lock (&self->lock);
  pool = g_steal_pointer (&self->pool);
  is_waited_for = self->n_lost == 0;
  g_mutex_unlock (&self->lock);

  if (pool != NULL)
    {
      /* Whoever pushed a slice has seen it come home before it lets go of us: what still runs is
       * lost. A thread that may never end can't be waited for, and needs us if it does end. */
      if (!is_waited_for)
        g_object_ref (self);
      g_thread_pool_free (pool, FALSE, is_waited_for);
    }

  G_OBJECT_CLASS (stepcast_scheduler_parent_class)->dispose (object);
}

static void
stepcast_scheduler_finalize (GObject *object)
{
  StepcastScheduler *self = STEPCAST_SCHEDULER (object);

  g_assert (g_queue_is_empty (&self->waiting));
  g_assert (g_queue_is_empty (&self->running));
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
  self->pool = g_thread_pool_new (run_jobs_in_thread, self, (int) self->n_slots, TRUE, &error);
  if (error != NULL)
    g_error ("No worker thread could be started: %s", error->message);

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
  wake_worker (self);
  g_mutex_unlock (&self->lock);
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
  Job *job;

  g_return_if_fail (STEPCAST_IS_SCHEDULER (self));

  g_mutex_lock (&self->lock);
  job = find_job (&self->running, task);
  if (job != NULL && !job->is_abandoned)
    {
      job->is_abandoned = TRUE;
      self->n_lost++;
      wake_worker (self);
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
