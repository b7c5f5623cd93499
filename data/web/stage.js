// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { Gestures } from './gestures.js';
import { chooseGround } from './ground.js';
import { _, formatCount } from './messages.js';
import { Viewport, measureFrame } from './viewport.js';

const ZOOM_STEP = 1.25;
/* How far an arrow key goes, of the room's smaller side. */
const PAN_STEP = 0.15;
/* What a double click on a picture does that is not smaller than the room. */
const CLOSE_UP = 2;

const GROUND_KEY = 'stepcast-ground';
const GROUNDS = ['auto', 'light', 'dark', 'checker'];

/* Without a storage (a private window, a rule of the user's) nothing is remembered. */
function recallGround() {
  try {
    const ground = localStorage.getItem(GROUND_KEY);
    return GROUNDS.includes(ground) ? ground : 'auto';
  } catch {
    return 'auto';
  }
}

function rememberGround(ground) {
  try {
    localStorage.setItem(GROUND_KEY, ground);
  } catch {
    // It holds as long as the page does.
  }
}

function makeButton(name, text, label, keys, onClick) {
  const button = document.createElement('button');

  button.type = 'button';
  button.className = name;
  button.textContent = text;
  button.title = `${label} (${_(keys)})`;
  button.setAttribute('aria-keyshortcuts', keys);
  button.setAttribute('aria-label', label);
  button.addEventListener('click', onClick);
  return button;
}

/**
 * The stage of a picture: pans and zooms it, keeps that from frame to frame, and gives it a ground.
 *
 * A picture is laid out as large as it is to be seen, and moved by a transform. So the browser draws it from its
 * shapes, sharp at any zoom, and only the part in sight.
 *
 * Events: `shown` and `broken`, with the frame's header, as the picture tells them; `zoom`, with `{zoom, isFit}`.
 */
export class Stage extends EventTarget {
  #root;
  #picture;
  #paper;
  #view;
  #viewport = new Viewport();
  #tools = {};
  #ground = recallGround();
  /* The first tag of the frame in sight: where it is the same, nothing needs be measured. */
  #lastTag = null;
  #groundRun = null;

  /**
   * @param {HTMLElement} root has an element `#paper` or `.paper`, into which the picture puts its images
   * @param {StepcastPicture} picture
   */
  constructor(root, picture) {
    super();
    this.#root = root;
    this.#picture = picture;
    this.#paper = root.querySelector('#paper, .paper');
    this.#view = this.#makeView();
    this.#makeTools();
    this.#listen();
    this.#showGround();
    this.#updateRoom();
  }

  /** Shows a frame as soon as it can; a newer one may take its place. */
  show(svg, header) {
    this.#picture.show(svg, header);
  }

