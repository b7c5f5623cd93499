/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastTicker:
 *
 * One timer for all who want to be looked at now and then, and none while there is nobody. Who
 * waits for a deadline by it meets it up to one interval late. Reference-counted; lives on the main
 * context.
 */
typedef struct _StepcastTicker StepcastTicker;

/**
 * StepcastTickFunc:
 * @now_us: monotonic time
 * @member: who was added; it may remove itself and others
 */
typedef void (*StepcastTickFunc) (gint64 now_us, gpointer member);

StepcastTicker *stepcast_ticker_new (guint interval_ms);
StepcastTicker *stepcast_ticker_ref (StepcastTicker *self);
void stepcast_ticker_unref (StepcastTicker *self);

void stepcast_ticker_add (StepcastTicker *self, gpointer member, StepcastTickFunc func);
void stepcast_ticker_remove (StepcastTicker *self, gpointer member);
gboolean stepcast_ticker_is_running (StepcastTicker *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastTicker, stepcast_ticker_unref)

G_END_DECLS
