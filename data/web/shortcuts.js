// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _ } from './messages.js';

/**
 * A key and what it does. `action` is what it is called where keys are handled; those without one
 * are the stage's. `repeats` is whether it goes on while it is held.
 *
 * @typedef {object} Shortcut
 * @property {string[]} keys as `KeyboardEvent.key` has them, in lower case; `Shift+` before letters
 * @property {string} shown for people, as it stands in the table
 * @property {string} label
 * @property {string|undefined} action
 * @property {boolean|undefined} repeats
 * @property {boolean|undefined} steers whether only those who may control can use it
 */

/**
 * All keys, in groups, as `?` shows them.
 *
 * @returns {{title: string, items: Shortcut[]}[]}
 */
export function listShortcuts() {
  return [
    {
      title: _('Run'),
      items: [
        { keys: [' '], shown: _('Space'), label: _('Start, pause or resume'), action: 'toggle', steers: true },
        { keys: ['.'], shown: '.', label: _('One step'), action: 'step', repeats: true, steers: true },
        { keys: ['n'], shown: 'N', label: _('Several steps'), action: 'steps', steers: true },
        { keys: ['s'], shown: 'S', label: _('Stop'), action: 'stop', steers: true },
        { keys: ['r'], shown: 'R', label: _('Restart with the same seed'), action: 'restart', steers: true },
        { keys: ['Shift+r'], shown: _('Shift+R'), label: _('Restart with the next seed'), action: 'restart-next', steers: true },
      ],
    },
    {
      title: _('Picture'),
      items: [
        { keys: ['f'], shown: 'F', label: _('Fit into the window') },
        { keys: ['1'], shown: '1', label: _('Actual size') },
        { keys: ['+', '='], shown: '+', label: _('Zoom in'), repeats: true },
        { keys: ['-'], shown: '−', label: _('Zoom out'), repeats: true },
        { keys: ['arrowleft', 'arrowright', 'arrowup', 'arrowdown'], shown: '← → ↑ ↓', label: _('Move the picture'), repeats: true },
        { keys: ['Shift+f'], shown: _('Shift+F'), label: _('Full screen') },
      ],
    },
    {
      title: _('Page'),
      items: [
        { keys: ['l'], shown: 'L', label: _('List of sessions'), action: 'sessions' },
        { keys: ['?'], shown: '?', label: _('Keyboard shortcuts'), action: 'help' },
        { keys: ['escape'], shown: _('Esc'), label: _('Close what is open'), action: 'escape' },
      ],
    },
  ];
}

/**
 * The name of the key that was pressed. Shift is told of letters only: what other characters need
 * it for depends on the keyboard.
 *
 * @param {KeyboardEvent} event
 * @returns {string}
 */
export function nameKey({ key, shiftKey }) {
  const name = key.toLowerCase();
  return shiftKey && (/^[\p{L} ]$/u.test(key) || key.length > 1) ? `Shift+${name}` : name;
}

/* Where something is typed, chosen or pressed, keys have another meaning. */
function isTaken({ target, key }) {
  const node = target instanceof Element ? target : document.body;

  if (node.closest('input, select, textarea, dialog[open], [popover], [contenteditable]'))
    return true;
  if ((key === ' ' || key === 'Enter') && node.closest('button, a, summary, [role="button"]'))
    return true;
  return key.startsWith('Arrow') && isScrollable(node);
}

/* What scrolls by itself when it has the focus, such as the log. */
function isScrollable(node) {
  return node !== document.body && node.tabIndex >= 0 && node.closest('#view') === null &&
         node.scrollHeight > node.clientHeight + 1 && !node.closest('button');
}

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

/** Hears keys, has what they stand for done, and shows the table of them. */
export class Shortcuts {
  #dialog;
  #groups = listShortcuts();
  #byKey = new Map();
  #act;
  #fallback;
  #maySteer = false;

  /**
   * @param {HTMLDialogElement} dialog where the table is shown
   * @param {function(string): boolean|void} act does an action; false where there was nothing to do
   * @param {function(KeyboardEvent): boolean} fallback gets the keys of the stage
   */
  constructor(dialog, act, fallback) {
    this.#dialog = dialog;
    this.#act = act;
    this.#fallback = fallback;
    for (const shortcut of this.#groups.flatMap(({ items }) => items))
      for (const key of shortcut.keys)
        this.#byKey.set(key, shortcut);
    dialog.querySelector('.close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', ({ target }) => {
      if (target === dialog)
        dialog.close();
    });
    document.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Keys that steer do nothing for those who only watch, and are not in their table. */
  set maySteer(maySteer) {
    this.#maySteer = maySteer;
  }

  /** Shows the table. */
  open() {
    const groups = this.#groups.map(({ title, items }) => ({
      title, items: items.filter(({ steers }) => !steers || this.#maySteer),
    })).filter(({ items }) => items.length > 0);

    this.#dialog.querySelector('#keys-table').replaceChildren(...groups.map((group) =>
      this.#makeGroup(group)));
    if (!this.#dialog.open)
      this.#dialog.showModal();
  }

  #makeGroup({ title, items }) {
    const rows = items.map(({ shown, label }) => {
      const keys = shown.split(' ').map((key) => element('kbd', key));
      return element('div', element('dt', ...keys), element('dd', label));
    });
    return element('section', element('h3', title), element('dl', ...rows));
  }

  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing ||
        event.defaultPrevented || document.querySelector('dialog[open]') || isTaken(event))
      return;

    const shortcut = this.#byKey.get(nameKey(event));
    if (!shortcut || (shortcut.steers && !this.#maySteer))
      return;
    if (this.#isHandled(shortcut, event))
      event.preventDefault();
  }

  /* A key that is held and does not repeat is swallowed, lest the page scrolls. */
  #isHandled({ action, repeats }, event) {
    if (event.repeat && !repeats)
      return action !== 'escape';
    return action ? this.#act(action) !== false : this.#fallback(event);
  }
}
