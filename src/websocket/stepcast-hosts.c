/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-hosts.h"

#include <string.h>

/* All names are kept and compared in one form: in lower case, an IPv6 address in brackets and as
 * short as it can be written, and always with a port, which is 0 where a Host header has none: that
 * is the usual port of whatever the browser speaks, here or with a proxy before us.
 *
 * A name is there only if it was given: that is what keeps out a page elsewhere whose own name was
 * made to resolve to us (DNS rebinding). An address needs not be given. A browser puts into Host
 * what stands in its address bar, and there an address, other than a name, leads to nobody but who
 * has that address: so a Host that is the very address at which its connection arrived was not
 * made by a page of somebody else's. */

/* RFC 1035, section 2.3.4. */
#define MAX_NAME_BYTES 253

#define HTTP_PORT 80
#define HTTPS_PORT 443

struct _StepcastHosts
{
  guint16 port;
  gboolean has_tls;
  GHashTable *hosts;   /* set of char *: "localhost:8347" */
  char *first_allowed; /* (nullable): "stepcast.example.org:8347": what links are made with */
  GHashTable *origins; /* set of char *: "https://example.org" */
  char *embedders;     /* (nullable): "https://example.org https://example.com" */
};

/* ---- texts ---- */

static char *
bracket (GInetAddress *address)
{
  g_autofree char *literal = g_inet_address_to_string (address);

  if (g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return g_steal_pointer (&literal);
  return g_strdup_printf ("[%s]", literal);
}

/* @text: ":8347", or nothing, which is 0. */
static gboolean
parse_port (const char *text, guint16 *port)
{
  guint64 value = 0;

  *port = 0;
  if (*text == '\0')
    return TRUE;
  if (*text != ':' || text[1] == '0' || strlen (text) > strlen (":65535") ||
      !g_ascii_string_to_unsigned (text + 1, 10, 1, G_MAXUINT16, &value, NULL))
    return FALSE;

  *port = (guint16) value;
  return TRUE;
}

/* Returns the rest of @text after an address in brackets, and sets @name to it. */
static const char *
parse_ipv6 (const char *text, char **name)
{
  const char *end = strchr (text, ']');
  g_autofree char *literal = end != NULL ? g_strndup (text + 1, (gsize) (end - text - 1)) : NULL;
  g_autoptr (GInetAddress) address = NULL;

  if (literal != NULL && strchr (literal, '%') == NULL)
    address = g_inet_address_new_from_string (literal);
  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return NULL;

  *name = bracket (address);
  return end + 1;
}

static const char *
parse_name (const char *text, char **name)
{
  gsize length = strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

  if (length == 0 || length > MAX_NAME_BYTES)
    return NULL;

  *name = g_ascii_strdown (text, (gssize) length);
  return text + length;
}

/* @text: "NAME", "NAME:PORT", "[ADDRESS]" or "[ADDRESS]:PORT". */
static gboolean
parse_host (const char *text, char **name, guint16 *port)
{
  g_autofree char *found = NULL;
  const char *rest = *text == '[' ? parse_ipv6 (text, &found) : parse_name (text, &found);

  if (rest == NULL || !parse_port (rest, port))
    return FALSE;

  *name = g_steal_pointer (&found);
  return TRUE;
}

static char *
join (const char *name, guint16 port)
{
  return port == 0 ? g_strdup (name) : g_strdup_printf ("%s:%u", name, port);
}

/**
 * stepcast_hosts_normalize_host:
 * @text: what somebody has typed: a name or an address, and a port if need be
 *
 * Letters beyond ASCII become what browsers make of them.
 *
 * Returns: (transfer full) (nullable): it as `NAME` or `NAME:PORT`, or %NULL if it is neither
 */
char *
stepcast_hosts_normalize_host (const char *text)
{
  g_autofree char *ascii = *text == '[' ? g_strdup (text) : g_hostname_to_ascii (text);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  g_autofree char *name = NULL;
  guint16 port;

  if (address != NULL && strchr (text, '%') == NULL) /* IPv6, perhaps without brackets */
    return bracket (address);
  if (ascii == NULL || !parse_host (ascii, &name, &port))
    return NULL;
  return join (name, port);
}

static guint16
get_usual_port (const char *scheme)
{
  return g_str_equal (scheme, "https") ? HTTPS_PORT : HTTP_PORT;
}

/* Returns the scheme, and sets @host to what follows it; NULL for what no page of the web has. */
static const char *
parse_scheme (const char *text, const char **host)
{
  static const char *const schemes[] = { "https", "http" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);

      if (g_ascii_strncasecmp (text, schemes[i], length) == 0 &&
          g_str_has_prefix (text + length, "://"))
        {
          *host = text + length + strlen ("://");
          return schemes[i];
        }
    }
  return NULL;
}

