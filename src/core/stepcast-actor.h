/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * StepcastActorKind:
 * @STEPCAST_ACTOR_BROWSER: a WebSocket that a web page opened
 * @STEPCAST_ACTOR_WEBSOCKET: another WebSocket
 * @STEPCAST_ACTOR_HTTP: an HTTP request
 * @STEPCAST_ACTOR_DBUS: a caller on the bus
 * @STEPCAST_ACTOR_CLI: the command line, which calls on the bus
 * @STEPCAST_ACTOR_SERVICE: the service itself, by a rule that somebody gave it
 *
 * By which way somebody acts. Their nicks are what the wire and the bus call them.
 */
typedef enum
{
  STEPCAST_ACTOR_BROWSER,
  STEPCAST_ACTOR_WEBSOCKET,
  STEPCAST_ACTOR_HTTP,
  STEPCAST_ACTOR_DBUS,
  STEPCAST_ACTOR_CLI,
  STEPCAST_ACTOR_SERVICE,
} StepcastActorKind;

/**
 * StepcastActor:
 *
 * Who made a change: everybody who steers a session sees what the others do, and who it was.
 * Immutable and atomically reference-counted.
 */
typedef struct _StepcastActor StepcastActor;

StepcastActor *stepcast_actor_new (StepcastActorKind kind, const char *id);
StepcastActor *stepcast_actor_ref (StepcastActor *self);
void stepcast_actor_unref (StepcastActor *self);
void stepcast_actor_set (StepcastActor **place, StepcastActor *actor);

const char *stepcast_actor_get_kind_nick (const StepcastActor *self);
const char *stepcast_actor_get_id (const StepcastActor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastActor, stepcast_actor_unref)

G_END_DECLS
