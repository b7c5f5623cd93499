/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-svg-rules.h"

#include <stdlib.h>
#include <string.h>

#include "stepcast-error.h"

#define SVG_URI "http://www.w3.org/2000/svg"
#define XLINK_URI "http://www.w3.org/1999/xlink"
#define XHTML_URI "http://www.w3.org/1999/xhtml"
#define XML_URI "http://www.w3.org/XML/1998/namespace"
#define XML_EVENTS_URI "http://www.w3.org/2001/xml-events"

/* Direct-mapped, so that a name costs one comparison; a picture uses a few dozen names. */
#define CACHE_BITS 9
#define CACHE_SLOTS (1 << CACHE_BITS)

/* How much of a value a message quotes, in bytes. */
#define QUOTE_BYTES 40

typedef enum
{
  ELEMENT_UNKNOWN,
  ELEMENT_PLAIN,
  ELEMENT_LINK,
  ELEMENT_METADATA,
  ELEMENT_STYLE,
  ELEMENT_SCRIPT,
  ELEMENT_HTML,
  ELEMENT_ANIMATION,
} ElementKind;

typedef enum
{
  ATTRIBUTE_SCANNED,
  ATTRIBUTE_PLAIN,
  ATTRIBUTE_LINK,
  ATTRIBUTE_HANDLER,
  ATTRIBUTE_PING,
} AttributeKind;

typedef struct
{
  const char *name;
  guint kind;
} Rule;

typedef struct
{
  const char *name;
  guint kind;
} CacheSlot;

struct _StepcastSvgRules
{
  guint depth;
  guint metadata_depth; /* of the outermost open <metadata>, from 1; 0 outside */
  guint style_depth;    /* of the open <style>, from 1; 0 outside */
  GString *style;       /* the text of the open <style> */

  const char *svg_uri; /* the interned pointer, once it was seen */
  CacheSlot elements[CACHE_SLOTS];
  CacheSlot attributes[CACHE_SLOTS];
};

/* Sorted by strcmp(): the static elements of SVG 1.1 and SVG 2, and the flowed text that Inkscape
 * writes. SVG fonts and <cursor> or <color-profile> are inert once their links are checked. */
