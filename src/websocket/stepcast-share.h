/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-gate.h"
#include "stepcast-session.h"

G_BEGIN_DECLS

/**
 * StepcastShare:
 * @gate: knows who asks, and by which of our names
 * @own_uri: where others reach us, with a slash at its end
 * @is_public: whether others than this machine can
 *
 * What the links that are handed out are made of.
 */
typedef struct
{
  const StepcastGate *gate;
  const char *own_uri;
  gboolean is_public;
} StepcastShare;

void stepcast_share_respond_links (const StepcastShare *self,
                                   SoupServerMessage *message,
                                   StepcastSession *session);
void stepcast_share_respond_qr (const StepcastShare *self,
                                SoupServerMessage *message,
                                StepcastSession *session,
                                GHashTable *query);

G_END_DECLS
