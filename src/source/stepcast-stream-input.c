/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-stream-input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "stepcast-error.h"

/* Reading what somebody else has opened, without waiting and without a change to it.
 *
 * Whether a read waits is said by O_NONBLOCK, which belongs to the open file description: that is
 * shared with whoever gave us the descriptor, be it a shell that reads its commands from the same
 * terminal. So it is left as it is, and each call says for itself that it does not wait. To open
 * the file once more through /proc/self/fd would give a description of our own, but not of a
 * socket; it may not be allowed; for a terminal's master it is another terminal; and of a named
 * pipe whose writer has gone it never comes to the end. */

static gssize
read_socket (int fd, void *buffer, gsize length)
{
  return recv (fd, buffer, length, MSG_DONTWAIT);
}

/* read(2) where there is something to read, and no more than that: a terminal can be told to wait
 * for some time for more (VTIME). Should another process read the same input just then, it would
 * wait, which is why this is used only where there is no better way. */
static gssize
read_polled (int fd, void *buffer, gsize length)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
  int n_ready = poll (&poll_fd, 1, 0);
  int n_bytes = 0;

  if (n_ready == 0)
    errno = EAGAIN;
  if (n_ready <= 0)
    return -1;

  if (ioctl (fd, FIONREAD, &n_bytes) == 0 && n_bytes > 0) /* none, but readable: the end */
    length = MIN (length, (gsize) n_bytes);
  return read (fd, buffer, length);
}

/* If it is our own terminal, and we are in its background, reading would stop the whole service;
 * with the signal blocked it is EIO. */
static gssize
read_terminal (int fd, void *buffer, gsize length)
{
  sigset_t stop, before;
  gssize n_read;
  int saved_errno;

  sigemptyset (&stop);
  sigaddset (&stop, SIGTTIN);
  pthread_sigmask (SIG_BLOCK, &stop, &before);
  n_read = read_polled (fd, buffer, length);
  saved_errno = errno;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  errno = saved_errno;
  return n_read;
}

/* From a pipe's reading end vmsplice(2) copies to memory; unlike read(2) it takes a flag. */
static gssize
read_pipe (int fd, void *buffer, gsize length)
{
  const struct iovec vector = { buffer, length };
  gssize n_read = vmsplice (fd, &vector, 1, SPLICE_F_NONBLOCK);

  if (n_read < 0 && (errno == ENOSYS || errno == EPERM)) /* a sandbox may not know it */
    return read_polled (fd, buffer, length);
  return n_read;
}

static gboolean
is_byte_stream (int fd)
{
  int type = 0, is_listening = 0;
  socklen_t type_length = sizeof type, listening_length = sizeof is_listening;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &type_length) == 0 && type == SOCK_STREAM &&
         getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &listening_length) == 0 &&
         !is_listening;
}

/* What it is, if it can't be read as a stream. */
static const char *
describe (int fd, mode_t mode, int flags)
{
  if (S_ISREG (mode))
    return "a file";
  if (S_ISDIR (mode))
    return "a folder";
  if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY)
    return "not open for reading";
  if (S_ISSOCK (mode) && !is_byte_stream (fd))
    return "a socket that no stream of bytes comes from";
  if (!S_ISFIFO (mode) && !S_ISSOCK (mode) && !(S_ISCHR (mode) && isatty (fd)))
    return S_ISCHR (mode) || S_ISBLK (mode) ? "a device" : "something else";
  return NULL;
}

/**
 * stepcast_stream_input_check:
 * @fd: a file descriptor that somebody gave us
 * @error: %STEPCAST_ERROR_INVALID_VALUE, which says what it is instead
 *
 * Finds how @fd can be read: a pipe, a connected socket that is a stream of bytes, or a terminal.
 *
 * Returns: (nullable): the function to read it with, which leaves its flags alone; or %NULL with
 * @error set
 */
StepcastReadFunc
stepcast_stream_input_check (int fd, GError **error)
{
  struct stat status;
  int flags = fcntl (fd, F_GETFL);
  const char *what = "not open";

  if (flags >= 0 && fstat (fd, &status) == 0)
    what = describe (fd, status.st_mode, flags);
  if (what != NULL)
    {
      g_set_error (
        error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
        "A stream is read from a pipe, a socket or a terminal; the file descriptor is %s", what);
      return NULL;
    }

  if (S_ISFIFO (status.st_mode))
    return read_pipe;
  return S_ISSOCK (status.st_mode) ? read_socket : read_terminal;
}
