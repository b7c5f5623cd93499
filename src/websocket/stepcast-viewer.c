/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-viewer.h"

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-parameters.h"
#include "stepcast-meter.h"
#include "stepcast-unshown.h"

/* Somebody who looks at a session by WebSocket, and may steer it.
 *
 * Its requests become calls of the session, and what the session tells becomes messages, in the
 * words of its dialect. As a sink of frames it asks the session for as much as its outbox has room
 * for, and as much as it has shown of what it got, if it tells that: with delivery "every" a
 * window, with "latest" one frame that waits while one is being written. On /ws it owns its
 * session, which ends with it.
 *
 * It outlives its channel for the session's grace time, if its dialect has a way to come back: with
 * "every" it goes on to hold the session to its window meanwhile. When it is over it emits "ended",
 * once. Lives on the main context. */

/* Of "latest", one that is being shown and one on its way to a viewer that tells what it has
 * shown. */
#define MAX_UNSHOWN 2

/* What is kept of frames that were written, for one that tells nothing and may come back. */
#define MIN_KEPT_FRAMES 2

struct _StepcastViewer
{
  GObject parent_instance;

  StepcastChannel *channel; /* (nullable): NULL while it is away */
  StepcastOutbox *outbox;   /* (nullable): the channel's */
  const StepcastDialect *dialect;
  StepcastRole role;
  StepcastActor *actor;
  char *token; /* (nullable): with which it can come back */
  gboolean has_ended;
  GSource *grace_timer; /* (nullable): while it is away */

  StepcastSession *session;   /* (nullable) */
  StepcastAudience *audience; /* (nullable) */
  gboolean is_owner;
  StepcastSessionManager *manager; /* (nullable): only where the session ends with it */

  StepcastUploads *uploads; /* (nullable): files that parameters may name */

  StepcastDelivery delivery;
  guint max_fps;
  gsize max_bytes;          /* 0: no limit */
  gint64 last_frame_us;     /* when the last one was given to it */
  gsize last_frame_bytes;   /* 0 before the first */
  gsize window_bytes;       /* of delivery "every" */
  StepcastUnshown unshown;  /* of what may be asked for again, or is waited for */
  guint last_run;           /* of the last frame that it was given; 0 before the first */
  guint64 last_serial;      /* its serial */
  StepcastFrame *held_back; /* (nullable): the latest, until another is shown, or it is time */
  guint n_stops;            /* its requests to stop that are not answered yet */

  gint64 began_us;
  guint64 n_offered;     /* frames that were drawn while it was here */
  guint64 n_sent_before; /* by channels that it had */
  guint64 n_skipped;
  gboolean is_skipping; /* the last frame was too long for it */
  StepcastMeter sent_meter;
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

/* ---- saying ---- */

/* Says @text; it goes before waiting frames, or after what belongs before it. It may be the last
 * word: who reads no answers is closed. */
static void
say_bytes (StepcastViewer *self, GBytes *text, gboolean is_urgent)
{
  if (self->channel == NULL)
    return;

  stepcast_outbox_push_bytes (self->outbox, text, is_urgent);
  stepcast_channel_flush (self->channel);
  if (stepcast_outbox_get_answer_bytes (self->outbox) > STEPCAST_MAX_ANSWER_BYTES)
    stepcast_channel_interrupt (self->channel, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                                "More than 256 KiB of answers were not read");
}

/* Takes @text, which may be NULL. */
static void
say (StepcastViewer *self, char *text, gboolean is_urgent)
{
  g_autoptr (GBytes) bytes = NULL;

  if (text == NULL)
    return;

  bytes = g_bytes_new_take (text, strlen (text));
  say_bytes (self, bytes, is_urgent);
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

/* Returns: (nullable): where it takes compressed frames */
static StepcastFrameEncoder *
get_encoder (StepcastViewer *self)
{
  return self->channel != NULL ? stepcast_channel_get_encoder (self->channel) : NULL;
}

static gboolean
is_every (StepcastViewer *self)
{
  return self->delivery == STEPCAST_DELIVERY_EVERY;
}

/* Whether it may ask for frames again, or tells what it has shown. */
static gboolean
keeps_unshown (StepcastViewer *self)
{
  return self->unshown.is_acking || (self->token != NULL && is_every (self));
}

static guint
get_n_held (StepcastViewer *self)
{
  if (self->unshown.is_acking || self->channel == NULL)
    return stepcast_unshown_get_length (&self->unshown);
  return stepcast_outbox_get_n_frames (self->outbox);
}

/* As many frames of the last one's size as there is room for, but always for two: one that is being
 * written, and one that waits. It opens again only when half of it is free, so that a slice makes
 * many small frames at once. */
static guint
get_room (StepcastViewer *self)
{
  guint n_held = get_n_held (self);
  guint room;

  if (self->last_frame_bytes == 0)
    return n_held == 0 ? 1 : 0;

  room = (guint) MAX (self->window_bytes / self->last_frame_bytes, 2);
  if (self->unshown.is_acking) /* it may wait for a whole window before it says so */
    return n_held < room ? room - n_held : 0;
  return n_held > room / 2 ? 0 : room - n_held;
}

/* The window of a reader that takes all at once grows, and that of one that does not shrinks: a
 * slice's way home costs as much as sending 100 KB, and should be worth it. What is sent is not
 * shown: with one that tells, the window stays. */
static void
adapt_window (StepcastViewer *self)
{
  if (self->unshown.is_acking || self->channel == NULL)
    self->window_bytes = STEPCAST_WINDOW_BYTES;
  else if (stepcast_outbox_is_empty (self->outbox))
    self->window_bytes = MIN (2 * self->window_bytes, STEPCAST_MAX_WINDOW_BYTES);
  else
    self->window_bytes = MAX (self->window_bytes / 2, STEPCAST_WINDOW_BYTES);
}

/* Of the latest: whether it has shown enough of what it was given. */
static gboolean
has_shown_enough (StepcastViewer *self)
{
  return !self->unshown.is_acking || stepcast_unshown_get_length (&self->unshown) < MAX_UNSHOWN;
}

static gint64
get_due_us (StepcastViewer *self)
{
  return self->last_frame_us + G_USEC_PER_SEC / self->max_fps;
}

static void
stepcast_viewer_get_demand (StepcastFrameSink *sink, StepcastDemand *demand)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);

