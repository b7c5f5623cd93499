/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *stepcast_actor_text_format (GVariant *actor);
gboolean stepcast_actor_text_is_caller (GVariant *actor, GDBusProxy *proxy);
GVariant *stepcast_actor_text_to_json (GVariant *actor);

G_END_DECLS
