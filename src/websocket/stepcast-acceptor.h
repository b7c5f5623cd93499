/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STEPCAST_TYPE_ACCEPTOR (stepcast_acceptor_get_type ())

G_DECLARE_FINAL_TYPE (StepcastAcceptor, stepcast_acceptor, STEPCAST, ACCEPTOR, GObject)

/**
 * StepcastAcceptFunc:
 * @connection: (transfer none): a new connection
 * @user_data: as it was given
 */
typedef void (*StepcastAcceptFunc) (GSocketConnection *connection, gpointer user_data);

StepcastAcceptor *stepcast_acceptor_new (GInetAddress *address,
                                         guint16 port,
                                         StepcastAcceptFunc func,
                                         gpointer user_data,
                                         GError **error);
StepcastAcceptor *stepcast_acceptor_new_adopted (GSocket *socket,
                                                 StepcastAcceptFunc func,
                                                 gpointer user_data,
                                                 GError **error);

guint16 stepcast_acceptor_get_port (StepcastAcceptor *self);
guint stepcast_acceptor_get_n_connections (StepcastAcceptor *self);
void stepcast_acceptor_close (StepcastAcceptor *self);
gboolean stepcast_acceptor_reopen (StepcastAcceptor *self, GError **error);

G_END_DECLS
