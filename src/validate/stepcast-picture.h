/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <librsvg/rsvg.h>

G_BEGIN_DECLS

GByteArray *stepcast_picture_draw (RsvgHandle *handle, guint width, GError **error);

G_END_DECLS
