/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-object.h"

#include <math.h>

#include <gio/gunixfdlist.h>

#include "stepcast-dbus-error.h"
#include "stepcast-error.h"
#include "stepcast-generator.h"
#include "stepcast-gsource.h"
#include "stepcast-memfd.h"
#include "stepcast-option.h"
#include "stepcast-parameters.h"

/* org.stepcast.Stepcast1.Session on the bus: hands requests on to its session, and tells what
 * changes there: a state at once, with all that has changed with it, and counters a few times a
 * second. Lives on the main context. */

/* Who wants to see every step looks at the frames. */
#define COUNTERS_INTERVAL_MS 250

/* Intervals without a step, 2 s in all, after which what was faster stands still, though it runs: a
 * program that is silent, or one that nobody takes frames from. */
#define N_SILENT_INTERVALS 8
#define LEAST_SPEED (1000.0 / (N_SILENT_INTERVALS * COUNTERS_INTERVAL_MS))

struct _StepcastSessionObject
{
  StepcastDBusSessionSkeleton parent_instance;

  StepcastSessionManager *manager;
  StepcastSession *session;
  StepcastRasterizer *rasterizer;
  StepcastCallers *callers;

  GDBusInterfaceVTable vtable;
  GSource *counters_timer; /* (nullable): since counters were told */
  gboolean has_progressed; /* since then */
  guint n_silent;          /* intervals since it did */
};

static void stepcast_session_object_iface_init (StepcastDBusSessionIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastSessionObject,
                               stepcast_session_object,
                               STEPCAST_DBUS_TYPE_SESSION_SKELETON,
                               G_IMPLEMENT_INTERFACE (STEPCAST_DBUS_TYPE_SESSION,
                                                      stepcast_session_object_iface_init))

/* ---- what it tells ---- */

static GVariant *
make_metrics (StepcastSession *session)
{
  StepcastSource *source = stepcast_session_get_source (session);
  g_autoptr (GTypeClass) type_class =
    g_type_class_ref (stepcast_source_get_generator_type (source));
  StepcastGeneratorClass *klass = STEPCAST_GENERATOR_CLASS (type_class);
  const StepcastProgress *progress = stepcast_session_get_progress (session);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sd}"));
  for (guint i = 0; i < progress->n_metrics && i < klass->n_metrics; i++)
    g_variant_builder_add (&builder, "{sd}", klass->metrics[i].name, progress->metrics[i]);
  return g_variant_builder_end (&builder);
}

/* What a person tells apart: else a steady speed would be news four times a second. */
static double
round_speed (double speed)
{
  double unit = speed > 0 ? pow (10, floor (log10 (speed)) - 2) : 1;

  return round (speed / unit) * unit;
}

static void
tell_counters (StepcastSessionObject *self)
{
  StepcastDBusSession *interface = STEPCAST_DBUS_SESSION (self);
  const StepcastProgress *progress = stepcast_session_get_progress (self->session);

  self->has_progressed = FALSE;
  stepcast_dbus_session_set_run (interface, stepcast_session_get_run_number (self->session));
  stepcast_dbus_session_set_step (interface, progress->step);
  stepcast_dbus_session_set_progress (interface, progress->fraction);
  stepcast_dbus_session_set_metrics (interface, make_metrics (self->session));
  stepcast_dbus_session_set_frames_drawn (interface, stepcast_session_get_n_drawn (self->session));
  stepcast_dbus_session_set_frames_validated (interface,
                                              stepcast_session_get_n_validated (self->session));
  stepcast_dbus_session_set_steps_per_second (
    interface, round_speed (stepcast_session_get_steps_per_second (self->session)));
  stepcast_dbus_session_set_frames_per_second (
    interface, round_speed (stepcast_session_get_frames_per_second (self->session)));
}

/* The session's meters do not look at the clock by themselves. */
static void
tell_standstill (StepcastSessionObject *self)
{
  StepcastDBusSession *interface = STEPCAST_DBUS_SESSION (self);

  if (stepcast_dbus_session_get_steps_per_second (interface) > LEAST_SPEED)
    stepcast_dbus_session_set_steps_per_second (interface, 0);
  if (stepcast_dbus_session_get_frames_per_second (interface) > LEAST_SPEED)
    stepcast_dbus_session_set_frames_per_second (interface, 0);
}

