/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-inherited-socket.h"

#include <glib/gi18n.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

/* The socket that the service manager listened to before we were there (sd_listen_fds(3)). */

#ifdef HAVE_LIBSYSTEMD

static gboolean
is_tcp (int fd)
{
  return sd_is_socket (fd, AF_INET, SOCK_STREAM, TRUE) > 0 ||
         sd_is_socket (fd, AF_INET6, SOCK_STREAM, TRUE) > 0;
}

/**
 * stepcast_inherited_socket_take:
 * @socket: (out) (transfer full) (nullable): the TCP socket that was handed over, if any
 * @error: says what was handed over instead
 *
 * To be called once, before there is a second thread: it takes the variables out of the
 * environment.
 *
 * Returns: %FALSE with @error set if what was handed over is of no use
 */
gboolean
stepcast_inherited_socket_take (GSocket **socket, GError **error)
{
  int n_fds = sd_listen_fds (TRUE);

  *socket = NULL;
  if (n_fds == 0)
    return TRUE;
  if (n_fds < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (-n_fds),
                   _ ("$LISTEN_FDS is not understood: %s"), g_strerror (-n_fds));
      return FALSE;
    }
  if (n_fds > 1)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("The service manager hands over %d sockets: it takes one, which listens for "
                      "TCP, such as “ListenStream=127.0.0.1:8347”"),
                   n_fds);
      return FALSE;
    }
  if (!is_tcp (SD_LISTEN_FDS_START))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The socket that the service manager hands over does not listen for "
                              "TCP: it takes one such as “ListenStream=127.0.0.1:8347”"));
      return FALSE;
    }

  *socket = g_socket_new_from_fd (SD_LISTEN_FDS_START, error);
  return *socket != NULL;
}

#else

gboolean
stepcast_inherited_socket_take (GSocket **socket, GError **error)
{
  *socket = NULL;
  if (g_getenv ("LISTEN_FDS") != NULL)
    g_message ("Built without libsystemd: a socket that is handed over is not used");
  return TRUE;
}

#endif
