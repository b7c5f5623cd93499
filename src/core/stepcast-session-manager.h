/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-registry.h"
#include "stepcast-session.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_SESSION_MANAGER (stepcast_session_manager_get_type ())

G_DECLARE_FINAL_TYPE (StepcastSessionManager,
                      stepcast_session_manager,
                      STEPCAST,
                      SESSION_MANAGER,
                      GObject)

/* Each idle session costs a few kilobytes; what is running shares the slots. More than this at once
 * is a client that forgets to close. */
#define STEPCAST_MAX_SESSIONS 1024

StepcastSessionManager *stepcast_session_manager_new (StepcastRegistry *registry,
                                                      guint max_sessions);

void stepcast_session_manager_set_max_sessions (StepcastSessionManager *self, guint max_sessions);
void stepcast_session_manager_set_stop_deadline (StepcastSessionManager *self,
                                                 guint stop_deadline_ms);
StepcastRegistry *stepcast_session_manager_get_registry (StepcastSessionManager *self);
StepcastSession *stepcast_session_manager_open (StepcastSessionManager *self,
                                                const char *name,
                                                StepcastSource *source,
                                                GVariant *parameters,
                                                GError **error);
StepcastSession *stepcast_session_manager_open_titled (StepcastSessionManager *self,
                                                       const char *name,
                                                       const char *title,
                                                       StepcastSource *source,
                                                       GVariant *parameters,
                                                       GError **error);
StepcastSession *stepcast_session_manager_create (StepcastSessionManager *self,
                                                  const char *generator,
                                                  GVariant *parameters,
                                                  GError **error);
StepcastSession *
stepcast_session_manager_find (StepcastSessionManager *self, const char *name, GError **error);
GPtrArray *stepcast_session_manager_list (StepcastSessionManager *self);

void stepcast_session_manager_close (StepcastSessionManager *self, StepcastSession *session);
void stepcast_session_manager_close_all_async (StepcastSessionManager *self,
                                               GAsyncReadyCallback callback,
                                               gpointer user_data);
gboolean stepcast_session_manager_close_all_finish (StepcastSessionManager *self,
                                                    GAsyncResult *result,
                                                    GError **error);

G_END_DECLS
