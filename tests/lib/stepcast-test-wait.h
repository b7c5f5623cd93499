/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-scheduler.h"

G_BEGIN_DECLS

/* A test waits for conditions, not for seconds: it gives the main context its turn until the
 * condition holds. This many seconds without it are a failure, on any machine. */
#define STEPCAST_TEST_TIMEOUT_S 60

typedef struct
{
  const char *what;
  gint64 end_us;
  GSource *tick;
} StepcastTestWait;

void stepcast_test_wait_begin (StepcastTestWait *self, const char *what);
void stepcast_test_wait_iterate (StepcastTestWait *self);
void stepcast_test_wait_end (StepcastTestWait *self);

/* Iterates the main context until @condition, any expression, holds. What a worker changes must be
 * read by it in a thread-safe way. */
#define stepcast_test_wait_for(condition)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    StepcastTestWait test_wait;                                                                    \
                                                                                                   \
    stepcast_test_wait_begin (&test_wait, G_STRLOC ": " #condition);                               \
    while (!(condition))                                                                           \
      stepcast_test_wait_iterate (&test_wait);                                                     \
    stepcast_test_wait_end (&test_wait);                                                           \
  }                                                                                                \
  G_STMT_END

void stepcast_test_settle (StepcastScheduler *scheduler);

G_END_DECLS
