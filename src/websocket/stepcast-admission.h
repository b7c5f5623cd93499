/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

#include "stepcast-gate.h"
#include "stepcast-uploads.h"

G_BEGIN_DECLS

/* What becomes of a request when its headers have come, and before its body has. */

void stepcast_admission_decide (SoupServerMessage *message,
                                const StepcastGate *gate,
                                StepcastUploads *uploads);

G_END_DECLS
