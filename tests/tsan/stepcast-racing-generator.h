/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-generator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_RACING_GENERATOR (stepcast_racing_generator_get_type ())

G_DECLARE_FINAL_TYPE (StepcastRacingGenerator,
                      stepcast_racing_generator,
                      STEPCAST,
                      RACING_GENERATOR,
                      StepcastGenerator)

guint64 stepcast_racing_generator_get_n_steps (void);

G_END_DECLS
