/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastDocumentLimits:
 * @max_bytes: the longest document, in bytes
 * @max_elements: the most elements in one document
 *
 * What one document may cost.
 */
typedef struct
{
  gsize max_bytes;
  guint max_elements;
} StepcastDocumentLimits;

/**
 * StepcastDocumentSplitter:
 *
 * Splits a stream of bytes into the SVG documents that it is a sequence of, at
 * the ends of their root elements as an XML parser finds them, and checks each
 * element and attribute against the allow-list of #StepcastSvgRules on the way.
 *
 * Not thread-safe: it is used by one slice at a time.
 */
typedef struct _StepcastDocumentSplitter StepcastDocumentSplitter;

StepcastDocumentSplitter *stepcast_document_splitter_new (const StepcastDocumentLimits *limits);
void stepcast_document_splitter_free (StepcastDocumentSplitter *self);

gboolean stepcast_document_splitter_push (StepcastDocumentSplitter *self,
                                          const char *data,
                                          gsize length,
                                          GError **error);
gboolean stepcast_document_splitter_finish (StepcastDocumentSplitter *self, GError **error);
GBytes *stepcast_document_splitter_pop (StepcastDocumentSplitter *self);
guint64 stepcast_document_splitter_get_n_documents (const StepcastDocumentSplitter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastDocumentSplitter, stepcast_document_splitter_free)

G_END_DECLS
