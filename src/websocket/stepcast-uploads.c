/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-uploads.h"

#include "stepcast-error.h"
#include "stepcast-gsource.h"
#include "stepcast-json.h"

/**
 * StepcastUploads:
 *
 * Files that were uploaded and wait to become parameters. They are kept in memory and nowhere else,
 * so many and so long; an id is all that leads to one, and can't be guessed. When there are too
 * many, the oldest go first: whoever still needs one is told so, and can upload it again. One that
 * a session has taken over goes, since the session keeps it. Lives on the main context, with one
 * timer, and none while it is empty.
 */
struct _StepcastUploads
{
  GObject parent_instance;

  guint lifetime_ms;
  GQueue files; /* of Upload, the oldest first */
  gsize n_bytes;
  guint n_at_once; /* on their way */
  GSource *timer;  /* (nullable): for the oldest */
};

typedef struct
{
  char *id;
  GVariant *content; /* an `ay` */
  gint64 until_us;
} Upload;

G_DEFINE_FINAL_TYPE (StepcastUploads, stepcast_uploads, G_TYPE_OBJECT)

static void schedule (StepcastUploads *self);

static void
upload_free (Upload *upload)
{
  g_free (upload->id);
  g_variant_unref (upload->content);
  g_free (upload);
}

static void
drop (StepcastUploads *self, GList *link)
{
  Upload *upload = link->data;

  self->n_bytes -= g_variant_get_size (upload->content);
  g_queue_delete_link (&self->files, link);
  upload_free (upload);
}

static gboolean
on_expired (gpointer user_data)
{
  StepcastUploads *self = user_data;
  const gint64 now_us = g_get_monotonic_time ();

  while (self->files.head != NULL && ((Upload *) self->files.head->data)->until_us <= now_us)
    drop (self, self->files.head);

  g_clear_pointer (&self->timer, g_source_unref);
  schedule (self);
  return G_SOURCE_REMOVE;
}

static void
schedule (StepcastUploads *self)
{
  const Upload *oldest = g_queue_peek_head (&self->files);

  stepcast_gsource_clear (&self->timer);
  if (oldest == NULL)
    return;

  self->timer = g_timeout_source_new (0);
  g_source_set_ready_time (self->timer, oldest->until_us);
  g_source_set_static_name (self->timer, "[stepcast] uploads");
  g_source_set_callback (self->timer, on_expired, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static GList *
find (StepcastUploads *self, const char *id)
{
  for (GList *link = self->files.head; link != NULL; link = link->next)
    if (g_str_equal (((Upload *) link->data)->id, id))
      return link;
  return NULL;
}

/**
 * stepcast_uploads_begin:
 * @self: the uploads
 * @error: %STEPCAST_ERROR_LIMIT_EXCEEDED
 *
 * Makes room for a file that is about to come, until stepcast_uploads_end().
 *
 * Returns: %FALSE with @error set if %STEPCAST_UPLOADS_MAX_AT_ONCE others are on their way
 */
gboolean
stepcast_uploads_begin (StepcastUploads *self, GError **error)
{
  if (self->n_at_once >= STEPCAST_UPLOADS_MAX_AT_ONCE)
    {
      g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_LIMIT_EXCEEDED,
                   "%d files are on their way already: try again when one has come",
                   STEPCAST_UPLOADS_MAX_AT_ONCE);
      return FALSE;
    }

  self->n_at_once++;
  return TRUE;
}

/**
 * stepcast_uploads_end:
 * @self: the uploads
 *
 * The file of a stepcast_uploads_begin() has come, or will not.
 */
void
stepcast_uploads_end (StepcastUploads *self)
{
  g_assert (self->n_at_once > 0);

  self->n_at_once--;
}

/**
 * stepcast_uploads_add:
 * @self: the uploads
 * @content: a file, of at most %STEPCAST_UPLOADS_MAX_BYTES
 *
 * Keeps it; others may have to go.
 *
 * Returns: (transfer full): its id
 */
char *
stepcast_uploads_add (StepcastUploads *self, GBytes *content)
{
  Upload *upload = g_new (Upload, 1);
  const gsize size = g_bytes_get_size (content);

  while (self->files.head != NULL && (self->n_bytes + size > STEPCAST_UPLOADS_MAX_BYTES ||
                                      self->files.length >= STEPCAST_UPLOADS_MAX_FILES))
    drop (self, self->files.head);

  upload->id = g_uuid_string_random ();
  upload->content =
    g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, content, TRUE));
  upload->until_us = g_get_monotonic_time () + (gint64) self->lifetime_ms * 1000;
  g_queue_push_tail (&self->files, upload);
  self->n_bytes += size;
  schedule (self);

  return g_strdup (upload->id);
}

