/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-picture.h"

#include <math.h>

#include "stepcast-error.h"
#include "stepcast-rasterizer.h"
#include "stepcast-validate-protocol.h"

/* What CSS takes for pictures that say nothing of their size, in pixels: CSS 2.1, section 10.3.2.
 */
#define FALLBACK_WIDTH 300
#define FALLBACK_HEIGHT 150

/* In what the document calls pixels. */
typedef struct
{
  double width;
  double height;
} Shape;

/* Its width and height; or the view box, as large as the one of them that it has makes it. A length
 * that is a part of what surrounds the document says nothing: nothing surrounds it. */
static Shape
get_shape (RsvgHandle *handle)
{
  Shape shape;
  RsvgLength width, height;
  RsvgRectangle view_box;
  gboolean has_view_box;
  double scale = 1;

  if (rsvg_handle_get_intrinsic_size_in_pixels (handle, &shape.width, &shape.height))
    return shape;

  rsvg_handle_get_intrinsic_dimensions (handle, NULL, &width, NULL, &height, &has_view_box,
                                        &view_box);
  if (!has_view_box)
    return (Shape){ FALLBACK_WIDTH, FALLBACK_HEIGHT };

  if (width.unit == RSVG_UNIT_PX)
    scale = width.length / view_box.width;
  else if (height.unit == RSVG_UNIT_PX)
    scale = height.length / view_box.height;
  return (Shape){ scale * view_box.width, scale * view_box.height };
}

/* How large the picture is to be, in pixels of its own. */
static gboolean
get_size (const Shape *shape, guint asked_width, int *width, int *height, GError **error)
{
  double exact_height;

  if (!(shape->width > 0 && shape->height > 0) || !isfinite (shape->width / shape->height) ||
      !isfinite (shape->height / shape->width))
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
                           "it has no area: see its width, height and viewBox");
      return FALSE;
    }

  *width = (int) (asked_width > 0 ? asked_width :
                                    CLAMP (round (shape->width), 1, STEPCAST_RASTERIZER_MAX_WIDTH));
  exact_height = MAX (round (*width * (shape->height / shape->width)), 1);
  if (exact_height > STEPCAST_RASTERIZER_MAX_HEIGHT ||
      exact_height * *width > STEPCAST_RASTERIZER_MAX_PIXELS)
    {
      g_set_error (
        error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
        "A picture of %d × %.6g pixels is too large: at most %d pixels are drawn, and %d "
        "in height; ask for a smaller width",
        *width, exact_height, STEPCAST_RASTERIZER_MAX_PIXELS, STEPCAST_RASTERIZER_MAX_HEIGHT);
      return FALSE;
    }

  *height = (int) exact_height;
  return TRUE;
}

static gboolean
check_memory (cairo_status_t status, GError **error)
{
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
               "The picture can't be drawn that large (%s): ask for a smaller width",
               cairo_status_to_string (status));
  return FALSE;
}

static gboolean
render (RsvgHandle *handle, const Shape *shape, cairo_surface_t *surface, GError **error)
{
  const RsvgRectangle viewport = { 0, 0, shape->width, shape->height };
  cairo_t *cairo = cairo_create (surface);
  gboolean drawn;

  cairo_scale (cairo, cairo_image_surface_get_width (surface) / shape->width,
               cairo_image_surface_get_height (surface) / shape->height);
  drawn = rsvg_handle_render_document (handle, cairo, &viewport, error);
  cairo_destroy (cairo);
  if (!drawn) /* with less, there may be memory enough */
    g_prefix_error (error, "at %d × %d pixels: ", cairo_image_surface_get_width (surface),
                    cairo_image_surface_get_height (surface));

  return drawn;
}

static cairo_status_t
append (void *closure, const unsigned char *data, unsigned int length)
{
  GByteArray *png = closure;

  if (length > STEPCAST_VALIDATE_MAX_PICTURE_BYTES - png->len)
    return CAIRO_STATUS_WRITE_ERROR;

  g_byte_array_append (png, data, length);
  return CAIRO_STATUS_SUCCESS;
}

static GByteArray *
encode (cairo_surface_t *surface, GError **error)
{
  g_autoptr (GByteArray) png = g_byte_array_new ();
  const cairo_status_t status = cairo_surface_write_to_png_stream (surface, append, png);

  if (status == CAIRO_STATUS_WRITE_ERROR)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                   "The picture takes more than %d MiB as a PNG: ask for a smaller width",
                   STEPCAST_VALIDATE_MAX_PICTURE_BYTES / (1024 * 1024));
      return NULL;
    }
  return check_memory (status, error) ? g_steal_pointer (&png) : NULL;
}

/**
 * stepcast_picture_draw:
 * @handle: a document
 * @width: of the picture, in pixels; 0 for the document's own
 * @error: why it can't be drawn
 *
 * Draws on a transparent ground, as long as it takes.
 *
 * Returns: (transfer full): a PNG; or %NULL with %STEPCAST_ERROR_LIMIT_EXCEEDED where it would be
 *   too large, or with an error of any other kind
 */
GByteArray *
stepcast_picture_draw (RsvgHandle *handle, guint width, GError **error)
{
  g_autoptr (GByteArray) png = NULL;
  cairo_surface_t *surface;
  Shape shape;
  int pixel_width, pixel_height;

  rsvg_handle_set_dpi (handle, 96); /* of a CSS inch, as in browsers */
  shape = get_shape (handle);
  if (!get_size (&shape, width, &pixel_width, &pixel_height, error))
    return NULL;

  surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, pixel_width, pixel_height);
  if (check_memory (cairo_surface_status (surface), error) &&
      render (handle, &shape, surface, error))
    png = encode (surface, error);
  cairo_surface_destroy (surface);

  return g_steal_pointer (&png);
}
