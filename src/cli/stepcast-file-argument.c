/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-file-argument.h"

#include <glib/gi18n.h>

#include "stepcast-error.h"
#include "stepcast-file-value.h"

/* A parameter that is a file: the person names one of theirs, and what is in it goes to the
 * service, which opens no file that anybody names. The service checks it again. */

static guint64
get_max_bytes (GVariant *parameter)
{
  guint64 max_bytes = STEPCAST_FILE_MAX_BYTES;

  g_variant_lookup (parameter, "max-bytes", "t", &max_bytes);
  return MIN (max_bytes, STEPCAST_FILE_MAX_BYTES);
}

/**
 * stepcast_file_argument_describe_rule:
 * @parameter: the description of a parameter that is a file
 *
 * Returns: (transfer full): what it takes, in words
 */
char *
stepcast_file_argument_describe_rule (GVariant *parameter)
{
  g_autofree const char **accept = NULL;
  g_autofree char *size = g_format_size_full (get_max_bytes (parameter), G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *types = NULL;

  if (!g_variant_lookup (parameter, "accept", "^a&s", &accept))
    /* TRANSLATORS: what a parameter takes, and a size such as “16 MiB”: it stands alone, or in “it
     * takes …” */
    return g_strdup_printf (_ ("a file of at most %s"), size);

  types = g_strjoinv (", ", (char **) accept);
  /* TRANSLATORS: likewise; then types, such as “image/png, image/jpeg” */
  return g_strdup_printf (_ ("a file of at most %s (%s)"), size, types);
}

/* Returns: (transfer full) (nullable): what is in it, or a byte more than is allowed */
static GBytes *
read_content (const char *path, guint64 max_bytes, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GByteArray) content = g_byte_array_new ();
  guint8 part[64 * 1024];
  gsize n_read = 1;

  if (stream == NULL)
    return NULL;
  while (n_read > 0 && content->len <= max_bytes)
    {
      if (!g_input_stream_read_all (G_INPUT_STREAM (stream), part, sizeof part, &n_read, NULL,
                                    error))
        return NULL;
      g_byte_array_append (content, part, (guint) n_read);
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

static gboolean
refuse (GVariant *parameter, const char *name, const char *quoted, GError **error)
{
  g_autofree char *rule = stepcast_file_argument_describe_rule (parameter);

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               /* TRANSLATORS: the name of a file, a parameter, and what that takes */
               _ ("The file “%s” is not for “%s”: it takes %s"), quoted, name, rule);
  return FALSE;
}

static gboolean
check (GVariant *parameter, GBytes *content, const char *name, const char *quoted, GError **error)
{
  g_autofree const char **accept = NULL;
  g_autofree char *type = NULL;
  gsize size;
  gconstpointer data = g_bytes_get_data (content, &size);

  if (size == 0)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   _ ("The file “%s” is empty"), quoted);
      return FALSE;
    }
  if (size > get_max_bytes (parameter))
    return refuse (parameter, name, quoted, error);

  g_variant_lookup (parameter, "accept", "^a&s", &accept);
  type = stepcast_file_value_guess_type (data, size);
  return stepcast_file_value_is_accepted (type, (const char *const *) accept) ||
         refuse (parameter, name, quoted, error);
}

/**
 * stepcast_file_argument_read:
 * @parameter: the description of a parameter that is a file
 * @name: its name
 * @path: the file's, or nothing for none
 * @error: says that it can't be read, or what the parameter takes
 *
 * Returns: (transfer floating) (nullable): an `ay`, or %NULL with @error set
 */
GVariant *
stepcast_file_argument_read (GVariant *parameter,
                             const char *name,
                             const char *path,
                             GError **error)
{
  g_autofree char *quoted = stepcast_error_quote (path);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) content = NULL;

  if (*path == '\0')
    return g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, "", 0, TRUE, NULL, NULL);

  content = read_content (path, get_max_bytes (parameter), &read_error);
  if (content == NULL)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   /* TRANSLATORS: the name of a file, a parameter, and the reason */
                   _ ("The file “%s” for “%s” can’t be read: %s"), quoted, name,
                   read_error->message);
      return NULL;
    }

  if (!check (parameter, content, name, quoted, error))
    return NULL;
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, content, TRUE);
}
