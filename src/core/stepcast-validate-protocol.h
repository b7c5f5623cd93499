/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a StepcastHelperPool and its helper processes say to each other, over the helper's standard
 * input and output. The helper's one argument is the deadline of a request, in milliseconds.
 *
 *   request: one byte, a StepcastValidateOperation; the width of the picture in pixels, 0 for the
 *            frame's own and for a check, and for an image that is decoded the box that it is to
 * fit into; the frame's length; the frame, or the image's file answer:  one byte, a
 * StepcastValidateStatus; the payload's length; the payload: a PNG where a picture was drawn,
 * nothing where a frame was only checked, the width, the height and a byte of grey for each pixel
 * where an image was decoded, a message in UTF-8 where something is wrong
 *
 * Numbers have 32 bits, little-endian. One request at a time; the end of input is the end of the
 * helper. */

#define STEPCAST_VALIDATE_REQUEST_HEADER_BYTES 9
#define STEPCAST_VALIDATE_ANSWER_HEADER_BYTES 5

/* What a person reads; more is noise. */
#define STEPCAST_VALIDATE_MAX_MESSAGE_BYTES 1024

/* Of addresses, for the helper. librsvg takes 1.5 KB for each element: some 200,000 small ones, or
 * 64 MiB of long paths, fit into it. An abort is better than a machine that swaps. */
#define STEPCAST_VALIDATE_ADDRESS_BYTES (512L * 1024 * 1024)

/* A PNG. What is drawn of lines and areas takes a byte for some ten pixels or less, so the largest
 * picture has room; the service keeps the PNG until its reader has it. */
#define STEPCAST_VALIDATE_MAX_PICTURE_BYTES (32 * 1024 * 1024)

/* Of an image that is decoded, before it is made smaller: as RGBA, half of the helper's memory. */
#define STEPCAST_VALIDATE_MAX_IMAGE_PIXELS (64 * 1024 * 1024)

/* How wide and how high a decoded image is to be at most, in one number. */
#define STEPCAST_VALIDATE_MAKE_BOX(width, height) (((guint32) (height) << 16) | (guint32) (width))
#define STEPCAST_VALIDATE_GET_BOX_WIDTH(box) ((box) &0xffff)
#define STEPCAST_VALIDATE_GET_BOX_HEIGHT(box) ((box) >> 16)

typedef enum
{
  STEPCAST_VALIDATE_CHECK = 0,  /* load the frame */
  STEPCAST_VALIDATE_DRAW = 1,   /* and draw it */
  STEPCAST_VALIDATE_DECODE = 2, /* a PNG or JPEG file; see stepcast-image.c */
} StepcastValidateOperation;

typedef enum
{
  STEPCAST_VALIDATE_GOOD = 0,
  STEPCAST_VALIDATE_BAD = 1,
  STEPCAST_VALIDATE_LATE = 2,      /* the deadline passed while it was read */
  STEPCAST_VALIDATE_TOO_LARGE = 3, /* the picture */
} StepcastValidateStatus;

/* Processor seconds that one request may take before the kernel kills the helper: more than the
 * deadline, which comes first where anybody still looks at the clock. */
static inline guint
stepcast_validate_get_cpu_seconds (guint deadline_ms)
{
  return deadline_ms / 1000 + 3;
}

G_END_DECLS
