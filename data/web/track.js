// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* What two neighbours become: the least and the most of both, in the order in which they came. */
function joinValues(a, b) {
  if (a === null || b === null)
    return a ?? b;

  const low = b.low < a.low ? b : a;
  const high = b.high > a.high ? b : a;
  const isLowFirst = low === high ? low.isLowFirst : low === a;
  return { low: low.low, high: high.high, isLowFirst };
}

function joinBuckets(buckets) {
  return buckets.reduce((so, next) => ({
    ...so,
    lastStep: next.lastStep,
    lastTime: next.lastTime,
    values: so.values.map((value, i) => joinValues(value, next.values[i])),
    count: so.count + next.count,
  }));
}

const firstOf = (value) => value && (value.isLowFirst ? value.low : value.high);
const lastOf = (value) => value && (value.isLowFirst ? value.high : value.low);

/**
 * What some values were over a whole run, in bounded memory.
 *
 * When there are more points than `capacity`, neighbours become one: what stays of them is the least and the most of
 * each value. So the whole run is there however long it is, and no peak is lost.
 */
export class Track {
  #names;
  #capacity;
  /* How many points a bucket takes; one alone stays what it is. */
  #span = 1;
  #buckets = [];

  /** @param {string[]} names of the values @param {number} capacity the most points, at least 8 */
  constructor(names, capacity = 2000) {
    this.#names = names;
    this.#capacity = capacity;
  }

  /** How many points there are to draw */
  get length() {
    return this.#buckets.reduce((sum, { count }) => sum + Math.min(count, 2), 0);
  }

  /**
   * @param {number} step not before the last one
   * @param {number} time in seconds
   * @param {Object<string, number|null>} values by name; what is not a number is a gap
   */
  add(step, time, values) {
    const point = {
      firstStep: step,
      lastStep: step,
      firstTime: time,
      lastTime: time,
      values: this.#names.map((name) => Number.isFinite(values[name])
        ? { low: values[name], high: values[name], isLowFirst: true } : null),
      count: 1,
    };
    const last = this.#buckets.at(-1);

    if (last && last.count < this.#span)
      this.#buckets[this.#buckets.length - 1] = joinBuckets([last, point]);
    else
      this.#buckets.push(point);
    if (this.#buckets.length * Math.min(this.#span, 2) > this.#capacity)
      this.#coarsen();
  }

  /**
   * @param {'step'|'time'} over
   * @returns {Array<Array<number|null>>} columns of one length: the steps or times, and each value's
   */
  read(over) {
    const [first, last] = over === 'time' ? ['firstTime', 'lastTime'] : ['firstStep', 'lastStep'];
    const columns = [[], ...this.#names.map(() => [])];

    for (const bucket of this.#buckets) {
      this.#addRow(columns, bucket[first], bucket.values.map(firstOf));
      if (bucket.count > 1)
        this.#addRow(columns, bucket[last], bucket.values.map(lastOf));
    }
    return columns;
  }

  #addRow(columns, x, values) {
    columns[0].push(x);
    values.forEach((value, i) => columns[i + 1].push(value));
  }

  /* A bucket of more than one point is drawn as two: from single ones, four become one. */
  #coarsen() {
    const factor = this.#span === 1 ? 4 : 2;
    const buckets = [];

    for (let i = 0; i < this.#buckets.length; i += factor)
      buckets.push(joinBuckets(this.#buckets.slice(i, i + factor)));
    this.#buckets = buckets;
    this.#span *= factor;
  }
}
