/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-scanner.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

#define COMMENT_BEGIN "<!--"
#define CDATA_BEGIN "<![CDATA["
#define DOCTYPE_BEGIN "<!DOCTYPE"
#define DECLARATION_BEGIN "<?xml"

/* Scanning goes on: no event yet. */
#define SCAN_ON ((StepcastScanEvent) -1)

typedef enum
{
  MATCH_NO,
  MATCH_YES,
  MATCH_SO_FAR, /* as far as there are bytes */
} Match;

/**
 * stepcast_document_scanner_init:
 * @self: a scanner
 * @begun: the document's first token stands at offset 0
 *
 * Makes it ready for a document.
 */
void
stepcast_document_scanner_init (StepcastDocumentScanner *self, gboolean begun)
{
  *self = (StepcastDocumentScanner){
    .state = STEPCAST_SCAN_IN_PROLOGUE,
    .begun = begun,
    .only_misc = TRUE,
  };
}

/**
 * stepcast_document_scanner_is_inside:
 * @self: a scanner
 *
 * Returns: whether a document has begun that has not ended. Complete comments and processing
 *   instructions alone are none.
 */
gboolean
stepcast_document_scanner_is_inside (const StepcastDocumentScanner *self)
{
  return self->begun && !(self->only_misc && self->state == STEPCAST_SCAN_IN_PROLOGUE);
}

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static Match
match (const char *data, gsize length, const char *wanted)
{
  const gsize wanted_length = strlen (wanted);

  if (memcmp (data, wanted, MIN (length, wanted_length)) != 0)
    return MATCH_NO;

  return length >= wanted_length ? MATCH_YES : MATCH_SO_FAR;
}

static StepcastScanEvent
end_token (StepcastDocumentScanner *self)
{
  self->complete = self->pos;
  self->state = self->depth > 0 ? STEPCAST_SCAN_IN_TEXT : STEPCAST_SCAN_IN_PROLOGUE;
  return SCAN_ON;
}

static StepcastScanEvent
scan_prologue (StepcastDocumentScanner *self, const char *data, gsize end)
{
  while (self->pos < end && is_blank (data[self->pos]))
    self->pos++;
  if (self->pos == end)
    return STEPCAST_SCAN_MORE;

  if (data[self->pos] == '<')
    {
      if (!self->begun)
        return STEPCAST_SCAN_BEGIN;
      self->token = self->pos;
      self->state = STEPCAST_SCAN_IN_MARKUP;
      return SCAN_ON;
    }

  if (!self->only_misc)
    return STEPCAST_SCAN_JUNK;

  /* Files that were put one after the other have such a mark at each seam. */
  switch (match (data + self->pos, end - self->pos, BYTE_ORDER_MARK))
    {
    case MATCH_YES:
      if (self->begun)
        return STEPCAST_SCAN_RESTART;
      self->pos += strlen (BYTE_ORDER_MARK);
      return SCAN_ON;

    case MATCH_SO_FAR:
      return STEPCAST_SCAN_MORE;

    case MATCH_NO:
    default:
      return STEPCAST_SCAN_JUNK;
    }
}

static StepcastScanEvent
scan_text (StepcastDocumentScanner *self, const char *data, gsize end)
{
  const char *markup = memchr (data + self->pos, '<', end - self->pos);

  if (markup == NULL)
    {
      self->pos = end;
      return STEPCAST_SCAN_MORE;
    }

  self->pos = (gsize) (markup - data);
  self->token = self->pos;
  self->state = STEPCAST_SCAN_IN_MARKUP;
  return SCAN_ON;
}

static StepcastScanEvent
enter (StepcastDocumentScanner *self, StepcastScanState state, gsize length)
{
  self->state = state;
  self->pos = self->token + length;
  return SCAN_ON;
}

static StepcastScanEvent
refuse (StepcastDocumentScanner *self, gsize offset, const char *problem)
{
  self->pos = offset;
  self->problem = problem;
  return STEPCAST_SCAN_BROKEN;
}

static StepcastScanEvent
enter_declaration (StepcastDocumentScanner *self, const char *markup, gsize length)
{
  Match comment = match (markup, length, COMMENT_BEGIN);
  Match cdata = match (markup, length, CDATA_BEGIN);
  Match doctype = match (markup, length, DOCTYPE_BEGIN);

  if (comment == MATCH_YES)
    return enter (self, STEPCAST_SCAN_IN_COMMENT, strlen (COMMENT_BEGIN));
  if (cdata == MATCH_YES && self->depth > 0)
    return enter (self, STEPCAST_SCAN_IN_CDATA, strlen (CDATA_BEGIN));
  if (doctype == MATCH_YES && self->depth == 0 && self->doctype_end == 0)
    {
      self->only_misc = FALSE;
      return enter (self, STEPCAST_SCAN_IN_DOCTYPE, strlen (DOCTYPE_BEGIN));
    }
  if (comment == MATCH_SO_FAR || cdata == MATCH_SO_FAR || doctype == MATCH_SO_FAR)
    return STEPCAST_SCAN_MORE;

  return refuse (self, self->token,
                 "“<!” begins no comment here, and nothing else that may stand here");
}

