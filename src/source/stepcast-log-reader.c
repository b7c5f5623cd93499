/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-log-reader.h"

#include <string.h>

#include "stepcast-gsource.h"
#include "stepcast-scheduler.h"

/* Reads a program's standard error by lines, bounded in every way: it is always read, so that the
 * program is never held, and what is too much is left out. Lives on the main context. */

struct _StepcastLogReader
{
  GObject parent_instance;

  GPollableInputStream *stream;
  GSource *source;   /* (nullable): until its end */
  GString *line;     /* what has come of the next line */
  GQueue last_lines; /* of char * */

  gint64 second_us; /* when the present second began */
  guint n_told;     /* lines that were told in it */
  guint n_left_out; /* lines that were not */
};

enum
{
  LINE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StepcastLogReader, stepcast_log_reader, G_TYPE_OBJECT)

static void
tell_left_out (StepcastLogReader *self)
{
  g_autofree char *text = NULL;

  if (self->n_left_out == 0)
    return;

  text = g_strdup_printf ("… %u lines left out", self->n_left_out);
  self->n_left_out = 0;
  g_signal_emit (self, signals[LINE], 0, text);
}

static void
tell (StepcastLogReader *self, const char *line)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now_us - self->second_us >= G_USEC_PER_SEC)
    {
      self->second_us = now_us;
      self->n_told = 0;
      tell_left_out (self);
    }

  if (self->n_told++ < STEPCAST_LOG_LINES_PER_SECOND)
    g_signal_emit (self, signals[LINE], 0, line);
  else
    self->n_left_out++;
}

static void
end_line (StepcastLogReader *self)
{
  char *line;

  if (self->line->len > 0 && self->line->str[self->line->len - 1] == '\r')
    g_string_truncate (self->line, self->line->len - 1);
  line = g_utf8_make_valid (self->line->str, (gssize) self->line->len);
  g_string_truncate (self->line, 0);

  g_queue_push_tail (&self->last_lines, line);
  if (self->last_lines.length > STEPCAST_LOG_LAST_LINES)
    g_free (g_queue_pop_head (&self->last_lines));
  tell (self, line);
}

/* The bytes of a character that has only begun at the end of the line. */
static gsize
count_begun (const GString *line)
{
  for (gsize n = 1; n < 4 && n < line->len; n++)
    {
      guchar byte = (guchar) line->str[line->len - n];

      if (byte >= 0xc0)
        return n < (gsize) g_utf8_skip[byte] ? n : 0;
      if (byte < 0x80)
        return 0;
    }
  return 0;
}

/* A line that is too long goes on as the next one, from a whole character. */
static void
cut_line (StepcastLogReader *self)
{
  gsize n_begun = count_begun (self->line);
  char begun[4];

  memcpy (begun, self->line->str + self->line->len - n_begun, n_begun);
  g_string_truncate (self->line, self->line->len - n_begun);
  end_line (self);
  g_string_append_len (self->line, begun, (gssize) n_begun);
}

static void
take (StepcastLogReader *self, const char *data, gsize length)
{
  while (length > 0)
    {
      const char *newline = memchr (data, '\n', length);
      gsize n = newline != NULL ? (gsize) (newline - data) : length;
      gsize room = STEPCAST_LOG_LINE_BYTES - self->line->len;

      if (n > room)
        {
          g_string_append_len (self->line, data, (gssize) room);
          data += room;
          length -= room;
          cut_line (self);
          continue;
        }

      g_string_append_len (self->line, data, (gssize) n);
      n += newline != NULL;
      data += n;
      length -= n;
      if (newline != NULL)
        end_line (self);
    }
}

/* Returns whether there may be more at once. */
static gboolean
read_some (StepcastLogReader *self)
{
  char data[4096];
  g_autoptr (GError) error = NULL;
  gssize n_read =
    g_pollable_input_stream_read_nonblocking (self->stream, data, sizeof data, NULL, &error);

  if (n_read > 0)
    take (self, data, (gsize) n_read);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    stepcast_gsource_clear (&self->source); /* its end */
  return n_read > 0;
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  g_autoptr (StepcastLogReader) self = g_object_ref (user_data);

  read_some (self);
  return G_SOURCE_CONTINUE; /* destroyed by then, at its end */
}

/**
 * stepcast_log_reader_drain:
 * @self: a reader
 *
 * Takes what has been written so far, and a last line without a newline: the
 * program has ended.
 */
void
stepcast_log_reader_drain (StepcastLogReader *self)
{
  gsize n_reads = 0;

  /* A pipe holds 64 KiB; a writer that outlived its group could go on for ever. */
  while (n_reads++ < 64 && read_some (self))
    ;
  stepcast_gsource_clear (&self->source);
  if (self->line->len > 0)
    end_line (self);
  tell_left_out (self);
}

/**
 * stepcast_log_reader_get_last_lines:
 * @self: a reader
 *
 * Returns: (transfer full) (nullable): the last lines, or %NULL if there was none
 */
char *
stepcast_log_reader_get_last_lines (StepcastLogReader *self)
{
  GString *text = g_string_new (NULL);

  for (GList *link = self->last_lines.head; link != NULL; link = link->next)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", (const char *) link->data);

  return g_string_free (text, text->len == 0);
}

static void
stepcast_log_reader_dispose (GObject *object)
{
  StepcastLogReader *self = STEPCAST_LOG_READER (object);

  stepcast_gsource_clear (&self->source);
  g_clear_object (&self->stream);

  G_OBJECT_CLASS (stepcast_log_reader_parent_class)->dispose (object);
}

static void
stepcast_log_reader_finalize (GObject *object)
{
  StepcastLogReader *self = STEPCAST_LOG_READER (object);

  g_string_free (self->line, TRUE);
  g_queue_clear_full (&self->last_lines, g_free);

  G_OBJECT_CLASS (stepcast_log_reader_parent_class)->finalize (object);
}

static void
stepcast_log_reader_class_init (StepcastLogReaderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = stepcast_log_reader_dispose;
  object_class->finalize = stepcast_log_reader_finalize;

  /**
   * StepcastLogReader::line:
   * @line: a line, in UTF-8, without its newline
   */
  signals[LINE] = g_signal_new ("line", STEPCAST_TYPE_LOG_READER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
stepcast_log_reader_init (StepcastLogReader *self)
{
  self->line = g_string_new (NULL);
  g_queue_init (&self->last_lines);
}

/**
 * stepcast_log_reader_new:
 * @stream: a pollable stream
 *
 * Returns: (transfer full): a new reader of @stream, which reads at once
 */
StepcastLogReader *
stepcast_log_reader_new (GInputStream *stream)
{
  StepcastLogReader *self = g_object_new (STEPCAST_TYPE_LOG_READER, NULL);

  self->stream = g_object_ref (G_POLLABLE_INPUT_STREAM (stream));
  self->source = g_pollable_input_stream_create_source (self->stream, NULL);
  g_source_set_static_name (self->source, "[stepcast] program's log");
  /* A flood of it is always ready: at a higher priority nothing else would be sent. */
  g_source_set_priority (self->source, STEPCAST_PRIORITY_OUTPUT);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());

  return self;
}
