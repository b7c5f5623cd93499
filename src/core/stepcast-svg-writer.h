/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastSvgWriter:
 *
 * Writes one well-formed SVG document into a growing buffer. Names and values
 * are escaped, numbers are written with two decimals, correctly rounded and
 * whatever the locale. The first mistake (a number that is not finite, text
 * that is not UTF-8 or that XML can't hold) is kept and told by
 * stepcast_svg_writer_finish(); nothing of it is written.
 *
 * Not thread-safe: it belongs to the drawing that made it.
 */
typedef struct _StepcastSvgWriter StepcastSvgWriter;

StepcastSvgWriter *stepcast_svg_writer_new (double width, double height);
void stepcast_svg_writer_free (StepcastSvgWriter *self);
GBytes *stepcast_svg_writer_finish (StepcastSvgWriter *self, GError **error);

void stepcast_svg_writer_begin (StepcastSvgWriter *self, const char *element);
void stepcast_svg_writer_end (StepcastSvgWriter *self);
void stepcast_svg_writer_attribute (StepcastSvgWriter *self, const char *name, const char *value);
void stepcast_svg_writer_attribute_number (StepcastSvgWriter *self, const char *name, double value);
void stepcast_svg_writer_text (StepcastSvgWriter *self, const char *text);

void stepcast_svg_writer_begin_path (StepcastSvgWriter *self);
void stepcast_svg_writer_move_to (StepcastSvgWriter *self, double x, double y);
void stepcast_svg_writer_line_to (StepcastSvgWriter *self, double x, double y);
void stepcast_svg_writer_horizontal_by (StepcastSvgWriter *self, double dx);
void stepcast_svg_writer_curve_to (StepcastSvgWriter *self,
                                   double x1,
                                   double y1,
                                   double x2,
                                   double y2,
                                   double x,
                                   double y);
void stepcast_svg_writer_curve_by (StepcastSvgWriter *self,
                                   double dx1,
                                   double dy1,
                                   double dx2,
                                   double dy2,
                                   double dx,
                                   double dy);
void stepcast_svg_writer_close_path (StepcastSvgWriter *self);
void stepcast_svg_writer_end_path (StepcastSvgWriter *self);
void stepcast_svg_writer_polyline (StepcastSvgWriter *self,
                                   const double *points,
                                   gsize n_points,
                                   gboolean closed);

gsize stepcast_svg_writer_get_size (const StepcastSvgWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastSvgWriter, stepcast_svg_writer_free)

G_END_DECLS
