/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-validate-helper.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_HELPER_POOL (stepcast_helper_pool_get_type ())

G_DECLARE_DERIVABLE_TYPE (StepcastHelperPool, stepcast_helper_pool, STEPCAST, HELPER_POOL, GObject)

/**
 * StepcastHelperPoolClass:
 * @keeps_helpers: whether a helper that has answered waits for more. Else it is ended after each
 *   answer, and where its request is cancelled
 */
struct _StepcastHelperPoolClass
{
  GObjectClass parent_class;

  gboolean keeps_helpers;
};

void stepcast_helper_pool_take (StepcastHelperPool *self,
                                GTask *task,
                                const StepcastValidateRequest *asked);
void stepcast_helper_pool_shut_down (StepcastHelperPool *self);

G_END_DECLS
