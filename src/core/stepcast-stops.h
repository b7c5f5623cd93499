/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-session.h"

G_BEGIN_DECLS

/**
 * StepcastStopsFunc:
 * @deadline_ms: which deadline it was
 * @user_data: as it was given
 *
 * The deadline has passed, and it does not stand still.
 */
typedef void (*StepcastStopsFunc) (guint deadline_ms, gpointer user_data);

/**
 * StepcastStops:
 *
 * Who waits for a session to stand still, how long that may take, and how it went the last time. It
 * ends in two moves, take and answer, because others are told in between, and whoever is told may
 * stop the next run. Lives on the main context.
 */
typedef struct _StepcastStops StepcastStops;

StepcastStops *stepcast_stops_new (StepcastStopsFunc func, gpointer user_data);
void stepcast_stops_free (StepcastStops *self);

void stepcast_stops_add (StepcastStops *self, GTask *task);
void stepcast_stops_begin (StepcastStops *self, guint deadline_ms);
GQueue stepcast_stops_end (StepcastStops *self, guint64 step);
void stepcast_stops_cancel (StepcastStops *self);
const StepcastStopReport *stepcast_stops_get_last (const StepcastStops *self);

void stepcast_stops_answer (GQueue *tasks, const StepcastStopReport *report, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastStops, stepcast_stops_free)

G_END_DECLS
