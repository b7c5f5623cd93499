/* SPDX-FileCopyrightText: 2026 The Stepcast authors
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * StepcastSvgElement:
 * @name: the local name
 * @prefix: (nullable): the prefix as it was written
 * @uri: (nullable): the namespace that the prefix stands for
 * @attributes: (array): five pointers an attribute, as libxml2's SAX2 has them: local name, prefix,
 *   namespace, begin and end of the value, which is decoded and not terminated
 * @n_attributes: how many attributes there are; namespace declarations are none
 *
 * A start tag. The names and namespaces are interned: the same pointer is the same string until
 * stepcast_svg_rules_forget_names(), which is what makes the rules fast.
 */
typedef struct
{
  const char *name;
  const char *prefix;
  const char *uri;
  const char *const *attributes;
  guint n_attributes;
} StepcastSvgElement;

/**
 * StepcastSvgRules:
 *
 * Which elements and attributes a frame may have: the still pictures of SVG 1.1 and SVG 2, with
 * nothing that runs, that fetches, or that restyles what stands around it. It is told the elements
 * of one document after the other, in document order.
 *
 * Not thread-safe: it is used by one slice at a time.
 */
typedef struct _StepcastSvgRules StepcastSvgRules;

StepcastSvgRules *stepcast_svg_rules_new (void);
void stepcast_svg_rules_free (StepcastSvgRules *self);

void stepcast_svg_rules_reset (StepcastSvgRules *self);
void stepcast_svg_rules_forget_names (StepcastSvgRules *self);

gboolean stepcast_svg_rules_start_element (StepcastSvgRules *self,
                                           const StepcastSvgElement *element,
                                           int *bad_attribute,
                                           GError **error);
void stepcast_svg_rules_add_text (StepcastSvgRules *self, const char *text, gsize length);
gboolean stepcast_svg_rules_end_element (StepcastSvgRules *self, GError **error);
gboolean
stepcast_svg_rules_check_instruction (StepcastSvgRules *self, const char *target, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StepcastSvgRules, stepcast_svg_rules_free)

G_END_DECLS
