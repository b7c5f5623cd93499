/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-parameters.h"

#include <errno.h>
#include <math.h>

#include "stepcast-colour.h"
#include "stepcast-error.h"
#include "stepcast-file-value.h"
#include "stepcast-generator.h"
#include "stepcast-number.h"

/* Longer text is no parameter but data, which has other ways in. */
#define MAX_TEXT_BYTES 4096

static GQuark
unit_quark (void)
{
  return g_quark_from_static_string ("stepcast-unit");
}

/* What a GParamSpec can't say of a text. */
typedef enum
{
  TEXT_PLAIN = 0,
  TEXT_COLOR,
  TEXT_MULTILINE,
} TextKind;

static GQuark
text_kind_quark (void)
{
  return g_quark_from_static_string ("stepcast-text-kind");
}

static GQuark
file_rule_quark (void)
{
  return g_quark_from_static_string ("stepcast-file-rule");
}

static gboolean
is_parameter (const GParamSpec *pspec)
{
  return pspec->owner_type != STEPCAST_TYPE_GENERATOR &&
         g_type_is_a (pspec->owner_type, STEPCAST_TYPE_GENERATOR) &&
         (pspec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE;
}

/**
 * stepcast_parameters_list:
 * @generator_type: a type derived from #StepcastGenerator
 * @n_parameters: (out): how many there are
 *
 * Any thread.
 *
 * Returns: (transfer container) (array length=n_parameters): the parameters of @generator_type, in
 *   the order in which it declares them; owned by its class
 */
GParamSpec **
stepcast_parameters_list (GType generator_type, guint *n_parameters)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (generator_type);
  GParamSpec **list;
  guint n_properties = 0;
  guint n_kept = 0;

  list = g_object_class_list_properties (G_OBJECT_CLASS (klass), &n_properties);
  for (guint i = 0; i < n_properties; i++)
    if (is_parameter (list[i]))
      list[n_kept++] = list[i];

  *n_parameters = n_kept;
  return list;
}

static char *
join_names (GType generator_type)
{
  g_autofree GParamSpec **list = NULL;
  GString *names = g_string_new (NULL);
  guint n_parameters;

  list = stepcast_parameters_list (generator_type, &n_parameters);
  for (guint i = 0; i < n_parameters; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", list[i]->name);

  return g_string_free (names, FALSE);
}

/**
 * stepcast_parameters_find:
 * @generator_type: a type derived from #StepcastGenerator
 * @name: the name asked for, whatever it is
 * @error: names what there is
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the parameter, or %NULL with
 * %STEPCAST_ERROR_UNKNOWN_PARAMETER
 */
GParamSpec *
stepcast_parameters_find (GType generator_type, const char *name, GError **error)
{
  g_autofree GParamSpec **list = NULL;
  g_autofree char *names = NULL;
  g_autofree char *quoted = NULL;
  guint n_parameters;

  list = stepcast_parameters_list (generator_type, &n_parameters);
  for (guint i = 0; i < n_parameters; i++)
    if (g_str_equal (list[i]->name, name))
      return list[i];

  names = join_names (generator_type);
  quoted = stepcast_error_quote (name);
  if (n_parameters == 0)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER,
                 "There is no parameter “%s”: this generator takes none", quoted);
  else
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_UNKNOWN_PARAMETER,
                 "There is no parameter “%s”; there are: %s", quoted, names);
  return NULL;
}

/**
 * stepcast_parameter_set_unit:
 * @pspec: a parameter
 * @unit: a static string, such as "px"
 *
 * To be called when the class is made, before any other thread can see it.
 */
void
stepcast_parameter_set_unit (GParamSpec *pspec, const char *unit)
{
  g_param_spec_set_qdata (pspec, unit_quark (), (gpointer) unit);
}

/**
 * stepcast_parameter_get_unit:
 * @pspec: a parameter
 *
 * Returns: (nullable): its unit, or %NULL for a plain number
 */
const char *
stepcast_parameter_get_unit (GParamSpec *pspec)
{
  return g_param_spec_get_qdata (pspec, unit_quark ());
}

static TextKind
get_text_kind (GParamSpec *pspec)
{
  return (TextKind) GPOINTER_TO_INT (g_param_spec_get_qdata (pspec, text_kind_quark ()));
}

