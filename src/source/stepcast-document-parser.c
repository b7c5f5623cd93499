/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-parser.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "stepcast-svg-rules.h"

/* Up to here libxml2's own limit on a single value, 10 MB, need not be lifted. Lifting it is no
 * danger: what it guards against is the expansion of entities, and none can be declared. */
#define USUAL_XML_BYTES (9 * 1000 * 1000)

/* The names that a parser may have met before another parser is made: each stays in memory. */
#define MAX_NAMES 4096

struct _StepcastDocumentParser
{
  gsize max_bytes;
  guint max_elements;

  xmlParserCtxt *context; /* (nullable): made for the first document */
  StepcastSvgRules *rules;

  gsize last_start_tag; /* an offset in it */
  guint n_elements;
  guint depth;
  gsize root_end; /* 0 until the parser has seen it */

  /* Only while it parses. */
  StepcastDocumentText text;
  GError *error; /* (nullable): the first one */
};

/* Errors */

/* The first failure is the last word. A parser that is at work is not stopped, because libxml2 is
 * not safe to stop inside an error handler: it reads to the end of its batch, and nobody listens.
 */
static void G_GNUC_PRINTF (5, 6) fail (StepcastDocumentParser *self,
                                       StepcastError code,
                                       gsize offset,
                                       gsize snippet_offset,
                                       const char *format,
                                       ...)
{
  va_list arguments;

  if (self->error != NULL)
    return;

  va_start (arguments, format);
  stepcast_document_error_set_valist (&self->error, code, &self->text, offset, snippet_offset,
                                      format, arguments);
  va_end (arguments);
}

static gsize
find_tag (const StepcastDocumentParser *self, gsize offset)
{
  return stepcast_document_error_find_tag (&self->text, offset);
}

/* libxml2's callbacks */

