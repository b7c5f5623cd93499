/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-pollable-stream.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_POLLABLE_INPUT (stepcast_pollable_input_get_type ())

G_DECLARE_FINAL_TYPE (StepcastPollableInput,
                      stepcast_pollable_input,
                      STEPCAST,
                      POLLABLE_INPUT,
                      GInputStream)

StepcastPollableInput *stepcast_pollable_input_new (StepcastPollableStream *stream);
void stepcast_pollable_input_orphan (StepcastPollableInput *self);

G_END_DECLS
