/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-run-options.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "stepcast-command.h"
#include "stepcast-frame-file.h"

/* A day, as the service has it. */
#define MAX_GRACE_SECONDS (24 * 60 * 60)

typedef struct
{
  char *from;
  char *name;
  double rate;
  char *when_unwatched;
  char *grace; /* a text: 0 is a value, too */
  double grace_seconds;
  char *cwd;
  char **env;
  gboolean has_pty;
  gint64 max_frame_bytes;
  gint64 max_frame_elements;
  gint64 max_memory_bytes;
  gint64 max_cpu_seconds;
  gint64 n_steps;
} RawOptions;

static void
raw_options_clear (RawOptions *raw)
{
  g_free (raw->from);
  g_free (raw->name);
  g_free (raw->when_unwatched);
  g_free (raw->grace);
  g_free (raw->cwd);
  g_strfreev (raw->env);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawOptions, raw_options_clear)

void
stepcast_run_options_free (StepcastRunOptions *self)
{
  g_free (self->generator);
  g_strfreev (self->assignments);
  g_clear_pointer (&self->program, stepcast_program_free);
  g_clear_pointer (&self->kept, stepcast_kept_free);
  g_clear_pointer (&self->session_options, g_variant_unref);
  g_free (self->output);
  g_free (self);
}

/* Returns: (transfer full) (nullable): the arguments that are no options */
static char **
parse_raw (StepcastRunOptions *self, RawOptions *raw, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "open", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self->is_opened,
      N_ ("Open it in the browser"), NULL },
    { "detach", 'd', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self->is_detached,
      N_ ("Print its name and its link, and leave it running"), NULL },
    { "keep", 'k', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &self->is_kept,
      N_ ("Do not close the session at the end"), NULL },
    { "output", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &self->output,
      N_ ("Keep the last picture in FILE, an .svg or a .png"), N_ ("FILE") },
    { "from", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &raw->from,
      N_ ("Compute a picture again that the page has saved, and pause there"), N_ ("FILE") },
    { "steps", 'n', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &raw->n_steps,
      N_ ("Stop after N steps"), N_ ("N") },
    { "rate", 'r', G_OPTION_FLAG_NONE, G_OPTION_ARG_DOUBLE, &raw->rate,
      N_ ("Do so many steps a second at most"), N_ ("N") },
    { "name", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->name,
      N_ ("Call the session so (default: after what it shows)"), N_ ("NAME") },
    { "when-unwatched", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->when_unwatched,
      N_ ("What it does when all viewers have gone: run (default), pause or stop"), N_ ("WHAT") },
    { "grace", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &raw->grace,
      N_ ("How long after that (default: 10)"), N_ ("SECONDS") },
    { "cwd", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &raw->cwd,
      N_ ("Run PROGRAM in this folder (default: the present one)"), N_ ("FOLDER") },
    { "env", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME_ARRAY, &raw->env,
      N_ ("Set a variable for PROGRAM, beside yours"), N_ ("NAME=VALUE") },
    { "pty", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &raw->has_pty,
      N_ ("Let PROGRAM write to a terminal, so that it does not buffer its output"), NULL },
    { "max-frame-bytes", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &raw->max_frame_bytes,
      N_ ("The longest document (default: 8388608)"), N_ ("N") },
    { "max-frame-elements", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &raw->max_frame_elements,
      N_ ("The most elements in a document (default: 100000)"), N_ ("N") },
    { "max-memory-bytes", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &raw->max_memory_bytes,
      N_ ("The most memory of each of PROGRAM’s processes"), N_ ("N") },
    { "max-cpu-seconds", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &raw->max_cpu_seconds,
      N_ ("The most processor time of each of PROGRAM’s processes"), N_ ("N") },
    G_OPTION_ENTRY_NULL,
  };

  return stepcast_command_parse (argv, entries, &self->wants_json, G_MAXUINT - 1, error);
}

static gboolean
check_range (const char *option, gint64 value, gint64 maximum, GError **error)
{
  if (value >= 0 && value <= maximum)
    return TRUE;

  stepcast_command_refuse (error, _ ("“%" PRId64 "” is no value for %s: it takes 1 to %" PRId64),
                           value, option, maximum);
  return FALSE;
}

static gboolean
check_numbers (RawOptions *raw, GError **error)
{
  return check_range ("--steps", raw->n_steps, G_MAXUINT32, error) &&
         check_range ("--max-frame-bytes", raw->max_frame_bytes, G_MAXINT64, error) &&
         check_range ("--max-frame-elements", raw->max_frame_elements, G_MAXUINT32, error) &&
         check_range ("--max-memory-bytes", raw->max_memory_bytes, G_MAXINT64, error) &&
         check_range ("--max-cpu-seconds", raw->max_cpu_seconds, G_MAXINT64, error);
}

