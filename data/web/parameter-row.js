// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { element } from './element.js';
import { formatBytes } from './file-input.js';
import { _, format, formatCount, formatNumber } from './messages.js';
import { createInput, hasRange } from './parameter-inputs.js';

/* Files and nothing else are objects, and two of the same type and length are the same to us. */
function isSame(one, other) {
  return one === other || (one !== null && other !== null && typeof one === 'object' &&
    typeof other === 'object' && one.type === other.type && one.bytes === other.bytes);
}

/** A value of a parameter, for people. */
export function describeValue(spec, value) {
  if (typeof value === 'boolean')
    return value ? _('on') : _('off');
  if (value === null)
    return _('none');
  if (typeof value === 'object')
    return [value.type, formatBytes(value.bytes)].join(', ');
  const text = typeof value === 'number' ? formatNumber(value, 12) : value;
  return spec.unit ? `${text} ${_(spec.unit)}` : text;
}

/** Who has changed something: "by another viewer". */
export function describeActor(by) {
  switch (by?.kind) {
    case 'browser':
    case 'websocket': return format(_('by viewer {id}'), { id: by.id });
    case 'http': return format(_('by a request from {id}'), { id: by.id });
    case 'cli': return _('by the command line');
    case 'dbus': return _('over D-Bus');
    default: return _('by the service');
  }
}

function describeFile(spec) {
  const types = (spec.accept ?? []).map((type) => type.replace(/^[^/]*\/(?!\*)/, '').toUpperCase());

  return [...types, format(_('at most {size}'), { size: formatBytes(spec['max-bytes']) })].join(', ');
}

/* What it takes and begins with: "0 to 0.2, default 0.055". */
function describeRange(spec) {
  const parts = [];

  if (hasRange(spec))
    parts.push(format(_('{minimum} to {maximum}'), { minimum: formatNumber(spec.minimum, 12),
                                                     maximum: formatNumber(spec.maximum, 12) }));
  if (spec.type === 'file')
    parts.push(describeFile(spec));
  else if (spec.default !== '' && !spec.multiline)
    parts.push(format(_('default {value}'),
                      { value: describeValue({ ...spec, unit: '' }, spec.default) }));
  return parts.join(', ');
}

function describe(spec) {
  const parts = [spec.description ? _(spec.description) : '', describeRange(spec),
                 spec.live ? '' : _('applies at the next start')];
  return parts.filter(Boolean).join('\u00a0· ');
}

/**
 * One parameter: its input with label, unit, range, default and help, a way back to the default, and
 * what became of the last change.
 *
 * Nobody who is editing it is disturbed: what comes from elsewhere meanwhile is shown when they have
 * let go, unless they have set something themselves.
 */
export class ParameterRow {
  #spec;
  #send;
  #input;
  #reset;
  #note;
  /* What is so, as far as we know; what is sent, then what the service says. */
  #value;
  #isChanged = false;
  #waiting = null;
  #isSending = false;
  #isRefused = false;
  #isDisabled = false;

  /** Whether what was set waits for another start. */
  needsRestart = false;

  /**
   * `send (value, isFinal)` returns a promise of what to say about it;
   * `upload` is as in ParameterForm.
   */
  constructor(spec, id, { send, upload }) {
    this.#spec = spec;
    this.#send = send;
    this.#build(id, upload);
    this.show(spec.value ?? spec.default);
  }

  get spec() {
    return this.#spec;
  }

  get value() {
    return this.#value;
  }

  set disabled(disabled) {
    this.#isDisabled = disabled;
    this.#input.disable(disabled);
    this.#showReset();
  }

  /** Shows a value that came from the service. */
  show(value) {
    this.#value = value;
    this.#isRefused = false;
    this.#input.show(value);
    this.#markInvalid(false);
    this.#showReset();
  }

