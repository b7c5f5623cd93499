/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-tls-stream.h"

#include <string.h>

#include "stepcast-gsource.h"
#include "stepcast-scheduler.h"

/* A server's end of a TLS connection: GnuTLS over a socket, for whoever reads and writes without
 * blocking.
 *
 * It is not GIO's GTlsServerConnection, for three reasons. That one runs each handshake, and each
 * close, in a thread of GTask's pool, of which there are ten at first: ten peers who do not answer
 * hold up everybody's handshake, and our copies of pictures besides. Its close waits until the peer
 * has read all; libsoup closes in the main context, which a peer who does not read would stop. And
 * a write of it that would block has taken some of the bytes all the same, so that only the very
 * same bytes may be written next.
 *
 * Here a write is as it is with a socket: what was accepted is kept, one record at the most, and
 * sent before anything else. So closing does not wait, and loses nothing: a wire that has something
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

/* ---- the wire: what is left when the stream has been closed ---- */

typedef struct
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
} Wire;

static Wire *
wire_new (GSocketConnection *connection, StepcastTlsCredentials *credentials)
{
  Wire *wire = g_new0 (Wire, 1);

  wire->connection = g_object_ref (connection);
  wire->socket = g_socket_connection_get_socket (connection);
  wire->credentials = stepcast_tls_credentials_ref (credentials);
  wire->session = stepcast_tls_credentials_open_session (credentials);
  if (wire->session != NULL)
    gnutls_transport_set_int (wire->session, g_socket_get_fd (wire->socket));

  return wire;
}

static void
read_the_rest (Wire *wire)
{
  char scrap[4096];
  gssize n_read;
  gsize n_total = 0;

  do
    {
      n_read =
        g_socket_receive_with_blocking (wire->socket, scrap, sizeof scrap, FALSE, NULL, NULL);
      n_total += n_read > 0 ? (gsize) n_read : 0;
    }
  while (n_read > 0 && n_total < SCRAP_BYTES);
}

static void
wire_free (Wire *wire)
{
  stepcast_gsource_clear (&wire->writable);
  stepcast_gsource_clear (&wire->deadline);
  g_clear_pointer (&wire->session, gnutls_deinit);
  read_the_rest (wire);
  g_io_stream_close (G_IO_STREAM (wire->connection), NULL, NULL);
  g_object_unref (wire->connection);
  stepcast_tls_credentials_unref (wire->credentials);
  g_free (wire->record);
  g_free (wire);
}

static gboolean
is_blocked (gssize result)
{
  return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

/* Sends what is left of the record. Returns 0, or one of GnuTLS's errors. */
static gssize
send_record (Wire *wire)
{
  while (wire->n_sent < wire->record_length)
    {
      gssize result = wire->is_encrypted ?
                        gnutls_record_send (wire->session, NULL, 0) :
                        gnutls_record_send (wire->session, wire->record + wire->n_sent,
                                            wire->record_length - wire->n_sent);

      wire->is_encrypted = is_blocked (result);
      if (result <= 0)
        return result < 0 ? result : GNUTLS_E_INTERNAL_ERROR;
      wire->n_sent += (gsize) result;
    }

  g_clear_pointer (&wire->record, g_free);
  return 0;
}

/* Sends what is left, and says goodbye. Returns 0, or one of GnuTLS's errors. */
static gssize
finish_sending (Wire *wire)
{
  gssize result = wire->record != NULL ? send_record (wire) : 0;

  return result == 0 ? gnutls_bye (wire->session, GNUTLS_SHUT_WR) : result;
}

static gboolean
on_linger_writable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Wire *wire = user_data;

  if (is_blocked (finish_sending (wire)))
    return G_SOURCE_CONTINUE;

  wire_free (wire);
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
linger (Wire *wire)
{
  wire->writable = g_socket_create_source (wire->socket, G_IO_OUT, NULL);
  g_source_set_static_name (wire->writable, "[stepcast] TLS linger");
  g_source_set_priority (wire->writable, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (wire->writable, G_SOURCE_FUNC (on_linger_writable), wire, NULL);
  g_source_attach (wire->writable, g_main_context_get_thread_default ());

  wire->deadline = g_timeout_source_new_seconds (STEPCAST_TLS_LINGER_SECONDS);
  g_source_set_static_name (wire->deadline, "[stepcast] TLS linger deadline");
  g_source_set_callback (wire->deadline, on_linger_deadline, wire, NULL);
  g_source_attach (wire->deadline, g_main_context_get_thread_default ());
}

static void
wire_close (Wire *wire)
{
  if (wire->is_open && is_blocked (finish_sending (wire)))
    linger (wire);
  else
    wire_free (wire);
}

/* ---- reading and writing ---- */

struct _StepcastTlsStream
{
  GIOStream parent_instance;

  Wire *wire; /* (nullable): until it is closed */
  GInputStream *input;
  GOutputStream *output;
};

G_DEFINE_FINAL_TYPE (StepcastTlsStream, stepcast_tls_stream, G_TYPE_IO_STREAM)

/* Sets @error to what @result means. */
static void
set_error (StepcastTlsStream *self, gssize result, GError **error)
{
  if (is_blocked (result))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "The socket would block");
      return;
    }

  if (self->wire != NULL)
    self->wire->is_open = FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "TLS: %s",
               gnutls_strerror ((int) result));
}

