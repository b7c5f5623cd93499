/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "stepcast-callers.h"
#include "stepcast-dbus-error.h"
#include "stepcast-enum-types.h"
#include "stepcast-exporter.h"
#include "stepcast-generator-source.h"
#include "stepcast-mock-generator.h"
#include "stepcast-mock-sink.h"
#include "stepcast-test-wait.h"

/* The objects on a bus of the test's own: an exporter at one connection, a client at another. Both
 * live on the same main context, so a client never waits without it. */

#define PATH "/org/stepcast/Stepcast1"
#define SESSION_PATH PATH "/session/mock_1"
#define MANAGER "org.stepcast.Stepcast1.Manager"
#define SESSION "org.stepcast.Stepcast1.Session"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECTS "org.freedesktop.DBus.ObjectManager"
#define ERROR(name) STEPCAST_DBUS_ERROR_PREFIX name

#define N_SLOTS 3
#define SHORT_DEADLINE_MS 50

#define COUNTERS_MS 250

/* ---- addresses ---- */

#define TEST_TYPE_LINKS (test_links_get_type ())

G_DECLARE_FINAL_TYPE (TestLinks, test_links, TEST, LINKS, GObject)

struct _TestLinks
{
  GObject parent_instance;
  char *address; /* empty until it listens */
};

static char *
test_links_get_address (StepcastLinks *links)
{
  return g_strdup (TEST_LINKS (links)->address);
}

static char *
test_links_get_link (StepcastLinks *links, const char *session, StepcastRole role)
{
  return g_strdup_printf ("%slink/%s/%d", TEST_LINKS (links)->address,
                          session != NULL ? session : "", (int) role);
}

static char *
test_links_get_frame_url (StepcastLinks *links, const char *session)
{
  return g_strdup_printf ("%sframe/%s", TEST_LINKS (links)->address, session);
}

static void
test_links_iface_init (StepcastLinksInterface *iface)
{
  iface->get_address = test_links_get_address;
  iface->get_link = test_links_get_link;
  iface->get_frame_url = test_links_get_frame_url;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestLinks,
                               test_links,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_LINKS, test_links_iface_init))

static void
test_links_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_string (value, TEST_LINKS (object)->address);
}

static void
test_links_finalize (GObject *object)
{
  g_free (TEST_LINKS (object)->address);
  G_OBJECT_CLASS (test_links_parent_class)->finalize (object);
}

static void
test_links_class_init (TestLinksClass *klass)
{
  G_OBJECT_CLASS (klass)->get_property = test_links_get_property;
  G_OBJECT_CLASS (klass)->finalize = test_links_finalize;
  g_object_class_override_property (G_OBJECT_CLASS (klass), 1, "address");
}

static void
test_links_init (TestLinks *self)
{
  self->address = g_strdup ("");
}

static void
test_links_listen (TestLinks *self)
{
  g_free (self->address);
  self->address = g_strdup ("http://here/");
  g_object_notify (G_OBJECT (self), "address");
}

/* ---- a service and its client ---- */

/* A PropertiesChanged, as it left the service. */
typedef struct
{
  gint64 time_us;
  GVariant *changed;
} Change;

typedef struct
{
  StepcastScheduler *scheduler;
  StepcastValidator *validator;
  StepcastGuard *guard;
  StepcastRasterizer *rasterizer;
  StepcastMockControl *control;
  StepcastSessionManager *manager;
  TestLinks *links;
  StepcastExporter *exporter;
  GDBusConnection *service;
  GDBusConnection *client;
  const char *name; /* of the service's connection */

  guint filter_id;
  GMutex lock;        /* guards what follows: GDBus's thread adds to it */
  GPtrArray *changes; /* of Change: those of sessions */
  gint64 begun_us;    /* when it was empty */
} Fixture;

static GTestDBus *bus;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_variant_unref (change->changed);
  g_free (change);
}

/* In GDBus's thread. */
static GDBusMessage *
record_in_thread (GDBusConnection *connection,
                  GDBusMessage *message,
                  gboolean is_incoming,
                  gpointer user_data)
{
  Fixture *fixture = user_data;
  const char *path = g_dbus_message_get_path (message);
  GVariant *body = g_dbus_message_get_body (message);

  if (!is_incoming && g_strcmp0 (g_dbus_message_get_member (message), "PropertiesChanged") == 0 &&
      g_str_has_prefix (path, PATH "/session/"))
    {
      Change *change = g_new (Change, 1);

      change->time_us = g_get_monotonic_time ();
      change->changed = g_variant_get_child_value (body, 1);
      g_mutex_lock (&fixture->lock);
      g_ptr_array_add (fixture->changes, change);
      g_mutex_unlock (&fixture->lock);
    }
  return message;
}

static GDBusConnection *
connect_to_bus (void)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
    g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                              G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                            NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastRegistry) registry = stepcast_registry_new ();
  g_autoptr (StepcastSource) source = NULL;
  g_autoptr (GError) error = NULL;
  const char *helper = g_getenv ("STEPCAST_VALIDATE");

  fixture->scheduler = stepcast_scheduler_new (N_SLOTS);
  fixture->validator = stepcast_validator_new (helper, 1);
  fixture->guard = stepcast_guard_new (g_getenv ("STEPCAST_GUARD"));
  fixture->rasterizer = stepcast_rasterizer_new (helper, 1);
  fixture->control = stepcast_mock_control_new ();
  source =
    stepcast_generator_source_new ("mock", STEPCAST_TYPE_MOCK_GENERATOR, fixture->scheduler, FALSE);
  stepcast_registry_add (registry, source);
  stepcast_registry_set_default (registry, "mock", NULL);
  fixture->manager = stepcast_session_manager_new (registry, STEPCAST_MAX_SESSIONS);
  fixture->links = g_object_new (TEST_TYPE_LINKS, NULL);
  fixture->exporter =
    stepcast_exporter_new (fixture->manager, fixture->scheduler, fixture->validator, fixture->guard,
                           fixture->rasterizer, STEPCAST_LINKS (fixture->links));

  g_mutex_init (&fixture->lock);
  fixture->changes = g_ptr_array_new_with_free_func (change_free);
  fixture->begun_us = g_get_monotonic_time ();
  fixture->service = connect_to_bus ();
  fixture->name = g_dbus_connection_get_unique_name (fixture->service);
  fixture->filter_id =
    g_dbus_connection_add_filter (fixture->service, record_in_thread, fixture, NULL);
  g_assert_true (stepcast_exporter_export (fixture->exporter, fixture->service, &error));
  g_assert_no_error (error);
  fixture->client = connect_to_bus ();
}

