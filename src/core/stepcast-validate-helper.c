/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-validate-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stepcast-child.h"
#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-validate-protocol.h"

/* How much longer than the deadline a helper is waited for, in milliseconds: it keeps the deadline
 * itself while it reads, and lives on. */
#define HELPER_GRACE_MS 250

/**
 * StepcastValidateHelper:
 *
 * One helper process of a StepcastHelperPool, from its start until its last callback has come: each
 * holds a reference. It works on one frame at a time, and is killed where that takes too long.
 *
 * It lives on the main context, the thread-default one of whoever started it.
 */
struct _StepcastValidateHelper
{
  grefcount ref_count;
  const StepcastValidateHelperCallbacks *callbacks;
  gpointer owner; /* (unowned) (nullable): NULL once it is killed or lost */
  char *path;
  guint deadline_ms;

  GSubprocess *process;
  pid_t pid;
  int wait_status; /* as of waitpid(), once it has exited */
  gboolean exited;
  gboolean lost; /* its answer will not come */
  GSocketConnection *connection;
  GCancellable *io; /* ends its reading and writing */

  GTask *task;      /* (nullable): the request that it works on; NULL where that was cancelled */
  gboolean busy;    /* a frame was sent and the answer has not come */
  guint n_answered; /* requests */
  GSource *deadline;

  StepcastValidateOperation operation; /* of the last request */
  GBytes *frame;                       /* (nullable): being written */
  guint8 request_header[STEPCAST_VALIDATE_REQUEST_HEADER_BYTES];
  GOutputVector vectors[2];
  gboolean writing;
  gboolean answered;
  gboolean talks_nonsense;
  guint8 header[STEPCAST_VALIDATE_ANSWER_HEADER_BYTES];
  char *payload; /* (nullable): what follows the header */
  gsize payload_length;
};

/**
 * stepcast_validate_helper_ref:
 * @self: a helper
 *
 * Returns: (transfer full): @self
 */
StepcastValidateHelper *
stepcast_validate_helper_ref (StepcastValidateHelper *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * stepcast_validate_helper_unref:
 * @self: (transfer full): a helper
 *
 * Does not end it: whoever started it has it ended before.
 */
void
stepcast_validate_helper_unref (StepcastValidateHelper *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->task == NULL);
  g_assert (self->deadline == NULL);
  g_clear_pointer (&self->frame, g_bytes_unref);
  g_free (self->payload);
  g_object_unref (self->connection);
  g_object_unref (self->process);
  g_object_unref (self->io);
  g_free (self->path);
  g_free (self);
}

/* Has the owner let go of it, and ends it; GSubprocess reaps it. The task that it works on is the
 * caller's to return. */
static void
leave (StepcastValidateHelper *self)
{
  gpointer owner = g_steal_pointer (&self->owner);

  if (owner == NULL)
    return;

  stepcast_gsource_clear (&self->deadline);
  g_cancellable_cancel (self->io);
  g_subprocess_force_exit (self->process);
  self->callbacks->left (self, owner);
}

/* A frame that is shown was loaded in time before, so it is no worse a frame for being slow to
 * draw. */
static int
get_late_code (StepcastValidateHelper *self)
{
  return self->operation == STEPCAST_VALIDATE_DRAW ? STEPCAST_ERROR_UNRESPONSIVE :
                                                     STEPCAST_ERROR_INVALID_FRAME;
}

static GError *
describe_loss (StepcastValidateHelper *self)
{
  const int wait_status = self->wait_status;

  if (self->talks_nonsense)
    return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                        "The helper program %s gave an answer that is none", self->path);

  if (!WIFSIGNALED (wait_status))
    return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                        "The helper program %s ended without an answer (exit status %d)",
                        self->path, WEXITSTATUS (wait_status));

  if (WTERMSIG (wait_status) == SIGXCPU)
    return g_error_new (STEPCAST_ERROR, get_late_code (self),
                        "librsvg used more than %u s of processor time on this frame",
                        stepcast_validate_get_cpu_seconds (self->deadline_ms));

  return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                      "librsvg crashed (signal %d, %s) on this frame%s", WTERMSIG (wait_status),
                      g_strsignal (WTERMSIG (wait_status)),
                      WTERMSIG (wait_status) == SIGABRT ?
                        "; a very large one may need more than its 512 MiB" :
                        "");
}

