/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-validator.h"

#include <errno.h>
#include <fcntl.h>
#include <librsvg/rsvg.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stepcast-child.h"
#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-guarded-stream.h"
#include "stepcast-validate-protocol.h"

/* How much longer than the deadline a helper is waited for, in milliseconds: it keeps the deadline
 * itself while it reads, and lives on. */
#define HELPER_GRACE_MS 250

/**
 * StepcastValidator:
 *
 * Asks librsvg whether a frame can be shown. librsvg may hang, eat memory or abort on a frame from
 * outside, so it loads those in helper processes, each with limits of its own and one frame at a
 * time. Helpers are started when they are needed and kept; one that hangs is killed, one that is
 * gone is replaced by the next frame, and the frame is refused. Frames that find no helper wait in
 * order.
 *
 * It lives on the main context, the thread-default one of whoever made it; only
 * stepcast_validator_check_own() may be called from any thread. It has no state but what waits and
 * what runs, and stepcast_validator_shut_down() ends both for good.
 */
struct _StepcastValidator
{
  GObject parent_instance;

  char *helper_path;
  guint max_helpers;
  guint deadline_ms;

  GPtrArray *helpers; /* of Helper: those that run and were not killed */
  GQueue waiting;     /* of GTask: checks that no helper has yet */
  gboolean is_shut_down;
};

/* A task's data. */
typedef struct
{
  GBytes *frame;
  GSource *cancel_source; /* (nullable): from the beginning to the return */
  gboolean retried;
} Check;

/* A process, from its start until its last callback has come: each holds a reference. */
typedef struct
{
  grefcount ref_count;
  StepcastValidator *owner; /* (unowned) (nullable): NULL once it is killed or lost */
  GSubprocess *process;
  pid_t pid;
  int wait_status; /* as of waitpid(), once it has exited */
  gboolean exited;
  gboolean lost; /* its answer will not come */
  GSocketConnection *connection;
  GCancellable *io; /* ends its reading and writing */

  GTask *task;    /* (nullable): the check that it works on; NULL where that was cancelled */
  gboolean busy;  /* a frame was sent and the answer has not come */
  guint n_checks; /* that it has answered */
  GSource *deadline;

  GBytes *frame; /* (nullable): being written */
  guint32 length_le;
  GOutputVector vectors[2];
  gboolean writing;
  gboolean answered;
  gboolean talks_nonsense;
  guint8 header[STEPCAST_VALIDATE_ANSWER_HEADER_BYTES];
  char message[STEPCAST_VALIDATE_MAX_MESSAGE_BYTES + 1];
} Helper;

enum
{
  PROP_HELPER_PATH = 1,
  PROP_MAX_HELPERS,
  PROP_DEADLINE_MS,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (StepcastValidator, stepcast_validator, G_TYPE_OBJECT)

static void dispatch (StepcastValidator *self);

/**
 * stepcast_validator_check_own:
 * @svg: a frame that our own writer wrote
 * @cancellable: (nullable): stops it
 * @error: why the frame can't be shown
 *
 * Loads @svg with librsvg, here and now. Meant for worker threads, of which any may call it.
 *
 * Returns: %TRUE where it can be shown; or %FALSE with %STEPCAST_ERROR_INVALID_FRAME, or
 * %G_IO_ERROR_CANCELLED
 */
gboolean
stepcast_validator_check_own (GBytes *svg, GCancellable *cancellable, GError **error)
{
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) local_error = NULL;
  RsvgHandle *handle;
  gboolean loaded;

  g_return_val_if_fail (svg != NULL, FALSE);

  stream = stepcast_guarded_stream_new (svg, 0);
  handle = rsvg_handle_new_from_stream_sync (stream, NULL, RSVG_HANDLE_FLAGS_NONE, cancellable,
                                             &local_error);
  loaded = handle != NULL;
  g_clear_object (&handle);

  /* librsvg turns the stream's error into one of its own. */
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (loaded)
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
               "librsvg can't load this frame: %s", g_strchomp (local_error->message));
  return FALSE;
}

static void
check_free (Check *check)
{
  g_assert (check->cancel_source == NULL);

  g_bytes_unref (check->frame);
  g_free (check);
}

static GError *
new_cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The check was cancelled");
}

/* Each check ends here, with @error (transfer full) (nullable). The caller's callback may run at
 * once, and do anything. */
