/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-error.h"

G_BEGIN_DECLS

#define STEPCAST_DBUS_ERROR_PREFIX "org.stepcast.Stepcast1.Error."

void stepcast_dbus_error_register (void);
void stepcast_dbus_error_return (GDBusMethodInvocation *invocation, const GError *error);

G_END_DECLS
