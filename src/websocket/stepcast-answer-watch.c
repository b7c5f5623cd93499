/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-answer-watch.h"

/* The deadline of an answer that is being written: libsoup has none, and a picture has megabytes.
 * What waits for its answer has deadlines of its own. */
typedef struct
{
  SoupServerMessage *message; /* not owned: its signals own this */
  StepcastTicker *ticker;
  gint64 progress_us; /* when something was written last */
} Answer;

static void
answer_free (gpointer data, GClosure *closure)
{
  Answer *answer = data;

  stepcast_ticker_remove (answer->ticker, answer);
  stepcast_ticker_unref (answer->ticker);
  g_free (answer);
}

static void
check_answer (gint64 now_us, gpointer member)
{
  Answer *answer = member;
  g_autoptr (GIOStream) stream = NULL;

  if (now_us - answer->progress_us < STEPCAST_STALL_US)
    return;

  g_debug ("An answer was not read for %d s", (int) (STEPCAST_STALL_US / G_USEC_PER_SEC));
  stepcast_ticker_remove (answer->ticker, answer);
  stream = soup_server_message_steal_connection (answer->message); /* may free the answer */
  if (stream != NULL)
    g_io_stream_close (stream, NULL, NULL);
}

static void
on_wrote_headers (SoupServerMessage *message, Answer *answer)
{
  answer->progress_us = g_get_monotonic_time ();
  stepcast_ticker_add (answer->ticker, answer, check_answer);
}

static void
on_wrote_body_data (SoupServerMessage *message, guint n_bytes, Answer *answer)
{
  answer->progress_us = g_get_monotonic_time ();
}

/* "disconnected" is for a connection that was taken out of libsoup's hands. */
static void
on_over (SoupServerMessage *message, Answer *answer)
{
  stepcast_ticker_remove (answer->ticker, answer);
}

/**
 * stepcast_answer_watch:
 * @message: a request that has begun
 * @ticker: ticks every %STEPCAST_TICK_MS
 *
 * From when the headers of its answer are written on, the connection is closed when nothing more of
 * it is taken for %STEPCAST_STALL_US.
 */
void
stepcast_answer_watch (SoupServerMessage *message, StepcastTicker *ticker)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->message = message;
  answer->ticker = stepcast_ticker_ref (ticker);
  g_signal_connect_data (message, "wrote-headers", G_CALLBACK (on_wrote_headers), answer,
                         answer_free, G_CONNECT_DEFAULT);
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (on_wrote_body_data), answer);
  g_signal_connect (message, "finished", G_CALLBACK (on_over), answer);
  g_signal_connect (message, "disconnected", G_CALLBACK (on_over), answer);
}
