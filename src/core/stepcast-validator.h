/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-helper-pool.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_VALIDATOR (stepcast_validator_get_type ())

G_DECLARE_FINAL_TYPE (StepcastValidator,
                      stepcast_validator,
                      STEPCAST,
                      VALIDATOR,
                      StepcastHelperPool)

/* Milliseconds for one frame, the start of its helper included. The largest document that passes
 * the element limit loads in 0.7 s. */
#define STEPCAST_VALIDATOR_DEFAULT_DEADLINE_MS 2000

/* A frame of our own is loaded in the process: the writer is ours, and it is well-formed. */
gboolean stepcast_validator_check_own (GBytes *svg, GCancellable *cancellable, GError **error);

StepcastValidator *stepcast_validator_new (const char *helper_path, guint max_helpers);

void stepcast_validator_check_async (StepcastValidator *self,
                                     GBytes *svg,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean
stepcast_validator_check_finish (StepcastValidator *self, GAsyncResult *result, GError **error);
void stepcast_validator_shut_down (StepcastValidator *self);

G_END_DECLS
