/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-program.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "stepcast-command.h"

/* The service may have been started by the bus or by the service manager, with another folder,
 * another PATH and other variables than the shell in which the program was typed. So the program
 * goes to it by its absolute path, with the caller's folder and the caller's variables. */

/* These tell of the process that has them, not of its user's wishes. */
static const char *const own_variables[] = {
  "_",
  "CREDENTIALS_DIRECTORY",
  "DBUS_SESSION_BUS_ADDRESS",
  "DBUS_STARTER_ADDRESS",
  "DBUS_STARTER_BUS_TYPE",
  "INVOCATION_ID",
  "JOURNAL_STREAM",
  "LISTEN_FDNAMES",
  "LISTEN_FDS",
  "LISTEN_PID",
  "MAINPID",
  "MANAGERPID",
  "NOTIFY_SOCKET",
  "SYSTEMD_EXEC_PID",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  NULL,
};

void
stepcast_program_free (StepcastProgram *self)
{
  g_strfreev (self->argv);
  g_free (self->cwd);
  g_clear_pointer (&self->environment, g_variant_unref);
  g_free (self);
}

static gboolean
check_utf8 (const char *text, GError **error)
{
  g_autofree char *shown = NULL;

  if (g_utf8_validate (text, -1, NULL))
    return TRUE;

  shown = g_utf8_make_valid (text, -1);
  stepcast_command_refuse (error, _ ("“%s” is not in UTF-8, and can’t go over the bus"), shown);
  return FALSE;
}

static gboolean
is_executable (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test (path, G_FILE_TEST_IS_DIR);
}

static gboolean
refuse_program (const char *typed, const char *path, GError **error)
{
  if (path == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 _ ("There is no program “%s” in your PATH\n"
                    "One that is not there is typed with its folder: “./%s”"),
                 typed, typed);
  else if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _ ("There is no program “%s”"), path);
  else if (g_file_test (path, G_FILE_TEST_IS_DIR))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, _ ("“%s” is a folder"), path);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                 _ ("“%s” is not executable\n"
                    "Allow it with “chmod +x”, or name the program that reads it, such as python3"),
                 path);
  return FALSE;
}

static gboolean
set_argv (StepcastProgram *self, char **argv, GError **error)
{
  g_autofree char *found = NULL;
  g_autofree char *path = NULL;

  for (guint i = 0; argv[i] != NULL; i++)
    if (!check_utf8 (argv[i], error))
      return FALSE;

  if (strchr (argv[0], '/') != NULL)
    path = g_canonicalize_filename (argv[0], self->cwd);
  else if ((found = g_find_program_in_path (argv[0])) != NULL)
    path = g_canonicalize_filename (found, NULL);
  if (path == NULL || !is_executable (path))
    return refuse_program (argv[0], path, error);

  self->argv = g_strdupv (argv);
  g_free (self->argv[0]);
  self->argv[0] = g_steal_pointer (&path);
  return check_utf8 (self->argv[0], error);
}

static gboolean
set_cwd (StepcastProgram *self, const char *cwd, GError **error)
{
  self->cwd = g_canonicalize_filename (cwd != NULL ? cwd : ".", NULL);
  if (!g_file_test (self->cwd, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, _ ("There is no folder “%s”"),
                   self->cwd);
      return FALSE;
    }

  return check_utf8 (self->cwd, error);
}

static gboolean
add_assignments (GHashTable *variables, char **assignments, GError **error)
{
  for (guint i = 0; assignments != NULL && assignments[i] != NULL; i++)
    {
      const char *equals = strchr (assignments[i], '=');

      if (!check_utf8 (assignments[i], error))
        return FALSE;
      if (equals == NULL || equals == assignments[i])
        {
          stepcast_command_refuse (error, _ ("“%s” sets no variable: write --env=NAME=VALUE"),
                                   assignments[i]);
          return FALSE;
        }
      g_hash_table_replace (variables,
                            g_strndup (assignments[i], (gsize) (equals - assignments[i])),
                            g_strdup (equals + 1));
    }

  return TRUE;
}

static void
add_callers (GHashTable *variables)
{
  g_auto (GStrv) environment = g_get_environ ();

  for (guint i = 0; environment[i] != NULL; i++)
    {
      char *equals = strchr (environment[i], '=');

      if (equals == NULL || equals == environment[i] || !g_utf8_validate (environment[i], -1, NULL))
        continue;
      *equals = '\0';
      if (!g_strv_contains (own_variables, environment[i]))
        g_hash_table_replace (variables, g_strdup (environment[i]), g_strdup (equals + 1));
    }
}

static gboolean
set_environment (StepcastProgram *self, char **assignments, GError **error)
{
  g_autoptr (GHashTable) variables =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{ss}"));
  GHashTableIter iter;
  gpointer name, value;

  add_callers (variables);
  g_hash_table_replace (variables, g_strdup ("PWD"), g_strdup (self->cwd));
  if (!add_assignments (variables, assignments, error))
    {
      g_variant_builder_clear (&builder);
      return FALSE;
    }

  g_hash_table_iter_init (&iter, variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_variant_builder_add (&builder, "{ss}", name, value);
  self->environment = g_variant_ref_sink (g_variant_builder_end (&builder));
  return TRUE;
}

/**
 * stepcast_program_new:
 * @argv: (array zero-terminated=1): the program and its arguments, as they were typed
 * @cwd: (nullable): the folder to run it in; %NULL for the present one
 * @assignments: (nullable) (array zero-terminated=1): NAME=VALUE each, beside the caller's
 * variables
 * @error: says what is wrong with it
 *
 * Returns: (transfer full) (nullable): the program, or %NULL with @error set
 */
StepcastProgram *
stepcast_program_new (char **argv, const char *cwd, char **assignments, GError **error)
{
  g_autoptr (StepcastProgram) self = g_new0 (StepcastProgram, 1);

  if (!set_cwd (self, cwd, error) || !set_argv (self, argv, error) ||
      !set_environment (self, assignments, error))
    return NULL;
  return g_steal_pointer (&self);
}
