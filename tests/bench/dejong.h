/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stddef.h>

/* 750 points of at most 14 bytes, and the elements around them. */
#define DEJONG_SVG_MAX 16384

size_t dejong_step (double state[2], unsigned int iterations, char *out);
