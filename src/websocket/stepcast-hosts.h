/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastOrigin:
 * @STEPCAST_ORIGIN_OWN: a page of this server's own
 * @STEPCAST_ORIGIN_ALLOWED: a page elsewhere that the user has allowed
 * @STEPCAST_ORIGIN_FOREIGN: anything else
 *
 * Where a page that asks comes from.
 */
typedef enum
{
  STEPCAST_ORIGIN_OWN,
  STEPCAST_ORIGIN_ALLOWED,
  STEPCAST_ORIGIN_FOREIGN,
} StepcastOrigin;

/**
 * StepcastHosts:
 *
 * The names that a server is reached by, and the pages elsewhere that may ask it. Pure: it knows
 * texts and addresses, and does no I/O.
 */
typedef struct _StepcastHosts StepcastHosts;

char *stepcast_hosts_normalize_host (const char *text);
char *stepcast_hosts_normalize_origin (const char *text);
gboolean stepcast_hosts_is_loopback (const char *host);

StepcastHosts *stepcast_hosts_new (guint16 port, gboolean has_tls);
void stepcast_hosts_free (StepcastHosts *self);

void stepcast_hosts_allow_host (StepcastHosts *self, const char *host);
void stepcast_hosts_allow_origin (StepcastHosts *self, const char *origin);
void stepcast_hosts_allow_embedding (StepcastHosts *self, const char *origin);

guint16 stepcast_hosts_get_port (const StepcastHosts *self);
gboolean stepcast_hosts_has_tls (const StepcastHosts *self);
gboolean stepcast_hosts_allows_origins (const StepcastHosts *self);
const char *stepcast_hosts_get_embedders (const StepcastHosts *self);
gboolean stepcast_hosts_has (const StepcastHosts *self, const char *host, GInetAddress *local);
gboolean stepcast_hosts_has_uri (const StepcastHosts *self, GUri *uri, GInetAddress *local);
StepcastOrigin stepcast_hosts_classify (const StepcastHosts *self,
                                        const char *origin,
                                        const char *host,
                                        GInetAddress *local);
char *stepcast_hosts_make_asked_uri (const StepcastHosts *self, const char *host);
char *
stepcast_hosts_make_uri (const StepcastHosts *self, GInetAddress *address, GInetAddress *outer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastHosts, stepcast_hosts_free)

G_END_DECLS
