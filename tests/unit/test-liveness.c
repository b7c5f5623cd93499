/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stepcast-liveness.h"
#include "stepcast-test-wait.h"

#define MS G_GINT64_CONSTANT (1000)

/* As soon as it can be. */
static const StepcastLivenessTimes quick = {
  .ping_us = 20 * MS,
  .answer_us = 60 * MS,
  .check_us = 5 * MS,
  .max_probes = 100,
  .max_retransmits = 100,
};

/* A tap on a real connection, and the peer's end of it. */
typedef struct
{
  StepcastLiveness *liveness;
  StepcastTapStream *tap;
  StepcastPulse *pulse;
  int peer;
  gboolean stops_reading;
  guint n_deaths;
  StepcastDeath death;
} Fixture;

static GSocketConnection *
connect_pair (int *peer)
{
  g_autoptr (GSocket) listener =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) ours = NULL;
  g_autofree struct sockaddr *native = NULL;
  gsize native_size;
  int small = 4096;

  g_assert_true (g_socket_bind (listener, any, TRUE, NULL) && g_socket_listen (listener, NULL));
  address = g_socket_get_local_address (listener, NULL);
  native_size = (gsize) g_socket_address_get_native_size (address);
  native = g_malloc (native_size);
  g_assert_true (g_socket_address_to_native (address, native, native_size, NULL));
  *peer = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt (*peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  g_assert_cmpint (connect (*peer, native, (socklen_t) native_size), ==, 0);
  ours = g_socket_accept (listener, NULL, NULL);
  return g_socket_connection_factory_create_connection (ours);
}

static void
on_death (StepcastDeath death, gpointer user_data)
{
  Fixture *self = user_data;

  self->n_deaths++;
  self->death = death;
}

static void
set_up (Fixture *self, gconstpointer times)
{
  g_autoptr (GSocketConnection) connection = connect_pair (&self->peer);

  self->liveness = stepcast_liveness_new (times);
  self->tap = stepcast_tap_stream_new (G_IO_STREAM (connection), NULL);
  self->pulse = stepcast_pulse_new (self->liveness, self->tap, on_death, self);
}

static void
tear_down (Fixture *self, gconstpointer times)
{
  g_clear_pointer (&self->pulse, stepcast_pulse_free);
  g_clear_pointer (&self->liveness, stepcast_liveness_unref);
  g_clear_object (&self->tap);
  close (self->peer);
}

/* What the peer has been sent: -1 where there is nothing. */
static gssize
receive (Fixture *self, guint8 *data, gsize size)
{
  return recv (self->peer, data, size, MSG_DONTWAIT);
}

static void
answer (Fixture *self, const guint8 *ping)
{
  static const guint8 mask[4] = { 1, 2, 3, 4 };
  guint8 pong[6 + STEPCAST_PING_BYTES] = { 0x8a, 0x80 | STEPCAST_PING_BYTES, 1, 2, 3, 4 };

  for (guint i = 0; i < STEPCAST_PING_BYTES; i++)
    pong[6 + i] = ping[2 + i] ^ mask[i % 4];
  g_assert_cmpint (send (self->peer, pong, sizeof pong, 0), ==, sizeof pong);
}

/* As libsoup would. */
static void
read_tap (Fixture *self)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (self->tap));
  guint8 data[1024];

  while (g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), data,
                                                   sizeof data, NULL, NULL) > 0)
    ;
}

static gboolean
has_ping (Fixture *self, guint8 *ping)
{
  return receive (self, ping, 2 + STEPCAST_PING_BYTES) == 2 + STEPCAST_PING_BYTES;
}

/* ---- tests ---- */

static void
test_times (void)
{
  StepcastLivenessTimes times;

  stepcast_liveness_times_init (&times, 15);
  g_assert_cmpint (times.ping_us, ==, 15 * G_USEC_PER_SEC);
  g_assert_cmpint (times.answer_us, ==, 20 * G_USEC_PER_SEC);
  g_assert_cmpint (times.check_us, ==, 5 * G_USEC_PER_SEC);
  stepcast_liveness_times_init (&times, 1);
  g_assert_cmpint (times.answer_us, ==, 6 * G_USEC_PER_SEC);
  g_assert_cmpint (times.check_us, <, G_USEC_PER_SEC);
  stepcast_liveness_times_init (&times, 0);
  g_assert_cmpint (times.ping_us, ==, 0);
}

