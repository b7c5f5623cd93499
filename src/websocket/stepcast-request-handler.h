/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-actor.h"
#include "stepcast-frame-flow.h"
#include "stepcast-uploads.h"
#include "stepcast-voice.h"

G_BEGIN_DECLS

/**
 * StepcastRequestHandler:
 *
 * What a viewer asks for: reads it, finds out whether its role allows it, has its session or its
 * flow do it, and answers. A request that takes its time holds the handler, and not the viewer.
 * Counted by references; lives on the main context.
 */
typedef struct _StepcastRequestHandler StepcastRequestHandler;

StepcastRequestHandler *stepcast_request_handler_new (StepcastVoice *voice,
                                                      StepcastFrameFlow *flow,
                                                      StepcastRole role,
                                                      StepcastActor *actor);
StepcastRequestHandler *stepcast_request_handler_ref (StepcastRequestHandler *self);
void stepcast_request_handler_unref (StepcastRequestHandler *self);

void stepcast_request_handler_set_uploads (StepcastRequestHandler *self, StepcastUploads *uploads);
void stepcast_request_handler_handle (StepcastRequestHandler *self,
                                      StepcastSession *session,
                                      const char *text,
                                      gsize length);
gboolean stepcast_request_handler_is_stopping (const StepcastRequestHandler *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRequestHandler, stepcast_request_handler_unref)

G_END_DECLS
