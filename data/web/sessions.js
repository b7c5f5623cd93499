// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { ConfirmDialog } from './confirm.js';
import { element } from './element.js';
import { createIcon } from './icons.js';
import { _, format, formatCount, ngettext } from './messages.js';
import { NewSessionDialog } from './new-session.js';
import { SessionFeed } from './session-feed.js';
import { SessionRow } from './session-row.js';
import { ask, findSession } from './service.js';

/* Who listens to the page is told of comings and goings this often at the most. */
const ANNOUNCE_MS = 2000;

const BUSY = ['running', 'paused', 'stopping'];

/**
 * The sessions of the service, as they come, go and change. Where the role is `control`, they can
 * be created, renamed and closed; opening one is the page's matter.
 */
export class SessionList {
  #root;
  #open;
  #role = 'view';
  #current = null;
  #rows = new Map();
  #feed;
  #newDialog = null;
  #confirm = null;

  #list = element('ul', { className: 'session-rows', role: 'list', 'aria-label': _('Sessions') });
  #empty = element('p', { className: 'session-hint', hidden: true });
  #away = element('p', { className: 'session-hint', role: 'status', hidden: true });
  #announcement = element('p', { className: 'unseen', role: 'status' });
  #newButton;

  #news = { opened: [], closed: [] };
  #announceTimer = null;
  /* Of what was closed here: nobody is told of what they have just done. */
  #own = new Set();

