/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The little of RFC 6455 that a load client and a floor server need: no extensions, no I/O. */

#define BENCH_WS_TEXT 0x1
#define BENCH_WS_CLOSE 0x8
#define BENCH_WS_PING 0x9
#define BENCH_WS_PONG 0xa

/* RFC 6455, 5.2: two bytes, a 64-bit length, a mask. */
#define BENCH_WS_HEADER_MAX 14
/* RFC 6455, 5.5: a control frame's payload; our commands are as short. */
#define BENCH_WS_SHORT_MAX 125

/* As much of a message's payload as is kept: enough to tell a frame from an answer, and to print
 * one. */
#define BENCH_WS_HEAD_MAX 160

typedef struct
{
  guint8 opcode;
  /* RSV1 of its first frame (RFC 7692, 6): the payload and its head are deflated. */
  gboolean is_compressed;
  guint64 size;
  gsize head_size;
  char head[BENCH_WS_HEAD_MAX + 1];
} BenchMessage;

typedef void (*BenchMessageFunc) (const BenchMessage *message, gpointer user_data);

/* All zeros is the start of a stream. */
typedef struct
{
  guint8 header[BENCH_WS_HEADER_MAX];
  gsize header_size;
  gboolean in_payload;
  guint64 frame_size;
  guint64 frame_done;
  /* permessage-deflate was negotiated: RSV1 is allowed. */
  gboolean may_be_compressed;
  /* Where the present data message is kept as a whole (unmasked only), or %NULL. */
  GByteArray *keep;
  BenchMessage data;
  BenchMessage control;
} BenchParser;

gsize bench_ws_header (guint8 *out, guint8 opcode, guint64 size, const guint8 *mask);
gsize bench_ws_short_frame (guint8 *out, guint8 opcode, const char *payload, gsize size);
char *bench_ws_accept (const char *key);

gboolean bench_parser_feed (BenchParser *self,
                            const guint8 *bytes,
                            gsize size,
                            BenchMessageFunc func,
                            gpointer user_data);
guint64 bench_parser_skippable (const BenchParser *self);
void bench_parser_skip (BenchParser *self, guint64 size);

/* GLib's monotonic clock counts microseconds, which is coarse beside a loopback round trip. */
gint64 bench_now_ns (void);

G_END_DECLS
