/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-parameters.h"
#include "stepcast-session-text.h"
#include "stepcast-values.h"

/* start, stop, pause, resume, step, set and close: what steers a session. Each says how it is when
 * the request has had its effect. */

typedef struct
{
  StepcastClient *client;
  StepcastDBusSession *session;
  gboolean wants_json;
} Target;

static void
target_clear (Target *target)
{
  g_clear_object (&target->session);
  g_clear_object (&target->client);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

/* @name: (nullable) */
static gboolean
target_find (Target *target, const char *name, GError **error)
{
  target->client = stepcast_client_new (STEPCAST_CLIENT_NONE, error);
  if (target->client == NULL)
    return FALSE;

  stepcast_client_introduce (target->client);
  target->session = stepcast_client_find_session (target->client, name, error);
  return target->session != NULL;
}

/* For a command whose only argument is a name. */
static gboolean
target_parse (Target *target, char **argv, GError **error)
{
  g_auto (GStrv) arguments = stepcast_command_parse (argv, NULL, &target->wants_json, 1, error);

  return arguments != NULL && target_find (target, arguments[0], error);
}

static void
print_session (Target *target)
{
  g_autofree char *text = stepcast_session_text_describe (target->session);
  g_autofree char *reason = stepcast_session_text_format_reason (target->session);

  if (target->wants_json)
    stepcast_output_print_json (stepcast_session_text_to_json (target->session, NULL));
  else if (reason != NULL)
    g_print ("%s: %s: %s\n", stepcast_dbus_session_get_name (target->session), text, reason);
  else
    g_print ("%s: %s\n", stepcast_dbus_session_get_name (target->session), text);
}

/* The end of a command: what happened, or why it did not. */
static int
conclude (Target *target, gboolean is_done, const GError *error)
{
  if (!is_done)
    return stepcast_client_report (error);

  print_session (target);
  return STEPCAST_CLI_EXIT_SUCCESS;
}

static gboolean
is_paused_or_over (StepcastDBusSession *session, gpointer user_data)
{
  return stepcast_session_text_has_state (session, "paused") ||
         stepcast_session_text_has_ended (session);
}

static gboolean
is_resumed_or_over (StepcastDBusSession *session, gpointer user_data)
{
  return stepcast_session_text_has_state (session, "running") ||
         stepcast_session_text_has_ended (session);
}

typedef struct
{
  guint run;
  gboolean was_paused;
} Start;

/* What was started may be over before anybody hears that it was running. */
static gboolean
is_under_way (StepcastDBusSession *session, gpointer user_data)
{
  Start *start = user_data;

  return stepcast_session_text_has_state (session, "running") ||
         stepcast_dbus_session_get_run (session) > start->run ||
         (start->was_paused && stepcast_session_text_has_ended (session));
}

static gboolean
start_session (Target *target, GError **error)
{
  Start start = { .run = stepcast_dbus_session_get_run (target->session) };

  start.was_paused = stepcast_session_text_has_state (target->session, "paused");
  return stepcast_dbus_session_call_start_sync (target->session, NULL, error) &&
         stepcast_client_wait (target->client, target->session, is_under_way, &start, error);
}

int
stepcast_command_start (char **argv)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_done = target_parse (&target, argv, &error) && start_session (&target, &error);

  return conclude (&target, is_done, error);
}

int
stepcast_command_pause (char **argv)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_done =
    target_parse (&target, argv, &error) &&
    stepcast_dbus_session_call_pause_sync (target.session, NULL, &error) &&
    stepcast_client_wait (target.client, target.session, is_paused_or_over, NULL, &error);

  return conclude (&target, is_done, error);
}

int
stepcast_command_resume (char **argv)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_done =
    target_parse (&target, argv, &error) &&
    stepcast_dbus_session_call_resume_sync (target.session, NULL, &error) &&
    stepcast_client_wait (target.client, target.session, is_resumed_or_over, NULL, &error);

  return conclude (&target, is_done, error);
}

