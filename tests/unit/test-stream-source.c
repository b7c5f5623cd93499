/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "stepcast-error.h"
#include "stepcast-mock-sink.h"
#include "stepcast-session.h"
#include "stepcast-stream-input.h"
#include "stepcast-stream-source.h"
#include "stepcast-test-wait.h"

/* Sessions of what a test writes to the other end. */

#define SVG_BEGIN "<svg xmlns='http://www.w3.org/2000/svg'><text>"
#define SVG_END "</text></svg>"

/* What is tested with each sort of stream. */
typedef enum
{
  PIPE,
  SOCKET,
  TERMINAL,        /* we write to its master */
  TERMINAL_MASTER, /* we read from it */
} Sort;

#define N_SORTS 4

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastSource *source;
  StepcastSession *session;
  StepcastMockSink *sink; /* (nullable) */
  int writer;             /* -1 once it is closed */
  int kept;               /* the caller's own descriptor of what is read; -1 once it is closed */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const char *helper = g_getenv ("STEPCAST_VALIDATE");

  g_assert_nonnull (helper);
  fixture->scheduler = stepcast_scheduler_new (2);
  fixture->validator = stepcast_validator_new (helper, 2);
  fixture->writer = -1;
  fixture->kept = -1;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    g_assert_cmpint (close (*fd), ==, 0);
  *fd = -1;
}

static void
open_terminal (int *master, int *slave)
{
  struct termios settings = { 0 };

  cfmakeraw (&settings);
  settings.c_cflag |= CREAD | CS8;
  g_assert_cmpint (openpty (master, slave, NULL, &settings, NULL), ==, 0);
}

/* Two ends. */
static void
open_stream (Sort sort, int *reader, int *writer)
{
  int fds[2];

  switch (sort)
    {
    case PIPE:
      g_assert_cmpint (pipe (fds), ==, 0);
      break;
    case SOCKET:
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
      break;
    case TERMINAL:
      open_terminal (&fds[1], &fds[0]);
      break;
    case TERMINAL_MASTER:
    default:
      open_terminal (&fds[0], &fds[1]);
      break;
    }
  *reader = fds[0];
  *writer = fds[1];
}

static void
make_session_of (Fixture *fixture, int fd)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  g_autoptr (GError) error = NULL;

  fixture->source =
    stepcast_stream_source_new ("stream", fd, NULL, fixture->scheduler, fixture->validator, &error);
  g_assert_no_error (error);
  fixture->session = stepcast_session_new ("stream_1", fixture->source, none, 30000);
}

static void
make_session (Fixture *fixture, Sort sort)
{
  int reader;

  open_stream (sort, &reader, &fixture->writer);
  make_session_of (fixture, reader);
}

static void
write_text (Fixture *fixture, const char *text)
{
  g_assert_cmpint (write (fixture->writer, text, strlen (text)), ==, (gssize) strlen (text));
}

static void
write_documents (Fixture *fixture, guint first, guint last)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *text = g_strdup_printf (SVG_BEGIN "%u" SVG_END "\n", i);

      write_text (fixture, text);
    }
}

static guint
get_n_frames (Fixture *fixture)
{
  return stepcast_mock_sink_get_n_frames (fixture->sink);
}

static guint64
get_step (Fixture *fixture)
{
  return stepcast_session_get_progress (fixture->session)->step;
}

static void
wait_for_state (Fixture *fixture, StepcastSessionState state)
{
  stepcast_test_wait_for (stepcast_session_get_state (fixture->session) == state);
}

static void
follow (Fixture *fixture, guint window)
{
  fixture->sink = stepcast_mock_sink_new_every (window);
  stepcast_session_add_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
}

