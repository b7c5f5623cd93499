/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-uploads.h"

G_BEGIN_DECLS

/* `POST /uploads`: doc/protocol.md, "Uploads". */

gboolean stepcast_upload_request_is (const char *path);
gboolean stepcast_upload_request_admit (SoupServerMessage *message,
                                        StepcastUploads *uploads,
                                        guint *status,
                                        GError **error);
void stepcast_upload_request_respond (SoupServerMessage *message,
                                      StepcastUploads *uploads,
                                      GHashTable *query);

G_END_DECLS
