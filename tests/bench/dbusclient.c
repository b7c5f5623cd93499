/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <stdlib.h>

#include <gio/gio.h>

#include "bench-json.h"
#include "bench-wire.h"

/* Calls the service on a bus, takes the time of each answer, and prints one line of JSON. What it
 * measures is what a client in C has: GDBus's own thread on both ways is in it. */

#define NAME "org.stepcast.Stepcast1"
#define MANAGER_PATH "/org/stepcast/Stepcast1"
#define MANAGER "org.stepcast.Stepcast1.Manager"
#define SESSION "org.stepcast.Stepcast1.Session"

#define CALL_MS 30000

/* How often something is asked again until it has come about. */
#define POLL_US 200

/* GLib's own pool ends the threads that had nothing to do for 15 s. */
#define SETTLE_US (40 * G_USEC_PER_SEC)

static char *option_address;
static char *option_mode;
static char *option_generator;
static int option_sessions = 64;
static int option_rounds = 100;
static int option_gap_ms = 20;
static int option_warmup_ms = 1000;
static int option_idle_round_trips = 200;
static int option_lanes = 1;
static int option_samples = 3;
static int option_server_pid;

static const GOptionEntry entries[] = {
  { "address", 0, 0, G_OPTION_ARG_STRING, &option_address, "The bus", "ADDRESS" },
  { "mode", 0, 0, G_OPTION_ARG_STRING, &option_mode, "What to measure",
    "get-state|stop-one|stop-all|churn" },
  { "generator", 0, 0, G_OPTION_ARG_STRING, &option_generator, "Of what (attractor)", "NAME" },
  { "sessions", 0, 0, G_OPTION_ARG_INT, &option_sessions,
    "How many run (64); for churn: how many between two samples", "N" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &option_rounds, "Calls, or times that all are stopped (100)",
    "N" },
  { "gap-ms", 0, 0, G_OPTION_ARG_INT, &option_gap_ms, "Between rounds (20)", "MS" },
  { "warmup-ms", 0, 0, G_OPTION_ARG_INT, &option_warmup_ms, "Run before the first round (1000)",
    "MS" },
  { "idle-round-trips", 0, 0, G_OPTION_ARG_INT, &option_idle_round_trips,
    "Rounds before anything runs (200)", "N" },
  { "lanes", 0, 0, G_OPTION_ARG_INT, &option_lanes, "Churn so many at a time (1)", "N" },
  { "samples", 0, 0, G_OPTION_ARG_INT, &option_samples, "Of what churn leaves (3)", "N" },
  { "server-pid", 0, 0, G_OPTION_ARG_INT, &option_server_pid, "The service's process", "PID" },
  { NULL },
};

/* ---- calls ---- */

/* A benchmark has nothing to say where a call fails. */
static void
require (gconstpointer is_there, const GError *error)
{
  if (is_there != NULL)
    return;

  g_printerr ("%s\n", error->message);
  exit (EXIT_FAILURE);
}

/* Returns: (transfer full) */
static GVariant *
call (GDBusConnection *bus,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *answer =
    g_dbus_connection_call_sync (bus, NAME, path, interface, method, arguments, NULL,
                                 G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL, &error);

  require (answer, error);
  return answer;
}

static GVariant *
no_options (void)
{
  return g_variant_new ("(a{sv})", NULL);
}

/* Returns: (transfer full): its object path */
static char *
create (GDBusConnection *bus, gboolean starts)
{
  g_autoptr (GVariant) answer = NULL;
  GVariantBuilder options;
  char *path;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "start", g_variant_new_boolean (starts));
  answer = call (bus, MANAGER_PATH, MANAGER, "CreateSession",
                 g_variant_new ("(sa{sv})", option_generator, &options));
  g_variant_get (answer, "(o)", &path);
  return path;
}

static void
do_plainly (GDBusConnection *bus, const char *path, const char *method)
{
  g_autoptr (GVariant) answer G_GNUC_UNUSED = call (bus, path, SESSION, method, NULL);
}

/* Returns: (transfer full) */
static char *
get_state (GDBusConnection *bus, const char *path)
{
  g_autoptr (GVariant) answer = call (bus, path, "org.freedesktop.DBus.Properties", "Get",
                                      g_variant_new ("(ss)", SESSION, "State"));
  g_autoptr (GVariant) state = NULL;

  g_variant_get (answer, "(v)", &state);
  return g_variant_dup_string (state, NULL);
}