static void
start (Fixture *fixture)
{
  g_assert_true (stepcast_session_start (fixture->session, NULL));
}

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  stepcast_session_stop_finish (STEPCAST_SESSION (source_object), result, NULL, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
stop (Fixture *fixture)
{
  gboolean is_done = FALSE;

  stepcast_session_stop_async (fixture->session, NULL, on_stopped, &is_done);
  stepcast_test_wait_for (is_done);
}

static gboolean
is_gone (GWeakRef *weak)
{
  g_autoptr (GObject) object = g_weak_ref_get (weak);

  return object == NULL;
}

/* Whether nobody has the reading end any more. */
static gboolean
is_reader_closed (int writer)
{
  return write (writer, " ", 1) < 0 && (errno == EPIPE || errno == ECONNRESET || errno == EIO);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  GWeakRef session, scheduler;

  if (fixture->session != NULL)
    stop (fixture);
  g_weak_ref_init (&session, fixture->session);
  g_weak_ref_init (&scheduler, fixture->scheduler);
  if (fixture->sink != NULL)
    stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
  g_clear_object (&fixture->sink);
  g_clear_object (&fixture->session);
  stepcast_validator_shut_down (fixture->validator);
  stepcast_test_wait_for (is_gone (&session));
  g_clear_object (&fixture->source);
  g_clear_object (&fixture->validator);
  g_assert_cmpuint (stepcast_scheduler_get_n_lost (fixture->scheduler), ==, 0);
  g_clear_object (&fixture->scheduler);
  stepcast_test_wait_for (is_gone (&scheduler));
  g_weak_ref_clear (&session);
  g_weak_ref_clear (&scheduler);
  close_fd (&fixture->writer);
  close_fd (&fixture->kept);
}

static void
assert_frames (Fixture *fixture, guint n_frames)
{
  g_assert_cmpuint (get_n_frames (fixture), ==, n_frames);
  for (guint i = 0; i < n_frames; i++)
    {
      StepcastFrame *frame = stepcast_mock_sink_get_frame (fixture->sink, i);
      GBytes *svg = stepcast_frame_get_svg (frame);
      g_autofree char *expected = g_strdup_printf (SVG_BEGIN "%u" SVG_END, i + 1);

      g_assert_cmpuint (stepcast_frame_get_step (frame), ==, i + 1);
      g_assert_cmpmem (g_bytes_get_data (svg, NULL), g_bytes_get_size (svg), expected,
                       strlen (expected));
    }
}

static void
assert_reason (Fixture *fixture, GQuark domain, int code, const char *part)
{
  const GError *reason;

  wait_for_state (fixture, STEPCAST_SESSION_STATE_FAILED);
  reason = stepcast_session_get_reason (fixture->session);
  g_assert_error (reason, domain, code);
  if (strstr (reason->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, reason->message);
}

static void
assert_failed (Fixture *fixture, guint64 step, int code, const char *part)
{
  assert_reason (fixture, STEPCAST_ERROR, code, part);
  g_assert_cmpuint (get_step (fixture), ==, step);
}

/* ---- what it may be ---- */

static void
assert_refused (Fixture *fixture, int fd, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (stepcast_stream_source_new ("stream", fd, NULL, fixture->scheduler,
                                             fixture->validator, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  if (!g_str_has_suffix (error->message, part))
    g_error ("“%s” does not end with “%s”", error->message, part);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1); /* it was handed over nevertheless */
  g_assert_cmpint (errno, ==, EBADF);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  int fds[2];

  assert_refused (fixture, open (self, O_RDONLY), "is a file");
  assert_refused (fixture, memfd_create ("test", 0), "is a file");
  assert_refused (fixture, open ("/", O_RDONLY), "is a folder");
  assert_refused (fixture, open ("/dev/zero", O_RDONLY), "is a device");
  assert_refused (fixture, eventfd (0, 0), "is something else");
  assert_refused (fixture, -1, "is not open");
  assert_refused (fixture, G_MAXINT, "is not open");

  g_assert_cmpint (pipe (fds), ==, 0);
  assert_refused (fixture, fds[1], "is not open for reading");
  assert_refused (fixture, fds[1], "is not open"); /* it is closed now */
  close (fds[0]);
}

static void
test_sockets_refused (Fixture *fixture, gconstpointer data)
{
  int fds[2], listening;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_DGRAM, 0, fds), ==, 0);
  assert_refused (fixture, fds[0], "is a socket that no stream of bytes comes from");
  close (fds[1]);

  listening = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (listening, >=, 0);
  g_assert_cmpint (listen (listening, 1), ==, 0);
  assert_refused (fixture, listening, "is a socket that no stream of bytes comes from");
}

static void
test_terminal_refused (Fixture *fixture, gconstpointer data)
{
  int master, slave;
  g_autofree char *path = NULL;

  open_terminal (&master, &slave);
  path = g_strdup (ttyname (slave));
  assert_refused (fixture, open (path, O_WRONLY | O_NOCTTY), "is not open for reading");
  assert_refused (fixture, open (path, O_PATH), "is not open for reading");
  close (master);
  close (slave);
}

/* Nobody has started it. */
static void
test_unused (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  g_assert_cmpstr (stepcast_source_get_kind (fixture->source), ==, "stream");
  g_clear_object (&fixture->session);
  g_assert_false (is_reader_closed (fixture->writer));
  g_assert_finalize_object (g_steal_pointer (&fixture->source));
  g_assert_true (is_reader_closed (fixture->writer));
  fixture->session = NULL;
}

/* ---- without waiting, and without a change ---- */

/* It can be read at any time, by whichever worker, though O_NONBLOCK is not set. */
static void
test_never_waits (gconstpointer data)
{
  const Sort sort = (Sort) GPOINTER_TO_INT (data);
  char buffer[100];
  int reader, writer;
  StepcastReadFunc read_now;

  open_stream (sort, &reader, &writer);
  read_now = stepcast_stream_input_check (reader, NULL);
  g_assert_nonnull (read_now);
  for (guint round = 0; round < 3; round++)
    {
      g_assert_cmpint (read_now (reader, buffer, sizeof buffer), ==, -1);
      g_assert_cmpint (errno, ==, EAGAIN);
      g_assert_cmpint (write (writer, "a few words", 11), ==, 11);
      stepcast_test_wait_for (read_now (reader, buffer, 5) == 5);
      g_assert_cmpmem (buffer, 5, "a few", 5);
      g_assert_cmpint (read_now (reader, buffer, sizeof buffer), ==, 6);
      g_assert_cmpmem (buffer, 6, " words", 6);
    }
  close (writer);
  if (sort == TERMINAL_MASTER) /* nothing is open there: it says so */
    g_assert_true (read_now (reader, buffer, sizeof buffer) == -1 && errno == EIO);
  else
    g_assert_cmpint (read_now (reader, buffer, sizeof buffer), ==, 0);
  close (reader);
}

/* A terminal that was told to wait for more once it has something. */
static void
test_patient_terminal (void)
{
  struct termios settings;
  char buffer[100];
  int master, slave;
  gint64 began_us;
  StepcastReadFunc read_now;

  open_terminal (&master, &slave);
  g_assert_cmpint (tcgetattr (slave, &settings), ==, 0);
  settings.c_cc[VMIN] = 100;
  settings.c_cc[VTIME] = 255; /* tenths of a second */
  g_assert_cmpint (tcsetattr (slave, TCSANOW, &settings), ==, 0);
  read_now = stepcast_stream_input_check (slave, NULL);
  g_assert_cmpint (write (master, "words", 5), ==, 5);
  began_us = g_get_monotonic_time ();
  stepcast_test_wait_for (read_now (slave, buffer, sizeof buffer) == 5);
  g_assert_cmpint (g_get_monotonic_time () - began_us, <, 20 * G_USEC_PER_SEC);
  close (master);
  close (slave);
}

/* In a session with the terminal @fd, a process in its background reads it. */
static _Noreturn void
read_in_the_background (int fd, StepcastReadFunc read_now)
{
  char buffer[10];
  int status;
  pid_t pid;

  if (setsid () < 0 || ioctl (fd, TIOCSCTTY, 0) != 0)
    _exit (2);
  pid = fork ();
  if (pid == 0)
    {
      setpgid (0, 0);
      _exit (read_now (fd, buffer, sizeof buffer) == -1 && errno == EIO ? 0 : 3);
    }
  if (waitpid (pid, &status, WUNTRACED) != pid)
    _exit (4);
  if (WIFSTOPPED (status))
    kill (pid, SIGKILL);
  _exit (WIFEXITED (status) ? WEXITSTATUS (status) : 5);
}

static void
test_background (void)
{
  int master, slave, status;
  StepcastReadFunc read_now;
  pid_t pid;

  open_terminal (&master, &slave);
  read_now = stepcast_stream_input_check (slave, NULL);
  g_assert_cmpint (write (master, "words", 5), ==, 5);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    read_in_the_background (slave, read_now);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  close (master);
  close (slave);
}

/* As a shell sees it that has started whoever gave us its terminal. */
static void
test_flags (Fixture *fixture, gconstpointer data)
{
  const Sort sort = (Sort) GPOINTER_TO_INT (data);
  int reader, flags;

  open_stream (sort, &reader, &fixture->writer);
  fixture->kept = dup (reader);
  flags = fcntl (fixture->kept, F_GETFL);
  g_assert_cmpint (flags & O_NONBLOCK, ==, 0);
  make_session_of (fixture, reader);
  g_assert_cmpint (fcntl (reader, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fixture->kept, F_GETFD), ==, 0);
  follow (fixture, G_MAXUINT);
  start (fixture);
  write_documents (fixture, 1, 10);
  stepcast_test_wait_for (get_n_frames (fixture) == 10);
  g_assert_cmpint (fcntl (fixture->kept, F_GETFL), ==, flags);
  stop (fixture);
  g_assert_cmpint (fcntl (fixture->kept, F_GETFL), ==, flags);
}

/* ---- documents, and the end ---- */

static void
test_in_order (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, (Sort) GPOINTER_TO_INT (data));
  follow (fixture, G_MAXUINT);
  start (fixture);
  for (guint i = 0; i < 10; i++)
    {
      write_documents (fixture, 10 * i + 1, 10 * i + 10);
      stepcast_test_wait_for (get_n_frames (fixture) == 10 * i + 10);
    }
  g_assert_cmpint (stepcast_session_get_state (fixture->session), ==,
                   STEPCAST_SESSION_STATE_RUNNING);
  close_fd (&fixture->writer); /* the writer goes */
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 100);
  g_assert_cmpuint (get_step (fixture), ==, 100);
}

