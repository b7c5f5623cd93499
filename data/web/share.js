// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { _ } from './messages.js';
import { ask, findSession } from './service.js';

/* Without a secure context there is no clipboard to write to: an older way is there all the same. */
async function copy(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.select();
    return document.execCommand('copy');
  }
}

/* The links that there are, in the words of who passes one on. */
function describeLinks() {
  return {
    view: { label: _('To watch'), text: _('Whoever has this link can watch, and do nothing else.') },
    control: { label: _('To steer'),
               text: _('Whoever has this link can stop this session, change it, and open and close others. Give it to people you trust.') },
    still: { label: _('Still picture'),
             text: _('The present picture as an SVG file, for documents and other pages.') },
  };
}

/**
 * The links of a session, to be passed on: as text, and as QR codes for a phone's camera. One is
 * shown at a time, so that the camera sees the one that is meant. Who may only look passes on just
 * that.
 */
export class ShareDialog {
  #dialog;
  #choices = element('fieldset', { className: 'share-choices' });
  #text = element('p', { id: 'share-text' });
  #input = element('input', { type: 'text', readOnly: true, id: 'share-link', dir: 'ltr',
                              'aria-label': _('Link'), 'aria-describedby': 'share-text' });
  #copy = element('button', { type: 'button', className: 'suggested' }, _('Copy'));
  #code = element('img', { className: 'share-code', alt: _('QR code of the link'), hidden: true });
  #parts = element('div', { className: 'share-parts' });
  #local;
  #status = element('p', { className: 'share-status', role: 'status' });
  #error = element('p', { className: 'dialog-error', role: 'alert', hidden: true });
  #session = null;
  #links = {};

  constructor() {
    const close = element('button', { type: 'button' }, _('Close'));

    this.#local = this.#createLocalNote();
    this.#parts.append(this.#choices, this.#text,
      element('div', { className: 'share-line' }, this.#input, this.#copy), this.#code, this.#local);
    this.#dialog = element('dialog', { className: 'share', 'aria-labelledby': 'share-heading' },
      element('h2', { id: 'share-heading' }, _('Share')), this.#parts, this.#error,
      element('div', { className: 'dialog-buttons' }, this.#status, close));
    close.addEventListener('click', () => this.#dialog.close());
    this.#choices.addEventListener('change', () => this.#show());
    this.#input.addEventListener('focus', () => this.#input.select());
    this.#copy.addEventListener('click', () => this.#copyLink());
    this.#code.addEventListener('load', () => { this.#code.hidden = false; });
    this.#code.addEventListener('error', () => { this.#code.hidden = true; });
    this.#dialog.addEventListener('keydown', (event) => event.stopPropagation());
    this.#dialog.addEventListener('close', () => this.#forget());
    document.body.append(this.#dialog);
  }

  /**
   * @param {string} session its name
   * @param {'view'|'control'} role of who passes the link on
   */
  async open(session, role) {
    this.#session = session;
    this.#parts.hidden = true;
    this.#complain();
    this.#dialog.showModal();
    try {
      const links = await ask('GET', findSession(session, 'links'));
      if (this.#session === session && this.#dialog.open)
        this.#fill(links, role === 'control' ? ['view', 'control', 'still'] : ['view']);
    } catch (error) {
      this.#complain(error.message);
    }
  }

  #createLocalNote() {
    return element('p', { className: 'share-local', hidden: true },
      _('Only this machine can reach the service, and so this link. For others, start it with this command:'),
      ' ', element('code', {}, 'stepcastd --address=0.0.0.0'));
  }

  #fill(links, kinds) {
    const known = kinds.filter((kind) => links[kind]);
    const words = describeLinks();

    this.#links = links;
    this.#local.hidden = !links.local;
    this.#choices.hidden = known.length < 2;
    this.#choices.replaceChildren(element('legend', { className: 'unseen' }, _('What for')),
      ...known.map((kind, index) => element('label', { className: 'check' },
        element('input', { type: 'radio', name: 'share-kind', value: kind, checked: index === 0 }),
        words[kind].label)));
    this.#parts.hidden = false;
    this.#show();
    this.#copy.focus();
  }

  #show() {
    const kind = this.#choices.querySelector('input:checked').value;

    this.#status.textContent = '';
    this.#text.textContent = describeLinks()[kind].text;
    this.#text.classList.toggle('warning', kind === 'control');
    this.#input.value = this.#links[kind];
    this.#code.hidden = true;
    this.#code.src = `${findSession(this.#session, 'link.svg')}?to=${kind}`;
  }

  async #copyLink() {
    const isCopied = await copy(this.#input);

    this.#status.textContent = isCopied ? _('Copied.') : _('Press Ctrl+C to copy it.');
    if (!isCopied)
      this.#input.focus();
  }

  /* They have tokens: nothing of them stays in the page. */
  #forget() {
    this.#links = {};
    this.#input.value = '';
    this.#code.removeAttribute('src');
    this.#code.hidden = true;
    this.#status.textContent = '';
  }

  #complain(text = '') {
    this.#error.textContent = text;
    this.#error.hidden = text === '';
  }
}
