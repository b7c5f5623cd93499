/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GByteArray *
stepcast_bitmap_decode (GBytes *file, guint max_width, guint max_height, GError **error);

G_END_DECLS
