/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-tls-credentials.h"

G_BEGIN_DECLS

/* After a wire was closed, for its peer to take what was written to it. */
#define STEPCAST_TLS_LINGER_SECONDS 10

/**
 * StepcastTlsWire:
 *
 * GnuTLS over a socket, and what it has accepted and not sent. On the main context.
 */
typedef struct _StepcastTlsWire StepcastTlsWire;

StepcastTlsWire *stepcast_tls_wire_new (GSocketConnection *connection,
                                        StepcastTlsCredentials *credentials);
void stepcast_tls_wire_close (StepcastTlsWire *self);

GIOCondition stepcast_tls_wire_shake_hands (StepcastTlsWire *self, GError **error);

gssize stepcast_tls_wire_read (StepcastTlsWire *self, void *buffer, gsize count, GError **error);
GPollableReturn stepcast_tls_wire_write (StepcastTlsWire *self,
                                         const GOutputVector *vectors,
                                         gsize n_vectors,
                                         gsize *n_written,
                                         GError **error);

gboolean stepcast_tls_wire_has_decrypted (StepcastTlsWire *self);
GSocket *stepcast_tls_wire_get_socket (StepcastTlsWire *self);
GSocketConnection *stepcast_tls_wire_get_connection (StepcastTlsWire *self);

G_END_DECLS
