/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-frame.h"
#include "stepcast-generator.h"

G_BEGIN_DECLS

/**
 * StepcastMockPhase:
 * @STEPCAST_MOCK_PHASE_NONE: nowhere
 * @STEPCAST_MOCK_PHASE_PREPARE: in prepare()
 * @STEPCAST_MOCK_PHASE_STEP: in step(), before the step is complete
 * @STEPCAST_MOCK_PHASE_DRAW: in draw()
 *
 * Where a mock generator can be made to fail or to block.
 */
typedef enum
{
  STEPCAST_MOCK_PHASE_NONE,
  STEPCAST_MOCK_PHASE_PREPARE,
  STEPCAST_MOCK_PHASE_STEP,
  STEPCAST_MOCK_PHASE_DRAW,
} StepcastMockPhase;

/**
 * StepcastMockCounts:
 * @n_alive: generators that exist now
 * @n_prepared: calls of prepare()
 * @n_steps: complete steps
 * @n_draws: calls of draw()
 * @n_blocked: workers that are held in a block now
 *
 * What the generators of one control have done.
 */
typedef struct
{
  guint n_alive;
  guint n_prepared;
  guint64 n_steps;
  guint n_draws;
  guint n_blocked;
} StepcastMockCounts;

/**
 * StepcastMockControl:
 *
 * What a test holds in its hand while mock generators run in workers: says what they do, stops and
 * releases them, and counts. All of its functions may be called from any thread.
 */
typedef struct _StepcastMockControl StepcastMockControl;

StepcastMockControl *stepcast_mock_control_new (void);
StepcastMockControl *stepcast_mock_control_ref (StepcastMockControl *self);
void stepcast_mock_control_unref (StepcastMockControl *self);

GVariant *stepcast_mock_control_make_parameters (StepcastMockControl *self, guint size);

void stepcast_mock_control_set_work (StepcastMockControl *self, guint iterations);
void stepcast_mock_control_finish_after (StepcastMockControl *self,
                                         guint64 step,
                                         StepcastStepResult how);
void stepcast_mock_control_fail (StepcastMockControl *self, StepcastMockPhase phase, guint64 step);
void stepcast_mock_control_fail_with (StepcastMockControl *self, GQuark domain, int code);
void stepcast_mock_control_block (StepcastMockControl *self,
                                  StepcastMockPhase phase,
                                  guint64 step,
                                  gboolean heeds_cancellable);
void stepcast_mock_control_release (StepcastMockControl *self);
void stepcast_mock_control_get_counts (StepcastMockControl *self, StepcastMockCounts *counts);
guint stepcast_mock_control_get_n_blocked (StepcastMockControl *self);
guint64 stepcast_mock_control_get_n_steps (StepcastMockControl *self);
guint stepcast_mock_control_get_n_draws (StepcastMockControl *self);
guint stepcast_mock_control_get_n_alive (StepcastMockControl *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastMockControl, stepcast_mock_control_unref)

#define STEPCAST_TYPE_MOCK_GENERATOR (stepcast_mock_generator_get_type ())

G_DECLARE_FINAL_TYPE (StepcastMockGenerator,
                      stepcast_mock_generator,
                      STEPCAST,
                      MOCK_GENERATOR,
                      StepcastGenerator)

/**
 * StepcastMockPicture:
 * @step: the step whose state was drawn
 * @level: the live parameter "level" as that step used it
 * @shown_level: the live parameter "level" when it was drawn
 * @size: the parameter "size" of the run
 *
 * What a frame of a mock generator shows.
 */
typedef struct
{
  guint64 step;
  int level;
  int shown_level;
  guint size;
} StepcastMockPicture;

StepcastMockPicture stepcast_mock_picture_read (const StepcastFrame *frame);

G_END_DECLS
