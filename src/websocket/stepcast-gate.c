/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-gate.h"

#include "stepcast-error.h"
#include "stepcast-safety.h"

/* The client for pages elsewhere: they load it before they have a token, and it holds no secret. */
#define PUBLIC_FILE "/stepcast.js"

/* What a page elsewhere may send along, of what a browser asks for first: its token, a body in
 * JSON, and which picture it has. */
#define PAGE_HEADERS "Authorization, Content-Type, If-None-Match"

/* What it may read of an answer, besides what every page may. */
#define ANSWER_HEADERS "ETag, Location, Stepcast-Role"

/* For how long a browser needs not ask again. What is refused by then is refused all the same, when
 * the request itself comes. */
#define PREFLIGHT_SECONDS "600"

struct _StepcastGate
{
  StepcastAccess *access;
  StepcastHosts *hosts;
  char *cookie_name;
};

/**
 * stepcast_gate_new:
 * @access: (transfer full): who may do what
 * @hosts: (transfer full): the names that the server is reached by
 *
 * Returns: (transfer full): a new gate
 */
StepcastGate *
stepcast_gate_new (StepcastAccess *access, StepcastHosts *hosts)
{
  StepcastGate *self = g_new0 (StepcastGate, 1);

  self->access = access;
  self->hosts = hosts;
  /* Cookies are shared by all ports of a host: the name tells ours from another service's. */
  self->cookie_name = g_strdup_printf ("stepcast-%u", stepcast_hosts_get_port (hosts));

  return self;
}

void
stepcast_gate_free (StepcastGate *self)
{
  stepcast_access_free (self->access);
  stepcast_hosts_free (self->hosts);
  g_free (self->cookie_name);
  g_free (self);
}

/**
 * stepcast_gate_get_access:
 * @self: a gate
 *
 * Returns: (transfer none): who may do what
 */
const StepcastAccess *
stepcast_gate_get_access (const StepcastGate *self)
{
  return self->access;
}

typedef struct
{
  const char *name;
  const char *value; /* of the last one */
  guint n_found;
} HeaderSearch;

static void
count_header (const char *name, const char *value, gpointer user_data)
{
  HeaderSearch *search = user_data;

  if (g_ascii_strcasecmp (name, search->name) == 0)
    {
      search->value = value;
      search->n_found++;
    }
}

static HeaderSearch
find_header (SoupServerMessage *message, const char *name)
{
  HeaderSearch search = { .name = name };

  soup_message_headers_foreach (soup_server_message_get_request_headers (message), count_header,
                                &search);
  return search;
}

/* The address at which the request's connection arrived. */
static GInetAddress *
get_local_address (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_local_address (message);

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return NULL;
  return g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
}

/* Against DNS rebinding: a name elsewhere may resolve to us. Two hosts are no host. */
static gboolean
check_host (const StepcastGate *self, SoupServerMessage *message, GError **error)
{
  HeaderSearch host = find_header (message, "Host");
  GUri *uri = soup_server_message_get_uri (message);
  GInetAddress *local = get_local_address (message);
  g_autofree char *quoted = NULL;

  /* A target in absolute form names a host of its own (RFC 9112, section 3.2.2). */
  if (host.n_found == 1 && stepcast_hosts_has (self->hosts, host.value, local) && uri != NULL &&
      stepcast_hosts_has_uri (self->hosts, uri, local))
    return TRUE;

  quoted = stepcast_error_quote (host.n_found == 0 ? "" : host.value);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
               "This server is not “%s”: where it is to be reached by that name, start stepcastd "
               "with --allow-host",
               quoted);
  return FALSE;
}

/* A browser names the page that asks; what is no browser names none, and is taken for our own. */
static StepcastOrigin
classify_origin (const StepcastGate *self, SoupServerMessage *message)
{
  HeaderSearch origin = find_header (message, "Origin");
  HeaderSearch host = find_header (message, "Host");

  if (origin.n_found == 0)
    return STEPCAST_ORIGIN_OWN;
  if (origin.n_found > 1 || host.n_found != 1)
    return STEPCAST_ORIGIN_FOREIGN;
  return stepcast_hosts_classify (self->hosts, origin.value, host.value,
                                  get_local_address (message));
}

