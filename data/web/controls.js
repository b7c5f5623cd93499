// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatCount } from './messages.js';
import { attachPopover } from './popover.js';
import { RateControl } from './rate.js';
import { isConnected } from './status.js';

const PRESETS = [10, 100, 1000];
const MAX_STEPS = 0xffffffff;

/* Which action a state's first button is, and whether the other two can be used. */
const ABILITIES = {
  idle: { primary: 'start', step: true, stop: false },
  running: { primary: 'pause', step: false, stop: true },
  paused: { primary: 'resume', step: true, stop: true },
  // Who stops again joins that stop; and the focus stays.
  stopping: { primary: null, step: false, stop: true },
  stopped: { primary: 'start', step: true, stop: false },
  finished: { primary: 'start', step: true, stop: false },
  failed: { primary: 'start', step: true, stop: false },
};
const NOTHING = { primary: null, step: false, stop: false };

/**
 * The seed after `value`, which is a string where it has more than 53 bits; after the last comes
 * the first.
 *
 * @param {{value: number|string, minimum?: number|string, maximum?: number|string}} spec
 * @param {number|string} value
 * @returns {number|string}
 */
export function findNextSeed({ minimum, maximum }, value) {
  const next = BigInt(value) + 1n;
  const last = maximum === undefined ? null : BigInt(maximum);
  const seed = last !== null && next > last ? BigInt(minimum ?? 0) : next;

  return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed.toString();
}

function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

/**
 * The buttons that steer a session. Who only watches sees none of them.
 */
export class Controls {
  #root;
  #actions;
  #rate;
  #abilities = NOTHING;
  #mayControl = false;
  #hasSeed = false;
  #isBusy = false;
  #lastKey = null;
  #view = null;

