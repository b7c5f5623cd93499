/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-dbus-generated.h"
#include "stepcast-output.h"

G_BEGIN_DECLS

gboolean stepcast_session_text_has_state (StepcastDBusSession *session, const char *state);
gboolean stepcast_session_text_has_ended (StepcastDBusSession *session);
StepcastColour stepcast_session_text_get_colour (StepcastDBusSession *session);
const char *stepcast_session_text_get_state (StepcastDBusSession *session);
char *stepcast_session_text_describe (StepcastDBusSession *session);
char *stepcast_session_text_describe_with_maker (StepcastDBusSession *session);
char *stepcast_session_text_describe_to_maker (StepcastDBusSession *session);
char **stepcast_session_text_list_parts (StepcastDBusSession *session);
gboolean stepcast_session_text_has_reason (StepcastDBusSession *session, const char *wanted);
char *stepcast_session_text_format_reason (StepcastDBusSession *session);
char *stepcast_session_text_format_seconds (double seconds);
char *stepcast_session_text_format_rate (double rate);
char *stepcast_session_text_format_percent (double progress);
const char *stepcast_session_text_get_title (StepcastDBusSession *session);
GVariant *stepcast_session_text_to_json (StepcastDBusSession *session, GVariant *viewers);

G_END_DECLS
