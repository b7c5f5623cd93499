/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-document-slice.h"

G_BEGIN_DECLS

StepcastReadFunc stepcast_stream_input_check (int fd, GError **error);

G_END_DECLS
