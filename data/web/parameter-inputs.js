// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { FileInput } from './file-input.js';
import { _, format, formatNumber } from './messages.js';

/* Limits of more than 53 bits (they come as strings) and of 100 digits are none that anyone meets. */
const MAX_LIMIT = 1e12;
/* More whole numbers than this can't be aimed at, on a scale that is even. */
const MAX_EVEN_SPAN = 10000;
/* From three decades on, most of an even scale is of no use. */
const MIN_LOG_RATIO = 1000;
const SLIDER_STOPS = 1000;
/* What a slider gives is round. */
const SLIDER_DIGITS = 3;
/* More than that many are a list to be opened. */
const MAX_RADIOS = 4;
const MAX_TEXT_BYTES = 4096;

const isNumeric = (spec) => spec.type === 'number' || spec.type === 'integer';

/** Whether a number's limits are worth telling. */
export function hasRange(spec) {
  return isNumeric(spec) && [spec.minimum, spec.maximum].every((limit) =>
    typeof limit === 'number' && Math.abs(limit) < MAX_LIMIT);
}

function isLogarithmic(spec) {
  return spec.minimum > 0 && spec.maximum / spec.minimum > MIN_LOG_RATIO;
}

function hasSlider(spec) {
  return hasRange(spec) && spec.maximum > spec.minimum &&
    (isLogarithmic(spec) || spec.type === 'number' ||
     spec.maximum - spec.minimum <= MAX_EVEN_SPAN);
}

/* ---- Sliders ---- */

function toPlace(spec, value) {
  const { minimum, maximum } = spec;
  const part = isLogarithmic(spec)
    ? Math.log(value / minimum) / Math.log(maximum / minimum)
    : (value - minimum) / (maximum - minimum);
  return Math.round(part * getStops(spec));
}

/* A whole number has a place of its own where there is room for it. */
function getStops(spec) {
  return spec.type === 'integer' && !isLogarithmic(spec)
    ? spec.maximum - spec.minimum : SLIDER_STOPS;
}

function fromPlace(spec, place) {
  const { minimum, maximum } = spec;
  const part = place / getStops(spec);
  const exact = isLogarithmic(spec)
    ? minimum * (maximum / minimum) ** part
    : minimum + part * (maximum - minimum);

  if (part === 0 || part === 1)
    return part === 0 ? minimum : maximum;
  if (spec.type === 'integer')
    return Math.round(isLogarithmic(spec) ? Number(exact.toPrecision(SLIDER_DIGITS)) : exact);
  // An even scale has the same decimals everywhere, a logarithmic one the same digits.
  const decimals = Math.max(0, 3 - Math.floor(Math.log10(maximum - minimum)));
  return Number(isLogarithmic(spec) ? exact.toPrecision(SLIDER_DIGITS)
                                    : exact.toFixed(Math.min(decimals, 20)));
}

/* Where places lie closer than whole numbers, a key press still goes to the next one. */
function followPlace(spec, place, before) {
  const value = fromPlace(spec, place);
  const isStuck = spec.type === 'integer' && value === before && place !== toPlace(spec, before);

  return isStuck ? value + Math.sign(place - toPlace(spec, before)) : value;
}

function createSlider(spec, label, onMove) {
  const slider = element('input', { type: 'range', min: 0, max: getStops(spec), step: 1,
                                    'aria-label': label });
  let value = null;

  const tell = () => slider.setAttribute('aria-valuetext',
    [formatNumber(value, 12), spec.unit ? _(spec.unit) : ''].join(' ').trim());
  const onChange = (isFinal) => {
    if (!isFinal)
      value = followPlace(spec, Number(slider.value), value);
    tell();
    onMove(value, isFinal);
  };

  slider.addEventListener('input', () => onChange(false));
  slider.addEventListener('change', () => onChange(true));
  return {
    node: slider,
    show: (shown) => {
      value = shown;
      slider.value = toPlace(spec, shown);
      tell();
    },
  };
}

/* ---- One input for each type. Each returns:
 *   node        what the label is for, and `nodes`, all of it, in the order of the row
 *   show(value) shows what is so, without an event
 *   isEdited()  whether somebody has begun to change what is shown
 *   disable(on)
 * and calls `take (value, isFinal)`, `refuse (text)` where that is no value, or `giveUp ()` where it
 * is what it was. ---- */

/* Where something is typed, it is taken when it is complete: at Enter, or when the focus goes. */
function typed(node, { read, write = String }, { take, refuse, giveUp }) {
  let shown = '';

  const commit = () => {
    if (node.value === shown && !node.validity.badInput) {
      giveUp();
      return;
    }
    try {
      take(read(node), true);
    } catch (error) {
      refuse(error.message);
    }
  };

  node.addEventListener('change', commit);
  return {
    node,
    nodes: [node],
    show: (value) => {
      node.value = write(value);
      shown = node.value;
    },
    isEdited: () => node.value !== shown || node.validity.badInput,
    disable: (on) => { node.disabled = on; },
  };
}

function checkRange(spec, number) {
  if (hasRange(spec) && (number < spec.minimum || number > spec.maximum))
    throw new Error(format(_('It takes {minimum} to {maximum}.'), {
      minimum: formatNumber(spec.minimum, 12), maximum: formatNumber(spec.maximum, 12) }));
  return number;
}

