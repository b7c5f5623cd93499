/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-viewer.h"

#include "stepcast-frame-flow.h"
#include "stepcast-gsource.h"
#include "stepcast-request-handler.h"
#include "stepcast-voice.h"

/* Somebody who looks at a session by WebSocket, and may steer it.
 *
 * It is wired of four parts. By its channel, the connection, requests come, and messages and frames
 * go. Its requests go to its request handler, which calls the session and answers. What the session
 * tells goes to its voice, in the words of its dialect. And its flow says which frames it takes,
 * and puts them into the channel's outbox. The viewer itself is what the session knows: a sink of
 * frames, and a listener to its news. On /ws it owns its session, which ends with it.
 *
 * It outlives its channel for the session's grace time, if its dialect has a way to come back: with
 * "every" it goes on to hold the session to its window meanwhile. When it is over it emits "ended",
 * once. Lives on the main context. */

struct _StepcastViewer
{
  GObject parent_instance;

  StepcastChannel *channel; /* (nullable): NULL while it is away */
  StepcastVoice *voice;
  StepcastFrameFlow *flow;
  StepcastRequestHandler *requests;

  const StepcastDialect *dialect;
  StepcastRole role;
  StepcastActor *actor;
  char *token; /* (nullable): with which it can come back */
  gint64 began_us;
  gboolean has_ended;
  GSource *grace_timer; /* (nullable): while it is away */

  StepcastSession *session;   /* (nullable) */
  StepcastAudience *audience; /* (nullable) */
  gboolean is_owner;
  StepcastSessionManager *manager; /* (nullable): only where the session ends with it */
};

enum
{
  ENDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void stepcast_viewer_sink_init (StepcastFrameSinkInterface *iface);
static void stepcast_viewer_listener_init (StepcastListenerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastViewer,
                               stepcast_viewer,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_FRAME_SINK,
                                                      stepcast_viewer_sink_init)
                                 G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_LISTENER,
                                                        stepcast_viewer_listener_init))

/* ---- frames ---- */

static gboolean
is_running (StepcastViewer *self)
{
  return self->session != NULL &&
         stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_RUNNING;
}

/* Returns: (nullable): where it takes compressed frames */
static StepcastFrameEncoder *
get_encoder (StepcastViewer *self)
{
  return self->channel != NULL ? stepcast_channel_get_encoder (self->channel) : NULL;
}

static gboolean
wants_something (const StepcastDemand *demand)
{
  return demand->frames > 0 || demand->due_us != STEPCAST_NEVER;
}

static void
stepcast_viewer_get_demand (StepcastFrameSink *sink, StepcastDemand *demand)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);

  stepcast_frame_flow_get_demand (self->flow, demand);
  if (wants_something (demand))
    demand->encoder = get_encoder (self);
}

static void
stepcast_viewer_deliver (StepcastFrameSink *sink, StepcastFrame *const *frames, guint n_frames)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);

  stepcast_frame_flow_deliver (self->flow, frames, n_frames, is_running (self));
  stepcast_voice_flush (self->voice);
  stepcast_frame_flow_take_stock (self->flow);
}

static void
give_held_back (StepcastViewer *self)
{
  if (stepcast_frame_flow_give_held_back (self->flow, is_running (self)))
    stepcast_voice_flush (self->voice);
}

/* What it shows says more of its way than what its library answers. */
static void
get_numbers (StepcastViewer *self, StepcastViewerNumbers *numbers)
{
  stepcast_frame_flow_get_numbers (self->flow, numbers);
  if (numbers->round_trip_us < 0 && self->channel != NULL)
    numbers->round_trip_us = stepcast_channel_get_round_trip_us (self->channel);
}

static gboolean
is_every (StepcastViewer *self)
{
  return stepcast_frame_flow_is_every (self->flow);
}

