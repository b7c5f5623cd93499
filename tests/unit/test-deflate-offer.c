/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>

#include "stepcast-compress.h"
#include "stepcast-deflate-offer.h"
#include "stepcast-error.h"

/* ---- offers ---- */

#define AGREED "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
#define AGREED_BITS AGREED "; server_max_window_bits=15"

typedef struct
{
  const char *offers;
  const char *answer; /* NULL: declined */
} Case;

static const Case cases[] = {
  /* Nothing that we know. */
  { NULL, NULL },
  { "", NULL },
  { "  \t ", NULL },
  { ",", NULL },
  { "permessage-foo", NULL },
  { "permessage-deflat", NULL },
  { "permessage-deflate2", NULL },
  { "x-webkit-deflate-frame", NULL },
  { "Permessage-Deflate", NULL },

  /* RFC 7692, section 7.1.3: its examples. */
  { "permessage-deflate", AGREED },
  { "permessage-deflate; client_max_window_bits; server_max_window_bits=10", NULL },
  { "permessage-deflate; client_max_window_bits; server_max_window_bits=10, "
    "permessage-deflate; client_max_window_bits",
    AGREED },

  /* 7.1.1.1, 7.1.1.2: no value. */
  { "permessage-deflate; server_no_context_takeover", AGREED },
  { "permessage-deflate; client_no_context_takeover", AGREED },
  { "permessage-deflate; server_no_context_takeover; client_no_context_takeover", AGREED },
  { "permessage-deflate; server_no_context_takeover=1", NULL },
  { "permessage-deflate; server_no_context_takeover=\"true\"", NULL },
  { "permessage-deflate; client_no_context_takeover=0", NULL },

  /* 7.1.2.1: a value, 8 to 15; and ours is 15. */
  { "permessage-deflate; server_max_window_bits=15", AGREED_BITS },
  { "permessage-deflate; server_max_window_bits=\"15\"", AGREED_BITS },
  { "permessage-deflate; server_max_window_bits=\"\\1\\5\"", AGREED_BITS },
  { "permessage-deflate; server_max_window_bits=14", NULL },
  { "permessage-deflate; server_max_window_bits=8", NULL },
  { "permessage-deflate; server_max_window_bits=7", NULL },
  { "permessage-deflate; server_max_window_bits=16", NULL },
  { "permessage-deflate; server_max_window_bits=0", NULL },
  { "permessage-deflate; server_max_window_bits=015", NULL },
  { "permessage-deflate; server_max_window_bits=+15", NULL },
  { "permessage-deflate; server_max_window_bits=-15", NULL },
  { "permessage-deflate; server_max_window_bits=15.0", NULL },
  { "permessage-deflate; server_max_window_bits=0xf", NULL },
  { "permessage-deflate; server_max_window_bits=4294967311", NULL },
  { "permessage-deflate; server_max_window_bits=many", NULL },
  { "permessage-deflate; server_max_window_bits", NULL },

  /* 7.1.2.2: with or without. */
  { "permessage-deflate; client_max_window_bits", AGREED },
  { "permessage-deflate; client_max_window_bits=8", AGREED },
  { "permessage-deflate; client_max_window_bits=12", AGREED },
  { "permessage-deflate; client_max_window_bits=15", AGREED },
  { "permessage-deflate; client_max_window_bits=\"9\"", AGREED },
  { "permessage-deflate; client_max_window_bits=7", NULL },
  { "permessage-deflate; client_max_window_bits=16", NULL },
  { "permessage-deflate; client_max_window_bits=08", NULL },
  { "permessage-deflate; client_max_window_bits=x", NULL },
  { "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
    "server_max_window_bits=15; client_max_window_bits=15",
    AGREED_BITS },

  /* 7.1: parameters that are unknown, or there twice. */
  { "permessage-deflate; mux", NULL },
  { "permessage-deflate; level=9", NULL },
  { "permessage-deflate; Server_No_Context_Takeover", NULL },
  { "permessage-deflate; server_no_context_takeover; server_no_context_takeover", NULL },
  { "permessage-deflate; client_max_window_bits; client_max_window_bits=12", NULL },
  { "permessage-deflate; server_max_window_bits=15; server_max_window_bits=15", NULL },

  /* The first that can be accepted. */
  { "permessage-foo, permessage-deflate", AGREED },
  { "permessage-deflate, permessage-foo", AGREED },
  { "permessage-deflate; mux, permessage-deflate; server_max_window_bits=15", AGREED_BITS },
  { "permessage-deflate, permessage-deflate; server_max_window_bits=15", AGREED },
  { "permessage-deflate; server_max_window_bits=15, permessage-deflate", AGREED_BITS },
  { "permessage-deflate; server_max_window_bits=9, permessage-deflate; server_max_window_bits=10",
    NULL },
  { "foo; a=\"b\"; c=d; e, permessage-deflate", AGREED },

  /* Blanks, and empty places in the list. */
  { " permessage-deflate ", AGREED },
  { "permessage-deflate;server_max_window_bits=15", AGREED_BITS },
  { "permessage-deflate\t;\tserver_max_window_bits \t=\t 15 ,", AGREED_BITS },
  { ", ,permessage-deflate,,", AGREED },

  /* Not in the grammar: RFC 6455, section 9.1. */
  { "permessage-deflate;", NULL },
  { "permessage-deflate; ;", NULL },
  { "permessage-deflate; =15", NULL },
  { "permessage-deflate; server_max_window_bits=", NULL },
  { "permessage-deflate; server_max_window_bits=\"\"", NULL },
  { "permessage-deflate; server_max_window_bits=\"15", NULL },
  { "permessage-deflate; server_max_window_bits=\"15\\", NULL },
  { "permessage-deflate; server_max_window_bits=\"1 5\"", NULL },
  { "permessage-deflate; server_max_window_bits=15\"", NULL },
  { "permessage-deflate; server_max_window_bits=15=15", NULL },
  { "permessage-deflate server_max_window_bits=15", NULL },
  { "permessage-deflate=1", NULL },
  { "permessage-deflate; client_max_window_bits=1\xc3\xa4", NULL },
  { "\"permessage-deflate\"", NULL },
  { "; permessage-deflate", NULL },
  { "permessage-deflate, @", NULL },
  { "@, permessage-deflate", NULL },
};

