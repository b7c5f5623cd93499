/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-pollable-stream.h"
#include "stepcast-tls-credentials.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_TLS_STREAM (stepcast_tls_stream_get_type ())

G_DECLARE_FINAL_TYPE (StepcastTlsStream,
                      stepcast_tls_stream,
                      STEPCAST,
                      TLS_STREAM,
                      StepcastPollableStream)

/* For a handshake to be complete: as long as a request has. */
#define STEPCAST_HANDSHAKE_SECONDS 10

void stepcast_tls_stream_accept_async (GSocketConnection *connection,
                                       StepcastTlsCredentials *credentials,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
GIOStream *stepcast_tls_stream_accept_finish (GAsyncResult *result, GError **error);
GSocketConnection *stepcast_tls_stream_get_base (StepcastTlsStream *self);

G_END_DECLS
