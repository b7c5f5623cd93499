/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-viewer.h"

#include "stepcast-error.h"
#include "stepcast-frame-guard.h"
#include "stepcast-gsource.h"
#include "stepcast-tap-stream.h"

/* One WebSocket connection that looks at a session, and may steer it.
 *
 * Its requests become calls of the session, and what the session tells becomes messages, in the
 * words of its dialect. As a sink of frames it asks the session for as much as its outbox has room
 * for: with delivery "every" a window, with "latest" one frame that waits while one is being
 * written. On /ws it owns its session, which ends with it.
 *
 * It keeps itself alive by its connection until that is closed, and then emits "closed", once.
 * Lives on the main context. */

/* State, parameters and numbers are told this often at the most; the last ones always are. */
#define PROGRESS_INTERVAL_MS 250

/* As libsoup waits for the answer to a close frame. */
#define CLOSE_SECONDS 5

struct _StepcastViewer
{
  GObject parent_instance;

  SoupWebsocketConnection *connection;
  StepcastTapStream *tap;
  StepcastOutbox *outbox; /* the tap's */
  const StepcastDialect *dialect;
  StepcastRole role;
  gboolean is_closing;

  StepcastSession *session;        /* (nullable) */
  StepcastSessionManager *manager; /* (nullable): only where it owns the session */

  StepcastDelivery delivery;
  guint max_fps;
  gint64 last_frame_us;   /* when the last one was delivered */
  gsize last_frame_bytes; /* 0 before the first */
  gsize window_bytes;     /* of delivery "every" */
  guint n_stops;          /* its requests to stop that are not answered yet */
  gint64 began_us;
  guint64 n_offered; /* frames that were drawn while it was here */

  StepcastPulse *pulse; /* (nullable): while somebody looks whether it lives */

  GSource *close_timer; /* (nullable): while it is being closed */

  GSource *progress_timer; /* (nullable) */
  gboolean has_progressed; /* since progress was told */
};

enum
{
  CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void stepcast_viewer_sink_init (StepcastFrameSinkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastViewer,
                               stepcast_viewer,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_FRAME_SINK,
                                                      stepcast_viewer_sink_init))

/* ---- saying ---- */

/* Says @text, which may be NULL; it goes before waiting frames, or after what belongs before it. */
static void
say (StepcastViewer *self, char *text, gboolean is_urgent)
{
  g_autofree char *owned = text;

  if (owned == NULL || self->is_closing)
    return;

  stepcast_outbox_push_text (self->outbox, owned, is_urgent);
  stepcast_tap_stream_flush (self->tap);
  if (stepcast_outbox_get_answer_bytes (self->outbox) > STEPCAST_MAX_ANSWER_BYTES)
    stepcast_viewer_close (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                           "More than 256 KiB of answers were not read");
}

static void
say_now (StepcastViewer *self, char *text)
{
  say (self, text, TRUE);
}

static void
say_in_order (StepcastViewer *self, char *text)
{
  say (self, text, FALSE);
}

static void
say_error (StepcastViewer *self,
           const StepcastRequest *request,
           const char *id,
           const GError *error)
{
  say_now (self, self->dialect->error (request, id, error));
}

/* ---- frames ---- */

/* As many frames of the last one's size as there is room for, but always for two: one that is being
 * written, and one that waits. It opens again only when half of it is free, so that a slice makes
 * many small frames at once. */
static guint
get_room (StepcastViewer *self)
{
  guint n_held = stepcast_outbox_get_n_frames (self->outbox);
  guint room;

  if (self->last_frame_bytes == 0)
    return n_held == 0 ? 1 : 0;

  room = (guint) MAX (self->window_bytes / self->last_frame_bytes, 2);
  return n_held > room / 2 ? 0 : room - n_held;
}

/* The window of a reader that takes all at once grows, and that of one that does not shrinks: a
 * slice's way home costs as much as sending 100 KB, and should be worth it. */
static void
adapt_window (StepcastViewer *self)
{
  if (stepcast_outbox_is_empty (self->outbox))
    self->window_bytes = MIN (2 * self->window_bytes, STEPCAST_MAX_WINDOW_BYTES);
  else
    self->window_bytes = MAX (self->window_bytes / 2, STEPCAST_WINDOW_BYTES);
}

