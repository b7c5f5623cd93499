/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A parameter is a readable and writable property that a generator's class adds to
 * StepcastGenerator: its GParamSpec is the one description that the page, the bus and the command
 * line share. A set of values is a GVariant `a{sv}`: immutable, and readable by any thread. */

GParamSpec **stepcast_parameters_list (GType generator_type, guint *n_parameters);
GParamSpec *stepcast_parameters_find (GType generator_type, const char *name, GError **error);

/**
 * StepcastFileRule:
 * @accept: (array zero-terminated=1) (nullable): patterns of MIME types; %NULL accepts all
 * @max_bytes: the longest file, at most %STEPCAST_FILE_MAX_BYTES; 0 for that
 *
 * What a parameter takes that is a file. Static.
 */
typedef struct
{
  const char *const *accept;
  gsize max_bytes;
} StepcastFileRule;

void stepcast_parameter_set_unit (GParamSpec *pspec, const char *unit);
const char *stepcast_parameter_get_unit (GParamSpec *pspec);
void stepcast_parameter_set_color (GParamSpec *pspec);
gboolean stepcast_parameter_is_color (GParamSpec *pspec);
void stepcast_parameter_set_multiline (GParamSpec *pspec);
gboolean stepcast_parameter_is_multiline (GParamSpec *pspec);
void stepcast_parameter_set_file_rule (GParamSpec *pspec, const StepcastFileRule *rule);
gboolean stepcast_parameter_is_file (GParamSpec *pspec);
const char *const *stepcast_parameter_get_accept (GParamSpec *pspec);
gsize stepcast_parameter_get_max_bytes (GParamSpec *pspec);
gboolean stepcast_parameter_is_live (GParamSpec *pspec);
char *stepcast_parameter_describe_range (GParamSpec *pspec);
const char *stepcast_parameter_get_type_name (GParamSpec *pspec);
char **stepcast_parameter_list_choices (GParamSpec *pspec);
gboolean stepcast_parameter_get_bounds (GParamSpec *pspec, GVariant **minimum, GVariant **maximum);
GVariant *stepcast_parameter_get_default (GParamSpec *pspec);

GVariant *stepcast_parameter_parse (GParamSpec *pspec, const char *text, GError **error);
GVariant *stepcast_parameter_convert (GParamSpec *pspec, GVariant *value, GError **error);

GVariant *stepcast_parameters_check (GType generator_type, GVariant *values, GError **error);
GVariant *stepcast_parameters_defaults (GType generator_type);
GVariant *stepcast_parameters_summarize (GVariant *values);
GVariant *stepcast_parameters_merge (GVariant *values, GVariant *changes);
void stepcast_parameters_apply (GObject *generator, GVariant *values);
GObject *stepcast_parameters_construct (GType generator_type, GVariant *values);

G_END_DECLS