static gboolean
on_counters_timer (gpointer user_data)
{
  StepcastSessionObject *self = user_data;

  if (self->has_progressed)
    {
      tell_counters (self);
      self->n_silent = 0;
      return G_SOURCE_CONTINUE;
    }
  if (++self->n_silent < N_SILENT_INTERVALS)
    return G_SOURCE_CONTINUE;

  tell_standstill (self);

  g_clear_pointer (&self->counters_timer, g_source_unref);
  return G_SOURCE_REMOVE;
}

/* The first interval is a longer one, at random: sessions that were started together would else
 * tell all at once, for ever, and whoever calls then waits behind them. */
static void
start_counters_timer (StepcastSessionObject *self)
{
  int first_ms = g_random_int_range (COUNTERS_INTERVAL_MS, 2 * COUNTERS_INTERVAL_MS);

  self->n_silent = 0;
  self->counters_timer = g_timeout_source_new (COUNTERS_INTERVAL_MS);
  g_source_set_ready_time (self->counters_timer,
                           g_get_monotonic_time () + first_ms * G_TIME_SPAN_MILLISECOND);
  g_source_set_static_name (self->counters_timer, "[stepcast] session counters");
  g_source_set_callback (self->counters_timer, on_counters_timer, self, NULL);
  g_source_attach (self->counters_timer, g_main_context_get_thread_default ());
}

static void
on_progressed (StepcastSession *session, StepcastSessionObject *self)
{
  self->has_progressed = TRUE;
  if (self->counters_timer == NULL)
    start_counters_timer (self);
}

/* @actor: (nullable) */
static GVariant *
name_actor (StepcastActor *actor)
{
  return g_variant_new ("(ss)", actor != NULL ? stepcast_actor_get_kind_nick (actor) : "",
                        actor != NULL ? stepcast_actor_get_id (actor) : "");
}

static void
on_holder_changed (StepcastSession *session, StepcastSessionObject *self)
{
  stepcast_dbus_session_set_held_by (STEPCAST_DBUS_SESSION (self),
                                     name_actor (stepcast_session_get_holder (session)));
}

static void
tell_state (StepcastSessionObject *self)
{
  StepcastDBusSession *interface = STEPCAST_DBUS_SESSION (self);
  const GError *reason = stepcast_session_get_reason (self->session);

  stepcast_dbus_session_set_state (interface, stepcast_session_get_state_nick (self->session));
  stepcast_dbus_session_set_state_by (interface,
                                      name_actor (stepcast_session_get_actor (self->session)));
  if (stepcast_session_get_state (self->session) == STEPCAST_SESSION_STATE_STOPPING)
    return; /* nothing else has changed, and the standstill is near */

  on_holder_changed (self->session, self);
  stepcast_dbus_session_set_reason (
    interface, g_variant_new ("(ss)", reason != NULL ? stepcast_error_nick (reason) : "",
                              reason != NULL ? reason->message : ""));
  stepcast_dbus_session_set_exit_status (interface,
                                         stepcast_session_get_exit_status (self->session));
  tell_counters (self);
}

static void
on_state_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionObject *self)
{
  /* It tells the counters, too: the next time is an interval from now. */
  stepcast_gsource_clear (&self->counters_timer);
  tell_state (self);
  /* Before the answer to what has changed it: a proxy's state is up to date when a call returns. */
  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (self));
}

static void
on_parameters_changed (StepcastSession *session, StepcastSessionObject *self)
{
  g_autoptr (GVariant) values =
    stepcast_parameters_summarize (stepcast_session_get_parameters (session));

  stepcast_dbus_session_set_parameters (STEPCAST_DBUS_SESSION (self), values);
  stepcast_dbus_session_set_parameters_by (STEPCAST_DBUS_SESSION (self),
                                           name_actor (
                                             stepcast_session_get_parameters_actor (session)));
}

static void
on_rate_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionObject *self)
{
  stepcast_dbus_session_set_rate (STEPCAST_DBUS_SESSION (self),
                                  stepcast_session_get_rate (session));
}

static void
on_title_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionObject *self)
{
  stepcast_dbus_session_set_title (STEPCAST_DBUS_SESSION (self),
                                   stepcast_session_get_title (session));
}

static void
on_sinks_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionObject *self)
{
  stepcast_dbus_session_set_viewers (STEPCAST_DBUS_SESSION (self),
                                     stepcast_session_get_n_sinks (session));
}

