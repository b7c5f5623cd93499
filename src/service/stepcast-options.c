/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-options.h"

#include <math.h>

#include <glib/gi18n.h>

#include "stepcast-hosts.h"
#include "stepcast-liveness.h"

/* Nobody types this: the option is not there. */
#define NOT_GIVEN G_MININT

typedef struct
{
  char *address;
  int port;
  char **allow_hosts;
  char **allow_origins;
  char **allow_embedding;
  char *tls_certificate;
  char *tls_key;
  char *auth;
  int n_workers;
  char *validate;
  char *compress;
  int max_viewers;
  int ping_seconds;
  char *default_generator;
  gboolean uses_pty;
  char *bus;
  gboolean is_activated;
  double idle_timeout;
  gboolean wants_version;
  char **rest;
} RawOptions;

static void
raw_options_clear (RawOptions *raw)
{
  g_free (raw->address);
  g_strfreev (raw->allow_hosts);
  g_strfreev (raw->allow_origins);
  g_strfreev (raw->allow_embedding);
  g_free (raw->tls_certificate);
  g_free (raw->tls_key);
  g_free (raw->auth);
  g_free (raw->validate);
  g_free (raw->compress);
  g_free (raw->default_generator);
  g_free (raw->bus);
  g_strfreev (raw->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawOptions, raw_options_clear)

static gboolean
parse_raw (RawOptions *raw, int argc, char *argv[], GError **error)
{
  const GOptionEntry entries[] = {
    { "address", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->address,
      N_ ("Listen on this numeric address (default: 127.0.0.1)"), N_ ("ADDRESS") },
    { "port", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &raw->port,
      N_ ("Listen on this port (default: 8347); 0 for any free one"), N_ ("PORT") },
    { "allow-host", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING_ARRAY, &raw->allow_hosts,
      N_ ("A name that it is reached by, besides localhost and its addresses; may be repeated"),
      N_ ("NAME[:PORT]") },
    { "allow-origin", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING_ARRAY, &raw->allow_origins,
      N_ ("Pages of another site that may ask, if they have a token; may be repeated"),
      N_ ("ORIGIN") },
    { "allow-embedding", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING_ARRAY, &raw->allow_embedding,
      N_ ("Pages of another site that may show the page within them; may be repeated"),
      N_ ("ORIGIN") },
    { "tls-certificate", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &raw->tls_certificate,
      N_ ("Speak TLS, with the certificate in this file"), N_ ("FILE.pem") },
    { "tls-key", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &raw->tls_key,
      N_ ("The certificate’s key (default: in the same file)"), N_ ("FILE.pem") },
    { "auth", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->auth,
      N_ ("Ask for a token (the default), or for none"), N_ ("token|none") },
    { "workers", 'w', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &raw->n_workers,
      N_ ("Compute in this many threads (default: one a processor)"), N_ ("N") },
    { "validate", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->validate,
      N_ ("Check every frame of the built-in generators (the default), or none; a program’s frames "
          "are always checked"),
      N_ ("every|off") },
    { "compress", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->compress,
      N_ ("Compress pictures for viewers on other machines (the default), for all, or for none"),
      N_ ("auto|always|never") },
    { "max-viewers", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &raw->max_viewers,
      N_ ("Let so many look at once (default: 1000)"), N_ ("N") },
    { "ping-seconds", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &raw->ping_seconds,
      N_ ("Ask a viewer that has been silent for so long whether it is there (default: 15); 0 for "
          "never"),
      N_ ("N") },
    { "default-generator", 'g', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->default_generator,
      N_ ("What to run where none is named (default: gray-scott, or the program)"), N_ ("NAME") },
    { "pty", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &raw->uses_pty,
      N_ ("Let the program write to a terminal, so that it does not buffer its output"), NULL },
    { "bus", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->bus,
      N_ ("Be on the session bus where there is one (the default), or on none"),
      N_ ("session|none") },
    { "idle-timeout", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_DOUBLE, &raw->idle_timeout,
      N_ ("End when nobody has needed it for this long; 0 for never (the default, unless it is "
          "activated)"),
      N_ ("SECONDS") },
    { "dbus-activated", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &raw->is_activated,
      N_ ("It was started because somebody called it: it ends with the bus, and when it is idle"),
      NULL },
    { "version", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &raw->wants_version,
      N_ ("Print the version and exit"), NULL },
    { G_OPTION_REMAINING, 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME_ARRAY, &raw->rest, NULL,
      N_ ("[-- PROGRAM ARG…]") },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) args = g_new0 (char *, (gsize) argc + 1);

  for (int i = 0; i < argc; i++)
    args[i] = g_strdup (argv[i]);

  g_option_context_set_summary (
    context, _ ("Shows a step-by-step computation as a live picture in the browser."));
  g_option_context_set_strict_posix (context, TRUE); /* the program's options are its own */
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);

  return g_option_context_parse_strv (context, &args, error);
}

