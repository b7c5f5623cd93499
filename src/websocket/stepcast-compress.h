/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * StepcastCompress:
 * @STEPCAST_COMPRESS_AUTO: for peers on other machines, and for who asks for it
 * @STEPCAST_COMPRESS_ALWAYS: unless who connects asks for none
 * @STEPCAST_COMPRESS_NEVER: whatever is asked for
 *
 * For whom messages are compressed, where the client can inflate them.
 */
typedef enum
{
  STEPCAST_COMPRESS_AUTO,
  STEPCAST_COMPRESS_ALWAYS,
  STEPCAST_COMPRESS_NEVER,
} StepcastCompress;

gboolean stepcast_compress_negotiate (StepcastCompress when,
                                      SoupServerMessage *message,
                                      char **answer,
                                      GError **error);

/* For the tests. */
gboolean stepcast_compress_is_wanted (StepcastCompress when,
                                      const char *asked,
                                      GSocketAddress *peer,
                                      gboolean *is_wanted,
                                      GError **error);

G_END_DECLS
