/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-program-run.h"

#include <unistd.h>

#include <gio/gunixinputstream.h>

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-log-reader.h"
#include "stepcast-process.h"

/* A run of an external program: each SVG document that it prints is a step.
 *
 * A run ends when the program has printed its last document and has ended, with all of its group;
 * or when something went wrong or it was cancelled, and it has ended after being told to. */

struct _StepcastProgramRun
{
  StepcastDocumentRun parent_instance;

  StepcastCommand *command;
  StepcastGuard *guard;     /* (nullable) */
  StepcastProcess *process; /* (nullable): before the start, and if it can't be started */
  StepcastLogReader *log;   /* (nullable): with it */
  GSource *silence;         /* (nullable): before the first document */
  GSource *escape; /* (nullable): when its group is gone, and its output is not at its end */
};

G_DEFINE_FINAL_TYPE (StepcastProgramRun, stepcast_program_run, STEPCAST_TYPE_DOCUMENT_RUN)

/* ---- the end ---- */

static GError *
make_error (StepcastProgramRun *self, int code, const char *what)
{
  g_autofree char *last_lines =
    self->log != NULL ? stepcast_log_reader_get_last_lines (self->log) : NULL;

  if (last_lines == NULL)
    return g_error_new (STEPCAST_ERROR, code, "%s", what);
  return g_error_new (STEPCAST_ERROR, code, "%s\nThe last lines of its standard error:\n%s", what,
                      last_lines);
}

/* How it ended, from how the process did and what was wrong with its output. */
static GError *
stepcast_program_run_judge (StepcastDocumentRun *run, const StepcastDocumentEnd *end)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);
  const char *program = self->command->argv[0];
  const GError *failure = end->failure;
  g_autofree char *exit = stepcast_process_describe_exit (self->process);
  g_autofree char *what = NULL;
  gboolean has_succeeded = stepcast_process_has_succeeded (self->process);

  /* Where its output is not at its end, it was told to end because of the failure. */
  if (failure != NULL && (has_succeeded || !end->is_at_end))
    return make_error (self,
                       failure->domain == STEPCAST_ERROR ? failure->code :
                                                           STEPCAST_ERROR_PROGRAM_FAILED,
                       failure->message);

  if (failure != NULL)
    what = g_strdup_printf ("“%s” %s. %s", program, exit, failure->message);
  else if (!has_succeeded)
    what = g_strdup_printf ("“%s” %s", program, exit);
  else if (end->n_documents == 0)
    what = g_strdup_printf ("“%s” %s and printed no SVG document", program, exit);

  return what != NULL ? make_error (self, STEPCAST_ERROR_PROGRAM_FAILED, what) : NULL;
}

/* Where its output has come to its end, it has the time that it needs to exit. */
static void
stepcast_program_run_leave_off (StepcastDocumentRun *run, gboolean is_at_end)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  stepcast_gsource_clear (&self->silence);
  if (self->process != NULL && !is_at_end)
    stepcast_process_terminate (self->process);
}

static gboolean
stepcast_program_run_has_ended (StepcastDocumentRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  return self->process == NULL || stepcast_process_has_ended (self->process);
}

static void
stepcast_program_run_close (StepcastDocumentRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  stepcast_gsource_clear (&self->escape);
  stepcast_gsource_clear (&self->silence);
  if (self->log != NULL)
    stepcast_log_reader_drain (self->log);
}

/* ---- the process ---- */

static void
on_log_line (StepcastLogReader *log, const char *line, StepcastProgramRun *self)
{
  g_info ("%s: %s", self->command->argv[0], line);
  stepcast_run_log (STEPCAST_RUN (self), line);
}

static gboolean
on_silence (gpointer user_data)
{
  StepcastProgramRun *self = user_data;
  g_autofree char *line = g_strdup_printf (
    "“%s” has printed no whole document for %d s. If it should have: does it buffer its output? "
    "Flush after each document, or try --pty",
    self->command->argv[0], STEPCAST_PROGRAM_SILENCE_SECONDS);

  g_clear_pointer (&self->silence, g_source_unref);
  g_message ("%s", line);
  stepcast_run_log (STEPCAST_RUN (self), line);

  return G_SOURCE_REMOVE;
}

static void
stepcast_program_run_documents_came (StepcastDocumentRun *run)
{
  stepcast_gsource_clear (&STEPCAST_PROGRAM_RUN (run)->silence);
}

/* What has left its group may hold its output open for ever. */
static gboolean
on_escape (gpointer user_data)
{
  g_autoptr (StepcastProgramRun) self = g_object_ref (user_data);

  g_clear_pointer (&self->escape, g_source_unref);
  stepcast_document_run_read_the_rest (STEPCAST_DOCUMENT_RUN (self));

  return G_SOURCE_REMOVE;
}

