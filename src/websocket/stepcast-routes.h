/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-events.h"
#include "stepcast-gate.h"
#include "stepcast-lobby.h"
#include "stepcast-rasterizer.h"
#include "stepcast-session-manager.h"
#include "stepcast-share.h"
#include "stepcast-uploads.h"

G_BEGIN_DECLS

/**
 * StepcastRoutes:
 *
 * What there is at which path: doc/protocol.md, "HTTP". Requests come here when they have passed
 * the gate, and are handed to who answers them. libsoup's handlers hold it; lives on the main
 * context.
 */
typedef struct _StepcastRoutes StepcastRoutes;

StepcastRoutes *stepcast_routes_new (StepcastSessionManager *manager,
                                     StepcastRasterizer *rasterizer,
                                     StepcastLobby *lobby,
                                     StepcastEvents *events,
                                     StepcastUploads *uploads);
StepcastRoutes *stepcast_routes_ref (StepcastRoutes *self);
void stepcast_routes_unref (StepcastRoutes *self);

gboolean stepcast_routes_is_for_pages (const char *path);

void stepcast_routes_set_share (StepcastRoutes *self, const StepcastShare *share);
void stepcast_routes_add_to (StepcastRoutes *self, SoupServer *soup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRoutes, stepcast_routes_unref)

G_END_DECLS
