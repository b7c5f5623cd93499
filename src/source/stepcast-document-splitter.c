/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-splitter.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "stepcast-document-scanner.h"
#include "stepcast-error.h"
#include "stepcast-svg-rules.h"

/* Two passes go over each byte. The scanner finds where tokens begin and end; libxml2's push parser
 * says what the document is, and is only ever given whole tokens. So it never looks at the same
 * bytes twice while it waits for the end of a long attribute (it scans back through all that it
 * holds at each chunk), it never meets the boundary of a chunk in the middle of a token, and what
 * it says does not depend on how a pipe was read. Should the two disagree on where a document ends,
 * the document is refused. */

/* How much is scanned, checked and parsed at a time, in bytes: it should stay in the cache. */
#define BATCH_BYTES (64 * 1024)

/* Up to here libxml2's own limit on a single value, 10 MB, need not be lifted. Lifting it is no
 * danger: what it guards against is the expansion of entities, and none can be declared. */
#define USUAL_XML_BYTES (9 * 1000 * 1000)

/* xmlParseChunk() counts in int. */
#define MAX_MAX_BYTES (1024 * 1024 * 1024)

/* The names that a parser may have met before another parser is made: each stays in memory. */
#define MAX_NAMES 4096

/* How much of the input a message quotes, in characters. */
#define SNIPPET_CHARACTERS 60

struct _StepcastDocumentSplitter
{
  gsize max_bytes;
  guint max_elements;

  /* The document's bytes are those from @begin on; all other offsets count from there. */
  GByteArray *buffer;
  gsize begin;
  gsize fed; /* up to where the parser was given it: always the end of a token */
  StepcastDocumentScanner scanner;
  StepcastDocumentScanner fed_scanner; /* as it was when the parser was given the last token */
  gboolean declared_ascii;

  xmlParserCtxt *parser; /* (nullable): made for the first document */
  StepcastSvgRules *rules;
  gsize last_start_tag; /* an offset in it */
  guint n_elements;
  guint depth;
  gsize root_end; /* 0 until the parser has seen it */

  guint64 n_documents;
  GQueue documents; /* of GBytes: those that were not popped */
  GError *error;    /* (nullable): the first one; nothing is read after it */
};

static void parser_free (xmlParserCtxt *parser);

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

  xmlInitParser ();

  self->max_bytes = limits != NULL ? limits->max_bytes : STEPCAST_DOCUMENT_DEFAULT_MAX_BYTES;
  self->max_bytes = CLAMP (self->max_bytes, 1, MAX_MAX_BYTES);
  self->max_elements =
    limits != NULL ? limits->max_elements : STEPCAST_DOCUMENT_DEFAULT_MAX_ELEMENTS;
  self->buffer = g_byte_array_new ();
  self->rules = stepcast_svg_rules_new ();
  stepcast_document_scanner_init (&self->scanner, FALSE);
  g_queue_init (&self->documents);

  return self;
}

void
stepcast_document_splitter_free (StepcastDocumentSplitter *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->parser, parser_free);
  g_clear_pointer (&self->rules, stepcast_svg_rules_free);
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

/* Errors */