static const Rule element_rules[] = {
  { "a", ELEMENT_LINK },
  { "altGlyph", ELEMENT_PLAIN },
  { "altGlyphDef", ELEMENT_PLAIN },
  { "altGlyphItem", ELEMENT_PLAIN },
  { "animate", ELEMENT_ANIMATION },
  { "animateColor", ELEMENT_ANIMATION },
  { "animateMotion", ELEMENT_ANIMATION },
  { "animateTransform", ELEMENT_ANIMATION },
  { "animation", ELEMENT_ANIMATION },
  { "audio", ELEMENT_HTML },
  { "canvas", ELEMENT_HTML },
  { "circle", ELEMENT_PLAIN },
  { "clipPath", ELEMENT_PLAIN },
  { "color-profile", ELEMENT_PLAIN },
  { "cursor", ELEMENT_PLAIN },
  { "defs", ELEMENT_PLAIN },
  { "desc", ELEMENT_PLAIN },
  { "discard", ELEMENT_ANIMATION },
  { "ellipse", ELEMENT_PLAIN },
  { "embed", ELEMENT_HTML },
  { "feBlend", ELEMENT_PLAIN },
  { "feColorMatrix", ELEMENT_PLAIN },
  { "feComponentTransfer", ELEMENT_PLAIN },
  { "feComposite", ELEMENT_PLAIN },
  { "feConvolveMatrix", ELEMENT_PLAIN },
  { "feDiffuseLighting", ELEMENT_PLAIN },
  { "feDisplacementMap", ELEMENT_PLAIN },
  { "feDistantLight", ELEMENT_PLAIN },
  { "feDropShadow", ELEMENT_PLAIN },
  { "feFlood", ELEMENT_PLAIN },
  { "feFuncA", ELEMENT_PLAIN },
  { "feFuncB", ELEMENT_PLAIN },
  { "feFuncG", ELEMENT_PLAIN },
  { "feFuncR", ELEMENT_PLAIN },
  { "feGaussianBlur", ELEMENT_PLAIN },
  { "feImage", ELEMENT_PLAIN },
  { "feMerge", ELEMENT_PLAIN },
  { "feMergeNode", ELEMENT_PLAIN },
  { "feMorphology", ELEMENT_PLAIN },
  { "feOffset", ELEMENT_PLAIN },
  { "fePointLight", ELEMENT_PLAIN },
  { "feSpecularLighting", ELEMENT_PLAIN },
  { "feSpotLight", ELEMENT_PLAIN },
  { "feTile", ELEMENT_PLAIN },
  { "feTurbulence", ELEMENT_PLAIN },
  { "filter", ELEMENT_PLAIN },
  { "flowDiv", ELEMENT_PLAIN },
  { "flowLine", ELEMENT_PLAIN },
  { "flowPara", ELEMENT_PLAIN },
  { "flowRegion", ELEMENT_PLAIN },
  { "flowRoot", ELEMENT_PLAIN },
  { "flowSpan", ELEMENT_PLAIN },
  { "font", ELEMENT_PLAIN },
  { "font-face", ELEMENT_PLAIN },
  { "font-face-format", ELEMENT_PLAIN },
  { "font-face-name", ELEMENT_PLAIN },
  { "font-face-src", ELEMENT_PLAIN },
  { "font-face-uri", ELEMENT_PLAIN },
  { "foreignObject", ELEMENT_HTML },
  { "g", ELEMENT_PLAIN },
  { "glyph", ELEMENT_PLAIN },
  { "glyphRef", ELEMENT_PLAIN },
  { "handler", ELEMENT_SCRIPT },
  { "hatch", ELEMENT_PLAIN },
  { "hatchpath", ELEMENT_PLAIN },
  { "hkern", ELEMENT_PLAIN },
  { "iframe", ELEMENT_HTML },
  { "image", ELEMENT_PLAIN },
  { "line", ELEMENT_PLAIN },
  { "linearGradient", ELEMENT_PLAIN },
  { "listener", ELEMENT_SCRIPT },
  { "marker", ELEMENT_PLAIN },
  { "mask", ELEMENT_PLAIN },
  { "mesh", ELEMENT_PLAIN },
  { "meshgradient", ELEMENT_PLAIN },
  { "meshpatch", ELEMENT_PLAIN },
  { "meshrow", ELEMENT_PLAIN },
  { "metadata", ELEMENT_METADATA },
  { "missing-glyph", ELEMENT_PLAIN },
  { "mpath", ELEMENT_ANIMATION },
  { "object", ELEMENT_HTML },
  { "path", ELEMENT_PLAIN },
  { "pattern", ELEMENT_PLAIN },
  { "polygon", ELEMENT_PLAIN },
  { "polyline", ELEMENT_PLAIN },
  { "radialGradient", ELEMENT_PLAIN },
  { "rect", ELEMENT_PLAIN },
  { "script", ELEMENT_SCRIPT },
  { "set", ELEMENT_ANIMATION },
  { "solidColor", ELEMENT_PLAIN },
  { "solidcolor", ELEMENT_PLAIN },
  { "stop", ELEMENT_PLAIN },
  { "style", ELEMENT_STYLE },
  { "svg", ELEMENT_PLAIN },
  { "switch", ELEMENT_PLAIN },
  { "symbol", ELEMENT_PLAIN },
  { "text", ELEMENT_PLAIN },
  { "textPath", ELEMENT_PLAIN },
  { "title", ELEMENT_PLAIN },
  { "tref", ELEMENT_PLAIN },
  { "tspan", ELEMENT_PLAIN },
  { "use", ELEMENT_PLAIN },
  { "video", ELEMENT_HTML },
  { "view", ELEMENT_PLAIN },
  { "vkern", ELEMENT_PLAIN },
};

/* Sorted by strcmp(). Plain attributes are geometry, names and text, which no browser reads as
 * CSS that could fetch; any attribute that is not listed is read as if it were CSS. */
