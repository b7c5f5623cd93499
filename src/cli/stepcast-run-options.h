/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "stepcast-program.h"

G_BEGIN_DECLS

/**
 * StepcastRunOptions:
 * @generator: (nullable): what is to be run, where it is a generator; %NULL for the default one
 * @assignments: (array zero-terminated=1): its parameters, NAME=VALUE each
 * @program: (nullable): what is to be run, where it is a program
 * @is_stream: whether documents come through standard input
 * @session_options: an `a{sv}`: what the session is to be, but for the parameters
 * @is_opened: in the browser, too
 * @is_detached: it runs on when the command has ended
 * @is_kept: the session stays when the command ends
 * @wants_json: for machines
 * @output: (nullable): where the last picture is to be kept
 * @n_steps: after how many steps it is to be stopped; 0 for never
 *
 * What the command line of `stepcast run` asks for.
 */
typedef struct
{
  char *generator;
  char **assignments;
  StepcastProgram *program;
  gboolean is_stream;
  GVariant *session_options;
  gboolean is_opened;
  gboolean is_detached;
  gboolean is_kept;
  gboolean wants_json;
  char *output;
  guint n_steps;
} StepcastRunOptions;

StepcastRunOptions *stepcast_run_options_parse (char **argv, GError **error);
void stepcast_run_options_free (StepcastRunOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRunOptions, stepcast_run_options_free)

G_END_DECLS
