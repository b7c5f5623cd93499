/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-safety.h"

/* What is no page has nothing to run, to load, or to be shown in. */
#define ANSWER_POLICY                                                                              \
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* 'self' is its WebSockets, too (Content Security Policy Level 3, section 6.7.2.8). Pictures are
 * blobs. Where texts become HTML or script there is Trusted Types, and no policy that would make
 * one: the page has no use for it. */
#define PAGE_POLICY                                                                                \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "          \
  "connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'none'; "                     \
  "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "

/* It shows pictures, full-screen if need be, and writes links into the clipboard. */
#define PAGE_PERMISSIONS                                                                           \
  "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "                \
  "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

static void
add_header (SoupServerMessage *message, const char *name, const char *value)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), name, value);
}

/**
 * stepcast_safety_add_headers:
 * @message: a request
 *
 * Adds what every answer has, whatever it will be. Who answers with something that needs other
 * rules replaces them.
 */
void
stepcast_safety_add_headers (SoupServerMessage *message)
{
  add_header (message, "X-Content-Type-Options", "nosniff");
  add_header (message, "Referrer-Policy", "no-referrer");
  add_header (message, "Cross-Origin-Resource-Policy", "same-origin");
  add_header (message, "Content-Security-Policy", ANSWER_POLICY);
}

/**
 * stepcast_safety_drop_policy:
 * @message: a request that is answered with a script or a style
 *
 * A policy says what a document may do. A script is under that of the page which loads it, and by
 * its type, which browsers don't guess, it never becomes a document that runs anything.
 */
void
stepcast_safety_drop_policy (SoupServerMessage *message)
{
  soup_message_headers_remove (soup_server_message_get_response_headers (message),
                               "Content-Security-Policy");
}

/**
 * stepcast_safety_add_page_headers:
 * @message: a request for the page: what is a document, and not what it loads
 * @embedders: (nullable): the origins whose pages may show it within them, with blanks between
 *
 * Replaces what stepcast_safety_add_headers() has added by what the page needs.
 */
void
stepcast_safety_add_page_headers (SoupServerMessage *message, const char *embedders)
{
  g_autofree char *policy =
    g_strconcat (PAGE_POLICY, embedders != NULL ? embedders : "'none'", NULL);

  add_header (message, "Content-Security-Policy", policy);
  add_header (message, "Cross-Origin-Opener-Policy", "same-origin");
  add_header (message, "Permissions-Policy", PAGE_PERMISSIONS);
}
