/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-session-text.h"

#include <inttypes.h>

#include <glib/gi18n.h>

#include "stepcast-actor-text.h"

/* How a session is, in words and in JSON. What the bus tells is taken as it comes: a property that
 * is missing is none. */

#define BAR_COLUMNS 20

/* More would not be read. */
#define MAX_METRICS 4

/* The states as the bus names them, and as people do. */
static const struct
{
  const char *name;
  const char *label;
  StepcastColour colour;
} states[] = {
  /* TRANSLATORS: it has not been started yet; all states stand alone, or in “%s at step 12” */
  { "idle", N_ ("idle"), STEPCAST_COLOUR_NONE },
  { "running", N_ ("running"), STEPCAST_COLOUR_GOOD },
  { "paused", N_ ("paused"), STEPCAST_COLOUR_WAITING },
  { "stopping", N_ ("stopping"), STEPCAST_COLOUR_WAITING },
  { "stopped", N_ ("stopped"), STEPCAST_COLOUR_WAITING },
  { "finished", N_ ("finished"), STEPCAST_COLOUR_GOOD },
  { "failed", N_ ("failed"), STEPCAST_COLOUR_BAD },
};

/**
 * stepcast_session_text_has_state:
 * @session: a session
 * @state: the name of a state
 *
 * Returns: whether it is in that state
 */
gboolean
stepcast_session_text_has_state (StepcastDBusSession *session, const char *state)
{
  return g_strcmp0 (stepcast_dbus_session_get_state (session), state) == 0;
}

/**
 * stepcast_session_text_has_ended:
 * @session: a session
 *
 * Returns: whether it has been started, and its last run is over
 */
gboolean
stepcast_session_text_has_ended (StepcastDBusSession *session)
{
  return stepcast_session_text_has_state (session, "stopped") ||
         stepcast_session_text_has_state (session, "finished") ||
         stepcast_session_text_has_state (session, "failed");
}

/**
 * stepcast_session_text_get_colour:
 * @session: a session
 *
 * Returns: the colour of its state
 */
StepcastColour
stepcast_session_text_get_colour (StepcastDBusSession *session)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (stepcast_session_text_has_state (session, states[i].name))
      return states[i].colour;

  return STEPCAST_COLOUR_NONE;
}

/**
 * stepcast_session_text_get_state:
 * @session: a session
 *
 * Returns: (transfer none): the word for its state
 */
const char *
stepcast_session_text_get_state (StepcastDBusSession *session)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (stepcast_session_text_has_state (session, states[i].name))
      return _ (states[i].label);

  /* TRANSLATORS: a state of a session that a newer service has */
  return _ ("unknown");
}

/**
 * stepcast_session_text_describe:
 * @session: a session
 *
 * Returns: (transfer full): its state and its step, for a line of their own
 */
char *
stepcast_session_text_describe (StepcastDBusSession *session)
{
  guint64 step = stepcast_dbus_session_get_step (session);

  if (step == 0 && !stepcast_session_text_has_ended (session))
    return g_strdup (stepcast_session_text_get_state (session));
  /* TRANSLATORS: a state, such as “paused”, and a number */
  return g_strdup_printf (_ ("%s at step %" PRIu64), stepcast_session_text_get_state (session),
                          step);
}

/* A state that somebody has made, and that is not what everybody starts a session for. */
static gboolean
is_of_interest (StepcastDBusSession *session)
{
  return stepcast_session_text_has_state (session, "paused") ||
         stepcast_session_text_has_state (session, "stopping") ||
         stepcast_session_text_has_state (session, "stopped");
}

/* Returns: @text, which ends with the state or the step, and by whom */
static char *
add_maker (StepcastDBusSession *session, char *text)
{
  g_autofree char *owned = text;
  g_autofree char *maker =
    stepcast_actor_text_format (stepcast_dbus_session_get_state_by (session));

  if (maker != NULL && is_of_interest (session))
    /* TRANSLATORS: “paused” or “paused at step 12”, and by whom */
    return g_strdup_printf (_ ("%s by %s"), text, maker);
  if (maker != NULL && stepcast_session_text_has_state (session, "running"))
    /* TRANSLATORS: “running at step 12”, and by whom */
    return g_strdup_printf (_ ("%s, started by %s"), text, maker);
  return g_steal_pointer (&owned);
}

