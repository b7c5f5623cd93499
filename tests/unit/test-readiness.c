/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stepcast-readiness.h"
#include "stepcast-scheduler.h"
#include "stepcast-sleeper.h"
#include "stepcast-test-wait.h"

/* Two ends of a socket, and what a watch of the first one told. */
typedef struct
{
  StepcastReadiness *readiness;
  int ends[2];
  guint n_told;
  gboolean takes; /* what there is to read */
  GString *log;   /* (nullable) */
  StepcastWatch *victim;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->readiness = stepcast_readiness_new (&error);
  g_assert_no_error (error);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, self->ends), ==, 0);
  self->takes = TRUE;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->readiness, stepcast_readiness_unref);
  close (self->ends[0]);
  close (self->ends[1]);
  while (g_main_context_iteration (NULL, FALSE)) /* nothing of it is left there */
    ;
}

static void
send_byte (Fixture *self)
{
  g_assert_cmpint (write (self->ends[1], "x", 1), ==, 1);
}

static void
on_ready (gpointer user_data)
{
  Fixture *self = user_data;
  char bytes[16];

  self->n_told++;
  if (self->takes)
    g_assert_cmpint (read (self->ends[0], bytes, sizeof bytes), >, 0);
}

static StepcastWatch *
watch (Fixture *self, StepcastDirection direction)
{
  return stepcast_watch_new (self->readiness, self->ends[0], direction, on_ready, self);
}

