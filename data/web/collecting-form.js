// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { _ } from './messages.js';

/* As numbers where they are exact, and as texts where JSON has them so. */
function readNumber(text) {
  const number = Number(text);

  return text.trim() !== '' && Number.isFinite(number) &&
    (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}

function createInput({ type, value, choices }) {
  if (type === 'boolean')
    return element('input', { type: 'checkbox', checked: value });
  if (type === 'choice') {
    const options = choices.map((choice) => element('option', { value: choice }, choice));
    const select = element('select', {}, ...options);
    select.value = value;
    return select;
  }
  return element('input', { type: 'text', value: String(value), autocomplete: 'off', dir: 'auto' });
}

function readInput({ type }, input) {
  switch (type) {
    case 'boolean': return input.checked;
    case 'integer':
    case 'number': return readNumber(input.value);
    default: return input.value;
  }
}

/** Fields for parameters, made from their specs, which nobody is told of before they are asked for. */
export class CollectingForm {
  #root;
  #fields = [];

  /** @param {HTMLElement} root what it fills */
  constructor(root) {
    this.#root = root;
  }

  /** What differs from the defaults, name to value. */
  get values() {
    return Object.fromEntries(this.#fields
      .map(({ spec, input }) => [spec, readInput(spec, input)])
      .filter(([spec, value]) => value !== spec.default)
      .map(([spec, value]) => [spec.name, value]));
  }

  /** Makes the fields anew. */
  fill(specs) {
    this.#fields = specs.map((spec) => ({ spec, input: createInput(spec) }));
    this.#root.replaceChildren(...this.#fields.flatMap(({ spec, input }, index) => {
      input.id = `new-parameter-${index}`;
      input.name = spec.name;
      return [element('label', { htmlFor: input.id }, _(spec.label)), input];
    }));
  }
}
