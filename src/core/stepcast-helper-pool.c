/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-helper-pool.h"

#include "stepcast-error.h"
#include "stepcast-gsource.h"

/**
 * StepcastHelperPool:
 *
 * What StepcastValidator and StepcastRasterizer have in common: librsvg may hang, eat memory or
 * abort on a frame from outside, so it works in helper processes, each with limits of its own and
 * one frame at a time. Helpers are started when they are needed; one that hangs is killed, one that
 * is gone is replaced by the next request, and the frame is refused. Requests that find no helper
 * wait in order. Whether a helper that has answered is kept, the class says.
 *
 * It lives on the main context, the thread-default one of whoever made it. It has no state but what
 * waits and what runs, and stepcast_helper_pool_shut_down() ends both for good.
 */
typedef struct
{
  char *helper_path;
  guint max_helpers;
  guint deadline_ms;

  GPtrArray *helpers; /* of StepcastValidateHelper: those that run and were not killed */
  GQueue waiting;     /* of GTask: requests that no helper has yet */
  gboolean is_shut_down;
} StepcastHelperPoolPrivate;

/* A task's data. */
typedef struct
{
  StepcastValidateRequest asked;
  GSource *cancel_source; /* (nullable): from the beginning to the return */
  gboolean retried;
} Request;

enum
{
  PROP_HELPER_PATH = 1,
  PROP_MAX_HELPERS,
  PROP_DEADLINE_MS,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StepcastHelperPool, stepcast_helper_pool, G_TYPE_OBJECT)

static void dispatch (StepcastHelperPool *self);

static StepcastHelperPoolPrivate *
get_private (StepcastHelperPool *self)
{
  return stepcast_helper_pool_get_instance_private (self);
}

static void
request_free (Request *request)
{
  g_assert (request->cancel_source == NULL);

  g_bytes_unref (request->asked.frame);
  g_free (request);
}

static GError *
new_cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The request was cancelled");
}

/* Each request ends here, with @answer or @error (transfer full). The caller's callback may run at
 * once, and do anything. */
static void
return_answer (GTask *task, GBytes *answer, GError *error)
{
  g_autoptr (GTask) owned = task;
  Request *request = g_task_get_task_data (task);

  stepcast_gsource_clear (&request->cancel_source);
  if (error != NULL)
    g_task_return_error (owned, error);
  else
    g_task_return_pointer (owned, answer, (GDestroyNotify) g_bytes_unref);
}

static void
on_helper_left (StepcastValidateHelper *helper, gpointer owner)
{
  g_ptr_array_remove_fast (get_private (owner)->helpers, helper);
}

static void
on_helper_done (StepcastValidateHelper *helper,
                GTask *task,
                GBytes *answer,
                GError *error,
                gpointer owner)
{
  g_autoptr (StepcastHelperPool) self = g_object_ref (owner);

  if (!STEPCAST_HELPER_POOL_GET_CLASS (self)->keeps_helpers)
    stepcast_validate_helper_end (helper);
  if (task != NULL)
    return_answer (task, answer, error);
  dispatch (self);
}

/* A helper that had done its work before may have been ill from an earlier frame, or killed while
 * it was idle: the frame gets another one, once, before it is blamed. */
