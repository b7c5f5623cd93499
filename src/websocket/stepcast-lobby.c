/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-lobby.h"

#include "stepcast-access.h"
#include "stepcast-audience.h"
#include "stepcast-deflate-encoder.h"
#include "stepcast-enum-types.h"
#include "stepcast-error.h"
#include "stepcast-liveness.h"
#include "stepcast-parameters.h"
#include "stepcast-viewer.h"

/* Where those who come by WebSocket are received, and brought to a session: one that they open, one
 * that they join, or the one that they have lost the connection to.
 *
 * The handshake is answered here and not by soup_server_add_websocket_handler(): that one keeps
 * negotiated extensions where a client that vanishes can leave them for the next, and takes the
 * stream where no tap can be put beneath it. Lives on the main context. */

struct _StepcastLobby
{
  GObject parent_instance;

  StepcastSessionManager *manager;
  StepcastDelivery joined_delivery; /* of new viewers */
  guint max_fps;                    /* likewise */
  StepcastCompress compress;        /* likewise */
  StepcastFrameEncoder *encoder;    /* the one that there is */
  StepcastReadiness *readiness;     /* (nullable): of viewers' connections */
  StepcastLiveness *liveness;       /* of viewers */
  guint max_viewers;
  StepcastUploads *uploads; /* (nullable) */

  GHashTable *channels;  /* set of StepcastChannel: connections, with a viewer or saying goodbye */
  GHashTable *viewers;   /* set of StepcastViewer, here or away */
  GHashTable *by_token;  /* of char *, the viewer's, to StepcastViewer, not owned */
  GHashTable *audiences; /* of StepcastSession to StepcastAudience */
  guint n_received;      /* for the viewers' numbers */

  gboolean is_closing;
  GTask *closing; /* (nullable): who waits until there is no channel */
};

G_DEFINE_FINAL_TYPE (StepcastLobby, stepcast_lobby, G_TYPE_OBJECT)

/* ---- channels and viewers ---- */

static void
finish_closing (StepcastLobby *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->closing);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
on_channel_closed (StepcastChannel *channel, StepcastLobby *self)
{
  g_hash_table_remove (self->channels, channel);
  if (g_hash_table_size (self->channels) == 0 && self->closing != NULL)
    finish_closing (self);
}

static void
on_viewer_ended (StepcastViewer *viewer, StepcastLobby *self)
{
  if (stepcast_viewer_get_token (viewer) != NULL)
    g_hash_table_remove (self->by_token, stepcast_viewer_get_token (viewer));
  g_hash_table_remove (self->viewers, viewer);
}

/* (element-type StepcastViewer): a copy, since a viewer that ends leaves the set. */
static GPtrArray *
list_viewers (StepcastLobby *self)
{
  GPtrArray *viewers = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer viewer;

  g_hash_table_iter_init (&iter, self->viewers);
  while (g_hash_table_iter_next (&iter, &viewer, NULL))
    g_ptr_array_add (viewers, g_object_ref (viewer));

  return viewers;
}

static void
say_goodbye (StepcastViewer *viewer)
{
  stepcast_viewer_close (viewer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "The service shuts down");
}

static void
on_session_removed (StepcastSessionManager *manager, StepcastSession *session, StepcastLobby *self)
{
  g_autoptr (GPtrArray) viewers = list_viewers (self);

  for (guint i = 0; i < viewers->len; i++)
    {
      if (stepcast_viewer_get_session (viewers->pdata[i]) != session)
        continue;
      if (self->is_closing) /* its owner's turn to say goodbye was first */
        say_goodbye (viewers->pdata[i]);
      else
        stepcast_viewer_close (viewers->pdata[i], SOUP_WEBSOCKET_CLOSE_NORMAL,
                               "The session has ended");
    }
  g_hash_table_remove (self->audiences, session);
}

