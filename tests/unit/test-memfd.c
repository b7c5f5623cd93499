/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stepcast-memfd.h"
#include "stepcast-test-wait.h"

/* What somebody gets who asks for a picture: they can read it, and nobody can change it. */

typedef struct
{
  gboolean is_done;
  int fd;
  GError *error;
} Answer;

static void
on_written (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_null (source_object);
  answer->fd = stepcast_memfd_write_finish (result, &answer->error);
  answer->is_done = TRUE;
}

static int
make (GBytes *bytes, GCancellable *cancellable)
{
  Answer answer = { 0 };

  stepcast_memfd_write_async (bytes, cancellable, on_written, &answer);
  g_assert_false (answer.is_done);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  g_assert_cmpint (answer.fd, >=, 0);
  return answer.fd;
}

static void
assert_content (int fd, GBytes *expected)
{
  struct stat status;
  gsize size;
  const void *data = g_bytes_get_data (expected, &size);
  g_autofree char *got = g_malloc (size + 1);
  gsize n_read = 0;

  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpuint ((gsize) status.st_size, ==, size);
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 0);
  for (;;)
    {
      gssize n = read (fd, got + n_read, size + 1 - n_read);

      g_assert_cmpint (n, >=, 0);
      if (n == 0)
        break;
      n_read += (gsize) n;
    }
  g_assert_cmpmem (got, n_read, data, size);
}

static void
test_content (void)
{
  static const gsize sizes[] = { 0, 1, 4096, 4097, 5 * 1024 * 1024 + 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint8 *data = g_malloc (sizes[i]);
      g_autoptr (GBytes) bytes = NULL;
      int fd;

      for (gsize k = 0; k < sizes[i]; k++)
        data[k] = (guint8) (k * 7 + k / 256);
      bytes = g_bytes_new_take (data, sizes[i]);
      fd = make (bytes, NULL);
      assert_content (fd, bytes);
      g_assert_cmpint (close (fd), ==, 0);
    }
}

static void
assert_not_permitted (int result)
{
  int code = errno;

  g_assert_cmpint (result, ==, -1);
  g_assert_cmpint (code, ==, EPERM);
}

static void
test_is_sealed (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("picture", 7);
  int fd = make (bytes, NULL);
  void *map;

  g_assert_cmpint (fcntl (fd, F_GET_SEALS), ==,
                   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  assert_not_permitted ((int) write (fd, "x", 1));
  assert_not_permitted ((int) pwrite (fd, "x", 1, 100));
  assert_not_permitted (ftruncate (fd, 3));
  assert_not_permitted (ftruncate (fd, 100));
  assert_not_permitted (fcntl (fd, F_ADD_SEALS, F_SEAL_WRITE));

  map = mmap (NULL, 7, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (map == MAP_FAILED);
  map = mmap (NULL, 7, PROT_READ, MAP_PRIVATE, fd, 0);
  g_assert_true (map != MAP_FAILED);
  g_assert_cmpmem (map, 7, "picture", 7);
  munmap (map, 7);

  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  assert_content (fd, bytes);
  g_assert_cmpint (close (fd), ==, 0);
}

/* The answer comes nevertheless: a descriptor that nobody takes would leak. */
static void
test_cancelled (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("picture", 7);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int fd;

  g_cancellable_cancel (cancellable);
  fd = make (bytes, cancellable);
  assert_content (fd, bytes);
  g_assert_cmpint (close (fd), ==, 0);
}

/* Each has its own. */
static void
test_at_once (void)
{
  Answer answers[20] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (&i, sizeof i);

      stepcast_memfd_write_async (bytes, NULL, on_written, &answers[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (&i, sizeof i);

      stepcast_test_wait_for (answers[i].is_done);
      g_assert_no_error (answers[i].error);
      assert_content (answers[i].fd, bytes);
      g_assert_cmpint (close (answers[i].fd), ==, 0);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/memfd/content", test_content);
  g_test_add_func ("/memfd/is-sealed", test_is_sealed);
  g_test_add_func ("/memfd/cancelled", test_cancelled);
  g_test_add_func ("/memfd/at-once", test_at_once);

  return g_test_run ();
}
