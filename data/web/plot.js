// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { formatCount, formatNumber, language } from './messages.js';

const LINE_WIDTH = 1.75;
const POINT_RADIUS = 3.5;
/* Who can't tell the colours tells the dashes. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4], [12, 4]];

/* In the font's size: between labels of the x axis, between those of the y axis, and around them. */
const X_SPACE = 4.5;
const Y_SPACE = 2;
const GAP = 0.5;
/* A line has this much room above and below, of its own height. */
const MARGIN = 0.05;

/* What clocks count by. */
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200];

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

/* The least of 1, 2, 5, 10, … that is not less. */
function roundUp(width) {
  const power = 10 ** Math.floor(Math.log10(width));

  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= width * (1 - 1e-9));
}

function listTicks({ low, high }, step) {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;

  return Array.from({ length: Math.max(count, 0) }, (_tick, i) => (first + i) * step);
}

/* A line that does not move is in the middle. */
function findRange(column) {
  let low = Infinity;
  let high = -Infinity;

  for (const value of column)
    if (value !== null) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  if (low > high)
    return { low: 0, high: 1 };

  const margin = (high - low) * MARGIN || Math.abs(low) * 0.1 || 1;
  return { low: low - margin, high: high + margin };
}

/* Of a column that only grows, the row that is nearest. */
function findNearest(column, x) {
  let [from, to] = [0, column.length - 1];

  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (column[middle] < x)
      from = middle;
    else
      to = middle;
  }
  return x - column[from] <= column[to] - x ? from : to;
}

/**
 * Lines over steps or time on a canvas, each on a scale of its own. The axis at the left is that of the first line that
 * is shown.
 */
export class Plot {
  /** How many colours there are, `--plot-1` and on (numbers.css) */
  static COLOURS = 6;

  #host;
  #canvas = document.createElement('canvas');
  #context = this.#canvas.getContext('2d');
  #where = document.createElement('span');
  #style;
  #onPoint;
  #resizes = new ResizeObserver(() => this.#draw());
  #scheme = matchMedia('(prefers-color-scheme: dark)');
  #isVisible;
  #columns = [[]];
  #over = 'step';
  #area = { left: 0, top: 0, right: 1, bottom: 1 };
  /* Where the pointer is, in pixels from the left, and in which row. */
  #pointer = null;
  #row = null;