static void
on_when_unwatched_changed (StepcastSession *session, GParamSpec *pspec, StepcastSessionObject *self)
{
  StepcastDBusSession *interface = STEPCAST_DBUS_SESSION (self);

  stepcast_dbus_session_set_when_unwatched (interface,
                                            stepcast_session_get_when_unwatched_nick (session));
  stepcast_dbus_session_set_grace_seconds (interface,
                                           stepcast_session_get_grace_ms (session) / 1000.0);
}

/* Sessions can be opened before the web reaches us: by whoever had the service started. */
static void
on_address_changed (StepcastLinks *links, GParamSpec *pspec, StepcastSessionObject *self)
{
  g_autofree char *address = stepcast_links_get_address (links);
  g_autofree char *frame_url =
    stepcast_links_get_frame_url (links, stepcast_session_get_name (self->session));

  stepcast_dbus_session_set_frame_url (STEPCAST_DBUS_SESSION (self),
                                       *address != '\0' ? frame_url : "");
}

static void
on_log (StepcastSession *session, const char *line, StepcastSessionObject *self)
{
  stepcast_dbus_session_emit_log (STEPCAST_DBUS_SESSION (self), "stderr", line);
}

/* ---- what it is asked for ---- */

/* Takes @invocation. */
static gboolean
answer (GDBusMethodInvocation *invocation, gboolean is_done, GError *error)
{
  g_autoptr (GError) owned = error;

  if (is_done)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    stepcast_dbus_error_return (invocation, owned);
  return TRUE;
}

/* The next request is made by @caller: a unique name, or %NULL. */
static void
act_for (StepcastSessionObject *self, const char *caller)
{
  g_autoptr (StepcastActor) actor = stepcast_callers_make_actor (self->callers, caller);

  stepcast_session_act_for (self->session, actor);
}

/* As the calls say who makes them. */
static StepcastSession *
get_session_for (StepcastSessionObject *self, GDBusMethodInvocation *invocation)
{
  act_for (self, g_dbus_method_invocation_get_sender (invocation));
  return self->session;
}

static gboolean
handle_start (StepcastDBusSession *object, GDBusMethodInvocation *invocation)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  GError *error = NULL;
  gboolean is_done = stepcast_session_start (get_session_for (self, invocation), &error);

  return answer (invocation, is_done, error);
}

static gboolean
handle_pause (StepcastDBusSession *object, GDBusMethodInvocation *invocation)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  GError *error = NULL;
  gboolean is_done = stepcast_session_pause (get_session_for (self, invocation), &error);

  return answer (invocation, is_done, error);
}

static gboolean
handle_resume (StepcastDBusSession *object, GDBusMethodInvocation *invocation)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  GError *error = NULL;
  gboolean is_done = stepcast_session_resume (get_session_for (self, invocation), &error);

  return answer (invocation, is_done, error);
}

static gboolean
handle_step (StepcastDBusSession *object, GDBusMethodInvocation *invocation, guint n_steps)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  GError *error = NULL;
  gboolean is_done = stepcast_session_step (get_session_for (self, invocation), n_steps, &error);

  return answer (invocation, is_done, error);
}

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  StepcastStopReport report;
  g_autoptr (GError) error = NULL;

  if (stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, &report, &error))
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(td)", report.step, report.seconds));
  else
    stepcast_dbus_error_return (invocation, error);
}

static gboolean
handle_stop (StepcastDBusSession *object, GDBusMethodInvocation *invocation, GVariant *given)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  GError *error = NULL;
  g_autoptr (GVariant) options = stepcast_options_check (given, NULL, 0, &error);

  if (options == NULL)
    return answer (invocation, FALSE, error);

  stepcast_session_stop_async (get_session_for (self, invocation), NULL, on_stopped, invocation);
  return TRUE;
}

static void
on_set (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  guint64 step;

  if (stepcast_session_set_parameters_finish (STEPCAST_SESSION (source_object), result, &step,
                                              &error))
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(t)", step));
  else
    stepcast_dbus_error_return (invocation, error);
}

static gboolean
handle_set_parameters (StepcastDBusSession *object,
                       GDBusMethodInvocation *invocation,
                       GVariant *values)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);

  stepcast_session_set_parameters_async (get_session_for (self, invocation), values, NULL, on_set,
                                         invocation);
  return TRUE;
}

static gboolean
handle_list_viewers (StepcastDBusSession *object, GDBusMethodInvocation *invocation)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  g_autoptr (GPtrArray) sinks = stepcast_session_list_sinks (self->session);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < sinks->len; i++)
    g_variant_builder_add_value (&builder, stepcast_frame_sink_describe (sinks->pdata[i]));
  stepcast_dbus_session_complete_list_viewers (object, invocation,
                                               g_variant_builder_end (&builder));
  return TRUE;
}

