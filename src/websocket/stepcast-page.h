/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The page's files, and what it says in other languages: compiled in, and the same until the
 * service ends. */

gboolean stepcast_page_is_document (const char *path);
gboolean stepcast_page_is_part (const char *path);
gboolean stepcast_page_respond_file (SoupServerMessage *message, const char *name);
void stepcast_page_respond_messages (SoupServerMessage *message);

char *stepcast_page_choose_language (const char *accepted, const char *const *languages);
gboolean stepcast_page_takes_gzip (const char *accepted);

G_END_DECLS
