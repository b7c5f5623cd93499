/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-types-generator.h"

#include <math.h>

#include "stepcast-enum-types.h"
#include "stepcast-parameters.h"

#define N_STEPS 3

struct _StepcastTypesGenerator
{
  StepcastGenerator parent_instance;

  GValue values[12]; /* by property id */
  guint step;
};

enum
{
  PROP_SWITCH = 1,
  PROP_SMALL,
  PROP_COUNT,
  PROP_LARGE,
  PROP_HUGE,
  PROP_RATE,
  PROP_MODE,
  PROP_TITLE,
  PROP_INK,
  PROP_NOTE,
  PROP_SAMPLE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (StepcastTypesGenerator, stepcast_types_generator, STEPCAST_TYPE_GENERATOR)

static StepcastStepResult
stepcast_types_generator_step (StepcastGenerator *generator,
                               GCancellable *cancellable,
                               GError **error)
{
  StepcastTypesGenerator *self = STEPCAST_TYPES_GENERATOR (generator);

  return ++self->step == N_STEPS ? STEPCAST_STEP_LAST : STEPCAST_STEP_DONE;
}

static GBytes *
stepcast_types_generator_draw (StepcastGenerator *generator,
                               GCancellable *cancellable,
                               GError **error)
{
  static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

  return g_bytes_new_static (svg, sizeof svg - 1);
}

static double
stepcast_types_generator_get_progress (StepcastGenerator *generator)
{
  return STEPCAST_TYPES_GENERATOR (generator)->step / (double) N_STEPS;
}

static void
stepcast_types_generator_measure (StepcastGenerator *generator, double *values)
{
  values[0] = 0.5;
  values[1] = NAN;
}

static void
stepcast_types_generator_set_property (GObject *object,
                                       guint id,
                                       const GValue *value,
                                       GParamSpec *pspec)
{
  StepcastTypesGenerator *self = STEPCAST_TYPES_GENERATOR (object);

  if (G_IS_VALUE (&self->values[id]))
    g_value_unset (&self->values[id]);
  g_value_init (&self->values[id], pspec->value_type);
  g_value_copy (value, &self->values[id]);
}

static void
stepcast_types_generator_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (&STEPCAST_TYPES_GENERATOR (object)->values[id], value);
}

static void
stepcast_types_generator_finalize (GObject *object)
{
  StepcastTypesGenerator *self = STEPCAST_TYPES_GENERATOR (object);

  for (guint id = 1; id < N_PROPS; id++)
    g_value_unset (&self->values[id]);

  G_OBJECT_CLASS (stepcast_types_generator_parent_class)->finalize (object);
}

static void
stepcast_types_generator_class_init (StepcastTypesGeneratorClass *klass)
{
  static const StepcastMetric metrics[] = {
    { "error", "How wrong it is", "mm" },
    { "lost", "No number", NULL },
  };
  static const char *const accept[] = { "image/png", "text/*", NULL };
  static const StepcastFileRule rule = { accept, 1000000 };
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;
  const GParamFlags start = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastGeneratorClass *generator_class = STEPCAST_GENERATOR_CLASS (klass);

  object_class->set_property = stepcast_types_generator_set_property;
  object_class->get_property = stepcast_types_generator_get_property;
  object_class->finalize = stepcast_types_generator_finalize;

  generator_class->summary = "Has a “parameter” of each type";
  generator_class->metrics = metrics;
  generator_class->n_metrics = G_N_ELEMENTS (metrics);
  generator_class->step = stepcast_types_generator_step;
  generator_class->draw = stepcast_types_generator_draw;
  generator_class->get_progress = stepcast_types_generator_get_progress;
  generator_class->measure = stepcast_types_generator_measure;

  properties[PROP_SWITCH] = g_param_spec_boolean ("switch", "Switch", "On or off", FALSE, live);
  properties[PROP_SMALL] =
    g_param_spec_int ("small", "Small", "A small number", -1000, 1000, 7, live);
  properties[PROP_COUNT] =
    g_param_spec_uint ("count", "Count", "A number of things", 0, G_MAXUINT, 3, live);
  properties[PROP_LARGE] = g_param_spec_int64 ("large", "Large", "Any signed number", G_MININT64,
                                               G_MAXINT64, G_MININT64, live);
  properties[PROP_HUGE] =
    g_param_spec_uint64 ("huge", "Huge", "Any number", 0, G_MAXUINT64, G_MAXUINT64, live);
  properties[PROP_RATE] = g_param_spec_double ("rate", "Rate", "A fraction", 0, 1, 0.25, live);
  properties[PROP_MODE] =
    g_param_spec_enum ("mode", "Mode", "One of some", STEPCAST_TYPE_SESSION_STATE, 0, live);
  properties[PROP_TITLE] =
    g_param_spec_string ("title", "Title", "A \"text\"\n\\", "“a\"\\\n”", start);
  properties[PROP_INK] = g_param_spec_string ("ink", "Ink", "A colour", "#0a0b0c", live);
  properties[PROP_NOTE] = g_param_spec_string ("note", "Note", "Some lines", "one\ntwo", live);
  properties[PROP_SAMPLE] = g_param_spec_boxed ("sample", "Sample", "A file", G_TYPE_BYTES, start);
  stepcast_parameter_set_color (properties[PROP_INK]);
  stepcast_parameter_set_multiline (properties[PROP_NOTE]);
  stepcast_parameter_set_file_rule (properties[PROP_SAMPLE], &rule);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  stepcast_parameter_set_unit (properties[PROP_RATE], "Hz");
}

static void
stepcast_types_generator_init (StepcastTypesGenerator *self)
{
}
