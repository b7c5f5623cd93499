/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-frame-encoder.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_DEFLATE_ENCODER (stepcast_deflate_encoder_get_type ())

G_DECLARE_FINAL_TYPE (StepcastDeflateEncoder,
                      stepcast_deflate_encoder,
                      STEPCAST,
                      DEFLATE_ENCODER,
                      GObject)

StepcastFrameEncoder *stepcast_deflate_encoder_new (void);

G_END_DECLS
