/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "stepcast-dialect.h"
#include "stepcast-parameters.h"
#include "stepcast-types-generator.h"

/* Any text that libsoup would hand on (UTF-8, without a NUL): either a request comes of it or an
 * error, and what answers it is JSON. */

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_log_set_always_fatal (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  return 0;
}

static void
check_message (char *taken)
{
  g_autofree char *text = taken;
  g_autoptr (JsonNode) root = NULL;

  if (text == NULL)
    return;

  g_assert_true (text[0] == '{' && strchr (text, '\n') == NULL);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  root = json_from_string (text, NULL);
  g_assert_true (root != NULL && JSON_NODE_HOLDS_OBJECT (root));
}

static void
check_id (const char *id)
{
  g_autofree char *list = g_strdup_printf ("[%s]", id);
  g_autoptr (JsonNode) root = json_from_string (list, NULL);

  g_assert_nonnull (root);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (root)), ==, 1);
  g_assert_cmpuint (strlen (id), <=, 128);
}

static void
check_values (GVariant *values)
{
  g_autoptr (GVariant) checked = NULL;

  g_assert_true (g_variant_is_of_type (values, G_VARIANT_TYPE_VARDICT));
  checked = stepcast_parameters_check (STEPCAST_TYPE_TYPES_GENERATOR, values, NULL);
}

static void
check_request (const StepcastDialect *dialect, const StepcastRequest *request)
{
  const StepcastStopReport report = { .step = 1, .seconds = 0.5 };

  check_id (request->id);
  if (dialect == &stepcast_v1_dialect)
    check_message (dialect->accepted (request, NULL, FALSE));
  check_message (dialect->stopped (request, &report));
  if (request->type == STEPCAST_REQUEST_STEP)
    g_assert_cmpuint (request->n_steps, >, 0);
  if (request->type == STEPCAST_REQUEST_SET)
    check_values (request->values);
  else
    g_assert_null (request->values);
  if (request->max_fps != 0)
    g_assert_true (request->max_fps <= STEPCAST_MAX_FPS);
}

static void
try_dialect (const StepcastDialect *dialect, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  g_autoptr (StepcastRequest) request =
    dialect->parse (text, STEPCAST_TYPE_TYPES_GENERATOR, &id, &error);

  g_assert_cmpint (request == NULL, ==, error != NULL);
  if (request != NULL)
    {
      g_assert_null (id);
      check_request (dialect, request);
      return;
    }

  if (id != NULL)
    check_id (id);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  check_message (dialect->error (NULL, id, error));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  if (!g_utf8_validate (text, -1, NULL))
    return 0;

  try_dialect (&stepcast_plain_dialect, text);
  try_dialect (&stepcast_v1_dialect, text);
  return 0;
}