  if (is_every (self))
    {
      demand->is_every = TRUE;
      demand->frames = get_room (self);
      demand->bytes = self->window_bytes;
      demand->encoder = demand->frames > 0 ? get_encoder (self) : NULL;
    }
  else if (self->channel != NULL && has_shown_enough (self) &&
           stepcast_outbox_get_n_waiting_frames (self->outbox) == 0)
    {
      demand->due_us = get_due_us (self);
      demand->encoder = get_encoder (self);
    }
}

/* What has not begun to be written is taken back. */
static void
drop_frames (StepcastViewer *self)
{
  guint n_dropped;

  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  if (self->channel == NULL)
    {
      stepcast_unshown_clear (&self->unshown);
      return;
    }

  n_dropped = stepcast_outbox_drop_frames (self->outbox);
  if (keeps_unshown (self))
    stepcast_unshown_take_back (&self->unshown, n_dropped);
}

static void
push_frame (StepcastViewer *self, StepcastFrame *frame)
{
  char prefix[STEPCAST_PREFIX_BYTES];

  stepcast_outbox_push_frame (self->outbox, self->dialect->get_prefix (frame, prefix), frame);
}

static void
give_frame (StepcastViewer *self, StepcastFrame *frame)
{
  self->last_frame_us = g_get_monotonic_time ();
  self->last_run = stepcast_frame_get_run (frame);
  self->last_serial = stepcast_frame_get_serial (frame);
  if (keeps_unshown (self))
    stepcast_unshown_give (&self->unshown, frame, self->last_frame_us);
  if (self->channel != NULL)
    push_frame (self, frame);
}

/* Returns: whether it is too long for it */
static gboolean
skips (StepcastViewer *self, StepcastFrame *frame)
{
  gboolean was_skipping = self->is_skipping;

  self->is_skipping = self->max_bytes > 0 && stepcast_frame_get_size (frame) > self->max_bytes;
  if (self->is_skipping)
    self->n_skipped++;
  if (self->is_skipping && !was_skipping)
    say_in_order (self, self->dialect->skipped (frame));
  return self->is_skipping;
}

/* What others want may be drawn more often than this one asks for. What stands still is shown at
 * once: there may be no other after it. */
static gboolean
may_give_latest (StepcastViewer *self)
{
  return has_shown_enough (self) &&
         (stepcast_session_get_state (self->session) != STEPCAST_SESSION_STATE_RUNNING ||
          g_get_monotonic_time () >= get_due_us (self));
}

