/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-routes.h"

#include "stepcast-api.h"
#include "stepcast-error.h"
#include "stepcast-http.h"
#include "stepcast-page.h"
#include "stepcast-recipe-json.h"
#include "stepcast-upload-request.h"

struct _StepcastRoutes
{
  StepcastSessionManager *manager;
  StepcastRasterizer *rasterizer;
  StepcastLobby *lobby;
  StepcastEvents *events;
  StepcastUploads *uploads;
  StepcastShare share; /* what it points to is not owned; set before the first request */
};

/**
 * stepcast_routes_new:
 * @manager: whose sessions are served
 * @rasterizer: draws PNGs of their frames
 * @lobby: receives WebSockets
 * @events: serves streams of events
 * @uploads: keeps files that parameters may name
 *
 * Returns: (transfer full): new routes, which nothing uses yet
 */
StepcastRoutes *
stepcast_routes_new (StepcastSessionManager *manager,
                     StepcastRasterizer *rasterizer,
                     StepcastLobby *lobby,
                     StepcastEvents *events,
                     StepcastUploads *uploads)
{
  StepcastRoutes *self = g_rc_box_new0 (StepcastRoutes);

  self->manager = g_object_ref (manager);
  self->rasterizer = g_object_ref (rasterizer);
  self->lobby = g_object_ref (lobby);
  self->events = g_object_ref (events);
  self->uploads = g_object_ref (uploads);

  return self;
}

StepcastRoutes *
stepcast_routes_ref (StepcastRoutes *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  StepcastRoutes *self = data;

  g_object_unref (self->manager);
  g_object_unref (self->rasterizer);
  g_object_unref (self->lobby);
  g_object_unref (self->events);
  g_object_unref (self->uploads);
}

void
stepcast_routes_unref (StepcastRoutes *self)
{
  g_rc_box_release_full (self, clear);
}

/**
 * stepcast_routes_set_share:
 * @self: routes
 * @share: (transfer none): the gate, which knows who asks, and where others reach us; what it
 *   points to outlives the requests
 */
void
stepcast_routes_set_share (StepcastRoutes *self, const StepcastShare *share)
{
  self->share = *share;
}

/**
 * stepcast_routes_is_for_pages:
 * @path: of a request, not decoded
 *
 * Returns: whether it is something that a page elsewhere may fetch. It has no use for our page, and
 *   a WebSocket needs no leave beforehand
 */
gboolean
stepcast_routes_is_for_pages (const char *path)
{
  static const char *const paths[] = { "/health", "/generators", "/events", "/sessions", NULL };
  static const char *const parts[] = { "events", "frame.svg", "frame.png", "recipe", NULL };
  const char *part;

  if (!g_str_has_prefix (path, "/sessions/"))
    return g_strv_contains (paths, path);

  part = strchr (path + strlen ("/sessions/"), '/');
  return part == NULL || g_strv_contains (parts, part + 1);
}

/* Joins @session; where it is NULL, opens one, or tells the @refusal. */
static void
handle_websocket (StepcastRoutes *self,
                  SoupServerMessage *message,
                  StepcastSession *session,
                  const GError *refusal)
{
  stepcast_lobby_receive (self->lobby, message, stepcast_gate_get_role (self->share.gate, message),
                          session, refusal);
}

static void
handle_page (SoupServer *soup,
             SoupServerMessage *message,
             const char *path,
             GHashTable *query,
             gpointer data)
{
  StepcastRoutes *self = data;
  g_autofree char *cookie = stepcast_gate_make_cookie (self->share.gate, message);

  if (cookie != NULL)
    soup_message_headers_append (soup_server_message_get_response_headers (message), "Set-Cookie",
                                 cookie);
  if (stepcast_page_is_document (path))
    stepcast_gate_add_page_headers (self->share.gate, message);
  stepcast_http_respond_page (message, path);
}

/* A handler is called for what is below its path, too; nothing is there. */
static gboolean
is_exactly (SoupServerMessage *message, const char *path, const char *expected)
{
  if (g_str_equal (path, expected))
    return TRUE;

  stepcast_http_respond_nothing (message, path);
  return FALSE;
}

static void
handle_health (SoupServer *soup,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer data)
{
  if (is_exactly (message, path, "/health"))
    stepcast_http_respond_text (message, SOUP_STATUS_OK, "text/plain; charset=utf-8", "ok\n");
}

static void
handle_generators (SoupServer *soup,
                   SoupServerMessage *message,
                   const char *path,
                   GHashTable *query,
                   gpointer data)
{
  StepcastRoutes *self = data;

  if (is_exactly (message, path, "/generators"))
    stepcast_http_respond_generators (message,
                                      stepcast_session_manager_get_registry (self->manager));
}

