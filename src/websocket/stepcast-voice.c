/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-voice.h"

struct _StepcastVoice
{
  const StepcastDialect *dialect;
  StepcastChannel *channel; /* (nullable): NULL while the viewer is away */
};

/**
 * stepcast_voice_new:
 * @dialect: how it speaks; static
 *
 * Returns: (transfer full): a new voice, which nobody hears yet
 */
StepcastVoice *
stepcast_voice_new (const StepcastDialect *dialect)
{
  StepcastVoice *self = g_rc_box_new0 (StepcastVoice);

  self->dialect = dialect;
  return self;
}

StepcastVoice *
stepcast_voice_ref (StepcastVoice *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  StepcastVoice *self = data;

  g_clear_object (&self->channel);
}

void
stepcast_voice_unref (StepcastVoice *self)
{
  g_rc_box_release_full (self, clear);
}

/**
 * stepcast_voice_set_channel:
 * @self: a voice
 * @channel: (nullable): by which it is heard from now on; %NULL: it is not
 */
void
stepcast_voice_set_channel (StepcastVoice *self, StepcastChannel *channel)
{
  g_set_object (&self->channel, channel);
}

/**
 * stepcast_voice_get_dialect:
 * @self: a voice
 *
 * Returns: (transfer none): how it speaks; static
 */
const StepcastDialect *
stepcast_voice_get_dialect (const StepcastVoice *self)
{
  return self->dialect;
}

/**
 * stepcast_voice_flush:
 * @self: a voice
 *
 * Writes what its outbox has got. It may be the last word: who reads no answers is closed.
 */
void
stepcast_voice_flush (StepcastVoice *self)
{
  StepcastChannel *channel = self->channel;

  if (channel == NULL)
    return;

  stepcast_channel_flush (channel);
  if (self->channel == channel && stepcast_outbox_get_answer_bytes (stepcast_channel_get_outbox (
                                    channel)) > STEPCAST_MAX_ANSWER_BYTES)
    stepcast_channel_interrupt (channel, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                                "More than 256 KiB of answers were not read");
}

/**
 * stepcast_voice_say_bytes:
 * @self: a voice
 * @text: a message, which is shared and not copied
 * @is_urgent: whether it goes before the frames that wait, or after them
 */
void
stepcast_voice_say_bytes (StepcastVoice *self, GBytes *text, gboolean is_urgent)
{
  if (self->channel == NULL)
    return;

  stepcast_outbox_push_bytes (stepcast_channel_get_outbox (self->channel), text, is_urgent);
  stepcast_voice_flush (self);
}

static void
say (StepcastVoice *self, char *text, gboolean is_urgent)
{
  g_autoptr (GBytes) bytes = NULL;

  if (text == NULL)
    return;

  bytes = g_bytes_new_take (text, strlen (text));
  stepcast_voice_say_bytes (self, bytes, is_urgent);
}

/**
 * stepcast_voice_say_now:
 * @self: a voice
 * @text: (transfer full) (nullable): a message, which goes before the frames that wait; nothing is
 *   said where the dialect has no words
 */
void
stepcast_voice_say_now (StepcastVoice *self, char *text)
{
  say (self, text, TRUE);
}

/**
 * stepcast_voice_say_in_order:
 * @self: a voice
 * @text: (transfer full) (nullable): a message, which goes after the frames that wait
 */
void
stepcast_voice_say_in_order (StepcastVoice *self, char *text)
{
  say (self, text, FALSE);
}

/**
 * stepcast_voice_say_error:
 * @self: a voice
 * @request: (nullable): what went wrong, if it is one's
 * @id: (nullable): of what could not be read
 * @error: what is wrong
 */
void
stepcast_voice_say_error (StepcastVoice *self,
                          const StepcastRequest *request,
                          const char *id,
                          const GError *error)
{
  stepcast_voice_say_now (self, self->dialect->error (request, id, error));
}
