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
  g_array_unref (self->changes);
  g_free (self);
}

/* Returns: (transfer full): an `a{sv}` of what the run uses before its end */
static GVariant *
pick_live (StepcastRecipe *self, GVariant *values)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (stepcast_parameter_is_live (stepcast_parameters_find (self->generator_type, name, NULL)))
      g_variant_builder_add (&builder, "{sv}", name, value);
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

/**
 * stepcast_recipe_add:
 * @self: the recipe of a run that goes on
 * @step: the first step that uses @values
 * @after: the serial of the last frame that the run has drawn; 0 where it has drawn none
 * @values: a checked `a{sv}`; what applies only at a start is passed over
 *
 * Notes what was set. What makes more than %STEPCAST_RECIPE_MAX_BYTES is not kept, and the recipe
 * not complete any more.
 */
void
stepcast_recipe_add (StepcastRecipe *self, guint64 step, guint64 after, GVariant *values)
{
  StepcastRecipeChange change = { step, after, pick_live (self, values) };
  guint n_changes = self->changes->len;
  StepcastRecipeChange *last =
    n_changes > 0 ? &g_array_index (self->changes, StepcastRecipeChange, n_changes - 1) : NULL;

  if (g_variant_n_children (change.values) == 0)
    {
      g_variant_unref (change.values);
      return;
    }

  /* Nobody has seen a picture with the one before only. */
  if (last != NULL && last->step == step && last->after == after && self->is_complete)
    {
      g_autoptr (GVariant) added = g_steal_pointer (&change.values);

      change.values = stepcast_parameters_merge (last->values, added);
      self->n_bytes -= sizeof *last + g_variant_get_size (last->values);
      g_array_set_size (self->changes, n_changes - 1);
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