/* Whatever there is to be dispatched is. */
static void
settle (void)
{
  for (int i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_in (Fixture *self, gconstpointer data)
{
  g_autoptr (StepcastWatch) in = watch (self, STEPCAST_DIRECTION_IN);

  send_byte (self);
  settle ();
  g_assert_cmpuint (self->n_told, ==, 0);

  g_assert_false (stepcast_watch_is_enabled (in));
  stepcast_watch_set_enabled (in, TRUE);
  g_assert_true (stepcast_watch_is_enabled (in));
  settle ();
  g_assert_cmpuint (self->n_told, ==, 1);

  /* As long as it is enabled, and not before there is something. */
  for (guint i = 2; i < 10; i++)
    {
      settle ();
      g_assert_cmpuint (self->n_told, ==, i - 1);
      send_byte (self);
      settle ();
      g_assert_cmpuint (self->n_told, ==, i);
    }
}

/* What is not taken is told again: nothing is lost by looking away. */
static void
test_level (Fixture *self, gconstpointer data)
{
  g_autoptr (StepcastWatch) in = watch (self, STEPCAST_DIRECTION_IN);

  self->takes = FALSE;
  stepcast_watch_set_enabled (in, TRUE);
  send_byte (self);
  stepcast_test_wait_for (self->n_told >= 5);

  stepcast_watch_set_enabled (in, FALSE);
  self->n_told = 0;
  settle ();
  g_assert_cmpuint (self->n_told, ==, 0);

  self->takes = TRUE;
  stepcast_watch_set_enabled (in, TRUE);
  settle ();
  g_assert_cmpuint (self->n_told, ==, 1);
}

static void
fill (int fd)
{
  static const char bytes[4096];

  while (write (fd, bytes, sizeof bytes) > 0)
    ;
}

static void
drain (int fd)
{
  char bytes[4096];

  while (read (fd, bytes, sizeof bytes) > 0)
    ;
}

static void
test_out (Fixture *self, gconstpointer data)
{
  g_autoptr (StepcastWatch) out = watch (self, STEPCAST_DIRECTION_OUT);

  self->takes = FALSE;
  stepcast_watch_set_enabled (out, TRUE);
  stepcast_test_wait_for (self->n_told >= 3);

  fill (self->ends[0]);
  settle ();
  self->n_told = 0;
  settle ();
  g_assert_cmpuint (self->n_told, ==, 0);

  drain (self->ends[1]);
  stepcast_test_wait_for (self->n_told >= 3);
}

static void
log_in (gpointer user_data)
{
  Fixture *self = user_data;
  char bytes[16];

  g_string_append_c (self->log, 'i');
  g_assert_cmpint (read (self->ends[0], bytes, 1), ==, 1);
}

static void
log_out (gpointer user_data)
{
  g_string_append_c (((Fixture *) user_data)->log, 'o');
}

/* Both on one descriptor: all that has come in is told before anything that may go out. */
static void
test_both (Fixture *self, gconstpointer data)
{
  g_autoptr (StepcastWatch) out =
    stepcast_watch_new (self->readiness, self->ends[0], STEPCAST_DIRECTION_OUT, log_out, self);
  g_autoptr (StepcastWatch) in =
    stepcast_watch_new (self->readiness, self->ends[0], STEPCAST_DIRECTION_IN, log_in, self);
  g_autoptr (GString) log = self->log = g_string_new (NULL);

  for (int i = 0; i < 5; i++)
    send_byte (self);
  stepcast_watch_set_enabled (out, TRUE);
  stepcast_watch_set_enabled (in, TRUE);
  stepcast_test_wait_for (log->len >= 8);
  stepcast_watch_set_enabled (out, FALSE);
  g_assert_true (g_str_has_prefix (log->str, "iiiiioo"));

  /* Each goes on without the other. */
  settle ();
  g_string_truncate (log, 0);
  send_byte (self);
  settle ();
  g_assert_cmpstr (log->str, ==, "i");
  stepcast_watch_set_enabled (in, FALSE);
  stepcast_watch_set_enabled (out, TRUE);
  send_byte (self);
  stepcast_test_wait_for (log->len >= 3);
  g_assert_true (g_str_has_prefix (log->str, "ioo"));
}

static void
test_hang_up (Fixture *self, gconstpointer data)
{
  g_autoptr (StepcastWatch) in = watch (self, STEPCAST_DIRECTION_IN);
  g_autoptr (StepcastWatch) out = watch (self, STEPCAST_DIRECTION_OUT);

  /* Nobody wants to know: that is no endless loop. */
  self->takes = FALSE;
  fill (self->ends[0]);
  stepcast_watch_set_enabled (in, TRUE);
  stepcast_watch_set_enabled (in, FALSE);
  shutdown (self->ends[1], SHUT_RDWR);
  settle ();
  g_assert_false (g_main_context_pending (NULL));

  stepcast_watch_set_enabled (in, TRUE);
  stepcast_test_wait_for (self->n_told >= 2);
  stepcast_watch_set_enabled (in, FALSE);
  self->n_told = 0;
  stepcast_watch_set_enabled (out, TRUE);
  stepcast_test_wait_for (self->n_told >= 2);
}

typedef struct
{
  guint n_told;
  StepcastWatch *watch;
  StepcastWatch **other;
} Rival;

static void
free_other (gpointer user_data)
{
  Rival *self = user_data;

  self->n_told++;
  g_clear_pointer (self->other, stepcast_watch_free);
}

/* Two that are ready at once: whichever is first frees the other, which then is not told. */
static void
test_free_while_ready (Fixture *self, gconstpointer data)
{
  int other = dup (self->ends[0]);
  Rival one = { 0 };
  Rival two = { .other = &one.watch };

  one.other = &two.watch;
  one.watch =
    stepcast_watch_new (self->readiness, self->ends[0], STEPCAST_DIRECTION_IN, free_other, &one);
  two.watch = stepcast_watch_new (self->readiness, other, STEPCAST_DIRECTION_IN, free_other, &two);
  stepcast_watch_set_enabled (one.watch, TRUE);
  stepcast_watch_set_enabled (two.watch, TRUE);
  send_byte (self);
  settle ();
  g_assert_cmpuint (MIN (one.n_told, two.n_told), ==, 0);
  g_assert_cmpuint (MAX (one.n_told, two.n_told), >=, 1);
  g_assert_true ((one.watch == NULL) == (two.n_told > 0));

  g_clear_pointer (&one.watch, stepcast_watch_free);
  g_clear_pointer (&two.watch, stepcast_watch_free);
  close (other);
}

static void
free_itself (gpointer user_data)
{
  Fixture *self = user_data;

  self->n_told++;
  g_clear_pointer (&self->victim, stepcast_watch_free);
  g_clear_pointer (&self->readiness, stepcast_readiness_unref); /* the last one, maybe */
}

static void
test_free_within (Fixture *self, gconstpointer data)
{
  self->victim =
    stepcast_watch_new (self->readiness, self->ends[0], STEPCAST_DIRECTION_IN, free_itself, self);
  stepcast_watch_set_enabled (self->victim, TRUE);
  send_byte (self);
  settle ();
  g_assert_cmpuint (self->n_told, ==, 1);
  g_assert_null (self->readiness);
}

/* A watch goes before its descriptor does: another one of the same number is not touched. */
static void
test_reused_descriptor (Fixture *self, gconstpointer data)
{
  StepcastWatch *old = watch (self, STEPCAST_DIRECTION_IN);
  g_autoptr (StepcastWatch) fresh = NULL;
  int number = self->ends[0];

  stepcast_watch_set_enabled (old, TRUE);
  stepcast_watch_free (old);
  close (self->ends[0]);
  close (self->ends[1]);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, self->ends), ==, 0);
  g_assert_cmpint (self->ends[0], ==, number);

  fresh = watch (self, STEPCAST_DIRECTION_IN);
  stepcast_watch_set_enabled (fresh, TRUE);
  send_byte (self);
  settle ();
  g_assert_cmpuint (self->n_told, ==, 1);
}

