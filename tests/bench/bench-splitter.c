/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stepcast-document-splitter.h"

/* How fast a stream of documents is split and checked: processor time of one thread, reading as a
 * slice does. Usage: bench-splitter [SECONDS A ROW] */

#define CHUNK_BYTES (64 * 1024)
#define HEAD "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"600\">\n"
#define DOCUMENT_BYTES (100 * 1000)

static double
get_cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static double
draw_number (GRand *random)
{
  return g_rand_double_range (random, 0, 800);
}

/* Ten paths of some 10 KB; matplotlib puts newlines into them. */
static char *
make_paths (GRand *random, const char *separator)
{
  GString *text = g_string_new (HEAD);

  while (text->len < DOCUMENT_BYTES)
    {
      const gsize begin = text->len;

      g_string_append (text, "<path fill=\"none\" stroke=\"#123456\" d=\"M0 0");
      while (text->len < begin + 10000)
        g_string_append_printf (text, "%sL%.2f %.2f", separator, draw_number (random),
                                draw_number (random));
      g_string_append (text, "\"/>\n");
    }
  g_string_append (text, "</svg>\n");

  return g_string_free (text, FALSE);
}

static char *
make_circles (GRand *random)
{
  GString *text = g_string_new (HEAD);

  while (text->len < DOCUMENT_BYTES)
    g_string_append_printf (text, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\" fill=\"#%06x\"/>\n",
                            draw_number (random), draw_number (random), draw_number (random),
                            g_rand_int (random) & 0xffffff);
  g_string_append (text, "</svg>\n");

  return g_string_free (text, FALSE);
}

static char *
make_groups (void)
{
  GString *text = g_string_new (HEAD);

  while (text->len < DOCUMENT_BYTES)
    g_string_append (text, "<g/>");
  g_string_append (text, "</svg>\n");

  return g_string_free (text, FALSE);
}

static guint64
read_once (StepcastDocumentSplitter *splitter, const char *stream, gsize length)
{
  guint64 n_documents = 0;

  for (gsize i = 0; i < length; i += CHUNK_BYTES)
    {
      g_autoptr (GError) error = NULL;
      GBytes *document;

      if (!stepcast_document_splitter_push (splitter, stream + i, MIN (CHUNK_BYTES, length - i),
                                            &error))
        g_error ("%s", error->message);
      while ((document = stepcast_document_splitter_pop (splitter)) != NULL)
        {
          n_documents++;
          g_bytes_unref (document);
        }
    }

  return n_documents;
}

/* Returns megabytes (10^6) a second. */
static double
measure (const char *name, const char *document, double seconds)
{
  g_autoptr (StepcastDocumentSplitter) splitter = stepcast_document_splitter_new (NULL);
  g_autoptr (GString) stream = g_string_new (NULL);
  guint64 n_bytes = 0;
  guint64 n_documents = 0;
  double begin;
  double spent;
  double rate;

  while (stream->len < 4 * 1000 * 1000)
    g_string_append (stream, document);

  begin = get_cpu_seconds ();
  do
    {
      n_documents += read_once (splitter, stream->str, stream->len);
      n_bytes += stream->len;
      spent = get_cpu_seconds () - begin;
    }
  while (spent < seconds);

  rate = (double) n_bytes / spent / 1e6;
  g_print ("%-16s %8.1f MB/s  %8.1f µs a document of %" G_GSIZE_FORMAT " bytes\n", name, rate,
           spent / (double) n_documents * 1e6, strlen (document));
  return rate;
}

int
main (int argc, char *argv[])
{
  const double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 1;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree char *paths = make_paths (random, " ");
  g_autofree char *lines = make_paths (random, " \n");
  g_autofree char *circles = make_circles (random);
  g_autofree char *groups = make_groups ();
  const double paths_rate = measure ("paths", paths, seconds);
  const double lines_rate = measure ("paths in lines", lines, seconds);
  const double circles_rate = measure ("circles", circles, seconds);
  const double groups_rate = measure ("empty groups", groups, seconds);
  const double tiny_rate = measure ("tiny", HEAD "<g/></svg>\n", seconds);

  g_print ("RESULT {\"row\":\"splitter\",\"unit\":\"MB/s\",\"paths\":%.1f,\"paths_in_lines\":%.1f,"
           "\"circles\":%.1f,\"empty_groups\":%.1f,\"tiny\":%.1f}\n",
           paths_rate, lines_rate, circles_rate, groups_rate, tiny_rate);
  return EXIT_SUCCESS;
}
