/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-tls-credentials.h"

G_BEGIN_DECLS

/**
 * StepcastHandshakes:
 *
 * Connections that have come and whose TLS handshakes are under way. Where there are no credentials
 * no hands are shaken, and what comes goes on at once. Counted by references, of which each
 * handshake holds one; lives on the main context.
 */
typedef struct _StepcastHandshakes StepcastHandshakes;

/**
 * StepcastArrivedFunc:
 * @stream: a connection, which can be read from and written to
 * @local: the address at which it arrived
 * @remote: where it comes from
 * @user_data: as it was handed in
 *
 * Takes a connection.
 */
typedef void (*StepcastArrivedFunc) (GIOStream *stream,
                                     GSocketAddress *local,
                                     GSocketAddress *remote,
                                     gpointer user_data);

StepcastHandshakes *stepcast_handshakes_new (StepcastArrivedFunc func, gpointer user_data);
StepcastHandshakes *stepcast_handshakes_ref (StepcastHandshakes *self);
void stepcast_handshakes_unref (StepcastHandshakes *self);

void stepcast_handshakes_set_credentials (StepcastHandshakes *self,
                                          StepcastTlsCredentials *credentials);
gboolean stepcast_handshakes_has_credentials (const StepcastHandshakes *self);
void stepcast_handshakes_receive (StepcastHandshakes *self, GSocketConnection *connection);
void stepcast_handshakes_cancel (StepcastHandshakes *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastHandshakes, stepcast_handshakes_unref)

G_END_DECLS
