// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { findNextSeed } from './controls.js';
import { Lag } from './lag.js';
import { parseFrameError } from './log.js';
import { _, format, formatCount } from './messages.js';
import { describeChange, explainClose, isConnected } from './status.js';

// What changes without anything being told: the seconds to the next attempt, what is late.
const TICK_MS = 500;
const KEEP_MS = 300;
// Words and figures that change with every picture are read by nobody: the picture goes first.
const RENDER_MS = 100;

const SEED = 'seed';

/**
 * What the page shows and does with one session. While it is attached it has the page's widgets
 * for itself; detached it keeps its session, and the newest frame, until it is attached again.
 */
export class Watch {
  #session;
  #widgets;
  #isOwn;
  #listeners = null;
  #timer = null;
  #isRenderPlanned = false;
  #renderedAt = -Infinity;
  #formKey = null;

  #lag = new Lag();
  #run = 0;
  #state = null;
  #isToStart;
  #hasMet = false;
  /* Why there is no connection, as it was told first. */
  #end = null;
  /* Whether the picture in sight is of this connection; it is dimmed where it is not. */
  #isFresh = false;
  #kept = null;
  #shownHeader = null;
  #clockBase = null;
  #painted = { count: 0, since: 0, total: 0 };
  #keepTimer = null;

