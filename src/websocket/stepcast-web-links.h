/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-access.h"

G_BEGIN_DECLS

/* The links to what the server serves, from where it is reached and the tokens that it takes. */

char *stepcast_web_links_make_page (const char *base_uri,
                                    const StepcastAccess *access,
                                    const char *session,
                                    StepcastRole role);
char *stepcast_web_links_make_still (const char *base_uri,
                                     const StepcastAccess *access,
                                     const char *session);

G_END_DECLS