static void
on_closed_all (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  stepcast_session_manager_close_all_finish (STEPCAST_SESSION_MANAGER (source_object), result,
                                             NULL);
  *(gboolean *) user_data = TRUE;
}

static void
disconnect (GDBusConnection **connection)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_close_sync (*connection, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (connection);
}

/* Whatever the test has done: all ends, and nothing of it is left. */
static void
tear_down (Fixture *fixture, gconstpointer data)
{
  GWeakRef manager, exporter, scheduler;
  gboolean is_closed = FALSE;

  g_weak_ref_init (&manager, fixture->manager);
  g_weak_ref_init (&exporter, fixture->exporter);
  g_weak_ref_init (&scheduler, fixture->scheduler);
  stepcast_mock_control_release (fixture->control);
  stepcast_session_manager_close_all_async (fixture->manager, on_closed_all, &is_closed);
  stepcast_test_wait_for (is_closed);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);

  stepcast_rasterizer_shut_down (fixture->rasterizer);
  stepcast_validator_shut_down (fixture->validator);
  g_clear_object (&fixture->exporter);
  g_assert_null (g_weak_ref_get (&exporter));
  g_dbus_connection_remove_filter (fixture->service, fixture->filter_id);
  disconnect (&fixture->client);
  disconnect (&fixture->service);
  g_clear_object (&fixture->manager);
  g_clear_object (&fixture->rasterizer);
  g_clear_object (&fixture->guard);
  g_clear_object (&fixture->validator);
  g_clear_object (&fixture->links);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (g_weak_ref_get (&manager));
  g_clear_object (&fixture->scheduler);
  g_assert_null (g_weak_ref_get (&scheduler));

  g_weak_ref_clear (&manager);
  g_weak_ref_clear (&exporter);
  g_weak_ref_clear (&scheduler);
  g_clear_pointer (&fixture->control, stepcast_mock_control_unref);
  g_clear_pointer (&fixture->changes, g_ptr_array_unref);
  g_mutex_clear (&fixture->lock);
}

/* ---- calls ---- */

typedef struct
{
  gboolean is_done;
  GVariant *reply;
  GUnixFDList *fds;
  GError *error;
} Answer;

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->reply, g_variant_unref);
  g_clear_object (&answer->fds);
  g_clear_error (&answer->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_answered (GObject *source_object, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->reply =
    g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source_object),
                                                     &answer->fds, result, &answer->error);
  answer->is_done = TRUE;
}

/* @arguments: (nullable) (transfer floating) */
static void
send_from (GDBusConnection *client,
           Fixture *fixture,
           const char *path,
           const char *interface,
           const char *method,
           GVariant *arguments,
           Answer *answer)
{
  *answer = (Answer){ 0 };
  g_dbus_connection_call_with_unix_fd_list (client, fixture->name, path, interface, method,
                                            arguments, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL,
                                            NULL, on_answered, answer);
}

static void
send (Fixture *fixture,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *arguments,
      Answer *answer)
{
  send_from (fixture->client, fixture, path, interface, method, arguments, answer);
}

