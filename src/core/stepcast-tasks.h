/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * stepcast_tasks_cancel:
 * @tasks: (element-type GTask): who waits for something of a session that is gone; empty after it
 */
static inline void
stepcast_tasks_cancel (GQueue *tasks)
{
  GTask *next;

  while ((next = g_queue_pop_head (tasks)) != NULL)
    {
      g_task_return_new_error (next, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The session is gone");
      g_object_unref (next);
    }
}

G_END_DECLS
