/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* In bytes. A viewer draws some 100 KB smoothly; 8 MiB is a picture that takes seconds to show, and
 * two of them for each session still fit into memory. It stays below the 10 MB from which libxml2
 * has to be told that a single value may be so long. */
#define STEPCAST_DOCUMENT_DEFAULT_MAX_BYTES (8 * 1024 * 1024)

/* librsvg needs 7 µs and 1.5 KB for each element: 100,000 are 0.7 s and 150 MB in the helper that
 * loads them, which has 2 s and 512 MiB. */
#define STEPCAST_DOCUMENT_DEFAULT_MAX_ELEMENTS 100000

/* How far a session may raise them. The helper that loads a document keeps its 2 s and 512 MiB:
 * 64 MiB of long paths fit into that, but no more than some 200,000 small elements. */
#define STEPCAST_DOCUMENT_MIN_MAX_BYTES 1024
#define STEPCAST_DOCUMENT_MAX_MAX_BYTES (64 * 1024 * 1024)
#define STEPCAST_DOCUMENT_MAX_MAX_ELEMENTS 1000000

/* Elements inside elements. librsvg refuses to load more than 256. */
#define STEPCAST_DOCUMENT_MAX_DEPTH 200

/**
 * StepcastDocumentLimits:
 * @max_bytes: the longest document, in bytes, prologue included; from 1 to 1 GiB
 * @max_elements: the most elements in one document
 *
 * What one document may cost.
 */
typedef struct
{
  gsize max_bytes;
  guint max_elements;
} StepcastDocumentLimits;

#define STEPCAST_DOCUMENT_LIMITS_DEFAULT                                                           \
  ((StepcastDocumentLimits){ .max_bytes = STEPCAST_DOCUMENT_DEFAULT_MAX_BYTES,                     \
                             .max_elements = STEPCAST_DOCUMENT_DEFAULT_MAX_ELEMENTS })

/**
 * StepcastDocumentSplitter:
 *
 * Splits a stream of bytes into the SVG documents that it is a sequence of, at
 * the ends of their root elements as an XML parser finds them, and checks each
 * element and attribute against the allow-list of #StepcastSvgRules on the way.
 * How the bytes were cut into chunks changes nothing.
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
gboolean stepcast_document_splitter_is_inside (const StepcastDocumentSplitter *self);
guint64 stepcast_document_splitter_get_n_documents (const StepcastDocumentSplitter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastDocumentSplitter, stepcast_document_splitter_free)

G_END_DECLS
