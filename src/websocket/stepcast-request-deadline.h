/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* For a request to be complete. No connection idles after it: libsoup closes those that are handed
 * to it, and not accepted by its own listener, once they are answered. */
#define STEPCAST_REQUEST_SECONDS 10

/* For an upload, which has the above after each part of it. */
#define STEPCAST_UPLOAD_SECONDS 300

void stepcast_request_deadline_set (SoupServerMessage *message);

G_END_DECLS
