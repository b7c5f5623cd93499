/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-ticker.h"

G_BEGIN_DECLS

/* How often connections are looked at, and event streams are kept alive. */
#define STEPCAST_TICK_MS (15 * 1000)

/* A reader that has taken nothing for this long (up to a tick more) has gone, or means harm: each
 * holds a connection, and the bytes of its answer. What it has taken shows when the kernel takes
 * more, which is ahead of it by some 64 KiB: so it has to read 1 KiB a second. */
#define STEPCAST_STALL_US (60 * G_USEC_PER_SEC)

void stepcast_answer_watch (SoupServerMessage *message, StepcastTicker *ticker);

G_END_DECLS
