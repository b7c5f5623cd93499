/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "stepcast-error.h"

G_BEGIN_DECLS

/* Where in a document an error stands, and how its author is told: which document it is, the line
 * and the column, what is wrong, and what stands there. */

/**
 * StepcastDocumentText:
 * @number: which document of the stream it is, from 1
 * @data: (array length=length): its bytes so far, which need not be UTF-8
 * @length: how many there are
 *
 * What errors are shown in. It borrows the bytes: it is good until more are read. All offsets
 * count from @data.
 */
typedef struct
{
  guint64 number;
  const char *data;
  gsize length;
} StepcastDocumentText;

void stepcast_document_error_find_position (const StepcastDocumentText *text,
                                            gsize offset,
                                            guint *line,
                                            guint *column);
gsize stepcast_document_error_find_tag (const StepcastDocumentText *text, gsize offset);
char *stepcast_document_error_make_snippet (const StepcastDocumentText *text, gsize offset);

void stepcast_document_error_set_valist (GError **error,
                                         StepcastError code,
                                         const StepcastDocumentText *text,
                                         gsize offset,
                                         gsize snippet_offset,
                                         const char *format,
                                         va_list arguments) G_GNUC_PRINTF (6, 0);

G_END_DECLS
