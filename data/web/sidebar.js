// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* As in style.css: from here on there is room beside the picture. */
const WIDE = '(min-width: 761px)';

/** A panel beside the picture, and on a phone a drawer over it. */
export class Sidebar {
  #panel;
  #button;
  #scrim;
  #wide = matchMedia(WIDE);
  #rest;

  /**
   * @param {{panel: HTMLElement, button: HTMLButtonElement, close: HTMLButtonElement,
   *          scrim: HTMLElement}} parts
   */
  constructor({ panel, button, close, scrim }) {
    this.#panel = panel;
    this.#button = button;
    this.#scrim = scrim;
    // What a drawer lies over can't be reached meanwhile.
    this.#rest = [...panel.parentElement.children].filter((node) =>
      node !== panel && node !== scrim);
    button.addEventListener('click', () => this.toggle());
    close.addEventListener('click', () => this.close());
    scrim.addEventListener('click', () => this.close());
    panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented)
        this.close();
    });
    this.#wide.addEventListener('change', () => this.#render());
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  get isDrawer() {
    return this.isOpen && !this.#wide.matches;
  }

  open() {
    this.#panel.hidden = false;
    this.#render();
    this.#panel.focus({ preventScroll: true });
  }

  close() {
    if (!this.isOpen)
      return;
    this.#panel.hidden = true;
    this.#render();
    this.#button.focus();
  }

  toggle() {
    if (this.isOpen)
      this.close();
    else
      this.open();
  }

  #render() {
    this.#button.setAttribute('aria-expanded', this.isOpen);
    this.#scrim.hidden = !this.isDrawer;
    for (const node of this.#rest)
      node.inert = this.isDrawer;
  }
}
