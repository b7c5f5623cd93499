// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatCount, ngettext } from './messages.js';

const MAX_LINES = 500;

/* As stepcast-document-error.c writes it; the words before it may say which step it was. */
const FRAME_ERROR =
  /^(?:.*?\b)??Document (\d+), line (\d+), column (\d+): ([^\n]*?)(?: \(at “([^\n]*)”\))?(?:\n|$)/;

/**
 * An error of a frame.
 *
 * @typedef {object} FrameError
 * @property {number} document which of the program's documents, from 1
 * @property {number} line from 1
 * @property {number} column from 1, in characters
 * @property {string} message
 * @property {string} snippet what stands there, or nothing
 */

/**
 * Finds out where in a frame an error is.
 *
 * @param {string} text the message of an error or of a reason
 * @returns {FrameError|null} null where the error is not one of a frame
 */
export function parseFrameError(text) {
  const match = FRAME_ERROR.exec(text);

  return match && {
    document: Number(match[1]), line: Number(match[2]), column: Number(match[3]),
    message: match[4], snippet: match[5] ?? '',
  };
}

function element(name, className, ...children) {
  const node = document.createElement(name);

  node.className = className;
  node.append(...children);
  return node;
}

/**
 * What a program has said, each line with the run that it was said in: the last 500 lines. Who has
 * scrolled back reads on in peace.
 */
export class Log {
  #root;
  #list;
  #count;
  #waiting = [];
  #total = 0;
  /* Whether the last line is to be in sight. */
  #isFollowing = true;

  /** @param {HTMLElement} root is hidden until there is something in it */
  constructor(root) {
    this.#root = root;
    this.#list = root.querySelector('ol');
    this.#count = root.querySelector('.count');
    root.querySelector('#log-toggle').addEventListener('click', ({ currentTarget }) =>
      this.#setOpen(currentTarget, this.#list.hidden));
    this.#list.addEventListener('scroll', () => { this.#isFollowing = this.#isAtEnd; });
    new ResizeObserver(() => this.#follow()).observe(this.#list);
    root.querySelector('.clear').addEventListener('click', () => this.clear());
  }

  /**
   * @param {string} line
   * @param {number} run
   */
  addLine(line, run) {
    this.#add(() => element('li', '', this.#tag(run), element('span', 'text', line)));
  }

  /**
   * @param {{step: number|undefined, run: number, line: number, column: number, message: string,
   *          snippet: string}} error
   */
  addFrameError({ step, run, line, column, message, snippet }) {
    this.#add(() => {
      const where = format(_('line {line}, column {column}'),
                           { line: formatCount(line), column: formatCount(column) });
      const text = element('span', 'text', element('strong', '', message), ' ',
                           element('span', 'where', step === undefined ? where
                             : format(_('after step {step}, {where}'),
                                      { step: formatCount(step), where })));
      if (snippet)
        text.append(element('code', 'snippet', snippet));
      return element('li', 'error', this.#tag(run), text);
    });
  }

  /** Forgets all lines. */
  clear() {
    this.#waiting = [];
    this.#total = 0;
    this.#list.replaceChildren();
    this.#root.hidden = true;
    this.#isFollowing = true;
  }

  #tag(run) {
    const tag = element('span', 'run', `#${run}`);
    tag.title = format(_('Run {run}'), { run: formatCount(run) });
    return tag;
  }

  /* A program may print more than anybody reads: what would be pushed out is not made at all. */
  #add(make) {
    if (this.#waiting.length === 0)
      setTimeout(() => this.#flush(), 50);
    this.#waiting.push(make);
    if (this.#waiting.length > MAX_LINES)
      this.#waiting.shift();
    this.#total++;
  }

  #flush() {
    if (this.#waiting.length === 0)
      return;

    const list = this.#list;

    list.append(...this.#waiting.map((make) => make()));
    this.#waiting = [];
    while (list.childElementCount > MAX_LINES)
      list.firstElementChild.remove();
    this.#show();
    this.#follow();
  }

  get #isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    return scrollTop + clientHeight >= scrollHeight - 8;
  }

  #follow() {
    if (this.#isFollowing)
      this.#list.scrollTop = this.#list.scrollHeight;
  }

  #setOpen(button, isOpen) {
    button.setAttribute('aria-expanded', isOpen);
    this.#list.hidden = !isOpen;
  }

  #show() {
    this.#root.hidden = false;
    this.#count.textContent = format(ngettext('{count} line', '{count} lines', this.#total),
                                     { count: formatCount(this.#total) });
  }
}
