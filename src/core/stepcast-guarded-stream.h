/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_GUARDED_STREAM (stepcast_guarded_stream_get_type ())

G_DECLARE_FINAL_TYPE (StepcastGuardedStream,
                      stepcast_guarded_stream,
                      STEPCAST,
                      GUARDED_STREAM,
                      GInputStream)

GInputStream *stepcast_guarded_stream_new (GBytes *bytes, gint64 deadline_us);

G_END_DECLS
