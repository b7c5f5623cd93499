/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-tls-wire.h"

#include <string.h>

#include "stepcast-gsource.h"
#include "stepcast-pollable-stream.h"
#include "stepcast-scheduler.h"

/* What of a TLS connection is left when its stream has been closed.
 *
 * A write is as it is with a socket: what was accepted is kept, one record at the most, and sent
 * before anything else. So closing does not wait, and loses nothing: a wire that has something
 * left outlives its stream for a while, as a socket's queue does.
 *
 * Lives on the main context. */

/* The most that fits into a record (RFC 8446, section 5.1). */
#define RECORD_BYTES 16384

/* One call writes this much at the most, which takes a tenth of a millisecond: others have a turn.
 */
#define WRITE_BYTES (256 * 1024)

/* What a peer may have sent that nobody reads any more: unread, it would make the close a reset. */
#define SCRAP_BYTES (64 * 1024)

struct _StepcastTlsWire
{
  GSocketConnection *connection;
  GSocket *socket; /* its */
  StepcastTlsCredentials *credentials;
  gnutls_session_t session;
  gboolean is_open; /* hands were shaken, and nothing has failed since */

  guint8 *record;        /* (nullable): accepted, and not sent whole */
  gsize record_length;   /* of it */
  gsize n_sent;          /* of it */
  gboolean is_encrypted; /* GnuTLS has what comes next of it, and needs the socket only */

  GSource *writable; /* (nullable): while it lingers */
  GSource *deadline; /* (nullable): likewise */
};

/* ---- sending ---- */