/**
 * stepcast_hosts_normalize_origin:
 * @text: what somebody has typed: `https://example.org`, with a port if need be
 *
 * Returns: (transfer full) (nullable): it as a browser has it in an Origin header, without the
 * usual port; %NULL if it is no origin of the web
 */
char *
stepcast_hosts_normalize_origin (const char *text)
{
  const char *rest;
  const char *scheme = parse_scheme (text, &rest);
  g_autofree char *host = scheme != NULL ? stepcast_hosts_normalize_host (rest) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *shortest = NULL;
  guint16 port;

  if (host == NULL || !parse_host (host, &name, &port))
    return NULL;

  shortest = join (name, port == get_usual_port (scheme) ? 0 : port);
  return g_strdup_printf ("%s://%s", scheme, shortest);
}

/* ---- the names ---- */

static void
add_host (StepcastHosts *self, const char *name, guint16 port)
{
  g_hash_table_add (self->hosts, g_strdup_printf ("%s:%u", name, port));
}

static guint16
get_own_usual_port (const StepcastHosts *self)
{
  return self->has_tls ? HTTPS_PORT : HTTP_PORT;
}

static void
add_own (StepcastHosts *self, const char *name)
{
  add_host (self, name, self->port);
  if (self->port == get_own_usual_port (self))
    add_host (self, name, 0);
}

/**
 * stepcast_hosts_new:
 * @port: on which the server listens
 * @has_tls: whether it speaks TLS
 *
 * Returns: (transfer full): the names of this machine for itself, with @port
 */
StepcastHosts *
stepcast_hosts_new (guint16 port, gboolean has_tls)
{
  StepcastHosts *self = g_new0 (StepcastHosts, 1);

  self->port = port;
  self->has_tls = has_tls;
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  add_own (self, "127.0.0.1");
  add_own (self, "localhost");
  add_own (self, "[::1]");

  return self;
}

void
stepcast_hosts_free (StepcastHosts *self)
{
  g_hash_table_unref (self->hosts);
  g_hash_table_unref (self->origins);
  g_free (self->first_allowed);
  g_free (self->embedders);
  g_free (self);
}

/**
 * stepcast_hosts_allow_host:
 * @self: hosts
 * @host: as stepcast_hosts_normalize_host() has it; without a port, it is meant with ours, and with
 *   none: a proxy on the usual port passes that on
 */
void
stepcast_hosts_allow_host (StepcastHosts *self, const char *host)
{
  g_autofree char *name = NULL;
  guint16 port;

  g_return_if_fail (parse_host (host, &name, &port));

  add_host (self, name, port == 0 ? self->port : port);
  if (port == 0 || port == HTTP_PORT || port == HTTPS_PORT)
    add_host (self, name, 0);
  if (self->first_allowed == NULL)
    self->first_allowed = join (name, port == 0 ? self->port : port);
}

/**
 * stepcast_hosts_allow_origin:
 * @self: hosts
 * @origin: as stepcast_hosts_normalize_origin() has it
 */
void
stepcast_hosts_allow_origin (StepcastHosts *self, const char *origin)
{
  g_hash_table_add (self->origins, g_strdup (origin));
}

