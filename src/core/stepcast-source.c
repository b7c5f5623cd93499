/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-source.h"

#include <glib/gi18n.h>

/* Where a session's frames come from. Its parameters are those of its generator type; an external
 * program and a stream have the abstract type, which has none. */

typedef struct
{
  char *name;
  GType generator_type;
} StepcastSourcePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StepcastSource, stepcast_source, G_TYPE_OBJECT)

enum
{
  PROP_NAME = 1,
  PROP_GENERATOR_TYPE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
stepcast_source_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StepcastSourcePrivate *priv = stepcast_source_get_instance_private (STEPCAST_SOURCE (object));

  switch (id)
    {
    case PROP_NAME:
      priv->name = g_value_dup_string (value);
      break;
    case PROP_GENERATOR_TYPE:
      priv->generator_type = g_value_get_gtype (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_source_finalize (GObject *object)
{
  StepcastSourcePrivate *priv = stepcast_source_get_instance_private (STEPCAST_SOURCE (object));

  g_free (priv->name);

  G_OBJECT_CLASS (stepcast_source_parent_class)->finalize (object);
}

static void
stepcast_source_class_init (StepcastSourceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->set_property = stepcast_source_set_property;
  object_class->finalize = stepcast_source_finalize;

  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_GENERATOR_TYPE] =
    g_param_spec_gtype ("generator-type", NULL, NULL, STEPCAST_TYPE_GENERATOR, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
stepcast_source_init (StepcastSource *self)
{
}

/**
 * stepcast_source_get_name:
 * @self: a source
 *
 * Returns: (transfer none): what people call it, such as "gray-scott"
 */
const char *
stepcast_source_get_name (StepcastSource *self)
{
  StepcastSourcePrivate *priv = stepcast_source_get_instance_private (self);

  return priv->name;
}

/**
 * stepcast_source_get_kind:
 * @self: a source
 *
 * Returns: (transfer none): "generator", "program" or "stream"; a static string
 */
const char *
stepcast_source_get_kind (StepcastSource *self)
{
  g_return_val_if_fail (STEPCAST_IS_SOURCE (self), NULL);

  return STEPCAST_SOURCE_GET_CLASS (self)->kind;
}

/**
 * stepcast_source_get_summary:
 * @self: a source
 *
 * Returns: (transfer none): one translated line that says what it computes
 */
const char *
stepcast_source_get_summary (StepcastSource *self)
{
  g_autoptr (GTypeClass) type_class = g_type_class_ref (stepcast_source_get_generator_type (self));
  const char *summary = STEPCAST_GENERATOR_CLASS (type_class)->summary;

  return _ (summary != NULL ? summary : STEPCAST_SOURCE_GET_CLASS (self)->summary);
}

/**
 * stepcast_source_get_generator_type:
 * @self: a source
 *
 * Returns: the type whose parameters it takes; %STEPCAST_TYPE_GENERATOR itself has none
 */
GType
stepcast_source_get_generator_type (StepcastSource *self)
{
  StepcastSourcePrivate *priv = stepcast_source_get_instance_private (self);

  return priv->generator_type;
}

/**
 * stepcast_source_create_run:
 * @self: a source
 * @number: the number of the run in its session, from 1
 * @parameters: a checked `a{sv}`
 *
 * Returns: (transfer full): a new run, which waits to be told to proceed
 */
StepcastRun *
stepcast_source_create_run (StepcastSource *self, guint number, GVariant *parameters)
{
  g_return_val_if_fail (STEPCAST_IS_SOURCE (self), NULL);

  return STEPCAST_SOURCE_GET_CLASS (self)->create_run (self, number, parameters);
}
