/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-settings.h"

#include "stepcast-error.h"
#include "stepcast-hosts.h"
#include "stepcast-liveness.h"
#include "stepcast-lobby.h"

/* What holds: an option of the command line before GSettings, and that before what is built in.
 * Lives on the main context.
 *
 * Our schema may not be installed, and GSettings ends the process where one is missing: so it is
 * looked up. */

#define SCHEMA_ID "org.stepcast.Stepcast1"

/* What the schema has as defaults, for where there is none. */
#define DEFAULT_PORT 8347
#define DEFAULT_MAX_SESSIONS 1024
#define DEFAULT_MAX_FPS 60
#define DEFAULT_STOP_DEADLINE 5
#define DEFAULT_IDLE_TIMEOUT 60

/* The values of the enumerations in the schema. */
#define DELIVERY_EVERY 0
#define VALIDATE_OFF 1
/* Compress has those of StepcastCompress. */

struct _StepcastSettings
{
  GObject parent_instance;

  const StepcastOptions *options;
  GSettings *stored; /* (nullable): where the schema is installed */
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastSettings, stepcast_settings, G_TYPE_OBJECT)

/* An older schema may lack a key, and GSettings ends the process then, too. */
static gboolean
has_key (StepcastSettings *self, const char *key)
{
  g_autoptr (GSettingsSchema) schema = NULL;

  if (self->stored == NULL)
    return FALSE;

  g_object_get (self->stored, "settings-schema", &schema, NULL);
  return g_settings_schema_has_key (schema, key);
}

static guint
get_uint (StepcastSettings *self, const char *key, guint built_in)
{
  return has_key (self, key) ? g_settings_get_uint (self->stored, key) : built_in;
}

static int
get_enum (StepcastSettings *self, const char *key, int built_in)
{
  return has_key (self, key) ? g_settings_get_enum (self->stored, key) : built_in;
}

/**
 * stepcast_settings_dup_address:
 * @self: settings
 *
 * Returns: (transfer full): where to listen
 */
GInetAddress *
stepcast_settings_dup_address (StepcastSettings *self)
{
  g_autofree char *text = NULL;
  GInetAddress *address = NULL;

  if (self->options->address != NULL)
    return g_object_ref (self->options->address);

  if (has_key (self, "address"))
    {
      text = g_settings_get_string (self->stored, "address");
      address = g_inet_address_new_from_string (text);
    }
  if (address == NULL && text != NULL)
    {
      g_autofree char *quoted = stepcast_error_quote (text);

      g_message ("The setting “address” is no numeric address: “%s”; listening on this machine "
                 "alone",
                 quoted);
    }
  return address != NULL ? address : g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
}

/* What is wrong is left out, and told: a service that somebody's bus starts should start. */
static GStrv
dup_list (StepcastSettings *self,
          GStrv given,
          const char *key,
          char *(*normalize) (const char *text))
{
  g_auto (GStrv) texts = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (given != NULL)
    return g_strdupv (given);
  if (has_key (self, key))
    texts = g_settings_get_strv (self->stored, key);
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      g_autofree char *quoted = stepcast_error_quote (texts[i]);
      g_autofree char *value = normalize (texts[i]);

      if (value != NULL)
        g_strv_builder_add (builder, value);
      else
        g_message ("The setting “%s” can't have “%s”: it is left out", key, quoted);
    }

  return g_strv_builder_end (builder);
}

/**
 * stepcast_settings_dup_allow_hosts:
 * @self: settings
 *
 * Returns: (transfer full): the names that the service is reached by, besides its own
 */
GStrv
stepcast_settings_dup_allow_hosts (StepcastSettings *self)
{
  return dup_list (self, self->options->allow_hosts, "allow-hosts", stepcast_hosts_normalize_host);
}

/**
 * stepcast_settings_dup_allow_origins:
 * @self: settings
 *
 * Returns: (transfer full): the pages elsewhere that may ask
 */
GStrv
stepcast_settings_dup_allow_origins (StepcastSettings *self)
{
  return dup_list (self, self->options->allow_origins, "allow-origins",
                   stepcast_hosts_normalize_origin);
}

