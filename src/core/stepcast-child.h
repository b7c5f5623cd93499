/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

char **stepcast_child_make_environment (void);
gboolean stepcast_child_reap (pid_t pid, int *wait_status);

G_END_DECLS
