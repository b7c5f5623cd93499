/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-manager-object.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>

#include <gio/gunixfdlist.h>

#include "stepcast-dbus-error.h"
#include "stepcast-enum-types.h"
#include "stepcast-error.h"
#include "stepcast-generator-description.h"
#include "stepcast-lifetimes.h"
#include "stepcast-option.h"
#include "stepcast-pacer.h"
#include "stepcast-program-source.h"
#include "stepcast-stream-source.h"

/* org.stepcast.Stepcast1.Manager on the bus: checks what it is asked for, and has the core do it.
 * Lives on the main context. */

struct _StepcastManagerObject
{
  StepcastDBusManagerSkeleton parent_instance;

  StepcastSessionManager *manager;
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastGuard *guard;
  StepcastLinks *links;
  StepcastCallers *callers;
  StepcastLifetimes *lifetimes;
  GQueue link_calls; /* of GDBusMethodInvocation: until the web reaches us */
};

static void stepcast_manager_object_iface_init (StepcastDBusManagerIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastManagerObject,
                               stepcast_manager_object,
                               STEPCAST_DBUS_TYPE_MANAGER_SKELETON,
                               G_IMPLEMENT_INTERFACE (STEPCAST_DBUS_TYPE_MANAGER,
                                                      stepcast_manager_object_iface_init))

/* ---- options ---- */

static const char *const lifetimes[] = { "service", "caller", NULL };
static const char *const unwatched_actions[] = { "run", "pause", "stop", NULL };

/* clang-format off */
#define SESSION_OPTIONS                                                                            \
  { .key = "name", .type = "s" },                                                                  \
  { .key = "title", .type = "s" },                                                                 \
  { .key = "lifetime", .type = "s", .choices = lifetimes },                                        \
  { .key = "start", .type = "b" },                                                                 \
  { .key = "rate", .type = "d", .minimum = 0, .maximum = STEPCAST_MAX_RATE },                      \
  { .key = "when-unwatched", .type = "s", .choices = unwatched_actions },                          \
  { .key = "grace-seconds", .type = "d", .minimum = 0, .maximum = STEPCAST_MAX_GRACE_MS / 1000.0 }

#define DOCUMENT_OPTIONS                                                                           \
  { .key = "max-frame-bytes", .type = "t", .minimum = STEPCAST_DOCUMENT_MIN_MAX_BYTES,             \
    .maximum = STEPCAST_DOCUMENT_MAX_MAX_BYTES },                                                  \
  { .key = "max-frame-elements", .type = "u", .minimum = 1,                                        \
    .maximum = STEPCAST_DOCUMENT_MAX_MAX_ELEMENTS }
/* clang-format on */

static const StepcastOption generator_options[] = {
  SESSION_OPTIONS,
  { .key = "parameters", .type = "a{sv}" },
};

static const StepcastOption command_options[] = {
  SESSION_OPTIONS,
  DOCUMENT_OPTIONS,
  { .key = "cwd", .type = "s" },
  { .key = "env", .type = "a{ss}" },
  { .key = "pty", .type = "b" },
  { .key = "max-memory-bytes", .type = "t" },
  { .key = "max-cpu-seconds", .type = "t" },
};

static const StepcastOption stream_options[] = {
  SESSION_OPTIONS,
  DOCUMENT_OPTIONS,
};

static StepcastDocumentLimits
get_limits (GVariant *options)
{
  StepcastDocumentLimits limits = STEPCAST_DOCUMENT_LIMITS_DEFAULT;
  guint64 max_bytes;
  guint32 max_elements;

  if (g_variant_lookup (options, "max-frame-bytes", "t", &max_bytes))
    limits.max_bytes = max_bytes;
  if (g_variant_lookup (options, "max-frame-elements", "u", &max_elements))
    limits.max_elements = max_elements;
  return limits;
}

static StepcastCommand *
make_command (const char *const *argv, GVariant *options)
{
  StepcastCommand *command = stepcast_command_new (argv);

  g_variant_lookup (options, "cwd", "s", &command->cwd);
  command->environment = g_variant_lookup_value (options, "env", G_VARIANT_TYPE ("a{ss}"));
  g_variant_lookup (options, "pty", "b", &command->uses_pty);
  g_variant_lookup (options, "max-memory-bytes", "t", &command->max_memory_bytes);
  g_variant_lookup (options, "max-cpu-seconds", "t", &command->max_cpu_seconds);
  return command;
}

/* ---- sessions ---- */

/**
 * stepcast_manager_object_make_path:
 * @session: a session
 *
 * Returns: (transfer full): its object path
 */
char *
stepcast_manager_object_make_path (StepcastSession *session)
{
  return g_strconcat (STEPCAST_DBUS_PATH "/session/", stepcast_session_get_name (session), NULL);
}