  /**
   * @param {HTMLElement} root what it fills
   * @param {{open: function(string): void, role: 'view'|'control'}} options `open` is called with
   *   the name of the session that is to be shown
   */
  constructor(root, { open, role = 'view' }) {
    this.#root = root;
    this.#open = open;
    this.#newButton = element('button', { type: 'button', className: 'session-new' },
                              createIcon('add'), _('New session…'));
    this.#newButton.addEventListener('click', () => this.create());
    this.#list.addEventListener('keydown', (event) => this.#onKey(event));
    root.classList.add('sessions');
    root.append(this.#newButton, this.#away, this.#empty, this.#list, this.#announcement);
    this.role = role;
    this.#feed = new SessionFeed({
      sessions: (sessions) => this.#replace(sessions),
      opened: (session) => this.#onOpened(session),
      changed: (session) => this.#put(session),
      closed: (name) => this.#onClosed(name),
      connected: (isConnected) => this.#onConnected(isConnected),
    });
  }

  get role() {
    return this.#role;
  }

  /** What a person may do. */
  set role(role) {
    this.#role = role;
    this.#newButton.hidden = role !== 'control';
    for (const row of this.#rows.values())
      row.canSteer = role === 'control';
  }

  get current() {
    return this.#current;
  }

  /** The name of the session that the page shows, or null. */
  set current(name) {
    this.#current = name;
    for (const [other, row] of this.#rows)
      row.isCurrent = other === name;
  }

  /** Asks for what a new session is to be, opens it, and has it shown. */
  create() {
    this.#newDialog ??= new NewSessionDialog();
    this.#newDialog.open((name) => this.#open(name));
  }

  /** Ends the stream of events, and takes the list away. */
  close() {
    this.#feed.close();
    clearTimeout(this.#announceTimer);
    for (const row of this.#rows.values())
      row.remove();
    this.#rows.clear();
    this.#root.replaceChildren();
  }

  // ---- What the service tells ----

  #replace(sessions) {
    const names = new Set(sessions.map(({ name }) => name));

    for (const name of [...this.#rows.keys()])
      if (!names.has(name))
        this.#remove(name);
    for (const session of sessions)
      this.#put(session);
  }

  #onOpened(session) {
    this.#put(session);
    this.#tell('opened', session.title);
  }

  #onClosed(name) {
    const row = this.#rows.get(name);

    if (!row)
      return;
    this.#remove(name);
    if (!this.#own.delete(name))
      this.#tell('closed', row.session.title);
  }

  #onConnected(isConnected) {
    this.#away.textContent = isConnected ? '' : _('The service can’t be reached. Trying again…');
    this.#away.hidden = isConnected;
    this.#list.classList.toggle('old', !isConnected);
    if (isConnected)
      this.#renderEmpty();
  }

  #renderEmpty() {
    this.#empty.hidden = this.#rows.size > 0;
    this.#empty.textContent = _('There is no session yet.');
  }

  #put(session) {
    const row = this.#rows.get(session.name);

    if (row)
      row.update(session);
    else
      this.#add(session);
  }

  #add(session) {
    const row = new SessionRow(session, {
      open: () => this.#open(session.name),
      rename: (_row, title) => this.#rename(session.name, title),
      close: () => this.#close(session.name),
      focused: (focused) => this.#reach(focused),
    });

    row.canSteer = this.#role === 'control';
    row.isCurrent = session.name === this.#current;
    row.isReachable = this.#rows.size === 0;
    this.#rows.set(session.name, row);
    this.#list.append(row.node);
    this.#renderEmpty();
  }

  #remove(name) {
    const row = this.#rows.get(name);
    const hadFocus = row.node.contains(document.activeElement);
    const next = this.#neighbour(row, 1) ?? this.#neighbour(row, -1);

    this.#rows.delete(name);
    row.remove();
    this.#renderEmpty();
    if (next && (hadFocus || !this.#list.querySelector('[tabindex="0"]')))
      this.#reach(next);
    if (hadFocus)
      (next ?? this.#newButton).focus();
  }

  // ---- What is asked for here ----

  async #rename(name, title) {
    this.#rows.get(name)?.update(await ask('PATCH', findSession(name), { title }));
  }

  async #close(name) {
    const row = this.#rows.get(name);

    if (!await this.#isMeant(row.session))
      return;
    row.complain();
    this.#own.add(name);
    try {
      await ask('DELETE', findSession(name));
    } catch (error) {
      this.#own.delete(name);
      if (error.code !== 'unknown-session')
        row.complain(error.message);
    }
  }

  /* What nobody uses is closed without a question. */
  async #isMeant({ name, title, state, viewers }) {
    const others = viewers - (name === this.#current ? 1 : 0);
    const reasons = [];

    if (BUSY.includes(state))
      reasons.push(_('What it computes is lost.'));
    if (others > 0)
      reasons.push(format(ngettext('{count} other viewer watches it.',
                                   '{count} other viewers watch it.', others),
                          { count: formatCount(others) }));
    if (reasons.length === 0)
      return true;

    this.#confirm ??= new ConfirmDialog();
    return this.#confirm.ask({ heading: format(_('Close “{title}”?'), { title }),
                               text: reasons.join(' '), action: _('Close session') });
  }

  // ---- Keys: one of the rows is reached by Tab, the others from it ----

  #reach(row) {
    for (const other of this.#rows.values())
      other.isReachable = other === row;
  }

  #neighbour(row, direction) {
    const rows = [...this.#rows.values()];

    return rows[rows.indexOf(row) + direction] ?? null;
  }

  #onKey(event) {
    const row = [...this.#rows.values()].find(({ node }) => node.contains(event.target));
    const rows = [...this.#rows.values()];
    const targets = { ArrowDown: () => this.#neighbour(row, 1), ArrowUp: () => this.#neighbour(row, -1),
                      Home: () => rows[0], End: () => rows.at(-1) };

    // Buttons are pressed here, and nothing of the page is meant by it.
    if (event.key === ' ' || event.key === 'Enter')
      event.stopPropagation();
    if (!row || row.isRenaming || event.ctrlKey || event.altKey || event.metaKey ||
        !Object.hasOwn(targets, event.key))
      return;
    event.preventDefault();
    event.stopPropagation();
    targets[event.key]()?.focus();
  }

  // ---- Comings and goings, for those who listen ----

  #tell(what, title) {
    this.#news[what].push(title);
    this.#announceTimer ??= setTimeout(() => this.#announce(), ANNOUNCE_MS);
  }

  #announce() {
    const { opened, closed } = this.#news;

    this.#announceTimer = null;
    this.#news = { opened: [], closed: [] };
    this.#announcement.textContent = [
      opened.length === 1 && format(_('Session “{title}” was opened.'), { title: opened[0] }),
      opened.length > 1 && format(_('{count} sessions were opened.'),
                                  { count: formatCount(opened.length) }),
      closed.length === 1 && format(_('Session “{title}” has ended.'), { title: closed[0] }),
      closed.length > 1 && format(_('{count} sessions have ended.'),
                                  { count: formatCount(closed.length) }),
    ].filter(Boolean).join(' ');
  }
}
