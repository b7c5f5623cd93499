/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-events.h"

#include "stepcast-dialect.h"
#include "stepcast-error.h"
#include "stepcast-event-stream.h"
#include "stepcast-event-text.h"
#include "stepcast-gsource.h"
#include "stepcast-json.h"

/* The events of one session, for one client: doc/protocol.md, "Server-sent events".
 *
 * Of what has changed while the stream was busy it keeps only that it has: each kind of event is
 * told once, as it is then, in the order in which they changed last. As a sink of frames it wants
 * the latest, at its own pace, and tells that there is one: who wants to see it fetches it. It
 * emits "closed", once, when the connection has ended. Lives on the main context. */

/* Numbers are told this often at the most; the last ones always are. */
#define PROGRESS_INTERVAL_MS 250

typedef enum
{
  KIND_STATE,
  KIND_PARAMETERS,
  KIND_TITLE,
  KIND_PROGRESS,
  KIND_FRAME,
  N_KINDS
} Kind;

/* Of a frame, which is not kept for it. */
typedef struct
{
  guint run;
  guint64 serial;
  guint64 step;
  gint64 time_us;
  gsize n_bytes;
} Notice;

struct _StepcastSessionEvents
{
  GObject parent_instance;

  StepcastEventStream *stream;
  StepcastSession *session;
  StepcastSessionEventsOptions options;
  gint64 began_us;

  Kind pending[N_KINDS]; /* each once, in the order in which they changed last */
  guint n_pending;
  gboolean is_attached; /* to the session; once it is not, "closed" is the last event */

  Notice notice;           /* of the latest frame */
  gboolean is_notice_held; /* it waits until it is due */
  gint64 last_notice_us;
  GSource *notice_timer; /* (nullable): until it is due */
  guint64 n_offered;     /* frames that were drawn while it was here */
  guint64 n_noticed;

  GSource *progress_timer; /* (nullable) */
  gboolean has_progressed; /* since progress was told */
};

enum
{
  CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void stepcast_session_events_sink_init (StepcastFrameSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastSessionEvents,
                               stepcast_session_events,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_FRAME_SINK,
                                                      stepcast_session_events_sink_init))

/* ---- options ---- */

static gboolean
read_max_fps (const char *text, guint *max_fps, GError **error)
{
  guint64 number;

  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 1, STEPCAST_EVENTS_MAX_FPS, &number, NULL))
    {
      g_autofree char *quoted = stepcast_error_quote (text);

      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” is no “max-fps”: it takes a whole number from 1 to %d", quoted,
                   STEPCAST_EVENTS_MAX_FPS);
      return FALSE;
    }

  *max_fps = (guint) number;
  return TRUE;
}

static gboolean
read_frames (const char *text, gboolean *wants_frames, GError **error)
{
  g_autofree char *quoted = NULL;

  if (text == NULL || g_str_equal (text, "true"))
    return TRUE;
  if (g_str_equal (text, "false"))
    {
      *wants_frames = FALSE;
      return TRUE;
    }

  quoted = stepcast_error_quote (text);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%s” is no value for “frames”: it takes true or false", quoted);
  return FALSE;
}

/**
 * stepcast_session_events_read_options:
 * @query: (nullable): of the request
 * @options: (out): what it asks for; @role is left alone
 * @error: %STEPCAST_ERROR_INVALID_VALUE
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_session_events_read_options (GHashTable *query,
                                      StepcastSessionEventsOptions *options,
                                      GError **error)
{
  options->wants_frames = TRUE;
  options->max_fps = STEPCAST_EVENTS_DEFAULT_FPS;
  if (query == NULL)
    return TRUE;

  return read_max_fps (g_hash_table_lookup (query, "max-fps"), &options->max_fps, error) &&
         read_frames (g_hash_table_lookup (query, "frames"), &options->wants_frames, error);
}

/* ---- saying ---- */