static gboolean
is_rate (double rate, GError **error)
{
  if (rate == 0 || rate >= STEPCAST_MIN_RATE)
    return TRUE;

  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%g” is no rate: it takes steps a second, from %g, or 0 for no limit", rate,
               STEPCAST_MIN_RATE);
  return FALSE;
}

static void
set_when_unwatched (StepcastSession *session, GVariant *options)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (STEPCAST_TYPE_WHEN_UNWATCHED);
  const char *action = stepcast_session_get_when_unwatched_nick (session);
  double grace_s = stepcast_session_get_grace_ms (session) / 1000.0;

  g_variant_lookup (options, "when-unwatched", "&s", &action);
  g_variant_lookup (options, "grace-seconds", "d", &grace_s);
  stepcast_session_set_when_unwatched (
    session, (StepcastWhenUnwatched) g_enum_get_value_by_nick (klass, action)->value,
    (guint) lround (grace_s * 1000));
}

static StepcastActor *
make_actor (StepcastManagerObject *self, GDBusMethodInvocation *invocation)
{
  return stepcast_callers_make_actor (self->callers,
                                      g_dbus_method_invocation_get_sender (invocation));
}

/* What it does at once is the caller's doing. */
static void
begin_session (StepcastSession *session, GVariant *options, StepcastActor *actor)
{
  double rate = 0;
  gboolean starts = FALSE;

  g_variant_lookup (options, "rate", "d", &rate);
  g_variant_lookup (options, "start", "b", &starts);

  stepcast_session_act_for (session, actor);
  stepcast_session_set_rate (session, rate, NULL);
  if (starts)
    {
      stepcast_session_act_for (session, actor);
      stepcast_session_start (session, NULL);
    }
}

/* Opens a session of @source as @options, which are checked, have it. */
static StepcastSession *
open_session (StepcastManagerObject *self,
              GDBusMethodInvocation *invocation,
              StepcastSource *source,
              GVariant *options,
              GError **error)
{
  g_autoptr (GVariant) parameters =
    g_variant_lookup_value (options, "parameters", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) no_parameters =
    g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
  const char *caller = g_dbus_method_invocation_get_sender (invocation);
  const char *name = NULL;
  const char *title = NULL;
  const char *lifetime = lifetimes[0];
  g_autoptr (StepcastActor) actor = make_actor (self, invocation);
  double rate = 0;
  StepcastSession *session;

  g_variant_lookup (options, "name", "&s", &name);
  g_variant_lookup (options, "title", "&s", &title);
  g_variant_lookup (options, "lifetime", "&s", &lifetime);
  g_variant_lookup (options, "rate", "d", &rate);

  if (!is_rate (rate, error))
    return NULL;
  session =
    stepcast_session_manager_open_titled (self->manager, name, title, source,
                                          parameters != NULL ? parameters : no_parameters, error);
  if (session == NULL)
    return NULL;

  set_when_unwatched (session, options);
  if (g_str_equal (lifetime, "caller") && caller != NULL)
    stepcast_lifetimes_bind (self->lifetimes, session,
                             g_dbus_method_invocation_get_connection (invocation), caller);
  begin_session (session, options, actor);
  return session;
}

/* Takes @invocation and @error. */
static void
answer_session (GDBusMethodInvocation *invocation, StepcastSession *session, GError *error)
{
  g_autoptr (GError) owned = error;
  g_autofree char *path = NULL;

  if (session == NULL)
    {
      stepcast_dbus_error_return (invocation, owned);
      return;
    }

  path = stepcast_manager_object_make_path (session);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", path));
}

static StepcastSource *
find_source (StepcastManagerObject *self, const char *generator, GError **error)
{
  return stepcast_registry_find (stepcast_session_manager_get_registry (self->manager),
                                 *generator != '\0' ? generator : NULL, error);
}

static gboolean
handle_create_session (StepcastDBusManager *object,
                       GDBusMethodInvocation *invocation,
                       const char *generator,
                       GVariant *given)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);
  GError *error = NULL;
  g_autoptr (GVariant) options =
    stepcast_options_check (given, generator_options, G_N_ELEMENTS (generator_options), &error);
  StepcastSource *source = options != NULL ? find_source (self, generator, &error) : NULL;
  StepcastSession *session =
    source != NULL ? open_session (self, invocation, source, options, &error) : NULL;

  answer_session (invocation, session, error);
  return TRUE;
}

static StepcastSource *
make_program_source (StepcastManagerObject *self,
                     const char *const *argv,
                     GVariant *options,
                     GError **error)
{
  StepcastDocumentLimits limits = get_limits (options);
  g_autoptr (StepcastCommand) command = make_command (argv, options);
  g_autofree char *name = NULL;

  if (!stepcast_command_check (command, error))
    return NULL;

  name = stepcast_program_source_make_name (argv[0]);
  return stepcast_program_source_new (name, command, &limits, self->scheduler, self->validator,
                                      self->guard);
}

