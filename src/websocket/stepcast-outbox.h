/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-frame-guard.h"
#include "stepcast-frame.h"

G_BEGIN_DECLS

/* The frames that one viewer may have in memory, where they are small: wide enough that a slice's
 * homecoming never finds the socket idle at 10 KB a frame. Of large ones it has two. */
#define STEPCAST_WINDOW_BYTES (192 * 1024)

/* What that grows to for a reader that takes all at once. */
#define STEPCAST_MAX_WINDOW_BYTES (1024 * 1024)

/* A peer that asks and asks and reads no answer. */
#define STEPCAST_MAX_ANSWER_BYTES (256 * 1024)

/**
 * StepcastOutbox:
 *
 * The WebSocket messages (RFC 6455, section 5) that wait to be written to one
 * viewer: frames, whose payload is shared and never copied, and answers. At most one message is
 * partly written at any time, and it goes on first; then the urgent ones, then
 * frames and what belongs after them, in order.
 *
 * For a peer that has negotiated permessage-deflate (RFC 7692) frames go out compressed, where they
 * have been: what they share is then the compressed document.
 *
 * It does no I/O: its owner gathers, writes, and says how much was taken.
 */
typedef struct _StepcastOutbox StepcastOutbox;

StepcastOutbox *stepcast_outbox_new (void);
void stepcast_outbox_free (StepcastOutbox *self);

void stepcast_outbox_set_takes_deflated (StepcastOutbox *self, gboolean takes_deflated);
void stepcast_outbox_push_frame (StepcastOutbox *self, const char *prefix, StepcastFrame *frame);
void stepcast_outbox_push_text (StepcastOutbox *self, const char *text, gboolean is_urgent);
void stepcast_outbox_push_bytes (StepcastOutbox *self, GBytes *text, gboolean is_urgent);
void stepcast_outbox_push_ping (StepcastOutbox *self, const guint8 *payload);
void stepcast_outbox_push_close (StepcastOutbox *self, guint16 code, const char *reason);
guint stepcast_outbox_drop_frames (StepcastOutbox *self);
void stepcast_outbox_drop_all (StepcastOutbox *self);

guint stepcast_outbox_gather (StepcastOutbox *self,
                              GOutputVector *vectors,
                              guint n_vectors,
                              gboolean only_current);
void stepcast_outbox_consume (StepcastOutbox *self, gsize n_bytes);

gboolean stepcast_outbox_is_empty (const StepcastOutbox *self);
gboolean stepcast_outbox_is_within_message (const StepcastOutbox *self);
gboolean stepcast_outbox_has_ping (const StepcastOutbox *self);
guint stepcast_outbox_get_n_waiting_frames (const StepcastOutbox *self);
guint stepcast_outbox_get_n_frames (const StepcastOutbox *self);
guint64 stepcast_outbox_get_n_sent_frames (const StepcastOutbox *self);
gsize stepcast_outbox_get_backlog_bytes (const StepcastOutbox *self);
gsize stepcast_outbox_get_answer_bytes (const StepcastOutbox *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastOutbox, stepcast_outbox_free)

G_END_DECLS