static void
append_escaped (GString *text, const char *from, gsize length)
{
  static const char *const escapes[] = { ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t" };

  for (gsize i = 0; i < length; i++)
    {
      const guchar c = (guchar) from[i];

      if (c < G_N_ELEMENTS (escapes) && escapes[c] != NULL)
        g_string_append (text, escapes[c]);
      else if (c < 0x20 || c >= 0x7f)
        g_string_append_printf (text, "\\x%02x", c);
      else
        g_string_append_c (text, (char) c);
    }
}

/* What stands at @offset, as far as the end of a tag, in at most SNIPPET_CHARACTERS. */
static char *
make_snippet (const StepcastDocumentSplitter *self, gsize offset)
{
  GString *text = g_string_new (NULL);
  const char *const data = get_data (self);
  const gsize length = get_length (self);
  gsize characters = 0;

  while (offset < length)
    {
      const gunichar c =
        g_utf8_get_char_validated (data + offset, (gssize) MIN (length - offset, 4));
      const gboolean printable = c < 0x80000000u && c >= 0x80 && g_unichar_isprint (c);
      const gsize size = printable ? (gsize) g_unichar_to_utf8 (c, NULL) : 1;
      const gsize before = text->len;

      if (printable)
        g_string_append_len (text, data + offset, (gssize) size);
      else
        append_escaped (text, data + offset, 1);
      characters += printable ? 1 : text->len - before;

      if (characters >= SNIPPET_CHARACTERS)
        {
          g_string_truncate (text, before);
          g_string_append (text, "…");
          break;
        }
      if (data[offset] == '>')
        break;
      offset += size;
    }

  return g_string_free (text, FALSE);
}

/* Lines and columns count from 1; columns are characters, so a byte that continues one is none. */
static void
find_position (const StepcastDocumentSplitter *self, gsize offset, guint *line, guint *column)
{
  const char *const data = get_data (self);

  *line = 1;
  *column = 1;
  for (gsize i = 0; i < offset; i++)
    {
      if (data[i] == '\n')
        {
          (*line)++;
          *column = 1;
        }
      else if (((guchar) data[i] & 0xc0) != 0x80)
        (*column)++;
    }
}

/* The '<' that what stands at @offset belongs to. */
static gsize
find_tag (const StepcastDocumentSplitter *self, gsize offset)
{
  const char *const data = get_data (self);
  const char *tag = memrchr (data, '<', MIN (offset + 1, get_length (self)));

  return tag != NULL ? (gsize) (tag - data) : offset;
}

/* Every failure leaves through here: it is the splitter's last word. A parser that is at work is
 * not stopped, because libxml2 is not safe to stop inside an error handler: it reads to the end of
 * its batch, and nobody listens. */
static void
fail (StepcastDocumentSplitter *self,
      StepcastError code,
      gsize offset,
      gsize snippet_offset,
      const char *problem)
{
  g_autofree char *snippet = NULL;
  guint line;
  guint column;

  if (self->error != NULL)
    return;

  offset = MIN (offset, get_length (self));
  find_position (self, offset, &line, &column);
  snippet = make_snippet (self, snippet_offset);
  g_set_error (&self->error, STEPCAST_ERROR, (int) code,
               "Document %" G_GUINT64_FORMAT ", line %u, column %u: %s%s%s%s",
               self->n_documents + 1, line, column, problem, *snippet != '\0' ? " (at “" : "",
               snippet, *snippet != '\0' ? "”)" : "");
}

static void G_GNUC_PRINTF (5, 6) fail_printf (StepcastDocumentSplitter *self,
                                              StepcastError code,
                                              gsize offset,
                                              gsize snippet_offset,
                                              const char *format,
                                              ...)
{
  g_autofree char *problem = NULL;
  va_list arguments;

  va_start (arguments, format);
  problem = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  fail (self, code, offset, snippet_offset, problem);
}

/* The parser's callbacks */

static gsize
get_parsed (StepcastDocumentSplitter *self)
{
  const long parsed = xmlByteConsumed (self->parser);

  return parsed > 0 ? (gsize) parsed : 0;
}

static gboolean
is_namespace_declaration (const char *name, gsize length)
{
  return length >= 5 && strncmp (name, "xmlns", 5) == 0 && (length == 5 || name[5] == ':');
}

/* Where in the start tag at @tag the attribute begins that has @index among those that are no
 * namespace declarations. The tag is well-formed: the parser has read it. */
static gsize
find_attribute (const StepcastDocumentSplitter *self, gsize tag, int index)
{
  const char *const data = get_data (self);
  gsize i = tag + 1 + strcspn (data + tag + 1, " \t\r\n/>");

  while (TRUE)
    {
      const char *mark;
      gsize name;

      i += strspn (data + i, " \t\r\n");
      name = i;
      i += strcspn (data + i, " \t\r\n=/>");
      if (i == name)
        return tag;
      if (!is_namespace_declaration (data + name, i - name) && index-- == 0)
        return name;

      i += strcspn (data + i, "\"'");
      mark = strchr (data + i + 1, data[i]);
      if (mark == NULL)
        return tag;
      i = (gsize) (mark - data) + 1;
    }
}

static void
fail_by_rules (StepcastDocumentSplitter *self, gsize tag, int bad_attribute, const GError *error)
{
  const gsize offset = bad_attribute < 0 ? tag : find_attribute (self, tag, bad_attribute);

  fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset, error->message);
}

