/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-kept.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "stepcast-command.h"
#include "stepcast-error.h"
#include "stepcast-json-text.h"
#include "stepcast-picture-text.h"

/* What a picture says of itself, read: doc/protocol.md has the form. Values become the words that
 * people would type for them; whether a generator has such parameters is found out where those are
 * read. */

/* The newest form that is understood. */
#define FORMAT 1

/* An object of changes, of values, of a file. */
#define MAX_DEPTH 8

/* As far as JavaScript counts. */
#define MAX_STEP (G_GINT64_CONSTANT (1) << 53)

static void
clear_change (gpointer data)
{
  g_strfreev (((StepcastKeptChange *) data)->assignments);
}

void
stepcast_kept_free (StepcastKept *self)
{
  g_free (self->service);
  g_free (self->generator);
  g_strfreev (self->assignments);
  g_strfreev (self->missing);
  g_clear_pointer (&self->changes, g_array_unref);
  g_free (self);
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE, message);
  return FALSE;
}

static gboolean
refuse_member (GError **error, const char *name)
{
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               _ ("it is damaged: its “%s” makes no sense"), name);
  return FALSE;
}

/* ---- members ---- */

static GType
get_value_type (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) :
                                                        G_TYPE_INVALID;
}

/* Returns: (nullable): NULL where there is no such text */
static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

/* Returns: -1 where there is no such number */
static gint64
get_number (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node) : -1;
}

static gboolean
read_step (JsonObject *object, guint64 *step, GError **error)
{
  gint64 number = get_number (object, "step");

  if (number == 0)
    return refuse (error, _ ("it shows what there is before the first step"));
  if (number < 0 || number > MAX_STEP)
    return refuse_member (error, "step");
  *step = (guint64) number;
  return TRUE;
}

/* Returns: (transfer full) (nullable): NULL where it is no value */
static char *
value_to_text (JsonNode *node)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  switch (get_value_type (node))
    {
    case G_TYPE_BOOLEAN:
      return g_strdup (json_node_get_boolean (node) ? "true" : "false");
    case G_TYPE_INT64:
      return g_strdup_printf ("%" PRId64, json_node_get_int (node));
    case G_TYPE_DOUBLE:
      return g_strdup (g_ascii_dtostr (buffer, sizeof buffer, json_node_get_double (node)));
    case G_TYPE_STRING:
      return json_node_dup_string (node);
    default:
      return NULL;
    }
}

/* @files: (nullable): takes the names of those whose value is a file */
static char **
read_values (JsonObject *object, const char *name, GStrvBuilder *files, GError **error)
{
  JsonNode *values = json_object_get_member (object, name);
  g_autoptr (GStrvBuilder) assignments = g_strv_builder_new ();
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;

  if (values == NULL || !JSON_NODE_HOLDS_OBJECT (values))
    {
      refuse_member (error, name);
      return NULL;
    }

  json_object_iter_init_ordered (&iter, json_node_get_object (values));
  while (json_object_iter_next_ordered (&iter, &key, &node))
    {
      g_autofree char *text = value_to_text (node);
      g_autofree char *assignment = g_strconcat (key, "=", text, NULL);

      if (text != NULL)
        g_strv_builder_add (assignments, assignment);
      else if (JSON_NODE_HOLDS_OBJECT (node) && files != NULL)
        g_strv_builder_add (files, key);
      else
        {
          refuse_member (error, key);
          return NULL;
        }
    }
  return g_strv_builder_end (assignments);
}

/* ---- assignments ---- */

/* Returns: whether @assignment sets what @other sets */
static gboolean
sets_the_same (const char *assignment, const char *other)
{
  gsize length = strcspn (other, "=");

  return strncmp (assignment, other, length) == 0 && assignment[length] == '=';
}

static gboolean
is_set_by (const char *assignment, char **others)
{
  for (guint i = 0; others[i] != NULL; i++)
    if (sets_the_same (assignment, others[i]))
      return TRUE;
  return FALSE;
}

/* Replaces @assignments by those that @newer leaves as they are, and, if @with_newer, these. */
static void
override (char ***assignments, char **newer, gboolean with_newer)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; (*assignments)[i] != NULL; i++)
    if (!is_set_by ((*assignments)[i], newer))
      g_strv_builder_add (builder, (*assignments)[i]);
  if (with_newer)
    g_strv_builder_addv (builder, (const char **) newer);

  g_strfreev (*assignments);
  *assignments = g_strv_builder_end (builder);
}

/* ---- changes ---- */

/* Nobody can wait at the step before the first: what the first one uses is there from the
 * beginning. What comes at the same step comes together. */
static gboolean
add_change (StepcastKept *self, JsonObject *object, GError **error)
{
  StepcastKeptChange change = { 0 };
  guint n_changes = self->changes->len;
  StepcastKeptChange *last =
    n_changes > 0 ? &g_array_index (self->changes, StepcastKeptChange, n_changes - 1) : NULL;
  g_auto (GStrv) assignments = NULL;

  if (!read_step (object, &change.step, error))
    return FALSE;
  if (last != NULL && change.step < last->step)
    return refuse_member (error, "changes");
  assignments = read_values (object, "values", NULL, error);
  if (assignments == NULL)
    return FALSE;

  if (change.step == 1)
    override (&self->assignments, assignments, TRUE);
  else if (last != NULL && last->step == change.step)
    override (&last->assignments, assignments, TRUE);
  else
    {
      change.assignments = g_steal_pointer (&assignments);
      g_array_append_val (self->changes, change);
    }
  return TRUE;
}

