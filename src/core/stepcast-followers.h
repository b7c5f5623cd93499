/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-frame-sink.h"

G_BEGIN_DECLS

/**
 * StepcastFollowers:
 *
 * Who takes a session's frames, what all of them together want, and the handing out. Lives on the
 * main context.
 */
typedef struct _StepcastFollowers StepcastFollowers;

/**
 * StepcastStillShown:
 * @user_data: whose frames are handed out
 *
 * A sink may do anything when it is told. When it stops the session, nobody else is told.
 *
 * Returns: %FALSE to hand out nothing more
 */
typedef gboolean (*StepcastStillShown) (gpointer user_data);

StepcastFollowers *stepcast_followers_new (void);
void stepcast_followers_free (StepcastFollowers *self);

void stepcast_followers_add (StepcastFollowers *self, StepcastFrameSink *sink);
gboolean stepcast_followers_remove (StepcastFollowers *self, StepcastFrameSink *sink);
void stepcast_followers_remove_all (StepcastFollowers *self);
guint stepcast_followers_get_length (StepcastFollowers *self);
GPtrArray *stepcast_followers_list (StepcastFollowers *self);

void stepcast_followers_get_demand (StepcastFollowers *self, StepcastDemand *demand);
gboolean stepcast_followers_want_latest (StepcastFollowers *self);
StepcastFrameSink *stepcast_followers_find_holder (StepcastFollowers *self);
void stepcast_followers_deliver (StepcastFollowers *self,
                                 GPtrArray *frames,
                                 gboolean are_steps,
                                 StepcastStillShown is_shown,
                                 gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastFollowers, stepcast_followers_free)

G_END_DECLS
