/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-splitter.h"

#include <string.h>

#include "stepcast-document-encoding.h"
#include "stepcast-document-error.h"
#include "stepcast-document-parser.h"
#include "stepcast-document-scanner.h"
#include "stepcast-error.h"

/* Two passes go over each byte. The scanner finds where tokens begin and end; libxml2's push parser
 * says what the document is, and is only ever given whole tokens. So it never looks at the same
 * bytes twice while it waits for the end of a long attribute (it scans back through all that it
 * holds at each chunk), it never meets the boundary of a chunk in the middle of a token, and what
 * it says does not depend on how a pipe was read. Should the two disagree on where a document ends,
 * the document is refused. */

/* How much is scanned, checked and parsed at a time, in bytes: it should stay in the cache. */
#define BATCH_BYTES (64 * 1024)

/* xmlParseChunk() counts in int. */
#define MAX_MAX_BYTES (1024 * 1024 * 1024)

struct _StepcastDocumentSplitter
{
  gsize max_bytes;

  /* The document's bytes are those from @begin on; all other offsets count from there. */
  GByteArray *buffer;
  gsize begin;
  gsize fed; /* up to where the parser was given it: always the end of a token */
  StepcastDocumentScanner scanner;
  StepcastDocumentScanner fed_scanner; /* as it was when the parser was given the last token */
  StepcastDocumentEncoding declared_encoding;
  StepcastDocumentParser *parser;

  guint64 n_documents;
  GQueue documents; /* of GBytes: those that were not popped */
  GError *error;    /* (nullable): the first one; nothing is read after it */
};

/**
 * stepcast_document_splitter_new:
 * @limits: (nullable): what one document may cost, or %NULL for the defaults
 *
 * Any thread.
 *
 * Returns: (transfer full): a splitter at the beginning of a stream
 */
StepcastDocumentSplitter *
stepcast_document_splitter_new (const StepcastDocumentLimits *limits)
{
  StepcastDocumentSplitter *self = g_new0 (StepcastDocumentSplitter, 1);
  StepcastDocumentLimits used = limits != NULL ? *limits : STEPCAST_DOCUMENT_LIMITS_DEFAULT;

  used.max_bytes = CLAMP (used.max_bytes, 1, MAX_MAX_BYTES);

  self->max_bytes = used.max_bytes;
  self->buffer = g_byte_array_new ();
  self->parser = stepcast_document_parser_new (&used);
  stepcast_document_scanner_init (&self->scanner, FALSE);
  g_queue_init (&self->documents);

  return self;
}

void
stepcast_document_splitter_free (StepcastDocumentSplitter *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->parser, stepcast_document_parser_free);
  g_clear_pointer (&self->buffer, g_byte_array_unref);
  g_queue_clear_full (&self->documents, (GDestroyNotify) g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self);
}

/* The bytes of the document so far. */

static const char *
get_data (const StepcastDocumentSplitter *self)
{
  return (const char *) self->buffer->data + self->begin;
}

static gsize
get_length (const StepcastDocumentSplitter *self)
{
  return self->buffer->len - self->begin;
}

static StepcastDocumentText
get_text (const StepcastDocumentSplitter *self)
{
  return (StepcastDocumentText){ self->n_documents + 1, get_data (self), get_length (self) };
}

/* The first failure is the splitter's last word. */
static void G_GNUC_PRINTF (5, 6) fail (StepcastDocumentSplitter *self,
                                       StepcastError code,
                                       gsize offset,
                                       gsize snippet_offset,
                                       const char *format,
                                       ...)
{
  const StepcastDocumentText text = get_text (self);
  va_list arguments;

  if (self->error != NULL)
    return;

  va_start (arguments, format);
  stepcast_document_error_set_valist (&self->error, code, &text, offset, snippet_offset, format,
                                      arguments);
  va_end (arguments);
}

/* Documents */

static void
begin_document (StepcastDocumentSplitter *self)
{
  self->begin += self->scanner.pos;
  stepcast_document_scanner_init (&self->scanner, TRUE);
  self->fed_scanner = self->scanner;
  self->fed = 0;
  self->declared_encoding = STEPCAST_DOCUMENT_ENCODING_UTF8;
  stepcast_document_parser_begin (self->parser);
}

