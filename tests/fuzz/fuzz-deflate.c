/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-deflate-offer.h"
#include "stepcast-frame-guard.h"
#include "stepcast-inflate-extension.h"

/* What a client that negotiates permessage-deflate sends. With an even first byte the rest is an
 * offer; with an odd one, frames: each is its first byte, a length, and so much payload. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
answer_offer (const guint8 *data, gsize size)
{
  g_autofree char *offer = g_strndup ((const char *) data, size);
  g_autofree char *answer = stepcast_deflate_offer_answer (offer);

  if (answer != NULL)
    {
      g_assert_nonnull (strstr (offer, "permessage-deflate"));
      g_assert_true (g_str_has_prefix (
        answer, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"));
    }
}

static void
on_inflated (gsize n_bytes, gpointer user_data)
{
  *(gsize *) user_data += n_bytes;
}

static void
take_frames (const guint8 *data, gsize size)
{
  gsize n_inflated = 0;
  g_autoptr (SoupWebsocketExtension) extension =
    stepcast_inflate_extension_new (on_inflated, &n_inflated);
  gsize at = 0;

  while (at + 2 <= size)
    {
      guint8 header[] = { data[at], data[at + 1] };
      gsize length = MIN (data[at + 1], size - at - 2);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) result = NULL;

      result =
        soup_websocket_extension_process_incoming_message (extension, header,
                                                           g_bytes_new (data + at + 2, length),
                                                           &error);
      at += 2 + length;
      g_assert_true ((result == NULL) == (error != NULL));
      if (header[0] & 0x80)
        {
          g_assert_cmpuint (n_inflated, <=, STEPCAST_MAX_MESSAGE_BYTES);
          n_inflated = 0;
        }
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size == 0)
    return 0;

  if (data[0] % 2 == 0)
    answer_offer (data + 1, size - 1);
  else
    take_frames (data + 1, size - 1);
  return 0;
}
