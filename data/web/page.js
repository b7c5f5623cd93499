// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { Connection } from './connection.js';
import { _, loadMessages, translate } from './messages.js';
import { ParameterList } from './parameters.js';
import { Picture } from './picture.js';

const MAX_LOG_LINES = 200;

/* What the page's address says to the page; all else of its query is the session's. */
const PAGE_KEYS = ['token', 'start', 'session'];

/* Which action a state's first button is, and whether the other two can be used. */
const CONTROLS = {
  idle: { start: 'start', step: true, stop: false },
  running: { start: 'pause', step: false, stop: true },
  paused: { start: 'resume', step: true, stop: true },
  stopping: { start: null, step: false, stop: false },
  stopped: { start: 'start', step: true, stop: false },
  finished: { start: 'start', step: true, stop: false },
  failed: { start: 'start', step: true, stop: false },
};

const LABELS = { start: 'Start', pause: 'Pause', resume: 'Resume' };

const byId = (id) => document.getElementById(id);

function formatCount(number) {
  return number.toLocaleString('en', { maximumFractionDigits: number < 10 ? 1 : 0 });
}

function formatDuration(seconds) {
  if (seconds >= 1)
    return `${formatCount(seconds)} s`;
  const ms = seconds * 1000;
  return ms > 0 && ms < 0.1 ? 'less than 0.1 ms' : `${formatCount(ms)} ms`;
}

/* A reason may end with a program's last lines: there is room for them in the notice only. */
function firstLine(text) {
  return text.split('\n', 1)[0];
}

/* Reads the page's address and takes the token out of it: the cookie is enough from here on. */
function takeAddress() {
  const query = new URLSearchParams(location.search);
  const start = query.get('start') !== 'no';
  const session = query.get('session');

  if (query.has('token')) {
    query.delete('token');
    replaceQuery(query);
  }
  for (const key of PAGE_KEYS)
    query.delete(key);
  return { start, session, query };
}

function replaceQuery(query) {
  const text = query.toString();
  history.replaceState(null, '', location.pathname + (text && `?${text}`) + location.hash);
}

class Page {
  #address = takeAddress();
  #connection = null;
  #picture;
  #parameters;

  /* What the service said last; without a connection `state` is `connecting` or `closed`. */
  #hello = null;
  #state = { state: 'connecting', run: 0, step: 0, reason: null };
  #stopReport = null;
  #stepsPerSecond = null;
  #lastError = null;

  #isToStart = this.#address.start;
  /* The picture in sight is of a connection that has ended. */
  #isPictureOld = false;