static void
give_latest (StepcastViewer *self, StepcastFrame *frame)
{
  if (skips (self, frame))
    return;

  drop_frames (self);
  if (may_give_latest (self))
    give_frame (self, frame);
  else
    self->held_back = stepcast_frame_ref (frame);
}

static void
give_held_back (StepcastViewer *self)
{
  g_autoptr (StepcastFrame) frame = NULL;

  if (self->held_back == NULL || self->channel == NULL || !may_give_latest (self))
    return;

  frame = g_steal_pointer (&self->held_back);
  give_frame (self, frame);
  stepcast_channel_flush (self->channel);
}

/* What is kept of a viewer that tells nothing: what is not written, and a little more. */
static void
forget_shown (StepcastViewer *self)
{
  guint n_waiting = self->channel != NULL ? stepcast_outbox_get_n_frames (self->outbox) : G_MAXUINT;

  if (!self->unshown.is_acking)
    stepcast_unshown_forget (&self->unshown, MAX (n_waiting, MIN_KEPT_FRAMES),
                             STEPCAST_WINDOW_BYTES);
}

static guint64
get_n_sent (StepcastViewer *self)
{
  return self->n_sent_before +
         (self->channel != NULL ? stepcast_outbox_get_n_sent_frames (self->outbox) : 0);
}

static void
stepcast_viewer_deliver (StepcastFrameSink *sink, StepcastFrame *const *frames, guint n_frames)
{
  StepcastViewer *self = STEPCAST_VIEWER (sink);

  self->n_offered += n_frames;
  if (!is_every (self))
    give_latest (self, frames[n_frames - 1]);
  for (guint i = 0; i < n_frames && is_every (self); i++)
    if (!skips (self, frames[i]))
      give_frame (self, frames[i]);

  self->last_frame_bytes = stepcast_frame_get_size (frames[n_frames - 1]);
  if (self->channel != NULL)
    stepcast_channel_flush (self->channel);
  forget_shown (self);
  adapt_window (self);
  stepcast_meter_update (&self->sent_meter, g_get_monotonic_time (), get_n_sent (self));
}

/* What it shows says more of its way than what its library answers. */
static gint64
get_round_trip_us (StepcastViewer *self)
{
  if (self->unshown.round_trip_us >= 0 || self->channel == NULL)
    return self->unshown.round_trip_us;
  return stepcast_channel_get_round_trip_us (self->channel);
}

static void
get_numbers (StepcastViewer *self, StepcastViewerNumbers *numbers)
{
  gboolean is_here = self->channel != NULL;
  guint64 n_sent = get_n_sent (self);
  guint n_waiting = is_here ? stepcast_outbox_get_n_waiting_frames (self->outbox) :
                              stepcast_unshown_get_length (&self->unshown);

  *numbers = (StepcastViewerNumbers){
    .n_sent = n_sent,
    .n_missed = self->n_offered - MIN (self->n_offered, n_sent + n_waiting),
    .n_skipped = self->n_skipped,
    .backlog_bytes = is_here ? stepcast_outbox_get_backlog_bytes (self->outbox) : 0,
    .n_unshown = self->unshown.is_acking ? (int) stepcast_unshown_get_length (&self->unshown) : -1,
    .sent_per_second = stepcast_meter_get (&self->sent_meter, g_get_monotonic_time (), n_sent),
    .round_trip_us = get_round_trip_us (self),
  };
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
  g_variant_dict_insert (description, "sent", "t", numbers.n_sent);
  g_variant_dict_insert (description, "missed", "t", numbers.n_missed);
  g_variant_dict_insert (description, "backlog-bytes", "t", (guint64) numbers.backlog_bytes);
  g_variant_dict_insert (description, "frames-per-second", "d", numbers.sent_per_second);
  if (numbers.n_unshown >= 0)
    g_variant_dict_insert (description, "unshown", "u", (guint) numbers.n_unshown);
  if (numbers.round_trip_us >= 0)
    g_variant_dict_insert (description, "round-trip-seconds", "d",
                           (double) numbers.round_trip_us / G_USEC_PER_SEC);
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

/* What waits of a run that is stopped is not shown. And nobody waits for another run until all of
 * the one before has been: a client may have thrown it away. */
static void
follow_state (StepcastViewer *self)
{
  guint run = stepcast_session_get_run_number (self->session);

  if (stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_STOPPING)
    drop_frames (self);
  if (run > 1 && self->channel != NULL)
    stepcast_unshown_rewind (&self->unshown, run - 1, G_MAXUINT64);
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
      (news == STEPCAST_NEWS_STOPPED && self->n_stops > 0)) /* it will be answered */
    return;

  say_bytes (self, text, news == STEPCAST_NEWS_PARAMETERS || news == STEPCAST_NEWS_RATE);
}