static void
respond_recipe (SoupServerMessage *message, StepcastSession *session)
{
  g_autoptr (GError) error = NULL;
  JsonBuilder *builder = stepcast_recipe_json_new (session, &error);

  if (builder != NULL)
    stepcast_http_respond_json (message, SOUP_STATUS_OK, builder);
  else
    stepcast_http_respond_error (message, SOUP_STATUS_NOT_FOUND, error);
}

static void
handle_session (StepcastRoutes *self,
                SoupServerMessage *message,
                StepcastSession *session,
                const char *what,
                GHashTable *query)
{
  g_autoptr (GError) error = NULL;

  if (what == NULL && stepcast_api_is_change (message))
    {
      stepcast_api_change_session (message, self->manager, self->uploads, session);
    }
  else if (what == NULL)
    {
      stepcast_http_respond_session (message, SOUP_STATUS_OK, session);
    }
  else if (g_str_equal (what, "events"))
    {
      stepcast_events_serve_session (self->events, message, session,
                                     stepcast_gate_get_role (self->share.gate, message), query);
    }
  else if (g_str_equal (what, "frame.svg"))
    {
      stepcast_http_respond_svg (message, session);
    }
  else if (g_str_equal (what, "frame.png"))
    {
      stepcast_http_respond_png (message, session, self->rasterizer, query);
    }
  else if (g_str_equal (what, "recipe"))
    {
      respond_recipe (message, session);
    }
  else if (g_str_equal (what, "links"))
    {
      stepcast_share_respond_links (&self->share, message, session);
    }
  else if (g_str_equal (what, "link.svg"))
    {
      stepcast_share_respond_qr (&self->share, message, session, query);
    }
  else if (g_str_equal (what, "ws"))
    {
      handle_websocket (self, message, session, NULL);
    }
  else
    {
      g_autofree char *quoted = stepcast_error_quote (what);

      g_set_error (&error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                   "A session has no “%s”; it has frame.svg, frame.png, recipe, events, links, "
                   "link.svg and ws",
                   quoted);
      stepcast_http_respond_error (message, SOUP_STATUS_NOT_FOUND, error);
    }
}

static void
handle_sessions (SoupServer *soup,
                 SoupServerMessage *message,
                 const char *path,
                 GHashTable *query,
                 gpointer data)
{
  StepcastRoutes *self = data;
  const char *below = path + strlen ("/sessions");
  g_auto (GStrv) parts = g_strsplit (below, "/", 3);
  g_autoptr (GError) error = NULL;
  StepcastSession *session;

  /* A handler is called for whatever begins with its path: sessions.js is the page's. */
  if (*below != '\0' && *below != '/')
    {
      handle_page (soup, message, path, query, data);
      return;
    }

  /* The gate has looked at the path before it was decoded. */
  if (stepcast_api_is_change (message) &&
      strstr (stepcast_api_get_methods (path), soup_server_message_get_method (message)) == NULL)
    {
      stepcast_http_respond_nothing (message, path);
      return;
    }
  if (parts[0] == NULL || parts[1] == NULL || *parts[1] == '\0')
    {
      if (stepcast_api_is_change (message))
        stepcast_api_open_session (message, self->manager, self->uploads);
      else
        stepcast_http_respond_sessions (message, self->manager);
      return;
    }

  session = stepcast_session_manager_find (self->manager, parts[1], &error);
  if (session != NULL)
    handle_session (self, message, session, parts[2], query);
  else if (g_strcmp0 (parts[2], "ws") == 0)
    handle_websocket (self, message, NULL, error);
  else
    stepcast_http_respond_error (message, SOUP_STATUS_NOT_FOUND, error);
}

static void
handle_uploads (SoupServer *soup,
                SoupServerMessage *message,
                const char *path,
                GHashTable *query,
                gpointer data)
{
  StepcastRoutes *self = data;

  if (is_exactly (message, path, "/uploads"))
    stepcast_upload_request_respond (message, self->uploads, query);
}

static void
handle_ws (SoupServer *soup,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer data)
{
  if (is_exactly (message, path, "/ws"))
    handle_websocket (data, message, NULL, NULL);
}

static void
handle_events (SoupServer *soup,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer data)
{
  StepcastRoutes *self = data;

  if (is_exactly (message, path, "/events"))
    stepcast_events_serve_list (self->events, message);
}

/**
 * stepcast_routes_add_to:
 * @self: routes
 * @soup: calls them from now on, and holds them
 */
void
stepcast_routes_add_to (StepcastRoutes *self, SoupServer *soup)
{
  static const struct
  {
    const char *path;
    SoupServerCallback handle;
  } routes[] = {
    { "/", handle_page },
    { "/health", handle_health },
    { "/events", handle_events },
    { "/generators", handle_generators },
    { "/sessions", handle_sessions },
    { "/uploads", handle_uploads },
    { "/ws", handle_ws },
  };

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    soup_server_add_handler (soup, routes[i].path, routes[i].handle, stepcast_routes_ref (self),
                             (GDestroyNotify) stepcast_routes_unref);
}