static StepcastAudience *
get_audience (StepcastLobby *self, StepcastSession *session)
{
  StepcastAudience *audience = g_hash_table_lookup (self->audiences, session);

  if (audience == NULL)
    {
      audience = stepcast_audience_new (session);
      g_hash_table_insert (self->audiences, session, audience);
    }
  return audience;
}

/* ---- opening a session ---- */

/* What the query says beside a generator's parameters. */
static const char *const our_fields[] = { "compress", "generator",      "token", "resume",
                                          "after",    "when-unwatched", "grace", NULL };

static GVariant *
read_parameters (GHashTable *query, GType generator_type, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GHashTableIter iter;
  gpointer name, text;

  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &name, &text))
    {
      g_autoptr (GVariant) value = NULL;
      GParamSpec *pspec;

      if (g_strv_contains (our_fields, name))
        continue;
      pspec = stepcast_parameters_find (generator_type, name, error);
      if (pspec != NULL)
        value = stepcast_parameter_parse (pspec, text, error);
      if (value == NULL)
        return NULL;
      g_variant_builder_add (&builder, "{sv}", name, value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* What happens to a session that nobody watches any more. */
typedef struct
{
  gboolean is_given;
  StepcastWhenUnwatched action;
  guint grace_ms;
} Rule;

static gboolean
read_action (const char *text, Rule *rule, GError **error)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (STEPCAST_TYPE_WHEN_UNWATCHED);
  GEnumValue *value = g_enum_get_value_by_nick (klass, text);
  g_autofree char *quoted = NULL;

  if (value != NULL)
    {
      rule->is_given = TRUE;
      rule->action = (StepcastWhenUnwatched) value->value;
      return TRUE;
    }

  quoted = stepcast_error_quote (text);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“when-unwatched” takes one of: run, pause, stop; not “%s”", quoted);
  return FALSE;
}

static gboolean
read_grace (const char *text, Rule *rule, GError **error)
{
  char *end;
  double seconds = g_ascii_strtod (text, &end);
  g_autofree char *quoted = NULL;

  if (end != text && *end == '\0' && seconds >= 0 && seconds <= STEPCAST_MAX_GRACE_MS / 1000.0)
    {
      rule->grace_ms = (guint) (seconds * 1000);
      return TRUE;
    }

  quoted = stepcast_error_quote (text);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“grace” takes seconds from 0 to %d, not “%s”", STEPCAST_MAX_GRACE_MS / 1000,
               quoted);
  return FALSE;
}

static gboolean
read_rule (GHashTable *query, Rule *rule, GError **error)
{
  const char *action = g_hash_table_lookup (query, "when-unwatched");
  const char *grace = g_hash_table_lookup (query, "grace");

  *rule = (Rule){ FALSE, STEPCAST_WHEN_UNWATCHED_RUN, STEPCAST_GRACE_MS };
  return (action == NULL || read_action (action, rule, error)) &&
         (grace == NULL || read_grace (grace, rule, error));
}

static StepcastSession *
open_session (StepcastLobby *self, GHashTable *query, StepcastRole role, Rule *rule, GError **error)
{
  const char *generator = g_hash_table_lookup (query, "generator");
  g_autoptr (GVariant) parameters = NULL;
  StepcastSession *session;
  StepcastSource *source;

  if (role != STEPCAST_ROLE_CONTROL)
    {
      g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                           "This link is for viewing only: it can't open a session");
      return NULL;
    }

  source = stepcast_registry_find (stepcast_session_manager_get_registry (self->manager), generator,
                                   error);
  if (source == NULL || !read_rule (query, rule, error))
    return NULL;
  parameters = read_parameters (query, stepcast_source_get_generator_type (source), error);
  if (parameters == NULL)
    return NULL;

  session = stepcast_session_manager_create (self->manager, generator, parameters, error);
  if (session != NULL)
    stepcast_session_set_when_unwatched (session, rule->action, rule->grace_ms);
  return session;
}

/* ---- the handshake ---- */