static void
test_answers (Fixture *self, gconstpointer times)
{
  guint8 last[2 + STEPCAST_PING_BYTES] = { 0 };

  g_assert_cmpint (stepcast_pulse_get_round_trip_us (self->pulse), ==, -1);
  for (int i = 0; i < 10; i++)
    {
      guint8 ping[2 + STEPCAST_PING_BYTES];

      stepcast_test_wait_for (has_ping (self, ping));
      g_assert_cmphex (ping[0], ==, 0x89);
      g_assert_cmpuint (ping[1], ==, STEPCAST_PING_BYTES);
      g_assert_true (memcmp (ping, last, sizeof last) != 0);
      memcpy (last, ping, sizeof last);
      g_usleep (1000);
      answer (self, ping);
      read_tap (self);
      g_assert_cmpint (stepcast_pulse_get_round_trip_us (self->pulse), >=, 1000);
    }
  g_assert_cmpuint (self->n_deaths, ==, 0);
}

static void
test_silent (Fixture *self, gconstpointer times)
{
  guint8 ping[2 + STEPCAST_PING_BYTES];
  gint64 began_us;

  stepcast_test_wait_for (has_ping (self, ping));
  began_us = g_get_monotonic_time ();
  stepcast_test_wait_for (self->n_deaths > 0);
  g_assert_cmpint (self->death, ==, STEPCAST_DEATH_SILENT);
  g_assert_cmpint (g_get_monotonic_time () - began_us, >=, quick.answer_us / 2);
  g_assert_cmpint (stepcast_pulse_get_round_trip_us (self->pulse), ==, -1);

  /* It is told once, and not asked any more. */
  for (int i = 0; i < 10; i++)
    {
      g_usleep (10000);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  g_assert_cmpuint (self->n_deaths, ==, 1);
  g_assert_cmpint (receive (self, ping, sizeof ping), ==, -1);
}

/* Whatever it says: it is there. But only the answer tells how long the way is. */
static void
test_talks (Fixture *self, gconstpointer times)
{
  static const guint8 other[2 + STEPCAST_PING_BYTES] = { 0x89, STEPCAST_PING_BYTES, 'o', 't', 'h' };

  for (int i = 0; i < 5; i++)
    {
      guint8 ping[2 + STEPCAST_PING_BYTES];

      stepcast_test_wait_for (has_ping (self, ping));
      answer (self, other);
      read_tap (self);
    }
  g_assert_cmpuint (self->n_deaths, ==, 0);
  g_assert_cmpint (stepcast_pulse_get_round_trip_us (self->pulse), ==, -1);
}

static void
push_much (Fixture *self, gsize size)
{
  g_autofree char *text = g_strnfill (size, 'x');

  stepcast_outbox_push_text (stepcast_tap_stream_get_outbox (self->tap), text, FALSE);
  stepcast_tap_stream_flush (self->tap);
}

static void
wait_us (gint64 us)
{
  gint64 end_us = g_get_monotonic_time () + us;

  stepcast_test_wait_for (g_get_monotonic_time () >= end_us);
}

/* Nobody reads, and much waits to be written: the host answers the kernel's probes. */
static void
test_stalled (Fixture *self, gconstpointer times)
{
  StepcastOutbox *outbox = stepcast_tap_stream_get_outbox (self->tap);
  guint8 data[65536];

  push_much (self, 8 * 1024 * 1024);
  g_assert_false (stepcast_outbox_is_empty (outbox));
  wait_us (5 * quick.answer_us);
  g_assert_cmpuint (self->n_deaths, ==, 0);

  /* When it has read all, it has its time for the answer. */
  while (!stepcast_outbox_is_empty (outbox))
    {
      recv (self->peer, data, sizeof data, MSG_DONTWAIT);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (self->n_deaths, ==, 0);
}

/* All that waits is in the kernel's queue, for which the peer has no room. */
static void
test_stalled_in_kernel (Fixture *self, gconstpointer times)
{
  push_much (self, 200 * 1024);
  g_assert_true (stepcast_outbox_is_empty (stepcast_tap_stream_get_outbox (self->tap)));
  wait_us (5 * quick.answer_us);
  g_assert_cmpuint (self->n_deaths, ==, 0);
}

/* The peer's host drops what comes, as one does that has gone. */
static void
vanish (Fixture *self)
{
  struct sock_filter drop_all = BPF_STMT (BPF_RET | BPF_K, 0);
  struct sock_fprog program = { .len = 1, .filter = &drop_all };

  g_assert_cmpint (setsockopt (self->peer, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program),
                   ==, 0);
}

static void
test_gone (Fixture *self, gconstpointer times)
{
  vanish (self);
  stepcast_test_wait_for (self->n_deaths > 0);
  g_assert_cmpint (self->death, ==, STEPCAST_DEATH_GONE);
  g_assert_cmpuint (self->n_deaths, ==, 1);
}

static void
test_gone_while_stalled (Fixture *self, gconstpointer times)
{
  push_much (self, 8 * 1024 * 1024);
  wait_us (300 * MS); /* the window is closed, and the kernel has begun to ask */
  g_assert_cmpuint (self->n_deaths, ==, 0);
  vanish (self);
  stepcast_test_wait_for (self->n_deaths > 0);
  g_assert_cmpint (self->death, ==, STEPCAST_DEATH_GONE);
}

static void
test_never (Fixture *self, gconstpointer times)
{
  guint8 ping[16];

  wait_us (100 * MS);
  g_assert_cmpint (receive (self, ping, sizeof ping), ==, -1);
  g_assert_cmpuint (self->n_deaths, ==, 0);

  stepcast_liveness_set_times (self->liveness, &quick);
  stepcast_test_wait_for (has_ping (self, ping));
}

/* ---- many ---- */

#define N_PEERS 200

static void
free_all (StepcastDeath death, gpointer user_data)
{
  StepcastPulse **pulses = user_data;

  for (guint i = 0; i < N_PEERS; i++)
    g_clear_pointer (&pulses[i], stepcast_pulse_free);
}

/* Each is asked, in more than one turn; and the first death takes all away. */
static void
test_many (void)
{
  g_autoptr (StepcastLiveness) liveness = stepcast_liveness_new (&quick);
  StepcastPulse *pulses[N_PEERS];
  Fixture peers[N_PEERS] = { 0 };
  guint n_pinged = 0;

  for (guint i = 0; i < N_PEERS; i++)
    {
      g_autoptr (GSocketConnection) connection = connect_pair (&peers[i].peer);
      g_autoptr (StepcastTapStream) tap = stepcast_tap_stream_new (G_IO_STREAM (connection), NULL);

      pulses[i] = stepcast_pulse_new (liveness, tap, free_all, pulses);
    }
  stepcast_test_wait_for (pulses[0] == NULL);
  for (guint i = 0; i < N_PEERS; i++)
    {
      guint8 ping[2 + STEPCAST_PING_BYTES];

      n_pinged += has_ping (&peers[i], ping) ? 1 : 0;
      close (peers[i].peer);
    }
  g_assert_cmpuint (n_pinged, >=, N_PEERS / 2); /* the first may die before the last is asked */
  g_assert_false (g_main_context_pending (NULL));
}

#define ADD(name, times, func)                                                                     \
  g_test_add ("/liveness/" name, Fixture, times, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  StepcastLivenessTimes counting = quick;
  StepcastLivenessTimes never = quick;

  g_test_init (&argc, &argv, NULL);

  counting.answer_us = 1000 * G_USEC_PER_SEC;
  counting.max_probes = 1;
  counting.max_retransmits = 1;
  never.ping_us = 0;

  g_test_add_func ("/liveness/times", test_times);
  ADD ("answers", &quick, test_answers);
  ADD ("silent", &quick, test_silent);
  ADD ("talks", &quick, test_talks);
  ADD ("stalled", &quick, test_stalled);
  ADD ("stalled-in-kernel", &quick, test_stalled_in_kernel);
  ADD ("gone", &counting, test_gone);
  ADD ("gone-while-stalled", &counting, test_gone_while_stalled);
  ADD ("never", &never, test_never);
  g_test_add_func ("/liveness/many", test_many);

  return g_test_run ();
}
