/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-access.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/random.h>

/* 128 bits, as hexadecimal digits: nobody guesses them. */
#define TOKEN_BYTES 16
#define TOKEN_DIGITS (2 * TOKEN_BYTES)

#define N_ROLES (STEPCAST_ROLE_CONTROL + 1)

static const char *const role_keys[N_ROLES] = {
  [STEPCAST_ROLE_VIEW] = "view",
  [STEPCAST_ROLE_CONTROL] = "control",
};

struct _StepcastAccess
{
  gboolean is_open; /* everybody may do everything */
  char *tokens[N_ROLES];
  char *secrets[N_ROLES];
};

/**
 * stepcast_access_new_open:
 *
 * Returns: (transfer full): an access that gives everybody the role "control"
 */
StepcastAccess *
stepcast_access_new_open (void)
{
  StepcastAccess *self = g_new0 (StepcastAccess, 1);

  self->is_open = TRUE;
  return self;
}

void
stepcast_access_free (StepcastAccess *self)
{
  for (guint role = 0; role < N_ROLES; role++)
    {
      g_free (self->tokens[role]);
      g_free (self->secrets[role]);
    }
  g_free (self);
}

/**
 * stepcast_access_make_token:
 * @error: there are no random bytes
 *
 * Returns: (transfer full): 32 hexadecimal digits that nobody can guess
 */
char *
stepcast_access_make_token (GError **error)
{
  guint8 bytes[TOKEN_BYTES];
  GString *digits;

  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "No random bytes: %s",
                   g_strerror (errno));
      return NULL;
    }

  digits = g_string_sized_new (TOKEN_DIGITS + 1);
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (digits, "%02x", bytes[i]);
  return g_string_free (digits, FALSE);
}

static gboolean
is_token (const char *text)
{
  return text != NULL && strlen (text) == TOKEN_DIGITS &&
         strspn (text, "0123456789abcdef") == TOKEN_DIGITS;
}

/* Takes a token from the file, or makes one and puts it there. */
static char *
take_token (GKeyFile *file, const char *group, const char *key, gboolean *is_new, GError **error)
{
  g_autofree char *token = g_key_file_get_string (file, group, key, NULL);

  if (is_token (token))
    return g_steal_pointer (&token);

  g_free (token);
  token = stepcast_access_make_token (error);
  if (token != NULL)
    g_key_file_set_string (file, group, key, token);
  *is_new = TRUE;
  return g_steal_pointer (&token);
}

static gboolean
save (GKeyFile *file, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = NULL;
  gsize length;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "The folder “%s” can't be made: %s", folder, g_strerror (errno));
      return FALSE;
    }

  text = g_key_file_to_data (file, &length, NULL);
  return g_file_set_contents_full (path, text, (gssize) length, G_FILE_SET_CONTENTS_CONSISTENT,
                                   0600, error);
}

/* What others may have read is no secret: it is made again. */
static gboolean
is_private (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) == 0 && (info.st_mode & 0077) == 0;
}

/**
 * stepcast_access_new_from_file:
 * @path: where the tokens are kept; what is missing is made, with mode 0600
 * @error: why they can't be kept there
 *
 * Reads and writes the file: to be called before the main loop runs.
 *
 * Returns: (transfer full) (nullable): the access, or %NULL with @error set
 */
StepcastAccess *
stepcast_access_new_from_file (const char *path, GError **error)
{
  g_autoptr (StepcastAccess) self = g_new0 (StepcastAccess, 1);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) load_error = NULL;
  gboolean is_new = FALSE;

  if (is_private (path) && !g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &load_error))
    g_debug ("New tokens: %s", load_error->message);

  for (guint role = STEPCAST_ROLE_VIEW; role < N_ROLES; role++)
    {
      self->tokens[role] = take_token (file, "tokens", role_keys[role], &is_new, error);
      if (self->tokens[role] == NULL)
        return NULL;
      self->secrets[role] = take_token (file, "cookies", role_keys[role], &is_new, error);
      if (self->secrets[role] == NULL)
        return NULL;
    }

  if (is_new && !save (file, path, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * stepcast_access_is_open:
 * @self: an access
 *
 * Returns: whether everybody may do everything
 */
gboolean
stepcast_access_is_open (const StepcastAccess *self)
{
  return self->is_open;
}

/**
 * stepcast_access_get_token:
 * @self: an access
 * @role: a role
 *
 * Returns: (transfer none) (nullable): what a link for @role carries
 */
const char *
stepcast_access_get_token (const StepcastAccess *self, StepcastRole role)
{
  return self->tokens[role];
}

/**
 * stepcast_access_get_secret:
 * @self: an access
 * @role: a role
 *
 * Returns: (transfer none) (nullable): the value of the cookie for @role
 */
const char *
stepcast_access_get_secret (const StepcastAccess *self, StepcastRole role)
{
  return self->secrets[role];
}

/* Takes as long whatever the difference. */
static gboolean
is_same (const char *a, const char *b)
{
  guint8 difference = 0;

  if (a == NULL || b == NULL || strlen (a) != TOKEN_DIGITS || strlen (b) != TOKEN_DIGITS)
    return FALSE;

  for (guint i = 0; i < TOKEN_DIGITS; i++)
    difference |= (guint8) (a[i] ^ b[i]);
  return difference == 0;
}

static StepcastRole
look_up (const StepcastAccess *self, char *const *values, const char *value)
{
  if (self->is_open)
    return STEPCAST_ROLE_CONTROL;
  for (guint role = STEPCAST_ROLE_VIEW; role < N_ROLES; role++)
    if (is_same (values[role], value))
      return (StepcastRole) role;
  return STEPCAST_ROLE_NONE;
}

/**
 * stepcast_access_check_token:
 * @self: an access
 * @token: (nullable): what a request carries
 *
 * Returns: the role that it gives
 */
StepcastRole
stepcast_access_check_token (const StepcastAccess *self, const char *token)
{
  return look_up (self, self->tokens, token);
}

/**
 * stepcast_access_check_secret:
 * @self: an access
 * @secret: (nullable): the value of a request's cookie
 *
 * Returns: the role that it gives
 */
StepcastRole
stepcast_access_check_secret (const StepcastAccess *self, const char *secret)
{
  return look_up (self, self->secrets, secret);
}
