/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-access.h"
#include "stepcast-hosts.h"

G_BEGIN_DECLS

/**
 * StepcastGate:
 *
 * What every request has to pass, HTTP and WebSocket alike: doc/protocol.md, "Who may ask".
 */
typedef struct _StepcastGate StepcastGate;

StepcastGate *stepcast_gate_new (StepcastAccess *access, StepcastHosts *hosts);
void stepcast_gate_free (StepcastGate *self);

const StepcastAccess *stepcast_gate_get_access (const StepcastGate *self);

gboolean stepcast_gate_check_page (const StepcastGate *self,
                                   SoupServerMessage *message,
                                   guint *status,
                                   GError **error);
gboolean stepcast_gate_check (const StepcastGate *self,
                              SoupServerMessage *message,
                              const char *allowed,
                              guint *status,
                              GError **error);
StepcastRole stepcast_gate_get_role (const StepcastGate *self, SoupServerMessage *message);
char *stepcast_gate_make_asked_uri (const StepcastGate *self,
                                    SoupServerMessage *message,
                                    gboolean *is_loopback);
void stepcast_gate_add_headers (const StepcastGate *self, SoupServerMessage *message);
gboolean stepcast_gate_is_preflight (SoupServerMessage *message);
void stepcast_gate_answer_preflight (SoupServerMessage *message, const char *allowed);
void stepcast_gate_add_page_headers (const StepcastGate *self, SoupServerMessage *message);
char *stepcast_gate_make_cookie (const StepcastGate *self, SoupServerMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastGate, stepcast_gate_free)

G_END_DECLS
