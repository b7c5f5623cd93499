/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-command.h"

#include <limits.h>
#include <string.h>

#include "stepcast-error.h"

/**
 * stepcast_command_new:
 * @argv: (array zero-terminated=1): the program and its arguments, which are copied
 *
 * Returns: (transfer full): a command with no other wishes
 */
StepcastCommand *
stepcast_command_new (const char *const *argv)
{
  StepcastCommand *self = g_new0 (StepcastCommand, 1);

  self->argv = g_strdupv ((char **) argv);
  return self;
}

/**
 * stepcast_command_copy:
 * @self: a command
 *
 * Returns: (transfer full): another one like it
 */
StepcastCommand *
stepcast_command_copy (const StepcastCommand *self)
{
  StepcastCommand *copy = g_new (StepcastCommand, 1);

  *copy = *self;
  copy->argv = g_strdupv (self->argv);
  copy->cwd = g_strdup (self->cwd);
  copy->environment = self->environment != NULL ? g_variant_ref (self->environment) : NULL;
  return copy;
}

void
stepcast_command_free (StepcastCommand *self)
{
  g_strfreev (self->argv);
  g_free (self->cwd);
  g_clear_pointer (&self->environment, g_variant_unref);
  g_free (self);
}

static gboolean G_GNUC_PRINTF (2, 3) refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE, format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
check_cwd (const char *cwd, GError **error)
{
  g_autofree char *quoted = stepcast_error_quote (cwd);

  if (!g_path_is_absolute (cwd))
    return refuse (error, "cwd must be an absolute path, such as /home; “%s” is not", quoted);
  if (!g_file_test (cwd, G_FILE_TEST_EXISTS))
    return refuse (error, "cwd must be a folder; “%s” does not exist", quoted);
  if (!g_file_test (cwd, G_FILE_TEST_IS_DIR))
    return refuse (error, "cwd must be a folder; “%s” is none", quoted);
  return TRUE;
}

static gboolean
check_environment (GVariant *environment, GError **error)
{
  GVariantIter iter;
  const char *name;

  if (!g_variant_is_of_type (environment, G_VARIANT_TYPE ("a{ss}")))
    return refuse (error, "env must be a{ss}, names and values, and is %s",
                   g_variant_get_type_string (environment));

  g_variant_iter_init (&iter, environment);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, NULL))
    {
      g_autofree char *quoted = stepcast_error_quote (name);

      if (*name == '\0')
        return refuse (error, "The name of a variable in env must not be empty");
      if (strchr (name, '=') != NULL)
        return refuse (error, "The name of a variable in env must have no “=”; “%s” has", quoted);
    }
  return TRUE;
}

/**
 * stepcast_command_check:
 * @self: a command
 * @error: %STEPCAST_ERROR_INVALID_VALUE, which names what can't be
 *
 * Finds what can't be right, whenever it is run. Whether there is such a program is seen when it is
 * started. It looks at the folder, so it belongs to a request and not to a loop.
 *
 * Returns: %TRUE, or %FALSE with @error set
 */
gboolean
stepcast_command_check (const StepcastCommand *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (self->argv == NULL || self->argv[0] == NULL)
    return refuse (error, "argv is empty; its first element is the program to run");
  if (*self->argv[0] == '\0')
    return refuse (error, "The first element of argv is empty; it is the program to run");
  if (strlen (self->argv[0]) >= PATH_MAX)
    return refuse (error,
                   "The first element of argv, the program to run, has %" G_GSIZE_FORMAT
                   " bytes; a path has at most %d",
                   strlen (self->argv[0]), PATH_MAX - 1);
  if (self->cwd != NULL && !check_cwd (self->cwd, error))
    return FALSE;
  if (self->environment != NULL && !check_environment (self->environment, error))
    return FALSE;
  if (self->max_memory_bytes != 0 && self->max_memory_bytes < STEPCAST_COMMAND_MIN_MEMORY_BYTES)
    return refuse (error,
                   "max-memory-bytes must be at least %d, or 0 for no limit, and is "
                   "%" G_GUINT64_FORMAT,
                   STEPCAST_COMMAND_MIN_MEMORY_BYTES, self->max_memory_bytes);
  return TRUE;
}
