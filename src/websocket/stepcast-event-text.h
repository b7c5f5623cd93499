/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Server-sent events as text: WHATWG HTML, section 9.2.6. */

/* What a client waits before it connects again, in milliseconds. */
#define STEPCAST_EVENT_RETRY_MS 2000

/* Says so; for the beginning of a stream. */
#define STEPCAST_EVENT_RETRY "retry: " G_STRINGIFY (STEPCAST_EVENT_RETRY_MS) "\n\n"

/* Nothing, for whoever reads: it shows both ends that the other is there. */
#define STEPCAST_EVENT_KEEP_ALIVE ":\n\n"

void stepcast_event_text_append (GString *text, const char *name, const char *id, const char *data);
void stepcast_event_text_append_taken (GString *text, const char *name, char *data);

G_END_DECLS
