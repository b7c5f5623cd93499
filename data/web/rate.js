// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatNumber } from './messages.js';

/* What the slider reaches: below it a step is an event, above it nobody sees the difference. */
const SLOWEST = 0.5;
const FASTEST = 1000;
const MAX_RATE = 1e6;
const MIN_RATE = 0.001;
/* The slider's last place is no limit at all. */
const NO_LIMIT_AT = 100;

/**
 * @param {number} position of the slider
 * @returns {number} steps a second, 0 for no limit
 */
export function toRate(position) {
  if (position >= NO_LIMIT_AT)
    return 0;
  const rate = SLOWEST * (FASTEST / SLOWEST) ** (position / (NO_LIMIT_AT - 1));
  return Number(rate.toPrecision(2));
}

/**
 * @param {number} rate steps a second, 0 for no limit
 * @returns {number} the nearest position of the slider
 */
export function toPosition(rate) {
  if (rate === 0)
    return NO_LIMIT_AT;
  const position = (NO_LIMIT_AT - 1) * Math.log(rate / SLOWEST) / Math.log(FASTEST / SLOWEST);
  return Math.round(Math.min(NO_LIMIT_AT - 1, Math.max(0, position)));
}

/** How many steps a second there may be: a slider for the eye, a field for the exact number. */
export class RateControl {
  #slider;
  #field;
  #set;
  #rate = 0;
  #waiting = null;
  #isSending = false;

  /**
   * @param {HTMLElement} root
   * @param {function(number): Promise} set is not rejected
   */
  constructor(root, set) {
    this.#slider = root.querySelector('#rate-slider');
    this.#field = root.querySelector('#rate-field');
    this.#set = set;
    this.#slider.addEventListener('input', () => this.#take(toRate(Number(this.#slider.value))));
    this.#field.addEventListener('change', () => this.#readField());
    this.#show(0);
  }

  /**
   * Shows what is set, by whom ever, but not against somebody who is about to change it.
   *
   * @param {number} rate
   * @param {boolean} isDisabled
   */
  update(rate, isDisabled) {
    this.#slider.disabled = this.#field.disabled = isDisabled;
    if (!this.#isSending && rate !== this.#rate)
      this.#show(rate);
  }

  #readField() {
    const text = this.#field.value.trim();
    const rate = text === '' && !this.#field.validity.badInput ? 0 : Number(text);
    const isGood = rate === 0 ? !this.#field.validity.badInput
      : rate >= MIN_RATE && rate <= MAX_RATE;

    if (isGood)
      this.#take(rate);
    else
      this.#show(this.#rate);
  }

  #take(rate) {
    this.#show(rate);
    this.#waiting = rate;
    if (!this.#isSending)
      this.#work();
  }

  /* A slider moves faster than the service answers: of what waits only the newest is sent. */
  async #work() {
    this.#isSending = true;
    while (this.#waiting !== null) {
      const rate = this.#waiting;
      this.#waiting = null;
      await this.#set(rate);
    }
    this.#isSending = false;
  }

  #show(rate) {
    this.#rate = rate;
    if (toRate(Number(this.#slider.value)) !== rate)
      this.#slider.value = toPosition(rate);
    this.#field.value = rate === 0 ? '' : rate;
    this.#slider.setAttribute('aria-valuetext', rate === 0 ? _('no limit')
      : format(_('{rate} steps a second'), { rate: formatNumber(rate, 4) }));
  }
}
