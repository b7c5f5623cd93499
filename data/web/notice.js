// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatCount } from './messages.js';
import { parseFrameError } from './log.js';

/** What went wrong, over the picture and not instead of it. */
export class Notice {
  #root;
  #retry;
  #dismiss;
  #onRetry = null;
  #giveFocus;

  /**
   * @param {HTMLElement} root
   * @param {function(): void} giveFocus has another part take the focus when there is none left here
   */
  constructor(root, giveFocus) {
    this.#root = root;
    this.#giveFocus = giveFocus;
    this.#retry = root.querySelector('#retry');
    this.#dismiss = root.querySelector('#dismiss');
    this.#retry.addEventListener('click', () => this.#onRetry?.());
    this.#dismiss.addEventListener('click', () => this.hide());
  }

  /**
   * Tells an error. One that can be tried again stays until it is mended; any other can be closed.
   *
   * @param {string} text its first line, and what a program said last in those after it
   * @param {{onRetry?: function(): void, label?: string, stays?: boolean}} options
   */
  show(text, { onRetry = null, label = _('Retry'), stays = onRetry !== null } = {}) {
    const error = parseFrameError(text);
    const [first, ...rest] = text.split('\n');

    this.#write('#notice-text', error ? error.message : first);
    this.#write('#notice-where', error ? this.#describePlace(error) : '');
    this.#write('#notice-snippet', error?.snippet ?? '');
    this.#write('#notice-more', rest.join('\n').trim());
    // What was said last stands last.
    this.#root.hidden = false;
    this.#root.querySelector('#notice-more').scrollTop = Number.MAX_SAFE_INTEGER;
    this.#onRetry = onRetry;
    this.#retry.textContent = label;
    this.#retry.hidden = onRetry === null;
    this.#dismiss.hidden = stays;
  }

  hide() {
    const hadFocus = this.#root.contains(document.activeElement);

    this.#root.hidden = true;
    this.#retry.hidden = true;
    this.#onRetry = null;
    this.#write('#notice-text', '');
    if (hadFocus)
      this.#giveFocus();
  }

  #describePlace({ document, line, column }) {
    return format(_('Picture {document}, line {line}, column {column}'),
                  { document: formatCount(document), line: formatCount(line),
                    column: formatCount(column) });
  }

  #write(selector, text) {
    const node = this.#root.querySelector(selector);

    if (node.textContent !== text)
      node.textContent = text;
    node.hidden = text === '';
  }
}