/* All was written, and the writer gone, before it is started. */
static void
test_before_the_start (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, (Sort) GPOINTER_TO_INT (data));
  write_documents (fixture, 1, 20);
  close_fd (&fixture->writer);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (fixture), ==, 20);
}

/* Its writer goes between its opening by the caller and ours. */
static void
test_named_pipe (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dir = g_dir_make_tmp ("stepcast-stream-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "pipe", NULL);
  int reader;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  reader = open (path, O_RDONLY | O_NONBLOCK);
  fixture->writer = open (path, O_WRONLY);
  write_documents (fixture, 1, 3);
  close_fd (&fixture->writer);
  make_session_of (fixture, reader);
  start (fixture);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (fixture), ==, 3);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
test_shut_down (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, SOCKET);
  start (fixture);
  write_documents (fixture, 1, 3);
  g_assert_cmpint (shutdown (fixture->writer, SHUT_WR), ==, 0);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  g_assert_cmpuint (get_step (fixture), ==, 3);
}

/* A connection that breaks is no end. */
static void
test_broken (Fixture *fixture, gconstpointer data)
{
  int reader;

  open_stream (SOCKET, &reader, &fixture->writer);
  fixture->kept = dup (reader);
  make_session_of (fixture, reader);
  start (fixture);
  write_documents (fixture, 1, 3);
  stepcast_test_wait_for (get_step (fixture) == 3);
  g_assert_cmpint (write (fixture->kept, "unread", 6), ==, 6);
  close_fd (&fixture->writer);
  assert_reason (fixture, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "Documents can't be read: ");
}

