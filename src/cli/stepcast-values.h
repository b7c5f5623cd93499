/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GVariant *stepcast_values_parse (GVariant *description, char **assignments, GError **error);
char **stepcast_values_list_names (GVariant *description);
char **stepcast_values_list_files (GVariant *description);
char *stepcast_values_describe_range (GVariant *parameter);

G_END_DECLS
