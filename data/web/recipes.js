// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { isConnected } from './status.js';

/* The form of what is written into pictures. */
const FORMAT = 1;

/* Who moves a slider changes something with each picture: the recipe is got once for some of them.
 * While the service is there, what is saved is asked for then, so that this is for when it has gone. */
const REFRESH_MS = 1000;

const PATIENCE_MS = 3000;

/* The picture in sight may be of the run before the present one. */
const MAX_KEPT = 2;

/**
 * From what the pictures of a session are computed: what `GET sessions/NAME/recipe` says, kept for
 * when the run is over that a picture is of, or the service has gone.
 */
export class Recipes {
  #session;
  #root;
  /* Counts the sessions that the connection has had: their runs have the same numbers. */
  #age = 0;
  #ages = new WeakMap();
  #kept = new Map();
  #timer = null;

  /**
   * @param {import('./stepcast.js').StepcastSession} session
   * @param {string|URL} [root] of the service
   */
  constructor(session, root = document.baseURI) {
    this.#session = session;
    this.#root = root;
    session.addEventListener('hello', ({ detail }) => this.#onHello(detail));
    session.addEventListener('state', ({ detail }) => this.#onState(detail));
    session.addEventListener('parameters', () => this.#onParameters());
    session.addEventListener('frame', ({ detail }) => this.#ages.set(detail.header, this.#age));
    if (session.hello)
      this.#onState(session.hello);
  }

  /**
   * What is to be said in the file of the picture with this header.
   *
   * @returns {Promise<object>}
   */
  async describe(header) {
    const age = this.#ages.get(header) ?? this.#age;
    const key = `${age}-${header.run}`;

    if (age === this.#age && header.run === this.#session.run)
      await this.#fetch();
    return this.#fill(header, this.#kept.get(key));
  }

  #fill({ step, run, serial = Infinity }, kept) {
    if (!kept)
      return {
        stepcast: FORMAT, service: this.#session.hello?.service,
        generator: this.#session.generator ?? undefined, run, step, complete: false,
      };

    const { changes, complete, ...rest } = kept.recipe;
    const isComplete = complete && kept.isFresh;
    return {
      ...rest, step,
      changes: mergeChanges(changes.filter(({ after, step: first }) =>
        Number.isFinite(serial) ? after < serial : first <= step)),
      ...(isComplete ? {} : { complete: false }),
    };
  }

  #onHello({ resumed, run, state }) {
    if (!resumed)
      this.#age++;
    this.#onState({ run, state });
  }

  #onState({ run }) {
    if (run > 0 && !this.#kept.has(`${this.#age}-${run}`))
      this.#refresh();
  }

  /* From here on what is kept is not all. */
  #onParameters() {
    const kept = this.#kept.get(`${this.#age}-${this.#session.run}`);

    if (kept)
      kept.isFresh = false;
    if (this.#session.run > 0)
      this.#refresh();
  }

  #refresh() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // A service that has just come back does not know the session yet, or will never again.
      if (isConnected(this.#session))
        this.#fetch();
    }, REFRESH_MS);
  }

  async #fetch() {
    const age = this.#age;

    clearTimeout(this.#timer);
    this.#timer = null;
    try {
      const response = await fetch(
        new URL(`sessions/${encodeURIComponent(this.#session.name)}/recipe`, this.#root),
        { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
      if (response.ok && age === this.#age)
        this.#keep(age, await response.json());
    } catch {
      // What is kept is what there is.
    }
  }

  #keep(age, recipe) {
    const key = `${age}-${recipe.run}`;

    this.#kept.delete(key);
    this.#kept.set(key, { recipe, isFresh: true });
    for (const old of [...this.#kept.keys()].slice(0, -MAX_KEPT))
      this.#kept.delete(old);
  }
}

/* What was changed at one step, in one; where pictures were drawn between does not matter any more. */
function mergeChanges(changes) {
  const merged = [];

  for (const { step, values } of changes) {
    const last = merged.at(-1);

    if (last?.step === step)
      Object.assign(last.values, values);
    else
      merged.push({ step, values: { ...values } });
  }
  return merged;
}
