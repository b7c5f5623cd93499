/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-run.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SOURCE (stepcast_source_get_type ())

G_DECLARE_DERIVABLE_TYPE (StepcastSource, stepcast_source, STEPCAST, SOURCE, GObject)

/**
 * StepcastSourceClass:
 * @kind: what sort of source it is, on the wire: "generator", "program" or "stream"; static
 * @summary: (nullable): one line for people, an N_() string, where its generator type has none
 * @create_run: begins a run with checked parameters; it does nothing before it is told to proceed
 *
 * Where a session's frames come from: a built-in generator, an external
 * program, or a stream that somebody has opened. Immutable, and shared by any number of sessions;
 * but a stream can be read only once.
 */
struct _StepcastSourceClass
{
  GObjectClass parent_class;

  const char *kind;
  const char *summary;

  StepcastRun *(*create_run) (StepcastSource *self, guint number, GVariant *parameters);
};

const char *stepcast_source_get_name (StepcastSource *self);
const char *stepcast_source_get_kind (StepcastSource *self);
const char *stepcast_source_get_summary (StepcastSource *self);
GType stepcast_source_get_generator_type (StepcastSource *self);

StepcastRun *stepcast_source_create_run (StepcastSource *self, guint number, GVariant *parameters);

G_END_DECLS
