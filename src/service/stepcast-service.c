/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-service.h"

#include "stepcast-document-splitter.h"
#include "stepcast-generator-source.h"
#include "stepcast-generators.h"
#include "stepcast-program-source.h"
#include "stepcast-rasterizer.h"
#include "stepcast-scheduler.h"
#include "stepcast-server.h"
#include "stepcast-session-manager.h"
#include "stepcast-validator.h"

/* The composition root: makes the objects, wires them together, and takes them down in order. */

/* What a newcomer sees. */
#define DEFAULT_GENERATOR "gray-scott"

/* Loading a frame takes a fraction of what a program takes to print it. Two keep a stream of frames
 * going while one of them is replaced; each may use 512 MiB. */
#define MAX_VALIDATORS 2

/* Pictures are asked for now and then; each may take a core for seconds. */
#define MAX_RASTERIZERS 1

struct _StepcastService
{
  GObject parent_instance;

  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastRasterizer *rasterizer;
  StepcastRegistry *registry;
  StepcastSessionManager *manager;
  StepcastServer *server;
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

/* The helper that stands beside us in the build tree, or else the installed one. */
static char *
find_helper (void)
{
  g_autofree char *self_path = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self_path != NULL ? self_path : "/");
  g_autofree char *uninstalled =
    g_build_filename (folder, "..", "validate", "stepcast-validate", NULL);

  if (g_file_test (uninstalled, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&uninstalled);
  return g_build_filename (STEPCAST_LIBEXECDIR, "stepcast-validate", NULL);
}

/* Returns the name that the program goes by. */
static char *
add_program (StepcastService *self, const StepcastOptions *options)
{
  g_autofree char *name = stepcast_program_source_make_name (options->argv[0]);
  g_autoptr (StepcastCommand) command = stepcast_command_new ((const char *const *) options->argv);
  g_autoptr (StepcastSource) source = NULL;

  command->uses_pty = options->uses_pty;
  source = stepcast_program_source_new (name, command, NULL, self->scheduler, self->validator);
  if (!stepcast_registry_add (self->registry, source))
    {
      g_free (name);
      name = g_strdup ("program"); /* it is called as a built-in generator is */
      g_clear_object (&source);
      source = stepcast_program_source_new (name, command, NULL, self->scheduler, self->validator);
      stepcast_registry_add (self->registry, source);
    }

  return g_steal_pointer (&name);
}

static gboolean
add_sources (StepcastService *self, const StepcastOptions *options, GError **error)
{
  g_autofree char *program = NULL;
  const char *name = options->default_generator;

  add_generators (self, options->is_validated);
  if (options->argv != NULL)
    program = add_program (self, options);
  if (name == NULL)
    name = program != NULL ? program : DEFAULT_GENERATOR;

  return stepcast_registry_set_default (self->registry, name, error);
}

static StepcastAccess *
make_access (const StepcastOptions *options, GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "stepcast", "access", NULL);

  if (options->is_open)
    return stepcast_access_new_open ();
  return stepcast_access_new_from_file (path, error);
}

static gboolean
listen_on (StepcastService *self, const StepcastOptions *options, GError **error)
{
  StepcastAccess *access = make_access (options, error);

  if (access == NULL)
    return FALSE;
  if (!g_inet_address_get_is_loopback (options->address))
    g_message ("Listening beyond this machine, without TLS: who can read the network can read and "
               "steer it all");
  return stepcast_server_listen (self->server, options->address, options->port, access, error);
}

/**
 * stepcast_service_new:
 * @options: what the command line asks for
 * @error: what is wrong with it, or why it can't listen
 *
 * Returns: (transfer full) (nullable): a service that listens, or %NULL with @error set
 */
StepcastService *
stepcast_service_new (const StepcastOptions *options, GError **error)
{
  g_autoptr (StepcastService) self = g_object_new (STEPCAST_TYPE_SERVICE, NULL);
  g_autofree char *helper = find_helper ();

  self->scheduler = stepcast_scheduler_new (options->n_workers);
  self->validator = stepcast_validator_new (helper, MAX_VALIDATORS);
  self->rasterizer = stepcast_rasterizer_new (helper, MAX_RASTERIZERS);
  self->registry = stepcast_registry_new ();
  if (!add_sources (self, options, error))
    return NULL;

  self->manager = stepcast_session_manager_new (self->registry, STEPCAST_MAX_SESSIONS);
  self->server = stepcast_server_new (self->manager, self->rasterizer);
  if (!listen_on (self, options, error))
    return NULL;

  return g_steal_pointer (&self);
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

  g_clear_object (&self->server);
  g_clear_object (&self->manager);
  g_clear_object (&self->registry);
  g_clear_object (&self->rasterizer);
  g_clear_object (&self->validator);
  g_clear_object (&self->scheduler);

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
