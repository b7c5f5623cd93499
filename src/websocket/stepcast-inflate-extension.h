/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_INFLATE_EXTENSION (stepcast_inflate_extension_get_type ())

G_DECLARE_FINAL_TYPE (StepcastInflateExtension,
                      stepcast_inflate_extension,
                      STEPCAST,
                      INFLATE_EXTENSION,
                      SoupWebsocketExtension)

/**
 * StepcastInflated:
 * @n_bytes: what came out of a frame
 * @user_data: whose it is
 *
 * To make sense of it takes as long as if it had come so.
 */
typedef void (*StepcastInflated) (gsize n_bytes, gpointer user_data);

SoupWebsocketExtension *stepcast_inflate_extension_new (StepcastInflated inflated,
                                                        gpointer user_data);

G_END_DECLS
