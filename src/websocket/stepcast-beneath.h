/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GSocket *stepcast_beneath_find_socket (GIOStream *stream, gboolean *is_plain);

G_END_DECLS
