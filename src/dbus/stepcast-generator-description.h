/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-registry.h"

G_BEGIN_DECLS

/* What the bus tells of generators: ListGenerators and DescribeGenerator. */

GVariant *stepcast_generator_describe_all (StepcastRegistry *registry);
GVariant *stepcast_generator_describe (StepcastRegistry *registry, StepcastSource *source);

G_END_DECLS