static void
stepcast_viewer_tell_numbers (StepcastListener *listener)
{
  StepcastViewer *self = STEPCAST_VIEWER (listener);
  StepcastViewerNumbers numbers;

  if (self->session == NULL || self->channel == NULL || self->dialect->subprotocol == NULL)
    return;

  get_numbers (self, &numbers);
  say_in_order (self, self->dialect->numbers (self->session, &numbers));
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
    .delivery = self->delivery,
    .max_fps = self->max_fps,
    .max_bytes = self->max_bytes,
    .is_compressed = get_encoder (self) != NULL,
  };

  say_in_order (self, self->dialect->greeting (self->session, &greeting));
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

/* Returns: (transfer full) (nullable): what @request sets, with the files that it names */
static GVariant *
read_values (StepcastViewer *self, const StepcastRequest *request, GError **error)
{
  StepcastSource *source = stepcast_session_get_source (self->session);
  g_autoptr (GVariant) resolved =
    self->uploads != NULL ? stepcast_uploads_resolve (self->uploads, request->values, error) :
                            g_variant_ref (request->values);

  if (resolved == NULL)
    return NULL;
  return stepcast_parameters_check (stepcast_source_get_generator_type (source), resolved, error);
}

/* Takes @request. Where it is refused, what was uploaded can be used by the next. */
static void
set (StepcastViewer *self, StepcastRequest *request)
{
  g_autoptr (Pending) pending = pending_new (self, request);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) values = read_values (self, request, &error);

  if (values == NULL)
    {
      say_error (self, request, NULL, error);
      return;
    }

  if (self->uploads != NULL)
    stepcast_uploads_release (self->uploads, request->values);
  stepcast_session_set_parameters_async (self->session, values, NULL, on_set,
                                         g_steal_pointer (&pending));
}

static void
stop (StepcastViewer *self, StepcastRequest *request)
{
  self->n_stops++;
  drop_frames (self);
  stepcast_session_stop_async (self->session, NULL, on_stopped, pending_new (self, request));
}

/* What is on its way stays so; what one delivery keeps is not what the other does. */
static void
set_delivery (StepcastViewer *self, StepcastDelivery delivery)
{
  if (delivery == self->delivery)
    return;

  if (is_every (self))
    drop_frames (self);
  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  self->delivery = delivery;
  if (!keeps_unshown (self))
    stepcast_unshown_clear (&self->unshown);
}

/* Its client has shown a frame. */
static void
acknowledge (StepcastViewer *self, const StepcastRequest *request)
{
  guint run = request->run > 0 ? request->run : stepcast_session_get_run_number (self->session);

  stepcast_unshown_acknowledge (&self->unshown, run, request->serial, g_get_monotonic_time ());
  give_held_back (self);
  stepcast_session_proceed (self->session);
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
    set_delivery (self, request->delivery);
  if (request->max_fps > 0)
    self->max_fps = request->max_fps;
  if (request->has_max_bytes)
    self->max_bytes = request->max_bytes;
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
    case STEPCAST_REQUEST_RATE:
      return stepcast_session_set_rate (self->session, request->rate, error);
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

  if (request->type != STEPCAST_REQUEST_OPTIONS && request->type != STEPCAST_REQUEST_ACK)
    stepcast_session_act_for (self->session, self->actor);
  switch (request->type)
    {
    case STEPCAST_REQUEST_STOP:
      stop (self, g_steal_pointer (&request));
      break;
    case STEPCAST_REQUEST_SET:
      set (self, g_steal_pointer (&request));
      break;
    case STEPCAST_REQUEST_ACK:
      acknowledge (self, request);
      break;
    case STEPCAST_REQUEST_START:
    case STEPCAST_REQUEST_PAUSE:
    case STEPCAST_REQUEST_RESUME:
    case STEPCAST_REQUEST_STEP:
    case STEPCAST_REQUEST_RATE:
    case STEPCAST_REQUEST_OPTIONS:
    default:
      was_paused = stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_PAUSED;
      if (!do_at_once (self, request, &error))
        say_error (self, request, NULL, error);
      else if (self->session != NULL) /* it has not been told too much */
        say_now (self, self->dialect->accepted (request, self->session, was_paused));
      break;
    }
}