static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  follow (fixture, G_MAXUINT);
  start (fixture);
  write_documents (fixture, 1, 3);
  write_text (fixture, SVG_BEGIN);
  close_fd (&fixture->writer);
  assert_failed (fixture, 3, STEPCAST_ERROR_INVALID_FRAME, "The stream ended inside document 4");
  assert_frames (fixture, 3);
}

static void
test_no_documents (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  write_text (fixture, " \n");
  close_fd (&fixture->writer);
  assert_failed (fixture, 0, STEPCAST_ERROR_INVALID_FRAME, "no SVG document");
}

/* Whoever writes on is told. */
static void
test_junk (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  write_documents (fixture, 1, 3);
  write_text (fixture, "oops");
  assert_failed (fixture, 3, STEPCAST_ERROR_INVALID_FRAME, "oops");
  g_assert_true (is_reader_closed (fixture->writer));
}

static void
test_limits (Fixture *fixture, gconstpointer data)
{
  const StepcastDocumentLimits limits = { .max_bytes = 1024, .max_elements = 2 };
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  int reader;

  open_stream (PIPE, &reader, &fixture->writer);
  fixture->source = stepcast_stream_source_new ("stream", reader, &limits, fixture->scheduler,
                                                fixture->validator, NULL);
  fixture->session = stepcast_session_new ("stream_1", fixture->source, none, 30000);
  start (fixture);
  write_documents (fixture, 1, 3);
  write_text (fixture, SVG_BEGIN "</text><text>" SVG_END);
  assert_failed (fixture, 3, STEPCAST_ERROR_LIMIT_EXCEEDED, "max-elements is 2");
}

