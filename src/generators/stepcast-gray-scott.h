/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-generator.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_GRAY_SCOTT (stepcast_gray_scott_get_type ())

G_DECLARE_FINAL_TYPE (StepcastGrayScott,
                      stepcast_gray_scott,
                      STEPCAST,
                      GRAY_SCOTT,
                      StepcastGenerator)

G_END_DECLS
