/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastColour:
 * @red: from 0 to 255
 * @green: likewise
 * @blue: likewise
 *
 * A colour of sRGB.
 */
typedef struct
{
  float red;
  float green;
  float blue;
} StepcastColour;

/* "#rrggbb", and its end. */
#define STEPCAST_COLOUR_TEXT_BYTES 8

gboolean stepcast_colour_parse (const char *text, StepcastColour *colour);
void stepcast_colour_format (const StepcastColour *colour, char text[STEPCAST_COLOUR_TEXT_BYTES]);
char *stepcast_colour_normalize (const char *text);
StepcastColour stepcast_colour_shift (const StepcastColour *colour,
                                      const StepcastColour *from,
                                      const StepcastColour *to,
                                      float weight);

G_END_DECLS
