/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-qr.h"

#include <qrencode.h>

/* QR codes (ISO/IEC 18004) of links. Dark on white whatever is around: not all readers take the
 * other way round. */

/* Modules of white all around, which the standard asks for: what tells the code from its
 * surroundings. */
#define QUIET_ZONE 4

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QRcode, QRcode_free)

/* Level M stands 15 % of damage, and a link of ours stays below 50 modules. */
static QRcode *
encode (const char *text)
{
  return QRcode_encodeString8bit (text, 0, QR_ECLEVEL_M);
}

/* @x, @y: from the code's corner; what is not in it is white */
static gboolean
is_dark (const QRcode *code, int x, int y)
{
  return x >= 0 && y >= 0 && x < code->width && y < code->width &&
         (code->data[y * code->width + x] & 1) != 0;
}

/* A rectangle for each run of dark modules in a row. */
static void
append_row (GString *path, const QRcode *code, int y)
{
  for (int x = 0; x < code->width; x++)
    {
      int begin = x;

      while (is_dark (code, x, y))
        x++;
      if (x > begin)
        g_string_append_printf (path, "M%d %dh%dv1h-%dz", begin + QUIET_ZONE, y + QUIET_ZONE,
                                x - begin, x - begin);
    }
}

/**
 * stepcast_qr_make_svg:
 * @text: what a reader is to read
 *
 * Returns: (transfer full) (nullable): its QR code as an SVG document without a size of its own;
 *   %NULL where @text is too long for any
 */
char *
stepcast_qr_make_svg (const char *text)
{
  g_autoptr (QRcode) code = encode (text);
  g_autoptr (GString) svg = NULL;
  int size;

  if (code == NULL)
    return NULL;

  size = code->width + 2 * QUIET_ZONE;
  svg = g_string_new (NULL);
  g_string_append_printf (svg,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                          "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" "
                          "fill=\"#fff\"/><path fill=\"#000\" d=\"",
                          size, size, size, size);
  for (int y = 0; y < code->width; y++)
    append_row (svg, code, y);
  g_string_append (svg, "\"/></svg>\n");
  return g_string_free (g_steal_pointer (&svg), FALSE);
}

/* Two modules on top of each other are one character. */
static const char *
get_block (gboolean is_upper_dark, gboolean is_lower_dark)
{
  if (is_upper_dark)
    return is_lower_dark ? "█" : "▀";
  return is_lower_dark ? "▄" : " ";
}

/**
 * stepcast_qr_make_blocks:
 * @text: what a reader is to read
 *
 * Returns: (transfer full) (nullable): its QR code for a terminal: lines of half blocks, black on
 *   white whatever the terminal's colours are; %NULL where @text is too long for any
 */
char *
stepcast_qr_make_blocks (const char *text)
{
  g_autoptr (QRcode) code = encode (text);
  g_autoptr (GString) lines = NULL;

  if (code == NULL)
    return NULL;

  lines = g_string_new (NULL);
  for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE; y += 2)
    {
      g_string_append (lines, "\033[38;5;16;48;5;231m");
      for (int x = -QUIET_ZONE; x < code->width + QUIET_ZONE; x++)
        g_string_append (lines, get_block (is_dark (code, x, y), is_dark (code, x, y + 1)));
      g_string_append (lines, "\033[0m\n");
    }
  return g_string_free (g_steal_pointer (&lines), FALSE);
}