static gboolean
check_open (StepcastTlsStream *self, GError **error)
{
  if (self != NULL && self->wire != NULL && self->wire->is_open)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The TLS connection is closed");
  return FALSE;
}

static gssize
read_some (StepcastTlsStream *self, void *buffer, gsize count, GError **error)
{
  gssize result;

  if (!check_open (self, error))
    return -1;

  do
    result = gnutls_record_recv (self->wire->session, buffer, count);
  while (result == GNUTLS_E_WARNING_ALERT_RECEIVED);

  if (result == GNUTLS_E_PREMATURE_TERMINATION) /* HTTP and WebSocket know their own end */
    return 0;
  if (result >= 0)
    return result;
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
fill_record (Wire *wire, Supply *supply)
{
  wire->record = g_malloc (RECORD_BYTES);
  wire->record_length = 0;
  wire->n_sent = 0;

  while (supply->n_vectors > 0 && wire->record_length < RECORD_BYTES)
    {
      gsize left = supply->vectors->size - supply->n_taken;
      gsize n_bytes = MIN (left, RECORD_BYTES - wire->record_length);

      if (n_bytes > 0)
        memcpy (wire->record + wire->record_length,
                (const guint8 *) supply->vectors->buffer + supply->n_taken, n_bytes);
      wire->record_length += n_bytes;
      supply->n_taken += n_bytes;
      if (n_bytes == left)
        {
          supply->vectors++;
          supply->n_vectors--;
          supply->n_taken = 0;
        }
    }

  return wire->record_length;
}

static GPollableReturn
write_some (StepcastTlsStream *self,
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

  result = self->wire->record != NULL ? send_record (self->wire) : 0;
  while (result == 0 && supply.n_vectors > 0 && *n_written < WRITE_BYTES)
    {
      *n_written += fill_record (self->wire, &supply);
      result = send_record (self->wire);
    }

  if (result == 0 || (is_blocked (result) && *n_written > 0))
    return G_POLLABLE_RETURN_OK;
  *n_written = 0;
  set_error (self, result, error);
  return is_blocked (result) ? G_POLLABLE_RETURN_WOULD_BLOCK : G_POLLABLE_RETURN_FAILED;
}

static gboolean
is_ready (StepcastTlsStream *self, GIOCondition condition)
{
  if (self == NULL || self->wire == NULL)
    return TRUE; /* reading and writing will tell */
  if (condition == G_IO_IN && gnutls_record_check_pending (self->wire->session) > 0)
    return TRUE;
  return g_socket_condition_check (self->wire->socket, condition) != 0;
}

/* What was decrypted and not read yet is not seen by the kernel. */
static GSource *
create_source (StepcastTlsStream *self,
               GObject *stream,
               GIOCondition condition,
               GCancellable *cancellable)
{
  g_autoptr (GSource) child = NULL;

  if (self == NULL || self->wire == NULL ||
      (condition == G_IO_IN && gnutls_record_check_pending (self->wire->session) > 0))
    child = g_timeout_source_new (0);
  else
    child = g_socket_create_source (self->wire->socket, condition, NULL);

  return g_pollable_source_new_full (stream, child, cancellable);
}

/* ---- the input side ---- */

#define STEPCAST_TYPE_TLS_INPUT (stepcast_tls_input_get_type ())

G_DECLARE_FINAL_TYPE (StepcastTlsInput, stepcast_tls_input, STEPCAST, TLS_INPUT, GInputStream)

struct _StepcastTlsInput
{
  GInputStream parent_instance;
  StepcastTlsStream *tls; /* (nullable): not owned: it owns us */
};

static void stepcast_tls_input_iface_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastTlsInput,
                               stepcast_tls_input,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      stepcast_tls_input_iface_init))