/**
 * stepcast_parameter_set_color:
 * @pspec: a parameter that is a text; its default is `#rrggbb` in lower case
 *
 * Makes it a colour. To be called when the class is made.
 */
void
stepcast_parameter_set_color (GParamSpec *pspec)
{
  g_return_if_fail (G_IS_PARAM_SPEC_STRING (pspec));

  g_param_spec_set_qdata (pspec, text_kind_quark (), GINT_TO_POINTER (TEXT_COLOR));
}

/**
 * stepcast_parameter_is_color:
 * @pspec: a parameter
 *
 * Returns: whether its values are `#rrggbb`
 */
gboolean
stepcast_parameter_is_color (GParamSpec *pspec)
{
  return get_text_kind (pspec) == TEXT_COLOR;
}

/**
 * stepcast_parameter_set_multiline:
 * @pspec: a parameter that is a text
 *
 * Says that it is meant to have more than one line. To be called when the class is made.
 */
void
stepcast_parameter_set_multiline (GParamSpec *pspec)
{
  g_return_if_fail (G_IS_PARAM_SPEC_STRING (pspec));

  g_param_spec_set_qdata (pspec, text_kind_quark (), GINT_TO_POINTER (TEXT_MULTILINE));
}

/**
 * stepcast_parameter_is_multiline:
 * @pspec: a parameter
 *
 * Returns: whether it is a text that is meant to have more than one line
 */
gboolean
stepcast_parameter_is_multiline (GParamSpec *pspec)
{
  return get_text_kind (pspec) == TEXT_MULTILINE;
}

/**
 * stepcast_parameter_set_file_rule:
 * @pspec: a parameter of the boxed type %G_TYPE_BYTES, which is a file
 * @rule: static
 *
 * To be called when the class is made. Without it any file is taken.
 */
void
stepcast_parameter_set_file_rule (GParamSpec *pspec, const StepcastFileRule *rule)
{
  g_return_if_fail (stepcast_parameter_is_file (pspec));
  g_return_if_fail (rule->max_bytes <= STEPCAST_FILE_MAX_BYTES);

  g_param_spec_set_qdata (pspec, file_rule_quark (), (gpointer) rule);
}

/**
 * stepcast_parameter_is_file:
 * @pspec: a parameter
 *
 * Returns: whether its values are files: `ay` as a #GVariant, #GBytes as a property; where there is
 *   none, empty and %NULL
 */
gboolean
stepcast_parameter_is_file (GParamSpec *pspec)
{
  return pspec->value_type == G_TYPE_BYTES;
}

/**
 * stepcast_parameter_get_accept:
 * @pspec: a parameter that is a file
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): patterns of the MIME types that it
 *   takes, or %NULL for any
 */
const char *const *
stepcast_parameter_get_accept (GParamSpec *pspec)
{
  const StepcastFileRule *rule = g_param_spec_get_qdata (pspec, file_rule_quark ());

  return rule != NULL ? rule->accept : NULL;
}

/**
 * stepcast_parameter_get_max_bytes:
 * @pspec: a parameter that is a file
 *
 * Returns: the longest that it takes
 */
gsize
stepcast_parameter_get_max_bytes (GParamSpec *pspec)
{
  const StepcastFileRule *rule = g_param_spec_get_qdata (pspec, file_rule_quark ());

  return rule != NULL && rule->max_bytes > 0 ? rule->max_bytes : STEPCAST_FILE_MAX_BYTES;
}

/**
 * stepcast_parameter_is_live:
 * @pspec: a parameter
 *
 * Returns: whether it applies at the next step; if not, it applies at the next start
 */
gboolean
stepcast_parameter_is_live (GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_CONSTRUCT_ONLY) == 0;
}

static char *
describe_choices (GParamSpec *pspec)
{
  GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  GString *text = g_string_new ("one of: ");

  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", klass->values[i].value_nick);

  return g_string_free (text, FALSE);
}

/**
 * stepcast_parameter_describe_range:
 * @pspec: a parameter
 *
 * Returns: (transfer full): what it takes, in words: "a whole number from 1 to 9"
 */
