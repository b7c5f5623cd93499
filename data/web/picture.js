// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * Shows SVG documents one after the other, each by `<img>` and a blob URL: there no script of a
 * document runs and nothing is fetched, whoever wrote it. A document never gets into the page's
 * own tree.
 *
 * A frame is decoded behind the one in sight and takes its place when it is ready, at most once
 * for each frame of the display. Beside the one in sight at most two are held: one that is being
 * decoded, and the newest that waits. In a page that nobody sees no frame is decoded.
 */
export class Picture {
  #paper;
  #front;
  #back;
  #waiting = null;
  #isBusy = false;
  #onShown;
  #onBroken;

  /**
   * `paper` holds two `<img>`, the one in sight and the one behind. `onShown (tag)` is called when
   * a frame is in sight, with what `show ()` was given; `onBroken (tag)` when the browser could not
   * read one.
   */
  constructor(paper, { onShown, onBroken }) {
    this.#paper = paper;
    [this.#front, this.#back] = paper.querySelectorAll('img');
    this.#onShown = onShown;
    this.#onBroken = onBroken;
  }

  get isEmpty() {
    return this.#front.hidden;
  }

  set description(text) {
    this.#front.alt = this.#back.alt = text;
  }

  /** Shows `svg` (a string or a Blob) as soon as it can; a newer one may take its place. */
  show(svg, tag) {
    this.#waiting = { svg, tag };
    if (!this.#isBusy)
      this.#work();
  }

  /** Forgets what waits; what is in sight stays. */
  drop() {
    this.#waiting = null;
  }

  async #work() {
    this.#isBusy = true;
    while (this.#waiting) {
      const { svg, tag } = this.#waiting;
      this.#waiting = null;
      await this.#showOne(svg, tag);
    }
    this.#isBusy = false;
  }

  async #showOne(svg, tag) {
    const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    const image = this.#back;

    image.src = url;
    try {
      await image.decode();
    } catch {
      image.removeAttribute('src');
      URL.revokeObjectURL(url);
      this.#onBroken(tag);
      return;
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
    this.#swap();
    this.#onShown(tag);
  }

  #swap() {
    const last = this.#front;

    this.#front = this.#back;
    this.#back = last;
    this.#paper.style.setProperty('--ratio',
      (this.#front.naturalWidth / this.#front.naturalHeight || 1).toString());
    this.#front.hidden = false;
    last.hidden = true;

    // The URL of the one in sight lives on, so that the picture can be saved.
    if (last.src) {
      URL.revokeObjectURL(last.src);
      last.removeAttribute('src');
    }
  }
}
