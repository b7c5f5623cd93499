/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-share.h"

#include "stepcast-error.h"
#include "stepcast-http.h"
#include "stepcast-json.h"
#include "stepcast-qr.h"
#include "stepcast-web-links.h"

/* The links of a session, for those who pass them on: as text, and as QR codes. They lead to where
 * the one who asks has found us, because that is an address that works; but who has found us from
 * this machine, by an address that leads nowhere elsewhere, is told the one that others reach us
 * by, if there is one. */

/* Who gets them has the role of who asks, or less. They are in no cache: they have tokens. */
static void
forbid_storing (SoupServerMessage *message)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Cache-Control",
                                "no-store");
}

/* Returns: (transfer full): what the links begin with; sets @is_local where they lead nowhere but
 *   on this machine */
static char *
choose_base (const StepcastShare *self, SoupServerMessage *message, gboolean *is_local)
{
  gboolean is_loopback;
  g_autofree char *asked = stepcast_gate_make_asked_uri (self->gate, message, &is_loopback);

  *is_local = is_loopback && !self->is_public;
  return is_loopback && self->is_public ? g_strdup (self->own_uri) : g_steal_pointer (&asked);
}

static char *
make_page (const StepcastShare *self, const char *base, StepcastSession *session, StepcastRole role)
{
  return stepcast_web_links_make_page (base, stepcast_gate_get_access (self->gate),
                                       stepcast_session_get_name (session), role);
}

static char *
make_still (const StepcastShare *self, const char *base, StepcastSession *session)
{
  return stepcast_web_links_make_still (base, stepcast_gate_get_access (self->gate),
                                        stepcast_session_get_name (session));
}

/**
 * stepcast_share_respond_links:
 * @self: what links are made of
 * @message: a request that has passed the gate
 * @session: what they lead to
 *
 * `GET /sessions/NAME/links`
 */
void
stepcast_share_respond_links (const StepcastShare *self,
                              SoupServerMessage *message,
                              StepcastSession *session)
{
  gboolean is_local;
  g_autofree char *base = choose_base (self, message, &is_local);
  g_autofree char *view = make_page (self, base, session, STEPCAST_ROLE_VIEW);
  g_autofree char *still = make_still (self, base, session);
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "view", view);
  if (stepcast_gate_get_role (self->gate, message) == STEPCAST_ROLE_CONTROL)
    {
      g_autofree char *control = make_page (self, base, session, STEPCAST_ROLE_CONTROL);

      stepcast_json_add_text (builder, "control", control);
    }
  stepcast_json_add_text (builder, "still", still);
  json_builder_set_member_name (builder, "local");
  json_builder_add_boolean_value (builder, is_local);
  json_builder_end_object (builder);

  stepcast_http_respond_json (message, SOUP_STATUS_OK, builder);
  forbid_storing (message);
}

static gboolean
may_have (const StepcastShare *self, SoupServerMessage *message, GError **error)
{
  if (stepcast_gate_get_role (self->gate, message) == STEPCAST_ROLE_CONTROL)
    return TRUE;

  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
                       "This link is for viewing only: ask for a control link");
  return FALSE;
}

/* @to: (nullable): what was asked for
 *
 * Returns: (transfer full) (nullable): the link, or %NULL with @error set */
static char *
find_link (const StepcastShare *self,
           SoupServerMessage *message,
           StepcastSession *session,
           const char *to,
           GError **error)
{
  gboolean is_local;
  g_autofree char *base = choose_base (self, message, &is_local);
  g_autofree char *quoted = NULL;

  if (g_strcmp0 (to, "view") == 0)
    return make_page (self, base, session, STEPCAST_ROLE_VIEW);
  if (g_strcmp0 (to, "still") == 0)
    return make_still (self, base, session);
  if (g_strcmp0 (to, "control") == 0)
    return may_have (self, message, error) ?
             make_page (self, base, session, STEPCAST_ROLE_CONTROL) :
             NULL;

  quoted = stepcast_error_quote (to != NULL ? to : "");
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
               "“%s” is no link to a session: “to” takes view, control or still", quoted);
  return NULL;
}

static void
respond_error (SoupServerMessage *message, const GError *error)
{
  static const StepcastErrorStatus statuses[] = {
    { STEPCAST_ERROR_INVALID_VALUE, SOUP_STATUS_BAD_REQUEST },
    { STEPCAST_ERROR_PERMISSION_DENIED, SOUP_STATUS_FORBIDDEN },
  };

  stepcast_http_respond_error (message,
                               stepcast_http_get_status (error, statuses, G_N_ELEMENTS (statuses)),
                               error);
}

/**
 * stepcast_share_respond_qr:
 * @self: what links are made of
 * @message: a request that has passed the gate
 * @session: what the link leads to
 * @query: (nullable): of the request
 *
 * `GET /sessions/NAME/link.svg`
 */
void
stepcast_share_respond_qr (const StepcastShare *self,
                           SoupServerMessage *message,
                           StepcastSession *session,
                           GHashTable *query)
{
  const char *to = query != NULL ? g_hash_table_lookup (query, "to") : NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *link = find_link (self, message, session, to, &error);
  g_autofree char *svg = link != NULL ? stepcast_qr_make_svg (link) : NULL;

  if (svg == NULL && error == NULL)
    g_set_error_literal (&error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                         "The link is too long for a QR code");
  if (svg == NULL)
    respond_error (message, error);
  else
    stepcast_http_respond_text (message, SOUP_STATUS_OK, "image/svg+xml", svg);
  forbid_storing (message);
}
