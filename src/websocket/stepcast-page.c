/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-page.h"

#include <gio/gio.h>

#include "stepcast-http.h"

#define WEB_PREFIX "/org/stepcast/Stepcast1/web/"
#define MESSAGES_PREFIX "/org/stepcast/Stepcast1/messages/"

/* A text of 50 KB takes about a millisecond, once. */
#define COMPRESSION_LEVEL 9

/* As much of a checksum as tells two versions of a file from each other. */
#define ETAG_DIGITS 16

/* A file as it is sent. */
typedef struct
{
  const char *type;
  GBytes *plain;
  GBytes *gzip; /* (nullable): where it is shorter */
  char *etag;
  char *gzip_etag; /* another representation has another tag: RFC 9110, section 8.8.3 */
} PageFile;

/* ---- files ---- */

static const char *
get_content_type (const char *path)
{
  static const struct
  {
    const char *suffix;
    const char *type;
  } types[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".json", "application/json" },
    { ".svg", "image/svg+xml" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (path, types[i].suffix))
      return types[i].type;
  return "application/octet-stream";
}

/* Returns NULL where it would not become shorter. */
static GBytes *
compress (GBytes *plain)
{
  g_autoptr (GZlibCompressor) compressor =
    g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, COMPRESSION_LEVEL);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream =
    g_converter_output_stream_new (memory, G_CONVERTER (compressor));
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  gconstpointer data = g_bytes_get_data (plain, &size);

  if (!g_output_stream_write_all (stream, data, size, NULL, NULL, NULL) ||
      !g_output_stream_close (stream, NULL, NULL))
    return NULL;

  bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
  return g_bytes_get_size (bytes) < size ? g_steal_pointer (&bytes) : NULL;
}

/* @plain: (transfer full) */
static PageFile *
page_file_new (const char *path, GBytes *plain)
{
  PageFile *file = g_new (PageFile, 1);
  g_autofree char *sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, plain);

  file->type = get_content_type (path);
  file->plain = plain;
  file->gzip = compress (plain);
  file->etag = g_strdup_printf ("\"%.*s\"", ETAG_DIGITS, sum);
  file->gzip_etag = g_strdup_printf ("\"%.*s-gzip\"", ETAG_DIGITS, sum);

  return file;
}

/* They live as long as the resources, which is until the process ends. Only the main context's
 * thread asks. */
static const PageFile *
find_file (const char *path)
{
  static GHashTable *files;
  PageFile *file;
  GBytes *plain;

  if (files == NULL)
    files = g_hash_table_new (g_str_hash, g_str_equal);
  file = g_hash_table_lookup (files, path);
  if (file != NULL)
    return file;

  plain = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (plain == NULL)
    return NULL;
  file = page_file_new (path, plain);
  g_hash_table_insert (files, g_strdup (path), file);
  return file;
}

static gboolean
has_coding (GSList *codings, const char *name)
{
  return g_slist_find_custom (codings, name, (GCompareFunc) g_ascii_strcasecmp) != NULL;
}

/**
 * stepcast_page_takes_gzip:
 * @accepted: (nullable): an Accept-Encoding header
 *
 * Returns: whether an answer may be compressed
 */
gboolean
stepcast_page_takes_gzip (const char *accepted)
{
  GSList *refused = NULL;
  GSList *taken = accepted != NULL ? soup_header_parse_quality_list (accepted, &refused) : NULL;
  gboolean takes_gzip =
    has_coding (taken, "gzip") || (has_coding (taken, "*") && !has_coding (refused, "gzip"));

  soup_header_free_list (taken);
  soup_header_free_list (refused);
  return takes_gzip;
}

/* @path: of the resource */
static gboolean
respond (SoupServerMessage *message, const char *path)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *accepted =
    soup_message_headers_get_list (soup_server_message_get_request_headers (message),
                                   "Accept-Encoding");
  const PageFile *file = find_file (path);
  gboolean is_gzip;

  if (file == NULL)
    return FALSE;

  is_gzip = file->gzip != NULL && stepcast_page_takes_gzip (accepted);
  soup_message_headers_append (headers, "Vary", "Accept-Encoding");
  if (stepcast_http_respond_if_known (message, is_gzip ? file->gzip_etag : file->etag))
    return TRUE;

  if (is_gzip)
    soup_message_headers_replace (headers, "Content-Encoding", "gzip");
  stepcast_http_respond_bytes (message, SOUP_STATUS_OK, file->type,
                               is_gzip ? file->gzip : file->plain);
  return TRUE;
}