  /**
   * @param {import('./stepcast.js').StepcastSession} session
   * @param {object} widgets of the page: `stage`, `picture`, `controls`, `form`, `numbers`, `log`, `values`,
   *   `notice`, `announcer`, `face`, `shortcuts`
   * @param {{isOwn: boolean, isToStart: boolean, onValues: function(object[]): void}} options
   *   `onValues` is told the specs when parameters were set here
   */
  constructor(session, widgets, { isOwn, isToStart, onValues }) {
    this.#session = session;
    this.#widgets = widgets;
    this.#isOwn = isOwn;
    this.#isToStart = isOwn && isToStart;
    this.onValues = onValues;
    session.addEventListener('frame', ({ detail }) => this.#onFrame(detail));
  }

  /** The session's name, or null as long as it is not known. */
  get name() {
    return this.#session.hello ? this.#session.name : null;
  }

  get session() {
    return this.#session;
  }

  // ---- On the page or not ----

  /** Takes the page's widgets. */
  attach() {
    this.#listeners = new AbortController();
    this.#isFresh = false;
    this.#formKey = null;
    this.#listen();
    this.#timer = setInterval(() => this.#plan(), TICK_MS);
    this.#widgets.log.clear();
    this.#widgets.notice.hide();
    if (this.#session.hello)
      this.#onHello();
    if (this.#kept)
      this.#widgets.stage.show(this.#kept.svg, this.#kept.header);
    this.#render();
  }

  /** Leaves them to another one. */
  detach() {
    this.#listeners.abort();
    this.#listeners = null;
    clearInterval(this.#timer);
    this.flushValues();
    this.#kept = this.#widgets.stage.current?.header === this.#shownHeader
      ? this.#widgets.stage.current : null;
    this.#widgets.picture.drop();
  }

  /** Ends the connection; a session of its own ends with it. */
  close() {
    if (this.#listeners)
      this.detach();
    this.#session.close();
  }

  #listen() {
    const { signal } = this.#listeners;
    const on = (type, handler) =>
      this.#session.addEventListener(type, ({ detail }) => handler(detail), { signal });
    const { stage, log } = this.#widgets;

    on('hello', () => this.#onHello());
    on('state', () => this.#onState());
    on('connection', (detail) => this.#onConnection(detail));
    on('progress', (detail) => this.#onProgress(detail));
    on('metrics', (detail) => this.#onMetrics(detail));
    on('parameters', (detail) => this.#onParameters(detail));
    on('log', ({ line }) => log.addLine(line, this.#session.run));
    on('skipped', (detail) => this.#onSkipped(detail));
    on('error', ({ message }) => this.#widgets.notice.show(message));
    for (const type of ['rate', 'title'])
      on(type, () => this.#plan());
    stage.addEventListener('shown', ({ detail }) => this.#onShown(detail), { signal });
    stage.addEventListener('broken', ({ detail }) => this.#onBroken(detail), { signal });
    this.#widgets.picture.addEventListener('dropped', ({ detail }) =>
      this.#session.acknowledge(detail), { signal });
  }

  // ---- What the session tells ----

  #onHello() {
    const { form, values, numbers, notice, picture } = this.#widgets;
    const session = this.#session;

    this.#end = null;
    this.#isFresh = false;
    notice.hide();
    form.fill(session.specs, session.values);
    values.fill(session.specs, session.values);
    numbers.setMetrics(session.metricSpecs);
    picture.description = format(_('{generator}: the picture of the present step'),
                                 { generator: session.generator });
    // What is in sight is of another session.
    if (!this.#hasMet && session.run === 0)
      picture.clear();
    this.#hasMet = true;
    this.#lag.reset();
    this.#run = -1;
    this.#onState();
    if (session.run > 0 && session.state !== 'running')
      this.#pullFrame();
    this.#startIfWanted();
  }

  #startIfWanted() {
    const { role, state } = this.#session;

    if (this.#isToStart && role === 'control' && state === 'idle')
      this.#ask(() => this.#session.start());
    this.#isToStart = false;
  }

  #onState() {
    const { state, run, step, reason } = this.#session;
    const isNew = state !== this.#state || run !== this.#run;

    if (run !== this.#run)
      this.#beginRun(run);
    this.#state = state;
    this.#lag.announce(step, performance.now());
    if (isNew && state !== 'failed')
      this.#widgets.notice.hide();
    if (isNew && state === 'failed')
      this.#tellFailure(reason?.message ?? _('It failed.'));
    // What was stopped is drawn when it is asked for.
    if (step > 0 && (state === 'stopped' || state === 'failed'))
      this.#pullFrame();
    this.#render();
    if (isNew)
      this.#announce();
  }

  #onParameters({ values, by }) {
    this.#widgets.form.update(values, by);
    this.#widgets.values.update(values);
  }

  #beginRun(run) {
    this.#run = run;
    this.#lag.reset();
    this.#clockBase = null;
    this.#widgets.numbers.reset(run);
  }

  #tellFailure(text) {
    const error = parseFrameError(text);
    const mayRetry = this.#session.role === 'control';
    const { step, run } = this.#session;

    this.#widgets.notice.show(text, {
      stays: true, onRetry: mayRetry ? () => this.#ask(() => this.#session.start()) : null,
    });
    if (error)
      this.#widgets.log.addFrameError({ ...error, step, run });
  }

  #onProgress(message) {
    const now = performance.now();

    this.#lag.announce(message.step, now);
    this.#clockBase ??= now;
    this.#widgets.numbers.addProgress({
      ...message, run: this.#session.run, time: (now - this.#clockBase) / 1000,
    });
    this.#plan();
  }

  #onMetrics(metrics) {
    const now = performance.now();
    const { count, since, total } = this.#painted;

    this.#widgets.numbers.showFigures({
      stepsPerSecond: metrics['steps-per-second'],
      framesPerSecond: count * 1000 / Math.max(1, now - since), shown: total,
      missed: metrics.missed, skipped: metrics.skipped, backlogBytes: metrics['backlog-bytes'],
      roundTripSeconds: metrics['round-trip-seconds'], viewers: metrics.viewers,
      drawn: metrics.drawn,
    });
    this.#painted = { count: 0, since: now, total };
  }

  #onSkipped({ step, bytes }) {
    this.#widgets.notice.show(
      format(_('The picture of step {step} has {bytes} bytes: more than was asked for.'),
             { step: formatCount(step), bytes: formatCount(bytes) }));
  }

  // ---- Frames ----

  /* Where nobody looks, the newest is kept and not acknowledged: no more than two come. */
  #onFrame({ header, svg }) {
    const now = performance.now();

    if (header.run === this.#session.run)
      this.#lag.announce(header.step, now);
    if (this.#listeners === null) {
      this.#kept = { svg, header };
      return;
    }
    if (header.time !== undefined)
      this.#clockBase = now - header.time * 1000;
    this.#widgets.stage.show(svg, header);
  }

  #onShown(header) {
    this.#session.acknowledge(header);
    this.#shownHeader = header;
    this.#painted.count++;
    this.#painted.total++;
    if (header.run === undefined || header.run === this.#session.run)
      this.#lag.show(header.step, performance.now());
    if (this.#isConnected && !this.#isFresh) {
      // It is no longer dimmed, and what stood in its place goes.
      this.#isFresh = true;
      this.#render();
    } else {
      this.#plan();
    }
  }

  #onBroken(header) {
    this.#session.acknowledge(header);
    this.#widgets.notice.show(format(_('The picture of step {step} can’t be shown.'),
                                     { step: formatCount(header.step) }));
  }

  /* Shows the present state of a session that stands still. */
  async #pullFrame() {
    const { run } = this.#session;
    const frame = await this.#session.fetchPicture();

    if (frame && this.#listeners && this.#isConnected && this.#session.run === run &&
        this.#session.state !== 'running')
      this.#widgets.stage.show(frame.svg, frame.header);
  }

  // ---- The connection ----

  get #isConnected() {
    return isConnected(this.#session);
  }

  #onConnection(end) {
    const { connection } = end;

    if (connection === 'closed' || connection === 'reconnecting') {
      // What was running goes on in the session that takes its place.
      if (this.#isOwn && this.#end === null && this.#session.hello)
        this.#isToStart = this.#session.state === 'running';
      if (connection === 'closed' || this.#end === null)
        this.#end = end;
      this.#isFresh = false;
      this.#tellEnd(connection);
    }
    this.#render();
    if (!this.#isConnected)
      this.#announce();
  }

  #tellEnd(connection) {
    this.#widgets.notice.show(this.#explainEnd(), {
      onRetry: () => this.#session.retryNow(),
      label: connection === 'closed' ? _('Retry') : _('Retry now'),
    });
  }

  #explainEnd() {
    const { code, reason, error } = this.#end;

