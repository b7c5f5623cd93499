/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "stepcast-dialect.h"

G_BEGIN_DECLS

#define STEPCAST_TYPE_AUDIENCE (stepcast_audience_get_type ())

G_DECLARE_FINAL_TYPE (StepcastAudience, stepcast_audience, STEPCAST, AUDIENCE, GObject)

/**
 * StepcastNews:
 * @STEPCAST_NEWS_STATE: another state
 * @STEPCAST_NEWS_HOLDER: somebody holds it, or does not any more
 * @STEPCAST_NEWS_STOPPED: it has stopped; for who has not asked for it
 * @STEPCAST_NEWS_PARAMETERS: parameters were set
 * @STEPCAST_NEWS_RATE: the rate was set
 * @STEPCAST_NEWS_TITLE: it was given a title
 * @STEPCAST_NEWS_PROGRESS: where it stands, a few times a second
 * @STEPCAST_NEWS_LOG: a line of log
 *
 * What a session tells everybody in the same words.
 */
typedef enum
{
  STEPCAST_NEWS_STATE,
  STEPCAST_NEWS_HOLDER,
  STEPCAST_NEWS_STOPPED,
  STEPCAST_NEWS_PARAMETERS,
  STEPCAST_NEWS_RATE,
  STEPCAST_NEWS_TITLE,
  STEPCAST_NEWS_PROGRESS,
  STEPCAST_NEWS_LOG,
} StepcastNews;

#define STEPCAST_TYPE_LISTENER (stepcast_listener_get_type ())

G_DECLARE_INTERFACE (StepcastListener, stepcast_listener, STEPCAST, LISTENER, GObject)

/**
 * StepcastListenerInterface:
 * @get_dialect: how it is spoken to; static
 * @tell: news, and its words: %NULL where the dialect has none for it
 * @tell_numbers: once a second while the session steps: time to tell it its own numbers
 *
 * One of an audience. It may leave, and make others leave, when it is told.
 */
struct _StepcastListenerInterface
{
  GTypeInterface parent_interface;

  const StepcastDialect *(*get_dialect) (StepcastListener *self);
  void (*tell) (StepcastListener *self, StepcastNews news, GBytes *text);
  void (*tell_numbers) (StepcastListener *self);
};

StepcastAudience *stepcast_audience_new (StepcastSession *session);

StepcastSession *stepcast_audience_get_session (StepcastAudience *self);
void stepcast_audience_add (StepcastAudience *self, StepcastListener *listener);
void stepcast_audience_remove (StepcastAudience *self, StepcastListener *listener);

G_END_DECLS