/* Returns: (transfer full): the answer */
static GVariant *
call (Fixture *fixture,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *arguments)
{
  g_auto (Answer) answer = { 0 };

  send (fixture, path, interface, method, arguments, &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  return g_steal_pointer (&answer.reply);
}

static void
do_call (Fixture *fixture,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *arguments)
{
  g_autoptr (GVariant) reply = call (fixture, path, interface, method, arguments);

  g_assert_nonnull (reply);
}

static void
assert_error (const Answer *answer, const char *name)
{
  g_autofree char *got = NULL;

  g_assert_true (answer->is_done);
  g_assert_nonnull (answer->error);
  got = g_dbus_error_get_remote_error (answer->error);
  g_assert_cmpstr (got, ==, name);
}

static void
refused (Fixture *fixture,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *arguments,
         const char *name)
{
  g_auto (Answer) answer = { 0 };

  send (fixture, path, interface, method, arguments, &answer);
  stepcast_test_wait_for (answer.is_done);
  assert_error (&answer, name);
}

/* Until whatever was sent by now has been dispatched, and was answered if it could be. */
static void
round_trip (Fixture *fixture)
{
  stepcast_test_settle (fixture->scheduler);
  do_call (fixture, PATH, "org.freedesktop.DBus.Peer", "Ping", NULL);
}

/* @options: as g_variant_parse() has them, beside the parameters */
static GVariant *
make_arguments (Fixture *fixture, const char *options)
{
  g_autoptr (GVariant) parameters = stepcast_mock_control_make_parameters (fixture->control, 20);
  g_autoptr (GVariant) parsed = g_variant_ref_sink (g_variant_new_parsed (options));
  GVariantDict dict;

  g_variant_dict_init (&dict, parsed);
  g_variant_dict_insert_value (&dict, "parameters", parameters);
  return g_variant_new ("(s@a{sv})", "mock", g_variant_dict_end (&dict));
}

static StepcastSession *
create (Fixture *fixture, const char *options)
{
  g_autoptr (GVariant) reply =
    call (fixture, PATH, MANAGER, "CreateSession", make_arguments (fixture, options));
  const char *path;
  StepcastSession *session;

  g_variant_get (reply, "(&o)", &path);
  g_assert_true (g_str_has_prefix (path, PATH "/session/"));
  session =
    stepcast_session_manager_find (fixture->manager, path + strlen (PATH "/session/"), NULL);
  g_assert_nonnull (session);
  return session;
}

static void
request (Fixture *fixture, const char *method)
{
  do_call (fixture, SESSION_PATH, SESSION, method, NULL);
}

static GVariant *
no_options (void)
{
  return g_variant_new_parsed ("(@a{sv} {},)");
}

static GVariant *
get (Fixture *fixture, const char *property)
{
  g_autoptr (GVariant) reply =
    call (fixture, SESSION_PATH, PROPERTIES, "Get", g_variant_new ("(ss)", SESSION, property));
  GVariant *value;

  g_variant_get (reply, "(v)", &value);
  return value;
}

static void
assert_is (Fixture *fixture, const char *property, const char *expected)
{
  g_autoptr (GVariant) value = get (fixture, property);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
wait_for_state (StepcastSession *session, StepcastSessionState state)
{
  stepcast_test_wait_for (stepcast_session_get_state (session) == state);
}

/* ---- what has changed ---- */

static guint
get_n_changes (Fixture *fixture)
{
  guint n_changes;

  g_mutex_lock (&fixture->lock);
  n_changes = fixture->changes->len;
  g_mutex_unlock (&fixture->lock);
  return n_changes;
}

static void
forget_changes (Fixture *fixture)
{
  round_trip (fixture);
  g_mutex_lock (&fixture->lock);
  g_ptr_array_set_size (fixture->changes, 0);
  fixture->begun_us = g_get_monotonic_time ();
  g_mutex_unlock (&fixture->lock);
}

/* Returns: (transfer full) (nullable): the value of @property in the change of that number */
static GVariant *
get_changed (Fixture *fixture, guint index, const char *property)
{
  GVariant *value;

  g_mutex_lock (&fixture->lock);
  value =
    g_variant_lookup_value (((Change *) fixture->changes->pdata[index])->changed, property, NULL);
  g_mutex_unlock (&fixture->lock);
  return value;
}

static gboolean
has_changed_to (Fixture *fixture, guint index, const char *property, const char *expected)
{
  g_autoptr (GVariant) value = get_changed (fixture, index, property);
  g_autofree char *text = value != NULL ? g_variant_print (value, FALSE) : NULL;

  return g_strcmp0 (text, expected) == 0;
}

/* Waits for the change of @property to @expected: its number. */
static guint
wait_for_change (Fixture *fixture, const char *property, const char *expected)
{
  guint index = 0;

  for (;;)
    {
      stepcast_test_wait_for (index < get_n_changes (fixture));
      if (has_changed_to (fixture, index, property, expected))
        return index;
      index++;
    }
}

static void
assert_changed (Fixture *fixture, guint index, const char *property, const char *expected)
{
  g_autoptr (GVariant) value = get_changed (fixture, index, property);
  g_autofree char *text = NULL;

  g_assert_nonnull (value);
  text = g_variant_print (value, FALSE);
  g_assert_cmpstr (text, ==, expected);
}

/* ---- tests: errors ---- */

static char *
make_camel_case (const char *nick)
{
  g_autoptr (GString) name = g_string_new (STEPCAST_DBUS_ERROR_PREFIX);
  gboolean is_first = TRUE;

  for (; *nick != '\0'; nick++)
    {
      if (*nick != '-')
        g_string_append_c (name, is_first ? g_ascii_toupper (*nick) : *nick);
      is_first = *nick == '-';
    }
  return g_string_free (g_steal_pointer (&name), FALSE);
}

static void
test_errors_have_names (void)
{
  g_autoptr (GEnumClass) codes = g_type_class_ref (STEPCAST_TYPE_ERROR);

  stepcast_dbus_error_register ();
  stepcast_dbus_error_register ();
  for (guint i = 0; i < codes->n_values; i++)
    {
      const GEnumValue *value = &codes->values[i];
      g_autofree char *expected = make_camel_case (value->value_nick);
      g_autoptr (GError) error = g_error_new_literal (STEPCAST_ERROR, value->value, "why");
      g_autofree char *name = g_dbus_error_encode_gerror (error);
      g_autoptr (GError) decoded = g_dbus_error_new_for_dbus_error (name, "why");

      g_assert_cmpstr (name, ==, expected);
      g_assert_error (decoded, STEPCAST_ERROR, value->value);
    }
}

static void
test_errors_of_calls (Fixture *fixture, gconstpointer data)
{
  create (fixture, "@a{sv} {}");

  refused (fixture, SESSION_PATH, SESSION, "Pause", NULL, ERROR ("BadState"));
  refused (fixture, SESSION_PATH, SESSION, "Resume", NULL, ERROR ("BadState"));
  refused (fixture, SESSION_PATH, SESSION, "GetFrame", no_options (), ERROR ("BadState"));
  refused (fixture, SESSION_PATH, SESSION, "Step", g_variant_new ("(u)", 0),
           ERROR ("InvalidValue"));
  refused (fixture, SESSION_PATH, SESSION, "Stop", g_variant_new_parsed ("({'x': <1>},)"),
           ERROR ("BadRequest"));
  refused (fixture, SESSION_PATH, SESSION, "SetParameters", g_variant_new_parsed ("({'x': <1>},)"),
           ERROR ("UnknownParameter"));
  refused (fixture, SESSION_PATH, SESSION, "SetParameters",
           g_variant_new_parsed ("({'level': <1000>},)"), ERROR ("InvalidValue"));
  refused (fixture, PATH, MANAGER, "CreateSession", g_variant_new_parsed ("('x', @a{sv} {})"),
           ERROR ("UnknownGenerator"));
  refused (fixture, PATH, MANAGER, "CreateSession",
           make_arguments (fixture, "{'name': <'mock_1'>}"), ERROR ("InvalidValue"));
  stepcast_session_manager_set_max_sessions (fixture->manager, 1);
  refused (fixture, PATH, MANAGER, "CreateSession", make_arguments (fixture, "@a{sv} {}"),
           ERROR ("LimitExceeded"));
  refused (fixture, SESSION_PATH, SESSION, "Start", g_variant_new ("(s)", "x"),
           "org.freedesktop.DBus.Error.InvalidArgs");
  refused (fixture, SESSION_PATH, SESSION, "NoSuch", NULL,
           "org.freedesktop.DBus.Error.UnknownMethod");
}

/* Whatever it comes from, it is never "Failed". */
static void
test_errors_of_a_drawing (Fixture *fixture, gconstpointer data)
{
  StepcastSession *session = create (fixture, "@a{sv} {}");

  stepcast_mock_control_fail (fixture->control, STEPCAST_MOCK_PHASE_DRAW, 1);
  do_call (fixture, SESSION_PATH, SESSION, "Step", g_variant_new ("(u)", 1));
  wait_for_state (session, STEPCAST_SESSION_STATE_PAUSED);
  refused (fixture, SESSION_PATH, SESSION, "GetFrame", no_options (), ERROR ("GeneratorFailed"));
  stepcast_mock_control_fail_with (fixture->control, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_FRAME);
  refused (fixture, SESSION_PATH, SESSION, "GetFrame", no_options (), ERROR ("InvalidFrame"));
}

/* ---- tests: objects ---- */

static gboolean
has_object (GVariant *objects, const char *path)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (objects, 0);
  g_autoptr (GVariant) interfaces =
    g_variant_lookup_value (dict, path, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_autoptr (GVariant) session = NULL;

  if (interfaces == NULL)
    return FALSE;
  session = g_variant_lookup_value (interfaces, SESSION, G_VARIANT_TYPE_VARDICT);
  g_assert_nonnull (session);
  g_assert_cmpuint (g_variant_n_children (session), ==, 24);
  return TRUE;
}

/* The connection has no name but its own here: the objects are there without another. */
static void
test_objects_before_the_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GError) error = NULL;

  stepcast_exporter_unexport (fixture->exporter);
  stepcast_exporter_unexport (fixture->exporter);
  refused (fixture, PATH, MANAGER, "ListGenerators", NULL,
           "org.freedesktop.DBus.Error.UnknownMethod");
  stepcast_session_manager_create (fixture->manager, NULL, none, &error);
  g_assert_no_error (error);

  g_assert_true (stepcast_exporter_export (fixture->exporter, fixture->service, &error));
  objects = call (fixture, PATH, OBJECTS, "GetManagedObjects", NULL);
  g_assert_true (has_object (objects, SESSION_PATH));
  do_call (fixture, PATH, MANAGER, "ListGenerators", NULL);

  do_call (fixture, SESSION_PATH, SESSION, "Close", NULL);
  again = call (fixture, PATH, OBJECTS, "GetManagedObjects", NULL);
  g_assert_false (has_object (again, SESSION_PATH));
}

