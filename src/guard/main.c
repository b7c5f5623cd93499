/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Ends what the service's programs have started where the service has died without doing so.
 *
 * It is started by a StepcastGuard, which says on our standard input which process groups there
 * are: a line "+ID" for each that has come, and "-ID" for each that has gone. When the input ends,
 * those that are left are killed: an orderly service has told that all have gone before.
 *
 * Nobody sees what it would print, and it holds nothing of the service's: no terminal, no pipe, no
 * folder. */

/* A sign and a number of 32 bits; no more of a line is kept. */
#define MAX_LINE_BYTES 16

typedef struct
{
  pid_t *ids;
  size_t n_ids;
  size_t size;
} Groups;

typedef struct
{
  char text[MAX_LINE_BYTES];
  size_t length; /* more than there is room for where it was too long */
} Line;

/* Without the memory for one more it can do nothing about it, and is of use for the others. */
static void
add (Groups *groups, pid_t id)
{
  if (groups->n_ids == groups->size)
    {
      size_t size = groups->size > 0 ? 2 * groups->size : 16;
      pid_t *ids = realloc (groups->ids, size * sizeof *ids);

      if (ids == NULL)
        return;
      groups->ids = ids;
      groups->size = size;
    }
  groups->ids[groups->n_ids++] = id;
}

/* However often it was added. */
static void
forget (Groups *groups, pid_t id)
{
  size_t n_left = 0;

  for (size_t i = 0; i < groups->n_ids; i++)
    if (groups->ids[i] != id)
      groups->ids[n_left++] = groups->ids[i];
  groups->n_ids = n_left;
}

static void
kill_all (const Groups *groups)
{
  for (size_t i = 0; i < groups->n_ids; i++)
    kill (-groups->ids[i], SIGKILL);
}

/* Digits and nothing else. 0 and 1 name no group but all sorts of processes.
 *
 * Returns: 0 where it is none */
static pid_t
read_id (const char *digits, size_t length)
{
  long long id = 0;

  for (size_t i = 0; i < length; i++)
    {
      if (digits[i] < '0' || digits[i] > '9')
        return 0;
      id = 10 * id + (digits[i] - '0');
      if (id > INT_MAX)
        return 0;
    }
  return id > 1 ? (pid_t) id : 0;
}

/* What is no such line is not heeded. */
static void
obey (Groups *groups, const Line *line)
{
  pid_t id;

  if (line->length == 0 || line->length > sizeof line->text)
    return;
  id = read_id (line->text + 1, line->length - 1);
  if (id == 0)
    return;

  if (line->text[0] == '+')
    add (groups, id);
  else if (line->text[0] == '-')
    forget (groups, id);
}

static void
take (Groups *groups, Line *line, char byte)
{
  if (byte == '\n')
    {
      obey (groups, line);
      line->length = 0;
    }
  else if (line->length < sizeof line->text)
    line->text[line->length++] = byte;
  else
    line->length = sizeof line->text + 1;
}

/* Until the input ends, one way or the other. A line that was begun then is none. */
static void
listen_to_service (Groups *groups)
{
  Line line = { 0 };
  char bytes[4096];

  for (;;)
    {
      ssize_t n = read (STDIN_FILENO, bytes, sizeof bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return;
      for (ssize_t i = 0; i < n; i++)
        take (groups, &line, bytes[i]);
    }
}

/* Who wants to end us means the service, and we are needed until it has ended. */
static void
ignore_signals (void)
{
  static const int ignored[] = { SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM };

  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
    signal (ignored[i], SIG_IGN);
}

int
main (int argc, char *argv[])
{
  Groups groups = { 0 };

  if (argc > 1)
    {
      fprintf (stderr,
               "Usage: %s\n"
               "Ends what programs of stepcastd leave behind; it is of no use by hand.\n",
               argv[0]);
      return EXIT_FAILURE;
    }

  ignore_signals ();
  setsid (); /* where that was not done for us */
  if (chdir ("/") != 0)
    return EXIT_FAILURE;

  listen_to_service (&groups);
  kill_all (&groups);
  free (groups.ids);
  return EXIT_SUCCESS;
}