/**
 * stepcast_hosts_allow_embedding:
 * @self: hosts
 * @origin: as stepcast_hosts_normalize_origin() has it
 */
void
stepcast_hosts_allow_embedding (StepcastHosts *self, const char *origin)
{
  g_autofree char *earlier = self->embedders;

  self->embedders = earlier == NULL ? g_strdup (origin) : g_strjoin (" ", earlier, origin, NULL);
}

guint16
stepcast_hosts_get_port (const StepcastHosts *self)
{
  return self->port;
}

gboolean
stepcast_hosts_has_tls (const StepcastHosts *self)
{
  return self->has_tls;
}

gboolean
stepcast_hosts_allows_origins (const StepcastHosts *self)
{
  return g_hash_table_size (self->origins) > 0;
}

/**
 * stepcast_hosts_get_embedders:
 * @self: hosts
 *
 * Returns: (transfer none) (nullable): the origins whose pages may show ours within them, with
 *   blanks between; %NULL for none
 */
const char *
stepcast_hosts_get_embedders (const StepcastHosts *self)
{
  return self->embedders;
}

static gboolean
has (const StepcastHosts *self, const char *name, guint16 port, GInetAddress *local)
{
  g_autofree char *host = g_strdup_printf ("%s:%u", name, port);
  g_autofree char *literal = local != NULL ? bracket (local) : NULL;

  if (g_hash_table_contains (self->hosts, host))
    return TRUE;
  return g_strcmp0 (name, literal) == 0 &&
         (port == self->port || (port == 0 && self->port == get_own_usual_port (self)));
}

/**
 * stepcast_hosts_has:
 * @self: hosts
 * @host: of a request's Host header
 * @local: (nullable): the address at which its connection arrived
 *
 * Returns: whether that is us
 */
gboolean
stepcast_hosts_has (const StepcastHosts *self, const char *host, GInetAddress *local)
{
  g_autofree char *name = NULL;
  guint16 port;

  return parse_host (host, &name, &port) && has (self, name, port, local);
}

/**
 * stepcast_hosts_has_uri:
 * @self: hosts
 * @uri: of a request: a target in absolute form names a host of its own
 * @local: (nullable): the address at which its connection arrived
 *
 * Returns: whether that is us
 */
gboolean
stepcast_hosts_has_uri (const StepcastHosts *self, GUri *uri, GInetAddress *local)
{
  const char *host = g_uri_get_host (uri);
  gboolean is_ipv6 = host != NULL && strchr (host, ':') != NULL;
  g_autofree char *bracketed = g_strdup_printf (is_ipv6 ? "[%s]" : "%s", host);
  int port = g_uri_get_port (uri);
  g_autofree char *name = NULL;
  guint16 no_port;

  if (!parse_host (bracketed, &name, &no_port) || no_port != 0)
    return FALSE;
  if (port > 0 && has (self, name, (guint16) port, local))
    return TRUE;
  /* libsoup fills in the usual port where Host has none. */
  return (port <= 0 || port == get_usual_port (g_uri_get_scheme (uri))) &&
         has (self, name, 0, local);
}

/* The page was loaded from this server: by another of its names on our port, or, where that is not
 * our port because somebody stands before us, by the very name of this request. With or without TLS
 * is that one's matter then. A page at another port of our names is somebody else's: browsers send
 * our cookie along all the same. */
static gboolean
is_own (const StepcastHosts *self, const char *origin, const char *host, GInetAddress *local)
{
  const char *origin_host;
  const char *scheme = parse_scheme (origin, &origin_host);
  g_autofree char *name = NULL;
  g_autofree char *asked_name = NULL;
  guint16 port, asked_port;

  if (scheme == NULL || !parse_host (origin_host, &name, &port) || !has (self, name, port, local) ||
      !parse_host (host, &asked_name, &asked_port))
    return FALSE;
  if (self->has_tls && !g_str_equal (scheme, "https"))
    return FALSE;
  if (port == self->port || (port == 0 && self->port == get_own_usual_port (self)))
    return self->has_tls || g_str_equal (scheme, "http");
  return port == asked_port && g_str_equal (name, asked_name);
}

