/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-followers.h"

/* Reference-counted: who is told of a frame may remove itself and others meanwhile. */
typedef struct
{
  StepcastFrameSink *sink;
  gboolean was_every; /* what is under way was asked to make every frame for it */
  gboolean is_removed;
} Follower;

struct _StepcastFollowers
{
  GPtrArray *list; /* of Follower */
};

static void
follower_clear (gpointer data)
{
  Follower *follower = data;

  g_object_unref (follower->sink);
}

static void
follower_unref (gpointer data)
{
  g_rc_box_release_full (data, follower_clear);
}

static gpointer
follower_ref (gconstpointer follower, gpointer user_data)
{
  return g_rc_box_acquire ((gpointer) follower);
}

StepcastFollowers *
stepcast_followers_new (void)
{
  StepcastFollowers *self = g_new (StepcastFollowers, 1);

  self->list = g_ptr_array_new_with_free_func (follower_unref);
  return self;
}

void
stepcast_followers_free (StepcastFollowers *self)
{
  g_ptr_array_unref (self->list);
  g_free (self);
}

/**
 * stepcast_followers_add:
 * @self: followers
 * @sink: one more; it is kept until it is removed
 */
void
stepcast_followers_add (StepcastFollowers *self, StepcastFrameSink *sink)
{
  Follower *follower = g_rc_box_new0 (Follower);

  follower->sink = g_object_ref (sink);
  g_ptr_array_add (self->list, follower);
}

/**
 * stepcast_followers_remove:
 * @self: followers
 * @sink: not even what is being handed out reaches it after this
 *
 * Returns: %FALSE if it is not among them
 */
gboolean
stepcast_followers_remove (StepcastFollowers *self, StepcastFrameSink *sink)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      Follower *follower = self->list->pdata[i];

      if (follower->sink != sink)
        continue;
      follower->is_removed = TRUE;
      g_ptr_array_remove_index_fast (self->list, i);
      return TRUE;
    }
  return FALSE;
}

void
stepcast_followers_remove_all (StepcastFollowers *self)
{
  g_ptr_array_set_size (self->list, 0);
}

guint
stepcast_followers_get_length (StepcastFollowers *self)
{
  return self->list->len;
}

/**
 * stepcast_followers_list:
 * @self: followers
 *
 * Returns: (transfer full) (element-type StepcastFrameSink): all of them
 */
GPtrArray *
stepcast_followers_list (StepcastFollowers *self)
{
  GPtrArray *sinks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->list->len; i++)
    {
      Follower *follower = self->list->pdata[i];

      g_ptr_array_add (sinks, g_object_ref (follower->sink));
    }
  return sinks;
}

static void
merge_demand (StepcastDemand *all, const StepcastDemand *one)
{
  if (one->is_every)
    {
      all->frames = all->is_every ? MIN (all->frames, one->frames) : one->frames;
      all->bytes = all->is_every ? MIN (all->bytes, one->bytes) : one->bytes;
      all->is_every = TRUE;
    }
  all->due_us = MIN (all->due_us, one->due_us);
  if (all->encoder == NULL)
    all->encoder = one->encoder;
  all->encodes_every |= one->is_every && one->encoder != NULL;
}

/**
 * stepcast_followers_get_demand:
 * @self: followers
 * @demand: (inout): becomes what it was and what all of them want now; the frames that are made by
 *   it are to be handed out next
 */
void
stepcast_followers_get_demand (StepcastFollowers *self, StepcastDemand *demand)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      Follower *follower = self->list->pdata[i];
      StepcastDemand one;

      stepcast_frame_sink_get_demand (follower->sink, &one);
      follower->was_every = one.is_every;
      merge_demand (demand, &one);
    }
}

/**
 * stepcast_followers_want_latest:
 * @self: followers
 *
 * Returns: whether one of them wants the latest frame, now or in a while
 */
gboolean
stepcast_followers_want_latest (StepcastFollowers *self)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      Follower *follower = self->list->pdata[i];
      StepcastDemand demand;

      stepcast_frame_sink_get_demand (follower->sink, &demand);
      if (!demand.is_every && demand.due_us != STEPCAST_NEVER)
        return TRUE;
    }
  return FALSE;
}

/**
 * stepcast_followers_find_holder:
 * @self: followers
 *
 * Returns: (transfer none) (nullable): one who wants every frame, and has no room for the next
 */
StepcastFrameSink *
stepcast_followers_find_holder (StepcastFollowers *self)
{
  for (guint i = 0; i < self->list->len; i++)
    {
      Follower *follower = self->list->pdata[i];
      StepcastDemand demand;

      stepcast_frame_sink_get_demand (follower->sink, &demand);
      if (demand.is_every && (demand.frames == 0 || demand.bytes == 0))
        return follower->sink;
    }
  return NULL;
}

/**
 * stepcast_followers_deliver:
 * @self: followers
 * @frames: (element-type StepcastFrame): in order
 * @are_steps: each is a step's; else it is a drawing of a state that stands still
 * @is_shown: asked before each is told
 * @user_data: handed to @is_shown
 *
 * A step's frames go to all, but for who wants every frame and came when some
 * were passed over already. A drawing of a state that stands still goes only to those who follow
 * the latest: nobody else asked for a second picture of it.
 */
void
stepcast_followers_deliver (StepcastFollowers *self,
                            GPtrArray *frames,
                            gboolean are_steps,
                            StepcastStillShown is_shown,
                            gpointer user_data)
{
  g_autoptr (GPtrArray) followers = NULL; /* a copy: one may come or go when it is told */

  if (frames->len == 0)
    return;

  followers = g_ptr_array_copy (self->list, follower_ref, NULL);
  for (guint i = 0; i < followers->len; i++)
    {
      Follower *follower = followers->pdata[i];
      StepcastDemand demand;

      stepcast_frame_sink_get_demand (follower->sink, &demand);
      if (demand.is_every && !(are_steps && follower->was_every))
        continue;
      if (!follower->is_removed && is_shown (user_data))
        stepcast_frame_sink_deliver (follower->sink, (StepcastFrame *const *) frames->pdata,
                                     frames->len);
    }
}
