/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "stepcast-browser.h"
#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-frame-file.h"
#include "stepcast-replay.h"
#include "stepcast-run-display.h"
#include "stepcast-run-options.h"
#include "stepcast-session-text.h"
#include "stepcast-values.h"

/* run: a session from its beginning to its end, as a program in the foreground.
 *
 * The end has these steps, each of which is asked of the service and answered before the next: stop
 * (where it was not over by itself), keep the last picture, close. A signal begins them; a second
 * one leaves at once: the session was made with lifetime=caller and ends with us. */

/* timeout(1), and shells that hand a terminal's signal on, send one twice at once: that is not
 * somebody who has lost patience. */
#define REPEATED_US (G_USEC_PER_SEC / 4)

typedef struct
{
  StepcastRunOptions *options;
  StepcastClient *client;
  StepcastDBusSession *session;
  StepcastRunDisplay *display;
  GArray *changes;        /* (nullable): of StepcastReplayChange, with --from */
  StepcastReplay *replay; /* (nullable): on the way to a picture */
  GMainLoop *loop;
  gboolean is_ending; /* the first step towards the end has been made */
  int signum;         /* that ends it, or 0 */
  gint64 signal_us;   /* when it came */
  int status;
} Run;

static void
run_clear (Run *run)
{
  if (run->client != NULL)
    g_signal_handlers_disconnect_by_data (run->client, run);
  if (run->session != NULL)
    g_signal_handlers_disconnect_by_data (run->session, run);
  g_clear_pointer (&run->replay, stepcast_replay_free);
  g_clear_pointer (&run->changes, g_array_unref);
  g_clear_pointer (&run->display, stepcast_run_display_free);
  g_clear_object (&run->session);
  g_clear_object (&run->client);
  g_clear_pointer (&run->options, stepcast_run_options_free);
  g_clear_pointer (&run->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static GVariant *
empty_options (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
}

/* ---- the end ---- */

static void
on_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;

  /* What it was closed for is over in any case. */
  stepcast_dbus_session_call_close_finish (STEPCAST_DBUS_SESSION (source_object), result, NULL);
  g_main_loop_quit (run->loop);
}

static void
close_session (Run *run)
{
  if (run->options->is_kept)
    g_main_loop_quit (run->loop);
  else
    stepcast_dbus_session_call_close (run->session, NULL, on_closed, run);
}

static void
on_frame (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GBytes) frame = NULL;
  GVariant *handle;
  guint64 step;
  int status;

  if (stepcast_dbus_session_call_get_frame_finish (STEPCAST_DBUS_SESSION (source_object), &step,
                                                   &handle, &fds, result, &error))
    frame = stepcast_frame_file_read (fds, handle, &error);
  if (frame == NULL || !stepcast_frame_file_write (run->options->output, frame, &error))
    {
      g_dbus_error_strip_remote_error (error);
      /* TRANSLATORS: the reason follows */
      g_prefix_error (&error, _ ("The last picture could not be kept: "));
      status = stepcast_run_display_report (run->display, error);
      if (run->status == STEPCAST_CLI_EXIT_SUCCESS)
        run->status = status;
    }

  close_session (run);
}

static void
keep_frame (Run *run)
{
  const char *format;

  if (run->options->output == NULL)
    {
      close_session (run);
      return;
    }

  format = stepcast_frame_file_guess_format (run->options->output);
  stepcast_dbus_session_call_get_frame (run->session, stepcast_frame_file_new_options (format, 0),
                                        NULL, NULL, on_frame, run);
}

/* A program's own status is ours. Where it was stopped, or ended for what it printed, its status
 * says by which signal that was done, and not how it did. */