static gboolean
is_made_by_others (StepcastDBusSession *session)
{
  return is_of_interest (session) &&
         !stepcast_actor_text_is_caller (stepcast_dbus_session_get_state_by (session),
                                         G_DBUS_PROXY (session));
}

/**
 * stepcast_session_text_describe_with_maker:
 * @session: a session
 *
 * Returns: (transfer full): its state and its step, and who made that state
 */
char *
stepcast_session_text_describe_with_maker (StepcastDBusSession *session)
{
  return add_maker (session, stepcast_session_text_describe (session));
}

/**
 * stepcast_session_text_describe_to_maker:
 * @session: a session that we steer
 *
 * Returns: (transfer full): its state and its step; and who paused or stopped it, where that was
 *   somebody else
 */
char *
stepcast_session_text_describe_to_maker (StepcastDBusSession *session)
{
  char *text = stepcast_session_text_describe (session);

  return is_made_by_others (session) ? add_maker (session, text) : text;
}

/**
 * stepcast_session_text_format_seconds:
 * @seconds: how long something took
 *
 * Returns: (transfer full): with as many digits as are of interest
 */
char *
stepcast_session_text_format_seconds (double seconds)
{
  if (seconds < 0.001)
    return g_strdup_printf (_ ("%.1f ms"), seconds * 1000);
  if (seconds < 1)
    return g_strdup_printf (_ ("%.0f ms"), seconds * 1000);
  return g_strdup_printf (_ ("%.1f s"), seconds);
}

/**
 * stepcast_session_text_format_rate:
 * @rate: so many in a second
 *
 * Returns: (transfer full): with as many digits as are of interest
 */
char *
stepcast_session_text_format_rate (double rate)
{
  return g_strdup_printf (rate > 0 && rate < 10 ? "%.1f" : "%.0f", rate);
}

/**
 * stepcast_session_text_format_percent:
 * @progress: 0 to 1
 *
 * Returns: (transfer full): as people write it
 */
char *
stepcast_session_text_format_percent (double progress)
{
  /* TRANSLATORS: how much of a computation is done */
  return g_strdup_printf (_ ("%.0f %%"), CLAMP (progress, 0, 1) * 100);
}

static char *
format_bar (double progress)
{
  g_autofree char *percent = stepcast_session_text_format_percent (progress);
  gboolean is_utf8 = stepcast_output_is_utf8 ();
  int n_full = (int) (CLAMP (progress, 0, 1) * BAR_COLUMNS);
  GString *bar = g_string_new (NULL);

  for (int i = 0; i < BAR_COLUMNS; i++)
    if (i < n_full)
      g_string_append (bar, is_utf8 ? "█" : "#");
    else
      g_string_append (bar, is_utf8 ? "░" : "-");
  g_string_append_printf (bar, " %s", percent);

  return g_string_free (bar, FALSE);
}

static void
add_rates (GStrvBuilder *parts, StepcastDBusSession *session)
{
  double steps = stepcast_dbus_session_get_steps_per_second (session);
  double frames = stepcast_dbus_session_get_frames_per_second (session);
  guint n_viewers = stepcast_dbus_session_get_viewers (session);
  g_autofree char *steps_text = stepcast_session_text_format_rate (steps);
  g_autofree char *frames_text = stepcast_session_text_format_rate (frames);
  g_autofree char *steps_part = g_strdup_printf (_ ("%s steps/s"), steps_text);
  g_autofree char *frames_part = g_strdup_printf (_ ("%s frames/s"), frames_text);
  g_autofree char *viewers_part =
    g_strdup_printf (ngettext ("%u viewer", "%u viewers", n_viewers), n_viewers);

  if (stepcast_session_text_has_state (session, "running"))
    {
      g_strv_builder_add (parts, steps_part);
      g_strv_builder_add (parts, frames_part);
    }
  g_strv_builder_add (parts, viewers_part);
}

