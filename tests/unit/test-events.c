/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "stepcast-error.h"
#include "stepcast-event-stream.h"
#include "stepcast-event-text.h"
#include "stepcast-generator-source.h"
#include "stepcast-session-events.h"
#include "stepcast-test-wait.h"
#include "stepcast-types-generator.h"

/* More than any socket takes at once. */
#define MUCH (16 * 1024 * 1024)

#define LONG_MS 3600000

/* ---- text ---- */

static void
assert_event (const char *name, const char *id, const char *data, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  stepcast_event_text_append (text, name, id, data);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_text (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  assert_event ("state", NULL, "{}", "event: state\ndata: {}\n\n");
  assert_event ("frame", "1-2", "{}", "event: frame\nid: 1-2\ndata: {}\n\n");
  assert_event ("x", NULL, "", "event: x\ndata: \n\n");
  assert_event ("x", NULL, " a:b", "event: x\ndata:  a:b\n\n");

  g_string_append (text, STEPCAST_EVENT_RETRY);
  g_assert_cmpstr (text->str, ==, "retry: 2000\n\n");
  stepcast_event_text_append (text, "x", NULL, "1");
  stepcast_event_text_append (text, "y", NULL, "2");
  g_assert_cmpstr (text->str, ==, "retry: 2000\n\nevent: x\ndata: 1\n\nevent: y\ndata: 2\n\n");
}

/* No data can end its event or begin another field. */
static void
test_newlines (void)
{
  assert_event ("x", NULL, "a\nb", "event: x\ndata: a\ndata: b\n\n");
  assert_event ("x", NULL, "a\rb", "event: x\ndata: a\ndata: b\n\n");
  assert_event ("x", NULL, "a\r\nb", "event: x\ndata: a\ndata: b\n\n");
  assert_event ("x", NULL, "a\n\nevent: y", "event: x\ndata: a\ndata: \ndata: event: y\n\n");
  assert_event ("x", NULL, "a\n\rb", "event: x\ndata: a\ndata: \ndata: b\n\n");
  assert_event ("x", NULL, "a\n", "event: x\ndata: a\ndata: \n\n");
  assert_event ("x", NULL, "\r", "event: x\ndata: \ndata: \n\n");
}

static void
test_no_newlines_in_names (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_test_expect_message ("stepcast-websocket", G_LOG_LEVEL_CRITICAL, "*is_one_line (name)*");
  stepcast_event_text_append (text, "x\ndata: y", NULL, "");
  g_test_expect_message ("stepcast-websocket", G_LOG_LEVEL_CRITICAL, "*is_one_line (id)*");
  stepcast_event_text_append (text, "x", "1\r2", "");
  g_test_assert_expected_messages ();
  g_assert_cmpstr (text->str, ==, "");
}

/* ---- options ---- */

static gboolean
read_options (const char *name,
              const char *value,
              StepcastSessionEventsOptions *options,
              GError **error)
{
  g_autoptr (GHashTable) query = g_hash_table_new (g_str_hash, g_str_equal);

  if (name != NULL)
    g_hash_table_insert (query, (char *) name, (char *) value);
  return stepcast_session_events_read_options (query, options, error);
}

static void
test_options (void)
{
  static const char *const wrong[][2] = {
    { "max-fps", "" },         { "max-fps", "0" }, { "max-fps", "61" }, { "max-fps", "1.5" },
    { "max-fps", "-1" },       { "max-fps", "x" }, { "max-fps", " 1" }, { "max-fps", "+1" },
    { "max-fps", "\xff\xfe" }, { "frames", "" },   { "frames", "0" },   { "frames", "False" },
    { "frames", "truefalse" },
  };
  StepcastSessionEventsOptions options = { .role = STEPCAST_ROLE_VIEW };
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_session_events_read_options (NULL, &options, &error));
  g_assert_true (options.wants_frames);
  g_assert_cmpuint (options.max_fps, ==, 10);
  g_assert_true (read_options ("max-fps", "60", &options, &error));
  g_assert_cmpuint (options.max_fps, ==, 60);
  g_assert_true (read_options ("frames", "false", &options, &error));
  g_assert_false (options.wants_frames);
  g_assert_true (read_options ("token", "x", &options, &error));
  g_assert_true (options.wants_frames);
  g_assert_cmpint (options.role, ==, STEPCAST_ROLE_VIEW);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) refusal = NULL;

      g_assert_false (read_options (wrong[i][0], wrong[i][1], &options, &refusal));
      g_assert_error (refusal, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      g_assert_true (g_utf8_validate (refusal->message, -1, NULL));
    }
}