static gboolean
handle_create_command_session (StepcastDBusManager *object,
                               GDBusMethodInvocation *invocation,
                               const char *const *argv,
                               GVariant *given)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);
  GError *error = NULL;
  g_autoptr (GVariant) options =
    stepcast_options_check (given, command_options, G_N_ELEMENTS (command_options), &error);
  g_autoptr (StepcastSource) source =
    options != NULL ? make_program_source (self, argv, options, &error) : NULL;
  StepcastSession *session =
    source != NULL ? open_session (self, invocation, source, options, &error) : NULL;

  answer_session (invocation, session, error);
  return TRUE;
}

/* Returns: the descriptor that @handle means, which is the caller's to close; or -1 with @error set
 */
static int
take_fd (GUnixFDList *fds, GVariant *handle, GError **error)
{
  gint32 index = g_variant_get_handle (handle);
  g_autoptr (GError) local_error = NULL;
  int fd = -1;

  if (fds != NULL && index >= 0 && index < g_unix_fd_list_get_length (fds))
    fd = g_unix_fd_list_get (fds, index, &local_error);
  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
    g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                         "The service has as many open files as it may: close a session first");
  else if (fd < 0)
    g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                 "There is no file descriptor with the message: %s",
                 local_error != NULL ? local_error->message : "its handle leads nowhere");
  return fd;
}

static StepcastSource *
make_stream_source (StepcastManagerObject *self,
                    GUnixFDList *fds,
                    GVariant *handle,
                    GVariant *options,
                    GError **error)
{
  StepcastDocumentLimits limits = get_limits (options);
  int fd = take_fd (fds, handle, error);

  return fd >= 0 ? stepcast_stream_source_new ("stream", fd, &limits, self->scheduler,
                                               self->validator, error) :
                   NULL;
}

static gboolean
handle_create_stream_session (StepcastDBusManager *object,
                              GDBusMethodInvocation *invocation,
                              GUnixFDList *fds,
                              GVariant *handle,
                              GVariant *given)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);
  GError *error = NULL;
  g_autoptr (GVariant) options =
    stepcast_options_check (given, stream_options, G_N_ELEMENTS (stream_options), &error);
  g_autoptr (StepcastSource) source =
    options != NULL ? make_stream_source (self, fds, handle, options, &error) : NULL;
  StepcastSession *session =
    source != NULL ? open_session (self, invocation, source, options, &error) : NULL;

  answer_session (invocation, session, error);
  return TRUE;
}

/* ---- who calls ---- */

static gboolean
handle_introduce (StepcastDBusManager *object, GDBusMethodInvocation *invocation, const char *kind)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);
  g_autoptr (GError) error = NULL;

  if (stepcast_callers_introduce (self->callers,
                                  g_dbus_method_invocation_get_connection (invocation),
                                  g_dbus_method_invocation_get_sender (invocation), kind, &error))
    stepcast_dbus_manager_complete_introduce (object, invocation);
  else
    stepcast_dbus_error_return (invocation, error);
  return TRUE;
}

/* ---- what there is ---- */

static gboolean
handle_list_generators (StepcastDBusManager *object, GDBusMethodInvocation *invocation)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);

  stepcast_dbus_manager_complete_list_generators (
    object, invocation,
    stepcast_generator_describe_all (stepcast_session_manager_get_registry (self->manager)));
  return TRUE;
}

static gboolean
handle_describe_generator (StepcastDBusManager *object,
                           GDBusMethodInvocation *invocation,
                           const char *generator)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);
  g_autoptr (GError) error = NULL;
  StepcastSource *source = find_source (self, generator, &error);

  if (source == NULL)
    stepcast_dbus_error_return (invocation, error);
  else
    stepcast_dbus_manager_complete_describe_generator (
      object, invocation,
      stepcast_generator_describe (stepcast_session_manager_get_registry (self->manager), source));
  return TRUE;
}

static StepcastRole
read_role (const char *text, GError **error)
{
  g_autofree char *quoted = NULL;

  if (g_str_equal (text, "view"))
    return STEPCAST_ROLE_VIEW;
  if (g_str_equal (text, "control"))
    return STEPCAST_ROLE_CONTROL;

  quoted = stepcast_error_quote (text);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%s” is no role: it is “view” or “control”", quoted);
  return STEPCAST_ROLE_NONE;
}

