/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-audience.h"

#include "stepcast-gsource.h"

/* All who look at one session by WebSocket, and what they are all told.
 *
 * A thousand viewers that each listened to the session would each put the same words together, and
 * each have a timer for its progress. So one listens for all: words are made once for each
 * dialect, and shared. Lives on the main context. */

/* State, parameters and numbers are told this often at the most; the last ones always are. */
#define TICK_MS 250

/* Each viewer has its own numbers: a quarter of them is told theirs at each tick. */
#define TICKS_PER_ROUND 4

struct _StepcastAudience
{
  GObject parent_instance;

  StepcastSession *session;
  StepcastSessionState state; /* that was told last */
  GPtrArray *listeners;       /* of StepcastListener, not owned */

  GSource *ticker;         /* (nullable): while the session steps, and a round longer */
  gboolean has_progressed; /* since it was told */
  guint n_ticks;
  guint n_idle_ticks;
};

G_DEFINE_FINAL_TYPE (StepcastAudience, stepcast_audience, G_TYPE_OBJECT)

G_DEFINE_INTERFACE (StepcastListener, stepcast_listener, G_TYPE_OBJECT)

static void
stepcast_listener_default_init (StepcastListenerInterface *iface)
{
}

/* ---- telling ---- */

/* Puts news into words. Returns: (transfer full) (nullable) */
typedef char *(*Compose) (const StepcastDialect *dialect, gconstpointer data);

typedef struct
{
  const StepcastDialect *dialect; /* NULL: not asked for yet */
  GBytes *text;                   /* (nullable) */
} Words;

static GBytes *
find_words (Words *words, const StepcastDialect *dialect, Compose compose, gconstpointer data)
{
  while (words->dialect != NULL && words->dialect != dialect)
    words++;

  if (words->dialect == NULL)
    {
      char *text = compose (dialect, data);

      words->dialect = dialect;
      words->text = text != NULL ? g_bytes_new_take (text, strlen (text)) : NULL;
    }
  return words->text;
}

static gpointer
ref_object (gconstpointer object, gpointer user_data)
{
  return g_object_ref ((gpointer) object);
}

/* (element-type StepcastListener): a copy, since who is told may leave, and make others leave. */
static GPtrArray *
list_listeners (StepcastAudience *self)
{
  GPtrArray *listeners = g_ptr_array_copy (self->listeners, ref_object, NULL);

  g_ptr_array_set_free_func (listeners, g_object_unref);
  return listeners;
}

static void
tell_all (StepcastAudience *self, StepcastNews news, Compose compose, gconstpointer data)
{
  Words words[STEPCAST_N_DIALECTS] = { { NULL, NULL } };
  g_autoptr (GPtrArray) listeners = list_listeners (self);

  for (guint i = 0; i < listeners->len; i++)
    {
      StepcastListener *listener = listeners->pdata[i];
      StepcastListenerInterface *iface = STEPCAST_LISTENER_GET_IFACE (listener);

      iface->tell (listener, news,
                   find_words (words, iface->get_dialect (listener), compose, data));
    }
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    g_clear_pointer (&words[i].text, g_bytes_unref);
}

static char *
compose_state (const StepcastDialect *dialect, gconstpointer session)
{
  return dialect->state ((StepcastSession *) session);
}

static char *
compose_holder (const StepcastDialect *dialect, gconstpointer session)
{
  return dialect->holder ((StepcastSession *) session);
}

static char *
compose_stopped (const StepcastDialect *dialect, gconstpointer report)
{
  return dialect->stopped (NULL, report);
}

static char *
compose_parameters (const StepcastDialect *dialect, gconstpointer session)
{
  return dialect->parameters ((StepcastSession *) session);
}

static char *
compose_rate (const StepcastDialect *dialect, gconstpointer session)
{
  return dialect->rate ((StepcastSession *) session);
}

static char *
compose_title (const StepcastDialect *dialect, gconstpointer session)
{
  return dialect->title ((StepcastSession *) session);
}

static char *
compose_progress (const StepcastDialect *dialect, gconstpointer session)
{
  return dialect->progress ((StepcastSession *) session);
}

static char *
compose_log (const StepcastDialect *dialect, gconstpointer line)
{
  return dialect->log (line);
}

/* ---- what the session tells ---- */

static void
on_holder_changed (StepcastSession *session, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  tell_all (self, STEPCAST_NEWS_HOLDER, compose_holder, session);
}

static void
on_state_changed (StepcastSession *session, GParamSpec *pspec, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);
  StepcastSessionState state = stepcast_session_get_state (session);
  StepcastStopReport report = *stepcast_session_get_last_stop (session);

  if (state == self->state) /* it is somebody else's now */
    {
      on_holder_changed (session, self);
      return;
    }

  self->state = state;
  tell_all (self, STEPCAST_NEWS_STATE, compose_state, session);
  if (state == STEPCAST_SESSION_STATE_STOPPED)
    tell_all (self, STEPCAST_NEWS_STOPPED, compose_stopped, &report);
}