/* ---- the ticker ---- */

typedef struct
{
  StepcastTicker *ticker;
  guint n_ticks;
  gpointer removes; /* (nullable) */
} Member;

static void
on_tick (gint64 now_us, gpointer data)
{
  Member *member = data;

  g_assert_cmpint (now_us, <=, g_get_monotonic_time ());
  member->n_ticks++;
  if (member->removes != NULL)
    stepcast_ticker_remove (member->ticker, member->removes);
}

static void
test_ticker (void)
{
  g_autoptr (StepcastTicker) ticker = stepcast_ticker_new (1);
  Member one = { .ticker = ticker };
  Member other = { .ticker = ticker };

  g_assert_false (stepcast_ticker_is_running (ticker));
  stepcast_ticker_add (ticker, &one, on_tick);
  stepcast_ticker_add (ticker, &other, on_tick);
  stepcast_test_wait_for (one.n_ticks > 1 && other.n_ticks > 1);

  stepcast_ticker_remove (ticker, &other);
  other.n_ticks = one.n_ticks = 0;
  stepcast_test_wait_for (one.n_ticks > 1);
  g_assert_cmpuint (other.n_ticks, ==, 0);
  g_assert_true (stepcast_ticker_is_running (ticker));

  stepcast_ticker_remove (ticker, &one);
  stepcast_ticker_remove (ticker, &one);
  g_assert_false (stepcast_ticker_is_running (ticker)); /* nobody: no timer */
  stepcast_ticker_add (ticker, &one, on_tick);
  stepcast_test_wait_for (one.n_ticks > 4);
  stepcast_ticker_remove (ticker, &one);
}

/* Whoever of the two is first removes both. */
static void
test_ticker_removes_within (void)
{
  g_autoptr (StepcastTicker) ticker = stepcast_ticker_new (1);
  Member one = { .ticker = ticker };
  Member other = { .ticker = ticker, .removes = &one };

  one.removes = &other;
  stepcast_ticker_add (ticker, &one, on_tick);
  stepcast_ticker_add (ticker, &other, on_tick);
  stepcast_test_wait_for (one.n_ticks + other.n_ticks > 3);
  g_assert_true (one.n_ticks == 0 || other.n_ticks == 0);
  stepcast_ticker_remove (ticker, &one);
  stepcast_ticker_remove (ticker, &other);
}

/* ---- sockets ---- */

/* Returns: (transfer full): one end; @peer: the other */
static GSocketConnection *
make_connection (GSocket **peer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  *peer = g_socket_new_from_fd (fds[1], &error);
  g_assert_no_error (error);
  g_socket_set_blocking (*peer, FALSE);
  return g_socket_connection_factory_create_connection (socket);
}

/* What there is to be read now. */
static gsize
receive_some (GSocket *peer, GString *text)
{
  char buffer[65536];
  gssize n_read = g_socket_receive_with_blocking (peer, buffer, sizeof buffer, FALSE, NULL, NULL);

  if (n_read > 0 && text != NULL)
    g_string_append_len (text, buffer, n_read);
  return n_read > 0 ? (gsize) n_read : 0;
}

/* ---- the events of a session ---- */

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastTicker *ticker;
  StepcastSession *session;
  StepcastSessionEvents *events;
  GSocket *peer;
  GString *text; /* what has been read */
} Telling;

static void
set_up_session (Telling *telling, gconstpointer max_fps)
{
  StepcastSessionEventsOptions options = {
    .role = STEPCAST_ROLE_VIEW,
    .wants_frames = max_fps != NULL,
    .max_fps = MAX (GPOINTER_TO_UINT (max_fps), 1),
  };
  g_autoptr (StepcastSource) source = NULL;
  g_autoptr (GSocketConnection) connection = make_connection (&telling->peer);
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  telling->scheduler = stepcast_scheduler_new (1);
  telling->ticker = stepcast_ticker_new (LONG_MS);
  source = stepcast_generator_source_new ("types", STEPCAST_TYPE_TYPES_GENERATOR,
                                          telling->scheduler, FALSE);
  telling->session = stepcast_session_new ("types_1", source, none, STEPCAST_STOP_DEADLINE_MS);
  telling->events = stepcast_session_events_new (G_IO_STREAM (connection), telling->ticker,
                                                 telling->session, &options);
  telling->text = g_string_new (NULL);
}

