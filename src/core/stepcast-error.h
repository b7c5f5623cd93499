/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastError:
 * @STEPCAST_ERROR_BAD_STATE: the session's state does not allow the request
 * @STEPCAST_ERROR_BAD_REQUEST: the request itself is malformed or unknown
 * @STEPCAST_ERROR_UNKNOWN_GENERATOR: no generator has that name
 * @STEPCAST_ERROR_UNKNOWN_SESSION: no session has that name
 * @STEPCAST_ERROR_UNKNOWN_PARAMETER: the generator has no such parameter
 * @STEPCAST_ERROR_INVALID_VALUE: a value is of the wrong type or out of its range
 * @STEPCAST_ERROR_INVALID_FRAME: a frame is not an SVG document that we show
 * @STEPCAST_ERROR_LIMIT_EXCEEDED: a limit was hit; the message names it
 * @STEPCAST_ERROR_PERMISSION_DENIED: the role does not allow the request
 * @STEPCAST_ERROR_GENERATOR_FAILED: a generator could not compute a step or draw a frame
 * @STEPCAST_ERROR_PROGRAM_FAILED: an external program could not be run, or failed
 * @STEPCAST_ERROR_UNRESPONSIVE: a generator or program did not come back within its deadline
 *
 * The one error domain. A code is something that a caller can act on; its nick
 * ("bad-state") is what the wire, the settings and the logs call it.
 */
typedef enum
{
  STEPCAST_ERROR_BAD_STATE,
  STEPCAST_ERROR_BAD_REQUEST,
  STEPCAST_ERROR_UNKNOWN_GENERATOR,
  STEPCAST_ERROR_UNKNOWN_SESSION,
  STEPCAST_ERROR_UNKNOWN_PARAMETER,
  STEPCAST_ERROR_INVALID_VALUE,
  STEPCAST_ERROR_INVALID_FRAME,
  STEPCAST_ERROR_LIMIT_EXCEEDED,
  STEPCAST_ERROR_PERMISSION_DENIED,
  STEPCAST_ERROR_GENERATOR_FAILED,
  STEPCAST_ERROR_PROGRAM_FAILED,
  STEPCAST_ERROR_UNRESPONSIVE,
} StepcastError;

#define STEPCAST_ERROR (stepcast_error_quark ())

GQuark stepcast_error_quark (void);
const char *stepcast_error_nick (const GError *error);
char *stepcast_error_quote (const char *text);
char *stepcast_error_quote_value (GVariant *value, gboolean is_annotated);

G_END_DECLS