static void
on_start_element (void *data,
                  const xmlChar *name,
                  const xmlChar *prefix,
                  const xmlChar *uri,
                  int n_namespaces,
                  const xmlChar **namespaces,
                  int n_attributes,
                  int n_defaulted,
                  const xmlChar **attributes)
{
  StepcastDocumentSplitter *self = data;
  const StepcastSvgElement element = {
    .name = (const char *) name,
    .prefix = (const char *) prefix,
    .uri = (const char *) uri,
    .attributes = (const char *const *) attributes,
    .n_attributes = (guint) n_attributes,
  };
  g_autoptr (GError) error = NULL;
  int bad_attribute;

  if (self->error != NULL)
    return;

  self->last_start_tag = get_parsed (self);
  self->n_elements++;
  self->depth++;

  if (G_UNLIKELY (self->n_elements > self->max_elements))
    fail_printf (self, STEPCAST_ERROR_LIMIT_EXCEEDED, find_tag (self, self->last_start_tag),
                 find_tag (self, self->last_start_tag),
                 "the limit max-elements is %u, and this is element %u; draw with fewer, longer "
                 "paths, or raise the limit",
                 self->max_elements, self->n_elements);
  else if (G_UNLIKELY (self->depth > STEPCAST_DOCUMENT_MAX_DEPTH))
    fail_printf (self, STEPCAST_ERROR_LIMIT_EXCEEDED, find_tag (self, self->last_start_tag),
                 find_tag (self, self->last_start_tag),
                 "elements may be nested %d deep, and this is level %u; is an end tag missing?",
                 STEPCAST_DOCUMENT_MAX_DEPTH, self->depth);
  else if (!stepcast_svg_rules_start_element (self->rules, &element, &bad_attribute, &error))
    fail_by_rules (self, find_tag (self, self->last_start_tag), bad_attribute, error);
}

static void
on_end_element (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
  StepcastDocumentSplitter *self = data;
  g_autoptr (GError) error = NULL;

  if (self->error != NULL)
    return;

  if (!stepcast_svg_rules_end_element (self->rules, &error))
    {
      fail_by_rules (self, find_tag (self, self->last_start_tag), -1, error);
      return;
    }

  if (--self->depth == 0)
    self->root_end = get_parsed (self);
}

static void
on_characters (void *data, const xmlChar *text, int length)
{
  StepcastDocumentSplitter *self = data;

  stepcast_svg_rules_add_text (self->rules, (const char *) text, (gsize) length);
}

static void
on_instruction (void *data, const xmlChar *target, const xmlChar *text)
{
  StepcastDocumentSplitter *self = data;
  g_autoptr (GError) error = NULL;
  gsize tag;

  if (stepcast_svg_rules_check_instruction (self->rules, (const char *) target, &error))
    return;

  tag = find_tag (self, get_parsed (self) - 1);
  fail (self, STEPCAST_ERROR_INVALID_FRAME, tag, tag, error->message);
}

/* Where the mistake begins that the parser found when it had read up to @parsed, and what can be
 * done about it. */
static gsize
explain (const StepcastDocumentSplitter *self,
         const xmlError *xml_error,
         gsize parsed,
         const char **hint)
{
  const char *const data = get_data (self);
  const char *entity = memrchr (data, '&', parsed);
  const gsize entity_offset = entity != NULL ? (gsize) (entity - data) : parsed;

  *hint = "";
  switch (xml_error->code)
    {
    case XML_ERR_TAG_NAME_MISMATCH:
      return find_tag (self, parsed - 1);

    case XML_ERR_UNDECLARED_ENTITY:
    case XML_WAR_UNDECLARED_ENTITY:
      *hint = "; XML knows only &amp;, &lt;, &gt;, &quot;, &apos; and numbers such as &#160;";
      return entity_offset;

    case XML_ERR_NAME_REQUIRED:
    case XML_ERR_ENTITYREF_SEMICOL_MISSING:
      if (xml_error->message == NULL || strstr (xml_error->message, "EntityRef") == NULL)
        return parsed;
      *hint = "; where “&” is text, write &amp;";
      return entity_offset;

    default:
      return parsed;
    }
}

