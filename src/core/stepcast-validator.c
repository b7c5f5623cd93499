/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-validator.h"

#include <librsvg/rsvg.h>

#include "stepcast-error.h"
#include "stepcast-guarded-stream.h"

/**
 * StepcastValidator:
 *
 * Asks librsvg whether a frame can be shown: of frames from outside in helper processes, which are
 * kept, since the next frame is soon there. A frame over which a helper hangs or dies is refused.
 *
 * It lives on the main context, the thread-default one of whoever made it; only
 * stepcast_validator_check_own() may be called from any thread.
 */
struct _StepcastValidator
{
  StepcastHelperPool parent_instance;
};

G_DEFINE_FINAL_TYPE (StepcastValidator, stepcast_validator, STEPCAST_TYPE_HELPER_POOL)

/**
 * stepcast_validator_check_own:
 * @svg: a frame that our own writer wrote
 * @cancellable: (nullable): stops it
 * @error: why the frame can't be shown
 *
 * Loads @svg with librsvg, here and now. Meant for worker threads, of which any may call it.
 *
 * Returns: %TRUE where it can be shown; or %FALSE with %STEPCAST_ERROR_INVALID_FRAME, or
 * %G_IO_ERROR_CANCELLED
 */
gboolean
stepcast_validator_check_own (GBytes *svg, GCancellable *cancellable, GError **error)
{
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GError) local_error = NULL;
  RsvgHandle *handle;
  gboolean loaded;

  g_return_val_if_fail (svg != NULL, FALSE);

  stream = stepcast_guarded_stream_new (svg, 0);
  handle = rsvg_handle_new_from_stream_sync (stream, NULL, RSVG_HANDLE_FLAGS_NONE, cancellable,
                                             &local_error);
  loaded = handle != NULL;
  g_clear_object (&handle);

  /* librsvg turns the stream's error into one of its own. */
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (loaded)
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME,
               "librsvg can't load this frame: %s", g_strchomp (local_error->message));
  return FALSE;
}

/**
 * stepcast_validator_check_async:
 * @self: a validator
 * @svg: (transfer none): a frame from outside, which has passed the allow-list
 * @cancellable: (nullable): ends the waiting
 * @callback: called when it is known whether @svg can be shown
 * @user_data: for @callback
 *
 * Has @svg loaded by librsvg in a helper process. Main context only.
 */
void
stepcast_validator_check_async (StepcastValidator *self,
                                GBytes *svg,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STEPCAST_IS_VALIDATOR (self));
  g_return_if_fail (svg != NULL && g_bytes_get_size (svg) <= G_MAXUINT32);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_validator_check_async);
  stepcast_helper_pool_take (STEPCAST_HELPER_POOL (self), task,
                             &(StepcastValidateRequest){ STEPCAST_VALIDATE_CHECK, 0, svg });
}

/**
 * stepcast_validator_check_finish:
 * @self: a validator
 * @result: what the callback was given
 * @error: why the frame can't be shown
 *
 * Returns: %TRUE where it can be shown; or %FALSE with %STEPCAST_ERROR_INVALID_FRAME where librsvg
 * refuses the frame, crashes on it or takes too long, with %STEPCAST_ERROR_PROGRAM_FAILED where the
 * helper program does not work, or with %G_IO_ERROR_CANCELLED, also after a shut-down
 */
gboolean
stepcast_validator_check_finish (StepcastValidator *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GBytes) answer = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, stepcast_validator_check_async), FALSE);

  answer = g_task_propagate_pointer (G_TASK (result), error);
  return answer != NULL;
}

/**
 * stepcast_validator_shut_down:
 * @self: a validator
 *
 * See stepcast_helper_pool_shut_down().
 */
void
stepcast_validator_shut_down (StepcastValidator *self)
{
  g_return_if_fail (STEPCAST_IS_VALIDATOR (self));

  stepcast_helper_pool_shut_down (STEPCAST_HELPER_POOL (self));
}

static void
stepcast_validator_class_init (StepcastValidatorClass *klass)
{
  STEPCAST_HELPER_POOL_CLASS (klass)->keeps_helpers = TRUE;
}

static void
stepcast_validator_init (StepcastValidator *self)
{
}

/**
 * stepcast_validator_new:
 * @helper_path: where `stepcast-validate` is
 * @max_helpers: how many frames are checked at once, each in a process; from 1
 *
 * Nothing is started yet. Main context only.
 *
 * Returns: (transfer full): a validator with the default deadline
 */
StepcastValidator *
stepcast_validator_new (const char *helper_path, guint max_helpers)
{
  g_return_val_if_fail (helper_path != NULL, NULL);

  return g_object_new (STEPCAST_TYPE_VALIDATOR, "helper-path", helper_path, "max-helpers",
                       max_helpers, "deadline-ms", STEPCAST_VALIDATOR_DEFAULT_DEADLINE_MS, NULL);
}
