/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-suggest.h"

#include <string.h>

#include <glib/gi18n.h>

/* Names are short: nobody meant one by a longer word than this. */
#define MAX_BYTES 64

/* How many letters have to be added, removed, replaced, or exchanged with the next (Damerau and
 * Levenshtein, optimal string alignment). */
static guint
get_distance (const char *a, const char *b)
{
  gsize n = strlen (b);
  guint rows[3][MAX_BYTES + 1];
  guint *above = rows[0];
  guint *row = rows[1];
  guint *before = rows[2]; /* the one above that one */

  for (gsize j = 0; j <= n; j++)
    above[j] = (guint) j;

  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint *oldest = before;

      row[0] = (guint) i;
      for (gsize j = 1; j <= n; j++)
        {
          row[j] = MIN (above[j - 1] + (a[i - 1] != b[j - 1]), MIN (above[j], row[j - 1]) + 1);
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], before[j - 2] + 1);
        }
      before = above;
      above = row;
      row = oldest;
    }

  return above[n];
}

/**
 * stepcast_suggest:
 * @word: what somebody typed, whatever it is
 * @candidates: (array zero-terminated=1): what there is
 *
 * Returns: (transfer none) (nullable): the one of @candidates that was meant, probably
 */
const char *
stepcast_suggest (const char *word, const char *const *candidates)
{
  gsize length = strlen (word);
  const char *best = NULL;
  guint best_distance = (guint) MAX (length / 3, 1) + 1;

  if (length == 0 || length > MAX_BYTES)
    return NULL;

  for (guint i = 0; candidates[i] != NULL; i++)
    {
      guint distance;

      if (strlen (candidates[i]) > MAX_BYTES)
        continue;
      distance = get_distance (word, candidates[i]);
      if (distance > 1 && length >= 2 && g_str_has_prefix (candidates[i], word))
        distance = 1;
      if (distance < best_distance)
        {
          best = candidates[i];
          best_distance = distance;
        }
    }

  return best;
}

/**
 * stepcast_suggest_sentence:
 * @word: what somebody typed, whatever it is
 * @candidates: (array zero-terminated=1): what there is
 *
 * Returns: (transfer full): "\nDid you mean …?", or nothing
 */
char *
stepcast_suggest_sentence (const char *word, const char *const *candidates)
{
  const char *suggestion = stepcast_suggest (word, candidates);

  if (suggestion == NULL)
    return g_strdup ("");
  /* TRANSLATORS: it follows another message, in a line of its own */
  return g_strdup_printf (_ ("\nDid you mean “%s”?"), suggestion);
}
