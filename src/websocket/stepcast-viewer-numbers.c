/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-viewer-numbers.h"

/**
 * stepcast_viewer_numbers_describe:
 * @self: numbers
 * @description: is told them by their names on the bus; what there is not is left out
 */
void
stepcast_viewer_numbers_describe (const StepcastViewerNumbers *self, GVariantDict *description)
{
  g_variant_dict_insert (description, "sent", "t", self->n_sent);
  g_variant_dict_insert (description, "missed", "t", self->n_missed);
  g_variant_dict_insert (description, "backlog-bytes", "t", (guint64) self->backlog_bytes);
  g_variant_dict_insert (description, "frames-per-second", "d", self->sent_per_second);
  if (self->n_unshown >= 0)
    g_variant_dict_insert (description, "unshown", "u", (guint) self->n_unshown);
  if (self->round_trip_us >= 0)
    g_variant_dict_insert (description, "round-trip-seconds", "d",
                           (double) self->round_trip_us / G_USEC_PER_SEC);
}