static gboolean
check_origin (const StepcastGate *self, SoupServerMessage *message, GError **error)
{
  g_autofree char *quoted = NULL;

  if (classify_origin (self, message) != STEPCAST_ORIGIN_FOREIGN)
    return TRUE;

  quoted = stepcast_error_quote (find_header (message, "Origin").value);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED,
               "The page “%s” may not use this server", quoted);
  return FALSE;
}

static char *
get_query_token (SoupServerMessage *message)
{
  GUri *uri = soup_server_message_get_uri (message);
  const char *query = uri != NULL ? g_uri_get_query (uri) : NULL;
  g_autoptr (GHashTable) values = query != NULL ? soup_form_decode (query) : NULL;

  return values != NULL ? g_strdup (g_hash_table_lookup (values, "token")) : NULL;
}

static const char *
get_bearer_token (SoupServerMessage *message)
{
  HeaderSearch authorization = find_header (message, "Authorization");

  if (authorization.n_found == 1 &&
      g_ascii_strncasecmp (authorization.value, "Bearer ", strlen ("Bearer ")) == 0)
    return authorization.value + strlen ("Bearer ");
  return NULL;
}

static StepcastRole
get_cookie_role (const StepcastGate *self, SoupServerMessage *message)
{
  HeaderSearch header = find_header (message, "Cookie");
  g_auto (GStrv) cookies = g_strsplit (header.n_found == 1 ? header.value : "", ";", -1);
  StepcastRole role = STEPCAST_ROLE_NONE;

  for (guint i = 0; cookies[i] != NULL; i++)
    {
      char *cookie = g_strstrip (cookies[i]);
      gsize length = strlen (self->cookie_name);

      if (g_str_has_prefix (cookie, self->cookie_name) && cookie[length] == '=')
        role = MAX (role, stepcast_access_check_secret (self->access, cookie + length + 1));
    }

  return role;
}

/**
 * stepcast_gate_get_role:
 * @self: a gate
 * @message: a request
 *
 * Returns: the role that its token gives it, or where it has none its cookie
 */
StepcastRole
stepcast_gate_get_role (const StepcastGate *self, SoupServerMessage *message)
{
  g_autofree char *query_token = get_query_token (message);
  const char *token = query_token != NULL ? query_token : get_bearer_token (message);

  if (token != NULL || stepcast_access_is_open (self->access))
    return stepcast_access_check_token (self->access, token);
  /* Browsers send a cookie whichever page asks: it speaks for our own pages alone. */
  if (classify_origin (self, message) != STEPCAST_ORIGIN_OWN)
    return STEPCAST_ROLE_NONE;
  return get_cookie_role (self, message);
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, STEPCAST_ERROR, STEPCAST_ERROR_PERMISSION_DENIED, message);
  return FALSE;
}

static gboolean
check_method (const char *method, const char *allowed, GError **error)
{
  g_auto (GStrv) methods = g_strsplit (allowed, ", ", -1);
  g_autofree char *quoted = NULL;

  if (g_strv_contains ((const char *const *) methods, method))
    return TRUE;

  quoted = stepcast_error_quote (method);
  g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_BAD_REQUEST,
               "“%s” is not done here: use one of %s", quoted, allowed);
  return FALSE;
}

/* A cookie is sent along whoever asks. So what changes something by its strength says from which
 * page it comes, as browsers do, and check_origin() has found that it is ours. A token is proof by
 * itself. */
static gboolean
check_forgery (const StepcastGate *self, SoupServerMessage *message, GError **error)
{
  g_autofree char *query_token = get_query_token (message);
  const char *method = soup_server_message_get_method (message);

  if (g_str_equal (method, "GET") || g_str_equal (method, "HEAD") || query_token != NULL ||
      get_bearer_token (message) != NULL || stepcast_access_is_open (self->access) ||
      find_header (message, "Origin").n_found > 0)
    return TRUE;
  return refuse (error, "What changes something by a cookie needs an Origin header: use the token");
}

