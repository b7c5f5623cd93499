/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-validator.h"

#include <librsvg/rsvg.h>

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-guarded-stream.h"
#include "stepcast-validate-helper.h"

/**
 * StepcastValidator:
 *
 * Asks librsvg whether a frame can be shown. librsvg may hang, eat memory or abort on a frame from
 * outside, so it loads those in helper processes, each with limits of its own and one frame at a
 * time. Helpers are started when they are needed and kept; one that hangs is killed, one that is
 * gone is replaced by the next frame, and the frame is refused. Frames that find no helper wait in
 * order.
 *
 * It lives on the main context, the thread-default one of whoever made it; only
 * stepcast_validator_check_own() may be called from any thread. It has no state but what waits and
 * what runs, and stepcast_validator_shut_down() ends both for good.
 */
struct _StepcastValidator
{
  GObject parent_instance;

  char *helper_path;
  guint max_helpers;
  guint deadline_ms;

  GPtrArray *helpers; /* of StepcastValidateHelper: those that run and were not killed */
  GQueue waiting;     /* of GTask: checks that no helper has yet */
  gboolean is_shut_down;
};

/* A task's data. */
typedef struct
{
  GBytes *frame;
  GSource *cancel_source; /* (nullable): from the beginning to the return */
  gboolean retried;
} Check;

enum
{
  PROP_HELPER_PATH = 1,
  PROP_MAX_HELPERS,
  PROP_DEADLINE_MS,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (StepcastValidator, stepcast_validator, G_TYPE_OBJECT)

static void dispatch (StepcastValidator *self);

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

static void
check_free (Check *check)
{
  g_assert (check->cancel_source == NULL);

  g_bytes_unref (check->frame);
  g_free (check);
}

static GError *
new_cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The check was cancelled");
}

/* Each check ends here, with @error (transfer full) (nullable). The caller's callback may run at
 * once, and do anything. */
static void
return_check (GTask *task, GError *error)
{
  g_autoptr (GTask) owned = task;
  Check *check = g_task_get_task_data (task);

  stepcast_gsource_clear (&check->cancel_source);
  if (error != NULL)
    g_task_return_error (owned, error);
  else
    g_task_return_boolean (owned, TRUE);
}

static void
on_helper_left (StepcastValidateHelper *helper, gpointer owner)
{
  StepcastValidator *self = owner;

  g_ptr_array_remove_fast (self->helpers, helper);
}

static void
on_helper_done (GTask *task, GError *error, gpointer owner)
{
  g_autoptr (StepcastValidator) self = g_object_ref (owner);

  if (task != NULL)
    return_check (task, error);
  dispatch (self);
}

/* A helper that had done its work before may have been ill from an earlier frame, or killed while
 * it was idle: the frame gets another one, once, before it is blamed. */
static void
on_helper_lost (GTask *task, GError *error, gboolean may_be_innocent)
{
  g_autoptr (StepcastValidator) self = g_object_ref (g_task_get_source_object (task));
  g_autoptr (GError) owned_error = error;
  Check *check = g_task_get_task_data (task);

  if (self->is_shut_down || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return_check (task, new_cancelled_error ());
  else if (may_be_innocent && !check->retried)
    {
      check->retried = TRUE;
      g_queue_push_head (&self->waiting, task);
    }
  else
    return_check (task, g_steal_pointer (&owned_error));

  dispatch (self);
}

static const StepcastValidateHelperCallbacks helper_callbacks = {
  .left = on_helper_left,
  .done = on_helper_done,
  .lost = on_helper_lost,
};

static StepcastValidateHelper *
find_helper (StepcastValidator *self, GError **error)
{
  StepcastValidateHelper *helper;

  for (guint i = 0; i < self->helpers->len; i++)
    {
      helper = self->helpers->pdata[i];
      if (!stepcast_validate_helper_is_busy (helper))
        return helper;
    }

  if (self->helpers->len >= self->max_helpers)
    return NULL;

  helper = stepcast_validate_helper_start (self->helper_path, self->deadline_ms, &helper_callbacks,
                                           self, error);
  if (helper != NULL)
    g_ptr_array_add (self->helpers, helper);
  return helper;
}

static void
begin_check (StepcastValidateHelper *helper, GTask *task)
{
  Check *check = g_task_get_task_data (task);

  stepcast_validate_helper_check (helper, task, check->frame);
}

/* Gives what waits to who is free. */
static void
dispatch (StepcastValidator *self)
{
  while (!g_queue_is_empty (&self->waiting))
    {
      g_autoptr (GError) error = NULL;
      StepcastValidateHelper *helper = find_helper (self, &error);

      if (helper != NULL)
        begin_check (helper, g_queue_pop_head (&self->waiting));
      else if (error != NULL)
        return_check (g_queue_pop_head (&self->waiting), g_steal_pointer (&error));
      else
        return;
    }
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  GTask *task = data;
  g_autoptr (StepcastValidator) self = g_object_ref (g_task_get_source_object (task));
  gboolean found = g_queue_remove (&self->waiting, task);

  for (guint i = 0; i < self->helpers->len && !found; i++)
    found = stepcast_validate_helper_drop (self->helpers->pdata[i], task);

  /* Else its helper is lost, and what became of that will be known in a moment. */
  if (found)
    return_check (task, new_cancelled_error ());
  return G_SOURCE_REMOVE;
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
  Check *check;

  g_return_if_fail (STEPCAST_IS_VALIDATOR (self));
  g_return_if_fail (svg != NULL && g_bytes_get_size (svg) <= G_MAXUINT32);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, stepcast_validator_check_async);

  check = g_new0 (Check, 1);
  check->frame = g_bytes_ref (svg);
  g_task_set_task_data (task, check, (GDestroyNotify) check_free);

  if (self->is_shut_down || g_cancellable_is_cancelled (cancellable))
    {
      return_check (task, new_cancelled_error ());
      return;
    }

  if (cancellable != NULL)
    {
      check->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_static_name (check->cancel_source, "[stepcast] check cancelled");
      g_source_set_callback (check->cancel_source, G_SOURCE_FUNC (on_cancelled), task, NULL);
      g_source_attach (check->cancel_source, g_main_context_get_thread_default ());
    }

  g_queue_push_tail (&self->waiting, task);
  dispatch (self);
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
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, stepcast_validator_check_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * stepcast_validator_shut_down:
 * @self: a validator
 *
 * Kills all helpers, and ends all checks that wait or run with %G_IO_ERROR_CANCELLED, as any later
 * one. May be called twice. Main context only; it does not wait.
 */
void
stepcast_validator_shut_down (StepcastValidator *self)
{
  GTask *task;

  g_return_if_fail (STEPCAST_IS_VALIDATOR (self));

  self->is_shut_down = TRUE;

  while (self->helpers->len > 0)
    {
      g_autoptr (StepcastValidateHelper) helper =
        stepcast_validate_helper_ref (self->helpers->pdata[0]);

      task = stepcast_validate_helper_end (helper);
      if (task != NULL)
        g_queue_push_tail (&self->waiting, task);
    }

  while ((task = g_queue_pop_head (&self->waiting)) != NULL)
    return_check (task, new_cancelled_error ());
}

static void
stepcast_validator_constructed (GObject *object)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  G_OBJECT_CLASS (stepcast_validator_parent_class)->constructed (object);

  g_assert (self->helper_path != NULL);
}

