/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-program-run.h"

#include <errno.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>

#include "stepcast-document-splitter.h"
#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-log-reader.h"
#include "stepcast-process.h"

/* A run of an external program: each SVG document that it prints is a step.
 *
 * The main context waits until there is something to read, so that a silent program holds no slot;
 * a slice then reads, splits and checks in a worker; the documents that somebody wants to see are
 * loaded by helper processes; and what passes comes home as frames. Where nothing may be read, the
 * program is held back by its full pipe.
 *
 * A run ends when the program has printed its last document and has ended, with all of its group;
 * or when something went wrong or it was cancelled, and it has ended after being told to. */

/* A pipe holds that much. */
#define READ_BYTES (64 * 1024)

/* Documents in one slice: the time of a slice is bounded, and so is what waits to be loaded. */
#define MAX_DOCUMENTS 64

/* The worker's while it is under way; the main context's once its task has returned. The splitter
 * and the file descriptor are the run's, which the slice keeps and nobody else touches meanwhile.
 */
typedef struct
{
  StepcastDocumentSplitter *splitter;
  int fd;
  guint max_documents;
  gsize max_bytes;

  GPtrArray *documents; /* of GBytes */
  gsize n_bytes;
  gboolean is_drained; /* the splitter has no other document yet */
  gboolean is_at_end;
  gboolean would_block;
} Slice;

/* A document that is being loaded by a helper. */
typedef struct
{
  GBytes *document;
  guint64 step;
  GError *error; /* (nullable): why it was refused */
} Check;

struct _StepcastProgramRun
{
  StepcastRun parent_instance;

  char **argv;
  gboolean uses_pty;
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  GCancellable *cancellable;

  StepcastProcess *process; /* (nullable): before the start, and if it can't be started */
  StepcastLogReader *log;   /* (nullable): with it */
  StepcastDocumentSplitter *splitter;
  GSource *readable; /* (nullable): while it waits for output */
  GSource *due;      /* (nullable): with it, until somebody is ready for the last document */
  GSource *silence;  /* (nullable): before the first document */
  GSource *escape;   /* (nullable): when its group is gone, and its output is not at its end */
  GTask *task;       /* (nullable): the slice under way */

  GPtrArray *checks; /* of Check */
  guint n_checking;  /* of them */

  guint64 n_documents;    /* that have come: the number of the step under way */
  guint64 serial;         /* of the last frame */
  GBytes *last_document;  /* (nullable): of the last step */
  gboolean is_last_shown; /* it was checked, for all who wanted to see it */

  /* While documents are being loaded: those that came with them, and the one before. */
  GPtrArray *new_documents; /* (nullable): of GBytes */
  GBytes *document_before;  /* (nullable) */

  gboolean is_drained;
  gboolean is_at_end;  /* of its output */
  gboolean is_escaped; /* its group is gone for longer than the grace time */
  GError *failure;     /* (nullable): what went wrong with its output */
  gboolean is_cancelled;
  gboolean is_ending; /* it comes home for the last time when all has ended */
};

G_DEFINE_FINAL_TYPE (StepcastProgramRun, stepcast_program_run, STEPCAST_TYPE_RUN)

static void wait_for_output (StepcastProgramRun *self);
static void show_last_if_due (StepcastProgramRun *self);
static void begin_end (StepcastProgramRun *self);

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

/* How it ended, from how the process did and what was wrong with its output; NULL if all is well.
 */
static GError *
judge (StepcastProgramRun *self)
{
  g_autofree char *exit = stepcast_process_describe_exit (self->process);
  g_autofree char *what = NULL;
  gboolean has_succeeded = stepcast_process_has_succeeded (self->process);

  /* Where its output is not at its end, it was told to end because of the failure. */
  if (self->failure != NULL && (has_succeeded || !self->is_at_end))
    return make_error (self,
                       self->failure->domain == STEPCAST_ERROR ? self->failure->code :
                                                                 STEPCAST_ERROR_PROGRAM_FAILED,
                       self->failure->message);

  if (self->failure != NULL)
    what = g_strdup_printf ("“%s” %s. %s", self->argv[0], exit, self->failure->message);
  else if (!has_succeeded)
    what = g_strdup_printf ("“%s” %s", self->argv[0], exit);
  else if (self->n_documents == 0)
    what = g_strdup_printf ("“%s” %s and printed no SVG document", self->argv[0], exit);

  return what != NULL ? make_error (self, STEPCAST_ERROR_PROGRAM_FAILED, what) : NULL;
}

