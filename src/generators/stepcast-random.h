/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastRandom:
 *
 * SplitMix64 (Guy Steele, Doug Lea and Christine Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014; the constants are those of Sebastiano Vigna's splitmix64.c, which is
 * in the public domain). It takes a whole 64-bit seed, any value is a good one, and the numbers
 * are the same on every machine for ever: a frame must come out of its seed again. GRand is not
 * used because G_RANDOM_VERSION in the environment changes its numbers.
 */
typedef struct
{
  guint64 state;
} StepcastRandom;

static inline void
stepcast_random_init (StepcastRandom *self, guint64 seed)
{
  self->state = seed;
}

static inline guint64
stepcast_random_next (StepcastRandom *self)
{
  guint64 z = self->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* From @low up to, but not including, @high. */
static inline double
stepcast_random_range (StepcastRandom *self, double low, double high)
{
  return low + (high - low) * ((double) (stepcast_random_next (self) >> 11) * 0x1p-53);
}

G_END_DECLS
