/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-compress.h"

#include <string.h>

#include "stepcast-deflate-offer.h"
#include "stepcast-error.h"

#define EXTENSIONS "Sec-WebSocket-Extensions"

/* A socket that listens for both families has IPv4 peers as ::ffff:127.0.0.1. */
static gboolean
is_mapped_loopback (GInetAddress *address)
{
  static const guint8 prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };

  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
         memcmp (g_inet_address_to_bytes (address), prefix, sizeof prefix) == 0;
}

/* Between two programs of one machine, compressing costs more than it saves. */
static gboolean
is_on_this_machine (GSocketAddress *peer)
{
  GInetAddress *address;

  if (!G_IS_INET_SOCKET_ADDRESS (peer))
    return TRUE;
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer));
  return g_inet_address_get_is_loopback (address) || is_mapped_loopback (address);
}

/**
 * stepcast_compress_is_wanted:
 * @when: the policy
 * @asked: (nullable): what the connection asks for: “true” or “false”
 * @peer: (nullable): its other end; %NULL for one that has no network address
 * @is_wanted: (out): whether its messages are to be compressed, if the client can inflate them
 * @error: what is wrong with @asked
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_compress_is_wanted (StepcastCompress when,
                             const char *asked,
                             GSocketAddress *peer,
                             gboolean *is_wanted,
                             GError **error)
{
  gboolean asks = g_strcmp0 (asked, "true") == 0;

  if (asked != NULL && !asks && !g_str_equal (asked, "false"))
    {
      g_autofree char *quoted = stepcast_error_quote (asked);

      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                   "“%s” is no value for compress: it takes true or false", quoted);
      return FALSE;
    }

  if (when == STEPCAST_COMPRESS_NEVER || asked != NULL)
    *is_wanted = when != STEPCAST_COMPRESS_NEVER && asks;
  else
    *is_wanted = when == STEPCAST_COMPRESS_ALWAYS || !is_on_this_machine (peer);
  return TRUE;
}

/**
 * stepcast_compress_negotiate:
 * @when: the policy
 * @message: the handshake of a WebSocket, whose query may ask for it with “compress”
 * @answer: (out) (transfer full) (nullable): what Sec-WebSocket-Extensions has to say in the
 *   response; %NULL if messages are not compressed
 * @error: what is wrong with the query
 *
 * Returns: %FALSE with @error set
 */
gboolean
stepcast_compress_negotiate (StepcastCompress when,
                             SoupServerMessage *message,
                             char **answer,
                             GError **error)
{
  const char *text = g_uri_get_query (soup_server_message_get_uri (message));
  g_autoptr (GHashTable) query = soup_form_decode (text != NULL ? text : "");
  const char *asked = g_hash_table_lookup (query, "compress");
  gboolean is_wanted;

  *answer = NULL;
  if (!stepcast_compress_is_wanted (when, asked, soup_server_message_get_remote_address (message),
                                    &is_wanted, error))
    return FALSE;

  if (is_wanted)
    *answer = stepcast_deflate_offer_answer (
      soup_message_headers_get_list (soup_server_message_get_request_headers (message),
                                     EXTENSIONS));
  return TRUE;
}
