// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _ } from './messages.js';

/* Puts a text into the files of pictures: doc/protocol.md, “Pictures that are kept”. */

const SVG_URI = 'http://www.w3.org/2000/svg';
const RECIPE_URI = 'https://stepcast.org/ns/recipe';

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PNG_KEYWORD = 'Stepcast';

/**
 * `value` as JSON in ASCII, with nothing in it that XML would read: then it is the same text
 * whatever encoding a document is in.
 */
export function toText(value) {
  return JSON.stringify(value).replace(/[<>&\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/* ---- SVG ---- */

/* From `start`, where `begin` stands, to behind the next `end`. */
function skip(svg, start, begin, end) {
  const found = svg.indexOf(end, start + begin.length);

  if (found < 0)
    throw new SyntaxError(_('The picture is no complete SVG document.'));
  return found + end.length;
}

/* Behind the tag or declaration that begins at `start`: a “>” in quotes is none of its own, nor is
 * one of a declaration or a comment within a DOCTYPE. */
function skipTag(svg, start) {
  let depth = 0;

  for (let i = start; i < svg.length; i++)
    switch (svg[i]) {
      case '"':
      case '\'': i = skip(svg, i, svg[i], svg[i]) - 1; break;
      case '<':
        if (i > start && svg.startsWith('<!--', i))
          i = skip(svg, i, '<!--', '-->') - 1;
        else if (i > start)
          depth++;
        break;
      case '>':
        if (depth === 0)
          return i + 1;
        depth--;
        break;
      default: break;
    }
  throw new SyntaxError(_('The picture is no complete SVG document.'));
}

/* Where the root's start tag is: what may stand before it is passed over. */
function findRoot(svg) {
  let start = svg.indexOf('<');

  while (start >= 0) {
    if (svg.startsWith('<?', start))
      start = skip(svg, start, '<?', '?>');
    else if (svg.startsWith('<!--', start))
      start = skip(svg, start, '<!--', '-->');
    else if (svg.startsWith('<!', start))
      start = skipTag(svg, start);
    else
      return { start, end: skipTag(svg, start) };
    start = svg.indexOf('<', start);
  }
  throw new SyntaxError(_('The picture is no SVG document.'));
}

/**
 * Puts `text` into the first child of the root; all else of the document stays as it is, byte for
 * byte.
 *
 * @param {string} svg a well-formed document
 * @param {string} text as toText () makes it
 */
export function addToSvg(svg, text) {
  const { start, end } = findRoot(svg);
  const element = `<metadata xmlns="${SVG_URI}"><recipe xmlns="${RECIPE_URI}">${text}</recipe></metadata>`;

  if (svg[end - 2] !== '/')
    return svg.slice(0, end) + element + svg.slice(end);

  const [, name] = svg.slice(start, end).match(/^<([^\s/>]+)/);
  return `${svg.slice(0, end - 2)}>${element}</${name}>${svg.slice(end)}`;
}

/* ---- PNG (third edition, sections 5.3 and 11.3.3.4) ---- */

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;

  for (let i = 0; i < 8; i++)
    c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function getCrc(bytes) {
  let crc = 0xffffffff;

  for (const byte of bytes)
    crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function makeChunk(type, data) {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);

  view.setUint32(0, data.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, getCrc(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/* Where the first chunk of that type begins. */
function findChunk(png, type) {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let at = PNG_SIGNATURE.length;

  while (at + 12 <= png.length) {
    if (new TextDecoder().decode(png.subarray(at + 4, at + 8)) === type)
      return at;
    at += 12 + view.getUint32(at);
  }
  throw new SyntaxError(_('The picture is no complete PNG.'));
}

/**
 * Puts `text` before the pixels.
 *
 * @param {Uint8Array} png
 * @param {string} text
 * @returns {Uint8Array}
 */
export function addToPng(png, text) {
  // The keyword; not compressed, in no language, and so without a keyword in that.
  const chunk = makeChunk('iTXt', new TextEncoder().encode(`${PNG_KEYWORD}\0\0\0\0\0${text}`));
  const at = findChunk(png, 'IDAT');
  const result = new Uint8Array(png.length + chunk.length);

  result.set(png.subarray(0, at));
  result.set(chunk, at);
  result.set(png.subarray(at), at + chunk.length);
  return result;
}
