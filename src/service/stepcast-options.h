/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * StepcastOptions:
 * @address: (nullable): where to listen; %NULL for loopback
 * @port: on which port; 0 for any free one
 * @is_open: no token is asked for
 * @n_workers: how many slices run at once; 0 for one a processor
 * @is_validated: our own frames are loaded by librsvg before anyone sees them
 * @default_generator: (nullable): what is meant where none is named
 * @uses_pty: the program's output is a terminal
 * @argv: (nullable): a program, and its arguments
 *
 * What the command line asks for.
 */
typedef struct
{
  GInetAddress *address;
  guint16 port;
  gboolean is_open;
  guint n_workers;
  gboolean is_validated;
  char *default_generator;
  gboolean uses_pty;
  char **argv;
} StepcastOptions;

StepcastOptions *
stepcast_options_parse (int argc, char *argv[], gboolean *wants_version, GError **error);
void stepcast_options_free (StepcastOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastOptions, stepcast_options_free)

G_END_DECLS
