/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-dialect.h"

G_BEGIN_DECLS

/**
 * StepcastAccess:
 *
 * Who may look and who may steer: a token and a cookie's secret for each role,
 * kept in the user's runtime directory so that links survive a restart. Immutable.
 */
typedef struct _StepcastAccess StepcastAccess;

StepcastAccess *stepcast_access_new_open (void);
StepcastAccess *stepcast_access_new_from_file (const char *path, GError **error);
void stepcast_access_free (StepcastAccess *self);

gboolean stepcast_access_is_open (const StepcastAccess *self);
const char *stepcast_access_get_token (const StepcastAccess *self, StepcastRole role);
const char *stepcast_access_get_secret (const StepcastAccess *self, StepcastRole role);
StepcastRole stepcast_access_check_token (const StepcastAccess *self, const char *token);
StepcastRole stepcast_access_check_secret (const StepcastAccess *self, const char *secret);

char *stepcast_access_make_token (GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastAccess, stepcast_access_free)

G_END_DECLS