static void
append_frame (StepcastSessionEvents *self, GString *text)
{
  const Notice *notice = &self->notice;
  g_autofree char *id = g_strdup_printf ("%u-%" G_GUINT64_FORMAT, notice->run, notice->serial);
  g_autofree char *data =
    g_strdup_printf ("{\"type\":\"frame\",\"run\":%u,\"serial\":%" G_GUINT64_FORMAT
                     ",\"step\":%" G_GUINT64_FORMAT ",\"time\":%" G_GINT64_FORMAT
                     ".%06d,\"bytes\":%" G_GSIZE_FORMAT "}",
                     notice->run, notice->serial, notice->step, notice->time_us / G_USEC_PER_SEC,
                     (int) (notice->time_us % G_USEC_PER_SEC), notice->n_bytes);

  stepcast_event_text_append (text, "frame", id, data);
  self->n_noticed++;
}

/* What is told is what the viewers of stepcast.v1 are told. */
static void
append_event (StepcastSessionEvents *self, GString *text, Kind kind)
{
  const StepcastDialect *dialect = &stepcast_v1_dialect;

  switch (kind)
    {
    case KIND_STATE:
      stepcast_event_text_append_taken (text, "state", dialect->state (self->session));
      break;
    case KIND_PARAMETERS:
      stepcast_event_text_append_taken (text, "parameters", dialect->parameters (self->session));
      break;
    case KIND_TITLE:
      stepcast_event_text_append_taken (text, "title", dialect->title (self->session));
      break;
    case KIND_PROGRESS:
      stepcast_event_text_append_taken (text, "progress", dialect->progress (self->session));
      break;
    case KIND_FRAME:
      append_frame (self, text);
      break;
    case N_KINDS:
    default:
      g_assert_not_reached ();
    }
}

static void
append_closed (StepcastSessionEvents *self, GString *text)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "type", "closed");
  stepcast_json_add_text (builder, "name", stepcast_session_get_name (self->session));
  json_builder_end_object (builder);
  stepcast_event_text_append_taken (text, "closed", stepcast_json_take_text (builder));
}

/* All that is pending, in one text, if nothing is under way. */
static void
flush (StepcastSessionEvents *self)
{
  g_autoptr (GString) text = NULL;

  if (!stepcast_event_stream_is_clear (self->stream) || (self->n_pending == 0 && self->is_attached))
    return;

  text = g_string_new (NULL);
  for (guint i = 0; i < self->n_pending; i++)
    append_event (self, text, self->pending[i]);
  self->n_pending = 0;
  if (!self->is_attached)
    append_closed (self, text);

  stepcast_event_stream_write (self->stream, text->str);
  if (!self->is_attached)
    stepcast_event_stream_end (self->stream);
}

/* Has @kind told, as it is when the stream is clear: now, as a rule. */
static void
tell (StepcastSessionEvents *self, Kind kind)
{
  guint n_kept = 0;

  for (guint i = 0; i < self->n_pending; i++)
    if (self->pending[i] != kind)
      self->pending[n_kept++] = self->pending[i];
  self->pending[n_kept] = kind;
  self->n_pending = n_kept + 1;
  flush (self);
}

/* ---- frames ---- */

static gint64
get_next_notice_us (StepcastSessionEvents *self)
{
  return self->last_notice_us + G_USEC_PER_SEC / self->options.max_fps;
}

static void
stepcast_session_events_get_demand (StepcastFrameSink *sink, StepcastDemand *demand)
{
  StepcastSessionEvents *self = STEPCAST_SESSION_EVENTS (sink);

  if (self->options.wants_frames && !self->is_notice_held &&
      stepcast_event_stream_is_clear (self->stream))
    demand->due_us = get_next_notice_us (self);
}

static void
tell_notice (StepcastSessionEvents *self)
{
  self->is_notice_held = FALSE;
  stepcast_gsource_clear (&self->notice_timer); /* the frame came before a late timer */
  self->last_notice_us = g_get_monotonic_time ();
  tell (self, KIND_FRAME);
}

static gboolean
on_notice_timer (gpointer user_data)
{
  StepcastSessionEvents *self = user_data;

  g_clear_pointer (&self->notice_timer, g_source_unref);
  tell_notice (self);
  stepcast_session_proceed (self->session);
  return G_SOURCE_REMOVE;
}

/* Somebody else wanted this frame, sooner than it is our turn. */
static void
hold_notice (StepcastSessionEvents *self, gint64 wait_us)
{
  self->is_notice_held = TRUE;
  if (self->notice_timer != NULL)
    return;

  self->notice_timer = g_timeout_source_new ((guint) (wait_us / 1000) + 1);
  g_source_set_static_name (self->notice_timer, "[stepcast] frame notice");
  g_source_set_callback (self->notice_timer, on_notice_timer, self, NULL);
  g_source_attach (self->notice_timer, g_main_context_get_thread_default ());
}

