/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-picture-text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <zlib.h>

#include "stepcast-error.h"

/* The text that Stepcast's page puts into the pictures that it saves (doc/protocol.md, “Pictures
 * that are kept”). The pictures come from anywhere. Nothing of them is drawn: gdk-pixbuf has the
 * texts of a PNG, too, but only after it has made room for its pixels, and it says nothing of a
 * text that is damaged. */

#define SVG_URI "http://www.w3.org/2000/svg"
#define RECIPE_URI "https://stepcast.org/ns/recipe"
#define RECIPE_NAME "recipe"

#define PNG_SIGNATURE "\x89PNG\r\n\x1a\n"
#define PNG_KEYWORD "Stepcast"

static void
refuse (GError **error, StepcastError code, const char *message)
{
  if (error != NULL && *error == NULL)
    g_set_error_literal (error, STEPCAST_ERROR, (int) code, message);
}

static void
refuse_as_damaged (GError **error, const char *what)
{
  g_autofree char *message = g_strdup_printf (_ ("it is damaged: %s"), what);

  refuse (error, STEPCAST_ERROR_INVALID_VALUE, message);
}

static void
refuse_as_empty (GError **error)
{
  refuse (error, STEPCAST_ERROR_INVALID_VALUE,
          _ ("it does not say how it was computed; pictures that the page saves do"));
}

static void
refuse_as_too_long (GError **error)
{
  refuse (error, STEPCAST_ERROR_LIMIT_EXCEEDED, _ ("what it says of itself is too long"));
}

/* ---- SVG ---- */

typedef struct
{
  xmlParserCtxt *context;
  guint depth;
  guint recipe_depth; /* of the open <recipe>, from 1; 0 outside */
  gboolean is_svg;
  gboolean has_entities;
  GString *text; /* (nullable): of the first one */
  gboolean is_over;
  GError *error;
} SvgReader;

static void
end_reading (SvgReader *self)
{
  self->is_over = TRUE;
  xmlStopParser (self->context);
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
  SvgReader *self = data;

  self->depth++;
  if (self->depth == 1)
    self->is_svg = xmlStrEqual (name, BAD_CAST "svg") && xmlStrEqual (uri, BAD_CAST SVG_URI);
  if (self->depth == 1 && !self->is_svg)
    end_reading (self);
  else if (self->text == NULL && xmlStrEqual (name, BAD_CAST RECIPE_NAME) &&
           xmlStrEqual (uri, BAD_CAST RECIPE_URI))
    {
      self->recipe_depth = self->depth;
      self->text = g_string_new (NULL);
    }
}

static void
on_end_element (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
  SvgReader *self = data;

  if (self->depth == self->recipe_depth)
    end_reading (self); /* the picture itself does not matter */
  self->depth--;
}

static void
on_characters (void *data, const xmlChar *text, int length)
{
  SvgReader *self = data;

  if (self->recipe_depth == 0 || self->is_over)
    return;
  g_string_append_len (self->text, (const char *) text, length);
  if (self->text->len > STEPCAST_PICTURE_TEXT_MAX_BYTES)
    {
      refuse_as_too_long (&self->error);
      end_reading (self);
    }
}

/* No picture of ours has one, and without there is nothing that grows. */
static void
on_entity_declaration (void *data,
                       const xmlChar *name,
                       int type,
                       const xmlChar *public_id,
                       const xmlChar *system_id,
                       xmlChar *content)
{
  SvgReader *self = data;

  self->has_entities = TRUE;
  refuse (&self->error, STEPCAST_ERROR_INVALID_VALUE,
          _ ("it declares entities, which no picture of Stepcast’s does"));
  end_reading (self);
}

static void
on_xml_error (void *data, xmlError *xml_error)
{
  SvgReader *self = data;
  g_autofree char *message = NULL;

  if (self->is_over || xml_error->level < XML_ERR_ERROR)
    return;
  message = g_utf8_make_valid (xml_error->message != NULL ? xml_error->message : "", -1);
  refuse_as_damaged (&self->error, g_strchomp (message));
  end_reading (self);
}

