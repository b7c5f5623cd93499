/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_VALIDATOR (stepcast_validator_get_type ())

G_DECLARE_FINAL_TYPE (StepcastValidator, stepcast_validator, STEPCAST, VALIDATOR, GObject)

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
