/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which encoding a document declares, and whether its bytes are in it. */

/**
 * StepcastDocumentEncoding:
 * @STEPCAST_DOCUMENT_ENCODING_UTF8: UTF-8, also where none is declared
 * @STEPCAST_DOCUMENT_ENCODING_ASCII: US-ASCII, which is UTF-8 as long as it is true
 * @STEPCAST_DOCUMENT_ENCODING_OTHER: one that frames must not be in
 *
 * What an XML declaration states.
 */
typedef enum
{
  STEPCAST_DOCUMENT_ENCODING_UTF8,
  STEPCAST_DOCUMENT_ENCODING_ASCII,
  STEPCAST_DOCUMENT_ENCODING_OTHER,
} StepcastDocumentEncoding;

StepcastDocumentEncoding
stepcast_document_encoding_find_declared (const char *data, gsize length, gsize *offset);
gboolean stepcast_document_encoding_is_ascii (const char *data, gsize length, gsize *offset);
gboolean
stepcast_document_encoding_validate_utf8 (const char *data, gsize length, const char **invalid);

G_END_DECLS
