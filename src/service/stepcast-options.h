/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "stepcast-compress.h"

G_BEGIN_DECLS

/* More threads than this are a mistake of typing. */
#define STEPCAST_MAX_WORKERS 1024

/* A week: who means longer means never. */
#define STEPCAST_MAX_IDLE_SECONDS 604800

/* What 16 bits count, as ports are. */
#define STEPCAST_MAX_MAX_VIEWERS 65536

/**
 * StepcastOptions:
 * @address: (nullable): where to listen
 * @allow_hosts: (nullable): by which names it is reached, too
 * @allow_origins: (nullable): which pages elsewhere may ask
 * @allow_embedding: (nullable): which pages elsewhere may show ours within them
 * @tls_certificate: (nullable): a file; with it, TLS is spoken
 * @tls_key: (nullable): another one, if the key is not in that
 * @has_port: @port is given
 * @port: on which port; 0 for any free one
 * @is_open: no token is asked for
 * @has_n_workers: @n_workers is given
 * @n_workers: how many slices run at once; 0 for one a processor
 * @has_validate: @is_validated is given
 * @is_validated: our own frames are loaded by librsvg before anyone sees them
 * @has_compress: @compress is given
 * @compress: for whom pictures are compressed
 * @has_max_viewers: @max_viewers is given
 * @max_viewers: how many there may be
 * @has_ping_seconds: @ping_seconds is given
 * @ping_seconds: when a silent viewer is asked whether it is there; 0 for never
 * @default_generator: (nullable): what is meant where none is named
 * @uses_pty: the program's output is a terminal
 * @is_off_bus: stays off the session bus
 * @is_activated: was started because somebody called it
 * @has_idle_timeout: @idle_timeout_ms is given
 * @idle_timeout_ms: it ends when nobody has needed it for so long; 0 for never
 * @argv: (nullable): a program, and its arguments
 *
 * What the command line asks for, and nothing else: #StepcastSettings knows what holds.
 */
typedef struct
{
  GInetAddress *address;
  GStrv allow_hosts;
  GStrv allow_origins;
  GStrv allow_embedding;
  char *tls_certificate;
  char *tls_key;
  gboolean has_port;
  guint16 port;
  gboolean is_open;
  gboolean has_n_workers;
  guint n_workers;
  gboolean has_validate;
  gboolean is_validated;
  gboolean has_compress;
  StepcastCompress compress;
  gboolean has_max_viewers;
  guint max_viewers;
  gboolean has_ping_seconds;
  guint ping_seconds;
  char *default_generator;
  gboolean uses_pty;
  gboolean is_off_bus;
  gboolean is_activated;
  gboolean has_idle_timeout;
  guint idle_timeout_ms;
  char **argv;
} StepcastOptions;

StepcastOptions *
stepcast_options_parse (int argc, char *argv[], gboolean *wants_version, GError **error);
void stepcast_options_free (StepcastOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastOptions, stepcast_options_free)

G_END_DECLS
