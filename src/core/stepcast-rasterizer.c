/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-rasterizer.h"

#include "stepcast-error.h"

/**
 * StepcastRasterizer:
 *
 * Has librsvg draw frames as PNGs, in helper processes of its own: however slow a picture is, the
 * checks of a StepcastValidator do not wait for it. A helper that has drawn ends: pictures are
 * asked for now and then, and what one takes, up to 512 MiB, is given back at once.
 *
 * It lives on the main context, the thread-default one of whoever made it.
 */
struct _StepcastRasterizer
{
  StepcastHelperPool parent_instance;
};

G_DEFINE_FINAL_TYPE (StepcastRasterizer, stepcast_rasterizer, STEPCAST_TYPE_HELPER_POOL)

/**
 * stepcast_rasterizer_parse_width:
 * @text: (nullable): what somebody wants, in decimal digits
 * @width: (out): a width in pixels; 0, the frame's own, where @text is %NULL
 * @error: why @text is none
 *
 * Reads a width from outside.
 *
 * Returns: %TRUE, or %FALSE with %STEPCAST_ERROR_INVALID_VALUE
 */
gboolean
stepcast_rasterizer_parse_width (const char *text, guint *width, GError **error)
{
  g_autofree char *quoted = NULL;
  guint64 value = 0;

  if (text == NULL ||
      g_ascii_string_to_unsigned (text, 10, 1, STEPCAST_RASTERIZER_MAX_WIDTH, &value, NULL))
    {
      *width = (guint) value;
      return TRUE;
    }

  quoted = stepcast_error_quote (text);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%s” is no width: a whole number of pixels, from 1 to %d", quoted,
               STEPCAST_RASTERIZER_MAX_WIDTH);
  return FALSE;
}

/**
 * stepcast_rasterizer_render_async:
 * @self: a rasterizer
 * @svg: (transfer none): a frame that can be shown
 * @width: of the picture, in pixels, up to %STEPCAST_RASTERIZER_MAX_WIDTH; or 0 for the frame's
 *   own, which is made as small as that where it is larger
 * @cancellable: (nullable): ends the waiting, and the drawing
 * @callback: called when it is drawn, or it is known that it can't be
 * @user_data: for @callback
 *
 * Has @svg drawn by librsvg in a helper process; the height follows from the frame's shape. Main
 * context only.
 */
void
stepcast_rasterizer_render_async (StepcastRasterizer *self,
                                  GBytes *svg,
                                  guint width,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STEPCAST_IS_RASTERIZER (self));
  g_return_if_fail (svg != NULL && g_bytes_get_size (svg) <= G_MAXUINT32);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_rasterizer_render_async);
  if (width > STEPCAST_RASTERIZER_MAX_WIDTH)
    {
      g_task_return_new_error (task, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                               "A picture can't be %u pixels wide: %d is the most", width,
                               STEPCAST_RASTERIZER_MAX_WIDTH);
      g_object_unref (task);
      return;
    }
  stepcast_helper_pool_take (STEPCAST_HELPER_POOL (self), task,
                             &(StepcastValidateRequest){ STEPCAST_VALIDATE_DRAW, width, svg });
}

/**
 * stepcast_rasterizer_render_finish:
 * @self: a rasterizer
 * @result: what the callback was given
 * @error: why there is no picture
 *
 * Returns: (transfer full): a PNG; or %NULL with %STEPCAST_ERROR_INVALID_VALUE where the width is
 * out of its range, with %STEPCAST_ERROR_LIMIT_EXCEEDED where the picture would be too large, with
 * %STEPCAST_ERROR_UNRESPONSIVE where it takes too long, with %STEPCAST_ERROR_INVALID_FRAME where
 * librsvg can't draw the frame or crashes on it, with %STEPCAST_ERROR_PROGRAM_FAILED where the
 * helper program does not work, or with %G_IO_ERROR_CANCELLED, also after a shut-down
 */
GBytes *
stepcast_rasterizer_render_finish (StepcastRasterizer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, stepcast_rasterizer_render_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * stepcast_rasterizer_shut_down:
 * @self: a rasterizer
 *
 * See stepcast_helper_pool_shut_down().
 */
void
stepcast_rasterizer_shut_down (StepcastRasterizer *self)
{
  g_return_if_fail (STEPCAST_IS_RASTERIZER (self));

  stepcast_helper_pool_shut_down (STEPCAST_HELPER_POOL (self));
}

static void
stepcast_rasterizer_class_init (StepcastRasterizerClass *klass)
{
  STEPCAST_HELPER_POOL_CLASS (klass)->keeps_helpers = FALSE;
}

static void
stepcast_rasterizer_init (StepcastRasterizer *self)
{
}

/**
 * stepcast_rasterizer_new:
 * @helper_path: where `stepcast-validate` is
 * @max_helpers: how many pictures are drawn at once, each in a process; from 1
 *
 * Nothing is started yet. Main context only.
 *
 * Returns: (transfer full): a rasterizer with the default deadline
 */
StepcastRasterizer *
stepcast_rasterizer_new (const char *helper_path, guint max_helpers)
{
  g_return_val_if_fail (helper_path != NULL, NULL);

  return g_object_new (STEPCAST_TYPE_RASTERIZER, "helper-path", helper_path, "max-helpers",
                       max_helpers, "deadline-ms", STEPCAST_RASTERIZER_DEFAULT_DEADLINE_MS, NULL);
}
