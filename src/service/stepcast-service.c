/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-service.h"

#include "stepcast-document-splitter.h"
#include "stepcast-generator-source.h"
#include "stepcast-generators.h"
#include "stepcast-guard.h"
#include "stepcast-image.h"
#include "stepcast-program-source.h"
#include "stepcast-rasterizer.h"
#include "stepcast-scheduler.h"
#include "stepcast-session-manager.h"
#include "stepcast-validator.h"

/* The composition root: makes the objects, wires them together, and takes them down in order. */

/* Loading a frame takes a fraction of what a program takes to print it. Two keep a stream of frames
 * going while one of them is replaced; each may use 512 MiB. */
#define MAX_VALIDATORS 2

/* Pictures are asked for now and then; each may take a core for seconds. */
#define MAX_RASTERIZERS 1

struct _StepcastService
{
  GObject parent_instance;

  const StepcastOptions *options;
  StepcastSettings *settings;
  gboolean has_tls;
  char *program; /* (nullable): the name of the one on the command line */
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastRasterizer *rasterizer;
  StepcastGuard *guard;
  StepcastRegistry *registry;
  StepcastSessionManager *manager;
  StepcastServer *server;
  StepcastExporter *exporter;
};

G_DEFINE_FINAL_TYPE (StepcastService, stepcast_service, G_TYPE_OBJECT)

static void
add_generators (StepcastService *self, gboolean is_validated)
{
  guint n_generators;
  const StepcastBuiltin *generators = stepcast_generators_list (&n_generators);

  for (guint i = 0; i < n_generators; i++)
    {
      g_autoptr (StepcastSource) source =
        stepcast_generator_source_new (generators[i].name, generators[i].get_type (),
                                       self->scheduler, is_validated);

      stepcast_registry_add (self->registry, source);
    }
}

/* The helper that stands beside us in the build tree, in @folder, or else the installed one. */
static char *
find_helper (const char *folder, const char *name)
{
  g_autofree char *self_path = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *ours = g_path_get_dirname (self_path != NULL ? self_path : "/");
  g_autofree char *uninstalled = g_build_filename (ours, "..", folder, name, NULL);

  if (g_file_test (uninstalled, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&uninstalled);
  return g_build_filename (STEPCAST_LIBEXECDIR, name, NULL);
}

/* Returns the name that the program goes by. */
static char *
add_program (StepcastService *self, const StepcastOptions *options)
{
  g_autofree char *name = stepcast_program_source_make_name (options->argv[0]);
  g_autoptr (StepcastCommand) command = stepcast_command_new ((const char *const *) options->argv);
  g_autoptr (StepcastSource) source = NULL;

  command->uses_pty = options->uses_pty;
  source = stepcast_program_source_new (name, command, NULL, self->scheduler, self->validator,
                                        self->guard);
  if (!stepcast_registry_add (self->registry, source))
    {
      g_free (name);
      name = g_strdup ("program"); /* it is called as a built-in generator is */
      g_clear_object (&source);
      source = stepcast_program_source_new (name, command, NULL, self->scheduler, self->validator,
                                            self->guard);
      stepcast_registry_add (self->registry, source);
    }

  return g_steal_pointer (&name);
}

/* A program is on the command line: it comes before a setting, but not before an option. */
static char *
find_default (StepcastService *self)
{
  if (self->options->default_generator == NULL && self->program != NULL)
    return g_strdup (self->program);
  return stepcast_settings_dup_default_generator (self->settings);
}

static gboolean
add_sources (StepcastService *self, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GError) local_error = NULL;

  add_generators (self, stepcast_settings_is_validated (self->settings));
  if (self->options->argv != NULL)
    self->program = add_program (self, self->options);

  name = find_default (self);
  if (stepcast_registry_set_default (self->registry, name, &local_error))
    return TRUE;
  if (self->options->default_generator != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  g_message ("The setting “default-generator”: %s", local_error->message);
  return stepcast_registry_set_default (self->registry, STEPCAST_DEFAULT_GENERATOR, error);
}

static StepcastAccess *
make_access (const StepcastOptions *options, GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "stepcast", "access", NULL);

  if (options->is_open)
    return stepcast_access_new_open ();
  return stepcast_access_new_from_file (path, error);
}

/* Told once, when it listens. */
static void
warn_if_public (StepcastService *self)
{
  if (!stepcast_server_is_public (self->server))
    return;

  if (!self->has_tls)
    g_message (
      "Listening beyond this machine WITHOUT TLS: whoever can read the network can read the "
      "links with their tokens and all pictures, and steer with them. Give it a certificate "
      "(--tls-certificate), or listen on 127.0.0.1 and let others come through a tunnel");
  if (self->options->is_open)
    g_message ("Listening beyond this machine with --auth=none: EVERYBODY who reaches it may steer "
               "all sessions and open new ones");
}

