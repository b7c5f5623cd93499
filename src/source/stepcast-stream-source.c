/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-stream-source.h"

#include <glib/gi18n.h>

#include <fcntl.h>
#include <unistd.h>

#include "stepcast-stream-input.h"
#include "stepcast-stream-run.h"

/* What somebody has opened as a source: it can be read once, by the first run. */

struct _StepcastStreamSource
{
  StepcastSource parent_instance;

  StepcastDocumentInput input; /* its fd is -1 once a run has it */
  StepcastDocumentLimits limits;
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
};

G_DEFINE_FINAL_TYPE (StepcastStreamSource, stepcast_stream_source, STEPCAST_TYPE_SOURCE)

static StepcastRun *
stepcast_stream_source_create_run (StepcastSource *source, guint number, GVariant *parameters)
{
  StepcastStreamSource *self = STEPCAST_STREAM_SOURCE (source);
  const StepcastDocumentInput input = self->input;

  self->input.fd = -1;
  return stepcast_stream_run_new (number, &input, &self->limits, self->scheduler, self->validator);
}

static void
stepcast_stream_source_dispose (GObject *object)
{
  StepcastStreamSource *self = STEPCAST_STREAM_SOURCE (object);

  g_clear_object (&self->scheduler);
  g_clear_object (&self->validator);

  G_OBJECT_CLASS (stepcast_stream_source_parent_class)->dispose (object);
}

static void
stepcast_stream_source_finalize (GObject *object)
{
  StepcastStreamSource *self = STEPCAST_STREAM_SOURCE (object);

  if (self->input.fd >= 0)
    close (self->input.fd);

  G_OBJECT_CLASS (stepcast_stream_source_parent_class)->finalize (object);
}

static void
stepcast_stream_source_class_init (StepcastStreamSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_stream_source_dispose;
  G_OBJECT_CLASS (klass)->finalize = stepcast_stream_source_finalize;
  STEPCAST_SOURCE_CLASS (klass)->kind = "stream";
  STEPCAST_SOURCE_CLASS (klass)->summary = N_ ("A stream of pictures");
  STEPCAST_SOURCE_CLASS (klass)->create_run = stepcast_stream_source_create_run;
}

static void
stepcast_stream_source_init (StepcastStreamSource *self)
{
  self->input.fd = -1;
}

/**
 * stepcast_stream_source_new:
 * @name: what people call it
 * @fd: (transfer full): a pipe, a socket or a terminal that is open for reading; closed with
 *   @error, too. What it shares with other descriptors, such as O_NONBLOCK, is left alone
 * @limits: (nullable): what one document may cost, or %NULL for the defaults
 * @scheduler: splits and checks what comes
 * @validator: loads it
 * @error: %STEPCAST_ERROR_INVALID_VALUE: what @fd is instead
 *
 * Returns: (transfer full) (nullable): a new source of a single run, or %NULL with @error set
 */
StepcastSource *
stepcast_stream_source_new (const char *name,
                            int fd,
                            const StepcastDocumentLimits *limits,
                            StepcastScheduler *scheduler,
                            StepcastValidator *validator,
                            GError **error)
{
  StepcastReadFunc read = stepcast_stream_input_check (fd, error);
  StepcastStreamSource *self;

  if (read == NULL)
    {
      if (fd >= 0)
        close (fd);
      return NULL;
    }

  fcntl (fd, F_SETFD, FD_CLOEXEC); /* the descriptor's own, and nobody else's */
  self = g_object_new (STEPCAST_TYPE_STREAM_SOURCE, "name", name, "generator-type",
                       STEPCAST_TYPE_GENERATOR, NULL);
  self->input = (StepcastDocumentInput){ fd, read };
  self->limits = limits != NULL ? *limits : STEPCAST_DOCUMENT_LIMITS_DEFAULT;
  self->scheduler = g_object_ref (scheduler);
  self->validator = g_object_ref (validator);

  return STEPCAST_SOURCE (self);
}
