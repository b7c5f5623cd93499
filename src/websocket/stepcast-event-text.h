/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Server-sent events as text: WHATWG HTML, section 9.2.6. */

/* What a client waits before it connects again, in milliseconds. */
#define STEPCAST_EVENT_RETRY_MS 2000

/* Nothing, for whoever reads: it shows both ends that the other is there. */
#define STEPCAST_EVENT_KEEP_ALIVE ":\n\n"

void stepcast_event_text_append_retry (GString *text);
void stepcast_event_text_append (GString *text, const char *name, const char *id, const char *data);

G_END_DECLS
