/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastRole:
 * @STEPCAST_ROLE_NONE: none: whoever has it gets nothing
 * @STEPCAST_ROLE_VIEW: may look
 * @STEPCAST_ROLE_CONTROL: may look and steer
 *
 * What somebody from the web may do.
 */
typedef enum
{
  STEPCAST_ROLE_NONE,
  STEPCAST_ROLE_VIEW,
  STEPCAST_ROLE_CONTROL,
} StepcastRole;

#define STEPCAST_TYPE_LINKS (stepcast_links_get_type ())

G_DECLARE_INTERFACE (StepcastLinks, stepcast_links, STEPCAST, LINKS, GObject)

/**
 * StepcastLinksInterface:
 * @get_address: where the web reaches us: an absolute URL that ends with a slash
 * @get_link: a page to open: of the session with this name or, for %NULL, of a new one
 * @get_frame_url: the present picture of the session with this name
 *
 * Whoever knows the addresses by which the web reaches sessions; so that the bus can hand them out
 * and need not know who serves them. All on the main context.
 */
struct _StepcastLinksInterface
{
  GTypeInterface parent_interface;

  char *(*get_address) (StepcastLinks *self);
  char *(*get_link) (StepcastLinks *self, const char *session, StepcastRole role);
  char *(*get_frame_url) (StepcastLinks *self, const char *session);
};

char *stepcast_links_get_address (StepcastLinks *self);
char *stepcast_links_get_link (StepcastLinks *self, const char *session, StepcastRole role);
char *stepcast_links_get_frame_url (StepcastLinks *self, const char *session);

G_END_DECLS
