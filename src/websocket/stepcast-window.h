/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastWindow:
 *
 * How many frames a viewer of every frame may be owed at a time: from %STEPCAST_WINDOW_BYTES up to
 * %STEPCAST_MAX_WINDOW_BYTES. Pure; to be embedded, and initialised.
 */
typedef struct
{
  gsize bytes;
  gsize last_frame_bytes; /* the length of the last frame: others will be like it; 0 before */
} StepcastWindow;

/**
 * StepcastWindowReader:
 * @STEPCAST_WINDOW_ACKING: it tells what it has shown, or there is nobody
 * @STEPCAST_WINDOW_EAGER: it has taken all at once
 * @STEPCAST_WINDOW_SLOW: it has left some
 *
 * How a viewer took what was written to it.
 */
typedef enum
{
  STEPCAST_WINDOW_ACKING,
  STEPCAST_WINDOW_EAGER,
  STEPCAST_WINDOW_SLOW,
} StepcastWindowReader;

void stepcast_window_init (StepcastWindow *self);
guint stepcast_window_get_room (const StepcastWindow *self, guint n_held, gboolean is_acking);
void stepcast_window_adapt (StepcastWindow *self, StepcastWindowReader reader);

G_END_DECLS