static void
print_stop (Target *target, const char *state, guint64 step, double seconds)
{
  const char *name = stepcast_dbus_session_get_name (target->session);
  g_autofree char *took = stepcast_session_text_format_seconds (seconds);

  if (target->wants_json)
    stepcast_output_print_json (
      g_variant_new_parsed ("{'name': <%s>, 'stopped': <{'step': <%t>, 'seconds': <%d>}>}", name,
                            step, seconds));
  else if (state != NULL)
    /* TRANSLATORS: a session’s name, its state, such as “finished”, and the number of its step */
    g_print (_ ("%s: nothing to stop: %s at step %" PRIu64 "\n"), name, state, step);
  else
    /* TRANSLATORS: a session’s name, a number, and a time, such as “7 ms” */
    g_print (_ ("%s: stopped at step %" PRIu64 " after %s\n"), name, step, took);
}

int
stepcast_command_stop (char **argv)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;
  const char *state = NULL;
  double seconds;
  guint64 step;

  if (!target_parse (&target, argv, &error))
    return stepcast_client_report (error);

  if (stepcast_session_text_has_ended (target.session) ||
      stepcast_session_text_has_state (target.session, "idle"))
    state = stepcast_session_text_get_state (target.session);
  if (!stepcast_dbus_session_call_stop_sync (target.session,
                                             g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0),
                                             &step, &seconds, NULL, &error))
    return stepcast_client_report (error);

  print_stop (&target, state, step, seconds);
  return STEPCAST_CLI_EXIT_SUCCESS;
}

typedef struct
{
  guint run;
  guint64 last_step;
  gboolean was_paused;
} Steps;

/* It is paused before and after: that the steps are done can be told by their number alone. */
static gboolean
are_steps_done (StepcastDBusSession *session, gpointer user_data)
{
  Steps *steps = user_data;
  gboolean is_new_run = stepcast_dbus_session_get_run (session) > steps->run;
  guint64 step = stepcast_dbus_session_get_step (session);

  if (!steps->was_paused && !is_new_run)
    return FALSE;
  if (stepcast_session_text_has_ended (session) || is_new_run != !steps->was_paused)
    return TRUE;
  if (stepcast_session_text_has_state (session, "running"))
    return step > steps->last_step; /* somebody has let it go on */
  return stepcast_session_text_has_state (session, "paused") && step >= steps->last_step;
}

static gboolean
do_steps (Target *target, guint n_steps, GError **error)
{
  Steps steps = { .run = stepcast_dbus_session_get_run (target->session) };

  steps.was_paused = stepcast_session_text_has_state (target->session, "paused");
  steps.last_step = n_steps;
  if (steps.was_paused)
    steps.last_step += stepcast_dbus_session_get_step (target->session);

  return stepcast_dbus_session_call_step_sync (target->session, n_steps, NULL, error) &&
         stepcast_client_wait (target->client, target->session, are_steps_done, &steps, error);
}

/* Reads "[NAME] [N]": no name begins with a digit. */
static gboolean
parse_steps (char **arguments, const char **name, guint *n_steps, GError **error)
{
  const char *number = NULL;
  guint64 value = 1;

  *name = arguments[0];
  if (arguments[0] != NULL)
    number = arguments[1];
  if (arguments[0] != NULL && arguments[1] == NULL && g_ascii_isdigit (*arguments[0]))
    {
      *name = NULL;
      number = arguments[0];
    }

  if (number != NULL && !g_ascii_string_to_unsigned (number, 10, 1, G_MAXUINT32, &value, NULL))
    {
      stepcast_command_refuse (error, _ ("“%s” is no number of steps: it takes 1 to %u"), number,
                               G_MAXUINT32);
      return FALSE;
    }
  *n_steps = (guint) value;
  return TRUE;
}

int
stepcast_command_step (char **argv)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, NULL, &target.wants_json, 2, &error);
  const char *name;
  guint n_steps;
  gboolean is_done = arguments != NULL && parse_steps (arguments, &name, &n_steps, &error) &&
                     target_find (&target, name, &error) && do_steps (&target, n_steps, &error);

  return conclude (&target, is_done, error);
}

static GVariant *
parse_values (Target *target, char **assignments, GError **error)
{
  g_autoptr (GVariant) description = NULL;

  if (g_strcmp0 (stepcast_dbus_session_get_kind (target->session), "generator") != 0)
    {
      g_set_error (error, STEPCAST_CLIENT_ERROR, STEPCAST_CLIENT_ERROR_UNKNOWN,
                   _ ("“%s” has no parameters: a program gets its arguments when it is run"),
                   stepcast_dbus_session_get_name (target->session));
      return NULL;
    }

  description =
    stepcast_client_describe_generator (target->client,
                                        stepcast_dbus_session_get_generator (target->session),
                                        error);
  return description != NULL ? stepcast_values_parse (description, assignments, error) : NULL;
}

