/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-error.h"
#include "stepcast-test-wait.h"
#include "stepcast-uploads.h"

#define LONG_MS (60 * 60 * 1000)
#define MIB (1024 * 1024)

static char *
add (StepcastUploads *uploads, gsize size)
{
  g_autoptr (GBytes) content = g_bytes_new_take (g_malloc0 (size), size);

  return stepcast_uploads_add (uploads, content);
}

static GVariant *
make_values (const char *id)
{
  return g_variant_ref_sink (g_variant_new_parsed ("{'image': <(%s,)>, 'feed': <0.5>}", id));
}

static gboolean
is_there (StepcastUploads *uploads, const char *id)
{
  g_autoptr (GVariant) values = make_values (id);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) resolved = stepcast_uploads_resolve (uploads, values, &error);

  if (resolved == NULL)
    {
      g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      g_assert_nonnull (strstr (error->message, id));
    }
  return resolved != NULL;
}

static void
test_use (void)
{
  g_autoptr (StepcastUploads) uploads = stepcast_uploads_new (LONG_MS);
  g_autoptr (GBytes) content = g_bytes_new_static ("abc", 3);
  g_autofree char *id = stepcast_uploads_add (uploads, content);
  g_autofree char *other = stepcast_uploads_add (uploads, content);
  g_autoptr (GVariant) values = make_values (id);
  g_autoptr (GVariant) resolved = NULL;
  g_autofree char *printed = NULL;

  g_assert_cmpstr (id, !=, other);
  g_assert_cmpuint (stepcast_uploads_get_n_bytes (uploads), ==, 6);
  resolved = stepcast_uploads_resolve (uploads, values, NULL);
  printed = g_variant_print (resolved, FALSE);
  g_assert_cmpstr (printed, ==, "{'image': <[byte 0x61, 0x62, 0x63]>, 'feed': <0.5>}");
  g_assert_true (is_there (uploads, id)); /* whoever was refused may try again */

  stepcast_uploads_release (uploads, values);
  stepcast_uploads_release (uploads, values);
  g_assert_false (is_there (uploads, id));
  g_assert_true (is_there (uploads, other));
  g_assert_cmpuint (stepcast_uploads_get_n_files (uploads), ==, 1);
  g_assert_cmpuint (stepcast_uploads_get_n_bytes (uploads), ==, 3);
}

static void
test_limits (void)
{
  g_autoptr (StepcastUploads) uploads = stepcast_uploads_new (LONG_MS);
  g_autofree char *first = add (uploads, 16 * MIB);
  g_autofree char *second = add (uploads, 16 * MIB);

  g_free (add (uploads, 16 * MIB));
  g_free (add (uploads, 16 * MIB));
  g_assert_true (is_there (uploads, first));
  g_free (add (uploads, 1));
  g_assert_false (is_there (uploads, first));
  g_assert_true (is_there (uploads, second));
  g_assert_cmpuint (stepcast_uploads_get_n_bytes (uploads), <=, STEPCAST_UPLOADS_MAX_BYTES);

  for (guint i = 0; i < 2 * STEPCAST_UPLOADS_MAX_FILES; i++)
    g_free (add (uploads, 1));
  g_assert_cmpuint (stepcast_uploads_get_n_files (uploads), ==, STEPCAST_UPLOADS_MAX_FILES);
  g_assert_cmpuint (stepcast_uploads_get_n_bytes (uploads), ==, STEPCAST_UPLOADS_MAX_FILES);
}

static void
test_lifetime (void)
{
  g_autoptr (StepcastUploads) uploads = stepcast_uploads_new (20);
  g_autofree char *first = add (uploads, 10);

  g_free (add (uploads, 10));
  stepcast_test_wait_for (stepcast_uploads_get_n_files (uploads) == 0);
  g_assert_false (is_there (uploads, first));
  g_assert_cmpuint (stepcast_uploads_get_n_bytes (uploads), ==, 0);

  g_free (add (uploads, 10)); /* the timer is there again */
  stepcast_test_wait_for (stepcast_uploads_get_n_files (uploads) == 0);
}

static void
test_at_once (void)
{
  g_autoptr (StepcastUploads) uploads = stepcast_uploads_new (LONG_MS);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < STEPCAST_UPLOADS_MAX_AT_ONCE; i++)
    g_assert_true (stepcast_uploads_begin (uploads, NULL));
  g_assert_false (stepcast_uploads_begin (uploads, &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED);
  stepcast_uploads_end (uploads);
  g_assert_true (stepcast_uploads_begin (uploads, NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/uploads/use", test_use);
  g_test_add_func ("/uploads/limits", test_limits);
  g_test_add_func ("/uploads/lifetime", test_lifetime);
  g_test_add_func ("/uploads/at-once", test_at_once);

  return g_test_run ();
}
