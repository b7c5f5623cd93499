/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <librsvg/rsvg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stepcast-guarded-stream.h"
#include "stepcast-validate-protocol.h"
#include "stepcast-validator.h"

/* Loads frames from outside with librsvg, which may hang, eat memory or abort on them: so it
 * happens here, where nothing else is lost. It is started by StepcastValidator; see
 * stepcast-validate-protocol.h. */

/* Standard input, output and error, and what GLib and fontconfig open for a moment. */
#define MAX_FILES 16

/* No limit of the splitter's is higher. */
#define MAX_FRAME_BYTES (1024L * 1024 * 1024)

/* Up to here libxml2's own limits need not be lifted. Where they are, memory and time are still
 * bounded, and what they guard against, the expansion of entities, was left out on the way here. */
#define USUAL_XML_BYTES (9 * 1000 * 1000)

static void
limit (int resource, rlim_t value)
{
  struct rlimit limits;

  if (getrlimit (resource, &limits) != 0)
    return;
  limits.rlim_cur = limits.rlim_max = MIN (value, limits.rlim_max);
  setrlimit (resource, &limits);
}

/* Best effort: each limit is a second lock, and the parent's deadline the first. */
static void
give_up_rights (void)
{
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit (RLIMIT_CORE, 0);
  if (STEPCAST_SANITIZED)
    return;
  limit (RLIMIT_AS, STEPCAST_VALIDATE_ADDRESS_BYTES);
  limit (RLIMIT_NOFILE, MAX_FILES);
  limit (RLIMIT_FSIZE, 0);
}

/* The soft limit counts from the process's start, so each frame moves it on. */
static void
renew_cpu_limit (void)
{
  struct rusage usage;
  struct rlimit limits;
  rlim_t used;

  if (STEPCAST_SANITIZED || getrusage (RUSAGE_SELF, &usage) != 0 ||
      getrlimit (RLIMIT_CPU, &limits) != 0)
    return;

  /* Both are rounded down. */
  used = (rlim_t) usage.ru_utime.tv_sec + (rlim_t) usage.ru_stime.tv_sec + 2;
  limits.rlim_cur = MIN (used + STEPCAST_VALIDATE_CPU_SECONDS, limits.rlim_max);
  setrlimit (RLIMIT_CPU, &limits);
}

static gboolean
read_all (void *buffer, gsize length)
{
  char *to = buffer;

  while (length > 0)
    {
      const gssize n = read (STDIN_FILENO, to, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      to += n;
      length -= (gsize) n;
    }

  return TRUE;
}

static gboolean
write_all (const void *buffer, gsize length)
{
  const char *from = buffer;

  while (length > 0)
    {
      const gssize n = write (STDOUT_FILENO, from, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      from += n;
      length -= (gsize) n;
    }

  return TRUE;
}

static GBytes *
read_request (void)
{
  guint32 length;
  char *frame;

  if (!read_all (&length, sizeof length))
    return NULL;

  length = GUINT32_FROM_LE (length);
  if (length > MAX_FRAME_BYTES)
    return NULL;

  frame = g_malloc (length);
  if (!read_all (frame, length))
    {
      g_free (frame);
      return NULL;
    }

  return g_bytes_new_take (frame, length);
}

static gboolean
write_answer (StepcastValidateStatus status, const char *message)
{
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  const guint32 length = (guint32) MIN (strlen (message), STEPCAST_VALIDATE_MAX_MESSAGE_BYTES);
  const guint32 length_le = GUINT32_TO_LE (length);
  const guint8 status_byte = (guint8) status;

  g_byte_array_append (answer, &status_byte, 1);
  g_byte_array_append (answer, (const guint8 *) &length_le, sizeof length_le);
  g_byte_array_append (answer, (const guint8 *) message, length);
  return write_all (answer->data, answer->len);
}

static gboolean
check (GBytes *frame, guint deadline_ms)
{
  const gint64 deadline_us = g_get_monotonic_time () + (gint64) deadline_ms * 1000;
  g_autoptr (GInputStream) stream = stepcast_guarded_stream_new (frame, deadline_us);
  const RsvgHandleFlags flags = g_bytes_get_size (frame) > USUAL_XML_BYTES ?
                                  RSVG_HANDLE_FLAG_UNLIMITED :
                                  RSVG_HANDLE_FLAGS_NONE;
  g_autoptr (GError) error = NULL;
  RsvgHandle *handle;

  handle = rsvg_handle_new_from_stream_sync (stream, NULL, flags, NULL, &error);

  if (handle != NULL)
    {
      g_object_unref (handle);
      return write_answer (STEPCAST_VALIDATE_GOOD, "");
    }
  if (g_get_monotonic_time () >= deadline_us)
    return write_answer (STEPCAST_VALIDATE_LATE, "");
  return write_answer (STEPCAST_VALIDATE_BAD, error->message);
}

int
main (int argc, char *argv[])
{
  guint64 deadline_ms = STEPCAST_VALIDATOR_DEFAULT_DEADLINE_MS;
  GBytes *frame;

  if (argc > 2 ||
      (argc == 2 && !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXUINT, &deadline_ms, NULL)))
    {
      g_printerr ("Usage: %s [DEADLINE-MS]\n"
                  "Checks SVG documents for stepcastd; it is of no use by hand.\n",
                  argv[0]);
      return EXIT_FAILURE;
    }

  give_up_rights ();

  while ((frame = read_request ()) != NULL)
    {
      gboolean answered;

      renew_cpu_limit ();
      answered = check (frame, (guint) deadline_ms);
      g_bytes_unref (frame);
      if (!answered)
        return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