static void
tear_down_session (Telling *telling, gconstpointer max_fps)
{
  g_object_run_dispose (G_OBJECT (telling->events));
  g_assert_cmpuint (stepcast_session_get_n_sinks (telling->session), ==, 0);
  g_assert_finalize_object (telling->events);
  g_assert_finalize_object (telling->session);
  stepcast_ticker_unref (telling->ticker);
  stepcast_test_settle (telling->scheduler);
  g_assert_finalize_object (telling->scheduler);
  g_object_unref (telling->peer);
  g_string_free (telling->text, TRUE);
}

static void
deliver (Telling *telling, guint64 serial)
{
  g_autoptr (GBytes) svg = g_bytes_new_static ("<svg/>", 6);
  g_autoptr (StepcastFrame) frame = stepcast_frame_new (svg, 1, serial, 100 + serial, 1500000);

  stepcast_frame_sink_deliver (STEPCAST_FRAME_SINK (telling->events), &frame, 1);
}

static guint
count_told (Telling *telling, const char *what)
{
  guint n_told = 0;

  receive_some (telling->peer, telling->text);
  for (const char *at = telling->text->str; (at = strstr (at, what)) != NULL; at++)
    n_told++;
  return n_told;
}

/* Until whatever timer there may be has fired. */
static void
run_for_us (gint64 us)
{
  gint64 end_us = g_get_monotonic_time () + us;

  while (g_get_monotonic_time () < end_us)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

static void
test_notice (Telling *telling, gconstpointer max_fps)
{
  static const char *const expected =
    "event: frame\nid: 1-7\n"
    "data: {\"type\":\"frame\",\"run\":1,\"serial\":7,\"step\":107,\"time\":1.500000,"
    "\"bytes\":6}\n\n";

  deliver (telling, 7);
  g_assert_cmpuint (count_told (telling, expected), ==, 1);
  g_assert_true (g_str_has_prefix (telling->text->str, "retry: 2000\n\nevent: state\ndata: {"));
  g_assert_cmpuint (count_told (telling, "event: parameters\n"), ==, 1);
  g_assert_cmpuint (count_told (telling, "event: "), ==, 3);
}

/* Sooner than it is its turn: the newest is told when it is. */
static void
test_notice_is_held (Telling *telling, gconstpointer max_fps)
{
  StepcastDemand demand;

  for (guint64 serial = 1; serial <= 5; serial++)
    deliver (telling, serial);
  g_assert_cmpuint (count_told (telling, "event: frame\n"), ==, 1);
  stepcast_frame_sink_get_demand (STEPCAST_FRAME_SINK (telling->events), &demand);
  g_assert_cmpint (demand.due_us, ==, STEPCAST_NEVER);

  stepcast_test_wait_for (count_told (telling, "event: frame\n") == 2);
  g_assert_cmpuint (count_told (telling, "id: 1-1\n"), ==, 1);
  g_assert_cmpuint (count_told (telling, "id: 1-5\n"), ==, 1);
  stepcast_frame_sink_get_demand (STEPCAST_FRAME_SINK (telling->events), &demand);
  g_assert_cmpint (demand.due_us, >, g_get_monotonic_time () - G_USEC_PER_SEC);
  g_assert_cmpint (demand.due_us, <, STEPCAST_NEVER);
}

/* A frame that comes when the held one is due, and before its timer, which is late. */
static void
test_notice_overtakes_timer (Telling *telling, gconstpointer max_fps)
{
  deliver (telling, 1);
  deliver (telling, 2);
  g_usleep (G_USEC_PER_SEC / GPOINTER_TO_UINT (max_fps) + 5000);
  deliver (telling, 3);
  g_assert_cmpuint (count_told (telling, "id: 1-3\n"), ==, 1);

  run_for_us (2 * G_USEC_PER_SEC / GPOINTER_TO_UINT (max_fps));
  g_assert_cmpuint (count_told (telling, "id: 1-3\n"), ==, 1);
  g_assert_cmpuint (count_told (telling, "id: 1-2\n"), ==, 0);
  g_assert_cmpuint (count_told (telling, "event: frame\n"), ==, 2);
}

static void
test_no_notices (Telling *telling, gconstpointer max_fps)
{
  StepcastDemand demand;

  stepcast_frame_sink_get_demand (STEPCAST_FRAME_SINK (telling->events), &demand);
  g_assert_cmpint (demand.due_us, ==, STEPCAST_NEVER);
  deliver (telling, 1); /* somebody else's */
  run_for_us (20000);
  g_assert_cmpuint (count_told (telling, "event: frame\n"), ==, 0);
  g_assert_cmpuint (stepcast_session_get_n_sinks (telling->session), ==, 1);
}

/* What waits is told before the end. */
static void
test_end_of_session (Telling *telling, gconstpointer max_fps)
{
  deliver (telling, 1);
  deliver (telling, 2);
  stepcast_session_events_end (telling->events);
  stepcast_session_events_end (telling->events);
  g_assert_cmpuint (stepcast_session_get_n_sinks (telling->session), ==, 0);
  g_assert_cmpuint (count_told (telling, "id: 1-2\n"), ==, 1);
  g_assert_true (g_str_has_suffix (telling->text->str,
                                   "event: closed\n"
                                   "data: {\"type\":\"closed\",\"name\":\"types_1\"}\n\n"));
  g_assert_cmpuint (count_told (telling, "event: closed\n"), ==, 1);
}

/* ---- streams ---- */

typedef struct
{
  StepcastTicker *ticker;
  StepcastEventStream *stream;
  GSocket *peer;
  guint n_drained;
  guint n_closed;
} Fixture;

static void
on_drained (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpuint (fixture->n_closed, ==, 0);
  g_assert_true (stepcast_event_stream_is_clear (fixture->stream));
  fixture->n_drained++;
}

static void
on_closed (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_closed++;
}

static const StepcastEventStreamEvents events = { .drained = on_drained, .closed = on_closed };

static void
set_up (Fixture *fixture, gconstpointer tick_ms)
{
  g_autoptr (GSocketConnection) connection = make_connection (&fixture->peer);

  fixture->ticker = stepcast_ticker_new (GPOINTER_TO_UINT (tick_ms));
  fixture->stream =
    stepcast_event_stream_new (G_IO_STREAM (connection), fixture->ticker, &events, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer tick_ms)
{
  g_assert_finalize_object (fixture->stream);
  g_assert_false (stepcast_ticker_is_running (fixture->ticker));
  stepcast_ticker_unref (fixture->ticker);
  g_clear_object (&fixture->peer);
}

static gsize
read_some (Fixture *fixture, GString *text)
{
  return receive_some (fixture->peer, text);
}

static void
test_stream (Fixture *fixture, gconstpointer tick_ms)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_true (stepcast_event_stream_is_clear (fixture->stream));
  stepcast_event_stream_write (fixture->stream, "one\n");
  g_assert_true (stepcast_event_stream_is_clear (fixture->stream));
  stepcast_event_stream_write (fixture->stream, "two\n");
  read_some (fixture, text);
  g_assert_cmpstr (text->str, ==, "one\ntwo\n");
  g_assert_cmpuint (fixture->n_drained, ==, 0); /* it was clear all the time */

  stepcast_event_stream_end (fixture->stream);
  g_assert_cmpuint (fixture->n_closed, ==, 0); /* not from within */
  g_assert_false (stepcast_event_stream_is_clear (fixture->stream));
  stepcast_test_wait_for (fixture->n_closed == 1);
  g_assert_cmpint (g_socket_receive_with_blocking (fixture->peer, text->str, 1, FALSE, NULL, NULL),
                   ==, 0);
}

/* One text at a time; when the reader has taken it, there may be more. */
static void
test_slow_reader (Fixture *fixture, gconstpointer tick_ms)
{
  g_autofree char *much = g_strnfill (MUCH, 'x');
  gsize n_read = 0;
  gsize backlog;

  stepcast_event_stream_write (fixture->stream, much);
  g_assert_false (stepcast_event_stream_is_clear (fixture->stream));
  backlog = stepcast_event_stream_get_backlog_bytes (fixture->stream);
  g_assert_cmpuint (backlog, >, 0);
  g_assert_cmpuint (backlog, <, MUCH);

  while (fixture->n_drained == 0)
    {
      n_read += read_some (fixture, NULL);
      g_main_context_iteration (NULL, FALSE);
    }
  while (n_read < MUCH)
    n_read += read_some (fixture, NULL);
  g_assert_cmpuint (n_read, ==, MUCH);
  g_assert_cmpuint (stepcast_event_stream_get_backlog_bytes (fixture->stream), ==, 0);

  stepcast_event_stream_write (fixture->stream, "x");
  stepcast_test_wait_for (read_some (fixture, NULL) == 1);
}

static void
test_end_waits (Fixture *fixture, gconstpointer tick_ms)
{
  g_autofree char *much = g_strnfill (MUCH, 'x');
  gsize n_read = 0;

  stepcast_event_stream_write (fixture->stream, much);
  stepcast_event_stream_end (fixture->stream);
  while (fixture->n_closed == 0)
    {
      n_read += read_some (fixture, NULL);
      g_main_context_iteration (NULL, FALSE);
    }
  while (n_read < MUCH)
    n_read += read_some (fixture, NULL);
  g_assert_cmpuint (fixture->n_drained, ==, 0);
}

static void
test_peer_vanishes (Fixture *fixture, gconstpointer tick_ms)
{
  g_clear_object (&fixture->peer);
  stepcast_test_wait_for (fixture->n_closed == 1);
  g_assert_false (stepcast_event_stream_is_clear (fixture->stream));
}

static void
test_peer_vanishes_unseen (Fixture *fixture, gconstpointer tick_ms)
{
  g_clear_object (&fixture->peer);
  stepcast_event_stream_write (fixture->stream, "x");
  g_assert_false (stepcast_event_stream_is_clear (fixture->stream));
  stepcast_event_stream_close (fixture->stream);
  stepcast_test_wait_for (fixture->n_closed == 1);
  stepcast_event_stream_close (fixture->stream);
}

/* A client says nothing; what it says nevertheless is dropped, up to a limit. */
static void
test_peer_talks (Fixture *fixture, gconstpointer tick_ms)
{
  g_autofree char *talk = g_strnfill (8192, 'x');

  g_socket_send (fixture->peer, talk, 8192, NULL, NULL);
  stepcast_test_wait_for (!g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (fixture->n_closed, ==, 0);
  g_socket_send (fixture->peer, talk, 8192, NULL, NULL);
  g_socket_send (fixture->peer, talk, 1, NULL, NULL);
  stepcast_test_wait_for (fixture->n_closed == 1);
}

static void
test_keep_alive (Fixture *fixture, gconstpointer tick_ms)
{
  g_autoptr (GString) text = g_string_new (NULL);

  stepcast_test_wait_for ((read_some (fixture, text), text->len) >= 6);
  g_assert_true (g_str_has_prefix (text->str, ":\n\n:\n\n"));
}

static void
test_dispose_tells_nothing (Fixture *fixture, gconstpointer tick_ms)
{
  stepcast_event_stream_close (fixture->stream);
  g_object_run_dispose (G_OBJECT (fixture->stream));
  stepcast_test_wait_for (!g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (fixture->n_closed, ==, 0);
}

static void
add (const char *path, guint tick_ms, void (*func) (Fixture *fixture, gconstpointer tick_ms))
{
  g_test_add (path, Fixture, GUINT_TO_POINTER (tick_ms), set_up, func, tear_down);
}

/* @max_fps: 0 for no notices */
static void
add_session (const char *path,
             guint max_fps,
             void (*func) (Telling *telling, gconstpointer max_fps))
{
  g_test_add (path, Telling, GUINT_TO_POINTER (max_fps), set_up_session, func, tear_down_session);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/events/text", test_text);
  g_test_add_func ("/events/text/newlines", test_newlines);
  g_test_add_func ("/events/text/no-newlines-in-names", test_no_newlines_in_names);
  g_test_add_func ("/events/options", test_options);
  g_test_add_func ("/events/ticker", test_ticker);
  g_test_add_func ("/events/ticker/removes-within", test_ticker_removes_within);
  add_session ("/events/session/notice", 10, test_notice);
  add_session ("/events/session/notice/held", 10, test_notice_is_held);
  add_session ("/events/session/notice/overtakes-timer", 10, test_notice_overtakes_timer);
  add_session ("/events/session/notice/none", 0, test_no_notices);
  add_session ("/events/session/end", 1, test_end_of_session);
  add ("/events/stream", LONG_MS, test_stream);
  add ("/events/stream/slow-reader", LONG_MS, test_slow_reader);
  add ("/events/stream/end-waits", LONG_MS, test_end_waits);
  add ("/events/stream/peer-vanishes", LONG_MS, test_peer_vanishes);
  add ("/events/stream/peer-vanishes-unseen", LONG_MS, test_peer_vanishes_unseen);
  add ("/events/stream/peer-talks", LONG_MS, test_peer_talks);
  add ("/events/stream/keep-alive", 1, test_keep_alive);
  add ("/events/stream/dispose-tells-nothing", LONG_MS, test_dispose_tells_nothing);

  return g_test_run ();
}