static void
on_parameters_changed (StepcastSession *session, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  tell_all (self, STEPCAST_NEWS_PARAMETERS, compose_parameters, session);
}

static void
on_rate_changed (StepcastSession *session, GParamSpec *pspec, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  tell_all (self, STEPCAST_NEWS_RATE, compose_rate, session);
}

static void
on_title_changed (StepcastSession *session, GParamSpec *pspec, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  tell_all (self, STEPCAST_NEWS_TITLE, compose_title, session);
}

static void
on_log (StepcastSession *session, const char *line, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  tell_all (self, STEPCAST_NEWS_LOG, compose_log, line);
}

/* ---- the ticker ---- */

static void
tell_progress (StepcastAudience *self)
{
  self->has_progressed = FALSE;
  tell_all (self, STEPCAST_NEWS_PROGRESS, compose_progress, self->session);
}

static void
tell_numbers (StepcastAudience *self)
{
  g_autoptr (GPtrArray) listeners = list_listeners (self);

  for (guint i = self->n_ticks % TICKS_PER_ROUND; i < listeners->len; i += TICKS_PER_ROUND)
    {
      StepcastListener *listener = listeners->pdata[i];

      STEPCAST_LISTENER_GET_IFACE (listener)->tell_numbers (listener);
    }
}

static gboolean
on_tick (gpointer user_data)
{
  StepcastAudience *self = user_data;
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  self->n_ticks++;
  self->n_idle_ticks = self->has_progressed ? 0 : self->n_idle_ticks + 1;
  if (self->has_progressed)
    tell_progress (self);
  tell_numbers (self);

  if (self->n_idle_ticks >= TICKS_PER_ROUND)
    stepcast_gsource_clear (&self->ticker);
  return G_SOURCE_CONTINUE; /* destroyed by then, if there is nothing to tell */
}

static void
on_progressed (StepcastSession *session, StepcastAudience *self)
{
  g_autoptr (StepcastAudience) alive G_GNUC_UNUSED = g_object_ref (self);

  self->has_progressed = TRUE;
  if (self->ticker != NULL || self->listeners->len == 0)
    return;

  self->n_idle_ticks = 0;
  self->ticker = g_timeout_source_new (TICK_MS);
  g_source_set_static_name (self->ticker, "[stepcast] audience");
  g_source_set_callback (self->ticker, on_tick, self, NULL);
  g_source_attach (self->ticker, g_main_context_get_thread_default ());
  tell_progress (self);
}

/* ---- the object ---- */

static void
stepcast_audience_dispose (GObject *object)
{
  StepcastAudience *self = STEPCAST_AUDIENCE (object);

  stepcast_gsource_clear (&self->ticker);
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (stepcast_audience_parent_class)->dispose (object);
}

static void
stepcast_audience_finalize (GObject *object)
{
  StepcastAudience *self = STEPCAST_AUDIENCE (object);

  g_assert (self->listeners->len == 0);
  g_ptr_array_unref (self->listeners);

  G_OBJECT_CLASS (stepcast_audience_parent_class)->finalize (object);
}

static void
stepcast_audience_class_init (StepcastAudienceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_audience_dispose;
  object_class->finalize = stepcast_audience_finalize;
}

static void
stepcast_audience_init (StepcastAudience *self)
{
  self->listeners = g_ptr_array_new ();
}

/**
 * stepcast_audience_new:
 * @session: what they look at
 *
 * Returns: (transfer full): an audience of nobody yet
 */
StepcastAudience *
stepcast_audience_new (StepcastSession *session)
{
  StepcastAudience *self = g_object_new (STEPCAST_TYPE_AUDIENCE, NULL);

  self->session = g_object_ref (session);
  self->state = stepcast_session_get_state (session);
  g_signal_connect (session, "notify::state", G_CALLBACK (on_state_changed), self);
  g_signal_connect (session, "notify::rate", G_CALLBACK (on_rate_changed), self);
  g_signal_connect (session, "notify::title", G_CALLBACK (on_title_changed), self);
  g_signal_connect (session, "holder-changed", G_CALLBACK (on_holder_changed), self);
  g_signal_connect (session, "parameters-changed", G_CALLBACK (on_parameters_changed), self);
  g_signal_connect (session, "progressed", G_CALLBACK (on_progressed), self);
  g_signal_connect (session, "log", G_CALLBACK (on_log), self);

  return self;
}

/**
 * stepcast_audience_get_session:
 * @self: an audience
 *
 * Returns: (transfer none): what it looks at
 */
StepcastSession *
stepcast_audience_get_session (StepcastAudience *self)
{
  return self->session;
}

/**
 * stepcast_audience_add:
 * @self: an audience
 * @listener: one more, which is not kept: it has to be removed before it goes
 */
void
stepcast_audience_add (StepcastAudience *self, StepcastListener *listener)
{
  g_ptr_array_add (self->listeners, listener);
}

/**
 * stepcast_audience_remove:
 * @self: an audience
 * @listener: one of it
 */
void
stepcast_audience_remove (StepcastAudience *self, StepcastListener *listener)
{
  g_ptr_array_remove_fast (self->listeners, listener);
}
