/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <json-glib/json-glib.h>

#include "stepcast-session.h"

G_BEGIN_DECLS

JsonBuilder *stepcast_recipe_json_new (StepcastSession *session, GError **error);

G_END_DECLS