/* ---- more than are told at once ---- */

#define N_PAIRS 100

static void
count_one (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static gboolean
quit (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

/* All of them get their turn, and what comes in between is not kept waiting by them. */
static void
test_many (Fixture *self, gconstpointer data)
{
  int ends[N_PAIRS][2];
  guint counts[N_PAIRS] = { 0 };
  StepcastWatch *watches[N_PAIRS];
  gboolean has_quit = FALSE;
  guint n_turns = 0;

  for (guint i = 0; i < N_PAIRS; i++)
    {
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends[i]), ==, 0);
      watches[i] = stepcast_watch_new (self->readiness, ends[i][0], STEPCAST_DIRECTION_OUT,
                                       count_one, &counts[i]);
      stepcast_watch_set_enabled (watches[i], TRUE);
    }

  while (n_turns++ < 10)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < N_PAIRS; i++)
    g_assert_cmpuint (counts[i], >=, 2); /* 10 turns of 32 are three rounds */

  g_idle_add_full (G_PRIORITY_DEFAULT, quit, &has_quit, NULL);
  g_main_context_iteration (NULL, TRUE);
  g_assert_true (has_quit);

  for (guint i = 0; i < N_PAIRS; i++)
    {
      stepcast_watch_free (watches[i]);
      close (ends[i][0]);
      close (ends[i][1]);
    }
}

/* ---- sources that sleep ---- */

/* A reader as libsoup is: it makes a new source whenever it has read. */
typedef struct
{
  StepcastSleeper *sleeper;
  GPollableInputStream *stream;
  GSource *source;
  guint n_reads;
  guint n_bytes;
  gboolean stops;
  gboolean keeps; /* the source that it has */
} Reader;

static void
reader_stop (Reader *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static gboolean on_input (GObject *stream, gpointer user_data);

static void
reader_start (Reader *self, gboolean is_ready)
{
  self->source = stepcast_sleeper_create_source (self->sleeper, self->stream, is_ready);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_input), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static gboolean
on_input (GObject *stream, gpointer user_data)
{
  Reader *self = user_data;
  char bytes[16];
  gssize n_read;

  g_assert_true (stream == G_OBJECT (self->stream));
  g_assert_null (
    g_main_context_get_thread_default ()); /* what is done here is done in the default one */
  self->n_reads++;
  if (!self->keeps)
    reader_stop (self);
  n_read = g_pollable_input_stream_read_nonblocking (self->stream, bytes, sizeof bytes, NULL, NULL);
  self->n_bytes += n_read > 0 ? (guint) n_read : 0;
  if (!self->keeps && !self->stops)
    reader_start (self, FALSE);

  return self->keeps;
}

static void
reader_begin (Reader *self, Fixture *fixture, gboolean is_ready)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (dup (fixture->ends[0]), NULL);
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);

  self->stream = g_object_ref (
    G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (G_IO_STREAM (connection))));
  self->sleeper = stepcast_sleeper_new (fixture->readiness, fixture->ends[0]);
  reader_start (self, is_ready);
}

static void
reader_end (Reader *self)
{
  if (self->sleeper != NULL)
    stepcast_sleeper_close (self->sleeper);
  g_clear_pointer (&self->sleeper, stepcast_sleeper_unref);
  reader_stop (self);
  g_clear_object (&self->stream);
}

