/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Bytes in a file descriptor that can be handed to somebody else, and that neither side can change
 * any more: memfd_create(2), F_ADD_SEALS of fcntl(2). */

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static gboolean
set_error (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
  return FALSE;
}

static gboolean
fill (int fd, GBytes *bytes, GError **error)
{
  gsize n_left;
  const char *next = g_bytes_get_data (bytes, &n_left);

  while (n_left > 0)
    {
      gssize n_written = write (fd, next, n_left);

      if (n_written < 0 && errno == EINTR)
        continue;
      if (n_written < 0)
        return set_error (error, "The picture can't be kept in memory");
      next += n_written;
      n_left -= (gsize) n_written;
    }

  /* It shares its position with whoever gets it. */
  if (lseek (fd, 0, SEEK_SET) != 0 || fcntl (fd, F_ADD_SEALS, SEALS) != 0)
    return set_error (error, "The picture can't be sealed");
  return TRUE;
}

static void
write_in_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;
  int fd = memfd_create ("stepcast-frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0)
    set_error (&error, "The picture finds no room in memory");
  if (fd >= 0 && fill (fd, task_data, &error))
    {
      g_task_return_int (task, fd);
      return;
    }

  if (fd >= 0)
    close (fd);
  g_task_return_error (task, error);
}

/**
 * stepcast_memfd_write_async:
 * @bytes: what is to be in it
 * @cancellable: (nullable): a cancellable
 * @callback: called when it is there
 * @user_data: handed to @callback
 *
 * Makes a sealed memfd of @bytes, in a thread: a large picture takes milliseconds to be copied.
 */
void
stepcast_memfd_write_async (GBytes *bytes,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, stepcast_memfd_write_async);
  g_task_set_task_data (task, g_bytes_ref (bytes), (GDestroyNotify) g_bytes_unref);
  g_task_set_check_cancellable (task, FALSE); /* or the descriptor would leak */
  g_task_run_in_thread (task, write_in_thread);
}

/**
 * stepcast_memfd_write_finish:
 * @result: what the callback got
 * @error: why there is none
 *
 * Returns: a file descriptor, at its beginning, which is the caller's to close; or -1 with @error
 * set
 */
int
stepcast_memfd_write_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), -1);

  return (int) g_task_propagate_int (G_TASK (result), error);
}
