// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { Announcer } from './announcer.js';
import { Controls } from './controls.js';
import { Face } from './face.js';
import { Keep } from './keep.js';
import { Log } from './log.js';
import { _, loadMessages, translate } from './messages.js';
import { Notice } from './notice.js';
import { Numbers } from './numbers.js';
import { ParameterForm } from './parameters.js';
import { findSessionUrl, formatRoute, takeRoute } from './route.js';
import { Shortcuts } from './shortcuts.js';
import { Sidebar } from './sidebar.js';
import { Stage } from './stage.js';
import { StepcastPicture, StepcastSession } from './stepcast.js';
import { Toast } from './toast.js';
import { Tools } from './tools.js';
import { Values } from './values.js';
import { Watch } from './watch.js';

/* Where no picture comes, as before a start, the rest does not wait longer for it. */
const PATIENCE_MS = 1000;

const byId = (id) => document.getElementById(id);

function addStyle(href) {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
}

/*
 * The page: it makes the parts, knows which session its address is about, and gives the parts to
 * the one that is in sight.
 */
class Page {
  #widgets;
  #sidebar;
  /* Both come when somebody wants them: a picture needs neither. */
  #list = null;
  #share = null;
  /* What saves the pictures of a watch. */
  #keeps = new WeakMap();

  #route = null;
  #watch = null;
  /* The session of its own that was left for a shared one: it goes on, and can be come back to. */
  #parked = null;
  #lastOwn = 0;

