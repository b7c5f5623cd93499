/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-history.h"

/**
 * stepcast_document_history_add:
 * @self: a history, which was settled
 * @documents: (element-type GBytes): what has come, at least one
 */
void
stepcast_document_history_add (StepcastDocumentHistory *self, GPtrArray *documents)
{
  self->n_documents += documents->len;
  self->is_last_shown = FALSE;
  self->added = g_ptr_array_ref (documents);
  self->before = g_steal_pointer (&self->last);
  self->last = g_bytes_ref (documents->pdata[documents->len - 1]);
}

/**
 * stepcast_document_history_go_back:
 * @self: a history
 * @step: one of those that were added last, or the one after them
 *
 * The document of @step does not count, nor do those after it: the last complete step is the one
 * before.
 */
void
stepcast_document_history_go_back (StepcastDocumentHistory *self, guint64 step)
{
  if (self->added != NULL)
    {
      const guint64 index = step - 1 - (self->n_documents - self->added->len);
      GBytes *last = index > 0 ? self->added->pdata[index - 1] : self->before;

      g_clear_pointer (&self->last, g_bytes_unref);
      self->last = last != NULL ? g_bytes_ref (last) : NULL;
    }
  self->n_documents = step - 1;
}

/**
 * stepcast_document_history_settle:
 * @self: a history
 *
 * What was added counts.
 */
void
stepcast_document_history_settle (StepcastDocumentHistory *self)
{
  g_clear_pointer (&self->added, g_ptr_array_unref);
  g_clear_pointer (&self->before, g_bytes_unref);
}

void
stepcast_document_history_clear (StepcastDocumentHistory *self)
{
  stepcast_document_history_settle (self);
  g_clear_pointer (&self->last, g_bytes_unref);
}
