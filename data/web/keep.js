// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { addToPng, addToSvg, toText } from './metadata.js';
import { _, format } from './messages.js';
import { Recipes } from './recipes.js';

/* What the service draws at most, too; browsers have canvases that are not much larger. */
const MAX_SIDE = 8192;
const MAX_PIXELS = 67108864;

/* What an SVG without a size has in HTML. */
const USUAL_WIDTH = 300;
const USUAL_HEIGHT = 150;

/* A browser may begin to read a file after the click that saves it. */
const REVOKE_MS = 60000;

/**
 * Keeps the picture in sight, that very frame: as a file that says how it was computed, which
 * `stepcast run --from FILE` does again, or in the clipboard. Each promise gets a text that says
 * what was done, or an Error whose message says why it could not be.
 */
export class Keep {
  #stage;
  #session;
  #recipes;

  /** @param {{stage: {current: ?{svg: string|Blob, header: object}},
   *           session: import('./stepcast.js').StepcastSession}} parts */
  constructor({ stage, session }) {
    this.#stage = stage;
    this.#session = session;
    this.#recipes = new Recipes(session);
  }

  /** Saves the picture in sight, byte for byte, with what it is computed from. */
  async saveSvg() {
    const frame = await this.#take();

    return this.#save(frame, 'svg', await this.#makeSvg(frame));
  }

  /**
   * Saves the pixels of the picture in sight.
   *
   * @param {{width: number}} [options] in pixels; else as wide as it says that it is, in those of
   *   the display
   */
  async savePng({ width } = {}) {
    const frame = await this.#take();

    return this.#save(frame, 'png', await this.#makePng(frame, width));
  }

  /** Copies the picture in sight: as pixels, or as the text of an SVG where a browser takes none. */
  async copyPicture() {
    const frame = this.#take();

    if (navigator.clipboard?.write && window.ClipboardItem) {
      try {
        // Some browsers let a page write only within the click: what is written comes later.
        const png = frame.then((taken) => this.#makePng(taken));
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
        return _('The picture was copied.');
      } catch {
        // As text, then.
      }
    }
    await copyText(frame.then((taken) => this.#makeSvg(taken)).then((blob) => blob.text()));
    return _('The picture was copied as the text of an SVG.');
  }

  /** Copies the address at which the picture is, without a page around it. */
  async copyStillLink() {
    await copyText(this.#findStillLink());
    return _('The link was copied: it shows the session’s present picture.');
  }

  /* What is in sight may be replaced while we work. */
  async #take() {
    const { current } = this.#stage;

    if (!current)
      throw new Error(_('There is no picture yet.'));

    const { svg, header } = current;
    return { svg: typeof svg === 'string' ? svg : await svg.text(), header };
  }

  async #makeSvg({ svg, header }) {
    const recipe = await this.#recipes.describe(header);

    return new Blob([addToSvg(svg, toText(recipe))], { type: 'image/svg+xml' });
  }

  async #makePng({ svg, header }, width) {
    const recipe = this.#recipes.describe(header);
    const pixels = await draw(svg, width);
    const png = addToPng(new Uint8Array(await pixels.arrayBuffer()), toText(await recipe));

    return new Blob([png], { type: 'image/png' });
  }

  #save({ header }, suffix, blob) {
    const generator = (this.#session.generator ?? 'picture').replace(/[^\w.-]+/g, '-');
    const name = `${generator}-run${header.run}-step${header.step}.${suffix}`;
    const link = document.createElement('a');

    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
    return format(_('Saved as {name}.'), { name });
  }

  async #findStillLink() {
    const session = new URL(`sessions/${encodeURIComponent(this.#session.name)}/`, document.baseURI);

    try {
      const response = await fetch(new URL('links', session), { cache: 'no-store' });
      const { still } = response.ok ? await response.json() : {};
      if (still)
        return still;
    } catch {
      // Its address is the same without the service.
    }
    return new URL('frame.svg', session).href;
  }
}

/* ---- Pixels ---- */

function chooseSize({ naturalWidth, naturalHeight }, width) {
  const natural = { width: naturalWidth || USUAL_WIDTH, height: naturalHeight || USUAL_HEIGHT };
  const wanted = (width ?? natural.width * devicePixelRatio) / natural.width;
  const scale = Math.min(wanted, MAX_SIDE / natural.width, MAX_SIDE / natural.height,
                         Math.sqrt(MAX_PIXELS / (natural.width * natural.height)));

  return {
    width: Math.max(1, Math.round(natural.width * scale)),
    height: Math.max(1, Math.round(natural.height * scale)),
  };
}

async function draw(svg, width) {
  const image = new Image();
  const canvas = document.createElement('canvas');

  image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    await image.decode();
    Object.assign(canvas, chooseSize(image, width));
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  } finally {
    URL.revokeObjectURL(image.src);
  }

  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  canvas.width = canvas.height = 0; // its memory need not wait for the collector
  if (!blob)
    throw new Error(_('There is not enough memory for so many pixels.'));
  return blob;
}

/* ---- The clipboard ---- */

/**
 * Copies a text, which may still be on its way. To be called within a click.
 *
 * @param {string|Promise<string>} text
 */
export async function copyText(text) {
  const later = Promise.resolve(text);
  const ways = [
    () => navigator.clipboard.write([new ClipboardItem({
      'text/plain': later.then((now) => new Blob([now], { type: 'text/plain' })),
    })]),
    async () => navigator.clipboard.writeText(await later),
  ];

  for (const way of ways)
    try {
      await way();
      return;
    } catch {
      // Another way, then.
    }
  copySelected(await later);
}

/* A page that came by plain HTTP from another machine has no clipboard but this. */
function copySelected(text) {
  const field = document.createElement('textarea');
  const focused = document.activeElement;

  field.value = text;
  field.readOnly = true;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  focused?.focus();
  if (!isCopied)
    throw new Error(_('The browser does not let the page copy.'));
}
