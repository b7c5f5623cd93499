/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "stepcast-document-splitter.h"

/* The input's first byte seeds how the rest is cut into chunks. Whatever it is, cut or whole must
 * give the same documents and the same error; what was handed out must be UTF-8 and be accepted
 * again as one document. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct
{
  GPtrArray *documents;
  GError *error;
} Result;

static void
result_clear (Result *result)
{
  g_ptr_array_unref (result->documents);
  g_clear_error (&result->error);
}

static gsize
choose_chunk (guint32 *state, gsize left)
{
  *state = *state * 1664525u + 1013904223u;
  return MIN (left, 1 + ((*state >> 16) & ((*state >> 12) & 1 ? 3 : 63)));
}

/* A @seed of 0 pushes all at once. */
static Result
split (const char *text, gsize length, guint32 seed)
{
  const StepcastDocumentLimits limits = { .max_bytes = 600, .max_elements = 20 };
  g_autoptr (StepcastDocumentSplitter) splitter = stepcast_document_splitter_new (&limits);
  Result result = { g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref), NULL };
  gboolean success = TRUE;
  GBytes *document;

  for (gsize i = 0; i < length && success;)
    {
      const gsize n = seed == 0 ? length : choose_chunk (&seed, length - i);
      g_autofree char *chunk = g_memdup2 (text + i, n);

      success = stepcast_document_splitter_push (splitter, chunk, n, &result.error);
      i += n;
    }
  if (success)
    stepcast_document_splitter_finish (splitter, &result.error);
  while ((document = stepcast_document_splitter_pop (splitter)) != NULL)
    g_ptr_array_add (result.documents, document);

  return result;
}

/* Without what is quoted, which may be less when less was there, and what follows it. */
static char *
cut_quotes (const char *message)
{
  const char *found = strstr (message, ": found “");
  const char *at = strstr (message, " (at “");
  const char *end = message + strlen (message);

  end = found != NULL ? MIN (end, found) : end;
  end = at != NULL ? MIN (end, at) : end;
  return g_strndup (message, (gsize) (end - message));
}

static void
compare_errors (const GError *a, const GError *b)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  g_assert_cmpint (a == NULL, ==, b == NULL);
  if (a == NULL)
    return;

  g_assert_true (g_utf8_validate (a->message, -1, NULL));
  g_assert_cmpint (a->code, ==, b->code);
  first = cut_quotes (a->message);
  second = cut_quotes (b->message);
  g_assert_cmpstr (first, ==, second);
}

static void
check_document (GBytes *document)
{
  gsize length;
  const char *data = g_bytes_get_data (document, &length);
  Result again = split (data, length, 0);

  g_assert_true (g_utf8_validate_len (data, length, NULL));
  g_assert_no_error (again.error);
  g_assert_cmpuint (again.documents->len, ==, 1);
  g_assert_true (g_bytes_equal (again.documents->pdata[0], document));
  result_clear (&again);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Result whole;
  Result cut;

  if (size < 1)
    return 0;

  whole = split ((const char *) data + 1, size - 1, 0);
  cut = split ((const char *) data + 1, size - 1, 1u + data[0]);

  compare_errors (whole.error, cut.error);
  g_assert_cmpuint (whole.documents->len, ==, cut.documents->len);
  for (guint i = 0; i < whole.documents->len; i++)
    {
      g_assert_true (g_bytes_equal (whole.documents->pdata[i], cut.documents->pdata[i]));
      check_document (whole.documents->pdata[i]);
    }

  result_clear (&whole);
  result_clear (&cut);
  return 0;
}