static void
return_check (GTask *task, GError *error)
{
  g_autoptr (GTask) owned = task;
  Check *check = g_task_get_task_data (task);

  stepcast_gsource_clear (&check->cancel_source);
  if (error != NULL)
    g_task_return_error (owned, error);
  else
    g_task_return_boolean (owned, TRUE);
}

static Helper *
helper_ref (Helper *helper)
{
  g_ref_count_inc (&helper->ref_count);
  return helper;
}

static void
helper_unref (Helper *helper)
{
  if (!g_ref_count_dec (&helper->ref_count))
    return;

  g_assert (helper->task == NULL);
  g_assert (helper->deadline == NULL);
  g_clear_pointer (&helper->frame, g_bytes_unref);
  g_object_unref (helper->connection);
  g_object_unref (helper->process);
  g_object_unref (helper->io);
  g_free (helper);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Helper, helper_unref)

/* Takes the helper from the pool and ends it; GSubprocess reaps it. The task that it works on is
 * the caller's to return. */
static void
helper_end (Helper *helper)
{
  StepcastValidator *self = g_steal_pointer (&helper->owner);

  if (self == NULL)
    return;

  stepcast_gsource_clear (&helper->deadline);
  g_cancellable_cancel (helper->io);
  g_subprocess_force_exit (helper->process);
  g_ptr_array_remove_fast (self->helpers, helper);
}

static GError *
describe_exit (StepcastValidator *self, int wait_status)
{
  if (!WIFSIGNALED (wait_status))
    return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                        "The helper program %s ended without an answer (exit status %d)",
                        self->helper_path, WEXITSTATUS (wait_status));

  if (WTERMSIG (wait_status) == SIGXCPU)
    return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                        "librsvg used more than %d s of processor time on this frame",
                        STEPCAST_VALIDATE_CPU_SECONDS);

  return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                      "librsvg crashed (signal %d, %s) on this frame", WTERMSIG (wait_status),
                      g_strsignal (WTERMSIG (wait_status)));
}

/* Says what became of the check that a lost helper had, once it is known why it was lost. A helper
 * that had done its work before may have been ill from an earlier frame, or killed while it was
 * idle: the frame gets another one, once, before it is blamed. */
static void
conclude_if_lost (Helper *helper)
{
  g_autoptr (StepcastValidator) self = NULL;
  GTask *task;
  Check *check;

  if (!helper->lost || !helper->exited || helper->task == NULL)
    return;

  task = g_steal_pointer (&helper->task);
  self = g_object_ref (g_task_get_source_object (task));
  check = g_task_get_task_data (task);
  if (self->is_shut_down || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return_check (task, new_cancelled_error ());
  else if (helper->talks_nonsense)
    return_check (task, g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                                     "The helper program %s gave an answer that is none",
                                     self->helper_path));
  else if (helper->n_checks > 0 && !check->retried)
    {
      check->retried = TRUE;
      g_queue_push_head (&self->waiting, task);
    }
  else
    return_check (task, describe_exit (self, helper->wait_status));

  dispatch (self);
}

static gboolean
reap (gpointer data)
{
  Helper *helper = data;

  if (!stepcast_child_reap (helper->pid, &helper->wait_status))
    return G_SOURCE_CONTINUE;

  helper->exited = TRUE;
  if (!helper->busy)
    helper_end (helper);
  conclude_if_lost (helper);
  return G_SOURCE_REMOVE;
}

static void
on_helper_exited (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Helper) helper = data;
  g_autoptr (GSource) again = NULL;

  g_subprocess_wait_finish (helper->process, result, NULL);
  helper->wait_status = g_subprocess_get_status (helper->process);
  if (reap (helper) == G_SOURCE_REMOVE)
    return;

  again = g_timeout_source_new (1);
  g_source_set_static_name (again, "[stepcast] validator reap");
  g_source_set_callback (again, reap, g_steal_pointer (&helper), (GDestroyNotify) helper_unref);
  g_source_attach (again, g_main_context_get_thread_default ());
}

/* Its end of the connection is closed, so it is dead or dying: its exit status says of what. */
static void
helper_lost (Helper *helper)
{
  if (helper->owner == NULL)
    return;

  helper->lost = TRUE;
  helper_end (helper);
  conclude_if_lost (helper);
}

static GError *
take_verdict (StepcastValidator *self, Helper *helper)
{
  g_autofree char *message = NULL;

  switch ((StepcastValidateStatus) helper->header[0])
    {
    case STEPCAST_VALIDATE_GOOD:
      return NULL;

    case STEPCAST_VALIDATE_LATE:
      return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                          "librsvg took longer than %g s on this frame", self->deadline_ms / 1e3);

    case STEPCAST_VALIDATE_BAD:
    default:
      /* Whoever took over the helper can say what it likes, but not more than text. */
      message = g_utf8_make_valid (helper->message, -1);
      g_strchomp (message);
      return g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                          "librsvg can't load this frame: %s", message);
    }
}

