/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-document-splitter.h"

G_BEGIN_DECLS

/**
 * StepcastReadFunc:
 * @fd: what to read
 * @buffer: where to
 * @length: how much there is room for
 *
 * Reads as read(2) does, but never waits: it fails with %EAGAIN where it would have to. Called in a
 * worker.
 *
 * Returns: how much was read; 0 at the end, or -1 with errno set
 */
typedef gssize (*StepcastReadFunc) (int fd, void *buffer, gsize length);

/**
 * StepcastDocumentSlice:
 * @splitter: (unowned): the run's
 * @fd: (unowned): the run's
 * @read: how to read @fd
 * @max_documents: it ends with so many
 * @max_bytes: it ends with documents of so many bytes
 * @documents: (element-type GBytes): what came
 * @n_bytes: of @documents
 * @is_drained: the splitter has no other document yet
 * @is_at_end: there is no more to read
 * @would_block: there is nothing to read now
 *
 * About 10 ms of reading and splitting. The worker's while it is under way, the main context's once
 * its task has returned; @splitter and @fd are touched by nobody else meanwhile.
 */
typedef struct
{
  StepcastDocumentSplitter *splitter;
  int fd;
  StepcastReadFunc read;
  guint max_documents;
  gsize max_bytes;

  GPtrArray *documents;
  gsize n_bytes;
  gboolean is_drained;
  gboolean is_at_end;
  gboolean would_block;
} StepcastDocumentSlice;

StepcastDocumentSlice *
stepcast_document_slice_new (StepcastDocumentSplitter *splitter, int fd, StepcastReadFunc read);
void stepcast_document_slice_free (StepcastDocumentSlice *self);

void stepcast_document_slice_run_in_thread (GTask *task,
                                            gpointer source_object,
                                            gpointer task_data,
                                            GCancellable *cancellable);

G_END_DECLS
