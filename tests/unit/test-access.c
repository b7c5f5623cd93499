/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "stepcast-access.h"

typedef struct
{
  char *folder;
  char *path; /* two folders deeper: both are made */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("stepcast-access-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->path = g_build_filename (fixture->folder, "a", "stepcast", "access", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *inner = g_path_get_dirname (fixture->path);
  g_autofree char *outer = g_path_get_dirname (inner);

  g_remove (fixture->path);
  g_remove (inner);
  g_remove (outer);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0); /* nothing else was left there */
  g_free (fixture->path);
  g_free (fixture->folder);
}

static StepcastAccess *
open_access (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  StepcastAccess *access = stepcast_access_new_from_file (fixture->path, &error);

  g_assert_no_error (error);
  g_assert_nonnull (access);
  return access;
}

static guint
get_mode (const char *path)
{
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  return info.st_mode & 07777;
}

static void
assert_token (const char *token)
{
  g_assert_nonnull (token);
  g_assert_cmpuint (strlen (token), ==, 32);
  g_assert_cmpuint (strspn (token, "0123456789abcdef"), ==, 32);
}

static void
get_all (const StepcastAccess *access, const char *values[4])
{
  values[0] = stepcast_access_get_token (access, STEPCAST_ROLE_VIEW);
  values[1] = stepcast_access_get_token (access, STEPCAST_ROLE_CONTROL);
  values[2] = stepcast_access_get_secret (access, STEPCAST_ROLE_VIEW);
  values[3] = stepcast_access_get_secret (access, STEPCAST_ROLE_CONTROL);
}

static void
test_made (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastAccess) access = open_access (fixture);
  g_autofree char *folder = g_path_get_dirname (fixture->path);
  const char *values[4];

  g_assert_false (stepcast_access_is_open (access));
  g_assert_null (stepcast_access_get_token (access, STEPCAST_ROLE_NONE));
  g_assert_null (stepcast_access_get_secret (access, STEPCAST_ROLE_NONE));
  get_all (access, values);
  for (guint i = 0; i < 4; i++)
    {
      assert_token (values[i]);
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (values[i], !=, values[j]);
    }
  g_assert_cmphex (get_mode (fixture->path), ==, 0600);
  g_assert_cmphex (get_mode (folder), ==, 0700);
}

static void
test_kept (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastAccess) first = open_access (fixture);
  g_autoptr (StepcastAccess) second = open_access (fixture);
  const char *before[4], *after[4];

  get_all (first, before);
  get_all (second, after);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpstr (before[i], ==, after[i]);
}

/* What others could have read is no secret any more, but what they can't from now on is. */
static void
test_mode_is_mended (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastAccess) first = open_access (fixture);
  g_autoptr (StepcastAccess) second = NULL;

  g_assert_cmpint (g_chmod (fixture->path, 0644), ==, 0);
  second = open_access (fixture);
  g_assert_cmphex (get_mode (fixture->path), ==, 0600);
  g_assert_cmpstr (stepcast_access_get_token (first, STEPCAST_ROLE_VIEW), !=,
                   stepcast_access_get_token (second, STEPCAST_ROLE_VIEW));
}