static void
stepcast_viewer_describe (StepcastFrameSink *sink, GVariantDict *description)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);
  const char *protocol = self->dialect->subprotocol;
  StepcastViewerNumbers numbers;

  get_numbers (self, &numbers);
  g_variant_dict_insert (description, "id", "s", stepcast_actor_get_id (self->actor));
  g_variant_dict_insert (description, "kind", "s", stepcast_actor_get_kind_nick (self->actor));
  g_variant_dict_insert (description, "role", "s",
                         self->role == STEPCAST_ROLE_CONTROL ? "control" : "view");
  g_variant_dict_insert (description, "protocol", "s", protocol != NULL ? protocol : "plain");
  g_variant_dict_insert (description, "delivery", "s", is_every (self) ? "every" : "latest");
  g_variant_dict_insert (description, "compressed", "b", get_encoder (self) != NULL);
  g_variant_dict_insert (description, "away", "b", self->channel == NULL);
  g_variant_dict_insert (description, "seconds", "d",
                         (double) (g_get_monotonic_time () - self->began_us) / G_USEC_PER_SEC);
  stepcast_viewer_numbers_describe (&numbers, description);
}

static StepcastActor *
stepcast_viewer_get_actor (StepcastFrameSink *sink)
{
  return STEPCAST_VIEWER (sink)->actor;
}

static void
stepcast_viewer_sink_init (StepcastFrameSinkInterface *iface)
{
  iface->describe = stepcast_viewer_describe;
  iface->get_actor = stepcast_viewer_get_actor;
  iface->get_demand = stepcast_viewer_get_demand;
  iface->deliver = stepcast_viewer_deliver;
}

/* ---- what the session tells ---- */

static const StepcastDialect *
stepcast_viewer_get_dialect (StepcastListener *listener)
{
  return STEPCAST_VIEWER (listener)->dialect;
}

/* What waits of a run that is stopped is not shown. */
static void
follow_state (StepcastViewer *self)
{
  if (stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_STOPPING)
    stepcast_frame_flow_drop (self->flow);
  stepcast_frame_flow_begin_run (self->flow, stepcast_session_get_run_number (self->session));
}

static void
stepcast_viewer_tell (StepcastListener *listener, StepcastNews news, GBytes *text)
{
  StepcastViewer *self = STEPCAST_VIEWER (listener);

  if (self->session == NULL)
    return;
  if (news == STEPCAST_NEWS_STATE)
    follow_state (self);
  if (news == STEPCAST_NEWS_STATE || news == STEPCAST_NEWS_PROGRESS)
    give_held_back (self);
  if (text == NULL ||
      (news == STEPCAST_NEWS_STOPPED && stepcast_request_handler_is_stopping (self->requests)))
    return;

  stepcast_voice_say_bytes (self->voice, text,
                            news == STEPCAST_NEWS_PARAMETERS || news == STEPCAST_NEWS_RATE ||
                              news == STEPCAST_NEWS_TITLE);
}

static void
stepcast_viewer_tell_numbers (StepcastListener *listener)
{
  StepcastViewer *self = STEPCAST_VIEWER (listener);
  StepcastViewerNumbers numbers;

  if (self->session == NULL || self->channel == NULL || self->dialect->subprotocol == NULL)
    return;

  get_numbers (self, &numbers);
  stepcast_voice_say_in_order (self->voice, self->dialect->numbers (self->session, &numbers));
}

static void
stepcast_viewer_listener_init (StepcastListenerInterface *iface)
{
  iface->get_dialect = stepcast_viewer_get_dialect;
  iface->tell = stepcast_viewer_tell;
  iface->tell_numbers = stepcast_viewer_tell_numbers;
}

static void
greet (StepcastViewer *self, gboolean has_resumed, guint64 n_missed)
{
  StepcastGreeting greeting = {
    .viewer = stepcast_actor_get_id (self->actor),
    .token = self->token,
    .has_resumed = has_resumed,
    .n_missed = n_missed,
    .role = self->role,
    .is_compressed = get_encoder (self) != NULL,
  };

  stepcast_frame_flow_describe (self->flow, &greeting);
  stepcast_voice_say_in_order (self->voice, self->dialect->greeting (self->session, &greeting));
}

