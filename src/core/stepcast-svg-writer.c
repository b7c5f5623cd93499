/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-svg-writer.h"

#include <math.h>
#include <string.h>

#include "stepcast-error.h"
#include "stepcast-svg-number.h"

/* Writes a drawing as text, in one pass and into one buffer that becomes the frame: nothing is kept
 * of what was written but the names of the elements that are still open.
 *
 * What a drawing computes may be wrong (a NaN, a label that is no text): that is an error, the
 * first of which is kept, and from then on every function does nothing. Calls that make no document
 * (an attribute after content, a line before a point) are mistakes of the programmer, and are
 * refused with a critical warning. */

/* A frame of one path is about 10 KB. */
#define INITIAL_BYTES 16384

/* A long path's room is made for so many numbers at a time: few checks, little room in vain. */
#define NUMBERS_AT_ONCE 512

/* The smallest size that is not written as 0. */
#define MIN_SIZE_PX 0.01

/* Where the next byte goes. */
typedef enum
{
  PLACE_CONTENT,
  PLACE_START_TAG,
  PLACE_PATH, /* in the value of the start tag's attribute "d" */
  PLACE_SPENT,
} Place;

/* No command of a path: its first must be a "move to". */
#define NO_COMMAND '\0'

struct _StepcastSvgWriter
{
  char *data;
  gsize size;
  gsize capacity;

  GPtrArray *elements;   /* names of the open elements, innermost last */
  GPtrArray *attributes; /* names in the present start tag */
  Place place;
  char implied; /* the path command that bare numbers would continue, or the last, if none */

  GError *error; /* the first mistake in what was to be written */
};

static void
reserve (StepcastSvgWriter *self, gsize n_bytes)
{
  if (G_LIKELY (self->capacity - self->size >= n_bytes))
    return;

  self->capacity = MAX (self->capacity * 2, self->size + n_bytes);
  self->data = g_realloc (self->data, self->capacity);
}

static void
put (StepcastSvgWriter *self, const char *bytes, gsize n_bytes)
{
  reserve (self, n_bytes);
  memcpy (self->data + self->size, bytes, n_bytes);
  self->size += n_bytes;
}

static void
put_string (StepcastSvgWriter *self, const char *string)
{
  put (self, string, strlen (string));
}

static void
put_char (StepcastSvgWriter *self, char c)
{
  put (self, &c, 1);
}

static const char *
get_element (const StepcastSvgWriter *self)
{
  return g_ptr_array_index (self->elements, self->elements->len - 1);
}

/* Says what is wrong in the present element with @attribute, or with the text where it is NULL. */
G_GNUC_PRINTF (3, 4)
static void
fail (StepcastSvgWriter *self, const char *attribute, const char *format, ...)
{
  g_autofree char *problem = NULL;
  va_list args;

  va_start (args, format);
  problem = g_strdup_vprintf (format, args);
  va_end (args);

  if (attribute != NULL)
    g_set_error (&self->error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                 "The attribute “%s” of <%s> %s", attribute, get_element (self), problem);
  else
    g_set_error (&self->error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME, "The text of <%s> %s",
                 get_element (self), problem);
}

static void
fail_number (StepcastSvgWriter *self, const char *attribute, double value)
{
  const char *name = isnan (value) ? "NaN" : value > 0 ? "infinity" : "-infinity";

  fail (self, attribute, "holds %s, which is no finite number", name);
}

static gboolean
put_number (StepcastSvgWriter *self, const char *attribute, double value)
{
  gsize length;

  reserve (self, STEPCAST_SVG_NUMBER_SIZE);
  length = stepcast_svg_number_format (value, self->data + self->size);
  if (length == 0)
    {
      fail_number (self, attribute, value);
      return FALSE;
    }

  self->size += length;
  return TRUE;
}

/* Each after a blank, or after nothing if it is negative. */
static void
put_path_numbers (StepcastSvgWriter *self, const double *values, gsize n_values)
{
  while (n_values > 0)
    {
      const gsize n_wanted = MIN (n_values, NUMBERS_AT_ONCE);
      gsize n_bytes, n_done;

      reserve (self, n_wanted * STEPCAST_SVG_NUMBER_LIST_SIZE);
      n_done =
        stepcast_svg_number_format_list (values, n_wanted, self->data + self->size, &n_bytes);
      self->size += n_bytes;

      if (n_done < n_wanted)
        {
          if (values[n_done] > 0)
            put_char (self, ' ');
          if (!put_number (self, "d", values[n_done]))
            return;
          n_done++;
        }
      values += n_done;
      n_values -= n_done;
    }
}

/* SVG 2, 9.3.1: a command's letter may be left out where the last command was the same, and a line
 * may follow a "move to" so. After its letter, a number needs no blank. */
