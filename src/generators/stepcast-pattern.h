/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-generator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_PATTERN (stepcast_pattern_get_type ())

G_DECLARE_FINAL_TYPE (StepcastPattern, stepcast_pattern, STEPCAST, PATTERN, StepcastGenerator)

G_END_DECLS
