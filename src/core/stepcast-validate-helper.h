/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _StepcastValidateHelper StepcastValidateHelper;

/**
 * StepcastValidateHelperCallbacks:
 * @left: it has ended, or is about to: it takes no more frames, and its owner lets go of it. The
 *   last that is said to the owner, but for a @done that comes with it
 * @done: the answer to a frame has come, or will not come in time: @task (transfer full) (nullable)
 *   is the check, %NULL where that was dropped, and @error (transfer full) (nullable) why the frame
 *   can't be shown. The helper is free, unless it has @left just before
 * @lost: it was lost over @task (transfer full), after it has @left, and it is known why: @error
 *   (transfer full). With @may_be_innocent the frame need not be to blame: the helper had answered
 *   before, and did not talk nonsense
 *
 * What a helper says to its owner, on the main context; never from within
 * stepcast_validate_helper_start() and stepcast_validate_helper_check(). The owner of a helper that
 * was lost may be gone, so @lost has none; the task knows whose it is.
 */
typedef struct
{
  void (*left) (StepcastValidateHelper *self, gpointer owner);
  void (*done) (GTask *task, GError *error, gpointer owner);
  void (*lost) (GTask *task, GError *error, gboolean may_be_innocent);
} StepcastValidateHelperCallbacks;

StepcastValidateHelper *
stepcast_validate_helper_start (const char *path,
                                guint deadline_ms,
                                const StepcastValidateHelperCallbacks *callbacks,
                                gpointer owner,
                                GError **error);
StepcastValidateHelper *stepcast_validate_helper_ref (StepcastValidateHelper *self);
void stepcast_validate_helper_unref (StepcastValidateHelper *self);

void stepcast_validate_helper_check (StepcastValidateHelper *self, GTask *task, GBytes *frame);
gboolean stepcast_validate_helper_drop (StepcastValidateHelper *self, GTask *task);
gboolean stepcast_validate_helper_is_busy (StepcastValidateHelper *self);
GTask *stepcast_validate_helper_end (StepcastValidateHelper *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastValidateHelper, stepcast_validate_helper_unref)

G_END_DECLS
