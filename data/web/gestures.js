// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* How much a pixel that a wheel turned, or two fingers on a trackpad spread, is. */
const WHEEL_RATE = 0.002;
const PINCH_RATE = 0.01;
/* A line and a page of a wheel that does not count pixels. */
const LINE_PIXELS = 16;
const PAGE_PIXELS = 400;
/* A notch is no less, a trackpad seldom so much at once. */
const NOTCH_PIXELS = 50;
/* Turns that come so close after each other, in ms, are one gesture, which stays what it began as. */
const GESTURE_PAUSE = 250;

function middleOf(points) {
  const sum = points.reduce((so, { x, y }) => ({ x: so.x + x, y: so.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

function distanceOf([a, b]) {
  return Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
}

/* A wheel turns in notches, upright; a trackpad glides. No event says which of the two it was. */
function isNotch({ deltaMode, deltaX, deltaY }) {
  return deltaMode !== WheelEvent.DOM_DELTA_PIXEL || (deltaX === 0 && Math.abs(deltaY) >= NOTCH_PIXELS);
}

/**
 * Makes panning and zooming of what a mouse, a pen, fingers and a trackpad do on an element.
 *
 * `actions` are functions: `pan (dx, dy)`, `zoom (factor, point)` and `toggle (point)`, in CSS pixels of the element.
 */
export class Gestures {
  #element;
  #actions;
  /* Where the pointers are that touch, by number. */
  #pointers = new Map();
  #lastWheel = { time: -Infinity, isNotch: false };
  #lastPinch = 1;

  /** @param {HTMLElement} element @param {{pan, zoom, toggle}} actions */
  constructor(element, actions) {
    this.#element = element;
    this.#actions = actions;
    element.addEventListener('pointerdown', (event) => this.#onDown(event));
    element.addEventListener('pointermove', (event) => this.#onMove(event));
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture'])
      element.addEventListener(type, (event) => this.#onUp(event));
    element.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    element.addEventListener('dblclick', (event) => actions.toggle(this.#locate(event)));
    element.addEventListener('dragstart', (event) => event.preventDefault());
    this.#listenToSafari();
  }

  #locate({ clientX, clientY }) {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #onDown(event) {
    if (event.pointerType === 'mouse' && event.button !== 0)
      return;

    this.#pointers.set(event.pointerId, this.#locate(event));
    this.#element.setPointerCapture(event.pointerId);
    this.#element.classList.add('is-held');
  }

  #onMove(event) {
    if (!this.#pointers.has(event.pointerId))
      return;

    const before = [...this.#pointers.values()].slice(0, 2);
    this.#pointers.set(event.pointerId, this.#locate(event));
    this.#follow(before, [...this.#pointers.values()].slice(0, 2));
  }

  /* The picture stays under the one finger, or the two. */
  #follow(before, after) {
    const from = middleOf(before);
    const to = middleOf(after);

    this.#actions.pan(to.x - from.x, to.y - from.y);
    if (after.length === 2)
      this.#actions.zoom(distanceOf(after) / distanceOf(before), to);
  }

  #onUp(event) {
    this.#pointers.delete(event.pointerId);
    this.#element.classList.toggle('is-held', this.#pointers.size > 0);
  }

  #onWheel(event) {
    const unit = [1, LINE_PIXELS, PAGE_PIXELS][event.deltaMode];
    const isContinued = event.timeStamp - this.#lastWheel.time < GESTURE_PAUSE;
    const isWheel = isContinued ? this.#lastWheel.isNotch : isNotch(event);

    event.preventDefault();
    this.#lastWheel = { time: event.timeStamp, isNotch: isWheel };
    // Browsers tell of two fingers that spread on a trackpad by a Ctrl that nobody pressed.
    if (event.ctrlKey || event.metaKey)
      this.#zoomByWheel(event, unit * (isNotch(event) ? WHEEL_RATE : PINCH_RATE));
    else if (isWheel && !event.shiftKey)
      this.#zoomByWheel(event, unit * WHEEL_RATE);
    else
      this.#actions.pan(-event.deltaX * unit, -event.deltaY * unit);
  }

  #zoomByWheel(event, rate) {
    this.#actions.zoom(Math.exp(-event.deltaY * rate), this.#locate(event));
  }

  /* Safari has events of its own for two fingers on a trackpad. With fingers on the glass there are pointers, too. */
  #listenToSafari() {
    this.#element.addEventListener('gesturestart', (event) => {
      event.preventDefault();
      this.#lastPinch = 1;
    });
    this.#element.addEventListener('gesturechange', (event) => {
      event.preventDefault();
      if (this.#pointers.size === 0)
        this.#actions.zoom(event.scale / this.#lastPinch, this.#locate(event));
      this.#lastPinch = event.scale;
    });
  }
}