static void
parse (SvgReader *self, const char *data, gsize length)
{
  xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start_element,
    .endElementNs = on_end_element,
    .characters = on_characters,
    .cdataBlock = on_characters,
    .entityDecl = on_entity_declaration,
    .serror = on_xml_error,
  };

  self->context = xmlCreatePushParserCtxt (&handler, self, NULL, 0, NULL);
  if (self->context == NULL)
    g_error ("Out of memory for an XML parser");
  xmlCtxtUseOptions (self->context, XML_PARSE_NONET);
  xmlParseChunk (self->context, data, (int) length, TRUE);
  if (self->context->myDoc != NULL)
    xmlFreeDoc (self->context->myDoc);
  xmlFreeParserCtxt (self->context);
}

static char *
find_in_svg (const char *data, gsize length, GError **error)
{
  SvgReader reader = { 0 };
  g_autoptr (GString) text = NULL;

  parse (&reader, data, length);
  text = reader.text;
  if (!reader.is_svg && !reader.has_entities)
    {
      g_clear_error (&reader.error);
      refuse (error, STEPCAST_ERROR_INVALID_VALUE, _ ("it is neither an SVG nor a PNG"));
      return NULL;
    }
  if (reader.error != NULL)
    {
      g_propagate_error (error, reader.error);
      return NULL;
    }
  if (text == NULL)
    {
      refuse_as_empty (error);
      return NULL;
    }
  return g_strndup (text->str, text->len);
}

/* ---- PNG: its third edition, sections 5.3 and 11.3.3 ---- */

typedef struct
{
  const guchar *type;
  const guchar *data;
  gsize length;
} Chunk;

static guint32
read_number (const guchar *data)
{
  return (guint32) data[0] << 24 | (guint32) data[1] << 16 | (guint32) data[2] << 8 | data[3];
}

/* Takes a chunk from the front of @rest. */
static gboolean
take_chunk (const guchar **rest, gsize *n_left, Chunk *chunk, GError **error)
{
  guint32 length = *n_left >= 12 ? read_number (*rest) : G_MAXUINT32;

  if (length > G_MAXINT32 || length > *n_left - 12)
    {
      refuse_as_damaged (error, _ ("it ends too early"));
      return FALSE;
    }

  chunk->type = *rest + 4;
  chunk->data = *rest + 8;
  chunk->length = length;
  if (crc32_z (0, chunk->type, chunk->length + 4) != read_number (chunk->data + length))
    {
      refuse_as_damaged (error, _ ("a checksum is wrong"));
      return FALSE;
    }

  *rest += 12 + length;
  *n_left -= 12 + length;
  return TRUE;
}

static gboolean
is_type (const Chunk *chunk, const char *type)
{
  return memcmp (chunk->type, type, 4) == 0;
}

/* Behind the keyword: two bytes for its compression, a language and the keyword in that language.
 * Returns: (transfer none) (nullable): where the text begins */
static const guchar *
find_international_text (const guchar *at, const guchar *end, GError **error)
{
  const guchar *language = end - at >= 2 ? memchr (at + 2, '\0', (gsize) (end - at - 2)) : NULL;
  const guchar *translated =
    language != NULL ? memchr (language + 1, '\0', (gsize) (end - language - 1)) : NULL;

  if (translated == NULL)
    refuse_as_damaged (error, _ ("its text has no beginning"));
  else if (at[0] != 0)
    refuse (error, STEPCAST_ERROR_INVALID_VALUE,
            _ ("what it says of itself was compressed by another program"));
  else
    return translated + 1;
  return NULL;
}

/* Other programs write a text that is all ASCII, as ours is, as tEXt. */
static char *
read_text (const Chunk *chunk, GError **error)
{
  const guchar *end = chunk->data + chunk->length;
  const guchar *begin = chunk->data + sizeof PNG_KEYWORD;

  if (is_type (chunk, "iTXt"))
    begin = find_international_text (begin, end, error);
  if (begin == NULL)
    return NULL;
  if (end - begin > STEPCAST_PICTURE_TEXT_MAX_BYTES)
    {
      refuse_as_too_long (error);
      return NULL;
    }
  return g_strndup ((const char *) begin, (gsize) (end - begin));
}

