/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-run-display.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-live-line.h"
#include "stepcast-session-text.h"

/* What `stepcast run` prints about its session: on a terminal one live line, which the program's
 * own lines and all else are printed above; else a line, or with --json an object, whenever the
 * state has changed. */

struct _StepcastRunDisplay
{
  StepcastDBusSession *session;
  StepcastLiveLine *live; /* (nullable): where standard output is no terminal */
  gboolean wants_json;
  gboolean has_ended;
  char *last_state;
};

/**
 * stepcast_run_display_new:
 * @session: what is run
 * @wants_json: for machines
 *
 * Returns: (transfer full): a display
 */
StepcastRunDisplay *
stepcast_run_display_new (StepcastDBusSession *session, gboolean wants_json)
{
  StepcastRunDisplay *self = g_new0 (StepcastRunDisplay, 1);

  self->session = g_object_ref (session);
  self->wants_json = wants_json;
  if (!wants_json && stepcast_output_is_terminal (STDOUT_FILENO))
    self->live = stepcast_live_line_new (STDOUT_FILENO);
  return self;
}

void
stepcast_run_display_free (StepcastRunDisplay *self)
{
  if (self->live != NULL && !self->has_ended)
    stepcast_live_line_clear (self->live); /* the shell's prompt comes next */
  g_object_unref (self->session);
  g_clear_pointer (&self->live, stepcast_live_line_free);
  g_free (self->last_state);
  g_free (self);
}

/* To be called before and after something is printed. */
static void
make_way (StepcastRunDisplay *self)
{
  fflush (stdout);
  if (self->live != NULL && !self->has_ended)
    stepcast_live_line_clear (self->live);
}

static void
come_back (StepcastRunDisplay *self)
{
  fflush (stdout);
  if (self->live != NULL && !self->has_ended)
    stepcast_live_line_draw (self->live);
}

/**
 * stepcast_run_display_show_link:
 * @self: a display
 * @link: where it can be seen
 */
void
stepcast_run_display_show_link (StepcastRunDisplay *self, const char *link)
{
  const char *name = stepcast_dbus_session_get_name (self->session);

  if (self->wants_json)
    stepcast_output_print_json (g_variant_new_parsed ("{'name': <%s>, 'link': <%s>}", name, link));
  else
    g_print ("%s: %s\n", name, link);
  fflush (stdout);
}

static void
print_state (StepcastRunDisplay *self)
{
  g_autofree char *text = NULL;

  if (self->wants_json)
    {
      stepcast_output_print_json (stepcast_session_text_to_json (self->session, NULL));
      return;
    }

  text = stepcast_session_text_describe_to_maker (self->session);
  g_print ("%s\n", text);
  fflush (stdout);
}

/**
 * stepcast_run_display_update:
 * @self: a display
 *
 * Shows how the session is now.
 */
void
stepcast_run_display_update (StepcastRunDisplay *self)
{
  const char *state = stepcast_dbus_session_get_state (self->session);

  if (self->has_ended)
    return;

  if (self->live != NULL)
    {
      stepcast_live_line_set (self->live, stepcast_session_text_list_parts (self->session),
                              stepcast_session_text_get_colour (self->session));
    }
  else if (g_strcmp0 (state, self->last_state) != 0)
    {
      g_free (self->last_state);
      self->last_state = g_strdup (state);
      if (self->wants_json || !stepcast_session_text_has_ended (self->session))
        print_state (self); /* else the end says it, with its reason */
    }
}

/**
 * stepcast_run_display_redraw:
 * @self: a display
 *
 * To be called when the terminal has another size.
 */
void
stepcast_run_display_redraw (StepcastRunDisplay *self)
{
  if (self->live != NULL && !self->has_ended)
    stepcast_live_line_draw (self->live);
}

/**
 * stepcast_run_display_log:
 * @self: a display
 * @line: what the program said, whatever it is
 *
 * Passes it on; to a terminal it goes with nothing that would control it.
 */
