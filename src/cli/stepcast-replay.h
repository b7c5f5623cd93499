/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-dbus-generated.h"

G_BEGIN_DECLS

/**
 * StepcastReplayChange:
 * @step: the first step that uses them, at least 2
 * @values: (transfer full): an `a{sv}`
 */
typedef struct
{
  guint64 step;
  GVariant *values;
} StepcastReplayChange;

/**
 * StepcastReplayFunc:
 * @error: (nullable): why it has not got there
 * @user_data: as it was given
 *
 * It has got there, or will not. The replay may be freed here.
 */
typedef void (*StepcastReplayFunc) (const GError *error, gpointer user_data);

/**
 * StepcastReplay:
 *
 * Takes a session that has not begun yet to a step, and makes changes on the way, each at its own
 * step. There it is paused. If it comes to its end before, the replay waits for ever: whoever looks
 * after the session frees it.
 */
typedef struct _StepcastReplay StepcastReplay;

GArray *stepcast_replay_changes_new (void);

StepcastReplay *stepcast_replay_new (StepcastDBusSession *session,
                                     GArray *changes,
                                     guint64 last_step,
                                     StepcastReplayFunc func,
                                     gpointer user_data);
void stepcast_replay_free (StepcastReplay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastReplay, stepcast_replay_free)

G_END_DECLS
