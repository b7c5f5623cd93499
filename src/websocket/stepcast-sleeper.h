/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-readiness.h"

G_BEGIN_DECLS

/**
 * StepcastSleeper:
 *
 * Makes sources for who reads a pollable stream on a watched descriptor. Even one that is never
 * ready costs each turn of the main loop something; so such a source leaves the main context, and
 * its callback is called when the descriptor is ready.
 *
 * Counted by reference; its sources keep it. On the main context.
 */
typedef struct _StepcastSleeper StepcastSleeper;

StepcastSleeper *stepcast_sleeper_new (StepcastReadiness *readiness, int fd);
void stepcast_sleeper_unref (StepcastSleeper *self);
void stepcast_sleeper_close (StepcastSleeper *self);

GSource *stepcast_sleeper_create_source (StepcastSleeper *self,
                                         GPollableInputStream *stream,
                                         gboolean is_ready);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastSleeper, stepcast_sleeper_unref)

G_END_DECLS