static StepcastScanEvent
enter_instruction (StepcastDocumentScanner *self, const char *markup, gsize length)
{
  Match declaration = match (markup, length, DECLARATION_BEGIN);

  if (declaration == MATCH_SO_FAR ||
      (declaration == MATCH_YES && length == strlen (DECLARATION_BEGIN)))
    return STEPCAST_SCAN_MORE;

  if (declaration == MATCH_YES && is_blank (markup[strlen (DECLARATION_BEGIN)]))
    {
      /* Only a document's first token can be one: what came before is the last document's tail. */
      if (self->token > 0 && self->only_misc)
        {
          self->pos = self->token;
          return STEPCAST_SCAN_RESTART;
        }
      self->only_misc = FALSE;
    }

  return enter (self, STEPCAST_SCAN_IN_INSTRUCTION, 2);
}

static StepcastScanEvent
scan_markup (StepcastDocumentScanner *self, const char *data, gsize end)
{
  const char *const markup = data + self->token;
  const gsize length = end - self->token;

  if (length < 2)
    {
      self->pos = end;
      return STEPCAST_SCAN_MORE;
    }

  switch (markup[1])
    {
    case '!':
      return enter_declaration (self, markup, length);

    case '?':
      return enter_instruction (self, markup, length);

    case '/':
      if (self->depth == 0)
        return refuse (self, self->token, "an end tag stands where no element is open");
      return enter (self, STEPCAST_SCAN_IN_END_TAG, 2);

    default:
      if (!g_ascii_isalpha (markup[1]) && markup[1] != '_' && markup[1] != ':' &&
          (guchar) markup[1] < 0x80)
        return refuse (self, self->token,
                       "“<” is not followed by a name; where it is text, write &lt;");
      self->only_misc = FALSE;
      return enter (self, STEPCAST_SCAN_IN_TAG, 1);
    }
}

static StepcastScanEvent
end_start_tag (StepcastDocumentScanner *self, const char *data)
{
  const gboolean is_empty = data[self->pos - 2] == '/';

  if (!is_empty)
    self->depth++;
  end_token (self);

  return self->depth == 0 ? STEPCAST_SCAN_DOCUMENT : SCAN_ON;
}

static StepcastScanEvent
scan_tag (StepcastDocumentScanner *self, const char *data, gsize end)
{
  for (gsize i = self->pos; i < end; i++)
    {
      const char c = data[i];

      if (G_LIKELY (c != '"' && c != '\'' && c != '>' && c != '<'))
        continue;

      self->pos = i + 1;
      if (c == '>')
        return end_start_tag (self, data);
      if (c == '<')
        return refuse (self, i, "a tag has no “>” before the next “<”");
      self->quote = c;
      self->state = STEPCAST_SCAN_IN_VALUE;
      return SCAN_ON;
    }

  self->pos = end;
  return STEPCAST_SCAN_MORE;
}

/* A '<' can't stand in a value: one that does is most often behind a missing quotation mark, and
 * the next mark may be far. */
static StepcastScanEvent
scan_value (StepcastDocumentScanner *self, const char *data, gsize end)
{
  const char *const from = data + self->pos;
  const char *quote = memchr (from, self->quote, end - self->pos);
  const char *to = quote != NULL ? quote : data + end;
  const char *markup = memchr (from, '<', (gsize) (to - from));

  if (markup != NULL)
    return refuse (self, (gsize) (markup - data),
                   "“<” stands in the value of an attribute; write &lt;, or end the value before "
                   "it");
  if (quote == NULL)
    {
      self->pos = end;
      return STEPCAST_SCAN_MORE;
    }

  self->pos = (gsize) (quote - data) + 1;
  self->state = STEPCAST_SCAN_IN_TAG;
  return SCAN_ON;
}

static StepcastScanEvent
scan_end_tag (StepcastDocumentScanner *self, const char *data, gsize end)
{
  while (self->pos < end)
    {
      const char c = data[self->pos];

      if (c == '<')
        return refuse (self, self->pos, "a tag has no “>” before the next “<”");
      self->pos++;
      if (c == '>')
        {
          self->depth--;
          end_token (self);
          return self->depth == 0 ? STEPCAST_SCAN_DOCUMENT : SCAN_ON;
        }
    }

  return STEPCAST_SCAN_MORE;
}

