/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-tls-credentials.h"

/* What has been broken for years is left out; all else is as the system has it. */
#define PRIORITY "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct _StepcastTlsCredentials
{
  gatomicrefcount n_references;
  gnutls_certificate_credentials_t certificate;
  gnutls_priority_t priority;
  gnutls_datum_t ticket_key; /* who comes again need not be shown the certificate again */
};

static gboolean
check (int result, GError **error)
{
  if (result >= 0)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, gnutls_strerror (result));
  return FALSE;
}

static gboolean
load_pair (StepcastTlsCredentials *self, const char *certificate, const char *key, GError **error)
{
  g_autofree char *certificate_text = NULL;
  g_autofree char *key_text = NULL;
  gsize certificate_length, key_length;
  gnutls_datum_t certificate_datum, key_datum;
  gboolean is_loaded;

  if (!g_file_get_contents (certificate, &certificate_text, &certificate_length, error) ||
      !g_file_get_contents (key, &key_text, &key_length, error))
    return FALSE;

  certificate_datum =
    (gnutls_datum_t){ (unsigned char *) certificate_text, (unsigned int) certificate_length };
  key_datum = (gnutls_datum_t){ (unsigned char *) key_text, (unsigned int) key_length };
  is_loaded =
    check (gnutls_certificate_set_x509_key_mem2 (self->certificate, &certificate_datum, &key_datum,
                                                 GNUTLS_X509_FMT_PEM, NULL, 0),
           error);
  gnutls_memset (key_text, 0, key_length);

  return is_loaded;
}

/**
 * stepcast_tls_credentials_new_from_files:
 * @certificate: a PEM file: the certificate, and those between it and a root
 * @key: a PEM file with its key, without a password; it may be the same file
 * @error: why they are of no use
 *
 * Returns: (transfer full) (nullable): what TLS connections are made with, or %NULL with @error set
 */
StepcastTlsCredentials *
stepcast_tls_credentials_new_from_files (const char *certificate, const char *key, GError **error)
{
  g_autoptr (StepcastTlsCredentials) self = g_new0 (StepcastTlsCredentials, 1);

  g_atomic_ref_count_init (&self->n_references);
  if (!check (gnutls_certificate_allocate_credentials (&self->certificate), error) ||
      !check (gnutls_priority_init2 (&self->priority, PRIORITY, NULL,
                                     GNUTLS_PRIORITY_INIT_DEF_APPEND),
              error) ||
      !check (gnutls_session_ticket_key_generate (&self->ticket_key), error))
    return NULL;
  if (!load_pair (self, certificate, key, error))
    {
      g_prefix_error (error,
                      "The certificate “%s” can't be used with the key in “%s”: ", certificate,
                      key);
      return NULL;
    }

  return g_steal_pointer (&self);
}

StepcastTlsCredentials *
stepcast_tls_credentials_ref (StepcastTlsCredentials *self)
{
  g_atomic_ref_count_inc (&self->n_references);
  return self;
}

void
stepcast_tls_credentials_unref (StepcastTlsCredentials *self)
{
  if (!g_atomic_ref_count_dec (&self->n_references))
    return;

  g_clear_pointer (&self->certificate, gnutls_certificate_free_credentials);
  g_clear_pointer (&self->priority, gnutls_priority_deinit);
  if (self->ticket_key.data != NULL)
    gnutls_memset (self->ticket_key.data, 0, self->ticket_key.size);
  gnutls_free (self->ticket_key.data);
  g_free (self);
}

/**
 * stepcast_tls_credentials_open_session:
 * @self: credentials, which have to outlive the session
 *
 * Returns: (transfer full) (nullable): a server's session, without a transport yet, or %NULL where
 *   there is no memory for one
 */
gnutls_session_t
stepcast_tls_credentials_open_session (StepcastTlsCredentials *self)
{
  gnutls_session_t session = NULL;

  if (gnutls_init (&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0)
    return NULL;

  if (gnutls_priority_set (session, self->priority) != 0 ||
      gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, self->certificate) != 0 ||
      gnutls_session_ticket_enable_server (session, &self->ticket_key) != 0)
    g_clear_pointer (&session, gnutls_deinit);
  return session;
}
