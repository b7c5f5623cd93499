// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _ } from './messages.js';

/* As it is on the wire, but for what people would not say so. */
function describeValue({ type }, value) {
  if (type === 'boolean')
    return value ? _('on') : _('off');
  if (type === 'file')
    return value?.name ?? (value ? _('a file') : '–');
  return value === null || value === '' ? '–' : String(value);
}

/** The parameters for those who only watch: what they are, and nothing to change them with. */
export class Values {
  #root;
  #rows = new Map();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  /** Makes the list anew. */
  fill(specs, values) {
    this.#rows.clear();
    this.#root.replaceChildren(...specs.flatMap((spec) => this.#makeRow(spec)));
    this.update(values);
  }

  /** Shows what was set, by whom ever. */
  update(values) {
    for (const [name, value] of Object.entries(values)) {
      const row = this.#rows.get(name);
      if (row)
        row.node.textContent = describeValue(row.spec, value);
    }
  }

  #makeRow(spec) {
    const term = document.createElement('dt');
    const node = document.createElement('dd');
    const number = document.createElement('span');

    term.textContent = _(spec.label || spec.name);
    node.append(number);
    if (spec.unit) {
      const unit = document.createElement('span');
      unit.className = 'unit';
      unit.textContent = _(spec.unit);
      node.append(' ', unit);
    }
    this.#rows.set(spec.name, { spec, node: number });
    return [term, node];
  }
}