static gssize
stepcast_tls_input_read (GInputStream *stream,
                         void *buffer,
                         gsize count,
                         GCancellable *cancellable,
                         GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "It is read without blocking");
  return -1;
}

static gboolean
stepcast_tls_input_is_readable (GPollableInputStream *stream)
{
  return is_ready (STEPCAST_TLS_INPUT (stream)->tls, G_IO_IN);
}

static GSource *
stepcast_tls_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  return create_source (STEPCAST_TLS_INPUT (stream)->tls, G_OBJECT (stream), G_IO_IN, cancellable);
}

static gssize
stepcast_tls_input_read_nonblocking (GPollableInputStream *stream,
                                     void *buffer,
                                     gsize count,
                                     GError **error)
{
  return read_some (STEPCAST_TLS_INPUT (stream)->tls, buffer, count, error);
}

static void
stepcast_tls_input_iface_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = stepcast_tls_input_is_readable;
  iface->create_source = stepcast_tls_input_create_source;
  iface->read_nonblocking = stepcast_tls_input_read_nonblocking;
}

static void
stepcast_tls_input_class_init (StepcastTlsInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = stepcast_tls_input_read;
}

static void
stepcast_tls_input_init (StepcastTlsInput *self)
{
}

/* ---- the output side ---- */

#define STEPCAST_TYPE_TLS_OUTPUT (stepcast_tls_output_get_type ())

G_DECLARE_FINAL_TYPE (StepcastTlsOutput, stepcast_tls_output, STEPCAST, TLS_OUTPUT, GOutputStream)

struct _StepcastTlsOutput
{
  GOutputStream parent_instance;
  StepcastTlsStream *tls; /* (nullable): not owned: it owns us */
};

static void stepcast_tls_output_iface_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastTlsOutput,
                               stepcast_tls_output,
                               G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      stepcast_tls_output_iface_init))

static gssize
stepcast_tls_output_write (GOutputStream *stream,
                           const void *buffer,
                           gsize count,
                           GCancellable *cancellable,
                           GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "It is written to without blocking");
  return -1;
}

static gboolean
stepcast_tls_output_is_writable (GPollableOutputStream *stream)
{
  return is_ready (STEPCAST_TLS_OUTPUT (stream)->tls, G_IO_OUT);
}

static GSource *
stepcast_tls_output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  return create_source (STEPCAST_TLS_OUTPUT (stream)->tls, G_OBJECT (stream), G_IO_OUT,
                        cancellable);
}

static gssize
stepcast_tls_output_write_nonblocking (GPollableOutputStream *stream,
                                       const void *buffer,
                                       gsize count,
                                       GError **error)
{
  GOutputVector vector = { buffer, count };
  gsize n_written;

  if (write_some (STEPCAST_TLS_OUTPUT (stream)->tls, &vector, 1, &n_written, error) !=
      G_POLLABLE_RETURN_OK)
    return -1;
  return (gssize) n_written;
}

static GPollableReturn
stepcast_tls_output_writev_nonblocking (GPollableOutputStream *stream,
                                        const GOutputVector *vectors,
                                        gsize n_vectors,
                                        gsize *n_written,
                                        GError **error)
{
  gsize count;
  GPollableReturn result =
    write_some (STEPCAST_TLS_OUTPUT (stream)->tls, vectors, n_vectors, &count, error);

  /* Unlike write_nonblocking(), this one has a return value for it, and sets no error then. */
  if (result == G_POLLABLE_RETURN_WOULD_BLOCK)
    g_clear_error (error);
  if (n_written != NULL)
    *n_written = count;
  return result;
}