static int
get_status (Run *run)
{
  int program_status = stepcast_dbus_session_get_exit_status (run->session);

  if (run->signum != 0)
    return STEPCAST_CLI_EXIT_SIGNAL + run->signum;
  if (stepcast_session_text_has_state (run->session, "stopped"))
    return STEPCAST_CLI_EXIT_SUCCESS;
  if (stepcast_session_text_has_state (run->session, "failed"))
    return program_status > 0 && stepcast_session_text_has_reason (run->session, "program-failed") ?
             program_status :
             STEPCAST_CLI_EXIT_FAILED;
  return MAX (program_status, 0);
}

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Run *run = user_data;
  g_autoptr (GError) error = NULL;
  double seconds;
  guint64 step;

  if (stepcast_dbus_session_call_stop_finish (STEPCAST_DBUS_SESSION (source_object), &step,
                                              &seconds, result, &error))
    stepcast_run_display_show_stopped (run->display, step, seconds);
  else
    stepcast_run_display_report (run->display, error);

  run->status = run->signum != 0 ? STEPCAST_CLI_EXIT_SIGNAL + run->signum :
                error != NULL    ? STEPCAST_CLI_EXIT_FAILED :
                                   STEPCAST_CLI_EXIT_SUCCESS;
  keep_frame (run);
}

static void
stop (Run *run)
{
  run->is_ending = TRUE;
  g_clear_pointer (&run->replay, stepcast_replay_free);
  stepcast_dbus_session_call_stop (run->session, empty_options (), NULL, on_stopped, run);
}

/* ---- what happens meanwhile ---- */

static gboolean
has_done_its_steps (Run *run)
{
  return run->replay == NULL && run->options->n_steps > 0 &&
         stepcast_session_text_has_state (run->session, "paused") &&
         stepcast_dbus_session_get_step (run->session) >= run->options->n_steps;
}

/* That it is paused so that something can be changed is nothing to tell. */
static gboolean
is_between_changes (Run *run)
{
  return run->replay != NULL && stepcast_session_text_has_state (run->session, "paused") &&
         stepcast_dbus_session_get_step (run->session) < run->options->last_step;
}

static void
on_properties_changed (GDBusProxy *proxy,
                       GVariant *changed_properties,
                       char **invalidated_properties,
                       gpointer user_data)
{
  Run *run = user_data;

  if (run->is_ending || stepcast_dbus_session_get_state (run->session) == NULL)
    return; /* a session without properties is one whose service has gone */

  if (has_done_its_steps (run))
    {
      stop (run);
      return;
    }

  if (!run->options->is_detached && !is_between_changes (run))
    stepcast_run_display_update (run->display);
  if (stepcast_session_text_has_ended (run->session))
    {
      run->is_ending = TRUE;
      run->status = get_status (run);
      stepcast_run_display_end (run->display);
      keep_frame (run);
    }
}

static void
on_log (StepcastDBusSession *session, const char *stream, const char *line, gpointer user_data)
{
  Run *run = user_data;

  stepcast_run_display_log (run->display, line);
}

static void
abandon (Run *run, GError *error)
{
  g_autoptr (GError) owned = error;

  run->is_ending = TRUE;
  run->status = stepcast_run_display_report (run->display, owned);
  g_main_loop_quit (run->loop);
}

static void
on_vanished (StepcastClient *client, gpointer user_data)
{
  abandon (user_data, stepcast_client_new_vanished_error ());
}

static void
on_session_closed (StepcastClient *client, const char *path, gpointer user_data)
{
  Run *run = user_data;

  if (!run->is_ending &&
      g_str_equal (path, g_dbus_proxy_get_object_path (G_DBUS_PROXY (run->session))))
    {
      abandon (run, stepcast_client_new_closed_error (run->session));
      run->status = STEPCAST_CLI_EXIT_FAILED; /* it was known well enough */
    }
}