static void
stepcast_session_events_deliver (StepcastFrameSink *sink,
                                 StepcastFrame *const *frames,
                                 guint n_frames)
{
  StepcastSessionEvents *self = STEPCAST_SESSION_EVENTS (sink);
  StepcastFrame *frame = frames[n_frames - 1];
  gint64 wait_us = get_next_notice_us (self) - g_get_monotonic_time ();

  if (!self->options.wants_frames)
    return;

  self->n_offered += n_frames;
  self->notice = (Notice){
    .run = stepcast_frame_get_run (frame),
    .serial = stepcast_frame_get_serial (frame),
    .step = stepcast_frame_get_step (frame),
    .time_us = stepcast_frame_get_time_us (frame),
    .n_bytes = stepcast_frame_get_size (frame),
  };
  if (wait_us > 0)
    hold_notice (self, wait_us);
  else
    tell_notice (self);
}

static void
stepcast_session_events_describe (StepcastFrameSink *sink, GVariantDict *description)
{
  StepcastSessionEvents *self = STEPCAST_SESSION_EVENTS (sink);

  g_variant_dict_insert (description, "role", "s",
                         self->options.role == STEPCAST_ROLE_CONTROL ? "control" : "view");
  g_variant_dict_insert (description, "kind", "s", "http");
  g_variant_dict_insert (description, "protocol", "s", "events");
  g_variant_dict_insert (description, "delivery", "s", "latest");
  g_variant_dict_insert (description, "seconds", "d",
                         (double) (g_get_monotonic_time () - self->began_us) / G_USEC_PER_SEC);
  g_variant_dict_insert (description, "sent", "t", self->n_noticed);
  g_variant_dict_insert (description, "missed", "t", self->n_offered - self->n_noticed);
  g_variant_dict_insert (description, "backlog-bytes", "t",
                         (guint64) stepcast_event_stream_get_backlog_bytes (self->stream));
}

static void
stepcast_session_events_sink_init (StepcastFrameSinkInterface *iface)
{
  iface->describe = stepcast_session_events_describe;
  iface->get_demand = stepcast_session_events_get_demand;
  iface->deliver = stepcast_session_events_deliver;
}

/* ---- what the session tells ---- */

static void
tell_progress (StepcastSessionEvents *self)
{
  self->has_progressed = FALSE;
  tell (self, KIND_PROGRESS);
}

static gboolean
on_progress_timer (gpointer user_data)
{
  StepcastSessionEvents *self = user_data;

  if (self->has_progressed)
    {
      tell_progress (self);
      return G_SOURCE_CONTINUE;
    }

  g_clear_pointer (&self->progress_timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
on_progressed (StepcastSession *session, StepcastSessionEvents *self)
{
  self->has_progressed = TRUE;
  if (self->progress_timer != NULL)
    return;

  tell_progress (self);
  self->progress_timer = g_timeout_source_new (PROGRESS_INTERVAL_MS);
  g_source_set_static_name (self->progress_timer, "[stepcast] session events progress");
  g_source_set_callback (self->progress_timer, on_progress_timer, self, NULL);
  g_source_attach (self->progress_timer, g_main_context_get_thread_default ());
}

/* Of a run that is over and was followed by another, nothing is told any more. */
static void
drop_old_notice (StepcastSessionEvents *self)
{
  if (!self->is_notice_held || self->notice.run == stepcast_session_get_run_number (self->session))
    return;

  self->is_notice_held = FALSE;
  stepcast_gsource_clear (&self->notice_timer);
}

static void
on_state_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionEvents *self)
{
  drop_old_notice (self);
  tell (self, KIND_STATE);
}

static void
on_holder_changed (StepcastSession *session, StepcastSessionEvents *self)
{
  tell (self, KIND_STATE);
}

static void
on_parameters_changed (StepcastSession *session, StepcastSessionEvents *self)
{
  tell (self, KIND_PARAMETERS);
}

static void
on_title_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionEvents *self)
{
  tell (self, KIND_TITLE);
}

