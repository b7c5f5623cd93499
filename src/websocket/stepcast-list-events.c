/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-list-events.h"

#include "stepcast-event-stream.h"
#include "stepcast-event-text.h"
#include "stepcast-gsource.h"
#include "stepcast-http.h"
#include "stepcast-json.h"

/* The events of all sessions, for all who read them: doc/protocol.md, "Server-sent events".
 *
 * Each event is put together once, whoever many read it, and given to those whose stream is clear.
 * A reader that is behind gets the whole list when it has caught up, instead of what it has missed:
 * nothing is queued. While nobody reads, no session is watched. Its owner is told when the
 * last reader has gone. Lives on the main context. */

/* What changes without end is told this often at the most. */
#define CHANGE_INTERVAL_MS 500

typedef struct
{
  StepcastListEvents *list; /* not owned: it owns us */
  StepcastEventStream *stream;
  gboolean is_behind; /* the list is the next that it is told */
} Reader;

typedef struct
{
  StepcastListEvents *list; /* not owned: it owns us */
  StepcastSession *session;
  gboolean has_changed; /* since it was told */
} Watch;

struct _StepcastListEvents
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastTicker *ticker;
  GPtrArray *readers;  /* of Reader */
  GHashTable *watches; /* of Watch, by session; empty while nobody reads */
  GSource *timer;      /* (nullable): while there are changes */

  StepcastListEmptiedFunc emptied; /* NULL: it has been disposed of */
  gpointer user_data;
};

G_DEFINE_FINAL_TYPE (StepcastListEvents, stepcast_list_events, G_TYPE_OBJECT)

/* ---- saying ---- */

static void
write_list (Reader *reader)
{
  g_autoptr (GString) text = g_string_new (NULL);

  reader->is_behind = FALSE;
  stepcast_event_text_append_taken (text, "sessions",
                                    stepcast_http_describe_sessions (reader->list->manager));
  stepcast_event_stream_write (reader->stream, text->str);
}

/* @data: (transfer full) */
static void
broadcast (StepcastListEvents *self, const char *name, char *data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  stepcast_event_text_append_taken (text, name, data);
  for (guint i = 0; i < self->readers->len; i++)
    {
      Reader *reader = self->readers->pdata[i];

      if (stepcast_event_stream_is_clear (reader->stream))
        stepcast_event_stream_write (reader->stream, text->str);
      else
        reader->is_behind = TRUE;
    }
}

/* ---- sessions ---- */

static void
tell_change (Watch *watch)
{
  watch->has_changed = FALSE;
  broadcast (watch->list, "changed", stepcast_http_describe_session (watch->session));
}

static gboolean
on_timer (gpointer user_data)
{
  StepcastListEvents *self = user_data;
  GHashTableIter iter;
  gpointer value;
  gboolean has_told = FALSE;

  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Watch *watch = value;

      if (!watch->has_changed)
        continue;
      tell_change (watch);
      has_told = TRUE;
    }
  if (has_told)
    return G_SOURCE_CONTINUE;

  g_clear_pointer (&self->timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

/* The first change after a quiet time is told at once. */
static void
note_change (Watch *watch)
{
  StepcastListEvents *self = watch->list;

  watch->has_changed = TRUE;
  if (self->timer != NULL)
    return;

  tell_change (watch);
  self->timer = g_timeout_source_new (CHANGE_INTERVAL_MS);
  g_source_set_static_name (self->timer, "[stepcast] list events");
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
on_state_changed (StepcastSession *session, GParamSpec *pspec, Watch *watch)
{
  tell_change (watch);
}

static void
on_notified (StepcastSession *session, GParamSpec *pspec, Watch *watch)
{
  note_change (watch);
}

static void
on_changed (StepcastSession *session, Watch *watch)
{
  note_change (watch);
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  g_signal_handlers_disconnect_by_data (watch->session, watch);
  g_object_unref (watch->session);
  g_free (watch);
}

static void
watch_session (StepcastListEvents *self, StepcastSession *session)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->list = self;
  watch->session = g_object_ref (session);
  g_hash_table_insert (self->watches, session, watch);
  g_signal_connect (session, "notify::state", G_CALLBACK (on_state_changed), watch);
  g_signal_connect (session, "notify::n-sinks", G_CALLBACK (on_notified), watch);
  g_signal_connect (session, "notify::title", G_CALLBACK (on_notified), watch);
  g_signal_connect (session, "parameters-changed", G_CALLBACK (on_changed), watch);
  g_signal_connect (session, "progressed", G_CALLBACK (on_changed), watch);
}

static void
watch_all (StepcastListEvents *self)
{
  GPtrArray *sessions = stepcast_session_manager_list (self->manager);

  for (guint i = 0; i < sessions->len; i++)
    watch_session (self, sessions->pdata[i]);
}

static void
watch_none (StepcastListEvents *self)
{
  stepcast_gsource_clear (&self->timer);
  g_hash_table_remove_all (self->watches);
}

static void
on_session_added (StepcastSessionManager *manager,
                  StepcastSession *session,
                  StepcastListEvents *self)
{
  if (self->readers->len == 0)
    return;

  watch_session (self, session);
  broadcast (self, "opened", stepcast_http_describe_session (session));
}

static void
on_session_removed (StepcastSessionManager *manager,
                    StepcastSession *session,
                    StepcastListEvents *self)
{
  JsonBuilder *builder;

  if (!g_hash_table_remove (self->watches, session))
    return;

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "name", stepcast_session_get_name (session));
  json_builder_end_object (builder);
  broadcast (self, "closed", stepcast_json_take_text (builder));
}

