/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "dejong.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The yardstick's step as people bring it to Python by ctypes, which lets go of the interpreter's
 * lock around the call: the de Jong map, and what it passed drawn as one path. */

#define A 1.4
#define B -2.3
#define C 2.4
#define D -2.1

#define POINTS 750

/* Both coordinates of the map stay within -2..2. */
static double
to_picture (double value)
{
  return (value + 2.0) * 100.0;
}

/**
 * dejong_step:
 * @state: x and y, kept between steps
 * @out: at least DEJONG_SVG_MAX bytes
 *
 * Returns: the size of the SVG document in @out, without its NUL
 */
size_t
dejong_step (double state[2], unsigned int iterations, char *out)
{
  double x = state[0];
  double y = state[1];
  unsigned int every = iterations < POINTS ? 1 : iterations / POINTS;
  size_t used;

  used = (size_t) sprintf (out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 400\">"
                                "<path fill=\"none\" stroke=\"black\" d=\"M");
  for (unsigned int i = 0; i < iterations; i++)
    {
      double next_x = sin (A * y) - cos (B * x);

      y = sin (C * x) - cos (D * y);
      x = next_x;
      if (i % every == 0 && i / every < POINTS)
        used += (size_t) sprintf (out + used, "%.2f %.2f ", to_picture (x), to_picture (y));
    }
  used += (size_t) sprintf (out + used, "\"/></svg>");
  state[0] = x;
  state[1] = y;
  return used;
}