  /** `{svg, header}` of the frame in sight, or null */
  get current() { return this.#picture.current; }

  get zoom() { return this.#viewport.zoom; }

  get isFit() { return this.#viewport.isFit; }

  /** What is in sight is not of now. */
  dim(on) {
    this.#root.classList.toggle('is-dimmed', on);
  }

  /** All of the picture, as large as there is room; it follows the window. */
  fit() {
    this.#viewport.fit();
    this.#layOut();
  }

  /** A pixel of the picture is one of the page. */
  actualSize(point) {
    this.#viewport.zoomTo(1, point);
    this.#layOut();
  }

  /** @param {number} factor @param {{x, y}} [point] of the stage that stays; by default its middle */
  zoomBy(factor, point) {
    this.#viewport.zoomTo(this.#viewport.zoom * factor, point);
    this.#layOut();
  }

  /** Moves the picture by so many CSS pixels, unless all of it fits. */
  panBy(dx, dy) {
    this.#viewport.panBy(dx, dy);
    this.#layOut();
  }

  async toggleFullscreen() {
    try {
      await (document.fullscreenElement ? document.exitFullscreen() : this.#root.requestFullscreen());
    } catch {
      // The browser does not allow it: the button stays as it was.
    }
  }

  /** What is behind a picture that has no ground: `auto`, `light`, `dark` or `checker` */
  get ground() { return this.#ground; }

  set ground(ground) {
    this.#ground = GROUNDS.includes(ground) ? ground : 'auto';
    rememberGround(this.#ground);
    this.#showGround();
  }

  /**
   * Does what a key is for, if it is one of the stage's.
   *
   * @param {KeyboardEvent} event
   * @returns {boolean} whether it was
   */
  handleKey({ key, shiftKey, ctrlKey, altKey, metaKey, repeat }) {
    if (ctrlKey || altKey || metaKey || !this.current)
      return false;

    switch (key) {
      case '+':
      case '=': this.zoomBy(ZOOM_STEP); return true;
      case '-':
      case '_': this.zoomBy(1 / ZOOM_STEP); return true;
      case '1': this.actualSize(); return true;
      case 'f':
      case 'F':
        if (!shiftKey)
          this.fit();
        else if (!repeat)
          this.toggleFullscreen();
        return true;
      default: return !this.isFit && this.#panByKey(key);
    }
  }

  // ---- What it is made of ----

  #makeView() {
    const view = document.createElement('div');

    view.className = 'stage-view';
    this.#paper.replaceWith(view);
    this.#paper.classList.add('stage-paper');
    view.append(this.#paper);
    return view;
  }

  #makeTools() {
    const bar = document.createElement('div');
    const zoom = document.createElement('span');
    const tools = this.#tools;

    tools.out = makeButton('stage-out', '−', _('Zoom out'), '-', () => this.zoomBy(1 / ZOOM_STEP));
    tools.in = makeButton('stage-in', '+', _('Zoom in'), '+', () => this.zoomBy(ZOOM_STEP));
    /* TRANSLATORS: a button: the picture as large as there is room */
    tools.fit = makeButton('stage-fit', _('Fit'), _('Fit'), 'F', () => this.fit());
    tools.actual = makeButton('stage-actual', '1:1', _('1:1, the picture’s own size'), '1', () => this.actualSize());
    tools.full = makeButton('stage-full', _('Fullscreen'), _('Fullscreen'), 'Shift+F', () => this.toggleFullscreen());
    tools.full.hidden = !document.fullscreenEnabled;
    tools.ground = this.#makeGroundChoice();
    tools.zoom = zoom;
    tools.bar = bar;
    zoom.className = 'stage-zoom';
    bar.className = 'stage-tools';
    bar.hidden = true;
    bar.setAttribute('role', 'group');
    /* TRANSLATORS: a noun: how the picture is looked at */
    bar.setAttribute('aria-label', _('View'));
    bar.append(tools.out, zoom, tools.in, tools.fit, tools.actual, tools.ground, tools.full);
    this.#root.append(bar);
  }

  #makeGroundChoice() {
    const select = document.createElement('select');
    const labels = { auto: _('Automatic'), light: _('Light'), dark: _('Dark'), checker: _('Checkered') };

    select.className = 'stage-ground';
    select.title = _('What is behind the picture');
    /* TRANSLATORS: the colour of the paper behind the picture */
    select.setAttribute('aria-label', _('Ground'));
    select.append(...GROUNDS.map((ground) => new Option(labels[ground], ground)));
    select.addEventListener('change', () => { this.ground = select.value; });
    return select;
  }

  #listen() {
    new ResizeObserver(() => this.#updateRoom()).observe(this.#view);
    new Gestures(this.#view, {
      pan: (dx, dy) => this.panBy(dx, dy),
      zoom: (factor, point) => this.zoomBy(factor, point),
      toggle: (point) => this.#toggleCloseUp(point),
    });
    this.#picture.addEventListener('shown', ({ detail }) => this.#onShown(detail));
    this.#picture.addEventListener('broken', ({ detail }) => this.#tell('broken', detail));
    document.addEventListener('fullscreenchange', () => this.#tools.full.setAttribute(
      'aria-pressed', String(document.fullscreenElement === this.#root)));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // ---- Frames ----

  /* In the same task as the swap: a frame of another size is never seen in the room of the last one. */
  #onShown(header) {
    const { svg } = this.current;
    const tag = typeof svg === 'string' ? svg.slice(0, svg.indexOf('>', svg.indexOf('<svg')) + 1) : null;

    if (tag === null || tag !== this.#lastTag) {
      this.#lastTag = tag;
      this.#viewport.setFrame(measureFrame(tag, this.#picture.naturalSize));
      this.#tools.bar.hidden = false;
      this.#layOut();
    }
    if (this.#ground === 'auto' && this.#groundRun !== (header?.run ?? 0))
      this.#showGround();
    this.#tell('shown', header);
  }

  // ---- Where the picture is ----

  #updateRoom() {
    const style = getComputedStyle(this.#view);
    const [top, right, bottom, left] = ['Top', 'Right', 'Bottom', 'Left'].map(
      (side) => parseFloat(style[`padding${side}`]));
    const { clientWidth, clientHeight } = this.#view;

    this.#viewport.setRoom({ left, top, width: clientWidth - left - right, height: clientHeight - top - bottom });
    this.#layOut();
  }

  #layOut() {
    const { left, top, width, height } = this.#viewport.layOut(devicePixelRatio);
    const { style } = this.#paper;

    style.width = `${width}px`;
    style.height = `${height}px`;
    style.transform = `translate(${left}px, ${top}px)`;
    this.#view.classList.toggle('is-fit', this.isFit);
    this.#tools.zoom.textContent = `${formatCount(Math.round(this.zoom * 1000) / 10)}\u00a0%`;
    this.#tools.fit.setAttribute('aria-pressed', String(this.isFit));
    this.#tools.actual.setAttribute('aria-pressed', String(Math.abs(this.zoom - 1) < 1e-9));
    this.#tell('zoom', { zoom: this.zoom, isFit: this.isFit });
  }

  /* Closer, and back. */
  #toggleCloseUp(point) {
    if (!this.current)
      return;

    if (!this.isFit)
      this.fit();
    else
      this.zoomBy(this.zoom < 1 / CLOSE_UP ? 1 / this.zoom : CLOSE_UP, point);
  }

  #panByKey(key) {
    const step = Math.min(this.#view.clientWidth, this.#view.clientHeight) * PAN_STEP;

    switch (key) {
      case 'ArrowLeft': this.panBy(step, 0); return true;
      case 'ArrowRight': this.panBy(-step, 0); return true;
      case 'ArrowUp': this.panBy(0, step); return true;
      case 'ArrowDown': this.panBy(0, -step); return true;
      default: return false;
    }
  }

  // ---- The ground ----

  /* The automatic one is looked for once a run: a ground that changes with the frames would flicker. */
  async #showGround() {
    const { current } = this;

    this.#tools.ground.value = this.#ground;
    if (this.#ground !== 'auto') {
      this.#groundRun = null;
      this.#paper.dataset.ground = this.#ground;
      return;
    }
    this.#paper.dataset.ground ??= 'light';
    if (!current)
      return;

    this.#groundRun = current.header?.run ?? 0;
    const ground = await chooseGround(current.svg);
    if (this.#ground === 'auto')
      this.#paper.dataset.ground = ground;
  }
}
