/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-dbus-generated.h"

G_BEGIN_DECLS

/**
 * StepcastClientError:
 * @STEPCAST_CLIENT_ERROR_NO_SERVICE: there is no bus, no service, or it went away
 * @STEPCAST_CLIENT_ERROR_UNKNOWN: nothing has that name, or not any more
 *
 * What can go wrong before a request is made, or while its end is waited for.
 */
typedef enum
{
  STEPCAST_CLIENT_ERROR_NO_SERVICE,
  STEPCAST_CLIENT_ERROR_UNKNOWN,
} StepcastClientError;

#define STEPCAST_CLIENT_ERROR (stepcast_client_error_quark ())

GQuark stepcast_client_error_quark (void);

/**
 * StepcastClientFlags:
 * @STEPCAST_CLIENT_NONE: starts the service where it does not run
 * @STEPCAST_CLIENT_NO_AUTO_START: does not
 */
typedef enum
{
  STEPCAST_CLIENT_NONE,
  STEPCAST_CLIENT_NO_AUTO_START,
} StepcastClientFlags;

/**
 * StepcastCondition:
 * @session: a session, something of which has changed
 * @user_data: whatever was given
 *
 * Returns: whether that is what is waited for
 */
typedef gboolean (*StepcastCondition) (StepcastDBusSession *session, gpointer user_data);

#define STEPCAST_TYPE_CLIENT (stepcast_client_get_type ())

G_DECLARE_FINAL_TYPE (StepcastClient, stepcast_client, STEPCAST, CLIENT, GObject)

StepcastClient *stepcast_client_new (StepcastClientFlags flags, GError **error);
void stepcast_client_introduce (StepcastClient *self);
StepcastDBusManager *stepcast_client_get_manager (StepcastClient *self, GError **error);
GPtrArray *stepcast_client_list_sessions (StepcastClient *self, GError **error);
StepcastDBusSession *
stepcast_client_find_session (StepcastClient *self, const char *name, GError **error);
StepcastDBusSession *
stepcast_client_open_session (StepcastClient *self, const char *object_path, GError **error);
GVariant *
stepcast_client_describe_generator (StepcastClient *self, const char *name, GError **error);
GError *stepcast_client_new_vanished_error (void);
GError *stepcast_client_new_closed_error (StepcastDBusSession *session);
gboolean stepcast_client_wait (StepcastClient *self,
                               StepcastDBusSession *session,
                               StepcastCondition condition,
                               gpointer user_data,
                               GError **error);

int stepcast_client_report (const GError *error);

G_END_DECLS
