/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-deflate-offer.h"

#include <string.h>

/* The negotiation of permessage-deflate, a server's side: RFC 6455, section 9.1 has the grammar of
 * Sec-WebSocket-Extensions, RFC 7692, section 7.1 the parameters. Pure.
 *
 *   extension-list  = 1#extension
 *   extension       = extension-token *( ";" extension-param )
 *   extension-param = token [ "=" ( token | quoted-string ) ]
 *
 * What is wrong with an offer is no reason to refuse the connection: it is declined, and the client
 * goes on without. A list that is not in that grammar is declined as a whole: there is no telling
 * where its offers begin. */

#define NAME "permessage-deflate"

#define MIN_WINDOW_BITS 8

/* Of our compressor. A client that needs a smaller one can't be given the same frames as others. */
#define MAX_WINDOW_BITS 15

typedef enum
{
  SERVER_NO_CONTEXT_TAKEOVER,
  CLIENT_NO_CONTEXT_TAKEOVER,
  SERVER_MAX_WINDOW_BITS,
  CLIENT_MAX_WINDOW_BITS,
  N_PARAMETERS,
} Parameter;

static const char *const parameter_names[N_PARAMETERS] = {
  [SERVER_NO_CONTEXT_TAKEOVER] = "server_no_context_takeover",
  [CLIENT_NO_CONTEXT_TAKEOVER] = "client_no_context_takeover",
  [SERVER_MAX_WINDOW_BITS] = "server_max_window_bits",
  [CLIENT_MAX_WINDOW_BITS] = "client_max_window_bits",
};

typedef struct
{
  gboolean is_acceptable;
  gboolean has[N_PARAMETERS];
} Offer;

static void
skip_blanks (const char **at)
{
  *at += strspn (*at, " \t");
}

/* RFC 2616, section 2.2. */
static gboolean
is_token_char (char c)
{
  return g_ascii_isgraph (c) && strchr ("()<>@,;:\\\"/[]?={}", c) == NULL;
}

/* Returns: (transfer full) (nullable) */
static char *
read_token (const char **at)
{
  const char *start = *at;

  while (is_token_char (**at))
    (*at)++;
  return *at > start ? g_strndup (start, (gsize) (*at - start)) : NULL;
}

/* Once unescaped it has to be a token, too. Returns: (transfer full) (nullable) */
static char *
read_quoted (const char **at)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for ((*at)++; **at != '"'; (*at)++)
    {
      if (**at == '\\')
        (*at)++;
      if (!is_token_char (**at))
        return NULL;
      g_string_append_c (text, **at);
    }
  (*at)++;
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* A decimal number without leading zeros: RFC 7692, section 7.1.2. Returns: 0 if it is none that is
 * allowed */
static int
read_window_bits (const char *value)
{
  int bits = 0;

  if (*value == '0' || strlen (value) > 2)
    return 0;
  for (; *value != '\0'; value++)
    {
      if (!g_ascii_isdigit (*value))
        return 0;
      bits = 10 * bits + g_ascii_digit_value (*value);
    }
  return bits >= MIN_WINDOW_BITS && bits <= MAX_WINDOW_BITS ? bits : 0;
}

/* @value: (nullable) */
static gboolean
is_value_acceptable (Parameter parameter, const char *value)
{
  switch (parameter)
    {
    case SERVER_NO_CONTEXT_TAKEOVER:
    case CLIENT_NO_CONTEXT_TAKEOVER:
      return value == NULL;
    case SERVER_MAX_WINDOW_BITS:
      return value != NULL && read_window_bits (value) == MAX_WINDOW_BITS;
    case CLIENT_MAX_WINDOW_BITS:
      return value == NULL || read_window_bits (value) != 0;
    case N_PARAMETERS:
    default:
      g_return_val_if_reached (FALSE);
    }
}

static void
consider (Offer *offer, const char *name, const char *value)
{
  for (guint i = 0; i < N_PARAMETERS; i++)
    {
      if (!g_str_equal (name, parameter_names[i]))
        continue;
      if (offer->has[i] || !is_value_acceptable (i, value))
        offer->is_acceptable = FALSE;
      offer->has[i] = TRUE;
      return;
    }
  offer->is_acceptable = FALSE;
}

/* After its ";". Returns whether it is in the grammar. */
static gboolean
read_parameter (const char **at, Offer *offer)
{
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;

  skip_blanks (at);
  name = read_token (at);
  if (name == NULL)
    return FALSE;

  skip_blanks (at);
  if (**at == '=')
    {
      (*at)++;
      skip_blanks (at);
      value = **at == '"' ? read_quoted (at) : read_token (at);
      if (value == NULL)
        return FALSE;
    }

  consider (offer, name, value);
  return TRUE;
}

/* Returns whether it is in the grammar. */
static gboolean
read_offer (const char **at, Offer *offer)
{
  g_autofree char *name = read_token (at);

  if (name == NULL)
    return FALSE;

  *offer = (Offer){ .is_acceptable = g_str_equal (name, NAME) };
  for (skip_blanks (at); **at == ';'; skip_blanks (at))
    {
      (*at)++;
      if (!read_parameter (at, offer))
        return FALSE;
    }
  return **at == ',' || **at == '\0';
}

/* That no context is carried over is ours to say, asked or not: sections 7.1.1.1 and 7.1.1.2. A
 * window of ours that was asked for has to be agreed to (7.1.2.1), and one of the client's need not
 * (7.1.2.2): any will do. */
static char *
answer (const Offer *offer)
{
  return g_strconcat (NAME "; server_no_context_takeover; client_no_context_takeover",
                      offer->has[SERVER_MAX_WINDOW_BITS] ? "; server_max_window_bits=15" : NULL,
                      NULL);
}

/**
 * stepcast_deflate_offer_answer:
 * @offers: (nullable): what the header Sec-WebSocket-Extensions of a handshake says; several such
 *   headers are one list, with commas in between
 *
 * Answers the first offer of permessage-deflate that we can accept.
 *
 * Returns: (transfer full) (nullable): what the response's header has to say; %NULL to decline
 */
char *
stepcast_deflate_offer_answer (const char *offers)
{
  Offer accepted = { .is_acceptable = FALSE };
  const char *at = offers;

  if (offers == NULL)
    return NULL;

  for (skip_blanks (&at); *at != '\0'; skip_blanks (&at))
    {
      Offer offer;

      if (*at == ',') /* a list may have empty places */
        {
          at++;
          continue;
        }
      if (!read_offer (&at, &offer))
        return NULL;
      if (offer.is_acceptable && !accepted.is_acceptable)
        accepted = offer;
    }
  return accepted.is_acceptable ? answer (&accepted) : NULL;
}
