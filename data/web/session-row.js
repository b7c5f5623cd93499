// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { createIcon } from './icons.js';
import { _, format, formatCount, ngettext } from './messages.js';
import { Thumbnail } from './thumbnail.js';

/* As the service has it. */
const MAX_TITLE = 100;

/* In words, as a list has room for them. */
function describeState(session) {
  switch (session.state) {
    case 'idle': return _('ready to start');
    case 'running': return _('running');
    case 'paused': return _('paused');
    case 'stopping': return _('stopping…');
    case 'stopped': return _('stopped');
    case 'finished': return _('finished');
    case 'failed': return _('failed');
    default: return session.state;
  }
}

function describe(session) {
  const state = describeState(session);

  return session.run > 0
    ? format(_('{state}, step {step}'), { state, step: formatCount(session.step) }) : state;
}

function describeViewers({ viewers }) {
  return viewers > 0
    ? format(ngettext('{count} viewer', '{count} viewers', viewers), { count: formatCount(viewers) })
    : '';
}

/* Nothing is said twice. */
function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

/** A session in the list: what it is, and what can be done with it. */
export class SessionRow {
  node = element('li', { className: 'session' });

  #session;
  #callbacks;
  #thumbnail;
  #open;
  #title = element('span', { className: 'session-title', dir: 'auto' });
  #generator = element('span', { className: 'session-generator', dir: 'auto' });
  #state = element('span', { className: 'session-state' });
  #viewers = element('span', { className: 'session-viewers' });
  #actions;
  #note;
  #canSteer = false;
  #form = null;

  /**
   * @param {object} session as the service tells of it
   * @param {{open: Function, rename: function(SessionRow, string): Promise, close: Function,
   *          focused: Function}} callbacks
   */
  constructor(session, callbacks) {
    this.#callbacks = callbacks;
    this.#thumbnail = new Thumbnail(session.name);
    this.#build();
    this.update(session);
  }

  get session() {
    return this.#session;
  }

  get isRenaming() {
    return this.#form !== null;
  }

  /** What can be done with it is shown. */
  set canSteer(canSteer) {
    this.#canSteer = canSteer;
    if (!canSteer)
      this.#endRename();
    this.#actions.hidden = !canSteer || this.isRenaming;
  }

  set isCurrent(isCurrent) {
    if (isCurrent)
      this.#open.setAttribute('aria-current', 'true');
    else
      this.#open.removeAttribute('aria-current');
  }

  /** The one of all rows that Tab leads to. */
  set isReachable(isReachable) {
    for (const button of [this.#open, ...this.#actions.children])
      button.tabIndex = isReachable ? 0 : -1;
  }

  update(session) {
    const { title, generator, state } = session;

    this.#session = session;
    this.node.dataset.name = session.name;
    this.node.dataset.state = state;
    setText(this.#title, title);
    this.#title.title = title;
    setText(this.#generator, generator);
    setText(this.#state, describe(session));
    setText(this.#viewers, describeViewers(session));
    const [rename, close] = this.#actions.children;
    rename.setAttribute('aria-label', format(_('Rename “{title}”'), { title }));
    close.setAttribute('aria-label', format(_('Close “{title}”'), { title }));
    this.#thumbnail.update(session);
  }

  focus() {
    this.#open.focus();
  }

  /** Says what went wrong; nothing takes it away again. */
  complain(text = '') {
    this.#note.textContent = text;
    this.#note.hidden = text === '';
  }

  /** Goes from the list; nothing is asked for it any more. */
  remove() {
    this.#thumbnail.close();
    this.node.remove();
  }

  #build() {
    this.#open = element('button', { type: 'button', className: 'session-open' }, this.#thumbnail.node,
      element('span', { className: 'session-words' }, this.#title, this.#generator,
        element('span', { className: 'session-facts' }, this.#state, this.#viewers)));
    this.#actions = element('span', { className: 'session-actions' },
      this.#makeButton('rename', _('Rename (F2)'), () => this.rename()),
      this.#makeButton('close', _('Close (Delete)'), () => this.#callbacks.close(this)));
    this.#note = element('p', { className: 'session-note', role: 'alert', hidden: true });
    this.node.append(this.#open, this.#actions, this.#note);
    this.#open.addEventListener('click', () => this.#callbacks.open(this));
    this.node.addEventListener('focusin', () => this.#callbacks.focused(this));
    this.node.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #makeButton(icon, title, onClick) {
    const button = element('button', { type: 'button', className: 'flat icon-only', title },
                           createIcon(icon));

    button.addEventListener('click', onClick);
    return button;
  }

  #onKey(event) {
    if (this.isRenaming || !this.#canSteer)
      return;
    if (event.key === 'F2')
      this.rename();
    else if (event.key === 'Delete')
      this.#callbacks.close(this);
    else
      return;
    event.preventDefault();
  }

  // ---- Renaming ----

  /** Its title becomes a field: Enter takes what is in it, Escape leaves it as it was. */
  rename() {
    if (this.isRenaming || !this.#canSteer)
      return;

    const input = element('input', { type: 'text', value: this.#session.title, dir: 'auto',
                                     autocomplete: 'off', 'aria-label': _('Title') });
    this.complain();
    this.#form = element('form', { className: 'session-rename' }, input);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit(input);
    });
    input.addEventListener('keydown', (event) => this.#onFieldKey(event));
    input.addEventListener('blur', () => this.#onBlur(input));
    this.#open.hidden = this.#actions.hidden = true;
    this.node.prepend(this.#form);
    input.focus();
    input.select();
  }

  /* Keys of the page and of what it lies in are letters here. */
  #onFieldKey(event) {
    event.stopPropagation();
    if (event.key === 'Escape') {
      event.preventDefault();
      this.#endRename();
      this.focus();
    }
  }

  /* Who goes elsewhere means what was typed. */
  #onBlur(input) {
    if (this.#form && !this.#form.dataset.busy && document.hasFocus())
      this.#submit(input, false);
  }

  async #submit(input, isFocused = true) {
    const form = this.#form;
    const title = input.value.trim();

    if (form.dataset.busy)
      return;
    if (title === this.#session.title || (title === '' && !isFocused)) {
      this.#endRename(isFocused);
      return;
    }
    form.dataset.busy = 'true';
    try {
      await this.#callbacks.rename(this, title);
      if (form === this.#form)
        this.#endRename(isFocused);
    } catch (error) {
      delete form.dataset.busy;
      input.setAttribute('aria-invalid', 'true');
      this.complain(title === '' ? format(_('A title has 1 to {count} characters.'),
                                          { count: formatCount(MAX_TITLE) }) : error.message);
    }
  }

  #endRename(isFocused = false) {
    const form = this.#form;

    if (!form)
      return;
    this.#form = null;
    form.remove();
    this.#open.hidden = false;
    this.#actions.hidden = !this.#canSteer;
    this.complain();
    if (isFocused)
      this.focus();
  }
}
