/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-pollable-stream.h"
#include "stepcast-test-wait.h"

/* A stream that reads what it is given, and has room for as much as it is told. */

#define TEST_TYPE_STREAM (test_stream_get_type ())

G_DECLARE_FINAL_TYPE (TestStream, test_stream, TEST, STREAM, StepcastPollableStream)

struct _TestStream
{
  StepcastPollableStream parent_instance;

  GString *given;
  GString *taken;
  gsize room;
  gboolean is_broken;
  gboolean is_stuck; /* it can't be closed */
  GThread *closed_in;
  guint n_writes;
};

G_DEFINE_FINAL_TYPE (TestStream, test_stream, STEPCAST_TYPE_POLLABLE_STREAM)

static gboolean
set_broken (TestStream *self, GError **error)
{
  if (self->is_broken)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "Broken");
  return self->is_broken;
}

static gboolean
test_stream_is_ready (StepcastPollableStream *stream, GIOCondition condition)
{
  TestStream *self = TEST_STREAM (stream);

  return condition == G_IO_IN ? self->given->len > 0 : self->room > 0;
}

static gboolean
on_check (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Ready when the stream is: at once, or never. */
static GSource *
test_stream_create_source (StepcastPollableStream *stream,
                           GObject *end,
                           GIOCondition condition,
                           GCancellable *cancellable)
{
  g_autoptr (GSource) child =
    g_timeout_source_new (test_stream_is_ready (stream, condition) ? 0 : G_MAXINT);

  g_source_set_callback (child, on_check, NULL, NULL);
  return g_pollable_source_new_full (end, child, cancellable);
}

static gssize
test_stream_read (StepcastPollableStream *stream, void *buffer, gsize count, GError **error)
{
  TestStream *self = TEST_STREAM (stream);
  gsize n_bytes = MIN (count, self->given->len);

  if (set_broken (self, error))
    return -1;
  if (n_bytes == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing");
      return -1;
    }

  memcpy (buffer, self->given->str, n_bytes);
  g_string_erase (self->given, 0, (gssize) n_bytes);
  return (gssize) n_bytes;
}

static GPollableReturn
test_stream_write (StepcastPollableStream *stream,
                   const GOutputVector *vectors,
                   gsize n_vectors,
                   gsize *n_written,
                   GError **error)
{
  TestStream *self = TEST_STREAM (stream);

  *n_written = 0;
  self->n_writes++;
  if (set_broken (self, error))
    return G_POLLABLE_RETURN_FAILED;
  if (self->room == 0)
    return G_POLLABLE_RETURN_WOULD_BLOCK;

  for (gsize i = 0; i < n_vectors; i++)
    {
      gsize n_bytes = MIN (vectors[i].size, self->room);

      g_string_append_len (self->taken, vectors[i].buffer, (gssize) n_bytes);
      self->room -= n_bytes;
      *n_written += n_bytes;
    }
  return G_POLLABLE_RETURN_OK;
}

static gboolean
test_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  TestStream *self = TEST_STREAM (stream);

  self->closed_in = g_thread_self ();
  if (self->is_stuck)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "Stuck");
  return !self->is_stuck;
}

static void
test_stream_finalize (GObject *object)
{
  TestStream *self = TEST_STREAM (object);

  g_string_free (self->given, TRUE);
  g_string_free (self->taken, TRUE);

  G_OBJECT_CLASS (test_stream_parent_class)->finalize (object);
}

static void
test_stream_class_init (TestStreamClass *klass)
{
  StepcastPollableStreamClass *pollable_class = STEPCAST_POLLABLE_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_stream_finalize;
  G_IO_STREAM_CLASS (klass)->close_fn = test_stream_close;

  pollable_class->is_ready = test_stream_is_ready;
  pollable_class->create_source = test_stream_create_source;
  pollable_class->read = test_stream_read;
  pollable_class->write = test_stream_write;
}

static void
test_stream_init (TestStream *self)
{
  self->given = g_string_new (NULL);
  self->taken = g_string_new (NULL);
}

/* ---- the fixture ---- */

typedef struct
{
  TestStream *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  guint n_told;
  GObject *told_end;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  GIOStream *stream;

  self->stream = g_object_new (TEST_TYPE_STREAM, NULL);
  stream = G_IO_STREAM (self->stream);
  self->input = G_POLLABLE_INPUT_STREAM (g_object_ref (g_io_stream_get_input_stream (stream)));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_object_ref (g_io_stream_get_output_stream (stream)));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->stream);
  g_assert_finalize_object (self->input);
  g_assert_finalize_object (self->output);
}

static gboolean
on_ready (GObject *end, gpointer user_data)
{
  Fixture *self = user_data;

  self->n_told++;
  self->told_end = end;
  return G_SOURCE_REMOVE;
}