static void
stepcast_tls_output_iface_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = stepcast_tls_output_is_writable;
  iface->create_source = stepcast_tls_output_create_source;
  iface->write_nonblocking = stepcast_tls_output_write_nonblocking;
  iface->writev_nonblocking = stepcast_tls_output_writev_nonblocking;
}

static void
stepcast_tls_output_class_init (StepcastTlsOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = stepcast_tls_output_write;
}

static void
stepcast_tls_output_init (StepcastTlsOutput *self)
{
}

/* ---- the stream itself ---- */

static GInputStream *
stepcast_tls_stream_get_input_stream (GIOStream *stream)
{
  return STEPCAST_TLS_STREAM (stream)->input;
}

static GOutputStream *
stepcast_tls_stream_get_output_stream (GIOStream *stream)
{
  return STEPCAST_TLS_STREAM (stream)->output;
}

static gboolean
stepcast_tls_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  g_clear_pointer (&STEPCAST_TLS_STREAM (stream)->wire, wire_close);
  return TRUE;
}

/* The default would close it in a thread. */
static void
stepcast_tls_stream_close_async (GIOStream *stream,
                                 int io_priority,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_source_tag (task, stepcast_tls_stream_close_async);
  g_task_set_priority (task, io_priority);
  g_clear_pointer (&STEPCAST_TLS_STREAM (stream)->wire, wire_close);
  g_task_return_boolean (task, TRUE);
}

static gboolean
stepcast_tls_stream_close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
stepcast_tls_stream_dispose (GObject *object)
{
  StepcastTlsStream *self = STEPCAST_TLS_STREAM (object);

  G_OBJECT_CLASS (stepcast_tls_stream_parent_class)->dispose (object); /* closes it */

  if (self->input != NULL)
    STEPCAST_TLS_INPUT (self->input)->tls = NULL;
  if (self->output != NULL)
    STEPCAST_TLS_OUTPUT (self->output)->tls = NULL;
  g_clear_object (&self->input);
  g_clear_object (&self->output);
}

static void
stepcast_tls_stream_finalize (GObject *object)
{
  g_assert (STEPCAST_TLS_STREAM (object)->wire == NULL);

  G_OBJECT_CLASS (stepcast_tls_stream_parent_class)->finalize (object);
}

static void
stepcast_tls_stream_class_init (StepcastTlsStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  object_class->dispose = stepcast_tls_stream_dispose;
  object_class->finalize = stepcast_tls_stream_finalize;

  stream_class->get_input_stream = stepcast_tls_stream_get_input_stream;
  stream_class->get_output_stream = stepcast_tls_stream_get_output_stream;
  stream_class->close_fn = stepcast_tls_stream_close;
  stream_class->close_async = stepcast_tls_stream_close_async;
  stream_class->close_finish = stepcast_tls_stream_close_finish;
}

static void
stepcast_tls_stream_init (StepcastTlsStream *self)
{
  StepcastTlsInput *input = g_object_new (STEPCAST_TYPE_TLS_INPUT, NULL);
  StepcastTlsOutput *output = g_object_new (STEPCAST_TYPE_TLS_OUTPUT, NULL);

  input->tls = self;
  output->tls = self;
  self->input = G_INPUT_STREAM (input);
  self->output = G_OUTPUT_STREAM (output);
}

/* ---- the handshake ---- */

typedef struct
{
  Wire *wire; /* (nullable): until the stream has it */
  GSource *ready;
  GSource *deadline;
} Handshake;

static void
handshake_free (gpointer data)
{
  Handshake *handshake = data;

  stepcast_gsource_clear (&handshake->ready);
  stepcast_gsource_clear (&handshake->deadline);
  g_clear_pointer (&handshake->wire, wire_close);
  g_free (handshake);
}

/* Takes the sources' reference of @task. */
static void
end_handshake (GTask *task, GError *error)
{
  g_autoptr (GTask) owned G_GNUC_UNUSED = task;
  Handshake *handshake = g_task_get_task_data (task);
  StepcastTlsStream *stream;

  stepcast_gsource_clear (&handshake->ready);
  stepcast_gsource_clear (&handshake->deadline);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  stream = g_object_new (STEPCAST_TYPE_TLS_STREAM, NULL);
  stream->wire = g_steal_pointer (&handshake->wire);
  stream->wire->is_open = TRUE;
  g_task_return_pointer (task, stream, g_object_unref);
}