static void
conclude (StepcastProgramRun *self)
{
  g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  StepcastOutcome outcome = STEPCAST_OUTCOME_CANCELLED;

  stepcast_gsource_clear (&self->escape);
  stepcast_gsource_clear (&self->silence);
  if (self->log != NULL)
    stepcast_log_reader_drain (self->log);
  if (!self->is_cancelled)
    {
      error = judge (self);
      outcome = error != NULL ? STEPCAST_OUTCOME_FAILED : STEPCAST_OUTCOME_FINISHED;
    }

  self->is_ending = FALSE;
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  stepcast_run_come_home (STEPCAST_RUN (self), no_frames, outcome, error);
}

static void
conclude_if_all_has_ended (StepcastProgramRun *self)
{
  if (self->is_ending && self->task == NULL && self->n_checking == 0 &&
      (self->process == NULL || stepcast_process_has_ended (self->process)))
    conclude (self);
}

/* Where its output has come to its end, it has the time that it needs to exit. */
static void
begin_end (StepcastProgramRun *self)
{
  stepcast_gsource_clear (&self->readable);
  stepcast_gsource_clear (&self->due);
  stepcast_gsource_clear (&self->silence);
  self->is_ending = TRUE;
  stepcast_run_set_busy (STEPCAST_RUN (self), TRUE);
  if (self->process != NULL && !self->is_at_end)
    stepcast_process_terminate (self->process);
  conclude_if_all_has_ended (self);
}

/* ---- documents that are loaded by helpers ---- */

static void
check_free (Check *check)
{
  g_bytes_unref (check->document);
  g_clear_error (&check->error);
  g_free (check);
}

/* The document of @step does not count: the last complete step is the one before. */
static void
go_back (StepcastProgramRun *self, guint64 step)
{
  GBytes *last = self->document_before;
  guint64 index;

  if (self->new_documents != NULL)
    {
      index = step - 1 - (self->n_documents - self->new_documents->len);
      if (index > 0)
        last = self->new_documents->pdata[index - 1];
      g_clear_pointer (&self->last_document, g_bytes_unref);
      self->last_document = last != NULL ? g_bytes_ref (last) : NULL;
    }
  self->n_documents = step - 1;
}

/* The frames up to the first document that was refused. */
static GPtrArray *
take_frames (StepcastProgramRun *self, guint64 *refused_step, GError **error)
{
  StepcastRun *run = STEPCAST_RUN (self);
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_frame_unref);
  gint64 time_us = g_get_monotonic_time () - stepcast_run_get_began_us (run);

  for (guint i = 0; i < self->checks->len; i++)
    {
      Check *check = self->checks->pdata[i];

      if (check->error != NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&check->error),
                                      "Document %" G_GUINT64_FORMAT ": ", check->step);
          *refused_step = check->step;
          break;
        }
      self->serial++;
      g_ptr_array_add (frames, stepcast_frame_new (check->document, stepcast_run_get_number (run),
                                                   self->serial, check->step, time_us));
    }
  g_ptr_array_set_size (self->checks, 0);

  return frames;
}

static void
come_home (StepcastProgramRun *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) frames = NULL;
  StepcastProgress progress = *stepcast_run_get_progress (STEPCAST_RUN (self));
  guint64 refused_step = 0;

  frames = take_frames (self, &refused_step, &error);
  if (self->is_ending)
    {
      go_back (self, progress.step + 1); /* nobody was told of what is not home yet */
    }
  else if (error != NULL && !stepcast_run_has_ended (STEPCAST_RUN (self)))
    {
      /* Nothing after it counts, whatever else may be wrong there. */
      g_clear_error (&self->failure);
      self->failure = g_steal_pointer (&error);
      self->is_drained = TRUE;
      self->is_at_end = FALSE;
      go_back (self, refused_step);
    }
  g_clear_pointer (&self->new_documents, g_ptr_array_unref);
  g_clear_pointer (&self->document_before, g_bytes_unref);
  if (self->is_ending)
    {
      conclude_if_all_has_ended (self);
      return;
    }

  progress.step = self->n_documents;
  stepcast_run_set_progress (STEPCAST_RUN (self), &progress);
  stepcast_run_come_home (STEPCAST_RUN (self), frames, STEPCAST_OUTCOME_NONE, error);
}