  /**
   * @param {HTMLElement} host
   * @param {number} count of the lines
   * @param {function(Array<number|null>|null)} onPoint gets the row under the pointer, or null when it has gone
   */
  constructor(host, count, onPoint) {
    this.#host = host;
    this.#onPoint = onPoint;
    this.#style = getComputedStyle(host);
    this.#isVisible = Array(count).fill(true);
    this.#where.className = 'plot-where';
    this.#where.hidden = true;
    host.setAttribute('role', 'img');
    host.append(this.#canvas, this.#where);
    for (const type of ['pointermove', 'pointerdown'])
      host.addEventListener(type, (event) => this.#point(event.clientX - host.getBoundingClientRect().left));
    for (const type of ['pointerleave', 'pointercancel'])
      host.addEventListener(type, () => this.#point(null));
    this.#resizes.observe(host);
    this.#scheme.addEventListener('change', this.#onScheme);
  }

  /** Whether the pointer is on it */
  get isPointed() { return this.#row !== null; }

  /** @param {Array<Array<number|null>>} columns the steps or times, and each line's values @param {'step'|'time'} over */
  setData(columns, over) {
    this.#columns = columns;
    this.#over = over;
    this.#draw();
  }

  setVisible(i, isVisible) {
    this.#isVisible[i] = isVisible;
    this.#draw();
  }

  /** What it shows, for who can't see it */
  setLabel(text) {
    if (this.#host.getAttribute('aria-label') !== text)
      this.#host.setAttribute('aria-label', text);
  }

  destroy() {
    this.#resizes.disconnect();
    this.#scheme.removeEventListener('change', this.#onScheme);
    this.#host.remove();
  }

  #onScheme = () => this.#draw();

  // ---- The pointer ----

  #point(pixels) {
    this.#pointer = pixels;
    this.#draw();
  }

  #findRow(x) {
    const [steps] = this.#columns;
    const { left, right } = this.#area;

    if (this.#pointer === null || steps.length === 0)
      return null;
    return findNearest(steps, x.low + (this.#pointer - left) / (right - left) * (x.high - x.low));
  }

  #tellRow(row) {
    this.#row = row;
    this.#where.hidden = row === null;
    if (row !== null)
      this.#where.textContent = this.#over === 'time' ? formatClock(this.#columns[0][row])
        : formatCount(this.#columns[0][row]);
    this.#onPoint(row === null ? null : this.#columns.map((column) => column[row]));
  }

  // ---- Drawing ----

  get #fontSize() { return parseFloat(this.#style.fontSize); }

  #colour(name) { return this.#style.getPropertyValue(name).trim(); }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width === 0 || height === 0)
      return;

    const first = this.#isVisible.indexOf(true);
    const ranges = this.#columns.map((column, i) => i === 0 ? this.#findXRange() : findRange(column));
    const yTicks = first < 0 ? [] : this.#listYTicks(ranges[first + 1], height);

    this.#clear(width, height);
    this.#layOut(width, height, yTicks);
    this.#drawXAxis(ranges[0]);
    this.#drawYAxis(yTicks, ranges[first + 1]);
    for (let i = 1; i < this.#columns.length; i++)
      if (this.#isVisible[i - 1])
        this.#drawLine(i, ranges);
    const row = this.#findRow(ranges[0]);
    if (row !== null)
      this.#drawPointer(row, ranges);
    if (row !== null || this.#row !== null)
      this.#tellRow(row);
  }

  #clear(width, height) {
    const density = devicePixelRatio;

    this.#canvas.width = Math.round(width * density);
    this.#canvas.height = Math.round(height * density);
    this.#context.setTransform(density, 0, 0, density, 0, 0);
    this.#context.font = `${this.#fontSize * 0.85}px ${this.#style.fontFamily}`;
  }

  #layOut(width, height, yTicks) {
    const gap = this.#fontSize * GAP;
    const labels = yTicks.map((tick) => this.#context.measureText(formatTick(tick)).width);

    this.#area = {
      left: Math.max(...labels, this.#fontSize) + gap,
      top: gap,
      right: width - gap,
      bottom: height - this.#fontSize * 1.5,
    };
  }

  #findXRange() {
    const [steps] = this.#columns;

    if (steps.length === 0)
      return { low: 0, high: 1 };
    return steps[0] < steps.at(-1) ? { low: steps[0], high: steps.at(-1) } : { low: steps[0] - 1, high: steps[0] + 1 };
  }

  #listYTicks(range, height) {
    return listTicks(range, roundUp((range.high - range.low) / Math.max(height / (Y_SPACE * this.#fontSize), 1)));
  }

  #toX(value, { low, high }) {
    return this.#area.left + (value - low) / (high - low) * (this.#area.right - this.#area.left);
  }

  #toY(value, { low, high }) {
    return this.#area.bottom - (value - low) / (high - low) * (this.#area.bottom - this.#area.top);
  }

  #drawXAxis(range) {
    const count = Math.max((this.#area.right - this.#area.left) / (X_SPACE * this.#fontSize), 1);
    const least = (range.high - range.low) / count;
    const step = this.#over === 'time' ? CLOCK_STEPS.find((seconds) => seconds >= least) ?? roundUp(least / 86400) * 86400
      : Math.max(roundUp(least), 1);

    this.#context.textAlign = 'center';
    this.#context.textBaseline = 'bottom';
    for (const tick of listTicks(range, step)) {
      const x = this.#toX(tick, range);
      const label = this.#over === 'time' ? formatClock(tick) : formatTick(tick);
      const half = this.#context.measureText(label).width / 2;

      this.#drawGridLine(x, this.#area.top, x, this.#area.bottom);
      if (x + half <= this.#host.clientWidth)
        this.#context.fillText(label, x, this.#host.clientHeight);
    }
  }

  #drawYAxis(ticks, range) {
    this.#context.textAlign = 'right';
    this.#context.textBaseline = 'middle';
    for (const tick of ticks) {
      const y = this.#toY(tick, range);

      this.#drawGridLine(this.#area.left, y, this.#area.right, y);
      this.#context.fillText(formatTick(tick), this.#area.left - this.#fontSize * GAP / 2, y);
    }
  }

  #drawGridLine(...[x1, y1, x2, y2]) {
    const context = this.#context;

    context.strokeStyle = this.#colour('--plot-grid');
    context.fillStyle = this.#colour('--plot-text');
    context.lineWidth = 1;
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    context.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
    context.stroke();
  }

  #colourOf(i) { return this.#colour(`--plot-${(i - 1) % Plot.COLOURS + 1}`); }

  #drawLine(i, ranges) {
    const context = this.#context;
    let isDown = false;

    context.strokeStyle = this.#colourOf(i);
    context.lineWidth = LINE_WIDTH;
    context.lineJoin = 'round';
    context.setLineDash(DASHES[(i - 1) % DASHES.length]);
    context.beginPath();
    this.#columns[i].forEach((value, row) => {
      if (value !== null)
        context[isDown ? 'lineTo' : 'moveTo'](this.#toX(this.#columns[0][row], ranges[0]), this.#toY(value, ranges[i]));
      isDown = value !== null;
    });
    context.stroke();
  }

  #drawPointer(row, ranges) {
    const context = this.#context;
    const x = this.#toX(this.#columns[0][row], ranges[0]);

    context.strokeStyle = this.#colour('--plot-text');
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, this.#area.top);
    context.lineTo(x, this.#area.bottom);
    context.stroke();
    this.#columns.forEach((column, i) => {
      if (i === 0 || column[row] === null || !this.#isVisible[i - 1])
        return;
      context.fillStyle = this.#colourOf(i);
      context.beginPath();
      context.arc(x, this.#toY(column[row], ranges[i]), POINT_RADIUS, 0, 2 * Math.PI);
      context.fill();
    });
  }
}
