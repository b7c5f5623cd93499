/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-json.h"

#include <math.h>

#include <glib/gi18n.h>

#include "stepcast-error.h"
#include "stepcast-file-value.h"
#include "stepcast-parameters.h"

/* Integers above this are not exact in a reader whose numbers are doubles (RFC 8259, section 6). */
#define MAX_EXACT_INTEGER (G_GINT64_CONSTANT (1) << 53)

/**
 * stepcast_json_quote:
 * @text: in UTF-8
 *
 * Returns: (transfer full): @text as a JSON string, quotes included
 */
char *
stepcast_json_quote (const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return json_to_string (node, FALSE);
}

/**
 * stepcast_json_take_text:
 * @builder: (transfer full): a builder whose root is complete
 *
 * Returns: (transfer full): what was built, in one line
 */
char *
stepcast_json_take_text (JsonBuilder *builder)
{
  g_autoptr (JsonBuilder) owned = builder;
  g_autoptr (JsonNode) root = json_builder_get_root (owned);

  return json_to_string (root, FALSE);
}

/**
 * stepcast_json_add_text:
 * @builder: a builder within an object
 * @name: of a member
 * @value: its value, in UTF-8
 */
void
stepcast_json_add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

/**
 * stepcast_json_add_int:
 * @builder: a builder within an object
 * @name: of a member
 * @value: its value, of at most 53 bits
 */
void
stepcast_json_add_int (JsonBuilder *builder, const char *name, guint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, (gint64) value);
}

static void
add_integer (JsonBuilder *builder, gint64 value)
{
  if (value >= -MAX_EXACT_INTEGER && value <= MAX_EXACT_INTEGER)
    {
      json_builder_add_int_value (builder, value);
    }
  else
    {
      g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, value);

      json_builder_add_string_value (builder, text);
    }
}

static void
add_natural (JsonBuilder *builder, guint64 value)
{
  if (value <= (guint64) MAX_EXACT_INTEGER)
    {
      json_builder_add_int_value (builder, (gint64) value);
    }
  else
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

      json_builder_add_string_value (builder, text);
    }
}

/**
 * stepcast_json_add_actor:
 * @builder: within an object
 * @name: the member's name
 * @actor: (nullable): who made a change; %NULL is null
 */
void
stepcast_json_add_actor (JsonBuilder *builder, const char *name, const StepcastActor *actor)
{
  json_builder_set_member_name (builder, name);
  if (actor == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }

  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "kind", stepcast_actor_get_kind_nick (actor));
  stepcast_json_add_text (builder, "id", stepcast_actor_get_id (actor));
  json_builder_end_object (builder);
}

/* What it is, and not its bytes. */
static void
add_file (JsonBuilder *builder, GVariant *value)
{
  gsize size;
  gconstpointer data = g_variant_get_fixed_array (value, &size, 1);
  g_autofree char *type = NULL;

  if (size == 0)
    {
      json_builder_add_null_value (builder);
      return;
    }

  type = stepcast_file_value_guess_type (data, size);
  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "type", type);
  stepcast_json_add_int (builder, "bytes", size);
  json_builder_end_object (builder);
}

/**
 * stepcast_json_add_value:
 * @builder: a builder
 * @value: a parameter's value, in its own type
 *
 * Of a file it tells the type and the length; null where there is none.
 */