static void
add_metrics (GStrvBuilder *parts, StepcastDBusSession *session)
{
  GVariant *metrics = stepcast_dbus_session_get_metrics (session);
  GVariantIter iter;
  const char *name;
  double value;

  if (metrics == NULL)
    return;

  g_variant_iter_init (&iter, metrics);
  for (guint i = 0; i < MAX_METRICS && g_variant_iter_next (&iter, "{&sd}", &name, &value); i++)
    {
      g_autofree char *escaped = stepcast_output_escape (name);
      g_autofree char *part = g_strdup_printf ("%s %.4g", escaped, value);

      g_strv_builder_add (parts, part);
    }
}

static void
add_holder (GStrvBuilder *parts, StepcastDBusSession *session)
{
  g_autofree char *holder =
    stepcast_actor_text_format (stepcast_dbus_session_get_held_by (session));
  g_autofree char *part = NULL;

  if (holder == NULL)
    return;
  /* TRANSLATORS: a session waits for a viewer, such as “viewer 7 (browser)” */
  part = g_strdup_printf (_ ("held by %s"), holder);
  g_strv_builder_add (parts, part);
}

/**
 * stepcast_session_text_list_parts:
 * @session: a session
 *
 * Returns: (transfer full) (array zero-terminated=1): what a line about it consists of, the most
 *   important first: its state, its step and so on
 */
char **
stepcast_session_text_list_parts (StepcastDBusSession *session)
{
  g_autoptr (GStrvBuilder) parts = g_strv_builder_new ();
  double progress = stepcast_dbus_session_get_progress (session);
  g_autofree char *step =
    g_strdup_printf (_ ("step %" PRIu64), stepcast_dbus_session_get_step (session));
  g_autofree char *bar = format_bar (progress);
  char *word = g_strdup (stepcast_session_text_get_state (session));
  g_autofree char *state = is_made_by_others (session) ? add_maker (session, word) : word;

  g_strv_builder_add (parts, state);
  add_holder (parts, session);
  g_strv_builder_add (parts, step);
  if (progress >= 0 && stepcast_dbus_session_get_run (session) > 0)
    g_strv_builder_add (parts, bar);
  add_rates (parts, session);
  add_metrics (parts, session);

  return g_strv_builder_end (parts);
}

/**
 * stepcast_session_text_has_reason:
 * @session: a session
 * @wanted: the name of an error
 *
 * Returns: whether that is why it has failed
 */
gboolean
stepcast_session_text_has_reason (StepcastDBusSession *session, const char *wanted)
{
  GVariant *reason = stepcast_dbus_session_get_reason (session);
  const char *code = "";

  if (reason != NULL)
    g_variant_get_child (reason, 0, "&s", &code);
  return g_str_equal (code, wanted);
}

/**
 * stepcast_session_text_format_reason:
 * @session: a session
 *
 * Returns: (transfer full) (nullable): why it has failed, for a terminal; %NULL if it has not
 */
char *
stepcast_session_text_format_reason (StepcastDBusSession *session)
{
  GVariant *reason = stepcast_dbus_session_get_reason (session);
  const char *code = "";
  const char *message = "";

  if (reason != NULL)
    g_variant_get (reason, "(&s&s)", &code, &message);
  if (*code == '\0')
    return NULL;
  return stepcast_output_escape_lines (*message != '\0' ? message : code);
}

static GVariant *
reason_to_json (StepcastDBusSession *session)
{
  GVariant *reason = stepcast_dbus_session_get_reason (session);
  const char *code = "";
  const char *message = "";
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{ss}"));

  if (reason != NULL)
    g_variant_get (reason, "(&s&s)", &code, &message);
  if (*code == '\0')
    {
      g_variant_builder_clear (&builder);
      return stepcast_output_new_null ();
    }
  g_variant_builder_add (&builder, "{ss}", "code", code);
  g_variant_builder_add (&builder, "{ss}", "message", message);
  return g_variant_builder_end (&builder);
}

/**
 * stepcast_session_text_get_title:
 * @session: a session
 *
 * Returns: (transfer none): what people call it; its name where the service is older than titles
 */
const char *
stepcast_session_text_get_title (StepcastDBusSession *session)
{
  const char *title = stepcast_dbus_session_get_title (session);

  return title != NULL ? title : stepcast_dbus_session_get_name (session);
}

static GVariant *
known_or_null (double value)
{
  return value >= 0 ? g_variant_new_double (value) : stepcast_output_new_null ();
}

static void
add_text (GVariantBuilder *builder, const char *key, const char *value)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (value != NULL ? value : ""));
}