/* What a handshake was answered for. */
typedef struct
{
  StepcastLobby *lobby;
  StepcastSession *session; /* (nullable): one to join */
  GError *refusal;          /* (nullable): why there is none to join */
  StepcastRole role;
  char *deflate;     /* (nullable): how permessage-deflate was agreed to */
  GList *extensions; /* libsoup negotiates none: it stays empty */
} Upgrade;

static void
upgrade_free (gpointer data, GClosure *closure)
{
  Upgrade *upgrade = data;

  g_clear_object (&upgrade->session);
  g_clear_error (&upgrade->refusal);
  g_free (upgrade->deflate);
  g_object_unref (upgrade->lobby);
  g_free (upgrade);
}

static void
open_for (StepcastLobby *self, StepcastViewer *viewer, StepcastRole role, GHashTable *query)
{
  g_autoptr (GError) error = NULL;
  StepcastSession *session;
  Rule rule;

  session = open_session (self, query, role, &rule, &error);
  if (session == NULL)
    {
      stepcast_viewer_refuse (viewer, error);
      return;
    }

  /* Who says what becomes of it unwatched wants it to outlive the one who opened it. */
  stepcast_viewer_own (viewer, self->manager, get_audience (self, session), !rule.is_given);
}

static void
turn_away (StepcastLobby *self, StepcastViewer *viewer)
{
  g_autoptr (GError) error =
    g_error_new (STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                 "There are already %u viewers, and there may be %u: try again later",
                 g_hash_table_size (self->viewers) - 1, self->max_viewers);

  stepcast_viewer_turn_away (viewer, error);
}

static void
give_session (StepcastLobby *self, StepcastViewer *viewer, Upgrade *upgrade, GHashTable *query)
{
  GPtrArray *sessions = stepcast_session_manager_list (self->manager);

  if (upgrade->refusal != NULL)
    stepcast_viewer_refuse (viewer, upgrade->refusal);
  else if (upgrade->session == NULL)
    open_for (self, viewer, upgrade->role, query);
  else if (g_ptr_array_find (sessions, upgrade->session, NULL))
    stepcast_viewer_join (viewer, get_audience (self, upgrade->session));
  else /* it has ended while the handshake was written: nobody will tell */
    stepcast_viewer_close (viewer, SOUP_WEBSOCKET_CLOSE_NORMAL, "The session has ended");
}

/* Returns: (nullable): the viewer that wants to come back to where it was */
static StepcastViewer *
find_returning (StepcastLobby *self,
                const Upgrade *upgrade,
                const StepcastDialect *dialect,
                GHashTable *query)
{
  const char *token = g_hash_table_lookup (query, "resume");
  StepcastViewer *viewer = token != NULL ? g_hash_table_lookup (self->by_token, token) : NULL;
  StepcastSession *session = viewer != NULL ? stepcast_viewer_get_session (viewer) : NULL;
  gboolean is_owner = viewer != NULL && stepcast_viewer_is_owner (viewer);

  if (session == NULL || dialect != &stepcast_v1_dialect || upgrade->refusal != NULL ||
      stepcast_viewer_get_role (viewer) != upgrade->role)
    return NULL;
  return (upgrade->session == NULL && is_owner) || (upgrade->session == session && !is_owner) ?
           viewer :
           NULL;
}

/* Reads "RUN-SERIAL", as the ETag of a picture has it; what is none says nothing. */
static void
come_back (StepcastViewer *viewer, StepcastChannel *channel, GHashTable *query)
{
  const char *after = g_hash_table_lookup (query, "after");
  g_auto (GStrv) parts = g_strsplit (after != NULL ? after : "", "-", 2);
  guint64 run = 0;
  guint64 serial = 0;

  if (g_strv_length (parts) != 2 ||
      !g_ascii_string_to_unsigned (parts[0], 10, 1, G_MAXUINT, &run, NULL) ||
      !g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXUINT64, &serial, NULL))
    run = 0;

  stepcast_viewer_come_back (viewer, channel, (guint) run, serial);
}