/* Says what became of the request that a lost helper had, once it is known why it was lost. One
 * that talked nonsense is no victim of an earlier frame. */
static void
conclude_if_lost (StepcastValidateHelper *self)
{
  if (!self->lost || !self->exited || self->task == NULL)
    return;

  self->callbacks->lost (g_steal_pointer (&self->task), describe_loss (self),
                         self->n_answered > 0 && !self->talks_nonsense);
}

static gboolean
reap (gpointer data)
{
  StepcastValidateHelper *self = data;

  if (!stepcast_child_reap (self->pid, &self->wait_status))
    return G_SOURCE_CONTINUE;

  self->exited = TRUE;
  if (!self->busy)
    leave (self);
  conclude_if_lost (self);
  return G_SOURCE_REMOVE;
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StepcastValidateHelper) self = data;
  g_autoptr (GSource) again = NULL;

  g_subprocess_wait_finish (self->process, result, NULL);
  self->wait_status = g_subprocess_get_status (self->process);
  if (reap (self) == G_SOURCE_REMOVE)
    return;

  again = g_timeout_source_new (1);
  g_source_set_static_name (again, "[stepcast] helper reap");
  g_source_set_callback (again, reap, g_steal_pointer (&self),
                         (GDestroyNotify) stepcast_validate_helper_unref);
  g_source_attach (again, g_main_context_get_thread_default ());
}

/* Its end of the connection is closed, so it is dead or dying: its exit status says of what. */
static void
lose (StepcastValidateHelper *self)
{
  gpointer owner = self->owner;

  if (owner == NULL)
    return;

  self->lost = TRUE;
  leave (self);
  /* Its request was cancelled: nobody waits for why, but others for its place. */
  if (self->task == NULL)
    self->callbacks->done (self, NULL, NULL, NULL, owner);
  conclude_if_lost (self);
}

static GError *
new_late_error (StepcastValidateHelper *self)
{
  return g_error_new (STEPCAST_ERROR, get_late_code (self),
                      "librsvg took longer than %g s on this frame", self->deadline_ms / 1e3);
}

/* Whoever took over the helper can say what it likes, but not more than text. */
static GError *
new_told_error (StepcastValidateHelper *self)
{
  g_autofree char *message = g_utf8_make_valid (self->payload, (gssize) self->payload_length);

  g_strchomp (message);
  if (self->header[0] == STEPCAST_VALIDATE_TOO_LARGE)
    return g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED, message);
  return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                      "librsvg can't %s this frame: %s",
                      self->operation == STEPCAST_VALIDATE_DRAW ? "draw" : "load", message);
}

static GBytes *
take_verdict (StepcastValidateHelper *self, GError **error)
{
  switch ((StepcastValidateStatus) self->header[0])
    {
    case STEPCAST_VALIDATE_GOOD:
      return g_bytes_new_take (g_steal_pointer (&self->payload), self->payload_length);

    case STEPCAST_VALIDATE_LATE:
      g_propagate_error (error, new_late_error (self));
      return NULL;

    case STEPCAST_VALIDATE_BAD:
    case STEPCAST_VALIDATE_TOO_LARGE:
    default:
      g_propagate_error (error, new_told_error (self));
      return NULL;
    }
}

static void
finish_if_done (StepcastValidateHelper *self)
{
  GTask *task;
  GBytes *payload = NULL;
  GError *error = NULL;

  if (self->owner == NULL || self->writing || !self->answered)
    return;

  task = g_steal_pointer (&self->task);
  stepcast_gsource_clear (&self->deadline);
  self->busy = FALSE;
  self->n_answered++;

  if (task != NULL)
    payload = take_verdict (self, &error);
  g_clear_pointer (&self->payload, g_free);
  self->callbacks->done (self, task, payload, error, self->owner);
}

static void
on_payload_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StepcastValidateHelper) self = data;
  gsize length;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &length, NULL) ||
      length < self->payload_length)
    {
      lose (self);
      return;
    }

  self->answered = TRUE;
  finish_if_done (self);
}

