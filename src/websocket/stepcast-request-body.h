/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * StepcastBodyLimit:
 * @what: what the body is, at the beginning of a sentence
 * @max_bytes: how long it may be: whole KiB
 */
typedef struct
{
  const char *what;
  goffset max_bytes;
} StepcastBodyLimit;

gboolean stepcast_request_body_accept (SoupServerMessage *message,
                                       const StepcastBodyLimit *limit,
                                       guint *status,
                                       GError **error);

G_END_DECLS