char *
stepcast_parameter_describe_range (GParamSpec *pspec)
{
  char low[G_ASCII_DTOSTR_BUF_SIZE];
  char high[G_ASCII_DTOSTR_BUF_SIZE];

  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
      return g_strdup ("true or false");
    case G_TYPE_INT:
      return g_strdup_printf ("a whole number from %d to %d", G_PARAM_SPEC_INT (pspec)->minimum,
                              G_PARAM_SPEC_INT (pspec)->maximum);
    case G_TYPE_UINT:
      return g_strdup_printf ("a whole number from %u to %u", G_PARAM_SPEC_UINT (pspec)->minimum,
                              G_PARAM_SPEC_UINT (pspec)->maximum);
    case G_TYPE_INT64:
      return g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                              G_PARAM_SPEC_INT64 (pspec)->minimum,
                              G_PARAM_SPEC_INT64 (pspec)->maximum);
    case G_TYPE_UINT64:
      return g_strdup_printf ("a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                              G_PARAM_SPEC_UINT64 (pspec)->minimum,
                              G_PARAM_SPEC_UINT64 (pspec)->maximum);
    case G_TYPE_DOUBLE:
      g_ascii_formatd (low, sizeof low, "%g", G_PARAM_SPEC_DOUBLE (pspec)->minimum);
      g_ascii_formatd (high, sizeof high, "%g", G_PARAM_SPEC_DOUBLE (pspec)->maximum);
      return g_strdup_printf ("a number from %s to %s", low, high);
    case G_TYPE_ENUM:
      return describe_choices (pspec);
    case G_TYPE_BOXED:
      return stepcast_file_value_describe_rule (stepcast_parameter_get_accept (pspec),
                                                stepcast_parameter_get_max_bytes (pspec));
    default:
      if (stepcast_parameter_is_color (pspec))
        return g_strdup ("a colour as #rrggbb");
      return g_strdup_printf ("text of at most %d bytes", MAX_TEXT_BYTES);
    }
}

/**
 * stepcast_parameter_get_bounds:
 * @pspec: a parameter
 * @minimum: (out) (transfer full): the least value, in its own type
 * @maximum: (out) (transfer full): the greatest value
 *
 * Returns: %FALSE if it is not a number
 */
gboolean
stepcast_parameter_get_bounds (GParamSpec *pspec, GVariant **minimum, GVariant **maximum)
{
#define BOUNDS(TYPE, new_variant)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    *minimum = g_variant_ref_sink (new_variant (G_PARAM_SPEC_##TYPE (pspec)->minimum));            \
    *maximum = g_variant_ref_sink (new_variant (G_PARAM_SPEC_##TYPE (pspec)->maximum));            \
    return TRUE;                                                                                   \
  }                                                                                                \
  G_STMT_END

  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_INT:
      BOUNDS (INT, g_variant_new_int32);
    case G_TYPE_UINT:
      BOUNDS (UINT, g_variant_new_uint32);
    case G_TYPE_INT64:
      BOUNDS (INT64, g_variant_new_int64);
    case G_TYPE_UINT64:
      BOUNDS (UINT64, g_variant_new_uint64);
    case G_TYPE_DOUBLE:
      BOUNDS (DOUBLE, g_variant_new_double);
    default:
      return FALSE;
    }
#undef BOUNDS
}

/**
 * stepcast_parameter_get_type_name:
 * @pspec: a parameter
 *
 * Returns: (transfer none): what the wire calls its type: "boolean", "integer", "number", "choice",
 *   "color", "file" or "text"
 */
const char *
stepcast_parameter_get_type_name (GParamSpec *pspec)
{
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
      return "boolean";
    case G_TYPE_DOUBLE:
      return "number";
    case G_TYPE_ENUM:
      return "choice";
    case G_TYPE_STRING:
      return stepcast_parameter_is_color (pspec) ? "color" : "text";
    case G_TYPE_BOXED:
      return "file";
    default:
      return "integer";
    }
}

/**
 * stepcast_parameter_list_choices:
 * @pspec: a parameter
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): what it can be, or %NULL where it
 * is no choice
 */
char **
stepcast_parameter_list_choices (GParamSpec *pspec)
{
  g_autoptr (GStrvBuilder) choices = g_strv_builder_new ();
  GEnumClass *klass;

  if (!G_IS_PARAM_SPEC_ENUM (pspec))
    return NULL;

  klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  for (guint i = 0; i < klass->n_values; i++)
    g_strv_builder_add (choices, klass->values[i].value_nick);
  return g_strv_builder_end (choices);
}

/* Shares the bytes. */
static GVariant *
bytes_to_variant (GBytes *bytes)
{
  g_autoptr (GBytes) none = bytes == NULL ? g_bytes_new_static (NULL, 0) : NULL;

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes != NULL ? bytes : none, TRUE);
}

