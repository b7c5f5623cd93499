/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-actor-text.h"

#include <glib/gi18n.h>

#include "stepcast-output.h"

/* Who has done something, in words and in JSON. An actor is what the bus tells: `(ss)`, the kind
 * and the id, both empty where it was nobody; or NULL, where the service does not tell yet. */

static gboolean
read_actor (GVariant *actor, const char **kind, const char **id)
{
  if (actor == NULL)
    return FALSE;

  g_variant_get (actor, "(&s&s)", kind, id);
  return **kind != '\0';
}

/* How people call them. All stand after “by”: where that takes a case, in that case. */
static char *
format_kind (const char *kind, const char *id)
{
  if (g_str_equal (kind, "browser"))
    /* TRANSLATORS: who has done something, after “by”, as all up to “a rule”; %s is a number */
    return g_strdup_printf (_ ("viewer %s (browser)"), id);
  if (g_str_equal (kind, "websocket"))
    return g_strdup_printf (_ ("viewer %s (WebSocket)"), id);
  if (g_str_equal (kind, "http"))
    /* TRANSLATORS: %s is an address */
    return g_strdup_printf (_ ("an HTTP client (%s)"), id);
  if (g_str_equal (kind, "dbus"))
    /* TRANSLATORS: %s is a name on the session bus, such as “:1.23” */
    return g_strdup_printf (_ ("a program on the bus (%s)"), id);
  if (g_str_equal (kind, "cli"))
    return g_strdup (_ ("stepcast (command line)"));
  if (g_str_equal (kind, "service") && g_str_equal (id, "when-unwatched"))
    return g_strdup (_ ("a rule, as nobody watched it"));
  if (g_str_equal (kind, "service"))
    /* TRANSLATORS: %s is the name of a rule that a newer service has */
    return g_strdup_printf (_ ("a rule (%s)"), id);
  return g_strdup_printf ("%s %s", kind, id);
}

/**
 * stepcast_actor_text_format:
 * @actor: (nullable): who
 *
 * Returns: (transfer full) (nullable): what people call it, after “by”; %NULL for nobody
 */
char *
stepcast_actor_text_format (GVariant *actor)
{
  const char *kind, *id;
  g_autofree char *plain_kind = NULL;
  g_autofree char *plain_id = NULL;

  if (!read_actor (actor, &kind, &id))
    return NULL;

  plain_kind = stepcast_output_escape (kind);
  plain_id = stepcast_output_escape (id);
  return format_kind (plain_kind, plain_id);
}

/**
 * stepcast_actor_text_is_caller:
 * @actor: (nullable): who
 * @proxy: an object that we call
 *
 * Returns: whether that is ourselves
 */
gboolean
stepcast_actor_text_is_caller (GVariant *actor, GDBusProxy *proxy)
{
  GDBusConnection *connection = g_dbus_proxy_get_connection (proxy);
  const char *kind, *id;

  return read_actor (actor, &kind, &id) &&
         g_strcmp0 (id, g_dbus_connection_get_unique_name (connection)) == 0;
}

/**
 * stepcast_actor_text_to_json:
 * @actor: (nullable): who
 *
 * Returns: (transfer floating): for stepcast_output_print_json(); null for nobody
 */
GVariant *
stepcast_actor_text_to_json (GVariant *actor)
{
  const char *kind, *id;
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{ss}"));

  if (!read_actor (actor, &kind, &id))
    {
      g_variant_builder_clear (&builder);
      return stepcast_output_new_null ();
    }
  g_variant_builder_add (&builder, "{ss}", "kind", kind);
  g_variant_builder_add (&builder, "{ss}", "id", id);
  return g_variant_builder_end (&builder);
}