/* As JSON has it: an integer of more than 53 bits is a string. */
function readNumber(spec, node) {
  const text = node.value.trim();
  const number = Number(text);

  if (text === '' || Number.isNaN(number))
    throw new Error(_('That is not a number.'));
  if (spec.type !== 'integer')
    return checkRange(spec, number);
  if (!Number.isInteger(number))
    throw new Error(_('That is not a whole number.'));
  return Number.isSafeInteger(number) ? checkRange(spec, number) : text;
}

function createNumberField(spec, id) {
  const isLarge = [spec.value, spec.maximum, spec.minimum].some((one) => typeof one === 'string');

  // No number input holds more than 53 bits.
  if (isLarge)
    return element('input', { id, type: 'text', inputMode: 'numeric', className: 'number',
                              autocomplete: 'off', spellcheck: false });
  return element('input', { id, type: 'number', className: 'number',
                            step: spec.type === 'integer' ? '1' : 'any',
                            inputMode: spec.type === 'integer' && spec.minimum >= 0
                              ? 'numeric' : 'decimal' });
}

function createNumber(spec, id, callbacks) {
  const field = createNumberField(spec, id);
  const input = typed(field, { read: (node) => readNumber(spec, node) }, callbacks);

  if (!hasSlider(spec))
    return input;

  let isMoving = false;
  const slider = createSlider(spec, _(spec.label || spec.name), (value, isFinal) => {
    isMoving = !isFinal;
    field.value = value;
    callbacks.take(value, isFinal);
  });
  return {
    ...input,
    nodes: [field, slider.node],
    show: (value) => {
      input.show(value);
      slider.show(value);
    },
    isEdited: () => isMoving || input.isEdited(),
    disable: (on) => { field.disabled = slider.node.disabled = on; },
  };
}

function createSwitch(spec, id, { take }) {
  const node = element('input', { id, type: 'checkbox', role: 'switch' });

  node.addEventListener('change', () => take(node.checked, true));
  return {
    node,
    nodes: [node],
    show: (value) => { node.checked = value; },
    isEdited: () => false,
    disable: (on) => { node.disabled = on; },
  };
}

function createList(spec, id, { take }) {
  const node = element('select', { id }, ...spec.choices.map((choice) =>
    element('option', { value: choice, textContent: _(choice) })));

  node.addEventListener('change', () => take(node.value, true));
  return {
    node,
    nodes: [node],
    show: (value) => { node.value = value; },
    isEdited: () => false,
    disable: (on) => { node.disabled = on; },
  };
}

function createRadios(spec, id, { take }) {
  const radios = spec.choices.map((choice) =>
    element('input', { type: 'radio', name: id, value: choice }));
  const node = element('div', { id, role: 'radiogroup', className: 'choices' },
    ...radios.map((radio) => element('label', {}, radio, ` ${_(radio.value)}`)));

  node.addEventListener('change', (event) => take(event.target.value, true));
  return {
    node,
    nodes: [node],
    isGroup: true,
    show: (value) => radios.forEach((radio) => { radio.checked = radio.value === value; }),
    isEdited: () => false,
    disable: (on) => radios.forEach((radio) => { radio.disabled = on; }),
  };
}

function readColor(node) {
  const text = node.value.trim().toLowerCase();

  if (!/^#[0-9a-f]{6}$/.test(text))
    throw new Error(_('A colour is written as #rrggbb.'));
  return text;
}

/* A place to choose it and one to type it. */
function createColor(spec, id, callbacks) {
  const well = element('input', { type: 'color', 'aria-label': _(spec.label || spec.name) });
  const field = element('input', { id, type: 'text', className: 'color', maxLength: 7,
                                   autocomplete: 'off', spellcheck: false });
  const input = typed(field, { read: readColor }, callbacks);
  let isChoosing = false;

  for (const type of ['input', 'change'])
    well.addEventListener(type, () => {
      isChoosing = type === 'input';
      field.value = well.value;
      callbacks.take(well.value, !isChoosing);
    });
  return {
    ...input,
    nodes: [element('span', { className: 'color-field' }, well, field)],
    show: (value) => {
      input.show(value);
      well.value = value;
    },
    isEdited: () => isChoosing || input.isEdited(),
    disable: (on) => { field.disabled = well.disabled = on; },
  };
}

function readText(node) {
  if (new TextEncoder().encode(node.value).length > MAX_TEXT_BYTES)
    throw new Error(format(_('It takes a text of at most {count} bytes.'),
                           { count: formatNumber(MAX_TEXT_BYTES) }));
  return node.value;
}

/* In lines, Enter begins another one: Ctrl+Enter takes them. */
function createText(spec, id, callbacks) {
  const node = spec.multiline
    ? element('textarea', { id, rows: 3 })
    : element('input', { id, type: 'text' });
  const input = typed(node, { read: readText }, callbacks);

  if (spec.multiline)
    node.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
        node.dispatchEvent(new Event('change'));
    });
  return input;
}

/**
 * The input for a parameter.
 * `callbacks` are `take (value, isFinal)`, `refuse (text)`, `giveUp ()` and, for files,
 * `upload (file, onProgress)`, which promises `{upload, type, bytes}`.
 */
export function createInput(spec, id, callbacks) {
  switch (spec.type) {
    case 'boolean': return createSwitch(spec, id, callbacks);
    case 'choice': return spec.choices.length <= MAX_RADIOS
      ? createRadios(spec, id, callbacks) : createList(spec, id, callbacks);
    case 'number':
    case 'integer': return createNumber(spec, id, callbacks);
    case 'color': return createColor(spec, id, callbacks);
    case 'file': return new FileInput(spec, id, callbacks);
    default: return createText(spec, id, callbacks);
  }
}