static void
on_interfaces (GDBusConnection *connection,
               const char *sender,
               const char *path,
               const char *interface,
               const char *signal,
               GVariant *arguments,
               gpointer user_data)
{
  GString *seen = user_data;
  const char *object;

  g_variant_get_child (arguments, 0, "&o", &object);
  g_string_append_printf (seen, "%s %s;", signal, strrchr (object, '/') + 1);
}

/* Who has the answer has seen the object. */
static void
test_objects_come_and_go (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  guint id =
    g_dbus_connection_signal_subscribe (fixture->client, fixture->name, OBJECTS, NULL, PATH, NULL,
                                        G_DBUS_SIGNAL_FLAGS_NONE, on_interfaces, seen, NULL);
  GWeakRef session;

  round_trip (fixture);
  g_weak_ref_init (&session, create (fixture, "{'name': <'one'>}"));
  g_assert_cmpstr (seen->str, ==, "InterfacesAdded one;");
  do_call (fixture, PATH "/session/one", SESSION, "Close", NULL);
  g_assert_cmpstr (seen->str, ==, "InterfacesAdded one;InterfacesRemoved one;");
  refused (fixture, PATH "/session/one", SESSION, "Close", NULL,
           "org.freedesktop.DBus.Error.UnknownMethod");
  g_assert_null (g_weak_ref_get (&session));

  g_weak_ref_clear (&session);
  g_dbus_connection_signal_unsubscribe (fixture->client, id);
}

static void
test_close_answers_at_the_standstill (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (GVariant) objects = NULL;
  GWeakRef session;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  g_weak_ref_init (&session, create (fixture, "{'start': <true>}"));
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  send (fixture, SESSION_PATH, SESSION, "Close", NULL, &answer);
  objects = call (fixture, PATH, OBJECTS, "GetManagedObjects", NULL);
  g_assert_false (has_object (objects, SESSION_PATH));
  round_trip (fixture);
  g_assert_false (answer.is_done);

  stepcast_mock_control_release (fixture->control);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);
  g_assert_null (g_weak_ref_get (&session));
  g_weak_ref_clear (&session);
}

/* ---- tests: changes ---- */

/* How many changes there are of what is no state; and asserts that they come four times a second at
 * most. A machine with other things to do sends them later, never sooner: so each is compared with
 * the beginning, and not with the one before it. A state tells the counters, too, and may come at
 * any time. */
static guint
count_counters (Fixture *fixture)
{
  guint n_counters = 0;

  g_mutex_lock (&fixture->lock);
  for (guint i = 0; i < fixture->changes->len; i++)
    {
      Change *change = fixture->changes->pdata[i];
      g_autoptr (GVariant) step = g_variant_lookup_value (change->changed, "Step", NULL);
      g_autoptr (GVariant) state = g_variant_lookup_value (change->changed, "State", NULL);

      if (step == NULL || state != NULL)
        continue;
      g_assert_cmpint (change->time_us - fixture->begun_us, >=, n_counters * COUNTERS_MS * 1000);
      n_counters++;
    }
  g_mutex_unlock (&fixture->lock);

  return n_counters;
}

static void
test_counters_are_coalesced (Fixture *fixture, gconstpointer data)
{
  StepcastSession *session;

  stepcast_mock_control_set_work (fixture->control, 1000);
  session = create (fixture, "{'start': <true>}");
  stepcast_test_wait_for (count_counters (fixture) >= 6);
  g_assert_cmpuint (stepcast_session_get_progress (session)->step, >, 100);

  /* And nothing else is told of it. */
  g_assert_cmpuint (get_n_changes (fixture) - count_counters (fixture), <=, 2);
}

/* A step ends here and there, as a state does: the last one is told with it. */
static void
test_counters_stop_with_the_run (Fixture *fixture, gconstpointer data)
{
  StepcastSession *session = create (fixture, "{'start': <true>}");
  g_autofree char *step = NULL;

  stepcast_test_wait_for (count_counters (fixture) >= 2);
  do_call (fixture, SESSION_PATH, SESSION, "Stop", no_options ());
  step = g_strdup_printf ("%" G_GUINT64_FORMAT, stepcast_session_get_progress (session)->step);
  wait_for_change (fixture, "State", "'stopped'");
  assert_is (fixture, "StepsPerSecond", "0.0");
  assert_is (fixture, "Step", step);
  forget_changes (fixture);
  round_trip (fixture);
  g_assert_cmpuint (get_n_changes (fixture), ==, 0);
}