static gboolean
read_changes (StepcastKept *self, JsonObject *object, GError **error)
{
  JsonNode *node = json_object_get_member (object, "changes");
  JsonArray *array =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node == NULL)
    return TRUE;
  if (array == NULL)
    return refuse_member (error, "changes");
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *change = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (change))
        return refuse_member (error, "changes");
      if (!add_change (self, json_node_get_object (change), error))
        return FALSE;
    }
  return TRUE;
}

/* ---- the whole ---- */

static gboolean
check_format (JsonObject *object, GError **error)
{
  const char *service = get_text (object, "service");
  gint64 format = get_number (object, "stepcast");
  g_autofree char *quoted = stepcast_error_quote (service != NULL ? service : "?");

  if (format < 1)
    return refuse_member (error, "stepcast");
  if (format == FORMAT)
    return TRUE;
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               /* TRANSLATORS: two versions of Stepcast */
               _ ("it was saved by Stepcast %s, whose pictures this one, %s, does not understand"),
               quoted, PACKAGE_VERSION);
  return FALSE;
}

static gboolean
check_source (JsonObject *object, GError **error)
{
  const char *program = get_text (object, "program");
  g_autofree char *quoted = NULL;

  if (get_text (object, "generator") != NULL)
    return TRUE;
  if (program == NULL)
    return refuse_member (error, "generator");
  quoted = stepcast_error_quote (program);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               _ ("it is of a program, “%s”, and how that was run is not in it: run it by "
                  "“stepcast run -- PROGRAM”"),
               quoted);
  return FALSE;
}

static gboolean
check_completeness (JsonObject *object, GError **error)
{
  JsonNode *node = json_object_get_member (object, "complete");

  if (node == NULL || (get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node)))
    return TRUE;
  return refuse (error, _ ("not all is in it that was changed while it was computed"));
}

static gboolean
read_all (StepcastKept *self, JsonObject *object, GError **error)
{
  g_autoptr (GStrvBuilder) files = g_strv_builder_new ();
  const char *service = get_text (object, "service");

  self->changes = g_array_new (FALSE, FALSE, sizeof (StepcastKeptChange));
  g_array_set_clear_func (self->changes, clear_change);
  if (!check_format (object, error) || !check_source (object, error) ||
      !check_completeness (object, error) || !read_step (object, &self->step, error))
    return FALSE;

  self->service = g_strdup (service != NULL ? service : "");
  self->generator = g_strdup (get_text (object, "generator"));
  self->assignments = read_values (object, "parameters", files, error);
  self->missing = g_strv_builder_end (files);
  return self->assignments != NULL && read_changes (self, object, error);
}

/**
 * stepcast_kept_parse:
 * @text: what a picture says of itself, whatever it is, in UTF-8
 * @error: %STEPCAST_ERROR_INVALID_VALUE; what goes on after the name of the file
 *
 * Returns: (transfer full) (nullable): how it was computed, or %NULL with @error set
 */
StepcastKept *
stepcast_kept_parse (const char *text, GError **error)
{
  g_autoptr (StepcastKept) self = g_new0 (StepcastKept, 1);
  g_autoptr (GError) json_error = NULL;
  g_autoptr (JsonNode) root = stepcast_json_text_parse (text, MAX_DEPTH, &json_error);

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   _ ("it is damaged: what it says of itself is no JSON object%s%s"),
                   json_error != NULL ? ": " : "", json_error != NULL ? json_error->message : "");
      return NULL;
    }
  return read_all (self, json_node_get_object (root), error) ? g_steal_pointer (&self) : NULL;
}

/**
 * stepcast_kept_read:
 * @path: of a picture
 * @error: why it can't be computed again; with its name
 *
 * Returns: (transfer full) (nullable): how it was computed, or %NULL with @error set
 */
StepcastKept *
stepcast_kept_read (const char *path, GError **error)
{
  g_autofree char *text = stepcast_picture_text_read (path, error);
  g_autofree char *name = g_filename_display_name (path);
  StepcastKept *self;

  if (text == NULL)
    return NULL;
  self = stepcast_kept_parse (text, error);
  if (self == NULL)
    g_prefix_error (error, _ ("“%s” can’t be computed again: "), name);
  return self;
}

static gboolean
check_missing (StepcastKept *self, char **assignments, GError **error)
{
  for (guint i = 0; self->missing[i] != NULL; i++)
    {
      g_autofree char *assignment = g_strconcat (self->missing[i], "=", NULL);

      if (!is_set_by (assignment, assignments))
        {
          stepcast_command_refuse (error,
                                   _ ("The file that “%s” was is not in the picture: give it by "
                                      "%s=FILE"),
                                   self->missing[i], self->missing[i]);
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * stepcast_kept_override:
 * @self: how a picture was computed
 * @assignments: (array zero-terminated=1): what is to be otherwise, from the beginning to the end
 * @error: says which file it takes
 *
 * Returns: %FALSE with @error set if something is missing
 */
gboolean
stepcast_kept_override (StepcastKept *self, char **assignments, GError **error)
{
  if (!check_missing (self, assignments, error))
    return FALSE;

  override (&self->assignments, assignments, TRUE);
  for (guint i = self->changes->len; i-- > 0;)
    {
      StepcastKeptChange *change = &g_array_index (self->changes, StepcastKeptChange, i);

      override (&change->assignments, assignments, FALSE);
      if (change->assignments[0] == NULL)
        g_array_remove_index (self->changes, i);
    }
  return TRUE;
}
