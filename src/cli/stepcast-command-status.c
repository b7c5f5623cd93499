/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "stepcast-actor-text.h"
#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-session-text.h"
#include "stepcast-viewer-table.h"

/* status: one session, now or from now on. */

static void
print_entry (const char *label, const char *value)
{
  g_autofree char *padded = stepcast_output_pad (label, 12);

  g_print ("  %s  %s\n", padded, value);
}

static void
print_values (const char *label, GVariant *values)
{
  GVariantIter iter;
  const char *name;
  GVariant *child;

  if (values == NULL)
    return;

  g_variant_iter_init (&iter, values);
  while ((child = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr (GVariant) entry = child;
      g_autoptr (GVariant) raw = g_variant_get_child_value (entry, 1);
      g_autoptr (GVariant) value = g_variant_is_of_type (raw, G_VARIANT_TYPE_VARIANT) ?
                                     g_variant_get_variant (raw) :
                                     g_variant_ref (raw);
      g_autofree char *text = stepcast_output_format_value (value);
      g_autofree char *escaped = NULL;
      g_autofree char *assignment = NULL;

      g_variant_get_child (entry, 0, "&s", &name);
      escaped = stepcast_output_escape (name);
      assignment = g_strdup_printf ("%s = %s", escaped, text);
      print_entry (label, assignment);
      label = "";
    }
}

static void
print_frames (StepcastDBusSession *session)
{
  g_autofree char *text = NULL;

  if (stepcast_dbus_session_get_when_unwatched (session) == NULL)
    return; /* the service is older */

  /* TRANSLATORS: how many pictures were drawn in all, and how many of them were looked through */
  text = g_strdup_printf (_ ("%" PRIu64 " drawn, %" PRIu64 " validated"),
                          stepcast_dbus_session_get_frames_drawn (session),
                          stepcast_dbus_session_get_frames_validated (session));
  /* TRANSLATORS: a label: how many pictures were drawn in all */
  print_entry (_ ("Frames"), text);
}

static void
print_holder (StepcastDBusSession *session)
{
  g_autofree char *holder =
    stepcast_actor_text_format (stepcast_dbus_session_get_held_by (session));
  g_autofree char *text = NULL;

  if (holder == NULL)
    return;
  /* TRANSLATORS: a session waits for “viewer 7 (browser)” */
  text = g_strdup_printf (_ ("held by %s: it wants every frame and reads slowly"), holder);
  print_entry ("", text);
}

static void
print_parameters_maker (StepcastDBusSession *session)
{
  g_autofree char *maker =
    stepcast_actor_text_format (stepcast_dbus_session_get_parameters_by (session));
  g_autofree char *text = NULL;

  if (maker == NULL)
    return;
  /* TRANSLATORS: stands below the parameters */
  text = g_strdup_printf (_ ("last set by %s"), maker);
  print_entry ("", text);
}

static void
print_when_unwatched (StepcastDBusSession *session)
{
  const char *action = stepcast_dbus_session_get_when_unwatched (session);
  g_autofree char *grace =
    stepcast_session_text_format_seconds (stepcast_dbus_session_get_grace_seconds (session));
  g_autofree char *text = NULL;

  if (g_strcmp0 (action, "pause") == 0)
    /* TRANSLATORS: what a session does when nobody watches it any more; %s is a time: “10.0 s” */
    text = g_strdup_printf (_ ("pauses after %s"), grace);
  else if (g_strcmp0 (action, "stop") == 0)
    text = g_strdup_printf (_ ("stops after %s"), grace);
  else
    return;
  /* TRANSLATORS: a label: what it does when nobody watches it any more */
  print_entry (_ ("Unwatched"), text);
}

static void
print_viewers (GVariant *viewers)
{
  g_autofree char *table = NULL;

  if (g_variant_n_children (viewers) == 0)
    return;
  table = stepcast_viewer_table_format (viewers);
  g_print ("\n%s", table);
}

static void
print_counters (StepcastDBusSession *session)
{
  double progress = stepcast_dbus_session_get_progress (session);
  double rate = stepcast_dbus_session_get_rate (session);
  int status = stepcast_dbus_session_get_exit_status (session);
  guint n_viewers = stepcast_dbus_session_get_viewers (session);
  g_autofree char *steps =
    stepcast_session_text_format_rate (stepcast_dbus_session_get_steps_per_second (session));
  g_autofree char *frames =
    stepcast_session_text_format_rate (stepcast_dbus_session_get_frames_per_second (session));
  g_autofree char *speed = g_strdup_printf (_ ("%s steps/s, %s frames/s"), steps, frames);
  g_autofree char *limit = g_strdup_printf (_ ("%.10g steps/s at most"), rate);
  g_autofree char *percent = stepcast_session_text_format_percent (progress);
  g_autofree char *exit_status = g_strdup_printf ("%d", status);
  g_autofree char *viewers = g_strdup_printf ("%u", n_viewers);

  /* TRANSLATORS: this and the next ones are labels of 12 columns at most, with a value each */
  print_entry (_ ("Speed"), speed);
  print_frames (session);
  if (rate > 0)
    /* TRANSLATORS: a label: how many steps a second are allowed */
    print_entry (_ ("Limit"), limit);
  if (progress >= 0)
    print_entry (_ ("Progress"), percent);
  if (status >= 0)
    print_entry (_ ("Exit status"), exit_status);
  /* TRANSLATORS: a label: how many people, or their browsers, look at it */
  print_entry (_ ("Viewers"), viewers);
}

static void
print_session (StepcastDBusSession *session, GVariant *viewers)
{
  StepcastColour colour = stepcast_session_text_get_colour (session);
  g_autofree char *generator =
    stepcast_output_escape (stepcast_dbus_session_get_generator (session));
  g_autofree char *state = stepcast_session_text_describe_with_maker (session);
  g_autofree char *reason = stepcast_session_text_format_reason (session);
  g_autofree char *title = stepcast_output_escape (stepcast_session_text_get_title (session));
  g_autofree char *shown =
    g_strdup_printf ("%s%s%s", stepcast_output_begin_colour (STDOUT_FILENO, colour), state,
                     stepcast_output_end_colour (STDOUT_FILENO, colour));

  g_print ("%s%s%s\n", stepcast_output_begin_colour (STDOUT_FILENO, STEPCAST_COLOUR_HEADING),
           stepcast_dbus_session_get_name (session),
           stepcast_output_end_colour (STDOUT_FILENO, STEPCAST_COLOUR_HEADING));
  if (g_strcmp0 (title, stepcast_dbus_session_get_name (session)) != 0)
    /* TRANSLATORS: a label: what people call a session */
    print_entry (_ ("Title"), title);
  /* TRANSLATORS: a label: the generator or the program whose pictures a session shows */
  print_entry (_ ("Shows"), generator);
  print_entry (_ ("State"), shown);
  print_holder (session);
  if (reason != NULL)
    /* TRANSLATORS: a label: why it has failed */
    print_entry (_ ("Reason"), reason);
  print_counters (session);
  print_when_unwatched (session);
  print_values (_ ("Parameters"), stepcast_dbus_session_get_parameters (session));
  print_parameters_maker (session);
  /* TRANSLATORS: a label: figures that a generator tells of its steps */
  print_values (_ ("Metrics"), stepcast_dbus_session_get_metrics (session));
  print_viewers (viewers);
}

typedef struct
{
  gboolean wants_json;
  char *last;
} Follow;

static char *
format_line (StepcastDBusSession *session)
{
  g_auto (GStrv) parts = stepcast_session_text_list_parts (session);
  g_autofree char *line = g_strjoinv (", ", parts);
  g_autofree char *reason = stepcast_session_text_format_reason (session);

  if (reason == NULL)
    return g_steal_pointer (&line);
  return g_strdup_printf ("%s: %s", line, reason);
}

/* Is asked after each change, and never content. */
static gboolean
print_change (StepcastDBusSession *session, gpointer user_data)
{
  Follow *follow = user_data;
  g_autoptr (GVariant) json = NULL;
  g_autofree char *line = NULL;

  if (stepcast_dbus_session_get_state (session) == NULL)
    return FALSE; /* its last: the service has gone */

  json = g_variant_ref_sink (stepcast_session_text_to_json (session, NULL));
  line = follow->wants_json ? g_variant_print (json, FALSE) : format_line (session);

  if (g_strcmp0 (line, follow->last) == 0)
    return FALSE;

  if (follow->wants_json)
    stepcast_output_print_json (json);
  else
    g_print ("%s\n", line);
  fflush (stdout);
  g_free (follow->last);
  follow->last = g_steal_pointer (&line);
  return FALSE;
}

/* That the session is closed is the end that was waited for. */
static int
follow_session (StepcastClient *client, StepcastDBusSession *session, gboolean wants_json)
{
  Follow follow = { .wants_json = wants_json };
  g_autoptr (GError) error = NULL;

  stepcast_client_wait (client, session, print_change, &follow, &error);
  g_free (follow.last);

  if (g_error_matches (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN))
    return STEPCAST_CLI_EXIT_SUCCESS;
  return stepcast_client_report (error);
}

static int
show_session (StepcastDBusSession *session, gboolean wants_json)
{
  g_autoptr (GVariant) viewers = NULL;
  g_autoptr (GError) error = NULL;

  if (!stepcast_dbus_session_call_list_viewers_sync (session, &viewers, NULL, &error))
    return stepcast_client_report (error);

  if (wants_json)
    stepcast_output_print_json (stepcast_session_text_to_json (session, viewers));
  else
    print_session (session, viewers);
  return STEPCAST_CLI_EXIT_SUCCESS;
}

int
stepcast_command_status (char **argv)
{
  gboolean wants_json = FALSE;
  gboolean follows = FALSE;
  const GOptionEntry entries[] = {
    { "follow", 'f', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &follows,
      N_ ("Print a line with each change, until the session is closed"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, entries, &wants_json, 1, &error);
  g_autoptr (StepcastClient) client = NULL;
  g_autoptr (StepcastDBusSession) session = NULL;

  if (arguments != NULL)
    client = stepcast_client_new (STEPCAST_CLIENT_NONE, &error);
  if (client != NULL)
    session = stepcast_client_find_session (client, arguments[0], &error);
  if (session == NULL)
    return stepcast_client_report (error);

  return follows ? follow_session (client, session, wants_json) :
                   show_session (session, wants_json);
}
