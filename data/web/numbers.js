// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatCount, formatDuration } from './messages.js';
import { Plot, formatMetric } from './plot.js';
import { Track } from './track.js';

/* The most points of a plot; of a longer run neighbours become one. */
const MAX_POINTS = 2000;

const OVER_KEY = 'stepcast-plot-over';

/* The figures, in their order: what they are called, and how they are told. */
function listFigures() {
  return [
    { name: 'stepsPerSecond', label: _('Steps/s'), tell: formatCount },
    { name: 'framesPerSecond', label: _('Frames/s'), tell: formatCount },
    /* TRANSLATORS: of frames; likewise the three that follow */
    { name: 'drawn', label: _('Drawn'), tell: formatCount },
    { name: 'shown', label: _('Shown'), tell: formatCount },
    { name: 'missed', label: _('Missed'), tell: formatCount },
    { name: 'skipped', label: _('Skipped'), tell: formatCount },
    { name: 'backlogBytes', label: _('On the way'), tell: formatBytes },
    { name: 'roundTripSeconds', label: _('Round trip'), tell: formatDuration },
    { name: 'viewers', label: _('Viewers'), tell: formatCount },
  ];
}

function formatBytes(bytes) {
  return bytes < 1000 ? format(_('{count} B'), { count: formatCount(bytes) })
    : format(_('{count} KB'), { count: formatCount(bytes / 1000) });
}

function recallOver() {
  try {
    return localStorage.getItem(OVER_KEY) === 'time' ? 'time' : 'step';
  } catch {
    return 'step';
  }
}

function rememberOver(over) {
  try {
    localStorage.setItem(OVER_KEY, over);
  } catch {
    // It holds as long as the page does.
  }
}

function makeElement(tag, className, ...children) {
  const element = document.createElement(tag);

  element.className = className;
  element.append(...children);
  return element;
}

/* Text that stands is not written again: a reader may be in the middle of it. */
function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

/**
 * How fast it goes, and the generator's own metrics as a plot over the steps or the time of a run.
 */
export class Numbers {
  #root;
  /* By a figure's name: its value's node, and the row. */
  #figures = new Map();
  #list;
  #section;
  #legend;
  #plot = null;
  #metrics = [];
  #values = [];
  #track = new Track([]);
  #run = null;
  #began = 0;
  #over = recallOver();
  #isDue = false;
  #newest = null;

