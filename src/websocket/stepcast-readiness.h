/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastReadiness:
 *
 * Tells which of many file descriptors are ready, at a cost that does not grow with those that are
 * not: the main context polls two descriptors, whose sources are %G_PRIORITY_DEFAULT for input and
 * %STEPCAST_PRIORITY_OUTPUT for output, in place of one for each. Counted by reference; on the main
 * context.
 */
typedef struct _StepcastReadiness StepcastReadiness;

/**
 * StepcastWatch:
 *
 * One descriptor, in one direction. It keeps its readiness alive.
 */
typedef struct _StepcastWatch StepcastWatch;

typedef enum
{
  STEPCAST_DIRECTION_IN,
  STEPCAST_DIRECTION_OUT,
} StepcastDirection;

/**
 * StepcastWatchFunc:
 * @user_data: as it was given
 *
 * The descriptor is ready, or broken: to read or to write it will tell. May disable or free any
 * watch.
 */
typedef void (*StepcastWatchFunc) (gpointer user_data);

StepcastReadiness *stepcast_readiness_new (GError **error);
StepcastReadiness *stepcast_readiness_ref (StepcastReadiness *self);
void stepcast_readiness_unref (StepcastReadiness *self);

GMainContext *stepcast_readiness_get_bed (StepcastReadiness *self);

StepcastWatch *stepcast_watch_new (StepcastReadiness *readiness,
                                   int fd,
                                   StepcastDirection direction,
                                   StepcastWatchFunc func,
                                   gpointer user_data);
void stepcast_watch_free (StepcastWatch *self);
void stepcast_watch_set_enabled (StepcastWatch *self, gboolean is_enabled);
gboolean stepcast_watch_is_enabled (const StepcastWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastReadiness, stepcast_readiness_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastWatch, stepcast_watch_free)

G_END_DECLS
