/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-mock-generator.h"

#include <stdio.h>

/* A generator that does as it is told, and whose pictures say what it did.
 *
 * Its parameters are "level" (live) and "size" (at the start), as any generator has them, and
 * "control": the address of the test's StepcastMockControl, which each instance keeps. */

/* How many iterations of its work pass between two looks at the cancellable. */
#define POLL_ITERATIONS 1000

struct _StepcastMockControl
{
  gatomicrefcount ref_count;

  /* Guards all that follows: the test and the workers touch it. */
  GMutex lock;
  GCond changed;

  guint work;
  guint64 last_step; /* 0: there is none */
  StepcastStepResult last_result;
  StepcastMockPhase fails_in;
  guint64 fails_at;
  GQuark fails_domain;
  int fails_code;
  StepcastMockPhase blocks_in;
  guint64 blocks_at; /* 0: at each */
  gboolean heeds_cancellable;
  StepcastMockCounts counts;
};

struct _StepcastMockGenerator
{
  StepcastGenerator parent_instance;

  StepcastMockControl *control;
  int level;
  guint size;

  /* The state: of the last complete step. */
  guint64 step;
  int step_level;
  guint32 sum;
};

enum
{
  PROP_LEVEL = 1,
  PROP_SIZE,
  PROP_CONTROL,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (StepcastMockGenerator, stepcast_mock_generator, STEPCAST_TYPE_GENERATOR)

/* ---- the control ---- */

StepcastMockControl *
stepcast_mock_control_new (void)
{
  StepcastMockControl *self = g_new0 (StepcastMockControl, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->fails_domain = G_IO_ERROR;
  self->fails_code = G_IO_ERROR_INVALID_DATA;

  return self;
}

StepcastMockControl *
stepcast_mock_control_ref (StepcastMockControl *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
stepcast_mock_control_unref (StepcastMockControl *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    {
      g_mutex_clear (&self->lock);
      g_cond_clear (&self->changed);
      g_free (self);
    }
}

/* Returns: (transfer full): an `a{sv}` for a session whose generators obey @self */
GVariant *
stepcast_mock_control_make_parameters (StepcastMockControl *self, guint size)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "control", "t", (guint64) GPOINTER_TO_SIZE (self));
  g_variant_dict_insert (&dict, "size", "u", size);

  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

/* The work of each step; it is real, and looks at the cancellable. */
void
stepcast_mock_control_set_work (StepcastMockControl *self, guint iterations)
{
  g_mutex_lock (&self->lock);
  self->work = iterations;
  g_mutex_unlock (&self->lock);
}

/* @how: STEPCAST_STEP_LAST: @step says that it is the last; STEPCAST_STEP_NONE: the one after it
 * says that there is none. */
void
stepcast_mock_control_finish_after (StepcastMockControl *self, guint64 step, StepcastStepResult how)
{
  g_mutex_lock (&self->lock);
  self->last_step = step;
  self->last_result = how;
  g_mutex_unlock (&self->lock);
}

/* Fails when the state is that of @step or, in a step, when it should become that. */
void
stepcast_mock_control_fail (StepcastMockControl *self, StepcastMockPhase phase, guint64 step)
{
  g_mutex_lock (&self->lock);
  self->fails_in = phase;
  self->fails_at = step;
  g_mutex_unlock (&self->lock);
}

/* The error of a failure; @domain 0: none, which a generator must not do. */
void
stepcast_mock_control_fail_with (StepcastMockControl *self, GQuark domain, int code)
{
  g_mutex_lock (&self->lock);
  self->fails_domain = domain;
  self->fails_code = code;
  g_mutex_unlock (&self->lock);
}

/* Blocks at @step (0: at each) until it is released or, with @heeds_cancellable, cancelled. */
void
stepcast_mock_control_block (StepcastMockControl *self,
                             StepcastMockPhase phase,
                             guint64 step,
                             gboolean heeds_cancellable)
{
  g_mutex_lock (&self->lock);
  self->blocks_in = phase;
  self->blocks_at = step;
  self->heeds_cancellable = heeds_cancellable;
  g_mutex_unlock (&self->lock);
}

/* Lets go whatever is blocked, and blocks nothing from now on. */
void
stepcast_mock_control_release (StepcastMockControl *self)
{
  g_mutex_lock (&self->lock);
  self->blocks_in = STEPCAST_MOCK_PHASE_NONE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
stepcast_mock_control_get_counts (StepcastMockControl *self, StepcastMockCounts *counts)
{
  g_mutex_lock (&self->lock);
  *counts = self->counts;
  g_mutex_unlock (&self->lock);
}

guint
stepcast_mock_control_get_n_blocked (StepcastMockControl *self)
{
  StepcastMockCounts counts;

  stepcast_mock_control_get_counts (self, &counts);
  return counts.n_blocked;
}

guint64
stepcast_mock_control_get_n_steps (StepcastMockControl *self)
{
  StepcastMockCounts counts;

  stepcast_mock_control_get_counts (self, &counts);
  return counts.n_steps;
}

guint
stepcast_mock_control_get_n_draws (StepcastMockControl *self)
{
  StepcastMockCounts counts;

  stepcast_mock_control_get_counts (self, &counts);
  return counts.n_draws;
}

guint
stepcast_mock_control_get_n_alive (StepcastMockControl *self)
{
  StepcastMockCounts counts;

  stepcast_mock_control_get_counts (self, &counts);
  return counts.n_alive;
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  StepcastMockControl *self = user_data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gboolean
is_blocked (const StepcastMockControl *self, StepcastMockPhase phase, guint64 step)
{
  return self->blocks_in == phase && (self->blocks_at == 0 || self->blocks_at == step);
}

/* In a worker: what the test wants to happen in @phase before the state of @step is reached. */
static gboolean
obey (StepcastMockControl *self,
      StepcastMockPhase phase,
      guint64 step,
      GCancellable *cancellable,
      GError **error)
{
  /* Not under the lock: both may call on_cancelled(), or wait for it. */
  gulong id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), self, NULL);
  gboolean is_cancelled = FALSE;
  gboolean fails;
  GQuark domain;
  int code;

  g_mutex_lock (&self->lock);
  if (is_blocked (self, phase, step))
    {
      self->counts.n_blocked++;
      g_main_context_wakeup (NULL);
      while (is_blocked (self, phase, step) && !is_cancelled)
        {
          is_cancelled = self->heeds_cancellable && g_cancellable_is_cancelled (cancellable);
          if (!is_cancelled)
            g_cond_wait (&self->changed, &self->lock);
        }
      self->counts.n_blocked--;
    }
  fails =
    self->fails_in == phase && (phase == STEPCAST_MOCK_PHASE_PREPARE || self->fails_at == step);
  domain = self->fails_domain;
  code = self->fails_code;
  g_mutex_unlock (&self->lock);
  g_cancellable_disconnect (cancellable, id);

  if (is_cancelled)
    return !g_cancellable_set_error_if_cancelled (cancellable, error);
  if (fails && domain != 0)
    g_set_error_literal (error, domain, code, "as it was told to");
  return !fails;
}

/* ---- the generator ---- */

static gboolean
stepcast_mock_generator_prepare (StepcastGenerator *generator,
                                 GCancellable *cancellable,
                                 GError **error)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (generator);

  g_mutex_lock (&self->control->lock);
  self->control->counts.n_prepared++;
  g_mutex_unlock (&self->control->lock);

  self->step_level = self->level;
  return obey (self->control, STEPCAST_MOCK_PHASE_PREPARE, 0, cancellable, error);
}

static gboolean
work (guint iterations, guint32 *sum, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < iterations; i++)
    {
      *sum = *sum * 1664525u + 1013904223u;
      if (i % POLL_ITERATIONS == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
    }
  return TRUE;
}

static StepcastStepResult
stepcast_mock_generator_step (StepcastGenerator *generator,
                              GCancellable *cancellable,
                              GError **error)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (generator);
  StepcastMockControl *control = self->control;
  guint32 sum = self->sum;
  StepcastStepResult result = STEPCAST_STEP_DONE;
  guint iterations;
  gboolean is_over;

