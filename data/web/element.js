// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/** Makes an element: its properties, attributes (names with a hyphen, and `role`) and children. */
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);

  for (const [key, value] of Object.entries(properties))
    if (key === 'role' || key.includes('-'))
      node.setAttribute(key, value);
    else
      node[key] = value;
  node.append(...children);
  return node;
}