static GVariant *
value_to_variant (const GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      return g_variant_new_boolean (g_value_get_boolean (value));
    case G_TYPE_INT:
      return g_variant_new_int32 (g_value_get_int (value));
    case G_TYPE_UINT:
      return g_variant_new_uint32 (g_value_get_uint (value));
    case G_TYPE_INT64:
      return g_variant_new_int64 (g_value_get_int64 (value));
    case G_TYPE_UINT64:
      return g_variant_new_uint64 (g_value_get_uint64 (value));
    case G_TYPE_DOUBLE:
      return g_variant_new_double (g_value_get_double (value));
    case G_TYPE_ENUM:
      {
        g_autoptr (GEnumClass) klass = g_type_class_ref (G_VALUE_TYPE (value));

        return g_variant_new_string (
          g_enum_get_value (klass, g_value_get_enum (value))->value_nick);
      }
    case G_TYPE_STRING:
      return g_variant_new_string (g_value_get_string (value) ? g_value_get_string (value) : "");
    case G_TYPE_BOXED:
      return bytes_to_variant (g_value_get_boxed (value));
    default:
      g_return_val_if_reached (NULL);
    }
}

/* @variant is of the type that value_to_variant() gives for @pspec. */
static void
variant_to_value (GParamSpec *pspec, GVariant *variant, GValue *value)
{
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    {
      const GEnumValue *choice = g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (pspec)->enum_class,
                                                           g_variant_get_string (variant, NULL));

      g_value_init (value, pspec->value_type);
      g_value_set_enum (value, choice->value);
    }
  else if (stepcast_parameter_is_file (pspec))
    {
      g_value_init (value, G_TYPE_BYTES);
      if (g_variant_get_size (variant) > 0)
        g_value_take_boxed (value, g_variant_get_data_as_bytes (variant));
    }
  else
    {
      g_dbus_gvariant_to_gvalue (variant, value);
    }
}

/**
 * stepcast_parameter_get_default:
 * @pspec: a parameter
 *
 * Returns: (transfer full): its default value, in its own type
 */
GVariant *
stepcast_parameter_get_default (GParamSpec *pspec)
{
  return g_variant_ref_sink (value_to_variant (g_param_spec_get_default_value (pspec)));
}

static GVariant *
refuse (GParamSpec *pspec, const char *given, GError **error)
{
  g_autofree char *range = stepcast_parameter_describe_range (pspec);
  g_autofree char *quoted = stepcast_error_quote (given);

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%s” is no value for “%s”: it takes %s", quoted, pspec->name, range);
  return NULL;
}

/* Takes @value, of the parameter's own type, if it is in range. */
static GVariant *
check_range (GParamSpec *pspec, GValue *value, const char *given, GError **error)
{
  gboolean changed = g_param_value_validate (pspec, value);
  GVariant *variant = changed ? refuse (pspec, given, error) : value_to_variant (value);

  g_value_unset (value);
  return variant != NULL ? g_variant_ref_sink (variant) : NULL;
}

static gboolean
parse_boolean (const char *text, gboolean *value)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  *value = g_strv_contains (yes, text);
  return *value || g_strv_contains (no, text);
}

static gboolean
parse_double (const char *text, double *value)
{
  char *end;

  errno = 0;
  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && !g_ascii_isspace (*text) && isfinite (*value);
}

/* Integers come as the widest that hold them: what they are converted to is checked there. */
static GVariant *
parse_integer (const char *text)
{
  gint64 number;
  guint64 natural;

  if (g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &number, NULL))
    return g_variant_new_int64 (number);
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &natural, NULL))
    return g_variant_new_uint64 (natural);
  return NULL;
}

/**
 * stepcast_parameter_parse:
 * @pspec: a parameter
 * @text: a value as people write it, whatever it is
 * @error: says what the parameter takes
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the value in the parameter's own type, or %NULL with
 *   %STEPCAST_ERROR_INVALID_VALUE
 */