static void
attach (StepcastViewer *self, StepcastAudience *audience)
{
  self->audience = g_object_ref (audience);
  self->session = g_object_ref (stepcast_audience_get_session (audience));
  stepcast_audience_add (audience, STEPCAST_LISTENER (self));

  greet (self, FALSE, 0);
  stepcast_session_add_sink (self->session, STEPCAST_FRAME_SINK (self));
}

static void
detach (StepcastViewer *self)
{
  g_autoptr (StepcastSession) session = g_steal_pointer (&self->session);
  g_autoptr (StepcastAudience) audience = g_steal_pointer (&self->audience);
  g_autoptr (StepcastSessionManager) manager = g_steal_pointer (&self->manager);

  if (session == NULL)
    return;

  stepcast_audience_remove (audience, STEPCAST_LISTENER (self));
  stepcast_session_remove_sink (session, STEPCAST_FRAME_SINK (self));
  if (manager != NULL)
    stepcast_session_manager_close (manager, session);
}

/* ---- coming and going ---- */

static void
end (StepcastViewer *self)
{
  g_autoptr (StepcastViewer) alive G_GNUC_UNUSED = g_object_ref (self);

  if (self->has_ended)
    return;

  self->has_ended = TRUE;
  stepcast_gsource_clear (&self->grace_timer);
  detach (self);
  g_signal_emit (self, signals[ENDED], 0);
}

static gboolean
on_grace_timer (gpointer user_data)
{
  StepcastViewer *self = user_data;

  g_clear_pointer (&self->grace_timer, g_source_unref);
  end (self);
  return G_SOURCE_REMOVE;
}

/* Whose session it is goes on to hold it to the window, if it gets every frame. Others would have
 * to wait for somebody who may never come back; and who gets the latest needs none until then. */
static void
wait_for_return (StepcastViewer *self)
{
  self->grace_timer = g_timeout_source_new (stepcast_session_get_grace_ms (self->session));
  g_source_set_static_name (self->grace_timer, "[stepcast] viewer away");
  g_source_set_callback (self->grace_timer, on_grace_timer, self, NULL);
  g_source_attach (self->grace_timer, g_main_context_get_thread_default ());

  if (is_every (self) && self->is_owner)
    {
      stepcast_session_proceed (self->session);
      return;
    }

  stepcast_session_remove_sink (self->session, STEPCAST_FRAME_SINK (self));
  stepcast_frame_flow_forget_most (self->flow);
}

static void
drop_channel (StepcastViewer *self)
{
  g_autoptr (StepcastChannel) channel = g_steal_pointer (&self->channel);

  stepcast_frame_flow_set_outbox (self->flow, NULL);
  stepcast_voice_set_channel (self->voice, NULL);
  stepcast_channel_listen (channel, NULL, NULL);
}

static void
on_message (const char *text, gsize length, gpointer user_data)
{
  StepcastViewer *self = user_data;
  g_autoptr (StepcastViewer) alive G_GNUC_UNUSED = g_object_ref (self);

  if (self->session != NULL)
    stepcast_request_handler_handle (self->requests, self->session, text, length);
}

static void
on_left (gboolean may_return, gpointer user_data)
{
  StepcastViewer *self = user_data;
  g_autoptr (StepcastViewer) alive G_GNUC_UNUSED = g_object_ref (self);

  drop_channel (self);
  if (may_return && self->token != NULL && self->session != NULL &&
      stepcast_session_get_grace_ms (self->session) > 0)
    wait_for_return (self);
  else
    end (self);
}

static void
on_drained (gpointer user_data)
{
  StepcastViewer *self = user_data;
  StepcastDemand demand = STEPCAST_DEMAND_NONE;

  if (self->session == NULL)
    return;

  /* The session looks at all who watch it: only who wants something now should make it. */
  stepcast_viewer_get_demand (STEPCAST_FRAME_SINK (self), &demand);
  if (wants_something (&demand))
    stepcast_session_proceed (self->session);
}

