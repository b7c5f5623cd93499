/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-links.h"
#include "stepcast-session-manager.h"
#include "stepcast-uploads.h"

G_BEGIN_DECLS

/* What changes something by plain HTTP: doc/protocol.md, "Steering by HTTP". */

/* Parameters are short; a session is told no more at once by WebSocket. */
#define STEPCAST_API_MAX_BODY_BYTES (64 * 1024)

const char *stepcast_api_get_methods (const char *path);
gboolean stepcast_api_is_change (SoupServerMessage *message);
gboolean stepcast_api_admit (SoupServerMessage *message,
                             StepcastRole role,
                             StepcastUploads *uploads,
                             guint *status,
                             GError **error);

void stepcast_api_open_session (SoupServerMessage *message,
                                StepcastSessionManager *manager,
                                StepcastUploads *uploads);
void stepcast_api_change_session (SoupServerMessage *message,
                                  StepcastSessionManager *manager,
                                  StepcastUploads *uploads,
                                  StepcastSession *session);

G_END_DECLS
