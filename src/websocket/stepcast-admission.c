/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-admission.h"

#include "stepcast-api.h"
#include "stepcast-http.h"
#include "stepcast-routes.h"

static gboolean
admit (const StepcastGate *gate,
       SoupServerMessage *message,
       const char *allowed,
       StepcastUploads *uploads,
       guint *status,
       GError **error)
{
  if (!stepcast_gate_check (gate, message, allowed, status, error))
    return FALSE;
  return !stepcast_api_is_change (message) ||
         stepcast_api_admit (message, stepcast_gate_get_role (gate, message), uploads, status,
                             error);
}

static void
refuse (SoupServerMessage *message, const char *allowed, guint status, const GError *error)
{
  g_debug ("Refused with %u: %s", status, error->message);
  stepcast_http_respond_error (message, status, error);
  if (status == SOUP_STATUS_METHOD_NOT_ALLOWED)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                  allowed);
}

/**
 * stepcast_admission_decide:
 * @message: a request whose headers have come
 * @gate: what it has to pass
 * @uploads: where a file goes that it brings
 *
 * Lets it go on to its handler, with the headers that all answers have; or answers it, which keeps
 * the handlers from being called: with an error, or where it is a preflight with what may be asked.
 */
void
stepcast_admission_decide (SoupServerMessage *message,
                           const StepcastGate *gate,
                           StepcastUploads *uploads)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *path = uri != NULL ? g_uri_get_path (uri) : "";
  const char *allowed = stepcast_api_get_methods (path);
  g_autoptr (GError) error = NULL;
  guint status;

  /* libsoup would keep a body of any size: only who has a use for one says otherwise. */
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);

  /* libsoup keeps connections only where it listens by itself. */
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");

  stepcast_gate_add_headers (gate, message);
  if (stepcast_gate_is_preflight (message) && stepcast_routes_is_for_pages (path))
    {
      if (stepcast_gate_check_page (gate, message, &status, &error))
        stepcast_gate_answer_preflight (message, allowed);
    }
  else
    {
      admit (gate, message, allowed, uploads, &status, &error);
    }
  if (error != NULL)
    refuse (message, allowed, status, error);
}
