/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-pollable-stream.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_POLLABLE_OUTPUT (stepcast_pollable_output_get_type ())

G_DECLARE_FINAL_TYPE (StepcastPollableOutput,
                      stepcast_pollable_output,
                      STEPCAST,
                      POLLABLE_OUTPUT,
                      GOutputStream)

StepcastPollableOutput *stepcast_pollable_output_new (StepcastPollableStream *stream);
void stepcast_pollable_output_orphan (StepcastPollableOutput *self);

G_END_DECLS