/**
 * stepcast_page_is_document:
 * @path: the path that was asked for; "/" is the page
 *
 * Returns: whether a browser shows it as a page, and not only as a part of one: it has then to know
 *   what the page may load and be shown in
 */
gboolean
stepcast_page_is_document (const char *path)
{
  return g_str_equal (path, "/") || g_str_has_suffix (path, ".html");
}

/**
 * stepcast_page_is_part:
 * @path: of a file of the page
 *
 * Returns: whether it is a script or a style, which do nothing where they are opened by themselves
 */
gboolean
stepcast_page_is_part (const char *path)
{
  return g_str_has_suffix (path, ".js") || g_str_has_suffix (path, ".css");
}

/**
 * stepcast_page_respond_file:
 * @message: a request
 * @name: of a file of the page
 *
 * Returns: whether there is one, and it has answered
 */
gboolean
stepcast_page_respond_file (SoupServerMessage *message, const char *name)
{
  g_autofree char *path = g_strconcat (WEB_PREFIX, name, NULL);

  return respond (message, path);
}

/* ---- messages ---- */

/* Returns what @languages has for @tag, or for a shorter one: de for de-AT (RFC 4647, section 3.4).
 */
static const char *
look_up (const char *tag, const char *const *languages)
{
  g_autofree char *range = g_strdup (tag);
  char *end;

  do
    {
      for (guint i = 0; languages[i] != NULL; i++)
        if (g_ascii_strcasecmp (languages[i], range) == 0)
          return languages[i];
      end = strrchr (range, '-');
      if (end != NULL)
        *end = '\0';
    }
  while (end != NULL);

  return NULL;
}

/**
 * stepcast_page_choose_language:
 * @accepted: (nullable): an Accept-Language header
 * @languages: what there are catalogues of, besides English
 *
 * Returns: (transfer full) (nullable): one of @languages, or %NULL for English
 */
char *
stepcast_page_choose_language (const char *accepted, const char *const *languages)
{
  static const char *const english[] = { "en", "*", NULL };
  GSList *tags = accepted != NULL ? soup_header_parse_quality_list (accepted, NULL) : NULL;
  const char *found = NULL;

  for (GSList *link = tags; link != NULL && found == NULL; link = link->next)
    {
      found = look_up (link->data, languages);
      if (found == NULL && look_up (link->data, english) != NULL)
        break;
    }

  soup_header_free_list (tags);
  return g_strdup (found);
}

/* Returns the languages that there are catalogues of, as BCP 47 has them. */
static GStrv
list_languages (void)
{
  g_auto (GStrv) names =
    g_resources_enumerate_children (MESSAGES_PREFIX, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    *strrchr (names[i], '.') = '\0';
  return names != NULL ? g_steal_pointer (&names) : g_new0 (char *, 1);
}

/**
 * stepcast_page_respond_messages:
 * @message: a request
 *
 * `GET /messages`: what the page says, in the language that its reader likes best of those there
 * are; nothing where that is English, which the page speaks by itself.
 */
void
stepcast_page_respond_messages (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *accepted =
    soup_message_headers_get_list (soup_server_message_get_request_headers (message),
                                   "Accept-Language");
  g_auto (GStrv) languages = list_languages ();
  g_autofree char *language =
    stepcast_page_choose_language (accepted, (const char *const *) languages);
  g_autofree char *path = g_strconcat (MESSAGES_PREFIX, language, ".json", NULL);

  soup_message_headers_append (headers, "Vary", "Accept-Language");
  soup_message_headers_replace (headers, "Content-Language", language != NULL ? language : "en");
  if (language != NULL && respond (message, path))
    return;

  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
}