GVariant *
stepcast_parameter_parse (GParamSpec *pspec, const char *text, GError **error)
{
  g_autoptr (GVariant) loose = NULL;
  gboolean flag;
  double number;

  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
      loose = parse_boolean (text, &flag) ? g_variant_new_boolean (flag) : NULL;
      break;
    case G_TYPE_DOUBLE:
      loose = parse_double (text, &number) ? g_variant_new_double (number) : NULL;
      break;
    case G_TYPE_ENUM:
    case G_TYPE_STRING:
      loose = g_utf8_validate (text, -1, NULL) ? g_variant_new_string (text) : NULL;
      break;
    case G_TYPE_BOXED:
      break; /* a name is no content, and no path from outside is ever opened here */
    default:
      loose = parse_integer (text);
      break;
    }

  if (loose == NULL)
    return refuse (pspec, text, error);

  g_variant_ref_sink (loose);
  return stepcast_parameter_convert (pspec, loose, error);
}

static gboolean
set_text (GValue *value, GParamSpec *pspec, const char *text)
{
  const GEnumValue *choice;

  if (stepcast_parameter_is_color (pspec))
    {
      g_value_take_string (value, stepcast_colour_normalize (text));
      return g_value_get_string (value) != NULL;
    }
  if (G_IS_PARAM_SPEC_STRING (pspec))
    {
      g_value_set_string (value, text);
      return strlen (text) <= MAX_TEXT_BYTES;
    }

  choice = g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (pspec)->enum_class, text);
  if (choice != NULL)
    g_value_set_enum (value, choice->value);
  return choice != NULL;
}

/* Keeps the bytes where they are. */
static GVariant *
convert_file (GParamSpec *pspec, GVariant *variant, GError **error)
{
  g_autofree char *given = NULL;
  gconstpointer data;
  gsize size;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
    {
      given = stepcast_error_quote_value (variant, FALSE);
      return refuse (pspec, given, error);
    }

  data = g_variant_get_fixed_array (variant, &size, 1);
  if (!stepcast_file_value_check (data, size, stepcast_parameter_get_accept (pspec),
                                  stepcast_parameter_get_max_bytes (pspec), pspec->name, error))
    return NULL;
  return g_variant_ref (variant);
}

/**
 * stepcast_parameter_convert:
 * @pspec: a parameter
 * @variant: a value of any type
 * @error: says what the parameter takes
 *
 * Converts @variant to the parameter's own type where nothing is lost: any
 * integer or whole double to an integer that holds it, an integer of at most
 * 53 bits to a double, a nick to an enumeration, a colour to lower case. A file
 * is `ay`, and its content decides. Any thread.
 *
 * Returns: (transfer full) (nullable): the value, or %NULL with %STEPCAST_ERROR_INVALID_VALUE
 */
GVariant *
stepcast_parameter_convert (GParamSpec *pspec, GVariant *variant, GError **error)
{
  GType type = G_TYPE_FUNDAMENTAL (pspec->value_type);
  GValue value = G_VALUE_INIT;
  gboolean is_set;
  g_autofree char *given = NULL;

  if (stepcast_parameter_is_file (pspec))
    return convert_file (pspec, variant, error);

  given = stepcast_error_quote_value (variant, FALSE);
  g_value_init (&value, pspec->value_type);
  if (type == G_TYPE_BOOLEAN)
    {
      is_set = g_variant_is_of_type (variant, G_VARIANT_TYPE_BOOLEAN);
      if (is_set)
        g_value_set_boolean (&value, g_variant_get_boolean (variant));
    }
  else if (type == G_TYPE_ENUM || type == G_TYPE_STRING)
    {
      is_set = g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING) &&
               set_text (&value, pspec, g_variant_get_string (variant, NULL));
    }
  else
    {
      is_set = stepcast_number_convert (variant, &value);
    }

  if (!is_set)
    {
      g_value_unset (&value);
      return refuse (pspec, given, error);
    }
  return check_range (pspec, &value, given, error);
}

/**
 * stepcast_parameters_check:
 * @generator_type: a type derived from #StepcastGenerator
 * @values: an `a{sv}`, whatever is in it
 * @error: names the first that is unknown or out of range
 *
 * Checks all of @values, and gives them back in the parameters' own types. Any thread.
 *
 * Returns: (transfer full) (nullable): an `a{sv}` to be merged or applied, or %NULL with
 *   %STEPCAST_ERROR_UNKNOWN_PARAMETER or %STEPCAST_ERROR_INVALID_VALUE
 */