static void
test_offer (gconstpointer data)
{
  const Case *expected = data;
  g_autofree char *answer = stepcast_deflate_offer_answer (expected->offers);

  g_assert_cmpstr (answer, ==, expected->answer);
}

static void
add_offers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/deflate-offer/%02u", i);

      g_test_add_data_func (path, &cases[i], test_offer);
    }
}

/* As long as a request's headers may be, and all of it to be read. */
static void
test_long_offer (void)
{
  g_autoptr (GString) offers = g_string_new ("permessage-deflate");
  g_autofree char *answer = NULL;

  while (offers->len < 64 * 1024)
    g_string_append (offers, ", permessage-deflate; client_max_window_bits=\"1\\5\"");
  answer = stepcast_deflate_offer_answer (offers->str);
  g_assert_cmpstr (answer, ==, AGREED);

  g_string_append (offers, "\"");
  g_assert_null (stepcast_deflate_offer_answer (offers->str));
}

/* ---- who is to have it ---- */

typedef struct
{
  StepcastCompress when;
  const char *asked;
  const char *address; /* NULL: no network address */
  int is_wanted;       /* -1: an error */
} Policy;

static const Policy policies[] = {
  { STEPCAST_COMPRESS_AUTO, NULL, "127.0.0.1", FALSE },
  { STEPCAST_COMPRESS_AUTO, NULL, "127.8.9.10", FALSE },
  { STEPCAST_COMPRESS_AUTO, NULL, "::1", FALSE },
  { STEPCAST_COMPRESS_AUTO, NULL, "::ffff:127.0.0.1", FALSE },
  { STEPCAST_COMPRESS_AUTO, NULL, NULL, FALSE },
  { STEPCAST_COMPRESS_AUTO, NULL, "192.168.1.2", TRUE },
  { STEPCAST_COMPRESS_AUTO, NULL, "::ffff:192.168.1.2", TRUE },
  { STEPCAST_COMPRESS_AUTO, NULL, "2001:db8::1", TRUE },
  { STEPCAST_COMPRESS_AUTO, "true", "127.0.0.1", TRUE },
  { STEPCAST_COMPRESS_AUTO, "true", "192.168.1.2", TRUE },
  { STEPCAST_COMPRESS_AUTO, "false", "127.0.0.1", FALSE },
  { STEPCAST_COMPRESS_AUTO, "false", "192.168.1.2", FALSE },
  { STEPCAST_COMPRESS_ALWAYS, NULL, "127.0.0.1", TRUE },
  { STEPCAST_COMPRESS_ALWAYS, NULL, NULL, TRUE },
  { STEPCAST_COMPRESS_ALWAYS, NULL, "192.168.1.2", TRUE },
  { STEPCAST_COMPRESS_ALWAYS, "false", "192.168.1.2", FALSE },
  { STEPCAST_COMPRESS_NEVER, NULL, "192.168.1.2", FALSE },
  { STEPCAST_COMPRESS_NEVER, "true", "192.168.1.2", FALSE },
  { STEPCAST_COMPRESS_NEVER, "false", "127.0.0.1", FALSE },
  { STEPCAST_COMPRESS_AUTO, "", "192.168.1.2", -1 },
  { STEPCAST_COMPRESS_AUTO, "1", "192.168.1.2", -1 },
  { STEPCAST_COMPRESS_ALWAYS, "TRUE", "127.0.0.1", -1 },
  { STEPCAST_COMPRESS_NEVER, "maybe", "127.0.0.1", -1 },
};

static void
test_policy (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      const Policy *policy = &policies[i];
      g_autoptr (GSocketAddress) peer =
        policy->address != NULL ? g_inet_socket_address_new_from_string (policy->address, 80) :
                                  NULL;
      g_autoptr (GError) error = NULL;
      gboolean is_wanted = -1;

      if (stepcast_compress_is_wanted (policy->when, policy->asked, peer, &is_wanted, &error))
        g_assert_no_error (error);
      else
        g_assert_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE);
      g_assert_cmpint (is_wanted, ==, policy->is_wanted);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_offers ();
  g_test_add_func ("/deflate-offer/long", test_long_offer);
  g_test_add_func ("/deflate-offer/policy", test_policy);

  return g_test_run ();
}
