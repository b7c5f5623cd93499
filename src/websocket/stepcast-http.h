/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "stepcast-error.h"
#include "stepcast-rasterizer.h"
#include "stepcast-session-manager.h"

G_BEGIN_DECLS

/* What the server answers to plain HTTP: doc/protocol.md, "HTTP". */

/**
 * StepcastErrorStatus:
 * @code: of an error
 * @status: of the answer to the request that failed with it
 */
typedef struct
{
  StepcastError code;
  guint status;
} StepcastErrorStatus;

char *stepcast_http_describe_session (StepcastSession *session);
char *stepcast_http_describe_sessions (StepcastSessionManager *manager);

void stepcast_http_respond_bytes (SoupServerMessage *message,
                                  guint status,
                                  const char *type,
                                  GBytes *bytes);
gboolean stepcast_http_respond_if_known (SoupServerMessage *message, const char *etag);
void stepcast_http_respond_text (SoupServerMessage *message,
                                 guint status,
                                 const char *type,
                                 const char *text);
void stepcast_http_respond_json (SoupServerMessage *message, guint status, JsonBuilder *builder);
void stepcast_http_respond_error (SoupServerMessage *message, guint status, const GError *error);
guint stepcast_http_get_status (const GError *error,
                                const StepcastErrorStatus *statuses,
                                gsize n_statuses);

void stepcast_http_respond_nothing (SoupServerMessage *message, const char *path);
void stepcast_http_respond_page (SoupServerMessage *message, const char *path);
void stepcast_http_respond_generators (SoupServerMessage *message, StepcastRegistry *registry);
void stepcast_http_respond_sessions (SoupServerMessage *message, StepcastSessionManager *manager);
void
stepcast_http_respond_session (SoupServerMessage *message, guint status, StepcastSession *session);
void stepcast_http_respond_svg (SoupServerMessage *message, StepcastSession *session);
void stepcast_http_respond_png (SoupServerMessage *message,
                                StepcastSession *session,
                                StepcastRasterizer *rasterizer,
                                GHashTable *query);

G_END_DECLS