/* ---- its pace ---- */

/* Writes what is taken without waiting. Returns: how many bytes */
static gsize
fill (Fixture *fixture, const char *text, gsize *offset)
{
  const gsize length = strlen (text);
  gsize n_bytes = 0;

  for (;;)
    {
      const gssize n = write (fixture->writer, text + *offset, length - *offset);

      if (n < 0)
        {
          g_assert_cmpint (errno, ==, EAGAIN);
          return n_bytes;
        }
      n_bytes += (gsize) n;
      *offset = (*offset + (gsize) n) % length;
    }
}

/* Each sort takes as much as its buffer holds and what is read at once, and then no more. */
static void
test_held (Fixture *fixture, gconstpointer data)
{
  g_autofree char *filler = g_strnfill (1000, '0');
  g_autofree char *text = g_strconcat (SVG_BEGIN, filler, SVG_END, NULL);
  gsize offset = 0, n_bytes = 0;

  make_session (fixture, (Sort) GPOINTER_TO_INT (data));
  g_assert_cmpint (fcntl (fixture->writer, F_SETFL, O_NONBLOCK), ==, 0); /* ours */
  follow (fixture, 5);
  start (fixture);
  n_bytes += fill (fixture, text, &offset);
  stepcast_test_wait_for ((n_bytes += fill (fixture, text, &offset)) > 0 &&
                          get_n_frames (fixture) == 5);
  for (guint round = 0; round < 5; round++)
    {
      stepcast_test_settle (fixture->scheduler);
      n_bytes += fill (fixture, text, &offset);
    }
  stepcast_test_settle (fixture->scheduler);
  g_assert_cmpuint (fill (fixture, text, &offset), ==, 0);
  g_assert_cmpuint (n_bytes, <, 1024 * 1024);
  g_assert_cmpuint (get_n_frames (fixture), ==, 5);
  g_assert_cmpuint (get_step (fixture), ==, 5);

  /* It goes on where it was: the sink checks that no step is skipped. */
  stepcast_mock_sink_set_window (fixture->sink, 500);
  stepcast_session_proceed (fixture->session);
  stepcast_test_wait_for ((fill (fixture, text, &offset), get_n_frames (fixture) == 505));
}

static void
test_paused (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  follow (fixture, G_MAXUINT);
  g_assert_true (stepcast_session_step (fixture->session, 2, NULL));
  write_documents (fixture, 1, 10);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_PAUSED);
  assert_frames (fixture, 2);
  g_assert_true (stepcast_session_resume (fixture->session, NULL));
  stepcast_test_wait_for (get_n_frames (fixture) == 10);

  /* In a silence, too. */
  stepcast_test_settle (fixture->scheduler);
  g_assert_true (stepcast_session_pause (fixture->session, NULL));
  g_assert_cmpint (stepcast_session_get_state (fixture->session), ==,
                   STEPCAST_SESSION_STATE_PAUSED);
  write_documents (fixture, 11, 20);
  stepcast_test_settle (fixture->scheduler);
  g_assert_cmpuint (get_step (fixture), ==, 10);
  g_assert_true (stepcast_session_resume (fixture->session, NULL));
  close_fd (&fixture->writer);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_frames (fixture, 20);
}

