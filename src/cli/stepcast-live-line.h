/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-output.h"

G_BEGIN_DECLS

typedef struct _StepcastLiveLine StepcastLiveLine;

StepcastLiveLine *stepcast_live_line_new (int fd);
void stepcast_live_line_free (StepcastLiveLine *self);

void stepcast_live_line_set (StepcastLiveLine *self, char **parts, StepcastColour first_colour);
void stepcast_live_line_draw (StepcastLiveLine *self);
void stepcast_live_line_clear (StepcastLiveLine *self);

char *stepcast_live_line_fit (char **parts, int n_columns, gboolean is_utf8);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastLiveLine, stepcast_live_line_free)

G_END_DECLS