static gboolean
check_unwatched (RawOptions *raw, GError **error)
{
  static const char *const actions[] = { "run", "pause", "stop", NULL };
  char *end = NULL;

  if (raw->when_unwatched != NULL && !g_strv_contains (actions, raw->when_unwatched))
    {
      stepcast_command_refuse (
        error, _ ("“%s” is no value for --when-unwatched: it takes run, pause or stop"),
        raw->when_unwatched);
      return FALSE;
    }
  if (raw->grace == NULL)
    return TRUE;

  /* As --rate is read, with the decimal sign of people; and as it is written everywhere. */
  raw->grace_seconds = g_strtod (raw->grace, &end);
  if (end != raw->grace && *end == '\0' && raw->grace_seconds >= 0 &&
      raw->grace_seconds <= MAX_GRACE_SECONDS)
    return TRUE;
  stepcast_command_refuse (error, _ ("“%s” is no value for --grace: it takes 0 to %d seconds"),
                           raw->grace, MAX_GRACE_SECONDS);
  return FALSE;
}

static gboolean
check_output (StepcastRunOptions *self, GError **error)
{
  if (self->output == NULL)
    return TRUE;
  if (stepcast_frame_file_guess_format (self->output) == NULL)
    stepcast_command_refuse (error, _ ("“%s” is neither an .svg nor a .png"), self->output);
  else if (self->is_detached)
    stepcast_command_refuse (error, _ ("With --detach nobody waits for the last picture: "
                                       "“stepcast show NAME FILE” keeps it later"));
  else
    return stepcast_frame_file_check (self->output, error);
  return FALSE;
}

/* Options that a session of that kind does not have would be an error of the service; it can't tell
 * by which names they go here. */
static gboolean
check_kind (StepcastRunOptions *self, RawOptions *raw, GError **error)
{
  gboolean is_program = self->program != NULL;
  const char *option = NULL;

  if (!is_program && raw->cwd != NULL)
    option = "--cwd";
  else if (!is_program && raw->env != NULL)
    option = "--env";
  else if (!is_program && raw->has_pty)
    option = "--pty";
  else if (!is_program && raw->max_memory_bytes > 0)
    option = "--max-memory-bytes";
  else if (!is_program && raw->max_cpu_seconds > 0)
    option = "--max-cpu-seconds";
  else if (!is_program && !self->is_stream && raw->max_frame_bytes > 0)
    option = "--max-frame-bytes";
  else if (!is_program && !self->is_stream && raw->max_frame_elements > 0)
    option = "--max-frame-elements";

  if (option != NULL)
    stepcast_command_refuse (error, _ ("%s is for a program, which comes after “--”"), option);
  return option == NULL;
}

static gboolean
check_stdin (GError **error)
{
  struct stat status;

  if (isatty (STDIN_FILENO))
    stepcast_command_refuse (error, _ ("Standard input is a terminal: send the documents through a "
                                       "pipe, “PROGRAM | stepcast run -”"));
  else if (fstat (STDIN_FILENO, &status) != 0)
    stepcast_command_refuse (error, _ ("Standard input is closed"));
  else if (S_ISREG (status.st_mode))
    stepcast_command_refuse (error, _ ("Standard input is a file: send it through a pipe, “cat "
                                       "FILE | stepcast run -”"));
  else
    return TRUE;
  return FALSE;
}

/* @words: what came before "--"; @program: (nullable): what came after it */
static gboolean
check_words (char **words, char **program, GError **error)
{
  const char *stream = program != NULL ? program[0] : words[0];
  const char *next = stream != NULL ? (program != NULL ? program[1] : words[1]) : NULL;

  if (program != NULL && program[0] == NULL)
    stepcast_command_refuse (error, _ ("No program comes after “--”"));
  else if (program != NULL && words[0] != NULL)
    stepcast_command_refuse (error,
                             _ ("“%s” comes before “--”: run either a generator or a program"),
                             words[0]);
  else if (g_strcmp0 (stream, "-") == 0 && next != NULL)
    stepcast_command_refuse (error, _ ("“%s” is one argument too many"), next);
  else
    return TRUE;
  return FALSE;
}

/* The picture names the generator, and its parameters as far as the @words do not. */
static gboolean
fill_kept (StepcastRunOptions *self, RawOptions *raw, char **words, char **program, GError **error)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (strchr (words[i], '=') == NULL)
      {
        stepcast_command_refuse (
          error, _ ("“%s” sets no parameter: with --from the picture says what is run"), words[i]);
        return FALSE;
      }
  if (program != NULL)
    {
      stepcast_command_refuse (error, _ ("With --from the picture says what is run"));
      return FALSE;
    }

  self->kept = stepcast_kept_read (raw->from, error);
  if (self->kept == NULL || !stepcast_kept_override (self->kept, words, error))
    return FALSE;
  self->generator = g_strdup (self->kept->generator);
  self->assignments = g_strdupv (self->kept->assignments);
  return TRUE;
}