static const Rule attribute_rules[] = {
  { "action", ATTRIBUTE_LINK },
  { "class", ATTRIBUTE_PLAIN },
  { "cx", ATTRIBUTE_PLAIN },
  { "cy", ATTRIBUTE_PLAIN },
  { "d", ATTRIBUTE_PLAIN },
  { "data", ATTRIBUTE_LINK },
  { "dx", ATTRIBUTE_PLAIN },
  { "dy", ATTRIBUTE_PLAIN },
  { "formaction", ATTRIBUTE_LINK },
  { "glyph-name", ATTRIBUTE_PLAIN },
  { "gradientTransform", ATTRIBUTE_PLAIN },
  { "height", ATTRIBUTE_PLAIN },
  { "href", ATTRIBUTE_LINK },
  { "id", ATTRIBUTE_PLAIN },
  { "kernelMatrix", ATTRIBUTE_PLAIN },
  { "manifest", ATTRIBUTE_LINK },
  { "offset", ATTRIBUTE_PLAIN },
  { "patternTransform", ATTRIBUTE_PLAIN },
  { "ping", ATTRIBUTE_PING },
  { "points", ATTRIBUTE_PLAIN },
  { "poster", ATTRIBUTE_LINK },
  { "preserveAspectRatio", ATTRIBUTE_PLAIN },
  { "r", ATTRIBUTE_PLAIN },
  { "rx", ATTRIBUTE_PLAIN },
  { "ry", ATTRIBUTE_PLAIN },
  { "src", ATTRIBUTE_LINK },
  { "srcset", ATTRIBUTE_LINK },
  { "tableValues", ATTRIBUTE_PLAIN },
  { "transform", ATTRIBUTE_PLAIN },
  { "unicode", ATTRIBUTE_PLAIN },
  { "values", ATTRIBUTE_PLAIN },
  { "version", ATTRIBUTE_PLAIN },
  { "viewBox", ATTRIBUTE_PLAIN },
  { "width", ATTRIBUTE_PLAIN },
  { "x", ATTRIBUTE_PLAIN },
  { "x1", ATTRIBUTE_PLAIN },
  { "x2", ATTRIBUTE_PLAIN },
  { "y", ATTRIBUTE_PLAIN },
  { "y1", ATTRIBUTE_PLAIN },
  { "y2", ATTRIBUTE_PLAIN },
};

/* What editors write beside the picture: inert, and not drawn. */
static const char *const editor_uris[] = {
  "http://creativecommons.org/ns#",
  "http://inkscape.sourceforge.net/DTD/sodipodi-0.dtd",
  "http://purl.org/dc/elements/1.1/",
  "http://purl.org/dc/terms/",
  "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
  "http://web.resource.org/cc/",
  "http://www.inkscape.org/namespaces/inkscape",
  "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
};

/* CSS functions beside url() that can fetch, or that old browsers ran. */
static const char *const fetching_functions[] = {
  "-moz-element",
  "-moz-image-rect",
  "-webkit-cross-fade",
  "-webkit-image-set",
  "cross-fade",
  "element",
  "expression",
  "image",
  "image-set",
  "paint",
  "src",
  "url-prefix",
};

/**
 * stepcast_svg_rules_new:
 *
 * Any thread.
 *
 * Returns: (transfer full): rules, ready for a document
 */
StepcastSvgRules *
stepcast_svg_rules_new (void)
{
  StepcastSvgRules *self = g_new0 (StepcastSvgRules, 1);

  self->style = g_string_new (NULL);
  return self;
}

void
stepcast_svg_rules_free (StepcastSvgRules *self)
{
  g_return_if_fail (self != NULL);

  g_string_free (self->style, TRUE);
  g_free (self);
}

/**
 * stepcast_svg_rules_reset:
 * @self: the rules
 *
 * Begins another document.
 */
void
stepcast_svg_rules_reset (StepcastSvgRules *self)
{
  self->depth = 0;
  self->metadata_depth = 0;
  self->style_depth = 0;
  g_string_truncate (self->style, 0);
}

