/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-validate-protocol.h"

G_BEGIN_DECLS

typedef struct _StepcastValidateHelper StepcastValidateHelper;

/**
 * StepcastValidateRequest:
 * @operation: what is to be done with @frame
 * @width: of the picture that is to be drawn, in pixels; 0 for the frame's own
 * @frame: an SVG document
 *
 * What a helper is asked for.
 */
typedef struct
{
  StepcastValidateOperation operation;
  guint width;
  GBytes *frame;
} StepcastValidateRequest;

/**
 * StepcastValidateHelperCallbacks:
 * @left: it has ended, or is about to: it takes no more frames, and its owner lets go of it. The
 *   last that is said to the owner, but for a @done that comes with it
 * @done: the answer to a request has come, or will not come in time: @task (transfer full)
 *   (nullable) is whose it was, %NULL where that was dropped, @payload (transfer full) (nullable)
 *   is the answer, which is empty for a check, and @error (transfer full) (nullable) why there is
 *   none. The helper is free, unless it has @left just before
 * @lost: it was lost over @task (transfer full), after it has @left, and it is known why: @error
 *   (transfer full). With @may_be_innocent the frame need not be to blame: the helper had answered
 *   before, and did not talk nonsense
 *
 * What a helper says to its owner, on the main context; never from within
 * stepcast_validate_helper_start() and stepcast_validate_helper_ask(). The owner of a helper that
 * was lost may be gone, so @lost has none; the task knows whose it is.
 */
typedef struct
{
  void (*left) (StepcastValidateHelper *self, gpointer owner);
  void (*done) (StepcastValidateHelper *self,
                GTask *task,
                GBytes *payload,
                GError *error,
                gpointer owner);
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

void stepcast_validate_helper_ask (StepcastValidateHelper *self,
                                   GTask *task,
                                   const StepcastValidateRequest *request);
gboolean stepcast_validate_helper_drop (StepcastValidateHelper *self, GTask *task);
gboolean stepcast_validate_helper_is_busy (StepcastValidateHelper *self);
GTask *stepcast_validate_helper_end (StepcastValidateHelper *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastValidateHelper, stepcast_validate_helper_unref)

G_END_DECLS