static void
skip (StepcastDocumentSplitter *self, gsize length)
{
  self->begin += length;
  self->fed = 0;
  stepcast_document_scanner_init (&self->scanner, FALSE);
}

/* Gives the parser all up to @end, which is the end of a token. */
static void
parse (StepcastDocumentSplitter *self, gsize end)
{
  const StepcastDocumentText text = get_text (self);
  const gsize from = self->fed;

  if (end <= from || self->error != NULL)
    return;

  self->fed = end;
  stepcast_document_parser_parse (self->parser, &text, from, end, &self->error);
}

/* Up to where all tokens are complete when only the bytes up to @end are looked at. */
static gsize
find_complete (const StepcastDocumentSplitter *self, gsize end)
{
  StepcastDocumentScanner scanner = self->fed_scanner;

  if (scanner.pos < end)
    while (stepcast_document_scanner_run (&scanner, get_data (self), end) ==
           STEPCAST_SCAN_DECLARATION)
      ;

  return scanner.complete;
}

/* Gives the parser all complete tokens. It is not trusted with UTF-8: it takes overlong forms. */
static gboolean
feed (StepcastDocumentSplitter *self)
{
  const gsize end = self->scanner.complete;
  const char *const data = get_data (self);
  const char *invalid;

  if (end <= self->fed)
    return TRUE;

  if (!stepcast_document_encoding_validate_utf8 (data + self->fed, end - self->fed, &invalid))
    {
      const gsize offset = (gsize) (invalid - data);

      /* An earlier mistake is the better message, and the same whatever the chunks were. */
      parse (self, find_complete (self, offset));
      fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
            "the byte 0x%02x is not UTF-8, which frames must be in", (guchar) *invalid);
      return FALSE;
    }

  parse (self, end);
  self->fed_scanner = self->scanner;
  return self->error == NULL;
}

static gboolean
check_declaration (StepcastDocumentSplitter *self)
{
  gsize offset = 0;

  self->declared_encoding =
    stepcast_document_encoding_find_declared (get_data (self), self->scanner.complete, &offset);
  if (self->declared_encoding != STEPCAST_DOCUMENT_ENCODING_OTHER)
    return TRUE;

  fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
        "it declares another encoding than UTF-8, which frames must be in");
  return FALSE;
}

static gboolean
check_declared_ascii (StepcastDocumentSplitter *self, gsize length)
{
  gsize offset;

  if (self->declared_encoding != STEPCAST_DOCUMENT_ENCODING_ASCII ||
      stepcast_document_encoding_is_ascii (get_data (self), length, &offset))
    return TRUE;

  fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
        "it declares the encoding US-ASCII and has other characters; declare UTF-8");
  return FALSE;
}

/* The document without its DOCTYPE: nothing needs one, and parsers down the line may act on it. It
 * begins with a '<' then, too. */
static GBytes *
take_document (const StepcastDocumentSplitter *self)
{
  const char *const data = get_data (self);
  const gsize length = self->scanner.complete;
  const gsize head = self->scanner.doctype_begin;
  gsize tail = self->scanner.doctype_end;
  char *document;

  if (tail == 0)
    return g_bytes_new (data, length);

  while (head == 0 && data[tail] != '<')
    tail++;
  document = g_malloc (head + length - tail);
  memcpy (document, data, head);
  memcpy (document + head, data + tail, length - tail);
  return g_bytes_new_take (document, head + length - tail);
}

static gboolean
end_document (StepcastDocumentSplitter *self)
{
  const gsize length = self->scanner.complete;

  if (!feed (self) || !check_declared_ascii (self, length))
    return FALSE;

  if (stepcast_document_parser_get_root_end (self->parser) != length)
    {
      const StepcastDocumentText text = get_text (self);

      fail (self, STEPCAST_ERROR_INVALID_FRAME, length,
            stepcast_document_error_find_tag (&text, length),
            "it is not well-formed XML: the root element does not end here");
      return FALSE;
    }

  g_queue_push_tail (&self->documents, take_document (self));
  self->n_documents++;
  skip (self, length);
  return TRUE;
}