static gboolean
on_signal (Run *run, int signum)
{
  gint64 now_us = g_get_monotonic_time ();

  if (run->signum != 0)
    {
      if (now_us - run->signal_us < REPEATED_US)
        return G_SOURCE_CONTINUE;
      run->status = STEPCAST_CLI_EXIT_SIGNAL + signum;
      g_main_loop_quit (run->loop);
      return G_SOURCE_CONTINUE;
    }

  run->signum = signum;
  run->signal_us = now_us;
  if (!run->is_ending)
    {
      stepcast_run_display_show_stopping (run->display);
      stop (run);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_sigint (gpointer user_data)
{
  return on_signal (user_data, SIGINT);
}

static gboolean
on_sigterm (gpointer user_data)
{
  return on_signal (user_data, SIGTERM);
}

static gboolean
on_sighup (gpointer user_data)
{
  return on_signal (user_data, SIGHUP);
}

static gboolean
on_sigwinch (gpointer user_data)
{
  Run *run = user_data;

  stepcast_run_display_redraw (run->display);
  return G_SOURCE_CONTINUE;
}

/* What the caller ignores, as nohup does, stays ignored. */
static void
add_signal (int signum, const char *name, GSourceFunc callback, Run *run)
{
  struct sigaction action;

  if (sigaction (signum, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
    return;
  g_source_set_name_by_id (g_unix_signal_add (signum, callback, run), name);
}

static void
listen_to_all (Run *run)
{
  g_signal_connect (run->session, "g-properties-changed", G_CALLBACK (on_properties_changed), run);
  g_signal_connect (run->session, "log", G_CALLBACK (on_log), run);
  g_signal_connect (run->client, "vanished", G_CALLBACK (on_vanished), run);
  g_signal_connect (run->client, "session-closed", G_CALLBACK (on_session_closed), run);

  add_signal (SIGINT, "[stepcast] SIGINT", on_sigint, run);
  add_signal (SIGTERM, "[stepcast] SIGTERM", on_sigterm, run);
  add_signal (SIGHUP, "[stepcast] SIGHUP", on_sighup, run);
  g_source_set_name_by_id (g_unix_signal_add (SIGWINCH, on_sigwinch, run), "[stepcast] SIGWINCH");
}

/* ---- to a picture ---- */

static void
on_replayed (const GError *error, gpointer user_data)
{
  Run *run = user_data;

  g_clear_pointer (&run->replay, stepcast_replay_free);
  if (run->is_ending)
    return;

  if (error != NULL)
    {
      run->is_ending = TRUE;
      run->status = stepcast_run_display_report (run->display, error);
      close_session (run);
    }
  else if (run->options->is_detached)
    g_main_loop_quit (run->loop);
  else if (run->options->n_steps > 0)
    stop (run);
}

static void
note_version (Run *run)
{
  const char *service =
    stepcast_dbus_manager_get_version (stepcast_client_get_manager (run->client, NULL));
  g_autofree char *theirs = stepcast_output_escape (run->options->kept->service);

  if (g_strcmp0 (service, run->options->kept->service) != 0)
    /* TRANSLATORS: two versions of Stepcast */
    g_printerr (_ ("stepcast: the picture is of Stepcast %s; that of this one, %s, may differ\n"),
                theirs, service);
}

static gboolean
fill_changes (Run *run, GVariant *description, GError **error)
{
  GArray *kept = run->options->kept->changes;

  run->changes = stepcast_replay_changes_new ();
  for (guint i = 0; i < kept->len; i++)
    {
      const StepcastKeptChange *change = &g_array_index (kept, StepcastKeptChange, i);
      GVariant *values = stepcast_values_parse (description, change->assignments, error);
      StepcastReplayChange replayed = { .step = change->step };

      if (values == NULL)
        return FALSE;
      replayed.values = g_variant_ref_sink (values);
      g_array_append_val (run->changes, replayed);
    }
  return TRUE;
}

static void
begin_replay (Run *run)
{
  note_version (run);
  run->replay =
    stepcast_replay_new (run->session, run->changes, run->options->last_step, on_replayed, run);
}

/* ---- the beginning ---- */

/* Returns: (transfer floating) (nullable) */
static GVariant *
add_parameters (Run *run, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (run->options->session_options);
  const char *generator = run->options->generator != NULL ? run->options->generator : "";
  g_autoptr (GVariant) description =
    stepcast_client_describe_generator (run->client, generator, error);
  GVariant *values = NULL;

  if (description != NULL && (run->options->kept == NULL || fill_changes (run, description, error)))
    values = stepcast_values_parse (description, run->options->assignments, error);
  if (values == NULL)
    return NULL;

  g_variant_dict_insert_value (&dict, "parameters", values);
  return g_variant_dict_end (&dict);
}

static char *
create_of_generator (Run *run, StepcastDBusManager *manager, GError **error)
{
  const char *generator = run->options->generator != NULL ? run->options->generator : "";
  GVariant *options = add_parameters (run, error);
  char *path = NULL;

  if (options != NULL)
    stepcast_dbus_manager_call_create_session_sync (manager, generator, options, &path, NULL,
                                                    error);
  return path;
}

static char *
create_of_stream (Run *run, StepcastDBusManager *manager, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  char *path = NULL;
  int handle = g_unix_fd_list_append (fds, STDIN_FILENO, error);

  if (handle >= 0)
    stepcast_dbus_manager_call_create_stream_session_sync (manager, g_variant_new_handle (handle),
                                                           run->options->session_options, fds,
                                                           &path, NULL, NULL, error);
  return path;
}

/* Returns: (transfer full) (nullable): the object path of the new session */
static char *
create (Run *run, GError **error)
{
  StepcastDBusManager *manager = stepcast_client_get_manager (run->client, error);
  char *path = NULL;

  if (manager == NULL)
    return NULL;
  if (run->options->is_stream)
    return create_of_stream (run, manager, error);
  if (run->options->program == NULL)
    return create_of_generator (run, manager, error);

  stepcast_dbus_manager_call_create_command_session_sync (
    manager, (const char *const *) run->options->program->argv, run->options->session_options,
    &path, NULL, error);
  return path;
}

static gboolean
start (Run *run, GError **error)
{
  if (run->options->kept != NULL)
    {
      begin_replay (run);
      return TRUE;
    }
  if (run->options->n_steps > 0)
    return stepcast_dbus_session_call_step_sync (run->session, (guint) run->options->n_steps, NULL,
                                                 error);
  return stepcast_dbus_session_call_start_sync (run->session, NULL, error);
}

static gboolean
show_link (Run *run, GError **error)
{
  g_autofree char *link = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!stepcast_dbus_manager_call_get_link_sync (stepcast_client_get_manager (run->client, NULL),
                                                 stepcast_dbus_session_get_name (run->session),
                                                 "control", &link, NULL, error))
    return FALSE;

  stepcast_run_display_show_link (run->display, link);
  if (run->options->is_opened && !stepcast_browser_open (link, &local_error))
    stepcast_run_display_report (run->display, local_error); /* it runs all the same */
  return TRUE;
}

static gboolean
begin (Run *run, GError **error)
{
  g_autofree char *path = NULL;

  run->client = stepcast_client_new (STEPCAST_CLIENT_NONE, error);
  if (run->client == NULL)
    return FALSE;

  stepcast_client_introduce (run->client);
  path = create (run, error);
  if (path != NULL)
    run->session = stepcast_client_open_session (run->client, path, error);
  if (run->session == NULL)
    return FALSE;

  run->display = stepcast_run_display_new (run->session, run->options->wants_json);
  run->loop = g_main_loop_new (NULL, FALSE);
  if (!run->options->is_detached || run->options->kept != NULL)
    listen_to_all (run); /* before anything can happen */
  return show_link (run, error) && start (run, error);
}

int
stepcast_command_run (char **argv)
{
  g_auto (Run) run = { 0 };
  g_autoptr (GError) error = NULL;

  run.options = stepcast_run_options_parse (argv, &error);
  if (run.options == NULL || !begin (&run, &error))
    {
      if (run.session != NULL) /* nobody will miss what has not begun */
        stepcast_dbus_session_call_close_sync (run.session, NULL, NULL);
      return stepcast_client_report (error);
    }

  if (!run.options->is_detached || run.replay != NULL)
    g_main_loop_run (run.loop);
  return run.status;
}
