/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-bitmap.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "stepcast-error.h"
#include "stepcast-validate-protocol.h"

/* A PNG or JPEG file to shades of grey. gdk-pixbuf would try a dozen formats, some of them decoded
 * by modules that nobody looks after: only the two that are asked for are tried, each by its name.
 */

/* The answer's width and height. */
#define SIZE_BYTES (2 * sizeof (guint32))

typedef struct
{
  guint max_width;
  guint max_height;
  gboolean is_too_large;
} Box;

/* The PNG loader makes a picture of half a file, too, with whatever is in the memory of the other
 * half. */
static gboolean
is_cut (const guint8 *data, gsize size)
{
  return memmem (data, size, "IEND", 4) == NULL;
}

static const char *
find_loader (GBytes *file)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);

  if (size >= 8 && memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0)
    return is_cut (data, size) ? NULL : "png";
  if (size >= 3 && memcmp (data, "\xff\xd8\xff", 3) == 0)
    return "jpeg";
  return NULL;
}

/* As large as fits, in its own proportions. */
static void
fit (const Box *box, int *width, int *height)
{
  const double scale = MIN ((double) box->max_width / *width, (double) box->max_height / *height);

  *width = CLAMP ((int) (*width * scale + 0.5), 1, (int) box->max_width);
  *height = CLAMP ((int) (*height * scale + 0.5), 1, (int) box->max_height);
}

/* Before anything is decoded: what a header of some bytes says can be any number. A size of 0 tells
 * the loader to give up. */
static void
on_size_prepared (GdkPixbufLoader *loader, int width, int height, Box *box)
{
  box->is_too_large = (gint64) width * height > STEPCAST_VALIDATE_MAX_IMAGE_PIXELS;
  if (box->is_too_large)
    {
      gdk_pixbuf_loader_set_size (loader, 0, 0);
      return;
    }

  /* It may be turned, and then has the other proportions: it is large enough for both. */
  fit (&(Box){ MAX (box->max_width, box->max_height), MAX (box->max_width, box->max_height),
               FALSE },
       &width, &height);
  gdk_pixbuf_loader_set_size (loader, width, height);
}

static GdkPixbuf *
load (GBytes *file, Box *box, GError **error)
{
  const char *name = find_loader (file);
  g_autoptr (GdkPixbufLoader) loader = NULL;
  gboolean is_loaded;

  if (name == NULL)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                           "it is neither a PNG nor a JPEG file, or only its beginning");
      return NULL;
    }

  loader = gdk_pixbuf_loader_new_with_type (name, error);
  if (loader == NULL)
    return NULL;
  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size_prepared), box);
  is_loaded = gdk_pixbuf_loader_write_bytes (loader, file, error);
  if (!gdk_pixbuf_loader_close (loader, is_loaded ? error : NULL) || !is_loaded)
    return NULL;
  return gdk_pixbuf_loader_get_pixbuf (loader) != NULL ?
           g_object_ref (gdk_pixbuf_loader_get_pixbuf (loader)) :
           NULL;
}

/* A camera that was held upright says so beside its pixels. */
static GdkPixbuf *
turn_and_fit (GdkPixbuf *taken, const Box *box)
{
  g_autoptr (GdkPixbuf) loaded = taken;
  g_autoptr (GdkPixbuf) turned = gdk_pixbuf_apply_embedded_orientation (loaded);
  int width, height;

  if (turned == NULL)
    return NULL;
  width = gdk_pixbuf_get_width (turned);
  height = gdk_pixbuf_get_height (turned);
  fit (box, &width, &height);
  return gdk_pixbuf_scale_simple (turned, width, height, GDK_INTERP_BILINEAR);
}

static GByteArray *
to_grey (GdkPixbuf *pixbuf)
{
  const guint width = (guint) gdk_pixbuf_get_width (pixbuf);
  const guint height = (guint) gdk_pixbuf_get_height (pixbuf);
  const guint n_channels = (guint) gdk_pixbuf_get_n_channels (pixbuf);
  const guint stride = (guint) gdk_pixbuf_get_rowstride (pixbuf);
  const guint8 *pixels = gdk_pixbuf_read_pixels (pixbuf);
  const guint32 size[2] = { GUINT32_TO_LE (width), GUINT32_TO_LE (height) };
  GByteArray *grey = g_byte_array_sized_new ((guint) SIZE_BYTES + width * height);

  g_byte_array_append (grey, (const guint8 *) size, SIZE_BYTES);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      {
        const guint8 *pixel = pixels + (gsize) y * stride + (gsize) x * n_channels;
        const guint alpha = n_channels == 4 ? pixel[3] : 255;
        /* Rec. 601's weights, in 256ths */
        const guint light = (77u * pixel[0] + 150u * pixel[1] + 29u * pixel[2]) >> 8;
        const guint8 shade = (guint8) ((light * alpha + 255 * (255 - alpha)) / 255);

        g_byte_array_append (grey, &shade, 1);
      }
  return grey;
}

/**
 * stepcast_bitmap_decode:
 * @file: the content of a file, whatever it is
 * @max_width: how wide the picture is to be at most, in pixels
 * @max_height: how high, likewise
 * @error: why it can't be decoded
 *
 * Returns: (transfer full): its width and height, of 32 bits each, little-endian, and a byte of
 * grey for each pixel; or %NULL with @error set
 */
GByteArray *
stepcast_bitmap_decode (GBytes *file, guint max_width, guint max_height, GError **error)
{
  Box box = { MAX (max_width, 1), MAX (max_height, 1), FALSE };
  g_autoptr (GError) load_error = NULL;
  g_autoptr (GdkPixbuf) loaded = load (file, &box, &load_error);
  g_autoptr (GdkPixbuf) pixbuf = NULL;

  if (loaded != NULL && !box.is_too_large)
    pixbuf = turn_and_fit (g_steal_pointer (&loaded), &box);
  if (pixbuf != NULL && gdk_pixbuf_get_bits_per_sample (pixbuf) == 8)
    return to_grey (pixbuf);

  if (box.is_too_large)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED, "it has more than %d pixels",
                 STEPCAST_VALIDATE_MAX_IMAGE_PIXELS);
  else if (load_error != NULL)
    g_propagate_error (error, g_steal_pointer (&load_error));
  else
    g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                         "there is not memory enough for it");
  return NULL;
}