static void
test_state_has_its_step (Fixture *fixture, gconstpointer data)
{
  guint index;

  create (fixture, "@a{sv} {}");
  forget_changes (fixture);
  do_call (fixture, SESSION_PATH, SESSION, "Step", g_variant_new ("(u)", 3));
  /* Before the answer. */
  g_assert_cmpuint (get_n_changes (fixture), >=, 1);
  assert_changed (fixture, 0, "State", "'running'");
  assert_changed (fixture, 0, "Run", "1");
  index = wait_for_change (fixture, "State", "'paused'");
  assert_changed (fixture, index, "Step", "3");

  do_call (fixture, SESSION_PATH, SESSION, "Step", g_variant_new ("(u)", 2));
  wait_for_change (fixture, "Step", "5");
  assert_is (fixture, "State", "'paused'");
}

static void
test_state_has_its_reason (Fixture *fixture, gconstpointer data)
{
  guint index;

  stepcast_mock_control_fail (fixture->control, STEPCAST_MOCK_PHASE_STEP, 4);
  stepcast_mock_control_fail_with (fixture->control, STEPCAST_ERROR,
                                   STEPCAST_ERROR_GENERATOR_FAILED);
  create (fixture, "{'start': <true>}");
  index = wait_for_change (fixture, "State", "'failed'");
  assert_changed (fixture, index, "Step", "3");
  assert_changed (fixture, index, "Reason", "('generator-failed', 'Step 4: as it was told to')");
  assert_is (fixture, "ExitStatus", "-1");

  stepcast_mock_control_fail (fixture->control, STEPCAST_MOCK_PHASE_NONE, 0);
  forget_changes (fixture);
  request (fixture, "Start");
  index = wait_for_change (fixture, "State", "'running'");
  assert_changed (fixture, index, "Reason", "('', '')");
  assert_changed (fixture, index, "Run", "2");
  assert_changed (fixture, index, "Step", "0");
}

static void
test_state_has_its_maker (Fixture *fixture, gconstpointer data)
{
  const char *name = g_dbus_connection_get_unique_name (fixture->client);
  g_autofree char *as_dbus = g_strdup_printf ("('dbus', '%s')", name);
  g_autofree char *as_cli = g_strdup_printf ("('cli', '%s')", name);
  guint index;

  create (fixture, "@a{sv} {}");
  assert_is (fixture, "StateBy", "('', '')");
  forget_changes (fixture);
  request (fixture, "Start");
  /* Before the answer. */
  index = wait_for_change (fixture, "State", "'running'");
  assert_changed (fixture, index, "StateBy", as_dbus);

  do_call (fixture, PATH, MANAGER, "Introduce", g_variant_new ("(s)", "cli"));
  forget_changes (fixture);
  request (fixture, "Pause");
  index = wait_for_change (fixture, "State", "'paused'");
  assert_changed (fixture, index, "StateBy", as_cli);

  do_call (fixture, SESSION_PATH, SESSION, "SetParameters",
           g_variant_new_parsed ("({'level': <7>},)"));
  assert_is (fixture, "ParametersBy", as_cli);
  stepcast_mock_control_finish_after (fixture->control, 1, STEPCAST_STEP_NONE);
  forget_changes (fixture);
  request (fixture, "Resume");
  index = wait_for_change (fixture, "State", "'finished'");
  assert_changed (fixture, index, "StateBy", "('', '')");
}

static void
test_holder_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastMockSink) sink = stepcast_mock_sink_new_every (0);
  StepcastSession *session = create (fixture, "@a{sv} {}");
  guint index;

  stepcast_mock_sink_set_viewer (sink, "7");
  stepcast_session_add_sink (session, STEPCAST_FRAME_SINK (sink));
  request (fixture, "Start");
  wait_for_change (fixture, "HeldBy", "('websocket', '7')");
  forget_changes (fixture);
  request (fixture, "Pause");
  index = wait_for_change (fixture, "State", "'paused'");
  assert_changed (fixture, index, "HeldBy", "('', '')");
  stepcast_session_remove_sink (session, STEPCAST_FRAME_SINK (sink));
}

static void
test_unwatched_is_told (Fixture *fixture, gconstpointer data)
{
  create (fixture, "{'when-unwatched': <'pause'>, 'grace-seconds': <2>}");
  assert_is (fixture, "WhenUnwatched", "'pause'");
  assert_is (fixture, "GraceSeconds", "2.0");
  wait_for_change (fixture, "WhenUnwatched", "'pause'");
}

static void
assert_kind (StepcastCallers *callers, GDBusConnection *caller, const char *kind)
{
  const char *name = g_dbus_connection_get_unique_name (caller);
  g_autoptr (StepcastActor) actor = stepcast_callers_make_actor (callers, name);

  g_assert_cmpstr (stepcast_actor_get_kind_nick (actor), ==, kind);
  g_assert_cmpstr (stepcast_actor_get_id (actor), ==, name);
}

static gboolean
is_kind (StepcastCallers *callers, const char *name, const char *kind)
{
  g_autoptr (StepcastActor) actor = stepcast_callers_make_actor (callers, name);

  return g_str_equal (stepcast_actor_get_kind_nick (actor), kind);
}

static void
introduce (Fixture *fixture, StepcastCallers *callers, GDBusConnection *caller, const char *kind)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (stepcast_callers_introduce (callers, fixture->service,
                                             g_dbus_connection_get_unique_name (caller), kind,
                                             &error));
  g_assert_no_error (error);
}

static void
test_callers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StepcastCallers) callers = stepcast_callers_new ();
  g_autoptr (GError) error = NULL;
  GDBusConnection *caller = connect_to_bus ();
  g_autofree char *name = g_strdup (g_dbus_connection_get_unique_name (caller));

  assert_kind (callers, caller, "dbus");
  introduce (fixture, callers, caller, "cli");
  introduce (fixture, callers, caller, "cli");
  assert_kind (callers, caller, "cli");
  assert_kind (callers, fixture->client, "dbus");
  introduce (fixture, callers, caller, "dbus");
  assert_kind (callers, caller, "dbus");

  introduce (fixture, callers, caller, "cli");
  g_assert_false (stepcast_callers_introduce (callers, fixture->service, name, "browser", &error));
  g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
  assert_kind (callers, caller, "cli");

  /* It is forgotten when it leaves, and when it had left before it could be watched. */
  disconnect (&caller);
  stepcast_test_wait_for (is_kind (callers, name, "dbus"));
  g_assert_true (stepcast_callers_introduce (callers, fixture->service, name, "cli", NULL));
  stepcast_test_wait_for (is_kind (callers, name, "dbus"));

  introduce (fixture, callers, fixture->client, "cli"); /* is still watched when all ends */
}