void
stepcast_run_display_log (StepcastRunDisplay *self, const char *line)
{
  g_autofree char *escaped = NULL;

  if (!isatty (STDERR_FILENO))
    {
      fprintf (stderr, "%s\n", line);
      return;
    }

  escaped = stepcast_output_escape_lines (line);
  make_way (self);
  g_printerr ("%s\n", escaped);
  come_back (self);
}

/**
 * stepcast_run_display_show_stopping:
 * @self: a display
 *
 * Says what another Ctrl-C will do.
 */
void
stepcast_run_display_show_stopping (StepcastRunDisplay *self)
{
  const char *const parts[] = { _ ("stopping"), _ ("Ctrl-C again does not wait for that"), NULL };

  if (self->live != NULL && !self->has_ended)
    stepcast_live_line_set (self->live, g_strdupv ((char **) parts), STEPCAST_COLOUR_WAITING);
}

/**
 * stepcast_run_display_show_stopped:
 * @self: a display
 * @step: the last one
 * @seconds: how long the stop took
 */
void
stepcast_run_display_show_stopped (StepcastRunDisplay *self, guint64 step, double seconds)
{
  g_autofree char *took = stepcast_session_text_format_seconds (seconds);

  make_way (self);
  self->has_ended = TRUE;
  if (self->wants_json)
    stepcast_output_print_json (
      g_variant_new_parsed ("{'name': <%s>, 'stopped': <{'step': <%t>, 'seconds': <%d>}>}",
                            stepcast_dbus_session_get_name (self->session), step, seconds));
  else
    g_print (_ ("stopped at step %" PRIu64 " after %s\n"), step, took);
  fflush (stdout);
}

/**
 * stepcast_run_display_report:
 * @self: a display
 * @error: what went wrong
 *
 * Returns: the exit status that goes with it
 */
int
stepcast_run_display_report (StepcastRunDisplay *self, const GError *error)
{
  int status;

  make_way (self);
  status = stepcast_client_report (error);
  come_back (self);
  return status;
}

/* What can be done about a failure, by the name of its error. */
static const char *
get_advice (StepcastDBusSession *session)
{
  static const struct
  {
    const char *code;
    const char *advice;
  } advices[] = {
    { "program-failed",
      N_ ("What it said on standard error stands above; try it without Stepcast, too.") },
    { "invalid-frame", N_ ("Look at what the program prints: only SVG documents, one after the "
                           "other, belong on standard output.") },
    { "limit-exceeded", N_ ("“stepcast run --help” has the options that raise the limits.") },
    { "unresponsive", N_ ("It was given up. A smaller problem, or shorter steps, may help.") },
    { "generator-failed",
      N_ ("Try other parameters: “stepcast generators NAME” has their ranges.") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (advices); i++)
    if (stepcast_session_text_has_reason (session, advices[i].code))
      return _ (advices[i].advice);

  return NULL;
}

static void
print_failure (StepcastRunDisplay *self)
{
  g_autofree char *text = stepcast_session_text_describe (self->session);
  g_autofree char *reason = stepcast_session_text_format_reason (self->session);
  const char *advice = get_advice (self->session);

  g_printerr ("%sstepcast:%s %s%s%s\n",
              stepcast_output_begin_colour (STDERR_FILENO, STEPCAST_COLOUR_BAD),
              stepcast_output_end_colour (STDERR_FILENO, STEPCAST_COLOUR_BAD), text,
              reason != NULL ? ": " : "", reason != NULL ? reason : "");
  if (advice != NULL)
    g_printerr ("%s\n", advice);
}

/**
 * stepcast_run_display_end:
 * @self: a display
 *
 * Says how it ended, and is quiet from then on.
 */
void
stepcast_run_display_end (StepcastRunDisplay *self)
{
  if (self->has_ended)
    return;

  make_way (self);
  self->has_ended = TRUE;
  if (stepcast_session_text_has_state (self->session, "failed"))
    print_failure (self);
  else if (!self->wants_json)
    print_state (self);
}
