/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-hosts.h"

/* By which names a server is reached, and which pages may ask: texts only. */

static void
assert_normalized (char *(*normalize) (const char *text), const char *text, const char *expected)
{
  g_autofree char *found = normalize (text);

  if (g_strcmp0 (found, expected) != 0)
    g_error ("“%s” became “%s”, not “%s”", text, found, expected);
}

static void
test_normalize_host (void)
{
  static const char *const pairs[][2] = {
    { "example.org", "example.org" },
    { "Example.ORG:8443", "example.org:8443" },
    { "my_box-1.local", "my_box-1.local" },
    { "b\xc3\xbc"
      "cher.example",
      "xn--bcher-kva.example" },
    { "192.168.1.5", "192.168.1.5" },
    { "192.168.1.5:80", "192.168.1.5:80" },
    { "[2001:DB8:0:0::1]", "[2001:db8::1]" },
    { "[2001:db8::1]:8443", "[2001:db8::1]:8443" },
    { "2001:db8:0::1", "[2001:db8::1]" },
  };
  static const char *const bad[] = {
    "",
    "*",
    "*.example.org",
    "example.org:",
    "example.org:0",
    "a:65536",
    "a:080",
    "a:+1",
    "a:1 ",
    " a",
    "a b",
    "a/",
    "http://a",
    "a:80/x",
    "user@a",
    "[::1",
    "[::1]x",
    "[]",
    "[127.0.0.1]",
    "[fe80::1%eth0]",
    "fe80::1%lo",
    "a:80:80",
    "a,b",
    "a\nb",
    ":8347",
    "[::1]:",
    "a:12345678",
    "\xff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    assert_normalized (stepcast_hosts_normalize_host, pairs[i][0], pairs[i][1]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_normalized (stepcast_hosts_normalize_host, bad[i], NULL);
}

static void
test_normalize_origin (void)
{
  static const char *const pairs[][2] = {
    { "https://example.org", "https://example.org" },
    { "HTTPS://Example.Org:443", "https://example.org" },
    { "https://example.org:80", "https://example.org:80" },
    { "http://example.org:80", "http://example.org" },
    { "http://[::0001]:3000", "http://[::1]:3000" },
  };
  static const char *const bad[] = {
    "",
    "null",
    "*",
    "https://",
    "https://*",
    "https://*.example.org",
    "example.org",
    "https://example.org/",
    "https://example.org/x",
    "https:/example.org",
    "ftp://example.org",
    "ws://example.org",
    "file://",
    "https://a@b",
    "https://a:0",
    "https://a https://b",
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    assert_normalized (stepcast_hosts_normalize_origin, pairs[i][0], pairs[i][1]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_normalized (stepcast_hosts_normalize_origin, bad[i], NULL);
}

static void
test_own_names (void)
{
  g_autoptr (StepcastHosts) hosts = stepcast_hosts_new (8347, FALSE);
  static const char *const good[] = { "127.0.0.1:8347", "localhost:8347", "LocalHost:8347",
                                      "[::1]:8347" };
  static const char *const bad[] = { "localhost",      "localhost:8348",   "localhost.:8347",
                                     "[::1]",          "::1:8347",         "localhost:08347",
                                     "127.1:8347",     "2130706433:8347",  "evil.example:8347",
                                     "127.0.0.2:8347", "localhost:8347,a", "",
                                     "a@localhost:1",  "localhost:8347/",  "localhost:8347@a",
                                     "0.0.0.0:8347",   "xlocalhost:8347" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (stepcast_hosts_has (hosts, good[i], NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (stepcast_hosts_has (hosts, bad[i], NULL));
}

/* The usual port is not in a Host header, and which one that is depends on TLS. */
static void
test_usual_port (void)
{
  g_autoptr (StepcastHosts) plain = stepcast_hosts_new (80, FALSE);
  g_autoptr (StepcastHosts) tls = stepcast_hosts_new (443, TRUE);
  g_autoptr (StepcastHosts) odd = stepcast_hosts_new (443, FALSE);

  g_assert_true (stepcast_hosts_has (plain, "localhost", NULL));
  g_assert_true (stepcast_hosts_has (plain, "localhost:80", NULL));
  g_assert_true (stepcast_hosts_has (tls, "localhost", NULL));
  g_assert_false (stepcast_hosts_has (odd, "localhost", NULL));
  g_assert_cmpint (stepcast_hosts_classify (plain, "http://localhost", "localhost", NULL), ==,
                   STEPCAST_ORIGIN_OWN);
  g_assert_cmpint (stepcast_hosts_classify (tls, "https://localhost", "localhost", NULL), ==,
                   STEPCAST_ORIGIN_OWN);
  g_assert_cmpint (stepcast_hosts_classify (tls, "http://localhost", "localhost", NULL), ==,
                   STEPCAST_ORIGIN_FOREIGN);
}

/* The address at which a connection arrived, and no other. */
static void
test_local_address (void)
{
  g_autoptr (StepcastHosts) hosts = stepcast_hosts_new (8347, FALSE);
  g_autoptr (GInetAddress) four = g_inet_address_new_from_string ("192.168.1.5");
  g_autoptr (GInetAddress) six = g_inet_address_new_from_string ("2001:db8::5");

  g_assert_true (stepcast_hosts_has (hosts, "192.168.1.5:8347", four));
  g_assert_false (stepcast_hosts_has (hosts, "192.168.1.5:8347", six));
  g_assert_false (stepcast_hosts_has (hosts, "192.168.1.5:8347", NULL));
  g_assert_false (stepcast_hosts_has (hosts, "192.168.1.5", four));
  g_assert_false (stepcast_hosts_has (hosts, "192.168.1.5:8348", four));
  g_assert_false (stepcast_hosts_has (hosts, "192.168.1.6:8347", four));
  g_assert_false (stepcast_hosts_has (hosts, "192.168.1.5.nip.io:8347", four));
  g_assert_true (stepcast_hosts_has (hosts, "[2001:DB8:0::5]:8347", six));
  g_assert_false (stepcast_hosts_has (hosts, "[2001:db8::6]:8347", six));
  g_assert_true (stepcast_hosts_has (hosts, "localhost:8347", six));
}

static void
test_allowed_hosts (void)
{
  g_autoptr (StepcastHosts) hosts = stepcast_hosts_new (8347, FALSE);

  stepcast_hosts_allow_host (hosts, "box.example");
  stepcast_hosts_allow_host (hosts, "proxy.example:443");
  stepcast_hosts_allow_host (hosts, "other.example:9000");

  g_assert_true (stepcast_hosts_has (hosts, "box.example:8347", NULL));
  g_assert_true (stepcast_hosts_has (hosts, "Box.Example", NULL));
  g_assert_false (stepcast_hosts_has (hosts, "box.example:80", NULL));
  g_assert_true (stepcast_hosts_has (hosts, "proxy.example", NULL));
  g_assert_true (stepcast_hosts_has (hosts, "proxy.example:443", NULL));
  g_assert_false (stepcast_hosts_has (hosts, "proxy.example:8347", NULL));
  g_assert_true (stepcast_hosts_has (hosts, "other.example:9000", NULL));
  g_assert_false (stepcast_hosts_has (hosts, "other.example", NULL));
  g_assert_false (stepcast_hosts_has (hosts, "other.example:8347", NULL));
  g_assert_false (stepcast_hosts_has (hosts, "a.box.example:8347", NULL));
}

static void
test_uris (void)
{
  g_autoptr (StepcastHosts) hosts = stepcast_hosts_new (8347, FALSE);
  static const char *const good[] = { "http://localhost:8347/x", "http://[::1]:8347/",
                                      "http://box.example/", "https://box.example/" };
  static const char *const bad[] = { "http://localhost/", "http://evil.example:8347/",
                                     "http://box.example:81/" };

  stepcast_hosts_allow_host (hosts, "box.example");
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GUri) uri = g_uri_parse (good[i], G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

      g_assert_true (stepcast_hosts_has_uri (hosts, uri, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GUri) uri = g_uri_parse (bad[i], G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

      g_assert_false (stepcast_hosts_has_uri (hosts, uri, NULL));
    }
}

static void
test_origins (void)
{
  static const struct
  {
    const char *origin;
    const char *host;
    StepcastOrigin expected;
  } cases[] = {
    { "http://localhost:8347", "localhost:8347", STEPCAST_ORIGIN_OWN },
    { "http://localhost:8347", "127.0.0.1:8347", STEPCAST_ORIGIN_OWN },
    { "https://localhost:8347", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "http://box.example:8347", "box.example:8347", STEPCAST_ORIGIN_OWN },
    /* another server of that machine */
    { "http://box.example", "box.example:8347", STEPCAST_ORIGIN_FOREIGN },
    /* a proxy before us */
    { "https://box.example", "box.example", STEPCAST_ORIGIN_OWN },
    { "http://box.example", "box.example", STEPCAST_ORIGIN_OWN },
    { "https://box.example", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "http://localhost", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "https://friend.example", "localhost:8347", STEPCAST_ORIGIN_ALLOWED },
    { "http://friend.example", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "https://friend.example:8443", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "https://friend.example/", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "https://a.friend.example", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "https://friend.example.evil.example", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "null", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
    { "", "localhost:8347", STEPCAST_ORIGIN_FOREIGN },
  };
  g_autoptr (StepcastHosts) hosts = stepcast_hosts_new (8347, FALSE);

  g_assert_false (stepcast_hosts_allows_origins (hosts));
  stepcast_hosts_allow_host (hosts, "box.example");
  stepcast_hosts_allow_origin (hosts, "https://friend.example");
  g_assert_true (stepcast_hosts_allows_origins (hosts));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (stepcast_hosts_classify (hosts, cases[i].origin, cases[i].host, NULL) != cases[i].expected)
      g_error ("“%s” for “%s”", cases[i].origin, cases[i].host);
}

static void
test_embedders (void)
{
  g_autoptr (StepcastHosts) hosts = stepcast_hosts_new (8347, FALSE);

  g_assert_null (stepcast_hosts_get_embedders (hosts));
  stepcast_hosts_allow_embedding (hosts, "https://friend.example");
  g_assert_cmpstr (stepcast_hosts_get_embedders (hosts), ==, "https://friend.example");
  stepcast_hosts_allow_embedding (hosts, "http://localhost:8000");
  g_assert_cmpstr (stepcast_hosts_get_embedders (hosts), ==,
                   "https://friend.example http://localhost:8000");
  /* To show the page is not to ask. */
  g_assert_false (stepcast_hosts_allows_origins (hosts));
  g_assert_cmpint (stepcast_hosts_classify (hosts, "https://friend.example", "localhost:8347",
                                            NULL),
                   ==, STEPCAST_ORIGIN_FOREIGN);
}

static void
assert_uri (const StepcastHosts *hosts,
            const char *address,
            const char *outer,
            const char *expected)
{
  g_autoptr (GInetAddress) here = g_inet_address_new_from_string (address);
  g_autoptr (GInetAddress) there = outer != NULL ? g_inet_address_new_from_string (outer) : NULL;
  g_autofree char *uri = stepcast_hosts_make_uri (hosts, here, there);

  g_assert_cmpstr (uri, ==, expected);
}

static void
test_links (void)
{
  g_autoptr (StepcastHosts) plain = stepcast_hosts_new (8347, FALSE);
  g_autoptr (StepcastHosts) named = stepcast_hosts_new (8347, FALSE);
  g_autoptr (StepcastHosts) proxied = stepcast_hosts_new (8347, FALSE);
  g_autoptr (StepcastHosts) tls = stepcast_hosts_new (8347, TRUE);

  stepcast_hosts_allow_host (proxied, "box.example:443");
  stepcast_hosts_allow_host (named, "box.example");
  stepcast_hosts_allow_host (named, "other.example");
  stepcast_hosts_allow_host (tls, "box.example:8443");

  assert_uri (plain, "127.0.0.1", NULL, "http://127.0.0.1:8347/");
  assert_uri (plain, "::1", NULL, "http://[::1]:8347/");
  assert_uri (plain, "192.168.1.5", NULL, "http://192.168.1.5:8347/");
  assert_uri (plain, "0.0.0.0", "192.168.1.5", "http://192.168.1.5:8347/");
  assert_uri (plain, "::", "2001:db8::1", "http://[2001:db8::1]:8347/");
  assert_uri (plain, "::", "192.168.1.5", "http://192.168.1.5:8347/");
  assert_uri (plain, "0.0.0.0", NULL, "http://127.0.0.1:8347/");
  assert_uri (plain, "::", NULL, "http://[::1]:8347/");
  assert_uri (named, "0.0.0.0", "192.168.1.5", "http://box.example:8347/");
  assert_uri (named, "192.168.1.5", NULL, "http://192.168.1.5:8347/");
  assert_uri (named, "127.0.0.1", NULL, "http://127.0.0.1:8347/");
  assert_uri (proxied, "0.0.0.0", NULL, "https://box.example:443/");
  assert_uri (tls, "192.168.1.5", NULL, "https://box.example:8443/");
  assert_uri (tls, "127.0.0.1", NULL, "https://127.0.0.1:8347/");
}

static void
assert_asked (const StepcastHosts *hosts, const char *host, const char *expected)
{
  g_autofree char *uri = stepcast_hosts_make_asked_uri (hosts, host);

  g_assert_cmpstr (uri, ==, expected);
}

static void
test_asked (void)
{
  g_autoptr (StepcastHosts) plain = stepcast_hosts_new (8347, FALSE);
  g_autoptr (StepcastHosts) proxied = stepcast_hosts_new (8347, FALSE);
  g_autoptr (StepcastHosts) tls = stepcast_hosts_new (8347, TRUE);

  stepcast_hosts_allow_host (plain, "box.example:80");
  stepcast_hosts_allow_host (proxied, "box.example:443");

  assert_asked (plain, "127.0.0.1:8347", "http://127.0.0.1:8347/");
  assert_asked (plain, "Box.Example", "http://box.example/");
  assert_asked (plain, "[0:0::1]:8347", "http://[::1]:8347/");
  assert_asked (proxied, "box.example", "https://box.example/");
  assert_asked (proxied, "box.example:443", "https://box.example:443/");
  assert_asked (proxied, "192.168.1.5:8347", "http://192.168.1.5:8347/");
  assert_asked (tls, "192.168.1.5:8347", "https://192.168.1.5:8347/");
}

static void
test_loopback (void)
{
  static const char *const here[] = { "localhost", "LOCALHOST:8347", "127.0.0.1:8347", "127.9.9.9",
                                      "[::1]:8347" };
  static const char *const elsewhere[] = { "localhost.example", "192.168.1.5:8347", "box.example",
                                           "[2001:db8::1]",     "0.0.0.0",          "" };

  for (guint i = 0; i < G_N_ELEMENTS (here); i++)
    g_assert_true (stepcast_hosts_is_loopback (here[i]));
  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    g_assert_false (stepcast_hosts_is_loopback (elsewhere[i]));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hosts/normalize-host", test_normalize_host);
  g_test_add_func ("/hosts/normalize-origin", test_normalize_origin);
  g_test_add_func ("/hosts/own-names", test_own_names);
  g_test_add_func ("/hosts/usual-port", test_usual_port);
  g_test_add_func ("/hosts/local-address", test_local_address);
  g_test_add_func ("/hosts/allowed", test_allowed_hosts);
  g_test_add_func ("/hosts/uris", test_uris);
  g_test_add_func ("/hosts/origins", test_origins);
  g_test_add_func ("/hosts/embedders", test_embedders);
  g_test_add_func ("/hosts/links", test_links);
  g_test_add_func ("/hosts/asked", test_asked);
  g_test_add_func ("/hosts/loopback", test_loopback);

  return g_test_run ();
}