static void
add_dictionary (GVariantBuilder *builder, const char *key, GVariant *value)
{
  if (value == NULL)
    value = g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
  g_variant_builder_add (builder, "{sv}", key, value);
}

static void
add_counters (GVariantBuilder *builder, StepcastDBusSession *session)
{
  int status = stepcast_dbus_session_get_exit_status (session);

  g_variant_builder_add (builder, "{sv}", "exit-status",
                         status >= 0 ? g_variant_new_int32 (status) : stepcast_output_new_null ());
  g_variant_builder_add (builder, "{sv}", "run",
                         g_variant_new_uint32 (stepcast_dbus_session_get_run (session)));
  g_variant_builder_add (builder, "{sv}", "step",
                         g_variant_new_uint64 (stepcast_dbus_session_get_step (session)));
  g_variant_builder_add (builder, "{sv}", "steps-per-second",
                         g_variant_new_double (
                           stepcast_dbus_session_get_steps_per_second (session)));
  g_variant_builder_add (builder, "{sv}", "frames-per-second",
                         g_variant_new_double (
                           stepcast_dbus_session_get_frames_per_second (session)));
  g_variant_builder_add (builder, "{sv}", "frames-drawn",
                         g_variant_new_uint64 (stepcast_dbus_session_get_frames_drawn (session)));
  g_variant_builder_add (builder, "{sv}", "frames-validated",
                         g_variant_new_uint64 (
                           stepcast_dbus_session_get_frames_validated (session)));
  g_variant_builder_add (builder, "{sv}", "rate",
                         g_variant_new_double (stepcast_dbus_session_get_rate (session)));
  g_variant_builder_add (builder, "{sv}", "progress",
                         known_or_null (stepcast_dbus_session_get_progress (session)));
  g_variant_builder_add (builder, "{sv}", "viewers",
                         g_variant_new_uint32 (stepcast_dbus_session_get_viewers (session)));
}

static void
add_people (GVariantBuilder *builder, StepcastDBusSession *session)
{
  const char *action = stepcast_dbus_session_get_when_unwatched (session);

  g_variant_builder_add (builder, "{sv}", "state-by",
                         stepcast_actor_text_to_json (
                           stepcast_dbus_session_get_state_by (session)));
  g_variant_builder_add (builder, "{sv}", "parameters-by",
                         stepcast_actor_text_to_json (
                           stepcast_dbus_session_get_parameters_by (session)));
  g_variant_builder_add (builder, "{sv}", "held-by",
                         stepcast_actor_text_to_json (stepcast_dbus_session_get_held_by (session)));
  g_variant_builder_add (builder, "{sv}", "when-unwatched",
                         action != NULL ? g_variant_new_string (action) :
                                          stepcast_output_new_null ());
  g_variant_builder_add (builder, "{sv}", "grace-seconds",
                         g_variant_new_double (stepcast_dbus_session_get_grace_seconds (session)));
}

/**
 * stepcast_session_text_to_json:
 * @session: a session
 * @viewers: (nullable): an `aa{sv}` of who looks at it, where that is to be told
 *
 * Returns: (transfer floating): all about it, for stepcast_output_print_json()
 */
GVariant *
stepcast_session_text_to_json (StepcastDBusSession *session, GVariant *viewers)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  add_text (&builder, "name", stepcast_dbus_session_get_name (session));
  add_text (&builder, "title", stepcast_session_text_get_title (session));
  add_text (&builder, "generator", stepcast_dbus_session_get_generator (session));
  add_text (&builder, "kind", stepcast_dbus_session_get_kind (session));
  add_text (&builder, "state", stepcast_dbus_session_get_state (session));
  g_variant_builder_add (&builder, "{sv}", "reason", reason_to_json (session));
  add_counters (&builder, session);
  add_dictionary (&builder, "metrics", stepcast_dbus_session_get_metrics (session));
  add_dictionary (&builder, "parameters", stepcast_dbus_session_get_parameters (session));
  add_text (&builder, "frame-url", stepcast_dbus_session_get_frame_url (session));
  add_people (&builder, session);
  if (viewers != NULL)
    g_variant_builder_add (&builder, "{sv}", "viewer-list", viewers);

  return g_variant_builder_end (&builder);
}
