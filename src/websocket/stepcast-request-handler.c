/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-request-handler.h"

#include <string.h>

#include "stepcast-error.h"
#include "stepcast-parameters.h"

struct _StepcastRequestHandler
{
  StepcastVoice *voice;
  const StepcastDialect *dialect; /* the voice's */
  StepcastFrameFlow *flow;
  StepcastRole role;
  StepcastActor *actor;
  StepcastUploads *uploads; /* (nullable): files that parameters may name */
  guint n_stops;            /* requests to stop that are not answered yet */
};

/**
 * stepcast_request_handler_new:
 * @voice: answers
 * @flow: what options and acknowledgements are for
 * @role: what its viewer may do
 * @actor: who that is to others
 *
 * Returns: (transfer full): a new handler
 */
StepcastRequestHandler *
stepcast_request_handler_new (StepcastVoice *voice,
                              StepcastFrameFlow *flow,
                              StepcastRole role,
                              StepcastActor *actor)
{
  StepcastRequestHandler *self = g_rc_box_new0 (StepcastRequestHandler);

  self->voice = stepcast_voice_ref (voice);
  self->dialect = stepcast_voice_get_dialect (voice);
  self->flow = stepcast_frame_flow_ref (flow);
  self->role = role;
  self->actor = stepcast_actor_ref (actor);

  return self;
}

StepcastRequestHandler *
stepcast_request_handler_ref (StepcastRequestHandler *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  StepcastRequestHandler *self = data;

  stepcast_voice_unref (self->voice);
  stepcast_frame_flow_unref (self->flow);
  stepcast_actor_unref (self->actor);
  g_clear_object (&self->uploads);
}

void
stepcast_request_handler_unref (StepcastRequestHandler *self)
{
  g_rc_box_release_full (self, clear);
}

/**
 * stepcast_request_handler_set_uploads:
 * @self: a handler
 * @uploads: (nullable): files that parameters may name
 */
void
stepcast_request_handler_set_uploads (StepcastRequestHandler *self, StepcastUploads *uploads)
{
  g_set_object (&self->uploads, uploads);
}

/**
 * stepcast_request_handler_is_stopping:
 * @self: a handler
 *
 * Returns: whether the news that the session has stopped will come as an answer
 */
gboolean
stepcast_request_handler_is_stopping (const StepcastRequestHandler *self)
{
  return self->n_stops > 0;
}

/* ---- requests that are answered later ---- */

typedef struct
{
  StepcastRequestHandler *handler;
  StepcastRequest *request;
} Pending;

/* @request: (transfer full) */
static Pending *
pending_new (StepcastRequestHandler *handler, StepcastRequest *request)
{
  Pending *pending = g_new (Pending, 1);

  pending->handler = stepcast_request_handler_ref (handler);
  pending->request = request;

  return pending;
}

static void
pending_free (Pending *pending)
{
  stepcast_request_free (pending->request);
  stepcast_request_handler_unref (pending->handler);
  g_free (pending);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pending, pending_free)

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  StepcastRequestHandler *self = pending->handler;
  StepcastSession *session = STEPCAST_SESSION (source_object);
  g_autoptr (GError) error = NULL;
  StepcastStopReport report;

  self->n_stops--;
  if (stepcast_session_stop_finish (session, result, &report, &error))
    stepcast_voice_say_in_order (self->voice, self->dialect->stopped (pending->request, &report));
  else
    stepcast_voice_say_error (self->voice, pending->request, NULL, error);
}

static void
on_set (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  StepcastRequestHandler *self = pending->handler;
  StepcastSession *session = STEPCAST_SESSION (source_object);
  g_autoptr (GError) error = NULL;
  guint64 step;

  if (stepcast_session_set_parameters_finish (session, result, &step, &error))
    stepcast_voice_say_now (self->voice, self->dialect->set (pending->request, session, step));
  else
    stepcast_voice_say_error (self->voice, pending->request, NULL, error);
}

/* @request: (transfer full) */
static void
stop (StepcastRequestHandler *self, StepcastSession *session, StepcastRequest *request)
{
  self->n_stops++;
  stepcast_frame_flow_drop (self->flow);
  stepcast_session_stop_async (session, NULL, on_stopped, pending_new (self, request));
}

/* Returns: (transfer full) (nullable): what @request sets, with the files that it names */
static GVariant *
read_values (StepcastRequestHandler *self,
             StepcastSession *session,
             const StepcastRequest *request,
             GError **error)
{
  StepcastSource *source = stepcast_session_get_source (session);
  g_autoptr (GVariant) resolved =
    self->uploads != NULL ? stepcast_uploads_resolve (self->uploads, request->values, error) :
                            g_variant_ref (request->values);

  if (resolved == NULL)
    return NULL;
  return stepcast_parameters_check (stepcast_source_get_generator_type (source), resolved, error);
}

/* @request: (transfer full). Where it is refused, what was uploaded can be used by the next. */
static void
set (StepcastRequestHandler *self, StepcastSession *session, StepcastRequest *request)
{
  g_autoptr (Pending) pending = pending_new (self, request);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) values = read_values (self, session, request, &error);

  if (values == NULL)
    {
      stepcast_voice_say_error (self->voice, request, NULL, error);
      return;
    }

  if (self->uploads != NULL)
    stepcast_uploads_release (self->uploads, request->values);
  stepcast_session_set_parameters_async (session, values, NULL, on_set, g_steal_pointer (&pending));
}

/* ---- requests that are done at once ---- */