static gboolean
is_blocked (gssize result)
{
  return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

/* Sends what is left of the record. Returns 0, or one of GnuTLS's errors. */
static gssize
send_record (StepcastTlsWire *self)
{
  while (self->n_sent < self->record_length)
    {
      gssize result = self->is_encrypted ?
                        gnutls_record_send (self->session, NULL, 0) :
                        gnutls_record_send (self->session, self->record + self->n_sent,
                                            self->record_length - self->n_sent);

      self->is_encrypted = is_blocked (result);
      if (result <= 0)
        return result < 0 ? result : GNUTLS_E_INTERNAL_ERROR;
      self->n_sent += (gsize) result;
    }

  g_clear_pointer (&self->record, g_free);
  return 0;
}

/* Sends what is left, and says goodbye. Returns 0, or one of GnuTLS's errors. */
static gssize
finish_sending (StepcastTlsWire *self)
{
  gssize result = self->record != NULL ? send_record (self) : 0;

  return result == 0 ? gnutls_bye (self->session, GNUTLS_SHUT_WR) : result;
}

/* ---- the end ---- */

static void
wire_free (StepcastTlsWire *self)
{
  stepcast_gsource_clear (&self->writable);
  stepcast_gsource_clear (&self->deadline);
  g_clear_pointer (&self->session, gnutls_deinit);
  stepcast_pollable_stream_drain (G_IO_STREAM (self->connection), SCRAP_BYTES);
  g_io_stream_close (G_IO_STREAM (self->connection), NULL, NULL);
  g_object_unref (self->connection);
  stepcast_tls_credentials_unref (self->credentials);
  g_free (self->record);
  g_free (self);
}

static gboolean
on_linger_writable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  StepcastTlsWire *self = user_data;

  if (is_blocked (finish_sending (self)))
    return G_SOURCE_CONTINUE;

  wire_free (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_linger_deadline (gpointer user_data)
{
  g_debug ("A peer did not take what was left for it");
  wire_free (user_data);
  return G_SOURCE_REMOVE;
}

static void
linger (StepcastTlsWire *self)
{
  self->writable = g_socket_create_source (self->socket, G_IO_OUT, NULL);
  g_source_set_static_name (self->writable, "[stepcast] TLS linger");
  g_source_set_priority (self->writable, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (self->writable, G_SOURCE_FUNC (on_linger_writable), self, NULL);
  g_source_attach (self->writable, g_main_context_get_thread_default ());

  self->deadline = g_timeout_source_new_seconds (STEPCAST_TLS_LINGER_SECONDS);
  g_source_set_static_name (self->deadline, "[stepcast] TLS linger deadline");
  g_source_set_callback (self->deadline, on_linger_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

/**
 * stepcast_tls_wire_close:
 * @self: (transfer full): a wire
 *
 * Says goodbye and closes the connection, once the peer has taken what was written; which it has
 * %STEPCAST_TLS_LINGER_SECONDS for.
 */
void
stepcast_tls_wire_close (StepcastTlsWire *self)
{
  if (self->is_open && is_blocked (finish_sending (self)))
    linger (self);
  else
    wire_free (self);
}

/* ---- the handshake ---- */

/**
 * stepcast_tls_wire_new:
 * @connection: a new connection; it is closed where there is no wire
 * @credentials: the certificate that the peer is shown
 *
 * Returns: (transfer full) (nullable): a wire whose hands are to be shaken first; %NULL where
 *   GnuTLS has no session left
 */
StepcastTlsWire *
stepcast_tls_wire_new (GSocketConnection *connection, StepcastTlsCredentials *credentials)
{
  StepcastTlsWire *self = g_new0 (StepcastTlsWire, 1);

  self->connection = g_object_ref (connection);
  self->socket = g_socket_connection_get_socket (connection);
  self->credentials = stepcast_tls_credentials_ref (credentials);
  self->session = stepcast_tls_credentials_open_session (credentials);
  if (self->session != NULL)
    gnutls_transport_set_int (self->session, g_socket_get_fd (self->socket));
  else
    g_clear_pointer (&self, wire_free);

  return self;
}

/**
 * stepcast_tls_wire_shake_hands:
 * @self: a new wire
 * @error: why there will be no handshake
 *
 * Goes on with the handshake as far as the peer lets it.
 *
 * Returns: what the socket is to be waited for, and then the next call; 0 where hands are shaken,
 *   or with @error set
 */
GIOCondition
stepcast_tls_wire_shake_hands (StepcastTlsWire *self, GError **error)
{
  int result;

  do
    result = gnutls_handshake (self->session);
  while (result != 0 && !is_blocked (result) && !gnutls_error_is_fatal (result));

  if (is_blocked (result))
    return gnutls_record_get_direction (self->session) == 0 ? G_IO_IN : G_IO_OUT;

  self->is_open = result == 0;
  if (result != 0)
    {
      gnutls_alert_send_appropriate (self->session, result);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "No TLS handshake: %s",
                   gnutls_strerror (result));
    }
  return 0;
}

/* ---- reading and writing ---- */

/* Sets @error to what @result means. */
static void
set_error (StepcastTlsWire *self, gssize result, GError **error)
{
  self->is_open = FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "TLS: %s",
               gnutls_strerror ((int) result));
}

static gboolean
check_open (StepcastTlsWire *self, GError **error)
{
  if (self != NULL && self->is_open)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The TLS connection is closed");
  return FALSE;
}

/**
 * stepcast_tls_wire_read:
 * @self: (nullable): a wire, or %NULL where it is closed
 * @buffer: (out caller-allocates) (array length=count): for what is read
 * @count: how much that is at the most
 * @error: %G_IO_ERROR_WOULD_BLOCK where there is nothing, or why it can't be read
 *
 * Returns: how much was read, 0 at the end, or -1 with @error set
 */
gssize
stepcast_tls_wire_read (StepcastTlsWire *self, void *buffer, gsize count, GError **error)
{
  gssize result;

  if (!check_open (self, error))
    return -1;

  do
    result = gnutls_record_recv (self->session, buffer, count);
  while (result == GNUTLS_E_WARNING_ALERT_RECEIVED);

  if (result == GNUTLS_E_PREMATURE_TERMINATION) /* HTTP and WebSocket know their own end */
    return 0;
  if (result >= 0)
    return result;

  if (is_blocked (result))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "The socket would block");
  else
    set_error (self, result, error);
  return -1;
}

/* What is to be written: vectors, and how far they have been taken. */
typedef struct
{
  const GOutputVector *vectors;
  gsize n_vectors;
  gsize n_taken; /* of the first */
} Supply;

/* Makes a record of what comes next. Small messages share one, and a head goes with its payload. */
static gsize
fill_record (StepcastTlsWire *self, Supply *supply)
{
  self->record = g_malloc (RECORD_BYTES);
  self->record_length = 0;
  self->n_sent = 0;

  while (supply->n_vectors > 0 && self->record_length < RECORD_BYTES)
    {
      gsize left = supply->vectors->size - supply->n_taken;
      gsize n_bytes = MIN (left, RECORD_BYTES - self->record_length);

      if (n_bytes > 0)
        memcpy (self->record + self->record_length,
                (const guint8 *) supply->vectors->buffer + supply->n_taken, n_bytes);
      self->record_length += n_bytes;
      supply->n_taken += n_bytes;
      if (n_bytes == left)
        {
          supply->vectors++;
          supply->n_vectors--;
          supply->n_taken = 0;
        }
    }

  return self->record_length;
}

/**
 * stepcast_tls_wire_write:
 * @self: (nullable): a wire, or %NULL where it is closed
 * @vectors: (array length=n_vectors): what is to be written
 * @n_vectors: how many there are
 * @n_written: (out): how much of it was accepted; 0 where that is nothing
 * @error: why it can't be written to
 *
 * What was accepted is sent before anything else, so that the next call may write something else.
 *
 * Returns: %G_POLLABLE_RETURN_FAILED with @error set, and an error then only
 */
GPollableReturn
stepcast_tls_wire_write (StepcastTlsWire *self,
                         const GOutputVector *vectors,
                         gsize n_vectors,
                         gsize *n_written,
                         GError **error)
{
  Supply supply = { vectors, n_vectors, 0 };
  gssize result;

  *n_written = 0;
  if (!check_open (self, error))
    return G_POLLABLE_RETURN_FAILED;

  result = self->record != NULL ? send_record (self) : 0;
  while (result == 0 && supply.n_vectors > 0 && *n_written < WRITE_BYTES)
    {
      *n_written += fill_record (self, &supply);
      result = send_record (self);
    }

  if (result == 0 || (is_blocked (result) && *n_written > 0))
    return G_POLLABLE_RETURN_OK;
  *n_written = 0;
  if (is_blocked (result))
    return G_POLLABLE_RETURN_WOULD_BLOCK;
  set_error (self, result, error);
  return G_POLLABLE_RETURN_FAILED;
}

/**
 * stepcast_tls_wire_has_decrypted:
 * @self: a wire
 *
 * Returns: whether there is something to be read that the kernel does not know of any more
 */
gboolean
stepcast_tls_wire_has_decrypted (StepcastTlsWire *self)
{
  return gnutls_record_check_pending (self->session) > 0;
}

/**
 * stepcast_tls_wire_get_socket:
 * @self: a wire
 *
 * Returns: (transfer none): the socket beneath it
 */
GSocket *
stepcast_tls_wire_get_socket (StepcastTlsWire *self)
{
  return self->socket;
}

/**
 * stepcast_tls_wire_get_connection:
 * @self: a wire
 *
 * Returns: (transfer none): the connection beneath it
 */
GSocketConnection *
stepcast_tls_wire_get_connection (StepcastTlsWire *self)
{
  return self->connection;
}
