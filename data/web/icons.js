// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  add: 'M7 2h2v5h5v2H9v5H7V9H2V7h5z',
  close: 'M3.5 2 8 6.500 12.500 2 14 3.500 9.500 8 14 12.500 12.500 14 8 9.500 3.500 14 2 12.500 6.500 8 2 3.500z',
  rename: 'M11.500 1.500 14.500 4.500 5 14H2v-3zM10 5 3.500 11.500v1h1L11 6z',
};

/** A symbol beside a text, or in a button that has a label; nothing is read out for it. */
export function createIcon(name) {
  const node = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');

  node.setAttribute('class', 'icon');
  node.setAttribute('viewBox', '0 0 16 16');
  node.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', PATHS[name]);
  path.setAttribute('fill-rule', 'evenodd');
  node.append(path);
  return node;
}
