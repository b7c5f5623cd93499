/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-tap-stream.h"

G_BEGIN_DECLS

/* When nothing was read from a viewer for so long, it is asked whether it is there. */
#define STEPCAST_DEFAULT_PING_SECONDS 15
#define STEPCAST_MAX_PING_SECONDS 3600

/* Beyond that, it has so long to answer. */
#define STEPCAST_ANSWER_SECONDS 5

/**
 * StepcastLivenessTimes:
 * @ping_us: a viewer of whom nothing was read for so long is pinged; 0 for never
 * @answer_us: how long it may take to answer
 * @check_us: how often all of them are looked at
 * @max_probes: so many of the kernel's zero-window probes may go unanswered
 * @max_retransmits: so often the kernel may send the same again
 */
typedef struct
{
  gint64 ping_us;
  gint64 answer_us;
  gint64 check_us;
  guint max_probes;
  guint max_retransmits;
} StepcastLivenessTimes;

/**
 * StepcastDeath:
 * @STEPCAST_DEATH_SILENT: the peer takes all that it is sent, and answers nothing
 * @STEPCAST_DEATH_GONE: its host does not answer: nothing that is sent can reach it
 */
typedef enum
{
  STEPCAST_DEATH_SILENT,
  STEPCAST_DEATH_GONE,
} StepcastDeath;

/**
 * StepcastDeathFunc:
 * @death: how
 * @user_data: as it was given
 *
 * A peer is dead. Called once; may free its pulse, and any other.
 */
typedef void (*StepcastDeathFunc) (StepcastDeath death, gpointer user_data);

/**
 * StepcastLiveness:
 *
 * Finds the peers that are not there any more, with one timer for all of them.
 *
 * A peer that has been silent is pinged. Where it then takes what it is sent and does not answer,
 * it is dead. Where it does not take it, it may be a page that is paused, and may be so for hours:
 * that is for the kernel to tell, whose probes a living host answers. Counted by reference; on the
 * main context.
 */
typedef struct _StepcastLiveness StepcastLiveness;

/**
 * StepcastPulse:
 *
 * One peer of a #StepcastLiveness.
 */
typedef struct _StepcastPulse StepcastPulse;

void stepcast_liveness_times_init (StepcastLivenessTimes *times, guint ping_seconds);

StepcastLiveness *stepcast_liveness_new (const StepcastLivenessTimes *times);
StepcastLiveness *stepcast_liveness_ref (StepcastLiveness *self);
void stepcast_liveness_unref (StepcastLiveness *self);
void stepcast_liveness_set_times (StepcastLiveness *self, const StepcastLivenessTimes *times);

StepcastPulse *stepcast_pulse_new (StepcastLiveness *liveness,
                                   StepcastTapStream *tap,
                                   StepcastDeathFunc func,
                                   gpointer user_data);
void stepcast_pulse_free (StepcastPulse *self);
guint stepcast_pulse_get_answer_seconds (const StepcastPulse *self);
gint64 stepcast_pulse_get_round_trip_us (StepcastPulse *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastLiveness, stepcast_liveness_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastPulse, stepcast_pulse_free)

G_END_DECLS