static void
test_parameters_and_rate_change (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) parameters = NULL;
  guint64 step;
  gint32 level;

  create (fixture, "@a{sv} {}");
  forget_changes (fixture);
  reply = call (fixture, SESSION_PATH, SESSION, "SetParameters",
                g_variant_new_parsed ("({'level': <byte 0x07>},)"));
  g_variant_get (reply, "(t)", &step);
  g_assert_cmpuint (step, ==, 1);
  parameters = get (fixture, "Parameters");
  g_assert_true (g_variant_lookup (parameters, "level", "i", &level));
  g_assert_cmpint (level, ==, 7);
  stepcast_test_wait_for (get_n_changes (fixture) == 1);

  do_call (fixture, SESSION_PATH, PROPERTIES, "Set",
           g_variant_new_parsed ("(%s, 'Rate', <20.0>)", SESSION));
  wait_for_change (fixture, "Rate", "20.0");
  assert_is (fixture, "Rate", "20.0");
}

static void
set_refused (Fixture *fixture, const char *property, GVariant *value, const char *name)
{
  refused (fixture, SESSION_PATH, PROPERTIES, "Set",
           g_variant_new ("(ssv)", SESSION, property, value), name);
}

static void
test_properties_that_can_not_be_set (Fixture *fixture, gconstpointer data)
{
  StepcastSession *session = create (fixture, "{'rate': <5>}");

  assert_is (fixture, "Rate", "5.0");
  set_refused (fixture, "Rate", g_variant_new_double (-1), ERROR ("InvalidValue"));
  set_refused (fixture, "Rate", g_variant_new_double (1e-9), ERROR ("InvalidValue"));
  set_refused (fixture, "Rate", g_variant_new_double (1e9), ERROR ("InvalidValue"));
  set_refused (fixture, "Rate", g_variant_new_double (0.0 / 0.0), ERROR ("InvalidValue"));
  set_refused (fixture, "Rate", g_variant_new_string ("x"),
               "org.freedesktop.DBus.Error.InvalidArgs");
  set_refused (fixture, "State", g_variant_new_string ("running"),
               "org.freedesktop.DBus.Error.InvalidArgs");
  set_refused (fixture, "NoSuch", g_variant_new_string ("running"),
               "org.freedesktop.DBus.Error.InvalidArgs");
  assert_is (fixture, "Rate", "5.0");
  g_assert_cmpfloat (stepcast_session_get_rate (session), ==, 5);
}

/* It runs, and nothing comes of it. */
static void
test_speed_of_a_standstill (Fixture *fixture, gconstpointer data)
{
  create (fixture, "{'start': <true>}");
  stepcast_test_wait_for (count_counters (fixture) >= 3);
  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 0, FALSE);
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  wait_for_change (fixture, "StepsPerSecond", "0.0");
  assert_is (fixture, "State", "'running'");

  /* And on it goes. */
  stepcast_mock_control_release (fixture->control);
  forget_changes (fixture);
  stepcast_test_wait_for (count_counters (fixture) >= 2);
}

/* ---- tests: stops ---- */

static void
test_stop_answers_at_the_standstill (Fixture *fixture, gconstpointer data)
{
  Answer answers[4];
  StepcastSession *session;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 3, FALSE);
  session = create (fixture, "{'start': <true>}");
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    send (fixture, SESSION_PATH, SESSION, "Stop", no_options (), &answers[i]);
  wait_for_state (session, STEPCAST_SESSION_STATE_STOPPING);
  round_trip (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    g_assert_false (answers[i].is_done);
  assert_is (fixture, "State", "'stopping'");

  stepcast_mock_control_release (fixture->control);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      guint64 step;
      double seconds;

      stepcast_test_wait_for (answers[i].is_done);
      g_assert_no_error (answers[i].error);
      g_assert_cmpint ((int) stepcast_session_get_state (session), ==,
                       STEPCAST_SESSION_STATE_STOPPED);
      g_variant_get (answers[i].reply, "(td)", &step, &seconds);
      g_assert_cmpuint (step, ==, stepcast_session_get_progress (session)->step);
      g_assert_cmpfloat (seconds, >, 0);
      /* They are one stop. */
      g_assert_true (g_variant_equal (answers[i].reply, answers[0].reply));
    }
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    answer_clear (&answers[i]);
}

static void
test_stop_of_what_stands_still (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;

  create (fixture, "@a{sv} {}");
  reply = call (fixture, SESSION_PATH, SESSION, "Stop", no_options ());
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, "(0, 0.0)");
  assert_is (fixture, "State", "'idle'");
}

static void
test_stop_of_what_hangs (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) first = { 0 }, second = { 0 };
  StepcastSession *session;
  guint index;

  stepcast_session_manager_set_stop_deadline (fixture->manager, SHORT_DEADLINE_MS);
  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 2, FALSE);
  session = create (fixture, "{'start': <true>}");
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);

  g_test_expect_message ("stepcast-core", G_LOG_LEVEL_WARNING, "*given up*");
  send (fixture, SESSION_PATH, SESSION, "Stop", no_options (), &first);
  send (fixture, SESSION_PATH, SESSION, "Stop", no_options (), &second);
  stepcast_test_wait_for (first.is_done && second.is_done);
  g_test_assert_expected_messages ();
  assert_error (&first, ERROR ("Unresponsive"));
  assert_error (&second, ERROR ("Unresponsive"));
  g_assert_cmpint ((int) stepcast_session_get_state (session), ==, STEPCAST_SESSION_STATE_FAILED);
  index = wait_for_change (fixture, "State", "'failed'");
  g_assert_true (has_changed_to (fixture, index, "State", "'failed'"));

  /* It can be started again, and a close finds nothing to wait for. */
  stepcast_mock_control_release (fixture->control);
  request (fixture, "Start");
  do_call (fixture, SESSION_PATH, SESSION, "Close", NULL);
}

/* ---- tests: callers that leave ---- */

static const char *const pending_calls[] = { "Stop", "SetParameters", "GetFrame", "Close" };