typedef struct
{
  StepcastProgramRun *run;
  Check *check; /* the run's */
} CheckDone;

static void
on_checked (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autofree CheckDone *done = user_data;
  g_autoptr (StepcastProgramRun) self = done->run;

  stepcast_validator_check_finish (STEPCAST_VALIDATOR (source_object), result, &done->check->error);
  self->n_checking--;
  if (self->n_checking == 0)
    come_home (self);
}

static void
begin_check (StepcastProgramRun *self, GBytes *document, guint64 step)
{
  Check *check = g_new0 (Check, 1);
  CheckDone *done = g_new (CheckDone, 1);

  self->is_last_shown = step == self->n_documents;
  check->document = g_bytes_ref (document);
  check->step = step;
  g_ptr_array_add (self->checks, check);
  self->n_checking++;

  done->run = g_object_ref (self);
  done->check = check;
  stepcast_validator_check_async (self->validator, document, self->cancellable, on_checked, done);
}

/* ---- slices ---- */

/* Reads once, and hands on what came to the splitter. */
static gboolean
slice_read (Slice *slice, char *buffer, GError **error)
{
  ssize_t n_read;

  do
    n_read = read (slice->fd, buffer, READ_BYTES);
  while (n_read < 0 && errno == EINTR);

  if (n_read > 0)
    return stepcast_document_splitter_push (slice->splitter, buffer, (gsize) n_read, error);

  if (n_read < 0 && errno == EAGAIN)
    slice->would_block = TRUE;
  else
    slice->is_at_end = TRUE; /* of a pipe; a terminal's is EIO */
  return TRUE;
}

static gboolean
slice_goes_on (const Slice *slice, gint64 end_us)
{
  return slice->documents->len < slice->max_documents && slice->n_bytes < slice->max_bytes &&
         !slice->would_block && !slice->is_at_end && g_get_monotonic_time () < end_us;
}

static gboolean
slice_pop (Slice *slice)
{
  GBytes *document = stepcast_document_splitter_pop (slice->splitter);

  slice->is_drained = document == NULL;
  if (document != NULL)
    {
      slice->n_bytes += g_bytes_get_size (document);
      g_ptr_array_add (slice->documents, document);
    }
  return document != NULL;
}

static void
slice_in_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Slice *slice = task_data;
  gint64 end_us = g_get_monotonic_time () + STEPCAST_SLICE_US;
  g_autofree char *buffer = g_malloc (READ_BYTES);
  g_autoptr (GError) error = NULL;

  do
    {
      if (!slice_pop (slice) && error == NULL &&
          !g_cancellable_set_error_if_cancelled (cancellable, &error))
        slice_read (slice, buffer, &error);
    }
  while (slice_goes_on (slice, end_us) && (error == NULL || !slice->is_drained));

  /* What was read last may have completed some more. */
  while (slice->documents->len < slice->max_documents && slice->n_bytes < slice->max_bytes &&
         slice_pop (slice))
    ;

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
slice_free (Slice *slice)
{
  g_ptr_array_unref (slice->documents);
  g_free (slice);
}

/* Its documents are steps; those that somebody wants to see are loaded first. */
static void
take_documents (StepcastProgramRun *self, GPtrArray *documents)
{
  StepcastDemand demand;

  stepcast_run_get_demand (STEPCAST_RUN (self), &demand);
  for (guint i = 0; i < documents->len; i++)
    {
      gboolean is_last = i + 1 == documents->len;
      gboolean is_due = is_last && g_get_monotonic_time () >= demand.due_us;

      self->n_documents++;
      self->is_last_shown = FALSE;
      if (demand.is_every || is_due)
        begin_check (self, documents->pdata[i], self->n_documents);
    }

  if (documents->len > 0)
    {
      stepcast_gsource_clear (&self->silence);
      self->new_documents = g_ptr_array_ref (documents);
      self->document_before = g_steal_pointer (&self->last_document);
      self->last_document = g_bytes_ref (documents->pdata[documents->len - 1]);
    }
}

