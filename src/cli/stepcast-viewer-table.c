/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-viewer-table.h"

#include <inttypes.h>

#include <glib/gi18n.h>

#include "stepcast-output.h"
#include "stepcast-session-text.h"

/* Who looks at a session, one a line. What the service does not tell of somebody, because it does
 * not know it or is older than this, is a dash. */

enum
{
  NUMBER,
  WHO,
  ROLE,
  DELIVERY,
  SPEED,
  SENT,
  MISSED,
  BACKLOG,
  ROUND_TRIP,
  N_COLUMNS
};

typedef char *Row[N_COLUMNS];

static char *
new_dash (void)
{
  return g_strdup (stepcast_output_is_utf8 () ? "–" : "-");
}

/* Texts of the service, which are the words that are typed, too. */
static char *
format_word (GVariant *viewer, const char *key)
{
  const char *word;

  return g_variant_lookup (viewer, key, "&s", &word) ? stepcast_output_escape (word) : new_dash ();
}

static char *
format_count (GVariant *viewer, const char *key)
{
  guint64 count;

  return g_variant_lookup (viewer, key, "t", &count) ? g_strdup_printf ("%" PRIu64, count) :
                                                       new_dash ();
}

static char *
format_backlog (GVariant *viewer)
{
  guint64 n_bytes;

  if (!g_variant_lookup (viewer, "backlog-bytes", "t", &n_bytes))
    return new_dash ();
  if (n_bytes < 1024)
    return g_strdup_printf ("%" PRIu64 " B", n_bytes);
  if (n_bytes < 1024 * 1024)
    return g_strdup_printf ("%.0f KiB", (double) n_bytes / 1024);
  return g_strdup_printf ("%.1f MiB", (double) n_bytes / (1024 * 1024));
}

static char *
format_speed (GVariant *viewer)
{
  double speed;

  return g_variant_lookup (viewer, "frames-per-second", "d", &speed) ?
           stepcast_session_text_format_rate (speed) :
           new_dash ();
}

static char *
format_round_trip (GVariant *viewer)
{
  double seconds;

  return g_variant_lookup (viewer, "round-trip-seconds", "d", &seconds) ?
           stepcast_session_text_format_seconds (seconds) :
           new_dash ();
}

static char *
format_who (GVariant *viewer)
{
  g_autofree char *kind = format_word (viewer, "kind");
  gboolean is_away = FALSE;
  const char *shown = kind;

  if (g_str_equal (kind, "browser"))
    /* TRANSLATORS: who looks at a session: a page in a browser */
    shown = _ ("browser");
  else if (g_str_equal (kind, "websocket"))
    shown = "WebSocket";
  else if (g_str_equal (kind, "http"))
    shown = "HTTP";

  g_variant_lookup (viewer, "away", "b", &is_away);
  if (!is_away)
    return g_strdup (shown);
  /* TRANSLATORS: a viewer that has lost its connection, and may still come back; %s is “browser” */
  return g_strdup_printf (_ ("%s, away"), shown);
}

static void
fill_row (Row row, GVariant *viewer)
{
  row[NUMBER] = format_word (viewer, "id");
  row[WHO] = format_who (viewer);
  row[ROLE] = format_word (viewer, "role");
  row[DELIVERY] = format_word (viewer, "delivery");
  row[SPEED] = format_speed (viewer);
  row[SENT] = format_count (viewer, "sent");
  row[MISSED] = format_count (viewer, "missed");
  row[BACKLOG] = format_backlog (viewer);
  row[ROUND_TRIP] = format_round_trip (viewer);
}

static void
fill_heading (Row row)
{
  /* TRANSLATORS: headings of a table of viewers; the first is of their numbers, and short */
  row[NUMBER] = g_strdup (_ ("NO."));
  row[WHO] = g_strdup (_ ("WHO"));
  /* TRANSLATORS: “view” or “control” */
  row[ROLE] = g_strdup (_ ("ROLE"));
  /* TRANSLATORS: “every” or “latest” */
  row[DELIVERY] = g_strdup (_ ("DELIVERY"));
  row[SPEED] = g_strdup (_ ("FRAMES/S"));
  row[SENT] = g_strdup (_ ("SENT"));
  row[MISSED] = g_strdup (_ ("MISSED"));
  /* TRANSLATORS: how much waits to be written to a viewer */
  row[BACKLOG] = g_strdup (_ ("BACKLOG"));
  row[ROUND_TRIP] = g_strdup (_ ("ROUND TRIP"));
}

/* Texts stand on the left of their column, numbers on the right. */
static void
append_row (GString *table, Row row, const int *widths)
{
  for (int i = 0; i < N_COLUMNS; i++)
    {
      gboolean is_text = i == WHO || i == ROLE || i == DELIVERY;
      g_autofree char *cell = stepcast_output_pad (row[i], is_text ? widths[i] : -widths[i]);

      g_string_append_printf (table, "  %s", cell);
    }
  g_string_append_c (table, '\n');
}

/**
 * stepcast_viewer_table_format:
 * @viewers: an `aa{sv}`, as ListViewers has it
 *
 * Returns: (transfer full): a table of them, with a heading
 */
char *
stepcast_viewer_table_format (GVariant *viewers)
{
  gsize n_rows = 1 + g_variant_n_children (viewers);
  g_autofree Row *rows = g_new0 (Row, n_rows);
  GString *table = g_string_new (NULL);
  int widths[N_COLUMNS] = { 0 };

  fill_heading (rows[0]);
  for (gsize i = 1; i < n_rows; i++)
    {
      g_autoptr (GVariant) viewer = g_variant_get_child_value (viewers, i - 1);

      fill_row (rows[i], viewer);
    }

  for (gsize i = 0; i < n_rows; i++)
    for (int j = 0; j < N_COLUMNS; j++)
      widths[j] = MAX (widths[j], stepcast_output_get_width (rows[i][j]));

  for (gsize i = 0; i < n_rows; i++)
    append_row (table, rows[i], widths);
  for (gsize i = 0; i < n_rows; i++)
    for (int j = 0; j < N_COLUMNS; j++)
      g_free (rows[i][j]);

  return g_string_free (table, FALSE);
}