/**
 * stepcast_service_load_certificate:
 * @self: a service that does not listen yet
 * @error: what is wrong with the certificate or its key
 *
 * Returns: %FALSE with @error set; %TRUE as well where there is to be none
 */
gboolean
stepcast_service_load_certificate (StepcastService *self, GError **error)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autoptr (StepcastTlsCredentials) credentials = NULL;

  if (!stepcast_settings_dup_tls_files (self->settings, &certificate, &key))
    return TRUE;

  credentials = stepcast_tls_credentials_new_from_files (certificate, key, error);
  if (credentials == NULL)
    return FALSE;

  self->has_tls = TRUE;
  stepcast_server_set_credentials (self->server, credentials);
  return TRUE;
}

static gboolean
adopt (StepcastService *self, GSocket *socket, StepcastAccess *access, GError **error)
{
  if (self->options->address != NULL || self->options->has_port)
    g_message ("The service manager listens already: --address and --port are not used");
  return stepcast_server_adopt (self->server, socket, access, error);
}

static gboolean
open_port (StepcastService *self, StepcastAccess *access, GError **error)
{
  g_autoptr (GInetAddress) address = stepcast_settings_dup_address (self->settings);

  return stepcast_server_listen (self->server, address, stepcast_settings_get_port (self->settings),
                                 access, error);
}

/**
 * stepcast_service_listen:
 * @self: a service that does not listen yet
 * @socket: (nullable): a TCP socket that listens already; %NULL to open one
 * @error: why it can't
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_service_listen (StepcastService *self, GSocket *socket, GError **error)
{
  StepcastAccess *access = make_access (self->options, error);
  g_auto (GStrv) hosts = stepcast_settings_dup_allow_hosts (self->settings);
  g_auto (GStrv) origins = stepcast_settings_dup_allow_origins (self->settings);
  g_auto (GStrv) embedders = stepcast_settings_dup_allow_embedding (self->settings);

  if (access == NULL)
    return FALSE;

  stepcast_server_allow (self->server, (const char *const *) hosts, (const char *const *) origins);
  stepcast_server_allow_embedding (self->server, (const char *const *) embedders);
  if (socket != NULL ? !adopt (self, socket, access, error) : !open_port (self, access, error))
    return FALSE;

  warn_if_public (self);
  return TRUE;
}

/* ---- settings ---- */

static void
apply_default_generator (StepcastService *self)
{
  g_autofree char *name = find_default (self);
  g_autoptr (GError) error = NULL;

  if (!stepcast_registry_set_default (self->registry, name, &error))
    g_message ("The setting “default-generator”: %s", error->message);
}

static void
apply_limits (StepcastService *self)
{
  stepcast_session_manager_set_max_sessions (self->manager,
                                             stepcast_settings_get_max_sessions (self->settings));
  stepcast_session_manager_set_stop_deadline (self->manager,
                                              stepcast_settings_get_stop_deadline_ms (
                                                self->settings));
  stepcast_server_set_max_viewers (self->server,
                                   stepcast_settings_get_max_viewers (self->settings));
  stepcast_server_set_ping_seconds (self->server,
                                    stepcast_settings_get_ping_seconds (self->settings));
}

static void
apply_viewer_defaults (StepcastService *self)
{
  stepcast_server_set_viewer_defaults (self->server,
                                       stepcast_settings_get_delivery (self->settings),
                                       stepcast_settings_get_max_fps (self->settings));
  stepcast_server_set_compress (self->server, stepcast_settings_get_compress (self->settings));
}

static void
on_setting_changed (StepcastSettings *settings, const char *key, StepcastService *self)
{
  static const char *const restart_keys[] = { "address",
                                              "allow-embedding",
                                              "allow-hosts",
                                              "allow-origins",
                                              "tls-certificate",
                                              "tls-key",
                                              "port",
                                              "validate",
                                              "workers",
                                              NULL };

  if (g_strv_contains (restart_keys, key))
    g_message ("The setting “%s” has changed: it takes effect when the service is started again",
               key);
  else if (g_str_equal (key, "default-generator"))
    apply_default_generator (self);
  else
    {
      apply_limits (self);
      apply_viewer_defaults (self);
    }
}

/* ---- the service ---- */

/**
 * stepcast_service_new:
 * @options: what the command line asks for; outlives the service
 * @settings: what holds
 * @error: what is wrong with it
 *
 * Nothing of it is to be seen from outside: no file, no socket, no child.
 *
 * Returns: (transfer full) (nullable): a service that does not listen yet, or %NULL with @error set
 */