static void
helper_finish_if_done (Helper *helper)
{
  g_autoptr (StepcastValidator) self = NULL;
  GTask *task;

  if (helper->owner == NULL || helper->writing || !helper->answered)
    return;

  self = g_object_ref (helper->owner);
  task = g_steal_pointer (&helper->task);
  stepcast_gsource_clear (&helper->deadline);
  helper->busy = FALSE;
  helper->n_checks++;

  if (task != NULL)
    return_check (task, take_verdict (self, helper));
  dispatch (self);
}

static void
on_message_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Helper) helper = data;
  gsize length;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &length, NULL))
    {
      helper_lost (helper);
      return;
    }

  helper->message[length] = '\0';
  helper->answered = TRUE;
  helper_finish_if_done (helper);
}

static void
on_header_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Helper) helper = data;
  guint32 length;
  gsize n_read;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &n_read, NULL) ||
      n_read < sizeof helper->header)
    {
      helper_lost (helper);
      return;
    }

  memcpy (&length, helper->header + 1, sizeof length);
  length = GUINT32_FROM_LE (length);
  if (length > STEPCAST_VALIDATE_MAX_MESSAGE_BYTES || helper->header[0] > STEPCAST_VALIDATE_LATE)
    {
      helper->talks_nonsense = TRUE;
      helper_lost (helper);
      return;
    }

  g_input_stream_read_all_async (G_INPUT_STREAM (source), helper->message, length,
                                 G_PRIORITY_DEFAULT, helper->io, on_message_read,
                                 helper_ref (helper));
}

/* Where it could not be written, the helper is gone, and reading says so. */
static void
on_request_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Helper) helper = data;

  g_output_stream_writev_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_clear_pointer (&helper->frame, g_bytes_unref);
  helper->writing = FALSE;
  helper_finish_if_done (helper);
}

static gboolean
on_deadline (gpointer data)
{
  g_autoptr (Helper) helper = helper_ref (data);
  g_autoptr (StepcastValidator) self = g_object_ref (helper->owner);
  GTask *task = g_steal_pointer (&helper->task);

  helper_end (helper);
  if (task != NULL)
    return_check (task, g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                                     "librsvg took longer than %g s on this frame",
                                     self->deadline_ms / 1e3));
  dispatch (self);
  return G_SOURCE_REMOVE;
}

static void
helper_begin (Helper *helper, GTask *task)
{
  Check *check = g_task_get_task_data (task);
  gsize length;
  const char *data = g_bytes_get_data (check->frame, &length);

  helper->task = task;
  helper->frame = g_bytes_ref (check->frame);
  helper->busy = TRUE;
  helper->writing = TRUE;
  helper->answered = FALSE;

  helper->deadline = g_timeout_source_new (helper->owner->deadline_ms + HELPER_GRACE_MS);
  g_source_set_static_name (helper->deadline, "[stepcast] validator deadline");
  g_source_set_callback (helper->deadline, on_deadline, helper, NULL);
  g_source_attach (helper->deadline, g_main_context_get_thread_default ());

  helper->length_le = GUINT32_TO_LE ((guint32) length);
  helper->vectors[0] = (GOutputVector){ &helper->length_le, sizeof helper->length_le };
  helper->vectors[1] = (GOutputVector){ data, length };
  g_output_stream_writev_all_async (g_io_stream_get_output_stream (
                                      G_IO_STREAM (helper->connection)),
                                    helper->vectors, G_N_ELEMENTS (helper->vectors),
                                    G_PRIORITY_DEFAULT, helper->io, on_request_written,
                                    helper_ref (helper));
  g_input_stream_read_all_async (g_io_stream_get_input_stream (G_IO_STREAM (helper->connection)),
                                 helper->header, sizeof helper->header, G_PRIORITY_DEFAULT,
                                 helper->io, on_header_read, helper_ref (helper));
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
spawn (StepcastValidator *self, int fd, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char *deadline = g_strdup_printf ("%u", self->deadline_ms);
  const char *const arguments[] = { self->helper_path, deadline, NULL };
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
spawn_connected (StepcastValidator *self, GSocketConnection **connection, GError **error)
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

  process = spawn (self, fds[1], error);
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

static Helper *
start_helper (StepcastValidator *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSubprocess) process = spawn_connected (self, &connection, &local_error);
  const char *identifier;
  Helper *helper;

  if (process == NULL)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PROGRAM_FAILED,
                   "Can't start the helper program %s, which checks frames: %s", self->helper_path,
                   local_error->message);
      return NULL;
    }

  helper = g_new0 (Helper, 1);
  g_ref_count_init (&helper->ref_count);
  helper->owner = self;
  helper->process = g_steal_pointer (&process);
  helper->connection = g_steal_pointer (&connection);
  helper->io = g_cancellable_new ();
  /* It is no number once the helper has exited already: then GLib has reaped it. */
  identifier = g_subprocess_get_identifier (helper->process);
  helper->pid = identifier != NULL ? (pid_t) g_ascii_strtoll (identifier, NULL, 10) : G_MAXINT;
  g_subprocess_wait_async (helper->process, NULL, on_helper_exited, helper_ref (helper));
  g_ptr_array_add (self->helpers, helper);
  return helper;
}

