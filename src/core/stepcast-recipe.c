/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-recipe.h"

#include "stepcast-parameters.h"

struct _StepcastRecipe
{
  GType generator_type;
  guint run_number;
  GVariant *parameters; /* a{sv}: at its beginning */
  GVariant *present;    /* a{sv}: as they were last set */
  GArray *changes;      /* of StepcastRecipeChange, in their order */
  gsize n_bytes;        /* that they take */
  gboolean is_complete;
};

static void
clear_change (gpointer data)
{
  StepcastRecipeChange *change = data;

  g_variant_unref (change->values);
}

/**
 * stepcast_recipe_new:
 * @generator_type: whose parameters they are
 * @run_number: of the run that begins
 * @parameters: an `a{sv}` of all that it begins with
 *
 * Returns: (transfer full): a recipe without changes
 */
StepcastRecipe *
stepcast_recipe_new (GType generator_type, guint run_number, GVariant *parameters)
{
  StepcastRecipe *self = g_new0 (StepcastRecipe, 1);

  self->generator_type = generator_type;
  self->run_number = run_number;
  self->parameters = g_variant_ref (parameters);
  self->present = g_variant_ref (parameters);
  self->changes = g_array_new (FALSE, FALSE, sizeof (StepcastRecipeChange));
  g_array_set_clear_func (self->changes, clear_change);
  self->is_complete = TRUE;
  return self;
}

void
stepcast_recipe_free (StepcastRecipe *self)
{
  g_return_if_fail (self != NULL);

  g_variant_unref (self->parameters);
  g_variant_unref (self->present);
  g_array_unref (self->changes);
  g_free (self);
}

/* Returns: (transfer full): an `a{sv}` of what is new in @parameters, and used by the run that goes
 * on */
static GVariant *
pick_changes (StepcastRecipe *self, GVariant *parameters)
{
  g_auto (GVariantDict) before = G_VARIANT_DICT_INIT (self->present);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, parameters);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) old = g_variant_dict_lookup_value (&before, name, NULL);

      if ((old == NULL || !g_variant_equal (old, value)) &&
          stepcast_parameter_is_live (stepcast_parameters_find (self->generator_type, name, NULL)))
        g_variant_builder_add (&builder, "{sv}", name, value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
add_change (StepcastRecipe *self, const StepcastRecipeChange *change)
{
  gsize n_bytes = sizeof *change + g_variant_get_size (change->values);

  /* What comes after something that is missing would be wrong without it. */
  if (!self->is_complete || n_bytes > STEPCAST_RECIPE_MAX_BYTES - self->n_bytes)
    {
      self->is_complete = FALSE;
      g_variant_unref (change->values);
      return;
    }

  self->n_bytes += n_bytes;
  g_array_append_vals (self->changes, change, 1);
}

/* The last change, if nobody has seen a picture with it yet. */
static StepcastRecipeChange *
find_unseen (StepcastRecipe *self, guint64 step, guint64 after)
{
  guint n_changes = self->changes->len;
  StepcastRecipeChange *last;

  if (n_changes == 0 || !self->is_complete)
    return NULL;
  last = &g_array_index (self->changes, StepcastRecipeChange, n_changes - 1);
  return last->step == step && last->after == after ? last : NULL;
}

/**
 * stepcast_recipe_note:
 * @self: the recipe of a run that goes on
 * @step: the first step that uses @parameters
 * @after: the serial of the last frame that the run has drawn; 0 where it has drawn none
 * @parameters: a checked `a{sv}` of all parameters, as they are now set; what applies only at a
 *   start is passed over
 *
 * Notes what was changed. What makes more than %STEPCAST_RECIPE_MAX_BYTES is not kept, and the
 * recipe not complete any more.
 */
void
stepcast_recipe_note (StepcastRecipe *self, guint64 step, guint64 after, GVariant *parameters)
{
  StepcastRecipeChange change = { step, after, pick_changes (self, parameters) };
  StepcastRecipeChange *unseen = find_unseen (self, step, after);

  g_variant_unref (self->present);
  self->present = g_variant_ref (parameters);
  if (g_variant_n_children (change.values) == 0)
    {
      g_variant_unref (change.values);
      return;
    }

  if (unseen != NULL)
    {
      g_autoptr (GVariant) newer = g_steal_pointer (&change.values);

      change.values = stepcast_parameters_merge (unseen->values, newer);
      self->n_bytes -= sizeof *unseen + g_variant_get_size (unseen->values);
      g_array_set_size (self->changes, self->changes->len - 1);
    }
  add_change (self, &change);
}

guint
stepcast_recipe_get_run_number (const StepcastRecipe *self)
{
  return self->run_number;
}

/**
 * stepcast_recipe_get_parameters:
 * @self: a recipe
 *
 * Returns: (transfer none): an `a{sv}` of all parameters at the beginning of the run
 */
GVariant *
stepcast_recipe_get_parameters (const StepcastRecipe *self)
{
  return self->parameters;
}

/**
 * stepcast_recipe_is_complete:
 * @self: a recipe
 *
 * Returns: %FALSE if there were more changes than are kept
 */
gboolean
stepcast_recipe_is_complete (const StepcastRecipe *self)
{
  return self->is_complete;
}

/**
 * stepcast_recipe_get_changes:
 * @self: a recipe
 * @n_changes: (out): how many there are
 *
 * Returns: (transfer none) (array length=n_changes): what was changed, in that order
 */
const StepcastRecipeChange *
stepcast_recipe_get_changes (const StepcastRecipe *self, guint *n_changes)
{
  *n_changes = self->changes->len;
  return (const StepcastRecipeChange *) (const void *) self->changes->data;
}
