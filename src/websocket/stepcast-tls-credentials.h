/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

G_BEGIN_DECLS

/**
 * StepcastTlsCredentials:
 *
 * A server's certificate with its key, and what else all of its connections share. Counted by
 * reference, for the main context alone.
 */
typedef struct _StepcastTlsCredentials StepcastTlsCredentials;

StepcastTlsCredentials *
stepcast_tls_credentials_new_from_files (const char *certificate, const char *key, GError **error);
StepcastTlsCredentials *stepcast_tls_credentials_ref (StepcastTlsCredentials *self);
void stepcast_tls_credentials_unref (StepcastTlsCredentials *self);

gnutls_session_t stepcast_tls_credentials_open_session (StepcastTlsCredentials *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastTlsCredentials, stepcast_tls_credentials_unref)

G_END_DECLS