GVariant *
stepcast_parameters_check (GType generator_type, GVariant *values, GError **error)
{
  g_auto (GVariantBuilder) checked = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      GParamSpec *pspec = stepcast_parameters_find (generator_type, name, error);
      g_autoptr (GVariant) converted =
        pspec != NULL ? stepcast_parameter_convert (pspec, value, error) : NULL;

      if (converted == NULL)
        {
          g_variant_unref (value);
          return NULL;
        }
      g_variant_builder_add (&checked, "{sv}", name, converted);
    }

  return g_variant_ref_sink (g_variant_builder_end (&checked));
}

/**
 * stepcast_parameters_defaults:
 * @generator_type: a type derived from #StepcastGenerator
 *
 * Returns: (transfer full): an `a{sv}` of each parameter's default
 */
GVariant *
stepcast_parameters_defaults (GType generator_type)
{
  g_auto (GVariantBuilder) defaults = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autofree GParamSpec **list = NULL;
  guint n_parameters;

  list = stepcast_parameters_list (generator_type, &n_parameters);
  for (guint i = 0; i < n_parameters; i++)
    {
      g_autoptr (GVariant) value = stepcast_parameter_get_default (list[i]);

      g_variant_builder_add (&defaults, "{sv}", list[i]->name, value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&defaults));
}

/**
 * stepcast_parameters_summarize:
 * @values: an `a{sv}`
 *
 * For those who look on: who reads parameters now and then does not want files each time.
 *
 * Returns: (transfer full): an `a{sv}` in which a text says of each file what it is
 */
GVariant *
stepcast_parameters_summarize (GVariant *values)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autofree char *summary = g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING) ?
                                   stepcast_file_value_summarize (value) :
                                   NULL;

      g_variant_builder_add (&builder, "{sv}", name,
                             summary != NULL ? g_variant_new_string (summary) : value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * stepcast_parameters_merge:
 * @values: an `a{sv}`
 * @changes: an `a{sv}` that wins over it
 *
 * Returns: (transfer full): an `a{sv}` of both, in the order of @values; what is only in @changes
 *   comes after them
 */
GVariant *
stepcast_parameters_merge (GVariant *values, GVariant *changes)
{
  g_auto (GVariantDict) changed = G_VARIANT_DICT_INIT (changes);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) change = g_variant_dict_lookup_value (&changed, name, NULL);

      g_variant_builder_add (&builder, "{sv}", name, change != NULL ? change : value);
      g_variant_dict_remove (&changed, name);
    }

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (g_variant_dict_remove (&changed, name))
      g_variant_builder_add (&builder, "{sv}", name, value);

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * stepcast_parameters_apply:
 * @generator: a generator of which no slice runs
 * @values: a checked `a{sv}` for its type; what applies only at a start is passed over
 *
 * Sets the live parameters of @generator.
 */
void
stepcast_parameters_apply (GObject *generator, GVariant *values)
{
  GVariantIter iter;
  const char *name;
  GVariant *variant;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &variant))
    {
      GParamSpec *pspec = stepcast_parameters_find (G_OBJECT_TYPE (generator), name, NULL);
      g_auto (GValue) value = G_VALUE_INIT;

      g_assert (pspec != NULL);
      if (!stepcast_parameter_is_live (pspec))
        continue;
      variant_to_value (pspec, variant, &value);
      g_object_set_property (generator, name, &value);
    }
}

/**
 * stepcast_parameters_construct:
 * @generator_type: a type derived from #StepcastGenerator
 * @values: a checked `a{sv}` for it
 *
 * Returns: (transfer full): a new generator with these parameters
 */
GObject *
stepcast_parameters_construct (GType generator_type, GVariant *values)
{
  gsize n_values = g_variant_n_children (values);
  g_autofree const char **names = g_new0 (const char *, n_values + 1);
  g_autofree GValue *gvalues = g_new0 (GValue, n_values + 1);
  GObject *generator;

  for (gsize i = 0; i < n_values; i++)
    {
      g_autoptr (GVariant) variant = NULL;
      GParamSpec *pspec;

      g_variant_get_child (values, i, "{&sv}", &names[i], &variant);
      pspec = stepcast_parameters_find (generator_type, names[i], NULL);
      g_assert (pspec != NULL);
      variant_to_value (pspec, variant, &gvalues[i]);
    }

  generator = g_object_new_with_properties (generator_type, (guint) n_values, names, gvalues);
  for (gsize i = 0; i < n_values; i++)
    g_value_unset (&gvalues[i]);

  return generator;
}