static void
on_process_exited (StepcastProcess *process, StepcastProgramRun *self)
{
  stepcast_run_set_exit_status (STEPCAST_RUN (self), stepcast_process_get_exit_status (process));
}

static void
on_process_ended (StepcastProcess *process, StepcastProgramRun *self)
{
  g_autoptr (StepcastProgramRun) alive G_GNUC_UNUSED = g_object_ref (self);

  if (stepcast_document_run_is_leaving (STEPCAST_DOCUMENT_RUN (self)))
    {
      stepcast_document_run_conclude (STEPCAST_DOCUMENT_RUN (self));
      return;
    }

  self->escape = g_timeout_source_new (STEPCAST_PROCESS_GRACE_MS);
  g_source_set_static_name (self->escape, "[stepcast] program's output outlives it");
  g_source_set_callback (self->escape, on_escape, self, NULL);
  g_source_attach (self->escape, g_main_context_get_thread_default ());
}

static gboolean
start_process (StepcastProgramRun *self, GError **error)
{
  self->process = stepcast_process_new (self->command, self->guard, error);
  if (self->process == NULL)
    return FALSE;

  g_signal_connect_object (self->process, "exited", G_CALLBACK (on_process_exited), self, 0);
  g_signal_connect_object (self->process, "ended", G_CALLBACK (on_process_ended), self, 0);
  self->log = stepcast_log_reader_new (stepcast_process_get_errors (self->process));
  g_signal_connect_object (self->log, "line", G_CALLBACK (on_log_line), self, 0);

  self->silence = g_timeout_source_new_seconds (STEPCAST_PROGRAM_SILENCE_SECONDS);
  g_source_set_static_name (self->silence, "[stepcast] silent program");
  g_source_set_callback (self->silence, on_silence, self, NULL);
  g_source_attach (self->silence, g_main_context_get_thread_default ());
  return TRUE;
}

/* Its end of the pipe or terminal is ours alone, and was made not to block. */
static gssize
read_output (int fd, void *buffer, gsize length)
{
  return read (fd, buffer, length);
}

static gboolean
stepcast_program_run_open (StepcastDocumentRun *run, StepcastDocumentInput *input, GError **error)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);
  GInputStream *output;

  if (!start_process (self, error))
    return FALSE;

  output = stepcast_process_get_output (self->process);
  input->fd = g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (output));
  input->read = read_output;
  return TRUE;
}

/* ---- the run ---- */

static void
stepcast_program_run_dispose (GObject *object)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (object);

  stepcast_gsource_clear (&self->silence);
  stepcast_gsource_clear (&self->escape);

  /* Before the process: it stops waiting for its output. */
  G_OBJECT_CLASS (stepcast_program_run_parent_class)->dispose (object);

  g_clear_object (&self->process);
  g_clear_object (&self->guard);
  g_clear_object (&self->log);
}

static void
stepcast_program_run_finalize (GObject *object)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (object);

  stepcast_command_free (self->command);

  G_OBJECT_CLASS (stepcast_program_run_parent_class)->finalize (object);
}

static void
stepcast_program_run_class_init (StepcastProgramRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastDocumentRunClass *document_class = STEPCAST_DOCUMENT_RUN_CLASS (klass);

  object_class->dispose = stepcast_program_run_dispose;
  object_class->finalize = stepcast_program_run_finalize;

  document_class->open = stepcast_program_run_open;
  document_class->documents_came = stepcast_program_run_documents_came;
  document_class->leave_off = stepcast_program_run_leave_off;
  document_class->has_ended = stepcast_program_run_has_ended;
  document_class->close = stepcast_program_run_close;
  document_class->judge = stepcast_program_run_judge;
}

static void
stepcast_program_run_init (StepcastProgramRun *self)
{
}

/**
 * stepcast_program_run_new:
 * @number: the number of the run in its session, from 1
 * @command: what to run, and how
 * @limits: what one document may cost
 * @scheduler: splits and checks what it prints
 * @validator: loads it
 * @guard: (nullable): ends what the program has started where we can't
 *
 * Returns: (transfer full): a new run, which starts the program when it is told to proceed
 */
StepcastRun *
stepcast_program_run_new (guint number,
                          const StepcastCommand *command,
                          const StepcastDocumentLimits *limits,
                          StepcastScheduler *scheduler,
                          StepcastValidator *validator,
                          StepcastGuard *guard)
{
  StepcastProgramRun *self = g_object_new (STEPCAST_TYPE_PROGRAM_RUN, "number", number, NULL);

  self->command = stepcast_command_copy (command);
  g_set_object (&self->guard, guard);
  stepcast_document_run_set_up (STEPCAST_DOCUMENT_RUN (self), limits, scheduler, validator);

  return STEPCAST_RUN (self);
}
