/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-links.h"
#include "stepcast-session-manager.h"
#include "stepcast-ticker.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_EVENTS (stepcast_events_get_type ())

G_DECLARE_FINAL_TYPE (StepcastEvents, stepcast_events, STEPCAST, EVENTS, GObject)

StepcastEvents *stepcast_events_new (StepcastSessionManager *manager, StepcastTicker *ticker);

void stepcast_events_serve_list (StepcastEvents *self, SoupServerMessage *message);
void stepcast_events_serve_session (StepcastEvents *self,
                                    SoupServerMessage *message,
                                    StepcastSession *session,
                                    StepcastRole role,
                                    GHashTable *query);
void stepcast_events_close (StepcastEvents *self);
gboolean stepcast_events_is_empty (StepcastEvents *self);

G_END_DECLS
