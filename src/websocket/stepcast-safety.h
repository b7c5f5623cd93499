/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* What a browser is told to keep from doing with our answers: doc/protocol.md, "HTTP". */

void stepcast_safety_add_headers (SoupServerMessage *message);
void stepcast_safety_drop_policy (SoupServerMessage *message);
void stepcast_safety_add_page_headers (SoupServerMessage *message, const char *embedders);

G_END_DECLS
