/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <librsvg/rsvg.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stepcast-bitmap.h"
#include "stepcast-error.h"
#include "stepcast-guarded-stream.h"
#include "stepcast-picture.h"
#include "stepcast-validate-helper.h"
#include "stepcast-validator.h"

/* Loads and draws frames from outside with librsvg, and decodes images with gdk-pixbuf, which may
 * hang, eat memory or abort on them: so it happens here, where nothing else is lost. It is started
 * by a StepcastHelperPool; see stepcast-validate-protocol.h. */

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

/* What the libraries may take within these limits. */
static void
set_up_libraries (void)
{
  /* librsvg filters in as many threads as there are processors: one picture takes one. */
  g_setenv ("RAYON_NUM_THREADS", "1", TRUE);
#ifdef M_ARENA_MAX
  /* Each thread's own heap, as of those that look for fonts, would take 64 MiB of addresses. */
  mallopt (M_ARENA_MAX, 1);
#endif
  /* Fontconfig may want to write a cache: that fails, and is no reason to die. */
  signal (SIGXFSZ, SIG_IGN);
}

/* The soft limit counts from the process's start, so each request moves it on. */
static void
renew_cpu_limit (guint deadline_ms)
{
  struct rusage usage;
  struct rlimit limits;
  rlim_t used;

  if (STEPCAST_SANITIZED || getrusage (RUSAGE_SELF, &usage) != 0 ||
      getrlimit (RLIMIT_CPU, &limits) != 0)
    return;

  /* Both are rounded down. */
  used = (rlim_t) usage.ru_utime.tv_sec + (rlim_t) usage.ru_stime.tv_sec + 2;
  limits.rlim_cur = MIN (used + stepcast_validate_get_cpu_seconds (deadline_ms), limits.rlim_max);
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

static guint32
get_number (const guint8 *from)
{
  guint32 number;

  memcpy (&number, from, sizeof number);
  return GUINT32_FROM_LE (number);
}

/* Returns whether there was one; its frame is the caller's. */
static gboolean
read_request (StepcastValidateRequest *request)
{
  guint8 header[STEPCAST_VALIDATE_REQUEST_HEADER_BYTES];
  guint32 length;
  char *frame;

  if (!read_all (header, sizeof header))
    return FALSE;

  request->operation = header[0];
  request->width = get_number (header + 1);
  length = get_number (header + 1 + sizeof (guint32));
  if (length > MAX_FRAME_BYTES)
    return FALSE;

  frame = g_malloc (length);
  if (!read_all (frame, length))
    {
      g_free (frame);
      return FALSE;
    }

  request->frame = g_bytes_new_take (frame, length);
  return TRUE;
}

static gboolean
write_answer (StepcastValidateStatus status, const void *payload, gsize length)
{
  const guint32 length_le = GUINT32_TO_LE ((guint32) length);
  guint8 header[STEPCAST_VALIDATE_ANSWER_HEADER_BYTES] = { (guint8) status };

  memcpy (header + 1, &length_le, sizeof length_le);
  return write_all (header, sizeof header) && write_all (payload, length);
}

static gboolean
write_message (StepcastValidateStatus status, const char *message)
{
  return write_answer (status, message,
                       MIN (strlen (message), STEPCAST_VALIDATE_MAX_MESSAGE_BYTES));
}

static gboolean
draw (RsvgHandle *handle, guint width)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) png = stepcast_picture_draw (handle, width, &error);

  if (png != NULL)
    return write_answer (STEPCAST_VALIDATE_GOOD, png->data, png->len);
  if (g_error_matches (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED))
    return write_message (STEPCAST_VALIDATE_TOO_LARGE, error->message);
  return write_message (STEPCAST_VALIDATE_BAD, error->message);
}

static gboolean
decode (const StepcastValidateRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) grey =
    stepcast_bitmap_decode (request->frame, STEPCAST_VALIDATE_GET_BOX_WIDTH (request->width),
                            STEPCAST_VALIDATE_GET_BOX_HEIGHT (request->width), &error);

  return grey != NULL ? write_answer (STEPCAST_VALIDATE_GOOD, grey->data, grey->len) :
                        write_message (STEPCAST_VALIDATE_BAD, error->message);
}

static gboolean
check_or_draw (const StepcastValidateRequest *request, guint deadline_ms)
{
  const gint64 deadline_us = g_get_monotonic_time () + (gint64) deadline_ms * 1000;
  g_autoptr (GInputStream) stream = stepcast_guarded_stream_new (request->frame, deadline_us);
  const RsvgHandleFlags flags = g_bytes_get_size (request->frame) > USUAL_XML_BYTES ?
                                  RSVG_HANDLE_FLAG_UNLIMITED :
                                  RSVG_HANDLE_FLAGS_NONE;
  g_autoptr (GError) error = NULL;
  RsvgHandle *handle;
  gboolean answered;

  handle = rsvg_handle_new_from_stream_sync (stream, NULL, flags, NULL, &error);
  if (handle == NULL)
    return g_get_monotonic_time () >= deadline_us ?
             write_message (STEPCAST_VALIDATE_LATE, "") :
             write_message (STEPCAST_VALIDATE_BAD, error->message);

  answered = request->operation == STEPCAST_VALIDATE_DRAW ?
               draw (handle, request->width) :
               write_message (STEPCAST_VALIDATE_GOOD, "");
  g_object_unref (handle);
  return answered;
}

static gboolean
answer (const StepcastValidateRequest *request, guint deadline_ms)
{
  return request->operation == STEPCAST_VALIDATE_DECODE ? decode (request) :
                                                          check_or_draw (request, deadline_ms);
}

int
main (int argc, char *argv[])
{
  guint64 deadline_ms = STEPCAST_VALIDATOR_DEFAULT_DEADLINE_MS;
  StepcastValidateRequest request;

  if (argc > 2 ||
      (argc == 2 && !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXUINT, &deadline_ms, NULL)))
    {
      g_printerr ("Usage: %s [DEADLINE-MS]\n"
                  "Checks and draws SVG documents for stepcastd; it is of no use by hand.\n",
                  argv[0]);
      return EXIT_FAILURE;
    }

  set_up_libraries ();
  give_up_rights ();

  while (read_request (&request))
    {
      gboolean answered;

      renew_cpu_limit ((guint) deadline_ms);
      answered = answer (&request, (guint) deadline_ms);
      g_bytes_unref (request.frame);
      if (!answered)
        return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
