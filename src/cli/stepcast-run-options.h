/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "stepcast-kept.h"
#include "stepcast-program.h"

G_BEGIN_DECLS

/**
 * StepcastRunOptions:
 * @generator: (nullable): what is to be run, where it is a generator; %NULL for the default one
 * @assignments: (array zero-terminated=1): its parameters, NAME=VALUE each
 * @program: (nullable): what is to be run, where it is a program
 * @kept: (nullable): the picture that is to be computed again
 * @is_stream: whether documents come through standard input
 * @session_options: an `a{sv}`: what the session is to be, but for the parameters
 * @is_opened: in the browser, too
 * @is_detached: it runs on when the command has ended
 * @is_kept: the session stays when the command ends
 * @wants_json: for machines
 * @output: (nullable): where the last picture is to be kept
 * @n_steps: after how many steps it is to be stopped; 0 for never
 * @last_step: with @kept, where it is to be paused, or stopped
 *
 * What the command line of `stepcast run` asks for.
 */
typedef struct
{
  char *generator;
  char **assignments;
  StepcastProgram *program;
  StepcastKept *kept;
  gboolean is_stream;
  GVariant *session_options;
  gboolean is_opened;
  gboolean is_detached;
  gboolean is_kept;
  gboolean wants_json;
  char *output;
  guint64 n_steps;
  guint64 last_step;
} StepcastRunOptions;

StepcastRunOptions *stepcast_run_options_parse (char **argv, GError **error);
void stepcast_run_options_free (StepcastRunOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastRunOptions, stepcast_run_options_free)

G_END_DECLS
