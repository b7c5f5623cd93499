/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-request-body.h"

#include "stepcast-error.h"
#include "stepcast-http.h"

static gboolean
refuse (const StepcastBodyLimit *limit, guint *status, GError **error)
{
  *status = SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
               "%s has at most %" G_GOFFSET_FORMAT " KiB", limit->what, limit->max_bytes / 1024);
  return FALSE;
}

/* libsoup keeps it already. A client that said nothing of the length is not read to its end for
 * nothing. */
static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  const StepcastBodyLimit *limit = user_data;
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GError) error = NULL;
  guint status;

  if (body->length <= limit->max_bytes || !soup_message_body_get_accumulate (body))
    return;

  soup_message_body_set_accumulate (body, FALSE);
  soup_message_body_truncate (body);
  refuse (limit, &status, &error);
  stepcast_http_respond_error (message, status, error); /* when it has come to its end */
}

/**
 * stepcast_request_body_accept:
 * @message: a request whose headers have come
 * @limit: static
 * @status: (out): the HTTP status of the refusal
 * @error: %STEPCAST_ERROR_LIMIT_EXCEEDED
 *
 * From here on its body is kept, up to @limit; one that says beforehand that it is longer is
 * refused, and one that turns out to be so is answered.
 *
 * Returns: %FALSE with @status and @error set if it is too long
 */
gboolean
stepcast_request_body_accept (SoupServerMessage *message,
                              const StepcastBodyLimit *limit,
                              guint *status,
                              GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (soup_message_headers_get_content_length (headers) > limit->max_bytes)
    return refuse (limit, status, error);

  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), (gpointer) limit);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), TRUE);
  return TRUE;
}