static void
on_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  /* Stopped or given up: either way it is closed. */
  stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, NULL, NULL);
  g_dbus_method_invocation_return_value (user_data, NULL);
}

static gboolean
handle_close (StepcastDBusSession *object, GDBusMethodInvocation *invocation)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  g_autoptr (StepcastSession) session = g_object_ref (self->session);

  act_for (self, g_dbus_method_invocation_get_sender (invocation));
  stepcast_session_manager_close (self->manager, session);
  stepcast_session_stop_async (session, NULL, on_closed, invocation);
  return TRUE;
}

/* ---- pictures ---- */

static const char *const formats[] = { "svg", "png", NULL };

static const StepcastOption frame_options[] = {
  { .key = "format", .type = "s", .choices = formats },
  { .key = "width", .type = "u", .minimum = 1, .maximum = STEPCAST_RASTERIZER_MAX_WIDTH },
};

typedef struct
{
  GDBusMethodInvocation *invocation; /* (nullable): until it is answered */
  StepcastRasterizer *rasterizer;    /* (nullable): draws its pixels */
  guint width;                       /* of the PNG; 0 is the picture's own */
  guint64 step;
} FrameCall;

static void
frame_call_free (FrameCall *call)
{
  g_assert (call->invocation == NULL);
  g_clear_object (&call->rasterizer);
  g_free (call);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FrameCall, frame_call_free)

static void
frame_call_fail (FrameCall *call, const GError *error)
{
  stepcast_dbus_error_return (g_steal_pointer (&call->invocation), error);
}

static void
on_written (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FrameCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  int fd = stepcast_memfd_write_finish (result, &error);

  if (fd < 0)
    {
      frame_call_fail (call, error);
      return;
    }

  fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_dbus_method_invocation_return_value_with_unix_fd_list (g_steal_pointer (&call->invocation),
                                                           g_variant_new ("(th)", call->step, 0),
                                                           fds);
}

static void
on_rendered (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FrameCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) png =
    stepcast_rasterizer_render_finish (STEPCAST_RASTERIZER (source_object), result, &error);

  if (png == NULL)
    frame_call_fail (call, error);
  else
    stepcast_memfd_write_async (png, NULL, on_written, g_steal_pointer (&call));
}

static void
on_drawn (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FrameCall) call = user_data;
  g_autoptr (StepcastFrame) frame = NULL;
  g_autoptr (GError) error = NULL;

  frame = stepcast_session_draw_finish (STEPCAST_SESSION (source_object), result, &error);
  if (frame == NULL)
    {
      frame_call_fail (call, error);
      return;
    }

  call->step = stepcast_frame_get_step (frame);
  if (call->rasterizer != NULL)
    stepcast_rasterizer_render_async (call->rasterizer, stepcast_frame_get_svg (frame), call->width,
                                      NULL, on_rendered, call);
  else
    stepcast_memfd_write_async (stepcast_frame_get_svg (frame), NULL, on_written, call);
  g_steal_pointer (&call);
}

static gboolean
handle_get_frame (StepcastDBusSession *object,
                  GDBusMethodInvocation *invocation,
                  GUnixFDList *fds,
                  GVariant *given)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);
  GError *error = NULL;
  g_autoptr (GVariant) options =
    stepcast_options_check (given, frame_options, G_N_ELEMENTS (frame_options), &error);
  const char *format = formats[0];
  FrameCall *call;

  if (options == NULL)
    return answer (invocation, FALSE, error);

  call = g_new0 (FrameCall, 1);
  call->invocation = invocation;
  g_variant_lookup (options, "width", "u", &call->width);
  g_variant_lookup (options, "format", "&s", &format);
  if (g_str_equal (format, "png"))
    call->rasterizer = g_object_ref (self->rasterizer);
  stepcast_session_draw_async (self->session, NULL, on_drawn, call);
  return TRUE;
}

static void
stepcast_session_object_iface_init (StepcastDBusSessionIface *iface)
{
  iface->handle_start = handle_start;
  iface->handle_stop = handle_stop;
  iface->handle_pause = handle_pause;
  iface->handle_resume = handle_resume;
  iface->handle_step = handle_step;
  iface->handle_set_parameters = handle_set_parameters;
  iface->handle_get_frame = handle_get_frame;
  iface->handle_list_viewers = handle_list_viewers;
  iface->handle_close = handle_close;
}