/* ---- readers ---- */

static void
reader_free (gpointer data)
{
  Reader *reader = data;

  g_object_run_dispose (G_OBJECT (reader->stream)); /* nothing is told any more */
  g_object_unref (reader->stream);
  g_free (reader);
}

static void
on_drained (gpointer user_data)
{
  Reader *reader = user_data;

  if (reader->is_behind)
    write_list (reader);
}

static void
on_closed (gpointer user_data)
{
  Reader *reader = user_data;
  StepcastListEvents *self = reader->list;

  g_ptr_array_remove_fast (self->readers, reader);
  if (self->readers->len > 0)
    return;

  watch_none (self);
  if (self->emptied != NULL)
    self->emptied (self->user_data);
}

static const StepcastEventStreamEvents stream_events = {
  .drained = on_drained,
  .closed = on_closed,
};

/**
 * stepcast_list_events_add:
 * @self: the events of all sessions
 * @connection: whose headers have been written, with pollable ends
 *
 * One more reader, which is told the list of sessions first.
 */
void
stepcast_list_events_add (StepcastListEvents *self, GIOStream *connection)
{
  Reader *reader;

  g_return_if_fail (STEPCAST_IS_LIST_EVENTS (self));

  if (self->readers->len == 0)
    watch_all (self);
  reader = g_new0 (Reader, 1);
  reader->list = self;
  reader->stream = stepcast_event_stream_new (connection, self->ticker, &stream_events, reader);
  g_ptr_array_add (self->readers, reader);

  stepcast_event_stream_write (reader->stream, STEPCAST_EVENT_RETRY);
  if (stepcast_event_stream_is_clear (reader->stream))
    write_list (reader);
  else
    reader->is_behind = TRUE;
}

/**
 * stepcast_list_events_get_n_readers:
 * @self: the events of all sessions
 *
 * Returns: how many there are
 */
guint
stepcast_list_events_get_n_readers (StepcastListEvents *self)
{
  return self->readers->len;
}

/**
 * stepcast_list_events_end:
 * @self: the events of all sessions
 *
 * Closes the connections of all readers, when what is under way has been written.
 */
void
stepcast_list_events_end (StepcastListEvents *self)
{
  g_return_if_fail (STEPCAST_IS_LIST_EVENTS (self));

  for (guint i = 0; i < self->readers->len; i++)
    {
      Reader *reader = self->readers->pdata[i];

      stepcast_event_stream_end (reader->stream);
    }
}

/* ---- the object ---- */

static void
stepcast_list_events_dispose (GObject *object)
{
  StepcastListEvents *self = STEPCAST_LIST_EVENTS (object);

  self->emptied = NULL;
  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  watch_none (self);
  g_ptr_array_set_size (self->readers, 0);
  g_clear_object (&self->manager);
  g_clear_pointer (&self->ticker, stepcast_ticker_unref);

  G_OBJECT_CLASS (stepcast_list_events_parent_class)->dispose (object);
}

static void
stepcast_list_events_finalize (GObject *object)
{
  StepcastListEvents *self = STEPCAST_LIST_EVENTS (object);

  g_hash_table_unref (self->watches);
  g_ptr_array_unref (self->readers);

  G_OBJECT_CLASS (stepcast_list_events_parent_class)->finalize (object);
}

static void
stepcast_list_events_class_init (StepcastListEventsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_list_events_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_list_events_finalize;
}

static void
stepcast_list_events_init (StepcastListEvents *self)
{
  self->readers = g_ptr_array_new_with_free_func (reader_free);
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, watch_free);
}

/**
 * stepcast_list_events_new:
 * @manager: whose sessions
 * @ticker: ticks every %STEPCAST_TICK_MS
 * @emptied: called when the last reader has gone
 * @user_data: handed to @emptied
 *
 * Returns: (transfer full): the events of all sessions, without a reader
 */
StepcastListEvents *
stepcast_list_events_new (StepcastSessionManager *manager,
                          StepcastTicker *ticker,
                          StepcastListEmptiedFunc emptied,
                          gpointer user_data)
{
  StepcastListEvents *self = g_object_new (STEPCAST_TYPE_LIST_EVENTS, NULL);

  self->manager = g_object_ref (manager);
  self->ticker = stepcast_ticker_ref (ticker);
  self->emptied = emptied;
  self->user_data = user_data;
  g_signal_connect (manager, "session-added", G_CALLBACK (on_session_added), self);
  g_signal_connect (manager, "session-removed", G_CALLBACK (on_session_removed), self);

  return self;
}