static void
on_slice_done (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StepcastProgramRun) self = user_data;
  g_autoptr (GTask) task = g_steal_pointer (&self->task); /* keeps the slice */
  Slice *slice = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (task, &error);
  if (self->is_ending)
    {
      conclude_if_all_has_ended (self);
      return;
    }

  self->is_drained = slice->is_drained;
  self->is_at_end = slice->is_at_end || (slice->would_block && self->is_escaped);
  if (error == NULL && self->is_at_end)
    stepcast_document_splitter_finish (self->splitter, &error);
  if (error != NULL && self->failure == NULL)
    self->failure = g_steal_pointer (&error);

  if (slice->documents->len > 0)
    take_documents (self, slice->documents);

  if (self->n_checking > 0)
    return;
  if (slice->documents->len > 0 || self->failure != NULL || self->is_at_end)
    come_home (self);
  else
    wait_for_output (self);
}

static void
push_slice (StepcastProgramRun *self)
{
  StepcastRun *run = STEPCAST_RUN (self);
  guint64 allowance = stepcast_run_get_allowance (run);
  Slice *slice = g_new0 (Slice, 1);
  StepcastDemand demand;

  stepcast_run_get_demand (run, &demand);
  slice->splitter = self->splitter;
  slice->fd =
    g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (stepcast_process_get_output (self->process)));
  slice->max_documents = (guint) MIN (allowance, MAX_DOCUMENTS);
  slice->max_bytes = G_MAXSIZE;
  if (demand.is_every)
    {
      slice->max_documents = MIN (slice->max_documents, MAX (demand.frames, 1));
      slice->max_bytes = demand.bytes;
    }
  slice->documents = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  self->task = g_task_new (NULL, self->cancellable, on_slice_done, g_object_ref (self));
  g_task_set_source_tag (self->task, push_slice);
  g_task_set_name (self->task, "[stepcast] program's output");
  g_task_set_priority (self->task, STEPCAST_PRIORITY_OUTPUT);
  g_task_set_task_data (self->task, slice, (GDestroyNotify) slice_free);
  stepcast_scheduler_push (self->scheduler, self->task, slice_in_thread, STEPCAST_TURN_FAIR);
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  StepcastProgramRun *self = user_data;

  stepcast_gsource_clear (&self->readable);
  stepcast_gsource_clear (&self->due);
  push_slice (self);

  return G_SOURCE_CONTINUE; /* destroyed by then */
}

static gboolean
on_due (gpointer user_data)
{
  StepcastProgramRun *self = user_data;

  g_clear_pointer (&self->due, g_source_unref);
  show_last_if_due (self);

  return G_SOURCE_REMOVE;
}

