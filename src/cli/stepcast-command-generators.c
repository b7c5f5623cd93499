/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-output.h"
#include "stepcast-values.h"

/* generators: what there is, and what each of them takes. */

/* Returns: (transfer full): what stands at @key of @description, for a terminal */
static char *
get_text (GVariant *description, const char *key)
{
  const char *text = "";

  g_variant_lookup (description, key, "&s", &text);
  return stepcast_output_escape (text);
}

static void
print_heading (const char *text)
{
  g_print ("%s%s%s", stepcast_output_begin_colour (STDOUT_FILENO, STEPCAST_COLOUR_HEADING), text,
           stepcast_output_end_colour (STDOUT_FILENO, STEPCAST_COLOUR_HEADING));
}

static void
print_generators (GVariant *generators)
{
  GVariantIter iter;
  GVariant *generator;
  int width = 0;

  g_variant_iter_init (&iter, generators);
  while (g_variant_iter_loop (&iter, "@a{sv}", &generator))
    {
      g_autofree char *name = get_text (generator, "name");

      width = MAX (width, stepcast_output_get_width (name));
    }

  g_variant_iter_init (&iter, generators);
  while (g_variant_iter_loop (&iter, "@a{sv}", &generator))
    {
      g_autofree char *name = get_text (generator, "name");
      g_autofree char *padded = stepcast_output_pad (name, width);
      g_autofree char *summary = get_text (generator, "summary");
      g_autofree char *marked = NULL;
      gboolean is_default = FALSE;

      g_variant_lookup (generator, "default", "b", &is_default);
      if (is_default)
        {
          /* TRANSLATORS: what a generator computes */
          marked = g_strdup_printf (_ ("%s (the default)"), summary);
        }
      print_heading (padded);
      g_print ("  %s\n", is_default ? marked : summary);
    }
}

static void
print_parameter (GVariant *parameter)
{
  g_autofree char *name = get_text (parameter, "name");
  g_autofree char *summary = get_text (parameter, "summary");
  g_autofree char *unit = get_text (parameter, "unit");
  g_autofree char *range = stepcast_values_describe_range (parameter);
  g_autoptr (GVariant) default_value = g_variant_lookup_value (parameter, "default", NULL);
  g_autofree char *value =
    default_value != NULL ? stepcast_output_format_value (default_value) : g_strdup ("");
  g_autofree char *marked = NULL;
  gboolean is_live = TRUE;

  g_variant_lookup (parameter, "live", "b", &is_live);
  if (!is_live)
    {
      /* TRANSLATORS: what a parameter takes, such as “a whole number from 1 to 9” */
      marked = g_strdup_printf (_ ("%s; applies at the next start"), range);
    }
  g_print ("  ");
  print_heading (name);
  g_print ("=%s%s%s\n", value, *unit != '\0' ? " " : "", unit);
  g_print ("      %s\n", summary);
  g_print ("      %s\n", is_live ? range : marked);
}

static void
print_metric (GVariant *metric)
{
  g_autofree char *name = get_text (metric, "name");
  g_autofree char *summary = get_text (metric, "summary");
  g_autofree char *unit = get_text (metric, "unit");

  g_print ("  ");
  print_heading (name);
  if (*unit != '\0')
    g_print (" (%s)", unit);
  g_print ("\n      %s\n", summary);
}

static void
print_list (GVariant *description, const char *key, const char *title, void (*print) (GVariant *))
{
  g_autoptr (GVariant) list = g_variant_lookup_value (description, key, G_VARIANT_TYPE ("aa{sv}"));
  gsize n_entries = list != NULL ? g_variant_n_children (list) : 0;

  if (n_entries > 0)
    g_print ("\n%s\n", title);
  for (gsize i = 0; i < n_entries; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (list, i);

      print (entry);
    }
}

static void
print_description (GVariant *description)
{
  g_autofree char *name = get_text (description, "name");
  g_autofree char *summary = get_text (description, "summary");

  print_heading (name);
  g_print ("  %s\n", summary);
  print_list (description, "parameters", _ ("Parameters, and what they begin with:"),
              print_parameter);
  print_list (description, "metrics", _ ("Metrics:"), print_metric);
}

static gboolean
list_generators (StepcastClient *client, gboolean wants_json, GError **error)
{
  StepcastDBusManager *manager = stepcast_client_get_manager (client, error);
  g_autoptr (GVariant) generators = NULL;
  GVariantIter iter;
  GVariant *generator;

  if (manager == NULL ||
      !stepcast_dbus_manager_call_list_generators_sync (manager, &generators, NULL, error))
    return FALSE;

  g_variant_iter_init (&iter, generators);
  while (wants_json && g_variant_iter_loop (&iter, "@a{sv}", &generator))
    stepcast_output_print_json (generator);
  if (!wants_json)
    print_generators (generators);
  return TRUE;
}

static gboolean
describe_generator (StepcastClient *client, const char *name, gboolean wants_json, GError **error)
{
  g_autoptr (GVariant) description = stepcast_client_describe_generator (client, name, error);

  if (description != NULL && wants_json)
    stepcast_output_print_json (description);
  else if (description != NULL)
    print_description (description);
  return description != NULL;
}

int
stepcast_command_generators (char **argv)
{
  gboolean wants_json = FALSE;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, NULL, &wants_json, 1, &error);
  g_autoptr (StepcastClient) client = NULL;
  gboolean is_done = FALSE;

  if (arguments != NULL)
    client = stepcast_client_new (STEPCAST_CLIENT_NONE, &error);
  if (client != NULL && arguments[0] != NULL)
    is_done = describe_generator (client, arguments[0], wants_json, &error);
  else if (client != NULL)
    is_done = list_generators (client, wants_json, &error);

  return is_done ? STEPCAST_CLI_EXIT_SUCCESS : stepcast_client_report (error);
}
