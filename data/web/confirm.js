// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { _ } from './messages.js';

/** A question before something that can't be undone; Escape and Cancel are no. */
export class ConfirmDialog {
  #dialog;
  #heading = element('h2', { id: 'confirm-heading' });
  #text = element('p', { id: 'confirm-text' });
  #action = element('button', { type: 'submit', value: 'yes', className: 'destructive' });

  constructor() {
    const cancel = element('button', { type: 'submit', value: 'no', autofocus: true },
                           _('Cancel'));

    this.#dialog = element('dialog', { className: 'confirm', role: 'alertdialog',
                                       'aria-labelledby': 'confirm-heading',
                                       'aria-describedby': 'confirm-text' },
      element('form', { method: 'dialog' }, this.#heading, this.#text,
        element('div', { className: 'dialog-buttons' }, cancel, this.#action)));
    // Letters are no keys of the page here.
    this.#dialog.addEventListener('keydown', (event) => event.stopPropagation());
    document.body.append(this.#dialog);
  }

  /**
   * @param {{heading: string, text: string, action: string}} question `action` is what yes is called
   * @returns {Promise<boolean>} the answer; the focus is where it was by then
   */
  ask({ heading, text, action }) {
    this.#heading.textContent = heading;
    this.#text.textContent = text;
    this.#action.textContent = action;
    this.#dialog.returnValue = 'no';
    this.#dialog.showModal();
    return new Promise((resolve) => this.#dialog.addEventListener('close',
      () => resolve(this.#dialog.returnValue === 'yes'), { once: true }));
  }
}
