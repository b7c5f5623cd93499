/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-upload-request.h"

#include "stepcast-error.h"
#include "stepcast-file-value.h"
#include "stepcast-http.h"
#include "stepcast-json.h"
#include "stepcast-request-body.h"

/* A file comes as the body of a request, and as nothing else: its Content-Type is what the client
 * says of it and nobody believes, and the name is for people to read. Lives on the main context. */

/* What is shown of a name. */
#define MAX_NAME_BYTES 255

/**
 * stepcast_upload_request_is:
 * @path: of a request
 *
 * Returns: whether a file is sent there
 */
gboolean
stepcast_upload_request_is (const char *path)
{
  return g_str_equal (path, "/uploads");
}

static const StepcastBodyLimit file_limit = { "A file", STEPCAST_FILE_MAX_BYTES };

static void
on_message_gone (gpointer data, GObject *message)
{
  g_autoptr (StepcastUploads) uploads = data;

  stepcast_uploads_end (uploads);
}

/**
 * stepcast_upload_request_admit:
 * @message: a request of somebody who may upload, whose headers have come
 * @uploads: where it is to be kept
 * @status: (out): the HTTP status of the refusal
 * @error: %STEPCAST_ERROR_LIMIT_EXCEEDED
 *
 * From here on its body is kept, up to %STEPCAST_FILE_MAX_BYTES.
 *
 * Returns: %FALSE with @status and @error set if it is not taken
 */
gboolean
stepcast_upload_request_admit (SoupServerMessage *message,
                               StepcastUploads *uploads,
                               guint *status,
                               GError **error)
{
  *status = SOUP_STATUS_SERVICE_UNAVAILABLE;
  if (!stepcast_uploads_begin (uploads, error))
    return FALSE;

  /* However the message ends. */
  g_object_weak_ref (G_OBJECT (message), on_message_gone, g_object_ref (uploads));
  return stepcast_request_body_accept (message, &file_limit, status, error);
}

/* What people call it, without where it was. */
static char *
make_name (GHashTable *query)
{
  const char *given = query != NULL ? g_hash_table_lookup (query, "name") : NULL;
  g_autofree char *base = NULL;
  g_autofree char *valid = NULL;

  if (given == NULL || *given == '\0')
    return g_strdup ("");
  base = g_path_get_basename (given);
  valid = g_utf8_make_valid (base, (gssize) MIN (strlen (base), MAX_NAME_BYTES));
  return g_steal_pointer (&valid);
}

/**
 * stepcast_upload_request_respond:
 * @message: a request that was admitted, with its body
 * @uploads: where it is to be kept
 * @query: (nullable): where `name` says what the file is called
 *
 * `POST /uploads`
 */
void
stepcast_upload_request_respond (SoupServerMessage *message,
                                 StepcastUploads *uploads,
                                 GHashTable *query)
{
  g_autoptr (GBytes) content =
    soup_message_body_flatten (soup_server_message_get_request_body (message));
  gsize size;
  gconstpointer data = g_bytes_get_data (content, &size);
  g_autofree char *type = NULL;
  g_autofree char *name = make_name (query);
  g_autofree char *id = NULL;
  JsonBuilder *builder;

  if (size == 0)
    {
      g_autoptr (GError) error =
        g_error_new_literal (STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
                             "There is no file: it is to be the body of the request");

      stepcast_http_respond_error (message, SOUP_STATUS_BAD_REQUEST, error);
      return;
    }

  type = stepcast_file_value_guess_type (data, size);
  id = stepcast_uploads_add (uploads, content);
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  stepcast_json_add_text (builder, "upload", id);
  stepcast_json_add_int (builder, "bytes", size);
  stepcast_json_add_text (builder, "name", name);
  stepcast_json_add_text (builder, "type", type);
  json_builder_end_object (builder);
  stepcast_http_respond_json (message, SOUP_STATUS_CREATED, builder);
}
