/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How long somebody may take from choosing a file to creating a session with it. */
#define STEPCAST_UPLOADS_LIFETIME_MS (10 * 60 * 1000)

/* Of all files that wait, together: four of the largest. */
#define STEPCAST_UPLOADS_MAX_BYTES (64 * 1024 * 1024)

/* Small ones take room, too. */
#define STEPCAST_UPLOADS_MAX_FILES 64

/* Those that are on their way take as much memory. */
#define STEPCAST_UPLOADS_MAX_AT_ONCE 4

#define STEPCAST_TYPE_UPLOADS (stepcast_uploads_get_type ())

G_DECLARE_FINAL_TYPE (StepcastUploads, stepcast_uploads, STEPCAST, UPLOADS, GObject)

StepcastUploads *stepcast_uploads_new (guint lifetime_ms);

gboolean stepcast_uploads_begin (StepcastUploads *self, GError **error);
void stepcast_uploads_end (StepcastUploads *self);
char *stepcast_uploads_add (StepcastUploads *self, GBytes *content);
guint stepcast_uploads_get_n_files (StepcastUploads *self);
gsize stepcast_uploads_get_n_bytes (StepcastUploads *self);

GVariant *stepcast_uploads_resolve (StepcastUploads *self, GVariant *values, GError **error);
void stepcast_uploads_release (StepcastUploads *self, GVariant *values);

G_END_DECLS