static void
put_command (StepcastSvgWriter *self, char letter, const double *values, gsize n_values)
{
  if (letter != self->implied)
    {
      put_char (self, letter);
      if (!put_number (self, "d", values[0]))
        return;
      values++;
      n_values--;
    }

  put_path_numbers (self, values, n_values);
  self->implied = letter == 'M' ? 'L' : letter;
}

static const char *
get_reference (char c)
{
  switch (c)
    {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    /* As references these three are safe from what a reader does to blanks and line ends. */
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    case '\r':
      return "&#13;";
    default:
      return NULL;
    }
}

/* XML 1.0, 2.2: what a document can hold. @text is UTF-8, so there are no surrogates. */
static gboolean
is_xml_character (const char *text)
{
  const guchar *bytes = (const guchar *) text;
  const gboolean is_noncharacter = bytes[0] == 0xEF && bytes[1] == 0xBF && bytes[2] >= 0xBE;

  return bytes[0] >= 0x20 && !is_noncharacter;
}

static gboolean
put_escaped (StepcastSvgWriter *self, const char *attribute, const char *text)
{
  const char *from = text;
  const char *to;

  if (!g_utf8_validate (text, -1, NULL))
    {
      fail (self, attribute, "is not UTF-8");
      return FALSE;
    }

  for (to = text; *to != '\0'; to++)
    {
      const char *reference = get_reference (*to);

      if (reference != NULL)
        {
          put (self, from, (gsize) (to - from));
          put_string (self, reference);
          from = to + 1;
        }
      else if (!is_xml_character (to))
        {
          fail (self, attribute, "holds U+%04X, which XML can't hold", g_utf8_get_char (to));
          return FALSE;
        }
    }

  put (self, from, (gsize) (to - from));
  return TRUE;
}

/* Names are the programmer's, and ASCII. */
static gboolean
is_name (const char *name)
{
  if (name == NULL || !(g_ascii_isalpha (*name) || *name == '_'))
    return FALSE;

  while (g_ascii_isalnum (*name) || (*name != '\0' && strchr ("_-.:", *name) != NULL))
    name++;
  return *name == '\0';
}

static gboolean
has_attribute (const StepcastSvgWriter *self, const char *name)
{
  for (guint i = 0; i < self->attributes->len; i++)
    if (g_str_equal (g_ptr_array_index (self->attributes, i), name))
      return TRUE;
  return FALSE;
}

static void
begin_attribute (StepcastSvgWriter *self, const char *name)
{
  put_char (self, ' ');
  put_string (self, name);
  put (self, "=\"", 2);
  g_ptr_array_add (self->attributes, (gpointer) name);
}

static void
end_attribute (StepcastSvgWriter *self)
{
  put_char (self, '"');
}

static void
begin_content (StepcastSvgWriter *self)
{
  if (self->place == PLACE_START_TAG)
    put_char (self, '>');
  self->place = PLACE_CONTENT;
}

static void
end_element (StepcastSvgWriter *self)
{
  const char *element = get_element (self);

  if (self->place == PLACE_START_TAG)
    {
      put (self, "/>", 2);
    }
  else
    {
      put (self, "</", 2);
      put_string (self, element);
      put_char (self, '>');
    }

  g_ptr_array_set_size (self->elements, (int) self->elements->len - 1);
  self->place = PLACE_CONTENT;
}

static void
put_size (StepcastSvgWriter *self, const char *name, double size_px)
{
  stepcast_svg_writer_attribute_number (self, name, size_px);
  if (self->error == NULL && size_px < MIN_SIZE_PX)
    fail (self, name, "must be more than 0");
}

/**
 * stepcast_svg_writer_new:
 * @width: the drawing's width in CSS pixels and in its own units, more than 0
 * @height: its height, likewise
 *
 * Begins a document. Its root takes further attributes until it has content.
 *
 * Returns: (transfer full): a new writer
 */
StepcastSvgWriter *
stepcast_svg_writer_new (double width, double height)
{
  StepcastSvgWriter *self = g_new0 (StepcastSvgWriter, 1);

  self->capacity = INITIAL_BYTES;
  self->data = g_malloc (self->capacity);
  self->elements = g_ptr_array_new ();
  self->attributes = g_ptr_array_new ();

  stepcast_svg_writer_begin (self, "svg");
  stepcast_svg_writer_attribute (self, "xmlns", "http://www.w3.org/2000/svg");
  put_size (self, "width", width);
  put_size (self, "height", height);
  if (self->error != NULL)
    return self;

  begin_attribute (self, "viewBox");
  put_string (self, "0 0 ");
  put_number (self, "viewBox", width);
  put_char (self, ' ');
  put_number (self, "viewBox", height);
  end_attribute (self);

  return self;
}

