/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-tls-stream.h"

#include "stepcast-gsource.h"
#include "stepcast-scheduler.h"
#include "stepcast-tls-wire.h"

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
 * Here a write is as it is with a socket, and closing does not wait: what is left then is the
 * wire's.
 *
 * Lives on the main context. */

struct _StepcastTlsStream
{
  StepcastPollableStream parent_instance;

  StepcastTlsWire *wire; /* (nullable): until it is closed */
};

G_DEFINE_FINAL_TYPE (StepcastTlsStream, stepcast_tls_stream, STEPCAST_TYPE_POLLABLE_STREAM)

static gboolean
has_input (StepcastTlsStream *self, GIOCondition condition)
{
  return condition == G_IO_IN && stepcast_tls_wire_has_decrypted (self->wire);
}

static gboolean
stepcast_tls_stream_is_ready (StepcastPollableStream *stream, GIOCondition condition)
{
  StepcastTlsStream *self = STEPCAST_TLS_STREAM (stream);

  if (self->wire == NULL || has_input (self, condition))
    return TRUE;
  return g_socket_condition_check (stepcast_tls_wire_get_socket (self->wire), condition) != 0;
}

/* What was decrypted and not read yet is not seen by the kernel. */
static GSource *
stepcast_tls_stream_create_source (StepcastPollableStream *stream,
                                   GObject *end,
                                   GIOCondition condition,
                                   GCancellable *cancellable)
{
  StepcastTlsStream *self = STEPCAST_TLS_STREAM (stream);
  g_autoptr (GSource) child = NULL;

  if (self->wire == NULL || has_input (self, condition))
    child = g_timeout_source_new (0);
  else
    child = g_socket_create_source (stepcast_tls_wire_get_socket (self->wire), condition, NULL);

  return g_pollable_source_new_full (end, child, cancellable);
}

static gssize
stepcast_tls_stream_read (StepcastPollableStream *stream, void *buffer, gsize count, GError **error)
{
  return stepcast_tls_wire_read (STEPCAST_TLS_STREAM (stream)->wire, buffer, count, error);
}

static GPollableReturn
stepcast_tls_stream_write (StepcastPollableStream *stream,
                           const GOutputVector *vectors,
                           gsize n_vectors,
                           gsize *n_written,
                           GError **error)
{
  return stepcast_tls_wire_write (STEPCAST_TLS_STREAM (stream)->wire, vectors, n_vectors, n_written,
                                  error);
}

static gboolean
stepcast_tls_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  g_clear_pointer (&STEPCAST_TLS_STREAM (stream)->wire, stepcast_tls_wire_close);
  return TRUE;
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
  StepcastPollableStreamClass *pollable_class = STEPCAST_POLLABLE_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = stepcast_tls_stream_finalize;
  G_IO_STREAM_CLASS (klass)->close_fn = stepcast_tls_stream_close;

  pollable_class->is_ready = stepcast_tls_stream_is_ready;
  pollable_class->create_source = stepcast_tls_stream_create_source;
  pollable_class->read = stepcast_tls_stream_read;
  pollable_class->write = stepcast_tls_stream_write;
}

static void
stepcast_tls_stream_init (StepcastTlsStream *self)
{
}

/* ---- the handshake ---- */

typedef struct
{
  StepcastTlsWire *wire; /* (nullable): until the stream has it */
  GSource *ready;
  GSource *deadline;
} Handshake;

static void
handshake_free (gpointer data)
{
  Handshake *handshake = data;

  stepcast_gsource_clear (&handshake->ready);
  stepcast_gsource_clear (&handshake->deadline);
  g_clear_pointer (&handshake->wire, stepcast_tls_wire_close);
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
  g_task_return_pointer (task, stream, g_object_unref);
}

static void wait_for_peer (GTask *task, GIOCondition condition);

/* The work of a handshake, mostly a signature, is half a millisecond to two; between its parts, and
 * between those of different peers, others have a turn. */
static gboolean
on_peer_ready (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  GTask *task = user_data;
  Handshake *handshake = g_task_get_task_data (task);
  GIOCondition next = 0;
  GError *error = NULL;

  if (!g_cancellable_set_error_if_cancelled (g_task_get_cancellable (task), &error))
    next = stepcast_tls_wire_shake_hands (handshake->wire, &error);

  if (next != 0)
    wait_for_peer (task, next);
  else
    end_handshake (task, error);
  return G_SOURCE_REMOVE;
}

/* Behind what is to be read and written already: those who are there go first. */
static void
wait_for_peer (GTask *task, GIOCondition condition)
{
  Handshake *handshake = g_task_get_task_data (task);

  stepcast_gsource_clear (&handshake->ready);
  handshake->ready = g_socket_create_source (stepcast_tls_wire_get_socket (handshake->wire),
                                             condition, g_task_get_cancellable (task));
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
  handshake->wire = stepcast_tls_wire_new (connection, credentials);
  if (handshake->wire == NULL)
    {
      end_handshake (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                                "There is no TLS session left"));
      return;
    }

  handshake->deadline = g_timeout_source_new_seconds (STEPCAST_HANDSHAKE_SECONDS);
  g_source_set_static_name (handshake->deadline, "[stepcast] TLS handshake deadline");
  g_source_set_callback (handshake->deadline, on_handshake_deadline, task, NULL);
  g_source_attach (handshake->deadline, g_main_context_get_thread_default ());
  wait_for_peer (task, G_IO_IN); /* who has come speaks first */
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
  return self->wire != NULL ? stepcast_tls_wire_get_connection (self->wire) : NULL;
}