static gboolean
is_ours (const Chunk *chunk)
{
  return (is_type (chunk, "iTXt") || is_type (chunk, "tEXt")) &&
         chunk->length >= sizeof PNG_KEYWORD &&
         memcmp (chunk->data, PNG_KEYWORD, sizeof PNG_KEYWORD) == 0;
}

static char *
find_in_png (const char *data, gsize length, GError **error)
{
  const guchar *rest = (const guchar *) data + strlen (PNG_SIGNATURE);
  gsize n_left = length - strlen (PNG_SIGNATURE);
  Chunk chunk;

  do
    {
      if (!take_chunk (&rest, &n_left, &chunk, error))
        return NULL;
      if (is_ours (&chunk))
        return read_text (&chunk, error);
    }
  while (!is_type (&chunk, "IEND"));

  refuse_as_empty (error);
  return NULL;
}

/* ---- files ---- */

/**
 * stepcast_picture_text_find:
 * @data: (array length=length): a file, whatever it is
 * @length: its length, at most %STEPCAST_PICTURE_MAX_BYTES
 * @error: %STEPCAST_ERROR_INVALID_VALUE or %STEPCAST_ERROR_LIMIT_EXCEEDED; what goes on after the
 *   name of the file
 *
 * Returns: (transfer full) (nullable): what the picture says of itself, whatever that is; in UTF-8
 */
char *
stepcast_picture_text_find (const char *data, gsize length, GError **error)
{
  g_autofree char *text = NULL;

  if (length >= strlen (PNG_SIGNATURE) && memcmp (data, PNG_SIGNATURE, strlen (PNG_SIGNATURE)) == 0)
    text = find_in_png (data, length, error);
  else
    text = find_in_svg (data, length, error);
  if (text == NULL || g_utf8_validate (text, -1, NULL))
    return g_steal_pointer (&text);

  refuse_as_damaged (error, _ ("its text is not UTF-8"));
  return NULL;
}

/* Pipes, too, so that the length is not known before. */
static GByteArray *
read_file (const char *path, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  FILE *file = g_fopen (path, "re");
  int code = file == NULL ? errno : 0;
  guint8 buffer[65536];
  gsize n_read = 1;

  while (code == 0 && n_read > 0 && bytes->len <= STEPCAST_PICTURE_MAX_BYTES)
    {
      n_read = fread (buffer, 1, sizeof buffer, file);
      g_byte_array_append (bytes, buffer, (guint) n_read);
      code = ferror (file) ? errno : 0;
    }
  if (file != NULL)
    fclose (file);

  if (code != 0)
    g_set_error_literal (error, G_FILE_ERROR, (int) g_file_error_from_errno (code),
                         g_strerror (code));
  else if (bytes->len > STEPCAST_PICTURE_MAX_BYTES)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                 _ ("it is longer than %d MiB"), STEPCAST_PICTURE_MAX_BYTES / 1024 / 1024);
  else
    return g_steal_pointer (&bytes);
  return NULL;
}

/**
 * stepcast_picture_text_read:
 * @path: of a file, whatever it is
 * @error: as of stepcast_picture_text_find(), or why it can't be read; with its name
 *
 * Returns: (transfer full) (nullable): what the picture says of itself, whatever that is; in UTF-8
 */
char *
stepcast_picture_text_read (const char *path, GError **error)
{
  g_autoptr (GByteArray) bytes = read_file (path, error);
  g_autofree char *name = g_filename_display_name (path);
  char *text = NULL;

  if (bytes != NULL)
    text = stepcast_picture_text_find ((const char *) bytes->data, bytes->len, error);
  if (text == NULL)
    /* TRANSLATORS: a file; the reason follows */
    g_prefix_error (error, _ ("“%s” can’t be computed again: "), name);
  return text;
}