static void
wait_until_due (StepcastProgramRun *self, gint64 due_us)
{
  self->due = g_timeout_source_new (0);
  g_source_set_static_name (self->due, "[stepcast] program's last document is due");
  g_source_set_priority (self->due, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_ready_time (self->due, due_us);
  g_source_set_callback (self->due, on_due, self, NULL);
  g_source_attach (self->due, g_main_context_get_thread_default ());
}

/* While it waits for output: the last document may have come when nobody was ready for it, or
 * before anybody looked. The next one can be long in coming. */
static void
show_last_if_due (StepcastProgramRun *self)
{
  StepcastDemand demand;

  stepcast_gsource_clear (&self->due);
  if (self->last_document == NULL || self->is_last_shown)
    return;

  stepcast_run_get_demand (STEPCAST_RUN (self), &demand);
  if (g_get_monotonic_time () >= demand.due_us)
    {
      stepcast_gsource_clear (&self->readable);
      begin_check (self, self->last_document, self->n_documents);
    }
  else if (demand.due_us != STEPCAST_NEVER)
    {
      wait_until_due (self, demand.due_us);
    }
}

static void
wait_for_output (StepcastProgramRun *self)
{
  GInputStream *output = stepcast_process_get_output (self->process);

  if (self->is_escaped) /* it may never become readable again: what there is, is read at once */
    {
      push_slice (self);
      return;
    }

  self->readable = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (output), NULL);
  g_source_set_static_name (self->readable, "[stepcast] program readable");
  g_source_set_priority (self->readable, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (self->readable, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->readable, g_main_context_get_thread_default ());
  show_last_if_due (self);
}

/* ---- the process ---- */

static void
on_log_line (StepcastLogReader *log, const char *line, StepcastProgramRun *self)
{
  g_info ("%s: %s", self->argv[0], line);
  stepcast_run_log (STEPCAST_RUN (self), line);
}

static gboolean
on_silence (gpointer user_data)
{
  StepcastProgramRun *self = user_data;
  g_autofree char *line = g_strdup_printf (
    "“%s” has printed no whole document for %d s. If it should have: does it buffer its output? "
    "Flush after each document, or try --pty",
    self->argv[0], STEPCAST_PROGRAM_SILENCE_SECONDS);

  g_clear_pointer (&self->silence, g_source_unref);
  g_message ("%s", line);
  stepcast_run_log (STEPCAST_RUN (self), line);

  return G_SOURCE_REMOVE;
}

/* What has left its group may hold its output open for ever. */
static gboolean
on_escape (gpointer user_data)
{
  g_autoptr (StepcastProgramRun) self = g_object_ref (user_data);

  g_clear_pointer (&self->escape, g_source_unref);
  self->is_escaped = TRUE;
  if (self->readable != NULL)
    {
      stepcast_gsource_clear (&self->readable);
      stepcast_gsource_clear (&self->due);
      push_slice (self);
    }

  return G_SOURCE_REMOVE;
}

static void
on_process_ended (StepcastProcess *process, StepcastProgramRun *self)
{
  g_autoptr (StepcastProgramRun) alive G_GNUC_UNUSED = g_object_ref (self);

  if (self->is_ending)
    {
      conclude_if_all_has_ended (self);
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
  self->process = stepcast_process_new ((const char *const *) self->argv, self->uses_pty, error);
  if (self->process == NULL)
    return FALSE;

  g_signal_connect_object (self->process, "ended", G_CALLBACK (on_process_ended), self, 0);
  self->log = stepcast_log_reader_new (stepcast_process_get_errors (self->process));
  g_signal_connect_object (self->log, "line", G_CALLBACK (on_log_line), self, 0);

  self->silence = g_timeout_source_new_seconds (STEPCAST_PROGRAM_SILENCE_SECONDS);
  g_source_set_static_name (self->silence, "[stepcast] silent program");
  g_source_set_callback (self->silence, on_silence, self, NULL);
  g_source_attach (self->silence, g_main_context_get_thread_default ());
  return TRUE;
}

/* ---- the run ---- */

static void
stepcast_program_run_proceed (StepcastRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);
  g_autoptr (GError) error = NULL;
  StepcastDemand demand;

  if (self->process == NULL && !start_process (self, &error))
    {
      g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();

      stepcast_run_come_home (run, no_frames, STEPCAST_OUTCOME_FAILED, error);
      return;
    }
  if (self->is_drained && (self->failure != NULL || self->is_at_end))
    {
      begin_end (self);
      return;
    }

  stepcast_run_get_demand (run, &demand);
  if (stepcast_run_get_allowance (run) == 0 || (demand.is_every && demand.frames == 0))
    return;

  stepcast_run_set_busy (run, TRUE);
  if (self->is_drained)
    wait_for_output (self);
  else
    push_slice (self);
}

static void
stepcast_program_run_demand_changed (StepcastRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  if (self->readable != NULL)
    show_last_if_due (self);
}

static void
stepcast_program_run_yield (StepcastRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  if (self->readable != NULL)
    {
      stepcast_gsource_clear (&self->readable);
      stepcast_gsource_clear (&self->due);
      stepcast_run_set_busy (run, FALSE);
    }
}

static void
stepcast_program_run_cancel (StepcastRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);
  g_autoptr (StepcastRun) alive G_GNUC_UNUSED = g_object_ref (run);

  if (stepcast_run_has_ended (run) || self->is_cancelled)
    return;

  self->is_cancelled = TRUE;
  self->is_at_end = FALSE;
  g_cancellable_cancel (self->cancellable);
  if (self->task != NULL)
    stepcast_scheduler_withdraw (self->scheduler, self->task);
  begin_end (self);
}

