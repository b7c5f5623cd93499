// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * Stepcast's client: a module of its own that imports nothing, for Stepcast's page and for anybody
 * else's. `doc/protocol.md` says what it speaks.
 *
 *     import { StepcastSession, StepcastPicture } from 'http://127.0.0.1:8347/stepcast.js';
 *
 *     const session = new StepcastSession('http://127.0.0.1:8347/sessions/pattern', { token });
 *     const picture = new StepcastPicture(document.querySelector('#picture'));
 *     session.addEventListener('frame', ({ detail }) => picture.show(detail.svg, detail.header));
 *     for (const type of ['shown', 'broken', 'dropped'])
 *       picture.addEventListener(type, ({ detail }) => session.acknowledge(detail));
 */

const SUBPROTOCOL = 'stepcast.v1';

/* After a loss: at once, and then more and more rarely; where the service asks for it, later. */
const RETRY_SECONDS = [0, 0.5, 1, 2, 4, 8, 16, 30];
const RETRY_LATER_SECONDS = [2, 4, 8, 16, 30];

/* A connection that has lived so long was a good one: the next loss is the first again. */
const GOOD_MS = 5000;

/* Something between us and the service may swallow a handshake. */
const HELLO_MS = 15000;

/* How many attempts have to end before hello, while HTTP gets through, until there is no more hope
 * for WebSocket; and when it is tried again behind the server-sent events' back. */
const BLOCKED_ATTEMPTS = 2;
const UPGRADE_SECONDS = [60, 120, 300, 600];

/* A picture that could not be had is asked for again. */
const FETCH_TRIES = 3;
const FETCH_AGAIN_MS = 1000;

/* The one reason of 1008 for which one may come back. */
const UNREAD = 'More than 256 KiB of answers were not read';

/* Marks a frame's header with the viewer that got it: serials mean nothing to another one. */
const VIEWER = Symbol('viewer');

/** What the service said no to; `code` is one of its error domain's, such as `bad-state`, or
 * `closed` where there was no connection to ask by. */
export class RequestError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
  }
}

/* Which delay comes after so many failures; with jitter, so that not all come back together. */
function pickDelay(seconds, n) {
  const delay = seconds[Math.min(n, seconds.length - 1)];

  return delay * 1000 * (0.75 + 0.5 * Math.random()) + 100 * Math.random();
}

/* Whether to come back after a close code: the table in doc/protocol.md. */
function adviseAfter(code, reason) {
  switch (code) {
    case 1000:
    case 1002:
    case 1003:
    case 1007:
    case 1009: return 'never';
    case 1008: return reason === UNREAD ? 'soon' : 'never';
    case 1001:
    case 1013: return 'later';
    default: return 'soon';
  }
}

/* The specs' values, by name. */
function valuesOf(specs) {
  return Object.fromEntries(specs.map(({ name, value }) => [name, value]));
}

/* ---- Addresses ---- */

/* Where a session is, in all the ways in which it is asked for. */
class Address {
  #root;
  #query;
  #token;

  constructor(url, token) {
    const base = new URL(url, document.baseURI);
    const { root, name } = Address.#parse(base);

    if (root === undefined)
      throw new TypeError(`“${url}” is neither a session’s address or link, nor that of /ws.`);
    this.name = name;
    this.#query = base.searchParams;
    this.#token = token ?? this.#query.get('token');
    this.#query.delete('token');
    this.#query.delete('session');
    this.#root = new URL(root, base.origin.replace(/^ws/, 'http'));
  }

  /* `…/sessions/NAME`, with or without `/ws`; the page's link, `…/?session=NAME`; or `…/ws`. */
  static #parse({ pathname, searchParams }) {
    const [, root, name] = pathname.match(/^(.*\/)sessions\/([^/]+?)(?:\/ws)?\/?$/) ?? [];

