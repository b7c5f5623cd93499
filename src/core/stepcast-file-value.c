/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-file-value.h"

#include <gio/gio.h>
#include <string.h>

#include "stepcast-error.h"

/* The shared MIME database looks at no more than this for what it knows by its content. */
#define SNIFFED_BYTES 4096

/* What our own generators take is known without a database: it may not be where we look for it. */
static const struct
{
  const char *magic;
  const char *type;
} known[] = {
  { "\x89PNG\r\n\x1a\n", "image/png" },
  { "\xff\xd8\xff", "image/jpeg" },
};

static const char *
find_known (gconstpointer data, gsize size)
{
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      const gsize length = strlen (known[i].magic);

      if (size >= length && memcmp (data, known[i].magic, length) == 0)
        return known[i].type;
    }
  return NULL;
}

/**
 * stepcast_file_value_guess_type:
 * @data: (array length=size): a file's content
 * @size: how long it is
 *
 * Goes by the content and by nothing that anybody says of it. Any thread.
 *
 * Returns: (transfer full): a MIME type; `application/octet-stream` where nothing is known
 */
char *
stepcast_file_value_guess_type (gconstpointer data, gsize size)
{
  g_autofree char *type = NULL;
  char *mime_type;

  if (find_known (data, size) != NULL)
    return g_strdup (find_known (data, size));

  type = g_content_type_guess (NULL, data, MIN (size, SNIFFED_BYTES), NULL);
  mime_type = type != NULL ? g_content_type_get_mime_type (type) : NULL;
  return mime_type != NULL ? mime_type : g_strdup ("application/octet-stream");
}

static gboolean
matches (const char *type, const char *pattern)
{
  const gsize length = strlen (pattern);

  if (g_str_equal (pattern, "*/*"))
    return TRUE;
  if (length >= 2 && g_str_equal (pattern + length - 2, "/*"))
    return strncmp (type, pattern, length - 1) == 0;
  /* Text of any kind looks like text: a table of numbers is no other than prose. */
  if (g_str_equal (type, "text/plain") && g_content_type_is_a (pattern, "text/plain"))
    return TRUE;
  return g_str_equal (type, pattern) || g_content_type_is_a (type, pattern);
}

/**
 * stepcast_file_value_is_accepted:
 * @type: a MIME type
 * @accept: (array zero-terminated=1) (nullable): patterns such as `image/png` and `image/<!--
 * -->*`; %NULL accepts all
 *
 * Returns: whether one of them takes it
 */
gboolean
stepcast_file_value_is_accepted (const char *type, const char *const *accept)
{
  if (accept == NULL)
    return TRUE;
  for (guint i = 0; accept[i] != NULL; i++)
    if (matches (type, accept[i]))
      return TRUE;
  return FALSE;
}

/**
 * stepcast_file_value_describe_rule:
 * @accept: (array zero-terminated=1) (nullable): patterns of MIME types
 * @max_bytes: the longest file
 *
 * Returns: (transfer full): what is taken, in words
 */
char *
stepcast_file_value_describe_rule (const char *const *accept, gsize max_bytes)
{
  g_autofree char *types = accept != NULL ? g_strjoinv (", ", (char **) accept) : NULL;

  return g_strdup_printf ("the content of a file of at most %" G_GSIZE_FORMAT " bytes%s%s%s",
                          max_bytes, types != NULL ? " (" : "", types != NULL ? types : "",
                          types != NULL ? ")" : "");
}

/**
 * stepcast_file_value_check:
 * @data: (array length=size): a file's content
 * @size: how long it is; 0 is no file, which is always taken
 * @accept: (array zero-terminated=1) (nullable): patterns of MIME types
 * @max_bytes: the longest file
 * @name: of the parameter that it is for
 * @error: %STEPCAST_ERROR_INVALID_VALUE, says what is wrong
 *
 * Any thread.
 *
 * Returns: %FALSE with @error set if it is too long, or not of an accepted type
 */
gboolean
stepcast_file_value_check (gconstpointer data,
                           gsize size,
                           const char *const *accept,
                           gsize max_bytes,
                           const char *name,
                           GError **error)
{
  g_autofree char *rule = NULL;
  g_autofree char *type = NULL;

  if (size == 0)
    return TRUE;

  rule = stepcast_file_value_describe_rule (accept, max_bytes);
  if (size > max_bytes)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "A file of %" G_GSIZE_FORMAT " bytes is too large for “%s”: it takes %s", size,
                   name, rule);
      return FALSE;
    }

  type = stepcast_file_value_guess_type (data, size);
  if (stepcast_file_value_is_accepted (type, accept))
    return TRUE;
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "A file of the type %s is no value for “%s”: it takes %s", type, name, rule);
  return FALSE;
}

/**
 * stepcast_file_value_summarize:
 * @value: an `ay`
 *
 * Returns: (transfer full): what it is, as `image/png, 34816 bytes`; nothing for no file
 */
char *
stepcast_file_value_summarize (GVariant *value)
{
  gsize size;
  gconstpointer data = g_variant_get_fixed_array (value, &size, 1);
  g_autofree char *type = NULL;

  if (size == 0)
    return g_strdup ("");

  type = stepcast_file_value_guess_type (data, size);
  return g_strdup_printf ("%s, %" G_GSIZE_FORMAT " bytes", type, size);
}
