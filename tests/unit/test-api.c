/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-api.h"

static void
test_methods (void)
{
  static const struct
  {
    const char *path;
    const char *methods;
  } cases[] = {
    { "/sessions", "GET, HEAD, POST" },
    { "/sessions/x", "GET, HEAD, PATCH, DELETE" },
    { "/sessions/x%2Fevents", "GET, HEAD, PATCH, DELETE" }, /* not decoded yet */
    { "", "GET, HEAD" },
    { "/", "GET, HEAD" },
    { "/sessionsx", "GET, HEAD" },
    { "/sessions/", "GET, HEAD" },
    { "/sessions//", "GET, HEAD" },
    { "/sessions/x/", "GET, HEAD" },
    { "/sessions/x/events", "GET, HEAD" },
    { "/x/sessions", "GET, HEAD" },
    { "/events", "GET, HEAD" },
    { "/ws", "GET, HEAD" },
    { "/uploads", "POST" },
    { "/uploads/x", "GET, HEAD" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (stepcast_api_get_methods (cases[i].path), ==, cases[i].methods);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/api/methods", test_methods);

  return g_test_run ();
}
