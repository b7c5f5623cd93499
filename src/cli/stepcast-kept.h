/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastKeptChange:
 * @step: the first step that uses it, at least 2
 * @assignments: (array zero-terminated=1): NAME=VALUE each
 */
typedef struct
{
  guint64 step;
  char **assignments;
} StepcastKeptChange;

/**
 * StepcastKept:
 * @service: the version of the service that has computed it
 * @generator: whose picture it is
 * @step: the step that it shows, at least 1
 * @assignments: (array zero-terminated=1): the parameters at the beginning, NAME=VALUE each
 * @missing: (array zero-terminated=1): parameters whose value was a file, which is not in it
 * @changes: (element-type StepcastKeptChange): what was set later, by ascending steps
 *
 * What a picture that was kept says of how it was computed.
 */
typedef struct
{
  char *service;
  char *generator;
  guint64 step;
  char **assignments;
  char **missing;
  GArray *changes;
} StepcastKept;

StepcastKept *stepcast_kept_read (const char *path, GError **error);
StepcastKept *stepcast_kept_parse (const char *text, GError **error);
void stepcast_kept_free (StepcastKept *self);

gboolean stepcast_kept_override (StepcastKept *self, char **assignments, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastKept, stepcast_kept_free)

G_END_DECLS