/* Nobody takes more from it than it can have to say. */
static gboolean
read_header (StepcastValidateHelper *self)
{
  const guint8 status = self->header[0];
  const gboolean is_picture =
    self->operation == STEPCAST_VALIDATE_DRAW && status == STEPCAST_VALIDATE_GOOD;
  guint32 length;

  memcpy (&length, self->header + 1, sizeof length);
  self->payload_length = GUINT32_FROM_LE (length);
  return status <= STEPCAST_VALIDATE_TOO_LARGE &&
         self->payload_length <=
           (is_picture ? STEPCAST_VALIDATE_MAX_PICTURE_BYTES : STEPCAST_VALIDATE_MAX_MESSAGE_BYTES);
}

static void
on_header_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StepcastValidateHelper) self = data;
  gsize n_read;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &n_read, NULL) ||
      n_read < sizeof self->header)
    {
      lose (self);
      return;
    }

  if (!read_header (self))
    {
      self->talks_nonsense = TRUE;
      lose (self);
      return;
    }

  self->payload =
    g_malloc (MAX (self->payload_length, 1)); /* GIO wants a buffer for nothing, too */
  g_input_stream_read_all_async (G_INPUT_STREAM (source), self->payload, self->payload_length,
                                 G_PRIORITY_DEFAULT, self->io, on_payload_read,
                                 stepcast_validate_helper_ref (self));
}

/* Where it could not be written, the helper is gone, and reading says so. */
static void
on_request_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StepcastValidateHelper) self = data;

  g_output_stream_writev_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_clear_pointer (&self->frame, g_bytes_unref);
  self->writing = FALSE;
  finish_if_done (self);
}

static gboolean
on_deadline (gpointer data)
{
  g_autoptr (StepcastValidateHelper) self = stepcast_validate_helper_ref (data);
  gpointer owner = self->owner;
  GTask *task = g_steal_pointer (&self->task);

  leave (self);
  self->callbacks->done (self, task, NULL, task != NULL ? new_late_error (self) : NULL, owner);
  return G_SOURCE_REMOVE;
}

static void
write_header (StepcastValidateHelper *self, const StepcastValidateRequest *request)
{
  const guint32 width = GUINT32_TO_LE ((guint32) request->width);
  const guint32 length = GUINT32_TO_LE ((guint32) g_bytes_get_size (request->frame));

  self->request_header[0] = (guint8) request->operation;
  memcpy (self->request_header + 1, &width, sizeof width);
  memcpy (self->request_header + 1 + sizeof width, &length, sizeof length);
}

static void
start_deadline (StepcastValidateHelper *self)
{
  self->deadline = g_timeout_source_new (self->deadline_ms + HELPER_GRACE_MS);
  g_source_set_static_name (self->deadline, "[stepcast] helper deadline");
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

/**
 * stepcast_validate_helper_ask:
 * @self: a helper that is not busy
 * @task: (transfer full): whose request it is; it is handed back: by the callbacks, or where it is
 *   taken away
 * @request: what is to be done; its frame is kept as long as it is needed
 *
 * Has a frame loaded or drawn by librsvg.
 */
void
stepcast_validate_helper_ask (StepcastValidateHelper *self,
                              GTask *task,
                              const StepcastValidateRequest *request)
{
  gsize length;
  const char *data = g_bytes_get_data (request->frame, &length);

  g_return_if_fail (self->owner != NULL && !self->busy);

  self->task = task;
  self->operation = request->operation;
  self->frame = g_bytes_ref (request->frame);
  self->busy = TRUE;
  self->writing = TRUE;
  self->answered = FALSE;
  start_deadline (self);

  write_header (self, request);
  self->vectors[0] = (GOutputVector){ self->request_header, sizeof self->request_header };
  self->vectors[1] = (GOutputVector){ data, length };
  g_output_stream_writev_all_async (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)),
                                    self->vectors, G_N_ELEMENTS (self->vectors), G_PRIORITY_DEFAULT,
                                    self->io, on_request_written,
                                    stepcast_validate_helper_ref (self));
  g_input_stream_read_all_async (g_io_stream_get_input_stream (G_IO_STREAM (self->connection)),
                                 self->header, sizeof self->header, G_PRIORITY_DEFAULT, self->io,
                                 on_header_read, stepcast_validate_helper_ref (self));
}

/**
 * stepcast_validate_helper_drop:
 * @self: a helper
 * @task: a request
 *
 * Takes @task from the helper where it works on that one. It goes on, to be free again.
 *
 * Returns: %TRUE where it did, and @task is the caller's
 */
