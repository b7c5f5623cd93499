/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-command.h"
#include "stepcast-error.h"

static const char *const true_argv[] = { "true", NULL };

static void
assert_good (StepcastCommand *command)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_command_check (command, &error));
  g_assert_no_error (error);
}

static void
assert_refused (StepcastCommand *command, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (stepcast_command_check (command, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  if (strstr (error->message, part) == NULL)
    g_error ("“%s” is not in “%s”", part, error->message);
  g_assert_false (stepcast_command_check (command, NULL));
}

static void
test_argv (void)
{
  const char *const none[] = { NULL };
  const char *const empty[] = { "", "x", NULL };
  g_autoptr (StepcastCommand) good = stepcast_command_new (true_argv);
  g_autoptr (StepcastCommand) without = stepcast_command_new (none);
  g_autoptr (StepcastCommand) unnamed = stepcast_command_new (empty);
  g_autofree char *path = g_strnfill (4096, 'x');
  g_autoptr (StepcastCommand) endless = stepcast_command_new ((const char *const[]){ path, NULL });

  assert_good (good);
  assert_refused (without, "argv is empty");
  assert_refused (unnamed, "The first element of argv is empty");
  assert_refused (endless, "has 4096 bytes; a path has at most 4095");
}

static void
test_cwd (void)
{
  static const struct
  {
    const char *cwd;
    const char *part; /* NULL: it is good */
  } cases[] = {
    { "/", NULL },
    { "/tmp", NULL },
    { "", "an absolute path, such as /home; “” is not" },
    { "tmp", "an absolute path, such as /home; “tmp” is not" },
    { "/nonexistent", "“/nonexistent” does not exist" },
    { "/dev/null", "“/dev/null” is none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StepcastCommand) command = stepcast_command_new (true_argv);

      command->cwd = g_strdup (cases[i].cwd);
      if (cases[i].part == NULL)
        assert_good (command);
      else
        assert_refused (command, cases[i].part);
    }
}

static void
check_environment (const char *text, const char *part)
{
  g_autoptr (StepcastCommand) command = stepcast_command_new (true_argv);

  command->environment = g_variant_ref_sink (g_variant_new_parsed (text));
  if (part == NULL)
    assert_good (command);
  else
    assert_refused (command, part);
}

static void
test_environment (void)
{
  check_environment ("@a{ss} {}", NULL);
  check_environment ("{'A': '', 'b c': 'd=e', 'ü': '1'}", NULL);
  check_environment ("{'A': '1', '': '2'}", "must not be empty");
  check_environment ("{'A': '1', 'B=C': '2'}", "“B=C” has");
  check_environment ("{'A': 1}", "a{ss}");
}

static void
test_limits (void)
{
  g_autoptr (StepcastCommand) command = stepcast_command_new (true_argv);

  command->max_memory_bytes = STEPCAST_COMMAND_MIN_MEMORY_BYTES;
  command->max_cpu_seconds = 1;
  assert_good (command);
  command->max_memory_bytes = G_MAXUINT64;
  command->max_cpu_seconds = G_MAXUINT64;
  assert_good (command);
  command->max_memory_bytes = STEPCAST_COMMAND_MIN_MEMORY_BYTES - 1;
  assert_refused (command, "max-memory-bytes must be at least 1048576, or 0 for no limit, and is "
                           "1048575");
}

static void
test_copy (void)
{
  const char *const argv[] = { "printf", "%s", "", NULL };
  g_autoptr (StepcastCommand) copy = NULL;

  {
    g_autoptr (StepcastCommand) command = stepcast_command_new (argv);

    command->cwd = g_strdup ("/tmp");
    command->environment = g_variant_ref_sink (g_variant_new_parsed ("{'A': 'b'}"));
    command->uses_pty = TRUE;
    command->max_memory_bytes = 2000000;
    command->max_cpu_seconds = 7;
    copy = stepcast_command_copy (command);
  }

  g_assert_true (g_strv_equal ((const char *const *) copy->argv, argv));
  g_assert_cmpstr (copy->cwd, ==, "/tmp");
  g_assert_cmpuint (g_variant_n_children (copy->environment), ==, 1);
  g_assert_true (copy->uses_pty);
  g_assert_cmpuint (copy->max_memory_bytes, ==, 2000000);
  g_assert_cmpuint (copy->max_cpu_seconds, ==, 7);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/command/argv", test_argv);
  g_test_add_func ("/command/cwd", test_cwd);
  g_test_add_func ("/command/environment", test_environment);
  g_test_add_func ("/command/limits", test_limits);
  g_test_add_func ("/command/copy", test_copy);

  return g_test_run ();
}