/**
 * stepcast_svg_rules_forget_names:
 * @self: the rules
 *
 * To be called when the strings that names were interned in are about to go.
 */
void
stepcast_svg_rules_forget_names (StepcastSvgRules *self)
{
  self->svg_uri = NULL;
  memset (self->elements, 0, sizeof self->elements);
  memset (self->attributes, 0, sizeof self->attributes);
}

static int
compare_rule (gconstpointer name, gconstpointer rule)
{
  return strcmp (name, ((const Rule *) rule)->name);
}

static guint
find_rule (const Rule *rules, gsize n_rules, const char *name)
{
  const Rule *rule = bsearch (name, rules, n_rules, sizeof *rules, compare_rule);

  return rule != NULL ? rule->kind : 0;
}

static CacheSlot *
find_slot (CacheSlot *slots, const char *name)
{
  const guint64 hash = (guint64) GPOINTER_TO_SIZE (name) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return &slots[hash >> (64 - CACHE_BITS)];
}

static ElementKind
classify_element (StepcastSvgRules *self, const char *name)
{
  CacheSlot *slot = find_slot (self->elements, name);

  if (G_UNLIKELY (slot->name != name))
    {
      slot->name = name;
      slot->kind = find_rule (element_rules, G_N_ELEMENTS (element_rules), name);
    }

  return slot->kind;
}

static guint
classify_attribute_name (const char *name)
{
  if (g_ascii_strncasecmp (name, "on", 2) == 0)
    return ATTRIBUTE_HANDLER;
  if (g_str_has_prefix (name, "aria-") || g_str_has_prefix (name, "data-"))
    return ATTRIBUTE_PLAIN;

  return find_rule (attribute_rules, G_N_ELEMENTS (attribute_rules), name);
}

static AttributeKind
classify_attribute (StepcastSvgRules *self, const char *name)
{
  CacheSlot *slot = find_slot (self->attributes, name);

  if (G_UNLIKELY (slot->name != name))
    {
      slot->name = name;
      slot->kind = classify_attribute_name (name);
    }

  return slot->kind;
}

static gboolean
is_svg (StepcastSvgRules *self, const char *uri)
{
  if (G_LIKELY (uri != NULL && uri == self->svg_uri))
    return TRUE;
  if (g_strcmp0 (uri, SVG_URI) != 0)
    return FALSE;

  self->svg_uri = uri;
  return TRUE;
}

static gboolean
is_editor_uri (const char *uri)
{
  for (guint i = 0; i < G_N_ELEMENTS (editor_uris); i++)
    if (g_str_equal (uri, editor_uris[i]))
      return TRUE;

  return g_str_has_prefix (uri, "http://ns.adobe.com/");
}

/* A value of at most QUOTE_BYTES with nothing in it that would break a message. */
static char *
quote (const char *value, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (value, (gssize) MIN (length, QUOTE_BYTES));

  for (char *c = valid; *c != '\0'; c++)
    if ((guchar) *c < 0x20 || *c == 0x7f)
      *c = ' ';

  return g_strconcat (valid, length > QUOTE_BYTES ? "…" : "", NULL);
}

static gboolean
has_prefix_nocase (const char *value, const char *end, const char *prefix)
{
  const gsize length = strlen (prefix);

  return (gsize) (end - value) >= length && g_ascii_strncasecmp (value, prefix, length) == 0;
}

/* A part of this document, or a bitmap that is in it: nothing that has to be fetched. */
static gboolean
is_inner_reference (const char *value, const char *end)
{
  static const char *const bitmaps[] = {
    "data:image/png;base64,",  "data:image/jpeg;base64,", "data:image/jpg;base64,",
    "data:image/webp;base64,", "data:image/gif;base64,",
  };

  while (value < end && g_ascii_isspace (*value))
    value++;
  if (value < end && *value == '#')
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (bitmaps); i++)
    if (has_prefix_nocase (value, end, bitmaps[i]))
      return TRUE;

  return FALSE;
}