static void
detach (StepcastSessionEvents *self)
{
  stepcast_gsource_clear (&self->notice_timer);
  stepcast_gsource_clear (&self->progress_timer);
  if (!self->is_attached)
    return;

  self->is_attached = FALSE;
  g_signal_handlers_disconnect_by_data (self->session, self);
  stepcast_session_remove_sink (self->session, STEPCAST_FRAME_SINK (self));
}

static void
attach (StepcastSessionEvents *self)
{
  self->is_attached = TRUE;
  g_signal_connect (self->session, "notify::state", G_CALLBACK (on_state_changed), self);
  g_signal_connect (self->session, "holder-changed", G_CALLBACK (on_holder_changed), self);
  g_signal_connect (self->session, "parameters-changed", G_CALLBACK (on_parameters_changed), self);
  g_signal_connect (self->session, "notify::title", G_CALLBACK (on_title_changed), self);
  g_signal_connect (self->session, "progressed", G_CALLBACK (on_progressed), self);

  stepcast_event_stream_write (self->stream, STEPCAST_EVENT_RETRY);
  tell (self, KIND_STATE);
  tell (self, KIND_PARAMETERS);
  stepcast_session_add_sink (self->session, STEPCAST_FRAME_SINK (self));
}

/**
 * stepcast_session_events_end:
 * @self: the events of a session
 *
 * Leaves the session, says that it has ended, and closes the connection; nothing if it is being
 * closed.
 */
void
stepcast_session_events_end (StepcastSessionEvents *self)
{
  g_return_if_fail (STEPCAST_IS_SESSION_EVENTS (self));

  if (!self->is_attached)
    return;
  if (self->is_notice_held)
    tell_notice (self);
  detach (self);
  flush (self);
}

/* ---- the stream ---- */

static void
on_drained (gpointer user_data)
{
  StepcastSessionEvents *self = user_data;

  flush (self);
  if (self->is_attached)
    stepcast_session_proceed (self->session);
}

static void
on_closed (gpointer user_data)
{
  g_autoptr (StepcastSessionEvents) self = g_object_ref (user_data);

  detach (self);
  g_signal_emit (self, signals[CLOSED], 0);
}

static const StepcastEventStreamEvents stream_events = {
  .drained = on_drained,
  .closed = on_closed,
};

/* ---- the object ---- */

/**
 * stepcast_session_events_get_session:
 * @self: the events of a session
 *
 * Returns: (transfer none): whose events they are
 */
StepcastSession *
stepcast_session_events_get_session (StepcastSessionEvents *self)
{
  return self->session;
}

static void
stepcast_session_events_dispose (GObject *object)
{
  StepcastSessionEvents *self = STEPCAST_SESSION_EVENTS (object);

  if (self->session != NULL)
    detach (self);
  g_clear_object (&self->session);
  if (self->stream != NULL)
    g_object_run_dispose (G_OBJECT (self->stream)); /* nothing is told any more */
  g_clear_object (&self->stream);

  G_OBJECT_CLASS (stepcast_session_events_parent_class)->dispose (object);
}

static void
stepcast_session_events_class_init (StepcastSessionEventsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_session_events_dispose;

  /**
   * StepcastSessionEvents::closed:
   *
   * The connection has ended, and the session has been left.
   */
  signals[CLOSED] = g_signal_new ("closed", STEPCAST_TYPE_SESSION_EVENTS, G_SIGNAL_RUN_LAST, 0,
                                  NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
stepcast_session_events_init (StepcastSessionEvents *self)
{
}

/**
 * stepcast_session_events_new:
 * @connection: whose headers have been written, with pollable ends
 * @ticker: ticks every %STEPCAST_TICK_MS
 * @session: whose events are told
 * @options: what the client has asked for
 *
 * Returns: (transfer full): a new stream of events, which has said how things are
 */
StepcastSessionEvents *
stepcast_session_events_new (GIOStream *connection,
                             StepcastTicker *ticker,
                             StepcastSession *session,
                             const StepcastSessionEventsOptions *options)
{
  StepcastSessionEvents *self = g_object_new (STEPCAST_TYPE_SESSION_EVENTS, NULL);

  self->session = g_object_ref (session);
  self->options = *options;
  self->began_us = g_get_monotonic_time ();
  self->stream = stepcast_event_stream_new (connection, ticker, &stream_events, self);
  attach (self);

  return self;
}
