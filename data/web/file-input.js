// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { _, format, formatNumber } from './messages.js';

const UNITS = ['B', 'kB', 'MB', 'GB'];

/** A length of bytes, for people. */
export function formatBytes(bytes) {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);

  return `${formatNumber(bytes / 1000 ** power, 3)}\u00a0${UNITS[power]}`;
}

/**
 * The input for a parameter that is a file: a button, and a place to drop it on. The file is uploaded
 * when it is chosen, and its value is what that was answered; of a value that came from elsewhere it
 * shows what it is. See createInput() for what it has in common with others.
 */
export class FileInput {
  #spec;
  #callbacks;
  #picker;
  #button;
  #remove;
  #progress;
  #preview;
  #caption;
  #isDisabled = false;
  #isUploading = false;
  /* What was uploaded here last: its value in the end, its name and its picture. */
  #own = null;

  isGroup = true;

  constructor(spec, id, callbacks) {
    this.#spec = spec;
    this.#callbacks = callbacks;
    this.#build(id);
    this.#listen();
  }

  /** Shows what there is: `{type, bytes}`, or null. */
  show(value) {
    const isOwn = this.#own !== null && value !== null &&
      value.type === this.#own.type && value.bytes === this.#own.bytes;

    if (!isOwn)
      this.#drop();
    this.#remove.hidden = value === null;
    this.#caption.textContent = value === null ? _('No file') : this.#describe(value, isOwn);
  }

  isEdited() {
    return this.#isUploading;
  }

  disable(on) {
    this.#isDisabled = on;
    this.#button.disabled = this.#picker.disabled = this.#remove.disabled = on;
  }

  #build(id) {
    const label = _(this.#spec.label || this.#spec.name);

    this.#picker = element('input', { id: `${id}-picker`, type: 'file', className: 'unseen',
                                      tabIndex: -1, accept: (this.#spec.accept ?? []).join(),
                                      'aria-label': label });
    this.#button = element('button', { type: 'button', textContent: _('Choose a file…'),
                                       'aria-describedby': `${id}-caption` });
    this.#remove = element('button', { type: 'button', className: 'flat', hidden: true,
                                       textContent: _('Remove') });
    this.#progress = element('progress', { max: 1, hidden: true,
                                           'aria-label': _('Upload') });
    this.#preview = element('img', { alt: '', hidden: true });
    this.#caption = element('span', { id: `${id}-caption`, className: 'caption' });
    this.node = element('div', { id, role: 'group', className: 'file' }, this.#preview,
                        this.#caption, this.#button, this.#remove, this.#progress, this.#picker);
    this.nodes = [this.node];
  }

  #listen() {
    this.#button.addEventListener('click', () => this.#picker.click());
    this.#picker.addEventListener('change', () => {
      this.#choose(this.#picker.files[0]);
      this.#picker.value = ''; // the same file may be chosen again
    });
    this.#remove.addEventListener('click', () => {
      this.#callbacks.take(null, true);
      this.#button.focus();
    });
    for (const type of ['dragenter', 'dragover'])
      this.node.addEventListener(type, (event) => this.#onDrag(event));
    this.node.addEventListener('dragleave', (event) => {
      if (!this.node.contains(event.relatedTarget))
        this.node.classList.remove('target');
    });
    this.node.addEventListener('drop', (event) => this.#onDrop(event));
  }

  #onDrag(event) {
    if (this.#isDisabled || !event.dataTransfer?.types.includes('Files'))
      return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.node.classList.add('target');
  }

  #onDrop(event) {
    event.preventDefault(); // a browser would go to the file
    this.node.classList.remove('target');
    if (!this.#isDisabled)
      this.#choose(event.dataTransfer?.files[0]);
  }

  async #choose(file) {
    const maximum = this.#spec['max-bytes'];

    if (!file || this.#isUploading)
      return;
    if (maximum !== undefined && file.size > maximum) {
      this.#callbacks.refuse(format(_('{name} has {size}; it takes at most {maximum}.'), {
        name: file.name, size: formatBytes(file.size), maximum: formatBytes(maximum) }));
      return;
    }
    if (file.size === 0) {
      this.#callbacks.refuse(format(_('{name} is empty.'), { name: file.name }));
      return;
    }

    this.#setUploading(true);
    try {
      const { upload, type, bytes } = await this.#callbacks.upload(file, (part) => {
        this.#progress.value = part;
      });
      this.#keep(file, type, bytes);
      this.#callbacks.take({ upload, type, bytes }, true);
    } catch (error) {
      this.#callbacks.refuse(error.message);
    } finally {
      this.#setUploading(false);
    }
  }

  #setUploading(on) {
    this.#isUploading = on;
    this.#progress.hidden = !on;
    this.#progress.value = 0;
    this.node.setAttribute('aria-busy', on);
  }

  #keep(file, type, bytes) {
    this.#drop();
    this.#own = { type, bytes, name: file.name, url: URL.createObjectURL(file) };
    // By an image element, which runs no script; what is no picture is not shown.
    this.#preview.onload = () => { this.#preview.hidden = false; };
    this.#preview.onerror = () => { this.#preview.hidden = true; };
    this.#preview.src = this.#own.url;
  }

  #drop() {
    if (this.#own === null)
      return;
    URL.revokeObjectURL(this.#own.url);
    this.#own = null;
    this.#preview.hidden = true;
    this.#preview.removeAttribute('src');
  }

  #describe(value, isOwn) {
    if (isOwn)
      return `${this.#own.name}, ${formatBytes(this.#own.bytes)}`;
    return `${value.type}, ${formatBytes(value.bytes)}`;
  }
}
