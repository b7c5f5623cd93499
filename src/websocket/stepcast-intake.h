/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-frame-guard.h"

G_BEGIN_DECLS

/**
 * StepcastIntake:
 *
 * What a viewer sends, on its way from the socket to libsoup: a guard follows the frames, and holds
 * back what libsoup would not bound. Part of its owner, and on the main context.
 */
typedef struct
{
  GPollableInputStream *base; /* not owned */

  StepcastFrameGuard guard;
  gboolean has_read_all;
  gboolean has_drained; /* the base has been read to its end once: it keeps nothing back */
  gint64 last_read_us;
  gint64 pong_us; /* when the last pong was read; 0 before the first */
} StepcastIntake;

void stepcast_intake_init (StepcastIntake *self, GPollableInputStream *base);
gssize stepcast_intake_read (StepcastIntake *self,
                             void *buffer,
                             gsize count,
                             gboolean hides_pings,
                             GError **error);
gint64 stepcast_intake_get_delay_us (StepcastIntake *self);
gint64 stepcast_intake_get_pong_us (StepcastIntake *self, const guint8 *payload);

G_END_DECLS