/**
 * stepcast_svg_writer_free:
 * @self: (transfer full): a writer, finished or not
 */
void
stepcast_svg_writer_free (StepcastSvgWriter *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_unref (self->elements);
  g_ptr_array_unref (self->attributes);
  g_clear_error (&self->error);
  g_free (self->data);
  g_free (self);
}

/**
 * stepcast_svg_writer_finish:
 * @self: a writer, which is spent by this
 * @error: the first thing that could not be written
 *
 * Ends the document: closes what is open.
 *
 * Returns: (transfer full) (nullable): the document, or %NULL with %STEPCAST_ERROR_INVALID_FRAME
 */
GBytes *
stepcast_svg_writer_finish (StepcastSvgWriter *self, GError **error)
{
  g_return_val_if_fail (self != NULL && self->place != PLACE_SPENT, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (self->error == NULL && self->place == PLACE_PATH)
    stepcast_svg_writer_end_path (self);
  while (self->error == NULL && self->elements->len > 0)
    end_element (self);

  self->place = PLACE_SPENT;
  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return NULL;
    }

  /* A small frame gives back what it never needed; a large one has at most as much room again, and
   * keeps it. It would be freed smaller than the next one needs, so malloc would not learn to keep
   * such blocks, and each frame would be written to fresh pages: at 1.4 MB that is half as fast. */
  if (self->capacity - self->size > self->size)
    self->data = g_realloc (self->data, self->size);
  return g_bytes_new_take (g_steal_pointer (&self->data), self->size);
}

/**
 * stepcast_svg_writer_begin:
 * @self: a writer, not within a path
 * @element: a static string: the name of an SVG element
 *
 * Begins an element inside the present one, which then takes no more attributes.
 */
void
stepcast_svg_writer_begin (StepcastSvgWriter *self, const char *element)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_CONTENT || self->place == PLACE_START_TAG);
  g_return_if_fail (is_name (element));

  begin_content (self);
  put_char (self, '<');
  put_string (self, element);

  g_ptr_array_add (self->elements, (gpointer) element);
  g_ptr_array_set_size (self->attributes, 0);
  self->place = PLACE_START_TAG;
}

/**
 * stepcast_svg_writer_end:
 * @self: a writer, not within a path
 *
 * Ends the element that was begun last. The root is ended by stepcast_svg_writer_finish().
 */
void
stepcast_svg_writer_end (StepcastSvgWriter *self)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_CONTENT || self->place == PLACE_START_TAG);
  g_return_if_fail (self->elements->len > 1);

  end_element (self);
}

/**
 * stepcast_svg_writer_attribute:
 * @self: a writer whose present element has no content yet
 * @name: a static string: an attribute that the element does not have yet
 * @value: its value, unescaped; wrong if it is not UTF-8 or XML can't hold it
 */
void
stepcast_svg_writer_attribute (StepcastSvgWriter *self, const char *name, const char *value)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_START_TAG);
  g_return_if_fail (is_name (name) && !has_attribute (self, name));
  g_return_if_fail (value != NULL);

  begin_attribute (self, name);
  if (put_escaped (self, name, value))
    end_attribute (self);
}

/**
 * stepcast_svg_writer_attribute_number:
 * @self: a writer whose present element has no content yet
 * @name: a static string: an attribute that the element does not have yet
 * @value: its value; wrong if it is not finite
 */
void
stepcast_svg_writer_attribute_number (StepcastSvgWriter *self, const char *name, double value)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_START_TAG);
  g_return_if_fail (is_name (name) && !has_attribute (self, name));

  begin_attribute (self, name);
  if (put_number (self, name, value))
    end_attribute (self);
}

/**
 * stepcast_svg_writer_text:
 * @self: a writer, not within a path
 * @text: characters, unescaped; wrong if they are not UTF-8 or XML can't hold them
 *
 * Adds @text to the content of the present element.
 */
void
stepcast_svg_writer_text (StepcastSvgWriter *self, const char *text)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_CONTENT || self->place == PLACE_START_TAG);
  g_return_if_fail (text != NULL);

  begin_content (self);
  put_escaped (self, NULL, text);
}

/**
 * stepcast_svg_writer_begin_path:
 * @self: a writer whose present element has no content and no attribute "d" yet
 *
 * Begins the element's attribute "d". Only path commands may follow, the first of them a
 * stepcast_svg_writer_move_to() or stepcast_svg_writer_polyline(), until
 * stepcast_svg_writer_end_path(). A number that is not finite is wrong.
 */