static StepcastViewer *
create_viewer (StepcastLobby *self,
               StepcastChannel *channel,
               const StepcastDialect *dialect,
               StepcastRole role,
               gboolean is_browser)
{
  g_autofree char *number = g_strdup_printf ("%u", ++self->n_received);
  g_autofree char *token =
    dialect == &stepcast_v1_dialect ? stepcast_access_make_token (NULL) : NULL;
  g_autoptr (StepcastActor) actor =
    stepcast_actor_new (is_browser ? STEPCAST_ACTOR_BROWSER : STEPCAST_ACTOR_WEBSOCKET, number);
  StepcastViewer *viewer = stepcast_viewer_new (channel, dialect, role, actor, token);

  stepcast_viewer_set_defaults (viewer, self->joined_delivery, self->max_fps);
  stepcast_viewer_set_uploads (viewer, self->uploads);
  g_hash_table_add (self->viewers, viewer);
  if (token != NULL)
    g_hash_table_insert (self->by_token, (char *) stepcast_viewer_get_token (viewer), viewer);
  g_signal_connect (viewer, "ended", G_CALLBACK (on_viewer_ended), self);

  return viewer;
}

static StepcastChannel *
create_channel (StepcastLobby *self,
                GIOStream *stream,
                SoupServerMessage *message,
                const char *origin,
                const StepcastDialect *dialect,
                StepcastFrameEncoder *encoder)
{
  StepcastChannel *channel =
    stepcast_channel_new (stream, soup_server_message_get_uri (message), origin,
                          dialect->subprotocol, encoder, self->readiness);

  g_hash_table_add (self->channels, channel);
  g_signal_connect (channel, "closed", G_CALLBACK (on_channel_closed), self);
  stepcast_channel_set_liveness (channel, self->liveness);
  return channel;
}

static void
on_upgraded (SoupServerMessage *message, Upgrade *upgrade)
{
  g_autoptr (SoupServerMessage) alive G_GNUC_UNUSED = g_object_ref (message);
  g_autoptr (StepcastLobby) self = g_object_ref (upgrade->lobby);
  const char *text = g_uri_get_query (soup_server_message_get_uri (message));
  g_autoptr (GHashTable) query = soup_form_decode (text != NULL ? text : "");
  const char *origin =
    soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Origin");
  const char *protocol =
    soup_message_headers_get_one (soup_server_message_get_response_headers (message),
                                  "Sec-WebSocket-Protocol");
  const StepcastDialect *dialect =
    protocol != NULL ? &stepcast_v1_dialect : &stepcast_plain_dialect;
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);
  StepcastChannel *channel;
  StepcastViewer *viewer;

  if (stream == NULL)
    return;

  channel = create_channel (self, stream, message, origin, dialect,
                            upgrade->deflate != NULL ? self->encoder : NULL);
  viewer = !self->is_closing ? find_returning (self, upgrade, dialect, query) : NULL;
  if (viewer != NULL)
    {
      come_back (viewer, channel, query);
      return;
    }

  viewer = create_viewer (self, channel, dialect, upgrade->role, origin != NULL);
  if (self->is_closing)
    say_goodbye (viewer);
  else if (g_hash_table_size (self->viewers) > self->max_viewers)
    turn_away (self, viewer);
  else
    give_session (self, viewer, upgrade, query);
}

/* A query that makes no sense is told as all that is wrong with it. */
static void
negotiate_deflate (StepcastLobby *self, SoupServerMessage *message, Upgrade *upgrade)
{
  g_autoptr (GError) error = NULL;

  if (stepcast_compress_negotiate (self->compress, message, &upgrade->deflate, &error))
    return;

  g_clear_object (&upgrade->session);
  if (upgrade->refusal == NULL)
    upgrade->refusal = g_steal_pointer (&error);
}