/* @source: (transfer full) */
static guint
attach (Fixture *self, GSource *source)
{
  guint id;

  self->n_told = 0;
  self->told_end = NULL;
  g_source_set_callback (source, G_SOURCE_FUNC (on_ready), self, NULL);
  id = g_source_attach (source, NULL);
  g_source_unref (source);
  return id;
}

static void
settle (void)
{
  for (guint i = 0; i < 4; i++)
    g_main_context_iteration (NULL, FALSE);
}

/* ---- tests ---- */

static void
test_read (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  char buffer[4];

  g_assert_false (g_pollable_input_stream_is_readable (self->input));
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (self->input, buffer, sizeof buffer,
                                                             NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);

  g_string_assign (self->stream->given, "drawing");
  g_assert_true (g_pollable_input_stream_is_readable (self->input));
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (self->input, buffer, sizeof buffer,
                                                             NULL, &error),
                   ==, 4);
  g_assert_no_error (error);
  g_assert_cmpmem (buffer, 4, "draw", 4);
  g_assert_cmpstr (self->stream->given->str, ==, "ing");

  self->stream->is_broken = TRUE;
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (self->input, buffer, sizeof buffer,
                                                             NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

/* The two calls of the interface say differently that nothing can be written. */
static void
test_write (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (g_pollable_output_stream_is_writable (self->output));
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (self->output, "abc", 3, NULL,
                                                               &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);

  self->stream->room = 2;
  g_assert_true (g_pollable_output_stream_is_writable (self->output));
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (self->output, "abc", 3, NULL,
                                                               &error),
                   ==, 2);
  g_assert_no_error (error);
  g_assert_cmpstr (self->stream->taken->str, ==, "ab");

  self->stream->is_broken = TRUE;
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (self->output, "abc", 3, NULL,
                                                               &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static void
test_write_vectors (Fixture *self, gconstpointer data)
{
  const GOutputVector vectors[] = { { "head", 4 }, { "payload", 7 } };
  g_autoptr (GError) error = NULL;
  gsize n_written = 99;

  g_assert_cmpint (g_pollable_output_stream_writev_nonblocking (self->output, vectors, 2,
                                                                &n_written, NULL, &error),
                   ==, G_POLLABLE_RETURN_WOULD_BLOCK);
  g_assert_no_error (error);
  g_assert_cmpuint (n_written, ==, 0);

  /* All in one: the head is not sent without its payload. */
  self->stream->n_writes = 0;
  self->stream->room = 7;
  g_assert_cmpint (g_pollable_output_stream_writev_nonblocking (self->output, vectors, 2,
                                                                &n_written, NULL, &error),
                   ==, G_POLLABLE_RETURN_OK);
  g_assert_cmpuint (n_written, ==, 7);
  g_assert_cmpuint (self->stream->n_writes, ==, 1);
  g_assert_cmpstr (self->stream->taken->str, ==, "headpay");

  /* Nobody need ask how much, who calls it without GIO's function either. */
  self->stream->room = 1;
  g_assert_cmpint (G_POLLABLE_OUTPUT_STREAM_GET_INTERFACE (self->output)
                     ->writev_nonblocking (self->output, vectors, 1, NULL, &error),
                   ==, G_POLLABLE_RETURN_OK);
  g_assert_cmpstr (self->stream->taken->str, ==, "headpayh");

  self->stream->is_broken = TRUE;
  g_assert_cmpint (g_pollable_output_stream_writev_nonblocking (self->output, vectors, 2,
                                                                &n_written, NULL, &error),
                   ==, G_POLLABLE_RETURN_FAILED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

/* Each end has its own, and gets to know when it alone is ready. */
static void
test_sources (Fixture *self, gconstpointer data)
{
  guint id;

  g_string_assign (self->stream->given, "x");
  attach (self, g_pollable_input_stream_create_source (self->input, NULL));
  stepcast_test_wait_for (self->n_told > 0);
  g_assert_true (self->told_end == G_OBJECT (self->input));
  id = attach (self, g_pollable_output_stream_create_source (self->output, NULL));
  settle ();
  g_assert_cmpuint (self->n_told, ==, 0);
  g_source_remove (id);

  g_string_assign (self->stream->given, "");
  self->stream->room = 1;
  attach (self, g_pollable_output_stream_create_source (self->output, NULL));
  stepcast_test_wait_for (self->n_told > 0);
  g_assert_true (self->told_end == G_OBJECT (self->output));
  id = attach (self, g_pollable_input_stream_create_source (self->input, NULL));
  settle ();
  g_assert_cmpuint (self->n_told, ==, 0);
  g_source_remove (id);
}

/* @source: (transfer full) */
static void
check_cancelled (Fixture *self, GSource *source, GCancellable *cancellable)
{
  attach (self, source);
  settle ();
  g_assert_cmpuint (self->n_told, ==, 0);
  g_cancellable_cancel (cancellable);
  stepcast_test_wait_for (self->n_told == 1);
  g_cancellable_reset (cancellable);
}

static void
test_source_is_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  check_cancelled (self, g_pollable_input_stream_create_source (self->input, cancellable),
                   cancellable);
  check_cancelled (self, g_pollable_output_stream_create_source (self->output, cancellable),
                   cancellable);
}

/* Nothing ever waits in a call: there is no other way than without blocking. */
static void
test_blocking (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  char buffer[4];

  g_string_assign (self->stream->given, "x");
  self->stream->room = 1;
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (self->input), buffer, sizeof buffer, NULL,
                                        &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_cmpint (g_output_stream_write (G_OUTPUT_STREAM (self->output), "x", 1, NULL, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

/* ---- the end ---- */

static void
on_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;

  if (g_io_stream_close_finish (G_IO_STREAM (source_object), result, error))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "Closed");
}

/* In the calling thread, and before the call returns. */
static void
test_close (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_io_stream_close_async (G_IO_STREAM (self->stream), G_PRIORITY_DEFAULT, NULL, on_closed, &error);
  g_assert_true (self->stream->closed_in == g_thread_self ());
  g_assert_no_error (error);
  stepcast_test_wait_for (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_close_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->stream->is_stuck = TRUE;
  g_io_stream_close_async (G_IO_STREAM (self->stream), G_PRIORITY_DEFAULT, NULL, on_closed, &error);
  stepcast_test_wait_for (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
}

/* libsoup may keep the ends for longer than the stream: they are closed, and say so at once. */
static void
test_ends_outlive_it (Fixture *self, gconstpointer data)
{
  GOutputVector vector = { "x", 1 };
  g_autoptr (GError) error = NULL;
  char buffer[4];
  gsize n_written = 99;

  g_assert_finalize_object (g_steal_pointer (&self->stream));

  g_assert_true (g_pollable_input_stream_is_readable (self->input));
  g_assert_true (g_pollable_output_stream_is_writable (self->output));
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (self->input, buffer, sizeof buffer,
                                                             NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (self->output, "x", 1, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_pollable_output_stream_writev_nonblocking (self->output, &vector, 1,
                                                                &n_written, NULL, &error),
                   ==, G_POLLABLE_RETURN_FAILED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpuint (n_written, ==, 0);

  attach (self, g_pollable_input_stream_create_source (self->input, NULL));
  stepcast_test_wait_for (self->told_end == G_OBJECT (self->input));
  attach (self, g_pollable_output_stream_create_source (self->output, NULL));
  stepcast_test_wait_for (self->told_end == G_OBJECT (self->output));
}

/* Whoever lets go of it without a word closes it. */
static void
test_dispose (Fixture *self, gconstpointer data)
{
  g_object_run_dispose (G_OBJECT (self->stream));
  g_assert_true (self->stream->closed_in == g_thread_self ());
  g_assert_null (g_io_stream_get_input_stream (G_IO_STREAM (self->stream)));
  g_object_run_dispose (G_OBJECT (self->stream));
}

/* ---- drain ---- */

/* As far as it has come, and not much further than it is told. */
static void
test_drain (Fixture *self, gconstpointer data)
{
  g_autofree char *much = g_strnfill (100 * 1024, 'x');

  stepcast_pollable_stream_drain (G_IO_STREAM (self->stream), 1024 * 1024); /* nothing */
  g_string_assign (self->stream->given, much);
  stepcast_pollable_stream_drain (G_IO_STREAM (self->stream), 10 * 1024);
  g_assert_cmpuint (self->stream->given->len, <=, 90 * 1024);
  g_assert_cmpuint (self->stream->given->len, >=, 80 * 1024);
  stepcast_pollable_stream_drain (G_IO_STREAM (self->stream), 1024 * 1024);
  g_assert_cmpuint (self->stream->given->len, ==, 0);

  g_string_assign (self->stream->given, much);
  self->stream->is_broken = TRUE;
  stepcast_pollable_stream_drain (G_IO_STREAM (self->stream), 1024 * 1024);
  g_assert_cmpuint (self->stream->given->len, ==, 100 * 1024);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/pollable-stream/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("read", test_read);
  ADD ("write", test_write);
  ADD ("write-vectors", test_write_vectors);
  ADD ("sources", test_sources);
  ADD ("source-is-cancelled", test_source_is_cancelled);
  ADD ("blocking", test_blocking);
  ADD ("close", test_close);
  ADD ("close-fails", test_close_fails);
  ADD ("ends-outlive-it", test_ends_outlive_it);
  ADD ("dispose", test_dispose);
  ADD ("drain", test_drain);

  return g_test_run ();
}