static void
stepcast_viewer_get_demand (StepcastFrameSink *sink, StepcastDemand *demand)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);

  if (self->is_closing)
    return;

  if (self->delivery == STEPCAST_DELIVERY_EVERY)
    {
      demand->is_every = TRUE;
      demand->frames = get_room (self);
      demand->bytes = self->window_bytes;
    }
  else if (stepcast_outbox_get_n_waiting_frames (self->outbox) == 0)
    {
      demand->due_us = self->last_frame_us + G_USEC_PER_SEC / self->max_fps;
    }
}

static void
stepcast_viewer_deliver (StepcastFrameSink *sink, StepcastFrame *const *frames, guint n_frames)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);
  char prefix[STEPCAST_PREFIX_BYTES];
  guint first = self->delivery == STEPCAST_DELIVERY_EVERY ? 0 : n_frames - 1;

  if (self->is_closing)
    return;

  self->n_offered += n_frames;
  if (self->delivery == STEPCAST_DELIVERY_LATEST)
    stepcast_outbox_drop_frames (self->outbox);
  for (guint i = first; i < n_frames; i++)
    stepcast_outbox_push_frame (self->outbox, self->dialect->get_prefix (frames[i], prefix),
                                frames[i]);

  self->last_frame_us = g_get_monotonic_time ();
  self->last_frame_bytes = stepcast_frame_get_size (frames[n_frames - 1]);
  stepcast_tap_stream_flush (self->tap);
  adapt_window (self);
}

static void
stepcast_viewer_describe (StepcastFrameSink *sink, GVariantDict *description)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);
  const char *protocol = self->dialect->subprotocol;
  guint64 n_sent = stepcast_outbox_get_n_sent_frames (self->outbox);
  guint64 n_waiting = stepcast_outbox_get_n_waiting_frames (self->outbox);

  g_variant_dict_insert (description, "role", "s",
                         self->role == STEPCAST_ROLE_CONTROL ? "control" : "view");
  g_variant_dict_insert (description, "protocol", "s", protocol != NULL ? protocol : "plain");
  g_variant_dict_insert (description, "delivery", "s",
                         self->delivery == STEPCAST_DELIVERY_EVERY ? "every" : "latest");
  g_variant_dict_insert (description, "seconds", "d",
                         (double) (g_get_monotonic_time () - self->began_us) / G_USEC_PER_SEC);
  g_variant_dict_insert (description, "sent", "t", n_sent);
  g_variant_dict_insert (description, "missed", "t", self->n_offered - n_sent - n_waiting);
  g_variant_dict_insert (description, "backlog-bytes", "t",
                         (guint64) stepcast_outbox_get_backlog_bytes (self->outbox));
  if (self->pulse != NULL && stepcast_pulse_get_round_trip_us (self->pulse) >= 0)
    g_variant_dict_insert (description, "round-trip-seconds", "d",
                           (double) stepcast_pulse_get_round_trip_us (self->pulse) /
                             G_USEC_PER_SEC);
}

static void
stepcast_viewer_sink_init (StepcastFrameSinkInterface *iface)
{
  iface->describe = stepcast_viewer_describe;
  iface->get_demand = stepcast_viewer_get_demand;
  iface->deliver = stepcast_viewer_deliver;
}

/* ---- what the session tells ---- */

static void
say_progress (StepcastViewer *self)
{
  self->has_progressed = FALSE;
  say_in_order (self, self->dialect->progress (self->session));
}