/* ---- stopped ---- */

/* It waits without a slot, and stops at once: no turn of the main context is needed. */
static void
test_silent (Fixture *fixture, gconstpointer data)
{
  gboolean is_done = FALSE;

  make_session (fixture, (Sort) GPOINTER_TO_INT (data));
  start (fixture);
  write_text (fixture, SVG_BEGIN SVG_END);
  stepcast_test_wait_for (get_step (fixture) == 1);
  stepcast_test_settle (fixture->scheduler);
  g_assert_cmpint (stepcast_session_get_state (fixture->session), ==,
                   STEPCAST_SESSION_STATE_RUNNING);
  stepcast_session_stop_async (fixture->session, NULL, on_stopped, &is_done);
  g_assert_cmpint (stepcast_session_get_state (fixture->session), ==,
                   STEPCAST_SESSION_STATE_STOPPED);
  stepcast_test_wait_for (is_done);
  if (GPOINTER_TO_INT (data) == PIPE)
    g_assert_true (is_reader_closed (fixture->writer));
}

/* More than there are workers are silent; one more is not. */
static void
test_silence_holds_no_slot (Fixture *fixture, gconstpointer data)
{
  StepcastSession *silent[4 * N_SORTS];
  int writers[G_N_ELEMENTS (silent)];
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    {
      g_autoptr (StepcastSource) source = NULL;
      int reader;

      open_stream ((Sort) (i % N_SORTS), &reader, &writers[i]);
      source = stepcast_stream_source_new ("silent", reader, NULL, fixture->scheduler,
                                           fixture->validator, NULL);
      silent[i] = stepcast_session_new ("silent", source, none, 30000);
      g_assert_true (stepcast_session_start (silent[i], NULL));
      g_assert_cmpint (write (writers[i], SVG_BEGIN, strlen (SVG_BEGIN)), >, 0);
    }
  stepcast_test_settle (fixture->scheduler);

  make_session (fixture, PIPE);
  follow (fixture, G_MAXUINT);
  start (fixture);
  write_documents (fixture, 1, 50);
  stepcast_test_wait_for (get_n_frames (fixture) == 50);

  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    {
      gboolean is_done = FALSE;

      stepcast_session_stop_async (silent[i], NULL, on_stopped, &is_done);
      stepcast_test_wait_for (is_done);
      g_object_unref (silent[i]);
      close (writers[i]);
    }
}

/* At whatever it is then. */
static void
test_stop_anywhere (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strconcat (SVG_BEGIN, SVG_END, NULL);

  for (guint round = 0; round < 20; round++)
    {
      gsize offset = 0;

      make_session (fixture, PIPE);
      g_assert_cmpint (fcntl (fixture->writer, F_SETFL, O_NONBLOCK), ==, 0);
      follow (fixture, G_MAXUINT);
      start (fixture);
      stepcast_test_wait_for ((fill (fixture, text, &offset), get_n_frames (fixture) > 0));
      for (guint i = 0; i < round; i++)
        g_main_context_iteration (NULL, FALSE);
      stop (fixture);
      g_assert_true (is_reader_closed (fixture->writer));
      stepcast_session_remove_sink (fixture->session, STEPCAST_FRAME_SINK (fixture->sink));
      g_clear_object (&fixture->sink);
      g_clear_object (&fixture->session);
      g_clear_object (&fixture->source);
      close_fd (&fixture->writer);
    }
  make_session (fixture, PIPE); /* for the end of the test */
}

static void
test_dropped (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  write_documents (fixture, 1, 3);
  stepcast_test_wait_for (get_step (fixture) == 3);
  g_clear_object (&fixture->session);
  stepcast_test_wait_for (is_reader_closed (fixture->writer));
}

/* ---- once ---- */

static void
assert_refuses_to_start (Fixture *fixture)
{
  for (guint round = 0; round < 2; round++)
    {
      start (fixture);
      g_assert_cmpint (stepcast_session_get_state (fixture->session), ==,
                       STEPCAST_SESSION_STATE_FAILED);
      assert_failed (fixture, 0, STEPCAST_ERROR_BAD_STATE,
                     "The stream was read already: that can be done only once; create a new "
                     "session");
    }
}

