/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastScanEvent:
 * @STEPCAST_SCAN_MORE: all bytes were scanned and more are needed
 * @STEPCAST_SCAN_BEGIN: a document begins at @pos
 * @STEPCAST_SCAN_RESTART: what came so far was no document's; scan anew from @pos
 * @STEPCAST_SCAN_DECLARATION: the document begins with an XML declaration, up to @complete
 * @STEPCAST_SCAN_DOCUMENT: the root element ended, at @complete
 * @STEPCAST_SCAN_BROKEN: what stands at @pos can't stand there; @problem says why
 * @STEPCAST_SCAN_JUNK: what stands at @pos begins no document
 * @STEPCAST_SCAN_SUBSET: a DOCTYPE has an internal subset, at @pos
 *
 * Why stepcast_document_scanner_run() returned.
 */
typedef enum
{
  STEPCAST_SCAN_MORE,
  STEPCAST_SCAN_BEGIN,
  STEPCAST_SCAN_RESTART,
  STEPCAST_SCAN_DECLARATION,
  STEPCAST_SCAN_DOCUMENT,
  STEPCAST_SCAN_BROKEN,
  STEPCAST_SCAN_JUNK,
  STEPCAST_SCAN_SUBSET,
} StepcastScanEvent;

typedef enum
{
  STEPCAST_SCAN_IN_PROLOGUE, /* before the root, between tokens */
  STEPCAST_SCAN_IN_TEXT,     /* inside the root, between tokens */
  STEPCAST_SCAN_IN_MARKUP,   /* after a '<', until it is clear what begins */
  STEPCAST_SCAN_IN_TAG,
  STEPCAST_SCAN_IN_VALUE,
  STEPCAST_SCAN_IN_END_TAG,
  STEPCAST_SCAN_IN_COMMENT,
  STEPCAST_SCAN_IN_CDATA,
  STEPCAST_SCAN_IN_INSTRUCTION,
  STEPCAST_SCAN_IN_DOCTYPE,
  STEPCAST_SCAN_IN_LITERAL, /* quoted, in a DOCTYPE */
} StepcastScanState;

/**
 * StepcastDocumentScanner:
 * @pos: up to where it has scanned
 * @token: where the token that it is in begins
 * @complete: up to where there are only complete tokens
 * @doctype_begin: where the DOCTYPE begins
 * @doctype_end: where the DOCTYPE ends; 0 where there is none
 * @depth: the elements that are open
 * @state: what @pos is in
 * @problem: what is wrong, as a static string, after %STEPCAST_SCAN_BROKEN
 * @quote: the quotation mark that ends a value or literal
 * @begun: a token of this document was seen
 * @only_misc: its tokens so far are comments and processing instructions
 *
 * Finds where the tokens of an XML document begin and end, in linear time, however the bytes come.
 * It knows as much XML as that takes: on well-formed XML without an internal DTD subset it is
 * right, anything else is for a parser to refuse. All offsets count from the document's begin. A
 * plain struct, owned by who uses it.
 */
typedef struct
{
  gsize pos;
  gsize token;
  gsize complete;
  gsize doctype_begin;
  gsize doctype_end;
  guint depth;
  StepcastScanState state;
  const char *problem;
  char quote;
  gboolean begun;
  gboolean only_misc;
} StepcastDocumentScanner;

void stepcast_document_scanner_init (StepcastDocumentScanner *self, gboolean begun);
StepcastScanEvent
stepcast_document_scanner_run (StepcastDocumentScanner *self, const char *data, gsize end);
gboolean stepcast_document_scanner_is_inside (const StepcastDocumentScanner *self);

G_END_DECLS
