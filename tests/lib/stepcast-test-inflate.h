/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GBytes *stepcast_test_inflate (GBytes *payload);
GBytes *stepcast_test_deflate (const void *data, gsize length);

G_END_DECLS