/* The connection's own buffer may have something: it is asked once. */
static void
test_sleeper_first (Fixture *self, gconstpointer data)
{
  Reader reader = { 0 };

  reader_begin (&reader, self, TRUE);
  settle ();
  g_assert_cmpuint (reader.n_reads, ==, 1);
  reader_end (&reader);

  reader = (Reader){ 0 };
  reader_begin (&reader, self, FALSE);
  settle ();
  g_assert_cmpuint (reader.n_reads, ==, 0);
  reader_end (&reader);
}

static void
check_reads (Reader *reader, Fixture *self)
{
  reader_begin (reader, self, TRUE);
  settle ();
  for (guint i = 1; i < 50; i++)
    {
      send_byte (self);
      stepcast_test_wait_for (reader->n_bytes == i);
      /* Some come while no source sleeps. */
      if (i % 2 == 0)
        settle ();
    }
  settle ();
  g_assert_false (g_main_context_pending (NULL));
  reader_end (reader);
}

static void
test_sleeper_reads (Fixture *self, gconstpointer data)
{
  Reader renewing = { 0 };
  Reader keeping = { .keeps = TRUE };

  check_reads (&renewing, self);
  check_reads (&keeping, self);
  g_assert_null (g_main_context_get_thread_default ());
}

/* A reader that has enough is not called any more, though there is something. */
static void
test_sleeper_stops (Fixture *self, gconstpointer data)
{
  Reader reader = { .stops = TRUE };

  reader_begin (&reader, self, FALSE);
  settle ();
  send_byte (self);
  send_byte (self);
  settle ();
  g_assert_cmpuint (reader.n_reads, ==, 1);
  send_byte (self);
  settle ();
  g_assert_cmpuint (reader.n_reads, ==, 1);
  g_assert_false (g_main_context_pending (NULL));

  reader.stops = FALSE;
  reader_start (&reader, FALSE);
  stepcast_test_wait_for (reader.n_bytes == 3);
  reader_end (&reader);
}

/* Its maker lets go of a source: while it is to be dispatched, and while it sleeps. */
static void
test_sleeper_source_ends (Fixture *self, gconstpointer data)
{
  for (guint n_turns = 0; n_turns < 4; n_turns++)
    {
      Reader reader = { 0 };

      reader_begin (&reader, self, n_turns % 2 == 0);
      for (guint i = 0; i < n_turns; i++)
        g_main_context_iteration (NULL, FALSE);
      reader_stop (&reader);
      reader.n_reads = 0;
      send_byte (self);
      settle ();
      g_assert_cmpuint (reader.n_reads, ==, 0);
      reader_end (&reader);
      drain (self->ends[0]);
    }
}

/* The sleeper is closed first: as a connection is, with libsoup's source still there. */
static void
test_sleeper_is_closed (Fixture *self, gconstpointer data)
{
  for (guint n_turns = 0; n_turns < 4; n_turns++)
    {
      Reader reader = { 0 };

      reader_begin (&reader, self, FALSE);
      for (guint i = 0; i < n_turns; i++)
        g_main_context_iteration (NULL, FALSE);
      send_byte (self);
      stepcast_sleeper_close (reader.sleeper);
      g_clear_pointer (&reader.sleeper, stepcast_sleeper_unref);
      settle ();
      g_assert_cmpuint (reader.n_reads, ==, 0);
      reader_end (&reader);
      drain (self->ends[0]);
    }
}

#define ADD(name, func) g_test_add ("/readiness/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("in", test_in);
  ADD ("level", test_level);
  ADD ("out", test_out);
  ADD ("both", test_both);
  ADD ("hang-up", test_hang_up);
  ADD ("free-while-ready", test_free_while_ready);
  ADD ("free-within", test_free_within);
  ADD ("reused-descriptor", test_reused_descriptor);
  ADD ("many", test_many);
  ADD ("sleeper/first", test_sleeper_first);
  ADD ("sleeper/reads", test_sleeper_reads);
  ADD ("sleeper/stops", test_sleeper_stops);
  ADD ("sleeper/source-ends", test_sleeper_source_ends);
  ADD ("sleeper/is-closed", test_sleeper_is_closed);

  return g_test_run ();
}