static void
wait_state (GDBusConnection *bus, const char *path, const char *wanted)
{
  for (;;)
    {
      g_autofree char *state = get_state (bus, path);

      if (g_str_equal (state, wanted))
        return;
      g_usleep (POLL_US);
    }
}

/* ---- sessions that run ---- */

typedef struct
{
  GDBusConnection *bus;
  GPtrArray *paths; /* of sessions */

  GArray *idle_ms;
  GArray *answers_ms;
  GArray *reported_ms; /* what the service says in its answers */
  guint n_pending;
} Bench;

static void
append_ms (GArray *latencies_ms, double latency_ms)
{
  g_array_append_val (latencies_ms, latency_ms);
}

static double
since_ms (gint64 begin_ns)
{
  return (double) (bench_now_ns () - begin_ns) / 1e6;
}

static void
take_report (Bench *bench, GVariant *answer)
{
  double seconds;

  g_variant_get (answer, "(td)", NULL, &seconds);
  append_ms (bench->reported_ms, seconds * 1e3);
}

static void
get_one (Bench *bench, guint round, GArray *latencies_ms)
{
  const char *path = bench->paths->pdata[round % bench->paths->len];
  gint64 begin_ns = bench_now_ns ();
  g_autofree char *state G_GNUC_UNUSED = get_state (bench->bus, path);

  append_ms (latencies_ms, since_ms (begin_ns));
}

static void
stop_one (Bench *bench, guint round, GArray *latencies_ms)
{
  const char *path = bench->paths->pdata[round % bench->paths->len];
  gint64 begin_ns = bench_now_ns ();
  g_autoptr (GVariant) answer = call (bench->bus, path, SESSION, "Stop", no_options ());

  append_ms (latencies_ms, since_ms (begin_ns));
  if (latencies_ms != bench->answers_ms)
    return;
  take_report (bench, answer);
  do_plainly (bench->bus, path, "Start");
}

typedef struct
{
  Bench *bench;
  GArray *latencies_ms;
  gint64 begin_ns;
} StopCall;

static void
on_stopped (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autofree StopCall *stop = user_data;
  double latency_ms = since_ms (stop->begin_ns);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source_object), result, &error);

  require (answer, error);
  append_ms (stop->latencies_ms, latency_ms);
  if (stop->latencies_ms == stop->bench->answers_ms)
    take_report (stop->bench, answer);
  stop->bench->n_pending--;
}

/* Each answer's time is from its own call, of which GDBus's thread writes one after the other. */
static void
stop_all (Bench *bench, guint round, GArray *latencies_ms)
{
  for (guint i = 0; i < bench->paths->len; i++)
    {
      StopCall *stop = g_new (StopCall, 1);

      *stop = (StopCall){ bench, latencies_ms, bench_now_ns () };
      bench->n_pending++;
      g_dbus_connection_call (bench->bus, NAME, bench->paths->pdata[i], SESSION, "Stop",
                              no_options (), NULL, G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL,
                              on_stopped, stop);
    }
  while (bench->n_pending > 0)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; latencies_ms == bench->answers_ms && i < bench->paths->len; i++)
    do_plainly (bench->bus, bench->paths->pdata[i], "Start");
}

typedef void (*RoundFunc) (Bench *bench, guint round, GArray *latencies_ms);

/* @idle_round: what costs a round trip and no more, before anything runs */
static void
measure_running (Bench *bench, RoundFunc idle_round, RoundFunc round)
{
  for (int i = 0; i < option_sessions; i++)
    g_ptr_array_add (bench->paths, create (bench->bus, FALSE));
  for (int i = 0; i < option_idle_round_trips; i++)
    idle_round (bench, (guint) i, bench->idle_ms);

  for (int i = 0; i < option_sessions; i++)
    do_plainly (bench->bus, bench->paths->pdata[i], "Start");
  g_usleep ((gulong) option_warmup_ms * 1000);
  for (int i = 0; i < option_rounds; i++)
    {
      round (bench, (guint) i, bench->answers_ms);
      g_usleep ((gulong) option_gap_ms * 1000);
    }
}

static void
report_running (Bench *bench, JsonBuilder *builder)
{
  bench_json_latencies (builder, "idle_round_trip_ms", bench->idle_ms);
  bench_json_latencies (builder, "answer_ms", bench->answers_ms);
  bench_json_latencies (builder, "reported_ms", bench->reported_ms);
}

/* ---- sessions that come and go ---- */