static const StepcastChannelEvents channel_events = {
  .message = on_message,
  .drained = on_drained,
  .left = on_left,
};

static void
take_channel (StepcastViewer *self, StepcastChannel *channel)
{
  self->channel = g_object_ref (channel);
  stepcast_voice_set_channel (self->voice, channel);
  stepcast_frame_flow_set_outbox (self->flow, stepcast_channel_get_outbox (channel));
  stepcast_channel_listen (channel, &channel_events, self);
}

/**
 * stepcast_viewer_set_uploads:
 * @self: a viewer
 * @uploads: (nullable): files that its parameters may name
 */
void
stepcast_viewer_set_uploads (StepcastViewer *self, StepcastUploads *uploads)
{
  stepcast_request_handler_set_uploads (self->requests, uploads);
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
    stepcast_frame_flow_set_delivery (self->flow, joined_delivery);
  stepcast_frame_flow_set_max_fps (self->flow, max_fps);
}

/**
 * stepcast_viewer_own:
 * @self: a viewer without a session
 * @manager: has opened its session
 * @audience: of a new session
 * @closes_session: whether the session is closed when it has left for good
 *
 * Makes @self the owner of a session.
 */
void
stepcast_viewer_own (StepcastViewer *self,
                     StepcastSessionManager *manager,
                     StepcastAudience *audience,
                     gboolean closes_session)
{
  g_return_if_fail (self->session == NULL);

  self->is_owner = TRUE;
  self->manager = closes_session ? g_object_ref (manager) : NULL;
  stepcast_frame_flow_set_delivery (self->flow, self->role == STEPCAST_ROLE_CONTROL ?
                                                  STEPCAST_DELIVERY_EVERY :
                                                  STEPCAST_DELIVERY_LATEST);
  attach (self, audience);
}

/**
 * stepcast_viewer_join:
 * @self: a viewer without a session
 * @audience: of somebody's session
 */
void
stepcast_viewer_join (StepcastViewer *self, StepcastAudience *audience)
{
  g_return_if_fail (self->session == NULL);

  attach (self, audience);
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
  stepcast_voice_say_error (self->voice, NULL, NULL, error);
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
  stepcast_voice_say_error (self->voice, NULL, NULL, error);
  if (self->channel != NULL)
    stepcast_channel_turn_away (self->channel);
}

/* Goes on to be given frames. Nobody has taken it out of the session if its own waited for it, or
 * if another channel is in the place of one that it still had; but who gets the latest gets it
 * because it is new. */
static void
go_on (StepcastViewer *self, gboolean was_away)
{
  if (is_every (self))
    {
      stepcast_frame_flow_give_again (self->flow);
      stepcast_voice_flush (self->voice);
    }
  if (!is_every (self) && !was_away)
    stepcast_session_remove_sink (self->session, STEPCAST_FRAME_SINK (self));
  if (is_every (self) && (self->is_owner || !was_away))
    stepcast_session_proceed (self->session);
  else
    stepcast_session_add_sink (self->session, STEPCAST_FRAME_SINK (self));
}

/**
 * stepcast_viewer_come_back:
 * @self: a viewer with a session
 * @channel: its new channel; one that it still has is closed
 * @after_run: the run of the last frame that it got; 0 where it does not say
 * @after_serial: its serial
 *
 * Goes on where it was: with the latest frame, or with the one after the last that it acknowledged
 * or says it has got.
 */
