/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-slice.h"

#include <errno.h>

#include "stepcast-scheduler.h"

/* A pipe holds that much. */
#define READ_BYTES (64 * 1024)

/* Documents in one slice: the time of a slice is bounded, and so is what waits to be loaded. */
#define MAX_DOCUMENTS 64

/**
 * stepcast_document_slice_new:
 * @splitter: (transfer none): what is read goes there
 * @fd: what to read; it outlives the slice
 * @read: how
 *
 * Returns: (transfer full): a slice with its own bounds, which the caller may lower
 */
StepcastDocumentSlice *
stepcast_document_slice_new (StepcastDocumentSplitter *splitter, int fd, StepcastReadFunc read)
{
  StepcastDocumentSlice *self = g_new0 (StepcastDocumentSlice, 1);

  self->splitter = splitter;
  self->fd = fd;
  self->read = read;
  self->max_documents = MAX_DOCUMENTS;
  self->max_bytes = G_MAXSIZE;
  self->documents = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  return self;
}

/* On any thread. */
void
stepcast_document_slice_free (StepcastDocumentSlice *self)
{
  g_ptr_array_unref (self->documents);
  g_free (self);
}

/* Reads once, and hands on what came to the splitter. */
static gboolean
read_once (StepcastDocumentSlice *self, char *buffer, GError **error)
{
  gssize n_read;
  int saved_errno;

  do
    n_read = self->read (self->fd, buffer, READ_BYTES);
  while (n_read < 0 && errno == EINTR);
  saved_errno = errno;

  if (n_read > 0)
    return stepcast_document_splitter_push (self->splitter, buffer, (gsize) n_read, error);

  if (n_read < 0 && saved_errno == EAGAIN)
    {
      self->would_block = TRUE;
      return TRUE;
    }
  self->is_at_end = TRUE; /* of a pipe; a terminal's is EIO */
  if (n_read == 0 || saved_errno == EIO)
    return TRUE;
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (saved_errno),
               "Documents can't be read: %s", g_strerror (saved_errno));
  return FALSE;
}

static gboolean
goes_on (const StepcastDocumentSlice *self, gint64 end_us)
{
  return self->documents->len < self->max_documents && self->n_bytes < self->max_bytes &&
         !self->would_block && !self->is_at_end && g_get_monotonic_time () < end_us;
}

static gboolean
pop (StepcastDocumentSlice *self)
{
  GBytes *document = stepcast_document_splitter_pop (self->splitter);

  self->is_drained = document == NULL;
  if (document != NULL)
    {
      self->n_bytes += g_bytes_get_size (document);
      g_ptr_array_add (self->documents, document);
    }
  return document != NULL;
}

/**
 * stepcast_document_slice_run_in_thread:
 * @task: returns %TRUE, or the error that ended the reading, which comes after @documents
 * @source_object: unused
 * @task_data: a slice
 * @cancellable: looked at before each read
 *
 * A worker's: see stepcast_scheduler_push().
 */
void
stepcast_document_slice_run_in_thread (GTask *task,
                                       gpointer source_object,
                                       gpointer task_data,
                                       GCancellable *cancellable)
{
  StepcastDocumentSlice *self = task_data;
  gint64 end_us = g_get_monotonic_time () + STEPCAST_SLICE_US;
  g_autofree char *buffer = g_malloc (READ_BYTES);
  g_autoptr (GError) error = NULL;

  do
    {
      if (!pop (self) && error == NULL &&
          !g_cancellable_set_error_if_cancelled (cancellable, &error))
        read_once (self, buffer, &error);
    }
  while (goes_on (self, end_us) && (error == NULL || !self->is_drained));

  /* What was read last may have completed some more. */
  while (self->documents->len < self->max_documents && self->n_bytes < self->max_bytes &&
         pop (self))
    ;

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}
