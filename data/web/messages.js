// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* Without words of another language the page can do its work: it does not wait longer for them. */
const PATIENCE_MS = 3000;

/* How far the table of plural forms goes; from there on the last two digits tell. */
const N_EXACT = 200;

/* What of an element with data-i18n-attributes is for people. */
const ATTRIBUTES = ['aria-label', 'title', 'placeholder'];

/** The language of what the page says, as BCP 47 has it. */
export let language = 'en';

/* A text has one translation, or one for each plural form. */
let translations = new Map();
let pluralForms = [];
const numberFormats = new Map();

/** Gets the words in the reader's language; without them it is English. */
export async function loadMessages() {
  try {
    const response = await fetch('messages', { signal: AbortSignal.timeout(PATIENCE_MS) });

    if (response.status === 200)
      take(await response.json());
  } catch {
    // It is English, then.
  }
}

function take(catalogue) {
  translations = new Map(Object.entries(catalogue.messages));
  pluralForms = catalogue.plural;
  language = catalogue.language;
  numberFormats.clear();
  document.documentElement.lang = language;
  document.documentElement.dir = getDirection();
}

function getDirection() {
  const locale = new Intl.Locale(language);
  const info = locale.getTextInfo?.() ?? locale.textInfo;

  return info?.direction ?? 'ltr';
}

/** The translation of `msgid`, or what it is. */
export function _(msgid) {
  const translation = translations.get(msgid);

  return Array.isArray(translation) ? translation[0] : translation ?? msgid;
}

/** The one of the forms that `n` of something has; the other language may have more than two. */
export function ngettext(one, many, n) {
  const forms = translations.get(one);
  const count = Math.floor(Math.abs(n));

  if (!Array.isArray(forms))
    return n === 1 ? one : many;
  return forms[pluralForms[count < N_EXACT ? count : 100 + count % 100]] ?? many;
}

/** Puts values into the places of a text: `format('Step {step}', { step: '3' })`. */
export function format(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/* One costs far more to make than to use. */
function getNumberFormat(option, digits) {
  const key = `${option} ${digits}`;
  let numberFormat = numberFormats.get(key);

  if (!numberFormat) {
    numberFormat = new Intl.NumberFormat(language, { [option]: digits });
    numberFormats.set(key, numberFormat);
  }
  return numberFormat;
}

/** A count or a rate, for people. */
export function formatCount(number) {
  return getNumberFormat('maximumFractionDigits', Math.abs(number) < 10 ? 1 : 0).format(number);
}

/** A value of so many significant digits. */
export function formatNumber(number, digits = 5) {
  return getNumberFormat('maximumSignificantDigits', digits).format(number);
}

/** How long something took. */
export function formatDuration(seconds) {
  const ms = seconds * 1000;

  if (seconds >= 1)
    return `${formatCount(seconds)}\u00a0s`;
  return ms > 0 && ms < 0.1
    ? `< ${formatCount(0.1)}\u00a0ms`
    : `${formatCount(ms)}\u00a0ms`;
}

/* Where the lines of the HTML are broken says nothing. */
function normalize(text) {
  return text.trim().replace(/\s+/g, ' ');
}

/**
 * Translates what stands in the HTML: the text of elements with `data-i18n`, which have nothing but
 * text, and what is for people of the attributes of those with `data-i18n-attributes`.
 */
export function translate(root) {
  for (const node of root.querySelectorAll('[data-i18n]'))
    node.textContent = _(normalize(node.textContent));

  for (const node of root.querySelectorAll('[data-i18n-attributes]'))
    for (const name of ATTRIBUTES)
      if (node.hasAttribute(name))
        node.setAttribute(name, _(normalize(node.getAttribute(name))));
}
