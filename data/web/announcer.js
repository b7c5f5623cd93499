// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Who listens gets whole sentences, and hears other things, too.
const PAUSE_MS = 2000;

/** A polite live region that says the newest, and not more often than one can listen to. */
export class Announcer {
  #node;
  #last = -Infinity;
  #timer = null;
  #text = '';

  /** @param {HTMLElement} node with the role `status` */
  constructor(node) {
    this.#node = node;
  }

  /** @param {string} text takes the place of one that waits */
  say(text) {
    if (text === this.#text)
      return;
    this.#text = text;
    this.#timer ??= setTimeout(() => this.#speak(),
                               Math.max(0, this.#last + PAUSE_MS - performance.now()));
  }

  #speak() {
    this.#timer = null;
    this.#last = performance.now();
    this.#node.textContent = this.#text;
  }
}
