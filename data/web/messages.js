// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/** The language of what the page says, as BCP 47 has it. */
export let language = 'en';

/** Gets the words in the reader's language; without them it is English. */
export async function loadMessages() {
}

/** The translation of `msgid`, or what it is. */
export function _(msgid) {
  return msgid;
}

/** The one of two forms that `n` of something has. */
export function ngettext(one, many, n) {
  return n === 1 ? one : many;
}

/** Puts values into the places of a text: `format('Step {step}', { step: '3' })`. */
export function format(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** A count or a rate, for people. */
export function formatCount(number) {
  return number.toLocaleString(language, { maximumFractionDigits: Math.abs(number) < 10 ? 1 : 0 });
}

/** A value of so many significant digits. */
export function formatNumber(number, digits = 5) {
  return number.toLocaleString(language, { maximumSignificantDigits: digits });
}

/** How long something took. */
export function formatDuration(seconds) {
  if (seconds >= 1)
    return `${formatCount(seconds)}\u00a0s`;
  const ms = seconds * 1000;
  return ms > 0 && ms < 0.1 ? '< 0.1\u00a0ms' : `${formatCount(ms)}\u00a0ms`;
}

/** Translates what stands in the HTML. */
export function translate(root) {
  void root;
}
