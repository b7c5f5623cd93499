/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A file that is a parameter's value: its bytes, without a name. What it is, its bytes say. */

/* No parameter takes more: it is kept in memory, and goes by the bus in one message. */
#define STEPCAST_FILE_MAX_BYTES (16 * 1024 * 1024)

char *stepcast_file_value_guess_type (gconstpointer data, gsize size);
gboolean stepcast_file_value_is_accepted (const char *type, const char *const *accept);
gboolean stepcast_file_value_check (gconstpointer data,
                                    gsize size,
                                    const char *const *accept,
                                    gsize max_bytes,
                                    const char *name,
                                    GError **error);
char *stepcast_file_value_describe_rule (const char *const *accept, gsize max_bytes);
char *stepcast_file_value_summarize (GVariant *value);

G_END_DECLS