static gsize
get_parsed (StepcastDocumentParser *self)
{
  const long parsed = xmlByteConsumed (self->context);

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
find_attribute (const StepcastDocumentParser *self, gsize tag, int index)
{
  const char *const data = self->text.data;
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
fail_by_rules (StepcastDocumentParser *self, gsize tag, int bad_attribute, const GError *error)
{
  const gsize offset = bad_attribute < 0 ? tag : find_attribute (self, tag, bad_attribute);

  fail (self, STEPCAST_ERROR_INVALID_FRAME, offset, offset, "%s", error->message);
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
  StepcastDocumentParser *self = data;
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
    fail (self, STEPCAST_ERROR_LIMIT_EXCEEDED, find_tag (self, self->last_start_tag),
          find_tag (self, self->last_start_tag),
          "the limit max-elements is %u, and this is element %u; draw with fewer, longer "
          "paths, or raise the limit",
          self->max_elements, self->n_elements);
  else if (G_UNLIKELY (self->depth > STEPCAST_DOCUMENT_MAX_DEPTH))
    fail (self, STEPCAST_ERROR_LIMIT_EXCEEDED, find_tag (self, self->last_start_tag),
          find_tag (self, self->last_start_tag),
          "elements may be nested %d deep, and this is level %u; is an end tag missing?",
          STEPCAST_DOCUMENT_MAX_DEPTH, self->depth);
  else if (!stepcast_svg_rules_start_element (self->rules, &element, &bad_attribute, &error))
    fail_by_rules (self, find_tag (self, self->last_start_tag), bad_attribute, error);
}

static void
on_end_element (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
  StepcastDocumentParser *self = data;
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
  StepcastDocumentParser *self = data;

  stepcast_svg_rules_add_text (self->rules, (const char *) text, (gsize) length);
}

static void
on_instruction (void *data, const xmlChar *target, const xmlChar *text)
{
  StepcastDocumentParser *self = data;
  g_autoptr (GError) error = NULL;
  gsize tag;

  if (stepcast_svg_rules_check_instruction (self->rules, (const char *) target, &error))
    return;

  tag = find_tag (self, get_parsed (self) - 1);
  fail (self, STEPCAST_ERROR_INVALID_FRAME, tag, tag, "%s", error->message);
}

/* Where the mistake begins that the parser found when it had read up to @parsed, and what can be
 * done about it. */
static gsize
explain (const StepcastDocumentParser *self,
         const xmlError *xml_error,
         gsize parsed,
         const char **hint)
{
  const char *const data = self->text.data;
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
  StepcastDocumentParser *self = data;
  g_autofree char *message = NULL;
  const char *hint;
  gsize parsed;
  gsize offset;

  if (self->error != NULL || xml_error->level < XML_ERR_ERROR)
    return;

  parsed = CLAMP (get_parsed (self), 1, self->text.length);
  offset = explain (self, xml_error, parsed, &hint);
  message = g_utf8_make_valid (xml_error->message != NULL ? xml_error->message : "", -1);
  g_strchomp (message);
  fail (self, STEPCAST_ERROR_INVALID_FRAME, offset,
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
  StepcastDocumentParser *self = data;

  fail (self, STEPCAST_ERROR_INVALID_FRAME, get_parsed (self), get_parsed (self),
        "entity declarations are not allowed");
}

/* libxml2's life */

static void
context_free (xmlParserCtxt *context)
{
  if (context->myDoc != NULL)
    xmlFreeDoc (context->myDoc);
  xmlFreeParserCtxt (context);
}

static xmlParserCtxt *
context_new (StepcastDocumentParser *self)
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
  xmlParserCtxt *context = xmlCreatePushParserCtxt (&handler, self, NULL, 0, NULL);

  if (context == NULL)
    g_error ("Out of memory for an XML parser");

  return context;
}

/* Makes the parser ready for a document, with the names that it knows already, which is cheaper
 * than another parser. */
static void
prepare_context (StepcastDocumentParser *self)
{
  int options = XML_PARSE_NONET | XML_PARSE_IGNORE_ENC;

  if (self->context != NULL && xmlDictSize (self->context->dict) > MAX_NAMES)
    {
      stepcast_svg_rules_forget_names (self->rules);
      g_clear_pointer (&self->context, context_free);
    }

  if (self->context == NULL)
    self->context = context_new (self);
  else if (xmlCtxtResetPush (self->context, NULL, 0, NULL, NULL) != 0)
    g_error ("Out of memory for an XML parser");

  /* Only UTF-8 gets here, whatever is declared. Entities are not substituted: there are none. */
  if (self->max_bytes > USUAL_XML_BYTES)
    options |= XML_PARSE_HUGE;
  xmlCtxtUseOptions (self->context, options);
}

/**
 * stepcast_document_parser_new:
 * @limits: what one document may cost; the splitter holds @max_bytes, the parser has to be fit for
 *   as many
 *
 * Any thread.
 *
 * Returns: (transfer full): a parser that has begun no document
 */
StepcastDocumentParser *
stepcast_document_parser_new (const StepcastDocumentLimits *limits)
{
  StepcastDocumentParser *self = g_new0 (StepcastDocumentParser, 1);

  xmlInitParser ();

  self->max_bytes = limits->max_bytes;
  self->max_elements = limits->max_elements;
  self->rules = stepcast_svg_rules_new ();

  return self;
}

void
stepcast_document_parser_free (StepcastDocumentParser *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->context, context_free);
  g_clear_pointer (&self->rules, stepcast_svg_rules_free);
  g_clear_error (&self->error);
  g_free (self);
}

/**
 * stepcast_document_parser_begin:
 * @self: a parser
 *
 * Begins a document, wherever the one before was left.
 */
void
stepcast_document_parser_begin (StepcastDocumentParser *self)
{
  stepcast_svg_rules_reset (self->rules);
  self->last_start_tag = 0;
  self->n_elements = 0;
  self->depth = 0;
  self->root_end = 0;
  prepare_context (self);
}

/**
 * stepcast_document_parser_parse:
 * @self: a parser that has begun this document
 * @text: the document so far; it may go on beyond @end, which messages show
 * @from: the @end of the last call, or 0
 * @end: up to where to parse: the end of a token, and after @from
 * @error: says what is wrong, and where
 *
 * Parses what stands from @from to @end, which must be UTF-8. libxml2 reads to there, unless it
 * waits for what should be there already, such as the semicolon of an entity. (It needs five bytes
 * to begin.)
 *
 * Returns: %TRUE, or %FALSE with %STEPCAST_ERROR_INVALID_FRAME or %STEPCAST_ERROR_LIMIT_EXCEEDED,
 *   which ends the use of this parser
 */
gboolean
stepcast_document_parser_parse (StepcastDocumentParser *self,
                                const StepcastDocumentText *text,
                                gsize from,
                                gsize end,
                                GError **error)
{
  self->text = *text;
  xmlParseChunk (self->context, text->data + from, (int) (end - from), FALSE);

  if (self->error == NULL && end >= 5 && get_parsed (self) != end)
    {
      xmlParseChunk (self->context, NULL, 0, TRUE);
      fail (self, STEPCAST_ERROR_INVALID_FRAME, end, find_tag (self, end - 1),
            "it is not well-formed XML");
    }

  self->text = (StepcastDocumentText){ 0 };
  if (self->error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

/**
 * stepcast_document_parser_get_root_end:
 * @self: a parser
 *
 * Returns: the offset in the document at which its root element ends, or 0 where it has not ended
 */
gsize
stepcast_document_parser_get_root_end (const StepcastDocumentParser *self)
{
  return self->root_end;
}
