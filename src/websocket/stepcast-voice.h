/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-channel.h"
#include "stepcast-dialect.h"

G_BEGIN_DECLS

/**
 * StepcastVoice:
 *
 * What is said to a viewer, in the words of its dialect: by the channel that it has now, and not at
 * all while it has none. Counted by references, so that an answer that comes late needs no viewer.
 * Lives on the main context.
 */
typedef struct _StepcastVoice StepcastVoice;

StepcastVoice *stepcast_voice_new (const StepcastDialect *dialect);
StepcastVoice *stepcast_voice_ref (StepcastVoice *self);
void stepcast_voice_unref (StepcastVoice *self);

void stepcast_voice_set_channel (StepcastVoice *self, StepcastChannel *channel);
const StepcastDialect *stepcast_voice_get_dialect (const StepcastVoice *self);

void stepcast_voice_say_now (StepcastVoice *self, char *text);
void stepcast_voice_say_in_order (StepcastVoice *self, char *text);
void stepcast_voice_say_bytes (StepcastVoice *self, GBytes *text, gboolean is_urgent);
void stepcast_voice_say_error (StepcastVoice *self,
                               const StepcastRequest *request,
                               const char *id,
                               const GError *error);
void stepcast_voice_flush (StepcastVoice *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastVoice, stepcast_voice_unref)

G_END_DECLS
