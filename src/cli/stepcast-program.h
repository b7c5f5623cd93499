/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastProgram:
 * @argv: what the service is to run
 * @cwd: the folder to run it in
 * @environment: its variables, an `a{ss}`
 *
 * A program as it was typed, made what means the same elsewhere.
 */
typedef struct
{
  char **argv;
  char *cwd;
  GVariant *environment;
} StepcastProgram;

StepcastProgram *
stepcast_program_new (char **argv, const char *cwd, char **assignments, GError **error);
void stepcast_program_free (StepcastProgram *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastProgram, stepcast_program_free)

G_END_DECLS
