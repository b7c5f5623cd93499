/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* What is kept of changes, values and all. Somebody who moves a slider for minutes makes thousands:
 * these are some two thousand of one number each. */
#define STEPCAST_RECIPE_MAX_BYTES (256 * 1024)

/**
 * StepcastRecipeChange:
 * @step: the first step that uses them
 * @after: the serial of the last frame that was drawn without them; 0 where there was none
 * @values: an `a{sv}` of live parameters
 *
 * What was changed while it ran. A state that stands still is drawn again with what has changed: so
 * there may be two pictures of the step before @step, and @after tells which of them is meant.
 */
typedef struct
{
  guint64 step;
  guint64 after;
  GVariant *values;
} StepcastRecipeChange;

/**
 * StepcastRecipe:
 *
 * What it takes to compute the pictures of a run again: the parameters that it began with, and what
 * was changed since. A generator with the same parameters gives the same pictures, so there is
 * nothing else. Not thread-safe.
 */
typedef struct _StepcastRecipe StepcastRecipe;

StepcastRecipe *stepcast_recipe_new (GType generator_type, guint run_number, GVariant *parameters);
void stepcast_recipe_free (StepcastRecipe *self);

void stepcast_recipe_note (StepcastRecipe *self, guint64 step, guint64 after, GVariant *parameters);

guint stepcast_recipe_get_run_number (const StepcastRecipe *self);
GVariant *stepcast_recipe_get_parameters (const StepcastRecipe *self);
gboolean stepcast_recipe_is_complete (const StepcastRecipe *self);
const StepcastRecipeChange *stepcast_recipe_get_changes (const StepcastRecipe *self,
                                                         guint *n_changes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRecipe, stepcast_recipe_free)

G_END_DECLS
