/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-image.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "stepcast-error.h"
#include "stepcast-validate-protocol.h"

/* Pictures from outside, decoded in the same helper program that loads foreign SVGs: decoders have
 * had their share of memory errors, and there nothing is lost by one. A generator waits for it in
 * its worker, once a run, so it is a process for one request, and simple. */

/* Of the helper's work; it is what the kernel's limit of processor time follows. */
#define DECODE_MS 5000

/* A generator is made from its type alone, so there is nothing that could hand it a path. Set once,
 * before there is any other thread. */
static char *decoder_path;

/**
 * stepcast_image_set_decoder:
 * @path: where `stepcast-validate` is
 *
 * To be called once, before any generator is run.
 */
void
stepcast_image_set_decoder (const char *path)
{
  g_free (decoder_path);
  decoder_path = g_canonicalize_filename (path, NULL);
}

/* Between fork() and exec(): only what is safe there. */
static void
set_up_child (gpointer data)
{
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *
spawn (GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                               G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  const char *const arguments[] = { decoder_path, G_STRINGIFY (DECODE_MS), NULL };
  char *environment[] = { NULL };

  g_subprocess_launcher_set_environ (launcher, environment);
  g_subprocess_launcher_set_cwd (launcher, "/");
  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);
  return g_subprocess_launcher_spawnv (launcher, arguments, error);
}

static GBytes *
make_request (GBytes *file, guint max_width, guint max_height)
{
  const guint32 box = GUINT32_TO_LE (STEPCAST_VALIDATE_MAKE_BOX (max_width, max_height));
  gsize size;
  gconstpointer data = g_bytes_get_data (file, &size);
  const guint32 length = GUINT32_TO_LE ((guint32) size);
  GByteArray *request = g_byte_array_sized_new (STEPCAST_VALIDATE_REQUEST_HEADER_BYTES);

  g_byte_array_append (request, (const guint8[]){ STEPCAST_VALIDATE_DECODE }, 1);
  g_byte_array_append (request, (const guint8 *) &box, sizeof box);
  g_byte_array_append (request, (const guint8 *) &length, sizeof length);
  g_byte_array_append (request, data, (guint) size);
  return g_byte_array_free_to_bytes (request);
}

static guint32
get_number (const guint8 *from)
{
  guint32 number;

  memcpy (&number, from, sizeof number);
  return GUINT32_FROM_LE (number);
}

static StepcastImage *
refuse (const char *reason, gssize length, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (reason, length);

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_GENERATOR_FAILED,
               "The image can’t be read: %s", g_strchomp (valid));
  return NULL;
}

/* Whoever took over the helper can say what it likes: a picture of the right size, or a text. */
static StepcastImage *
read_answer (GBytes *answer, guint max_width, guint max_height, GError **error)
{
  const gsize header = STEPCAST_VALIDATE_ANSWER_HEADER_BYTES;
  gsize size;
  const guint8 *data = g_bytes_get_data (answer, &size);
  guint width, height;
  StepcastImage *self;

  if (size < header || get_number (data + 1) != size - header)
    return refuse ("its decoder crashed, or took too long or too much memory", -1, error);
  if (data[0] != STEPCAST_VALIDATE_GOOD)
    return refuse ((const char *) data + header,
                   (gssize) MIN (size - header, STEPCAST_VALIDATE_MAX_MESSAGE_BYTES), error);

  width = size >= header + 8 ? get_number (data + header) : 0;
  height = size >= header + 8 ? get_number (data + header + 4) : 0;
  if (width < 1 || width > max_width || height < 1 || height > max_height ||
      size != header + 8 + (gsize) width * height)
    return refuse ("its decoder gave an answer that is none", -1, error);

  self = g_new (StepcastImage, 1);
  *self = (StepcastImage){ width, height,
                           g_bytes_new_from_bytes (answer, header + 8, (gsize) width * height) };
  return self;
}

/**
 * stepcast_image_decode:
 * @file: the content of a PNG or JPEG file
 * @max_width: how wide the picture is to be at most, from 1 to 65535
 * @max_height: how high, likewise
 * @cancellable: (nullable): stops it
 * @error: %G_IO_ERROR_CANCELLED, or %STEPCAST_ERROR_GENERATOR_FAILED where it is no picture, one of
 *   more than %STEPCAST_VALIDATE_MAX_IMAGE_PIXELS, or the helper program does not work
 *
 * The picture is as large as fits, in its own proportions. Waits for another process: for workers.
 *
 * Returns: (transfer full) (nullable): the picture, or %NULL with @error set
 */
StepcastImage *
stepcast_image_decode (GBytes *file,
                       guint max_width,
                       guint max_height,
                       GCancellable *cancellable,
                       GError **error)
{
  g_autoptr (GBytes) request = make_request (file, max_width, max_height);
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GSubprocess) process = NULL;

  if (decoder_path == NULL)
    return refuse ("there is no decoder", -1, error);

  process = spawn (&local_error);
  if (process == NULL)
    return refuse (local_error->message, -1, error);

  if (g_subprocess_communicate (process, request, cancellable, &answer, NULL, &local_error))
    return read_answer (answer, max_width, max_height, error);

  g_subprocess_force_exit (process);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  /* It was not read to its end: it died. */
  return refuse ("its decoder crashed, or took too long or too much memory", -1, error);
}

/**
 * stepcast_image_free:
 * @self: (transfer full): a picture
 */
void
stepcast_image_free (StepcastImage *self)
{
  g_bytes_unref (self->grey);
  g_free (self);
}