gboolean
stepcast_validate_helper_drop (StepcastValidateHelper *self, GTask *task)
{
  if (self->task != task)
    return FALSE;

  self->task = NULL;
  return TRUE;
}

/**
 * stepcast_validate_helper_is_busy:
 * @self: a helper
 *
 * Returns: %TRUE while a frame was sent and the answer has not come, also where the request
 *   was dropped
 */
gboolean
stepcast_validate_helper_is_busy (StepcastValidateHelper *self)
{
  return self->busy;
}

/**
 * stepcast_validate_helper_end:
 * @self: a helper
 *
 * Kills it, and does not wait. Its owner hears that it has left.
 *
 * Returns: (transfer full) (nullable): the request that it worked on
 */
GTask *
stepcast_validate_helper_end (StepcastValidateHelper *self)
{
  GTask *task = g_steal_pointer (&self->task);

  leave (self);
  return task;
}

/* Between fork() and exec(): only what is safe there. A ^C in the service's terminal is none of the
 * helper's business, and it does not outlive the service. */
static void
set_up_child (gpointer data)
{
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *
spawn (const char *path, guint deadline_ms, int fd, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char *deadline = g_strdup_printf ("%u", deadline_ms);
  const char *const arguments[] = { path, deadline, NULL };
  char *environment[] = { NULL };

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_environ (launcher, environment);
  g_subprocess_launcher_set_cwd (launcher, "/");
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);
  g_subprocess_launcher_take_stdin_fd (launcher, fcntl (fd, F_DUPFD_CLOEXEC, 0));
  g_subprocess_launcher_take_stdout_fd (launcher, fd);

  return g_subprocess_launcher_spawnv (launcher, arguments, error);
}

/* A socket and no pipe: writing to it never waits, and is no SIGPIPE where the helper is gone. */
static GSubprocess *
spawn_connected (const char *path,
                 guint deadline_ms,
                 GSocketConnection **connection,
                 GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSubprocess) process = NULL;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    {
      const int saved_errno = errno;

      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                           g_strerror (saved_errno));
      return NULL;
    }

  process = spawn (path, deadline_ms, fds[1], error);
  if (process == NULL)
    {
      close (fds[0]);
      return NULL;
    }

  socket = g_socket_new_from_fd (fds[0], error);
  if (socket == NULL)
    {
      close (fds[0]);
      g_subprocess_force_exit (process);
      return NULL;
    }

  *connection = g_socket_connection_factory_create_connection (socket);
  return g_steal_pointer (&process);
}

/**
 * stepcast_validate_helper_start:
 * @path: the program, an absolute path
 * @deadline_ms: how long librsvg may take for one frame, in milliseconds
 * @callbacks: what it calls, for as long as the program runs
 * @owner: (unowned): for @callbacks; lives until the helper has left
 * @error: why it can't be started
 *
 * Starts a process. It lives until it leaves by itself or stepcast_validate_helper_end().
 *
 * Returns: (transfer full): a helper that is not busy; or %NULL with
 *   %STEPCAST_ERROR_PROGRAM_FAILED
 */
StepcastValidateHelper *
stepcast_validate_helper_start (const char *path,
                                guint deadline_ms,
                                const StepcastValidateHelperCallbacks *callbacks,
                                gpointer owner,
                                GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSubprocess) process = spawn_connected (path, deadline_ms, &connection, &local_error);
  const char *identifier;
  StepcastValidateHelper *self;

  if (process == NULL)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                   "Can't start the helper program %s, which loads and draws frames: %s", path,
                   local_error->message);
      return NULL;
    }

  self = g_new0 (StepcastValidateHelper, 1);
  g_ref_count_init (&self->ref_count);
  self->callbacks = callbacks;
  self->owner = owner;
  self->path = g_strdup (path);
  self->deadline_ms = deadline_ms;
  self->process = g_steal_pointer (&process);
  self->connection = g_steal_pointer (&connection);
  self->io = g_cancellable_new ();
  /* It is no number once the helper has exited already: then GLib has reaped it. */
  identifier = g_subprocess_get_identifier (self->process);
  self->pid = identifier != NULL ? (pid_t) g_ascii_strtoll (identifier, NULL, 10) : G_MAXINT;
  g_subprocess_wait_async (self->process, NULL, on_exited, stepcast_validate_helper_ref (self));
  return self;
}
