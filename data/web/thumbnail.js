// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';

/* A running session has another picture all the time; who wants to see each opens it. */
const INTERVAL_MS = 2000;

/* To one host a browser has six connections, and some of them are kept open by streams. */
const MAX_REQUESTS = 2;

let requestCount = 0;
const queue = [];

async function takeTurn() {
  if (requestCount >= MAX_REQUESTS)
    await new Promise((resolve) => queue.push(resolve));
  else
    requestCount++;
}

/* Whoever waits takes the place over. */
function giveTurn() {
  const next = queue.shift();

  if (next)
    next();
  else
    requestCount--;
}

/**
 * A small picture of a session: renewed when there is another one, while it can be seen, and never
 * replaced by nothing. Drawing it is the service's work, so it is asked for no oftener than needed.
 */
export class Thumbnail {
  node = element('span', { className: 'session-picture empty' });

  #name;
  #image = element('img', { alt: '', hidden: true });
  #abort = new AbortController();
  #observer;
  #isVisible = false;
  #isLoading = false;
  #wanted = null;
  #shown = null;
  #lastMs = -Infinity;
  #timer = null;
  #onVisibility = () => this.#look();

  /** @param {string} name of the session */
  constructor(name) {
    this.#name = name;
    this.node.append(this.#image);
    this.#observer = new IntersectionObserver((entries) => {
      this.#isVisible = entries.at(-1).isIntersecting;
      this.#look();
    });
    this.#observer.observe(this.node);
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  /** @param {object} session as the service tells of it */
  update({ run, step, state }) {
    // Before the first run there is no picture.
    this.#wanted = run > 0 ? `${run} ${step} ${state}` : null;
    this.#look();
  }

  /** Nothing is asked for any more. */
  close() {
    this.#abort.abort();
    this.#observer.disconnect();
    document.removeEventListener('visibilitychange', this.#onVisibility);
    clearTimeout(this.#timer);
    URL.revokeObjectURL(this.#image.src);
  }

  #look() {
    if (this.#wanted === null || this.#wanted === this.#shown || this.#isLoading ||
        this.#timer !== null || !this.#isVisible || document.hidden || this.#abort.signal.aborted)
      return;

    const wait = this.#lastMs + INTERVAL_MS - performance.now();
    if (wait <= 0) {
      this.#load();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, wait);
  }

  async #load() {
    const wanted = this.#wanted;

    this.#isLoading = true;
    await takeTurn();
    try {
      await this.#fetch();
      this.#shown = wanted;
    } catch {
      // What is in sight stays; another change asks again.
    } finally {
      giveTurn();
      this.#lastMs = performance.now();
      this.#isLoading = false;
      this.#look();
    }
  }

  async #fetch() {
    const { signal } = this.#abort;

    signal.throwIfAborted();
    const response = await fetch(`sessions/${encodeURIComponent(this.#name)}/frame.svg`,
                                 { cache: 'no-cache', signal });
    if (!response.ok)
      return;

    const url = URL.createObjectURL(await response.blob());
    const next = element('img', { alt: '', src: url });
    try {
      await next.decode();
      signal.throwIfAborted();
    } catch (error) {
      URL.revokeObjectURL(url);
      throw error;
    }
    URL.revokeObjectURL(this.#image.src);
    this.#image.replaceWith(next);
    this.#image = next;
    this.node.classList.remove('empty');
  }
}