/**
 * stepcast_lobby_receive:
 * @self: a lobby
 * @message: a request for a WebSocket
 * @role: what its peer may do
 * @session: (nullable): which session it is to join; %NULL to open one
 * @refusal: (nullable): why there is none to join
 *
 * Answers the handshake. Why there is no session is told by a message of the WebSocket: a browser
 * shows its page nothing of a refused handshake.
 */
void
stepcast_lobby_receive (StepcastLobby *self,
                        SoupServerMessage *message,
                        StepcastRole role,
                        StepcastSession *session,
                        const GError *refusal)
{
  char *protocols[] = { (char *) stepcast_v1_dialect.subprotocol, NULL };
  Upgrade *upgrade;

  if (self->is_closing)
    {
      soup_server_message_set_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL);
      return;
    }

  upgrade = g_new0 (Upgrade, 1);
  upgrade->lobby = g_object_ref (self);
  upgrade->session = session != NULL ? g_object_ref (session) : NULL;
  upgrade->refusal = refusal != NULL ? g_error_copy (refusal) : NULL;
  upgrade->role = role;
  negotiate_deflate (self, message, upgrade);

  if (!soup_websocket_server_process_handshake (message, NULL, protocols, NULL,
                                                &upgrade->extensions))
    {
      upgrade_free (upgrade, NULL);
      return;
    }
  if (upgrade->deflate != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message),
                                 "Sec-WebSocket-Extensions", upgrade->deflate);
  g_signal_connect_data (message, "wrote-informational", G_CALLBACK (on_upgraded), upgrade,
                         upgrade_free, G_CONNECT_DEFAULT);
}

/**
 * stepcast_lobby_set_viewer_defaults:
 * @self: a lobby
 * @joined_delivery: what viewers that may steer get of somebody's session
 * @max_fps: how many frames a second viewers get at most of the latest
 *
 * For viewers that come from now on, until they ask for something else.
 */
void
stepcast_lobby_set_viewer_defaults (StepcastLobby *self,
                                    StepcastDelivery joined_delivery,
                                    guint max_fps)
{
  self->joined_delivery = joined_delivery;
  self->max_fps = max_fps;
}

/**
 * stepcast_lobby_set_uploads:
 * @self: a lobby
 * @uploads: files that parameters may name
 */
void
stepcast_lobby_set_uploads (StepcastLobby *self, StepcastUploads *uploads)
{
  g_set_object (&self->uploads, uploads);
}

/**
 * stepcast_lobby_set_compress:
 * @self: a lobby
 * @when: for whom messages are compressed
 *
 * For viewers that come from now on.
 */
void
stepcast_lobby_set_compress (StepcastLobby *self, StepcastCompress when)
{
  self->compress = when;
}

/**
 * stepcast_lobby_set_max_viewers:
 * @self: a lobby
 * @max_viewers: how many there may be, here or away; those that there are stay
 */
void
stepcast_lobby_set_max_viewers (StepcastLobby *self, guint max_viewers)
{
  self->max_viewers = max_viewers;
}

/**
 * stepcast_lobby_set_ping_seconds:
 * @self: a lobby
 * @ping_seconds: a viewer that says nothing for so long is asked whether it is there; 0 for never
 */
void
stepcast_lobby_set_ping_seconds (StepcastLobby *self, guint ping_seconds)
{
  StepcastLivenessTimes times;

  stepcast_liveness_times_init (&times, ping_seconds);
  stepcast_liveness_set_times (self->liveness, &times);
}

/* ---- closing ---- */

/**
 * stepcast_lobby_close_async:
 * @self: a lobby
 * @callback: called when all viewers have said goodbye, however long that takes
 * @user_data: handed to @callback
 *
 * Closes the connections of viewers with 1001 (RFC 6455, section 7.4.1), and receives no more.
 */