    switch (error?.code) {
      case 'permission-denied':
        return _('The service does not know this link any more: open the one that it prints when it starts.');
      case 'unknown-session':
        return _('The session has ended.');
      default:
        return error?.message ?? explainClose(code ?? undefined, reason, this.#session.hello !== null);
    }
  }

  get #isEnded() {
    return this.#end?.code === 1000 || this.#end?.error?.code === 'unknown-session';
  }

  // ---- What is asked of it ----

  /** What the controls can have done. */
  get actions() {
    const session = this.#session;

    return {
      start: () => this.#ask(() => session.start()),
      pause: () => this.#ask(() => session.pause()),
      resume: () => this.#ask(() => session.resume()),
      step: (count) => this.#ask(() => session.stepBy(count)),
      stop: () => this.#stop(),
      restart: (hasNextSeed) => this.#ask(() => this.#restart(hasNextSeed)),
      setRate: (rate) => this.#ask(() => session.setRate(rate)),
    };
  }

  /**
   * Sets parameters.
   *
   * @param {object} values by name
   * @returns {Promise<{step: number}>} rejected with what the service says no with
   */
  async setValues(values) {
    const answer = await this.#session.set(values).catch((error) => {
      // What the client says itself is English.
      throw error.code === 'closed' ? new Error(_('The connection to the service was lost.')) : error;
    });

    for (const spec of this.#session.specs)
      if (spec.name in values)
        spec.value = values[spec.name];
    clearTimeout(this.#keepTimer);
    this.#keepTimer = setTimeout(() => this.flushValues(), KEEP_MS);
    return answer;
  }

  /** Has the address say at once what was set: a slider sets values more often than it may change. */
  flushValues() {
    if (this.#keepTimer === null)
      return;
    clearTimeout(this.#keepTimer);
    this.#keepTimer = null;
    this.onValues(this.#session.specs);
  }

  async #ask(request) {
    try {
      return await request();
    } catch (error) {
      // The end of the connection is told where it ends.
      if (error.code !== 'closed')
        this.#widgets.notice.show(error.message);
      return null;
    } finally {
      this.#plan();
    }
  }

  async #stop() {
    if (await this.#ask(() => this.#session.stop()) !== null && this.#listeners) {
      this.#render();
      this.#announce();
    }
  }

  async #restart(hasNextSeed) {
    const session = this.#session;

    if (['running', 'paused', 'stopping'].includes(session.state))
      await session.stop();
    if (hasNextSeed) {
      const seed = findNextSeed(this.#seedSpec, session.values[SEED]);
      await this.setValues({ [SEED]: seed });
    }
    await session.start();
  }

  get #seedSpec() {
    return this.#session.specs?.find(({ name, type }) => name === SEED && type === 'integer');
  }

  // ---- What is shown ----

  /** Everything that the words and the buttons depend on. */
  get #view() {
    const session = this.#session;
    const { hello, progress } = session;
    const now = performance.now();

    return {
      connection: session.connection, isKnown: hello !== null, isEnded: this.#isEnded,
      title: this.#title, generator: session.generator, summary: hello?.summary ?? '',
      role: hello ? session.role : null, viewer: session.viewer,
      state: session.state, run: session.run, step: session.step,
      behind: this.#lag.behind(now), reason: session.reason, by: session.by,
      heldBy: session.heldBy, stopReport: session.stopReport,
      retryAt: session.retryAt, now: Date.now(), rate: session.rate,
      hasSeed: this.#seedSpec !== undefined, hasParameters: session.specs.length > 0,
      isEmpty: this.#widgets.stage.current === null,
      stepsPerSecond: progress?.['steps-per-second'] ?? null,
      fraction: progress?.fraction ?? null,
    };
  }

  /* A session that nobody has given a title is called after what it computes. */
  get #title() {
    const { title, name, generator } = this.#session;
    return title && title !== name ? title : this.#isOwn ? generator : name;
  }

  #announce() {
    this.#widgets.announcer.say(describeChange(this.#view));
  }

  #renderForm({ role, state, run }) {
    const { form } = this.#widgets;
    const key = `${this.#isConnected} ${role} ${state} ${run}`;

    if (key === this.#formKey)
      return;
    this.#formKey = key;
    form.disabled = !this.#isConnected || role !== 'control';
    form.showState?.({ state, run });
  }

  /* Ten times a second at most, however much happens. */
  #plan() {
    if (this.#isRenderPlanned)
      return;
    this.#isRenderPlanned = true;
    setTimeout(() => requestAnimationFrame(() => {
      this.#isRenderPlanned = false;
      this.#render();
    }), Math.max(0, this.#renderedAt + RENDER_MS - performance.now()));
  }

  #render() {
    if (this.#listeners === null)
      return;

    this.#renderedAt = performance.now();
    const view = this.#view;
    const { face, controls, stage, shortcuts } = this.#widgets;

    face.update(view);
    controls.update(view);
    shortcuts.maySteer = view.role === 'control';
    this.#renderForm(view);
    stage.dim(view.state === 'failed' || !this.#isFresh);
  }
}
