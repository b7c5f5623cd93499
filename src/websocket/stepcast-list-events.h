/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-session-manager.h"
#include "stepcast-ticker.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_LIST_EVENTS (stepcast_list_events_get_type ())

G_DECLARE_FINAL_TYPE (StepcastListEvents, stepcast_list_events, STEPCAST, LIST_EVENTS, GObject)

/**
 * StepcastListEmptiedFunc:
 * @user_data: what it was handed with
 *
 * The last reader has gone.
 */
typedef void (*StepcastListEmptiedFunc) (gpointer user_data);

StepcastListEvents *stepcast_list_events_new (StepcastSessionManager *manager,
                                              StepcastTicker *ticker,
                                              StepcastListEmptiedFunc emptied,
                                              gpointer user_data);

void stepcast_list_events_add (StepcastListEvents *self, GIOStream *connection);
guint stepcast_list_events_get_n_readers (StepcastListEvents *self);
void stepcast_list_events_end (StepcastListEvents *self);

G_END_DECLS
