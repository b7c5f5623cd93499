/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A command is a line. What is longer is no command of ours. */
#define STEPCAST_MAX_MESSAGE_BYTES (64 * 1024)

/* A message of 64 KiB in pieces of 256 bytes: smaller ones only cost. */
#define STEPCAST_MAX_FRAGMENTS 256

/* A client that types, drags a slider and pings stays far below; a flood is read at this pace. */
#define STEPCAST_FRAMES_PER_SECOND 1000
#define STEPCAST_FRAMES_AT_ONCE 200

/* A client's header is at most this long (RFC 6455, section 5.2). */
#define STEPCAST_MAX_HEADER_BYTES 14

/* Each full KiB of a message counts as another frame: 64 KiB of JSON keep the main context busy for
 * a millisecond or two. */
#define STEPCAST_BYTES_PER_FRAME 1024

/* What each of our pings carries, and its pong repeats. */
#define STEPCAST_PING_BYTES 8

/**
 * StepcastFrameGuard:
 *
 * Follows the frames of an incoming WebSocket byte stream (RFC 6455, section 5.2) beneath the
 * library that reads them, which neither bounds a fragmented message nor the
 * number of pongs that it queues. It only reads headers; what is wrong in
 * other ways is the library's to find.
 */
typedef struct
{
  /* Where the stream stands. */
  guint8 header[STEPCAST_MAX_HEADER_BYTES];
  guint header_length; /* bytes of @header that have come */
  guint64 payload_left;
  gboolean is_hidden; /* the frame under way is not shown to the library */

  /* The message under way. */
  guint64 message_bytes;
  guint n_fragments;

  /* A token bucket: how many frames may still be read, as of @refilled_us. */
  double tokens;
  gint64 refilled_us;

  /* The last pong with as much in it as our pings have; libsoup's signal hands out another type
   * than it says (a GByteArray for a GBytes). */
  gboolean is_pong; /* the frame under way */
  guint n_pong_bytes;
  guint8 pong[STEPCAST_PING_BYTES];
  guint n_pongs; /* so many have come whole */

  gboolean hides_pings; /* set by the owner: a pong is waiting already (RFC 6455, section 5.5.3) */
  guint close_code;     /* not 0: a limit was passed, and nothing is shown any more */
  gboolean is_closing;  /* a close frame has come */
} StepcastFrameGuard;

void stepcast_frame_guard_init (StepcastFrameGuard *self, gint64 now_us);
gsize stepcast_frame_guard_filter (StepcastFrameGuard *self,
                                   const guint8 *data,
                                   gsize length,
                                   guint8 *shown);
void stepcast_frame_guard_charge (StepcastFrameGuard *self, gsize n_bytes);
gint64 stepcast_frame_guard_get_delay_us (StepcastFrameGuard *self, gint64 now_us);

G_END_DECLS
