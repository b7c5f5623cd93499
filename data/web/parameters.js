// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A slider over more than this can't be aimed.
const MAX_SLIDER_SPAN = 1000;
const SLIDER_STOPS = 500;

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function isNumeric(spec) {
  return spec.type === 'number' || spec.type === 'integer';
}

/* Limits of more than 53 bits (they come as strings) and of 100 digits are none that anyone meets. */
function hasRange(spec) {
  return [spec.minimum, spec.maximum].every((limit) =>
    typeof limit === 'number' && Math.abs(limit) < 1e12);
}

function hasSlider(spec) {
  return hasRange(spec) && spec.maximum > spec.minimum &&
         spec.maximum - spec.minimum <= MAX_SLIDER_SPAN;
}

function format(number) {
  return number.toLocaleString('en', { maximumSignificantDigits: 12 }).replace('-', '−');
}

/* A round number that divides the range finely enough. */
function sliderStep(spec) {
  const step = 10 ** Math.floor(Math.log10((spec.maximum - spec.minimum) / SLIDER_STOPS));
  return spec.type === 'integer' ? Math.max(1, step) : step;
}

function describe(spec) {
  const range = hasRange(spec) ? `${format(spec.minimum)} to ${format(spec.maximum)}` : '';
  const parts = [spec.description, range, spec.live ? '' : 'applies at the next start'];
  return parts.filter((part) => part).join('\u00a0· ');
}

/* The input where a value is typed or chosen. */
function createInput(spec) {
  switch (spec.type) {
    case 'boolean':
      return element('input', { type: 'checkbox' });
    case 'choice':
      return element('select', {}, ...spec.choices.map((choice) =>
        element('option', { value: choice, textContent: choice })));
    case 'number':
      return element('input', { type: 'number', step: 'any', inputMode: 'decimal' });
    case 'integer':
      // Integers of more than 53 bits come as strings, and no number input holds them.
      return typeof spec.value === 'string' || typeof spec.maximum === 'string'
        ? element('input', { type: 'text', inputMode: 'numeric' })
        : element('input', { type: 'number', step: '1', inputMode: 'numeric' });
    default:
      return element('input', { type: 'text', maxLength: 4096 });
  }
}

/* One parameter: its input, a slider where it has a range, and what became of the last change. */
class Row {
  #spec;
  #send;
  #input;
  #slider = null;
  #note;
  #value;
  #waiting = null;
  #isSending = false;

  /* `send (value)` returns a promise of what to say about it. */
  constructor(spec, send) {
    this.#spec = spec;
    this.#send = send;
    this.node = this.#build();
    this.show(spec.value);
  }

  set disabled(disabled) {
    this.#input.disabled = disabled;
    if (this.#slider)
      this.#slider.disabled = disabled;
  }

  /* Shows a value that came from the service. */
  show(value) {
    this.#value = value;
    if (this.#spec.type === 'boolean')
      this.#input.checked = value;
    else
      this.#input.value = value;
    if (this.#slider)
      this.#slider.value = value;
  }

  /* The same, but never against somebody who is about to change it. */
  update(value) {
    if (!this.#isSending && !this.#waiting && value !== this.#value)
      this.show(value);
  }

  #build() {
    const spec = this.#spec;
    const id = `parameter-${spec.name}`;
    const label = element('label', { htmlFor: id, textContent: spec.label || spec.name });
    const description = element('p', { id: `${id}-description`, textContent: describe(spec) });

    this.#input = createInput(spec);
    this.#input.id = id;
    this.#input.setAttribute('aria-describedby', `${id}-description ${id}-note`);
    this.#input.addEventListener('change', () => this.#take(this.#read(), true));
    this.#note = element('p', { id: `${id}-note`, className: 'note' });
    this.#note.setAttribute('role', 'status');

    if (spec.unit)
      label.append(' ', element('span', { className: 'unit', textContent: spec.unit }));
    if (hasSlider(spec))
      this.#addSlider(label.textContent);
    return element('li', {}, label, this.#input, ...(this.#slider ? [this.#slider] : []),
                   description, this.#note);
  }

  #addSlider(label) {
    const { minimum, maximum } = this.#spec;

    this.#slider = element('input', { type: 'range', min: minimum, max: maximum,
                                      step: sliderStep(this.#spec) });
    this.#slider.setAttribute('aria-label', label);
    for (const type of ['input', 'change'])
      this.#slider.addEventListener(type, () => {
        this.#input.value = this.#slider.value;
        this.#take(this.#read(), type === 'change');
      });
  }

  /* What the input holds, as JSON has it, or undefined where it is not a value. */
  #read() {
    if (this.#spec.type === 'boolean')
      return this.#input.checked;
    if (!isNumeric(this.#spec))
      return this.#input.value;

    const text = this.#input.value.trim();
    const number = Number(text);
    if (text === '' || Number.isNaN(number))
      return undefined;
    return this.#spec.type === 'integer' && !Number.isSafeInteger(number) ? text : number;
  }

  #take(value, isFinal) {
    if (value === undefined) {
      this.show(this.#value);
      this.#say('That is not a number; it stays as it was.', true);
      return;
    }
    this.#waiting = { value, isFinal };
    if (!this.#isSending)
      this.#work();
  }

  /* A slider moves faster than the service answers: of what waits only the newest is sent. */
  async #work() {
    this.#isSending = true;
    while (this.#waiting) {
      const { value, isFinal } = this.#waiting;
      this.#waiting = null;
      try {
        const said = await this.#send(value, isFinal);
        this.#value = value;
        if (this.#slider)
          this.#slider.value = value;
        this.#say(said, false);
      } catch (error) {
        this.#say(error.message, true);
      }
    }
    this.#isSending = false;
  }

  #say(text, isError) {
    this.#note.textContent = text;
    this.#note.classList.toggle('error', isError);
    this.#input.setAttribute('aria-invalid', isError);
  }
}

/** The parameters of a session as a list of inputs, made from their specs. */
export class ParameterList {
  #list;
  #send;
  #rows = new Map();

  /**
   * `list` is the `<ul>` to fill; `send (spec, value, isFinal)` sets one and returns a promise of
   * the words to say about it. `isFinal` is false while a slider is still being moved.
   */
  constructor(list, send) {
    this.#list = list;
    this.#send = send;
  }

  set disabled(disabled) {
    for (const row of this.#rows.values())
      row.disabled = disabled;
  }

  /** Makes the list anew. */
  fill(specs) {
    this.#rows = new Map(specs.map((spec) =>
      [spec.name, new Row(spec, (value, isFinal) => this.#send(spec, value, isFinal))]));
    this.#list.replaceChildren(...[...this.#rows.values()].map((row) => row.node));
  }

  /** Shows what was set, by whom ever. */
  update(values) {
    for (const [name, value] of Object.entries(values))
      this.#rows.get(name)?.update(value);
  }
}
