/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-own-address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

static GInetAddress *
make_address (const struct sockaddr *address)
{
  gconstpointer data = address;

  if (address->sa_family == AF_INET)
    return g_inet_address_new_from_bytes (
      (const guint8 *) &((const struct sockaddr_in *) data)->sin_addr, G_SOCKET_FAMILY_IPV4);
  if (address->sa_family == AF_INET6)
    return g_inet_address_new_from_bytes (
      (const guint8 *) &((const struct sockaddr_in6 *) data)->sin6_addr, G_SOCKET_FAMILY_IPV6);
  return NULL;
}

/* Link-local ones are of no use in a link: each reader would have to add a zone of its own. */
static GInetAddress *
find (const struct ifaddrs *interfaces, GSocketFamily family)
{
  for (const struct ifaddrs *each = interfaces; each != NULL; each = each->ifa_next)
    {
      g_autoptr (GInetAddress) address = NULL;

      if (each->ifa_addr == NULL || (each->ifa_flags & IFF_RUNNING) == 0 ||
          (each->ifa_flags & IFF_LOOPBACK) != 0)
        continue;
      address = make_address (each->ifa_addr);
      if (address != NULL && g_inet_address_get_family (address) == family &&
          !g_inet_address_get_is_link_local (address))
        return g_steal_pointer (&address);
    }
  return NULL;
}

/**
 * stepcast_own_address_find:
 * @family: what is listened to; %G_SOCKET_FAMILY_IPV6 takes IPv4 as well, which is easier to type
 *
 * Returns: (transfer full) (nullable): the first address of this machine that others may reach
 */
GInetAddress *
stepcast_own_address_find (GSocketFamily family)
{
  struct ifaddrs *interfaces = NULL;
  GInetAddress *address;

  if (getifaddrs (&interfaces) != 0)
    {
      g_debug ("The addresses of this machine can't be listed: %s", g_strerror (errno));
      return NULL;
    }

  address = find (interfaces, G_SOCKET_FAMILY_IPV4);
  if (address == NULL && family == G_SOCKET_FAMILY_IPV6)
    address = find (interfaces, G_SOCKET_FAMILY_IPV6);
  freeifaddrs (interfaces);

  return address;
}