static gboolean
has_path (SoupServerMessage *message, const char *path)
{
  GUri *uri = soup_server_message_get_uri (message);

  return uri != NULL && g_str_equal (g_uri_get_path (uri), path);
}

/**
 * stepcast_gate_check_page:
 * @self: a gate
 * @message: a request whose headers have come
 * @status: (out): the HTTP status of the refusal
 * @error: %STEPCAST_ERROR_PERMISSION_DENIED
 *
 * Finds out whether it is for this server, and from a page that may ask, whoever looks at that
 * page. It is part of stepcast_gate_check(), and all that a browser can be asked before a request.
 *
 * Returns: %FALSE with @status and @error set if it does not pass
 */
gboolean
stepcast_gate_check_page (const StepcastGate *self,
                          SoupServerMessage *message,
                          guint *status,
                          GError **error)
{
  *status = SOUP_STATUS_MISDIRECTED_REQUEST;
  if (!check_host (self, message, error))
    return FALSE;

  *status = SOUP_STATUS_FORBIDDEN;
  return check_origin (self, message, error);
}

/**
 * stepcast_gate_check:
 * @self: a gate
 * @message: a request whose headers have come
 * @allowed: the methods that there are for its path, as an Allow header lists them
 * @status: (out): the HTTP status of the refusal
 * @error: %STEPCAST_ERROR_PERMISSION_DENIED or %STEPCAST_ERROR_BAD_REQUEST
 *
 * Returns: %FALSE with @status and @error set if it does not pass
 */
gboolean
stepcast_gate_check (const StepcastGate *self,
                     SoupServerMessage *message,
                     const char *allowed,
                     guint *status,
                     GError **error)
{
  gboolean is_public = has_path (message, PUBLIC_FILE);

  *status = SOUP_STATUS_MISDIRECTED_REQUEST;
  if (!check_host (self, message, error))
    return FALSE;

  *status = SOUP_STATUS_FORBIDDEN;
  if (!is_public && !check_origin (self, message, error))
    return FALSE;

  *status = SOUP_STATUS_METHOD_NOT_ALLOWED;
  if (!check_method (soup_server_message_get_method (message), allowed, error))
    return FALSE;

  *status = SOUP_STATUS_UNAUTHORIZED;
  if (is_public || has_path (message, "/health"))
    return TRUE;
  if (stepcast_gate_get_role (self, message) == STEPCAST_ROLE_NONE)
    return refuse (error, "A token is missing or wrong: open the whole link that stepcastd printed "
                          "when it started");

  *status = SOUP_STATUS_FORBIDDEN;
  return check_forgery (self, message, error);
}

/**
 * stepcast_gate_make_asked_uri:
 * @self: a gate
 * @message: a request that has passed
 * @is_loopback: (out): whether that leads nowhere but on this machine
 *
 * Returns: (transfer full): where it has found us, with a slash at its end
 */
char *
stepcast_gate_make_asked_uri (const StepcastGate *self,
                              SoupServerMessage *message,
                              gboolean *is_loopback)
{
  const char *host = find_header (message, "Host").value;

  *is_loopback = stepcast_hosts_is_loopback (host);
  return stepcast_hosts_make_asked_uri (self->hosts, host);
}

static const char *
get_role_name (StepcastRole role)
{
  switch (role)
    {
    case STEPCAST_ROLE_VIEW:
      return "view";
    case STEPCAST_ROLE_CONTROL:
      return "control";
    case STEPCAST_ROLE_NONE:
    default:
      return NULL;
    }
}

/**
 * stepcast_gate_add_headers:
 * @self: a gate
 * @message: a request whose headers have come
 *
 * Says in which role it asks, and lets the browser show the answer to the page that asks, if that
 * page may (the Fetch standard, section 3.2.3). A page of our own may have been loaded by another
 * of our names, and is elsewhere to its browser then. Not with credentials: such a page has a token
 * or nothing.
 */