  /** The same, with who has set it, but never against somebody who is about to change it. */
  update(value, by) {
    if (isSame(value, this.#value))
      return;
    if (this.#isSending) {
      this.#value = value; // until the answer comes; if that is no, it stays
      return;
    }
    this.#isChanged = true;
    if (this.#input.isEdited() || this.#isRefused) {
      this.#value = value;
      this.#say(format(_('Meanwhile set to {value} {who}'),
                       { value: describeValue(this.#spec, value), who: describeActor(by) }));
      this.#showReset();
      return;
    }
    this.show(value);
    this.#say(format(_('Set {who}'), { who: describeActor(by) }));
  }

  /** What was said of an earlier run is not true of a later one. */
  forget() {
    this.needsRestart = false;
    if (!this.#isRefused)
      this.#say('');
  }

  /** Whether a filter finds it. */
  matches(text) {
    const { name, label, description } = this.#spec;

    return [name, _(label || name), description ? _(description) : ''].some((one) =>
      one.toLowerCase().includes(text));
  }

  #build(id, upload) {
    const spec = this.#spec;

    this.#input = createInput(spec, id, {
      take: (value, isFinal) => this.#take(value, isFinal),
      refuse: (text) => this.#refuse(text),
      giveUp: () => this.#giveUp(),
      upload,
    });
    this.#input.node.setAttribute('aria-describedby', `${id}-description ${id}-note`);
    this.#reset = element('button', { type: 'button', className: 'reset flat', textContent: '↺',
                                      hidden: true });
    this.#reset.addEventListener('click', () => this.#goBack());
    this.#note = element('p', { id: `${id}-note`, className: 'note', role: 'status' });
    this.node = element('li', { className: `parameter ${spec.type}`, 'data-name': spec.name },
      this.#createLabel(id), this.#reset, ...this.#input.nodes,
      element('p', { id: `${id}-description`, className: 'help', textContent: describe(spec) }),
      this.#note);
    this.node.addEventListener('keydown', (event) => this.#onKey(event));
    this.node.addEventListener('focusout', () => this.#onLeft());
  }

  #createLabel(id) {
    const { label, name, unit } = this.#spec;
    const text = _(label || name);
    const node = this.#input.isGroup
      ? element('span', { id: `${id}-label`, className: 'label', textContent: text })
      : element('label', { htmlFor: id, textContent: text });

    if (this.#input.isGroup)
      this.#input.node.setAttribute('aria-labelledby', `${id}-label`);
    if (unit)
      node.append(' ', element('span', { className: 'unit', textContent: _(unit) }));
    return node;
  }

  #goBack() {
    this.#input.show(this.#spec.default);
    this.#take(this.#spec.default, true);
    // It goes when the default is there, and the focus would go with it.
    const next = this.#input.node.matches('input, select, textarea')
      ? this.#input.node : this.#input.node.querySelector('input:checked, button');
    next?.focus();
  }

  /* Escape gives up what is being typed, and nothing else. */
  #onKey(event) {
    if (event.key !== 'Escape' || !(this.#input.isEdited() || this.#isRefused))
      return;
    event.preventDefault();
    event.stopPropagation();
    this.#giveUp(true);
  }

  #giveUp(isAnyway = this.#isRefused) {
    if (!isAnyway)
      return;
    this.show(this.#value);
    this.#say('');
  }

  /* What somebody else has set while it was in the focus, and not edited in the end. */
  #onLeft() {
    if (!this.#input.isEdited() && !this.#isRefused && !this.#isSending && this.#isChanged) {
      this.#isChanged = false;
      this.show(this.#value);
    }
  }

  #take(value, isFinal) {
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
        this.#settle(value, await this.#send(value, isFinal), isFinal);
      } catch (error) {
        if (!this.#waiting)
          this.#refuse(error.message);
      }
    }
    this.#isSending = false;
  }

  #settle(value, said, isFinal) {
    this.#value = value;
    this.#isChanged = false;
    if (isFinal && !this.#waiting)
      this.show(value);
    this.#showReset();
    this.#say(said);
  }

  #refuse(text) {
    this.#isRefused = true;
    this.#markInvalid(true);
    this.#say(text);
    this.#note.classList.add('error');
  }

  #markInvalid(isInvalid) {
    this.#input.node.setAttribute('aria-invalid', isInvalid);
    this.#note.classList.remove('error');
  }

  #say(text) {
    this.#note.textContent = text;
  }

  #showReset() {
    const { default: standard, label, name } = this.#spec;
    const text = format(_('Back to the default of {name}: {value}'), {
      name: _(label || name), value: describeValue(this.#spec, standard) });

    // A file has a button of its own for that.
    this.#reset.hidden = this.#isDisabled || this.#spec.type === 'file' ||
      isSame(this.#value, standard);
    this.#reset.title = text;
    this.#reset.setAttribute('aria-label', text);
  }
}

/** What to say of a change that was accepted: the step that uses it, or that it takes a start. */
export function describeEffect(spec, step, isRunning) {
  if (!isRunning)
    return _('Applies at the next start');
  if (!spec.live)
    return _('Restart to apply');
  // Its step takes long: it applies after it.
  return step === null ? _('Applies after this step')
                       : format(_('Applied at step {step}'), { step: formatCount(step) });
}
