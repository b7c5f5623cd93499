/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What the kernel knows of the server, sampled where a measurement's window begins and ends. */

#define SAMPLE_INTERVAL_NS (100 * G_GINT64_CONSTANT (1000000))

/* The process's CPU clock: all its threads, also the ended ones, in nanoseconds, where
 * /proc/PID/stat counts hundredths of a second. Negative where there is no such process. */
static double
process_cpu_seconds (int pid)
{
  struct timespec used;
  clockid_t clock;

  if (pid <= 0 || clock_getcpuclockid (pid, &clock) != 0 || clock_gettime (clock, &used) != 0)
    return -1.0;
  return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

/* What one thread of @pid has forked, and what that takes. */
static double
children_cpu_seconds (int pid, const char *thread)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%s/children", pid, thread);
  g_autofree char *text = NULL;
  g_auto (GStrv) children = NULL;
  double seconds = 0.0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0.0;
  children = g_strsplit (g_strstrip (text), " ", -1);
  for (char **child = children; *child != NULL; child++)
    seconds += MAX (0.0, process_cpu_seconds (atoi (*child)));
  return seconds;
}

/* Of a server and of its children: the frames of some come from processes of theirs. Negative
 * where there is no such process. */
double
load_server_cpu_seconds (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", pid);
  g_autoptr (GDir) threads = g_dir_open (path, 0, NULL);
  double seconds = process_cpu_seconds (pid);
  const char *thread;

  while (threads != NULL && (thread = g_dir_read_name (threads)) != NULL)
    seconds += children_cpu_seconds (pid, thread);
  return seconds;
}

guint64
load_server_rss_kb (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", pid);
  g_autofree char *statm = NULL;
  guint64 resident = 0;

  if (g_file_get_contents (path, &statm, NULL, NULL))
    sscanf (statm, "%*u %" G_GUINT64_FORMAT, &resident);
  return resident * (guint64) sysconf (_SC_PAGESIZE) / 1024;
}

static gboolean
is_stalled_port (Load *load, guint port)
{
  for (guint i = 0; i < load->n_connections; i++)
    if (load->connections[i].stalled && load->connections[i].local_port == port)
      return TRUE;
  return FALSE;
}

/* The server's ends of the stalled connections: what was written to them and is not acknowledged.
 */
static guint64
stalled_queue_bytes (Load *load)
{
  g_autofree char *table = NULL;
  g_auto (GStrv) lines = NULL;
  guint64 most = 0;

  if (!g_file_get_contents ("/proc/net/tcp", &table, NULL, NULL))
    return 0;
  lines = g_strsplit (table, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      guint local;
      guint remote;
      guint queue;

      if (sscanf (*line, "%*u: %*x:%x %*x:%x %*x %x:", &local, &remote, &queue) == 3 &&
          local == (guint) load->port && is_stalled_port (load, remote))
        most = MAX (most, queue);
    }
  return most;
}

void
load_samples_due (Load *load)
{
  LoadSamples *samples = &load->samples;
  guint64 rss_kb;

  if (load->server_pid <= 0 || bench_now_ns () < samples->next_ns)
    return;
  samples->next_ns = bench_now_ns () + SAMPLE_INTERVAL_NS;

  rss_kb = load_server_rss_kb (load->server_pid);
  if (samples->rss_kb_before == 0)
    samples->rss_kb_before = rss_kb;
  samples->rss_kb_max = MAX (samples->rss_kb_max, rss_kb);
  if (!load->stalling)
    samples->rss_kb_max_before_stall = samples->rss_kb_max;
  /* At the moment of the stall whole receive windows are in flight: not before the window. */
  else if (load->window_ns != 0)
    samples->stalled_queue_max = MAX (samples->stalled_queue_max, stalled_queue_bytes (load));
}