StepcastService *
stepcast_service_new (const StepcastOptions *options, StepcastSettings *settings, GError **error)
{
  g_autoptr (StepcastService) self = g_object_new (STEPCAST_TYPE_SERVICE, NULL);
  g_autofree char *helper = find_helper ("validate", "stepcast-validate");
  g_autofree char *guard = find_helper ("guard", "stepcast-guard");

  self->options = options;
  self->settings = g_object_ref (settings);
  self->scheduler = stepcast_scheduler_new (stepcast_settings_get_n_workers (settings));
  self->validator = stepcast_validator_new (helper, MAX_VALIDATORS);
  self->rasterizer = stepcast_rasterizer_new (helper, MAX_RASTERIZERS);
  stepcast_image_set_decoder (helper);
  self->guard = stepcast_guard_new (guard);
  self->registry = stepcast_registry_new ();
  if (!add_sources (self, error))
    return NULL;

  self->manager =
    stepcast_session_manager_new (self->registry, stepcast_settings_get_max_sessions (settings));
  self->server = stepcast_server_new (self->manager, self->rasterizer);
  self->exporter =
    stepcast_exporter_new (self->manager, self->scheduler, self->validator, self->guard,
                           self->rasterizer, STEPCAST_LINKS (self->server));
  apply_limits (self);
  apply_viewer_defaults (self);
  g_signal_connect_object (settings, "changed", G_CALLBACK (on_setting_changed), self, 0);

  return g_steal_pointer (&self);
}

/**
 * stepcast_service_get_manager:
 * @self: a service
 *
 * Returns: (transfer none): its sessions
 */
StepcastSessionManager *
stepcast_service_get_manager (StepcastService *self)
{
  return self->manager;
}

/**
 * stepcast_service_get_server:
 * @self: a service
 *
 * Returns: (transfer none): its way to the web
 */
StepcastServer *
stepcast_service_get_server (StepcastService *self)
{
  return self->server;
}

/**
 * stepcast_service_get_exporter:
 * @self: a service
 *
 * Returns: (transfer none): its objects for the bus
 */
StepcastExporter *
stepcast_service_get_exporter (StepcastService *self)
{
  return self->exporter;
}

/**
 * stepcast_service_get_link:
 * @self: a service
 *
 * Returns: (transfer full): what the user must open
 */
char *
stepcast_service_get_link (StepcastService *self)
{
  return stepcast_links_get_link (STEPCAST_LINKS (self->server), NULL, STEPCAST_ROLE_CONTROL);
}

/**
 * stepcast_service_get_view_link:
 * @self: a service
 *
 * Returns: (transfer full) (nullable): what the user can hand to others, so that they look; %NULL
 * if nobody else can reach it, or everybody may steer
 */
char *
stepcast_service_get_view_link (StepcastService *self)
{
  if (!stepcast_server_is_public (self->server) || self->options->is_open)
    return NULL;
  return stepcast_links_get_link (STEPCAST_LINKS (self->server), NULL, STEPCAST_ROLE_VIEW);
}

static void
on_sessions_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  StepcastService *self = g_task_get_source_object (task);
  GError *error = NULL;

  stepcast_validator_shut_down (self->validator);
  stepcast_rasterizer_shut_down (self->rasterizer);
  if (stepcast_session_manager_close_all_finish (STEPCAST_SESSION_MANAGER (source_object), result,
                                                 &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_server_closed (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  StepcastService *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!stepcast_server_close_finish (STEPCAST_SERVER (source_object), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  stepcast_session_manager_close_all_async (self->manager, on_sessions_closed,
                                            g_steal_pointer (&task));
}

/**
 * stepcast_service_shut_down_async:
 * @self: a service
 * @callback: called when all has ended
 * @user_data: handed to @callback
 *
 * Takes no new connections, says goodbye to those there are, stops all runs
 * and waits for them, and ends all child processes.
 */
void
stepcast_service_shut_down_async (StepcastService *self,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, stepcast_service_shut_down_async);
  stepcast_server_close_async (self->server, on_server_closed, task);
}

gboolean
stepcast_service_shut_down_finish (StepcastService *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
stepcast_service_dispose (GObject *object)
{
  StepcastService *self = STEPCAST_SERVICE (object);

  g_clear_object (&self->exporter);
  g_clear_object (&self->server);
  g_clear_object (&self->manager);
  g_clear_object (&self->registry);
  g_clear_object (&self->guard);
  g_clear_object (&self->rasterizer);
  g_clear_object (&self->validator);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->settings);
  g_clear_pointer (&self->program, g_free);

  G_OBJECT_CLASS (stepcast_service_parent_class)->dispose (object);
}

static void
stepcast_service_class_init (StepcastServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_service_dispose;
}

static void
stepcast_service_init (StepcastService *self)
{
}