static gboolean
on_progress_timer (gpointer user_data)
{
  StepcastViewer *self = user_data;

  if (self->has_progressed && !self->is_closing)
    {
      say_progress (self);
      return G_SOURCE_CONTINUE;
    }

  g_clear_pointer (&self->progress_timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
on_session_progressed (StepcastSession *session, StepcastViewer *self)
{
  self->has_progressed = TRUE;
  if (self->progress_timer != NULL || self->is_closing)
    return;

  say_progress (self);
  self->progress_timer = g_timeout_source_new (PROGRESS_INTERVAL_MS);
  g_source_set_static_name (self->progress_timer, "[stepcast] viewer progress");
  g_source_set_callback (self->progress_timer, on_progress_timer, self, NULL);
  g_source_attach (self->progress_timer, g_main_context_get_thread_default ());
}

static void
on_session_state_changed (StepcastSession *session, StepcastViewer *self)
{
  StepcastSessionState state = stepcast_session_get_state (session);

  if (state == STEPCAST_SESSION_STATE_STOPPING)
    stepcast_outbox_drop_frames (self->outbox);

  say_in_order (self, self->dialect->state (session));
  if (state == STEPCAST_SESSION_STATE_STOPPED && self->n_stops == 0) /* somebody else's doing */
    say_in_order (self, self->dialect->stopped (NULL, stepcast_session_get_last_stop (session)));
}

static void
on_session_parameters_changed (StepcastSession *session, StepcastViewer *self)
{
  say_now (self, self->dialect->parameters (session));
}

static void
on_session_log (StepcastSession *session, const char *line, StepcastViewer *self)
{
  say_in_order (self, self->dialect->log (line));
}

static void
attach (StepcastViewer *self, StepcastSession *session)
{
  StepcastGreeting greeting = {
    .role = self->role,
    .delivery = self->delivery,
    .max_fps = self->max_fps,
  };

  self->session = g_object_ref (session);
  g_signal_connect (session, "state-changed", G_CALLBACK (on_session_state_changed), self);
  g_signal_connect (session, "parameters-changed", G_CALLBACK (on_session_parameters_changed),
                    self);
  g_signal_connect (session, "log", G_CALLBACK (on_session_log), self);
  if (self->dialect == &stepcast_v1_dialect)
    g_signal_connect (session, "progressed", G_CALLBACK (on_session_progressed), self);

  say_in_order (self, self->dialect->greeting (session, &greeting));
  stepcast_session_add_sink (session, STEPCAST_FRAME_SINK (self));
}

static void
detach (StepcastViewer *self)
{
  g_autoptr (StepcastSession) session = g_steal_pointer (&self->session);
  g_autoptr (StepcastSessionManager) manager = g_steal_pointer (&self->manager);

  stepcast_gsource_clear (&self->progress_timer);
  if (session == NULL)
    return;

  g_signal_handlers_disconnect_by_data (session, self);
  stepcast_session_remove_sink (session, STEPCAST_FRAME_SINK (self));
  if (manager != NULL)
    stepcast_session_manager_close (manager, session);
}

/* ---- what the client asks for ---- */

typedef struct
{
  StepcastViewer *viewer;
  StepcastRequest *request;
} Pending;

static Pending *
pending_new (StepcastViewer *viewer, StepcastRequest *request)
{
  Pending *pending = g_new (Pending, 1);

  pending->viewer = g_object_ref (viewer);
  pending->request = request;

  return pending;
}

static void
pending_free (Pending *pending)
{
  stepcast_request_free (pending->request);
  g_object_unref (pending->viewer);
  g_free (pending);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pending, pending_free)

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  StepcastViewer *self = pending->viewer;
  StepcastSession *session = STEPCAST_SESSION (source_object);
  g_autoptr (GError) error = NULL;
  StepcastStopReport report;

  self->n_stops--;
  if (stepcast_session_stop_finish (session, result, &report, &error))
    say_in_order (self, self->dialect->stopped (pending->request, &report));
  else
    say_error (self, pending->request, NULL, error);
}

static void
on_set (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  StepcastViewer *self = pending->viewer;
  StepcastSession *session = STEPCAST_SESSION (source_object);
  g_autoptr (GError) error = NULL;
  guint64 step;

  if (stepcast_session_set_parameters_finish (session, result, &step, &error))
    say_now (self, self->dialect->set (pending->request, session, step));
  else
    say_error (self, pending->request, NULL, error);
}

static void
stop (StepcastViewer *self, StepcastRequest *request)
{
  self->n_stops++;
  stepcast_outbox_drop_frames (self->outbox);
  stepcast_session_stop_async (self->session, NULL, on_stopped, pending_new (self, request));
}

static gboolean
set_options (StepcastViewer *self, const StepcastRequest *request, GError **error)
{
  if (request->has_delivery && request->delivery == STEPCAST_DELIVERY_EVERY &&
      self->role != STEPCAST_ROLE_CONTROL)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                           "The role “view” can't hold a session: its delivery is “latest”");
      return FALSE;
    }

  if (request->has_delivery)
    self->delivery = request->delivery;
  if (request->max_fps > 0)
    self->max_fps = request->max_fps;
  stepcast_session_proceed (self->session);
  return TRUE;
}

