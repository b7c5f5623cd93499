/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-registry.h"

#include "stepcast-error.h"

/* The sources that a session can be made of, by name, and which one is meant where none is named.
 * Lives on the main context. */

struct _StepcastRegistry
{
  GObject parent_instance;

  GPtrArray *sources;             /* of StepcastSource, in the order of their coming */
  StepcastSource *default_source; /* (nullable): one of them */
};

enum
{
  PROP_DEFAULT_NAME = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (StepcastRegistry, stepcast_registry, G_TYPE_OBJECT)

static void
stepcast_registry_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastRegistry *self = STEPCAST_REGISTRY (object);

  switch (id)
    {
    case PROP_DEFAULT_NAME:
      g_value_set_string (value, self->default_source != NULL ?
                                   stepcast_source_get_name (self->default_source) :
                                   "");
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_registry_dispose (GObject *object)
{
  StepcastRegistry *self = STEPCAST_REGISTRY (object);

  self->default_source = NULL;
  g_ptr_array_set_size (self->sources, 0);

  G_OBJECT_CLASS (stepcast_registry_parent_class)->dispose (object);
}

static void
stepcast_registry_finalize (GObject *object)
{
  g_ptr_array_unref (STEPCAST_REGISTRY (object)->sources);

  G_OBJECT_CLASS (stepcast_registry_parent_class)->finalize (object);
}

static void
stepcast_registry_class_init (StepcastRegistryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = stepcast_registry_get_property;
  object_class->dispose = stepcast_registry_dispose;
  object_class->finalize = stepcast_registry_finalize;

  properties[PROP_DEFAULT_NAME] =
    g_param_spec_string ("default-name", NULL, NULL, "", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
stepcast_registry_init (StepcastRegistry *self)
{
  self->sources = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * stepcast_registry_new:
 *
 * Returns: (transfer full): a new registry, empty
 */
StepcastRegistry *
stepcast_registry_new (void)
{
  return g_object_new (STEPCAST_TYPE_REGISTRY, NULL);
}

static void
set_default (StepcastRegistry *self, StepcastSource *source)
{
  if (self->default_source == source)
    return;

  self->default_source = source;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEFAULT_NAME]);
}

static StepcastSource *
look_up (StepcastRegistry *self, const char *name)
{
  for (guint i = 0; i < self->sources->len; i++)
    {
      StepcastSource *source = self->sources->pdata[i];

      if (g_str_equal (stepcast_source_get_name (source), name))
        return source;
    }
  return NULL;
}

/**
 * stepcast_registry_add:
 * @self: a registry
 * @source: (transfer none): a source
 *
 * Adds @source under its name; the first one is the default until another is made it.
 *
 * Returns: %FALSE if the name is taken
 */
gboolean
stepcast_registry_add (StepcastRegistry *self, StepcastSource *source)
{
  g_return_val_if_fail (STEPCAST_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (STEPCAST_IS_SOURCE (source), FALSE);

  if (look_up (self, stepcast_source_get_name (source)) != NULL)
    return FALSE;

  g_ptr_array_add (self->sources, g_object_ref (source));
  if (self->default_source == NULL)
    set_default (self, source);
  return TRUE;
}

/**
 * stepcast_registry_find:
 * @self: a registry
 * @name: (nullable): the name asked for, whatever it is; %NULL for the default
 * @error: names what there is
 *
 * Returns: (transfer none) (nullable): the source, or %NULL with %STEPCAST_ERROR_UNKNOWN_GENERATOR
 */
StepcastSource *
stepcast_registry_find (StepcastRegistry *self, const char *name, GError **error)
{
  g_autoptr (GString) names = NULL;
  g_autofree char *quoted = NULL;
  StepcastSource *source;

  g_return_val_if_fail (STEPCAST_IS_REGISTRY (self), NULL);

  source = name != NULL ? look_up (self, name) : self->default_source;
  if (source != NULL)
    return source;

  names = g_string_new (NULL);
  for (guint i = 0; i < self->sources->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            stepcast_source_get_name (self->sources->pdata[i]));
  quoted = stepcast_error_quote (name != NULL ? name : "");
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_GENERATOR,
               "There is no generator “%s”; there are: %s", quoted, names->str);
  return NULL;
}

/**
 * stepcast_registry_list:
 * @self: a registry
 *
 * Returns: (transfer none) (element-type StepcastSource): all sources, in the order of their coming
 */
GPtrArray *
stepcast_registry_list (StepcastRegistry *self)
{
  return self->sources;
}

/**
 * stepcast_registry_set_default:
 * @self: a registry
 * @name: the name of the source that is meant where none is named
 * @error: names what there is
 *
 * Returns: %FALSE with %STEPCAST_ERROR_UNKNOWN_GENERATOR
 */
gboolean
stepcast_registry_set_default (StepcastRegistry *self, const char *name, GError **error)
{
  StepcastSource *source = stepcast_registry_find (self, name, error);

  if (source == NULL)
    return FALSE;

  set_default (self, source);
  return TRUE;
}
