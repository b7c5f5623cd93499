/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean stepcast_inherited_socket_take (GSocket **socket, GError **error);

G_END_DECLS