static gboolean
refuse_junk (StepcastDocumentSplitter *self, gsize offset)
{
  const guchar first = (guchar) get_data (self)[offset];

  /* Blanks between documents belong to none, so they do not count. */
  if (!self->scanner.begun)
    {
      skip (self, offset);
      offset = 0;
    }

  /* No UTF-8 has these bytes, and a UTF-16 byte order mark begins with one. */
  if (first == 0xff || first == 0xfe)
    fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
          "it begins as UTF-16; frames must be UTF-8");
  else
    {
      const StepcastDocumentText text = get_text (self);
      g_autofree char *found = stepcast_document_error_make_snippet (&text, offset);

      fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, G_MAXSIZE,
            "found “%s” where an SVG document should begin; print log messages to standard "
            "error",
            found);
    }

  return FALSE;
}

static gboolean
refuse_size (StepcastDocumentSplitter *self)
{
  if (feed (self))
    fail (self, STEPCAST_ERROR_LIMIT_EXCEEDED, self->max_bytes, G_MAXSIZE,
          "the limit max-bytes is %" G_GSIZE_FORMAT ", and after %" G_GSIZE_FORMAT
          " bytes the document has not ended; is an end tag missing?",
          self->max_bytes, self->max_bytes + 1);
  return FALSE;
}

/* Returns whether to scan on. */
static gboolean
handle_event (StepcastDocumentSplitter *self, StepcastScanEvent event)
{
  const gsize pos = self->scanner.pos;

  switch (event)
    {
    case STEPCAST_SCAN_BEGIN:
      begin_document (self);
      return TRUE;

    case STEPCAST_SCAN_RESTART:
      if (!feed (self))
        return FALSE;
      skip (self, pos);
      return TRUE;

    case STEPCAST_SCAN_DECLARATION:
      return check_declaration (self);

    case STEPCAST_SCAN_DOCUMENT:
      return end_document (self);

    case STEPCAST_SCAN_JUNK:
      return feed (self) && refuse_junk (self, pos);

    case STEPCAST_SCAN_SUBSET:
      if (feed (self))
        fail (self, STEPCAST_ERROR_INVALID_FRAME, pos, self->scanner.token,
              "its DOCTYPE declares entities or the like, which is not allowed; remove the part in "
              "brackets");
      return FALSE;

    case STEPCAST_SCAN_BROKEN:
    case STEPCAST_SCAN_MORE:
    default:
      if (feed (self))
        fail (self, STEPCAST_ERROR_INVALID_FRAME, pos, self->scanner.token,
              "it is not well-formed XML: %s", self->scanner.problem);
      return FALSE;
    }
}

/* Scans the buffer up to @end, an offset in the buffer. */
static gboolean
scan (StepcastDocumentSplitter *self, gsize end)
{
  StepcastScanEvent event;

  do
    {
      const gsize available = end - self->begin;
      const gsize limit = self->scanner.begun ? MIN (available, self->max_bytes) : available;

      event = stepcast_document_scanner_run (&self->scanner, get_data (self), limit);
      if (event == STEPCAST_SCAN_MORE && limit < available)
        return refuse_size (self);
    }
  while (event != STEPCAST_SCAN_MORE && handle_event (self, event));

  if (self->error != NULL)
    return FALSE;

  if (!self->scanner.begun)
    {
      skip (self, self->scanner.pos);
      return TRUE;
    }
  return feed (self);
}

/* No XML holds a NUL, which would also end the strings that messages are made of. */
static gboolean
refuse_nul (StepcastDocumentSplitter *self, gsize offset)
{
  if (!self->scanner.begun)
    return refuse_junk (self, offset);
  if (feed (self))
    fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
          "there is a NUL byte; is it UTF-16? frames must be UTF-8");
  return FALSE;
}

static gboolean
push_batch (StepcastDocumentSplitter *self, const char *data, gsize length)
{
  const char *nul = memchr (data, '\0', length);
  const gsize end = self->buffer->len + (nul != NULL ? (gsize) (nul - data) : length);

  g_byte_array_append (self->buffer, (const guint8 *) data, (guint) length);
  if (!scan (self, end))
    return FALSE;
  if (nul != NULL)
    return refuse_nul (self, end - self->begin);

  /* What is left is the unfinished document, and almost always short. */
  if (self->begin > 0)
    g_byte_array_remove_range (self->buffer, 0, (guint) self->begin);
  self->begin = 0;
  return TRUE;
}

