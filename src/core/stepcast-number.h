/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

gboolean stepcast_number_convert (GVariant *variant, GValue *value);

G_END_DECLS
