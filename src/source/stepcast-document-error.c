/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-document-error.h"

#include <string.h>

/* How much of the input a message quotes, in characters. */
#define SNIPPET_CHARACTERS 60

/**
 * stepcast_document_error_find_position:
 * @text: a document
 * @offset: an offset in it
 * @line: (out): the line that @offset is in
 * @column: (out): the column that it is in
 *
 * Lines and columns count from 1; columns are characters, so a byte that continues one is none.
 */
void
stepcast_document_error_find_position (const StepcastDocumentText *text,
                                       gsize offset,
                                       guint *line,
                                       guint *column)
{
  const char *const data = text->data;

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

/**
 * stepcast_document_error_find_tag:
 * @text: a document
 * @offset: an offset in it
 *
 * Returns: the offset of the '<' that what stands at @offset belongs to, or @offset
 */
gsize
stepcast_document_error_find_tag (const StepcastDocumentText *text, gsize offset)
{
  const char *const data = text->data;
  const char *tag = memrchr (data, '<', MIN (offset + 1, text->length));

  return tag != NULL ? (gsize) (tag - data) : offset;
}

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

/**
 * stepcast_document_error_make_snippet:
 * @text: a document
 * @offset: where to begin; nothing stands beyond the document's end
 *
 * Returns: (transfer full): what stands at @offset, as far as the end of a tag, in at most
 *   SNIPPET_CHARACTERS that can be printed
 */
char *
stepcast_document_error_make_snippet (const StepcastDocumentText *text, gsize offset)
{
  GString *snippet = g_string_new (NULL);
  const char *const data = text->data;
  const gsize length = text->length;
  gsize characters = 0;

  while (offset < length)
    {
      const gunichar c =
        g_utf8_get_char_validated (data + offset, (gssize) MIN (length - offset, 4));
      const gboolean printable = c < 0x80000000u && c >= 0x80 && g_unichar_isprint (c);
      const gsize size = printable ? (gsize) g_unichar_to_utf8 (c, NULL) : 1;
      const gsize before = snippet->len;

      if (printable)
        g_string_append_len (snippet, data + offset, (gssize) size);
      else
        append_escaped (snippet, data + offset, 1);
      characters += printable ? 1 : snippet->len - before;

      if (characters >= SNIPPET_CHARACTERS)
        {
          g_string_truncate (snippet, before);
          g_string_append (snippet, "…");
          break;
        }
      if (data[offset] == '>')
        break;
      offset += size;
    }

  return g_string_free (snippet, FALSE);
}

/**
 * stepcast_document_error_set_valist:
 * @error: where to put it; none may be there
 * @code: what kind of error it is
 * @text: the document
 * @offset: where in it the error stands
 * @snippet_offset: where to begin quoting, or %G_MAXSIZE to quote nothing
 * @format: what is wrong, for printf()
 * @arguments: for @format
 *
 * Sets an error that says where it is.
 */
void
stepcast_document_error_set_valist (GError **error,
                                    StepcastError code,
                                    const StepcastDocumentText *text,
                                    gsize offset,
                                    gsize snippet_offset,
                                    const char *format,
                                    va_list arguments)
{
  g_autofree char *problem = g_strdup_vprintf (format, arguments);
  g_autofree char *snippet = stepcast_document_error_make_snippet (text, snippet_offset);
  guint line;
  guint column;

  stepcast_document_error_find_position (text, MIN (offset, text->length), &line, &column);
  g_set_error (error, STEPCAST_ERROR, (int) code,
               "Document %" G_GUINT64_FORMAT ", line %u, column %u: %s%s%s%s", text->number, line,
               column, problem, *snippet != '\0' ? " (at “" : "", snippet,
               *snippet != '\0' ? "”)" : "");
}