/* What a link may lead to. Browsers drop leading blanks and control characters, and any tab and
 * newline before they look for the scheme, so a control character before it is refused. */
static gboolean
is_harmless_link (const char *value, const char *end)
{
  const char *scheme;

  while (value < end && (guchar) *value <= 0x20)
    value++;

  for (scheme = value; scheme < end; scheme++)
    {
      if ((guchar) *scheme < 0x20 || *scheme == 0x7f)
        return FALSE;
      if (strchr ("/?#", *scheme) != NULL)
        return TRUE;
      if (*scheme == ':')
        return has_prefix_nocase (value, end, "http:") ||
               has_prefix_nocase (value, end, "https:") ||
               has_prefix_nocase (value, end, "mailto:");
    }

  return TRUE;
}

static gboolean
is_name_character (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || (guchar) c >= 0x80;
}

static gboolean
is_named (const char *name, gsize length, const char *wanted)
{
  return strlen (wanted) == length && g_ascii_strncasecmp (name, wanted, length) == 0;
}

/* @open is a parenthesis: is what it opens a CSS function that would fetch something? */
static gboolean
fetches (const char *begin, const char *open, const char *end)
{
  const char *name = open;
  const char *argument = open + 1;
  gsize length;

  while (name > begin && is_name_character (name[-1]))
    name--;
  length = (gsize) (open - name);

  if (is_named (name, length, "url"))
    {
      while (argument < end && g_ascii_isspace (*argument))
        argument++;
      if (argument < end && (*argument == '"' || *argument == '\''))
        argument++;
      return !is_inner_reference (argument, end);
    }

  for (guint i = 0; i < G_N_ELEMENTS (fetching_functions); i++)
    if (is_named (name, length, fetching_functions[i]))
      return TRUE;

  return FALSE;
}

/* Looks for what fetches in a style sheet, a style attribute or a presentation attribute. An
 * escape can stand for any letter (`\75rl(`, `@\69mport`), so none may stand beside a parenthesis
 * or an at-sign: which one it belongs to is a question for a CSS parser, and we have none. */
static gboolean
check_css (const char *text, gsize length, GError **error)
{
  const char *const end = text + length;
  const char *escape = NULL;
  gboolean escapable = FALSE;

  for (const char *c = text; c < end; c++)
    {
      g_autofree char *found = NULL;

      if (G_LIKELY (*c != '(' && *c != '@' && *c != '\\'))
        continue;

      if (*c == '\\')
        escape = escape != NULL ? escape : c;
      else
        escapable = TRUE;

      if (*c == '(' && fetches (text, c, end))
        {
          found = quote (c + 1, (gsize) (end - c - 1));
          g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                       "refers to “%s”; only url(#id) and url(data:image/…;base64,…) are allowed, "
                       "because a frame may fetch nothing",
                       found);
          return FALSE;
        }
      if (*c == '@' && has_prefix_nocase (c, end, "@import"))
        {
          g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                       "has an @import; put the rules themselves there, because a frame may fetch "
                       "nothing");
          return FALSE;
        }
    }

  if (escape != NULL && escapable)
    {
      g_autofree char *found = quote (escape, (gsize) (end - escape));

      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "has the CSS escape “%s” beside a parenthesis or an at-rule; write the "
                   "character itself",
                   found);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_link (ElementKind element, const char *value, const char *end, GError **error)
{
  g_autofree char *found = NULL;

  if (is_inner_reference (value, end))
    return TRUE;
  if (element == ELEMENT_LINK && is_harmless_link (value, end))
    return TRUE;

  found = quote (value, (gsize) (end - value));
  if (element == ELEMENT_LINK)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                 "leads to “%s”; only http, https, mailto and relative links are allowed", found);
  else
    g_set_error (
      error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
      "refers to “%s”; only #id and data:image/(png|jpeg|gif|webp);base64,… are allowed, "
      "because a frame may fetch nothing",
      found);
  return FALSE;
}