static gboolean
refuse (GError **error, const char *option, const char *value, const char *range)
{
  g_set_error (
    error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
    /* TRANSLATORS: a value, an option, and what that takes, such as “a whole number from 0 to 9” */
    _ ("“%s” is no value for %s: it takes %s"), value, option, range);
  return FALSE;
}

static gboolean
check_number (int value, int maximum, const char *option, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%d", value);
  g_autofree char *range = g_strdup_printf (_ ("a whole number from 0 to %d"), maximum);

  return (value >= 0 && value <= maximum) || value == NOT_GIVEN ||
         refuse (error, option, text, range);
}

/* Reads one of two words; @is_second is left alone where @value is NULL. */
static gboolean
check_choice (const char *value,
              const char *first,
              const char *second,
              gboolean *is_second,
              const char *option,
              GError **error)
{
  /* TRANSLATORS: two words that are to be typed so */
  g_autofree char *range = g_strdup_printf (_ ("%s or %s"), first, second);

  if (value == NULL)
    return TRUE;
  *is_second = g_str_equal (value, second);
  return *is_second || g_str_equal (value, first) || refuse (error, option, value, range);
}

static gboolean
check_compress (const char *value, StepcastCompress *when, GError **error)
{
  static const char *const words[] = {
    [STEPCAST_COMPRESS_AUTO] = "auto",
    [STEPCAST_COMPRESS_ALWAYS] = "always",
    [STEPCAST_COMPRESS_NEVER] = "never",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words) && value != NULL; i++)
    {
      if (!g_str_equal (value, words[i]))
        continue;
      *when = i;
      return TRUE;
    }
  /* TRANSLATORS: three words that are to be typed so */
  return value == NULL || refuse (error, "--compress", value, _ ("auto, always or never"));
}

static gboolean
check_seconds (double value, const char *option, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%g", value);
  g_autofree char *range =
    g_strdup_printf (_ ("a number of seconds from 0 to %d"), STEPCAST_MAX_IDLE_SECONDS);

  return (value >= 0 && value <= STEPCAST_MAX_IDLE_SECONDS) || value <= NOT_GIVEN ||
         refuse (error, option, text, range);
}

static gboolean
check_address (const char *value, GInetAddress **address, GError **error)
{
  if (value == NULL)
    return TRUE;
  *address = g_inet_address_new_from_string (value);
  return *address != NULL ||
         refuse (error, "--address", value, _ ("a numeric address, such as 127.0.0.1 or ::1"));
}

/* Sets @checked to what @normalize makes of @values. */
static gboolean
check_list (char **values,
            char *(*normalize) (const char *text),
            GStrv *checked,
            const char *option,
            const char *range,
            GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (values == NULL)
    return TRUE;
  for (guint i = 0; values[i] != NULL; i++)
    {
      g_autofree char *value = normalize (values[i]);

      if (value == NULL)
        return refuse (error, option, values[i], range);
      g_strv_builder_add (builder, value);
    }

  *checked = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
check_names (StepcastOptions *self, const RawOptions *raw, GError **error)
{
  const char *origin_range = _ ("the scheme and the host of one site, and its port, without "
                                "wildcards and without a path, such as https://example.org");

  return check_list (raw->allow_hosts, stepcast_hosts_normalize_host, &self->allow_hosts,
                     "--allow-host",
                     _ ("one name or address without wildcards, and a port if it is another than "
                        "ours, such as stepcast.example.org or stepcast.example.org:8443"),
                     error) &&
         check_list (raw->allow_origins, stepcast_hosts_normalize_origin, &self->allow_origins,
                     "--allow-origin", origin_range, error) &&
         check_list (raw->allow_embedding, stepcast_hosts_normalize_origin, &self->allow_embedding,
                     "--allow-embedding", origin_range, error);
}

static gboolean
check_key (const RawOptions *raw, GError **error)
{
  if (raw->tls_key == NULL || raw->tls_certificate != NULL)
    return TRUE;

  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                       _ ("--tls-key is of use with --tls-certificate only"));
  return FALSE;
}