static GVariant *
make_pending_arguments (const char *method)
{
  if (g_str_equal (method, "Close"))
    return NULL;
  if (g_str_equal (method, "SetParameters"))
    return g_variant_new_parsed ("({'level': <3>},)");
  return no_options ();
}

/* One whose connection ends while its call is under way. */
static void
leave_in (Fixture *fixture, const char *method)
{
  GDBusConnection *caller = connect_to_bus ();
  g_auto (Answer) answer = { 0 };

  send_from (caller, fixture, SESSION_PATH, SESSION, method, make_pending_arguments (method),
             &answer);
  round_trip (fixture);
  g_assert_false (answer.is_done);
  disconnect (&caller);
  stepcast_test_wait_for (answer.is_done);
  g_assert_nonnull (answer.error);
}

static void
test_caller_leaves (Fixture *fixture, gconstpointer data)
{
  const char *method = data;
  GWeakRef session;

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  g_weak_ref_init (&session, create (fixture, "{'start': <true>}"));
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  leave_in (fixture, method);
  stepcast_mock_control_release (fixture->control);

  if (g_str_equal (method, "Close"))
    {
      stepcast_test_wait_for (stepcast_mock_control_get_n_alive (fixture->control) == 0);
    }
  else
    {
      /* It did what it was asked for, and goes on for everybody else. */
      if (g_str_equal (method, "Stop"))
        wait_for_change (fixture, "State", "'stopped'");
      request (fixture, "Start");
      do_call (fixture, SESSION_PATH, SESSION, "Stop", no_options ());
      do_call (fixture, SESSION_PATH, SESSION, "Close", NULL);
    }
  round_trip (fixture);
  g_assert_null (g_weak_ref_get (&session));
  g_weak_ref_clear (&session);
  create (fixture, "{'start': <true>}");
}

/* All at once, while a picture is drawn. */
static void
test_callers_leave_in_a_drawing (Fixture *fixture, gconstpointer data)
{
  GDBusConnection *callers[12];
  Answer answers[G_N_ELEMENTS (callers)];
  StepcastSession *session = create (fixture, "@a{sv} {}");

  do_call (fixture, SESSION_PATH, SESSION, "Step", g_variant_new ("(u)", 1));
  wait_for_state (session, STEPCAST_SESSION_STATE_PAUSED);
  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_DRAW, 1, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      callers[i] = connect_to_bus ();
      send_from (callers[i], fixture, SESSION_PATH, SESSION, "GetFrame",
                 g_variant_new_parsed ("({'format': <%s>},)", i % 2 == 0 ? "png" : "svg"),
                 &answers[i]);
    }
  round_trip (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    disconnect (&callers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      stepcast_test_wait_for (answers[i].is_done);
      g_assert_nonnull (answers[i].error);
      answer_clear (&answers[i]);
    }
  stepcast_mock_control_release (fixture->control);
  do_call (fixture, SESSION_PATH, SESSION, "GetFrame", no_options ());
}

/* Nobody is there to be answered, and the exporter goes. */
static void
test_service_leaves (Fixture *fixture, gconstpointer data)
{
  Answer answers[G_N_ELEMENTS (pending_calls)];

  stepcast_mock_control_block (fixture->control, STEPCAST_MOCK_PHASE_STEP, 1, FALSE);
  create (fixture, "{'start': <true>}");
  stepcast_test_wait_for (stepcast_mock_control_get_n_blocked (fixture->control) == 1);
  for (guint i = 0; i < G_N_ELEMENTS (pending_calls); i++)
    send (fixture, SESSION_PATH, SESSION, pending_calls[i],
          make_pending_arguments (pending_calls[i]), &answers[i]);
  round_trip (fixture);
  stepcast_exporter_unexport (fixture->exporter);
  g_clear_object (&fixture->exporter);
  fixture->exporter =
    stepcast_exporter_new (fixture->manager, fixture->scheduler, fixture->validator, fixture->guard,
                           fixture->rasterizer, STEPCAST_LINKS (fixture->links));

  stepcast_mock_control_release (fixture->control);
  for (guint i = 0; i < G_N_ELEMENTS (pending_calls); i++)
    {
      stepcast_test_wait_for (answers[i].is_done);
      answer_clear (&answers[i]);
    }
}

/* ---- tests: lifetimes ---- */

static void
create_from (GDBusConnection *caller, Fixture *fixture, const char *options)
{
  g_auto (Answer) answer = { 0 };

  send_from (caller, fixture, PATH, MANAGER, "CreateSession", make_arguments (fixture, options),
             &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
}

static guint
get_n_sessions (Fixture *fixture)
{
  return stepcast_session_manager_list (fixture->manager)->len;
}

static void
test_lifetime (Fixture *fixture, gconstpointer data)
{
  GDBusConnection *caller = connect_to_bus ();
  GDBusConnection *other = connect_to_bus ();

  create_from (caller, fixture, "{'name': <'by_default'>}");
  create_from (caller, fixture, "{'name': <'service'>, 'lifetime': <'service'>}");
  create_from (caller, fixture, "{'name': <'a'>, 'lifetime': <'caller'>, 'start': <true>}");
  create_from (caller, fixture, "{'name': <'b'>, 'lifetime': <'caller'>}");
  create_from (caller, fixture, "{'name': <'c'>, 'lifetime': <'caller'>}");
  create_from (other, fixture, "{'name': <'of_another'>, 'lifetime': <'caller'>}");
  do_call (fixture, PATH "/session/c", SESSION, "Close", NULL);
  g_assert_cmpuint (get_n_sessions (fixture), ==, 5);

  disconnect (&caller);
  stepcast_test_wait_for (get_n_sessions (fixture) == 3);
  round_trip (fixture);
  g_assert_nonnull (stepcast_session_manager_find (fixture->manager, "by_default", NULL));
  g_assert_nonnull (stepcast_session_manager_find (fixture->manager, "service", NULL));
  g_assert_nonnull (stepcast_session_manager_find (fixture->manager, "of_another", NULL));
  disconnect (&other);
  stepcast_test_wait_for (get_n_sessions (fixture) == 2);
}

/* It has gone before anybody could watch it. */
static void
test_lifetime_of_a_caller_in_haste (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      GDBusConnection *caller = connect_to_bus ();
      g_auto (Answer) answer = { 0 };
      g_autoptr (GError) error = NULL;

      send_from (caller, fixture, PATH, MANAGER, "CreateSession",
                 make_arguments (fixture, "{'lifetime': <'caller'>, 'start': <true>}"), &answer);
      g_dbus_connection_flush_sync (caller, NULL, &error);
      g_assert_no_error (error);
      disconnect (&caller);
      stepcast_test_wait_for (answer.is_done);
    }
  round_trip (fixture);
  stepcast_test_wait_for (get_n_sessions (fixture) == 0);
}