static Helper *
find_helper (StepcastValidator *self, GError **error)
{
  for (guint i = 0; i < self->helpers->len; i++)
    {
      Helper *helper = self->helpers->pdata[i];

      if (!helper->busy)
        return helper;
    }

  return self->helpers->len < self->max_helpers ? start_helper (self, error) : NULL;
}

/* Gives what waits to who is free. */
static void
dispatch (StepcastValidator *self)
{
  while (!g_queue_is_empty (&self->waiting))
    {
      g_autoptr (GError) error = NULL;
      Helper *helper = find_helper (self, &error);

      if (helper != NULL)
        helper_begin (helper, g_queue_pop_head (&self->waiting));
      else if (error != NULL)
        return_check (g_queue_pop_head (&self->waiting), g_steal_pointer (&error));
      else
        return;
    }
}

/* The helper that works on it goes on, to be free again: that is cheaper than another one. */
static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  GTask *task = data;
  g_autoptr (StepcastValidator) self = g_object_ref (g_task_get_source_object (task));
  gboolean found = g_queue_remove (&self->waiting, task);

  for (guint i = 0; i < self->helpers->len && !found; i++)
    {
      Helper *helper = self->helpers->pdata[i];

      if (helper->task == task)
        {
          helper->task = NULL;
          found = TRUE;
        }
    }

  /* Else its helper is lost, and what became of that will be known in a moment. */
  if (found)
    return_check (task, new_cancelled_error ());
  return G_SOURCE_REMOVE;
}

/**
 * stepcast_validator_check_async:
 * @self: a validator
 * @svg: (transfer none): a frame from outside, which has passed the allow-list
 * @cancellable: (nullable): ends the waiting
 * @callback: called when it is known whether @svg can be shown
 * @user_data: for @callback
 *
 * Has @svg loaded by librsvg in a helper process. Main context only.
 */
void
stepcast_validator_check_async (StepcastValidator *self,
                                GBytes *svg,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;
  Check *check;

  g_return_if_fail (STEPCAST_IS_VALIDATOR (self));
  g_return_if_fail (svg != NULL && g_bytes_get_size (svg) <= G_MAXUINT32);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_validator_check_async);

  check = g_new0 (Check, 1);
  check->frame = g_bytes_ref (svg);
  g_task_set_task_data (task, check, (GDestroyNotify) check_free);

  if (self->is_shut_down || g_cancellable_is_cancelled (cancellable))
    {
      return_check (task, new_cancelled_error ());
      return;
    }

  if (cancellable != NULL)
    {
      check->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (check->cancel_source, G_SOURCE_FUNC (on_cancelled), task, NULL);
      g_source_attach (check->cancel_source, g_main_context_get_thread_default ());
    }

  g_queue_push_tail (&self->waiting, task);
  dispatch (self);
}

/**
 * stepcast_validator_check_finish:
 * @self: a validator
 * @result: what the callback was given
 * @error: why the frame can't be shown
 *
 * Returns: %TRUE where it can be shown; or %FALSE with %STEPCAST_ERROR_INVALID_FRAME where librsvg
 * refuses the frame, crashes on it or takes too long, with %STEPCAST_ERROR_PROGRAM_FAILED where the
 * helper program does not work, or with %G_IO_ERROR_CANCELLED, also after a shut-down
 */
