/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-actor.h"

#include "stepcast-enum-types.h"

struct _StepcastActor
{
  const char *kind_nick; /* static */
  char *id;
};

/**
 * stepcast_actor_new:
 * @kind: by which way it acts
 * @id: which of them: a viewer's number, a unique name on the bus, the name of a rule
 *
 * Returns: (transfer full): a new actor
 */
StepcastActor *
stepcast_actor_new (StepcastActorKind kind, const char *id)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (STEPCAST_TYPE_ACTOR_KIND);
  StepcastActor *self = g_atomic_rc_box_new (StepcastActor);

  self->kind_nick = g_enum_get_value (klass, (int) kind)->value_nick;
  self->id = g_strdup (id);
  return self;
}

StepcastActor *
stepcast_actor_ref (StepcastActor *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
stepcast_actor_clear (gpointer data)
{
  StepcastActor *self = data;

  g_free (self->id);
}

void
stepcast_actor_unref (StepcastActor *self)
{
  g_atomic_rc_box_release_full (self, stepcast_actor_clear);
}

/**
 * stepcast_actor_set:
 * @place: (inout) (nullable): whose reference is dropped
 * @actor: (nullable): who takes that place; maybe the same
 */
void
stepcast_actor_set (StepcastActor **place, StepcastActor *actor)
{
  if (actor != NULL)
    stepcast_actor_ref (actor);
  g_clear_pointer (place, stepcast_actor_unref);
  *place = actor;
}

/**
 * stepcast_actor_get_kind_nick:
 * @self: an actor
 *
 * Returns: (transfer none): `browser`, `websocket`, `http`, `dbus`, `cli` or `service`
 */
const char *
stepcast_actor_get_kind_nick (const StepcastActor *self)
{
  return self->kind_nick;
}

const char *
stepcast_actor_get_id (const StepcastActor *self)
{
  return self->id;
}