static void
stepcast_validator_dispose (GObject *object)
{
  /* Checks hold a reference, so none is left: only idle helpers, and those that still work on what
   * was cancelled. */
  stepcast_validator_shut_down (STEPCAST_VALIDATOR (object));

  G_OBJECT_CLASS (stepcast_validator_parent_class)->dispose (object);
}

static void
stepcast_validator_finalize (GObject *object)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  g_assert (g_queue_is_empty (&self->waiting));
  g_clear_pointer (&self->helpers, g_ptr_array_unref);
  g_clear_pointer (&self->helper_path, g_free);

  G_OBJECT_CLASS (stepcast_validator_parent_class)->finalize (object);
}

static void
stepcast_validator_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  switch (id)
    {
    case PROP_HELPER_PATH:
      g_value_set_string (value, self->helper_path);
      break;
    case PROP_MAX_HELPERS:
      g_value_set_uint (value, self->max_helpers);
      break;
    case PROP_DEADLINE_MS:
      g_value_set_uint (value, self->deadline_ms);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_validator_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastValidator *self = STEPCAST_VALIDATOR (object);

  switch (id)
    {
    case PROP_HELPER_PATH:
      /* The helper's working directory is another one. */
      self->helper_path = g_canonicalize_filename (g_value_get_string (value), NULL);
      break;
    case PROP_MAX_HELPERS:
      self->max_helpers = g_value_get_uint (value);
      break;
    case PROP_DEADLINE_MS:
      self->deadline_ms = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_validator_class_init (StepcastValidatorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = stepcast_validator_constructed;
  object_class->dispose = stepcast_validator_dispose;
  object_class->finalize = stepcast_validator_finalize;
  object_class->get_property = stepcast_validator_get_property;
  object_class->set_property = stepcast_validator_set_property;

  /**
   * StepcastValidator:helper-path:
   *
   * The program that checks frames: `stepcast-validate`.
   */
  properties[PROP_HELPER_PATH] = g_param_spec_string ("helper-path", NULL, NULL, NULL, flags);

  /**
   * StepcastValidator:max-helpers:
   *
   * How many frames are checked at once, each in a process.
   */
  properties[PROP_MAX_HELPERS] = g_param_spec_uint ("max-helpers", NULL, NULL, 1, 64,
                                                    STEPCAST_VALIDATOR_DEFAULT_MAX_HELPERS, flags);

  /**
   * StepcastValidator:deadline-ms:
   *
   * How long librsvg may take for one frame, in milliseconds.
   */
  properties[PROP_DEADLINE_MS] = g_param_spec_uint ("deadline-ms", NULL, NULL, 1, 60 * 60 * 1000,
                                                    STEPCAST_VALIDATOR_DEFAULT_DEADLINE_MS, flags);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
stepcast_validator_init (StepcastValidator *self)
{
  self->helpers = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_validate_helper_unref);
  g_queue_init (&self->waiting);
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
                       max_helpers, NULL);
}
