/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "stepcast-document-error.h"
#include "stepcast-document-splitter.h"

G_BEGIN_DECLS

/**
 * StepcastDocumentParser:
 *
 * The splitter's second pass: libxml2, which says what a document is. It tells each element to
 * #StepcastSvgRules, counts elements and levels, and finds where the root ends. It is made once for
 * a stream; each document is begun with stepcast_document_parser_begin() and given to
 * stepcast_document_parser_parse() in pieces, up to the first error.
 *
 * Not thread-safe: it is used by one slice at a time.
 */
typedef struct _StepcastDocumentParser StepcastDocumentParser;

StepcastDocumentParser *stepcast_document_parser_new (const StepcastDocumentLimits *limits);
void stepcast_document_parser_free (StepcastDocumentParser *self);

void stepcast_document_parser_begin (StepcastDocumentParser *self);
gboolean stepcast_document_parser_parse (StepcastDocumentParser *self,
                                         const StepcastDocumentText *text,
                                         gsize from,
                                         gsize end,
                                         GError **error);
gsize stepcast_document_parser_get_root_end (const StepcastDocumentParser *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastDocumentParser, stepcast_document_parser_free)

G_END_DECLS
