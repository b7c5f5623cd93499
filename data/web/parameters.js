// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { _, format, formatCount } from './messages.js';
import { ParameterRow, describeEffect } from './parameter-row.js';

/* As many are seen at a glance. */
const MAX_UNFILTERED = 12;

const STANDING = ['idle', 'stopped', 'finished', 'failed'];

/* A file is named by its upload; the rest is for us. */
function toWire(value) {
  return value !== null && typeof value === 'object' ? { upload: value.upload } : value;
}

/**
 * Returns a function that uploads a file to the service and promises its answer
 * (`{upload, bytes, name, type}`): what ParameterForm wants as `upload`.
 * @param {URL|string} url of the service's `/uploads`
 * @param {?string} token where there is no cookie
 */
export function createUpload(url, token = null) {
  // fetch() does not tell how far it is.
  return (file, onProgress) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const address = new URL(url, document.baseURI);
    const fail = (text) => reject(new Error(text));

    address.searchParams.set('name', file.name);
    if (token !== null)
      address.searchParams.set('token', token);
    request.open('POST', address);
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress?.(loaded / total));
    request.addEventListener('load', () => request.status === 201 && request.response
      ? resolve(request.response)
      : fail(request.response?.error?.message ?? _('The file was not taken.')));
    request.addEventListener('error', () => fail(_('The file could not be sent.')));
    request.addEventListener('abort', () => fail(_('The file could not be sent.')));
    request.send(file);
  });
}

/**
 * The parameters of a session, or of one that is to be created, as inputs made from their specs
 * (doc/protocol.md, "HTTP").
 *
 * With `set` it is live: what is changed is set at once, and the step at which it applies is told.
 * Without, it only collects: see `values`.
 */
export class ParameterForm {
  #root;
  #set;
  #upload;
  #prefix;
  #rows = new Map();
  #list;
  #filter;
  #found;
  #isDisabled = false;
  #isRunning = true;
  #run = null;

  /**
   * @param {Element} root what it fills
   * @param {object} [callbacks]
   * @param {(values: object, options: {isFinal: boolean}) => Promise<{step: ?number}>}
   *   [callbacks.set] sets parameters; `isFinal` is false while a slider is still being moved
   * @param {(file: File, onProgress: (part: number) => void) => Promise<{upload: string, type: string, bytes: number}>}
   *   [callbacks.upload] see createUpload()
   */
  constructor(root, { set = null, upload = createUpload('uploads') } = {}) {
    this.#root = root;
    this.#set = set;
    this.#upload = upload;
    this.#prefix = set ? 'parameter' : 'new-parameter';
    this.#build();
  }

  /** Whether changes are set at once. */
  get isLive() {
    return this.#set !== null;
  }

  get disabled() {
    return this.#isDisabled;
  }

  set disabled(disabled) {
    this.#isDisabled = disabled;
    for (const row of this.#rows.values())
      row.disabled = disabled;
  }

  /** What differs from the defaults, name to value, as `POST /sessions` takes it. */
  get values() {
    return Object.fromEntries([...this.#rows].filter(([, { spec, value }]) => value !== spec.default)
      .map(([name, { value }]) => [name, toWire(value)]));
  }

  /** Makes the form anew. `values` win over the specs' own. */
  fill(specs, values = {}) {
    this.#rows = new Map(specs.map((spec) => [spec.name, this.#createRow({
      ...spec, value: values[spec.name] ?? spec.value ?? spec.default })]));
    this.#list.replaceChildren(...[...this.#rows.values()].map((row) => row.node));
    this.#filter.value = '';
    this.#filter.hidden = this.#rows.size <= MAX_UNFILTERED;
    this.#sift();
    this.disabled = this.#isDisabled;
  }

  /** Shows what was set, by whom ever (`{kind, id}` or null). */
  update(values, by = null) {
    for (const [name, value] of Object.entries(values))
      this.#rows.get(name)?.update(value, by);
  }

  /** Tells it of a session's state: what is set while nothing runs applies at the next start. */
  showState({ state, run }) {
    this.#isRunning = !STANDING.includes(state);
    if (run !== this.#run)
      for (const row of this.#rows.values())
        row.forget();
    this.#run = run;
  }

  #build() {
    this.#filter = element('input', { type: 'search', className: 'parameter-filter', hidden: true,
                                      placeholder: _('Find a parameter'),
                                      'aria-label': _('Find a parameter') });
    this.#found = element('p', { className: 'unseen', role: 'status' });
    this.#list = element('ul', { className: 'parameter-list boxed' });
    this.#filter.addEventListener('input', () => this.#sift());
    this.#root.replaceChildren(this.#filter, this.#found, this.#list);
  }

  #createRow(spec) {
    const row = new ParameterRow(spec, `${this.#prefix}-${spec.name}`, {
      send: (value, isFinal) => this.#send(row, value, isFinal),
      upload: this.#upload,
    });
    return row;
  }

  async #send(row, value, isFinal) {
    const { spec } = row;

    if (!this.#set)
      return '';
    const answer = await this.#set({ [spec.name]: toWire(value) }, { isFinal });
    row.needsRestart = !spec.live && this.#isRunning;
    return describeEffect(spec, answer?.step ?? null, this.#isRunning);
  }

  #sift() {
    const text = this.#filter.value.trim().toLowerCase();
    let count = 0;

    for (const row of this.#rows.values()) {
      row.node.hidden = text !== '' && !row.matches(text);
      count += row.node.hidden ? 0 : 1;
    }
    this.#found.textContent = text === '' ? '' : format(_('{count} of {all} parameters'), {
      count: formatCount(count), all: formatCount(this.#rows.size) });
  }
}
