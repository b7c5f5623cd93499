/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-recipe-json.h"

#include "stepcast-error.h"
#include "stepcast-json.h"

/* What `GET /sessions/NAME/recipe` answers, and the page writes into the pictures that it saves. */

/* Of the form; a reader refuses a newer one. */
#define FORMAT 1

static void
add_changes (JsonBuilder *builder, const StepcastRecipe *recipe)
{
  guint n_changes;
  const StepcastRecipeChange *changes = stepcast_recipe_get_changes (recipe, &n_changes);

  json_builder_set_member_name (builder, "changes");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n_changes; i++)
    {
      json_builder_begin_object (builder);
      stepcast_json_add_int (builder, "step", changes[i].step);
      stepcast_json_add_int (builder, "after", changes[i].after);
      json_builder_set_member_name (builder, "values");
      stepcast_json_add_values (builder, changes[i].values);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "complete");
  json_builder_add_boolean_value (builder, stepcast_recipe_is_complete (recipe));
}

/* A command line is nobody's business but that of who runs it: there may be anything in it. */
static void
add_source (JsonBuilder *builder, StepcastSource *source)
{
  const char *kind = stepcast_source_get_kind (source);

  stepcast_json_add_text (builder, "kind", kind);
  stepcast_json_add_text (builder, g_str_equal (kind, "generator") ? "generator" : "program",
                          stepcast_source_get_name (source));
}

/**
 * stepcast_recipe_json_new:
 * @session: a session
 * @error: %STEPCAST_ERROR_BAD_STATE before its first run
 *
 * Returns: (transfer full) (nullable): from what its present or last run is computed, or %NULL with
 *   @error set
 */
JsonBuilder *
stepcast_recipe_json_new (StepcastSession *session, GError **error)
{
  const StepcastRecipe *recipe = stepcast_session_get_recipe (session);
  JsonBuilder *builder;

  if (recipe == NULL)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_STATE,
                           "There is no recipe yet: start the session first");
      return NULL;
    }

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  stepcast_json_add_int (builder, "stepcast", FORMAT);
  stepcast_json_add_text (builder, "service", PACKAGE_VERSION);
  add_source (builder, stepcast_session_get_source (session));
  stepcast_json_add_int (builder, "run", stepcast_recipe_get_run_number (recipe));
  json_builder_set_member_name (builder, "parameters");
  stepcast_json_add_values (builder, stepcast_recipe_get_parameters (recipe));
  add_changes (builder, recipe);
  json_builder_end_object (builder);
  return builder;
}