/* What can be used of a damaged file is kept, and the rest is made again. */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  static const char *const contents[] = {
    "",
    "not a key file",
    "[tokens]\nview=\ncontrol=0123456789abcdef0123456789abcdeF\n",
    "[tokens]\nview=0123456789abcdef0123456789abcdef0\ncontrol=x\n[cookies]\n",
    "[tokens]\nview\n",
    "\xff\xfe\x00",
    "[tokens]\nview=0123456789abcdef0123456789abcde\\n\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_autofree char *folder = g_path_get_dirname (fixture->path);
      g_autoptr (StepcastAccess) access = NULL;
      g_autoptr (StepcastAccess) again = NULL;
      const char *values[4], *same[4];

      g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
      g_assert_true (g_file_set_contents_full (fixture->path, contents[i], -1,
                                               G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      access = open_access (fixture);
      again = open_access (fixture);
      get_all (access, values);
      get_all (again, same);
      for (guint j = 0; j < 4; j++)
        {
          assert_token (values[j]);
          g_assert_cmpstr (values[j], ==, same[j]);
        }
      g_assert_cmphex (get_mode (fixture->path), ==, 0600);
    }
}

static void
test_partly_damaged (Fixture *fixture, gconstpointer data)
{
  static const char kept[] = "0123456789abcdef0123456789abcdef";
  g_autofree char *folder = g_path_get_dirname (fixture->path);
  g_autofree char *text =
    g_strdup_printf ("[tokens]\nview=%s\ncontrol=lost\n[cookies]\ncontrol=%s\n", kept, kept);
  g_autoptr (StepcastAccess) access = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (
    g_file_set_contents_full (fixture->path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  access = open_access (fixture);
  g_assert_cmpstr (stepcast_access_get_token (access, STEPCAST_ROLE_VIEW), ==, kept);
  g_assert_cmpstr (stepcast_access_get_secret (access, STEPCAST_ROLE_CONTROL), ==, kept);
  assert_token (stepcast_access_get_token (access, STEPCAST_ROLE_CONTROL));
  assert_token (stepcast_access_get_secret (access, STEPCAST_ROLE_VIEW));
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->folder, "a", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "a file", -1, NULL));
  g_assert_null (stepcast_access_new_from_file (fixture->path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_nonnull (strstr (error->message, "stepcast"));
}

static void
test_folder_in_the_way (Fixture *fixture, gconstpointer data)
{
  g_autofree char *inner = g_build_filename (fixture->path, "x", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (inner, 0700), ==, 0);
  g_assert_null (stepcast_access_new_from_file (fixture->path, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (g_remove (inner), ==, 0);
}

static void
test_roles (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastAccess) access = open_access (fixture);

  for (guint role = STEPCAST_ROLE_VIEW; role <= STEPCAST_ROLE_CONTROL; role++)
    {
      const char *token = stepcast_access_get_token (access, (StepcastRole) role);
      const char *secret = stepcast_access_get_secret (access, (StepcastRole) role);

      g_assert_cmpint (stepcast_access_check_token (access, token), ==, role);
      g_assert_cmpint (stepcast_access_check_secret (access, secret), ==, role);
      /* A link is no cookie, and the other way round. */
      g_assert_cmpint (stepcast_access_check_token (access, secret), ==, STEPCAST_ROLE_NONE);
      g_assert_cmpint (stepcast_access_check_secret (access, token), ==, STEPCAST_ROLE_NONE);
    }
}

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastAccess) access = open_access (fixture);
  const char *token = stepcast_access_get_token (access, STEPCAST_ROLE_CONTROL);

  g_assert_cmpint (stepcast_access_check_token (access, NULL), ==, STEPCAST_ROLE_NONE);
  g_assert_cmpint (stepcast_access_check_token (access, ""), ==, STEPCAST_ROLE_NONE);
  for (guint i = 0; i < 32; i++)
    {
      g_autofree char *cut = g_strndup (token, i);
      g_autofree char *changed = g_strdup (token);
      g_autofree char *upper = g_ascii_strup (token, -1);
      g_autofree char *longer = g_strconcat (token, "0", NULL);

      changed[i] ^= 1;
      g_assert_cmpint (stepcast_access_check_token (access, cut), ==, STEPCAST_ROLE_NONE);
      g_assert_cmpint (stepcast_access_check_token (access, changed), ==, STEPCAST_ROLE_NONE);
      g_assert_cmpint (stepcast_access_check_token (access, longer), ==, STEPCAST_ROLE_NONE);
      if (!g_str_equal (upper, token))
        g_assert_cmpint (stepcast_access_check_token (access, upper), ==, STEPCAST_ROLE_NONE);
    }
}

static void
test_open (void)
{
  g_autoptr (StepcastAccess) access = stepcast_access_new_open ();

  g_assert_true (stepcast_access_is_open (access));
  g_assert_null (stepcast_access_get_token (access, STEPCAST_ROLE_CONTROL));
  g_assert_cmpint (stepcast_access_check_token (access, NULL), ==, STEPCAST_ROLE_CONTROL);
  g_assert_cmpint (stepcast_access_check_token (access, "x"), ==, STEPCAST_ROLE_CONTROL);
  g_assert_cmpint (stepcast_access_check_secret (access, NULL), ==, STEPCAST_ROLE_CONTROL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/access/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("made", test_made);
  ADD ("kept", test_kept);
  ADD ("mode-is-mended", test_mode_is_mended);
  ADD ("damaged", test_damaged);
  ADD ("partly-damaged", test_partly_damaged);
  ADD ("no-folder", test_no_folder);
  ADD ("folder-in-the-way", test_folder_in_the_way);
  ADD ("roles", test_roles);
  ADD ("wrong", test_wrong);
#undef ADD
  g_test_add_func ("/access/open", test_open);

  return g_test_run ();
}