void
stepcast_viewer_come_back (StepcastViewer *self,
                           StepcastChannel *channel,
                           guint after_run,
                           guint64 after_serial)
{
  g_autoptr (StepcastChannel) old = self->channel != NULL ? g_object_ref (self->channel) : NULL;
  gboolean was_away = old == NULL;
  guint64 n_missed;

  g_return_if_fail (self->session != NULL && !self->has_ended);

  if (!was_away)
    {
      drop_channel (self);
      stepcast_channel_close (old, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                              "Another connection has come in its place");
    }
  stepcast_gsource_clear (&self->grace_timer);
  take_channel (self, channel);

  n_missed = stepcast_frame_flow_rewind (self->flow, after_run, after_serial);
  if (is_every (self) && was_away && !self->is_owner)
    n_missed +=
      stepcast_frame_flow_count_passed_over (self->flow,
                                             stepcast_session_get_latest_frame (self->session));
  greet (self, TRUE, n_missed);
  if (self->channel != NULL) /* it has not left again already */
    go_on (self, was_away);
}

/**
 * stepcast_viewer_close:
 * @self: a viewer
 * @code: RFC 6455, section 7.4.1
 * @reason: at most 123 bytes
 *
 * Leaves the session for good, and closes the connection if it has one.
 */
void
stepcast_viewer_close (StepcastViewer *self, gushort code, const char *reason)
{
  if (self->channel != NULL)
    stepcast_channel_close (self->channel, code, reason);
  else
    end (self);
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

StepcastRole
stepcast_viewer_get_role (StepcastViewer *self)
{
  return self->role;
}

/**
 * stepcast_viewer_get_token:
 * @self: a viewer
 *
 * Returns: (transfer none) (nullable): with which it can come back
 */
const char *
stepcast_viewer_get_token (StepcastViewer *self)
{
  return self->token;
}

/**
 * stepcast_viewer_is_owner:
 * @self: a viewer
 *
 * Returns: whether its session was opened for it
 */
gboolean
stepcast_viewer_is_owner (StepcastViewer *self)
{
  return self->is_owner;
}

static void
stepcast_viewer_dispose (GObject *object)
{
  StepcastViewer *self = STEPCAST_VIEWER (object);

  self->has_ended = TRUE;
  stepcast_gsource_clear (&self->grace_timer);
  detach (self);
  if (self->channel != NULL)
    drop_channel (self);

  G_OBJECT_CLASS (stepcast_viewer_parent_class)->dispose (object);
}

static void
stepcast_viewer_finalize (GObject *object)
{
  StepcastViewer *self = STEPCAST_VIEWER (object);

  stepcast_request_handler_unref (self->requests);
  stepcast_frame_flow_unref (self->flow);
  stepcast_voice_unref (self->voice);
  stepcast_actor_unref (self->actor);
  g_free (self->token);

  G_OBJECT_CLASS (stepcast_viewer_parent_class)->finalize (object);
}

static void
stepcast_viewer_class_init (StepcastViewerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_viewer_dispose;
  object_class->finalize = stepcast_viewer_finalize;

  /**
   * StepcastViewer::ended:
   *
   * It has left its session for good.
   */
  signals[ENDED] = g_signal_new ("ended", STEPCAST_TYPE_VIEWER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
stepcast_viewer_init (StepcastViewer *self)
{
  self->began_us = g_get_monotonic_time ();
}

/**
 * stepcast_viewer_new:
 * @channel: its connection
 * @dialect: how it speaks; static
 * @role: what it may do
 * @actor: who it is to others
 * @token: (nullable): with which it can come back; %NULL where it can't
 *
 * Returns: (transfer full): a new viewer without a session
 */
StepcastViewer *
stepcast_viewer_new (StepcastChannel *channel,
                     const StepcastDialect *dialect,
                     StepcastRole role,
                     StepcastActor *actor,
                     const char *token)
{
  StepcastViewer *self = g_object_new (STEPCAST_TYPE_VIEWER, NULL);

  self->dialect = dialect;
  self->role = role;
  self->actor = stepcast_actor_ref (actor);
  self->token = g_strdup (token);
  self->voice = stepcast_voice_new (dialect);
  self->flow = stepcast_frame_flow_new (dialect, token != NULL);
  self->requests = stepcast_request_handler_new (self->voice, self->flow, role, actor);
  take_channel (self, channel);

  return self;
}
