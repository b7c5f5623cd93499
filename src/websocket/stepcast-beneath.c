/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-beneath.h"

#include "stepcast-tls-stream.h"

/* Returns: (transfer full) (nullable): the stream beneath one of libsoup's or of TLS */
static GIOStream *
get_beneath (GIOStream *stream)
{
  GIOStream *beneath = NULL;

  if (STEPCAST_IS_TLS_STREAM (stream))
    g_set_object (&beneath,
                  G_IO_STREAM (stepcast_tls_stream_get_base (STEPCAST_TLS_STREAM (stream))));
  else if (g_object_class_find_property (G_OBJECT_GET_CLASS (stream), "base-iostream") != NULL)
    g_object_get (stream, "base-iostream", &beneath, NULL);

  return beneath;
}

/**
 * stepcast_beneath_find_socket:
 * @stream: such as a connection that was stolen from libsoup
 * @is_plain: (out): whether all that is between them is what libsoup puts there
 *
 * Returns: (transfer full) (nullable): the TCP socket beneath it
 */
GSocket *
stepcast_beneath_find_socket (GIOStream *stream, gboolean *is_plain)
{
  g_autoptr (GIOStream) next = g_object_ref (stream);

  *is_plain = TRUE;
  while (next != NULL && !G_IS_TCP_CONNECTION (next))
    {
      g_autoptr (GIOStream) above = g_steal_pointer (&next);

      *is_plain = *is_plain && !STEPCAST_IS_TLS_STREAM (above);
      next = get_beneath (above);
    }

  return next != NULL ? g_object_ref (g_socket_connection_get_socket (G_SOCKET_CONNECTION (next))) :
                        NULL;
}
