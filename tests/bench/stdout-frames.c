/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What websocketd runs for each viewer: waits for a line, then prints one prebuilt frame a line, as
 * fast as the pipe takes it, until the pipe is gone. */

static int
write_all (const char *bytes, size_t size)
{
  while (size > 0)
    {
      ssize_t n = write (STDOUT_FILENO, bytes, size);

      if (n < 0 && errno != EINTR)
        return 0;
      bytes += n > 0 ? n : 0;
      size -= n > 0 ? (size_t) n : 0;
    }
  return 1;
}

int
main (int argc, char *argv[])
{
  size_t size = argc == 2 ? strtoul (argv[1], NULL, 10) : 0;
  char command[64];
  char *line;

  if (size == 0 || fgets (command, sizeof command, stdin) == NULL)
    return EXIT_FAILURE;
  line = malloc (size + 1);
  if (line == NULL)
    return EXIT_FAILURE;
  memset (line, '<', size);
  line[size] = '\n';
  while (write_all (line, size + 1))
    ;
  free (line);
  return EXIT_SUCCESS;
}