gboolean
stepcast_validator_check_finish (StepcastValidator *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, stepcast_validator_check_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * stepcast_validator_shut_down:
 * @self: a validator
 *
 * Kills all helpers, and ends all checks that wait or run with %G_IO_ERROR_CANCELLED, as any later
 * one. May be called twice. Main context only; it does not wait.
 */
void
stepcast_validator_shut_down (StepcastValidator *self)
{
  GTask *task;

  g_return_if_fail (STEPCAST_IS_VALIDATOR (self));

  self->is_shut_down = TRUE;

  while (self->helpers->len > 0)
    {
      g_autoptr (Helper) helper = helper_ref (self->helpers->pdata[0]);

      task = g_steal_pointer (&helper->task);
      helper_end (helper);
      if (task != NULL)
        g_queue_push_tail (&self->waiting, task);
    }

  while ((task = g_queue_pop_head (&self->waiting)) != NULL)
    return_check (task, new_cancelled_error ());
}

static void
stepcast_validator_constructed (GObject *object)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  G_OBJECT_CLASS (stepcast_validator_parent_class)->constructed (object);

  g_assert (self->helper_path != NULL);
}

static void
stepcast_validator_dispose (GObject *object)
{
  /* Checks hold a reference, so none is left: only idle helpers, and those that still work on what
   * was cancelled. */
  stepcast_validator_shut_down (STEPCAST_VALIDATOR (object));

  G_OBJECT_CLASS (stepcast_validator_parent_class)->dispose (object);
}

static void
stepcast_validator_finalize (GObject *object)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  g_assert (g_queue_is_empty (&self->waiting));
  g_clear_pointer (&self->helpers, g_ptr_array_unref);
  g_clear_pointer (&self->helper_path, g_free);

  G_OBJECT_CLASS (stepcast_validator_parent_class)->finalize (object);
}

static void
stepcast_validator_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  switch (id)
    {
    case PROP_HELPER_PATH:
      g_value_set_string (value, self->helper_path);
      break;
    case PROP_MAX_HELPERS:
      g_value_set_uint (value, self->max_helpers);
      break;
    case PROP_DEADLINE_MS:
      g_value_set_uint (value, self->deadline_ms);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_validator_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  switch (id)
    {
    case PROP_HELPER_PATH:
      /* The helper's working directory is another one. */
      self->helper_path = g_canonicalize_filename (g_value_get_string (value), NULL);
      break;
    case PROP_MAX_HELPERS:
      self->max_helpers = g_value_get_uint (value);
      break;
    case PROP_DEADLINE_MS:
      self->deadline_ms = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_validator_class_init (StepcastValidatorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = stepcast_validator_constructed;
  object_class->dispose = stepcast_validator_dispose;
  object_class->finalize = stepcast_validator_finalize;
  object_class->get_property = stepcast_validator_get_property;
  object_class->set_property = stepcast_validator_set_property;

  /**
   * StepcastValidator:helper-path:
   *
   * The program that checks frames: `stepcast-validate`.
   */
  properties[PROP_HELPER_PATH] = g_param_spec_string ("helper-path", NULL, NULL, NULL, flags);

  /**
   * StepcastValidator:max-helpers:
   *
   * How many frames are checked at once, each in a process.
   */
  properties[PROP_MAX_HELPERS] = g_param_spec_uint ("max-helpers", NULL, NULL, 1, 64,
                                                    STEPCAST_VALIDATOR_DEFAULT_MAX_HELPERS, flags);

  /**
   * StepcastValidator:deadline-ms:
   *
   * How long librsvg may take for one frame, in milliseconds.
   */
  properties[PROP_DEADLINE_MS] = g_param_spec_uint ("deadline-ms", NULL, NULL, 1, 60 * 60 * 1000,
                                                    STEPCAST_VALIDATOR_DEFAULT_DEADLINE_MS, flags);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
stepcast_validator_init (StepcastValidator *self)
{
  self->helpers = g_ptr_array_new_with_free_func ((GDestroyNotify) helper_unref);
  g_queue_init (&self->waiting);
}

/**
 * stepcast_validator_new:
 * @helper_path: where `stepcast-validate` is
 * @max_helpers: how many frames are checked at once, each in a process; from 1
 *
 * Nothing is started yet. Main context only.
 *
 * Returns: (transfer full): a validator with the default deadline
 */
StepcastValidator *
stepcast_validator_new (const char *helper_path, guint max_helpers)
{
  g_return_val_if_fail (helper_path != NULL, NULL);

  return g_object_new (STEPCAST_TYPE_VALIDATOR, "helper-path", helper_path, "max-helpers",
                       max_helpers, NULL);
}