static void
stepcast_program_run_abandon (StepcastRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  if (self->task != NULL)
    stepcast_scheduler_abandon (self->scheduler, self->task);
}

static void
stepcast_program_run_draw (StepcastRun *run)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (run);

  stepcast_run_set_busy (run, TRUE);
  if (self->last_document != NULL)
    {
      begin_check (self, self->last_document, self->n_documents);
    }
  else
    {
      g_autoptr (GPtrArray) no_frames = g_ptr_array_new ();
      g_autoptr (GError) error = g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                                              "“%s” has printed no document yet", self->argv[0]);

      stepcast_run_come_home (run, no_frames, STEPCAST_OUTCOME_NONE, error);
    }
}

static void
stepcast_program_run_dispose (GObject *object)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (object);

  g_assert (self->task == NULL); /* a slice under way keeps its run */
  stepcast_gsource_clear (&self->readable);
  stepcast_gsource_clear (&self->due);
  stepcast_gsource_clear (&self->silence);
  stepcast_gsource_clear (&self->escape);
  g_clear_object (&self->process);
  g_clear_object (&self->log);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->validator);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (stepcast_program_run_parent_class)->dispose (object);
}

static void
stepcast_program_run_finalize (GObject *object)
{
  StepcastProgramRun *self = STEPCAST_PROGRAM_RUN (object);

  stepcast_document_splitter_free (self->splitter);
  g_ptr_array_unref (self->checks);
  g_clear_pointer (&self->last_document, g_bytes_unref);
  g_clear_pointer (&self->new_documents, g_ptr_array_unref);
  g_clear_pointer (&self->document_before, g_bytes_unref);
  g_clear_error (&self->failure);
  g_strfreev (self->argv);

  G_OBJECT_CLASS (stepcast_program_run_parent_class)->finalize (object);
}

static void
stepcast_program_run_class_init (StepcastProgramRunClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastRunClass *run_class = STEPCAST_RUN_CLASS (klass);

  object_class->dispose = stepcast_program_run_dispose;
  object_class->finalize = stepcast_program_run_finalize;

  run_class->proceed = stepcast_program_run_proceed;
  run_class->demand_changed = stepcast_program_run_demand_changed;
  run_class->yield = stepcast_program_run_yield;
  run_class->cancel = stepcast_program_run_cancel;
  run_class->abandon = stepcast_program_run_abandon;
  run_class->draw = stepcast_program_run_draw;
}

static void
stepcast_program_run_init (StepcastProgramRun *self)
{
  const StepcastDocumentLimits limits = {
    .max_bytes = STEPCAST_DOCUMENT_DEFAULT_MAX_BYTES,
    .max_elements = STEPCAST_DOCUMENT_DEFAULT_MAX_ELEMENTS,
  };

  self->splitter = stepcast_document_splitter_new (&limits);
  self->is_drained = TRUE;
  self->checks = g_ptr_array_new_with_free_func ((GDestroyNotify) check_free);
  self->cancellable = g_cancellable_new ();
}

/**
 * stepcast_program_run_new:
 * @number: the number of the run in its session, from 1
 * @argv: (array zero-terminated=1): the program and its arguments
 * @uses_pty: whether its output is a terminal
 * @scheduler: splits and checks what it prints
 * @validator: loads it
 *
 * Returns: (transfer full): a new run, which starts the program when it is told to proceed
 */
StepcastRun *
stepcast_program_run_new (guint number,
                          const char *const *argv,
                          gboolean uses_pty,
                          StepcastScheduler *scheduler,
                          StepcastValidator *validator)
{
  StepcastProgramRun *self = g_object_new (STEPCAST_TYPE_PROGRAM_RUN, "number", number, NULL);

  self->argv = g_strdupv ((char **) argv);
  self->uses_pty = uses_pty;
  self->scheduler = g_object_ref (scheduler);
  self->validator = g_object_ref (validator);

  return STEPCAST_RUN (self);
}
