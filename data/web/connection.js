// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

const SUBPROTOCOL = 'stepcast.v1';

/** What the service said no to; `code` is one of its error domain's, such as `bad-state`. */
export class RequestError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
  }
}

/**
 * One WebSocket that speaks stepcast.v1 (doc/protocol.md). It lives as long as its socket: to try
 * again, make another.
 *
 * `handlers` are functions by name. `hello`, `state`, `parameters`, `progress` and `log` get the
 * message of that type; `frame (header, svg)` gets a frame; `error (message)` gets an error that
 * answers no request; `close ({code, reason})` comes once, last.
 */
export class Connection {
  #socket;
  #handlers;
  #pending = new Map();
  #lastId = 0;

  constructor(url, handlers) {
    this.#handlers = handlers;
    this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket.addEventListener('message', (event) => this.#receive(event.data));
    this.#socket.addEventListener('close', (event) => this.#end(event));
  }

  /** Sends a request; the promise gets its answer, or a RequestError. */
  request(type, members = {}) {
    if (this.#socket.readyState !== WebSocket.OPEN)
      return Promise.reject(new RequestError('closed', 'There is no connection.'));

    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ type, id, ...members }));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** Tells which frame was shown last; nothing answers it. */
  acknowledge(serial) {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ type: 'ack', serial }));
  }

  close() {
    this.#socket.close();
  }

  #receive(data) {
    // Frames are the only messages with a newline.
    const end = data.indexOf('\n');
    const message = JSON.parse(end < 0 ? data : data.slice(0, end));

    if (end >= 0)
      this.#handlers.frame?.(message, data.slice(end + 1));
    else if (message.type === 'answer')
      this.#settle(message.id)?.resolve(message);
    else if (message.type === 'error')
      this.#refuse(message);
    else
      this.#handlers[message.type]?.(message);
  }

  #settle(id) {
    const request = this.#pending.get(id);
    this.#pending.delete(id);
    return request;
  }

  #refuse(message) {
    const request = this.#settle(message.id);

    if (request)
      request.reject(new RequestError(message.code, message.message));
    else
      this.#handlers.error?.(message);
  }

  #end({ code, reason }) {
    for (const { reject } of this.#pending.values())
      reject(new RequestError('closed', 'The connection ended before the answer came.'));
    this.#pending.clear();
    this.#handlers.close?.({ code, reason });
  }
}