/**
 * stepcast_settings_dup_allow_embedding:
 * @self: settings
 *
 * Returns: (transfer full): the pages elsewhere that may show ours within them
 */
GStrv
stepcast_settings_dup_allow_embedding (StepcastSettings *self)
{
  return dup_list (self, self->options->allow_embedding, "allow-embedding",
                   stepcast_hosts_normalize_origin);
}

/* Returns NULL for a setting that is empty. */
static char *
dup_file_name (StepcastSettings *self, const char *key)
{
  g_autofree char *text = has_key (self, key) ? g_settings_get_string (self->stored, key) : NULL;

  return text != NULL && *text != '\0' ? g_steal_pointer (&text) : NULL;
}

/**
 * stepcast_settings_dup_tls_files:
 * @self: settings
 * @certificate: (out) (transfer full): the file of a certificate
 * @key: (out) (transfer full): the file of its key, which may be the same one
 *
 * A key belongs to its certificate: both are from the command line, or neither is.
 *
 * Returns: whether TLS is to be spoken; %FALSE sets neither
 */
gboolean
stepcast_settings_dup_tls_files (StepcastSettings *self, char **certificate, char **key)
{
  const char *given = self->options->tls_certificate;
  g_autofree char *found =
    given != NULL ? g_strdup (given) : dup_file_name (self, "tls-certificate");

  if (found == NULL)
    return FALSE;

  *key = given != NULL ? g_strdup (self->options->tls_key) : dup_file_name (self, "tls-key");
  if (*key == NULL)
    *key = g_strdup (found);
  *certificate = g_steal_pointer (&found);
  return TRUE;
}

guint16
stepcast_settings_get_port (StepcastSettings *self)
{
  if (self->options->has_port)
    return self->options->port;
  return (guint16) get_uint (self, "port", DEFAULT_PORT);
}

guint
stepcast_settings_get_n_workers (StepcastSettings *self)
{
  if (self->options->has_n_workers)
    return self->options->n_workers;
  return get_uint (self, "workers", 0);
}

gboolean
stepcast_settings_is_validated (StepcastSettings *self)
{
  if (self->options->has_validate)
    return self->options->is_validated;
  return get_enum (self, "validate", !VALIDATE_OFF) != VALIDATE_OFF;
}

guint
stepcast_settings_get_max_sessions (StepcastSettings *self)
{
  return get_uint (self, "max-sessions", DEFAULT_MAX_SESSIONS);
}

guint
stepcast_settings_get_max_viewers (StepcastSettings *self)
{
  if (self->options->has_max_viewers)
    return self->options->max_viewers;
  return get_uint (self, "max-viewers", STEPCAST_DEFAULT_MAX_VIEWERS);
}

/**
 * stepcast_settings_get_ping_seconds:
 * @self: settings
 *
 * Returns: when a silent viewer is asked whether it is there; 0 for never
 */
guint
stepcast_settings_get_ping_seconds (StepcastSettings *self)
{
  if (self->options->has_ping_seconds)
    return self->options->ping_seconds;
  return get_uint (self, "ping-seconds", STEPCAST_DEFAULT_PING_SECONDS);
}

/**
 * stepcast_settings_dup_default_generator:
 * @self: settings
 *
 * Returns: (transfer full): what is run where nothing is named, unless there is a program
 */
char *
stepcast_settings_dup_default_generator (StepcastSettings *self)
{
  if (self->options->default_generator != NULL)
    return g_strdup (self->options->default_generator);
  if (has_key (self, "default-generator"))
    return g_settings_get_string (self->stored, "default-generator");
  return g_strdup (STEPCAST_DEFAULT_GENERATOR);
}

/**
 * stepcast_settings_get_delivery:
 * @self: settings
 *
 * Returns: what those who join a session, and may steer it, are sent
 */
StepcastDelivery
stepcast_settings_get_delivery (StepcastSettings *self)
{
  int delivery = get_enum (self, "delivery", !DELIVERY_EVERY);

  return delivery == DELIVERY_EVERY ? STEPCAST_DELIVERY_EVERY : STEPCAST_DELIVERY_LATEST;
}

