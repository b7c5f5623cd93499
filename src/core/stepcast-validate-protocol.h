/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What StepcastValidator and its helper process say to each other, over the helper's standard
 * input and output. The helper's one argument is the deadline of a frame, in milliseconds.
 *
 *   request: the frame's length, 32 bits, little-endian; the frame
 *   answer:  one byte, a StepcastValidateStatus; the message's length, 32 bits, little-endian; the
 *            message, UTF-8, which is empty where the frame is good
 *
 * One request at a time; the end of input is the end of the helper. */

#define STEPCAST_VALIDATE_REQUEST_HEADER_BYTES 4
#define STEPCAST_VALIDATE_ANSWER_HEADER_BYTES 5

/* What a person reads; more is noise. */
#define STEPCAST_VALIDATE_MAX_MESSAGE_BYTES 1024

/* Of addresses, for the helper. librsvg takes 1.5 KB for each element: some 200,000 small ones, or
 * 64 MiB of long paths, fit into it. An abort is better than a machine that swaps. */
#define STEPCAST_VALIDATE_ADDRESS_BYTES (512L * 1024 * 1024)

/* Processor seconds that one frame may take before the kernel kills the helper: more than any
 * deadline, which comes first where the helper still reads. */
#define STEPCAST_VALIDATE_CPU_SECONDS 5

typedef enum
{
  STEPCAST_VALIDATE_GOOD = 0,
  STEPCAST_VALIDATE_BAD = 1,
  STEPCAST_VALIDATE_LATE = 2, /* the deadline passed while it was read */
} StepcastValidateStatus;

G_END_DECLS