  /** @param {HTMLElement} root empty; it is hidden while there is nothing to tell */
  constructor(root) {
    this.#root = root;
    this.#list = makeElement('dl', 'figures boxed');
    this.#list.hidden = true;
    this.#legend = makeElement('ul', 'plot-legend');
    this.#section = makeElement('div', 'metrics boxed', this.#makeOverChoice(), this.#legend);
    this.#section.hidden = true;
    this.#root.append(this.#list, this.#section);
    this.#makeFigures();
    document.addEventListener('visibilitychange', () => this.#drawSoon());
  }

  /** @param {Array<{name, summary, unit}>} list of the generator's metrics; what was plotted is forgotten */
  setMetrics(list) {
    this.#metrics = list;
    this.#section.hidden = list.length === 0;
    this.#plot?.destroy();
    this.#plot = null;
    this.#fillLegend();
    this.reset(null);
    if (list.length > 0)
      this.#makePlot(list);
  }

  /** Another run has begun: the plot is empty. */
  reset(run) {
    this.#run = run;
    this.#began = 0;
    this.#newest = null;
    this.#track = new Track(this.#metrics.map(({ name }) => name), MAX_POINTS);
    this.#drawSoon();
  }

  /**
   * What a step came to. One of another run than the last resets the plot.
   *
   * @param {{run?: number, step: number, time?: number, metrics: Object<string, number>}} progress `time` in seconds,
   *   from any moment on; by default it is now
   */
  addProgress({ run = this.#run, step, time = performance.now() / 1000, metrics, 'steps-per-second': rate }) {
    if (run !== this.#run || step < (this.#newest?.step ?? 0))
      this.reset(run);
    if (typeof rate === 'number')
      this.showFigures({ stepsPerSecond: rate });
    if (this.#metrics.length === 0)
      return;

    const isNew = step !== this.#newest?.step;
    if (this.#newest === null)
      this.#began = time;
    this.#newest = { step, time: time - this.#began, metrics };
    // What stands still is told again and again.
    if (isNew)
      this.#track.add(step, time - this.#began, metrics);
    this.#drawSoon();
  }

  /** @param {Object<string, number|null>} figures those that have changed, by name; what is null is not told */
  showFigures(figures) {
    for (const [name, value] of Object.entries(figures)) {
      const figure = this.#figures.get(name);
      if (!figure)
        continue;

      figure.row.hidden = value === null || value === undefined;
      if (!figure.row.hidden)
        setText(figure.value, figure.tell(value));
    }
    this.#list.hidden = [...this.#figures.values()].every(({ row }) => row.hidden);
  }

  // ---- What it is made of ----

  #makeFigures() {
    for (const { name, label, tell } of listFigures()) {
      const value = makeElement('dd', '');
      const row = makeElement('div', '', makeElement('dt', '', label), value);

      row.hidden = true;
      row.dataset.figure = name;
      this.#figures.set(name, { value, row, tell });
      this.#list.append(row);
    }
  }

  #makeOverChoice() {
    const group = makeElement('div', 'plot-over');
    const buttons = [['step', _('Steps')], ['time', _('Time')]].map(([over, label]) => {
      const button = makeElement('button', '', label);
      button.type = 'button';
      button.dataset.over = over;
      button.setAttribute('aria-pressed', String(over === this.#over));
      button.addEventListener('click', () => this.#setOver(over));
      return button;
    });

    group.setAttribute('role', 'group');
    /* TRANSLATORS: over what the plot goes: “Steps” or “Time” */
    group.setAttribute('aria-label', _('Plot over'));
    group.append(...buttons);
    return group;
  }

  #setOver(over) {
    this.#over = over;
    rememberOver(over);
    for (const button of this.#section.querySelectorAll('.plot-over button'))
      button.setAttribute('aria-pressed', String(button.dataset.over === over));
    this.#drawSoon();
  }

  /* A metric's button shows and hides its line. */
  #fillLegend() {
    this.#values = this.#metrics.map(() => makeElement('span', 'plot-value', '–'));
    this.#legend.replaceChildren(...this.#metrics.map(({ name, summary }, i) => {
      const swatch = makeElement('span', `plot-swatch plot-swatch-${i % Plot.COLOURS + 1}`);
      const button = makeElement('button', '', swatch, makeElement('span', 'plot-name', _(summary || name)));

      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      button.addEventListener('click', () => this.#toggle(i, button));
      const row = makeElement('li', '', button, this.#values[i]);
      row.dataset.metric = name;
      return row;
    }));
  }

  #toggle(i, button) {
    const isOn = button.getAttribute('aria-pressed') !== 'true';

    button.setAttribute('aria-pressed', String(isOn));
    this.#plot?.setVisible(i, isOn);
  }

  #makePlot(list) {
    const host = makeElement('div', 'plot');

    this.#section.append(host);
    this.#plot = new Plot(host, list.length, (row) => this.#tell(row));
    this.#drawSoon();
  }

  // ---- What it tells ----

  /* Once a frame of the display, whatever came, and not at all where nobody sees it. */
  #drawSoon() {
    if (this.#isDue || document.hidden)
      return;

    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  #draw() {
    const values = this.#metrics.map(({ name }) => this.#newest?.metrics[name] ?? null);

    this.#plot?.setData(this.#track.read(this.#over), this.#over);
    this.#plot?.setLabel(this.#describe(values));
    if (!this.#plot?.isPointed)
      this.#tell(null);
  }

  /* The values under the pointer, or the newest. */
  #tell(row) {
    this.#section.classList.toggle('is-pointed', row !== null);
    this.#metrics.forEach(({ name, unit }, i) => {
      const value = row ? row[i + 1] : this.#newest?.metrics[name];
      setText(this.#values[i], formatMetric(value, unit));
    });
  }

  #describe(values) {
    const told = this.#metrics.map(({ name, summary, unit }, i) =>
      format(_('{metric}: {value}'), { metric: _(summary || name), value: formatMetric(values[i], unit) }));

    return this.#newest === null ? _('Plot of the metrics, still empty')
      : format(_('Plot of the metrics. At step {step} {values}'),
               { step: formatCount(this.#newest.step), values: told.join(', ') });
  }
}
