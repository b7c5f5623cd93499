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

void stepcast_parameter_set_unit (GParamSpec *pspec, const char *unit);
const char *stepcast_parameter_get_unit (GParamSpec *pspec);
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
GVariant *stepcast_parameters_merge (GVariant *values, GVariant *changes);
void stepcast_parameters_apply (GObject *generator, GVariant *values);
GObject *stepcast_parameters_construct (GType generator_type, GVariant *values);

G_END_DECLS