  constructor() {
    this.#picture = new Picture(byId('paper'), {
      onShown: (tag) => this.#onFrameShown(tag),
      onBroken: ({ step }) => this.#notify(`The picture of step ${formatCount(step)} can’t be shown.`),
    });
    this.#parameters = new ParameterList(byId('parameter-list'),
      (spec, value, isFinal) => this.#setParameter(spec, value, isFinal));

    byId('start').addEventListener('click', () => this.#act(byId('start').dataset.action));
    byId('step').addEventListener('click', () => this.#act('step'));
    byId('stop').addEventListener('click', () => this.#act('stop'));
    byId('retry').addEventListener('click', () => this.#retry());
    byId('dismiss').addEventListener('click', () => this.#dismiss());
    document.addEventListener('keydown', (event) => this.#onKey(event));
    byId('generator').addEventListener('change', () => this.#choose(byId('generator').value));
    this.#connect();
    if (this.#address.session === null)
      this.#listGenerators();
  }

  // ---- The connection ----

  #connect() {
    const { session, query } = this.#address;
    const url = new URL(session === null ? 'ws' : `sessions/${encodeURIComponent(session)}/ws`,
                        document.baseURI);

    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (session === null)
      url.search = query.toString();

    this.#hello = null;
    this.#lastError = null;
    this.#state = { state: 'connecting', run: 0, step: 0, reason: null };
    this.#connection = new Connection(url, {
      hello: (message) => this.#onHello(message),
      state: (message) => this.#onState(message),
      parameters: ({ values }) => this.#parameters.update(values),
      progress: (message) => this.#onProgress(message),
      log: ({ line }) => this.#addLogLine(line),
      frame: (header, svg) => this.#onFrame(header, svg),
      error: ({ message }) => this.#onError(message),
      close: (event) => this.#onClose(event),
    });
    this.#dismiss();
    this.#render();
  }

  #onHello(hello) {
    this.#hello = hello;
    document.title = `${hello.generator} — Stepcast`;
    byId('title').textContent = hello.generator;
    byId('summary').textContent = hello.summary ?? '';
    byId('role').hidden = hello.role === 'control';
    this.#picture.description = `${hello.generator}: the picture of the present step`;

    this.#parameters.fill(hello.parameters);
    this.#parameters.disabled = hello.role !== 'control';
    byId('parameters').hidden = hello.parameters.length === 0;
    this.#fillMetrics(hello.metrics);
    byId('details').hidden = hello.parameters.length === 0 && hello.metrics.length === 0;
    this.#onState(hello);

    this.#ask('options', { delivery: 'latest' });
    if (this.#isToStart && hello.role === 'control' && hello.state === 'idle')
      this.#ask('start');
    this.#isToStart = false;
  }

  #onState({ state, run, step, reason }) {
    const isNew = state !== this.#state.state;

    this.#state = { state, run, step, reason };
    if (state === 'running')
      this.#stopReport = null;
    if (isNew && (state === 'running' || state === 'paused'))
      this.#dismiss();
    if (state === 'failed')
      this.#notify(reason?.message ?? 'It failed.', 'retry');
    // What was stopped is drawn when it is asked for.
    if (step > 0 && (state === 'stopped' || state === 'failed'))
      this.#pullFrame();
    this.#render();
    if (isNew && state !== 'failed')
      byId('announcement').textContent = this.#describe();
  }

  #onProgress({ step, fraction, metrics, 'steps-per-second': rate }) {
    this.#state.step = Math.max(this.#state.step, step);
    this.#stepsPerSecond = rate;
    byId('progress').hidden = fraction === null;
    if (fraction !== null)
      byId('progress').value = fraction;
    for (const [name, value] of Object.entries(metrics)) {
      const node = byId(`metric-${name}`);
      if (node)
        node.textContent = Number(value?.toPrecision(5) ?? NaN).toString();
    }
    this.#render();
  }

  #onFrame(header, svg) {
    if (header.run === this.#state.run)
      this.#state.step = Math.max(this.#state.step, header.step);
    this.#picture.show(svg, { ...header, connection: this.#connection });
  }

  #onFrameShown({ connection, serial }) {
    if (serial !== undefined)
      connection.acknowledge(serial);
    // One that was still being decoded when the connection ended is as old as the one before it.
    if (connection === this.#connection && this.#state.state !== 'closed')
      this.#isPictureOld = false;
    this.#render();
  }

  /* An error that answers nothing: of something we did not ask, or why the connection closes. */
  #onError(message) {
    this.#lastError = message;
    this.#notify(message);
  }

  async #onClose({ code, reason }) {
    const connection = this.#connection;
    const wasOpen = this.#hello !== null;

    // What was running goes on at Retry; what stood still does not.
    this.#isToStart = wasOpen ? this.#state.state === 'running' : this.#address.start;
    this.#isPictureOld = !this.#picture.isEmpty;
    this.#state = { ...this.#state, state: 'closed' };
    this.#notify(this.#lastError ?? this.#explainClose(code, reason), 'retry');
    this.#render();

    if (!wasOpen && this.#lastError === null && await this.#isRefused() &&
        connection === this.#connection)
      this.#notify('The service does not know this link any more: open the one that it prints when it starts.',
                   'retry');
  }

  #explainClose(code, reason) {
    switch (code) {
      case 1000: return 'The session has ended.';
      case 1001: return 'The service was shut down.';
      case 1008: return reason || 'The service closed the connection.';
      default: return this.#hello
        ? 'The connection to the service was lost.'
        : 'The service can’t be reached: it may not be running.';
    }
  }

  /* A browser does not tell why a handshake failed: an ordinary request does. */
  async #isRefused() {
    try {
      return (await fetch('sessions')).status === 401;
    } catch {
      return false;
    }
  }

  #retry() {
    if (this.#state.state === 'closed') {
      this.#keepValues();
      this.#connect();
    } else {
      this.#act('start');
    }
    byId('start').focus();
  }

  // ---- What is asked of the session ----

  async #ask(type, members) {
    try {
      return await this.#connection.request(type, members);
    } catch (error) {
      // The end of the connection is told where it ends.
      if (error.code !== 'closed')
        this.#notify(error.message);
      return null;
    }
  }

  async #act(action) {
    const answer = await this.#ask(action);

    if (answer && action === 'stop') {
      this.#stopReport = answer;
      this.#render();
      byId('announcement').textContent = this.#describe();
    }
  }

  async #setParameter(spec, value, isFinal) {
    const { step } = await this.#connection.request('set', { values: { [spec.name]: value } });

    spec.value = value;
    if (isFinal)
      this.#keepValues();
    return spec.live && (this.#state.state === 'running' || this.#state.state === 'paused')
      ? `In use from step ${formatCount(step)}`
      : 'Applies at the next start';
  }

  /* Puts the values into the address: they outlive a reload, a Retry, and can be passed on. */
  #keepValues() {
    if (!this.#hello || this.#address.session !== null)
      return;

    const { query } = this.#address;
    for (const { name, value, default: standard } of this.#hello.parameters)
      if (value === standard)
        query.delete(name);
      else
        query.set(name, value);
    replaceQuery(query);
  }

  /* Shows the present state of a session that stands still. */
  async #pullFrame() {
    const connection = this.#connection;
    const { run, step } = this.#state;

    try {
      const response = await fetch(
        `sessions/${encodeURIComponent(this.#hello.session)}/frame.svg`, { cache: 'no-cache' });
      const svg = response.ok ? await response.blob() : null;
      if (svg && connection === this.#connection && this.#isStanding(run))
        this.#picture.show(svg, { step, connection });
    } catch {
      // The last frame stays, as it does when the connection ends.
    }
  }

  #isStanding(run) {
    return this.#state.run === run && ['stopped', 'failed'].includes(this.#state.state);
  }

  // ---- What is shown ----

  #describe() {
    const { state, reason } = this.#state;
    const step = formatCount(this.#state.step);

    switch (state) {
      case 'connecting': return 'connecting…';
      case 'closed': return this.#hello ? `connection lost at step ${step}` : 'not connected';
      case 'idle': return 'ready to start';
      case 'running': return `running, step ${step}`;
      case 'paused': return `paused at step ${step}`;
      case 'stopping': return `stopping, step ${step}`;
      case 'stopped': return this.#stopReport
        ? `stopped at step ${step} after ${formatDuration(this.#stopReport.seconds)}`
        : `stopped at step ${step}`;
      case 'finished': return `finished at step ${step}`;
      case 'failed': return `failed at step ${step}${reason ? `: ${firstLine(reason.message)}` : ''}`;
      default: return `${state}, step ${step}`;
    }
  }

  #render() {
    const { state, step } = this.#state;
    const mayControl = this.#hello?.role === 'control';
    const controls = CONTROLS[state] ?? { start: null, step: false, stop: false };
    const action = controls.start ?? 'start';
    const start = byId('start');

    document.body.dataset.state = state;
    document.body.classList.toggle('empty', this.#picture.isEmpty);
    document.body.classList.toggle('dimmed', state === 'failed' || this.#isPictureOld);
    byId('status').textContent = this.#describe();
    byId('status').dataset.step = step;
    byId('rate').textContent = state === 'running' && this.#stepsPerSecond !== null
      ? `${formatCount(this.#stepsPerSecond)} steps/s` : '';
    byId('placeholder').hidden = !this.#picture.isEmpty;
    byId('placeholder').textContent = this.#describePlaceholder();

    if (start.dataset.action !== action) {
      start.dataset.action = action;
      start.textContent = _(LABELS[action]);
      start.title = _(`${LABELS[action]} (Space)`);
    }
    this.#enable(start, mayControl && controls.start !== null);
    this.#enable(byId('step'), mayControl && controls.step);
    this.#enable(byId('stop'), mayControl && controls.stop);
    if (state === 'closed')
      this.#parameters.disabled = true;
  }

  #describePlaceholder() {
    switch (this.#state.state) {
      case 'connecting': return 'Connecting…';
      case 'idle': return this.#hello?.role === 'control' ? 'Press Start' : 'Not started yet';
      case 'closed': return '';
      default: return 'Waiting for the first picture…';
    }
  }

  /* A button that is disabled loses the focus: it goes to the next best one. */
  #enable(button, isEnabled) {
    const hadFocus = button === document.activeElement;

    button.disabled = !isEnabled;
    if (hadFocus && !isEnabled)
      [byId('start'), byId('retry')].find((other) => !other.disabled && !other.hidden)?.focus();
  }

  /* Tells an error. With `retry` it stays until it is mended, else it can be closed. */
  #notify(text, kind = 'dismiss') {
    byId('notice-text').textContent = text;
    byId('notice').hidden = false;
    byId('retry').hidden = kind !== 'retry' ||
      (this.#state.state !== 'closed' && this.#hello?.role !== 'control');
    byId('dismiss').hidden = kind === 'retry';
  }

  #dismiss() {
    byId('notice').hidden = true;
    byId('notice-text').textContent = '';
    byId('retry').hidden = true;
  }

  #fillMetrics(metrics) {
    const nodes = metrics.flatMap(({ name, summary, unit }) => {
      const term = document.createElement('dt');
      const value = document.createElement('dd');
      const number = document.createElement('span');

      term.textContent = summary || name;
      number.id = `metric-${name}`;
      number.textContent = '–';
      value.append(number, ...(unit ? [` ${unit}`] : []));
      return [term, value];
    });
    byId('metric-list').replaceChildren(...nodes);
    byId('metrics').hidden = metrics.length === 0;
  }

  async #listGenerators() {
    try {
      const response = await fetch('generators');
      const { generators } = response.ok ? await response.json() : { generators: [] };
      const chosen = this.#address.query.get('generator');
      const select = byId('generator');

      select.replaceChildren(...generators.map(({ name, summary, default: isDefault }) => {
        const isChosen = chosen === null ? isDefault : name === chosen;
        const option = new Option(name, name, isChosen, isChosen);
        option.title = summary;
        return option;
      }));
      if (!select.querySelector('[selected]'))
        select.selectedIndex = -1;
      byId('generator-choice').hidden = generators.length < 2;
    } catch {
      // Without the list there is still what the address asks for.
    }
  }

  #choose(generator) {
    const start = this.#address.start ? {} : { start: 'no' };
    location.search = new URLSearchParams({ generator, ...start }).toString();
  }

  #addLogLine(line) {
    const lines = byId('log-lines');
    const isAtEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 4;

    lines.append(`${line}\n`);
    while (lines.childNodes.length > MAX_LOG_LINES)
      lines.firstChild.remove();
    byId('details').hidden = byId('log').hidden = false;
    if (isAtEnd)
      lines.scrollTop = lines.scrollHeight;
  }

  // ---- Keys ----

  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented ||
        event.target.closest('input, select, textarea'))
      return;

    switch (event.key) {
      case ' ':
        // A button that has the focus is pressed by it already.
        if (event.target.closest('button'))
          return;
        if (!event.repeat)
          byId('start').click();
        break;
      case '.':
        byId('step').click();
        break;
      case 's':
      case 'S':
        if (!event.repeat)
          byId('stop').click();
        break;
      default:
        return;
    }
    event.preventDefault();
  }
}

await loadMessages();
translate(document);
new Page();