static void
on_message (const char *text, gsize length, gpointer user_data)
{
  StepcastViewer *self = user_data;
  g_autoptr (StepcastViewer) alive G_GNUC_UNUSED = g_object_ref (self);
  g_autoptr (StepcastRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  if (self->session == NULL)
    return;

  if (memchr (text, '\0', length) != NULL)
    g_set_error_literal (&error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                         "A request has no NUL in it");
  else
    request = self->dialect->parse (text,
                                    stepcast_source_get_generator_type (
                                      stepcast_session_get_source (self->session)),
                                    &id, &error);

  if (request != NULL)
    dispatch (self, g_steal_pointer (&request));
  else
    say_error (self, NULL, id, error);
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
  if (!self->unshown.is_acking)
    stepcast_unshown_forget (&self->unshown, MIN_KEPT_FRAMES, STEPCAST_WINDOW_BYTES);
}

static void
drop_channel (StepcastViewer *self)
{
  g_autoptr (StepcastChannel) channel = g_steal_pointer (&self->channel);

  g_clear_pointer (&self->held_back, stepcast_frame_unref);
  self->n_sent_before += stepcast_outbox_get_n_sent_frames (self->outbox);
  self->outbox = NULL;
  stepcast_channel_listen (channel, NULL, NULL);
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
  if (demand.frames > 0 || demand.due_us != STEPCAST_NEVER)
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
  self->outbox = stepcast_channel_get_outbox (channel);
  stepcast_channel_listen (channel, &channel_events, self);
}

/**
 * stepcast_viewer_set_uploads:
 * @self: a viewer
 * @uploads: files that its parameters may name
 */
void
stepcast_viewer_set_uploads (StepcastViewer *self, StepcastUploads *uploads)
{
  g_set_object (&self->uploads, uploads);
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
  self->delivery =
    self->role == STEPCAST_ROLE_CONTROL ? STEPCAST_DELIVERY_EVERY : STEPCAST_DELIVERY_LATEST;
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
  if (self->channel != NULL)
    stepcast_channel_turn_away (self->channel);
}

/* Gives again what it has not shown. */
static void
give_again (StepcastViewer *self)
{
  g_autoptr (GPtrArray) frames = stepcast_unshown_list (&self->unshown);

  for (guint i = 0; i < frames->len; i++)
    push_frame (self, frames->pdata[i]);
  stepcast_channel_flush (self->channel);
}

/* Of the frames that were drawn for others while nobody kept them for it: how many. Of runs in
 * between nobody knows. */
static guint64
count_passed_over (StepcastViewer *self)
{
  StepcastFrame *latest = stepcast_session_get_latest_frame (self->session);
  guint64 serial = latest != NULL ? stepcast_frame_get_serial (latest) : 0;

  if (latest == NULL || self->is_owner)
    return 0;
  if (stepcast_frame_get_run (latest) != self->last_run)
    return serial;
  return serial - MIN (serial, self->last_serial);
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

  if (is_every (self))
    {
      n_missed = stepcast_unshown_rewind (&self->unshown, after_run, after_serial);
      n_missed += was_away ? count_passed_over (self) : 0;
    }
  else
    {
      n_missed = 0;
      stepcast_unshown_clear (&self->unshown);
    }
  greet (self, TRUE, n_missed);
  if (self->channel == NULL) /* it has left already */
    return;

  if (is_every (self))
    give_again (self);
  if (!is_every (self) && !was_away) /* so that it gets the latest */
    stepcast_session_remove_sink (self->session, STEPCAST_FRAME_SINK (self));
  if (is_every (self) && (self->is_owner || !was_away))
    stepcast_session_proceed (self->session);
  else
    stepcast_session_add_sink (self->session, STEPCAST_FRAME_SINK (self));
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

  stepcast_unshown_clear (&self->unshown);
  stepcast_actor_unref (self->actor);
  g_clear_object (&self->uploads);
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
  self->delivery = STEPCAST_DELIVERY_LATEST;
  self->max_fps = STEPCAST_DEFAULT_FPS;
  self->window_bytes = STEPCAST_WINDOW_BYTES;
  self->began_us = g_get_monotonic_time ();
  stepcast_meter_begin (&self->sent_meter, self->began_us, 0);
  stepcast_unshown_init (&self->unshown);
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
  take_channel (self, channel);

  return self;
}
