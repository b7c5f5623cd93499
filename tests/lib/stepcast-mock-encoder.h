/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-frame-encoder.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_MOCK_ENCODER (stepcast_mock_encoder_get_type ())

G_DECLARE_FINAL_TYPE (StepcastMockEncoder, stepcast_mock_encoder, STEPCAST, MOCK_ENCODER, GObject)

StepcastMockEncoder *stepcast_mock_encoder_new (void);

guint stepcast_mock_encoder_get_n_calls (StepcastMockEncoder *self);

G_END_DECLS