  g_mutex_lock (&control->lock);
  iterations = control->work;
  is_over = control->last_step > 0 && self->step >= control->last_step;
  if (control->last_step > 0 && self->step + 1 == control->last_step &&
      control->last_result == STEPCAST_STEP_LAST)
    result = STEPCAST_STEP_LAST;
  g_mutex_unlock (&control->lock);

  if (is_over)
    return STEPCAST_STEP_NONE;
  if (!work (iterations, &sum, cancellable, error) ||
      !obey (control, STEPCAST_MOCK_PHASE_STEP, self->step + 1, cancellable, error))
    return STEPCAST_STEP_FAILED;

  self->step++;
  self->step_level = self->level;
  self->sum = sum;

  g_mutex_lock (&control->lock);
  control->counts.n_steps++;
  g_mutex_unlock (&control->lock);

  return result;
}

static GBytes *
stepcast_mock_generator_draw (StepcastGenerator *generator,
                              GCancellable *cancellable,
                              GError **error)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (generator);
  char *svg;

  g_mutex_lock (&self->control->lock);
  self->control->counts.n_draws++;
  g_mutex_unlock (&self->control->lock);

  if (!obey (self->control, STEPCAST_MOCK_PHASE_DRAW, self->step, cancellable, error))
    return NULL;

  svg = g_strdup_printf ("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\">"
                         "<text>%" G_GUINT64_FORMAT " %d %d %u</text></svg>",
                         self->step, self->step_level, self->level, self->size);
  return g_bytes_new_take (svg, strlen (svg));
}

