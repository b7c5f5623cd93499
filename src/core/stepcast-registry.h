/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-source.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_REGISTRY (stepcast_registry_get_type ())

G_DECLARE_FINAL_TYPE (StepcastRegistry, stepcast_registry, STEPCAST, REGISTRY, GObject)

StepcastRegistry *stepcast_registry_new (void);

gboolean stepcast_registry_add (StepcastRegistry *self, StepcastSource *source);
StepcastSource *stepcast_registry_find (StepcastRegistry *self, const char *name, GError **error);
GPtrArray *stepcast_registry_list (StepcastRegistry *self);

gboolean stepcast_registry_set_default (StepcastRegistry *self, const char *name, GError **error);

G_END_DECLS