static guint
count_entries (const char *folder, gboolean counts_pooled)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", option_server_pid, folder);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n_entries = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *comm_path = g_build_filename (path, name, "comm", NULL);
      g_autofree char *comm = NULL;

      if (!counts_pooled || (g_file_get_contents (comm_path, &comm, NULL, NULL) &&
                             g_str_has_prefix (comm, "pool-") && strcmp (comm, "pool-spawner\n")))
        n_entries++;
    }
  return n_entries;
}

static guint
read_rss_kb (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", option_server_pid);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (line = strstr (text, "VmRSS:")) == NULL)
    return 0;
  return (guint) g_ascii_strtoull (line + strlen ("VmRSS:"), NULL, 10);
}

static void
add_sample (JsonBuilder *builder)
{
  gint64 end_us = g_get_monotonic_time () + SETTLE_US;

  while (count_entries ("task", TRUE) > 0 && g_get_monotonic_time () < end_us)
    g_usleep (50000);

  json_builder_begin_object (builder);
  bench_json_count (builder, "fds", count_entries ("fd", FALSE));
  bench_json_count (builder, "threads", count_entries ("task", FALSE));
  bench_json_count (builder, "rss_kb", read_rss_kb ());
  json_builder_end_object (builder);
}

/* Each step of its life is waited for. */
static void
live_once (GDBusConnection *bus)
{
  g_autofree char *path = create (bus, TRUE);
  g_autoptr (GVariant) answer = NULL;

  do_plainly (bus, path, "Pause");
  wait_state (bus, path, "paused");
  answer = call (bus, path, SESSION, "Step", g_variant_new ("(u)", 3));
  wait_state (bus, path, "paused");
  do_plainly (bus, path, "Close");
}

static gpointer
live_in_thread (gpointer data)
{
  for (int i = 0; i < option_sessions / option_lanes; i++)
    live_once (data);
  return NULL;
}

static void
churn (GDBusConnection *bus, JsonBuilder *builder)
{
  g_autofree GThread **lanes = g_new (GThread *, option_lanes);

  json_builder_set_member_name (builder, "samples");
  json_builder_begin_array (builder);
  for (int i = 0; i < option_samples; i++)
    {
      for (int lane = 0; lane < option_lanes; lane++)
        lanes[lane] = g_thread_new ("lane", live_in_thread, bus);
      for (int lane = 0; lane < option_lanes; lane++)
        g_thread_join (lanes[lane]);
      add_sample (builder);
    }
  json_builder_end_array (builder);
}

/* ---- the program ---- */

static gboolean
run (Bench *bench, JsonBuilder *builder)
{
  if (g_str_equal (option_mode, "churn"))
    {
      churn (bench->bus, builder);
      return TRUE;
    }

  if (g_str_equal (option_mode, "get-state"))
    measure_running (bench, get_one, get_one);
  else if (g_str_equal (option_mode, "stop-one"))
    measure_running (bench, stop_one, stop_one);
  else if (g_str_equal (option_mode, "stop-all"))
    measure_running (bench, stop_all, stop_all);
  else
    return FALSE;
  report_running (bench, builder);
  return TRUE;
}

static gboolean
parse (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return FALSE;
    }
  if (option_address == NULL || option_mode == NULL || option_lanes < 1)
    {
      g_printerr ("--address, --mode and a lane are needed\n");
      return FALSE;
    }
  if (option_generator == NULL)
    option_generator = g_strdup ("attractor");
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  Bench bench = { 0 };

  if (!parse (&argc, &argv))
    return EXIT_FAILURE;

  bus = g_dbus_connection_new_for_address_sync (option_address,
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, &error);
  require (bus, error);
  bench.bus = bus;
  bench.paths = g_ptr_array_new_with_free_func (g_free);
  bench.idle_ms = g_array_new (FALSE, FALSE, sizeof (double));
  bench.answers_ms = g_array_new (FALSE, FALSE, sizeof (double));
  bench.reported_ms = g_array_new (FALSE, FALSE, sizeof (double));

  json_builder_begin_object (builder);
  if (!run (&bench, builder))
    {
      g_printerr ("There is no mode “%s”\n", option_mode);
      return EXIT_FAILURE;
    }
  json_builder_end_object (builder);
  bench_json_print (builder);

  g_array_unref (bench.reported_ms);
  g_array_unref (bench.answers_ms);
  g_array_unref (bench.idle_ms);
  g_ptr_array_unref (bench.paths);
  return EXIT_SUCCESS;
}
