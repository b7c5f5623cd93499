/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-generator.h"

G_BEGIN_DECLS

/* A generator with a parameter of each type, for what reads and writes them: "switch", "small"
 * (int, ±1000), "count" (uint), "large" (int64) and "huge" (uint64), both of the whole range,
 * "rate" (double from 0 to 1, in Hz), "mode" (a choice: those of #StepcastSessionState), "title"
 * (text, at the start). Two metrics: "error" (in mm) is 0.5, and "lost" no number. It finishes
 * after its third step. */

#define STEPCAST_TYPE_TYPES_GENERATOR (stepcast_types_generator_get_type ())

G_DECLARE_FINAL_TYPE (StepcastTypesGenerator,
                      stepcast_types_generator,
                      STEPCAST,
                      TYPES_GENERATOR,
                      StepcastGenerator)

G_END_DECLS