/* ---- tests: pictures and links ---- */

static void
assert_picture (Fixture *fixture, const char *options, const char *beginning, gsize n_beginning)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (GError) error = NULL;
  guint64 step;
  gint32 handle;
  int fd;
  char got[8] = { 0 };

  send (fixture, SESSION_PATH, SESSION, "GetFrame",
        g_variant_new ("(@a{sv})", g_variant_new_parsed (options)), &answer);
  stepcast_test_wait_for (answer.is_done);
  g_assert_no_error (answer.error);
  g_variant_get (answer.reply, "(th)", &step, &handle);
  g_assert_cmpuint (step, ==, 2);
  fd = g_unix_fd_list_get (answer.fds, handle, &error);
  g_assert_no_error (error);
  g_assert_cmpint (read (fd, got, n_beginning), ==, (gssize) n_beginning);
  g_assert_cmpmem (got, n_beginning, beginning, n_beginning);
  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (close (fd), ==, 0);
}

static void
test_pictures (Fixture *fixture, gconstpointer data)
{
  StepcastSession *session = create (fixture, "@a{sv} {}");

  do_call (fixture, SESSION_PATH, SESSION, "Step", g_variant_new ("(u)", 2));
  wait_for_state (session, STEPCAST_SESSION_STATE_PAUSED);
  assert_picture (fixture, "@a{sv} {}", "<svg", 4);
  assert_picture (fixture, "{'format': <'svg'>}", "<svg", 4);
  assert_picture (fixture, "{'format': <'png'>, 'width': <int32 40>}", "\x89PNG\r\n\x1a\n", 8);
}

static void
test_links_wait_for_the_web (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) good = { 0 }, bad = { 0 };
  const char *link;

  create (fixture, "@a{sv} {}");
  assert_is (fixture, "FrameUrl", "''");
  send (fixture, PATH, MANAGER, "GetLink", g_variant_new ("(ss)", "mock_1", "view"), &good);
  send (fixture, PATH, MANAGER, "GetLink", g_variant_new ("(ss)", "no_such", "view"), &bad);
  round_trip (fixture);
  g_assert_false (good.is_done);

  test_links_listen (fixture->links);
  stepcast_test_wait_for (good.is_done && bad.is_done);
  g_assert_no_error (good.error);
  g_variant_get (good.reply, "(&s)", &link);
  g_assert_cmpstr (link, ==, "http://here/link/mock_1/1");
  assert_error (&bad, ERROR ("UnknownSession"));
  wait_for_change (fixture, "FrameUrl", "'http://here/frame/mock_1'");
}

/* It never listened. */
static void
test_links_are_answered_at_the_end (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) answer = { 0 };

  send (fixture, PATH, MANAGER, "GetLink", g_variant_new ("(ss)", "", "control"), &answer);
  round_trip (fixture);
  g_assert_false (answer.is_done);
  stepcast_exporter_unexport (fixture->exporter);
  g_clear_object (&fixture->exporter);
  stepcast_test_wait_for (answer.is_done);
  assert_error (&answer, ERROR ("Io"));

  fixture->exporter =
    stepcast_exporter_new (fixture->manager, fixture->scheduler, fixture->validator, fixture->guard,
                           fixture->rasterizer, STEPCAST_LINKS (fixture->links));
}

#define ADD(path, function) g_test_add ("/dbus/" path, Fixture, NULL, set_up, function, tear_down)

static void
add_tests (void)
{
  g_test_add_func ("/dbus/errors/have-names", test_errors_have_names);
  ADD ("errors/of-calls", test_errors_of_calls);
  ADD ("errors/of-a-drawing", test_errors_of_a_drawing);
  ADD ("objects/before-the-name", test_objects_before_the_name);
  ADD ("objects/come-and-go", test_objects_come_and_go);
  ADD ("close/answers-at-the-standstill", test_close_answers_at_the_standstill);
  ADD ("changes/counters-are-coalesced", test_counters_are_coalesced);
  ADD ("changes/counters-stop-with-the-run", test_counters_stop_with_the_run);
  ADD ("changes/state-has-its-step", test_state_has_its_step);
  ADD ("changes/state-has-its-reason", test_state_has_its_reason);
  ADD ("changes/state-has-its-maker", test_state_has_its_maker);
  ADD ("changes/holder", test_holder_changes);
  ADD ("changes/unwatched", test_unwatched_is_told);
  ADD ("callers", test_callers);
  ADD ("changes/parameters-and-rate", test_parameters_and_rate_change);
  ADD ("changes/can-not-be-set", test_properties_that_can_not_be_set);
  ADD ("changes/speed-of-a-standstill", test_speed_of_a_standstill);
  ADD ("stop/answers-at-the-standstill", test_stop_answers_at_the_standstill);
  ADD ("stop/stands-still", test_stop_of_what_stands_still);
  ADD ("stop/hangs", test_stop_of_what_hangs);
  for (guint i = 0; i < G_N_ELEMENTS (pending_calls); i++)
    {
      g_autofree char *path = g_strconcat ("/dbus/caller-leaves/", pending_calls[i], NULL);

      g_test_add (path, Fixture, pending_calls[i], set_up, test_caller_leaves, tear_down);
    }
  ADD ("caller-leaves/in-a-drawing", test_callers_leave_in_a_drawing);
  ADD ("service-leaves", test_service_leaves);
  ADD ("lifetime", test_lifetime);
  ADD ("lifetime/in-haste", test_lifetime_of_a_caller_in_haste);
  ADD ("pictures", test_pictures);
  ADD ("links/wait-for-the-web", test_links_wait_for_the_web);
  ADD ("links/at-the-end", test_links_are_answered_at_the_end);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  add_tests ();
  status = g_test_run ();
  g_test_dbus_down (bus);
  g_object_unref (bus);

  return status;
}