static void
on_helper_lost (GTask *task, GError *error, gboolean may_be_innocent)
{
  g_autoptr (StepcastHelperPool) self = g_object_ref (g_task_get_source_object (task));
  g_autoptr (GError) owned_error = error;
  StepcastHelperPoolPrivate *priv = get_private (self);
  Request *request = g_task_get_task_data (task);

  if (priv->is_shut_down || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return_answer (task, NULL, new_cancelled_error ());
  else if (may_be_innocent && !request->retried)
    {
      request->retried = TRUE;
      g_queue_push_head (&priv->waiting, task);
    }
  else
    return_answer (task, NULL, g_steal_pointer (&owned_error));

  dispatch (self);
}

static const StepcastValidateHelperCallbacks helper_callbacks = {
  .left = on_helper_left,
  .done = on_helper_done,
  .lost = on_helper_lost,
};

static StepcastValidateHelper *
find_helper (StepcastHelperPool *self, GError **error)
{
  StepcastHelperPoolPrivate *priv = get_private (self);
  StepcastValidateHelper *helper;

  for (guint i = 0; i < priv->helpers->len; i++)
    {
      helper = priv->helpers->pdata[i];
      if (!stepcast_validate_helper_is_busy (helper))
        return helper;
    }

  if (priv->helpers->len >= priv->max_helpers)
    return NULL;

  helper = stepcast_validate_helper_start (priv->helper_path, priv->deadline_ms, &helper_callbacks,
                                           self, error);
  if (helper != NULL)
    g_ptr_array_add (priv->helpers, helper);
  return helper;
}

static void
begin_request (StepcastValidateHelper *helper, GTask *task)
{
  Request *request = g_task_get_task_data (task);

  stepcast_validate_helper_ask (helper, task, &request->asked);
}

/* Gives what waits to who is free. */
static void
dispatch (StepcastHelperPool *self)
{
  StepcastHelperPoolPrivate *priv = get_private (self);

  while (!g_queue_is_empty (&priv->waiting))
    {
      g_autoptr (GError) error = NULL;
      StepcastValidateHelper *helper = find_helper (self, &error);

      if (helper != NULL)
        begin_request (helper, g_queue_pop_head (&priv->waiting));
      else if (error != NULL)
        return_answer (g_queue_pop_head (&priv->waiting), NULL, g_steal_pointer (&error));
      else
        return;
    }
}

/* Takes @task from whoever has it. A helper that is kept is let go on, to be free again: that is
 * cheaper than another one. */
static gboolean
withdraw (StepcastHelperPool *self, GTask *task)
{
  StepcastHelperPoolPrivate *priv = get_private (self);

  if (g_queue_remove (&priv->waiting, task))
    return TRUE;

  for (guint i = 0; i < priv->helpers->len; i++)
    {
      g_autoptr (StepcastValidateHelper) helper =
        stepcast_validate_helper_ref (priv->helpers->pdata[i]);

      if (!stepcast_validate_helper_drop (helper, task))
        continue;
      if (!STEPCAST_HELPER_POOL_GET_CLASS (self)->keeps_helpers)
        stepcast_validate_helper_end (helper);
      return TRUE;
    }

  return FALSE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  GTask *task = data;
  g_autoptr (StepcastHelperPool) self = g_object_ref (g_task_get_source_object (task));

  /* Else its helper is lost, and what became of that will be known in a moment. */
  if (!withdraw (self, task))
    return G_SOURCE_REMOVE;

  return_answer (task, NULL, new_cancelled_error ());
  dispatch (self);
  return G_SOURCE_REMOVE;
}

static void
watch_cancellable (GTask *task)
{
  Request *request = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (cancellable == NULL)
    return;

  request->cancel_source = g_cancellable_source_new (cancellable);
  g_source_set_static_name (request->cancel_source, "[stepcast] helper request cancelled");
  g_source_set_callback (request->cancel_source, G_SOURCE_FUNC (on_cancelled), task, NULL);
  g_source_attach (request->cancel_source, g_main_context_get_thread_default ());
}

/**
 * stepcast_helper_pool_take:
 * @self: a pool
 * @task: (transfer full): a task of @self, without task data. It returns the helper's answer, a
 *   #GBytes, which is empty for a check; or %STEPCAST_ERROR_INVALID_FRAME where librsvg refuses
 *   the frame or crashes on it, %STEPCAST_ERROR_LIMIT_EXCEEDED where the picture is too large,
 *   %STEPCAST_ERROR_PROGRAM_FAILED where the helper program does not work, or
 *   %G_IO_ERROR_CANCELLED, also after a shut-down. Where librsvg takes too long, a check is
 *   %STEPCAST_ERROR_INVALID_FRAME and a drawing %STEPCAST_ERROR_UNRESPONSIVE
 * @asked: what is to be done; it is copied
 *
 * For those who derive from it. Main context only.
 */
void
stepcast_helper_pool_take (StepcastHelperPool *self,
                           GTask *task,
                           const StepcastValidateRequest *asked)
{
  StepcastHelperPoolPrivate *priv = get_private (self);
  Request *request = g_new0 (Request, 1);

  request->asked = *asked;
  g_bytes_ref (request->asked.frame);
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);

  if (priv->is_shut_down || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      return_answer (task, NULL, new_cancelled_error ());
      return;
    }

  watch_cancellable (task);
  g_queue_push_tail (&priv->waiting, task);
  dispatch (self);
}

/**
 * stepcast_helper_pool_shut_down:
 * @self: a pool
 *
 * Kills all helpers, and ends all requests that wait or run with %G_IO_ERROR_CANCELLED, as any
 * later one. May be called twice. Main context only; it does not wait.
 */
