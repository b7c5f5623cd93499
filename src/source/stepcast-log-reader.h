/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_LOG_READER (stepcast_log_reader_get_type ())

G_DECLARE_FINAL_TYPE (StepcastLogReader, stepcast_log_reader, STEPCAST, LOG_READER, GObject)

/* A longer line is cut into pieces of this length. */
#define STEPCAST_LOG_LINE_BYTES 1024

/* What a reason quotes of a program's last words. */
#define STEPCAST_LOG_LAST_LINES 10

/* More than this a second nobody reads; the rest is counted, and left out. */
#define STEPCAST_LOG_LINES_PER_SECOND 100

StepcastLogReader *stepcast_log_reader_new (GInputStream *stream);

void stepcast_log_reader_drain (StepcastLogReader *self);
char *stepcast_log_reader_get_last_lines (StepcastLogReader *self);

G_END_DECLS
