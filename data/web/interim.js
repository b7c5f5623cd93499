// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatCount } from './messages.js';
import * as parameters from './parameters.js';

/* The form as it was before it became a class of its own. */
class ListForm {
  #list;
  #set;

  constructor(root, { set }) {
    const node = document.createElement('ul');

    node.id = 'parameter-list';
    node.className = 'boxed';
    root.append(node);
    this.#set = set;
    this.#list = new parameters.ParameterList(node, (spec, value) => this.#send(spec, value));
  }

  set disabled(disabled) {
    this.#list.disabled = disabled;
  }

  fill(specs) {
    this.#list.fill(specs);
  }

  update(values) {
    this.#list.update(values);
  }

  async #send(spec, value) {
    const { step } = await this.#set({ [spec.name]: value });
    return spec.live && document.querySelector('#start').dataset.action !== 'start'
      ? format(_('In use from step {step}'), { step: formatCount(step) })
      : _('Applies at the next start');
  }
}

/** The form for parameters. */
export function makeForm(root, options) {
  return parameters.ParameterForm ? new parameters.ParameterForm(root, options)
    : new ListForm(root, options);
}
