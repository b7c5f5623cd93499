/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-colour.h"

/* "#rrggbb", as browsers' colour inputs have it (HTML, "valid simple colour"). Pure. */

/**
 * stepcast_colour_parse:
 * @text: whatever it is
 * @colour: (out): what it says
 *
 * Returns: %FALSE if @text is not `#rrggbb`, in digits of either case
 */
gboolean
stepcast_colour_parse (const char *text, StepcastColour *colour)
{
  float parts[3];

  if (*text++ != '#')
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++, text += 2)
    {
      if (!g_ascii_isxdigit (text[0]) || !g_ascii_isxdigit (text[1]))
        return FALSE;
      parts[i] = (float) (16 * g_ascii_xdigit_value (text[0]) + g_ascii_xdigit_value (text[1]));
    }

  *colour = (StepcastColour){ parts[0], parts[1], parts[2] };
  return *text == '\0';
}

/**
 * stepcast_colour_format:
 * @colour: a colour
 * @text: (out caller-allocates): `#rrggbb`
 */
void
stepcast_colour_format (const StepcastColour *colour, char text[STEPCAST_COLOUR_TEXT_BYTES])
{
  g_snprintf (text, STEPCAST_COLOUR_TEXT_BYTES, "#%02x%02x%02x", (guint) (colour->red + 0.5f),
              (guint) (colour->green + 0.5f), (guint) (colour->blue + 0.5f));
}

/**
 * stepcast_colour_normalize:
 * @text: whatever it is
 *
 * Returns: (transfer full) (nullable): it in lower case, or %NULL if it is no colour
 */
char *
stepcast_colour_normalize (const char *text)
{
  StepcastColour colour;

  return stepcast_colour_parse (text, &colour) ? g_ascii_strdown (text, -1) : NULL;
}

/**
 * stepcast_colour_shift:
 * @colour: one of a palette
 * @from: one of it, too
 * @to: what @from is to become
 * @weight: how far @colour goes along, from 0 to 1
 *
 * Returns: @colour as it is beside @to; where @to is @from, the very same
 */
StepcastColour
stepcast_colour_shift (const StepcastColour *colour,
                       const StepcastColour *from,
                       const StepcastColour *to,
                       float weight)
{
  return (StepcastColour){
    CLAMP (colour->red + weight * (to->red - from->red), 0, 255),
    CLAMP (colour->green + weight * (to->green - from->green), 0, 255),
    CLAMP (colour->blue + weight * (to->blue - from->blue), 0, 255),
  };
}
