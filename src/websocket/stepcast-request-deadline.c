/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-request-deadline.h"

#include "stepcast-gsource.h"

/* A connection that waits for its request: the deadline is dropped with the closure. */
typedef struct
{
  SoupServerMessage *message; /* not owned: its signals own this */
  GSource *source;
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

/**
 * stepcast_request_deadline_set:
 * @message: a request that has begun
 *
 * Closes its connection if it is not complete in %STEPCAST_REQUEST_SECONDS. There is nothing to be
 * taken back: the deadline ends with the request.
 */
void
stepcast_request_deadline_set (SoupServerMessage *message)
{
  Deadline *deadline = g_new0 (Deadline, 1);

  deadline->message = message;
  deadline->source = g_timeout_source_new_seconds (STEPCAST_REQUEST_SECONDS);
  g_source_set_static_name (deadline->source, "[stepcast] request deadline");
  g_source_set_callback (deadline->source, on_request_deadline, deadline, NULL);
  g_source_attach (deadline->source, g_main_context_get_thread_default ());
  g_signal_connect_data (message, "got-body", G_CALLBACK (on_got_body), deadline, deadline_free,
                         G_CONNECT_DEFAULT);
}
