/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <inttypes.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "stepcast-client.h"
#include "stepcast-command.h"
#include "stepcast-session-text.h"

/* list: all sessions, one a line. */

#define N_COLUMNS 7

typedef char *Row[N_COLUMNS];

static void
fill_row (Row row, StepcastDBusSession *session)
{
  row[0] = stepcast_output_escape (stepcast_dbus_session_get_name (session));
  row[1] = stepcast_output_escape (stepcast_dbus_session_get_generator (session));
  row[2] = g_strdup (stepcast_session_text_get_state (session));
  row[3] = g_strdup_printf ("%" PRIu64, stepcast_dbus_session_get_step (session));
  row[4] = stepcast_session_text_format_rate (stepcast_dbus_session_get_steps_per_second (session));
  row[5] = g_strdup_printf ("%u", stepcast_dbus_session_get_viewers (session));
  row[6] = stepcast_output_escape (stepcast_session_text_get_title (session));
}

static void
fill_heading (Row row)
{
  /* TRANSLATORS: a heading of a table, and in a help text what a name is to be typed for */
  row[0] = g_strdup (_ ("NAME"));
  row[1] = g_strdup (_ ("GENERATOR"));
  row[2] = g_strdup (_ ("STATE"));
  row[3] = g_strdup (_ ("STEP"));
  row[4] = g_strdup (_ ("STEPS/S"));
  row[5] = g_strdup (_ ("VIEWERS"));
  /* TRANSLATORS: a heading of a table: what people call a session */
  row[6] = g_strdup (_ ("TITLE"));
}

/* Texts stand on the left of their column, numbers on the right; what is last needs no blanks. */
static void
print_row (Row row, const int *widths, int n_columns, int coloured, StepcastColour colour)
{
  for (int i = 0; i < n_columns; i++)
    {
      g_autofree char *cell = i == N_COLUMNS - 1 ?
                                g_strdup (row[i]) :
                                stepcast_output_pad (row[i], i < 3 ? widths[i] : -widths[i]);
      StepcastColour own = coloured < 0 || coloured == i ? colour : STEPCAST_COLOUR_NONE;

      g_print ("%s%s%s%s", i > 0 ? "  " : "", stepcast_output_begin_colour (STDOUT_FILENO, own),
               cell, stepcast_output_end_colour (STDOUT_FILENO, own));
    }
  g_print ("\n");
}

/* Titles are shown where somebody has given one. */
static int
count_columns (GPtrArray *sessions)
{
  for (guint i = 0; i < sessions->len; i++)
    if (g_strcmp0 (stepcast_session_text_get_title (sessions->pdata[i]),
                   stepcast_dbus_session_get_name (sessions->pdata[i])) != 0)
      return N_COLUMNS;
  return N_COLUMNS - 1;
}

static void
print_table (GPtrArray *sessions)
{
  int n_columns = count_columns (sessions);
  g_autofree Row *rows = g_new0 (Row, sessions->len + 1);
  int widths[N_COLUMNS] = { 0 };

  fill_heading (rows[0]);
  for (guint i = 0; i < sessions->len; i++)
    fill_row (rows[i + 1], sessions->pdata[i]);

  for (guint i = 0; i <= sessions->len; i++)
    for (int j = 0; j < N_COLUMNS; j++)
      widths[j] = MAX (widths[j], stepcast_output_get_width (rows[i][j]));

  print_row (rows[0], widths, n_columns, -1, STEPCAST_COLOUR_HEADING);
  for (guint i = 0; i < sessions->len; i++)
    print_row (rows[i + 1], widths, n_columns, 2,
               stepcast_session_text_get_colour (sessions->pdata[i]));

  for (guint i = 0; i <= sessions->len; i++)
    for (int j = 0; j < N_COLUMNS; j++)
      g_free (rows[i][j]);
}

int
stepcast_command_list_sessions (char **argv)
{
  gboolean wants_json = FALSE;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = stepcast_command_parse (argv, NULL, &wants_json, 0, &error);
  g_autoptr (StepcastClient) client = NULL;
  g_autoptr (GPtrArray) sessions = NULL;

  if (arguments != NULL)
    client = stepcast_client_new (STEPCAST_CLIENT_NONE, &error);
  if (client != NULL)
    sessions = stepcast_client_list_sessions (client, &error);
  if (sessions == NULL)
    return stepcast_client_report (error);

  if (wants_json)
    for (guint i = 0; i < sessions->len; i++)
      stepcast_output_print_json (stepcast_session_text_to_json (sessions->pdata[i], NULL));
  else if (sessions->len > 0)
    print_table (sessions);
  else if (stepcast_output_is_terminal (STDOUT_FILENO))
    g_print (_ ("There is no session; “stepcast run --detach” opens one\n"));

  return STEPCAST_CLI_EXIT_SUCCESS;
}