/* Requests that are answered at once. */
static gboolean
do_at_once (StepcastViewer *self, const StepcastRequest *request, GError **error)
{
  switch (request->type)
    {
    case STEPCAST_REQUEST_START:
      return stepcast_session_start (self->session, error);
    case STEPCAST_REQUEST_PAUSE:
      return stepcast_session_pause (self->session, error);
    case STEPCAST_REQUEST_RESUME:
      return stepcast_session_resume (self->session, error);
    case STEPCAST_REQUEST_STEP:
      return stepcast_session_step (self->session, request->n_steps, error);
    case STEPCAST_REQUEST_OPTIONS:
      return set_options (self, request, error);
    case STEPCAST_REQUEST_STOP:
    case STEPCAST_REQUEST_SET:
    case STEPCAST_REQUEST_ACK:
    default:
      g_return_val_if_reached (FALSE);
    }
}

static gboolean
is_allowed (StepcastViewer *self, const StepcastRequest *request, GError **error)
{
  if (self->role == STEPCAST_ROLE_CONTROL || request->type == STEPCAST_REQUEST_OPTIONS ||
      request->type == STEPCAST_REQUEST_ACK)
    return TRUE;

  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                       "This link is for viewing only: ask for a control link");
  return FALSE;
}

static void
dispatch (StepcastViewer *self, StepcastRequest *taken)
{
  g_autoptr (StepcastRequest) request = taken;
  g_autoptr (GError) error = NULL;
  gboolean was_paused;

  if (!is_allowed (self, request, &error))
    {
      say_error (self, request, NULL, error);
      return;
    }

  switch (request->type)
    {
    case STEPCAST_REQUEST_STOP:
      stop (self, g_steal_pointer (&request));
      break;
    case STEPCAST_REQUEST_SET:
      {
        g_autoptr (GVariant) values = g_variant_ref (request->values);

        stepcast_session_set_parameters_async (self->session, values, NULL, on_set,
                                               pending_new (self, g_steal_pointer (&request)));
        break;
      }
    case STEPCAST_REQUEST_ACK: /* the pace is the socket's: nothing depends on it yet */
      break;
    case STEPCAST_REQUEST_START:
    case STEPCAST_REQUEST_PAUSE:
    case STEPCAST_REQUEST_RESUME:
    case STEPCAST_REQUEST_STEP:
    case STEPCAST_REQUEST_OPTIONS:
    default:
      was_paused = stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_PAUSED;
      if (do_at_once (self, request, &error))
        say_now (self, self->dialect->accepted (request, self->session, was_paused));
      else
        say_error (self, request, NULL, error);
      break;
    }
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *message,
            StepcastViewer *self)
{
  g_autoptr (StepcastRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  const char *text;
  gsize length;

  if (self->is_closing || self->session == NULL)
    return;
  if (type != SOUP_WEBSOCKET_DATA_TEXT)
    {
      stepcast_viewer_close (self, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA,
                             "Messages to the server are text");
      return;
    }

  text = g_bytes_get_data (message, &length); /* libsoup ends it with a NUL */
  if (length > 0 && memchr (text, '\0', length) != NULL)
    g_set_error_literal (&error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                         "A request has no NUL in it");
  else
    request = self->dialect->parse (length > 0 ? text : "",
                                    stepcast_source_get_generator_type (
                                      stepcast_session_get_source (self->session)),
                                    &id, &error);

  if (request != NULL)
    dispatch (self, g_steal_pointer (&request));
  else
    say_error (self, NULL, id, error);
}

/* ---- the connection ---- */

static void
on_drained (gpointer user_data)
{
  StepcastViewer *self = user_data;

  if (self->session != NULL && !self->is_closing)
    stepcast_session_proceed (self->session);
}

static void
on_violated (guint close_code, gpointer user_data)
{
  stepcast_viewer_close (user_data, (gushort) close_code,
                         close_code == SOUP_WEBSOCKET_CLOSE_TOO_BIG ?
                           "A message has at most 64 KiB, in at most 256 fragments" :
                           "A control frame has at most 125 bytes");
}

static const StepcastTapEvents tap_events = {
  .drained = on_drained,
  .violated = on_violated,
};

static void
leave (StepcastViewer *self)
{
  self->is_closing = TRUE;
  g_clear_pointer (&self->pulse, stepcast_pulse_free);
  detach (self);
}

/* Who lets go of it closes the connection. */
static void
drop (StepcastViewer *self)
{
  g_autoptr (StepcastViewer) alive G_GNUC_UNUSED = g_object_ref (self);

  stepcast_gsource_clear (&self->close_timer);
  g_signal_handlers_disconnect_by_data (self->connection, self);
  leave (self);
  g_signal_emit (self, signals[CLOSED], 0);
}

static gboolean
on_close_timer (gpointer user_data)
{
  StepcastViewer *self = user_data;

  g_debug ("A viewer does not read its close frame");
  drop (self);
  return G_SOURCE_REMOVE;
}

/* Where libsoup does not: after an error it waits for ever until a peer has its close frame. */
static void
limit_closing (StepcastViewer *self)
{
  if (self->close_timer != NULL)
    return;

  self->close_timer = g_timeout_source_new_seconds (CLOSE_SECONDS);
  g_source_set_static_name (self->close_timer, "[stepcast] viewer close");
  g_source_set_callback (self->close_timer, on_close_timer, self, NULL);
  g_source_attach (self->close_timer, g_main_context_get_thread_default ());
}

static void
on_closing (SoupWebsocketConnection *connection, StepcastViewer *self)
{
  if (self->is_closing)
    return;

  leave (self);
  stepcast_tap_stream_discard (self->tap);
}

static void
on_closed (SoupWebsocketConnection *connection, StepcastViewer *self)
{
  g_autoptr (StepcastViewer) alive G_GNUC_UNUSED = g_object_ref (self);

  stepcast_gsource_clear (&self->close_timer);
  stepcast_tap_stream_listen (self->tap, NULL, NULL);
  leave (self);
  g_signal_emit (self, signals[CLOSED], 0);
}

static void
on_error (SoupWebsocketConnection *connection, GError *error, StepcastViewer *self)
{
  /* A peer that vanishes or breaks the protocol is an ordinary day: libsoup closes it. */
  g_debug ("A viewer's connection: %s", error->message);
  stepcast_tap_stream_give_up (self->tap);
  leave (self);
  limit_closing (self);
}

/* ---- whether it lives ---- */

static void
on_death (StepcastDeath death, gpointer user_data)
{
  StepcastViewer *self = user_data;
  g_autofree char *reason = NULL;

  if (death == STEPCAST_DEATH_GONE)
    {
      g_debug ("A viewer's host does not answer");
      drop (self);
      return;
    }

  reason = g_strdup_printf ("No answer to a ping for %u s",
                            stepcast_pulse_get_answer_seconds (self->pulse));
  stepcast_viewer_close (self, SOUP_WEBSOCKET_CLOSE_SERVER_ERROR, reason);
}

/**
 * stepcast_viewer_set_liveness:
 * @self: a viewer
 * @liveness: finds out when it is not there any more
 */
void
stepcast_viewer_set_liveness (StepcastViewer *self, StepcastLiveness *liveness)
{
  g_return_if_fail (self->pulse == NULL);

  self->pulse = stepcast_pulse_new (liveness, self->tap, on_death, self);
}

/**
 * stepcast_viewer_set_defaults:
 * @self: a viewer without a session
 * @joined_delivery: what it gets of somebody's session if it may steer it; who may only look gets
 *   the latest, whatever this says
 * @max_fps: how many frames a second it gets at most of the latest
 *
 * What holds until it asks for something else.
 */
void
stepcast_viewer_set_defaults (StepcastViewer *self, StepcastDelivery joined_delivery, guint max_fps)
{
  g_return_if_fail (self->session == NULL);

  if (self->role == STEPCAST_ROLE_CONTROL)
    self->delivery = joined_delivery;
  self->max_fps = max_fps;
}

/**
 * stepcast_viewer_own:
 * @self: a viewer without a session
 * @manager: has opened @session
 * @session: a new session
 *
 * Makes @self the owner of @session, which is closed when the connection ends.
 */
void
stepcast_viewer_own (StepcastViewer *self,
                     StepcastSessionManager *manager,
                     StepcastSession *session)
{
  g_return_if_fail (self->session == NULL);

  self->manager = g_object_ref (manager);
  self->delivery =
    self->role == STEPCAST_ROLE_CONTROL ? STEPCAST_DELIVERY_EVERY : STEPCAST_DELIVERY_LATEST;
  attach (self, session);
}

/**
 * stepcast_viewer_join:
 * @self: a viewer without a session
 * @session: somebody's session
 */
void
stepcast_viewer_join (StepcastViewer *self, StepcastSession *session)
{
  g_return_if_fail (self->session == NULL);

  attach (self, session);
}

/**
 * stepcast_viewer_refuse:
 * @self: a viewer without a session
 * @error: why it gets none
 *
 * Tells why, and closes the connection.
 */
void
stepcast_viewer_refuse (StepcastViewer *self, const GError *error)
{
  say_error (self, NULL, NULL, error);
  stepcast_viewer_close (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION, "There is no session");
}

/**
 * stepcast_viewer_turn_away:
 * @self: a viewer without a session
 * @error: why it gets none now
 *
 * Tells why, and closes the connection with %STEPCAST_CLOSE_TRY_AGAIN_LATER.
 */
void
stepcast_viewer_turn_away (StepcastViewer *self, const GError *error)
{
  say_error (self, NULL, NULL, error);
  if (self->is_closing)
    return;

  /* libsoup takes this code for a mistake. */
  stepcast_tap_stream_say_close (self->tap, STEPCAST_CLOSE_TRY_AGAIN_LATER, "Try again later");
  leave (self);
  limit_closing (self);
}

/**
 * stepcast_viewer_close:
 * @self: a viewer
 * @code: RFC 6455, section 7.4.1
 * @reason: at most 123 bytes
 *
 * Leaves the session, and closes the connection; nothing if it is being closed.
 */
void
stepcast_viewer_close (StepcastViewer *self, gushort code, const char *reason)
{
  if (!self->is_closing &&
      soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->connection, code, reason);
}

/**
 * stepcast_viewer_get_session:
 * @self: a viewer
 *
 * Returns: (transfer none) (nullable): what it looks at
 */
StepcastSession *
stepcast_viewer_get_session (StepcastViewer *self)
{
  return self->session;
}

static void
stepcast_viewer_dispose (GObject *object)
{
  StepcastViewer *self = STEPCAST_VIEWER (object);

  stepcast_gsource_clear (&self->close_timer);
  leave (self);
  if (self->tap != NULL)
    stepcast_tap_stream_listen (self->tap, NULL, NULL);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  g_clear_object (&self->tap);

  G_OBJECT_CLASS (stepcast_viewer_parent_class)->dispose (object);
}

static void
stepcast_viewer_class_init (StepcastViewerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_viewer_dispose;

  /**
   * StepcastViewer::closed:
   *
   * The connection has ended, and the viewer has left its session.
   */
  signals[CLOSED] = g_signal_new ("closed", STEPCAST_TYPE_VIEWER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static void
stepcast_viewer_init (StepcastViewer *self)
{
  self->delivery = STEPCAST_DELIVERY_LATEST;
  self->max_fps = STEPCAST_DEFAULT_FPS;
  self->window_bytes = STEPCAST_WINDOW_BYTES;
}

/**
 * stepcast_viewer_new:
 * @stream: a connection whose handshake has been answered, with pollable ends
 * @uri: what was asked for
 * @origin: (nullable): from where
 * @dialect: how it speaks; static
 * @role: what it may do
 * @readiness: (nullable): watches the connection, in place of the main context
 *
 * Returns: (transfer full): a new viewer without a session
 */
StepcastViewer *
stepcast_viewer_new (GIOStream *stream,
                     GUri *uri,
                     const char *origin,
                     const StepcastDialect *dialect,
                     StepcastRole role,
                     StepcastReadiness *readiness)
{
  StepcastViewer *self = g_object_new (STEPCAST_TYPE_VIEWER, NULL);

  self->dialect = dialect;
  self->role = role;
  self->began_us = g_get_monotonic_time ();
  self->tap = stepcast_tap_stream_new (stream, readiness);
  self->outbox = stepcast_tap_stream_get_outbox (self->tap);
  stepcast_tap_stream_listen (self->tap, &tap_events, self);

  self->connection =
    soup_websocket_connection_new (G_IO_STREAM (self->tap), uri, SOUP_WEBSOCKET_CONNECTION_SERVER,
                                   origin, dialect->subprotocol, NULL);
  /* The guard beneath bounds whole messages; 0 would crash libsoup (CVE-2026-0716). */
  soup_websocket_connection_set_max_incoming_payload_size (self->connection,
                                                           STEPCAST_MAX_MESSAGE_BYTES);
  g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->connection, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->connection, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);

  return self;
}