    if (name !== undefined)
      return { root, name: decodeURIComponent(name) };
    if (pathname.endsWith('/ws'))
      return { root: pathname.slice(0, -'ws'.length), name: null };
    return searchParams.has('session')
      ? { root: pathname.replace(/[^/]*$/, ''), name: searchParams.get('session') } : {};
  }

  /** Whether the session was opened by us, and is not somebody's that we have joined. */
  get isOwn() {
    return this.name === null;
  }

  /** The WebSocket; `resume` says as whom one comes back. */
  makeSocketUrl(resume) {
    const path = this.isOwn ? 'ws' : `sessions/${encodeURIComponent(this.name)}/ws`;
    const url = this.#make(path, { ...Object.fromEntries(this.#query), ...resume });

    url.protocol = url.protocol.replace(/^http/, 'ws');
    return url;
  }

  /** What is below the session, by HTTP; without `what` the session itself. */
  makeSessionUrl(name, what = '', query = {}) {
    return this.#make(`sessions/${encodeURIComponent(name)}${what && `/${what}`}`, query);
  }

  makeUrl(path) {
    return this.#make(path, {});
  }

  /** Has the next session that is opened begin with `values`, as far as a query can say them. */
  keepValues(values) {
    for (const [name, value] of Object.entries(values))
      if (['string', 'number', 'boolean'].includes(typeof value) && String(value).length <= 200)
        this.#query.set(name, value);
  }

  #make(path, query) {
    const url = new URL(path, this.#root);

    for (const [name, value] of Object.entries(query))
      url.searchParams.set(name, value);
    if (this.#token)
      url.searchParams.set('token', this.#token);
    return url;
  }
}

/* ---- The two ways to talk ----
 *
 * Both have request (), acknowledge () and close (), and tell what comes by `on`: message (message),
 * frame (header, svg) and, once and last, end ({code, reason, error}). The first message is hello. */

/* One WebSocket that speaks stepcast.v1. It lives as long as its socket. */
class SocketLink {
  #socket;
  #on;
  #timer;
  #pending = new Map();
  #lastId = 0;
  #error = null;

  constructor(url, on) {
    this.#on = on;
    this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket.addEventListener('message', ({ data }) => this.#receive(data));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#end(code, reason));
    this.#timer = setTimeout(() => this.#abandon(), HELLO_MS);
  }

  request(type, members) {
    if (this.#socket.readyState !== WebSocket.OPEN)
      return Promise.reject(new RequestError('closed', 'There is no connection.'));

    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ ...members, type, id }));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  acknowledge({ run, serial }) {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ type: 'ack', run, serial }));
  }

  /** Ends it for good: nobody comes back for this one, and nothing is told any more. */
  close() {
    const socket = this.#socket;

    this.#on = {};
    // A browser complains of one that is closed before it is open.
    if (socket.readyState === WebSocket.CONNECTING)
      socket.addEventListener('open', () => socket.close(1000));
    else
      socket.close(1000);
    this.#finish();
  }

  #abandon() {
    this.#socket.close();
    this.#end(1006, '');
  }

  #receive(data) {
    // Frames are the only messages with a newline.
    const end = data.indexOf('\n');
    const message = JSON.parse(end < 0 ? data : data.slice(0, end));

    clearTimeout(this.#timer);
    this.#error = null;
    if (end >= 0)
      this.#on.frame?.(message, data.slice(end + 1));
    else if (message.type === 'answer')
      this.#settle(message.id)?.resolve(message);
    else if (message.type === 'error')
      this.#refuse(message);
    else
      this.#on.message?.(message);
  }

  #settle(id) {
    const request = this.#pending.get(id);

    this.#pending.delete(id);
    return request;
  }

  #refuse(message) {
    const request = this.#settle(message.id);

    if (request) {
      request.reject(new RequestError(message.code, message.message));
    } else {
      this.#error = { code: message.code, message: message.message };
      this.#on.message?.(message);
    }
  }

  #end(code, reason) {
    const { end } = this.#on;

    this.#on = {};
    this.#finish();
    end?.({ code, reason, error: this.#error });
  }

  #finish() {
    clearTimeout(this.#timer);
    for (const { reject } of this.#pending.values())
      reject(new RequestError('closed', 'The connection ended before the answer came.'));
    this.#pending.clear();
  }
}

/* What stands in where WebSockets do not get through: server-sent events tell what happens, pictures
 * are fetched when there are new ones, and what is asked goes by PATCH. */
class EventsLink {
  #address;
  #name;
  #on;
  #role;
  #maxFps;
  #source = null;

  #notice = null;
  #isFetching = false;
  #lastTag = null;
  /* Who acknowledges gets no picture before the last one is shown. */
  #acknowledges = false;
  #unshown = null;

  constructor(address, name, { role, maxFps }, on) {
    this.#address = address;
    this.#name = name;
    this.#role = role;
    this.#maxFps = Math.min(maxFps ?? 60, 60);
    this.#on = on;
    this.#greet();
  }

  async request(type, members) {
    if (type === 'options')
      return this.#setOptions(members);

    const response = await fetch(this.#address.makeSessionUrl(this.#name), {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(EventsLink.#describe(type, members)),
    }).catch(() => {
      throw new RequestError('closed', 'The service can’t be reached.');
    });
    const answer = await response.json().catch(() => ({}));

    if (!response.ok)
      throw new RequestError(answer.error?.code ?? 'io', answer.error?.message ?? response.statusText);
    return answer;
  }

  acknowledge(header) {
    this.#acknowledges = true;
    if (this.#unshown === null || header.serial >= this.#unshown.serial ||
        header.run > this.#unshown.run) {
      this.#unshown = null;
      this.#fetchNext();
    }
  }

  close() {
    this.#on = {};
    this.#source?.close();
  }

  static #describe(type, { values, rate, ...rest }) {
    switch (type) {
      case 'set': return { parameters: values };
      case 'rate': return { rate };
      default: return { do: type, ...rest };
    }
  }

  /* There is nothing but the latest here; what was asked for counts where there is a WebSocket. */
  #setOptions({ 'max-fps': maxFps }) {
    if (maxFps !== undefined && maxFps !== this.#maxFps) {
      this.#maxFps = Math.min(maxFps, 60);
      this.#listen();
    }
    return {};
  }

  async #get(url) {
    const response = await fetch(url, { cache: 'no-cache' });

    if (!response.ok)
      throw new RequestError('io', response.statusText);
    return { response, body: await response.json() };
  }

  /* Makes up the hello that a WebSocket would have said. */
  async #greet() {
    try {
      const [{ response, body: session }, { body: { generators } }] = await Promise.all([
        this.#get(this.#address.makeSessionUrl(this.#name)),
        this.#get(this.#address.makeUrl('generators')),
      ]);
      const generator = generators.find(({ name }) => name === session.generator) ?? {};
      const role = response.headers.get('Stepcast-Role') ?? this.#role ?? 'control';

      this.#on.message?.({ ...session, ...EventsLink.#makeHello(session, generator), role });
      if (this.#on.message)
        this.#listen();
    } catch {
      this.#end(1006, '');
    }
  }

  static #makeHello(session, { summary = '', parameters = [], metrics = [] }) {
    return {
      type: 'hello', version: 1, session: session.name, summary, viewer: null, resume: null,
      resumed: null, delivery: 'latest', compressed: false, metrics,
      parameters: parameters.map(
        (spec) => ({ ...spec, value: session.parameters[spec.name] ?? spec.default })),
    };
  }

  #listen() {
    this.#source?.close();
    const source = this.#source = new EventSource(
      this.#address.makeSessionUrl(this.#name, 'events', { 'max-fps': this.#maxFps }));

    for (const type of ['state', 'parameters', 'progress', 'title'])
      source.addEventListener(type, ({ data }) => this.#on.message?.(JSON.parse(data)));
    source.addEventListener('frame', ({ data }) => {
      this.#notice = JSON.parse(data);
      this.#fetchNext();
    });
    // It does not say which of the two it is: who comes back finds out.
    source.addEventListener('closed', () => this.#end(1001, 'The session has ended'));
    // It would try again by itself, but not tell what it finds.
    source.addEventListener('error', () => this.#end(1006, ''));
  }

  /* One picture at a time, the newest that there is. */
  async #fetchNext() {
    if (this.#isFetching || this.#notice === null || !this.#on.frame ||
        (this.#acknowledges && this.#unshown !== null))
      return;

    const notice = this.#notice;
    this.#notice = null;
    this.#isFetching = true;
    const picture = await fetchPicture(this.#address, this.#name, notice).catch(() => null);
    this.#isFetching = false;
    if (picture !== null)
      this.#tell(picture);
    else
      this.#postpone(notice);
    this.#fetchNext();
  }

  /* Where the session stands still, no other notice comes. */
  #postpone(notice) {
    const tries = (notice.tries ?? 0) + 1;

    if (tries < FETCH_TRIES)
      setTimeout(() => {
        this.#notice ??= { ...notice, tries };
        this.#fetchNext();
      }, FETCH_AGAIN_MS);
  }

  #tell({ header, svg }) {
    const tag = `${header.run}-${header.serial}`;

    if (tag === this.#lastTag)
      return;
    this.#lastTag = tag;
    this.#unshown = header;
    this.#on.frame?.(header, svg);
  }

  #end(code, reason) {
    const { end } = this.#on;

    this.close();
    end?.({ code, reason, error: null });
  }
}

/* The picture of the present state, or null where there is none. The browser's cache asks with the
 * ETag of the one that it has. `known` says what is known of it. */
async function fetchPicture(address, name, known) {
  const response = await fetch(address.makeSessionUrl(name, 'frame.svg'), { cache: 'no-cache' });

  if (!response.ok)
    return null;

  const svg = await response.text();
  const [, run, serial] = response.headers.get('ETag')?.match(/^(?:W\/)?"(\d+)-(\d+)"$/) ?? [];
  const header = { type: 'frame', ...known };
  if (run !== undefined)
    Object.assign(header, { run: Number(run), serial: Number(serial) });
  delete header.bytes;
  delete header.tries;
  return { header, svg };
}

/* ---- The session ---- */

/**
 * A session of Stepcast's, as long as somebody wants it: the connection is made again when it is
 * lost, and goes on as the same viewer where the service still knows it.
 *
 * Events (`CustomEvent`, with `detail`): `hello`, `state`, `parameters` `{values, by}`, `rate`,
 * `title`, `progress`, `metrics`, `log` `{line}`, `frame` `{header, svg}`, `skipped`,
 * `error` `{code, message}` (of what answers no request), and `connection` `{connection, reason,
 * code, error}`: `reason` is a text, `code` the WebSocket's close code, `error` what the service
 * told before, as `{code, message}`; each may be null.
 *
 * After each connection there is a `hello`. Its `resumed` is null where one is a new viewer (on
 * `/ws` of a new session), else `{missed}`.
 */
export class StepcastSession extends EventTarget {
  #address;
  #options;
  #eventsMode;
  #listeners = null;

  #link = null;
  #connection = 'connecting';
  #retryAt = null;
  #timer = null;
  #failures = 0;
  #blocked = 0;
  #openedAt = 0;
  #upgrade = null;
  #upgradeTimer = null;
  #upgrades = 0;

  #viewerKey = 0;
  #lastFrame = null;

  #hello = null;
  #values = {};
  #state = { state: 'connecting', run: 0, step: 0, reason: null, by: null, heldBy: null };
  #rate = 0;
  #title = null;
  #progress = null;
  #metrics = null;
  #stopReport = null;

  /**
   * @param {string|URL} url `…/sessions/NAME` (somebody's session; what `stepcast link` prints will
   *   do, too) or `…/ws?generator=…&PARAM=…` (a session of one's own, which ends with this one)
   * @param {object} [options]
   * @param {?string} [options.token] what a link carries; our own page has a cookie
   * @param {'latest'|'every'} [options.delivery]
   * @param {number} [options.maxFps] 1 to 240
   * @param {number} [options.maxBytes] 0 (no limit), or from 1024
   * @param {'auto'|'never'|'always'} [options.events] whether server-sent events stand in where
   *   WebSockets do not get through
   */
  constructor(url, { token = null, delivery = 'latest', maxFps, maxBytes, events = 'auto' } = {}) {
    super();
    this.#address = new Address(url, token);
    this.#options = { delivery, 'max-fps': maxFps, 'max-bytes': maxBytes };
    this.#eventsMode = events;
    // Whoever makes it can listen to all that it tells.
    queueMicrotask(() => this.#connection === 'connecting' && this.#link === null && this.#connect());
  }

  /** 'connecting', 'open', 'events' (without WebSocket), 'reconnecting' or 'closed' */
  get connection() { return this.#connection; }
  /** When the next attempt is made (ms, as Date.now ()), while one is waited for; else null */
  get retryAt() { return this.#retryAt; }

  get hello() { return this.#hello; }
  get name() { return this.#hello?.session ?? this.#address.name; }
  get title() { return this.#title ?? this.name; }
  get generator() { return this.#hello?.generator ?? null; }
  get role() { return this.#hello?.role ?? null; }
  get viewer() { return this.#hello?.viewer ?? null; }
  get specs() { return this.#hello?.parameters ?? []; }
  get values() { return this.#values; }
  get metricSpecs() { return this.#hello?.metrics ?? []; }
  get rate() { return this.#rate; }

  get state() { return this.#state.state; }
  get run() { return this.#state.run; }
  get step() { return this.#state.step; }
  get reason() { return this.#state.reason; }
  get by() { return this.#state.by; }
  get heldBy() { return this.#state.heldBy; }
  /** The last `progress` message of the present run, or null */
  get progress() { return this.#progress; }
  /** The last `metrics` message, or null */
  get metrics() { return this.#metrics; }
  /** `{step, seconds}` of the last stop that this client asked for, until it runs again; or null */
  get stopReport() { return this.#stopReport; }

  // ---- What is asked ----

  /** Sends any request; the promise gets its answer, or a RequestError. */
  request(type, members = {}) {
    if (this.#link === null || this.#hello === null)
      return Promise.reject(new RequestError('closed', 'There is no connection.'));
    return this.#link.request(type, members);
  }

  start() { return this.request('start'); }
  pause() { return this.request('pause'); }
  resume() { return this.request('resume'); }
  /** So many steps, then a pause. (`step` is where the session is.) */
  stepBy(n = 1) { return this.request('step', { steps: n }); }
  setRate(rate) { return this.request('rate', { rate }); }

  async stop() {
    const { step, seconds } = await this.request('stop');

    this.#stopReport = { step, seconds };
    return this.#stopReport;
  }

  /** Sets parameters, all or none; the promise gets `{step}`, the first step that uses them. */
  async set(values) {
    const answer = await this.request('set', { values });

    // A new session, should this one be lost, begins as this one is.
    if (this.#address.isOwn)
      this.#address.keepValues(values);
    return { step: answer.step };
  }

  /** Sets `delivery`, `maxFps` or `maxBytes`, for this connection and those to come. */
  setOptions({ delivery, maxFps, maxBytes }) {
    const members = { delivery, 'max-fps': maxFps, 'max-bytes': maxBytes };

    for (const [name, value] of Object.entries(members))
      if (value === undefined)
        delete members[name];
    Object.assign(this.#options, members);
    return this.request('options', members);
  }

  /**
   * Tells that the frame with this header is in sight (or could not be shown): the service sends a
   * client that tells this no more than it shows. It takes the headers of all `frame` events.
   */
  acknowledge(header) {
    if (header?.[VIEWER] === this.#viewerKey)
      this.#link?.acknowledge(header);
  }

  /** Gets a picture of the present state, drawn if need be: `{header, svg}`, or null. */
  async fetchPicture() {
    const known = { run: this.#state.run, step: this.#state.step };

    try {
      return await fetchPicture(this.#address, this.name, known);
    } catch {
      return null;
    }
  }

  /** Tries at once what would be tried later: to come back, also after the end, or to do better
   * than with events. */
  retryNow() {
    const isWaiting = this.#connection === 'reconnecting' && this.#retryAt !== null;

    if (isWaiting || this.#connection === 'closed')
      this.#connect();
    else if (this.#connection === 'events' && this.#upgrade === null && this.#eventsMode === 'auto')
      this.#tryUpgrade();
  }

  /** Leaves: nobody comes back. */
  close() {
    this.#leave();
    this.#setConnection('closed');
  }

  // ---- The connection ----

  #connect() {
    clearTimeout(this.#timer);
    this.#retryAt = null;
    this.#listenToPage();
    if (this.#connection === 'closed')
      this.#setConnection('reconnecting');
    if (this.#eventsMode === 'always' && this.name !== null)
      this.#connectEvents();
    else
      this.#connectSocket();
  }

  #connectSocket() {
    const link = new SocketLink(this.#address.makeSocketUrl(this.#makeResume()), {
      message: (message) => this.#receive(message, 'open'),
      frame: (header, svg) => this.#onFrame(header, svg),
      end: (end) => this.#onSocketEnd(end),
    });

    this.#openedAt = 0;
    this.#link = link;
  }

  #connectEvents() {
    this.#openedAt = 0;
    this.#link = new EventsLink(this.#address, this.name,
                                { role: this.role, maxFps: this.#options['max-fps'] }, {
      message: (message) => this.#receive(message, 'events'),
      frame: (header, svg) => this.#onFrame(header, svg),
      end: (end) => this.#onEventsEnd(end),
    });
  }

  #makeResume() {
    const token = this.#hello?.resume;

    if (!token)
      return {};
    return this.#lastFrame === null || this.#options.delivery !== 'every'
      ? { resume: token } : { resume: token, after: this.#lastFrame };
  }

  async #onSocketEnd(end) {
    const wasOpen = this.#openedAt > 0;

    this.#link = null;
    // A browser does not tell why a handshake failed: an ordinary request does.
    if (!wasOpen && end.code === 1006)
      await this.#investigate(end);
    else
      this.#recover(end);
  }

  /* A stream of events ends in the same way whatever ended: the session, the service, the network.
   * A WebSocket is tried next, and if it still does not get through, events again. */
  async #onEventsEnd(end) {
    this.#link = null;
    this.#stopUpgrade();
    this.#blocked = BLOCKED_ATTEMPTS - 1;
    await this.#investigate(end, false);
  }

  async #investigate(end, wasSocket = true) {
    const status = await this.#probe();

    if (this.#link !== null || this.#connection === 'closed')
      return;
    if (status === 401 || status === 403)
      this.#giveUp(end, 'permission-denied', 'The service does not know this link any more.');
    else if (status === 404)
      this.#giveUp(end, 'unknown-session', 'The session has ended.');
    else if (status === 200 && wasSocket && this.#isBlocked())
      this.#workAround(end);
    else
      this.#recover(end);
  }

  #workAround(end) {
    if (this.#eventsMode !== 'never' && !this.#address.isOwn)
      this.#connectEvents();
    else
      this.#recover({ ...end, reason: 'WebSockets do not get through to the service.' });
  }

  async #probe() {
    const url = this.#address.isOwn && this.#hello === null
      ? this.#address.makeUrl('sessions') : this.#address.makeSessionUrl(this.name);

    try {
      const { status } = await fetch(url, { cache: 'no-store' });
      // One's own session has ended with the connection: another one is opened.
      return status === 404 && this.#address.isOwn ? 200 : status;
    } catch {
      return 0;
    }
  }

  #isBlocked() {
    this.#blocked++;
    return this.#blocked >= BLOCKED_ATTEMPTS;
  }

  #recover(end) {
    const advice = adviseAfter(end.code, end.reason);

    if (advice === 'never') {
      this.#finish(end);
      return;
    }
    if (this.#openedAt > 0 && Date.now() - this.#openedAt >= GOOD_MS)
      this.#failures = 0;

    const delay = pickDelay(advice === 'later' ? RETRY_LATER_SECONDS : RETRY_SECONDS,
                            this.#failures++);
    this.#retryAt = Date.now() + delay;
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#setConnection('reconnecting', end);
  }

  #giveUp(end, code, message) {
    this.#finish({ ...end, error: { code, message } });
  }

  #finish(end) {
    this.#leave();
    this.#setConnection('closed', end);
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#stopUpgrade();
    this.#retryAt = null;
    this.#listeners?.abort();
    this.#listeners = null;
    this.#link?.close();
    this.#link = null;
  }

  #setConnection(connection, { code = null, reason = null, error = null } = {}) {
    const isNews = connection !== this.#connection || this.#retryAt !== null;

    this.#connection = connection;
    if (isNews)
      this.#tell('connection', {
        connection, code, error,
        reason: error?.message ?? (reason || (code === null ? null : this.#explain(code))),
      });
  }

  #explain(code) {
    if (code === 1011)
      return 'The service had no answer from here.';
    return this.#hello ? 'The connection was lost.' : 'The service can’t be reached.';
  }

  // ---- Back to WebSocket ----

  #planUpgrade() {
    if (this.#eventsMode !== 'auto')
      return;
    this.#upgradeTimer = setTimeout(() => this.#tryUpgrade(),
                                    pickDelay(UPGRADE_SECONDS, this.#upgrades++));
  }

  /* The events go on until the WebSocket has said hello. */
  #tryUpgrade() {
    const link = new SocketLink(this.#address.makeSocketUrl({}), {
      message: (message) => {
        if (this.#upgrade === link && message.type === 'hello')
          this.#takeUpgrade(link);
        if (this.#link === link)
          this.#receive(message, 'open');
      },
      frame: (header, svg) => this.#link === link && this.#onFrame(header, svg),
      end: (end) => this.#link === link ? this.#onSocketEnd(end) : this.#onUpgradeFailed(),
    });

    clearTimeout(this.#upgradeTimer);
    this.#upgrade = link;
  }

  #onUpgradeFailed() {
    this.#upgrade = null;
    this.#planUpgrade();
  }

  #takeUpgrade(link) {
    this.#link?.close();
    this.#link = link;
    this.#upgrade = null;
    this.#upgrades = 0;
  }

  #stopUpgrade() {
    clearTimeout(this.#upgradeTimer);
    this.#upgrade?.close();
    this.#upgrade = null;
  }

  // ---- The page around it ----

  #listenToPage() {
    if (this.#listeners !== null)
      return;

    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    document.addEventListener('visibilitychange', () => !document.hidden && this.#hurry(), { signal });
    addEventListener('online', () => this.#onOnline(), { signal });
    // A page that goes says so; else the service would wait for it to come back.
    addEventListener('pagehide', ({ persisted }) => !persisted && this.#link?.close(), { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && this.#hurry(), { signal });
  }

  #hurry() {
    if (this.#connection === 'reconnecting')
      this.retryNow();
  }

  #onOnline() {
    if (this.#connection === 'reconnecting' || this.#connection === 'events')
      this.retryNow();
  }

  // ---- What comes ----

  #receive(message, connection) {
    switch (message.type) {
      case 'hello': return this.#onHello(message, connection);
      case 'state': return this.#onState(message);
      case 'parameters': return this.#onParameters(message);
      case 'progress': return this.#onProgress(message);
      case 'rate': this.#rate = message.rate; break;
      case 'title': this.#title = message.title; break;
      case 'metrics': this.#metrics = message; break;
      default: break;
    }
    this.#tell(message.type, message);
  }

  #onHello(hello, connection) {
    const isNew = !hello.resumed;

    this.#hello = hello;
    this.#openedAt = Date.now();
    if (connection === 'open')
      this.#blocked = 0;
    if (isNew) {
      this.#viewerKey++;
      this.#lastFrame = null;
      this.#progress = this.#metrics = null;
    }
    if (hello.state !== 'stopped')
      this.#stopReport = null;
    this.#values = valuesOf(hello.parameters);
    this.#rate = hello.rate;
    this.#title = hello.title ?? null;
    this.#keepState(hello);
    this.#sendOptions(hello);
    this.#setConnection(connection);
    this.#tell('hello', hello);
    if (connection === 'events')
      this.#planUpgrade();
  }

  /* Who comes back has what it asked for already. */
  #sendOptions(hello) {
    const members = {};

    for (const [name, value] of Object.entries(this.#options))
      if (value !== undefined && value !== hello[name])
        members[name] = value;
    if (Object.keys(members).length > 0)
      this.request('options', members).catch((error) => {
        if (error.code !== 'closed')
          this.#tell('error', { code: error.code, message: error.message });
      });
  }

  #keepState({ state, run, step, reason, by, 'held-by': heldBy }) {
    if (run !== this.#state.run)
      this.#progress = null;
    this.#state = { state, run, step, reason, by, heldBy };
  }

  #onState(message) {
    this.#keepState(message);
    if (message.state === 'running')
      this.#stopReport = null;
    this.#tell('state', message);
  }

  #onParameters(message) {
    this.#values = message.values;
    for (const spec of this.specs)
      if (spec.name in message.values)
        spec.value = message.values[spec.name];
    this.#tell('parameters', message);
  }

  #onProgress(message) {
    this.#progress = message;
    this.#state.step = Math.max(this.#state.step, message.step);
    this.#tell('progress', message);
  }

  #onFrame(header, svg) {
    header[VIEWER] = this.#viewerKey;
    this.#lastFrame = `${header.run}-${header.serial}`;
    if (header.run === this.#state.run)
      this.#state.step = Math.max(this.#state.step, header.step);
    this.#tell('frame', { header, svg });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/* ---- The picture ---- */

/**
 * Shows SVG documents one after the other, each by `<img>` and a blob URL: there no script of a
 * document runs and nothing is fetched, whoever wrote it. A document never gets into the page's
 * own tree.
 *
 * A frame is decoded behind the one in sight and takes its place when it is ready, at most once
 * for each frame of the display. Beside the one in sight at most two are held: one that is being
 * decoded, and the newest that waits. In a page that nobody sees no frame is decoded.
 *
 * Events (`CustomEvent`; `detail` is the header that `show ()` was given): `shown` when a frame is
 * in sight, `broken` when the browser could not read one, `dropped` when `drop ()` or `clear ()`
 * took one that was not in sight yet. A frame that a newer one replaces is not told.
 */
export class StepcastPicture extends EventTarget {
  #container;
  #front;
  #back;
  #waiting = null;
  #isBusy = false;
  #current = null;
  /* Counts clear (): what was decoded before is not shown after. */
  #age = 0;
  #ratio = null;

  /** @param {HTMLElement} container gets two `<img>`, and the custom property `--ratio` */
  constructor(container) {
    super();
    this.#container = container;
    [this.#front, this.#back] = [0, 1].map(() => {
      const image = document.createElement('img');

      image.alt = '';
      image.hidden = true;
      image.draggable = false;
      image.setAttribute('part', 'image');
      return image;
    });
    container.append(this.#front, this.#back);
  }

  /** `{svg, header}` of the frame in sight, as they were given; or null */
  get current() { return this.#current; }

  /** As wide and high as the picture in sight says that it is, or zero */
  get naturalSize() {
    return { width: this.#front.naturalWidth, height: this.#front.naturalHeight };
  }

  /** What the picture is, for who can't see it */
  get description() { return this.#front.alt; }
  set description(text) { this.#front.alt = this.#back.alt = text; }

  /** Shows `svg` (a string or a Blob) as soon as it can; a newer one may take its place. */
  show(svg, header = {}) {
    this.#waiting = { svg, header };
    this.#work();
  }

  /** Forgets what waits; what is in sight stays. */
  drop() {
    const waiting = this.#waiting;

    this.#waiting = null;
    if (waiting)
      this.#tell('dropped', waiting.header);
  }

  /** Forgets everything: nothing is in sight. */
  clear() {
    this.#age++;
    this.#current = null;
    StepcastPicture.#release(this.#front);
    this.drop();
  }

  async #work() {
    if (this.#isBusy)
      return;

    this.#isBusy = true;
    while (this.#waiting) {
      await StepcastPicture.#waitUntilSeen();
      const frame = this.#waiting;
      this.#waiting = null;
      if (frame)
        await this.#showOne(frame, this.#age);
    }
    this.#isBusy = false;
  }

  static async #waitUntilSeen() {
    while (document.hidden)
      await new Promise(
        (resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }

  async #showOne(frame, age) {
    const image = this.#back;

    image.src = URL.createObjectURL(new Blob([frame.svg], { type: 'image/svg+xml' }));
    try {
      await image.decode();
    } catch {
      StepcastPicture.#release(image);
      this.#tell('broken', frame.header);
      return;
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
    if (age !== this.#age) {
      StepcastPicture.#release(image);
      this.#tell('dropped', frame.header);
      return;
    }
    this.#swap(frame);
    this.#tell('shown', frame.header);
  }

  #swap(frame) {
    const last = this.#front;
    const { naturalWidth, naturalHeight } = this.#back;
    const ratio = naturalWidth / naturalHeight || 1;

    this.#front = this.#back;
    this.#back = last;
    this.#current = frame;
    // What is set again is computed again, for all that is within.
    if (ratio !== this.#ratio)
      this.#container.style.setProperty('--ratio', String(ratio));
    this.#ratio = ratio;
    this.#front.hidden = false;
    StepcastPicture.#release(last);
  }

  /* The URL of the one in sight lives on, so that the picture can be saved. */
  static #release(image) {
    image.hidden = true;
    if (image.src)
      URL.revokeObjectURL(image.src);
    image.removeAttribute('src');
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/* ---- The element ---- */

const VIEW_STYLE = `
  :host {
    display: inline-flex; flex-direction: column; gap: 0.5rem; box-sizing: border-box;
    inline-size: 30rem; max-inline-size: 100%; font: 0.9rem/1.4 system-ui, sans-serif;
  }
  :host([hidden]), [hidden] { display: none !important; }
  [part~="picture"] {
    position: relative; flex: 1 1 auto; min-block-size: 4rem; aspect-ratio: var(--ratio, 16 / 9);
    overflow: hidden;
  }
  [part~="picture"]:focus-visible, button:focus-visible {
    outline: 2px solid Highlight; outline-offset: 2px;
  }
  img { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; object-fit: contain; }
  :host([stale]) img { opacity: 0.45; }
  [part~="message"] {
    position: absolute; z-index: 1; inset: 0; margin: auto; block-size: fit-content; padding: 0.5rem;
    text-align: center; text-wrap: balance;
  }
  [part~="message"] > span {
    padding: 0.2em 0.4em; background: Canvas; color: CanvasText; border-radius: 0.4em;
  }
  [part~="controls"] { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
  [part~="status"] { font-variant-numeric: tabular-nums; }
  button { font: inherit; padding: 0.3em 0.9em; min-block-size: 2rem; }
`;

/* Which action a state's first button is, and whether the other two can be used. */
const VIEW_CONTROLS = {
  idle: { start: 'start', step: true, stop: false },
  running: { start: 'pause', step: false, stop: true },
  paused: { start: 'resume', step: true, stop: true },
  stopping: { start: null, step: false, stop: false },
  stopped: { start: 'start', step: true, stop: false },
  finished: { start: 'start', step: true, stop: false },
  failed: { start: 'start', step: true, stop: false },
};

const SESSION_EVENTS = ['hello', 'state', 'parameters', 'rate', 'title', 'progress', 'metrics', 'log',
                        'frame', 'skipped', 'error', 'connection'];
const PICTURE_EVENTS = ['shown', 'broken', 'dropped'];

/* The words that the element says; see StepcastView.translate. */
const _ = (msgid) => StepcastView.translate(msgid);

function makeElement(name, part, properties = {}) {
  const element = Object.assign(document.createElement(name), properties);

  element.setAttribute('part', part);
  return element;
}

/**
 * `<stepcast-view src="…/sessions/NAME" token="…" controls>`: a session on anybody's page.
 *
 * Attributes: `src` and `token` as the url and the token of StepcastSession; `controls` (with
 * buttons and keys for who may steer), `label` (what the picture is), `delivery`, `max-fps`. What it
 * sets itself: `state`, `connection`, and `stale` while the picture is not of the present.
 *
 * Parts: `picture`, `image`, `message`, `controls`, `button` (with `start`, `step`, `stop` or
 * `retry`), `status`. Without a height of its own it has the shape of its pictures.
 *
 * Events: those of StepcastSession, and `shown`, `broken` and `dropped` of StepcastPicture; they do
 * not bubble.
 */
export class StepcastView extends HTMLElement {
  static observedAttributes = ['src', 'token', 'controls', 'label', 'delivery', 'max-fps'];

  /** Translates what the element says; a page may put a function of its own here. */
  static translate = (msgid) => msgid;

  static #sheet = null;

  #session = null;
  #picture;
  #nodes;
  #isPlanned = false;
  /* The picture in sight is of a connection that has ended. */
  #isOld = false;
  #notice = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });

    if (StepcastView.#sheet === null) {
      StepcastView.#sheet = new CSSStyleSheet();
      StepcastView.#sheet.replaceSync(VIEW_STYLE);
    }
    root.adoptedStyleSheets = [StepcastView.#sheet];
    this.#nodes = this.#build(root);
    this.#picture = new StepcastPicture(this.#nodes.picture);
    for (const type of PICTURE_EVENTS)
      this.#picture.addEventListener(type, ({ detail }) => this.#onPicture(type, detail));
    root.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** The StepcastSession, while the element is in a document and has a `src`; else null */
  get session() { return this.#session; }
  /** The StepcastPicture */
  get picture() { return this.#picture; }

  get src() { return this.getAttribute('src') ?? ''; }
  set src(url) { this.setAttribute('src', url); }
  get token() { return this.getAttribute('token'); }
  set token(token) { this.#reflect('token', token); }
  get controls() { return this.hasAttribute('controls'); }
  set controls(isWanted) { this.toggleAttribute('controls', Boolean(isWanted)); }
  get label() { return this.getAttribute('label') ?? ''; }
  set label(text) { this.setAttribute('label', text); }
  get delivery() { return this.getAttribute('delivery') === 'every' ? 'every' : 'latest'; }
  set delivery(delivery) { this.setAttribute('delivery', delivery); }
  get maxFps() { return Number(this.getAttribute('max-fps')) || null; }
  set maxFps(fps) { this.#reflect('max-fps', fps); }

  connectedCallback() {
    // What was set before the element was defined hides what it is defined with.
    for (const name of ['src', 'token', 'controls', 'label', 'delivery', 'maxFps'])
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    this.#plan();
  }

  disconnectedCallback() {
    this.#plan();
  }

  attributeChangedCallback(name, before, now) {
    if (before === now)
      return;
    if (name === 'src' || name === 'token')
      this.#plan(true);
    else if ((name === 'delivery' || name === 'max-fps') && this.#session?.hello)
      this.#ask(() => this.#session.setOptions({ delivery: this.delivery, maxFps: this.maxFps ?? 60 }));
    this.#render();
  }

  // ---- The session ----

  /* What is moved leaves and comes in one go, and src and token are set one after the other. */
  #plan(isOther = false) {
    if (isOther)
      this.#leave();
    if (this.#isPlanned)
      return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      if (!this.isConnected)
        this.#leave();
      else if (this.#session === null && this.src)
        this.#open();
    });
  }

  #open() {
    try {
      this.#session = new StepcastSession(this.src, {
        token: this.token, delivery: this.delivery, maxFps: this.maxFps ?? undefined });
    } catch (error) {
      this.#notice = error.message;
      this.#render();
      return;
    }

    const session = this.#session;
    for (const type of SESSION_EVENTS)
      session.addEventListener(type, ({ detail }) => {
        if (session === this.#session)
          this.#onSession(type, detail);
      });
    this.#notice = null;
    this.#render();
  }

  #leave() {
    const session = this.#session;

    this.#session = null;
    session?.close();
    this.#picture.clear();
    this.#render();
  }

  #onSession(type, detail) {
    switch (type) {
      case 'frame':
        this.#picture.show(detail.svg, detail.header);
        break;
      case 'hello':
      case 'state':
        this.#notice = null;
        this.#pullFrame(detail);
        this.#render();
        break;
      case 'connection':
        this.#isOld ||= this.#picture.current !== null && !this.#isLive;
        this.#render();
        break;
      case 'error':
        this.#notice = detail.message;
        this.#render();
        break;
      case 'progress':
        this.#renderStatus();
        break;
      default:
    }
    this.#tell(type, detail);
  }

  #onPicture(type, header) {
    const wasEmpty = !this.#nodes.message.hidden;

    this.#session?.acknowledge(header);
    if (type === 'shown' && (wasEmpty || this.#isOld)) {
      this.#isOld &&= !this.#isLive;
      this.#render();
    }
    this.#tell(type, header);
  }

  /* What was stopped is drawn when it is asked for. */
  async #pullFrame({ state, run, step }) {
    const session = this.#session;

    if (step === 0 || (state !== 'stopped' && state !== 'failed'))
      return;
    const picture = await session.fetchPicture();
    if (picture !== null && session === this.#session && session.run === run &&
        session.state === state)
      this.#picture.show(picture.svg, picture.header);
  }

  async #ask(action) {
    try {
      await action();
    } catch (error) {
      // The end of the connection is told where it ends.
      if (error.code !== 'closed')
        this.#notice = error.message;
    }
    this.#render();
  }

  get #isLive() {
    return this.#session?.connection === 'open' || this.#session?.connection === 'events';
  }

  // ---- What is shown ----

  #build(root) {
    const nodes = {
      picture: makeElement('div', 'picture'),
      message: makeElement('p', 'message'),
      text: document.createElement('span'),
      retry: makeElement('button', 'button retry', { type: 'button' }),
      controls: makeElement('div', 'controls'),
      start: makeElement('button', 'button start', { type: 'button' }),
      step: makeElement('button', 'button step', { type: 'button' }),
      stop: makeElement('button', 'button stop', { type: 'button' }),
      status: makeElement('span', 'status'),
    };
    const { picture, message, controls, start, step, stop } = nodes;

    message.setAttribute('role', 'status');
    message.append(nodes.text, nodes.retry);
    controls.setAttribute('role', 'group');
    start.setAttribute('aria-keyshortcuts', 'Space');
    step.setAttribute('aria-keyshortcuts', '.');
    stop.setAttribute('aria-keyshortcuts', 'S');
    start.addEventListener('click', () => this.#act(this.#choices.start));
    step.addEventListener('click', () => this.#act('step'));
    stop.addEventListener('click', () => this.#act('stop'));
    nodes.retry.addEventListener('click', () => this.#session?.retryNow());
    controls.append(start, step, stop, nodes.status);
    picture.append(message);
    root.append(picture, controls);
    return nodes;
  }

  #act(action) {
    const session = this.#session;

    if (session && action)
      this.#ask(() => (action === 'step' ? session.stepBy() : session[action]()));
  }

  /* What can be done now. */
  get #choices() {
    const mayControl = this.#session?.role === 'control' && this.#isLive;

    return (mayControl && VIEW_CONTROLS[this.#session.state]) ||
           { start: null, step: false, stop: false };
  }

  #render() {
    const { picture, message, text, retry, controls, start, step, stop } = this.#nodes;
    const { start: action, step: canStep, stop: canStop } = this.#choices;
    const connection = this.#session?.connection ?? null;
    const state = this.#session?.hello ? this.#session.state : null;

    this.#reflect('connection', connection);
    this.#reflect('state', state);
    this.toggleAttribute('stale', this.#isOld || state === 'failed');
    this.#picture.description = this.label || this.#session?.title || 'Stepcast';

    text.textContent = this.#describeMessage(connection, state);
    retry.textContent = _('Try again');
    retry.hidden = connection !== 'closed';
    message.hidden = text.textContent === '' && retry.hidden;

    controls.hidden = !this.controls;
    controls.setAttribute('aria-label', _('Controls'));
    if (this.controls !== picture.hasAttribute('tabindex'))
      this.controls ? picture.setAttribute('tabindex', '0') : picture.removeAttribute('tabindex');
    start.textContent = { pause: _('Pause'), resume: _('Resume') }[action] ?? _('Start');
    step.textContent = _('Step');
    stop.textContent = _('Stop');
    this.#enable(start, action !== null);
    this.#enable(step, canStep);
    this.#enable(stop, canStop);
    this.#renderStatus();
  }

  /* A button that is disabled loses the focus: the picture has the same keys. */
  #enable(button, isEnabled) {
    const hadFocus = button === this.shadowRoot.activeElement;

    button.disabled = !isEnabled;
    if (hadFocus && !isEnabled)
      this.#nodes.picture.focus();
  }

  #renderStatus() {
    const { state, step } = this.#session ?? {};

    this.#nodes.status.textContent = this.#session?.hello
      ? StepcastView.#describeState(state, step.toLocaleString()) : '';
  }

  static #describeState(state, step) {
    switch (state) {
      case 'idle': return _('ready to start');
      case 'running': return _('step {step}').replace('{step}', step);
      case 'paused': return _('paused at step {step}').replace('{step}', step);
      case 'stopping': return _('stopping…');
      case 'stopped': return _('stopped at step {step}').replace('{step}', step);
      case 'finished': return _('finished at step {step}').replace('{step}', step);
      case 'failed': return _('failed at step {step}').replace('{step}', step);
      default: return state;
    }
  }

  #describeMessage(connection, state) {
    if (this.#notice !== null)
      return this.#notice;
    switch (connection) {
      case null: return '';
      case 'connecting': return _('Connecting…');
      case 'reconnecting': return _('The connection was lost. It is tried again…');
      case 'closed': return _('The session has ended, or can’t be reached.');
      default: break;
    }
    if (state === 'failed')
      return this.#session.reason?.message ?? _('It failed.');
    if (this.#picture.current !== null)
      return '';
    return state === 'idle' ? _('Not started yet') : _('Waiting for the first picture…');
  }

  #reflect(name, value) {
    if (value === null || value === undefined)
      this.removeAttribute(name);
    else if (this.getAttribute(name) !== String(value))
      this.setAttribute(name, value);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // ---- Keys ----

  #onKey(event) {
    if (!this.controls || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented)
      return;

    const button = this.#findButton(event);
    if (button === null)
      return;
    if (!event.repeat || button === this.#nodes.step)
      button.click();
    event.preventDefault();
  }

  #findButton({ key, target }) {
    switch (key) {
      // A button that has the focus is pressed by it already.
      case ' ': return target instanceof HTMLButtonElement ? null : this.#nodes.start;
      case '.': return this.#nodes.step;
      case 's':
      case 'S': return this.#nodes.stop;
      default: return null;
    }
  }
}

if (!customElements.get('stepcast-view'))
  customElements.define('stepcast-view', StepcastView);
