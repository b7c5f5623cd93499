/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-events.h"

#include "stepcast-http.h"
#include "stepcast-list-events.h"
#include "stepcast-session-events.h"

/* All streams of server-sent events of a server: answers requests for them, and closes them with
 * their sessions or the service. Emits "emptied" when the last one has gone. Lives on the main
 * context. */

struct _StepcastEvents
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastTicker *ticker;
  StepcastListEvents *list;
  GHashTable *streams; /* set of StepcastSessionEvents */
  gboolean is_closed;  /* no new ones */
};

enum
{
  EMPTIED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastEvents, stepcast_events, G_TYPE_OBJECT)

/**
 * stepcast_events_is_empty:
 * @self: the streams of a server
 *
 * Returns: whether there is none
 */
gboolean
stepcast_events_is_empty (StepcastEvents *self)
{
  return g_hash_table_size (self->streams) == 0 &&
         stepcast_list_events_get_n_readers (self->list) == 0;
}

static void
tell_if_empty (StepcastEvents *self)
{
  if (stepcast_events_is_empty (self))
    g_signal_emit (self, signals[EMPTIED], 0);
}

static void
on_stream_closed (StepcastSessionEvents *stream, StepcastEvents *self)
{
  g_hash_table_remove (self->streams, stream);
  tell_if_empty (self);
}

static void
on_list_emptied (gpointer user_data)
{
  tell_if_empty (user_data);
}

/* @session: (nullable): of all, where it is %NULL */
static void
end_streams (StepcastEvents *self, StepcastSession *session)
{
  GHashTableIter iter;
  gpointer stream;

  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, &stream, NULL))
    if (session == NULL || stepcast_session_events_get_session (stream) == session)
      stepcast_session_events_end (stream); /* leaves the set later */
}

static void
on_session_removed (StepcastSessionManager *manager, StepcastSession *session, StepcastEvents *self)
{
  end_streams (self, session);
}

/* ---- requests ---- */

/* What headers are written for. */
typedef struct
{
  StepcastEvents *events;
  StepcastSession *session; /* (nullable): of all sessions, where it is %NULL */
  StepcastSessionEventsOptions options;
} Opening;

static void
opening_free (gpointer data, GClosure *closure)
{
  Opening *opening = data;

  g_clear_object (&opening->session);
  g_object_unref (opening->events);
  g_free (opening);
}

static void
add_session_stream (StepcastEvents *self, GIOStream *connection, const Opening *opening)
{
  StepcastSessionEvents *stream =
    stepcast_session_events_new (connection, self->ticker, opening->session, &opening->options);

  g_hash_table_add (self->streams, stream);
  g_signal_connect (stream, "closed", G_CALLBACK (on_stream_closed), self);
  /* It may have ended while the headers were written: nobody will tell. */
  if (self->is_closed ||
      !g_ptr_array_find (stepcast_session_manager_list (self->manager), opening->session, NULL))
    stepcast_session_events_end (stream);
}

/* Before libsoup begins with the body: from here on the connection is ours. */
static void
on_wrote_headers (SoupServerMessage *message, Opening *opening)
{
  g_autoptr (SoupServerMessage) alive G_GNUC_UNUSED = g_object_ref (message);
  StepcastEvents *self = opening->events;
  g_autoptr (GIOStream) connection = soup_server_message_steal_connection (message);

  if (connection == NULL)
    return;
  if (opening->session != NULL)
    add_session_stream (self, connection, opening);
  else if (!self->is_closed)
    stepcast_list_events_add (self->list, connection);
  else
    g_io_stream_close (connection, NULL, NULL);
}

/* @opening: (transfer full) */
static void
open_stream (SoupServerMessage *message, Opening *opening)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_EOF);
  soup_message_headers_replace (headers, "Content-Type", "text/event-stream");
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  if (soup_server_message_get_method (message) == SOUP_METHOD_HEAD)
    opening_free (opening, NULL);
  else
    g_signal_connect_data (message, "wrote-headers", G_CALLBACK (on_wrote_headers), opening,
                           opening_free, G_CONNECT_DEFAULT);
}

static gboolean
refuse_if_closed (StepcastEvents *self, SoupServerMessage *message)
{
  if (self->is_closed)
    soup_server_message_set_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL);
  return self->is_closed;
}

