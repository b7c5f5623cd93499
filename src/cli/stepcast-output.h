/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastColour:
 *
 * What is shown in colour, where colours are.
 */
typedef enum
{
  STEPCAST_COLOUR_NONE,
  STEPCAST_COLOUR_HEADING,
  STEPCAST_COLOUR_GOOD,
  STEPCAST_COLOUR_WAITING,
  STEPCAST_COLOUR_BAD,
} StepcastColour;

gboolean stepcast_output_is_terminal (int fd);
gboolean stepcast_output_is_utf8 (void);
char *stepcast_output_to_locale (const char *text);
const char *stepcast_output_begin_colour (int fd, StepcastColour colour);
const char *stepcast_output_end_colour (int fd, StepcastColour colour);
int stepcast_output_get_width (const char *text);
char *stepcast_output_pad (const char *text, int width);
char *stepcast_output_escape (const char *text);
char *stepcast_output_escape_lines (const char *text);
char *stepcast_output_format_value (GVariant *value);
void stepcast_output_print_json (GVariant *value);

GVariant *stepcast_output_new_null (void);

G_END_DECLS