void
stepcast_helper_pool_shut_down (StepcastHelperPool *self)
{
  StepcastHelperPoolPrivate *priv = get_private (self);
  GTask *task;

  g_return_if_fail (STEPCAST_IS_HELPER_POOL (self));

  priv->is_shut_down = TRUE;

  while (priv->helpers->len > 0)
    {
      g_autoptr (StepcastValidateHelper) helper =
        stepcast_validate_helper_ref (priv->helpers->pdata[0]);

      task = stepcast_validate_helper_end (helper);
      if (task != NULL)
        g_queue_push_tail (&priv->waiting, task);
    }

  while ((task = g_queue_pop_head (&priv->waiting)) != NULL)
    return_answer (task, NULL, new_cancelled_error ());
}

static void
stepcast_helper_pool_constructed (GObject *object)
{
  StepcastHelperPoolPrivate *priv = get_private (STEPCAST_HELPER_POOL (object));

  G_OBJECT_CLASS (stepcast_helper_pool_parent_class)->constructed (object);

  g_assert (priv->helper_path != NULL);
}

static void
stepcast_helper_pool_dispose (GObject *object)
{
  /* Requests hold a reference, so none is left: only idle helpers, and those that still work on
   * what was cancelled. */
  stepcast_helper_pool_shut_down (STEPCAST_HELPER_POOL (object));

  G_OBJECT_CLASS (stepcast_helper_pool_parent_class)->dispose (object);
}

static void
stepcast_helper_pool_finalize (GObject *object)
{
  StepcastHelperPoolPrivate *priv = get_private (STEPCAST_HELPER_POOL (object));

  g_assert (g_queue_is_empty (&priv->waiting));
  g_clear_pointer (&priv->helpers, g_ptr_array_unref);
  g_clear_pointer (&priv->helper_path, g_free);

  G_OBJECT_CLASS (stepcast_helper_pool_parent_class)->finalize (object);
}

static void
stepcast_helper_pool_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastHelperPoolPrivate *priv = get_private (STEPCAST_HELPER_POOL (object));

  switch (id)
    {
    case PROP_HELPER_PATH:
      g_value_set_string (value, priv->helper_path);
      break;
    case PROP_MAX_HELPERS:
      g_value_set_uint (value, priv->max_helpers);
      break;
    case PROP_DEADLINE_MS:
      g_value_set_uint (value, priv->deadline_ms);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_helper_pool_set_property (GObject *object,
                                   guint id,
                                   const GValue *value,
                                   GParamSpec *pspec)
{
  StepcastHelperPoolPrivate *priv = get_private (STEPCAST_HELPER_POOL (object));

  switch (id)
    {
    case PROP_HELPER_PATH:
      /* The helper's working directory is another one. */
      priv->helper_path = g_canonicalize_filename (g_value_get_string (value), NULL);
      break;
    case PROP_MAX_HELPERS:
      priv->max_helpers = g_value_get_uint (value);
      break;
    case PROP_DEADLINE_MS:
      priv->deadline_ms = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_helper_pool_class_init (StepcastHelperPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = stepcast_helper_pool_constructed;
  object_class->dispose = stepcast_helper_pool_dispose;
  object_class->finalize = stepcast_helper_pool_finalize;
  object_class->get_property = stepcast_helper_pool_get_property;
  object_class->set_property = stepcast_helper_pool_set_property;

  /**
   * StepcastHelperPool:helper-path:
   *
   * The helper program: `stepcast-validate`.
   */
  properties[PROP_HELPER_PATH] = g_param_spec_string ("helper-path", NULL, NULL, NULL, flags);

  /**
   * StepcastHelperPool:max-helpers:
   *
   * How many frames are worked on at once, each in a process.
   */
  properties[PROP_MAX_HELPERS] = g_param_spec_uint ("max-helpers", NULL, NULL, 1, 64, 1, flags);

  /**
   * StepcastHelperPool:deadline-ms:
   *
   * How long librsvg may take for one frame, in milliseconds.
   */
  properties[PROP_DEADLINE_MS] =
    g_param_spec_uint ("deadline-ms", NULL, NULL, 1, 60 * 60 * 1000, 2000, flags);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
stepcast_helper_pool_init (StepcastHelperPool *self)
{
  StepcastHelperPoolPrivate *priv = get_private (self);

  priv->helpers = g_ptr_array_new_with_free_func ((GDestroyNotify) stepcast_validate_helper_unref);
  g_queue_init (&priv->waiting);
}