/**
 * stepcast_events_serve_list:
 * @self: the streams of a server
 * @message: a request
 *
 * Answers with a stream of the events of all sessions.
 */
void
stepcast_events_serve_list (StepcastEvents *self, SoupServerMessage *message)
{
  Opening *opening;

  g_return_if_fail (STEPCAST_IS_EVENTS (self));

  if (refuse_if_closed (self, message))
    return;
  opening = g_new0 (Opening, 1);
  opening->events = g_object_ref (self);
  open_stream (message, opening);
}

/**
 * stepcast_events_serve_session:
 * @self: the streams of a server
 * @message: a request
 * @session: whose events are asked for
 * @role: of the client
 * @query: (nullable): where it says what it wants
 *
 * Answers with a stream of the events of @session.
 */
void
stepcast_events_serve_session (StepcastEvents *self,
                               SoupServerMessage *message,
                               StepcastSession *session,
                               StepcastRole role,
                               GHashTable *query)
{
  StepcastSessionEventsOptions options = { .role = role };
  g_autoptr (GError) error = NULL;
  Opening *opening;

  g_return_if_fail (STEPCAST_IS_EVENTS (self));

  if (refuse_if_closed (self, message))
    return;
  if (!stepcast_session_events_read_options (query, &options, &error))
    {
      stepcast_http_respond_error (message, SOUP_STATUS_BAD_REQUEST, error);
      return;
    }

  opening = g_new0 (Opening, 1);
  opening->events = g_object_ref (self);
  opening->session = g_object_ref (session);
  opening->options = options;
  open_stream (message, opening);
}

/**
 * stepcast_events_close:
 * @self: the streams of a server
 *
 * The service shuts down: ends all streams when what is under way has been written, and opens no
 * more.
 */
void
stepcast_events_close (StepcastEvents *self)
{
  g_return_if_fail (STEPCAST_IS_EVENTS (self));

  self->is_closed = TRUE;
  end_streams (self, NULL);
  stepcast_list_events_end (self->list);
}

/* ---- the object ---- */

static void
release_stream (gpointer data)
{
  g_autoptr (StepcastSessionEvents) stream = data;

  g_signal_handlers_disconnect_matched (stream, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                        (gpointer) on_stream_closed, NULL);
  g_object_run_dispose (G_OBJECT (stream)); /* leaves the session, which has a reference */
}

static void
stepcast_events_dispose (GObject *object)
{
  StepcastEvents *self = STEPCAST_EVENTS (object);

  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  g_hash_table_remove_all (self->streams);
  if (self->list != NULL)
    g_object_run_dispose (G_OBJECT (self->list));
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (stepcast_events_parent_class)->dispose (object);
}

static void
stepcast_events_finalize (GObject *object)
{
  StepcastEvents *self = STEPCAST_EVENTS (object);

  g_hash_table_unref (self->streams);
  g_object_unref (self->list);
  stepcast_ticker_unref (self->ticker);

  G_OBJECT_CLASS (stepcast_events_parent_class)->finalize (object);
}

static void
stepcast_events_class_init (StepcastEventsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_events_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_events_finalize;

  /**
   * StepcastEvents::emptied:
   *
   * The last stream has gone.
   */
  signals[EMPTIED] = g_signal_new ("emptied", STEPCAST_TYPE_EVENTS, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
stepcast_events_init (StepcastEvents *self)
{
  self->streams = g_hash_table_new_full (NULL, NULL, release_stream, NULL);
}

/**
 * stepcast_events_new:
 * @manager: whose sessions
 * @ticker: ticks every %STEPCAST_TICK_MS
 *
 * Returns: (transfer full): the streams of a server: none
 */
StepcastEvents *
stepcast_events_new (StepcastSessionManager *manager, StepcastTicker *ticker)
{
  StepcastEvents *self = g_object_new (STEPCAST_TYPE_EVENTS, NULL);

  self->manager = g_object_ref (manager);
  self->ticker = stepcast_ticker_ref (ticker);
  self->list = stepcast_list_events_new (manager, ticker, on_list_emptied, self);
  g_signal_connect (manager, "session-removed", G_CALLBACK (on_session_removed), self);

  return self;
}