/**
 * stepcast_uploads_get_n_files:
 * @self: the uploads
 *
 * Returns: how many wait
 */
guint
stepcast_uploads_get_n_files (StepcastUploads *self)
{
  return self->files.length;
}

/**
 * stepcast_uploads_get_n_bytes:
 * @self: the uploads
 *
 * Returns: how long they are together
 */
gsize
stepcast_uploads_get_n_bytes (StepcastUploads *self)
{
  return self->n_bytes;
}

static gboolean
is_reference (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE (STEPCAST_JSON_UPLOAD_TYPE));
}

/**
 * stepcast_uploads_resolve:
 * @self: the uploads
 * @values: an `a{sv}`, as stepcast_json_read_values() gives it
 * @error: %STEPCAST_ERROR_INVALID_VALUE: names an upload that there is not
 *
 * Puts files in the place of their ids. They stay here until they are used.
 *
 * Returns: (transfer full) (nullable): an `a{sv}` to be checked, or %NULL with @error set
 */
GVariant *
stepcast_uploads_resolve (StepcastUploads *self, GVariant *values, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *name;
  g_autoptr (GVariant) value = NULL;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      const char *id = NULL;
      GList *link;

      if (is_reference (value))
        g_variant_get (value, "(&s)", &id);
      link = id != NULL ? find (self, id) : NULL;
      if (id != NULL && link == NULL)
        {
          g_autofree char *quoted = stepcast_error_quote (id);

          g_set_error (error, STEPCAST_ERROR, STEPCAST_ERROR_INVALID_VALUE,
                       "There is no upload “%s” for “%s”: it was used, or is too old, or others "
                       "came after it; send the file again",
                       quoted, name);
          return NULL;
        }
      g_variant_builder_add (&builder, "{sv}", name,
                             link != NULL ? ((Upload *) link->data)->content : value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * stepcast_uploads_release:
 * @self: the uploads
 * @values: an `a{sv}`, as it was resolved
 *
 * A session has taken over the files that @values name.
 */
void
stepcast_uploads_release (StepcastUploads *self, GVariant *values)
{
  GVariantIter iter;
  g_autoptr (GVariant) value = NULL;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", NULL, &value))
    {
      const char *id = NULL;
      GList *link;

      if (is_reference (value))
        g_variant_get (value, "(&s)", &id);
      link = id != NULL ? find (self, id) : NULL;
      if (link != NULL)
        drop (self, link);
    }
  schedule (self);
}

static void
stepcast_uploads_finalize (GObject *object)
{
  StepcastUploads *self = STEPCAST_UPLOADS (object);

  stepcast_gsource_clear (&self->timer);
  g_queue_clear_full (&self->files, (GDestroyNotify) upload_free);

  G_OBJECT_CLASS (stepcast_uploads_parent_class)->finalize (object);
}

static void
stepcast_uploads_class_init (StepcastUploadsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = stepcast_uploads_finalize;
}

static void
stepcast_uploads_init (StepcastUploads *self)
{
  g_queue_init (&self->files);
}

/**
 * stepcast_uploads_new:
 * @lifetime_ms: how long each file waits, in milliseconds
 *
 * Returns: (transfer full): nothing uploaded yet
 */
StepcastUploads *
stepcast_uploads_new (guint lifetime_ms)
{
  StepcastUploads *self = g_object_new (STEPCAST_TYPE_UPLOADS, NULL);

  self->lifetime_ms = lifetime_ms;
  return self;
}
