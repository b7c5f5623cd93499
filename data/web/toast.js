// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

const SHOWN_MS = 4000;

/** Says in passing what was done. */
export class Toast {
  #node;
  #timer = null;

  /** @param {HTMLElement} node with the role `status` */
  constructor(node) {
    this.#node = node;
  }

  /** @param {string} text */
  show(text) {
    clearTimeout(this.#timer);
    this.#node.hidden = false;
    this.#node.textContent = text;
    this.#timer = setTimeout(() => {
      this.#node.hidden = true;
      this.#node.textContent = '';
    }, SHOWN_MS);
  }
}