static gboolean
fill_source (StepcastRunOptions *self,
             RawOptions *raw,
             char **words,
             char **program,
             GError **error)
{
  if (raw->from != NULL)
    return fill_kept (self, raw, words, program, error);
  if (!check_words (words, program, error))
    return FALSE;

  self->is_stream = g_strcmp0 (program != NULL ? program[0] : words[0], "-") == 0;
  if (self->is_stream)
    return check_stdin (error);
  if (program != NULL)
    {
      self->program = stepcast_program_new (program, raw->cwd, raw->env, error);
      return self->program != NULL;
    }

  /* Parameters of the default generator may come without its name. */
  if (words[0] != NULL && strchr (words[0], '=') == NULL)
    self->generator = g_strdup (*words++);
  self->assignments = g_strdupv (words);
  return TRUE;
}

static void
add (GVariantBuilder *builder, const char *key, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", key, value);
}

static void
add_limits (GVariantBuilder *builder, RawOptions *raw)
{
  if (raw->max_frame_bytes > 0)
    add (builder, "max-frame-bytes", g_variant_new_uint64 ((guint64) raw->max_frame_bytes));
  if (raw->max_frame_elements > 0)
    add (builder, "max-frame-elements", g_variant_new_uint32 ((guint32) raw->max_frame_elements));
  if (raw->max_memory_bytes > 0)
    add (builder, "max-memory-bytes", g_variant_new_uint64 ((guint64) raw->max_memory_bytes));
  if (raw->max_cpu_seconds > 0)
    add (builder, "max-cpu-seconds", g_variant_new_uint64 ((guint64) raw->max_cpu_seconds));
}

/* What is not asked for is left to the service's defaults. */
static void
fill_session_options (StepcastRunOptions *self, RawOptions *raw)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  if (raw->name != NULL)
    add (&builder, "name", g_variant_new_string (raw->name));
  if (raw->rate != 0)
    add (&builder, "rate", g_variant_new_double (raw->rate));
  if (raw->when_unwatched != NULL)
    add (&builder, "when-unwatched", g_variant_new_string (raw->when_unwatched));
  if (raw->grace != NULL)
    add (&builder, "grace-seconds", g_variant_new_double (raw->grace_seconds));
  if (!self->is_detached && !self->is_kept)
    add (&builder, "lifetime", g_variant_new_string ("caller"));
  if (self->program != NULL)
    {
      add (&builder, "cwd", g_variant_new_string (self->program->cwd));
      add (&builder, "env", self->program->environment);
    }
  if (raw->has_pty)
    add (&builder, "pty", g_variant_new_boolean (TRUE));
  add_limits (&builder, raw);

  self->session_options = g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* To the step of the picture, to be looked at and to go on from there; but who only wants the
 * picture need not end it. */
static void
fill_steps (StepcastRunOptions *self)
{
  if (self->n_steps == 0 && self->output != NULL)
    self->n_steps = self->kept->step;
  self->last_step = self->n_steps > 0 ? self->n_steps : self->kept->step;
}

/**
 * stepcast_run_options_parse:
 * @argv: (array zero-terminated=1): `run`, and what came after it
 * @error: says what is wrong
 *
 * Prints the help and exits where that is asked for.
 *
 * Returns: (transfer full) (nullable): what is asked for, or %NULL with @error set
 */
StepcastRunOptions *
stepcast_run_options_parse (char **argv, GError **error)
{
  g_autoptr (StepcastRunOptions) self = g_new0 (StepcastRunOptions, 1);
  g_auto (RawOptions) raw = { 0 };
  g_auto (GStrv) ours = g_strdupv (argv);
  g_auto (GStrv) words = NULL;
  char **program = NULL;

  /* What comes after "--" is the program's, also what looks like options of ours. */
  for (guint i = 0; argv[i] != NULL && program == NULL; i++)
    if (g_str_equal (argv[i], "--"))
      {
        program = argv + i + 1;
        for (guint j = i; argv[j] != NULL; j++)
          g_clear_pointer (&ours[j], g_free);
      }

  words = parse_raw (self, &raw, ours, error);
  if (words == NULL || !check_numbers (&raw, error) || !check_unwatched (&raw, error) ||
      !check_output (self, error) || !fill_source (self, &raw, words, program, error) ||
      !check_kind (self, &raw, error))
    return NULL;

  self->n_steps = (guint64) raw.n_steps;
  if (self->kept != NULL)
    fill_steps (self);
  fill_session_options (self, &raw);
  return g_steal_pointer (&self);
}
