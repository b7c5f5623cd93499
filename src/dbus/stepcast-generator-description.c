/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-generator-description.h"

#include <glib/gi18n.h>

#include "stepcast-parameters.h"

static void
add_text (GVariantDict *dict, const char *key, const char *text)
{
  g_variant_dict_insert (dict, key, "s", text);
}

/* What is said of a kind of parameter, and of no other. */
static void
add_particulars (GVariantDict *dict, GParamSpec *pspec)
{
  const char *const *accept;

  if (stepcast_parameter_is_multiline (pspec))
    g_variant_dict_insert (dict, "multiline", "b", TRUE);
  if (!stepcast_parameter_is_file (pspec))
    return;

  accept = stepcast_parameter_get_accept (pspec);
  if (accept != NULL)
    g_variant_dict_insert (dict, "accept", "^as", accept);
  g_variant_dict_insert (dict, "max-bytes", "t",
                         (guint64) stepcast_parameter_get_max_bytes (pspec));
}

static GVariant *
describe_parameter (GParamSpec *pspec)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) default_value = stepcast_parameter_get_default (pspec);
  g_autoptr (GVariant) minimum = NULL;
  g_autoptr (GVariant) maximum = NULL;
  g_auto (GStrv) choices = stepcast_parameter_list_choices (pspec);
  const char *unit = stepcast_parameter_get_unit (pspec);

  add_text (&dict, "name", pspec->name);
  add_text (&dict, "label", _ (g_param_spec_get_nick (pspec)));
  add_text (&dict, "summary", _ (g_param_spec_get_blurb (pspec)));
  add_text (&dict, "type", stepcast_parameter_get_type_name (pspec));
  add_text (&dict, "signature", g_variant_get_type_string (default_value));
  g_variant_dict_insert_value (&dict, "default", default_value);
  if (stepcast_parameter_get_bounds (pspec, &minimum, &maximum))
    {
      g_variant_dict_insert_value (&dict, "minimum", minimum);
      g_variant_dict_insert_value (&dict, "maximum", maximum);
    }
  if (choices != NULL)
    g_variant_dict_insert (&dict, "choices", "^as", choices);
  add_particulars (&dict, pspec);
  if (unit != NULL)
    add_text (&dict, "unit", _ (unit));
  g_variant_dict_insert (&dict, "live", "b", stepcast_parameter_is_live (pspec));

  return g_variant_dict_end (&dict);
}

static GVariant *
describe_parameters (GType generator_type)
{
  g_autofree GParamSpec **list = NULL;
  guint n_parameters;
  GVariantBuilder builder;

  list = stepcast_parameters_list (generator_type, &n_parameters);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < n_parameters; i++)
    g_variant_builder_add_value (&builder, describe_parameter (list[i]));

  return g_variant_builder_end (&builder);
}

static GVariant *
describe_metric (const StepcastMetric *metric)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  add_text (&dict, "name", metric->name);
  add_text (&dict, "summary", _ (metric->summary));
  if (metric->unit != NULL)
    add_text (&dict, "unit", _ (metric->unit));

  return g_variant_dict_end (&dict);
}

static GVariant *
describe_metrics (GType generator_type)
{
  g_autoptr (GTypeClass) type_class = g_type_class_ref (generator_type);
  StepcastGeneratorClass *klass = STEPCAST_GENERATOR_CLASS (type_class);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < klass->n_metrics; i++)
    g_variant_builder_add_value (&builder, describe_metric (&klass->metrics[i]));

  return g_variant_builder_end (&builder);
}

static void
add_summary (GVariantDict *dict, StepcastRegistry *registry, StepcastSource *source)
{
  add_text (dict, "name", stepcast_source_get_name (source));
  add_text (dict, "summary", stepcast_source_get_summary (source));
  g_variant_dict_insert (dict, "default", "b",
                         source == stepcast_registry_find (registry, NULL, NULL));
}

/**
 * stepcast_generator_describe_all:
 * @registry: what there is
 *
 * Returns: (transfer floating): an `aa{sv}`: what ListGenerators answers
 */
GVariant *
stepcast_generator_describe_all (StepcastRegistry *registry)
{
  GPtrArray *sources = stepcast_registry_list (registry);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < sources->len; i++)
    {
      g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

      add_summary (&dict, registry, sources->pdata[i]);
      g_variant_builder_add_value (&builder, g_variant_dict_end (&dict));
    }

  return g_variant_builder_end (&builder);
}

/**
 * stepcast_generator_describe:
 * @registry: what there is
 * @source: one of it
 *
 * Returns: (transfer floating): an `a{sv}`: what DescribeGenerator answers
 */
GVariant *
stepcast_generator_describe (StepcastRegistry *registry, StepcastSource *source)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GType generator_type = stepcast_source_get_generator_type (source);

  add_summary (&dict, registry, source);
  g_variant_dict_insert_value (&dict, "parameters", describe_parameters (generator_type));
  g_variant_dict_insert_value (&dict, "metrics", describe_metrics (generator_type));

  return g_variant_dict_end (&dict);
}