static gboolean
fill (StepcastOptions *self, RawOptions *raw, GError **error)
{
  gboolean is_off = FALSE;

  if (!check_number (raw->port, G_MAXUINT16, "--port", error) ||
      !check_number (raw->n_workers, STEPCAST_MAX_WORKERS, "--workers", error) ||
      !check_number (raw->max_viewers, STEPCAST_MAX_MAX_VIEWERS, "--max-viewers", error) ||
      !check_number (raw->ping_seconds, STEPCAST_MAX_PING_SECONDS, "--ping-seconds", error) ||
      !check_choice (raw->auth, "token", "none", &self->is_open, "--auth", error) ||
      !check_choice (raw->validate, "every", "off", &is_off, "--validate", error) ||
      !check_compress (raw->compress, &self->compress, error) ||
      !check_choice (raw->bus, "session", "none", &self->is_off_bus, "--bus", error) ||
      !check_seconds (raw->idle_timeout, "--idle-timeout", error) ||
      !check_address (raw->address, &self->address, error) || !check_names (self, raw, error) ||
      !check_key (raw, error))
    return FALSE;

  self->tls_certificate = g_steal_pointer (&raw->tls_certificate);
  self->tls_key = g_steal_pointer (&raw->tls_key);
  self->has_port = raw->port != NOT_GIVEN;
  self->port = self->has_port ? (guint16) raw->port : 0;
  self->has_n_workers = raw->n_workers != NOT_GIVEN;
  self->n_workers = self->has_n_workers ? (guint) raw->n_workers : 0;
  self->has_validate = raw->validate != NULL;
  self->is_validated = !is_off;
  self->has_compress = raw->compress != NULL;
  self->has_idle_timeout = raw->idle_timeout >= 0;
  self->idle_timeout_ms = self->has_idle_timeout ? (guint) ceil (raw->idle_timeout * 1000) : 0;
  self->has_max_viewers = raw->max_viewers != NOT_GIVEN;
  self->max_viewers = self->has_max_viewers ? (guint) raw->max_viewers : 0;
  self->has_ping_seconds = raw->ping_seconds != NOT_GIVEN;
  self->ping_seconds = self->has_ping_seconds ? (guint) raw->ping_seconds : 0;
  self->default_generator = g_steal_pointer (&raw->default_generator);
  self->uses_pty = raw->uses_pty;
  self->is_activated = raw->is_activated;
  self->argv = g_steal_pointer (&raw->rest);
  return TRUE;
}

/**
 * stepcast_options_parse:
 * @argc: how many arguments
 * @argv: (array length=argc): as main() got them
 * @wants_version: (out): whether only the version is asked for
 * @error: names the option that is wrong, and what it takes
 *
 * Prints the help and exits where that is asked for.
 *
 * Returns: (transfer full) (nullable): what the command line asks for, or %NULL with @error set
 */
StepcastOptions *
stepcast_options_parse (int argc, char *argv[], gboolean *wants_version, GError **error)
{
  g_auto (RawOptions) raw = {
    .port = NOT_GIVEN,
    .n_workers = NOT_GIVEN,
    .max_viewers = NOT_GIVEN,
    .ping_seconds = NOT_GIVEN,
    .idle_timeout = NOT_GIVEN,
  };
  g_autoptr (StepcastOptions) self = g_new0 (StepcastOptions, 1);

  if (!parse_raw (&raw, argc, argv, error) || !fill (self, &raw, error))
    return NULL;

  *wants_version = raw.wants_version;
  return g_steal_pointer (&self);
}

void
stepcast_options_free (StepcastOptions *self)
{
  g_clear_object (&self->address);
  g_strfreev (self->allow_hosts);
  g_strfreev (self->allow_origins);
  g_strfreev (self->allow_embedding);
  g_free (self->tls_certificate);
  g_free (self->tls_key);
  g_free (self->default_generator);
  g_strfreev (self->argv);
  g_free (self);
}
