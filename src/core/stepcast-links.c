/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-links.h"

G_DEFINE_INTERFACE (StepcastLinks, stepcast_links, G_TYPE_OBJECT)

static void
stepcast_links_default_init (StepcastLinksInterface *iface)
{
  /**
   * StepcastLinks:address:
   *
   * As stepcast_links_get_address() has it; empty until the web can reach us.
   */
  g_object_interface_install_property (iface, g_param_spec_string ("address", NULL, NULL, "",
                                                                   G_PARAM_READABLE |
                                                                     G_PARAM_EXPLICIT_NOTIFY |
                                                                     G_PARAM_STATIC_STRINGS));
}

/**
 * stepcast_links_get_address:
 * @self: who knows
 *
 * Returns: (transfer full): where the web reaches us, such as `http://127.0.0.1:8347/`
 */
char *
stepcast_links_get_address (StepcastLinks *self)
{
  g_return_val_if_fail (STEPCAST_IS_LINKS (self), NULL);

  return STEPCAST_LINKS_GET_IFACE (self)->get_address (self);
}

/**
 * stepcast_links_get_link:
 * @self: who knows
 * @session: (nullable): a session's name; %NULL for the page that opens a new one
 * @role: what the link is to allow: %STEPCAST_ROLE_VIEW or %STEPCAST_ROLE_CONTROL
 *
 * Returns: (transfer full): what to open in a browser; it has a token
 */
char *
stepcast_links_get_link (StepcastLinks *self, const char *session, StepcastRole role)
{
  g_return_val_if_fail (STEPCAST_IS_LINKS (self), NULL);

  return STEPCAST_LINKS_GET_IFACE (self)->get_link (self, session, role);
}

/**
 * stepcast_links_get_frame_url:
 * @self: who knows
 * @session: a session's name
 *
 * Returns: (transfer full): where its present picture can be got; it has a token that may only look
 */
char *
stepcast_links_get_frame_url (StepcastLinks *self, const char *session)
{
  g_return_val_if_fail (STEPCAST_IS_LINKS (self), NULL);

  return STEPCAST_LINKS_GET_IFACE (self)->get_frame_url (self, session);
}
