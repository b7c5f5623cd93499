/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* Force-included (-include) into a build for ThreadSanitizer, which sees neither GLib's locks (raw
 * futexes) nor the order that its tasks, sources and reference counts make. Only what our code does
 * through these calls is told; a race on our own data is still found (tests/tsan has one that must
 * be). Meson includes it wherever -Db_sanitize=thread is set, and build-aux/tsan does all of it. */

#include <gio/gio.h>

void __tsan_acquire (void *address);
void __tsan_release (void *address);

static inline void
stepcast_tsan_lock (GMutex *mutex)
{
  g_mutex_lock (mutex);
  __tsan_acquire (mutex);
}

static inline void
stepcast_tsan_unlock (GMutex *mutex)
{
  __tsan_release (mutex);
  g_mutex_unlock (mutex);
}

static inline void
stepcast_tsan_wait (GCond *cond, GMutex *mutex)
{
  __tsan_release (mutex);
  g_cond_wait (cond, mutex);
  __tsan_acquire (mutex);
}

/* A task: what its worker has written is read by whom it returns to, and by who frees it. */
#define g_mutex_lock(mutex) stepcast_tsan_lock (mutex)
#define g_mutex_unlock(mutex) stepcast_tsan_unlock (mutex)
#define g_cond_wait(cond, mutex) stepcast_tsan_wait (cond, mutex)
#define g_task_return_boolean(task, result)                                                        \
  (__tsan_release (task), (g_task_return_boolean) (task, result))
#define g_task_return_int(task, result) (__tsan_release (task), (g_task_return_int) (task, result))
#define g_task_return_pointer(task, result, free)                                                  \
  (__tsan_release (task), (g_task_return_pointer) (task, result, free))
#define g_task_propagate_pointer(task, error)                                                      \
  (__tsan_acquire (task), (g_task_propagate_pointer) (task, error))
#define g_task_return_error(task, error)                                                           \
  (__tsan_release (task), (g_task_return_error) (task, error))
#define g_task_propagate_boolean(task, error)                                                      \
  (__tsan_acquire (task), (g_task_propagate_boolean) (task, error))
#define g_task_propagate_int(task, error)                                                          \
  (__tsan_acquire (task), (g_task_propagate_int) (task, error))

/* What whoever hands a task to GTask's own pool has written is read there. */

static inline void
stepcast_tsan_in_thread (GTask *task,
                         gpointer source_object,
                         gpointer task_data,
                         GCancellable *cancellable)
{
  GTaskThreadFunc func = (GTaskThreadFunc) g_object_get_data (G_OBJECT (task), "stepcast-tsan");

  __tsan_acquire (task);
  func (task, source_object, task_data, cancellable);
}

static inline void
stepcast_tsan_run_in_thread (GTask *task, GTaskThreadFunc func)
{
  g_object_set_data (G_OBJECT (task), "stepcast-tsan", (gpointer) func);
  __tsan_release (task);
  g_task_run_in_thread (task, stepcast_tsan_in_thread);
}

#define g_task_run_in_thread(task, func) stepcast_tsan_run_in_thread (task, func)

/* Whoever drops the last reference frees after all others have dropped theirs: acquired between the
 * two, for an earlier acquire would miss who drops in between. */

static inline gboolean
stepcast_tsan_ref_count_dec (gatomicrefcount *count)
{
  gboolean is_last;

  __tsan_release (count);
  is_last = g_atomic_ref_count_dec (count);
  if (is_last)
    __tsan_acquire (count);
  return is_last;
}

static _Thread_local GDestroyNotify stepcast_tsan_clear;

static inline void
stepcast_tsan_box_clear (gpointer box)
{
  __tsan_acquire (box);
  stepcast_tsan_clear (box);
}

static inline void
stepcast_tsan_box_release_full (gpointer box, GDestroyNotify clear)
{
  GDestroyNotify outer = stepcast_tsan_clear;

  stepcast_tsan_clear = clear;
  __tsan_release (box);
  g_atomic_rc_box_release_full (box, stepcast_tsan_box_clear);
  stepcast_tsan_clear = outer;
}

#define g_atomic_ref_count_dec(count) stepcast_tsan_ref_count_dec (count)
#define g_atomic_rc_box_release_full(box, clear) stepcast_tsan_box_release_full (box, clear)

/* What is handed over in a queue; and whoever drops the last reference to bytes frees them after
 * all who have read them. */

static inline void
stepcast_tsan_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  g_async_queue_push (queue, data);
}

static inline void
stepcast_tsan_push_front (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  g_async_queue_push_front (queue, data);
}

static inline gpointer
stepcast_tsan_pop (GAsyncQueue *queue, gpointer data)
{
  __tsan_acquire (queue);
  return data;
}

#define g_async_queue_push(queue, data) stepcast_tsan_push (queue, data)
#define g_async_queue_push_front(queue, data) stepcast_tsan_push_front (queue, data)
#define g_async_queue_pop(queue) stepcast_tsan_pop (queue, (g_async_queue_pop) (queue))
#define g_async_queue_try_pop(queue) stepcast_tsan_pop (queue, (g_async_queue_try_pop) (queue))
#define g_bytes_unref(bytes)                                                                       \
  (__tsan_release (bytes), __tsan_acquire (bytes), (g_bytes_unref) (bytes))