static void
print_values (Target *target, GVariant *given, guint64 step)
{
  g_autoptr (GVariant) values = stepcast_parameters_summarize (given);
  const char *name = stepcast_dbus_session_get_name (target->session);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (target->wants_json)
    {
      stepcast_output_print_json (
        g_variant_new_parsed ("{'name': <%s>, 'step': <%t>, 'parameters': <%@a{sv}>}", name, step,
                              values));
      return;
    }

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_autofree char *text = stepcast_output_format_value (value);

      /* TRANSLATORS: a session’s name, a parameter, its value, and the first step that has it */
      g_print (_ ("%s: %s = %s from step %" PRIu64 " on\n"), name, key, text, step);
    }
}

/* Calls with @values, which have no effect where they are not all right. */
static int
set_values (Target *target, char **assignments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) values = parse_values (target, assignments, &error);
  guint64 step;

  if (values == NULL)
    return stepcast_client_report (error);

  g_variant_ref_sink (values);
  if (!stepcast_dbus_session_call_set_parameters_sync (target->session, values, &step, NULL,
                                                       &error))
    return stepcast_client_report (error);

  print_values (target, values, step);
  return STEPCAST_CLI_EXIT_SUCCESS;
}

int
stepcast_command_set (char **argv)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments =
    stepcast_command_parse (argv, NULL, &target.wants_json, G_MAXUINT - 1, &error);
  gboolean has_name;

  if (arguments == NULL)
    return stepcast_client_report (error);

  has_name = arguments[0] != NULL && strchr (arguments[0], '=') == NULL;
  if (arguments[has_name ? 1 : 0] == NULL)
    {
      stepcast_command_refuse (&error, _ ("Nothing to set: write PARAMETER=VALUE"));
      return stepcast_client_report (error);
    }
  if (!target_find (&target, has_name ? arguments[0] : NULL, &error))
    return stepcast_client_report (error);

  return set_values (&target, arguments + (has_name ? 1 : 0));
}

static gboolean
close_session (StepcastDBusSession *session, gboolean wants_json, GError **error)
{
  const char *name = stepcast_dbus_session_get_name (session);

  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (session), G_MAXINT);
  if (!stepcast_dbus_session_call_close_sync (session, NULL, error))
    return FALSE;

  if (wants_json)
    stepcast_output_print_json (g_variant_new_parsed ("{'name': <%s>, 'closed': <true>}", name));
  else
    /* TRANSLATORS: a session’s name */
    g_print (_ ("%s: closed\n"), name);
  return TRUE;
}

static int
close_all (gboolean wants_json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StepcastClient) client = stepcast_client_new (STEPCAST_CLIENT_NONE, &error);
  g_autoptr (GPtrArray) sessions = NULL;
  int status = STEPCAST_CLI_EXIT_SUCCESS;

  if (client != NULL)
    {
      stepcast_client_introduce (client);
      sessions = stepcast_client_list_sessions (client, &error);
    }
  if (sessions == NULL)
    return stepcast_client_report (error);

  for (guint i = 0; i < sessions->len; i++)
    {
      g_autoptr (GError) local_error = NULL;

      if (!close_session (sessions->pdata[i], wants_json, &local_error))
        status = stepcast_client_report (local_error);
    }
  return status;
}

int
stepcast_command_close (char **argv)
{
  g_auto (Target) target = { 0 };
  gboolean wants_all = FALSE;
  const GOptionEntry entries[] = {
    { "all", 'a', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &wants_all, N_ ("Close all sessions"),
      NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, entries, &target.wants_json, 1, &error);

  if (arguments != NULL && wants_all && arguments[0] != NULL)
    stepcast_command_refuse (&error, _ ("Write either --all or a name"));
  if (error == NULL && wants_all)
    return close_all (target.wants_json);
  if (error != NULL || !target_find (&target, arguments[0], &error) ||
      !close_session (target.session, target.wants_json, &error))
    return stepcast_client_report (error);

  return STEPCAST_CLI_EXIT_SUCCESS;
}