void
stepcast_lobby_close_async (StepcastLobby *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GPtrArray) viewers = list_viewers (self);

  g_return_if_fail (!self->is_closing);

  self->is_closing = TRUE;
  self->closing = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (self->closing, stepcast_lobby_close_async);

  for (guint i = 0; i < viewers->len; i++)
    say_goodbye (viewers->pdata[i]);
  if (g_hash_table_size (self->channels) == 0)
    finish_closing (self);
}

/**
 * stepcast_lobby_stop_waiting:
 * @self: a lobby that is being closed
 *
 * Peers have had their time: answers whoever waits for them.
 */
void
stepcast_lobby_stop_waiting (StepcastLobby *self)
{
  finish_closing (self);
}

gboolean
stepcast_lobby_close_finish (StepcastLobby *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- the object ---- */

static void
release_channel (gpointer data)
{
  g_autoptr (StepcastChannel) channel = data;

  g_signal_handlers_disconnect_matched (channel, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                        (gpointer) on_channel_closed, NULL);
}

static void
release_viewer (gpointer data)
{
  g_autoptr (StepcastViewer) viewer = data;

  g_signal_handlers_disconnect_matched (viewer, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
                                        (gpointer) on_viewer_ended, NULL);
}

static void
stepcast_lobby_dispose (GObject *object)
{
  StepcastLobby *self = STEPCAST_LOBBY (object);

  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  g_hash_table_remove_all (self->by_token);
  g_hash_table_remove_all (self->viewers);
  g_hash_table_remove_all (self->channels);
  g_hash_table_remove_all (self->audiences);
  g_clear_object (&self->manager);
  g_clear_object (&self->encoder);

  G_OBJECT_CLASS (stepcast_lobby_parent_class)->dispose (object);
}

static void
stepcast_lobby_finalize (GObject *object)
{
  StepcastLobby *self = STEPCAST_LOBBY (object);

  g_hash_table_unref (self->by_token);
  g_hash_table_unref (self->viewers);
  g_hash_table_unref (self->channels);
  g_hash_table_unref (self->audiences);
  g_clear_pointer (&self->readiness, stepcast_readiness_unref);
  g_clear_pointer (&self->liveness, stepcast_liveness_unref);
  g_clear_object (&self->uploads);

  G_OBJECT_CLASS (stepcast_lobby_parent_class)->finalize (object);
}

static void
stepcast_lobby_class_init (StepcastLobbyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_lobby_dispose;
  object_class->finalize = stepcast_lobby_finalize;
}

static void
stepcast_lobby_init (StepcastLobby *self)
{
  StepcastLivenessTimes times;
  g_autoptr (GError) error = NULL;

  stepcast_liveness_times_init (&times, STEPCAST_DEFAULT_PING_SECONDS);
  self->liveness = stepcast_liveness_new (&times);
  self->max_viewers = STEPCAST_DEFAULT_MAX_VIEWERS;
  self->readiness = stepcast_readiness_new (&error);
  if (self->readiness == NULL)
    g_warning ("Each turn of the main loop will take as long as there are viewers: %s",
               error->message);
  self->channels = g_hash_table_new_full (NULL, NULL, release_channel, NULL);
  self->viewers = g_hash_table_new_full (NULL, NULL, release_viewer, NULL);
  self->by_token = g_hash_table_new (g_str_hash, g_str_equal);
  self->audiences = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  self->joined_delivery = STEPCAST_DELIVERY_LATEST;
  self->max_fps = STEPCAST_DEFAULT_FPS;
  self->encoder = stepcast_deflate_encoder_new ();
}

/**
 * stepcast_lobby_new:
 * @manager: whose sessions they come for
 *
 * Returns: (transfer full): a new lobby
 */
StepcastLobby *
stepcast_lobby_new (StepcastSessionManager *manager)
{
  StepcastLobby *self = g_object_new (STEPCAST_TYPE_LOBBY, NULL);

  self->manager = g_object_ref (manager);
  g_signal_connect (manager, "session-removed", G_CALLBACK (on_session_removed), self);

  return self;
}
