/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastDocumentHistory:
 * @n_documents: that have come: the number of the step under way
 * @last: (nullable): of the last step
 * @is_last_shown: @last was checked, for all who wanted to see it
 * @added: (nullable) (element-type GBytes): those that may still be taken back
 * @before: (nullable): the one before @added
 *
 * Which documents a run has had: the last one is drawn when somebody asks, and some of those that
 * came last may turn out not to count. On the main context; all zero at first.
 */
typedef struct
{
  guint64 n_documents;
  GBytes *last;
  gboolean is_last_shown;
  GPtrArray *added;
  GBytes *before;
} StepcastDocumentHistory;

void stepcast_document_history_add (StepcastDocumentHistory *self, GPtrArray *documents);
void stepcast_document_history_go_back (StepcastDocumentHistory *self, guint64 step);
void stepcast_document_history_settle (StepcastDocumentHistory *self);
void stepcast_document_history_clear (StepcastDocumentHistory *self);

G_END_DECLS
