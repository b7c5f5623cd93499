/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-mock-encoder.h"

/* An encoder that puts a mark before what it is given, and counts. */

struct _StepcastMockEncoder
{
  GObject parent_instance;

  guint n_calls; /* atomic */
};

static GBytes *
stepcast_mock_encoder_encode (StepcastFrameEncoder *encoder, GBytes *svg, GCancellable *cancellable)
{
  g_autoptr (GString) encoded = g_string_new ("encoded ");
  gsize length;
  const char *text = g_bytes_get_data (svg, &length);

  g_atomic_int_inc (&STEPCAST_MOCK_ENCODER (encoder)->n_calls);
  g_string_append_len (encoded, text, (gssize) length);
  return g_string_free_to_bytes (g_steal_pointer (&encoded));
}

static void
frame_encoder_init (StepcastFrameEncoderInterface *iface)
{
  iface->encode = stepcast_mock_encoder_encode;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (StepcastMockEncoder,
                               stepcast_mock_encoder,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STEPCAST_TYPE_FRAME_ENCODER,
                                                      frame_encoder_init))

static void
stepcast_mock_encoder_class_init (StepcastMockEncoderClass *klass)
{
}

static void
stepcast_mock_encoder_init (StepcastMockEncoder *self)
{
}

StepcastMockEncoder *
stepcast_mock_encoder_new (void)
{
  return g_object_new (STEPCAST_TYPE_MOCK_ENCODER, NULL);
}

guint
stepcast_mock_encoder_get_n_calls (StepcastMockEncoder *self)
{
  return g_atomic_int_get (&self->n_calls);
}
