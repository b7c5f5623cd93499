/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-handshakes.h"

#include "stepcast-tls-stream.h"

struct _StepcastHandshakes
{
  StepcastTlsCredentials *credentials; /* (nullable): without, there is no TLS */
  GCancellable *cancellable;
  StepcastArrivedFunc func;
  gpointer user_data;
};

/**
 * stepcast_handshakes_new:
 * @func: takes the connections; it is not called any more once they are cancelled
 * @user_data: handed to @func
 *
 * Returns: (transfer full): nobody's, without credentials
 */
StepcastHandshakes *
stepcast_handshakes_new (StepcastArrivedFunc func, gpointer user_data)
{
  StepcastHandshakes *self = g_rc_box_new0 (StepcastHandshakes);

  self->cancellable = g_cancellable_new ();
  self->func = func;
  self->user_data = user_data;

  return self;
}

StepcastHandshakes *
stepcast_handshakes_ref (StepcastHandshakes *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  StepcastHandshakes *self = data;

  g_clear_pointer (&self->credentials, stepcast_tls_credentials_unref);
  g_object_unref (self->cancellable);
}

void
stepcast_handshakes_unref (StepcastHandshakes *self)
{
  g_rc_box_release_full (self, clear);
}

/**
 * stepcast_handshakes_set_credentials:
 * @self: handshakes, without credentials
 * @credentials: what TLS is to be spoken with, and nothing else from then on
 */
void
stepcast_handshakes_set_credentials (StepcastHandshakes *self, StepcastTlsCredentials *credentials)
{
  g_return_if_fail (self->credentials == NULL);

  self->credentials = stepcast_tls_credentials_ref (credentials);
}

/**
 * stepcast_handshakes_has_credentials:
 * @self: handshakes
 *
 * Returns: whether TLS is spoken
 */
gboolean
stepcast_handshakes_has_credentials (const StepcastHandshakes *self)
{
  return self->credentials != NULL;
}

/* A connection whose hands are being shaken. */
typedef struct
{
  StepcastHandshakes *handshakes;
  GSocketAddress *local;
  GSocketAddress *remote;
} Arrival;

static void
arrival_free (Arrival *arrival)
{
  stepcast_handshakes_unref (arrival->handshakes);
  g_object_unref (arrival->local);
  g_object_unref (arrival->remote);
  g_free (arrival);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Arrival, arrival_free)

static void
on_hands_shaken (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Arrival) arrival = user_data;
  StepcastHandshakes *self = arrival->handshakes;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = stepcast_tls_stream_accept_finish (result, &error);

  if (stream == NULL)
    g_debug ("A connection was not taken: %s", error->message);
  else if (!g_cancellable_is_cancelled (self->cancellable))
    self->func (stream, arrival->local, arrival->remote, self->user_data);
}

/**
 * stepcast_handshakes_receive:
 * @self: handshakes
 * @connection: has just been accepted
 */
void
stepcast_handshakes_receive (StepcastHandshakes *self, GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  Arrival *arrival;

  if (local == NULL || remote == NULL) /* it has gone again */
    return;
  if (self->credentials == NULL)
    {
      self->func (G_IO_STREAM (connection), local, remote, self->user_data);
      return;
    }

  arrival = g_new (Arrival, 1);
  arrival->handshakes = stepcast_handshakes_ref (self);
  arrival->local = g_steal_pointer (&local);
  arrival->remote = g_steal_pointer (&remote);
  stepcast_tls_stream_accept_async (connection, self->credentials, self->cancellable,
                                    on_hands_shaken, arrival);
}

/**
 * stepcast_handshakes_cancel:
 * @self: handshakes
 *
 * Gives up those that are under way, for good.
 */
void
stepcast_handshakes_cancel (StepcastHandshakes *self)
{
  g_cancellable_cancel (self->cancellable);
}