void
stepcast_gate_add_headers (const StepcastGate *self, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *role = get_role_name (stepcast_gate_get_role (self, message));
  HeaderSearch origin = find_header (message, "Origin");

  stepcast_safety_add_headers (message);
  if (role != NULL)
    soup_message_headers_replace (headers, "Stepcast-Role", role);
  if (origin.n_found == 0 && !stepcast_hosts_allows_origins (self->hosts))
    return;

  soup_message_headers_append (headers, "Vary", "Origin");
  if (origin.n_found == 0 || classify_origin (self, message) == STEPCAST_ORIGIN_FOREIGN)
    return;

  soup_message_headers_replace (headers, "Access-Control-Allow-Origin", origin.value);
  soup_message_headers_replace (headers, "Access-Control-Expose-Headers", ANSWER_HEADERS);
}

/**
 * stepcast_gate_is_preflight:
 * @message: a request whose headers have come
 *
 * Returns: whether a browser asks what a page may ask for (the Fetch standard, section 3.2.2)
 */
gboolean
stepcast_gate_is_preflight (SoupServerMessage *message)
{
  return g_str_equal (soup_server_message_get_method (message), "OPTIONS") &&
         find_header (message, "Origin").n_found > 0;
}

/**
 * stepcast_gate_answer_preflight:
 * @message: a preflight whose page has passed, with the headers that all answers have
 * @allowed: the methods that there are for its path, as an Allow header lists them
 *
 * Answers without looking for a token, which browsers don't send along with it: that is asked of
 * the request itself.
 */
void
stepcast_gate_answer_preflight (SoupServerMessage *message, const char *allowed)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_remove (headers, "Access-Control-Expose-Headers");
  soup_message_headers_replace (headers, "Access-Control-Allow-Methods", allowed);
  soup_message_headers_replace (headers, "Access-Control-Allow-Headers", PAGE_HEADERS);
  soup_message_headers_replace (headers, "Access-Control-Max-Age", PREFLIGHT_SECONDS);
  soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
}

/**
 * stepcast_gate_add_page_headers:
 * @self: a gate
 * @message: a request for the page: what is a document, and not what it loads
 *
 * Adds what a browser is to know of the page, and who may show it within a page of theirs.
 */
void
stepcast_gate_add_page_headers (const StepcastGate *self, SoupServerMessage *message)
{
  stepcast_safety_add_page_headers (message, stepcast_hosts_get_embedders (self->hosts));
}

/* A frame within another site's page. The browser says so: RFC 6265bis calls it a cross-site
 * request, and neither takes nor sends a strict cookie there. */
static gboolean
is_embedded (const StepcastGate *self, SoupServerMessage *message)
{
  return stepcast_hosts_get_embedders (self->hosts) != NULL &&
         g_strcmp0 (find_header (message, "Sec-Fetch-Dest").value, "iframe") == 0 &&
         g_strcmp0 (find_header (message, "Sec-Fetch-Site").value, "cross-site") == 0;
}

/* In such a frame it is another one than elsewhere, and is for that site's pages alone
 * (Partitioned); browsers take it over TLS, or from this machine. */
static const char *
get_cookie_scope (const StepcastGate *self, SoupServerMessage *message)
{
  if (is_embedded (self, message))
    return "; SameSite=None; Path=/; Secure; Partitioned";
  return stepcast_hosts_has_tls (self->hosts) ? "; SameSite=Strict; Path=/; Secure" :
                                                "; SameSite=Strict; Path=/";
}

/**
 * stepcast_gate_make_cookie:
 * @self: a gate
 * @message: a request that has passed
 *
 * Returns: (transfer full) (nullable): the Set-Cookie header that keeps its role, if it came by a
 *   token; the cookie's value is a secret of its own
 */
char *
stepcast_gate_make_cookie (const StepcastGate *self, SoupServerMessage *message)
{
  g_autofree char *token = get_query_token (message);
  StepcastRole role;

  if (token == NULL || stepcast_access_is_open (self->access) ||
      classify_origin (self, message) != STEPCAST_ORIGIN_OWN)
    return NULL;

  role = stepcast_access_check_token (self->access, token);
  if (role == STEPCAST_ROLE_NONE)
    return NULL;
  return g_strdup_printf ("%s=%s; HttpOnly%s", self->cookie_name,
                          stepcast_access_get_secret (self->access, role),
                          get_cookie_scope (self, message));
}