void
stepcast_json_add_value (JsonBuilder *builder, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    json_builder_add_boolean_value (builder, g_variant_get_boolean (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    json_builder_add_double_value (builder, g_variant_get_double (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    add_integer (builder, g_variant_get_int32 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    add_natural (builder, g_variant_get_uint32 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    add_integer (builder, g_variant_get_int64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    add_natural (builder, g_variant_get_uint64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    add_file (builder, value);
  else
    json_builder_add_string_value (builder, g_variant_get_string (value, NULL));
}

/**
 * stepcast_json_add_values:
 * @builder: a builder
 * @values: an `a{sv}` of parameters
 */
void
stepcast_json_add_values (JsonBuilder *builder, GVariant *values)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  json_builder_begin_object (builder);
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      json_builder_set_member_name (builder, name);
      stepcast_json_add_value (builder, value);
    }
  json_builder_end_object (builder);
}

/**
 * stepcast_json_add_reason:
 * @builder: a builder
 * @reason: (nullable): an error
 */
void
stepcast_json_add_reason (JsonBuilder *builder, const GError *reason)
{
  if (reason == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }

  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "code", stepcast_error_nick (reason));
  stepcast_json_add_text (builder, "message", reason->message);
  json_builder_end_object (builder);
}

static void
add_texts (JsonBuilder *builder, const char *name, const char *const *texts)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; texts[i] != NULL; i++)
    json_builder_add_string_value (builder, texts[i]);
  json_builder_end_array (builder);
}

/* What is said of a kind of parameter, and of no other. */
static void
add_particulars (JsonBuilder *builder, GParamSpec *pspec)
{
  const char *const *accept;

  if (stepcast_parameter_is_multiline (pspec))
    {
      json_builder_set_member_name (builder, "multiline");
      json_builder_add_boolean_value (builder, TRUE);
    }
  if (!stepcast_parameter_is_file (pspec))
    return;

  accept = stepcast_parameter_get_accept (pspec);
  if (accept != NULL)
    add_texts (builder, "accept", accept);
  stepcast_json_add_int (builder, "max-bytes", stepcast_parameter_get_max_bytes (pspec));
}

static void
add_parameter (JsonBuilder *builder, GParamSpec *pspec, GVariant *value)
{
  g_autoptr (GVariant) default_value = stepcast_parameter_get_default (pspec);
  const char *unit = stepcast_parameter_get_unit (pspec);
  g_autoptr (GVariant) minimum = NULL;
  g_autoptr (GVariant) maximum = NULL;
  g_auto (GStrv) choices = stepcast_parameter_list_choices (pspec);

  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "name", pspec->name);
  stepcast_json_add_text (builder, "label", _ (g_param_spec_get_nick (pspec)));
  stepcast_json_add_text (builder, "description", _ (g_param_spec_get_blurb (pspec)));
  stepcast_json_add_text (builder, "type", stepcast_parameter_get_type_name (pspec));
  json_builder_set_member_name (builder, "default");
  stepcast_json_add_value (builder, default_value);
  json_builder_set_member_name (builder, "value");
  stepcast_json_add_value (builder, value != NULL ? value : default_value);
  if (stepcast_parameter_get_bounds (pspec, &minimum, &maximum))
    {
      json_builder_set_member_name (builder, "minimum");
      stepcast_json_add_value (builder, minimum);
      json_builder_set_member_name (builder, "maximum");
      stepcast_json_add_value (builder, maximum);
    }
  if (choices != NULL)
    add_texts (builder, "choices", (const char *const *) choices);
  add_particulars (builder, pspec);
  if (unit != NULL)
    {
      stepcast_json_add_text (builder, "unit", _ (unit));
    }
  json_builder_set_member_name (builder, "live");
  json_builder_add_boolean_value (builder, stepcast_parameter_is_live (pspec));
  json_builder_end_object (builder);
}

/**
 * stepcast_json_add_parameters:
 * @builder: a builder
 * @generator_type: whose parameters
 * @values: (nullable): an `a{sv}` of their present values; %NULL for the defaults
 *
 * Adds a list of parameter specs.
 */
void
stepcast_json_add_parameters (JsonBuilder *builder, GType generator_type, GVariant *values)
{
  g_autofree GParamSpec **list = NULL;
  guint n_parameters;

  list = stepcast_parameters_list (generator_type, &n_parameters);
  json_builder_begin_array (builder);
  for (guint i = 0; i < n_parameters; i++)
    {
      g_autoptr (GVariant) value =
        values != NULL ? g_variant_lookup_value (values, list[i]->name, NULL) : NULL;

      add_parameter (builder, list[i], value);
    }
  json_builder_end_array (builder);
}

/**
 * stepcast_json_add_metric_specs:
 * @builder: a builder
 * @generator_type: whose metrics
 */
void
stepcast_json_add_metric_specs (JsonBuilder *builder, GType generator_type)
{
  g_autoptr (GTypeClass) type_class = g_type_class_ref (generator_type);
  StepcastGeneratorClass *klass = STEPCAST_GENERATOR_CLASS (type_class);

  json_builder_begin_array (builder);
  for (guint i = 0; i < klass->n_metrics; i++)
    {
      const StepcastMetric *metric = &klass->metrics[i];

      json_builder_begin_object (builder);
      stepcast_json_add_text (builder, "name", metric->name);
      stepcast_json_add_text (builder, "summary", _ (metric->summary));
      if (metric->unit != NULL)
        {
          stepcast_json_add_text (builder, "unit", _ (metric->unit));
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/* As of its last step. */
static void
add_metrics (JsonBuilder *builder, StepcastSession *session)
{
  GType generator_type = stepcast_source_get_generator_type (stepcast_session_get_source (session));
  g_autoptr (GTypeClass) type_class = g_type_class_ref (generator_type);
  StepcastGeneratorClass *klass = STEPCAST_GENERATOR_CLASS (type_class);
  const StepcastProgress *progress = stepcast_session_get_progress (session);

  json_builder_begin_object (builder);
  for (guint i = 0; i < progress->n_metrics && i < klass->n_metrics; i++)
    {
      json_builder_set_member_name (builder, klass->metrics[i].name);
      if (isfinite (progress->metrics[i]))
        json_builder_add_double_value (builder, progress->metrics[i]);
      else
        json_builder_add_null_value (builder);
    }
  json_builder_end_object (builder);
}

/* @fraction: from 0 to 1; -1, which becomes null, where it is not known */
static void
add_fraction (JsonBuilder *builder, double fraction)
{
  if (fraction >= 0)
    json_builder_add_double_value (builder, fraction);
  else
    json_builder_add_null_value (builder);
}

/**
 * stepcast_json_add_progress:
 * @builder: within an object
 * @session: a session
 *
 * Adds how far it is: "step", "fraction" and "metrics".
 */
void
stepcast_json_add_progress (JsonBuilder *builder, StepcastSession *session)
{
  const StepcastProgress *progress = stepcast_session_get_progress (session);

  stepcast_json_add_int (builder, "step", progress->step);
  json_builder_set_member_name (builder, "fraction");
  add_fraction (builder, progress->fraction);
  json_builder_set_member_name (builder, "metrics");
  add_metrics (builder, session);
}

/**
 * stepcast_json_add_cause:
 * @builder: within an object
 * @session: a session
 *
 * Adds why its state is what it is: "reason", "by" and "held-by".
 */
void
stepcast_json_add_cause (JsonBuilder *builder, StepcastSession *session)
{
  json_builder_set_member_name (builder, "reason");
  stepcast_json_add_reason (builder, stepcast_session_get_reason (session));
  stepcast_json_add_actor (builder, "by", stepcast_session_get_actor (session));
  stepcast_json_add_actor (builder, "held-by", stepcast_session_get_holder (session));
}

static const char *
get_upload (JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *id = object != NULL && json_object_get_size (object) == 1 ?
                   json_object_get_member (object, "upload") :
                   NULL;

  return id != NULL && JSON_NODE_HOLDS_VALUE (id) &&
             json_node_get_value_type (id) == G_TYPE_STRING ?
           json_node_get_string (id) :
           NULL;
}

/* A file is uploaded before, and named here by what that was answered; null is none. */
static GVariant *
read_file (JsonNode *node, GParamSpec *pspec, GError **error)
{
  const char *upload = get_upload (node);
  g_autofree char *range = NULL;

  if (upload != NULL)
    return g_variant_ref_sink (g_variant_new (STEPCAST_JSON_UPLOAD_TYPE, upload));
  if (JSON_NODE_HOLDS_NULL (node))
    return stepcast_parameter_get_default (pspec);

  range = stepcast_parameter_describe_range (pspec);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%s” takes %s: send it by POST /uploads, and set {\"upload\":\"ID\"}, or null for "
               "none",
               pspec->name, range);
  return NULL;
}

static GVariant *
read_plain_value (JsonNode *node, GParamSpec *pspec, GError **error)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  g_autofree char *given = NULL;
  g_autofree char *quoted = NULL;

  switch (type)
    {
    case G_TYPE_BOOLEAN:
      return g_variant_ref_sink (g_variant_new_boolean (json_node_get_boolean (node)));
    case G_TYPE_INT64:
      return g_variant_ref_sink (g_variant_new_int64 (json_node_get_int (node)));
    case G_TYPE_DOUBLE:
      return g_variant_ref_sink (g_variant_new_double (json_node_get_double (node)));
    case G_TYPE_STRING:
      /* An integer of more than 53 bits is a string on the wire. */
      if (G_IS_PARAM_SPEC_INT64 (pspec) || G_IS_PARAM_SPEC_UINT64 (pspec))
        return stepcast_parameter_parse (pspec, json_node_get_string (node), error);
      return g_variant_ref_sink (g_variant_new_string (json_node_get_string (node)));
    default:
      given = json_to_string (node, FALSE);
      quoted = stepcast_error_quote (given);
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” is no value for “%s”: it is neither a number, a text, true nor false",
                   quoted, pspec->name);
      return NULL;
    }
}

static GVariant *
read_value (JsonNode *node, GParamSpec *pspec, GError **error)
{
  if (stepcast_parameter_is_file (pspec))
    return read_file (node, pspec, error);
  return read_plain_value (node, pspec, error);
}

/**
 * stepcast_json_read_values:
 * @values: name to value, whatever is in it
 * @generator_type: whose parameters they are meant to be
 * @error: names the first that is none, or of no type that a parameter has
 *
 * An upload that a file is set to comes as %STEPCAST_JSON_UPLOAD_TYPE: see stepcast-uploads.c.
 *
 * Returns: (transfer full) (nullable): an `a{sv}` to be checked, or %NULL with @error set
 */
GVariant *
stepcast_json_read_values (JsonObject *values, GType generator_type, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, values);
  while (json_object_iter_next (&iter, &name, &node))
    {
      GParamSpec *pspec = stepcast_parameters_find (generator_type, name, error);
      g_autoptr (GVariant) value = pspec != NULL ? read_value (node, pspec, error) : NULL;

      if (value == NULL)
        return NULL;
      g_variant_builder_add (&builder, "{sv}", name, value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