/* Scans to @terminator, which ends in '>' and begins at @from or later. */
static gboolean
scan_to (StepcastDocumentScanner *self,
         const char *data,
         gsize end,
         gsize from,
         const char *terminator)
{
  const gsize length = strlen (terminator);

  while (self->pos < end)
    {
      const char *last = memchr (data + self->pos, '>', end - self->pos);

      if (last == NULL)
        break;
      self->pos = (gsize) (last - data) + 1;
      if (self->pos >= from + length && memcmp (data + self->pos - length, terminator, length) == 0)
        return TRUE;
    }

  self->pos = end;
  return FALSE;
}

static StepcastScanEvent
scan_instruction (StepcastDocumentScanner *self, const char *data, gsize end)
{
  if (!scan_to (self, data, end, self->token + 2, "?>"))
    return STEPCAST_SCAN_MORE;

  end_token (self);
  return self->token == 0 && !self->only_misc ? STEPCAST_SCAN_DECLARATION : SCAN_ON;
}

static StepcastScanEvent
scan_doctype (StepcastDocumentScanner *self, const char *data, gsize end)
{
  while (self->pos < end)
    {
      const char c = data[self->pos];

      if (c == '[')
        return STEPCAST_SCAN_SUBSET;

      if (c == '<')
        return refuse (self, self->pos, "a DOCTYPE has no “>” before the next “<”");
      self->pos++;
      if (c == '"' || c == '\'')
        {
          self->quote = c;
          self->state = STEPCAST_SCAN_IN_LITERAL;
          return SCAN_ON;
        }
      if (c == '>')
        {
          self->doctype_begin = self->token;
          self->doctype_end = self->pos;
          return end_token (self);
        }
    }

  return STEPCAST_SCAN_MORE;
}

static StepcastScanEvent
scan_literal (StepcastDocumentScanner *self, const char *data, gsize end)
{
  const char *quote = memchr (data + self->pos, self->quote, end - self->pos);

  if (quote == NULL)
    {
      self->pos = end;
      return STEPCAST_SCAN_MORE;
    }

  self->pos = (gsize) (quote - data) + 1;
  self->state = STEPCAST_SCAN_IN_DOCTYPE;
  return SCAN_ON;
}

static StepcastScanEvent
scan_some (StepcastDocumentScanner *self, const char *data, gsize end)
{
  switch (self->state)
    {
    case STEPCAST_SCAN_IN_PROLOGUE:
      return scan_prologue (self, data, end);
    case STEPCAST_SCAN_IN_TEXT:
      return scan_text (self, data, end);
    case STEPCAST_SCAN_IN_MARKUP:
      return scan_markup (self, data, end);
    case STEPCAST_SCAN_IN_TAG:
      return scan_tag (self, data, end);
    case STEPCAST_SCAN_IN_VALUE:
      return scan_value (self, data, end);
    case STEPCAST_SCAN_IN_END_TAG:
      return scan_end_tag (self, data, end);
    case STEPCAST_SCAN_IN_INSTRUCTION:
      return scan_instruction (self, data, end);
    case STEPCAST_SCAN_IN_DOCTYPE:
      return scan_doctype (self, data, end);
    case STEPCAST_SCAN_IN_LITERAL:
      return scan_literal (self, data, end);
    case STEPCAST_SCAN_IN_COMMENT:
      return scan_to (self, data, end, self->token + strlen (COMMENT_BEGIN), "-->") ?
               end_token (self) :
               STEPCAST_SCAN_MORE;
    case STEPCAST_SCAN_IN_CDATA:
      return scan_to (self, data, end, self->token + strlen (CDATA_BEGIN), "]]>") ?
               end_token (self) :
               STEPCAST_SCAN_MORE;
    default:
      g_return_val_if_reached (STEPCAST_SCAN_BROKEN);
    }
}

/**
 * stepcast_document_scanner_run:
 * @self: a scanner
 * @data: the bytes from the document's begin on
 * @end: how many there are; never fewer than at the last call
 *
 * Scans on from where it was. After %STEPCAST_SCAN_MORE and %STEPCAST_SCAN_DECLARATION it can be
 * called again; after any other event it must be initialised first.
 *
 * Returns: why it stopped
 */
StepcastScanEvent
stepcast_document_scanner_run (StepcastDocumentScanner *self, const char *data, gsize end)
{
  StepcastScanEvent event = SCAN_ON;

  while (event == SCAN_ON)
    event = scan_some (self, data, end);

  return event;
}
