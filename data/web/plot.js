// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { formatCount, formatNumber, language } from './messages.js';

const HEIGHT_EM = 10;
const LINE_WIDTH = 1.75;
/* Who can't tell the colours tells the dashes. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4], [12, 4]];

/** A metric's value with its unit, for people. */
export function formatMetric(value, unit) {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return '–';
  return formatNumber(value) + (unit ? `\u00a0${unit}` : '');
}

/* Room is scarce at an axis. */
function formatTick(value) {
  return value.toLocaleString(language, { notation: 'compact', maximumSignificantDigits: 4 });
}

function formatClock(seconds) {
  const whole = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;

  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/**
 * Lines over steps or time, each on a scale of its own, drawn by uPlot. The axis at the left is that of the first line
 * that is shown.
 */
export class Plot {
  /** How many colours there are, `--plot-1` and on (numbers.css) */
  static COLOURS = 6;

  #host;
  #plot;
  #resizes;
  #style;
  #over = 'step';
  #scheme = matchMedia('(prefers-color-scheme: dark)');
  #onPoint;
  #where;
  #row = null;

  /**
   * Gets uPlot when it is needed first, so that the picture need not wait for it.
   *
   * @param {HTMLElement} host
   * @param {Array<{name}>} metrics
   * @param {function(Array<number|null>|null)} onPoint gets the row under the pointer, or null when it has gone
   * @returns {Promise<Plot|null>} null where uPlot could not be loaded
   */
  static async create(host, metrics, onPoint) {
    try {
      const { default: UPlot } = await import('./vendor/uplot/uPlot.esm.js');
      return new Plot(UPlot, host, metrics, onPoint);
    } catch {
      host.hidden = true;
      return null;
    }
  }

  constructor(UPlot, host, metrics, onPoint) {
    this.#host = host;
    this.#onPoint = onPoint;
    this.#style = getComputedStyle(host);
    this.#where = document.createElement('span');
    this.#where.className = 'plot-where';
    this.#where.hidden = true;
    host.setAttribute('role', 'img');
    this.#plot = new UPlot(this.#options(metrics), [[], ...metrics.map(() => [])], host);
    host.append(this.#where);
    this.#resizes = new ResizeObserver(() => this.#plot.setSize(this.#measure()));
    this.#resizes.observe(host);
    this.#scheme.addEventListener('change', this.#onScheme);
  }

  /** Whether the pointer is on it */
  get isPointed() { return this.#row !== null; }

  /** @param {Array<Array<number|null>>} columns the steps or times, and each line's values @param {'step'|'time'} over */
  setData(columns, over) {
    this.#over = over;
    this.#plot.setData(columns);
  }

  setVisible(i, isVisible) {
    this.#plot.setSeries(i + 1, { show: isVisible });
    this.#chooseAxis();
  }

  /** What it shows, for who can't see it */
  setLabel(text) {
    if (this.#host.getAttribute('aria-label') !== text)
      this.#host.setAttribute('aria-label', text);
  }

  destroy() {
    this.#resizes.disconnect();
    this.#scheme.removeEventListener('change', this.#onScheme);
    this.#plot.destroy();
    this.#host.remove();
  }

  // ---- uPlot ----

  #measure() {
    return { width: Math.max(this.#host.clientWidth, 50), height: Math.round(HEIGHT_EM * this.#fontSize) };
  }

  get #fontSize() { return parseFloat(this.#style.fontSize); }

  #colour(name) { return this.#style.getPropertyValue(name).trim(); }

  #options(metrics) {
    const scales = metrics.map((_metric, i) => [`y${i}`, { range: Plot.#findRange }]);

    return {
      ...this.#measure(),
      legend: { show: false },
      cursor: { drag: { x: false, y: false, setScale: false }, y: false, points: { size: 7 } },
      scales: { x: { time: false }, ...Object.fromEntries(scales) },
      series: [{}, ...metrics.map((_metric, i) => this.#describeLine(i))],
      axes: [this.#describeXAxis(), this.#describeYAxis()],
      hooks: { setCursor: [(plot) => this.#onCursor(plot)] },
    };
  }

  /* A line that does not move is in the middle. */
  static #findRange(_plot, low, high) {
    if (low === null || high === null)
      return [0, 1];

    const margin = (high - low) * 0.05 || Math.abs(low) * 0.1 || 1;
    return [low - margin, high + margin];
  }

  #describeLine(i) {
    return {
      scale: `y${i}`,
      stroke: () => this.#colour(`--plot-${i % Plot.COLOURS + 1}`),
      width: LINE_WIDTH,
      dash: DASHES[i % DASHES.length],
      points: { show: false },
      spanGaps: false,
    };
  }

  #describeAxis() {
    return {
      font: `${Math.round(this.#fontSize * 0.85)}px ${this.#style.fontFamily}`,
      stroke: () => this.#colour('--plot-text'),
      grid: { stroke: () => this.#colour('--plot-grid'), width: 1 },
      ticks: { show: false },
    };
  }

  #describeXAxis() {
    return {
      ...this.#describeAxis(),
      size: Math.round(this.#fontSize * 1.6),
      gap: 2,
      space: Math.round(this.#fontSize * 4.5),
      values: (_plot, splits) => splits.map((x) => this.#over === 'time' ? formatClock(x) : formatTick(x)),
    };
  }

  #describeYAxis() {
    return {
      ...this.#describeAxis(),
      scale: 'y0',
      gap: 2,
      size: (_plot, values) => this.#fontSize * (0.9 + 0.5 * Math.max(2, ...(values ?? []).map(({ length }) => length))),
      space: Math.round(this.#fontSize * 2),
      values: (_plot, splits) => splits.map(formatTick),
    };
  }

  #chooseAxis() {
    const first = this.#plot.series.find(({ show }, i) => i > 0 && show);

    this.#plot.axes[1].scale = first?.scale ?? 'y0';
    this.#plot.redraw(false, true);
  }

  #onScheme = () => this.#plot.redraw(false, true);

  #onCursor({ cursor: { idx, left }, data }) {
    const isOn = idx !== null && idx !== undefined && left >= 0 && data[0].length > 0;

    this.#row = isOn ? data.map((column) => column[idx]) : null;
    this.#where.hidden = !isOn;
    if (isOn)
      this.#where.textContent = this.#over === 'time' ? formatClock(this.#row[0]) : formatCount(this.#row[0]);
    this.#onPoint(this.#row);
  }
}