static void wait_for_peer (GTask *task);

/* The work of a handshake, mostly a signature, is half a millisecond to two; between its parts, and
 * between those of different peers, others have a turn. */
static gboolean
on_peer_ready (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  GTask *task = user_data;
  Handshake *handshake = g_task_get_task_data (task);
  int result;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      end_handshake (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled"));
      return G_SOURCE_REMOVE;
    }

  do
    result = gnutls_handshake (handshake->wire->session);
  while (result != 0 && !is_blocked (result) && !gnutls_error_is_fatal (result));

  if (is_blocked (result))
    {
      wait_for_peer (task);
    }
  else if (result == 0)
    {
      end_handshake (task, NULL);
    }
  else
    {
      gnutls_alert_send_appropriate (handshake->wire->session, result);
      end_handshake (task, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "No TLS handshake: %s",
                                        gnutls_strerror (result)));
    }
  return G_SOURCE_REMOVE;
}

/* Behind what is to be read and written already: those who are there go first. */
static void
wait_for_peer (GTask *task)
{
  Handshake *handshake = g_task_get_task_data (task);
  GIOCondition condition =
    gnutls_record_get_direction (handshake->wire->session) == 0 ? G_IO_IN : G_IO_OUT;

  stepcast_gsource_clear (&handshake->ready);
  handshake->ready =
    g_socket_create_source (handshake->wire->socket, condition, g_task_get_cancellable (task));
  g_source_set_static_name (handshake->ready, "[stepcast] TLS handshake");
  g_source_set_priority (handshake->ready, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (handshake->ready, G_SOURCE_FUNC (on_peer_ready), task, NULL);
  g_source_attach (handshake->ready, g_main_context_get_thread_default ());
}

static gboolean
on_handshake_deadline (gpointer user_data)
{
  end_handshake (user_data,
                 g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "No TLS handshake within %d s",
                              STEPCAST_HANDSHAKE_SECONDS));
  return G_SOURCE_REMOVE;
}

/**
 * stepcast_tls_stream_accept_async:
 * @connection: a new connection
 * @credentials: the certificate that the peer is shown
 * @cancellable: (nullable): ends it
 * @callback: called when hands are shaken, or it has become clear that they won't be
 * @user_data: handed to @callback
 *
 * Shakes hands with the peer, for %STEPCAST_HANDSHAKE_SECONDS at the most. @connection is closed
 * where that fails.
 */
void
stepcast_tls_stream_accept_async (GSocketConnection *connection,
                                  StepcastTlsCredentials *credentials,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Handshake *handshake = g_new0 (Handshake, 1);

  g_task_set_source_tag (task, stepcast_tls_stream_accept_async);
  g_task_set_task_data (task, handshake, handshake_free);
  handshake->wire = wire_new (connection, credentials);
  if (handshake->wire->session == NULL)
    {
      end_handshake (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                                "There is no TLS session left"));
      return;
    }

  handshake->deadline = g_timeout_source_new_seconds (STEPCAST_HANDSHAKE_SECONDS);
  g_source_set_static_name (handshake->deadline, "[stepcast] TLS handshake deadline");
  g_source_set_callback (handshake->deadline, on_handshake_deadline, task, NULL);
  g_source_attach (handshake->deadline, g_main_context_get_thread_default ());
  wait_for_peer (task);
}

/**
 * stepcast_tls_stream_accept_finish:
 * @result: as handed to the callback
 * @error: why there is no stream
 *
 * Returns: (transfer full) (nullable): a stream whose ends are pollable, and whose calls never
 *   block, or %NULL with @error set
 */
GIOStream *
stepcast_tls_stream_accept_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * stepcast_tls_stream_get_base:
 * @self: a stream
 *
 * Returns: (transfer none) (nullable): the connection beneath it, until it is closed
 */
GSocketConnection *
stepcast_tls_stream_get_base (StepcastTlsStream *self)
{
  return self->wire != NULL ? self->wire->connection : NULL;
}
