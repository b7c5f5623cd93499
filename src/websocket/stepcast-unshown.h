/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-frame.h"

G_BEGIN_DECLS

/* What is kept of frames that were written, where nobody is going to say that they were shown: so
 * many, and more of small ones. */
#define STEPCAST_MIN_KEPT_FRAMES 2
#define STEPCAST_MAX_KEPT_BYTES (192 * 1024)

/**
 * StepcastUnshown:
 *
 * The frames that a viewer was given and has not acknowledged, oldest first: for those that it may
 * ask for again when it comes back, and for the pace of a viewer that tells what it has shown.
 * Those of runs that are over are settled: they are owed, but nobody waits for them. To be
 * embedded, and initialised.
 */
typedef struct
{
  GQueue entries; /* of frames, and when they were given */
  gsize n_bytes;
  guint n_settled;      /* the oldest of them, which nobody waits for */
  gboolean is_acking;   /* it has acknowledged one */
  gint64 round_trip_us; /* of the last one that it acknowledged; -1 before */
} StepcastUnshown;

void stepcast_unshown_init (StepcastUnshown *self);
void stepcast_unshown_clear (StepcastUnshown *self);

void stepcast_unshown_give (StepcastUnshown *self, StepcastFrame *frame, gint64 now_us);
void stepcast_unshown_take_back (StepcastUnshown *self, guint n_frames);
void stepcast_unshown_acknowledge (StepcastUnshown *self, guint run, guint64 serial, gint64 now_us);
void stepcast_unshown_settle (StepcastUnshown *self, guint run);
void stepcast_unshown_forget (StepcastUnshown *self, guint n_unwritten);
guint64 stepcast_unshown_rewind (StepcastUnshown *self, guint run, guint64 serial);

guint stepcast_unshown_get_length (const StepcastUnshown *self);
guint stepcast_unshown_get_n_awaited (const StepcastUnshown *self);
GPtrArray *stepcast_unshown_list (const StepcastUnshown *self);

G_END_DECLS