guint
stepcast_settings_get_max_fps (StepcastSettings *self)
{
  return get_uint (self, "max-fps", DEFAULT_MAX_FPS);
}

StepcastCompress
stepcast_settings_get_compress (StepcastSettings *self)
{
  if (self->options->has_compress)
    return self->options->compress;
  return (StepcastCompress) get_enum (self, "compress", STEPCAST_COMPRESS_AUTO);
}

guint
stepcast_settings_get_stop_deadline_ms (StepcastSettings *self)
{
  return get_uint (self, "stop-deadline", DEFAULT_STOP_DEADLINE) * 1000;
}

/**
 * stepcast_settings_get_idle_timeout_ms:
 * @self: settings
 *
 * Returns: when the service ends if nobody needs it; 0 for never
 */
guint
stepcast_settings_get_idle_timeout_ms (StepcastSettings *self)
{
  if (self->options->has_idle_timeout)
    return self->options->idle_timeout_ms;
  if (!self->options->is_activated) /* who started it by hand ends it by hand */
    return 0;
  return get_uint (self, "idle-timeout", DEFAULT_IDLE_TIMEOUT) * 1000;
}

static gboolean
is_overridden (StepcastSettings *self, const char *key)
{
  const StepcastOptions *options = self->options;

  return (g_str_equal (key, "address") && options->address != NULL) ||
         (g_str_equal (key, "allow-hosts") && options->allow_hosts != NULL) ||
         (g_str_equal (key, "allow-origins") && options->allow_origins != NULL) ||
         (g_str_equal (key, "allow-embedding") && options->allow_embedding != NULL) ||
         (g_str_has_prefix (key, "tls-") && options->tls_certificate != NULL) ||
         (g_str_equal (key, "port") && options->has_port) ||
         (g_str_equal (key, "workers") && options->has_n_workers) ||
         (g_str_equal (key, "validate") && options->has_validate) ||
         (g_str_equal (key, "compress") && options->has_compress) ||
         (g_str_equal (key, "max-viewers") && options->has_max_viewers) ||
         (g_str_equal (key, "ping-seconds") && options->has_ping_seconds) ||
         (g_str_equal (key, "default-generator") && options->default_generator != NULL) ||
         (g_str_equal (key, "idle-timeout") && options->has_idle_timeout);
}

static void
on_changed (GSettings *stored, const char *key, StepcastSettings *self)
{
  if (is_overridden (self, key))
    g_message ("The setting “%s” has changed, but the command line says otherwise", key);
  else
    g_signal_emit (self, signals[CHANGED], 0, key);
}

/* GSettings tells of changes to keys that were read after somebody listened: so listen first. */
static void
open_stored (StepcastSettings *self)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SCHEMA_ID, TRUE);
  if (schema == NULL)
    {
      g_debug ("The schema " SCHEMA_ID " is not installed: what is built in holds");
      return;
    }

  self->stored = g_settings_new_full (schema, NULL, NULL);
  g_signal_connect_object (self->stored, "changed", G_CALLBACK (on_changed), self, 0);
}

static void
stepcast_settings_dispose (GObject *object)
{
  g_clear_object (&STEPCAST_SETTINGS (object)->stored);

  G_OBJECT_CLASS (stepcast_settings_parent_class)->dispose (object);
}

static void
stepcast_settings_class_init (StepcastSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_settings_dispose;

  /**
   * StepcastSettings::changed:
   * @key: of the schema
   *
   * Something else holds for @key than did. Not emitted where the command line has the last word.
   */
  signals[CHANGED] = g_signal_new ("changed", STEPCAST_TYPE_SETTINGS, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
stepcast_settings_init (StepcastSettings *self)
{
}

/**
 * stepcast_settings_new:
 * @options: what the command line asks for; outlives the settings
 *
 * Returns: (transfer full): what holds
 */
StepcastSettings *
stepcast_settings_new (const StepcastOptions *options)
{
  StepcastSettings *self = g_object_new (STEPCAST_TYPE_SETTINGS, NULL);

  self->options = options;
  open_stored (self);
  return self;
}