static gboolean
propagate (StepcastDocumentSplitter *self, GError **error)
{
  /* Nothing more is read: the bytes are not needed, and the message has been made. */
  g_byte_array_set_size (self->buffer, 0);
  self->begin = 0;

  g_propagate_error (error, g_error_copy (self->error));
  return FALSE;
}

/**
 * stepcast_document_splitter_push:
 * @self: a splitter
 * @data: (array length=length): the next bytes of the stream
 * @length: how many there are
 * @error: names the document (from 1), the line and the column in it, what is wrong, and what stood
 *   there
 *
 * Reads on. Each document whose root's end tag is in @data is there for
 * stepcast_document_splitter_pop() afterwards, also if an error follows it. At most one unfinished
 * document is held, and no more than a batch of 64 KiB beyond its limit.
 *
 * A document is what stands from its XML declaration to the end of its root, comments and
 * processing instructions before the root included, but for a DOCTYPE, which is left out. Blanks
 * and byte order marks between documents belong to none; what stands between a root's end and an
 * XML declaration is dropped, too.
 *
 * Returns: %TRUE; or %FALSE with %STEPCAST_ERROR_INVALID_FRAME for what is no frame that we show,
 * or %STEPCAST_ERROR_LIMIT_EXCEEDED. After an error each call gives the same error.
 */
gboolean
stepcast_document_splitter_push (StepcastDocumentSplitter *self,
                                 const char *data,
                                 gsize length,
                                 GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);

  for (gsize i = 0; i < length && self->error == NULL; i += BATCH_BYTES)
    push_batch (self, data + i, MIN (length - i, BATCH_BYTES));

  return self->error == NULL || propagate (self, error);
}

/**
 * stepcast_document_splitter_finish:
 * @self: a splitter
 * @error: see stepcast_document_splitter_push()
 *
 * To be called at the end of the stream.
 *
 * Returns: %TRUE where the stream ended between documents, or %FALSE with
 * %STEPCAST_ERROR_INVALID_FRAME where it ended inside one, or with the error that came before
 */
gboolean
stepcast_document_splitter_finish (StepcastDocumentSplitter *self, GError **error)
{
  StepcastDocumentText text;
  guint line;
  guint column;

  g_return_val_if_fail (self != NULL, FALSE);

  if (self->error != NULL)
    return propagate (self, error);

  if (!stepcast_document_splitter_is_inside (self))
    {
      /* The first byte or two of a byte order mark: nothing else waits there. */
      if (self->scanner.pos < get_length (self))
        {
          refuse_junk (self, self->scanner.pos);
          return propagate (self, error);
        }
      return TRUE;
    }

  text = get_text (self);
  stepcast_document_error_find_position (&text, text.length, &line, &column);
  g_set_error (&self->error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
               "The stream ended inside document %" G_GUINT64_FORMAT
               " (line %u, column %u): half a document",
               text.number, line, column);
  return propagate (self, error);
}

/**
 * stepcast_document_splitter_pop:
 * @self: a splitter
 *
 * Returns: (transfer full) (nullable): the oldest document that was not popped, or %NULL
 */
GBytes *
stepcast_document_splitter_pop (StepcastDocumentSplitter *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_queue_pop_head (&self->documents);
}

/**
 * stepcast_document_splitter_is_inside:
 * @self: a splitter
 *
 * Returns: whether a document has begun that has not ended: whether the end of the stream would be
 * an error here. Comments between documents are none.
 */
gboolean
stepcast_document_splitter_is_inside (const StepcastDocumentSplitter *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->error == NULL && stepcast_document_scanner_is_inside (&self->scanner);
}

/**
 * stepcast_document_splitter_get_n_documents:
 * @self: a splitter
 *
 * Returns: how many documents have ended so far, popped or not
 */
guint64
stepcast_document_splitter_get_n_documents (const StepcastDocumentSplitter *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_documents;
}