StepcastMockPicture
stepcast_mock_picture_read (const StepcastFrame *frame)
{
  GBytes *svg = stepcast_frame_get_svg (frame);
  g_autofree char *text = g_strndup (g_bytes_get_data (svg, NULL), g_bytes_get_size (svg));
  const char *values = strstr (text, "<text>");
  StepcastMockPicture picture = { 0 };

  g_assert_nonnull (values);
  g_assert_cmpint (sscanf (values, "<text>%" G_GUINT64_FORMAT " %d %d %u", &picture.step,
                           &picture.level, &picture.shown_level, &picture.size),
                   ==, 4);
  g_assert_cmpuint (picture.step, ==, stepcast_frame_get_step (frame));
  return picture;
}

static void
stepcast_mock_generator_set_property (GObject *object,
                                      guint id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (object);

  switch (id)
    {
    case PROP_LEVEL:
      self->level = g_value_get_int (value);
      break;
    case PROP_SIZE:
      self->size = g_value_get_uint (value);
      break;
    case PROP_CONTROL:
      self->control = GSIZE_TO_POINTER (g_value_get_uint64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_mock_generator_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (object);

  switch (id)
    {
    case PROP_LEVEL:
      g_value_set_int (value, self->level);
      break;
    case PROP_SIZE:
      g_value_set_uint (value, self->size);
      break;
    case PROP_CONTROL:
      g_value_set_uint64 (value, GPOINTER_TO_SIZE (self->control));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
stepcast_mock_generator_constructed (GObject *object)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (object);

  G_OBJECT_CLASS (stepcast_mock_generator_parent_class)->constructed (object);

  /* Without one it does as it likes, which is to step for ever. */
  if (self->control == NULL)
    self->control = stepcast_mock_control_new ();
  else
    stepcast_mock_control_ref (self->control);

  g_mutex_lock (&self->control->lock);
  self->control->counts.n_alive++;
  g_mutex_unlock (&self->control->lock);
}

static void
stepcast_mock_generator_finalize (GObject *object)
{
  StepcastMockGenerator *self = STEPCAST_MOCK_GENERATOR (object);

  g_mutex_lock (&self->control->lock);
  self->control->counts.n_alive--;
  g_mutex_unlock (&self->control->lock);
  stepcast_mock_control_unref (self->control);

  G_OBJECT_CLASS (stepcast_mock_generator_parent_class)->finalize (object);
}

static void
stepcast_mock_generator_class_init (StepcastMockGeneratorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  StepcastGeneratorClass *generator_class = STEPCAST_GENERATOR_CLASS (klass);

  object_class->set_property = stepcast_mock_generator_set_property;
  object_class->get_property = stepcast_mock_generator_get_property;
  object_class->constructed = stepcast_mock_generator_constructed;
  object_class->finalize = stepcast_mock_generator_finalize;

  generator_class->summary = "Does as it is told";
  generator_class->prepare = stepcast_mock_generator_prepare;
  generator_class->step = stepcast_mock_generator_step;
  generator_class->draw = stepcast_mock_generator_draw;

  properties[PROP_LEVEL] =
    g_param_spec_int ("level", "Level", "A live parameter", -100, 100, 0,
                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  properties[PROP_SIZE] =
    g_param_spec_uint ("size", "Size", "A parameter of the start", 1, 1000, 10,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  properties[PROP_CONTROL] =
    g_param_spec_uint64 ("control", "Control", "The address of the test's control", 0, G_MAXUINT64,
                         0, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
stepcast_mock_generator_init (StepcastMockGenerator *self)
{
}
