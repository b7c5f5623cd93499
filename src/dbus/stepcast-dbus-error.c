/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-dbus-error.h"

/* The one error domain, as the bus names it: the codes in camel case. */

static const GDBusErrorEntry entries[] = {
  { STEPCAST_ERROR_BAD_STATE, STEPCAST_DBUS_ERROR_PREFIX "BadState" },
  { STEPCAST_ERROR_BAD_REQUEST, STEPCAST_DBUS_ERROR_PREFIX "BadRequest" },
  { STEPCAST_ERROR_UNKNOWN_GENERATOR, STEPCAST_DBUS_ERROR_PREFIX "UnknownGenerator" },
  { STEPCAST_ERROR_UNKNOWN_SESSION, STEPCAST_DBUS_ERROR_PREFIX "UnknownSession" },
  { STEPCAST_ERROR_UNKNOWN_PARAMETER, STEPCAST_DBUS_ERROR_PREFIX "UnknownParameter" },
  { STEPCAST_ERROR_INVALID_VALUE, STEPCAST_DBUS_ERROR_PREFIX "InvalidValue" },
  { STEPCAST_ERROR_INVALID_FRAME, STEPCAST_DBUS_ERROR_PREFIX "InvalidFrame" },
  { STEPCAST_ERROR_LIMIT_EXCEEDED, STEPCAST_DBUS_ERROR_PREFIX "LimitExceeded" },
  { STEPCAST_ERROR_PERMISSION_DENIED, STEPCAST_DBUS_ERROR_PREFIX "PermissionDenied" },
  { STEPCAST_ERROR_GENERATOR_FAILED, STEPCAST_DBUS_ERROR_PREFIX "GeneratorFailed" },
  { STEPCAST_ERROR_PROGRAM_FAILED, STEPCAST_DBUS_ERROR_PREFIX "ProgramFailed" },
  { STEPCAST_ERROR_UNRESPONSIVE, STEPCAST_DBUS_ERROR_PREFIX "Unresponsive" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (entries) == STEPCAST_ERROR_UNRESPONSIVE + 1);

/**
 * stepcast_dbus_error_register:
 *
 * Makes GDBus turn %STEPCAST_ERROR into the names of the bus, and these into it: on either side,
 * before the first message. Once a process is enough; more do nothing.
 */
void
stepcast_dbus_error_register (void)
{
  static gsize quark;

  g_dbus_error_register_error_domain ("stepcast-error-quark", &quark, entries,
                                      G_N_ELEMENTS (entries));
}

/**
 * stepcast_dbus_error_return:
 * @invocation: (transfer full): a call
 * @error: why it failed, of any domain
 *
 * Answers a call with an error that has a name of ours; what comes from elsewhere is `Io`.
 */
void
stepcast_dbus_error_return (GDBusMethodInvocation *invocation, const GError *error)
{
  if (error->domain == STEPCAST_ERROR)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_dbus_method_invocation_return_dbus_error (invocation, STEPCAST_DBUS_ERROR_PREFIX "Io",
                                                error->message);
}
