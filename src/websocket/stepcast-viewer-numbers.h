/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastViewerNumbers:
 * @n_sent: frames that were sent to it, or begun
 * @n_missed: frames that were drawn while it was here and not sent to it
 * @n_skipped: of these, how many because they were too long for it
 * @backlog_bytes: what waits to be written to it
 * @n_unshown: frames that it has not acknowledged; -1 where it acknowledges none
 * @sent_per_second: frames, over the last second or so
 * @round_trip_us: of the last frame that it acknowledged, or of a ping; -1 where there was none
 *
 * How a viewer fares.
 */
typedef struct
{
  guint64 n_sent;
  guint64 n_missed;
  guint64 n_skipped;
  gsize backlog_bytes;
  int n_unshown;
  double sent_per_second;
  gint64 round_trip_us;
} StepcastViewerNumbers;

void stepcast_viewer_numbers_describe (const StepcastViewerNumbers *self,
                                       GVariantDict *description);

G_END_DECLS