static void
test_once_to_the_end (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  write_documents (fixture, 1, 3);
  close_fd (&fixture->writer);
  wait_for_state (fixture, STEPCAST_SESSION_STATE_FINISHED);
  assert_refuses_to_start (fixture);
}

static void
test_once_stopped (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  write_documents (fixture, 1, 3);
  stepcast_test_wait_for (get_step (fixture) == 3);
  stop (fixture);
  assert_refuses_to_start (fixture);
}

static void
test_once_stopped_at_once (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  stop (fixture);
  assert_refuses_to_start (fixture);
}

/* ---- its last document ---- */

static void
on_drawn (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(StepcastFrame **) user_data =
    stepcast_session_draw_finish (STEPCAST_SESSION (source_object), result, &error);
  g_assert_no_error (error);
}

static void
test_draw (Fixture *fixture, gconstpointer data)
{
  make_session (fixture, PIPE);
  start (fixture);
  write_documents (fixture, 1, 3);
  stepcast_test_wait_for (get_step (fixture) == 3);
  for (guint round = 0; round < 2; round++)
    {
      StepcastFrame *frame = NULL;

      stepcast_session_draw_async (fixture->session, NULL, on_drawn, &frame);
      stepcast_test_wait_for (frame != NULL);
      g_assert_cmpuint (stepcast_frame_get_step (frame), ==, 3);
      stepcast_frame_unref (frame);
      stop (fixture);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN); /* as the service does */

#define ADD_WITH(name, func, data)                                                                 \
  g_test_add ("/stream-source/" name, Fixture, GINT_TO_POINTER (data), set_up, func, tear_down)
#define ADD(name, func) ADD_WITH (name, func, PIPE)
#define ADD_SORTS(name, func)                                                                      \
  ADD_WITH (name "/pipe", func, PIPE);                                                             \
  ADD_WITH (name "/socket", func, SOCKET);                                                         \
  ADD_WITH (name "/terminal", func, TERMINAL);                                                     \
  ADD_WITH (name "/terminal-master", func, TERMINAL_MASTER)
#define ADD_DATA(name, data)                                                                       \
  g_test_add_data_func ("/stream-source/never-waits/" name, GINT_TO_POINTER (data),                \
                        test_never_waits)
  ADD ("refused/others", test_refused);
  ADD ("refused/sockets", test_sockets_refused);
  ADD ("refused/terminals", test_terminal_refused);
  ADD ("unused", test_unused);
  ADD_DATA ("pipe", PIPE);
  ADD_DATA ("socket", SOCKET);
  ADD_DATA ("terminal", TERMINAL);
  ADD_DATA ("terminal-master", TERMINAL_MASTER);
  g_test_add_func ("/stream-source/never-waits/patient-terminal", test_patient_terminal);
  g_test_add_func ("/stream-source/never-waits/background", test_background);
  ADD_SORTS ("flags", test_flags);
  ADD_SORTS ("in-order", test_in_order);
  ADD_WITH ("before-the-start/pipe", test_before_the_start, PIPE);
  ADD_WITH ("before-the-start/socket", test_before_the_start, SOCKET);
  ADD ("end/named-pipe", test_named_pipe);
  ADD ("end/shut-down", test_shut_down);
  ADD ("end/broken", test_broken);
  ADD ("end/truncated", test_truncated);
  ADD ("end/no-documents", test_no_documents);
  ADD ("end/junk", test_junk);
  ADD ("end/limits", test_limits);
  ADD_SORTS ("pace/held", test_held);
  ADD ("pace/paused", test_paused);
  ADD_SORTS ("stop/silent", test_silent);
  ADD ("stop/silence-holds-no-slot", test_silence_holds_no_slot);
  ADD ("stop/anywhere", test_stop_anywhere);
  ADD ("stop/dropped", test_dropped);
  ADD ("once/to-the-end", test_once_to_the_end);
  ADD ("once/stopped", test_once_stopped);
  ADD ("once/stopped-at-once", test_once_stopped_at_once);
  ADD ("draw", test_draw);
#undef ADD_DATA
#undef ADD_SORTS
#undef ADD
#undef ADD_WITH

  return g_test_run ();
}
