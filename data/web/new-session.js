// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { _ } from './messages.js';
import { ParameterForm } from './parameters.js';
import { ask, findSession } from './service.js';

/** Asks what a new session is to be: a generator, its parameters, a title; and opens it. */
export class NewSessionDialog {
  #dialog;
  #form;
  #choices = element('fieldset', { className: 'generators' });
  #summary = element('p', { className: 'generator-summary', dir: 'auto' });
  #title = element('input', { type: 'text', id: 'new-session-title', autocomplete: 'off',
                              dir: 'auto' });
  #starts = element('input', { type: 'checkbox', id: 'new-session-starts', checked: true });
  #error = element('p', { className: 'dialog-error', role: 'alert', hidden: true });
  #submit = element('button', { type: 'submit', className: 'suggested' }, _('Create'));
  #generators = [];
  #created = null;
  #isBusy = false;

  constructor() {
    const fields = element('div', { className: 'generator-parameters' });
    const cancel = element('button', { type: 'button' }, _('Cancel'));
    const form = element('form', {},
      element('h2', { id: 'new-session-heading' }, _('New session')),
      element('div', { className: 'new-session-parts' }, this.#choices,
        element('div', { className: 'new-session-settings' }, this.#summary,
          element('label', { htmlFor: 'new-session-title' }, _('Title')), this.#title, fields)),
      this.#error,
      element('div', { className: 'dialog-buttons' },
        element('label', { className: 'check' }, this.#starts, _('Start now')), cancel, this.#submit));

    this.#form = new ParameterForm(fields);
    this.#dialog = element('dialog', { className: 'new-session',
                                       'aria-labelledby': 'new-session-heading' }, form);
    form.noValidate = true;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#create();
    });
    cancel.addEventListener('click', () => this.#dialog.close());
    this.#choices.addEventListener('change', () => this.#choose());
    this.#dialog.addEventListener('keydown', (event) => event.stopPropagation());
    document.body.append(this.#dialog);
  }

  /**
   * @param {function(string): void} created is called with the name of the session, when it is there
   */
  async open(created) {
    this.#created = created;
    this.#title.value = '';
    this.#complain();
    this.#dialog.showModal();
    try {
      ({ generators: this.#generators } = await ask('GET', 'generators'));
      this.#fill();
    } catch (error) {
      this.#complain(error.message);
    }
  }

  get #chosen() {
    const name = this.#choices.querySelector('input:checked')?.value;

    return this.#generators.find((generator) => generator.name === name) ?? null;
  }

  #fill() {
    this.#choices.replaceChildren(element('legend', {}, _('Generator')),
      ...this.#generators.map((generator) => this.#createChoice(generator)));
    this.#choose();
    this.#choices.querySelector('input:checked')?.focus();
  }

  #createChoice({ name, default: isDefault }) {
    return element('label', { className: 'check' },
      element('input', { type: 'radio', name: 'new-session-generator', value: name,
                         checked: isDefault }), name);
  }

  #choose() {
    const generator = this.#chosen;

    this.#complain();
    this.#summary.textContent = generator ? _(generator.summary) : '';
    this.#title.placeholder = generator?.name ?? '';
    this.#form.fill(generator?.parameters ?? []);
  }

  #complain(text = '') {
    this.#error.textContent = text;
    this.#error.hidden = text === '';
  }

  async #create() {
    const generator = this.#chosen;
    const title = this.#title.value.trim();

    if (this.#isBusy || !generator)
      return;
    this.#setBusy(true);
    try {
      const { name } = await ask('POST', 'sessions', {
        generator: generator.name, parameters: this.#form.values, ...title !== '' && { title } });
      // It is there now: what goes wrong from here on is shown where it is.
      if (this.#starts.checked)
        await ask('PATCH', findSession(name), { do: 'start' }).catch(() => null);
      this.#dialog.close();
      this.#created(name);
    } catch (error) {
      this.#complain(error.message);
    } finally {
      this.#setBusy(false);
    }
  }

  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    this.#submit.setAttribute('aria-busy', isBusy);
  }
}