/**
 * stepcast_hosts_classify:
 * @self: hosts
 * @origin: of a request's Origin header
 * @host: of its Host header, which is us
 * @local: (nullable): the address at which its connection arrived
 *
 * Returns: whose page asks
 */
StepcastOrigin
stepcast_hosts_classify (const StepcastHosts *self,
                         const char *origin,
                         const char *host,
                         GInetAddress *local)
{
  if (is_own (self, origin, host, local))
    return STEPCAST_ORIGIN_OWN;
  return g_hash_table_contains (self->origins, origin) ? STEPCAST_ORIGIN_ALLOWED :
                                                         STEPCAST_ORIGIN_FOREIGN;
}

/**
 * stepcast_hosts_make_uri:
 * @self: hosts
 * @address: where the server listens
 * @outer: (nullable): an address of this machine that others reach
 *
 * A certificate is for names, and who listens everywhere has no one address: there the first host
 * that was allowed has the word.
 *
 * Returns: (transfer full): what links to this server begin with: `http://127.0.0.1:8347/`
 */
char *
stepcast_hosts_make_uri (const StepcastHosts *self, GInetAddress *address, GInetAddress *outer)
{
  gboolean is_any = g_inet_address_get_is_any (address);
  const char *scheme = self->has_tls ? "https" : "http";
  g_autoptr (GInetAddress) loopback =
    g_inet_address_new_loopback (g_inet_address_get_family (address));
  g_autofree char *name = NULL;

  if (self->first_allowed != NULL && (is_any || self->has_tls) &&
      !g_inet_address_get_is_loopback (address))
    return g_strdup_printf ("%s://%s/",
                            g_str_has_suffix (self->first_allowed, ":443") ? "https" : scheme,
                            self->first_allowed); /* a proxy has TLS there, if not we */

  name = bracket (!is_any ? address : outer != NULL ? outer : loopback);
  return g_strdup_printf ("%s://%s:%u/", scheme, name, self->port);
}

/**
 * stepcast_hosts_is_loopback:
 * @host: of a Host header
 *
 * Returns: whether it means this machine, wherever it is said
 */
gboolean
stepcast_hosts_is_loopback (const char *host)
{
  g_autofree char *name = NULL;
  g_autofree char *literal = NULL;
  g_autoptr (GInetAddress) address = NULL;
  guint16 port;

  if (!parse_host (host, &name, &port))
    return FALSE;
  if (g_str_equal (name, "localhost"))
    return TRUE;

  literal = name[0] == '[' ? g_strndup (name + 1, strlen (name) - 2) : g_strdup (name);
  address = g_inet_address_new_from_string (literal);
  return address != NULL && g_inet_address_get_is_loopback (address);
}

/**
 * stepcast_hosts_make_asked_uri:
 * @self: hosts
 * @host: of a request's Host header, which is us
 *
 * Returns: (transfer full): what links to this server begin with, for who has asked it by that
 *   name. Where a proxy stands before us and Host has no port, it has TLS if the name was allowed
 *   with TLS's port
 */
char *
stepcast_hosts_make_asked_uri (const StepcastHosts *self, const char *host)
{
  g_autofree char *name = NULL;
  g_autofree char *over_tls = NULL;
  gboolean is_secure;
  guint16 port;

  g_return_val_if_fail (parse_host (host, &name, &port), NULL);

  over_tls = g_strdup_printf ("%s:%d", name, HTTPS_PORT);
  is_secure =
    self->has_tls || port == HTTPS_PORT ||
    (port == 0 && self->port != HTTP_PORT && g_hash_table_contains (self->hosts, over_tls));
  return port == 0 ? g_strdup_printf ("%s://%s/", is_secure ? "https" : "http", name) :
                     g_strdup_printf ("%s://%s:%u/", is_secure ? "https" : "http", name, port);
}