static char *
make_link (StepcastManagerObject *self, const char *name, const char *role_text, GError **error)
{
  StepcastRole role = read_role (role_text, error);

  if (role == STEPCAST_ROLE_NONE)
    return NULL;
  if (*name != '\0')
    return stepcast_session_manager_find (self->manager, name, error) != NULL ?
             stepcast_links_get_link (self->links, name, role) :
             NULL;
  if (role == STEPCAST_ROLE_CONTROL)
    return stepcast_links_get_link (self->links, NULL, role);

  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                       "A link for viewing shows a session: name one");
  return NULL;
}

/* Takes @invocation. */
static void
answer_link (StepcastManagerObject *self, GDBusMethodInvocation *invocation)
{
  const char *session, *role;
  g_autoptr (GError) error = NULL;
  g_autofree char *link = NULL;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s&s)", &session, &role);
  link = make_link (self, session, role, &error);
  if (link == NULL)
    stepcast_dbus_error_return (invocation, error);
  else
    stepcast_dbus_manager_complete_get_link (STEPCAST_DBUS_MANAGER (self), invocation, link);
}

static gboolean
has_address (StepcastManagerObject *self)
{
  const char *address = stepcast_dbus_manager_get_address (STEPCAST_DBUS_MANAGER (self));

  return address != NULL && *address != '\0';
}

static void
on_address_changed (StepcastManagerObject *self, GParamSpec *pspec, gpointer user_data)
{
  GDBusMethodInvocation *next;

  while (has_address (self) && (next = g_queue_pop_head (&self->link_calls)) != NULL)
    answer_link (self, next);
}

/* The call that had the service started may come before the web reaches us. */
static gboolean
handle_get_link (StepcastDBusManager *object,
                 GDBusMethodInvocation *invocation,
                 const char *session,
                 const char *role)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);

  if (has_address (self))
    answer_link (self, invocation);
  else
    g_queue_push_tail (&self->link_calls, invocation);
  return TRUE;
}

static void
stepcast_manager_object_iface_init (StepcastDBusManagerIface *iface)
{
  iface->handle_create_session = handle_create_session;
  iface->handle_create_command_session = handle_create_command_session;
  iface->handle_create_stream_session = handle_create_stream_session;
  iface->handle_introduce = handle_introduce;
  iface->handle_list_generators = handle_list_generators;
  iface->handle_describe_generator = handle_describe_generator;
  iface->handle_get_link = handle_get_link;
}

/* ---- the object ---- */

static void
refuse_link_calls (StepcastManagerObject *self)
{
  GDBusMethodInvocation *next;

  while ((next = g_queue_pop_head (&self->link_calls)) != NULL)
    g_dbus_method_invocation_return_dbus_error (next, STEPCAST_DBUS_ERROR_PREFIX "Io",
                                                "The service goes away");
}

static void
stepcast_manager_object_dispose (GObject *object)
{
  StepcastManagerObject *self = STEPCAST_MANAGER_OBJECT (object);

  refuse_link_calls (self);
  g_clear_pointer (&self->lifetimes, stepcast_lifetimes_free);
  g_clear_object (&self->callers);
  g_clear_object (&self->links);
  g_clear_object (&self->guard);
  g_clear_object (&self->validator);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (stepcast_manager_object_parent_class)->dispose (object);
}

static void
stepcast_manager_object_class_init (StepcastManagerObjectClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = stepcast_manager_object_dispose;
}

static void
stepcast_manager_object_init (StepcastManagerObject *self)
{
  g_queue_init (&self->link_calls);
  g_signal_connect (self, "notify::address", G_CALLBACK (on_address_changed), NULL);
}

/**
 * stepcast_manager_object_new:
 * @manager: the sessions
 * @scheduler: splits and checks what programs print
 * @validator: loads it
 * @guard: ends what programs have started where we can't
 * @links: the addresses of the web
 * @callers: who calls
 *
 * Returns: (transfer full): the interface, not yet exported
 */
StepcastManagerObject *
stepcast_manager_object_new (StepcastSessionManager *manager,
                             StepcastScheduler *scheduler,
                             StepcastValidator *validator,
                             StepcastGuard *guard,
                             StepcastLinks *links,
                             StepcastCallers *callers)
{
  StepcastManagerObject *self = g_object_new (STEPCAST_TYPE_MANAGER_OBJECT, NULL);

  self->manager = g_object_ref (manager);
  self->scheduler = g_object_ref (scheduler);
  self->validator = g_object_ref (validator);
  self->guard = g_object_ref (guard);
  self->links = g_object_ref (links);
  self->callers = g_object_ref (callers);
  self->lifetimes = stepcast_lifetimes_new (manager);

  stepcast_dbus_manager_set_version (STEPCAST_DBUS_MANAGER (self), PACKAGE_VERSION);
  g_object_bind_property (links, "address", self, "address", G_BINDING_SYNC_CREATE);
  g_object_bind_property (stepcast_session_manager_get_registry (manager), "default-name", self,
                          "default-generator", G_BINDING_SYNC_CREATE);
  return self;
}
