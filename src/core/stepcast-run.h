/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-frame-encoder.h"
#include "stepcast-frame.h"
#include "stepcast-generator.h"

G_BEGIN_DECLS

/**
 * StepcastDemand:
 * @is_every: each step's frame is wanted, at the pace that @frames and @bytes allow
 * @frames: with @is_every, how many frames may be made now; 0 holds the run
 * @bytes: with @is_every, no further frame is made once this many bytes of them are; 0 holds the
 *   run
 * @due_us: one frame of the latest state is wanted from this monotonic time on;
 *   %STEPCAST_NEVER if none is
 * @encoder: (nullable) (unowned): somebody wants the frames that are made now encoded by it, too.
 *   There is one encoder in the process
 * @encodes_every: with @is_every, each of them; else only the last of those that come home
 * together, which is all that those who follow the latest are going to take
 *
 * Which frames those who look at a run want of it now. Without any demand a run only steps.
 */
typedef struct
{
  gboolean is_every;
  guint frames;
  gsize bytes;
  gint64 due_us;
  StepcastFrameEncoder *encoder;
  gboolean encodes_every;
} StepcastDemand;

#define STEPCAST_NEVER G_MAXINT64

#define STEPCAST_DEMAND_NONE                                                                       \
  ((StepcastDemand){                                                                               \
    .is_every = FALSE, .frames = 0, .bytes = 0, .due_us = STEPCAST_NEVER, .encoder = NULL })

/**
 * StepcastProgress:
 * @step: the last complete step
 * @fraction: how far the run has come, from 0 to 1, or -1 where that is not known
 * @n_metrics: how many metrics there are
 * @metrics: the value of each, in the order of the source's description
 *
 * Where a run stands.
 */
typedef struct
{
  guint64 step;
  double fraction;
  guint n_metrics;
  double metrics[STEPCAST_MAX_METRICS];
} StepcastProgress;

/**
 * StepcastOutcome:
 * @STEPCAST_OUTCOME_NONE: it goes on
 * @STEPCAST_OUTCOME_FINISHED: it has done its last step
 * @STEPCAST_OUTCOME_FAILED: a step, a drawing or a program failed; the error says why
 * @STEPCAST_OUTCOME_CANCELLED: it was cancelled, and has stopped
 *
 * How a run ended.
 */
typedef enum
{
  STEPCAST_OUTCOME_NONE,
  STEPCAST_OUTCOME_FINISHED,
  STEPCAST_OUTCOME_FAILED,
  STEPCAST_OUTCOME_CANCELLED,
} StepcastOutcome;

#define STEPCAST_TYPE_RUN (stepcast_run_get_type ())

G_DECLARE_DERIVABLE_TYPE (StepcastRun, stepcast_run, STEPCAST, RUN, GObject)

/**
 * StepcastRunEvents:
 * @get_demand: asks which frames are wanted now
 * @get_allowance: asks how many steps may be done now
 * @came_home: what was under way has come home with @frames (in order, often none); the run is not
 *   busy any more, and where @outcome is not %STEPCAST_OUTCOME_NONE it has ended. @error is set
 *   if it failed. Frames and progress of a cancelled run are told too: whoever listens drops them
 * @log: (nullable): a line that the source said
 *
 * What a run asks of, and tells, the one session that it belongs to; on the main context.
 */
typedef struct
{
  void (*get_demand) (StepcastRun *run, StepcastDemand *demand, gpointer user_data);
  guint64 (*get_allowance) (StepcastRun *run, gpointer user_data);
  void (*came_home) (StepcastRun *run,
                     GPtrArray *frames,
                     StepcastOutcome outcome,
                     const GError *error,
                     gpointer user_data);
  void (*log) (StepcastRun *run, const char *line, gpointer user_data);
} StepcastRunEvents;

/**
 * StepcastRunClass:
 * @proceed: goes on, if there is nothing under way and the allowance and the demand let it
 * @demand_changed: (nullable): what is wanted may have changed while it is busy; for one that waits
 *   meanwhile for something else
 * @yield: brings what is under way home at the next step boundary
 * @cancel: ends the run as soon as can be; it comes home with %STEPCAST_OUTCOME_CANCELLED. Called
 * of one that has ended too, when a drawing is under way that nobody waits for any more
 * @abandon: (nullable): it was cancelled and did not come home in time: gives it up
 * @draw: draws the present state when nothing is under way, whatever the demand; comes home with
 *   that one frame, or with none and the error
 * @set_parameters: (nullable): applies a checked `a{sv}`; called when nothing is under way
 *
 * One run of a source. All of it on the main context.
 */
struct _StepcastRunClass
{
  GObjectClass parent_class;

  void (*proceed) (StepcastRun *self);
  void (*demand_changed) (StepcastRun *self);
  void (*yield) (StepcastRun *self);
  void (*cancel) (StepcastRun *self);
  void (*abandon) (StepcastRun *self);
  void (*draw) (StepcastRun *self);
  void (*set_parameters) (StepcastRun *self, GVariant *values);
};

void stepcast_run_listen (StepcastRun *self, const StepcastRunEvents *events, gpointer user_data);

guint stepcast_run_get_number (StepcastRun *self);
gint64 stepcast_run_get_began_us (StepcastRun *self);
gboolean stepcast_run_is_busy (StepcastRun *self);
gboolean stepcast_run_has_ended (StepcastRun *self);
gboolean stepcast_run_validates (StepcastRun *self);
const StepcastProgress *stepcast_run_get_progress (StepcastRun *self);
int stepcast_run_get_exit_status (StepcastRun *self);

void stepcast_run_proceed (StepcastRun *self);
void stepcast_run_demand_changed (StepcastRun *self);
void stepcast_run_yield (StepcastRun *self);
void stepcast_run_cancel (StepcastRun *self);
void stepcast_run_abandon (StepcastRun *self);
gboolean stepcast_run_can_draw (StepcastRun *self);
void stepcast_run_draw (StepcastRun *self);
void stepcast_run_set_parameters (StepcastRun *self, GVariant *values);

/* For implementations. */
void stepcast_run_get_demand (StepcastRun *self, StepcastDemand *demand);
guint64 stepcast_run_get_allowance (StepcastRun *self);
void stepcast_run_set_validates (StepcastRun *self, gboolean validates);
void stepcast_run_set_busy (StepcastRun *self, gboolean is_busy);
void stepcast_run_set_progress (StepcastRun *self, const StepcastProgress *progress);
void stepcast_run_set_exit_status (StepcastRun *self, int exit_status);
void stepcast_run_come_home (StepcastRun *self,
                             GPtrArray *frames,
                             StepcastOutcome outcome,
                             const GError *error);
void stepcast_run_log (StepcastRun *self, const char *line);

G_END_DECLS
