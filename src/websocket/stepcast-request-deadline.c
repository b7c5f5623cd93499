/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-request-deadline.h"

#include "stepcast-gsource.h"
#include "stepcast-upload-request.h"

/* A connection that waits for its request: the deadline is dropped with the closure. */
typedef struct
{
  SoupServerMessage *message; /* not owned: its signals own this */
  GSource *source;
  gint64 last_us; /* not after this */
} Deadline;

static gboolean
on_request_deadline (gpointer user_data)
{
  Deadline *deadline = user_data;
  g_autoptr (GIOStream) stream = NULL;

  g_debug ("A request did not come within %d s", STEPCAST_REQUEST_SECONDS);
  g_clear_pointer (&deadline->source, g_source_unref);
  stream = soup_server_message_steal_connection (deadline->message);
  if (stream != NULL)
    g_io_stream_close (stream, NULL, NULL);

  return G_SOURCE_REMOVE;
}

static void
deadline_clear (Deadline *deadline)
{
  stepcast_gsource_clear (&deadline->source);
}

static void
deadline_free (gpointer data, GClosure *closure)
{
  deadline_clear (data);
  g_free (data);
}

static void
on_got_body (SoupServerMessage *message, Deadline *deadline)
{
  deadline_clear (deadline);
}

/* An upload is longer than other requests: it has as much time again after each part of it. */
static void
on_got_part (SoupServerMessage *message, GBytes *chunk, Deadline *deadline)
{
  GUri *uri = soup_server_message_get_uri (message);
  const gint64 next_us = g_get_monotonic_time () + STEPCAST_REQUEST_SECONDS * G_USEC_PER_SEC;

  if (deadline->source != NULL && uri != NULL && stepcast_upload_request_is (g_uri_get_path (uri)))
    g_source_set_ready_time (deadline->source, MIN (next_us, deadline->last_us));
}

/**
 * stepcast_request_deadline_set:
 * @message: a request that has begun
 *
 * Closes its connection if it is not complete in %STEPCAST_REQUEST_SECONDS; an upload, if no part
 * of it came for so long, or it is not complete in %STEPCAST_UPLOAD_SECONDS. There is nothing to be
 * taken back: the deadline ends with the request.
 */
void
stepcast_request_deadline_set (SoupServerMessage *message)
{
  Deadline *deadline = g_new0 (Deadline, 1);

  deadline->message = message;
  deadline->last_us = g_get_monotonic_time () + STEPCAST_UPLOAD_SECONDS * G_USEC_PER_SEC;
  deadline->source = g_timeout_source_new_seconds (STEPCAST_REQUEST_SECONDS);
  g_source_set_static_name (deadline->source, "[stepcast] request deadline");
  g_source_set_callback (deadline->source, on_request_deadline, deadline, NULL);
  g_source_attach (deadline->source, g_main_context_get_thread_default ());
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_part), deadline);
  g_signal_connect_data (message, "got-body", G_CALLBACK (on_got_body), deadline, deadline_free,
                         G_CONNECT_DEFAULT);
}