/* Namespace errors do not stop the parser, so whatever is no warning is the end here. */
static void
on_error (void *data, xmlError *xml_error)
{
  StepcastDocumentSplitter *self = data;
  g_autofree char *message = NULL;
  const char *hint;
  gsize parsed;
  gsize offset;

  if (self->error != NULL || xml_error->level < XML_ERR_ERROR)
    return;

  parsed = CLAMP (get_parsed (self), 1, get_length (self));
  offset = explain (self, xml_error, parsed, &hint);
  message = g_utf8_make_valid (xml_error->message != NULL ? xml_error->message : "", -1);
  g_strchomp (message);
  fail_printf (self, STEPCAST_ERROR_INVALID_FRAME, offset,
               offset < parsed ? offset : find_tag (self, parsed - 1),
               "it is not well-formed XML: %.200s%s", message, hint);
}

/* The scanner lets none through: this is the second lock. */
static void
on_entity_declaration (void *data,
                       const xmlChar *name,
                       int type,
                       const xmlChar *public_id,
                       const xmlChar *system_id,
                       xmlChar *content)
{
  StepcastDocumentSplitter *self = data;

  fail (self, STEPCAST_ERROR_INVALID_FRAME, get_parsed (self), get_parsed (self),
        "entity declarations are not allowed");
}

/* The parser's life */

static void
parser_free (xmlParserCtxt *parser)
{
  if (parser->myDoc != NULL)
    xmlFreeDoc (parser->myDoc);
  xmlFreeParserCtxt (parser);
}

static xmlParserCtxt *
parser_new (StepcastDocumentSplitter *self)
{
  xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start_element,
    .endElementNs = on_end_element,
    .characters = on_characters,
    .cdataBlock = on_characters,
    /* The same as for characters, so that the parser does not ask which it is. */
    .ignorableWhitespace = on_characters,
    .processingInstruction = on_instruction,
    .entityDecl = on_entity_declaration,
    .serror = on_error,
  };
  xmlParserCtxt *parser = xmlCreatePushParserCtxt (&handler, self, NULL, 0, NULL);

  if (parser == NULL)
    g_error ("Out of memory for an XML parser");

  return parser;
}

/* Makes the parser ready for a document, with the names that it knows already, which is cheaper
 * than another parser. */
static void
prepare_parser (StepcastDocumentSplitter *self)
{
  int options = XML_PARSE_NONET | XML_PARSE_IGNORE_ENC;

  if (self->parser != NULL && xmlDictSize (self->parser->dict) > MAX_NAMES)
    {
      stepcast_svg_rules_forget_names (self->rules);
      g_clear_pointer (&self->parser, parser_free);
    }

  if (self->parser == NULL)
    self->parser = parser_new (self);
  else if (xmlCtxtResetPush (self->parser, NULL, 0, NULL, NULL) != 0)
    g_error ("Out of memory for an XML parser");

  /* Only UTF-8 gets here, whatever is declared. Entities are not substituted: there are none. */
  if (self->max_bytes > USUAL_XML_BYTES)
    options |= XML_PARSE_HUGE;
  xmlCtxtUseOptions (self->parser, options);
}

/* Documents */

static void
begin_document (StepcastDocumentSplitter *self)
{
  self->begin += self->scanner.pos;
  stepcast_document_scanner_init (&self->scanner, TRUE);
  self->fed_scanner = self->scanner;
  stepcast_svg_rules_reset (self->rules);
  self->fed = 0;
  self->declared_ascii = FALSE;
  self->last_start_tag = 0;
  self->n_elements = 0;
  self->depth = 0;
  self->root_end = 0;
  prepare_parser (self);
}

static void
skip (StepcastDocumentSplitter *self, gsize length)
{
  self->begin += length;
  self->fed = 0;
  stepcast_document_scanner_init (&self->scanner, FALSE);
}

/* Gives the parser all up to @end, which is the end of a token: so it reads to there, unless it
 * waits for what should be there already, such as the semicolon of an entity. (It needs five bytes
 * to begin.) */
