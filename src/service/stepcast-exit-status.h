/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/**
 * StepcastExitStatus:
 * @STEPCAST_EXIT_OK: it was told to end, or had nothing to do any more
 * @STEPCAST_EXIT_FAILURE: it can't do its work: the port is taken, a file can't be read
 * @STEPCAST_EXIT_USAGE: the command line is wrong
 * @STEPCAST_EXIT_NAME_TAKEN: another stepcastd has the name on this bus, and was not disturbed
 *
 * What stepcastd exits with. The unit file and the manual page know these numbers.
 */
typedef enum
{
  STEPCAST_EXIT_OK = 0,
  STEPCAST_EXIT_FAILURE = 1,
  STEPCAST_EXIT_USAGE = 2,
  STEPCAST_EXIT_NAME_TAKEN = 3,
} StepcastExitStatus;