  /**
   * @param {HTMLElement} root
   * @param {{start: Function, pause: Function, resume: Function, stop: Function,
   *          step: function(number): Promise, restart: function(boolean): Promise,
   *          setRate: function(number): Promise}} actions each returns a promise, which is not
   *   rejected; `restart` is told whether to take the next seed
   */
  constructor(root, actions) {
    this.#root = root;
    this.#actions = actions;
    this.#rate = new RateControl(this.#find('#speed'), actions.setRate);
    this.#find('#start').addEventListener('click', () => this.toggle());
    this.#find('#step').addEventListener('click', () => this.step());
    this.#find('#stop').addEventListener('click', () => this.stop());
    this.#find('#restart').addEventListener('click', () => this.restart(false));
    this.#find('#restart-same').addEventListener('click', () => this.#restartFromMenu(false));
    this.#find('#restart-next').addEventListener('click', () => this.#restartFromMenu(true));
    attachPopover(this.#find('#restart-button'), this.#find('#restart-popover'));
    this.#prepareSteps();
  }

  /** Shows what can be done now; `view` is as in status.js, with `rate` and `hasSeed`. */
  update(view) {
    this.#view = view;
    const hasLink = isConnected(view);
    const { role, state, rate, hasSeed } = view;
    const key = JSON.stringify([hasLink, role, state, rate, hasSeed, this.#isBusy]);

    // It is told with every frame, and little of it changes with them.
    if (key === this.#lastKey)
      return;
    this.#lastKey = key;

    this.#mayControl = hasLink && view.role === 'control';
    this.#hasSeed = view.hasSeed;
    this.#abilities = (this.#mayControl && !this.#isBusy && ABILITIES[view.state]) || NOTHING;
    // Without a connection the buttons stay, disabled: the page does not jump. As long as nobody
    // knows whose they are, they only have their place.
    this.#root.hidden = view.role === 'view';
    this.#root.classList.toggle('unknown', view.role === null);
    if (this.#root.hidden)
      this.#closePopovers();
    this.#rate.update(view.rate, !this.#mayControl);
    this.#render(view.state);
  }

  /** Starts, pauses or resumes, as the state has it. */
  toggle() {
    const { primary } = this.#abilities;

    if (primary !== null)
      this.#run(() => this.#actions[primary]());
    return primary !== null;
  }

  /** @param {number} count steps to take */
  step(count = 1) {
    if (!this.#abilities.step)
      return false;
    this.#run(() => this.#actions.step(count));
    return true;
  }

  stop() {
    if (!this.#abilities.stop)
      return false;
    this.#actions.stop();
    return true;
  }

  /** @param {boolean} hasNextSeed whether to begin anew with the next seed, or with the same */
  restart(hasNextSeed) {
    if (!this.#canRestart || (hasNextSeed && !this.#hasSeed))
      return false;
    this.#run(() => this.#actions.restart(hasNextSeed));
    return true;
  }

  /** Asks how many steps. */
  openSteps() {
    if (!this.#abilities.step)
      return false;
    this.#find('#steps-popover').showPopover();
    return true;
  }

  focus() {
    this.#find('#start').focus();
  }

  get #canRestart() {
    return this.#mayControl && !this.#isBusy;
  }

  #find(selector) {
    return this.#root.querySelector(selector);
  }

  /* One request at a time: what is asked twice, by a key that is held, say, is asked once. */
  async #run(action) {
    if (this.#isBusy)
      return;
    this.#isBusy = true;
    try {
      await action();
    } finally {
      this.#isBusy = false;
      // What came of it may have been told before its answer, and is not told again.
      this.update(this.#view);
    }
  }

  #restartFromMenu(hasNextSeed) {
    this.#find('#restart-popover').hidePopover();
    this.restart(hasNextSeed);
  }

  #prepareSteps() {
    const popover = this.#find('#steps-popover');
    const presets = PRESETS.map((count) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = formatCount(count);
      button.addEventListener('click', () => this.#takeSteps(count));
      return button;
    });

    this.#find('#steps-presets').append(...presets);
    attachPopover(this.#find('#steps-button'), popover);
    popover.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#takeSteps(Number(this.#find('#steps-count').value));
    });
    popover.addEventListener('toggle', ({ newState }) => {
      if (newState === 'open')
        this.#find('#steps-count').select();
    });
  }

  #takeSteps(count) {
    const field = this.#find('#steps-count');
    const isGood = Number.isInteger(count) && count >= 1 && count <= MAX_STEPS;

    field.setAttribute('aria-invalid', !isGood);
    if (!isGood) {
      field.focus();
      return;
    }
    field.value = count;
    this.#find('#steps-popover').hidePopover();
    this.step(count);
  }

  #closePopovers() {
    for (const popover of this.#root.querySelectorAll(':popover-open'))
      popover.hidePopover();
  }

  #render(state) {
    const { primary, step, stop } = this.#abilities;

    this.#renderPrimary(primary ?? (state === 'paused' ? 'resume'
      : state === 'running' ? 'pause' : 'start'));
    this.#enable('#start', primary !== null || (this.#isBusy && this.#mayControl));
    this.#enable('#step', step || (this.#isBusy && state === 'paused'));
    this.#enable('#steps-button', step || (this.#isBusy && state === 'paused'));
    this.#enable('#stop', stop || (this.#isBusy && state === 'running'));
    this.#enable('#restart', this.#mayControl);
    this.#enable('#restart-button', this.#mayControl);
    this.#find('#restart-button').hidden = !this.#hasSeed;
    setText(this.#find('#restart .label'), _('Restart'));
    this.#find('#restart').title = this.#hasSeed ? _('Restart with the same seed (R)')
      : _('Restart (R)');
  }

  #renderPrimary(action) {
    const button = this.#find('#start');
    if (button.dataset.action === action)
      return;

    const label = { start: _('Start'), pause: _('Pause'), resume: _('Resume') }[action];
    button.dataset.action = action;
    button.title = format(_('{action} (Space)'), { action: label });
    button.querySelector('.label').textContent = label;
    button.querySelector('use').setAttribute('href',
                                             action === 'pause' ? '#icon-pause' : '#icon-start');
  }

  /* A button that is disabled loses the focus: it goes to the next best one. */
  #enable(selector, isEnabled) {
    const button = this.#find(selector);
    const hadFocus = button === document.activeElement;

    button.disabled = !isEnabled;
    if (hadFocus && !isEnabled)
      ['#start', '#stop', '#restart'].map((other) => this.#find(other))
        .find((other) => !other.disabled)?.focus();
  }
}