static void
parse (StepcastDocumentSplitter *self, gsize end)
{
  const gsize from = self->fed;

  if (end <= from || self->error != NULL)
    return;

  self->fed = end;
  xmlParseChunk (self->parser, get_data (self) + from, (int) (end - from), FALSE);

  if (self->error == NULL && end >= 5 && get_parsed (self) != end)
    {
      xmlParseChunk (self->parser, NULL, 0, TRUE);
      fail (self, STEPCAST_ERROR_INVALID_FRAME, end, find_tag (self, end - 1),
            "it is not well-formed XML");
    }
}

/* Like g_utf8_validate_len(), and several times faster on what pictures are made of. */
static gboolean
validate_utf8 (const char *data, gsize length, const char **invalid)
{
  gsize i = 0;

  while (i + sizeof (guint64) <= length)
    {
      guint64 word;

      memcpy (&word, data + i, sizeof word);
      if ((word & G_GUINT64_CONSTANT (0x8080808080808080)) != 0)
        break;
      i += sizeof word;
    }

  return g_utf8_validate_len (data + i, length - i, invalid);
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

  if (!validate_utf8 (data + self->fed, end - self->fed, &invalid))
    {
      const gsize offset = (gsize) (invalid - data);

      /* An earlier mistake is the better message, and the same whatever the chunks were. */
      parse (self, find_complete (self, offset));
      fail_printf (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
                   "the byte 0x%02x is not UTF-8, which frames must be in", (guchar) *invalid);
      return FALSE;
    }

  parse (self, end);
  self->fed_scanner = self->scanner;
  return self->error == NULL;
}

/* Finds the encoding that the XML declaration at the document's begin states, if any. */
static char *
get_declared_encoding (const StepcastDocumentSplitter *self, gsize *offset)
{
  g_autofree char *declaration = g_strndup (get_data (self), self->scanner.complete);
  const char *value = strstr (declaration, "encoding");
  gsize length;

  if (value == NULL)
    return NULL;
  value += strlen ("encoding");
  value += strspn (value, " \t\r\n=");
  if (*value != '"' && *value != '\'')
    return NULL;

  length = strcspn (value + 1, (char[]){ *value, '\0' });
  *offset = (gsize) (value + 1 - declaration);
  return g_strndup (value + 1, length);
}

static gboolean
check_declaration (StepcastDocumentSplitter *self)
{
  gsize offset = 0;
  g_autofree char *encoding = get_declared_encoding (self, &offset);

  if (encoding == NULL || g_ascii_strcasecmp (encoding, "UTF-8") == 0 ||
      g_ascii_strcasecmp (encoding, "UTF8") == 0)
    return TRUE;

  self->declared_ascii =
    g_ascii_strcasecmp (encoding, "US-ASCII") == 0 || g_ascii_strcasecmp (encoding, "ASCII") == 0;
  if (self->declared_ascii)
    return TRUE;

  fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset,
        "it declares another encoding than UTF-8, which frames must be in");
  return FALSE;
}

static gboolean
check_ascii (StepcastDocumentSplitter *self, gsize length)
{
  const char *const data = get_data (self);

  for (gsize i = 0; i < length; i++)
    if ((guchar) data[i] >= 0x80)
      {
        fail (self, STEPCAST_ERROR_INVALID_FRAME, i, i,
              "it declares the encoding US-ASCII and has other characters; declare UTF-8");
        return FALSE;
      }

  return TRUE;
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

  if (!feed (self) || (self->declared_ascii && !check_ascii (self, length)))
    return FALSE;

  if (self->root_end != length)
    {
      fail (self, STEPCAST_ERROR_INVALID_FRAME, length, find_tag (self, length),
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
      g_autofree char *found = make_snippet (self, offset);

      fail_printf (self, STEPCAST_ERROR_INVALID_FRAME, offset, G_MAXSIZE,
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
    fail_printf (self, STEPCAST_ERROR_LIMIT_EXCEEDED, self->max_bytes, G_MAXSIZE,
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
        fail_printf (self, STEPCAST_ERROR_INVALID_FRAME, pos, self->scanner.token,
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

  find_position (self, get_length (self), &line, &column);
  g_set_error (&self->error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
               "The program ended inside document %" G_GUINT64_FORMAT
               " (line %u, column %u): half a document",
               self->n_documents + 1, line, column);
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
