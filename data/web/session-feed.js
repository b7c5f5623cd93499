// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* A browser tries again by itself when a stream breaks, but not when it was refused. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30000;

/**
 * The events of all sessions (doc/protocol.md, “Server-sent events”), for as long as it is not
 * closed: through losses of the connection and restarts of the service, after which it begins
 * with the whole list again.
 */
export class SessionFeed {
  #callbacks;
  #source = null;
  #timer = null;
  #retryMs = FIRST_RETRY_MS;

  /**
   * @param {{sessions: function(object[]), opened: function(object), changed: function(object),
   *          closed: function(string), connected: function(boolean)}} callbacks
   */
  constructor(callbacks) {
    this.#callbacks = callbacks;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  #connect() {
    const source = new EventSource('events');

    this.#timer = null;
    this.#source = source;
    this.#listen('sessions', ({ sessions }) => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#callbacks.connected(true);
      this.#callbacks.sessions(sessions);
    });
    this.#listen('opened', (session) => this.#callbacks.opened(session));
    this.#listen('changed', (session) => this.#callbacks.changed(session));
    this.#listen('closed', ({ name }) => this.#callbacks.closed(name));
    source.addEventListener('error', () => this.#onError(source));
  }

  #listen(name, callback) {
    this.#source.addEventListener(name, ({ data }) => callback(JSON.parse(data)));
  }

  #onError(source) {
    this.#callbacks.connected(false);
    if (source.readyState !== EventSource.CLOSED)
      return;
    this.#timer = setTimeout(() => this.#connect(), this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }
}
