/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *stepcast_file_argument_describe_rule (GVariant *parameter);
GVariant *stepcast_file_argument_read (GVariant *parameter,
                                       const char *name,
                                       const char *path,
                                       GError **error);

G_END_DECLS
