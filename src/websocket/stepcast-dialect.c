/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "stepcast-dialect.h"

StepcastRequest *
stepcast_request_new (StepcastRequestType type)
{
  StepcastRequest *self = g_new0 (StepcastRequest, 1);

  self->type = type;
  self->id = g_strdup ("null");

  return self;
}

void
stepcast_request_free (StepcastRequest *self)
{
  g_clear_pointer (&self->values, g_variant_unref);
  g_free (self->title);
  g_free (self->id);
  g_free (self);
}