static gboolean
check_foreign_attribute (ElementKind element, const char *const *attribute, GError **error)
{
  const char *const name = attribute[0];
  const char *const uri = attribute[2];

  if (g_str_equal (uri, XLINK_URI))
    return !g_str_equal (name, "href") || check_link (element, attribute[3], attribute[4], error);

  if (g_str_equal (uri, XML_URI) && g_str_equal (name, "base"))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "makes each #id a reference to elsewhere; remove it");
      return FALSE;
    }
  if (g_str_equal (uri, XHTML_URI) || g_str_equal (uri, XML_EVENTS_URI))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "is of the namespace %s, which no picture needs; remove it", uri);
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_attribute (StepcastSvgRules *self,
                 ElementKind element,
                 const char *const *attribute,
                 GError **error)
{
  const char *const value = attribute[3];
  const char *const end = attribute[4];

  if (G_UNLIKELY (attribute[2] != NULL && !is_svg (self, attribute[2])))
    return check_foreign_attribute (element, attribute, error);

  switch (classify_attribute (self, attribute[0]))
    {
    case ATTRIBUTE_PLAIN:
      return TRUE;

    case ATTRIBUTE_SCANNED:
      return check_css (value, (gsize) (end - value), error);

    case ATTRIBUTE_LINK:
      return check_link (element, value, end, error);

    case ATTRIBUTE_PING:
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "tells a third party of a click; remove it");
      return FALSE;

    case ATTRIBUTE_HANDLER:
    default:
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "is an event handler, and a frame may not run scripts; remove it");
      return FALSE;
    }
}

static gboolean
check_root (StepcastSvgRules *self, const StepcastSvgElement *element, GError **error)
{
  if (!g_str_equal (element->name, "svg"))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "the root element is <%s>; an SVG document begins with <svg>", element->name);
      return FALSE;
    }
  if (is_svg (self, element->uri))
    return TRUE;

  if (element->uri == NULL)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                 "the root element has no namespace, and browsers would not show it; add "
                 "xmlns=\"" SVG_URI "\" to <svg>");
  else
    g_set_error (
      error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
      "the root element is of the namespace %.80s, and browsers would not show it; write "
      "xmlns=\"" SVG_URI "\"",
      element->uri);
  return FALSE;
}

static gboolean
check_svg_element (StepcastSvgRules *self,
                   ElementKind kind,
                   const StepcastSvgElement *element,
                   GError **error)
{
  switch (kind)
    {
    case ELEMENT_PLAIN:
    case ELEMENT_LINK:
      return TRUE;

    case ELEMENT_METADATA:
      if (self->metadata_depth == 0)
        self->metadata_depth = self->depth + 1;
      return TRUE;

    case ELEMENT_STYLE:
      self->style_depth = self->depth + 1;
      g_string_truncate (self->style, 0);
      return TRUE;

    case ELEMENT_SCRIPT:
      g_set_error (
        error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
        "the element <%s> is not allowed, because a frame may not run scripts; remove it",
        element->name);
      return FALSE;

    case ELEMENT_HTML:
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "the element <%s> is not allowed, because it brings HTML or media into a "
                   "picture; write <text> or <image> instead",
                   element->name);
      return FALSE;

    case ELEMENT_ANIMATION:
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "the element <%s> is not allowed, because a frame is a still picture; print one "
                   "document for each step",
                   element->name);
      return FALSE;

    case ELEMENT_UNKNOWN:
    default:
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "the element <%.60s> is none that SVG pictures have; remove it", element->name);
      return FALSE;
    }
}

static gboolean
check_foreign_element (StepcastSvgRules *self, const StepcastSvgElement *element, GError **error)
{
  if (element->uri != NULL && !g_str_equal (element->uri, XHTML_URI) &&
      (self->metadata_depth > 0 || is_editor_uri (element->uri)))
    return TRUE;
  if (element->uri == NULL && self->metadata_depth > 0)
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
               "the element <%s%s%.60s> of %s%.80s is not allowed in a picture; remove it, or put "
               "what describes the picture into <metadata>",
               element->prefix != NULL ? element->prefix : "", element->prefix != NULL ? ":" : "",
               element->name, element->uri != NULL ? "the namespace " : "no namespace",
               element->uri != NULL ? element->uri : "");
  return FALSE;
}

