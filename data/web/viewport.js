// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* So much larger than by itself a picture gets, or than where it fits; and so much smaller. */
const MAX_ZOOM = 64;
const MIN_ZOOM = 1 / 8;

/* Beyond this many pixels browsers get slow, or wrong by a pixel. */
const MAX_PIXELS = 1e6;

/* CSS pixels in the units that an SVG's width and height may have. */
const UNITS = { '': 1, px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 96 / 2.54, mm: 96 / 25.4 };

const clamp = (value, least, most) => Math.max(least, Math.min(value, most));

function readAttribute(tag, name) {
  return tag.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`))?.slice(1).join('') ?? '';
}

function readLength(tag, name) {
  const [, number, unit] = readAttribute(tag, name).match(/^\s*([\d.eE+-]+)([a-z]*)\s*$/) ?? [];
  const pixels = Number(number) * UNITS[unit];

  return pixels > 0 && Number.isFinite(pixels) ? pixels : null;
}

function readViewBox(tag) {
  const [x, y, width, height] = readAttribute(tag, 'viewBox').trim().split(/[\s,]+/).map(Number);

  return width > 0 && height > 0 && Number.isFinite(x + y + width + height) ? { x, y, width, height } : null;
}

/* What has no size of its own but a viewBox is one pixel a unit. */
function findSize(tag, viewBox, natural) {
  const width = readLength(tag, 'width');
  const height = readLength(tag, 'height');

  if (width && height)
    return { width, height };
  if (!viewBox)
    return { width: natural.width || 300, height: natural.height || 150 };

  const ratio = viewBox.width / viewBox.height;
  return { width: width ?? (height ?? viewBox.height) * ratio, height: height ?? (width ?? viewBox.width) / ratio };
}

/**
 * The size of an SVG document, and where its own coordinates lie in it.
 *
 * @param {string|Blob|null} svg the document; of a Blob nothing is read
 * @param {{width: number, height: number}} natural what the browser says
 * @returns {{width, height, x, y, perUnit}} the size in CSS pixels, the coordinates of the upper left corner,
 *   and the pixels of a unit
 */
export function measureFrame(svg, natural) {
  const tag = typeof svg === 'string' ? svg.match(/<svg\b[^>]*>/)?.[0] ?? '' : '';
  const viewBox = readViewBox(tag);
  const { width, height } = findSize(tag, viewBox, natural);

  if (!viewBox)
    return { width, height, x: 0, y: 0, perUnit: 1 };

  // The whole viewBox is to be seen, in the middle: what preserveAspectRatio is when nobody says anything.
  const perUnit = Math.min(width / viewBox.width, height / viewBox.height);
  return {
    width,
    height,
    x: viewBox.x - (width / perUnit - viewBox.width) / 2,
    y: viewBox.y - (height / perUnit - viewBox.height) / 2,
    perUnit,
  };
}

/**
 * Which part of a picture is in sight, and how large. It knows numbers only: of the room for the picture, in CSS
 * pixels, and of the picture.
 *
 * What is in sight is told in the picture's own coordinates. They outlive a picture's size: one that grows at an edge
 * stays where it was looked at, and so does one that is drawn with more pixels.
 */
export class Viewport {
  #room = { left: 0, top: 0, width: 1, height: 1 };
  #frame = measureFrame(null, {});
  #isFit = true;
  /* While it does not fit by itself: pixels a unit, and which point is in the middle of the room. */
  #scale = 1;
  #centre = { x: 0, y: 0 };

  /** Whether all of the picture is shown, as large as there is room */
  get isFit() { return this.#isFit; }

  /** How large the picture is, 1 for its own size */
  get zoom() { return this.#isFit ? this.#fitZoom : this.#scale / this.#frame.perUnit; }

  /** Where the picture is, in whole pixels of a display that has `density` of them in a CSS pixel */
  layOut(density = 1) {
    const round = (pixels) => Math.round(pixels * density) / density;
    const { zoom } = this;
    const { x, y } = this.#isFit ? this.#frameCentre : this.#centre;
    const scale = zoom * this.#frame.perUnit;

    return {
      left: round(this.#middle.x + (this.#frame.x - x) * scale),
      top: round(this.#middle.y + (this.#frame.y - y) * scale),
      width: this.#isFit ? round(this.#frame.width * zoom) : this.#frame.width * zoom,
      height: this.#isFit ? round(this.#frame.height * zoom) : this.#frame.height * zoom,
    };
  }

  /** @param {{left, top, width, height}} room where a picture fits; beside it is seen what is larger */
  setRoom(room) {
    this.#room = { ...room, width: Math.max(room.width, 1), height: Math.max(room.height, 1) };
  }

  /** @param frame what measureFrame () gave */
  setFrame(frame) {
    this.#frame = frame;
    this.#keepNear();
  }

  fit() {
    this.#isFit = true;
  }

  /** Sets the zoom; the point of the picture at `point` stays there. */
  zoomTo(zoom, point = this.#middle) {
    const before = this.zoom * this.#frame.perUnit;
    const scale = this.#limit(zoom) * this.#frame.perUnit;
    const { x, y } = this.#isFit ? this.#frameCentre : this.#centre;
    const [dx, dy] = [point.x - this.#middle.x, point.y - this.#middle.y];

    this.#isFit = false;
    this.#scale = scale;
    this.#centre = { x: x + dx / before - dx / scale, y: y + dy / before - dy / scale };
    this.#keepNear();
  }

  /** Moves the picture by so many pixels, unless all of it is seen anyway. */
  panBy(dx, dy) {
    if (this.#isFit)
      return;

    this.#centre = { x: this.#centre.x - dx / this.#scale, y: this.#centre.y - dy / this.#scale };
    this.#keepNear();
  }

  get #middle() {
    return { x: this.#room.left + this.#room.width / 2, y: this.#room.top + this.#room.height / 2 };
  }

  get #fitZoom() {
    return Math.min(this.#room.width / this.#frame.width, this.#room.height / this.#frame.height);
  }

  get #frameCentre() {
    const { x, y, width, height, perUnit } = this.#frame;
    return { x: x + width / perUnit / 2, y: y + height / perUnit / 2 };
  }

  #limit(zoom) {
    const fit = this.#fitZoom;
    const most = Math.min(MAX_ZOOM * Math.max(fit, 1), MAX_PIXELS / Math.max(this.#frame.width, this.#frame.height));

    return clamp(zoom, Math.min(fit, 1) * MIN_ZOOM, Math.max(most, fit));
  }

  /* A picture can't be pushed out of sight: some of it stays in the middle. */
  #keepNear() {
    const { x, y, width, height, perUnit } = this.#frame;

    this.#centre = {
      x: clamp(this.#centre.x, x, x + width / perUnit),
      y: clamp(this.#centre.y, y, y + height / perUnit),
    };
  }
}
