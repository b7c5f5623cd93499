// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A frame takes a moment to be sent, decoded and painted: until then nothing is late.
const PATIENCE_MS = 600;

/** How far the picture in sight is behind what was announced by progress, notices and frames. */
export class Lag {
  #shown = 0;
  #newest = 0;
  /* The oldest step that was announced and is not in sight yet, and when. */
  #waiting = null;

  /** Begins anew, as with another run. */
  reset() {
    this.#shown = this.#newest = 0;
    this.#waiting = null;
  }

  /**
   * @param {number} step that there is
   * @param {number} now in ms
   */
  announce(step, now) {
    this.#newest = Math.max(this.#newest, step);
    if (step > this.#shown)
      this.#waiting ??= { step, since: now };
  }

  /**
   * @param {number} step that is in sight
   * @param {number} now in ms
   */
  show(step, now) {
    this.#shown = Math.max(this.#shown, step);
    if (this.#waiting && this.#waiting.step <= step)
      this.#waiting = this.#newest > step ? { step: this.#newest, since: now } : null;
  }

  /** The newest step of all. */
  get newest() {
    return this.#newest;
  }

  /**
   * @param {number} now in ms
   * @returns {number} in steps; 0 as long as nothing is late
   */
  behind(now) {
    return this.#waiting && now - this.#waiting.since > PATIENCE_MS
      ? this.#newest - this.#shown : 0;
  }
}