void
stepcast_svg_writer_begin_path (StepcastSvgWriter *self)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_START_TAG);
  g_return_if_fail (!has_attribute (self, "d"));

  begin_attribute (self, "d");
  self->place = PLACE_PATH;
  self->implied = NO_COMMAND;
}

/**
 * stepcast_svg_writer_move_to:
 * @self: a writer within a path
 * @x: to the right, in the drawing's units
 * @y: down
 *
 * Begins a subpath.
 */
void
stepcast_svg_writer_move_to (StepcastSvgWriter *self, double x, double y)
{
  const double values[] = { x, y };

  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH);

  put_command (self, 'M', values, G_N_ELEMENTS (values));
}

/**
 * stepcast_svg_writer_line_to:
 * @self: a writer within a subpath
 * @x: to the right, in the drawing's units
 * @y: down
 */
void
stepcast_svg_writer_line_to (StepcastSvgWriter *self, double x, double y)
{
  const double values[] = { x, y };

  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH && self->implied != NO_COMMAND);

  put_command (self, 'L', values, G_N_ELEMENTS (values));
}

/**
 * stepcast_svg_writer_horizontal_by:
 * @self: a writer within a subpath
 * @dx: how far to the right. The present point moves by what is written, so many of these in one
 *   subpath may drift
 */
void
stepcast_svg_writer_horizontal_by (StepcastSvgWriter *self, double dx)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH && self->implied != NO_COMMAND);

  put_command (self, 'h', &dx, 1);
}

/**
 * stepcast_svg_writer_curve_to:
 * @self: a writer within a subpath
 * @x1: the first control point
 * @y1: the first control point
 * @x2: the second control point
 * @y2: the second control point
 * @x: the end
 * @y: the end
 *
 * Adds a cubic Bézier curve.
 */
void
stepcast_svg_writer_curve_to (StepcastSvgWriter *self,
                              double x1,
                              double y1,
                              double x2,
                              double y2,
                              double x,
                              double y)
{
  const double values[] = { x1, y1, x2, y2, x, y };

  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH && self->implied != NO_COMMAND);

  put_command (self, 'C', values, G_N_ELEMENTS (values));
}

/**
 * stepcast_svg_writer_curve_by:
 * @self: a writer within a subpath
 * @dx1: the first control point, from the present point
 * @dy1: the first control point
 * @dx2: the second control point, from the present point
 * @dy2: the second control point
 * @dx: the end, from the present point. That moves by what is written, so many of these in one
 *   subpath drift, unless the numbers are whole
 * @dy: the end
 *
 * Adds a cubic Bézier curve in fewer bytes than stepcast_svg_writer_curve_to().
 */
void
stepcast_svg_writer_curve_by (StepcastSvgWriter *self,
                              double dx1,
                              double dy1,
                              double dx2,
                              double dy2,
                              double dx,
                              double dy)
{
  const double values[] = { dx1, dy1, dx2, dy2, dx, dy };

  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH && self->implied != NO_COMMAND);

  put_command (self, 'c', values, G_N_ELEMENTS (values));
}

/**
 * stepcast_svg_writer_close_path:
 * @self: a writer within a subpath
 *
 * Closes the subpath.
 */
void
stepcast_svg_writer_close_path (StepcastSvgWriter *self)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH && self->implied != NO_COMMAND);

  put_char (self, 'Z');
  self->implied = 'Z';
}

/**
 * stepcast_svg_writer_end_path:
 * @self: a writer within a path
 *
 * Ends the attribute "d": the element takes other attributes again. A path without a command is
 * drawn as nothing.
 */
void
stepcast_svg_writer_end_path (StepcastSvgWriter *self)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH);

  end_attribute (self);
  self->place = PLACE_START_TAG;
}

/**
 * stepcast_svg_writer_polyline:
 * @self: a writer within a path
 * @points: (array) (nullable): x and y of each point
 * @n_points: how many points there are; with none, nothing is written
 * @closed: whether a line leads back from the last to the first
 *
 * Adds a subpath of straight lines. It is the fast way to write many points.
 */
void
stepcast_svg_writer_polyline (StepcastSvgWriter *self,
                              const double *points,
                              gsize n_points,
                              gboolean closed)
{
  if (self->error != NULL)
    return;
  g_return_if_fail (self->place == PLACE_PATH);
  g_return_if_fail (points != NULL || n_points == 0);

  if (n_points == 0)
    return;

  put_command (self, 'M', points, 2 * n_points);
  if (closed)
    stepcast_svg_writer_close_path (self);
}

/**
 * stepcast_svg_writer_get_size:
 * @self: a writer
 *
 * Returns: how long the document is so far, in bytes
 */
gsize
stepcast_svg_writer_get_size (const StepcastSvgWriter *self)
{
  return self->size;
}