  constructor() {
    this.#widgets = this.#makeWidgets();
    this.#sidebar = new Sidebar({ panel: byId('sidebar'), button: byId('sessions-button'),
                                  close: byId('sidebar-close'), scrim: byId('scrim'),
                                  onOpened: () => this.#addList() });
    this.#addTools();
    byId('keys-button').addEventListener('click', () => this.#widgets.shortcuts.open());
    byId('generator').addEventListener('change', () => this.#choose(byId('generator').value));
    addEventListener('popstate', () => this.#show(takeRoute(), history.state?.own));
    this.#show(takeRoute(), null);
    this.#listGenerators();
  }

  #makeWidgets() {
    const picture = new StepcastPicture(byId('paper'));
    const stage = new Stage(byId('stage'), picture);
    const widgets = {
      picture, stage,
      numbers: new Numbers(byId('numbers')),
      log: new Log(byId('log')),
      notice: new Notice(byId('notice'), () => widgets.controls.focus()),
      announcer: new Announcer(byId('announcement')),
      face: new Face(),
      form: this.#makeForm(),
      values: new Values(byId('parameter-values')),
      controls: new Controls(byId('controls'), this.#makeActions()),
    };

    widgets.shortcuts = new Shortcuts(byId('keys-dialog'), (action) => this.#act(action),
                                      (event) => stage.handleKey(event));
    return widgets;
  }

  /* The controls outlive the sessions that they steer. */
  #makeActions() {
    return Object.fromEntries(['start', 'pause', 'resume', 'step', 'stop', 'restart', 'setRate']
      .map((name) => [name, (...values) => this.#watch.actions[name](...values)]));
  }

  #makeForm() {
    return new ParameterForm(byId('parameter-form'), {
      set: (values) => this.#watch.setValues(values),
    });
  }

  // ---- Which session ----

  /** Goes to another session; the way back is the browser's. */
  #navigate(route, own = null) {
    const address = formatRoute(route);

    this.#watch?.flushValues();
    history.pushState({ own }, '', address);
    this.#show(route, own);
  }

  /* `own` is the number of a session of the page's own, where the history knows of one. */
  #show(route, own) {
    if (this.#isShown(route, own))
      return;

    this.#leave();
    this.#route = route;
    this.#watch = this.#takeParked(route, own) ?? this.#makeWatch(route);
    this.#watch.attach();
    this.#fillChoice();
    this.#tellList();
  }

  #isShown(route, own) {
    return this.#route !== null && route.session === this.#route.session &&
      (route.session !== null || own === this.#route.own);
  }

  /* A shared session is left; one's own would end with it, and what it computed be lost. */
  #leave() {
    const route = this.#route;

    // From here on the address is another one's.
    this.#route = null;
    if (route?.session === null) {
      this.#watch.detach();
      this.#parked = { route, watch: this.#watch };
    } else {
      this.#watch?.close();
    }
  }

  #takeParked(route, own) {
    if (route.session !== null || this.#parked === null)
      return null;

    const { route: parked, watch } = this.#parked;
    this.#parked = null;
    if (own === null || own !== parked.own) {
      watch.close();
      return null;
    }
    // Its values may have been set since the address was written.
    this.#route = parked;
    return watch;
  }

  #makeWatch(route) {
    const isOwn = route.session === null;

    if (isOwn) {
      // Also after a reload no two of a history are the same.
      route.own = performance.timeOrigin + ++this.#lastOwn;
      history.replaceState({ own: route.own }, '');
    }
    const session = new StepcastSession(findSessionUrl(route), { delivery: 'latest' });
    const watch = new Watch(session, this.#widgets, {
      isOwn, isToStart: route.start, onValues: (specs) => this.#keepValues(route, specs),
    });
    this.#keeps.set(watch, new Keep({ stage: this.#widgets.stage, session }));
    session.addEventListener('hello', () => {
      if (watch === this.#watch)
        this.#tellList();
    });
    return watch;
  }

  /* Puts the values into the address: they outlive a reload, and can be passed on. */
  #keepValues(route, specs) {
    if (route.session !== null)
      return;

    for (const { name, type, value, default: standard } of specs)
      if (value === standard || type === 'file')
        route.query.delete(name);
      else
        route.query.set(name, value);
    if (route === this.#route)
      history.replaceState(history.state, '', formatRoute(route));
  }

  /** Opens a session by its name; what the page has of its own already is gone back to. */
  openSession(name) {
    const parked = this.#parked;

    if (this.#sidebar.isDrawer)
      this.#sidebar.close();
    if (name === this.#watch.name)
      return;
    if (parked?.watch.name === name)
      this.#navigate(parked.route, parked.route.own);
    else
      this.#navigate({ session: name, start: false, query: new URLSearchParams() });
  }

  #addTools() {
    const tools = new Tools(byId('header-tools'), new Toast(byId('toast')));

    tools.addKeep(() => this.#keeps.get(this.#watch));
    tools.addShare(() => this.#openShare());
  }

  async #addList() {
    if (this.#list !== null)
      return;

    addStyle('sessions.css');
    this.#list = import('./sessions.js').then(({ SessionList }) =>
      new SessionList(byId('session-list'), {
        open: (name) => this.openSession(name), role: 'view',
      }));
    this.#tellList();
  }

  /* Which session is in sight, and what a person may do. */
  async #tellList() {
    const list = await this.#list;

    if (list === null)
      return;
    list.current = this.#watch.name;
    // As long as the new session has not said so, it stays: what is hidden loses the focus.
    list.role = this.#watch.session.role ?? list.role;
  }

  async #openShare() {
    const { name, session } = this.#watch;

    if (name === null)
      return;
    if (this.#share === null) {
      addStyle('share.css');
      this.#share = import('./share.js').then(({ ShareDialog }) => new ShareDialog());
    }
    (await this.#share).open(name, session.role);
  }

  // ---- The generators ----

  /* The first picture goes first: nobody chooses another generator before. */
  async #listGenerators() {
    await this.#waitForPicture();
    try {
      const response = await fetch('generators');
      const { generators } = response.ok ? await response.json() : { generators: [] };

      byId('generator').replaceChildren(...generators.map((generator) => {
        const option = new Option(generator.name, generator.name, generator.default);
        option.title = _(generator.summary);
        return option;
      }));
      this.#fillChoice();
    } catch {
      // Without the list there is still what the address asks for.
    }
  }

  #waitForPicture() {
    return new Promise((resolve) => {
      this.#widgets.stage.addEventListener('shown', resolve, { once: true });
      setTimeout(resolve, PATIENCE_MS);
    });
  }

  /* A session of its own can be of any generator. */
  #fillChoice() {
    const select = byId('generator');
    const options = [...select.options];
    const chosen = this.#route.query.get('generator');

    select.selectedIndex = options.findIndex(({ value, defaultSelected }) =>
      chosen === null ? defaultSelected : value === chosen);
    byId('generator-choice').hidden = options.length < 2 || this.#route.session !== null;
  }

  #choose(generator) {
    this.#navigate({ session: null, start: this.#route.start,
                     query: new URLSearchParams({ generator }) });
  }

  // ---- Keys ----

  #act(action) {
    const { controls, shortcuts } = this.#widgets;

    switch (action) {
      case 'toggle': return controls.toggle();
      case 'step': return controls.step();
      case 'steps': return controls.openSteps();
      case 'stop': return controls.stop();
      case 'restart': return controls.restart(false);
      case 'restart-next': return controls.restart(true);
      case 'help': return shortcuts.open();
      case 'sessions': return this.#sidebar.toggle();
      case 'escape': return this.#escape();
      default: return false;
    }
  }

  #escape() {
    if (!this.#sidebar.isOpen)
      return false;
    this.#sidebar.close();
    return true;
  }
}

await loadMessages();
translate(document);
new Page();