/* ---- the object ---- */

/* "Rate" and "Title" are the only properties that can be written; the generated setters take
 * whatever they get. */
static gboolean
set_property (GDBusConnection *connection,
              const char *sender,
              const char *object_path,
              const char *interface_name,
              const char *property_name,
              GVariant *value,
              GError **error,
              gpointer user_data)
{
  StepcastSessionObject *self = user_data;

  act_for (self, sender);
  if (g_str_equal (property_name, "Title"))
    return stepcast_session_set_title (self->session, g_variant_get_string (value, NULL), error);
  return stepcast_session_set_rate (self->session, g_variant_get_double (value), error);
}

static GDBusInterfaceVTable *
stepcast_session_object_get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (skeleton);

  if (self->vtable.method_call == NULL)
    {
      self->vtable = *G_DBUS_INTERFACE_SKELETON_CLASS (stepcast_session_object_parent_class)
                        ->get_vtable (skeleton);
      self->vtable.set_property = set_property;
    }
  return &self->vtable;
}

static void
stepcast_session_object_dispose (GObject *object)
{
  StepcastSessionObject *self = STEPCAST_SESSION_OBJECT (object);

  stepcast_gsource_clear (&self->counters_timer);
  g_clear_object (&self->callers);
  g_clear_object (&self->rasterizer);
  g_clear_object (&self->session);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (stepcast_session_object_parent_class)->dispose (object);
}

static void
stepcast_session_object_class_init (StepcastSessionObjectClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_session_object_dispose;
  G_DBUS_INTERFACE_SKELETON_CLASS (klass)->get_vtable = stepcast_session_object_get_vtable;
}

static void
stepcast_session_object_init (StepcastSessionObject *self)
{
}

static void
tell_constants (StepcastSessionObject *self)
{
  StepcastDBusSession *interface = STEPCAST_DBUS_SESSION (self);
  StepcastSource *source = stepcast_session_get_source (self->session);

  stepcast_dbus_session_set_name (interface, stepcast_session_get_name (self->session));
  stepcast_dbus_session_set_generator (interface, stepcast_source_get_name (source));
  stepcast_dbus_session_set_kind (interface, stepcast_source_get_kind (source));
}

/**
 * stepcast_session_object_new:
 * @manager: the sessions
 * @session: one of them
 * @rasterizer: draws pixels
 * @links: the addresses of the web
 * @callers: who calls
 *
 * Returns: (transfer full): the interface of @session, not yet exported
 */
StepcastSessionObject *
stepcast_session_object_new (StepcastSessionManager *manager,
                             StepcastSession *session,
                             StepcastRasterizer *rasterizer,
                             StepcastLinks *links,
                             StepcastCallers *callers)
{
  StepcastSessionObject *self = g_object_new (STEPCAST_TYPE_SESSION_OBJECT, NULL);

  self->manager = g_object_ref (manager);
  self->session = g_object_ref (session);
  self->rasterizer = g_object_ref (rasterizer);
  self->callers = g_object_ref (callers);

  tell_constants (self);
  tell_state (self);
  on_address_changed (links, NULL, self);
  on_parameters_changed (session, self);
  on_rate_changed (session, NULL, self);
  on_title_changed (session, NULL, self);
  on_sinks_changed (session, NULL, self);
  on_when_unwatched_changed (session, NULL, self);

  g_signal_connect_object (session, "notify::state", G_CALLBACK (on_state_changed), self, 0);
  g_signal_connect_object (session, "notify::rate", G_CALLBACK (on_rate_changed), self, 0);
  g_signal_connect_object (session, "notify::title", G_CALLBACK (on_title_changed), self, 0);
  g_signal_connect_object (session, "notify::n-sinks", G_CALLBACK (on_sinks_changed), self, 0);
  g_signal_connect_object (session, "notify::when-unwatched",
                           G_CALLBACK (on_when_unwatched_changed), self, 0);
  g_signal_connect_object (session, "progressed", G_CALLBACK (on_progressed), self, 0);
  g_signal_connect_object (session, "parameters-changed", G_CALLBACK (on_parameters_changed), self,
                           0);
  g_signal_connect_object (session, "holder-changed", G_CALLBACK (on_holder_changed), self, 0);
  g_signal_connect_object (session, "log", G_CALLBACK (on_log), self, 0);
  g_signal_connect_object (links, "notify::address", G_CALLBACK (on_address_changed), self, 0);
  return self;
}