/* Its client has shown a frame. */
static void
acknowledge (StepcastRequestHandler *self, StepcastSession *session, const StepcastRequest *request)
{
  guint run = request->run > 0 ? request->run : stepcast_session_get_run_number (session);
  gboolean is_running = stepcast_session_get_state (session) == STEPCAST_SESSION_STATE_RUNNING;

  stepcast_frame_flow_acknowledge (self->flow, run, request->serial);
  if (stepcast_frame_flow_give_held_back (self->flow, is_running))
    stepcast_voice_flush (self->voice);
  stepcast_session_proceed (session);
}

static gboolean
set_options (StepcastRequestHandler *self,
             StepcastSession *session,
             const StepcastRequest *request,
             GError **error)
{
  if (request->has_delivery && request->delivery == STEPCAST_DELIVERY_EVERY &&
      self->role != STEPCAST_ROLE_CONTROL)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                           "The role “view” can't hold a session: its delivery is “latest”");
      return FALSE;
    }

  if (request->has_delivery)
    stepcast_frame_flow_set_delivery (self->flow, request->delivery);
  if (request->max_fps > 0)
    stepcast_frame_flow_set_max_fps (self->flow, request->max_fps);
  if (request->has_max_bytes)
    stepcast_frame_flow_set_max_bytes (self->flow, request->max_bytes);
  stepcast_session_proceed (session);
  return TRUE;
}

/* Requests that are answered at once. */
static gboolean
do_at_once (StepcastRequestHandler *self,
            StepcastSession *session,
            const StepcastRequest *request,
            GError **error)
{
  switch (request->type)
    {
    case STEPCAST_REQUEST_START:
      return stepcast_session_start (session, error);
    case STEPCAST_REQUEST_PAUSE:
      return stepcast_session_pause (session, error);
    case STEPCAST_REQUEST_RESUME:
      return stepcast_session_resume (session, error);
    case STEPCAST_REQUEST_STEP:
      return stepcast_session_step (session, request->n_steps, error);
    case STEPCAST_REQUEST_RATE:
      return stepcast_session_set_rate (session, request->rate, error);
    case STEPCAST_REQUEST_TITLE:
      return stepcast_session_set_title (session, request->title, error);
    case STEPCAST_REQUEST_OPTIONS:
      return set_options (self, session, request, error);
    case STEPCAST_REQUEST_STOP:
    case STEPCAST_REQUEST_SET:
    case STEPCAST_REQUEST_ACK:
    default:
      g_return_val_if_reached (FALSE);
    }
}

static void
answer_at_once (StepcastRequestHandler *self,
                StepcastSession *session,
                const StepcastRequest *request)
{
  gboolean was_paused = stepcast_session_get_state (session) == STEPCAST_SESSION_STATE_PAUSED;
  g_autoptr (GError) error = NULL;

  if (do_at_once (self, session, request, &error))
    stepcast_voice_say_now (self->voice, self->dialect->accepted (request, session, was_paused));
  else
    stepcast_voice_say_error (self->voice, request, NULL, error);
}

/* ---- all of them ---- */

/* What concerns nobody but its viewer. */
static gboolean
is_private (const StepcastRequest *request)
{
  return request->type == STEPCAST_REQUEST_OPTIONS || request->type == STEPCAST_REQUEST_ACK;
}

static gboolean
is_allowed (StepcastRequestHandler *self, const StepcastRequest *request, GError **error)
{
  if (self->role == STEPCAST_ROLE_CONTROL || is_private (request))
    return TRUE;

  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                       "This link is for viewing only: ask for a control link");
  return FALSE;
}

/* @taken: (transfer full) */
static void
dispatch (StepcastRequestHandler *self, StepcastSession *session, StepcastRequest *taken)
{
  g_autoptr (StepcastRequest) request = taken;
  g_autoptr (GError) error = NULL;

  if (!is_allowed (self, request, &error))
    {
      stepcast_voice_say_error (self->voice, request, NULL, error);
      return;
    }

  if (!is_private (request))
    stepcast_session_act_for (session, self->actor);
  if (request->type == STEPCAST_REQUEST_STOP)
    stop (self, session, g_steal_pointer (&request));
  else if (request->type == STEPCAST_REQUEST_SET)
    set (self, session, g_steal_pointer (&request));
  else if (request->type == STEPCAST_REQUEST_ACK)
    acknowledge (self, session, request);
  else
    answer_at_once (self, session, request);
}

/**
 * stepcast_request_handler_handle:
 * @self: a handler
 * @session: what its viewer looks at
 * @text: a message of its client: UTF-8, with a NUL at its end
 * @length: without that
 *
 * Does what it asks for. What the session tells meanwhile may make the viewer leave it: who calls
 * holds the viewer.
 */
void
stepcast_request_handler_handle (StepcastRequestHandler *self,
                                 StepcastSession *session,
                                 const char *text,
                                 gsize length)
{
  g_autoptr (StepcastSession) alive = g_object_ref (session);
  GType generator_type = stepcast_source_get_generator_type (stepcast_session_get_source (alive));
  g_autoptr (StepcastRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  if (memchr (text, '\0', length) != NULL)
    g_set_error_literal (&error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                         "A request has no NUL in it");
  else
    request = self->dialect->parse (text, generator_type, &id, &error);

  if (request != NULL)
    dispatch (self, alive, g_steal_pointer (&request));
  else
    stepcast_voice_say_error (self->voice, NULL, id, error);
}