static void
prefix_attribute (GError **error, const StepcastSvgElement *element, const char *const *attribute)
{
  g_prefix_error (error, "the attribute %s%s%.60s of <%s> ",
                  attribute[1] != NULL ? attribute[1] : "", attribute[1] != NULL ? ":" : "",
                  attribute[0], element->name);
}

/**
 * stepcast_svg_rules_start_element:
 * @self: the rules
 * @element: the start tag that was read
 * @bad_attribute: (out): the index of the attribute that is refused, or -1 where it is the element
 * @error: says what is refused, why, and what to do; it does not say where
 *
 * Returns: %TRUE where the element may stand there, or %FALSE with %STEPCAST_ERROR_INVALID_FRAME
 */
gboolean
stepcast_svg_rules_start_element (StepcastSvgRules *self,
                                  const StepcastSvgElement *element,
                                  int *bad_attribute,
                                  GError **error)
{
  ElementKind kind = ELEMENT_PLAIN;

  *bad_attribute = -1;

  if (self->depth == 0 && !check_root (self, element, error))
    return FALSE;
  if (self->style_depth > 0)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                   "the element <%.60s> stands inside <style>, which holds only text",
                   element->name);
      return FALSE;
    }

  if (is_svg (self, element->uri))
    {
      kind = classify_element (self, element->name);
      if (!check_svg_element (self, kind, element, error))
        return FALSE;
    }
  else if (!check_foreign_element (self, element, error))
    return FALSE;

  self->depth++;

  for (guint i = 0; i < element->n_attributes; i++)
    if (!check_attribute (self, kind, element->attributes + 5 * i, error))
      {
        *bad_attribute = (int) i;
        prefix_attribute (error, element, element->attributes + 5 * i);
        return FALSE;
      }

  return TRUE;
}

/**
 * stepcast_svg_rules_add_text:
 * @self: the rules
 * @text: (array length=length): character data, decoded
 * @length: its length, in bytes
 *
 * Keeps the text of a <style>, which comes in pieces and is judged at its end.
 */
void
stepcast_svg_rules_add_text (StepcastSvgRules *self, const char *text, gsize length)
{
  if (G_UNLIKELY (self->style_depth > 0))
    g_string_append_len (self->style, text, (gssize) length);
}

/**
 * stepcast_svg_rules_end_element:
 * @self: the rules
 * @error: says what is refused, why, and what to do; it does not say where
 *
 * Returns: %TRUE where what was in the element is allowed, or %FALSE with
 *   %STEPCAST_ERROR_INVALID_FRAME
 */
gboolean
stepcast_svg_rules_end_element (StepcastSvgRules *self, GError **error)
{
  g_return_val_if_fail (self->depth > 0, FALSE);

  if (G_UNLIKELY (self->style_depth == self->depth))
    {
      self->style_depth = 0;
      if (!check_css (self->style->str, self->style->len, error))
        {
          g_prefix_error (error, "the style sheet ");
          return FALSE;
        }
    }
  if (self->metadata_depth == self->depth)
    self->metadata_depth = 0;

  self->depth--;
  return TRUE;
}

/**
 * stepcast_svg_rules_check_instruction:
 * @self: the rules
 * @target: the target of a processing instruction
 * @error: says what is refused, why, and what to do; it does not say where
 *
 * Returns: %TRUE where it is inert, or %FALSE with %STEPCAST_ERROR_INVALID_FRAME
 */
gboolean
stepcast_svg_rules_check_instruction (StepcastSvgRules *self, const char *target, GError **error)
{
  if (!g_str_has_prefix (target, "xml-stylesheet"))
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
               "the processing instruction <?%.60s?> is not allowed, because a frame may fetch "
               "nothing; put the rules into <style>",
               target);
  return FALSE;
}
